//! Containers and framing, from the outside: what is read of an input, however it is packed, cut and delivered.
//!
//! The folder beside this file holds inputs with the listing of what is read of each: a line for a record with its
//! line, its offset and its bytes, `!` before a defect, and why reading ended if it did not end well. Compressed forms
//! are made here, so that every input is tried in each.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, Cursor, Read, Write as _};

use brokerwatch_ingest::archive::{self, Member};
use brokerwatch_ingest::limits::{BLOCK_BYTES, RECORD_BYTES_MAX};
use brokerwatch_ingest::{Bounds, Chunk, Defect, ReadError, Reader, Records};
use proptest::prelude::*;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

const DIR: &str = "tests/containers";

/// What is read of an input.
#[derive(Debug, Default, PartialEq, Eq)]
struct Listing {
    /// Offset, line, and the record or defect as it is shown.
    items: Vec<(u64, u64, String)>,
    error: Option<String>,
}

impl Listing {
    fn of(reader: Result<Reader, ReadError>) -> Listing {
        let mut listing = Listing::default();
        if let Err(error) = reader.and_then(|mut reader| listing.read(&mut reader)) {
            listing.error = Some(error.to_string());
        }
        listing.items.sort();
        listing
    }

    fn read(&mut self, reader: &mut Reader) -> Result<(), ReadError> {
        let mut chunk = Chunk::default();
        let mut at = 0;
        while reader.next_chunk(&mut chunk)? {
            assert!(at <= chunk.origin.offset_bytes, "chunks come in order");
            at = chunk.origin.offset_bytes + chunk.bytes.len() as u64;
            assert_eq!(chunk.lines, newlines(&chunk.bytes));
            self.add(&chunk);
        }
        assert!(chunk.bytes.is_empty() && chunk.defects.is_empty(), "the end is empty");
        assert!(!reader.next_chunk(&mut chunk)?, "the end is the end");
        Ok(())
    }

    fn add(&mut self, chunk: &Chunk) {
        for Defect { origin, why } in &chunk.defects {
            self.items.push((origin.offset_bytes, origin.line, format!("! {why}")));
        }
        match &chunk.records {
            Records::Lines => self.add_lines(chunk),
            Records::Spans(records) => {
                for record in records {
                    let mut text = shown(&chunk.bytes[record.start..record.end]);
                    if let Some((start, end)) = record.header {
                        text = format!("{} -> {text}", shown(&chunk.bytes[start..end]));
                    }
                    let offset = record.origin.offset_bytes;
                    assert_eq!(offset, chunk.origin.offset_bytes + record.start as u64);
                    self.items.push((offset, record.origin.line, text));
                }
            }
        }
    }

    fn add_lines(&mut self, chunk: &Chunk) {
        let mut offset = chunk.origin.offset_bytes;
        for (number, line) in
            (chunk.origin.line..).zip(chunk.bytes.split_inclusive(|&b| b == b'\n'))
        {
            if !line.trim_ascii().is_empty() {
                self.items.push((offset, number, shown(line)));
            }
            offset += line.len() as u64;
        }
    }

    fn records(&self) -> Vec<&(u64, u64, String)> {
        self.items.iter().filter(|(.., text)| !text.starts_with('!')).collect()
    }

    fn print(&self) -> String {
        let mut out = String::new();
        for (offset, line, text) in &self.items {
            writeln!(out, "{line}@{offset} {text}").unwrap();
        }
        if let Some(error) = &self.error {
            writeln!(out, "error: {error}").unwrap();
        }
        out
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

fn shown(record: &[u8]) -> String {
    String::from_utf8_lossy(record.trim_ascii()).replace('\r', "\\r").replace('\n', "\\n")
}

fn plain(bytes: &[u8]) -> Listing {
    Listing::of(Reader::open(Box::new(Cursor::new(bytes.to_vec()))))
}

/// Gives its bytes in pieces of these sizes, in turn, and then ends, or fails.
struct Pieces {
    bytes: Cursor<Vec<u8>>,
    sizes: Vec<usize>,
    next: usize,
    fails: bool,
}

impl Pieces {
    fn new(bytes: &[u8], sizes: &[usize], fails: bool) -> Pieces {
        Pieces { bytes: Cursor::new(bytes.to_vec()), sizes: sizes.to_vec(), next: 0, fails }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.next % self.sizes.len()].min(buffer.len());
        self.next += 1;
        let count = self.bytes.read(&mut buffer[..size])?;
        if count == 0 && self.fails {
            return Err(io::Error::other("the cable was pulled"));
        }
        Ok(count)
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(unit).collect()
}

fn zip(members: &[(&str, CompressionMethod, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, method, content) in members {
        let options = SimpleFileOptions::default().compression_method(*method);
        if let Some(folder) = name.strip_suffix('/') {
            writer.add_directory(folder, options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(content).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

fn members(archive: &[u8]) -> Vec<Member> {
    archive::members(&mut Cursor::new(archive)).unwrap().unwrap()
}

fn member(archive: &[u8], member: &Member) -> Listing {
    Listing::of(member.open(Cursor::new(archive.to_vec())).and_then(Reader::open))
}

/// Each input of the folder.
fn each_input(mut run: impl FnMut(&[u8])) {
    let run = RefCell::new(&mut run);
    brokerwatch_testkit::golden_bytes(DIR, |bytes| {
        (run.borrow_mut())(bytes);
        plain(bytes).print()
    });
}

#[test]
fn every_input_is_read_as_its_listing_says() {
    each_input(|_| {});
}

#[test]
fn blocks_and_pieces_change_nothing() {
    each_input(|bytes| {
        let whole = plain(bytes);
        for sizes in [&[1][..], &[7], &[3, 1, 50, 2, 11]] {
            for block_bytes in [1, 2, 7, 64, BLOCK_BYTES] {
                let bounds = Bounds { block_bytes, ..Bounds::default() };
                let reader =
                    Reader::open_within(Box::new(Pieces::new(bytes, sizes, false)), bounds);
                assert_eq!(Listing::of(reader), whole, "pieces {sizes:?}, block {block_bytes}");
            }
        }
    });
}

#[test]
fn packing_changes_nothing() {
    each_input(|bytes| {
        let whole = plain(bytes);
        let twice = [gzip(b""), gzip(bytes)].concat();
        let behind = [&b"\x5A\x2A\x4D\x18\x02\0\0\0ab"[..], &zstd(bytes)].concat();
        for packed in [gzip(bytes), zstd(bytes), twice, behind] {
            assert_eq!(plain(&packed), whole);
        }
        for method in
            [CompressionMethod::Stored, CompressionMethod::Deflated, CompressionMethod::Zstd]
        {
            let archive = zip(&[("logs/a.json", method, bytes)]);
            let [only] = members(&archive).try_into().unwrap();
            assert_eq!(only.name, "logs/a.json");
            assert_eq!(member(&archive, &only), whole, "{method}");
        }
    });
}

#[test]
fn utf16_is_read_as_utf8() {
    each_input(|bytes| {
        let Some(text) = std::str::from_utf8(bytes).ok().filter(|t| !t.starts_with('\u{FEFF}'))
        else {
            return;
        };
        let whole = plain(bytes);
        for encoded in [utf16(text, u16::to_le_bytes), utf16(text, u16::to_be_bytes)] {
            assert_eq!(plain(&encoded), whole);
            assert_eq!(plain(&gzip(&encoded)), whole);
        }
    });
}

/// What was whole before the cut is given out, and nothing that was not.
#[test]
fn an_input_that_breaks_off_is_read_as_far_as_it_goes() {
    each_input(|bytes| {
        let whole = plain(bytes);
        for cut in 0..bytes.len() {
            let cable = Reader::open(Box::new(Pieces::new(&bytes[..cut], &[BLOCK_BYTES], true)));
            let read = Listing::of(cable);
            assert!(read.error.is_some(), "cut at {cut}");
            let (read, whole) = (read.records(), whole.records());
            assert!(whole.starts_with(&read), "{}", String::from_utf8_lossy(&bytes[..cut]));
        }
    });
}

#[test]
fn a_cut_archive_gives_what_was_whole_and_then_the_error() {
    // Numbers that do not compress away, so that most cuts go through the content.
    let text: String = (0_u64..20_000).fold(String::new(), |mut text, n| {
        writeln!(text, "{{\"a\":{}}}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).unwrap();
        text
    });
    let whole = plain(text.as_bytes());
    for packed in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
        for cut in [5, packed.len() / 3, packed.len() / 2, packed.len() - 1] {
            let read = plain(&packed[..cut]);
            assert!(read.error.as_deref().unwrap().contains("reading stopped"), "{:?}", read.error);
            assert!(read.items.len() < whole.items.len() || cut == packed.len() - 1);
            assert!(cut < packed.len() / 2 || 1_000 < read.items.len(), "{}", read.items.len());
            assert_eq!(read.items, whole.items[..read.items.len()]);
        }
    }
}

#[test]
fn the_members_of_an_archive_are_inputs() {
    let inner = zip(&[("a.json", CompressionMethod::Stored, b"{}")]);
    let archive = zip(&[
        ("b.json", CompressionMethod::Deflated, b"{\"a\":1}\n"),
        ("logs/", CompressionMethod::Stored, b""),
        ("logs/2026/a.json", CompressionMethod::Stored, b"[{\"a\":2}]"),
        ("logs/2026/a.json.gz", CompressionMethod::Stored, &gzip(b"{\"a\":3}\n")),
        ("logs/empty", CompressionMethod::Deflated, b""),
        ("logs/inner.zip", CompressionMethod::Stored, &inner),
        ("__MACOSX/._b.json", CompressionMethod::Stored, b"\0\x05\x16\x07"),
        ("\u{1B}[2J.json", CompressionMethod::Stored, b"{\"a\":4}"),
    ]);
    let mut listing = String::new();
    for each in members(&archive) {
        let read = member(&archive, &each);
        write!(listing, "{}\n{}", each.name, read.print()).unwrap();
    }
    assert_eq!(
        listing,
        "b.json\n1@0 {\"a\":1}\n\
         logs/2026/a.json\n1@1 {\"a\":2}\n\
         logs/2026/a.json.gz\n1@0 {\"a\":3}\n\
         logs/empty\n\
         logs/inner.zip\nerror: not telemetry that is known here: it looks like a zip archive inside a stream or another archive, \
         which has to be unpacked first\n\
         \u{FFFD}[2J.json\n1@0 {\"a\":4}\n"
    );
    let none = zip(&[]);
    assert_eq!(none.len(), archive::BYTES_MIN);
    assert_eq!(members(&none), []);
}

#[test]
fn what_is_no_archive_is_left_alone() {
    for bytes in [&b""[..], b"PK", b"{\"a\":1}\n", &gzip(b"{}")] {
        assert_eq!(archive::members(&mut Cursor::new(bytes)).unwrap(), None);
    }
}

#[test]
fn large_archives_are_read_by_their_own_records() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().large_file(true);
    writer.start_file("a.json", options).unwrap();
    writer.write_all(b"{\"a\":1}\n").unwrap();
    // More members than 16 bits count.
    for number in 0..70_000 {
        writer.add_directory(format!("{number}"), SimpleFileOptions::default()).unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    let [only] = members(&archive).try_into().unwrap();
    assert_eq!(member(&archive, &only).print(), "1@0 {\"a\":1}\n");
}

#[track_caller]
fn refused(archive: &[u8], why: &str) {
    let error = match archive::members(&mut Cursor::new(archive)) {
        Err(error) => error.to_string(),
        Ok(members) => {
            let listing = member(archive, &members.unwrap()[0]);
            listing.error.unwrap()
        }
    };
    assert!(error.contains(why), "{error}");
}

/// An archive of one stored member, changed at the first place where `bytes` stand, by so much.
fn changed(bytes: &[u8], offset: usize, to: &[u8]) -> Vec<u8> {
    let mut archive = zip(&[("a.json", CompressionMethod::Stored, b"{\"a\":1}\n")]);
    let at = archive.windows(bytes.len()).position(|window| window == bytes).unwrap() + offset;
    archive[at..at + to.len()].copy_from_slice(to);
    archive
}

#[test]
fn archives_that_cannot_be_read_say_why() {
    let entry = b"PK\x01\x02";
    refused(&changed(entry, 8, &[1]), "`a.json` is encrypted; unpack");
    refused(&changed(entry, 10, &[9]), "`a.json` is compressed with Deflate64; unpack");
    refused(&changed(entry, 10, &[77]), "compressed with method 77");
    refused(&changed(entry, 16, &[0]), "damaged");
    refused(&changed(entry, 24, &[99]), "damaged");
    refused(&changed(b"{\"a\"", 2, b"b"), "damaged");
    refused(&changed(entry, 42, &[1]), "`a.json` is not where its list says");
    refused(&changed(entry, 28, &[0, 0x20]), "a name of 8192 bytes; 4096 are the most");
    refused(&changed(entry, 30, &[200]), "its list ends before member 1 of 1");
    refused(&changed(b"PK\x05\x06", 10, &[2]), "its list ends before member 2 of 2");
    refused(&changed(b"PK\x05\x06", 4, &[1]), "split");
    let whole = changed(entry, 0, b"P");
    for cut in 4..whole.len() {
        refused(&whole[..cut], "its end is missing");
    }
}

#[test]
fn a_damaged_member_is_read_before_it_is_told() {
    let archive = changed(b"{\"a\":1}", 5, b"2");
    let listing = member(&archive, &members(&archive)[0]);
    assert_eq!(listing.items, [(0, 1, "{\"a\":2}".to_owned())]);
    assert!(listing.error.unwrap().contains("damaged"));
}

#[test]
fn an_archive_may_say_anything() {
    let archive = zip(&[
        ("a.json", CompressionMethod::Deflated, b"{\"a\":1}\n"),
        ("b.json", CompressionMethod::Zstd, b"{\"a\":2}\n"),
    ]);
    for at in 4..archive.len() {
        for value in [0, 1, 0x7F, 0xFF] {
            let mut changed = archive.clone();
            changed[at] = value;
            if let Ok(Some(found)) = archive::members(&mut Cursor::new(&changed)) {
                found.iter().for_each(|each| drop(member(&changed, each)));
            }
        }
    }
}

/// So many bytes of a pattern, between a start and an end, made while they are read.
struct Made {
    pattern: Vec<u8>,
    times: usize,
}

impl Made {
    fn between(start: &str, pattern: &str, times: usize, end: &str) -> Box<dyn Read + Send> {
        let made = Made { pattern: pattern.as_bytes().to_vec(), times };
        let ends = [start, end].map(|text| Cursor::new(text.as_bytes().to_vec()));
        let [start, end] = ends;
        Box::new(start.chain(io::BufReader::new(made)).chain(end))
    }
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let times = self.times.min(buffer.len() / self.pattern.len());
        for place in buffer.chunks_exact_mut(self.pattern.len()).take(times) {
            place.copy_from_slice(&self.pattern);
        }
        self.times -= times;
        Ok(times * self.pattern.len())
    }
}

/// Reads all, and gives the number of records, the defects, and the most bytes that the chunk held.
fn totals(input: Box<dyn Read + Send>) -> (usize, Vec<Defect>, usize) {
    let mut reader = Reader::open(input).unwrap();
    let mut chunk = Chunk::default();
    let (mut records, mut defects, mut held) = (0, Vec::new(), 0);
    while reader.next_chunk(&mut chunk).unwrap() {
        records += match &chunk.records {
            Records::Lines => newlines(&chunk.bytes) as usize,
            Records::Spans(list) => list.len(),
        };
        defects.append(&mut chunk.defects);
        held = held.max(chunk.bytes.capacity());
    }
    (records, defects, held)
}

#[test]
fn a_line_of_100_mb_is_not_held() {
    let pattern = "x".repeat(1 << 10);
    for (start, end) in [
        ("{\"a\":1}\n", "\n{\"a\":2}\n"),
        ("{\"a\":1}\n{\"a\":\"", "\"}\n{\"a\":2}\n"),
        ("[{\"a\":1},\n{\"a\":\"", "\"},\n{\"a\":2}]"),
        (
            "{\"index\":{}}\n{\"a\":1}\n{\"index\":{}}\n{\"a\":\"",
            "\"}\n{\"index\":{}}\n{\"a\":2}\n",
        ),
    ] {
        let (records, defects, held) = totals(Made::between(start, &pattern, 100 << 10, end));
        let whys: Vec<_> = defects.iter().map(|defect| defect.why.as_str()).collect();
        assert_eq!((records, whys), (2, vec!["a record of more than 16777216 bytes"]), "{start}");
        assert!(held < 3 * RECORD_BYTES_MAX, "{held} bytes held");
    }
}

#[test]
fn an_answer_of_any_size_is_not_held() {
    let start = "{\"took\":1,\"hits\":{\"hits\":[{\"_source\":{\"a\":0}}";
    let hit = format!(",{{\"_source\":{{\"a\":\"{}\"}}}}", "y".repeat(900));
    for newline in ["", "\n"] {
        let input = Made::between(start, &format!("{hit}{newline}"), 40_000, "]},\"a\":{}}\n");
        let (records, defects, held) = totals(input);
        assert_eq!((records, defects), (40_001, Vec::new()));
        assert!(held < 3 * BLOCK_BYTES, "{held} bytes held");
    }
    // What surrounds the records may be larger than a record can be.
    let start = "{\n\"aggregations\":[0";
    let end = "],\"hits\":{\"hits\":[{\"_source\":{\"a\":0}}]}}\n";
    let (records, defects, held) = totals(Made::between(start, ",{\"key\":1}", 2 << 20, end));
    assert_eq!((records, defects), (1, Vec::new()));
    assert!(held < 3 * RECORD_BYTES_MAX, "{held} bytes held");
}

/// Pieces of inputs, put together at random: most of them hostile.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ":",
    ",",
    "\n",
    "\n\n",
    " ",
    "x",
    "é",
    "17",
    "hits",
    "\"hits\"",
    "\"hits\":",
    "\"events\":[",
    "{\"hits\":{\"hits\":[",
    "{\"hits\":{\"sequences\":[",
    "]}}",
    "{\"a\":1}",
    "{\"a\":1}\n",
    "{\"a\":{\"b\":\"}\"}}\n",
    "{\n \"a\": [\"]\"]\n}\n",
    "{\"index\":{}}\n",
    "{\"delete\":{}}\n",
    "{\"update\":{\"_id\":\"1\"}}\n",
    "{\"a\":\"a record that is too long for the bound\"}\n",
    "\r\n",
];

fn soup() -> impl Strategy<Value = String> {
    let token = prop::sample::select(TOKENS);
    let start = prop::sample::select(
        &["", "[", "{\"a\":1}\n", "{\"index\":{}}\n", "{\"hits\":{\"hits\":["][..],
    );
    (start, prop::collection::vec(token, 0..40))
        .prop_map(|(start, tokens)| format!("{start}{}", tokens.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Split anywhere, same records, whatever stands in the input and wherever the bound lies.
    #[test]
    fn any_input_gives_the_same_records_in_any_blocks(
        input in soup(),
        record_bytes_max in prop::sample::select(&[20_usize, 45, RECORD_BYTES_MAX][..]),
        block_bytes in 1_usize..80,
        sizes in prop::collection::vec(1_usize..20, 1..4),
    ) {
        let bytes = input.as_bytes();
        let bounds = Bounds { record_bytes_max, ..Bounds::default() };
        let whole = Listing::of(Reader::open_within(Box::new(Cursor::new(bytes.to_vec())), bounds));
        let bounds = Bounds { block_bytes, ..bounds };
        let split = Listing::of(Reader::open_within(Box::new(Pieces::new(bytes, &sizes, false)), bounds));
        prop_assert_eq!(split, whole);
    }

    /// Every byte that is no blank and no record is told, when records are lines.
    #[test]
    fn lines_are_what_splitting_at_newlines_gives(
        lines in prop::collection::vec("[ a-z{}\"]{0,30}", 0..20),
        block_bytes in 1_usize..40,
    ) {
        let input = format!("{{\"a\":1}}\n{}", lines.join("\n"));
        let bounds = Bounds { block_bytes, ..Bounds::default() };
        let read = Listing::of(Reader::open_within(Box::new(Pieces::new(input.as_bytes(), &[5], false)), bounds));
        let read: Vec<_> = read.items.iter().map(|(_, line, text)| (*line, text.as_str())).collect();
        let obvious: Vec<_> = (1..).zip(input.split('\n').map(str::trim)).filter(|(_, l)| !l.is_empty()).collect();
        prop_assert_eq!(read, obvious);
    }
}
