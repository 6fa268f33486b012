//! How a query is written.

use brokerwatch_eql::ast::{Constant, Expr, Field, Kind};
use brokerwatch_eql::{format, format_expression};
use brokerwatch_expr::Span;
use expect_test::{Expect, expect};

use crate::{check_round_trip, read};

#[track_caller]
fn check(query: &str, expected: Expect) {
    let statement = read(query);
    check_round_trip(&statement);
    expected.assert_eq(&format(&statement));
}

fn constant(text: &str) -> String {
    let kind = Kind::Constant(Constant::Text(text.to_owned()));
    format_expression(&Expr { kind, span: Span::default() })
}

fn field(name: &str) -> String {
    let field = Field { name: name.to_owned(), optional: false, span: Span::default() };
    format_expression(&Expr { kind: Kind::Field(field), span: Span::default() })
}

#[test]
fn one_line_if_it_fits() {
    check(
        "process   where ( (a==1) )and(b or c)|head   5",
        expect!["process where a == 1 and (b or c) | head 5"],
    );
    check(
        "sequence by x,y with maxspan=1m[a where true]by z with runs=2 ![b where c]by z until[d where e]by z",
        expect![[r#"
        sequence by x, y with maxspan=1m
          [a where true] by z with runs=2
          ![b where c] by z
        until [d where e] by z"#]],
    );
    check(
        "sample by x [a where b:(\"c\")] [d where e not in (1)]",
        expect![[r#"sample by x [a where b : "c"] [d where e not in (1)]"#]],
    );
}

#[test]
fn long_queries_are_broken_at_the_loosest_joints() {
    check(
        r#"process where host.os.type == "windows" and event.type == "start" and not process.name : ("cmd.exe", "powershell.exe") and (user.id == "S-1-5-18" or user.id == "S-1-5-19")"#,
        expect![[r#"
            process where
              host.os.type == "windows" and
              event.type == "start" and
              not process.name : ("cmd.exe", "powershell.exe") and
              (user.id == "S-1-5-18" or user.id == "S-1-5-19")"#]],
    );
    check(
        r#"network where cidrMatch(destination.ip, "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24") or (destination.port == 1883 and not (process.executable like "/usr/sbin/mosquitto_with_a_long_name" or process.name in~ ("mosquitto", "emqx", "vernemq", "hivemq", "rabbitmq-server", "nanomq", "beam.smp", "java")))"#,
        expect![[r#"
            network where
              cidrMatch(
                destination.ip,
                "10.0.0.0/8",
                "127.0.0.0/8",
                "169.254.0.0/16",
                "172.16.0.0/12",
                "192.0.0.0/24"
              ) or
              destination.port == 1883 and
              not (
                process.executable like "/usr/sbin/mosquitto_with_a_long_name" or
                process.name in~ (
                  "mosquitto",
                  "emqx",
                  "vernemq",
                  "hivemq",
                  "rabbitmq-server",
                  "nanomq",
                  "beam.smp",
                  "java"
                )
              )"#]],
    );
    check(
        r#"sequence by host.id with maxspan=1m [process where event.type == "start"] [network where destination.port in (1883, 8883, 5672, 5671) and process.name : "*-client-with-a-long-name"] by user.id with runs=3 until [process where event.type == "end"] | tail 3"#
            .replace("\"start\"]", "\"start\"] by user.id").replace("\"end\"]", "\"end\"] by user.id").as_str(),
        expect![[r#"
            sequence by host.id with maxspan=1m
              [process where event.type == "start"] by user.id
              [network where
                destination.port in (1883, 8883, 5672, 5671) and
                process.name : "*-client-with-a-long-name"
              ] by user.id with runs=3
            until [process where event.type == "end"] by user.id
            | tail 3"#]],
    );
}

#[test]
fn pipes_are_broken_at_their_arguments() {
    check(
        "any where true|unique a,b|count|filter(count>5 and(percent<0.1 or key==null))",
        expect![
            "any where true | unique a, b | count | filter count > 5 and (percent < 0.1 or key == null)"
        ],
    );
    check(
        r#"network where destination.port == 1883 | filter process.name in~ ("mosquitto_pub", "mosquitto_sub") and not cidrMatch(destination.ip, "10.0.0.0/8") | count process.executable, process.code_signature.subject_name, destination.domain, user.name"#,
        expect![[r#"
            network where
              destination.port == 1883
            | filter
              process.name in~ ("mosquitto_pub", "mosquitto_sub") and
              not cidrMatch(destination.ip, "10.0.0.0/8")
            | count process.executable, process.code_signature.subject_name, destination.domain, user.name"#]],
    );
}

#[test]
fn only_needed_parentheses() {
    check("any where not (not (a == (b)))", expect!["any where not not a == b"]);
    check(
        "any where (not a) and ((b or c)) or (d and e)",
        expect!["any where not a and (b or c) or d and e"],
    );
    check(
        "any where (a + (b - c)) * -(d * e) == (f : \"x\")",
        expect![[r#"any where (a + (b - c)) * -(d * e) == f : "x""#]],
    );
    check("any where (a == b) == (c + 1 in (2))", expect!["any where (a == b) == c + 1 in (2)"]);
}

#[test]
fn texts_read_as_well_as_they_can() {
    assert_eq!(constant("plain it's"), r#""plain it's""#);
    assert_eq!(constant(r"C:\Windows\*"), r#""""C:\Windows\*""""#);
    assert_eq!(constant(r#"say "x" now"#), r#""""say "x" now""""#);
    assert_eq!(constant(r#"ends "x""#), r#""ends \"x\"""#);
    assert_eq!(constant("\"\"\"\\"), r#""\"\"\"\\""#);
    assert_eq!(constant("a\\\tb\r\n\0"), r#""a\\\tb\r\n\u{00}""#);
    // What turns text round, or cannot be seen, is written so that it is seen.
    assert_eq!(constant("\u{202e}\u{200b}\u{e4}"), "\"\\u{202e}\\u{200b}\u{e4}\"");
}

#[test]
fn names_are_quoted_only_where_needed() {
    assert_eq!(field("@timestamp.a_1"), "@timestamp.a_1");
    assert_eq!(field("event.sequence"), "event.`sequence`");
    assert_eq!(field("my-field.6x.Or.or"), "`my-field`.`6x`.Or.`or`");
    assert_eq!(field("a`b"), "`a``b`");
    assert_eq!(field("a..b"), "`a..b`");
    check(r#""my category" where true"#, expect![[r#""my category" where true"#]]);
}
