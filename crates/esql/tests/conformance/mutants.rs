//! Queries that are nearly right: parts of the cases left out, doubled, exchanged and mixed. None may panic.

use std::collections::BTreeMap;
use std::path::Path;

use brokerwatch_esql::planner::{Options, plan};
use brokerwatch_testkit::csv_spec;

use crate::CORPUS;
use crate::data::Data;

/// How many queries are tried; `BROKERWATCH_MUTANTS` says another number.
const COUNT: u64 = 4_000;

#[test]
fn a_query_that_is_nearly_right_never_panics() {
    let count = std::env::var("BROKERWATCH_MUTANTS").map_or(COUNT, |text| text.parse().unwrap());
    let data = Data::read(Path::new(CORPUS));
    let queries: Vec<Vec<String>> = csv_spec::files(Path::new(CORPUS))
        .iter()
        .flat_map(|path| csv_spec::cases(&std::fs::read_to_string(path).unwrap()))
        .map(|case| parts(&case.query))
        .collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for _ in 0..count {
        let query = mutant(&queries, &mut random);
        let options = Options { now_millis: 0, cut: true, params: Vec::new(), nullify: false };
        let end = match brokerwatch_esql::parse(&query) {
            Err(errors) => {
                assert!(!errors.is_empty(), "refused without a word: {query}");
                "not read"
            }
            Ok(statement) => match plan(&query, &statement, &data, &options) {
                Err(errors) => {
                    assert!(!errors.is_empty(), "refused without a word: {query}");
                    for error in errors {
                        let end = error.span().end as usize;
                        assert!(end <= query.len(), "{error:?} is behind the end of {query}");
                    }
                    "not planned"
                }
                Ok(_) => "planned",
            },
        };
        *seen.entry(end).or_default() += 1;
    }
    println!("{seen:?}");
    // The mutants are of use only if some come through each part.
    assert_eq!(seen.len(), 3, "{seen:?}");
}

/// Words, texts, blanks and signs.
fn parts(query: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut quoted = false;
    for c in query.chars() {
        let glued = quoted
            || (c.is_alphanumeric() || c == '_')
                && parts.last().is_some_and(|last| {
                    last.ends_with(|last: char| last.is_alphanumeric() || last == '_')
                });
        match parts.last_mut() {
            Some(last) if glued => last.push(c),
            _ => parts.push(c.to_string()),
        }
        quoted ^= c == '"';
    }
    parts
}

fn mutant(queries: &[Vec<String>], random: &mut Random) -> String {
    let mut query = queries[random.below(queries.len())].clone();
    for _ in 0..=random.below(3) {
        if query.is_empty() {
            break;
        }
        let at = random.below(query.len());
        let other = &queries[random.below(queries.len())];
        match random.below(7) {
            0 => drop(query.remove(at)),
            1 => query.insert(at, query[at].clone()),
            2 => {
                let second = random.below(query.len());
                query.swap(at, second);
            }
            3 => query[at].clone_from(&other[random.below(other.len())]),
            4 => query.truncate(at),
            5 => {
                let from = random.below(other.len());
                query.extend_from_slice(&other[from..]);
            }
            _ => {
                const ODD: [&str; 12] = [
                    "(",
                    ")",
                    "null",
                    "|",
                    "\"",
                    "[",
                    "-9223372036854775808",
                    "*",
                    "`",
                    "9999999999999999999999",
                    "::",
                    "\u{fe0f}",
                ];
                query.insert(at, ODD[random.below(ODD.len())].to_owned());
            }
        }
    }
    query.concat()
}

/// Xorshift: the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}
