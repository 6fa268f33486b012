//! Rules of the types beside EQL through the command line: searches in KQL and Lucene.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::process::{Command, Output};

use serde_json::{Value, json};

/// A folder with rules and events.
struct Case {
    dir: tempfile::TempDir,
    flags: Vec<String>,
}

impl Case {
    fn new(events: &[Value]) -> Case {
        let case = Case { dir: tempfile::tempdir().unwrap(), flags: Vec::new() };
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        case.file("events.ndjson", &lines.join("\n"))
    }

    fn file(self, name: &str, text: &str) -> Case {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn flag(mut self, flag: &str) -> Case {
        self.flags.push(flag.to_owned());
        self
    }

    /// A rule; `body` has its type, its query, and what only its type has.
    fn rule(self, body: &str) -> Case {
        let text = format!(
            "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
             description = \"d\"\nname = \"Rule\"\nrisk_score = 47\n\
             rule_id = \"6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5\"\nseverity = \"medium\"\n{body}"
        );
        self.file("rules/rule.toml", &text)
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
        command.current_dir(self.dir.path()).env_clear().args(arguments).output().unwrap()
    }

    /// Runs the scan: its alerts, its exit code and what it told.
    fn scan(&self) -> (Vec<Value>, i32, String) {
        let mut arguments = vec!["scan", "--format", "ndjson", "--rules", "rules"];
        arguments.extend(self.flags.iter().map(String::as_str));
        arguments.extend(["--", "events.ndjson"]);
        let output = self.command(&arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        let documents = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (documents, output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

/// The numbers of the events of alerts.
fn numbers(alerts: &[Value]) -> Vec<i64> {
    alerts.iter().map(|alert| alert["n"].as_i64().unwrap()).collect()
}

fn search(language: &str, query: &str) -> String {
    format!("type = \"query\"\nlanguage = \"{language}\"\nquery = '''\n{query}\n'''\n")
}

fn programs() -> Vec<Value> {
    ["bash", "Curl", "nc", "curl"]
        .iter()
        .zip(0..)
        .map(|(name, n)| {
            json!({"@timestamp": format!("2026-01-02T00:00:0{n}Z"), "n": n, "process": {"name": name}, "tags": ["x", name]})
        })
        .chain([json!({"@timestamp": "2026-01-02T00:00:09Z", "n": 9})])
        .collect()
}

#[test]
fn searches_run_as_event_rules() {
    let case =
        Case::new(&programs()).rule(&search("kuery", "process.name: (curl or n*) and tags: x"));
    let (alerts, code, told) = case.scan();
    assert_eq!((numbers(&alerts), code), (vec![2, 3], 1), "{told}");
    let reasons = alerts[0]["brokerwatch"]["alert"]["reasons"].to_string();
    assert!(reasons.contains("process.name"), "{reasons}");
    let case = Case::new(&programs()).rule(&search("kuery", "not process.name: curl"));
    assert_eq!(numbers(&case.scan().0), [0, 1, 2, 9]);
    let case = Case::new(&programs())
        .rule(&search("lucene", "+process.name:/[Cc]url/ -process.name:Curl"));
    assert_eq!(numbers(&case.scan().0), [3]);
}

#[test]
fn a_search_can_be_suppressed_and_excepted() {
    let mut body = search("kuery", "process.name: *");
    body += "[rule.alert_suppression]\ngroup_by = [\"tags\"]\nduration = { value = 1, unit = \"h\" }\n\
             [[rule.exceptions_list]]\nid = \"known\"\nlist_id = \"known\"\nnamespace_type = \"single\"\ntype = \"detection\"\n";
    let list = json!({"description": "", "list_id": "known", "name": "Known", "namespace_type": "single", "type": "detection"});
    let item = json!({"comments": [], "description": "d", "item_id": "i", "list_id": "known", "name": "i",
        "namespace_type": "single", "tags": [], "type": "simple",
        "entries": [{"field": "process.name", "operator": "included", "type": "match", "value": "nc"}]});
    let case = Case::new(&programs())
        .rule(&body)
        .file("known.ndjson", &format!("{list}\n{item}\n"))
        .flag("--exceptions")
        .flag("known.ndjson");
    let (alerts, _, told) = case.scan();
    assert_eq!(numbers(&alerts), [0], "{told}");
    assert_eq!(alerts[0]["brokerwatch"]["alert"]["suppression"]["docs_count"], 2);
}

#[test]
fn a_search_with_an_error_is_told_in_the_rule_file() {
    let case = Case::new(&programs()).rule(&search("kuery", "process.name: (a or"));
    let (alerts, code, told) = case.scan();
    assert!(alerts.is_empty() && code == 2, "{told}");
    assert!(told.contains("rules/rule.toml:14:15"), "{told}");
    // Types are settled when rules are compiled.
    let case = Case::new(&programs()).rule(&search("kuery", "destination.ip: nowhere"));
    let output = case.command(&["rules", "check", "rules"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("rules/rule.toml:14:17"), "{told}");
}

#[test]
fn rules_that_do_not_run_say_why() {
    let filtered = search("kuery", "process.name: *")
        + "[[rule.filters]]\n[rule.filters.query.script]\nx = 1\n";
    let (_, code, told) = Case::new(&programs()).rule(&filtered).scan();
    assert!(code == 2 && told.contains("`filters`"), "{told}");
    let saved = "type = \"saved_query\"\nlanguage = \"kuery\"\nsaved_id = \"s\"\n";
    let (_, code, told) = Case::new(&programs()).rule(saved).scan();
    assert!(code == 2 && told.contains("saved queries that Kibana keeps"), "{told}");
    let learned =
        "type = \"machine_learning\"\nanomaly_threshold = 70\nmachine_learning_job_id = [\"j\"]\n";
    let (_, code, told) = Case::new(&programs()).rule(learned).scan();
    assert!(code == 2 && told.contains("anomaly jobs"), "{told}");
}

#[test]
fn a_search_is_explained() {
    let case = Case::new(&programs()).rule(&search("kuery", "process.name: curl and tags: y"));
    let output = case.command(&["explain", "rules/rule.toml", "events.ndjson", "--near", "1"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("process.name") && text.contains("tags"), "{text}");
}
