//! Notes, SQL and searches with the values of alerts, hostile ones among them.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::{load, pack};

/// A rule with a note and transforms.
fn rule(note: &str, transforms: &str) -> Rule {
    let text = format!(
        "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n{transforms}\n[rule]\nauthor = [\"a\"]\n\
         description = \"d\"\nname = \"Rule\"\nrisk_score = 47\n\
         rule_id = \"6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5\"\nseverity = \"medium\"\ntype = \"eql\"\nlanguage = \"eql\"\n\
         query = \"any where true\"\nnote = '''\n{note}'''\n"
    );
    load("rule.toml", &text).unwrap()
}

/// The text of a guide: each button as `<kind number indent>`.
fn text(guide: &Guide) -> String {
    let pieces = guide.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Button { kind, number, indent } => format!("<{kind:?} {number} {indent}>\n"),
    });
    pieces.collect()
}

#[track_caller]
fn check_text(note: &str, alert: &Value, expected: &Expect) {
    let guide = Guide::new(Some(&rule(note, "")), &Values::of(alert));
    expected.assert_eq(&format!("{}missing: {:?}\n", text(&guide), guide.missing));
}

#[track_caller]
fn check_sql(query: &str, alert: &Value, expected: &Expect) {
    let (sql, missing) = fill::sql(query, &Values::of(alert));
    expected.assert_eq(&format!("{sql}\nmissing: {missing:?}\n"));
}

/// The searches of `[[transform.investigate]]`.
#[track_caller]
fn check_search(transform: &str, alert: &Value, expected: &Expect) {
    let transform =
        format!("[transform]\n[[transform.investigate]]\nlabel = \"Search\"\n{transform}");
    let guide = Guide::new(Some(&rule("", &transform)), &Values::of(alert));
    let each = &guide.investigations[0];
    let esql = each.esql.as_deref().unwrap_or("none");
    let kql = esql.lines().find(|line| line.starts_with("| WHERE")).unwrap_or(esql);
    expected.assert_eq(&format!(
        "{kql}\nmissing: {:?}\nproblems: {:?}\ntimed: {}\n",
        each.missing, each.problems, each.is_timed
    ));
}

fn phrase(field: &str, value: &str, excluded: bool) -> String {
    format!(
        "{{ excluded = {excluded}, field = \"{field}\", queryType = \"phrase\", value = \"{value}\", valueType = \"string\" }}"
    )
}

#[test]
fn values_stand_where_the_note_asks_for_them() {
    check_text(
        "Host {{host.name}}, nested or dotted {{ user.name }}, several {{host.ip}}.\nCode `ssh {{host.name}}`.\n\
         [look](https://x.example/{{file.path}}) and {{{host.name}}}\n| {{file.path}} |\n```\nid {{host.name}}\n```\n",
        &json!({"host": {"name": "ws1", "ip": ["10.0.0.1", "10.0.0.2"]}, "user.name": "ann", "file.path": "/a b|c"}),
        &expect![[r"
            Host `ws1`, nested or dotted `ann`, several `10.0.0.1`, `10.0.0.2`.
            Code `ssh ws1`.
            [look](https://x.example/%2Fa%20b%7Cc) and `ws1`
            | `/a b\|c` |
            ```
            id ws1
            ```
            missing: []
        "]],
    );
}

#[test]
fn what_the_alert_lacks_is_said() {
    check_text(
        "Host {{host.id}}, `{{no.such}}`, {{host.id}}.\n",
        &json!({"host": {"id": null}, "no": {"such": ""}}),
        &expect![[r#"
            Host (no host.id in the alert), `(no no.such in the alert)`, (no host.id in the alert).
            missing: ["host.id", "no.such"]
        "#]],
    );
}

#[test]
fn a_hostile_value_stays_a_value() {
    check_text(
        "In prose {{a}}, in code `{{a}}`, in an address [x](https://x.example/{{a}}).\n```\n{{a}}\n```\n",
        &json!({"a": "`` ``` [x](http://evil.example) **\u{1b}[2J\n# head"}),
        &expect![[r"
            In prose ```` `` ``` [x](http://evil.example) **�[2J�# head ````, in code `'' ''' [x](http://evil.example) **�[2J�# head`, in an address [x](https://x.example/%60%60%20%60%60%60%20%5Bx%5D%28http%3A%2F%2Fevil.example%29%20%2A%2A%1B%5B2J%0A%23%20head).
            ```
            '' ''' [x](http://evil.example) **�[2J�# head
            ```
            missing: []
        "]],
    );
}

#[test]
fn long_values_and_lists_are_cut_in_text() {
    let many: Vec<String> = (0..30).map(|number| format!("v{number}")).collect();
    let guide = Guide::new(
        Some(&rule("{{a}} {{b}}\n", "")),
        &Values::of(&json!({"a": "x".repeat(5000), "b": many})),
    );
    let text = text(&guide);
    assert!(text.contains("x…`") && text.len() < 1000, "{text}");
    assert!(text.ends_with("`v19` and 10 more\n"), "{text}");
}

#[test]
fn sql_takes_values_as_literals() {
    let alert = json!({"pid": 7, "name": "o'neil\"; --", "text": "x"});
    check_sql(
        "SELECT * FROM p WHERE pid = {{pid}} AND name = '{{name}}' AND other = {{name}} AND \"{{name}}\" = '%{{text}}' \
         AND gone = {{no.such}}",
        &alert,
        &expect![[r#"
            SELECT * FROM p WHERE pid = 7 AND name = 'o''neil"; --' AND other = 'o''neil"; --' AND "o'neil""; --" = '%x' AND gone = <no.such>
            missing: ["no.such"]
        "#]],
    );
}

#[test]
fn buttons_stand_in_the_note_or_behind_it() {
    let transforms = "[transform]\n[[transform.osquery]]\nlabel = \"A\"\nquery = \"SELECT {{p}}\"\n\
        [[transform.osquery]]\nlabel = \"B\"\nquery = \"SELECT 2\"\n[[transform.investigate]]\nlabel = \"C\"\nproviders = []\n";
    let rule = rule("- one\n  - $osquery_1\n- $investigate_0 and more\n", transforms);
    let guide = Guide::new(Some(&rule), &Values::default());
    expect![[r"
        - one
          - **B**
        <Osquery 1 4>
        - **C** and more
        <Investigate 0 2>

        ### Further queries of the rule

        **A**
        <Osquery 0 0>
    "]]
    .assert_eq(&text(&guide));
    assert_eq!(guide.osquery[0].missing, ["p"]);
    assert!(!guide.is_generic);
}

#[test]
fn providers_become_a_condition_with_a_range_of_time() {
    let alert = json!({"@timestamp": "2026-03-01T12:00:00Z", "host": {"id": "h"}, "user.name": ["a", "b"], "kind": "x"});
    let providers = format!(
        "providers = [[{}, {}], [{}]]\nrelativeFrom = \"now-48h/h\"\nrelativeTo = \"now+1h\"",
        phrase("host.id", "{{host.id}}", false),
        phrase("user.name", "{{user.name}}", true),
        phrase("file.path", "/{{kind}}/y", false),
    );
    check_search(
        &providers,
        &alert,
        &expect![[r#"
        | WHERE KQL("""((host.id: "h" and not user.name: ("a" or "b")) or (file.path: "/x/y")) and @timestamp >= "2026-03-01T12:00:00Z||-48h/h" and @timestamp <= "2026-03-01T12:00:00Z||+1h" and not event.kind: ("alert" or "signal") """)
        missing: []
        problems: []
        timed: true
    "#]],
    );
}

#[test]
fn a_search_without_its_values_is_not_made_wider() {
    let alert = json!({"@timestamp": "2026-03-01T12:00:00Z", "host": {"id": "h"}});
    let one =
        |field, value, excluded| format!("providers = [[{}]]", phrase(field, value, excluded));
    check_search(
        &one("user.name", "{{user.name}}", false),
        &alert,
        &expect![[r#"
        none
        missing: ["user.name"]
        problems: []
        timed: true
    "#]],
    );
    let with_exclusion = format!(
        "providers = [[{}, {}], [{}]]",
        phrase("host.id", "{{host.id}}", false),
        phrase("user.name", "{{user.name}}", true),
        phrase("process.pid", "{{process.pid}}", false),
    );
    check_search(
        &with_exclusion,
        &alert,
        &expect![[r#"
        | WHERE KQL("""host.id: "h" and @timestamp >= "2026-03-01T12:00:00Z||-48h" and not event.kind: ("alert" or "signal") """)
        missing: ["process.pid", "user.name"]
        problems: []
        timed: true
    "#]],
    );
}

#[test]
fn values_cannot_end_a_literal() {
    let alert = json!({"a": "x\" or \"\"\" ) | LIMIT 0 // \\", "b": "line\nend"});
    let providers =
        format!("providers = [[{}, {}]]", phrase("a", "{{a}}", false), phrase("b", "{{b}}", false));
    check_search(
        &providers,
        &alert,
        &expect![[r#"
        | WHERE KQL("""a: "x\" or \"\"\" ) | LIMIT 0 // \\" and b: "line\nend" and not event.kind: ("alert" or "signal") """)
        missing: []
        problems: []
        timed: false
    "#]],
    );
}

#[test]
fn alerts_are_asked_for_under_both_their_kinds() {
    let providers = format!("providers = [[{}]]", phrase("event.kind", "signal", false));
    check_search(
        &providers,
        &json!({}),
        &expect![[r#"
        | WHERE KQL("""event.kind: ("signal" or "alert") """)
        missing: []
        problems: []
        timed: false
    "#]],
    );
}

#[test]
fn ranges_and_presence_are_conditions_too() {
    let range = |value: &str| {
        format!(
            "providers = [[{{ excluded = false, field = \"destination.port\", queryType = \"range\", value = '{value}', valueType = \"string\" }}]]"
        )
    };
    check_search(
        &range("{\"gte\": 1024, \"lt\": \"{{p}}\"}"),
        &json!({"p": 2000}),
        &expect![[r#"
        | WHERE KQL("""(destination.port >= "1024" and destination.port < "2000") and not event.kind: ("alert" or "signal") """)
        missing: []
        problems: []
        timed: false
    "#]],
    );
    check_search(
        &range("much"),
        &json!({}),
        &expect![[r#"
        none
        missing: []
        problems: ["the range `much` of destination.port is no object with `gt`, `gte`, `lt` or `lte`"]
        timed: false
    "#]],
    );
}

#[test]
fn a_rule_without_searches_gets_those_that_fit_any_alert() {
    let alert =
        json!({"@timestamp": "2026-03-01T12:00:00Z", "host.name": "h", "process": {"pid": 4}});
    let guide = Guide::new(None, &Values::of(&alert));
    assert!(guide.is_generic && guide.pieces.is_empty());
    let asked: Vec<&str> = guide
        .investigations
        .iter()
        .filter(|each| each.esql.is_some())
        .map(|each| each.label.as_str())
        .collect();
    assert_eq!(asked, ["Events of the same process", "Events of the same host"]);
}

#[test]
fn kibana_names_of_fields_are_known() {
    let values = Values::of(&json!({"kibana.alert.rule.rule_id": "r", "rule": {"name": "n"}}));
    assert_eq!(values.first("rule.id"), Some("r"));
    assert_eq!(values.first("kibana.alert.rule.name"), Some("n"));
}

#[test]
fn the_guides_of_the_packs_are_whole() {
    for rule in pack::ALL.iter().flat_map(|pack| pack.load().rules) {
        let guide = Guide::new(Some(&rule), &Values::default());
        let text = text(&guide);
        assert!(rule.note.is_some(), "{} has no guide", rule.path);
        assert!(!text.contains("the rule has no query"), "{}: {text}", rule.path);
        assert!(
            !text.contains("Further queries of the rule"),
            "{}: a button has no place",
            rule.path
        );
        for each in &guide.investigations {
            assert!(each.problems.is_empty(), "{}: {:?}", rule.path, each.problems);
        }
    }
}
