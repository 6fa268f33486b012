//! The telemetry that people have recorded, read in place from beside the repository: every file is told of, and what is
//! counted and who connected to whom agrees with what a script that shares nothing with the program found.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Map, Value};

use crate::{documents, field, files, inspect, program, stem, write};

/// The folders of the corpus.
const FOLDERS: &[&str] = &[
    "auditd",
    "elastic-defend",
    "falco",
    "mde",
    "osquery",
    "suricata",
    "sysmon-linux",
    "windows-evtx",
    "windows-json",
    "zeek",
];

/// Files that are no telemetry of a known source, by how their names begin and end, each with the reason. What is read of
/// them are documents that no rule knows, or nothing.
const LEFT_OUT: &[(&str, &str, &str)] = &[
    ("auditd/ausearch/", ".gz", "what ausearch makes of a log: an oracle, no log"),
    (
        "auditd/elastic-coalesced-network.json",
        "",
        "an input of a pipeline's test and what it gives",
    ),
    ("auditd/go-libaudit/", ".golden", "what go-libaudit makes of a log: an oracle, no log"),
    ("auditd/open-xp/", ".js", "what another vendor makes of an event: an oracle, no log"),
    ("auditd/open-xp/", ".txt", "records inside the objects of a vendor's agent"),
    (
        "auditd/sekoia-auditbeat/",
        ".json",
        "cases of a vendor's tests, with the input as a text in them",
    ),
    (
        "auditd/syslog_auoms",
        "",
        "what Microsoft's agent makes of audit records, as rows of a table",
    ),
    ("elastic-defend/", ".yaml", "a list of fields"),
    ("mde/test_", ".json", "cases of a vendor's tests, with the input as a text in them"),
    (
        "mde/vminsights",
        "",
        "rows of a table that says which machines have connections, not of Defender",
    ),
    ("suricata/", "-expected.json", "what a pipeline gives: an oracle, no log"),
    ("suricata/sekoia/", ".json", "cases of a vendor's tests, with the input as a text in them"),
    (
        "sysmon-linux/elastic-test-sysmon.json",
        "",
        "an input of a pipeline's test and what it gives",
    ),
    ("windows-json/open-xp/", ".js", "what another vendor makes of an event: an oracle, no log"),
    (
        "windows-json/sekoia/",
        ".json",
        "cases of a vendor's tests, with the input as a text in them",
    ),
    ("windows-json/winlogbeat-", ".expected.json", "what a pipeline gives: an oracle, no log"),
    ("zeek/", "-expected.json", "what a pipeline gives: an oracle, no log"),
];

fn corpus() -> Option<PathBuf> {
    brokerwatch_testkit::shared("corpora/telemetry")
}

/// The input in an archive, or the file itself.
fn file_of(path: &str) -> &str {
    path.split_once('!').map_or(path, |(archive, _)| archive)
}

#[test]
fn every_file_is_told_of() {
    let Some(corpus) = corpus() else { return };
    brokerwatch_testkit::golden("tests/telemetry/corpus", |folders| {
        let folders: Vec<&str> = folders.lines().collect();
        assert_eq!(folders, FOLDERS);
        let (said, files) = inspect(&corpus, &folders);
        assert_eq!(said.code, Some(2), "some files are no telemetry");
        let errors: BTreeMap<&str, &str> = said
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("error: ")?.split_once(": "))
            .collect();
        files.iter().map(|file| told(file, &errors)).collect()
    });
}

/// A line on a file: what it is, how much is in it, when and where it was.
fn told(file: &Value, errors: &BTreeMap<&str, &str>) -> String {
    let path = field(file, "path");
    if let Some(error) = errors.get(&*path) {
        return format!("{path}: {error}\n");
    }
    let counts = ["events", "process_events", "network_events", "malformed"];
    let [events, process, network, malformed] = counts.map(|name| field(file, name));
    let (first, last) = (field(file, "first"), field(file, "last"));
    let time = if first.is_empty() { String::new() } else { format!(", {first} to {last}") };
    let hosts = match field(file, "hosts") {
        hosts if hosts.is_empty() => hosts,
        hosts => format!(", on {hosts}"),
    };
    format!(
        "{path}: {}, {events} events ({process} process, {network} network), {malformed} malformed{time}{hosts}\n",
        field(file, "source")
    )
}

#[test]
fn what_is_left_out_is_known_by_name_and_reason() {
    let Some(corpus) = corpus() else { return };
    let (_, files) = inspect(&corpus, FOLDERS);
    let is_left_out = |file: &&Value| {
        let (path, source) = (field(file, "path"), field(file, "source"));
        match &*source {
            "" => true,
            "ecs" => !path.starts_with("elastic-defend/"),
            _ => false,
        }
    };
    let mut used = BTreeSet::new();
    for file in files.iter().filter(is_left_out) {
        let path = field(file, "path");
        let path = file_of(&path);
        let matches = |(_, (begin, end, _)): &(usize, &(&str, &str, &str))| {
            path.starts_with(begin) && path.ends_with(end)
        };
        let reasons: Vec<usize> =
            LEFT_OUT.iter().enumerate().filter(matches).map(|(i, _)| i).collect();
        assert_eq!(reasons.len(), 1, "{path} is left out, and why is not known");
        used.extend(reasons);
    }
    assert_eq!(used.len(), LEFT_OUT.len(), "every reason is for a file");
}

/// What the documents of a file or member are.
#[derive(Default)]
struct Tally {
    documents: u64,
    /// Sysmon's events by id.
    sysmon: BTreeMap<String, u64>,
    /// Zeek's connections by state.
    states: BTreeMap<String, u64>,
    /// Suricata's events by type.
    types: BTreeMap<String, u64>,
    /// Documents of connections: Sysmon's, and those of the audit log to an address.
    connections: Vec<Map<String, Value>>,
}

/// Two thirds of all events lie in this file. It is read in one mapping alone, so that the tests stay quick.
const LARGEST: &str = "windows-json/metasploit_outflank-dumpert_lsass_memory_dump.zip";

/// All files but the largest.
fn smaller(corpus: &Path) -> Vec<String> {
    let (with, without): (Vec<&str>, Vec<&str>) =
        FOLDERS.iter().partition(|folder| LARGEST.starts_with(*folder));
    let mut paths: Vec<String> = without.into_iter().map(str::to_owned).collect();
    for folder in with {
        let entries = std::fs::read_dir(corpus.join(folder)).expect("the corpus has the folder");
        let names = entries.map(|entry| entry.expect("the folder can be listed").file_name());
        paths.extend(names.map(|name| format!("{folder}/{}", name.to_string_lossy())));
    }
    paths.retain(|path| path != LARGEST);
    paths
}

/// What the documents of files are, by path, in one mapping.
fn tallies(corpus: &Path, mapping: &str, paths: &[&str]) -> BTreeMap<String, Tally> {
    let arguments = [&["ecs", "--quiet", "--mapping", mapping], paths].concat();
    let mut child = program(corpus, &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program is built");
    let out = child.stdout.take().expect("it is piped");
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for line in BufReader::with_capacity(1 << 20, out).lines() {
        let line = line.expect("the program writes UTF-8");
        // The program puts it in at the end, and documents of files that are left out may have one of their own.
        let path = line.rfind("\"log\":{").and_then(|at| between(&line[at..], "\"path\":\"", '"'));
        let Some(path) = path else { continue };
        if !tallies.contains_key(path) {
            tallies.insert(path.to_owned(), Tally::default());
        }
        tallies.get_mut(path).expect("it is there").add(path, &line);
    }
    let code = child.wait().expect("it ends").code();
    assert_eq!(code, Some(2), "some files are no telemetry");
    tallies
}

impl Tally {
    /// Documents are many and large: only those of connections are parsed.
    fn add(&mut self, path: &str, line: &str) {
        self.documents += 1;
        let event = between(line, "\"event\":{", '}').unwrap_or_default();
        let code = between(event, "\"code\":\"", '"').unwrap_or_default();
        let provider = between(event, "\"provider\":\"", '"').unwrap_or_default();
        let is_sysmon = provider.contains("Sysmon");
        let is_audit = path.starts_with("auditd") && line.contains("\"connected-to\"");
        if is_sysmon && code == "3" || is_audit {
            self.connections.push(serde_json::from_str(line).expect("a document"));
        }
        let count = |counts: &mut BTreeMap<String, u64>, name: &str| {
            *counts.entry(name.to_owned()).or_default() += 1;
        };
        if is_sysmon {
            count(&mut self.sysmon, code);
        }
        if path.starts_with("zeek") {
            let zeek = between(line, "\"zeek\":{", '\n').unwrap_or_default();
            let connection = between(zeek, "\"connection\":{", '\n').unwrap_or_default();
            count(&mut self.states, between(connection, "\"state\":\"", '"').unwrap_or("None"));
        }
        if path.starts_with("suricata")
            && let Some(kind) = between(line, "\"event_type\":\"", '"')
        {
            count(&mut self.types, kind);
        }
    }
}

/// What stands between a text and the next `end`, or the end of the line.
fn between<'l>(line: &'l str, begin: &str, end: char) -> Option<&'l str> {
    let rest = &line[line.find(begin)? + begin.len()..];
    Some(rest.split(end).next().unwrap_or(rest))
}

/// The files of the corpus of which the script and we count differently, with our counts of documents and of what is
/// malformed, and why.
const COUNTED_OTHERWISE: &[(&str, u64, u64, &str)] = &[
    (
        "auditd/go-libaudit/audit-rhel7.log",
        47,
        1,
        "a head without its colon is read; a collection of samples has the lines of one event far apart",
    ),
    ("sysmon-linux/otrf-log4shell.0-31.syslog", 31, 1, "a line that a daemon cut holds no event"),
    ("zeek/slips/test10_conn.log", 141, 0, "a tab before the header makes no row unreadable"),
];

#[test]
fn counts_and_connections_are_those_of_the_corpus() {
    let Some(corpus) = corpus() else { return };
    let json = |name: &str| {
        std::fs::read(corpus.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let facts: Vec<Value> = serde_json::from_slice(&json("facts.json")).expect("a list of files");
    let expected = documents(&corpus, &["expected-connections.jsonl.gz"]);
    assert_eq!(expected.len(), 1241);
    let (_, inspected) = inspect(&corpus, FOLDERS);
    let malformed: BTreeMap<String, u64> = inspected
        .iter()
        .map(|file| (field(file, "path"), file["malformed"].as_u64().expect("a number")))
        .collect();
    let smaller = smaller(&corpus);
    let smaller: Vec<&str> = smaller.iter().map(String::as_str).collect();
    for (mapping, paths, left_out) in [("defend", FOLDERS, ""), ("elastic", &smaller[..], LARGEST)]
    {
        let tallies = tallies(&corpus, mapping, paths);
        for fact in facts.iter().filter(|fact| field(fact, "file") != left_out) {
            check_counts(mapping, fact, &tallies, &malformed);
        }
        let mut expected = expected.clone();
        expected.retain(|connection| text(connection, "file") != left_out);
        check_connections(mapping, &expected, &tallies);
    }
}

/// The path that documents of a file name.
fn path_of(fact: &Value, paths: &BTreeMap<String, Tally>) -> String {
    let (file, member) = (field(fact, "file"), field(fact, "member"));
    let is_archive = paths.keys().any(|path| path != &file && file_of(path) == file);
    match &*member {
        "" if is_archive => {
            let mut members = paths.keys().filter(|path| file_of(path) == file);
            let only = members.next().cloned().unwrap_or_default();
            assert_eq!(members.next(), None, "{file} has one member");
            only
        }
        member if is_archive => format!("{file}!{member}"),
        _ => file,
    }
}

fn check_counts(
    mapping: &str,
    fact: &Value,
    tallies: &BTreeMap<String, Tally>,
    malformed: &BTreeMap<String, u64>,
) {
    let number = |name: &str| fact[name].as_u64();
    let by = |name: &str| -> BTreeMap<String, u64> {
        serde_json::from_value(fact[name].clone()).unwrap_or_default()
    };
    let (path, none) = (path_of(fact, tallies), Tally::default());
    let tally = tallies.get(&path).unwrap_or(&none);
    let place = format!("{path} as {mapping}");
    let records = ["events", "records", "rows", "lines"].into_iter().find_map(number);
    let lost = ["unreadable_rows", "unreadable"].into_iter().find_map(number);
    let known = COUNTED_OTHERWISE.iter().find(|(file, ..)| *file == path);
    let (documents, unread) = match known {
        Some((_, documents, unread, _)) => (*documents, *unread),
        // Of the YAML around audit records nothing is counted.
        None => (records.expect("a count"), lost.unwrap_or_default()),
    };
    assert_eq!(tally.documents, documents, "{place}");
    if Path::new(&path).extension().is_none_or(|end| end != "yaml") {
        assert_eq!(malformed[&path], unread, "{place}");
    }
    assert_eq!(tally.states, by("by_conn_state"), "{place}");
    assert_eq!(tally.types, by("by_event_type"), "{place}");
    let mut sysmon = by("sysmon_by_event_id");
    if path == "sysmon-linux/otrf-log4shell.0-31.syslog" {
        // The event on the line that is cut.
        *sysmon.get_mut("1").expect("it has some") -= 1;
    }
    assert_eq!(tally.sysmon, sysmon, "{place}");
}

/// What Sysmon writes where it knows no process.
const UNSET: &str = "{00000000-0000-0000-0000-000000000000}";

fn check_connections(
    mapping: &str,
    expected: &[Map<String, Value>],
    tallies: &BTreeMap<String, Tally>,
) {
    let mut by_file: BTreeMap<String, Vec<&Map<String, Value>>> = BTreeMap::new();
    for connection in expected {
        // A socket of the file system has no address.
        if connection.get("family").is_none_or(|family| family != "unix") {
            by_file.entry(text(connection, "file")).or_default().push(connection);
        }
    }
    let mut found: BTreeMap<&str, Vec<&Map<String, Value>>> = BTreeMap::new();
    for (path, tally) in tallies {
        let to_addresses = |document: &&Map<String, Value>| {
            !path.starts_with("auditd") || !text(document, "destination.ip").is_empty()
        };
        found
            .entry(file_of(path))
            .or_default()
            .extend(tally.connections.iter().filter(to_addresses));
    }
    for (file, expected) in by_file {
        let found = found.get(&*file).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(found.len(), expected.len(), "{file} as {mapping}");
        for (i, (expected, document)) in expected.iter().zip(found).enumerate() {
            let place = format!("connection {} of {file} as {mapping}", i + 1);
            check_connection(&place, mapping, expected, document);
        }
    }
}

fn check_connection(
    place: &str,
    mapping: &str,
    expected: &Map<String, Value>,
    document: &Map<String, Value>,
) {
    let wanted = |name: &str| text(expected, name);
    let got = |name: &str| text(document, name);
    for name in [
        "process.executable",
        "process.pid",
        "network.transport",
        "source.port",
        "destination.port",
        "destination.domain",
    ] {
        assert_eq!(got(name), wanted(name), "{place}: {name}: {document:#?}");
    }
    assert_eq!(got("process.entity_id"), wanted("process.entity_id").replace(UNSET, ""), "{place}");
    for name in ["source.ip", "destination.ip"] {
        assert_eq!(address(&got(name)), address(&wanted(name)), "{place}: {name}");
    }
    let is_audit = expected.contains_key("serial");
    let outbound = is_audit || wanted("initiated") == "true";
    assert_eq!(got("network.direction"), if outbound { "egress" } else { "ingress" }, "{place}");
    if is_audit {
        assert_eq!(got("@timestamp"), wanted("ts"), "{place}");
        assert_eq!(got("user.id"), wanted("uid"), "{place}");
    }
    if mapping == "elastic" {
        return;
    }
    assert_eq!(got("@timestamp"), wanted("ts"), "{place}");
    let action = if outbound { "connection_attempted" } else { "connection_accepted" };
    assert_eq!(got("event.action"), action, "{place}");
    if !is_audit {
        assert_eq!(got("host.name"), wanted("host"), "{place}");
        let user = match (got("user.domain"), got("user.name")) {
            (domain, name) if domain.is_empty() => name,
            (domain, name) => format!("{domain}\\{name}"),
        };
        assert_eq!(user, wanted("user"), "{place}");
    }
}

/// A field of a document; the lines of the expected connections have dotted names.
fn text(document: &Map<String, Value>, name: &str) -> String {
    let flat = document.get(name).cloned();
    let nested = || {
        let (first, rest) = name.split_once('.')?;
        let inner = document.get(first)?;
        rest.split('.').try_fold(inner, |inner, key| inner.get(key)).cloned()
    };
    match flat.or_else(nested) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    }
}

/// An address as all programs should write it (RFC 5952).
fn address(text: &str) -> String {
    text.parse::<IpAddr>().map_or_else(|_| text.to_owned(), |address| address.to_string())
}

#[test]
fn cut_archives_of_the_corpus_give_what_came_before() {
    let Some(corpus) = corpus() else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut seen = 0;
    for (path, bytes) in files(&corpus.join("windows-json"), "gz") {
        let name = format!("{}.gz", stem(&path));
        let (_, whole) = inspect(&corpus, &[&format!("windows-json/{name}")]);
        write(folder.path(), &name, &bytes[..bytes.len() / 2]);
        let (said, half) = inspect(folder.path(), &[&name]);
        assert_eq!(said.code, Some(2), "{name}");
        assert!(said.stderr.contains(&format!("error: {name}: ")), "{}", said.stderr);
        let events = |files: &[Value]| files[0]["events"].as_u64().expect("a number");
        assert!(events(&whole) / 4 < events(&half) && events(&half) < events(&whole), "{name}");
        assert_eq!(field(&half[0], "source"), field(&whole[0], "source"), "{name}");
        seen += 1;
    }
    assert_eq!(seen, 2);
}

/// Documents of an event log without their places, and with hexadecimal numbers as Windows writes them: libevtx writes
/// all their zeros.
fn comparable(corpus: &Path, mapping: &str, path: &str) -> Vec<Value> {
    let mut found = documents(corpus, &["--mapping", mapping, path]);
    for document in &mut found {
        document.remove("log");
        document.values_mut().for_each(shorten);
    }
    found.into_iter().map(Value::Object).collect()
}

/// Writes hexadecimal numbers without the zeros in front.
fn shorten(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(shorten),
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::String(text) => {
            let digits = text.strip_prefix("0x").filter(|digits| !digits.is_empty());
            let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
            if let Some(number) = number {
                *text = format!("{number:#x}");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn event_logs_are_what_another_reader_renders() {
    let Some(corpus) = corpus() else { return };
    let mut events = 0;
    for (path, _) in files(&corpus.join("windows-evtx/libevtx-xml"), "gz") {
        let name = stem(&path).trim_end_matches(".xml").to_owned();
        let rendered = format!("windows-evtx/libevtx-xml/{name}.xml.gz");
        let plain = format!("windows-evtx/{name}");
        let log = if corpus.join(&plain).exists() { plain } else { format!("{plain}.gz") };
        for mapping in ["defend", "elastic"] {
            let ours = comparable(&corpus, mapping, &log);
            let theirs = comparable(&corpus, mapping, &rendered);
            assert_eq!(ours.len(), theirs.len(), "{name}");
            for (i, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                assert_eq!(ours, theirs, "event {} of {name} as {mapping}", i + 1);
                events += 1;
            }
        }
    }
    assert!(1600 < events, "{events} events were compared");
}
