//! Windows event logs: the corpus' files against libevtx, against the same records as JSON, and against the corpus' own
//! counts.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;
#[path = "common/sysmon.rs"]
mod sysmon;

use std::io::Cursor;

use brokerwatch_ingest::normalise::Kind;
use brokerwatch_ingest::readers::{self, Source};
use brokerwatch_ingest::{Chunk, Reader};
use proptest::prelude::*;
use serde_json::{Map, Value};

use common::{Framed, Outcome};
use sysmon::Corpus;

const HEADER_BYTES: usize = 4096;
const CHUNK_BYTES: usize = 65_536;

fn source() -> &'static Source {
    readers::source("windows-evtx").unwrap()
}

/// The chunks of a file.
fn chunks(corpus: &Corpus, file: &str) -> Vec<Framed> {
    let path = corpus.path(file);
    let zipped = path.extension().is_some_and(|end| end == "gz");
    let bytes = if zipped { common::gzip(&path) } else { common::bytes(&path) };
    assert!(bytes.starts_with(b"ElfFile\0"), "{file}");
    let (header, rest) = bytes.split_at(HEADER_BYTES);
    rest.chunks(CHUNK_BYTES)
        .map(|chunk| Framed { header: header.to_vec(), bytes: chunk.to_vec() })
        .collect()
}

fn documents(corpus: &Corpus, file: &str, kind: Kind) -> Vec<Outcome> {
    common::documents(source(), kind, &chunks(corpus, file))
}

#[test]
fn every_record_of_every_file_is_read() {
    let Some(corpus) = sysmon::corpus() else { return };
    let mut connections = 0;
    let facts = corpus.facts("windows-evtx/");
    for (file, records, by_id) in facts {
        if file.contains("malformed") {
            continue;
        }
        let outcomes = documents(&corpus, &file, Kind::Defend);
        assert_eq!(outcomes.len(), records, "{file}");
        corpus.check(&file, &by_id, 0, &outcomes);
        connections += by_id.get("3").copied().unwrap_or_default();
    }
    assert_eq!(connections, 105);
}

/// Documents that libevtx's rendering of a file gives: events spread over lines.
fn of_libevtx(corpus: &Corpus, name: &str, kind: Kind) -> Vec<Outcome> {
    let xml = common::gzip(&corpus.path(&format!("windows-evtx/libevtx-xml/{name}.xml.gz")));
    let (source, outcomes) = common::read(&xml, kind);
    assert_eq!(source.name, "windows-xml", "{name}");
    outcomes
}

fn short_hex(text: &str) -> String {
    let number = text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.map_or_else(|| text.to_owned(), |number| format!("{number:#x}"))
}

#[test]
fn documents_are_those_of_libevtx() {
    let Some(corpus) = sysmon::corpus() else { return };
    let mut files = 0;
    for entry in std::fs::read_dir(corpus.path("windows-evtx/libevtx-xml")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.strip_suffix(".xml.gz").unwrap().to_owned();
        let packed = format!("windows-evtx/{name}.gz");
        let plain = format!("windows-evtx/{name}");
        let file = if corpus.path(&plain).exists() { plain } else { packed };
        for kind in [Kind::Defend, Kind::Elastic] {
            let (ours, theirs) =
                (documents(&corpus, &file, kind), of_libevtx(&corpus, &name, kind));
            assert_eq!(ours.len(), theirs.len(), "{file}");
            for (i, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                let (ours, theirs) = (ours.as_ref().unwrap(), theirs.as_ref().unwrap());
                // Where libevtx writes a hexadecimal number with all its zeros, Windows and we do not.
                let differences = common::differences(
                    &sysmon::changed(theirs, short_hex),
                    &sysmon::changed(ours, short_hex),
                    |_| false,
                );
                assert!(differences.is_empty(), "{file} record {}: {differences:#?}", i + 1);
            }
        }
        files += 1;
    }
    assert_eq!(files, 21);
}

#[test]
fn documents_are_those_of_the_same_record_as_json() {
    let Some(corpus) = sysmon::corpus() else { return };
    let mut files = 0;
    for entry in std::fs::read_dir(corpus.path("windows-evtx/sigma-regression")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap();
        let json: Value = serde_json::from_slice(&common::bytes(&path)).unwrap();
        let (source, theirs) = sysmon::of_documents(&[json], Kind::Defend);
        assert_eq!(source.name, "windows-json");
        let ours =
            documents(&corpus, &format!("windows-evtx/sigma-regression/{name}.evtx"), Kind::Defend);
        assert_eq!((ours.len(), theirs.len()), (1, 1), "{name}");
        let (ours, theirs) = (ours[0].as_ref().unwrap(), theirs[0].as_ref().unwrap());
        // The data as they are: that dialect writes GUIDs without braces.
        let is_raw_guid =
            |field: &str| field.starts_with("winlog.event_data.") && field.ends_with("Guid");
        // That dialect cuts times to microseconds.
        let is_ignored = |field: &str| is_raw_guid(field) || field == "event.created";
        // And it trims texts.
        let trimmed = |text: &str| text.trim().to_owned();
        let differences = common::differences(
            &sysmon::changed(theirs, trimmed),
            &sysmon::changed(ours, trimmed),
            is_ignored,
        );
        assert!(differences.is_empty(), "{name}: {differences:#?}");
        files += 1;
    }
    assert_eq!(files, 10);
}

fn split(outcomes: Vec<Outcome>) -> (Vec<Map<String, Value>>, Vec<String>) {
    let (mut documents, mut defects) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(document) => documents.push(document),
            Err(why) => defects.push(why),
        }
    }
    (documents, defects)
}

#[test]
fn odd_files_give_what_is_whole_and_say_what_is_not() {
    let Some(corpus) = sysmon::corpus() else { return };
    let odd = |name: &str| {
        split(documents(&corpus, &format!("windows-evtx/malformed-or-odd/{name}"), Kind::Defend))
    };

    let (documents, defects) = odd("Application_no_crc32.evtx");
    assert_eq!((documents.len(), defects.len()), (17, 0), "{defects:?}");
    let (documents, defects) = odd("MSExchange_Management_wec.evtx");
    assert_eq!((documents.len(), defects.len()), (1, 0), "{defects:?}");

    let (documents, defects) = odd("sample_with_a_bad_chunk_magic.evtx.gz");
    // Two chunks have lost their headers, and one record is overwritten with zeros.
    assert_eq!((documents.len(), defects.len()), (301, 3), "{defects:?}");
    let chunks = defects.iter().filter(|why| why.starts_with("unreadable chunk: "));
    assert_eq!(chunks.count(), 2, "{defects:?}");

    let (documents, defects) = odd("sysmon.evtx.gz");
    // Its last eight chunks are other data.
    assert_eq!((documents.len(), defects.len()), (358, 8), "{defects:?}");
}

#[test]
fn the_rest_of_a_chunk_is_read_past_a_bad_record() {
    let Some(corpus) = sysmon::corpus() else { return };
    let file = "windows-evtx/smbmap_upload_exec_sysmon.evtx";
    let whole = documents(&corpus, file, Kind::Defend).len();
    let mut chunks = chunks(&corpus, file);
    let bytes = &mut chunks[0].bytes;
    let starts: Vec<usize> =
        (512..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"**\0\0")).collect();
    // The magic of the fourth record.
    bytes[starts[3]] = b'?';
    let mut items = Vec::new();
    let arena = bumpalo::Bump::new();
    let raw = readers::Raw { bytes: &chunks[0].bytes, header: &[] };
    (source().items)(raw, &arena, &mut |at, item| items.push((at, item.map(|_| ()))));
    let (places, defects): (Vec<_>, Vec<_>) =
        items.into_iter().filter_map(|(at, item)| Some((at, item.err()?))).unzip();
    assert_eq!(places, [starts[3]], "{defects:?}");
    assert!(defects[0].starts_with("unreadable record: "), "{defects:?}");
    let (read, _) = split(common::documents(source(), Kind::Defend, &chunks));
    assert_eq!(read.len(), whole - 1);
}

#[test]
fn a_log_without_a_whole_header_is_told_once() {
    for length in [8, 100, HEADER_BYTES - 1] {
        let mut log = b"ElfFile\0".to_vec();
        log.resize(length, 0);
        let mut reader = Reader::open(Box::new(Cursor::new(log))).unwrap();
        let mut chunk = Chunk::default();
        assert!(reader.next_chunk(&mut chunk).unwrap());
        let why: Vec<&str> = chunk.defects.iter().map(|defect| &*defect.why).collect();
        assert_eq!(why, ["the header of the event log is cut"]);
        assert!(!reader.next_chunk(&mut chunk).unwrap());
    }
}

#[test]
fn a_chunk_that_is_none_is_named() {
    for bytes in [&b""[..], b"ElfChnk\0", &vec![7; 70_000]] {
        let record = Framed { header: Vec::new(), bytes: bytes.to_vec() };
        let (_, defects) = split(common::documents(source(), Kind::Defend, &[record]));
        assert_eq!(defects.len(), 1);
        assert!(defects[0].starts_with("unreadable chunk: "), "{defects:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever bytes are wrong, a chunk is read to its end.
    #[test]
    fn damage_is_survived(
        cut in 0..CHUNK_BYTES,
        changes in prop::collection::vec((0..8192_usize, any::<u8>()), 0..8),
    ) {
        let Some(corpus) = sysmon::corpus() else { return Ok(()) };
        let mut chunks = chunks(&corpus, "windows-evtx/RogueWinRM.evtx");
        for (at, byte) in changes {
            chunks[0].bytes[at] = byte;
        }
        chunks[0].bytes.truncate(cut);
        common::documents(source(), Kind::Defend, &chunks);
    }
}
