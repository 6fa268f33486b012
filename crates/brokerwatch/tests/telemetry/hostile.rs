//! Damaged and hostile telemetry: nothing stops the program, what is whole is read, and what is lost is told.
//!
//! All damaged forms of all inputs lie in one folder, so that the program starts once.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::sources::inputs;
use crate::{files, inspect, stem, write};

/// Where each input is cut.
const CUTS: usize = 24;

/// How often each input is damaged.
const FLIPS: usize = 16;

/// What the names of inputs begin with that a mapping is tested with.
const MAPPING: &str = "mapping-";

/// Numbers that look like chance and are always the same (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).expect("it is below a length")
    }
}

/// Our inputs for each source, and those that each mapping is tested with.
fn all_inputs() -> Vec<(String, Vec<u8>)> {
    let mut all = inputs();
    let mappings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/mappings");
    let entries = std::fs::read_dir(&mappings).expect("the mappings lie beside this crate");
    for folder in entries.map(|entry| entry.expect("the folder can be listed").path()) {
        if folder.extension().is_some_and(|end| end == "test") {
            let inputs = files(&folder, "input").into_iter();
            all.extend(inputs.map(|(path, bytes)| {
                (format!("{MAPPING}{}-{}", stem(&folder), stem(&path)), bytes)
            }));
        }
    }
    all
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    events: u64,
    malformed: u64,
}

impl Told {
    fn all(self) -> u64 {
        self.events + self.malformed
    }
}

/// What is told of each file of a folder, by its name. Each is read, or an error says why not.
fn told(folder: &Path) -> BTreeMap<String, Option<Told>> {
    let (said, files) = inspect(folder, &["."]);
    assert!(matches!(said.code, Some(0 | 2)), "{:?}: {}", said.code, said.stderr);
    let count = |file: &Value, name: &str| file[name].as_u64().expect("a number");
    let one = |file: &Value| {
        let path = file["path"].as_str().expect("a path");
        let failed = said.stderr.contains(&format!("error: {path}: "));
        let told = Told { events: count(file, "events"), malformed: count(file, "malformed") };
        let name = path.trim_start_matches("./").to_owned();
        (name, (!failed).then_some(told))
    };
    files.iter().map(one).collect()
}

#[test]
fn a_cut_input_gives_what_is_whole_and_counts_the_rest() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut random, mut cuts) = (Random(0x9E37_79B9), Vec::new());
    for (name, bytes) in all_inputs() {
        for i in 0..CUTS {
            let at = random.below(bytes.len());
            let line = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let (whole, cut) = (format!("{name}.{i}.whole"), format!("{name}.{i}.cut"));
            write(folder.path(), &whole, &bytes[..line]);
            write(folder.path(), &cut, &bytes[..at]);
            cuts.push((whole, cut, bytes[line..at].to_vec()));
        }
    }
    let told = told(folder.path());
    assert_eq!(told.len(), 2 * cuts.len(), "every file is told of");
    let mut counted = 0;
    for (whole, cut, rest) in cuts {
        let (Some(before), Some(after)) = (told[&whole], told[&cut]) else { continue };
        assert!(before.events <= after.events, "{cut}: {before:?}, {after:?}");
        let (all_before, all_after) = (before.all(), after.all());
        assert!(all_before <= all_after, "{cut}: {before:?}, {after:?}");
        if is_part_of_a_record(&cut, &rest) {
            let rest = String::from_utf8_lossy(&rest);
            assert!(all_before < all_after, "{cut}: {before:?}, {after:?}: {rest}");
            counted += 1;
        }
    }
    assert!(200 < counted, "{counted} cuts went through a record");
}

/// Whether the last line of an input, which is not whole, is more than what may stand between records.
fn is_part_of_a_record(name: &str, rest: &[u8]) -> bool {
    /// Inputs whose lines go together: an audit event has several, and so has one in XML.
    const JOINED: &[&str] = &[
        "audit-files",
        "audit-log",
        "audit-network",
        "audit-processes",
        "audit-users",
        "windows-evtx",
        "windows-xml",
    ];
    /// Inputs with lines that hold no event: headers, and what else a daemon says.
    const WITH_OTHER_LINES: &[&str] = &["mde-csv", "mde-table", "sysmon-linux", "zeek"];
    let rest = String::from_utf8_lossy(rest);
    let (rest, name) = (rest.trim(), name.trim_start_matches(MAPPING));
    let is_one_of = |names: &[&str]| names.iter().any(|it| name.starts_with(it));
    if rest.is_empty() || is_one_of(JOINED) {
        return false;
    }
    rest.starts_with('{') || !is_one_of(WITH_OTHER_LINES)
}

#[test]
fn damaged_bytes_stop_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut random, mut count) = (Random(0x2545_F491), 0);
    for (name, bytes) in all_inputs() {
        for i in 0..FLIPS {
            let mut damaged = bytes.clone();
            for _ in 0..=random.below(8) {
                let at = random.below(damaged.len());
                damaged[at] ^= 1 << random.below(8);
            }
            write(folder.path(), &format!("{name}.{i}"), &damaged);
            count += 1;
        }
    }
    let told = told(folder.path());
    assert_eq!(told.len(), count, "every file is told of");
    let read = told.values().flatten().filter(|told| 0 < told.events).count();
    assert!(count / 2 < read, "{read} of {count} are still told for what they are");
}

#[test]
fn nothing_is_no_error() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    write(folder.path(), "empty", b"");
    write(folder.path(), "blank", b"\n \r\n\n");
    let nothing = Some(Told { events: 0, malformed: 0 });
    assert_eq!(told(folder.path()).into_values().collect::<Vec<_>>(), [nothing, nothing]);
}

#[test]
fn a_huge_record_costs_no_other() {
    /// Longer than any record may be.
    const HUGE: usize = 17 << 20;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut expected = BTreeMap::new();
    for (name, bytes) in inputs() {
        // One of each way in which records lie.
        let open = match &*name {
            "ecs" => "{\"a\":\"",
            "windows-xml" => "<Event>",
            "sysmon-linux" | "zeek-table" | "audit-log" => "",
            _ => continue,
        };
        let close = if open == "<Event>" { "</Event>" } else { "\n" };
        let huge =
            [&bytes[..], open.as_bytes(), &vec![b'x'; HUGE], close.as_bytes(), &bytes].concat();
        write(folder.path(), &name, &huge);
        write(folder.path(), &format!("{name}.twice"), &[&bytes[..], &bytes].concat());
        expected.insert(name, bytes);
    }
    let told = told(folder.path());
    for name in expected.keys() {
        let (huge, twice) =
            (told[name].expect("it is read"), told[&format!("{name}.twice")].expect("it is read"));
        assert_eq!(huge.events, twice.events, "{name}");
        assert_eq!(huge.malformed, twice.malformed + 1, "{name}");
    }
}

#[test]
fn zeros_are_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let zeros = vec![0; 64 << 10];
    for (name, bytes) in inputs() {
        write(folder.path(), &name, &[&bytes[..], &zeros].concat());
        write(folder.path(), &format!("{name}.alone"), &bytes);
    }
    write(folder.path(), "zeros", &zeros);
    let told = told(folder.path());
    assert_eq!(told["zeros"], None);
    for (name, _) in inputs() {
        let (with, alone) =
            (told[&name].expect("it is read"), told[&format!("{name}.alone")].expect("it is read"));
        // A log may have an empty chunk.
        let lost = u64::from(name != "windows-evtx");
        assert_eq!((with.events, with.malformed), (alone.events, alone.malformed + lost), "{name}");
    }
}
