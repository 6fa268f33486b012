//! Rule files in, rules or diagnostics out.

use std::fmt::Write as _;

use brokerwatch_expr::Severity as Grade;
use expect_test::{Expect, expect};

use super::*;
use crate::Data;

/// The part of a good file that all types share.
const HEAD: &str = r#"
[metadata]
creation_date = "2026/01/02"
integration = ["endpoint"]
maturity = "production"
updated_date = "2026/01/02"

[rule]
author = ["Brokerwatch"]
description = "What it finds."
name = "A Rule"
risk_score = 47
rule_id = "6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5"
severity = "medium"
"#;

fn good(tail: &str) -> Rule {
    let text = format!("{HEAD}{tail}");
    let rule =
        load("rules/a.toml", &text).unwrap_or_else(|found| panic!("{}", shown(&text, &found)));
    assert!(rule.warnings.is_empty(), "{}", shown(&text, &rule.warnings));
    rule
}

/// One line per diagnostic: place, code, message, the text that the first label covers, help.
fn shown(text: &str, found: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in found {
        let span = diagnostic.span();
        let (line, column) = line_column(text, span.start as usize);
        let grade = if diagnostic.severity == Grade::Error { "" } else { " (warning)" };
        write!(out, "{line}:{column} {}{grade}: {}", diagnostic.code, diagnostic.message).unwrap();
        write!(out, " | {}", excerpt(&text[span.range()]).replace('\n', "⏎")).unwrap();
        if let Some(help) = &diagnostic.help {
            write!(out, " | {help}").unwrap();
        }
        out.push('\n');
    }
    out
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    let found = match load("rules/a.toml", text) {
        Ok(rule) => rule.warnings,
        Err(found) => found,
    };
    expected.assert_eq(&shown(text, &found));
}

#[track_caller]
fn check_tail(tail: &str, expected: Expect) {
    check(&format!("{HEAD}{tail}"), expected);
}

const EQL: &str = "type = \"eql\"\nlanguage = \"eql\"\nquery = '''\nprocess where true\n'''\n";

#[test]
fn an_eql_rule() {
    let rule = good(&format!(
        "{EQL}{}",
        r#"
index = ["logs-endpoint.events.process-*"]
from = "now-9m"
interval = "10m"
max_signals = 33
tags = ["OS: Linux"]
building_block_type = "default"
timestamp_override = "event.ingested"
event_category_override = "event.kind"
tiebreaker_field = "event.sequence"
timestamp_field = "event.created"
note = "guide"
setup = "setup"
references = ["https://example.com/"]
false_positives = ["none known"]
license = "Apache-2.0"

[rule.alert_suppression]
group_by = ["host.id", "process.entity_id"]
missing_fields_strategy = "doNotSuppress"
[rule.alert_suppression.duration]
value = 2
unit = "h"

[rule.investigation_fields]
field_names = ["host.name"]

[[rule.exceptions_list]]
id = "a"
list_id = "a"
namespace_type = "single"
type = "detection"

[[rule.severity_mapping]]
field = "event.severity"
operator = "equals"
severity = "high"
value = "3"

[[rule.risk_score_mapping]]
field = "event.risk_score"
operator = "equals"
value = ""

[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1071"
name = "Application Layer Protocol"
reference = "https://attack.mitre.org/techniques/T1071/"
[[rule.threat.technique.subtechnique]]
id = "T1071.005"
name = "Publish/Subscribe Protocols"
reference = "https://attack.mitre.org/techniques/T1071/005/"
[rule.threat.tactic]
id = "TA0011"
name = "Command and Control"
reference = "https://attack.mitre.org/tactics/TA0011/"
"#
    ));
    assert!(matches!(rule.kind, RuleKind::Eql { .. }));
    assert_eq!(rule.language, Some(Language::Eql));
    assert_eq!(rule.query_text, "process where true\n");
    assert_eq!(&rule.text[rule.query_span_in_file.unwrap().range()], rule.query_text);
    assert_eq!((rule.from.seconds, rule.interval.seconds, rule.max_signals), (540, 600, 33));
    assert!(rule.building_block);
    assert_eq!(rule.event_category_override.as_deref(), Some("event.kind"));
    let suppression = rule.suppression.unwrap();
    assert_eq!(suppression.group_by.len(), 2);
    assert_eq!(suppression.duration_seconds, Some(7200));
    assert_eq!(suppression.missing_fields, MissingFields::DoNotSuppress);
    assert_eq!(rule.severity_mapping[0].severity, Some(Severity::High));
    assert_eq!(rule.threat[0].techniques[0].subtechniques[0].id, "T1071.005");
    assert_eq!(rule.threat[0].tactic.name, "Command and Control");
    assert_eq!(rule.exceptions[0].list_type, "detection");
}

#[test]
fn what_the_file_leaves_out_has_kibanas_defaults() {
    let rule = good(EQL);
    assert_eq!((rule.from.text.as_str(), rule.to.as_str()), ("now-6m", "now"));
    assert_eq!((rule.interval.text.as_str(), rule.max_signals), ("5m", 100));
    assert_eq!((rule.enabled, rule.building_block), (None, false));
}

#[test]
fn an_esql_rule() {
    let rule = good("type = \"esql\"\nlanguage = \"esql\"\nquery = \"FROM logs-* | LIMIT 1\"\n");
    assert!(matches!(rule.kind, RuleKind::Esql));
    assert_eq!(rule.query_text, "FROM logs-* | LIMIT 1");
}

#[test]
fn query_rules() {
    let tail = "type = \"query\"\nlanguage = \"lucene\"\nindex = [\"logs-*\"]\nquery = \"a:b\"\n";
    let rule = good(tail);
    assert_eq!(rule.language, Some(Language::Lucene));
    assert!(rule.search.is_some());
    let tail = "type = \"saved_query\"\nlanguage = \"kuery\"\nsaved_id = \"an-id\"\n";
    let RuleKind::Query { saved_id } = good(tail).kind else { panic!("another type") };
    assert_eq!(saved_id.as_deref(), Some("an-id"));
}

#[test]
fn a_search_that_cannot_be_read_is_told_in_its_place() {
    let at = |query: &str| format!("type = \"query\"\nlanguage = \"kuery\"\nquery = {query}\n");
    let lines = "'''\nevent.category: process and\n  process.name: (a or\n'''";
    check_tail(
        &at(lines),
        expect![[r#"
        19:17 KQL015: `(` is not closed | ( | close it with `)`
        20:1 KQL014: a condition is missing at the end |  | write one after the operator or the parenthesis, or remove that
    "#]],
    );
    check_tail(
        &at(r#""process.name: \"a""#),
        expect![[r#"
        17:9 KQL004: the quoted text does not end (line 1, column 15 of the query) | "process.name: \"a" | close the text with `"`; a quote inside it is written `\"`, a backslash before the last one `\\`
    "#]],
    );
    let tail = "type = \"query\"\nlanguage = \"lucene\"\nquery = 'process.name:[a TO'\n";
    check_tail(
        tail,
        expect![[r#"
        17:23 KQL016: `[` begins no range that can be read | [ | write `[from TO to]`, `{from TO to}` without the ends, or `*` for an open end
    "#]],
    );
}

#[test]
fn a_threat_query_that_cannot_be_read_is_told_in_its_place() {
    let tail = r#"
type = "threat_match"
language = "kuery"
query = "*:*"
threat_index = ["ti"]
threat_query = 'a: (b'
[[rule.threat_mapping]]
[[rule.threat_mapping.entries]]
field = "destination.ip"
type = "mapping"
value = "threat.indicator.ip"
"#;
    check_tail(
        tail,
        expect![[r#"
        20:20 KQL015: `(` is not closed | ( | close it with `)`
    "#]],
    );
}

#[test]
fn a_threshold_rule() {
    let rule = good(
        r#"
type = "threshold"
language = "kuery"
index = ["logs-*"]
query = "event.category:network"
[rule.threshold]
field = ["host.id"]
value = 20
[[rule.threshold.cardinality]]
field = "destination.ip"
value = 3
[rule.alert_suppression.duration]
value = 1
unit = "h"
"#,
    );
    let RuleKind::Threshold(threshold) = rule.kind else { panic!("another type") };
    assert_eq!((threshold.fields.as_slice(), threshold.value), (&["host.id".to_owned()][..], 20));
    assert_eq!(threshold.cardinality[0].value, 3);
    assert_eq!(rule.suppression.unwrap().duration_seconds, Some(3600));
}

#[test]
fn a_new_terms_rule() {
    let rule = good(
        r#"
type = "new_terms"
language = "kuery"
index = ["logs-*"]
query = "event.category:network"
[rule.new_terms]
field = "new_terms_fields"
value = ["host.id", "destination.ip"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-14d"
"#,
    );
    let RuleKind::NewTerms(new_terms) = rule.kind else { panic!("another type") };
    assert_eq!(new_terms.fields, ["host.id", "destination.ip"]);
    assert_eq!(new_terms.history_window.start.seconds, 14 * 86_400);
}

#[test]
fn a_threat_match_rule() {
    let rule = good(
        r#"
type = "threat_match"
language = "kuery"
index = ["logs-*"]
query = "destination.ip:*"
threat_index = ["logs-ti_*"]
threat_indicator_path = "threat.indicator"
threat_language = "kuery"
threat_query = "@timestamp >= \"now-30d/d\""
items_per_search = 9000
concurrent_searches = 1
[[rule.threat_filters]]
[rule.threat_filters."$state"]
store = "appState"
[[rule.threat_mapping]]
[[rule.threat_mapping.entries]]
field = "destination.ip"
type = "mapping"
value = "threat.indicator.ip"
"#,
    );
    let RuleKind::ThreatMatch(threat) = rule.kind else { panic!("another type") };
    assert_eq!(threat.mapping[0][0].value, "threat.indicator.ip");
    assert_eq!(threat.language, Some(Language::Kuery));
    assert!(threat.search.is_some());
    assert!(threat.filters.is_some());
}

#[test]
fn a_machine_learning_rule() {
    let rule = good(
        "type = \"machine_learning\"\nanomaly_threshold = 70\nmachine_learning_job_id = [\"a\", \"b\"]\n",
    );
    let RuleKind::MachineLearning(job) = rule.kind else { panic!("another type") };
    assert_eq!((job.job_ids.len(), job.anomaly_threshold), (2, 70));
    assert_eq!(rule.language, None);
}

/// The rarer keys that Elastic's own files use.
#[test]
fn what_elastics_files_use_is_taken() {
    let text = format!(
        r#"
[metadata]
bypass_bbr_timing = true
creation_date = "2026/01/02"
deprecation_date = "2026/02/03"
endpoint_rule = "x"
extended = {{ a = 1 }}
integration = "endpoint"
maturity = "deprecated"
min_stack_comments = "why"
min_stack_version = "8.14.0"
os_type_list = ["linux", "windows"]
promotion = true
query_schema_validation = false
related_endpoint_rules = [["id", "name"]]
updated_date = "2026/01/02"

[transform]
[[transform.osquery]]
label = "Osquery"
query = "SELECT 1"
[transform.osquery.ecs_mapping."host.name"]
field = "name"
[[transform.investigate]]
label = "Alerts"
description = "d"
providers = [
  [
    {{ excluded = false, field = "host.id", queryType = "phrase", value = "{{{{host.id}}}}", valueType = "string" }}
  ]
]
relativeFrom = "now-48h/h"
relativeTo = "now"

[rule]
actions = []
enabled = true
meta = {{ a = "b" }}
rule_name_override = "message"
throttle = "no_actions"
timeline_id = "t"
timeline_title = "T"
to = "now-1m"
author = ["Brokerwatch"]
description = "What it finds."
name = "A Rule"
risk_score = 47
rule_id = "6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5"
severity = "medium"
{EQL}
[[rule.filters]]
[rule.filters.meta]
negate = false
[rule.filters.query.wildcard."file.path"]
case_insensitive = true
[[rule.response_actions]]
action_type_id = ".osquery"
"#
    );
    let rule = load("a.toml", &text).unwrap_or_else(|found| panic!("{}", shown(&text, &found)));
    assert!(rule.warnings.is_empty(), "{}", shown(&text, &rule.warnings));
    assert_eq!(rule.metadata.integration, ["endpoint"]);
    assert_eq!(rule.metadata.maturity, Some(Maturity::Deprecated));
    assert_eq!(rule.metadata.other["promotion"], Data::Boolean(true));
    assert_eq!(rule.metadata.other["endpoint_rule"], Data::Text("x".to_owned()));
    assert_eq!(rule.transforms.osquery[0].label, "Osquery");
    assert_eq!(rule.transforms.investigate[0].providers[0][0].value, "{{host.id}}");
    let Data::List(filters) = &rule.other["filters"] else { panic!("filters are a list") };
    assert_eq!(filters.len(), 1);
}

#[test]
fn build_time_keys_are_warned_of() {
    check_tail(
        &format!("version = 3\nrequired_fields = []\n{EQL}"),
        expect![[r#"
            15:1 RULE013 (warning): `version` is written by the build of a rule package | version | leave it out of the file
            16:1 RULE013 (warning): `required_fields` is written by the build of a rule package | required_fields | leave it out of the file
        "#]],
    );
}

#[test]
fn risk_and_severity_that_differ_are_warned_of() {
    check(
        &format!("{HEAD}{EQL}").replace("risk_score = 47", "risk_score = 99"),
        expect![[r#"
            12:14 RULE011 (warning): risk score 99 belongs to severity `critical` | 99 | low is 0 to 21, medium 22 to 47, high 48 to 73, critical 74 to 100
        "#]],
    );
}

#[test]
fn a_dozen_mistakes_are_all_told() {
    check(
        r#"[metadata]
creation_date = "2026-01-02"
maturty = "production"
updated_date = "2026/02/30"

[rule]
author = "Brokerwatch"
descripton = "What it finds."
from = "9m"
index = ["logs-*", 7]
interval = "5 minutes"
language = "kuery"
max_signals = 5000
name = ""
risk_score = "47"
rule_id = "6F6A2F0E"
severity = "moderate"
tags = "OS: Linux"
type = "eql"
threshold = { value = 3 }
query = '''
process where process.nmae = "a" and
  process.args like "b
'''

[[rule.threat]]
framework = "MITRE ATTACK"
[[rule.threat.technique]]
id = "T107"
name = "x"
[rule.threat.tactics]
id = "TA0011"
"#,
        expect![[r#"
            2:17 RULE007: `metadata.creation_date` must be a day written `YYYY/MM/DD`, not `2026-01-02` | "2026-01-02"
            3:1 RULE003: unknown key `maturty` in `metadata` | maturty | did you mean `maturity`?
            4:16 RULE007: `metadata.updated_date` must be a day written `YYYY/MM/DD`, not `2026/02/30` | "2026/02/30"
            6:1 RULE005: missing key `description` in `rule` | [rule]
            7:10 RULE004: `rule.author` must be a list of strings, found a string | "Brokerwatch"
            8:1 RULE003: unknown key `descripton` in `rule` | descripton | did you mean `description`?
            9:8 RULE007: `rule.from` must be `now-` with a count and a unit, such as `now-9m`, not `9m` | "9m"
            10:20 RULE004: `rule.index[1]` must be a string, found an integer | 7
            11:12 RULE007: `rule.interval` must be a count and a unit, such as `5m`, not `5 minutes` | "5 minutes"
            12:12 RULE006: `rule.language` cannot be `kuery` | "kuery" | it is `eql`
            13:15 RULE008: `rule.max_signals` must be between 1 and 1000, not 5000 | 5000
            14:8 RULE008: `rule.name` is empty | ""
            15:14 RULE004: `rule.risk_score` must be an integer, found a string | "47"
            16:11 RULE007: `rule.rule_id` must be a UUID in lower case, not `6F6A2F0E` | "6F6A2F0E"
            17:12 RULE006: `rule.severity` cannot be `moderate` | "moderate" | it is one of `low`, `medium`, `high` and `critical`
            18:8 RULE004: `rule.tags` must be a list of strings, found a string | "OS: Linux"
            20:1 RULE009: a rule of type `eql` has no `threshold` | threshold | `threshold` belongs to `threshold`
            22:28 EQL011: mismatched input '=' expecting '==' | = | use `==` for equality
            23:21 EQL003: token recognition error at: '"b' | "b | close the text with `"` on the same line
            26:1 RULE005: missing key `tactic` in `rule.threat[0]` | [[rule.threat]]
            27:13 RULE006: `rule.threat[0].framework` cannot be `MITRE ATTACK` | "MITRE ATTACK" | it is one of `MITRE ATT&CK` and `MITRE ATLAS`
            28:1 RULE005: missing key `reference` in `rule.threat[0].technique[0]` | [[rule.threat.technique]]
            29:6 RULE007: `rule.threat[0].technique[0].id` must be `T` and four digits, not `T107` | "T107"
            31:14 RULE003: unknown key `tactics` in `rule.threat[0]` | tactics | did you mean `tactic`?
        "#]],
    );
}

#[test]
fn an_empty_file_says_what_a_rule_needs() {
    check(
        "",
        expect![[r#"
        1:1 RULE005: missing table `[metadata]` | 
        1:1 RULE005: missing table `[rule]` | 
    "#]],
    );
    check(
        "[metadata]\n[rule]\n",
        expect![[r#"
        1:1 RULE005: missing key `creation_date` in `metadata` | [metadata]
        1:1 RULE005: missing key `updated_date` in `metadata` | [metadata]
        2:1 RULE005: missing key `author` in `rule` | [rule]
        2:1 RULE005: missing key `description` in `rule` | [rule]
        2:1 RULE005: missing key `name` in `rule` | [rule]
        2:1 RULE005: missing key `risk_score` in `rule` | [rule]
        2:1 RULE005: missing key `rule_id` in `rule` | [rule]
        2:1 RULE005: missing key `severity` in `rule` | [rule]
        2:1 RULE005: missing key `type` in `rule` | [rule]
    "#]],
    );
}

#[test]
fn broken_toml_hides_no_other_mistake() {
    check_tail(
        &format!("tags = \"a\nmax_signals == 3\nseveriti = \"low\"\n{EQL}\n[rule\nx = 'y\n"),
        expect![[r#"
            15:10 RULE002: invalid basic string, expected `"` | 
            16:14 RULE002: extra `=`, expected nothing | =
            17:1 RULE003: unknown key `severiti` in `rule` | severiti | did you mean `severity`?
            24:6 RULE002: unclosed table, expected `]` | 
            25:1 RULE003: unknown key `x` in the file | x
        "#]],
    );
    check_tail(
        &format!("tags = [\"a\"\nseveriti = \"low\"\n{EQL}"),
        expect![[r#"
        16:1 RULE002: missing comma between array elements, expected `,`, in a list that is never closed |  | close the list before this place with `]`
    "#]],
    );
    check_tail(
        &format!("name = \"twice\"\n{EQL}"),
        expect![[r#"
        15:1 RULE002: duplicate key | name
    "#]],
    );
}

#[test]
fn keys_of_other_types_are_refused() {
    check_tail(
        "type = \"esql\"\nlanguage = \"eql\"\nquery = \" \"\nindex = [\"a\"]\ntiebreaker_field = \"b\"\n",
        expect![[r#"
            16:12 RULE006: `rule.language` cannot be `eql` | "eql" | did you mean `esql`?
            17:9 RULE008: `rule.query` is empty | " "
            18:1 RULE009: a rule of type `esql` has no `index` | index | `index` belongs to `eql`, `query`, `saved_query`, `threshold`, `new_terms` and `threat_match`
            19:1 RULE009: a rule of type `esql` has no `tiebreaker_field` | tiebreaker_field | `tiebreaker_field` belongs to `eql`
        "#]],
    );
    check_tail(
        "type = \"machine_learning\"\nanomaly_threshold = 101\nquery = \"a\"\n",
        expect![[r#"
            8:1 RULE005: missing key `machine_learning_job_id` in `rule` | [rule]
            16:21 RULE008: `rule.anomaly_threshold` must be between 0 and 100, not 101 | 101
            17:1 RULE009: a rule of type `machine_learning` has no `query` | query | `query` belongs to `eql`, `esql`, `query`, `saved_query`, `threshold`, `new_terms` and `threat_match`
        "#]],
    );
}

#[test]
fn an_unknown_type_is_the_only_complaint_about_types() {
    check_tail(
        "type = \"eq\"\nlanguage = \"eql\"\nquery = \"a\"\nthreshold = { value = 1 }\n",
        expect![[r#"
            15:8 RULE006: `rule.type` cannot be `eq` | "eq" | did you mean `eql`?
        "#]],
    );
}

#[test]
fn suppression_exceptions_and_windows_have_their_bounds() {
    check_tail(
        &format!(
            "{EQL}{}",
            r#"data_view_id = "a"
index = ["b"]
[rule.alert_suppression]
group_by = ["a", "b", "c", "d"]
duration = { value = 0, unit = "d" }
missing_fields_strategy = "dontSuppress"
[rule.investigation_fields]
field_names = []
[[rule.exceptions_list]]
id = "a"
type = "detections"
namespace_type = "single"
"#
        ),
        expect![[r#"
            20:1 RULE010: `data_view_id` cannot stand beside `index` | data_view_id | keep one of the two
            23:12 RULE008: `rule.alert_suppression.group_by` takes 1 to 3 entries, not 4 | ["a", "b", "c", "d"]
            24:22 RULE008: `rule.alert_suppression.duration.value` must be between 1 and 4294967295, not 0 | 0
            24:32 RULE006: `rule.alert_suppression.duration.unit` cannot be `d` | "d" | it is one of `s`, `m` and `h`
            25:27 RULE006: `rule.alert_suppression.missing_fields_strategy` cannot be `dontSuppress` | "dontSuppress" | did you mean `doNotSuppress`?
            27:15 RULE008: `rule.investigation_fields.field_names` takes at least one entry, not 0 | []
            28:1 RULE005: missing key `list_id` in `rule.exceptions_list[0]` | [[rule.exceptions_list]]
            30:8 RULE006: `rule.exceptions_list[0].type` cannot be `detections` | "detections" | did you mean `detection`?
        "#]],
    );
    check_tail(
        r#"type = "new_terms"
language = "kuery"
query = "a:b"
[rule.new_terms]
field = "terms"
value = []
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "14d"
[rule.alert_suppression]
"#,
        expect![[r#"
            19:9 RULE006: `rule.new_terms.field` cannot be `terms` | "terms" | it is `new_terms_fields`
            20:9 RULE008: `rule.new_terms.value` takes 1 to 3 entries, not 0 | []
            23:9 RULE007: `rule.new_terms.history_window_start[0].value` must be `now-` with a count and a unit, such as `now-9m`, not `14d` | "14d"
            24:1 RULE005: missing key `group_by` in `rule.alert_suppression` | [rule.alert_suppression]
        "#]],
    );
}

#[test]
fn a_threat_whose_parts_contradict_each_other_is_warned_of() {
    check_tail(
        &format!(
            "{EQL}{}",
            r#"[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1071"
name = "Application Layer Protocol"
reference = "https://attack.mitre.org/techniques/T1072/"
subtechnique = [{ id = "T1070.005", name = "x", reference = "https://attack.mitre.org/techniques/T1070/005/" }]
[rule.threat.tactic]
id = "TA0011"
name = "Command and Control"
reference = "https://attack.mitre.org/tactics/TA0011/"
"#
        ),
        expect![[r#"
            25:13 RULE012 (warning): the reference does not lead to `T1071` | "https://attack.mitre.org/techniques/T1072/"
            26:24 RULE012 (warning): sub-technique `T1070.005` is no part of technique `T1071` | "T1070.005"
        "#]],
    );
}

#[test]
fn a_finding_in_the_query_is_placed_in_the_file() {
    check_tail(
        "type = \"eql\"\nlanguage = \"eql\"\nquery = '''\nprocess where\n  process.name = \"a\"\n'''\n",
        expect![[r#"
            19:16 EQL011: mismatched input '=' expecting '==' | = | use `==` for equality
        "#]],
    );
    check_tail(
        "type = \"eql\"\nlanguage = \"eql\"\nquery = \"process where\\n  process.name = \\\"a\\\"\"\n",
        expect![[r#"
            17:9 EQL011: mismatched input '=' expecting '==' (line 2, column 16 of the query) | "process where\n  process.name = \"a\"" | use `==` for equality
        "#]],
    );
}

#[test]
fn one_bad_file_stops_no_other_and_ids_are_used_once() {
    let file = |path: &str, text: String| (path.to_owned(), text);
    let text = format!("{HEAD}{EQL}");
    let loaded = load_all(
        [
            file("a.toml", text.clone()),
            file("b.toml", "x".to_owned()),
            file("c.toml", text.clone()),
        ]
        .into_iter(),
    );
    assert_eq!(loaded.rules.len(), 1);
    let paths: Vec<_> = loaded.failures.iter().map(|(path, ..)| path.as_str()).collect();
    assert_eq!(paths, ["b.toml", "c.toml"]);
    expect![[r#"
        13:12 RULE014: `rule_id` is already taken by `a.toml` | 6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5 | give one of the two rules a new UUID
    "#]].assert_eq(&shown(&text, &loaded.failures[1].2));
}

#[test]
fn a_file_past_the_limit_is_refused_unread() {
    let text = " ".repeat(limits::FILE_BYTES_MAX + 1);
    let found = load("a.toml", &text).unwrap_err();
    assert_eq!((found.len(), found[0].code), (1, codes::FILE_TOO_LONG));
}

/// Mutations of a good file and plain noise: any answer will do, as long as there is one and its places are real.
#[test]
fn hostile_files_never_panic() {
    let good = format!("{HEAD}{EQL}[[rule.threat]]\nframework = \"MITRE ATT&CK\"\n");
    let pieces = [
        "[[", "]]", "'''", "\"\"\"", "\\u12", "=", "\n", "{", "}", ".", "é", "\u{0}", "a.b.c", "#",
        ",", "[rule]", "-0x", "1e999", "\r",
    ];
    let mut seed = 1_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    for round in 0..3000 {
        let mut bytes = if round % 4 == 0 { Vec::new() } else { good.clone().into_bytes() };
        for _ in 0..=random(6) {
            let at = random(bytes.len() + 1);
            match random(4) {
                0 => bytes.truncate(at),
                1 => drop(bytes.splice(at..at, pieces[random(pieces.len())].bytes())),
                2 => drop(bytes.drain(at..bytes.len().min(at + random(30)))),
                _ => drop(bytes.splice(
                    at..at,
                    (0..random(40)).map(|_| random(256) as u8).collect::<Vec<_>>(),
                )),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Err(found) = load("a.toml", &text) {
            assert!(found.iter().any(|diagnostic| diagnostic.severity == Grade::Error));
            let places = found.iter().map(|diagnostic| text.get(diagnostic.span().range()));
            assert!(places.into_iter().all(|place| place.is_some()), "{text}");
        }
    }
    let deep = format!("[rule]\nmeta = {}1{}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(load("a.toml", &deep).is_err());
    let dotted = format!("[{}]\n", vec!["a"; 50_000].join("."));
    assert!(load("a.toml", &dotted).is_err());
}
