//! Rules of the types beside EQL through the command line: searches in KQL and Lucene, thresholds, new terms, and indicators.

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

#[test]
fn a_built_in_pack_goes_by_its_name() {
    let event = json!({"@timestamp": "2026-01-02T00:00:00Z", "event": {"category": "network",
        "action": "connection_attempted"}, "destination": {"ip": "203.0.113.9", "port": 1883}});
    let case = Case::new(&[event]);
    let scan = |rules| {
        let output = case.command(&["scan", "--rules", rules, "--", "events.ndjson"]);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(scan("seed").0, 1);
    let (code, told) = scan("pubsbu");
    assert_eq!(code, 2);
    assert!(
        told.contains("pubsbu: no such file, folder or built-in pack; the packs are pubsub, seed")
    );
    // What lies in the folder comes first.
    let case = case.rule(&search("kuery", "n: 7")).file("pubsub", "no TOML");
    let output = case.command(&["scan", "--rules", "pubsub", "--", "events.ndjson"]);
    assert_eq!(output.status.code(), Some(2));
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

/// Connections: the second, the host and the address of each.
fn connections(of: &[(i64, &str, &str)]) -> Vec<Value> {
    let event = |((second, host, address), n): (&(i64, &str, &str), usize)| {
        let (minute, second) = (second / 60, second % 60);
        json!({
            "@timestamp": format!("2026-01-02T00:{minute:02}:{second:02}Z"), "n": n, "event": {"category": "network"},
            "host": {"name": host}, "destination": {"ip": address},
        })
    };
    of.iter().zip(0..).map(event).collect()
}

const THRESHOLD: &str = "type = \"threshold\"\nlanguage = \"kuery\"\nfrom = \"now-10m\"\ninterval = \"5m\"\n\
    query = \"event.category: network\"\n[rule.threshold]\nfield = [\"host.name\"]\nvalue = 3\n\
    [[rule.threshold.cardinality]]\nfield = \"destination.ip\"\nvalue = 2\n";

#[test]
fn a_threshold_rule_alerts_when_a_group_is_large_enough_in_its_window() {
    let events = connections(&[
        (10, "a", "10.0.0.1"),
        (20, "a", "10.0.0.2"),
        // Many, and all to one address.
        (30, "b", "10.0.0.1"),
        (31, "b", "10.0.0.1"),
        (32, "b", "10.0.0.1"),
        (290, "a", "10.0.0.2"),
        // Enough, but never within ten minutes.
        (10, "c", "10.0.0.1"),
        (20, "c", "10.0.0.2"),
        (1000, "c", "10.0.0.3"),
    ]);
    let case = Case::new(&events).rule(THRESHOLD);
    let (alerts, code, told) = case.scan();
    assert_eq!((alerts.len(), code), (1, 1), "{told}");
    let alert = &alerts[0];
    assert_eq!(
        alert["kibana"]["alert"]["threshold_result"],
        json!({
            "terms": [{"field": "host.name", "value": "a"}],
            "cardinality": [{"field": "destination.ip", "value": 2}],
            "count": 3,
            "from": "2026-01-02T00:00:10.000Z",
        })
    );
    assert_eq!((&alert["host"]["name"], &alert["event"]["kind"]), (&json!("a"), &json!("alert")));
    assert_eq!(alert["@timestamp"], "2026-01-02T00:04:50.000Z");
    assert_eq!(alert["brokerwatch"]["source"]["line"], 6);
    let window = json!({"from": "2026-01-01T23:55:00.000Z", "to": "2026-01-02T00:05:00.000Z"});
    assert_eq!(alert["brokerwatch"]["alert"]["window"], window);
    // The same alert whatever else there is, and whoever reads it.
    let one = Case::new(&events).rule(THRESHOLD).flag("--threads").flag("1");
    assert_eq!(one.scan().0, alerts);
    let (all, ..) = Case::new(&events).rule(THRESHOLD).flag("--once").scan();
    let hosts: Vec<&str> =
        all.iter().map(|alert| alert["host"]["name"].as_str().unwrap()).collect();
    assert_eq!(hosts, ["a", "c"]);
}

#[test]
fn a_suppressed_threshold_tells_of_further_groups_by_count() {
    let events: Vec<(i64, &str, &str)> =
        (0..12).map(|n| (n * 100, "a", if n % 2 == 0 { "10.0.0.1" } else { "10.0.0.2" })).collect();
    let (alerts, ..) = Case::new(&connections(&events)).rule(THRESHOLD).scan();
    assert_eq!(alerts.len(), 4);
    let suppressed =
        format!("{THRESHOLD}[rule.alert_suppression]\nduration = {{ value = 1, unit = \"h\" }}\n");
    let (alerts, ..) = Case::new(&connections(&events)).rule(&suppressed).scan();
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0]["brokerwatch"]["alert"]["suppression"]["docs_count"], 3);
}

#[test]
fn a_new_terms_rule_alerts_on_values_that_the_history_lacks() {
    let events = connections(&[
        (0, "a", "10.0.0.1"),
        (60, "a", "10.0.0.1"),
        (61, "b", "10.0.0.1"),
        (500, "a", "10.0.0.1"),
        // More than ten minutes after the last one.
        (1200, "a", "10.0.0.1"),
    ]);
    let rule = "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = \"event.category: network\"\n[rule.new_terms]\n\
        field = \"new_terms_fields\"\nvalue = [\"host.name\", \"destination.ip\"]\n\
        [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-10m\"\n";
    let (alerts, code, told) = Case::new(&events).rule(rule).scan();
    assert_eq!((numbers(&alerts), code), (vec![0, 2, 4], 1), "{told}");
    assert_eq!(alerts[1]["kibana"]["alert"]["new_terms"], json!(["b", "10.0.0.1"]));
    assert_eq!(
        alerts[1]["brokerwatch"]["alert"]["new_terms"],
        json!({
            "values": {"host.name": "b", "destination.ip": "10.0.0.1"},
            "history": "now-10m",
            "events_since": "2026-01-02T00:00:00.000Z",
        })
    );
    let (alerts, ..) = Case::new(&events).rule(rule).flag("--once").scan();
    assert_eq!(numbers(&alerts), [0, 2]);
}

/// A rule with this threat mapping, and what more `[rule]` has.
fn indicator_match(more: &str, mapping: &str) -> String {
    format!(
        "type = \"threat_match\"\nlanguage = \"kuery\"\nquery = \"event.category: network\"\nthreat_index = [\"feed-*\"]\n\
         {more}\n{mapping}"
    )
}

/// One alternative of a mapping: pairs of fields, and whether they must differ.
fn alternative(pairs: &[(&str, &str, bool)]) -> String {
    let entry = |(field, value, negate): &(&str, &str, bool)| {
        format!(
            "[[rule.threat_mapping.entries]]\nfield = \"{field}\"\ntype = \"mapping\"\nvalue = \"{value}\"\nnegate = {negate}\n"
        )
    };
    format!("[[rule.threat_mapping]]\n{}", pairs.iter().map(entry).collect::<String>())
}

const BY_ADDRESS: (&str, &str, bool) = ("destination.ip", "threat.indicator.ip", false);

const FEED: &str = r#"{"_id":"one","_source":{"@timestamp":"2026-01-01T00:00:00Z","threat":{"indicator":{"ip":"10.0.0.1","type":"ipv4-addr"},"feed":{"name":"Feed"}}}}
{"@timestamp":"2025-06-01T00:00:00Z","threat.indicator.ip":["10.0.0.2","10.0.0.3"],"threat.indicator.provider":"old"}
no document
{"@timestamp":"2026-01-01T00:00:00Z","threat":{"indicator":{"file":{"name":"x"}}}}
"#;

fn with_feed(case: Case) -> Case {
    case.file("feed.ndjson", FEED).flag("--indicators").flag("feed-a=feed.ndjson")
}

#[test]
fn indicators_that_an_event_meets_stand_in_its_alert() {
    let events = connections(&[(0, "a", "10.0.0.1"), (1, "a", "10.0.0.3"), (2, "a", "10.0.0.9")]);
    let rule = indicator_match("", &alternative(&[BY_ADDRESS]));
    let (alerts, code, told) = with_feed(Case::new(&events).rule(&rule)).scan();
    assert_eq!((numbers(&alerts), code), (vec![0, 1], 1), "{told}");
    assert_eq!(
        alerts[0]["threat"]["enrichments"],
        json!([{
            "feed": {"name": "Feed"},
            "indicator": {"ip": "10.0.0.1", "type": "ipv4-addr"},
            "matched": {"atomic": "10.0.0.1", "field": "destination.ip", "id": "one", "index": "feed-a", "type": "indicator_match_rule"},
        }])
    );
    assert_eq!(alerts[1]["threat"]["enrichments"][0]["indicator"]["provider"], "old");
    assert!(told.contains("feed.ndjson: 1 indicators are no JSON documents"), "{told}");
    // A table of the same.
    let table = "threat.indicator.ip,threat.indicator.provider\n10.0.0.9,\"p, q\"\n,r\n";
    let case = Case::new(&events).rule(&rule).file("feed.csv", table);
    let (alerts, ..) = case.flag("--indicators").flag("feed-b=feed.csv").scan();
    assert_eq!(numbers(&alerts), [2]);
    assert_eq!(alerts[0]["threat"]["enrichments"][0]["indicator"]["provider"], "p, q");
}

#[test]
fn a_rule_without_indicators_says_so() {
    let events = connections(&[(0, "a", "10.0.0.1")]);
    let rule = indicator_match("", &alternative(&[BY_ADDRESS]));
    let (alerts, code, told) = Case::new(&events).rule(&rule).scan();
    assert!(alerts.is_empty() && code == 0 && told.contains("no indicator of `feed-*`"), "{told}");
    // Indicators of another name are not the rule's.
    let other = Case::new(&events).rule(&rule).file("f.ndjson", FEED);
    let (alerts, _, told) = other.flag("--indicators").flag("list=f.ndjson").scan();
    assert!(alerts.is_empty() && told.contains("no indicator of `feed-*`"), "{told}");
}

#[test]
fn pairs_of_an_alternative_hold_together_and_alternatives_by_themselves() {
    let events = connections(&[
        (0, "a", "10.0.0.1"),
        (1, "b", "10.0.0.1"),
        (2, "b", "10.0.0.2"),
        (3, "c", "10.0.0.4"),
    ]);
    let feed = "threat.indicator.ip,threat.indicator.name\n10.0.0.1,b\n,c\n";
    let by_host = ("host.name", "threat.indicator.name", false);
    let scan = |mapping: &str| {
        let rule = indicator_match("", mapping);
        let case = Case::new(&events).rule(&rule).file("feed.csv", feed);
        numbers(&case.flag("--indicators").flag("feed-b=feed.csv").scan().0)
    };
    assert_eq!(scan(&alternative(&[BY_ADDRESS, by_host])), [1]);
    assert_eq!(scan(&(alternative(&[BY_ADDRESS]) + &alternative(&[by_host]))), [0, 1, 2, 3]);
    assert_eq!(
        scan(&alternative(&[BY_ADDRESS, ("host.name", "threat.indicator.name", true)])),
        [0]
    );
}

#[test]
fn what_a_rule_asks_of_indicators_decides_which_count() {
    let events = connections(&[(0, "a", "10.0.0.1"), (1, "a", "10.0.0.3")]);
    let scan = |more: &str| {
        let rule = indicator_match(more, &alternative(&[BY_ADDRESS]));
        with_feed(Case::new(&events).rule(&rule)).scan()
    };
    // `now` is the time of the newest indicator.
    let (alerts, _, told) = scan("threat_query = '@timestamp >= \"now-30d/d\"'");
    assert_eq!(numbers(&alerts), [0], "{told}");
    let filter = "threat_query = '*:*'\n[[rule.threat_filters]]\n[rule.threat_filters.query.match_phrase]\n\
                  'threat.indicator.provider' = 'old'";
    assert_eq!(numbers(&scan(filter).0), [1]);
    let (_, code, told) = scan("threat_query = 'threat.indicator.ip: nowhere'");
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("rules/rule.toml:15:38"), "{told}");
}

#[test]
fn suppressed_alerts_have_their_indicators_too() {
    let events = connections(&[(0, "a", "10.0.0.1"), (1, "a", "10.0.0.9"), (2, "a", "10.0.0.1")]);
    let rule = indicator_match("", &alternative(&[BY_ADDRESS]))
        + "[rule.alert_suppression]\ngroup_by = [\"host.name\"]\n";
    let (alerts, ..) = with_feed(Case::new(&events).rule(&rule)).scan();
    assert_eq!(numbers(&alerts), [0]);
    assert_eq!(alerts[0]["threat"]["enrichments"][0]["indicator"]["ip"], "10.0.0.1");
    assert_eq!(alerts[0]["brokerwatch"]["alert"]["suppression"]["docs_count"], 1);
}

#[test]
fn filters_beside_a_query_hold() {
    let body = search("kuery", "process.name: *")
        + "[[rule.filters]]\n[rule.filters.meta]\nnegate = true\n[rule.filters.query.match_phrase]\n\"process.name\" = \"curl\"\n";
    assert_eq!(numbers(&Case::new(&programs()).rule(&body).scan().0), [0, 1, 2]);
}

#[test]
fn filters_hold_for_every_event_that_eql_looks_at() {
    let eql = |query: &str| format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '{query}'\n");
    let filtered = |query: &str, filter: &str| {
        let body = eql(query) + "[[rule.filters]]\n" + filter;
        Case::new(&programs()).rule(&body).scan()
    };
    let no_curl = "[rule.filters.meta]\nnegate = true\n[rule.filters.query.match_phrase]\n\"process.name\" = \"curl\"\n";
    let (alerts, ..) = filtered("any where process.name != null", no_curl);
    assert_eq!(numbers(&alerts), [0, 1, 2]);
    // A sequence and what ends it see no other events.
    let pair = "sequence [any where process.name == \"bash\"] [any where process.name == \"curl\"]";
    let (whole, ..) = Case::new(&programs()).rule(&eql(pair)).scan();
    assert!(!whole.is_empty());
    assert!(filtered(pair, no_curl).0.is_empty());
    let ended = "sequence [any where process.name == \"bash\"] [any where n == 9] until [any where process.name == \"curl\"]";
    assert!(Case::new(&programs()).rule(&eql(ended)).scan().0.is_empty());
    assert!(!filtered(ended, no_curl).0.is_empty());
    let (_, code, told) = filtered("any where true", "[rule.filters.query.script]\nx = 1\n");
    assert!(code == 2 && told.contains("`filters`"), "{told}");
}

#[test]
fn rules_show_what_they_ask_beside_their_query() {
    let show = |body: &str| {
        let case = Case::new(&[]).rule(body);
        String::from_utf8(case.command(&["rules", "show", "rules"]).stdout).unwrap()
    };
    let shown = show(THRESHOLD);
    let asked = "at least 3 events with the same host.name\nand 2 different values of destination.ip\n\
                 from now-10m, every 5m\n";
    assert!(shown.ends_with(&format!("{asked}\n")), "{shown}");
    let pairs = [BY_ADDRESS, ("host.name", "threat.indicator.name", true)];
    let shown = show(&indicator_match("", &alternative(&pairs)));
    let asked = "indicators of feed-* with destination.ip == threat.indicator.ip and host.name != threat.indicator.name\n";
    assert!(shown.ends_with(&format!("{asked}\n")), "{shown}");
}
