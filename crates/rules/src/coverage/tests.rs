//! What is derived of rules, and why.

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;
use crate::load;

/// A rule; `head` are lines of `[rule]`.
fn rule(name: &str, head: &str, query: &str) -> Rule {
    let esql = query.trim_start().starts_with("FROM");
    let kind = if esql { "esql" } else { "eql" };
    let id = format!("6f6a2f0e-7c1e-4d35-9a58-{:012x}", name.len());
    let text = format!(
        "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
         description = \"d\"\nname = \"{name}\"\nrisk_score = 47\nrule_id = \"{id}\"\nseverity = \"medium\"\n\
         type = \"{kind}\"\nlanguage = \"{kind}\"\nquery = '''\n{query}\n'''\n{head}"
    );
    load("rule.toml", &text).unwrap()
}

const THREAT: &str = "[[rule.threat]]\nframework = \"MITRE ATT&CK\"\n[[rule.threat.technique]]\nid = \"T1071\"\n\
    name = \"Application Layer Protocol\"\nreference = \"https://attack.mitre.org/techniques/T1071/\"\n\
    [[rule.threat.technique.subtechnique]]\nid = \"T1071.005\"\nname = \"Publish/Subscribe Protocols\"\n\
    reference = \"https://attack.mitre.org/techniques/T1071/005/\"\n[rule.threat.tactic]\nid = \"TA0011\"\n\
    name = \"Command and Control\"\nreference = \"https://attack.mitre.org/tactics/TA0011/\"\n";

/// What is derived of a rule, and why.
#[track_caller]
fn check(head: &str, query: &str, expected: &Expect) {
    let rules = [rule("Rule", head, query)];
    let coverage = Coverage::of(&rules, &|_| 0);
    let mut text = String::new();
    for (number, reasons) in &coverage.rules[0].analytics {
        writeln!(text, "{}: {}", ANALYTICS[*number].id, reasons.join("; ")).unwrap();
    }
    for ((kind, title), reason) in &coverage.rules[0].telemetry {
        writeln!(text, "{} {title}: {reason}", kind.name()).unwrap();
    }
    expected.assert_eq(&text);
}

#[test]
fn platforms_come_from_tags_indices_and_the_query() {
    check(
        &format!(
            "index = [\"logs-endpoint.events.network-*\"]\ntags = [\"OS: Linux\", \"OS: macOS\"]\n{THREAT}"
        ),
        "network where destination.port == 1883",
        &expect![[r"
            AN0003: technique T1071.005; tag `OS: Linux`
            AN0004: technique T1071.005; tag `OS: macOS`
            source Elastic Defend, network events: index `logs-endpoint.events.network-*`
            events network connections: field `destination.port`
        "]],
    );
    check(
        &format!("index = [\"logs-zeek.*\", \"winlogbeat-*\"]\n{THREAT}"),
        "any where zeek.mqtt.topic == \"a\" and host.os.type != \"macos\"",
        &expect![[r"
            AN0002: technique T1071.005; index `winlogbeat-*`
            AN0005: technique T1071.005; index `logs-zeek.*`
            source Windows event logs: index `winlogbeat-*`
            source Zeek: index `logs-zeek.*`
            events Zeek: field `zeek.mqtt.topic`
        "]],
    );
    check(
        &format!("index = [\"logs-endpoint.events.process-*\"]\n{THREAT}"),
        "process where host.os.type in (\"linux\", \"macos\") and process.name == \"windows\"",
        &expect![[r"
            AN0003: technique T1071.005; `host.os.type` is `linux` in its query
            AN0004: technique T1071.005; `host.os.type` is `macos` in its query
            source Elastic Defend, process events: index `logs-endpoint.events.process-*`
            events processes: field `process.name`
        "]],
    );
}

#[test]
fn an_endpoint_rule_that_names_no_system_is_of_all() {
    check(
        "index = [\"logs-endpoint.events.process-*\"]\n",
        "process where process.name == \"mosquitto_pub\" and process.args : \"*mqtt*\"",
        &expect![[r"
            AN0002: `mqtt` in its query; index `logs-endpoint.events.process-*` and no system is named
            AN0003: `mqtt` in its query; index `logs-endpoint.events.process-*` and no system is named
            AN0004: `mqtt` in its query; index `logs-endpoint.events.process-*` and no system is named
            source Elastic Defend, process events: index `logs-endpoint.events.process-*`
            events processes: field `process.name`
        "]],
    );
}

#[test]
fn a_rule_of_something_else_belongs_to_no_analytic() {
    check(
        "index = [\"logs-endpoint.events.process-*\"]\ntags = [\"OS: Linux\"]\n",
        "process where process.name == \"sh\" and process.parent.name == \"redistributor\" /* a broker */",
        &expect![[r"
            source Elastic Defend, process events: index `logs-endpoint.events.process-*`
            events processes: field `process.name`
        "]],
    );
}

#[test]
fn the_indices_of_esql_stand_in_its_query() {
    check(
        THREAT,
        "FROM logs-suricata.*, logs-sysmon_linux.log-* METADATA _id\n| WHERE destination.port == 1883 // dns.x\n| KEEP *",
        &expect![[r"
            AN0003: technique T1071.005; index `logs-sysmon_linux.log-*`
            AN0005: technique T1071.005; index `logs-suricata.*`
            source Suricata: index `logs-suricata.*`
            source Sysmon for Linux: index `logs-sysmon_linux.log-*`
            events network connections: field `destination.port`
        "]],
    );
}

#[test]
fn what_is_missing_is_told() {
    let rules = [
        rule("Whole", &format!("index = [\"logs-zeek.*\"]\n{THREAT}"), "any where true"),
        rule("Bare", "", "any where true"),
    ];
    let coverage = Coverage::of(&rules, &|rule| usize::from(rule.name == "Whole"));
    expect![[r"
        no rule for AN0002 (Windows)
        no rule for AN0003 (Linux)
        no rule for AN0004 (macOS)
        rule `Bare` names no technique of ATT&CK
        rule `Bare` belongs to no analytic of DET0002
        rule `Bare` does not tell what telemetry it reads
        rule `Bare` has no tests beside it"]]
    .assert_eq(&coverage.gaps().join("\n"));
}

#[test]
fn the_layer_has_what_the_format_demands() {
    let rules = [
        rule("Aa", &format!("index = [\"logs-zeek.*\"]\n{THREAT}"), "any where true"),
        rule("Bbb", THREAT, "any where true"),
    ];
    let coverage = Coverage::of(&rules, &|_| 2);
    let layer = layer(&coverage, "Test");
    // Keys that the format marks as required, of the layer and of what is in it.
    for key in ["versions", "name", "domain"] {
        assert!(!layer[key].is_null(), "{key}");
    }
    assert_eq!(layer["versions"]["layer"], "4.5");
    assert_eq!(layer["domain"], "enterprise-attack");
    for key in ["colors", "minValue", "maxValue"] {
        assert!(!layer["gradient"][key].is_null(), "{key}");
    }
    for item in layer["legendItems"].as_array().unwrap() {
        assert!(item["label"].is_string() && item["color"].is_string());
    }
    for item in layer["metadata"].as_array().unwrap() {
        assert!(item["name"].is_string() && item["value"].is_string());
    }
    let techniques = layer["techniques"].as_array().unwrap();
    assert_eq!(techniques.len(), 2);
    for technique in techniques {
        assert!(technique["techniqueID"].is_string());
        assert_eq!(technique["tactic"], "command-and-control");
        assert_eq!(technique["score"], 2);
        assert_eq!(technique["comment"], "Aa\nBbb");
        for item in technique["metadata"].as_array().unwrap() {
            assert!(item["name"].is_string() && item["value"].is_string());
        }
    }
    // The parent is opened, so that the sub-technique can be seen.
    assert_eq!(techniques[0]["techniqueID"], "T1071");
    assert_eq!(techniques[0]["showSubtechniques"], true);
    assert_eq!(layer["gradient"]["maxValue"], 2);
}
