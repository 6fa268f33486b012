//! Windows event logs that tests make: one chunk of records, each with a template of its own that holds all its text.
//!
//! Source: the layout as libevtx documents it (`Windows XML Event Log (EVTX)`, sections 2 to 5).

use crate::archives::crc32;

const HEADER_BYTES: usize = 4096;
const CHUNK_BYTES: usize = 64 << 10;
const CHUNK_HEADER_BYTES: usize = 512;

/// An element: its name, its attributes, and its text or the elements in it.
pub(crate) struct Element<'a> {
    pub(crate) name: &'a str,
    pub(crate) attributes: Vec<(&'a str, &'a str)>,
    pub(crate) text: &'a str,
    pub(crate) children: Vec<Element<'a>>,
}

/// A log of events.
pub(crate) fn log(events: &[Element<'_>]) -> Vec<u8> {
    let count = events.len() as u64;
    let mut file = b"ElfFile\0".to_vec();
    file.extend(0_u64.to_le_bytes()); // first chunk
    file.extend(0_u64.to_le_bytes()); // last chunk
    file.extend((count + 1).to_le_bytes()); // next record
    file.extend(128_u32.to_le_bytes()); // size of the header that is used
    file.extend([1, 0, 3, 0]); // version 3.1
    file.extend(4096_u16.to_le_bytes());
    file.extend(1_u16.to_le_bytes()); // chunks
    file.resize(120, 0);
    file.extend(0_u32.to_le_bytes()); // flags
    let sum = crc32(&file[..120]);
    file.extend(sum.to_le_bytes());
    file.resize(HEADER_BYTES, 0);
    file.extend(chunk(events));
    file
}

fn chunk(events: &[Element<'_>]) -> Vec<u8> {
    let mut chunk = vec![0; CHUNK_HEADER_BYTES];
    let mut last = 0;
    for (number, event) in (1_u64..).zip(events) {
        last = chunk.len();
        record(&mut chunk, number, event);
    }
    let (end, count) = (size(chunk.len()), events.len() as u64);
    let mut header = b"ElfChnk\0".to_vec();
    for number in [1, count, 1, count] {
        header.extend(number.to_le_bytes()); // first and last record, by number and by id
    }
    header.extend(128_u32.to_le_bytes());
    header.extend(size(last).to_le_bytes());
    header.extend(end.to_le_bytes());
    header.extend(crc32(&chunk[CHUNK_HEADER_BYTES..]).to_le_bytes());
    chunk[..header.len()].copy_from_slice(&header);
    let summed = [&chunk[..120], &chunk[128..512]].concat();
    chunk[124..128].copy_from_slice(&crc32(&summed).to_le_bytes());
    assert!(chunk.len() <= CHUNK_BYTES, "tests make one chunk");
    chunk.resize(CHUNK_BYTES, 0);
    chunk
}

fn record(chunk: &mut Vec<u8>, number: u64, event: &Element<'_>) {
    /// 2026-03-01 10:00:00 in steps of 100 nanoseconds since 1601.
    const WRITTEN: u64 = 134_168_328_000_000_000;
    let start = chunk.len();
    chunk.extend(b"**\0\0\0\0\0\0");
    chunk.extend(number.to_le_bytes());
    chunk.extend(WRITTEN.to_le_bytes());
    chunk.extend([0x0F, 1, 1, 0]); // fragment
    chunk.extend([0x0C, 1]); // template
    chunk.extend(1_u32.to_le_bytes());
    let definition = size(chunk.len() + 4);
    chunk.extend(definition.to_le_bytes());
    chunk.extend(0_u32.to_le_bytes()); // next template
    chunk.extend(u128::from(number).to_le_bytes()); // its GUID
    sized(chunk, |chunk| {
        chunk.extend([0x0F, 1, 1, 0]);
        element(chunk, event);
        chunk.push(0); // end of fragment
    });
    chunk.extend(0_u32.to_le_bytes()); // no values
    chunk.push(0); // end of fragment
    let length = size(chunk.len() + 4 - start).to_le_bytes();
    chunk.extend(length);
    chunk[start + 4..start + 8].copy_from_slice(&length);
}

fn element(chunk: &mut Vec<u8>, element: &Element<'_>) {
    const MORE: u8 = 0x40;
    let attributes = &element.attributes;
    chunk.push(if attributes.is_empty() { 0x01 } else { 0x01 | MORE });
    chunk.extend(0xFFFF_u16.to_le_bytes()); // depends on no value
    sized(chunk, |chunk| {
        name(chunk, element.name);
        if !attributes.is_empty() {
            sized(chunk, |chunk| {
                for (i, (key, value)) in attributes.iter().enumerate() {
                    chunk.push(if i + 1 < attributes.len() { 0x06 | MORE } else { 0x06 });
                    name(chunk, key);
                    text(chunk, value);
                }
            });
        }
        if element.text.is_empty() && element.children.is_empty() {
            return chunk.push(0x03);
        }
        chunk.push(0x02);
        if !element.text.is_empty() {
            text(chunk, element.text);
        }
        for child in &element.children {
            self::element(chunk, child);
        }
        chunk.push(0x04);
    });
}

/// What `write` writes, with its size in front.
fn sized(chunk: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = chunk.len();
    chunk.extend([0; 4]);
    write(chunk);
    let length = size(chunk.len() - start - 4);
    chunk[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// A name, defined where it is used.
fn name(chunk: &mut Vec<u8>, name: &str) {
    let place = size(chunk.len() + 4);
    chunk.extend(place.to_le_bytes());
    chunk.extend(0_u32.to_le_bytes()); // next name of this hash
    let hash = name
        .encode_utf16()
        .fold(0_u32, |hash, unit| hash.wrapping_mul(65599).wrapping_add(u32::from(unit)));
    chunk.extend(hash.to_le_bytes()[..2].iter());
    counted(chunk, name);
    chunk.extend([0, 0]);
}

fn text(chunk: &mut Vec<u8>, text: &str) {
    chunk.extend([0x05, 0x01]); // text, of type string
    counted(chunk, text);
}

fn counted(chunk: &mut Vec<u8>, text: &str) {
    let units: Vec<u16> = text.encode_utf16().collect();
    chunk.extend(u16::try_from(units.len()).expect("texts are short").to_le_bytes());
    chunk.extend(units.into_iter().flat_map(u16::to_le_bytes));
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a chunk is small")
}
