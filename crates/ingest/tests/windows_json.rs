//! Windows events as JSON: the corpus' dialects against its counts and connections, against what Elastic's pipeline gives,
//! and against what other vendors make of the same records.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;
#[path = "common/sysmon.rs"]
mod sysmon;

use std::collections::BTreeMap;
use std::io::Read as _;

use brokerwatch_ingest::normalise::Kind;
use serde_json::{Map, Value};

use sysmon::Corpus;

/// The one file in a packed folder of the corpus.
fn only_member(corpus: &Corpus, file: &str) -> Vec<u8> {
    let path = corpus.path(file);
    if path.extension().is_some_and(|end| end == "zip") {
        let packed = std::io::Cursor::new(common::bytes(&path));
        let mut archive = zip::ZipArchive::new(packed).unwrap();
        let mut plain = Vec::new();
        archive.by_index(0).unwrap().read_to_end(&mut plain).unwrap();
        return plain;
    }
    // These files lack the end of their last compressed block, as published.
    let packed = common::bytes(&path);
    let mut unpacked = Vec::new();
    let _ = flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut unpacked);
    let mut archive = tar::Archive::new(&unpacked[..]);
    let is_file = |entry: &tar::Entry<'_, _>| entry.header().entry_type().is_file();
    let mut entry = archive.entries().unwrap().map(Result::unwrap).find(is_file).unwrap();
    let mut plain = Vec::new();
    entry.read_to_end(&mut plain).unwrap();
    plain
}

/// Holds a file to the corpus: the dialect it is told to be, its events by id, and its connections.
#[track_caller]
fn check(name: &str, dialect: &str) {
    let Some(corpus) = sysmon::corpus() else { return };
    let file = format!("windows-json/{name}");
    let facts = corpus.facts("windows-json/");
    let (_, records, by_id) = facts.iter().find(|(of, ..)| *of == file).unwrap();
    let (source, outcomes) = common::read(&only_member(&corpus, &file), Kind::Defend);
    assert_eq!(source.name, dialect);
    assert_eq!(outcomes.len(), *records);
    corpus.check(&file, by_id, 0, &outcomes);
}

#[test]
fn nxlog_is_read() {
    check("covenant_persistwmi.tar.gz", "windows-nxlog");
    check("covenant_psremoting_command.zip", "windows-nxlog");
}

#[test]
fn flat_documents_are_read() {
    check("aadinternals_export_adfsdatabaseconfig_remotely.zip", "windows-flat");
    check("cmd_sharpview_pcre_net.zip", "windows-flat");
    check("proxylogon_ssrf_rce_poc.zip", "windows-flat");
}

#[test]
fn winlogbeat_6_is_read() {
    check("empire_enable_rdp.tar.gz", "windows-winlogbeat-6");
}

#[test]
fn azure_is_read() {
    check("sysmon_log4shell_cve2021_44228_java_serialized_object.zip", "windows-azure");
}

/// The largest file takes a minute without optimisation: of it the connections, which are few, and every fiftieth record.
#[test]
fn connections_of_the_largest_file_are_read() {
    let Some(corpus) = sysmon::corpus() else { return };
    let file = "windows-json/metasploit_outflank-dumpert_lsass_memory_dump.zip";
    let text = only_member(&corpus, file);
    let source =
        common::tell(&text[..text.iter().position(|byte| *byte == b'\n').unwrap()]).unwrap();
    assert_eq!(source.name, "windows-flat");
    let numbers: std::collections::BTreeSet<usize> =
        corpus.connections(file).iter().map(|one| one["n"].as_u64().unwrap() as usize).collect();
    assert_eq!(numbers.len(), 772);
    let chosen = |number: usize| numbers.contains(&number) || number.is_multiple_of(50);
    let records = common::frame(source, &text);
    let mut chosen: Vec<(usize, common::Framed)> =
        (1..).zip(records).filter(|(number, _)| chosen(*number)).collect();
    let places: Vec<usize> = chosen.iter().map(|(number, _)| *number).collect();
    let records: Vec<common::Framed> = chosen.drain(..).map(|(_, record)| record).collect();
    let outcomes = common::documents(source, Kind::Defend, &records);
    assert_eq!(outcomes.len(), places.len());
    for connection in corpus.connections(file) {
        let number = connection["n"].as_u64().unwrap() as usize;
        let at = places.binary_search(&number).unwrap();
        sysmon::check_connection(file, &connection, outcomes[at].as_ref().unwrap());
    }
    for (place, outcome) in places.iter().zip(&outcomes) {
        let document = outcome.as_ref().unwrap();
        let name = common::field(document, "event.provider");
        assert!(!name.is_empty(), "record {place} has a provider");
        assert!(document["winlog"]["event_data"].is_object() || name != "Microsoft-Windows-Sysmon");
    }
}

/// Fields of the expected documents that are not compared.
fn is_ignored(field: &str) -> bool {
    // The version of ECS that the pipeline was written for; when the event was created, which the beat's input lacks.
    matches!(field, "ecs.version" | "event.created")
}

#[test]
fn elastic_documents_are_those_of_elastics_pipeline() {
    let Some(corpus) = sysmon::corpus() else { return };
    let read = |end: &str| -> Vec<Value> {
        let file = format!("windows-json/winlogbeat-sysmon-9.01-records8-13.{end}.json");
        corpus.json(&file).as_array().unwrap().clone()
    };
    let (inputs, expected) = (read("input"), read("expected"));
    let (source, outcomes) = sysmon::of_documents(&inputs, Kind::Elastic);
    assert_eq!(source.name, "windows-winlogbeat");
    assert_eq!((outcomes.len(), expected.len()), (6, 6));
    for (outcome, expected) in outcomes.iter().zip(&expected) {
        // The pipeline keeps the text of an address; as addresses they are the same.
        let expected = sysmon::changed(expected.as_object().unwrap(), sysmon::canonical_address);
        let differences = common::differences(&expected, outcome.as_ref().unwrap(), is_ignored);
        assert!(differences.is_empty(), "{differences:#?}");
    }
}

/// What a vendor's documents and ours must have in common: their field and ours.
#[track_caller]
fn check_fields(
    place: &str,
    theirs: &Value,
    document: &Map<String, Value>,
    fields: &[(&str, &str)],
) {
    for (their_name, our_name) in fields {
        let their_value = theirs.pointer(&format!("/{}", their_name.replace('.', "/")));
        let their_value = their_value.or_else(|| theirs.get(their_name));
        let Some(their_value) = their_value else { continue };
        let text = their_value.as_str().map_or_else(|| their_value.to_string(), str::to_owned);
        // They write addresses in full, paths in lower case, and command lines without quotes.
        let plain = |text: &str| sysmon::canonical_address(text).to_lowercase().replace('"', "");
        let ours = common::field(document, our_name);
        assert_eq!(plain(&ours), plain(&text), "{place}: {our_name}");
    }
}

#[test]
fn nxlog_documents_agree_with_another_vendors() {
    let Some(corpus) = sysmon::corpus() else { return };
    for name in ["sysmon_1_process_name", "sysmon_3", "sysmon_22"] {
        let pair = corpus.json(&format!("windows-json/sekoia/{name}.json"));
        let message = pair["input"]["message"].as_str().unwrap();
        let (source, outcomes) = common::read(message.as_bytes(), Kind::Defend);
        assert_eq!(source.name, "windows-nxlog", "{name}");
        let document = outcomes[0].as_ref().unwrap();
        let same = [
            "process.executable",
            "process.command_line",
            "process.parent.executable",
            "process.parent.command_line",
            "process.hash.md5",
            "process.hash.sha256",
            "source.port",
            "destination.port",
            "network.transport",
            "dns.question.name",
            "event.code",
        ];
        let fields: Vec<(&str, &str)> = same.iter().map(|name| (*name, *name)).collect();
        check_fields(name, &pair["expected"], document, &fields);
    }
}

#[test]
fn lists_of_named_data_agree_with_another_vendors() {
    let Some(corpus) = sysmon::corpus() else { return };
    let numbers =
        [("sysmon1", &[1, 3, 5, 7][..]), ("sysmon3", &[1, 3, 5, 7]), ("sysmon22", &[1, 3, 5])];
    let mut compared = BTreeMap::new();
    for (event, number) in
        numbers.iter().flat_map(|(event, all)| all.iter().map(move |n| (event, n)))
    {
        let raw = corpus.json(&format!("windows-json/open-xp/{event}_raw_{number}.txt"));
        let theirs = corpus.json(&format!("windows-json/open-xp/{event}_norm_{number}.js"));
        let (source, outcomes) = sysmon::of_documents(&[raw], Kind::Defend);
        assert_eq!(source.name, "windows-json", "{event} {number}");
        let document = outcomes[0].as_ref().unwrap();
        let fields: &[(&str, &str)] = match *event {
            "sysmon1" => &[
                ("msgid", "event.code"),
                ("object.process.fullpath", "process.executable"),
                ("object.process.id", "process.pid"),
                ("object.process.hash.md5", "process.hash.md5"),
                ("object.process.hash.sha256", "process.hash.sha256"),
                ("object.process.parent.fullpath", "process.parent.executable"),
                ("object.process.parent.id", "process.parent.pid"),
                ("event_src.fqdn", "host.name"),
            ],
            "sysmon3" => &[
                ("msgid", "event.code"),
                ("src.ip", "source.ip"),
                ("src.port", "source.port"),
                ("dst.ip", "destination.ip"),
                ("dst.port", "destination.port"),
                ("protocol", "network.transport"),
            ],
            _ => &[("msgid", "event.code"), ("object.query", "dns.question.name")],
        };
        check_fields(&format!("{event} {number}"), &theirs, document, fields);
        *compared.entry(*event).or_insert(0) += 1;
    }
    assert_eq!(compared, BTreeMap::from([("sysmon1", 4), ("sysmon22", 3), ("sysmon3", 4)]));
}

#[test]
fn documents_that_a_pipeline_made_are_ecs_already() {
    let Some(corpus) = sysmon::corpus() else { return };
    for name in ["winlogbeat_sysmon09_1", "winlogbeat_sysmon10_1", "winlogbeat_sysmon13"] {
        let pair = corpus.json(&format!("windows-json/sekoia/{name}.json"));
        let message = pair["input"]["message"].as_str().unwrap();
        assert!(common::tell(message.as_bytes()).is_none(), "{name}");
    }
}
