//! `brokerwatch test`: the tests of the packs, and what it says of pages that fail or are wrong.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::process::{Command, Output};

use serde_json::Value;

/// A folder with rules and their pages.
struct Case {
    dir: tempfile::TempDir,
}

impl Case {
    fn new() -> Case {
        Case { dir: tempfile::tempdir().unwrap() }
    }

    fn file(self, name: &str, text: &str) -> Case {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// A rule; `body` has its type, its query, and what only its type has.
    fn rule(self, name: &str, body: &str) -> Case {
        let digit = name.bytes().map(u32::from).sum::<u32>() % 1000;
        let text = format!(
            "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
             description = \"d\"\nname = \"{name}\"\nrisk_score = 47\n\
             rule_id = \"6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c7{digit:03}\"\nseverity = \"medium\"\n{body}"
        );
        self.file(&format!("rules/{name}.toml"), &text)
    }

    fn page(self, name: &str, text: &str) -> Case {
        self.file(&format!("rules/{name}.tests.md"), text)
    }

    fn test(&self, arguments: &[&str]) -> Told {
        told(run(self.dir.path(), arguments))
    }
}

/// What a run said.
struct Told {
    out: String,
    err: String,
    code: i32,
}

fn run(dir: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.current_dir(dir).env_clear().arg("test").args(arguments).output().unwrap()
}

fn told(output: Output) -> Told {
    Told {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

/// An event rule with one condition.
const EVENT: &str =
    "type = \"eql\"\nlanguage = \"eql\"\nquery = 'process where process.name : \"mosquitto_*\"'\n";

const PAGE: &str = r#"# Page

```base
{"event.category": "process", "@timestamp": "2026-03-01T12:00:00Z"}
```

## Fires

It must.

```ndjson
{"process.name": "mosquitto_sub"}
```

Expected: 1 alert

## Silent

It must.

```ndjson
{"process.name": "curl"}
{"event.category": "file", "process.name": "mosquitto_sub"}
```

Expected: silence
"#;

#[test]
fn the_tests_of_all_packs_pass() {
    let told = told(run(std::path::Path::new("."), &[]));
    assert_eq!(told.code, 0, "{}\n{}", told.out, told.err);
    assert!(told.out.contains("✓"), "{}", told.out);
}

#[test]
fn no_change_of_a_rule_of_the_packs_goes_unnoticed() {
    for pack in ["pubsub", "seed"] {
        let told = told(run(std::path::Path::new("."), &["--mutate", "--strict", pack]));
        let survived = told.out.lines().filter(|line| line.contains("survived"));
        let survived = survived.collect::<Vec<_>>().join("\n");
        assert_eq!(told.code, 0, "{survived}\n{}", told.err);
        assert!(told.err.contains(" 0 unnoticed, "), "{}", told.err);
        assert!(!told.err.contains("note: "), "a rule was not changed: {}", told.err);
    }
}

#[test]
fn a_page_that_holds_passes() {
    let told = Case::new().rule("r", EVENT).page("r", PAGE).test(&["rules"]);
    assert_eq!((told.code, told.out.as_str()), (0, "r\n  ✓ Fires\n  ✓ Silent\n"), "{}", told.err);
    assert!(told.err.contains("\n2 tests of 1 rule: 2 passed, 0 failed; "), "{}", told.err);
}

#[test]
fn a_missing_alert_is_explained_and_one_too_many_too() {
    let page = PAGE.replace("mosquitto_sub", "mosquito_sub").replace("curl", "mosquitto_pub");
    let told = Case::new().rule("r", EVENT).page("r", &page).test(&["rules/r.tests.md"]);
    assert_eq!(told.code, 1, "{}", told.out);
    for wanted in [
        "✗ Fires\n    rules/r.tests.md:7\n    why it must be so: It must.\n    expected 1 alert, got silence",
        "process.name = \"mosquito_sub\"",
        "expected silence, got 1 alert",
        "process.name = \"mosquitto_pub\"",
    ] {
        assert!(told.out.contains(wanted), "{wanted:?} is not in\n{}", told.out);
    }
}

#[test]
fn a_described_alert_differs_field_by_field() {
    let alerts =
        "Expected: 1 alert\n\n```alerts\n{\"process\": {\"name\": \"x\", \"pid\": 7}}\n```";
    let page = PAGE.replace("Expected: 1 alert", alerts);
    let case = Case::new().rule("r", EVENT).page("r", &page);
    let told = case.test(&["rules"]);
    assert_eq!(told.code, 1);
    assert!(told.out.contains("rules/r.tests.md:18: no alert is as described"), "{}", told.out);
    assert!(
        told.out.contains("process.name: expected \"x\", got \"mosquitto_sub\""),
        "{}",
        told.out
    );
    assert!(told.out.contains("process.pid: expected 7, got nothing"), "{}", told.out);

    let json = case.test(&["rules", "--format", "json"]);
    let lines: Vec<Value> =
        json.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["status"], "failed");
    assert_eq!(lines[0]["missing"][0]["differences"][1]["field"], "process.pid");
    assert_eq!(lines[1]["status"], "passed");
    assert_eq!(lines[2]["failed"], 1);

    let junit = case.test(&["rules", "--format", "junit"]).out;
    assert!(junit.contains("tests=\"2\" failures=\"1\" errors=\"0\""), "{junit}");
    assert!(junit.contains("expected &quot;x&quot;"), "{junit}");
    let github = case.test(&["rules", "--format", "github"]).out;
    assert!(
        github.starts_with("::error file=rules/r.tests.md,line=15,title=r%3A Fires::expected 1 alert, got 1 alert%0A"),
        "{github}"
    );
    assert_eq!(github.lines().count(), 1);
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_stops_nothing_else() {
    let told = Case::new()
        .rule("r", EVENT)
        .page("r", PAGE)
        .rule("s", EVENT)
        .page("s", "# S\n\n## T\n\nWhy.\n\n```ndjson\n{\n```\n")
        .page("t", PAGE)
        .test(&["rules"]);
    assert_eq!(told.code, 2);
    assert!(told.out.contains("r\n  ✓ Fires"), "{}", told.out);
    assert!(
        told.err.contains("error[TEST003]") && told.err.contains("rules/s.tests.md:8"),
        "{}",
        told.err
    );
    assert!(told.err.contains("there is no rule `rules/t.toml` for these tests"), "{}", told.err);
}

#[test]
fn a_rule_without_tests_is_told_and_strict_makes_it_a_failure() {
    let case = Case::new().rule("r", EVENT);
    let told = case.test(&["rules"]);
    assert_eq!(told.code, 0);
    assert!(
        told.err.contains("warning: rules/r.toml has no tests: write some into rules/r.tests.md")
    );
    assert_eq!(case.test(&["rules", "--strict"]).code, 1);
}

#[test]
fn a_filter_chooses_tests() {
    let case = Case::new().rule("r", EVENT).page("r", PAGE);
    assert_eq!(case.test(&["rules", "--filter", "sil"]).out, "r\n  ✓ Silent\n");
    let none = case.test(&["rules", "--filter", "nothing"]);
    assert!(none.err.contains("the filter leaves no test"), "{}", none.err);
}

#[test]
fn telemetry_is_raw_or_lies_in_a_file_too() {
    let zeek = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
                #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n\
                #types\ttime\tstring\taddr\tport\taddr\tport\tenum\n\
                1772366400.000000\tC1\t192.0.2.1\t40000\t203.0.113.9\t1883\ttcp\n";
    let page = format!(
        "# P\n\n## Zeek\n\nWhy.\n\n```raw\n{zeek}```\n\nExpected: 1 alert\n\n## File\n\nWhy.\n\n\
         ```events file=../data/x.ndjson filter='source.port in (1, 2)'\n```\n\nExpected: 2 alerts\n\n\
         ## None\n\nWhy.\n\n```events file=../data/x.ndjson filter='source.port == 4'\n```\n\nExpected: silence\n\n\
         ## Gone\n\nWhy.\n\n```events file=gone\n```\n\nExpected: silence\n"
    );
    let event = |port: u8| {
        format!(
            "{{\"event.category\": \"network\", \"destination.port\": 1883, \"source.port\": {port}}}\n"
        )
    };
    let told = Case::new()
        .rule(
            "r",
            "type = \"eql\"\nlanguage = \"eql\"\nquery = 'any where destination.port == 1883'\n",
        )
        .page("r", &page)
        .file("data/x.ndjson", &[event(1), event(2), event(3)].concat())
        .test(&["rules"]);
    assert_eq!(told.code, 2, "{}", told.err);
    assert!(told.out.contains("✓ Zeek\n  ✓ File\n  ✗ None"), "{}", told.out);
    assert!(told.out.contains("no event meets the filter"), "{}", told.out);
    assert!(told.out.contains("gone: No such file"), "{}", told.out);
}

#[test]
fn exceptions_of_the_pack_apply() {
    let exceptions = r#"
[metadata]
creation_date = "2026/01/02"
list_name = "List"
rule_ids = []
rule_names = []
updated_date = "2026/01/02"
[[exceptions]]
[exceptions.container]
description = "d"
list_id = "l"
name = "List"
namespace_type = "single"
tags = []
type = "detection"
[[exceptions.items]]
comments = []
description = "d"
list_id = "l"
item_id = "i"
name = "i"
namespace_type = "single"
tags = []
type = "simple"
[[exceptions.items.entries]]
field = "process.name"
operator = "included"
type = "match"
value = "mosquitto_sub"
"#;
    let reference = "[[rule.exceptions_list]]\nid = \"l\"\nlist_id = \"l\"\nnamespace_type = \"single\"\ntype = \"detection\"\n";
    let case = Case::new()
        .rule("r", &format!("{EVENT}{reference}"))
        .page("r", PAGE)
        .file("pack.toml", "[pack]\nname = \"p\"\n")
        .file("exceptions/l.toml", exceptions);
    let told = case.test(&["rules"]);
    assert_eq!(told.code, 1, "{}{}", told.out, told.err);
    assert!(told.out.contains("expected 1 alert, got silence"), "{}", told.out);
}

/// The lines of what was shown that are no test and no name of a rule.
fn beside(out: &str) -> Vec<&str> {
    out.lines().filter(|line| line.starts_with("  ") && !line.contains('✓')).collect()
}

#[test]
fn leaves_that_no_test_turns_are_told_with_their_place() {
    let body = "type = \"eql\"\nlanguage = \"eql\"\nquery = 'process where process.name == \"a\" and user.name != \"b\"'\n";
    let case = Case::new().rule("r", body).page(
        "r",
        &PAGE
            .replace("mosquitto_sub", "a")
            .replace("\"file\"", "\"process\"")
            .replace("\"a\"}\n```\n\nExpected: silence", "\"b\"}\n```\n\nExpected: silence"),
    );
    let told = case.test(&["rules"]);
    assert_eq!(
        beside(&told.out),
        [
            "  never false `event.category == \"process\"`  rules/r.toml:13:10",
            "  never true `user.name == \"b\"`  rules/r.toml:13:48",
        ]
    );
    assert!(told.err.contains("1 of 3 conditions were both true and false"), "{}", told.err);
    let all = case.test(&["rules", "--coverage"]).out;
    assert!(all.contains("covered `process.name == \"a\"`"), "{all}");
}

/// What `--coverage` tells of each leaf, without the place.
fn leaves(out: &str) -> Vec<&str> {
    beside(out).iter().map(|line| line.trim().split("  ").next().unwrap()).collect()
}

#[test]
fn leaves_of_a_rule_in_esql_are_looked_at_where_they_stand() {
    let body = "type = \"esql\"\nlanguage = \"esql\"\nfrom = \"now-9m\"\nquery = 'FROM logs-* | WHERE a == 1 AND NOT b == 2 | \
                EVAL c = CASE(d > 5, 1, 0) | STATS n = COUNT(*) WHERE c == 1 BY host.id | WHERE n > 1'\n";
    let high = "{\"a\": 1, \"b\": 1, \"d\": 6}";
    let events = [high, "{\"a\": 1, \"b\": 1}", "{\"a\": 3, \"b\": 1}"];
    let tests: &[(&str, &[&str], &str)] = &[("One", &events, "silence")];
    let told = Case::new().rule("r", body).page("r", &timed(tests)).test(&["rules", "--coverage"]);
    let expected = [
        "covered `a == 1`",
        "never true `b == 2`",
        "covered `d > 5`",
        "covered `c == 1`",
        "never true `n > 1`",
    ];
    assert_eq!(leaves(&told.out), expected, "{}\n{}", told.out, told.err);
    assert!(told.out.contains("`n > 1`  rules/r.toml:14:"), "{}", told.out);
    assert!(told.err.contains("3 of 5 conditions were both true and false"), "{}", told.err);
    // Only events of one window count together: a minute apart they do, and half an hour they do not.
    for (second, expected, covered) in [("12:01", "1 alert", 4), ("12:31", "silence", 3)] {
        let two: &[(&str, &[&str], &str)] = &[tests[0], ("Two", &[high, high], expected)];
        let page = timed(two);
        let at = page.rfind("12:01:00").unwrap();
        let page = format!("{}{second}{}", &page[..at], &page[at + second.len()..]);
        let told = Case::new().rule("r", body).page("r", &page).test(&["rules"]);
        let wanted = format!("{covered} of 5 conditions were both true and false");
        assert_eq!(told.code, 0, "{}", told.out);
        assert!(told.err.contains(&wanted), "{second}: {}", told.err);
    }
}

#[test]
fn a_leaf_that_has_no_value_by_itself_is_not_looked_at() {
    let body = "type = \"esql\"\nlanguage = \"esql\"\nquery = 'FROM logs-* | STATS n = CASE(COUNT(*) > 1, 1, 0), m = MAX(CASE(a > 1, a, 0))'\n";
    let tests: &[(&str, &[&str], &str)] = &[("One", &["{\"a\": 1}", "{\"a\": 2}"], "1 alert")];
    let told = Case::new().rule("r", body).page("r", &timed(tests)).test(&["rules", "--coverage"]);
    let expected = ["not looked at `COUNT(*) > 1`", "covered `a > 1`"];
    assert_eq!(leaves(&told.out), expected, "{}\n{}", told.out, told.err);
}

/// A page whose events are of one host, a second apart.
fn timed(tests: &[(&str, &[&str], &str)]) -> String {
    let mut page =
        "# P\n\n```base\n{\"event.category\": \"network\", \"host.id\": \"h\"}\n```\n".to_owned();
    for (title, events, expected) in tests {
        writeln!(page, "\n## {title}\n\nWhy.\n\n```ndjson").unwrap();
        for (second, event) in events.iter().enumerate() {
            let inner = event.trim_start_matches('{');
            writeln!(page, "{{\"@timestamp\": \"2026-03-01T12:{second:02}:00Z\", {inner}").unwrap();
        }
        writeln!(page, "```\n\nExpected: {expected}").unwrap();
    }
    page
}

#[track_caller]
fn mutated(body: &str, page: &str, survivors: &[&str], summary: &str) {
    let case = Case::new().rule("r", body).page("r", page);
    let told = case.test(&["rules", "--mutate"]);
    let found: Vec<String> = beside(&told.out)
        .iter()
        .filter_map(|line| line.trim().strip_prefix("survived "))
        .map(|line| line.split("  rules/").next().unwrap().to_owned())
        .collect();
    assert_eq!(found, survivors, "{}\n{}", told.out, told.err);
    assert!(told.err.contains(summary), "{}", told.err);
    assert_eq!(told.code, i32::from(!survivors.is_empty()), "{}\n{}", told.out, told.err);
}

#[test]
fn a_sequence_is_changed_bracket_by_bracket() {
    let body = "type = \"eql\"\nlanguage = \"eql\"\nquery = 'sequence by host.id with maxspan=2m [network where a == 1] [any where b > 1]'\n";
    let tests: &[(&str, &[&str], &str)] = &[
        ("Fires", &["{\"a\": 1}", "{\"b\": 2}"], "1 alert"),
        ("Other host", &["{\"a\": 1}", "{\"b\": 2, \"host.id\": \"i\"}"], "silence"),
        ("Too late", &["{\"a\": 1}", "{\"c\": 1}", "{\"c\": 1}", "{\"b\": 2}"], "silence"),
        ("Border", &["{\"a\": 1}", "{\"b\": 1}"], "silence"),
    ];
    let left = ["bracket 1: `network where` as `any where`"];
    mutated(body, &timed(tests), &left, "10 changes of rules: 1 unnoticed, 0 equivalent");
    let whole = [
        tests,
        &[("Process", &["{\"a\": 1, \"event.category\": \"process\"}", "{\"b\": 2}"], "silence")],
    ]
    .concat();
    mutated(body, &timed(&whole), &[], "10 changes of rules: 0 unnoticed");
    // A change that makes no difference has a name and a reason.
    let equivalent = format!(
        "{}\n```equivalent\n{}\nWhy: a is in network events only.\n```\n",
        timed(tests),
        left[0]
    );
    mutated(body, &equivalent, &[], "10 changes of rules: 0 unnoticed, 1 equivalent");
}

#[test]
fn an_equivalent_change_that_is_none_is_told() {
    let page = format!("{PAGE}\n```equivalent\nwithout `x`\nWhy: it was.\n```\n");
    let told = Case::new().rule("r", EVENT).page("r", &page).test(&["rules", "--mutate"]);
    assert_eq!(told.code, 1, "{}", told.out);
    assert!(
        told.out.contains("no such equivalent change without `x`  rules/r.tests.md:29"),
        "{}",
        told.out
    );
}

#[test]
fn a_threshold_in_kql_is_changed_in_its_query_and_its_numbers() {
    let body = "type = \"threshold\"\nlanguage = \"kuery\"\nquery = 'a : 1 and not b : *'\n[rule.threshold]\nfield = [\"host.id\"]\nvalue = 2\n";
    let tests: &[(&str, &[&str], &str)] = &[
        ("Fires", &["{\"a\": 1}", "{\"a\": 1}"], "1 alert"),
        ("Too few", &["{\"a\": 1}", "{\"a\": 2}", "{\"a\": 1, \"b\": 1}"], "silence"),
    ];
    mutated(
        body,
        &timed(tests),
        &["threshold without `host.id`"],
        "8 changes of rules: 1 unnoticed",
    );
    let whole =
        [tests, &[("Two hosts", &["{\"a\": 1}", "{\"a\": 1, \"host.id\": \"i\"}"], "silence")]]
            .concat();
    mutated(body, &timed(&whole), &[], "8 changes of rules: 0 unnoticed");
}

#[test]
fn a_new_terms_rule_loses_its_fields() {
    let body = "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = 'a : 1'\n[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"host.id\", \"user.name\"]\n[[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"\n";
    let tests: &[(&str, &[&str], &str)] = &[
        (
            "New user",
            &["{\"a\": 1, \"user.name\": \"u\"}", "{\"a\": 1, \"user.name\": \"v\"}"],
            "2 alerts",
        ),
        ("Other", &["{\"a\": 2, \"user.name\": \"u\"}"], "silence"),
    ];
    mutated(
        body,
        &timed(tests),
        &["new terms without `host.id`"],
        "4 changes of rules: 1 unnoticed",
    );
    let host = (
        "New host",
        &[
            "{\"a\": 1, \"user.name\": \"u\"}",
            "{\"a\": 1, \"user.name\": \"u\", \"host.id\": \"i\"}",
        ] as &[&str],
        "2 alerts",
    );
    mutated(body, &timed(&[tests, &[host]].concat()), &[], "4 changes of rules: 0 unnoticed");
}

#[test]
fn a_rule_in_esql_is_changed_in_its_conditions_and_keys() {
    let body = "type = \"esql\"\nlanguage = \"esql\"\nfrom = \"now-9m\"\nquery = 'FROM logs-* | WHERE a == 1 AND b IN (1, 2) | STATS n = COUNT(*) BY host.id | WHERE n > 1'\n";
    let tests: &[(&str, &[&str], &str)] = &[
        ("Fires", &["{\"a\": 1, \"b\": 1}", "{\"a\": 1, \"b\": 2}"], "1 alert"),
        (
            "One",
            &["{\"a\": 1, \"b\": 2}", "{\"a\": 2, \"b\": 2}", "{\"a\": 1, \"b\": 3}"],
            "silence",
        ),
    ];
    mutated(body, &timed(tests), &["without `BY host.id`"], "10 changes of rules: 1 unnoticed");
    let whole = [
        tests,
        &[(
            "Two hosts",
            &["{\"a\": 1, \"b\": 1}", "{\"a\": 1, \"b\": 2, \"host.id\": \"i\"}"] as &[&str],
            "silence",
        )],
    ]
    .concat();
    mutated(body, &timed(&whole), &[], "10 changes of rules: 0 unnoticed");
}
