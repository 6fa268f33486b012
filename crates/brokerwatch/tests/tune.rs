//! `tune` through the command line: what it proposes, what the proposals do, and what is written.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::process::Command;

use serde_json::{Value, json};

const PORTS: &str = "Connection to a Publish/Subscribe Port on a Public Address";

/// A connection, and what more the event says.
fn connection(minute: usize, host: &str, executable: &str, address: &str, more: &Value) -> Value {
    let mut event = json!({
        "@timestamp": format!("2026-03-02T09:{minute:02}:00Z"),
        "event": {"kind": "event", "category": ["network"], "type": ["start", "connection"],
                  "action": "connection_attempted", "dataset": "endpoint.events.network", "module": "endpoint"},
        "host": {"name": host, "id": host, "os": {"type": "linux"}},
        "process": {"executable": executable, "name": executable.rsplit('/').next().unwrap(), "pid": minute,
                    "entity_id": format!("e{minute}")},
        "source": {"ip": "10.1.2.3", "port": 50000},
        "destination": {"ip": address, "port": 1883},
        "network": {"transport": "tcp", "direction": "egress"},
    });
    for (pointer, value) in more.as_object().unwrap() {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        event.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    event
}

/// A fleet: a gateway on two hosts, an interpreter that speaks to a public broker, and a program that has only a name.
fn fleet() -> Vec<Value> {
    let nothing = json!({});
    vec![
        connection(1, "gw1", "/opt/gateway/bin/gw", "93.184.216.34", &nothing),
        connection(2, "gw2", "/opt/gateway/bin/gw", "93.184.216.34", &nothing),
        connection(
            3,
            "dev1",
            "/home/ann/bin/python3",
            "5.196.78.28",
            &json!({"/destination/domain": "test.mosquitto.org"}),
        ),
        connection(4, "dev2", "mosquitto_sub", "5.196.78.28", &nothing),
    ]
}

struct Case {
    dir: tempfile::TempDir,
}

struct Output {
    out: String,
    told: String,
    code: i32,
}

impl Case {
    fn new(events: &[Value]) -> Case {
        let case = Case { dir: tempfile::tempdir().unwrap() };
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        case.file("events.ndjson", &lines.join("\n"))
    }

    fn file(self, name: &str, text: &str) -> Case {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        String::from_utf8(brokerwatch_runtime::bytes(&self.path(name)).unwrap()).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
        let output =
            command.current_dir(self.dir.path()).env_clear().args(arguments).output().unwrap();
        Output {
            out: String::from_utf8(output.stdout).unwrap(),
            told: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    fn tune(&self, rule: &str, flags: &[&str]) -> Output {
        self.run(&[&["tune", rule, "events.ndjson"], flags].concat())
    }

    fn scan(&self, flags: &[&str]) -> Output {
        self.run(&[&["scan", "--format", "ndjson"], flags, &["--", "events.ndjson"]].concat())
    }

    /// The document of proposals.
    #[track_caller]
    fn proposed(&self, rule: &str, flags: &[&str]) -> Value {
        let output = self.tune(rule, &[&["--format", "json"], flags].concat());
        serde_json::from_str(&output.out).unwrap_or_else(|_| panic!("{}", output.told))
    }
}

/// A rule in `rule.toml`.
fn rule(body: &str) -> String {
    format!(
        "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
         description = \"d\"\nname = \"Rule\"\nrisk_score = 47\nrule_id = \"6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5\"\n\
         severity = \"medium\"\n{body}"
    )
}

fn titles(document: &Value) -> Vec<&str> {
    document["proposals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["title"].as_str().unwrap())
        .collect()
}

fn warnings(proposal: &Value) -> Vec<&str> {
    proposal["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn proposals_say_what_they_silence_and_what_speaks_against_them() {
    let case = Case::new(&fleet());
    let document = case.proposed(PORTS, &["--no-matrix"]);
    assert_eq!(document["alerts"], 4);
    assert_eq!(document["alerts_gone_together"], 3);
    assert_eq!(
        titles(&document),
        ["gw to 93.184.216.34 on port 1883", "python3 to test.mosquitto.org on port 1883"]
    );
    let gateway = &document["proposals"][0];
    assert_eq!(gateway["alerts_gone"], 2);
    assert_eq!(gateway["events_silenced"], 2);
    assert_eq!(gateway["hosts"], json!(["gw1", "gw2"]));
    assert_eq!(gateway["first_seen"], "2026-03-02T09:01:00Z");
    assert_eq!(gateway["last_seen"], "2026-03-02T09:02:00Z");
    assert_eq!(gateway["example"], "events.ndjson:1");
    assert_eq!(gateway["matrix"], Value::Null);
    assert_eq!(warnings(gateway), Vec::<&str>::new());
    let python = &document["proposals"][1];
    assert_eq!(warnings(python), ["user_writable", "unusual_process", "public_broker"]);
    let refused = &document["refused"];
    assert_eq!(refused[0]["alerts"], 1);
    assert!(refused[0]["reason"].as_str().unwrap().contains("only the name `mosquitto_sub`"));
    let people = case.tune(PORTS, &["--no-matrix", "--format", "people"]);
    assert_eq!(people.code, 1);
    for said in [
        "Silences 2 of 4 alerts and 2 events",
        "only the name mosquitto_sub is known",
        "2 hosts (gw1, gw2)",
    ] {
        assert!(people.out.contains(said), "{said}\n{}", people.out);
    }
}

#[test]
fn what_is_written_silences_these_alerts_and_no_others() {
    let case = Case::new(&fleet());
    let before = case.scan(&["--rules", "pubsub"]);
    let of_rule = |output: &Output| {
        output.out.lines().filter(|line| line.contains(&format!("\"name\":\"{PORTS}\""))).count()
    };
    let others = before.out.lines().count() - of_rule(&before);
    assert_eq!(of_rule(&before), 4);
    // Without --write nothing is.
    case.tune(PORTS, &["--no-matrix"]);
    assert!(!case.path("own.toml").exists());
    let words = [
        "--owner",
        "IT",
        "--reason",
        "Gateways",
        "--expires",
        "2027-01-31",
        "--write",
        "own.toml",
        "--no-matrix",
    ];
    let written = case.tune(PORTS, &words);
    assert_eq!(written.code, 1);
    assert!(written.told.contains("2 exceptions added, 0 were there"), "{}", written.told);
    let text = case.read("own.toml");
    for said in ["description = \"Gateways (IT)\"", "expire_time = \"2027-01-31T00:00:00.000Z\""] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let after = case.scan(&["--rules", "pubsub", "--exceptions", "own.toml"]);
    assert_eq!((of_rule(&after), after.code), (1, 1), "{}", after.told);
    assert!(after.out.contains("mosquitto_sub"));
    assert_eq!(after.out.lines().count() - 1, others);
    // Once more: with the exceptions there is nothing left; without them everything is there already.
    let again =
        case.tune(PORTS, &["--no-matrix", "--exceptions", "own.toml", "--write", "own.toml"]);
    assert_eq!(again.code, 0, "{}", again.told);
    let again = case.tune(PORTS, &words);
    assert!(again.told.contains("0 exceptions added, 2 were there"), "{}", again.told);
    assert_eq!(case.read("own.toml"), text);
}

#[test]
fn the_format_toml_is_the_file_with_questions_where_nobody_answered() {
    let case = Case::new(&fleet());
    let shown = case.tune(PORTS, &["--no-matrix", "--format", "toml"]).out;
    for question in ["# owner: who", "# reason: why", "# expires: until when"] {
        assert_eq!(shown.matches(question).count(), 2, "{shown}");
    }
    let case = case.file("own.toml", &shown);
    let after = case.scan(&["--rules", "pubsub", "--exceptions", "own.toml"]);
    assert_eq!(after.out.lines().filter(|line| line.contains(PORTS)).count(), 1, "{}", after.told);
}

#[test]
fn a_file_of_another_rule_is_left_as_it_is() {
    let case = Case::new(&fleet()).file(
        "rule.toml",
        &rule("type = \"eql\"\nlanguage = \"eql\"\nquery = 'network where true'\n"),
    );
    case.tune("rule.toml", &["--no-matrix", "--write", "own.toml"]);
    let text = case.read("own.toml");
    let output = case.tune(PORTS, &["--no-matrix", "--write", "own.toml"]);
    assert_eq!(output.code, 2);
    assert!(
        output.told.contains("own.toml: nothing is written: its `rule_ids` are of other rules"),
        "{}",
        output.told
    );
    assert_eq!(case.read("own.toml"), text);
}

#[test]
fn a_proposal_tells_the_rows_of_the_matrix_that_it_costs() {
    // What row V03 shows, called honest.
    let page = include_str!("../../../packs/pubsub/matrix/V03.md");
    let event = page.lines().find(|line| line.starts_with('{')).unwrap();
    let case = Case::new(&[serde_json::from_str(event).unwrap(), fleet().swap_remove(0)]);
    let document = case.proposed(PORTS, &[]);
    let of = |title: &str| {
        let all = document["proposals"].as_array().unwrap();
        let own = all.iter().find(|own| own["title"].as_str().unwrap().starts_with(title)).unwrap();
        own["matrix"].clone()
    };
    assert_eq!(of("mosquitto_pub.exe")["rule_misses"], json!(["V03"]));
    assert_eq!(of("gw")["rule_misses"], json!([]));
    assert_eq!(of("gw")["pack_misses"], json!([]));
    let people = case.tune(PORTS, &["--format", "people"]).out;
    assert!(people.contains("the rule then misses V03"), "{people}");
    // A rule that fires on everything fires on honest rows, which an exception puts right.
    let everything = rule(
        "type = \"eql\"\nlanguage = \"eql\"\nquery = 'network where destination.port == 1883'\n",
    );
    let page = include_str!("../../../packs/pubsub/matrix/E05.md");
    let event = page.lines().rfind(|line| line.starts_with('{')).unwrap();
    let case = Case::new(&[serde_json::from_str(event).unwrap()]).file("rule.toml", &everything);
    let document = case.proposed("rule.toml", &[]);
    assert_eq!(
        document["proposals"][0]["matrix"]["rule_made_right"],
        json!(["E05"]),
        "{document:#}"
    );
}

#[test]
fn rules_of_other_types_are_tuned_too() {
    let tuned = |body: &str| {
        let case = Case::new(&fleet()).file("rule.toml", &rule(body));
        let document = case.proposed("rule.toml", &["--no-matrix"]);
        let first = document["proposals"][0].clone();
        (document["alerts"].clone(), first["title"].clone(), first["alerts_gone"].clone())
    };
    // How many events the first proposal silences.
    let silenced = |body: &str| {
        let case = Case::new(&fleet()).file("rule.toml", &rule(body));
        case.proposed("rule.toml", &["--no-matrix"])["proposals"][0]["events_silenced"].clone()
    };
    let gateway = "gw to 93.184.216.34 on port 1883";
    let rows = "type = \"esql\"\nlanguage = \"esql\"\nquery = 'FROM logs-* | WHERE destination.port == 1883 | \
                KEEP process.executable, process.name, destination.ip, destination.port, host.name, @timestamp'\n";
    assert_eq!(tuned(rows), (json!(4), json!(gateway), json!(2)));
    assert_eq!(silenced(rows), json!(2));
    let pairs = "type = \"eql\"\nlanguage = \"eql\"\nquery = 'sequence by destination.ip [network where true] [network where true]'\n";
    // Of equal counts the order is that of what is asked.
    let python = "python3 to test.mosquitto.org on port 1883";
    assert_eq!(tuned(pairs), (json!(2), json!(python), json!(1)));
    let counted = "type = \"threshold\"\nlanguage = \"kuery\"\nquery = 'destination.port: 1883'\n[rule.threshold]\n\
                   field = [\"process.executable\", \"destination.ip\"]\nvalue = 2\n";
    assert_eq!(tuned(counted), (json!(1), json!("gw to 93.184.216.34"), json!(1)));
    let aggregated = "type = \"esql\"\nlanguage = \"esql\"\nquery = 'FROM logs-* | WHERE destination.port == 1883 | \
                      STATS n = COUNT(*) BY process.executable, destination.ip | WHERE n == 2'\n";
    assert_eq!(tuned(aggregated), (json!(1), json!("gw to 93.184.216.34"), json!(1)));
    assert_eq!((silenced(aggregated), silenced(counted)), (json!(2), json!(2)));
    // The gateways reach one address first; without it the next to reach it has the new term.
    let first = "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = 'destination.port: 1883'\n[rule.new_terms]\n\
                 field = \"new_terms_fields\"\nvalue = [\"destination.port\"]\n\
                 [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"\n";
    assert_eq!(tuned(first), (json!(1), json!(gateway), json!(0)));
    let case = Case::new(&fleet()).file("rule.toml", &rule(first));
    let people = case.tune("rule.toml", &["--no-matrix", "--format", "people"]).out;
    assert!(people.contains("1 alert of its 1 then come from other events"), "{people}");
    let names = "type = \"esql\"\nlanguage = \"esql\"\nquery = 'FROM logs-* | STATS n = COUNT(*) BY process.name'\n";
    let case = Case::new(&fleet()).file("rule.toml", &rule(names));
    let document = case.proposed("rule.toml", &["--no-matrix"]);
    assert_eq!(titles(&document), Vec::<&str>::new());
    assert_eq!(document["refused"].as_array().unwrap().len(), 3);
}

#[test]
fn few_of_many_and_nothing_at_all() {
    let case = Case::new(&fleet());
    assert_eq!(titles(&case.proposed(PORTS, &["--no-matrix", "--top", "1"])).len(), 1);
    let document = case.proposed(PORTS, &["--no-matrix", "--min-alerts", "2"]);
    assert_eq!((titles(&document).len(), &document["proposals_left_out"]), (1, &json!(1)));
    let silent = Case::new(&[
        json!({"@timestamp": "2026-03-02T09:00:00Z", "event": {"category": "process"}}),
    ]);
    let output = silent.tune(PORTS, &["--format", "people", "--write", "own.toml"]);
    assert_eq!(output.code, 0);
    assert!(output.out.contains("there is nothing to propose"), "{}", output.out);
    assert!(!silent.path("own.toml").exists());
    let unknown = silent.tune("Connection to a Publish/Subscribe Port on a Public Adress", &[]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.told.contains("is close"), "{}", unknown.told);
    let several = silent.tune("pubsub", &[]);
    assert!(
        several.code == 2 && several.told.contains("name one by its file, id or name"),
        "{}",
        several.told
    );
    let lost = silent.run(&["tune", PORTS, "nowhere.ndjson"]);
    assert_eq!(lost.code, 2, "{}", lost.told);
}
