//! Every door of the fuzz targets, over a fixed set of inputs: seeds, what chance makes of them, and noise.
//!
//! A door that panics fails here, on any compiler, long before somebody fuzzes it. With `BROKERWATCH_SEEDS=FOLDER` the
//! seeds are written there as well, a folder for each door, which is where fuzzing starts.

#![expect(clippy::disallowed_methods, reason = "a test reads its seeds from files")]

use std::collections::HashSet;
use std::io::Cursor;
use std::path::{Path, PathBuf};

#[expect(dead_code, reason = "shared with the tests of telemetry, which make archives as well")]
#[path = "telemetry/archives.rs"]
mod archives;
#[path = "telemetry/evtx.rs"]
mod evtx;
#[expect(unreachable_pub, reason = "public for the fuzz targets")]
#[path = "../../../fuzz/src/lib.rs"]
mod fuzz;
mod random;

use brokerwatch_esql::commands::{COMMANDS, SOURCES};
use brokerwatch_ingest::{Chunk, Reader, readers};
use evtx::Element;
use random::Random;

/// What chance makes of each seed.
const MUTANTS_PER_SEED: usize = 25;

/// Inputs of noise for each door.
const NOISE: usize = 300;

/// Longest seed that is a text or a file of one; longer files are cut, so that the test stays quick. Logs are not cut.
const SEED_BYTES_MAX: usize = 4 << 10;

/// Texts that the doors' own grammars are made of, so that chance says something they understand.
const WORDS: &[&str] = &[
    "any where ",
    "process where ",
    " and ",
    " or ",
    "not ",
    " in (",
    " in~ (",
    " : ",
    " like ",
    " regex~ ",
    "\"",
    "\\",
    "\"\"\"",
    "null",
    "?",
    "*",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "|",
    "&",
    "~",
    "<1-9>",
    "@",
    "#",
    "sequence by ",
    "sample",
    "![",
    " with maxspan=1m",
    " with runs=2",
    " until ",
    "| head 1",
    "a.b",
    "`",
    "//",
    "/*",
    "*/",
    "==",
    "!=",
    "1",
    "-",
    "0x",
    "1e999",
    "\u{0}",
    "\u{feff}",
    "é",
    "😀",
    "ß",
    "İ",
    "\n",
    "\r\n",
    "\t",
    ",",
    ":",
    ".",
    "'''",
    "[rule]",
    "=",
    "{\"a\":",
    "true",
    "[[rule.threat]]",
    "{2}",
    "{2,}",
    "\\u{e9}",
    "\\ud800",
    "\u{1f}\u{8b}",
    "length(",
    "cidrMatch(",
    "\"10.0.0.0/8\"",
    "18446744073709551616",
    "+",
    "^",
    "$",
    "(?=",
    "FROM a | ",
    "| WHERE ",
    "| STATS ",
    " BY ",
    "| KEEP ",
    "| FORK (",
    " METADATA ",
    "::",
    "??p",
    "7 days",
    "SET ",
    ";",
    "<Event>",
    "</Event>",
    "<Data Name=\"Image\">",
    "&#x0;",
    "<![CDATA[",
    "type=SYSCALL msg=audit(1772360461.250:7): ",
    "type=EOE msg=audit(",
    "a0=",
    "=\"",
    "\u{1d}",
    "saddr=0200075BCB007109",
    "#fields\tts\t",
    "#separator \\x09\n",
    "-9223372036854775808",
    "2026-03-01T10:05:01.25Z",
    "9999-12-31T23:59:59.999999999+23:59",
    "ElfChnk\u{0}",
    "**\u{0}\u{0}",
];

/// Every door with its name.
fn doors() -> impl Iterator<Item = (&'static str, Box<dyn Fn(&[u8])>)> {
    let doors =
        fuzz::DOORS.iter().map(|(name, door)| (*name, Box::new(*door) as Box<dyn Fn(&[u8])>));
    let sources = readers::ALL.iter().map(|source| source.name);
    doors.chain(sources.map(|name| (name, Box::new(|bytes: &[u8]| fuzz::source(name, bytes)) as _)))
}

#[test]
fn doors_stay_on_their_hinges() {
    for (name, door) in doors() {
        let mut random = Random::new(7);
        let seeds = seeds(name);
        write_seeds(name, &seeds);
        for seed in &seeds {
            door(seed);
            for _ in 0..MUTANTS_PER_SEED {
                let other = random.pick(&seeds).clone();
                door(&mutated(seed, &other, &mut random));
            }
        }
        for _ in 0..NOISE {
            door(&noise(&mut random));
        }
    }
}

#[test]
fn every_door_has_its_fuzz_target() {
    let manifest = text("fuzz/Cargo.toml");
    let has = |name: &str, path: &str, call: &str| {
        let lines = format!("\nname = \"{name}\"\npath = \"{path}\"\n");
        assert!(manifest.contains(&lines), "{name} has no target");
        assert!(text(&format!("fuzz/{path}")).contains(call), "{path}: no `{call}`");
    };
    for (name, _) in fuzz::DOORS {
        has(name, &format!("fuzz_targets/{name}.rs"), &format!("doors::{name}(bytes)"));
    }
    for readers::Source { name, .. } in readers::ALL {
        let path = format!("fuzz_targets/sources/{name}.rs");
        has(name, &path, &format!("doors::source(\"{name}\", bytes)"));
    }
    let names: HashSet<&str> = doors().map(|(name, _)| name).collect();
    assert_eq!(names.len(), doors().count(), "two doors of one name");
    assert_eq!(manifest.matches("[[bin]]").count(), names.len(), "a target without a door");
}

/// Writes what fuzzing starts with, if that is asked for.
fn write_seeds(door: &str, seeds: &[Vec<u8>]) {
    let Some(folder) = std::env::var_os("BROKERWATCH_SEEDS") else { return };
    // Tests run in the folder of their crate, people do not.
    let folder = root().join(folder).join(door);
    std::fs::create_dir_all(&folder).expect("the folder of seeds can be made");
    for (number, seed) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number}")), seed).expect("a seed can be written");
    }
}

/// A seed with a few changes: bytes flipped, cut out, repeated, put in from elsewhere.
fn mutated(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        // Most of an event log is room for events to come.
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let at = random.below(used + 1);
        let end = (at + random.below(20)).min(bytes.len());
        match random.below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, random.pick(WORDS).bytes())),
            2 => drop(bytes.splice(at..end, random.pick(WORDS).bytes())),
            3 => {
                let piece = bytes[at..end].repeat(1 + random.below(30));
                drop(bytes.splice(at..end, piece));
            }
            4 => {
                let from = random.below(other.len() + 1);
                let to = (from + random.below(60)).min(other.len());
                drop(bytes.splice(at..end, other[from..to].iter().copied()));
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
    bytes
}

/// Words after one another, or bytes.
fn noise(random: &mut Random) -> Vec<u8> {
    let length = random.below(60);
    if random.below(3) == 0 {
        return (0..length).map(|_| random.next() as u8).collect();
    }
    (0..length).flat_map(|_| random.pick(WORDS).bytes()).collect()
}

/// What each door is used to.
fn seeds(door: &str) -> Vec<Vec<u8>> {
    let seeds = match readers::source(door) {
        Some(source) => logs(source.name),
        None => texts_for(door),
    };
    let at_least = if readers::source(door).is_some() { 1 } else { 4 };
    assert!(at_least <= seeds.len(), "{door} has {} seeds", seeds.len());
    seeds
}

/// The logs of a source: those that the tests of telemetry and of mappings read.
fn logs(source: &str) -> Vec<Vec<u8>> {
    if source == "windows-evtx" {
        return vec![
            evtx::log(&[]),
            evtx::log(&[event("1")]),
            evtx::log(&["3", "11", "13"].map(event)),
        ];
    }
    let folders = ["crates/brokerwatch/tests/telemetry/sources", "crates/ingest/mappings"];
    let files = folders.into_iter().flat_map(files_by_name);
    let is_log = |path: &Path| path.extension().is_some_and(|end| end == "in" || end == "input");
    let logs = files.filter(|(path, _)| is_log(path)).map(|(_, log)| log);
    logs.filter(|log| told(log) == Some(source)).collect()
}

/// The source that a log is told to be of.
fn told(log: &[u8]) -> Option<&'static str> {
    let mut reader = Reader::open(Box::new(Cursor::new(log.to_vec()))).ok()?;
    let mut chunk = Chunk::default();
    reader.next_chunk(&mut chunk).ok()?;
    chunk.source.map(|source| source.name)
}

/// An event of Sysmon.
fn event(code: &str) -> Element<'_> {
    let element = |name, text, attributes, children| Element { name, attributes, text, children };
    let told = |name, key, value| element(name, "", vec![(key, value)], Vec::new());
    let datum = |name, text| element("Data", text, vec![("Name", name)], Vec::new());
    let system = vec![
        told("Provider", "Name", "Microsoft-Windows-Sysmon"),
        element("EventID", code, Vec::new(), Vec::new()),
        told("TimeCreated", "SystemTime", "2026-03-01T10:05:01.2500000Z"),
        element("Channel", "Microsoft-Windows-Sysmon/Operational", Vec::new(), Vec::new()),
        element("Computer", "ws-1.example.com", Vec::new(), Vec::new()),
    ];
    let data = vec![
        datum("UtcTime", "2026-03-01 10:05:01.250"),
        datum("ProcessId", "4711"),
        datum("Image", "C:\\Agent\\agent.exe"),
        datum("User", "CORP\\ann"),
        datum("Protocol", "tcp"),
        datum("Initiated", "true"),
        datum("DestinationIp", "203.0.113.9"),
        datum("DestinationPort", "1883"),
        datum("Hashes", "SHA256=00,MD5=11"),
        datum("TargetObject", "HKLM\\System\\x"),
    ];
    let parts =
        vec![element("System", "", Vec::new(), system), element("EventData", "", Vec::new(), data)];
    element("Event", "", Vec::new(), parts)
}

fn texts_for(door: &str) -> Vec<Vec<u8>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    let mut seeds: Vec<Vec<u8>> = match door {
        "eql" => pages().iter().flat_map(|page| blocks(page, "eql")).collect(),
        "dissect" => texts(DISSECTS),
        "grok" => texts(GROKS),
        "kql" => texts(SEARCHES),
        "lucene" => texts(QUERY_STRINGS),
        "exceptions" => {
            files("packs/pubsub/exceptions").into_iter().chain(texts_of(EXCEPTIONS)).collect()
        }
        "lists" => files("packs/pubsub/lists"),
        "rule_tests" => files_by_name("packs")
            .into_iter()
            .filter(|(path, _)| path.to_string_lossy().ends_with(".tests.md"))
            .map(|(_, page)| page)
            .collect(),
        "esql" | "esql_plan" => {
            let all = SOURCES.iter().chain(COMMANDS);
            all.map(|command| command.example.as_bytes().to_vec()).collect()
        }
        "json_record" => {
            let pages = pages();
            let events = pages.iter().flat_map(|page| blocks(page, "ndjson"));
            events
                .flat_map(|block| {
                    block.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>()
                })
                .collect()
        }
        "lucene_regex" => texts(REGEXES),
        "matcher" => texts(MATCHES),
        "reader" => files("examples/events"),
        "rule_file" => files("packs"),
        "wildcard" => texts(WILDCARDS),
        other => panic!("say what the seeds of `{other}` are"),
    };
    match door {
        "eql" => seeds.extend(texts_of(SEQUENCES)),
        "esql" => seeds.extend(texts_of(ESQL)),
        "esql_plan" => seeds.extend(pages().iter().flat_map(|page| blocks(page, "esql"))),
        "reader" => seeds.extend(texts_of(INPUTS)),
        "rule_file" => seeds.extend(texts_of(RULES)),
        _ => {}
    }
    seeds.iter_mut().for_each(|seed| seed.truncate(SEED_BYTES_MAX));
    seeds
}

fn texts_of(texts: &[&str]) -> impl Iterator<Item = Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec())
}

const MATCHES: &[&str] = &[
    "{\"process\":{\"name\":[\"curl\",\"Wget\"],\"pid\":7},\"event\":{\"category\":\"process\"}}\nprocess where process.name : (\"c*l\", \"w?et\") and not process.pid in (7, 8)",
    "{\"destination\":{\"ip\":\"10.0.0.1\",\"port\":\"1883\"},\"event.category\":[\"network\",\"file\"]}\nnetwork where destination.port == 1883 and not cidrMatch(destination.ip, \"10.0.0.0/8\") or length(user.name) > 2",
    "{\"a\":[1,2.5,\"3\",null,true],\"b\":{\"c\":\"x\"}}\nany where a == 2.5 and not (?b.c != \"X\" or a > 2) and b.c in~ (\"X\", \"y\")",
    "{\"x\":\"abba\",\"y\":\"abba\"}\nany where x regex~ \"A(b|c)+a\" and x == y and concat(x, y) like \"*ba?ba\" and indexOf(x, \"b\", 1) == 1",
    "{\"x\":-3,\"y\":0}\nany where x % 2 == -1 and x + y * 2 < 1 and not (x / 1 == 4 or y == null)",
];

const SEQUENCES: &[&str] = &[
    "sequence by host.id with maxspan=5s [process where true] by user.id with runs=2 ![network where true] by ?user.id until [any where false] by a.b | tail 2",
    "sample by host.id [any where a == 1] [any where b : \"x*\"]",
    "sequence [any where true] [any where true] | head 3",
];

const ESQL: &[&str] = &[
    "SET a = \"b\"; FROM x:logs-*::data, -y METADATA _id // c\n| WHERE NOT a LIKE (\"b*\", ?p) AND c::ip IS NOT NULL | LIMIT ?1",
    "FROM (FROM a | KEEP b*, `c`*) | WHERE b IN (ROW d = [1, -2.5]) OR e : \"f\" | STATS count( * ) WHERE g BY h = i % 7 days",
    "FROM a | EVAL b = f(c, {\"d\": {\"e\": null}}), -1::long + 2 | FORK (SORT b DESC NULLS FIRST | DROP c) (RENAME d AS e)",
];

const DISSECTS: &[&str] = &[
    "%{a} %{b}: %{+a/2} %{+a/1}\nx y: z w\n",
    "%{?k}=%{&k}\na=b\n",
    "[%{a->}] %{b} %{}\n[x]    y z\n[x] y\n",
    "%{*k}:%{&k},\na:b,\na:,\n",
];

const GROKS: &[&str] = &[
    "%{IP:source.ip} %{WORD:verb} %{NUMBER:n:int}\n10.0.0.1 GET 7\n::1 GET x\n",
    "(?<a>[a-z]+)\\d{2,}%{GREEDYDATA:rest}\nab123\n",
    "^%{TIMESTAMP_ISO8601:t} \\[%{LOGLEVEL:level}\\] %{DATA:d}$\n2026-01-01T00:00:00Z [INFO] x\n",
    "(?:%{HOSTNAME:h}|-)(?=x)(?!y)\n-x\na.bx\n",
];

const SEARCHES: &[&str] = &[
    "event.category : (process or \"network\") and not process.name : cmd* and destination.port >= 1883",
    "a : { b : c and d : \"e\" } or x.* : \"y\" or \"z\"",
    "source.ip : 10.0.0.0/8 and not file.path : *\\\\Temp\\\\* or @timestamp < \"now-1d\"",
    "not (a:b) and (c : (d and not e)) or f :*",
];

const QUERY_STRINGS: &[&str] = &[
    "a:(b OR c) AND NOT d:\"e f\" && !g:h* || +i:j -k:?l",
    "a:[1 TO 5} OR b:{* TO \"x\"] OR c:>=7 OR _exists_:d",
    "process.args:/--?(enc|e)=.*/ AND \\(x\\) ",
    "(a) b AND (c:(d e) OR *:*)",
];

const EXCEPTIONS: &[&str] = &[
    "{\"list_id\":\"a\",\"item_id\":\"b\",\"name\":\"n\",\"type\":\"simple\",\"entries\":[{\"field\":\"process.name\",\"operator\":\"included\",\"type\":\"match_any\",\"value\":[\"x\",\"y\"]}]}\n",
    "[exceptions]\n[[exceptions.items]]\nentries = [{field = \"a\", operator = \"excluded\", type = \"exists\"}]\n",
    "{\"list_id\":\"a\",\"name\":\"n\",\"type\":\"detection\"}\n{\"exported_count\":1}\n",
];

const INPUTS: &[&str] = &[
    "{\"a\":1}\n{\"a\":2}\n\n{\"a\":",
    "[{\"a\":1},{\"b\":[{\"c\":\"]}\"}]}]",
    "{\"hits\":{\"hits\":[{\"_source\":{\"a\":1}}]}}",
    "\u{feff}{\"a\":\"é\"} {\"a\":\"\\\"}\"}{}",
];

const RULES: &[&str] = &[
    "[metadata]\ncreation_date = \"2026/01/01\"\nupdated_date = \"2026/01/01\"\n[rule]\nauthor = [\"a\"]\ndescription = \"d\"\n\
     name = \"n\"\nrisk_score = 21\nseverity = \"low\"\nrule_id = \"0f2d5a63-8a37-4a5a-9c0e-3f1c7a9b6d21\"\ntype = \"eql\"\n\
     language = \"eql\"\nquery = '''\nprocess where true\n'''\n",
    "[rule]\ntype = \"threshold\"\nquery = \"a == \\\"b\\\"\"\n[rule.threshold]\nfield = [\"a\"]\nvalue = 1\n",
    "[transform]\n[[transform.investigate]]\nlabel = \"l\"\nproviders = [[{excluded = false, field = \"a\", queryType = \"phrase\", value = \"v\", valueType = \"string\"}]]\n",
];

const REGEXES: &[&str] = &[
    ".*net1?[ ]+(user|localgroup).*\nnet user\nNET1  LocalGroup\n",
    "~(a*)&@b@\nab\naab\n",
    "<1-12>|<001-99>\n7\n007\n",
    "a\\*\"b*\"[^c-e]{2,3}\na*b*xx\na*b*xe\n",
    "(?i)\\d+\\.[[:alpha:]]\n1.a\nd.x\n",
];

const WILDCARDS: &[&str] = &[
    "*\\system32\\*,?:\\Windows\\*\nC:\\Windows\\System32\\x.dll\nc:\\windows\n",
    "a*b?c*\nabxc\naxxbbxcx\n",
    "*,**,?*\n\na\n",
    "É*ß,ss*\néß\nSS\n",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages of the specification.
fn pages() -> Vec<String> {
    files("spec").into_iter().map(|page| String::from_utf8_lossy(&page).into_owned()).collect()
}

/// The fenced blocks of one kind.
fn blocks(page: &str, kind: &str) -> Vec<Vec<u8>> {
    let opening = format!("```{kind}\n");
    let parts = page.split(&opening).skip(1);
    parts.filter_map(|part| Some(part.split_once("\n```")?.0.as_bytes().to_vec())).collect()
}

/// The files below a folder of the repository, in the order of their paths.
fn files(folder: &str) -> Vec<Vec<u8>> {
    files_by_name(folder).into_iter().map(|(_, bytes)| bytes).collect()
}

fn files_by_name(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut folders = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries.map_while(Result::ok) {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found.into_iter().filter_map(|path| Some((path.clone(), std::fs::read(&path).ok()?))).collect()
}
