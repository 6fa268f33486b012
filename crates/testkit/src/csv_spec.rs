//! Reads csv-spec files, in which Elasticsearch keeps the cases of ES|QL: a query, its warnings and its table.

use std::path::{Path, PathBuf};

/// One case.
#[derive(Debug, Default)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The query.
    pub query: String,
    /// The warnings that it has to give, in any order.
    pub warnings: Vec<String>,
    /// What warnings may be, each found somewhere in one.
    pub warning_regexes: Vec<String>,
    /// Whether the rows may come in any order.
    pub ignore_order: bool,
    /// The names and types of the columns.
    pub header: Vec<(String, String)>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell of the expected table.
#[derive(Debug)]
pub enum Cell {
    /// No value.
    Null,
    /// One value.
    One(String),
    /// Several values.
    Many(Vec<String>),
}

/// The files of a corpus.
///
/// # Panics
/// If there are none.
pub fn files(corpus: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpus)
        .unwrap_or_else(|error| panic!("{}: {error}", corpus.display()))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv-spec"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no cases in {}", corpus.display());
    files
}

/// The cases of a file.
///
/// # Panics
/// If a case has no shape of one.
pub fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case: Option<Case> = None;
    let mut query: Vec<&str> = Vec::new();
    let mut in_query = false;
    let lines = text.lines().map(str::trim);
    for line in
        lines.filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with('#'))
    {
        let Some(current) = &mut case else {
            let name = line.split('#').next().unwrap_or_default().trim().to_owned();
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
                    let (name, ty) =
                        cell.rsplit_once(':').unwrap_or_else(|| panic!("no type in {cell}"));
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
            let (mut parts, mut part) = (Vec::new(), String::new());
            let mut chars = inner.chars().peekable();
            while let Some(c) = chars.next() {
                match c {
                    '\\' if chars.peek() == Some(&',') => {
                        part.extend(chars.next());
                    }
                    ',' => parts.push(std::mem::take(&mut part)),
                    c => part.push(c),
                }
            }
            parts.push(part);
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
