//! How the answer of a query is shown.

use std::io::{self, BufWriter, Write as _};

use anyhow::Result;
use brokerwatch_ecs::Value as Field;
use brokerwatch_eql::pipes::{self, Cell, Output};
use brokerwatch_ingest::document;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value, json};

use super::Format;
use super::events::Row;
use super::sequences::Set;
use super::sources::UNNAMED;
use crate::commands::alerts::printable;

pub(super) fn events(rows: &[Row], format: Format, names: &[&str]) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Table => table(rows.iter().map(|row| row.cells.clone()), names, &mut out)?,
        Format::Auto | Format::Ndjson | Format::Csv | Format::Tsv | Format::Parquet => {
            for row in rows {
                writeln!(out, "{}", row.document())?;
            }
        }
        Format::Json => {
            let events: Vec<Value> = rows.iter().map(hit).collect();
            writeln!(out, "{}", answer("events", &events))?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Shows what pipes gave; gives how many rows that is.
pub(super) fn output(
    output: Output<Row>,
    format: Format,
    names: &[&str],
    size: usize,
) -> Result<usize> {
    let mut out = BufWriter::new(io::stdout().lock());
    let (names, lines): (Vec<&str>, Vec<Vec<Value>>) = match output {
        Output::Table { columns, rows } => {
            let lines = rows.iter().map(|row| row.iter().map(cell).collect());
            (columns, lines.collect())
        }
        Output::Rows(rows) if rows.iter().all(|row| row.added.is_none()) => {
            let rows: Vec<Row> = rows.into_iter().take(size).map(|row| row.row).collect();
            drop(out);
            events(&rows, format, names)?;
            return Ok(rows.len());
        }
        Output::Rows(rows) => {
            let line = |row: &pipes::Row<Row>| {
                let (count, percent) =
                    row.added.map_or((1, 1.0), |added| (added.count, added.percent));
                vec![json!(count), json!(percent), Value::Object(document(&row.row.source))]
            };
            (vec!["count", "percent", "event"], rows.iter().take(size).map(line).collect())
        }
    };
    let object = |line: &Vec<Value>| -> Map<String, Value> {
        names.iter().map(|name| (*name).to_owned()).zip(line.iter().cloned()).collect()
    };
    match format {
        Format::Table => {
            let lines = lines.iter().map(|line| line.iter().map(plain).collect());
            table(lines, &names, &mut out)?;
        }
        Format::Auto | Format::Ndjson | Format::Csv | Format::Tsv | Format::Parquet => {
            for line in &lines {
                writeln!(out, "{}", Value::Object(object(line)))?;
            }
        }
        Format::Json => {
            let rows: Vec<Value> = lines.iter().map(|line| Value::Object(object(line))).collect();
            writeln!(out, "{}", answer("rows", &rows))?;
        }
    }
    out.flush()?;
    Ok(lines.len())
}

/// A value of a table.
fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::List(cells) => Value::Array(cells.iter().map(self::cell).collect()),
        Cell::One(literal) => match literal.value() {
            None => Value::Null,
            Some(Field::Long(number)) => json!(number),
            Some(Field::Double(number)) => json!(number),
            Some(Field::Boolean(flag)) => json!(flag),
            Some(other) => json!(other.to_string()),
        },
    }
}

/// Shows sequences or samples.
pub(super) fn sets(sets: &[Set], format: Format, names: &[&str]) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Table => {
            let names: Vec<&str> = ["set", "keys"].iter().chain(names).copied().collect();
            let lines = sets.iter().enumerate().flat_map(|(number, set)| {
                let keys = set.keys.iter().map(plain).collect::<Vec<_>>().join(", ");
                set.events.iter().map(move |event| {
                    let mut cells = vec![(number + 1).to_string(), keys.clone()];
                    match event {
                        Some(row) => cells.extend(row.cells.iter().cloned()),
                        None => cells.push("missing".to_owned()),
                    }
                    cells
                })
            });
            table(lines, &names, &mut out)?;
        }
        Format::Auto | Format::Ndjson | Format::Csv | Format::Tsv | Format::Parquet => {
            for set in sets {
                let event = |row: &Option<std::sync::Arc<Row>>| {
                    row.as_ref().map_or(json!({ "missing": true }), |row| row.document())
                };
                let events: Vec<Value> = set.events.iter().map(event).collect();
                writeln!(out, "{}", json!({ "join_keys": set.keys, "events": events }))?;
            }
        }
        Format::Json => {
            let set = |set: &Set| {
                let event = |row: &Option<std::sync::Arc<Row>>| {
                    row.as_ref().map_or(json!({ "missing": true }), |row| hit(row))
                };
                let events: Vec<Value> = set.events.iter().map(event).collect();
                json!({ "join_keys": set.keys, "events": events })
            };
            let sequences: Vec<Value> = sets.iter().map(set).collect();
            writeln!(out, "{}", answer("sequences", &sequences))?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The answer of Elasticsearch's EQL search API.
fn answer(what: &str, found: &[Value]) -> Value {
    let total = json!({ "value": found.len(), "relation": "eq" });
    json!({
        "is_partial": false,
        "is_running": false,
        "timed_out": false,
        "hits": { "total": total, what: found },
    })
}

/// A key as a table shows it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn table(
    lines: impl Iterator<Item = Vec<String>>,
    names: &[&str],
    out: &mut impl io::Write,
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(names);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    for cells in lines {
        table.add_row(cells.iter().map(|cell| printable(cell)));
    }
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out, "{table}")
}

/// A row as an Elasticsearch hit.
fn hit(row: &Row) -> Value {
    let index = row.index.as_deref().unwrap_or(UNNAMED);
    json!({ "_index": index, "_id": row.id(), "_source": document(&row.source) })
}
