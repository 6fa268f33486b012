//! How a query is written where it does not fit one line.

use brokerwatch_esql::ast::{Constant, Expr, Kind, Place};
use brokerwatch_esql::{format, format_expression};
use expect_test::{Expect, expect};

use crate::{check_round_trip, read};

#[track_caller]
fn check(query: &str, expected: Expect) {
    let statement = read(query);
    check_round_trip(&statement);
    let written = format(&statement);
    assert!(written.lines().all(|line| line.trim_end() == line), "{written}");
    expected.assert_eq(&written);
}

fn constant(text: &str) -> String {
    let kind = Kind::Constant(Constant::Text(text.to_owned()));
    format_expression(&Expr { kind, place: Place::default() })
}

#[test]
fn texts_are_written_the_way_that_reads_best() {
    assert_eq!(constant("plain"), r#""plain""#);
    assert_eq!(constant(r"C:\x"), r#""""C:\x""""#);
    assert_eq!(constant(r#"say "x" now"#), r#""""say "x" now""""#);
    assert_eq!(constant(r#"say "x""#), r#""say \"x\"""#);
    assert_eq!(constant("a\tb\\c\n\r"), r#""a\tb\\c\n\r""#);
    assert_eq!(constant(r#"a"""b"#), r#""a\"\"\"b""#);
}

#[test]
fn one_command_on_each_line() {
    check(
        r#"from logs-mqtt*,logs-kafka* metadata _id,_index,_version|where event.action=="connect" and client.ip is not null|keep _id,_index,_version,client.ip|limit 100"#,
        expect![[r#"
            FROM logs-mqtt*, logs-kafka* METADATA _id, _index, _version
            | WHERE event.action == "connect" AND client.ip IS NOT NULL
            | KEEP _id, _index, _version, client.ip
            | LIMIT 100"#]],
    );
}

#[test]
fn long_commands_are_broken_at_the_loosest_joints() {
    check(
        r#"FROM logs-mqtt* | WHERE host.os.type == "linux" AND event.action == "subscribe" AND NOT process.name IN ("mosquitto", "emqx") AND (user.id == "0" OR user.name LIKE "svc-*") | STATS Esql.topics = COUNT_DISTINCT(mqtt.topic) WHERE mqtt.qos == 0, Esql.clients = COUNT_DISTINCT(client.ip), seen = MIN(@timestamp) BY host.id, user.name, bucket = DATE_TRUNC(5 minutes, @timestamp) | SORT Esql.topics DESC"#,
        expect![[r#"
            FROM logs-mqtt*
            | WHERE
                host.os.type == "linux" AND
                event.action == "subscribe" AND
                NOT process.name IN ("mosquitto", "emqx") AND
                (user.id == "0" OR user.name LIKE "svc-*")
            | STATS
                Esql.topics = COUNT_DISTINCT(mqtt.topic) WHERE mqtt.qos == 0,
                Esql.clients = COUNT_DISTINCT(client.ip),
                seen = MIN(@timestamp)
                BY host.id, user.name, bucket = DATE_TRUNC(5 minutes, @timestamp)
            | SORT Esql.topics DESC"#]],
    );
    check(
        r#"FROM logs-* | EVAL risk = CASE(CIDR_MATCH(destination.ip, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"), "internal", destination.port IN (1883, 8883, 5672, 5671, 9092), "broker", "other"), short = 1"#,
        expect![[r#"
            FROM logs-*
            | EVAL
                risk = CASE(
                  CIDR_MATCH(destination.ip, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
                  "internal",
                  destination.port IN (1883, 8883, 5672, 5671, 9092),
                  "broker",
                  "other"
                ),
                short = 1"#]],
    );
}

#[test]
fn subqueries_and_branches_are_set_in() {
    check(
        r#"FROM (FROM logs-mqtt* | WHERE event.action == "connect" | KEEP client.ip, @timestamp), (FROM logs-kafka* | LIMIT 10) | WHERE client.ip IN (FROM threats-* | WHERE threat.indicator.type == "ipv4-addr" | KEEP threat.indicator.ip) | FORK (WHERE a == 1 | LIMIT 5) (STATS COUNT(*) BY client.ip, destination.port, event.action | SORT client.ip | LIMIT 1000)"#,
        expect![[r#"
            FROM
                (FROM logs-mqtt* | WHERE event.action == "connect" | KEEP client.ip, @timestamp),
                (FROM logs-kafka* | LIMIT 10)
            | WHERE
                client.ip IN (
                  FROM threats-* | WHERE threat.indicator.type == "ipv4-addr" | KEEP threat.indicator.ip
                )
            | FORK
                (WHERE a == 1 | LIMIT 5)
                (STATS COUNT(*) BY client.ip, destination.port, event.action | SORT client.ip | LIMIT 1000)"#]],
    );
}

#[test]
fn values_without_a_name_stay_as_they_are() {
    check(
        "FROM a | STATS count( * ), sum(b /* all\nof it */ + 1), max(c) BY d",
        expect![[r#"
        FROM a
        | STATS
            count( * ),
            sum(b /* all
        of it */ + 1),
            max(c)
            BY d"#]],
    );
}
