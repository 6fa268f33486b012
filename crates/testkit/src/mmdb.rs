//! Databases of locations in `MaxMind`'s format, each with one block of addresses, 203.0.113.0/24.
//!
//! <https://maxmind.github.io/MaxMind-DB/> describes the format.

/// The bits of the block, and how many of them count.
const BLOCK: (u32, usize) = (0xcb00_7100, 24);

/// The kinds of value of the format.
const TEXT: u8 = 2;
const DOUBLE: u8 = 3;
const U16: u8 = 5;
const U32: u8 = 6;
const MAP: u8 = 7;
const U64: u8 = 9;
const LIST: u8 = 11;
const BOOLEAN: u8 = 14;

/// A value of a database.
enum Value {
    Text(&'static str),
    Double(f64),
    Number(u8, u64),
    Flag(bool),
    Map(Vec<(&'static str, Value)>),
    List(Vec<Value>),
}

use Value::{Double, Flag, List, Map, Number, Text};

/// A database of cities: Berlin.
pub fn city() -> Vec<u8> {
    let named = |name| ("names", Map(vec![("en", Text(name))]));
    database(
        "GeoLite2-City",
        &Map(vec![
            ("city", Map(vec![named("Berlin")])),
            ("continent", Map(vec![("code", Text("EU")), named("Europe")])),
            (
                "country",
                Map(vec![
                    ("iso_code", Text("DE")),
                    ("is_in_european_union", Flag(true)),
                    named("Germany"),
                ]),
            ),
            ("location", Map(vec![("latitude", Double(52.5)), ("longitude", Double(13.4))])),
            ("subdivisions", List(vec![Map(vec![("iso_code", Text("BE")), named("Land Berlin")])])),
        ]),
    )
}

/// A database of autonomous systems: AS64500, Example Hosting.
pub fn asn() -> Vec<u8> {
    database(
        "GeoLite2-ASN",
        &Map(vec![
            ("autonomous_system_number", Number(U32, 64_500)),
            ("autonomous_system_organization", Text("Example Hosting")),
        ]),
    )
}

/// A database of another type, which says nothing.
pub fn of_type(name: &'static str) -> Vec<u8> {
    database(name, &Map(Vec::new()))
}

/// A search tree with one way to one value, the value, and what the file says of itself.
fn database(kind: &'static str, value: &Value) -> Vec<u8> {
    let (block, bits) = BLOCK;
    let nodes = bits as u32;
    let mut bytes = Vec::new();
    for bit in 0..bits {
        // Nothing is where the way does not go; the data begins 16 bytes behind the tree.
        let last = bit + 1 == bits;
        let next = if last { nodes + 16 } else { bit as u32 + 1 };
        let goes_right = block >> (31 - bit) & 1 == 1;
        let (left, right) = if goes_right { (nodes, next) } else { (next, nodes) };
        for record in [left, right] {
            bytes.extend_from_slice(&record.to_be_bytes()[1..]);
        }
    }
    bytes.extend_from_slice(&[0; 16]);
    write(value, &mut bytes);
    bytes.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let about = Map(vec![
        ("binary_format_major_version", Number(U16, 2)),
        ("binary_format_minor_version", Number(U16, 0)),
        ("build_epoch", Number(U64, 1_767_225_600)),
        ("database_type", Text(kind)),
        ("description", Map(vec![("en", Text("for tests"))])),
        ("ip_version", Number(U16, 4)),
        ("languages", List(vec![Text("en")])),
        ("node_count", Number(U32, u64::from(nodes))),
        ("record_size", Number(U16, 24)),
    ]);
    write(&about, &mut bytes);
    bytes
}

/// Writes a value: its kind and size, and its bytes.
fn write(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Text(text) => {
            control(TEXT, text.len(), bytes);
            bytes.extend_from_slice(text.as_bytes());
        }
        Double(number) => {
            control(DOUBLE, 8, bytes);
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        Number(kind, number) => {
            let all = number.to_be_bytes();
            let used = &all[number.leading_zeros() as usize / 8..];
            control(*kind, used.len(), bytes);
            bytes.extend_from_slice(used);
        }
        Flag(flag) => control(BOOLEAN, usize::from(*flag), bytes),
        Map(entries) => {
            control(MAP, entries.len(), bytes);
            for (key, value) in entries {
                write(&Text(key), bytes);
                write(value, bytes);
            }
        }
        List(items) => {
            control(LIST, items.len(), bytes);
            items.iter().for_each(|item| write(item, bytes));
        }
    }
}

/// The byte of kind and size; kinds from 8 on have a byte of their own, sizes from 29 on too.
fn control(kind: u8, size: usize, bytes: &mut Vec<u8>) {
    let (first, extended) = if kind < 8 { (kind << 5, None) } else { (0, Some(kind - 7)) };
    let (short, more) = if size < 29 { (size as u8, None) } else { (29, Some((size - 29) as u8)) };
    bytes.push(first | short);
    bytes.extend(extended);
    bytes.extend(more);
}
