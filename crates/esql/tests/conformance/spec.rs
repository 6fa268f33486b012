//! Reads csv-spec files, as the README of the cases describes them.

use std::path::{Path, PathBuf};

use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Scalar;

/// One case.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) warning_regexes: Vec<String>,
    pub(crate) ignore_order: bool,
    pub(crate) header: Vec<(String, String)>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// One cell of the expected table.
#[derive(Debug)]
pub(crate) enum Cell {
    Null,
    One(String),
    Many(Vec<String>),
}

/// The files of the corpus.
pub(crate) fn files(corpus: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv-spec"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no cases in {}", corpus.display());
    files
}

/// The cases of a file.
pub(crate) fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case: Option<Case> = None;
    let mut query: Vec<&str> = Vec::new();
    let mut in_query = false;
    let lines = text.lines().map(str::trim);
    for line in
        lines.filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with('#'))
    {
        let Some(current) = &mut case else {
            let name = line.split('#').next().unwrap().trim().to_owned();
            case = Some(Case { name, ..Case::default() });
            (query, in_query) = (Vec::new(), true);
            continue;
        };
        let lower = line.to_ascii_lowercase();
        if in_query {
            let option = ["required_capability:", "required_feature:"]
                .iter()
                .any(|word| lower.starts_with(word));
            if query.is_empty() && option {
                continue;
            }
            match line.strip_suffix(';').filter(|_| !line.ends_with("\\;")) {
                Some(last) => {
                    query.push(last.trim_end());
                    current.query = query.join("\n").trim().replace("\\;", ";");
                    in_query = false;
                }
                None => query.push(line),
            }
        } else if lower.starts_with("warning:") {
            current.warnings.push(line[8..].trim().to_owned());
        } else if lower.starts_with("warningregex:") {
            current
                .warning_regexes
                .push(line[13..].trim().replace("\\\\\\\"", "\"").replace("\\\"", "\""));
        } else if lower.starts_with("ignoreorder:") {
            current.ignore_order = lower.ends_with("true");
        } else if line.starts_with(';') {
            cases.extend(case.take());
        } else if current.header.is_empty() {
            current.header = cells(line)
                .into_iter()
                .map(|cell| {
                    let (name, ty) = cell.rsplit_once(':').unwrap();
                    (name.trim().to_owned(), ty.trim().to_owned())
                })
                .collect();
        } else {
            current.rows.push(cells(line).iter().map(|text| cell(text)).collect());
        }
    }
    cases
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut current, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        quoted ^= c == '"';
        if c == '|' && !quoted {
            cells.push(current.trim().to_owned());
            current.clear();
        } else {
            current.push(c);
        }
    }
    cells.push(current.trim().to_owned());
    cells
}

fn cell(text: &str) -> Cell {
    if text.eq_ignore_ascii_case("null") {
        return Cell::Null;
    }
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        None => Cell::One(unquoted(text)),
        Some(inner) => {
            // `\,` is a comma of the value.
            let mut parts = vec![String::new()];
            let mut chars = inner.chars().peekable();
            while let Some(c) = chars.next() {
                match c {
                    '\\' if chars.peek() == Some(&',') => {
                        parts.last_mut().unwrap().extend(chars.next());
                    }
                    ',' => parts.push(String::new()),
                    c => parts.last_mut().unwrap().push(c),
                }
            }
            Cell::Many(parts.iter().map(|part| unquoted(part)).collect())
        }
    }
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) if 1 < text.len() => inner.replace("\"\"", "\""),
        _ => text.to_owned(),
    }
}

/// The type that a header names.
pub(crate) fn type_of(name: &str) -> DataType {
    match name.to_ascii_lowercase().as_str() {
        "keyword" | "s" | "k" | "string" => DataType::Keyword,
        "text" | "t" => DataType::Text,
        "integer" | "i" | "int" | "short" | "byte" => DataType::Integer,
        "long" | "l" => DataType::Long,
        "unsigned_long" | "ul" => DataType::UnsignedLong,
        "double" | "d" | "float" | "half_float" | "scaled_float" => DataType::Double,
        "boolean" | "bool" | "b" => DataType::Boolean,
        "date" | "datetime" | "dt" => DataType::Date,
        "date_nanos" | "dn" => DataType::DateNanos,
        "ip" => DataType::Ip,
        "version" | "v" => DataType::Version,
        "null" | "n" => DataType::Null,
        "geo_point" => DataType::GeoPoint,
        "_source" => DataType::Source,
        "unsupported" => DataType::Unsupported,
        other => panic!("unknown type {other}"),
    }
}

/// A cell as a value of a type.
pub(crate) fn scalar(text: &str, ty: DataType) -> Scalar {
    match ty {
        DataType::Integer => Scalar::Integer(text.parse().unwrap()),
        DataType::Long => Scalar::Long(text.parse().unwrap()),
        DataType::UnsignedLong => Scalar::Unsigned(text.parse().unwrap()),
        DataType::Double => Scalar::Double(text.parse().unwrap()),
        DataType::Boolean => Scalar::Boolean(text.eq_ignore_ascii_case("true")),
        DataType::Ip => Scalar::Ip(brokerwatch_ecs::parse_ip(text).unwrap()),
        DataType::Date => {
            Scalar::Date(brokerwatch_ecs::date::parse(text).unwrap().from.as_millisecond())
        }
        DataType::DateNanos => {
            let nanos = brokerwatch_ecs::date::parse(text).unwrap().from.as_nanosecond();
            Scalar::DateNanos(nanos.try_into().unwrap())
        }
        _ => Scalar::Text(text.into()),
    }
}
