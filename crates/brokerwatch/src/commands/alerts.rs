//! Alerts on standard output, in the form that was asked for.

use std::io::{self, Write};

use brokerwatch_detect::Alert;
use brokerwatch_rules::{Rule, Severity};
use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use serde_json::Value;

use super::scan::Format;
use super::trial::Form;
use crate::report;

/// Rows that are laid out together; a longer table goes on below with the same columns.
const ROWS_PER_TABLE_MAX: usize = 1000;

/// What a table shows of an alert.
pub(crate) struct Row {
    id: String,
    severity: Severity,
    /// In the order of [`COLUMNS`].
    cells: [String; COLUMNS.len()],
}

const COLUMNS: [&str; 7] = ["time", "severity", "rule", "host", "process", "destination", "where"];

impl Row {
    /// The row of an alert.
    pub(crate) fn new(rule: &Rule, alert: &Alert) -> Row {
        let text = |path: &[&str]| field(&alert.document, path).unwrap_or_default();
        let address = text(&["destination", "ip"]);
        let port = text(&["destination", "port"]);
        let destination = match (address.as_str(), port.as_str()) {
            ("", port) => port.to_owned(),
            (address, "") => address.to_owned(),
            (address, port) if address.contains(':') => format!("[{address}]:{port}"),
            (address, port) => format!("{address}:{port}"),
        };
        let path = text(&["brokerwatch", "source", "path"]);
        let place = match field(&alert.document, &["brokerwatch", "source", "line"]) {
            Some(line) => format!("{path}:{line}"),
            // The alert of a rule that gives rows comes from no one record.
            None if path.is_empty() => String::new(),
            None => format!("{path}@{}", text(&["brokerwatch", "source", "offset"])),
        };
        let process = match text(&["process", "name"]) {
            name if name.is_empty() => text(&["process", "executable"]),
            name => name,
        };
        Row {
            id: alert.id.to_string(),
            severity: rule.severity,
            cells: [
                text(&["@timestamp"]),
                rule.severity.name().to_owned(),
                rule.name.clone(),
                text(&["host", "name"]),
                process,
                destination,
                place,
            ],
        }
    }

    /// About how many bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.cells.iter().map(|cell| cell.len() + size_of::<String>()).sum()
    }
}

/// A field of a document as text, nested or dotted; of several values the first.
fn field(document: &Value, path: &[&str]) -> Option<String> {
    let nested = path.iter().try_fold(document, |value, key| value.get(key));
    match nested.or_else(|| document.get(path.join(".")))? {
        Value::String(text) => Some(text.clone()),
        Value::Array(values) => values.first().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }),
        other => Some(other.to_string()),
    }
}

/// Alerts in the form in which they go out.
#[derive(Default)]
pub(crate) struct Rendered {
    documents: Vec<u8>,
    rows: Vec<Row>,
    /// Alerts that a table leaves out, because others stand for them.
    hidden: u64,
}

impl Rendered {
    /// Adds an alert.
    pub(crate) fn add(&mut self, format: Format, rule: &Rule, alert: &Alert) {
        match format {
            Format::Table if is_building_block(&alert.document) => self.hidden += 1,
            Format::Table | Format::Csv => self.rows.push(Row::new(rule, alert)),
            Format::Auto | Format::Ndjson | Format::Json => {
                serde_json::to_writer(&mut self.documents, &alert.document)
                    .expect("a document with text keys can be written to memory");
                let end: &[u8] = if format == Format::Json { b",\n" } else { b"\n" };
                self.documents.extend(end);
            }
        }
    }

    /// About how many bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.documents.len() + self.rows.iter().map(Row::bytes).sum::<usize>()
    }
}

impl<'r> Form<'r> for Format {
    type Sheet = Rendered;

    fn add(&self, sheet: &mut Rendered, rule: &'r Rule, alert: Alert) {
        sheet.add(*self, rule, &alert);
    }

    fn bytes(&self, sheet: &Rendered) -> usize {
        sheet.bytes()
    }
}

fn is_building_block(document: &Value) -> bool {
    field(document, &["brokerwatch", "alert", "building_block_type"]).is_some()
}

/// Where alerts go.
pub(crate) struct Alerts<W: Write> {
    format: Format,
    out: W,
    rows: Vec<Row>,
    hidden: u64,
    /// Whether anything went out.
    begun: bool,
    /// Whether colours and the width of a terminal count.
    styled: bool,
}

impl<W: Write> Alerts<W> {
    /// Alerts to `out`.
    pub(crate) fn new(format: Format, out: W) -> Alerts<W> {
        let styled = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        Alerts { format, out, rows: Vec::new(), hidden: 0, begun: false, styled }
    }

    /// Some alerts.
    pub(crate) fn write(&mut self, rendered: Rendered) -> io::Result<()> {
        let Rendered { documents, rows, hidden } = rendered;
        self.hidden += hidden;
        match self.format {
            Format::Json => {
                // Rendered as `document,\n`: the comma belongs between documents.
                if let Some(documents) = documents.strip_suffix(b",\n") {
                    self.out.write_all(if self.begun { b",\n" } else { b"[\n" })?;
                    self.out.write_all(documents)?;
                    self.begun = true;
                }
            }
            Format::Table => {
                self.rows.extend(rows);
                while ROWS_PER_TABLE_MAX <= self.rows.len() {
                    let rest = self.rows.split_off(ROWS_PER_TABLE_MAX);
                    self.table()?;
                    self.rows = rest;
                }
            }
            Format::Csv => self.csv(&rows)?,
            Format::Auto | Format::Ndjson => self.out.write_all(&documents)?,
        }
        Ok(())
    }

    /// What is still to go out.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        match self.format {
            Format::Json => self.out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })?,
            Format::Table => {
                self.table()?;
                if 0 < self.hidden {
                    let hidden = self.hidden;
                    report::note(&format!(
                        "note: {hidden} building blocks are shown in other formats only"
                    ));
                }
            }
            Format::Csv if !self.begun => self.csv(&[])?,
            _ => {}
        }
        self.out.flush()
    }

    fn table(&mut self) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(COLUMNS);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        if !self.styled {
            table.force_no_tty();
        }
        for row in self.rows.drain(..) {
            let severity = row.severity;
            table.add_row(row.cells.into_iter().enumerate().map(|(column, text)| {
                let cell = Cell::new(printable(&text));
                if column == 1 && self.styled { cell.fg(colour(severity)) } else { cell }
            }));
        }
        writeln!(self.out, "{table}")
    }

    fn csv(&mut self, rows: &[Row]) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if !self.begun {
            writer.write_record(COLUMNS.iter().chain([&"alert"]))?;
            self.begun = true;
        }
        for row in rows {
            writer.write_record(row.cells.iter().chain([&row.id]))?;
        }
        let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        self.out.write_all(&bytes)
    }
}

fn colour(severity: Severity) -> Color {
    match severity {
        Severity::Low => Color::Blue,
        Severity::Medium => Color::Yellow,
        Severity::High => Color::Red,
        Severity::Critical => Color::Magenta,
    }
}

/// Text from an event without control characters: an event must not steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
