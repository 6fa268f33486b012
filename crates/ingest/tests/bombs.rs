//! Compressed inputs that hold far more than they weigh: reading ends at the bound, what lies beside them is read, and a
//! log that repeats itself as logs do is read whole.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{Cursor, Read, Write as _};

use brokerwatch_ingest::limits::{BLOCK_BYTES, UNPACKED_BYTES_FREE, UNPACKED_RATIO_MAX};
use brokerwatch_ingest::{Chunk, ReadError, Reader, archive};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// What a bomb begins with, so that it is a log for whoever looks at its head.
const FIRST: &[u8] = b"{\"a\":1}\n";

/// How much blank space is packed at a time: tests make it, so it is not more than is needed.
const PIECE_BYTES: usize = 16 << 20;

/// What was read of an input.
#[derive(Debug, Default)]
struct Told {
    /// How much came out, by member.
    bytes: Vec<(String, u64)>,
    /// Defects, by member.
    defects: Vec<(String, String)>,
    error: Option<String>,
}

impl Told {
    fn of(reader: Result<Reader, ReadError>) -> Told {
        let mut told = Told::default();
        if let Err(error) = reader.and_then(|reader| told.read(reader)) {
            told.error = Some(error.to_string());
        }
        told
    }

    fn read(&mut self, mut reader: Reader) -> Result<(), ReadError> {
        let mut chunk = Chunk::default();
        while reader.next_chunk(&mut chunk)? {
            let member = chunk.member.as_deref().unwrap_or_default().to_owned();
            for defect in &chunk.defects {
                self.defects.push((member.clone(), defect.why.clone()));
            }
            let count = chunk.bytes.len() as u64;
            match self.bytes.last_mut().filter(|(last, _)| *last == member) {
                Some((_, bytes)) => *bytes += count,
                None => self.bytes.push((member, count)),
            }
        }
        Ok(())
    }

    fn all_bytes(&self) -> u64 {
        self.bytes.iter().map(|(_, bytes)| bytes).sum()
    }
}

fn read(input: impl Read + Send + 'static) -> Told {
    Told::of(Reader::open(Box::new(input)))
}

/// A stream that is a piece again and again, made while it is read.
struct Again {
    piece: Cursor<Vec<u8>>,
    times: usize,
}

impl Read for Again {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.piece.read(buffer)? {
                0 if 0 < self.times && !buffer.is_empty() => {
                    self.times -= 1;
                    self.piece.set_position(0);
                }
                count => return Ok(count),
            }
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

type Pack = fn(&[u8]) -> Vec<u8>;

/// Gigabytes of blank lines behind one record. Members of gzip and frames of zstd may follow one another.
fn bomb(pack: Pack) -> impl Read + Send + 'static {
    let piece = Cursor::new(pack(&vec![b'\n'; PIECE_BYTES]));
    Cursor::new(pack(FIRST)).chain(Again { piece, times: 1000 })
}

/// The same, short enough to be held.
fn short_bomb(pack: Pack) -> Vec<u8> {
    let piece = pack(&vec![b'\n'; PIECE_BYTES]);
    let times = 2 + (UNPACKED_BYTES_FREE as usize) / PIECE_BYTES;
    [pack(FIRST), piece.repeat(times)].concat()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Whether a text is the reason for which a bomb is not read on.
#[track_caller]
fn is_told(why: &str) {
    let bound = format!("more than {UNPACKED_RATIO_MAX} each; to read the rest, unpack it first");
    assert!(why.contains(" packed bytes gave 67") && why.ends_with(&bound), "{why}");
}

/// What is read of a bomb is what is free, and at most a block more.
#[track_caller]
fn is_bounded(bytes: u64) {
    assert!(UNPACKED_BYTES_FREE <= bytes + BLOCK_BYTES as u64, "{bytes} bytes");
    assert!(bytes <= UNPACKED_BYTES_FREE + BLOCK_BYTES as u64, "{bytes} bytes");
}

#[test]
fn a_bomb_is_read_up_to_the_bound() {
    for pack in [gzip as Pack, zstd] {
        let told = read(bomb(pack));
        is_told(told.error.as_deref().unwrap());
        is_bounded(told.all_bytes());
    }
}

#[test]
fn a_bomb_in_a_zip_archive_costs_no_other_member() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let blank = vec![b'\n'; PIECE_BYTES];
    for (name, method) in [
        ("1.json", CompressionMethod::Deflated),
        ("2.json", CompressionMethod::Zstd),
        ("3.json", CompressionMethod::Stored),
    ] {
        writer.start_file(name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(FIRST).unwrap();
        let times = if method == CompressionMethod::Stored { 0 } else { 6 };
        (0..times).for_each(|_| writer.write_all(&blank).unwrap());
    }
    let bytes = writer.finish().unwrap().into_inner();
    let members = archive::members(&mut Cursor::new(&bytes)).unwrap().unwrap();
    let told: Vec<Told> = members
        .iter()
        .map(|member| Told::of(member.open(Cursor::new(bytes.clone())).and_then(Reader::open)))
        .collect();
    for told in &told[..2] {
        is_told(told.error.as_deref().unwrap());
        is_bounded(told.all_bytes());
    }
    assert_eq!((told[2].error.as_deref(), told[2].all_bytes()), (None, FIRST.len() as u64));
}

#[test]
fn a_bomb_in_a_tar_archive_is_a_defect_and_costs_no_other_member() {
    let told = read(Cursor::new(tar(&[
        ("before.json", FIRST),
        ("bomb.json.gz", &short_bomb(gzip)),
        ("bomb.json.zst", &short_bomb(zstd)),
        ("after.json", FIRST),
    ])));
    assert_eq!(told.error, None);
    let of: Vec<&str> = told.defects.iter().map(|(member, _)| member.as_str()).collect();
    assert_eq!(of, ["bomb.json.gz", "bomb.json.zst"]);
    told.defects.iter().for_each(|(_, why)| is_told(why));
    let first = FIRST.len() as u64;
    assert_eq!(told.bytes.first(), Some(&("before.json".to_owned(), first)));
    assert_eq!(told.bytes.last(), Some(&("after.json".to_owned(), first)));
}

/// What lies behind the bomb is in the same stream, and is lost with it.
#[test]
fn a_packed_tar_archive_ends_where_it_is_a_bomb() {
    let blank = vec![b'\n'; 6 * PIECE_BYTES];
    let members = [("before.json", FIRST), ("blank.json", &blank), ("after.json", FIRST)];
    let told = read(Cursor::new(gzip(&tar(&members))));
    let error = told.error.as_deref().unwrap();
    is_told(error);
    assert!(error.starts_with("reading stopped after 67"), "{error}");
    assert_eq!(told.bytes.first(), Some(&("before.json".to_owned(), FIRST.len() as u64)));
    assert_eq!(told.defects.len(), 1, "{:?}", told.defects);
    assert_eq!(told.defects[0].0, "blank.json");
    is_bounded(told.all_bytes());
}

/// Each member is within the bound, and the archive is not.
#[test]
fn members_are_held_to_the_bound_together_if_they_were_packed_together() {
    let member = gzip(&[FIRST, &vec![b'\n'; 3 * PIECE_BYTES]].concat());
    let names = ["1.gz", "2.gz", "3.gz", "4.gz"];
    let members = tar(&names.map(|name| (name, &*member)));
    let alone = read(Cursor::new(members.clone()));
    assert_eq!((alone.error.as_deref(), &alone.defects[..]), (None, &[][..]));
    for pack in [gzip as Pack, zstd] {
        let told = read(Cursor::new(pack(&members)));
        assert_eq!(told.error, None);
        assert!(!told.defects.is_empty());
        told.defects.iter().for_each(|(_, why)| is_told(why));
        is_bounded(told.all_bytes());
    }
}

/// The same event again and again, as a probe makes it: only the time and a number differ.
fn probe(count: u64) -> Vec<u8> {
    let mut log = Vec::new();
    for number in 0..count {
        let (seconds, millis) = (number / 1000 % 60, number % 1000);
        writeln!(
            log,
            "{{\"@timestamp\":\"2026-03-01T10:05:{seconds:02}.{millis:03}Z\",\"event\":{{\"category\":[\"network\"],\
             \"action\":\"connection_attempted\",\"sequence\":{number}}},\"process\":{{\"name\":\"probe\",\"pid\":4711,\
             \"executable\":\"/usr/local/bin/probe\",\"args\":[\"probe\",\"--every\",\"1ms\"]}},\"destination\":\
             {{\"ip\":\"203.0.113.9\",\"port\":1883}},\"host\":{{\"name\":\"edge-1\"}}}}"
        )
        .unwrap();
    }
    log
}

#[test]
fn a_log_that_repeats_itself_is_read_whole() {
    let log = probe(260_000);
    assert!(UNPACKED_BYTES_FREE < log.len() as u64);
    let same = probe(1).repeat(260_000);
    let cases = [(&log, gzip as Pack, 10), (&log, zstd, 10), (&same, gzip, 100)];
    for (log, pack, at_least) in cases {
        let packed = pack(log);
        let ratio = log.len() / packed.len();
        assert!(at_least < ratio, "{ratio}: nothing to be mistaken for a bomb");
        let told = read(Cursor::new(packed));
        assert_eq!(told.error, None, "{ratio}");
        assert_eq!(told.all_bytes(), log.len() as u64);
    }
}
