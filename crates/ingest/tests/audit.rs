//! The Linux audit log against what other programs make of the same records: go-libaudit (the library in Auditbeat),
//! Elastic's own pipeline, LAUREL, `ausearch`, and the facts that the corpus states.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use brokerwatch_ecs::{Event, Origin, Projection, Schema};
use brokerwatch_ingest::normalise::Kind;
use brokerwatch_ingest::readers::{self, Joiner, Raw, SourcePlan};
use bumpalo::Bump;
use common::{Framed, bytes, documents, field, flat};
use serde_json::{Map, Value};

fn corpus(path: &str) -> Option<PathBuf> {
    Some(brokerwatch_testkit::shared("corpora/telemetry")?.join(path))
}

fn source() -> &'static readers::Source {
    readers::source("audit-log").expect("the source is registered")
}

/// The events of a log, as they are joined when a file is read.
fn joined(log: &[u8]) -> Vec<Framed> {
    let mut joiner = Joiner::new();
    let mut events = Vec::new();
    for line in log.split_inclusive(|byte| *byte == b'\n') {
        joiner.push_line(line, Origin::default(), &mut |event| events.push(event.bytes));
    }
    joiner.finish(&mut |event| events.push(event.bytes));
    events.into_iter().map(|bytes| Framed { header: Vec::new(), bytes }).collect()
}

fn elastic(log: &str) -> Vec<Map<String, Value>> {
    documents(source(), Kind::Elastic, &joined(log.as_bytes()))
        .into_iter()
        .filter_map(Result::ok)
        .collect()
}

fn defend(log: &str) -> Vec<Map<String, Value>> {
    documents(source(), Kind::Defend, &joined(log.as_bytes()))
        .into_iter()
        .filter_map(Result::ok)
        .collect()
}

fn text(path: &str) -> Option<String> {
    let path = corpus(path)?;
    let bytes = match path.extension().and_then(|end| end.to_str()) {
        Some("gz") => common::gzip(&path),
        _ => bytes(&path),
    };
    Some(String::from_utf8(bytes).expect("the file is UTF-8"))
}

fn json(path: &str) -> Option<Value> {
    Some(serde_json::from_str(&text(path)?).expect("the file is JSON"))
}

/// The tests of a YAML file of go-libaudit: a name, and lines below it.
fn yaml_tests(text: &str) -> BTreeMap<String, String> {
    let mut tests: BTreeMap<String, String> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        if let Some((head, _)) =
            line.rsplit_once(": ").filter(|_| line.starts_with("  ") && !line.starts_with("    "))
        {
            head.trim().clone_into(&mut name);
        } else if line.trim_start().starts_with("type=") {
            let log = tests.entry(name.clone()).or_default();
            log.push_str(line.trim());
            log.push('\n');
        }
    }
    tests
}

/// The text of a file as lines of a log: YAML and archives unwrapped.
fn log_of(file: &str) -> Option<String> {
    match file.rsplit_once('.').map(|(_, end)| end) {
        Some("zip") => {
            let member = "sh_arp_cache_2020-11-10074812.log";
            let log = common::member(&corpus(file)?, member);
            Some(String::from_utf8(log).expect("the log is UTF-8"))
        }
        Some("yaml") => Some(yaml_tests(&text(file)?).into_values().collect()),
        _ => text(file),
    }
}

/// The source fields of each record of a log, by name.
fn fields_of(record: &str, names: &[String]) -> Vec<Vec<String>> {
    let mut projection = Projection::new();
    for name in names {
        projection.want(name, &Schema::strict());
    }
    let plan = SourcePlan::new(&projection, source());
    let arena = Bump::new();
    let mut found = vec![Vec::new(); names.len()];
    (source().items)(Raw { bytes: record.as_bytes(), header: &[] }, &arena, &mut |_, item| {
        let mut fields = Event::new(&projection);
        item.expect("the record is one").fill(&plan, &arena, &mut fields).expect("it can be read");
        for (values, (slot, _)) in found.iter_mut().zip(projection.fields()) {
            *values = fields.values(slot).iter().map(ToString::to_string).collect();
        }
    });
    found
}

#[test]
fn records_and_events_are_as_many_as_the_corpus_states() {
    let Some(facts) = json("facts.json") else { return };
    let mut files = 0;
    for fact in facts.as_array().expect("a list") {
        let file = fact["file"].as_str().expect("a path");
        if !file.starts_with("auditd/") {
            continue;
        }
        files += 1;
        let log = log_of(file).expect("the corpus has the file");
        let mut types: BTreeMap<String, u64> = BTreeMap::new();
        let mut events = 0;
        for framed in common::frame(source(), log.as_bytes()) {
            let record = String::from_utf8(framed.bytes).expect("the log is UTF-8");
            if !record.contains("audit(") {
                continue;
            }
            events += 1;
            for kind in fields_of(&record, &["types".to_owned()]).concat() {
                *types.entry(kind).or_default() += 1;
            }
        }
        let mut expected: BTreeMap<String, u64> =
            serde_json::from_value(fact["records_by_type"].clone()).expect("numbers by type");
        // It ends an event and tells nothing.
        expected.remove("EOE");
        let mut expected_events = fact["events"].as_u64().expect("a number");
        if file.ends_with("audit-rhel7.log") {
            // Its head lacks the colon, which the script behind the facts wants.
            expected.insert("DAEMON_CONFIG".to_owned(), 1);
            expected_events += 1;
            // A collection of samples in no order of time: the lines of one event lie behind others that are much later,
            // which in a log means that it is over.
            expected_events += 1;
        }
        assert_eq!((types, events), (expected, expected_events), "{file}");
    }
    assert_eq!(files, 14);
}

#[test]
fn connections_are_those_that_the_corpus_expects() {
    let Some(path) = corpus("expected-connections.jsonl.gz") else { return };
    let expected = String::from_utf8(common::gzip(&path)).expect("the list is UTF-8");
    let mut checked = 0;
    for line in expected.lines() {
        let expected: Value = serde_json::from_str(line).expect("a line is a document");
        let file = expected["file"].as_str().expect("a path");
        if !file.starts_with("auditd/") {
            continue;
        }
        let events = defend(&log_of(file).expect("the corpus has the file"));
        let serial = expected["serial"].to_string();
        let event = events.iter().find(|event| {
            field(event, "event.sequence") == serial
                && field(event, "auditd.data.syscall") == "connect"
        });
        let event = event.unwrap_or_else(|| panic!("{file}: no event {serial}"));
        let plain = |name: &str| match &expected[name] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(field(event, "@timestamp"), plain("ts"), "{file} {serial}");
        for name in [
            "process.executable",
            "process.pid",
            "process.parent.pid",
            "destination.ip",
            "destination.port",
        ] {
            assert_eq!(field(event, name), plain(name), "{file} {serial} {name}");
        }
        let name = plain("process.executable").rsplit('/').next().unwrap_or_default().to_owned();
        // A package manager had replaced the program.
        let name = name.split(';').next().unwrap_or_default();
        assert_eq!(field(event, "process.name"), name, "{file} {serial}");
        let is_network = plain("family") != "unix";
        assert_eq!(
            field(event, "event.action") == "connection_attempted",
            is_network,
            "{file} {serial}"
        );
        assert_eq!(field(event, "event.category") == "network", is_network, "{file} {serial}");
        if plain("exit") == "-115" {
            assert_eq!(field(event, "event.outcome"), "unknown", "{file} {serial}");
        }
        checked += 1;
    }
    assert_eq!(checked, 7);
}

#[test]
fn order_of_lines_changes_nothing() {
    let (Some(normal), Some(shuffled)) =
        (text("auditd/go-libaudit/normal.log"), text("auditd/go-libaudit/out_of_order.log"))
    else {
        return;
    };
    let by_serial = |log: &str| -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
        defend(log).iter().map(|event| (field(event, "event.sequence"), flat(event))).collect()
    };
    assert_eq!(by_serial(&normal), by_serial(&shuffled));
    assert_eq!(joined(shuffled.as_bytes()).len(), 5);
}

#[test]
fn values_of_records_are_those_of_go_libaudit() {
    let mut compared = 0;
    for file in ["audit-rhel7.log", "audit-ubuntu16.log", "test2.log"] {
        let (Some(log), Some(golden)) = (
            text(&format!("auditd/go-libaudit/{file}")),
            json(&format!("auditd/go-libaudit/{file}.golden")),
        ) else {
            return;
        };
        for expected in golden.as_array().expect("a list") {
            let Some(raw) = expected["raw_msg"].as_str() else { continue };
            let line = log
                .lines()
                .find(|line| line.contains(raw))
                .unwrap_or_else(|| panic!("{file}: no `{raw}`"));
            let kind = expected["record_type"].as_str().expect("a type").to_ascii_uppercase();
            let Some(data) = expected["data"].as_object() else { continue };
            let names: Vec<String> = data.keys().map(|key| format!("{kind}.{key}")).collect();
            for (name, (found, value)) in
                names.iter().zip(fields_of(line, &names).iter().zip(data.values()))
            {
                let found = found.first().map(String::as_str);
                if known_value(name, found, value) {
                    continue;
                }
                assert_eq!(found, value.as_str(), "{file}: {name} of {line}");
                compared += 1;
            }
        }
    }
    assert!(500 < compared, "{compared} values were compared");
}

/// Values that differ on purpose.
fn known_value(name: &str, found: Option<&str>, expected: &Value) -> bool {
    // Keystrokes have bytes that are no text; go-libaudit leaves the value in hexadecimal where it has control characters.
    name == "TTY.data" && found.is_some() && expected.is_string()
}

#[test]
fn events_are_those_of_go_libaudit() {
    let mut checked = 0;
    for file in [
        "random-internet",
        "ubuntu-16.04-linux-4.13.0",
        "ubuntu-16.10-linux-4.8.0",
        "ubuntu-24.04-linux-6.8.0",
    ] {
        let (Some(yaml), Some(golden)) = (
            text(&format!("auditd/go-libaudit/{file}.yaml")),
            json(&format!("auditd/go-libaudit/{file}.json.golden")),
        ) else {
            return;
        };
        let tests = yaml_tests(&yaml);
        for case in golden.as_array().expect("a list") {
            let name = case["test_name"].as_str().expect("a name");
            let Some(log) = tests.get(name) else { panic!("{file}: no test `{name}`") };
            let events = elastic(log);
            let [event] = &events[..] else { panic!("{file} {name}: {} events", events.len()) };
            let expected = auditbeat(&case["event"]);
            let differences: Vec<String> = differences(&expected, &flat(event))
                .into_iter()
                .filter(|difference| !KNOWN.contains(&(name, difference)))
                .collect();
            assert!(differences.is_empty(), "{file} {name}\n{}", differences.join("\n"));
            checked += 1;
        }
    }
    assert_eq!(checked, 19);
}

/// Fields of go-libaudit's events under the names that Auditbeat and Elastic's pipeline give them.
fn auditbeat(event: &Value) -> BTreeMap<String, Vec<String>> {
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut put = |name: &str, value: &Value| match value {
        Value::String(text) => expected.entry(name.to_owned()).or_default().push(text.clone()),
        Value::Number(number) => {
            expected.entry(name.to_owned()).or_default().push(number.to_string());
        }
        Value::Array(texts) => {
            let texts = texts.iter().filter_map(Value::as_str).map(str::to_owned);
            expected.entry(name.to_owned()).or_default().extend(texts);
        }
        _ => {}
    };
    let names = [
        ("/sequence", "event.sequence"),
        ("/record_type", "auditd.message_type"),
        ("/result", "auditd.result"),
        ("/session", "auditd.session"),
        ("/summary/action", "event.action"),
        ("/summary/action", "auditd.summary.action"),
        ("/summary/actor/primary", "auditd.summary.actor.primary"),
        ("/summary/actor/secondary", "auditd.summary.actor.secondary"),
        ("/summary/object/type", "auditd.summary.object.type"),
        ("/summary/object/primary", "auditd.summary.object.primary"),
        ("/summary/object/secondary", "auditd.summary.object.secondary"),
        ("/summary/how", "auditd.summary.how"),
        ("/process/pid", "process.pid"),
        ("/process/ppid", "process.parent.pid"),
        ("/process/title", "process.title"),
        ("/process/name", "process.name"),
        ("/process/exe", "process.executable"),
        ("/process/cwd", "process.working_directory"),
        ("/process/args", "process.args"),
        ("/source/ip", "source.ip"),
        ("/source/port", "source.port"),
        ("/destination/ip", "destination.ip"),
        ("/destination/port", "destination.port"),
        ("/network/direction", "network.direction"),
        ("/file/path", "file.path"),
        ("/file/device", "file.device"),
        ("/file/inode", "file.inode"),
        ("/file/mode", "file.mode"),
        ("/file/uid", "file.uid"),
        ("/file/gid", "file.gid"),
        ("/ecs/event/kind", "event.kind"),
        ("/ecs/event/category", "event.category"),
        ("/ecs/event/type", "event.type"),
    ];
    for (pointer, name) in names {
        put(name, event.pointer(pointer).unwrap_or(&Value::Null));
    }
    for (key, value) in event["data"].as_object().into_iter().flatten() {
        match key.strip_prefix("socket_") {
            Some(part) => put(&format!("auditd.data.socket.{part}"), value),
            None => put(&format!("auditd.data.{key}"), value),
        }
    }
    expected
}

/// Where the fields that both sides could have differ. An event's classes are sets.
fn differences(
    expected: &BTreeMap<String, Vec<String>>,
    got: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let set = |values: Option<&Vec<String>>| -> Vec<String> {
        let values: BTreeSet<&String> =
            values.into_iter().flatten().filter(|text| *text != "(none)").collect();
        values.into_iter().cloned().collect()
    };
    let mut differences = Vec::new();
    for name in expected.keys() {
        let (left, right) = (set(expected.get(name)), set(got.get(name)));
        if left != right {
            differences.push(format!(
                "{name}: expected {}, got {}",
                left.join(" "),
                right.join(" ")
            ));
        }
    }
    // What is there and was not expected, of the fields that every event of go-libaudit has if it applies.
    for name in ["source.ip", "destination.ip", "process.args", "file.path", "network.direction"] {
        if got.contains_key(name) && !expected.contains_key(name) {
            differences.push(format!("{name}: expected nothing"));
        }
    }
    differences
}

/// Differences from go-libaudit that are meant: the test, and the difference.
const KNOWN: &[(&str, &str)] = &[
    // The ids of a record that is not the system call itself stand in go-libaudit's data too; here they are the user.
    ("ANOM_PROMISCUOUS", "auditd.data.auid: expected 1001, got "),
    ("ANOM_PROMISCUOUS", "auditd.data.gid: expected 0, got "),
    ("ANOM_PROMISCUOUS", "auditd.data.ses: expected 1, got "),
    ("ANOM_PROMISCUOUS", "auditd.data.uid: expected 0, got "),
    ("AVC_AppArmor_unlink", "auditd.data.fsuid: expected 100, got "),
    // Auditbeat leaves the number of paths out where records of the paths came; here always.
    ("linkat_syscall", "auditd.data.items: expected 1, got "),
    // Auditbeat sets the direction when it makes the document; go-libaudit's events of logins have none.
    ("USER_LOGIN failed ssh", "network.direction: expected nothing"),
    ("USER_LOGIN success", "network.direction: expected nothing"),
    ("USER_START", "network.direction: expected nothing"),
];

/// What the pipeline of the package gives for a document that Auditbeat made.
fn official() -> Option<(Value, Map<String, Value>)> {
    let input = json("auditd/elastic-coalesced-network.json")?;
    let expected = json("auditd/elastic-coalesced-network.json-expected.json")?;
    let expected = expected["expected"][0].as_object().expect("a document").clone();
    Some((input["events"][0].clone(), expected))
}

/// Fields that no reader of a file can have, or that say how the document was made.
fn is_of_the_pipeline(name: &str) -> bool {
    // Enrichment from databases of the cluster.
    name.starts_with("source.geo.") || name.starts_with("source.as.")
        // The version of the schema, the tags, and the record itself, which is kept beside the event.
        || matches!(name, "ecs.version" | "tags" | "event.original" | "auditd.messages")
        // The agent sets them; the input of this test has not been through one.
        || matches!(name, "event.module" | "event.dataset")
}

#[test]
fn documents_of_auditbeat_come_out_as_the_official_ones() {
    let Some((input, expected)) = official() else { return };
    let input = input.to_string();
    let (told, outcomes) = common::read(input.as_bytes(), Kind::Elastic);
    assert_eq!(told.name, "auditbeat");
    let document = outcomes[0].as_ref().expect("the document is read");
    let differences: Vec<_> = common::differences(&expected, document, is_of_the_pipeline)
        .into_iter()
        // The pipeline moves these; here they stand in both places, because ECS has the fields.
        .filter(|difference| {
            !difference.starts_with("user.audit.") && !difference.starts_with("user.selinux.")
        })
        .filter(|difference| !difference.starts_with("message: "))
        .collect();
    assert_eq!(differences, Vec::<String>::new());
}

#[test]
fn records_of_the_official_document_become_it() {
    let Some((input, expected)) = official() else { return };
    let log = input["auditd"]["messages"][0].as_str().expect("a record").to_owned();
    let documents = elastic(&log);
    let differences = common::differences(&expected, &documents[0], is_of_the_pipeline);
    let known = [
        // The machine that made the document knew the name of user 1000; the record does not have it.
        "auditd.summary.actor.primary: expected alice, got 1000",
        "auditd.summary.actor.secondary: expected root, got 0",
        "auditd.user.audit.name: expected alice, got nothing",
        "related.user: expected alice root, got root",
    ];
    assert_eq!(differences, known);
}

#[test]
fn laurel_tells_the_same_as_the_log() {
    for file in ["record-execve", "record-perl-reverse-shell"] {
        let (Some(log), Some(document)) = (
            text(&format!("auditd/laurel/{file}.txt")),
            text(&format!("auditd/laurel/{file}.json")),
        ) else {
            return;
        };
        let of_log = defend(&log);
        let (told, of_laurel) = common::read(document.as_bytes(), Kind::Defend);
        assert_eq!(told.name, "laurel");
        let of_laurel = of_laurel[0].as_ref().expect("the document is read");
        let differences = common::differences(&of_log[0], of_laurel, |_| false);
        assert_eq!(differences, Vec::<String>::new(), "{file}");
        assert_eq!(field(of_laurel, "event.action"), "exec");
    }
}

#[test]
fn actions_are_named_as_ausearch_names_them() {
    let mut compared = 0;
    for (file, log) in [
        ("audit-rhel7.log", "go-libaudit/audit-rhel7.log"),
        ("audit-ubuntu16.log", "go-libaudit/audit-ubuntu16.log"),
        ("normal.log", "go-libaudit/normal.log"),
        ("test2.log", "go-libaudit/test2.log"),
        ("record-connect.txt", "laurel/record-connect.txt"),
        ("record-execve.txt", "laurel/record-execve.txt"),
        ("record-perl-reverse-shell.txt", "laurel/record-perl-reverse-shell.txt"),
    ] {
        let (Some(csv), Some(log)) =
            (text(&format!("auditd/ausearch/{file}.csv.gz")), text(&format!("auditd/{log}")))
        else {
            return;
        };
        let mut actions: BTreeMap<(String, String), String> = BTreeMap::new();
        for event in elastic(&log) {
            let key = (field(&event, "event.sequence"), field(&event, "auditd.message_type"));
            actions.insert(key, field(&event, "event.action"));
        }
        for row in csv.lines().skip(1) {
            let columns: Vec<&str> = row.split(',').collect();
            let (kind, serial, action) =
                (columns[1].to_ascii_lowercase(), columns[4].to_owned(), columns[10]);
            let Some(found) = actions.get(&(serial, kind.clone())) else { continue };
            let same = match (action, found.as_str()) {
                // Of a record without its system call it knows no more than we do.
                ("did-unknown" | "", _) => continue,
                // go-libaudit says whose policy it was; golden events of it show that for AppArmor.
                ("accessed-mac-policy-controlled-object", "violated-selinux-policy") => continue,
                // go-libaudit has one word for all changes of rules.
                ("added-audit-rule", "changed-audit-configuration") => continue,
                (expected, found) => expected == found,
            };
            assert!(same, "{file}: {kind} is `{action}`, not `{found}`");
            compared += 1;
        }
    }
    assert!(40 < compared, "{compared} actions were compared");
}

#[test]
fn processes_are_those_of_another_normaliser() {
    let mut compared = 0;
    for stem in ["execve", "sockets"] {
        for number in (1..=23).step_by(2) {
            let raw = format!("auditd/open-xp/{stem}_raw_{number}.txt");
            let exists = corpus(&raw).is_some_and(|path| path.is_file());
            if !exists {
                continue;
            }
            let raw = json(&raw).expect("the corpus has the file");
            let norm = json(&format!("auditd/open-xp/{stem}_norm_{number}.js"))
                .expect("the corpus has the file");
            let event = defend(&log_of_items(&raw)).into_iter().next().expect("an event");
            for (name, theirs) in [
                ("process.pid", "subject.process.id"),
                ("process.parent.pid", "subject.process.parent.id"),
                ("host.name", "event_src.hostname"),
            ] {
                if let Some(expected) = norm[theirs].as_str() {
                    assert_eq!(field(&event, name), expected, "{stem} {number} {name}");
                    compared += 1;
                }
            }
        }
    }
    assert!(corpus("").is_none() || 20 < compared, "{compared} values were compared");
}

/// The lines of an event that another program split into lists of bodies, by type.
fn log_of_items(raw: &Value) -> String {
    let text = |name: &str| raw[name].as_str().expect("a text");
    let stamp =
        format!("{}.{}:{}", text("timestamp"), text("timestampfractional"), text("eventid"));
    let mut log = String::new();
    for (kind, bodies) in raw["items"].as_object().expect("an object") {
        for body in bodies.as_array().expect("a list") {
            let body = body.as_str().expect("a text");
            let node = text("node");
            writeln!(log, "node={node} type={kind} msg=audit({stamp}): {body}")
                .expect("a string takes all text");
        }
    }
    log
}

#[test]
fn documents_of_auditbeat_pass_as_they_are() {
    let Some(folder) = corpus("auditd/sekoia-auditbeat") else { return };
    let mut passed = 0;
    for name in [
        "auth-action-changed-login-id-to",
        "auth-action-logged-in",
        "example11",
        "example13",
        "example9",
    ] {
        let case: Value =
            serde_json::from_slice(&bytes(&folder.join(format!("{name}.json")))).expect("JSON");
        let message = case["input"]["message"].as_str().expect("a document");
        let input: Map<String, Value> = serde_json::from_str(message).expect("JSON");
        let (told, outcomes) = common::read(message.as_bytes(), Kind::Elastic);
        assert_eq!(told.name, "auditbeat", "{name}");
        let document = outcomes[0].as_ref().expect("the document is read");
        let (expected, got) = (flat(&input), flat(document));
        for (field, values) in &expected {
            // Fields of Auditbeat's own that no list names; the pipeline moves `user.audit`, `user.selinux` and the number.
            let is_own = field.starts_with("@metadata.")
                || field.starts_with("auditd.")
                || field.starts_with("user.audit.")
                || field.starts_with("user.selinux.");
            if !is_own {
                assert_eq!(got.get(field), Some(values), "{name}: {field}");
                passed += 1;
            }
        }
    }
    assert!(100 < passed, "{passed} fields passed");
}
