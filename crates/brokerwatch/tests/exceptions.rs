//! Exceptions through the command line: which alerts they take away, and that they take no others.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod random;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use random::Random;
use serde_json::{Value, json};

/// The rule that most tests have: it names the list `known`, and fires on everything that has a number.
const RULE: &str = "6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5";

/// What a scan said.
struct Outcome {
    /// The numbers of the events of each alert, by rule; of a sequence those of its events.
    alerts: BTreeMap<String, Vec<Vec<i64>>>,
    documents: Vec<Value>,
    code: i32,
    told: String,
}

/// A folder with rules, exceptions and events.
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

    /// A rule that names the list `known`.
    fn rule(self, query: &str) -> Case {
        let reference = "[[rule.exceptions_list]]\nid = \"known\"\nlist_id = \"known\"\n\
                         namespace_type = \"single\"\ntype = \"detection\"\n";
        self.other_rule(RULE, "Rule", query, reference)
    }

    fn other_rule(self, id: &str, name: &str, query: &str, tail: &str) -> Case {
        let text = format!(
            "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
             description = \"d\"\nname = \"{name}\"\nrisk_score = 47\nrule_id = \"{id}\"\nseverity = \"medium\"\n\
             type = \"eql\"\nlanguage = \"eql\"\nquery = '''\n{query}\n'''\n{tail}"
        );
        self.file(&format!("rules/{id}.toml"), &text)
    }

    /// An export with the list `known`.
    fn items(self, items: &[Value]) -> Case {
        let mut lines = vec![list("known", "detection").to_string()];
        lines.extend(items.iter().map(Value::to_string));
        self.file("exceptions/export.ndjson", &lines.join("\n"))
    }

    /// Runs the scan: its alerts, its exit code and what it told.
    fn run(&self) -> (Vec<Value>, i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
        command.current_dir(self.dir.path()).env_clear();
        command.args(["scan", "--format", "ndjson", "--rules", "rules"]).args(&self.flags);
        if self.dir.path().join("exceptions").exists() {
            command.args(["--exceptions", "exceptions"]);
        }
        let output = command.arg("--").arg("events.ndjson").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let documents = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (documents, output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn scan(&self) -> Outcome {
        let (documents, code, told) = self.run();
        let mut alerts: BTreeMap<String, BTreeMap<String, Vec<i64>>> = BTreeMap::new();
        for (place, document) in documents.iter().enumerate() {
            let own = &document["brokerwatch"]["alert"];
            // The shell of a sequence stands for its blocks.
            if !own["sequence"].is_null() {
                continue;
            }
            let rule = document["rule"]["name"].as_str().unwrap().to_owned();
            let group = own["group"]["id"].as_str().map_or(format!("{place:06}"), str::to_owned);
            let numbers = alerts.entry(rule).or_default().entry(group).or_default();
            numbers.push(document["n"].as_i64().unwrap());
        }
        let sorted = |groups: BTreeMap<String, Vec<i64>>| {
            let mut groups: Vec<_> = groups.into_values().collect();
            groups.sort();
            groups
        };
        let alerts = alerts.into_iter().map(|(rule, groups)| (rule, sorted(groups))).collect();
        Outcome { alerts, documents, code, told }
    }
}

impl Outcome {
    /// The events of the alerts of `Rule`.
    #[track_caller]
    fn events(&self) -> Vec<i64> {
        self.alerts.get("Rule").map(|alerts| alerts.concat()).unwrap_or_default()
    }
}

fn list(id: &str, list_type: &str) -> Value {
    json!({"description": "", "list_id": id, "name": format!("List {id}"), "namespace_type": "single", "type": list_type})
}

fn item(entries: &Value) -> Value {
    json!({"description": "", "entries": entries, "list_id": "known", "name": "An item", "namespace_type": "single",
           "type": "simple"})
}

/// An entry, with its operator.
fn entry(field: &str, operator: &str, kind: &str, value: &Value) -> Value {
    let mut entry = json!({"field": field, "operator": operator, "type": kind});
    if !value.is_null() {
        entry["value"] = value.clone();
    }
    entry
}

/// Checks which of some events an item with these entries silences. Event numbers are places in `events`.
#[track_caller]
fn check(events: &[Value], entries: &Value, silenced: &[i64]) {
    let events = numbered(events);
    let outcome = Case::new(&events).rule("any where n != null").items(&[item(entries)]).scan();
    let left: Vec<i64> = (0..events.len() as i64).filter(|n| !silenced.contains(n)).collect();
    assert_eq!(outcome.events(), left, "{entries}\n{}", outcome.told);
    assert!(outcome.code != 2, "{}", outcome.told);
}

fn numbered(events: &[Value]) -> Vec<Value> {
    let mut events = events.to_vec();
    for (n, event) in events.iter_mut().enumerate() {
        event["n"] = json!(n);
        let time = format!("2026-01-01T00:00:{:02}Z", n % 60);
        event.as_object_mut().unwrap().entry("@timestamp").or_insert(json!(time));
    }
    events
}

#[test]
fn every_type_of_entry_in_both_directions() {
    let events = [
        json!({"process": {"name": "curl"}}),
        json!({"process": {"name": "Curl"}}),
        json!({"process": {"name": ["bash", "curl"]}}),
        json!({"process": {"name": "wget"}}),
        json!({"host": {"name": "a"}}),
    ];
    let name = |operator: &str, kind: &str, value: &Value| {
        json!([entry("process.name", operator, kind, value)])
    };
    check(&events, &name("included", "match", &json!("curl")), &[0, 2]);
    check(&events, &name("excluded", "match", &json!("curl")), &[1, 3, 4]);
    check(&events, &name("included", "match_any", &json!(["curl", "wget"])), &[0, 2, 3]);
    check(&events, &name("excluded", "match_any", &json!(["curl", "wget"])), &[1, 4]);
    check(&events, &name("included", "wildcard", &json!("*?url")), &[0, 1, 2]);
    check(&events, &name("included", "wildcard", &json!("c*")), &[0, 2]);
    check(&events, &name("excluded", "wildcard", &json!("c*")), &[1, 3, 4]);
    check(&events, &name("included", "exists", &Value::Null), &[0, 1, 2, 3]);
    check(&events, &name("excluded", "exists", &Value::Null), &[4]);
    // In the form in which case does not count.
    let caseless = json!([entry("process.name.caseless", "included", "match", &json!("CURL"))]);
    check(&events, &caseless, &[0, 1, 2]);
    // Entries hold together.
    let both = json!([
        entry("process.name", "included", "match", &json!("curl")),
        entry("process.name", "included", "match", &json!("bash")),
    ]);
    check(&events, &both, &[2]);
    let nested = json!([{"field": "process", "type": "nested", "entries": [
        entry("name", "included", "match", &json!("curl")),
        entry("pid", "excluded", "exists", &Value::Null),
    ]}]);
    check(&events, &nested, &[0, 2]);
}

/// A rule of each type, whose alerts tell the number of the event that they are of. Each event comes twice, first with
/// `stage` 1 and then with 2.
const RULES: &[(&str, &str)] = &[
    ("eql", "type = \"eql\"\nlanguage = \"eql\"\nquery = 'any where n != null'"),
    (
        "sequence",
        "type = \"eql\"\nlanguage = \"eql\"\nquery = 'sequence by n [any where stage == 1] [any where stage == 2]'",
    ),
    ("kuery", "type = \"query\"\nlanguage = \"kuery\"\nquery = 'n: *'"),
    ("lucene", "type = \"query\"\nlanguage = \"lucene\"\nquery = '_exists_:n'"),
    (
        "threshold",
        "type = \"threshold\"\nlanguage = \"kuery\"\nquery = 'n: *'\n[rule.threshold]\nfield = [\"n\"]\nvalue = 2",
    ),
    (
        "new terms",
        "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = 'n: *'\n[rule.new_terms]\nfield = \"new_terms_fields\"\n\
         value = [\"n\"]\n[[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"",
    ),
    (
        "indicator match",
        "type = \"threat_match\"\nlanguage = \"kuery\"\nquery = 'n: *'\nthreat_index = [\"feed\"]\nthreat_query = '*:*'\n\
         threat_language = \"kuery\"\n[[rule.threat_mapping]]\n[[rule.threat_mapping.entries]]\nfield = \"kind\"\n\
         type = \"mapping\"\nvalue = \"kind\"",
    ),
    (
        "esql",
        "type = \"esql\"\nlanguage = \"esql\"\nquery = 'FROM logs-* | WHERE n IS NOT NULL | KEEP n'",
    ),
    (
        "esql that aggregates",
        "type = \"esql\"\nlanguage = \"esql\"\nquery = 'FROM logs-* | STATS c = COUNT(*) BY n | WHERE c > 1'",
    ),
];

/// The numbers that a rule of a type tells where an item holds.
fn told_with(body: &str, events: &[Value], item: &Value) -> (BTreeSet<i64>, String) {
    told_by(body, events, item, &[])
}

/// The same with flags.
fn told_by(body: &str, events: &[Value], item: &Value, flags: &[&str]) -> (BTreeSet<i64>, String) {
    let reference = "[[rule.exceptions_list]]\nid = \"known\"\nlist_id = \"known\"\nnamespace_type = \"single\"\n\
                     type = \"detection\"\n";
    let rule = format!(
        "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
         description = \"d\"\nname = \"Rule\"\nrisk_score = 47\nrule_id = \"{RULE}\"\nseverity = \"medium\"\n{body}\n\
         {reference}"
    );
    let staged = |event: &Value, stage: i64| {
        let mut event = event.clone();
        event["stage"] = json!(stage);
        event["kind"] = json!("x");
        event
    };
    let mut events = numbered(events);
    let second: Vec<Value> = events.iter().map(|event| staged(event, 2)).collect();
    events = events.iter().map(|event| staged(event, 1)).chain(second).collect();
    let mut case = Case::new(&events)
        .file("rules/rule.toml", &rule)
        .file("feed.csv", "kind\nx\n")
        .file("exceptions/names", "wget\nother\n")
        .items(std::slice::from_ref(item));
    if body.contains("threat_match") {
        case = case.flag("--indicators").flag("feed=feed.csv");
    }
    for flag in flags {
        case = case.flag(flag);
    }
    let (documents, code, told) = case.run();
    assert!(code != 2, "{body}\n{told}");
    (documents.iter().filter_map(|document| document["n"].as_i64()).collect(), told)
}

#[test]
fn every_type_of_rule_takes_every_type_of_entry() {
    let events = [
        json!({"process": {"name": "curl"}, "host": {"os": {"type": "linux"}}, "destination": {"ip": "10.0.0.9"}}),
        json!({"process": {"name": ["bash", "curl"]}, "own": {"code": 7}}),
        json!({"process": {"name": "wget"}, "destination": {"ip": "192.168.0.7", "port": 1883}}),
        json!({"host": {"name": "a", "os": {"type": "windows"}}}),
    ];
    let name = |operator: &str, kind: &str, value: &Value| {
        item(&json!([entry("process.name", operator, kind, value)]))
    };
    let both = item(&json!([
        entry("process.name", "included", "match", &json!("wget")),
        entry("destination.port", "included", "match", &json!("1883")),
    ]));
    let nested = item(&json!([{"field": "process", "type": "nested",
        "entries": [entry("name", "included", "match_any", &json!(["curl"]))]}]));
    let list = item(&json!([{"field": "process.name", "operator": "included", "type": "list",
        "list": {"id": "names", "type": "keyword"}}]));
    let mut on_linux = name("included", "exists", &Value::Null);
    on_linux["os_types"] = json!(["linux"]);
    let mut expired = name("included", "exists", &Value::Null);
    expired["expire_time"] = json!("2026-01-01T00:00:01.000Z");
    let blocks = json!(["10.0.0.0/8", "192.168.0.7"]);
    let block = item(&json!([entry("destination.ip", "included", "match_any", &blocks)]));
    let cases: &[(&Value, &[i64])] = &[
        (&name("included", "match", &json!("curl")), &[0, 1]),
        (&name("excluded", "match", &json!("curl")), &[2, 3]),
        (&name("included", "match_any", &json!(["wget", "bash"])), &[1, 2]),
        (&name("excluded", "match_any", &json!(["wget", "bash"])), &[0, 3]),
        (&name("included", "wildcard", &json!("?ge*")), &[2]),
        (&name("excluded", "wildcard", &json!("c*")), &[2, 3]),
        (&name("included", "exists", &Value::Null), &[0, 1, 2]),
        (&name("excluded", "exists", &Value::Null), &[3]),
        (
            &item(&json!([entry("process.name.caseless", "included", "match", &json!("CURL"))])),
            &[0, 1],
        ),
        (&item(&json!([entry("own.code", "included", "match", &json!("7"))])), &[1]),
        (&item(&json!([entry("own.none", "included", "exists", &Value::Null)])), &[]),
        (&both, &[2]),
        (&nested, &[0, 1]),
        (&list, &[2]),
        (&block, &[0, 2]),
        (&on_linux, &[0]),
        (&expired, &[0]),
    ];
    for (title, body) in RULES {
        for (item, silenced) in cases {
            let left = (0..4).filter(|n| !silenced.contains(n)).collect();
            let (got, told) = told_with(body, &events, item);
            assert_eq!(got, left, "{title}: {item}\n{told}");
        }
    }
}

#[test]
fn values_are_read_as_the_types_of_their_fields() {
    let events = [
        json!({"destination": {"ip": "10.1.2.3", "port": 1883}}),
        json!({"destination": {"ip": "192.168.0.7", "port": "8883"}}),
        json!({"destination": {"ip": "2001:db8::1"}, "process": {"Ext": {"signed": true}}}),
        json!({"own": {"code": 7}, "file": {"created": "2026-01-05T12:00:00Z"}}),
        json!({"own": {"code": "7"}, "dns": {"answers": {"ttl": 5}}}),
        json!({"own": {"code": 7.5}, "event": {"risk_score": 21.5}}),
    ];
    let check = |field: &str, kind: &str, value: Value, silenced: &[i64]| {
        check(&events, &json!([entry(field, "included", kind, &value)]), silenced);
    };
    check("destination.port", "match", json!("1883"), &[0]);
    check("destination.port", "match_any", json!(["1883", "8883"]), &[0, 1]);
    check("destination.ip", "match", json!("10.1.2.3"), &[0]);
    check("destination.ip", "match", json!("::ffff:10.1.2.3"), &[0]);
    check("destination.ip", "match", json!("10.0.0.0/8"), &[0]);
    check("destination.ip", "match_any", json!(["2001:db8::/32", "192.168.0.7"]), &[1, 2]);
    check("process.Ext.signed", "match", json!("true"), &[2]);
    check("own.code", "match", json!("7"), &[3, 4]);
    check("own.code", "match", json!("7.5"), &[5]);
    check("file.created", "match", json!("2026-01-05"), &[3]);
    check("event.risk_score", "match", json!("21.5"), &[5]);
}

#[test]
fn a_backslash_in_a_wildcard_takes_the_meaning_from_what_follows() {
    let events = [
        json!({"file": {"path": "C:\\Temp\\a.exe"}}),
        json!({"file": {"path": "C:\\Temp\\*"}}),
        json!({"file": {"path": "C:Temp*"}}),
        json!({"file": {"path": "what?"}}),
        json!({"file": {"path": "whats"}}),
    ];
    let path = |value: &str| json!([entry("file.path", "included", "wildcard", &json!(value))]);
    check(&events, &path("C:\\\\Temp\\\\*"), &[0, 1]);
    check(&events, &path("C:\\\\Temp\\\\\\*"), &[1]);
    check(&events, &path("C:\\Temp\\*"), &[2]);
    check(&events, &path("w*\\?"), &[3]);
    check(&events, &path("w*?"), &[3, 4]);
    let case = Case::new(&numbered(&events)).rule("any where n != null");
    let told = case.items(&[item(&path("C:\\Temp\\*"))]).scan().told;
    assert!(told.contains("RULE021") && told.contains("`\\T` is `T` alone"), "{told}");
}

#[test]
fn value_lists_are_files_beside() {
    let events = [
        json!({"source": {"ip": "10.1.2.3"}}),
        json!({"source": {"ip": "10.1.2.9"}}),
        json!({"source": {"ip": "172.16.0.1"}}),
        json!({"source": {"ip": "192.168.0.1"}}),
        json!({"source": {"ip": ["10.1.2.4", "10.1.3.0"]}}),
    ];
    let entry = json!([{"field": "source.ip", "operator": "included", "type": "list", "list": {"id": "nets.txt", "type": "ip_range"}}]);
    let case = Case::new(&numbered(&events)).rule("any where n != null").items(&[item(&entry)]);
    let missing = case.scan();
    assert_eq!((missing.code, missing.events()), (2, vec![0, 1, 2, 3, 4]));
    assert!(missing.told.contains("value list `nets.txt` is not there"), "{}", missing.told);
    let found = case
        .file("exceptions/nets.txt", "10.1.2.5-10.1.2.255\n172.16.0.0/12\n192.168.0.1\n")
        .scan();
    // No single address of the last event lies between both ends.
    assert_eq!(found.events(), [0, 4], "{}", found.told);
}

#[test]
fn an_item_holds_on_its_systems_until_it_expires() {
    let events = [
        json!({"@timestamp": "2026-01-01T00:00:00Z", "host": {"os": {"type": "linux"}}}),
        json!({"@timestamp": "2026-01-01T00:00:00Z", "host": {"os": {"type": "windows"}}}),
        json!({"@timestamp": "2026-01-02T00:00:00Z", "host": {"os": {"type": "linux"}}}),
        json!({"@timestamp": "2026-01-01T23:59:59.999Z", "host": {"os": {"type": "linux"}}}),
    ];
    let mut item = item(&json!([entry("n", "included", "exists", &Value::Null)]));
    item["os_types"] = json!(["linux", "macos"]);
    let case = Case::new(&numbered(&events)).rule("any where n != null");
    assert_eq!(case.items(std::slice::from_ref(&item)).scan().events(), [1]);
    item["expire_time"] = json!("2026-01-02T00:00:00.000Z");
    let case = Case::new(&numbered(&events)).rule("any where n != null");
    assert_eq!(case.items(&[item]).scan().events(), [1, 2]);
    // An event without a time is before nothing.
    let untimed = [json!({"n": 0})];
    let mut item = self::item(&json!([entry("n", "included", "exists", &Value::Null)]));
    item["expire_time"] = json!("2099-01-01");
    let case = Case::new(&untimed).rule("any where n != null").items(&[item]);
    assert_eq!(case.scan().events(), [0]);
}

#[test]
fn a_list_silences_the_rules_that_it_applies_to() {
    const OTHER: &str = "11111111-7c1e-4d35-9a58-0f2b8a1c71d5";
    const THIRD: &str = "22222222-7c1e-4d35-9a58-0f2b8a1c71d5";
    let always = json!([entry("n", "included", "exists", &Value::Null)]);
    let mut of_default = item(&always);
    of_default["list_id"] = json!("of-third");
    let rule_line = json!({"rule_id": THIRD, "exceptions_list": [{"id": "x", "list_id": "of-third",
                           "namespace_type": "single", "type": "rule_default"}]});
    let toml = format!(
        "[metadata]\ncreation_date = \"2026/01/02\"\nlist_name = \"l\"\nrule_ids = [\"{OTHER}\"]\nrule_names = [\"o\"]\n\
         updated_date = \"2026/01/02\"\n[[exceptions]]\n[exceptions.container]\ndescription = \"d\"\nlist_id = \"t\"\n\
         name = \"List t\"\nnamespace_type = \"single\"\ntype = \"rule_default\"\n[[exceptions.items]]\ncomments = []\n\
         description = \"d\"\nlist_id = \"t\"\nname = \"i\"\nnamespace_type = \"single\"\ntype = \"simple\"\n\
         [[exceptions.items.entries]]\nfield = \"n\"\noperator = \"included\"\ntype = \"match\"\nvalue = \"1\"\n"
    );
    let export =
        [rule_line, list("of-third", "rule_default"), of_default, list("idle", "detection")];
    let export: Vec<String> = export.iter().map(Value::to_string).collect();
    let case = Case::new(&numbered(&[json!({}), json!({})]))
        .rule("any where n != null")
        .other_rule(OTHER, "Other", "any where n != null", "")
        .other_rule(THIRD, "Third", "any where n != null", "")
        .file("exceptions/a.toml", &toml)
        .file("exceptions/b.ndjson", &export.join("\n"));
    let outcome = case.scan();
    let expected = [("Other", vec![vec![0]]), ("Rule", vec![vec![0], vec![1]])];
    let expected = expected.map(|(rule, alerts)| (rule.to_owned(), alerts));
    assert_eq!(outcome.alerts, BTreeMap::from(expected), "{}", outcome.told);
    for said in [
        "1 rules and connectors in exports",
        "`List idle` (list `idle`) apply to no rule",
        "rules name exceptions `known`, which no file holds",
    ] {
        assert!(outcome.told.contains(said), "{said}\n{}", outcome.told);
    }
}

#[test]
fn a_sequence_takes_no_excepted_event_but_still_sees_it_elsewhere() {
    let event =
        |action: &str, host: &str| json!({"event": {"action": action}, "host": {"name": host}});
    let on = |host: &str| item(&json!([entry("host.name", "included", "match", &json!(host))]));
    let scan = |query: &str, events: &[Value], items: &[Value]| {
        let outcome = Case::new(&numbered(events)).rule(query).items(items).scan();
        outcome.alerts.get("Rule").cloned().unwrap_or_default()
    };
    let query = "sequence [any where event.action == \"a\"] [any where event.action == \"b\"]";
    let events = [event("a", "x"), event("a", "y"), event("b", "x")];
    assert_eq!(scan(query, &events, &[on("z")]), [[1, 2]]);
    // Another event takes the place of the excepted one.
    assert_eq!(scan(query, &events, &[on("y")]), [[0, 2]]);
    assert_eq!(scan(query, &events, &[on("x")]), Vec::<Vec<i64>>::new());
    // An exception must not bring about an alert.
    let absent = "sequence with maxspan=1h [any where event.action == \"a\"] ![any where event.action == \"c\"] \
                  [any where event.action == \"b\"]";
    let events = [event("a", "x"), event("c", "y"), event("b", "x")];
    assert_eq!(scan(absent, &events, &[on("y")]), Vec::<Vec<i64>>::new());
    let ended = "sequence [any where event.action == \"a\"] [any where event.action == \"b\"] \
                 until [any where event.action == \"c\"]";
    assert_eq!(scan(ended, &events, &[on("y")]), Vec::<Vec<i64>>::new());
    // Without what stands between, both queries find something.
    let events = [event("a", "x"), event("d", "y"), event("b", "x")];
    assert_eq!(scan(absent, &events, &[on("y")]), [[0, 2]]);
    assert_eq!(scan(ended, &events, &[on("y")]), [[0, 2]]);
}

#[test]
fn an_item_that_does_not_fit_is_shown_at_its_place_and_set_aside() {
    let bad = [
        item(&json!([entry("destination.port", "included", "match", &json!("mqtt"))])),
        item(&json!([entry("destination.ip", "included", "wildcard", &json!("10.*"))])),
        item(&json!([entry("destination.ip", "included", "match", &json!("10.0.0.0/40"))])),
        item(&json!([entry("destination.port", "included", "match", &json!("1883"))])),
        item(&json!([entry("proces.name", "included", "match", &json!("curl"))])),
    ];
    let events = numbered(&[
        json!({"destination": {"port": 1883}}),
        json!({"destination": {"ip": "10.0.0.1", "port": 1}}),
    ]);
    let outcome = Case::new(&events).rule("any where n != null").items(&bad).scan();
    assert_eq!((outcome.code, outcome.events()), (2, vec![1]));
    for said in [
        "`mqtt` is no value of `destination.port`, which is of type `long`",
        "`destination.ip` is of type `ip`, which no wildcard can be held against",
        "`10.0.0.0/40` is no value of `destination.ip`",
        "unknown field `proces.name`, did you mean `process.name`?",
        "exceptions/export.ndjson:2:",
        "exceptions/export.ndjson:6:",
    ] {
        assert!(outcome.told.contains(said), "{said}\n{}", outcome.told);
    }
}

#[test]
fn no_value_is_found_in_a_field_that_no_mapping_has() {
    let mapping = json!({"mappings": {"properties": {
        "@timestamp": {"type": "date"}, "n": {"type": "long"}, "process": {"properties": {"name": {"type": "keyword"}}},
    }}});
    let event = json!({"process": {"name": "curl"}, "other": {"name": "curl"}});
    let scan = |field: &str, operator: &str| {
        let item = item(&json!([entry(field, operator, "match", &json!("curl"))]));
        let case = Case::new(&numbered(std::slice::from_ref(&event))).rule("any where n != null");
        case.file("mapping.json", &mapping.to_string())
            .flag("--schema")
            .flag("mapping.json")
            .items(&[item])
            .scan()
    };
    assert_eq!(scan("process.name", "included").events(), Vec::<i64>::new());
    let outcome = scan("other.name", "included");
    assert_eq!((outcome.events(), outcome.code), (vec![0], 1));
    let said = "no mapping has field `other.name`, so no value of it is found";
    assert!(outcome.told.contains(said), "{}", outcome.told);
    assert_eq!(scan("other.name", "excluded").events(), Vec::<i64>::new());
}

#[test]
fn what_exceptions_silence_is_counted_on_request() {
    let events = numbered(&[
        json!({"process": {"name": "curl"}}),
        json!({"process": {"name": "curl"}}),
        json!({"process": {"name": "wget"}}),
        json!({"process": {"name": "curl"}, "event": {"action": "other"}}),
    ]);
    let curl = item(&json!([entry("process.name", "included", "match", &json!("curl"))]));
    let case = Case::new(&events).rule("any where event.action == null").items(&[curl]);
    assert!(!case.scan().told.contains("silenced"));
    let counted = case.flag("--stats").scan();
    assert_eq!(counted.events(), [2]);
    assert!(counted.told.contains("         2 events silenced  List known"), "{}", counted.told);
}

#[test]
fn what_exceptions_take_from_rules_in_esql_is_counted_too() {
    let events = [
        json!({"process": {"name": "curl"}}),
        json!({"process": {"name": "wget"}}),
        json!({"process": {"name": ["bash", "curl"]}}),
    ];
    let curl = item(&json!([entry("process.name", "included", "match", &json!("curl"))]));
    // Each event comes twice; those of one stage are looked at.
    let body = "type = \"esql\"\nlanguage = \"esql\"\nquery = 'FROM logs-* | WHERE stage == 1 | STATS c = COUNT(*) BY n'";
    let (told, counted) = told_by(body, &events, &curl, &["--stats"]);
    assert_eq!(told, BTreeSet::from([1]));
    for line in [
        "         2 events silenced  List known, of Rule",
        "         1 alerts  Rule, which looked at 1 events",
    ] {
        assert!(counted.contains(line), "{line:?} is not in\n{counted}");
    }
    assert!(!counted.contains(" 0 events silenced"), "{counted}");
    assert!(!told_with(body, &events, &curl).1.contains("silenced"));
}

#[test]
fn an_alert_says_which_exception_its_source_could_not_answer() {
    let flow = json!({"n": 0, "_path": "conn", "ts": "2026-01-01T00:00:00.000000Z", "uid": "C1", "id.orig_h": "10.0.0.1",
                      "id.orig_p": 5000, "id.resp_h": "10.0.0.2", "id.resp_p": 1883, "proto": "tcp", "conn_state": "SF"});
    let known = item(&json!([entry("process.name", "included", "match", &json!("mosquitto"))]));
    let case = Case::new(&[flow]).rule("any where destination.port == 1883").items(&[known]);
    let (documents, _, told) = case.run();
    let alert = documents.first().unwrap_or_else(|| panic!("no alert: {told}"));
    let not_applied = &alert["brokerwatch"]["alert"]["not_applied"];
    assert_eq!(*not_applied, json!(["process.name == \"mosquitto\""]), "{alert}");
}

/// The values of chance: few, so that they meet.
const NAMES: &[&str] = &["curl", "Curl", "wget", "a*b", "a\\b", ""];
const PORTS: &[i64] = &[1883, 8883, 0];
const ADDRESSES: &[&str] = &["10.0.0.1", "10.1.0.1", "192.168.0.1", "2001:db8::1"];
const PATTERNS: &[&str] = &["*", "c*", "?url", "a\\*b", "a\\\\b", "*\\**", "C*l"];
const BLOCKS: &[&str] = &["10.0.0.1", "10.0.0.0/16", "2001:db8::/32", "0.0.0.0/0"];
const SYSTEMS: &[&str] = &["linux", "windows"];

fn some_event(random: &mut Random) -> Value {
    let mut event = json!({});
    let day = 1 + random.below(3);
    event["@timestamp"] = json!(format!("2026-01-{day:02}T00:00:00Z"));
    if random.below(4) != 0 {
        let values: Vec<_> = (0..=random.below(2)).map(|_| *random.pick(NAMES)).collect();
        event["process"] = json!({ "name": values });
    }
    if random.below(3) != 0 {
        event["destination"] = json!({ "port": random.pick(PORTS), "ip": random.pick(ADDRESSES) });
    }
    if random.below(3) != 0 {
        event["host"] = json!({ "os": { "type": random.pick(SYSTEMS) } });
    }
    event
}

fn some_entry(random: &mut Random) -> Value {
    let operator = *random.pick(&["included", "excluded"]);
    let (field, values): (_, Vec<String>) = match random.below(3) {
        0 => (
            "process.name",
            NAMES.iter().filter(|name| !name.is_empty()).map(ToString::to_string).collect(),
        ),
        1 => ("destination.port", PORTS.iter().map(ToString::to_string).collect()),
        _ => ("destination.ip", BLOCKS.iter().map(ToString::to_string).collect()),
    };
    match random.below(4) {
        0 => entry(field, operator, "match", &json!(random.pick(&values))),
        1 => {
            let some: Vec<_> =
                (0..=random.below(3)).map(|_| random.pick(&values).clone()).collect();
            entry(field, operator, "match_any", &json!(some))
        }
        2 => entry("process.name", operator, "wildcard", &json!(random.pick(PATTERNS))),
        _ => entry(field, operator, "exists", &Value::Null),
    }
}

fn some_item(random: &mut Random) -> Value {
    let entries: Vec<_> = (0..=random.below(3)).map(|_| some_entry(random)).collect();
    let mut item = item(&json!(entries));
    if random.below(3) == 0 {
        item["os_types"] = json!([random.pick(SYSTEMS)]);
    }
    if random.below(3) == 0 {
        item["expire_time"] = json!(format!("2026-01-{:02}T00:00:00Z", 1 + random.below(4)));
    }
    item
}

/// Whether an item holds of an event: read from the documents, word for word.
fn holds(item: &Value, event: &Value) -> bool {
    let is_on = item["os_types"]
        .as_array()
        .is_none_or(|systems| systems.contains(&event["host"]["os"]["type"]));
    // Both are written alike, so that their texts sort as their times.
    let is_in_time = item["expire_time"]
        .as_str()
        .is_none_or(|expires| event["@timestamp"].as_str().unwrap() < expires);
    is_on
        && is_in_time
        && item["entries"].as_array().unwrap().iter().all(|entry| entry_holds(entry, event))
}

fn entry_holds(entry: &Value, event: &Value) -> bool {
    let pointer = format!("/{}", entry["field"].as_str().unwrap().replace('.', "/"));
    let values: Vec<String> = match event.pointer(&pointer) {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(text).collect(),
        Some(value) => vec![text(value)],
    };
    let any = |wanted: &str| values.iter().any(|value| is_value(value, wanted));
    let found = match entry["type"].as_str().unwrap() {
        "match" => any(entry["value"].as_str().unwrap()),
        "match_any" => {
            entry["value"].as_array().unwrap().iter().any(|value| any(value.as_str().unwrap()))
        }
        "wildcard" => {
            let pattern: Vec<char> = entry["value"].as_str().unwrap().chars().collect();
            values.iter().any(|value| is_like(&value.chars().collect::<Vec<_>>(), &pattern))
        }
        _ => !values.is_empty(),
    };
    found != (entry["operator"] == "excluded")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Equal, or inside of a block; the blocks of this test are told by how they begin.
fn is_value(value: &str, wanted: &str) -> bool {
    match wanted {
        "10.0.0.0/16" => value.starts_with("10.0."),
        "2001:db8::/32" => value.starts_with("2001:db8:"),
        "0.0.0.0/0" => value.contains('.'),
        _ => value == wanted,
    }
}

/// The wildcards of Elasticsearch, letter by letter.
fn is_like(value: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => value.is_empty(),
        ['*', rest @ ..] => (0..=value.len()).any(|skipped| is_like(&value[skipped..], rest)),
        ['?', rest @ ..] => !value.is_empty() && is_like(&value[1..], rest),
        ['\\', letter, rest @ ..] | [letter, rest @ ..] => {
            value.first() == Some(letter) && is_like(&value[1..], rest)
        }
    }
}

#[test]
fn exceptions_take_away_the_alerts_of_the_events_that_an_item_holds_of_and_no_others() {
    let mut random = Random::new(42);
    let (mut kept, mut taken) = (0, 0);
    let rules = [
        "any where n != null",
        "any where process.name : \"*url\"",
        "any where destination.port >= 0",
    ];
    for round in 0..40 {
        let events: Vec<_> = (0..60).map(|_| some_event(&mut random)).collect();
        let events = numbered(&events);
        let items: Vec<_> = (0..=random.below(3)).map(|_| some_item(&mut random)).collect();
        let rule = rules[round % rules.len()];
        let without = Case::new(&events).rule(rule).scan().events();
        let case = Case::new(&events).rule(rule).items(&items);
        let with = case.scan();
        let excepted: BTreeSet<i64> = events
            .iter()
            .filter(|event| items.iter().any(|item| holds(item, event)))
            .map(|event| event["n"].as_i64().unwrap())
            .collect();
        let (silenced, expected): (Vec<i64>, Vec<i64>) =
            without.iter().partition(|n| excepted.contains(n));
        assert_eq!(with.events(), expected, "{rule}\n{items:#?}\n{}", with.told);
        // Neither reading every record nor counting what is silenced changes an alert, and the count is right.
        let counted = case.flag("--stats").flag("--strict").scan();
        assert_eq!(counted.events(), expected, "{rule}\n{items:#?}");
        let line = format!("{:>10} events silenced  List known", silenced.len());
        assert!(counted.told.contains(&line), "{line}\n{rule}\n{items:#?}\n{}", counted.told);
        assert_eq!(with.documents, counted.documents);
        kept += expected.len();
        taken += silenced.len();
    }
    // Chance must not make the test empty.
    assert!(200 < kept && 200 < taken, "{kept} alerts stayed, {taken} went");
}
