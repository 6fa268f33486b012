//! Rule files with every key that Elastic's format has.

use std::fmt::Write as _;

use serde_json::Value;

/// The field that a category is read from where a rule says so.
pub(crate) const CATEGORY_OVERRIDE: &str = "event.dataset";

/// A rule file and what it is held to.
pub(crate) struct Made {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) extras: Extras,
    pub(crate) hit: Value,
    pub(crate) miss: Value,
    pub(crate) shapes: Vec<&'static str>,
}

/// What a file has beyond what every file has to have.
#[derive(Clone)]
pub(crate) struct Extras {
    pub(crate) threat: bool,
    pub(crate) suppression: bool,
    pub(crate) exceptions: bool,
    pub(crate) investigation_fields: bool,
    pub(crate) building_block: bool,
    pub(crate) category_override: bool,
    pub(crate) data_view: bool,
    pub(crate) filters: bool,
    pub(crate) actions: bool,
    pub(crate) mappings: bool,
    pub(crate) transforms: bool,
    pub(crate) build_time: bool,
    pub(crate) words: bool,
    pub(crate) timing: bool,
    /// The query stands in a TOML text with escapes.
    pub(crate) escaped_query: bool,
}

impl Extras {
    /// Those of rule number `i`. The periods have no common factor, so every pair of extras meets.
    pub(crate) fn of(i: usize) -> Extras {
        let every = |period: usize| i.is_multiple_of(period);
        Extras {
            threat: !every(4),
            suppression: every(3),
            exceptions: every(5),
            investigation_fields: every(7),
            building_block: every(11),
            category_override: every(13),
            data_view: every(17),
            filters: every(19),
            actions: every(23),
            mappings: every(29),
            transforms: every(31),
            build_time: every(37),
            words: !every(2),
            timing: every(9),
            escaped_query: every(8),
        }
    }
}

impl Made {
    pub(crate) fn new(
        i: usize,
        query: String,
        extras: &Extras,
        hit: Value,
        miss: Value,
        shapes: Vec<&'static str>,
    ) -> Made {
        let id = format!("{i:08x}-1f3a-4c5d-8e7f-0123456789ab");
        let name = format!("Unusual Behaviour Number {i}");
        let text = text(i, &id, &name, &query, extras).expect("a text takes what is written");
        let path = format!("rules/windows/execution_shape_{i}.toml");
        Made { path, text, id, name, query, extras: extras.clone(), hit, miss, shapes }
    }
}

fn text(
    i: usize,
    id: &str,
    name: &str,
    query: &str,
    extras: &Extras,
) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    out.push_str(METADATA);
    if extras.timing {
        out.push_str(STACK);
    }
    if extras.transforms {
        out.push_str(TRANSFORM);
    }
    out.push_str("\n[rule]\nauthor = [\"Example\", \"A. Person\"]\n");
    if extras.building_block {
        out.push_str("building_block_type = \"default\"\n");
    }
    write!(
        out,
        "description = \"\"\"\nIdentifies what {name} does, in two lines\nof text.\n\"\"\"\n"
    )?;
    if extras.category_override {
        writeln!(out, "event_category_override = \"{CATEGORY_OVERRIDE}\"")?;
    }
    out.push_str(if extras.data_view { DATA_VIEW } else { INDEX });
    if extras.timing {
        out.push_str(TIMING);
    }
    if extras.words {
        out.push_str(WORDS);
    }
    let (severity, risk_score) =
        [("low", 21), ("medium", 47), ("high", 73), ("critical", 99)][i % 4];
    write!(
        out,
        "language = \"eql\"\nlicense = \"Elastic License v2\"\nname = \"{name}\"\nrisk_score = {risk_score}\n\
         rule_id = \"{id}\"\nseverity = \"{severity}\"\ntype = \"eql\"\n"
    )?;
    if extras.build_time {
        out.push_str(BUILD_TIME);
    }
    out.push('\n');
    if extras.escaped_query {
        let escaped = query.replace('\\', "\\\\").replace('"', "\\\"");
        writeln!(out, "query = \"\"\"\n{escaped}\"\"\"")?;
    } else {
        writeln!(out, "query = '''\n{query}'''")?;
    }
    let tables = [
        (extras.actions, ACTIONS),
        (extras.filters, FILTERS),
        (extras.exceptions, EXCEPTIONS),
        (extras.mappings, MAPPINGS),
        (extras.threat, THREAT),
        (extras.suppression, SUPPRESSION),
        (extras.investigation_fields, INVESTIGATION_FIELDS),
    ];
    for (_, table) in tables.into_iter().filter(|(wanted, _)| *wanted) {
        out.push_str(table);
    }
    Ok(out)
}

const METADATA: &str = r#"[metadata]
creation_date = "2026/01/20"
integration = ["endpoint", "windows", "system"]
maturity = "production"
updated_date = "2026/03/02"
"#;

const STACK: &str = r#"min_stack_comments = "A field became available."
min_stack_version = "8.14.0"
"#;

const TRANSFORM: &str = r#"
[transform]
[[transform.osquery]]
label = "Osquery - Retrieve DNS Cache"
query = "SELECT * FROM dns_cache"

[[transform.investigate]]
label = "Alerts associated with the host"
description = "What else the host did"
providers = [
  [
    { excluded = false, field = "event.kind", queryType = "phrase", value = "signal", valueType = "string" },
    { excluded = false, field = "host.id", queryType = "phrase", value = "{{host.id}}", valueType = "string" }
  ]
]
relativeFrom = "now-48h/h"
relativeTo = "now"
"#;

const INDEX: &str = r#"index = [
    "logs-endpoint.events.process-*",
    "winlogbeat-*",
    "logs-windows.sysmon_operational-*",
    "-*excluded*",
]
"#;

const DATA_VIEW: &str = "data_view_id = \"security-solution-default\"\n";

const TIMING: &str = r#"enabled = true
from = "now-9m"
interval = "5m"
max_signals = 1000
rule_name_override = "message"
tiebreaker_field = "event.sequence"
timeline_id = "91832785-286d-4ebe-b884-1a208d111a70"
timeline_title = "Generic Network Timeline"
timestamp_override = "event.ingested"
to = "now"
"#;

const WORDS: &str = r###"false_positives = [
    """
    Administrators may do this.
    """,
]
note = """## Triage and analysis

### Investigating it

- Which process did it, and is it known? `process.name : "x"`
"""
references = ["https://example.com/one", "https://example.com/two"]
setup = """## Setup

Needs an integration.
"""
tags = ["Domain: Endpoint", "OS: Windows", "Use Case: Threat Detection", "Tactic: Execution"]
"###;

const BUILD_TIME: &str = r#"related_integrations = [{ package = "endpoint", version = "^9.0.0" }]
required_fields = [{ ecs = true, name = "process.name", type = "keyword" }]
version = 7
"#;

const ACTIONS: &str = r#"
[[rule.actions]]
action_type_id = ".slack"
group = "default"
id = "6f2f3f2e-aaaa-4bbb-8ccc-0123456789ab"
[rule.actions.params]
message = "Rule {{context.rule.name}} generated {{state.signals_count}} alerts"
[rule.actions.frequency]
notifyWhen = "onActiveAlert"
summary = true
throttle = "1h"
"#;

/// A filter on a field that no condition has; Elastic's own rules write them like this.
const FILTERS: &str = r#"
[[rule.filters]]
[rule.filters.meta]
negate = true
[rule.filters.query.wildcard."observer.name"]
value = "*\\\\Windows\\\\*"
case_insensitive = true
"#;

/// The field of the filter, and a value with which it does not hold.
pub(crate) const FILTERED: (&str, &str) = ("observer.name", "C:\\WINDOWS\\x");

const EXCEPTIONS: &str = r#"
[[rule.exceptions_list]]
id = "endpoint_list"
list_id = "endpoint_list"
namespace_type = "agnostic"
type = "endpoint"
"#;

const MAPPINGS: &str = r#"
[[rule.severity_mapping]]
field = "event.severity"
operator = "equals"
severity = "high"
value = "73"

[[rule.risk_score_mapping]]
field = "event.risk_score"
operator = "equals"
value = ""
"#;

const THREAT: &str = r#"
[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1059"
name = "Command and Scripting Interpreter"
reference = "https://attack.mitre.org/techniques/T1059/"
[[rule.threat.technique.subtechnique]]
id = "T1059.001"
name = "PowerShell"
reference = "https://attack.mitre.org/techniques/T1059/001/"

[[rule.threat.technique]]
id = "T1218"
name = "System Binary Proxy Execution"
reference = "https://attack.mitre.org/techniques/T1218/"
[[rule.threat.technique.subtechnique]]
id = "T1218.011"
name = "Rundll32"
reference = "https://attack.mitre.org/techniques/T1218/011/"

[rule.threat.tactic]
id = "TA0002"
name = "Execution"
reference = "https://attack.mitre.org/tactics/TA0002/"
"#;

const SUPPRESSION: &str = r#"
[rule.alert_suppression]
group_by = ["host.id", "process.entity_id"]
missing_fields_strategy = "suppress"
[rule.alert_suppression.duration]
unit = "m"
value = 30
"#;

const INVESTIGATION_FIELDS: &str = r#"
[rule.investigation_fields]
field_names = ["@timestamp", "host.name", "process.executable"]
"#;
