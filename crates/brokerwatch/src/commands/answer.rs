//! How the answer of an ES|QL query is written.

use std::io::{BufWriter, Write};

use anyhow::Result;
use brokerwatch_ecs::date;
use brokerwatch_ecs::number::java_double;
use brokerwatch_esql::block::Block;
use brokerwatch_esql::planner::OutputColumn;
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use brokerwatch_runtime::Answer;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value as Json, json};

use super::alerts::printable;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A table for people.
    Table,
    /// An object a line; nulls are left out.
    Ndjson,
    /// The shape of Elasticsearch's `_query`.
    Json,
    /// Comma-separated values, as Elasticsearch writes them.
    Csv,
    /// Tab-separated values, as Elasticsearch writes them.
    Tsv,
    /// A Parquet file.
    Parquet,
}

/// Writes an answer.
pub(crate) fn write(answer: &Answer, format: Format, out: &mut (impl Write + Send)) -> Result<()> {
    let mut out = BufWriter::new(out);
    match format {
        Format::Table => table(answer, &mut out)?,
        Format::Ndjson => rows(answer, &mut |row| {
            let object = answer.columns.iter().zip(row).filter(|(_, values)| !values.is_empty());
            let object: Map<String, Json> = object
                .map(|(column, values)| (column.name.clone(), json(values, column.ty)))
                .collect();
            Ok(writeln!(out, "{}", Json::Object(object))?)
        })?,
        Format::Json => whole(answer, &mut out)?,
        Format::Csv => {
            let mut writer =
                csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut out);
            writer.write_record(answer.columns.iter().map(|column| &column.name))?;
            rows(answer, &mut |row| {
                Ok(writer.write_record(
                    row.iter().zip(&answer.columns).map(|(values, column)| cell(values, column.ty)),
                )?)
            })?;
            writer.flush()?;
        }
        Format::Tsv => {
            let names: Vec<String> =
                answer.columns.iter().map(|column| tabbed(&column.name)).collect();
            writeln!(out, "{}", names.join("\t"))?;
            rows(answer, &mut |row| {
                let cells: Vec<String> = row
                    .iter()
                    .zip(&answer.columns)
                    .map(|(values, column)| tabbed(&cell(values, column.ty)))
                    .collect();
                Ok(writeln!(out, "{}", cells.join("\t"))?)
            })?;
        }
        Format::Parquet => brokerwatch_runtime::write_parquet(answer, &mut out)?,
    }
    out.flush()?;
    Ok(())
}

/// Calls `each` with the values of every row, a list for each column.
pub(crate) fn rows(
    answer: &Answer,
    each: &mut dyn FnMut(&[Vec<Value<'_>>]) -> Result<()>,
) -> Result<()> {
    for batch in &answer.batches {
        let blocks = answer
            .columns
            .iter()
            .zip(batch.columns())
            .map(|(column, array)| Block::new(array, column.ty))
            .collect::<Result<Vec<_>, _>>()?;
        let mut row = vec![Vec::new(); blocks.len()];
        for at in 0..batch.num_rows() {
            for (values, block) in row.iter_mut().zip(&blocks) {
                values.clear();
                block.read(at, values);
            }
            each(&row)?;
        }
    }
    Ok(())
}

fn whole(answer: &Answer, out: &mut dyn Write) -> Result<()> {
    let columns: Vec<Json> = answer.columns.iter().map(described).collect();
    write!(
        out,
        "{{\"took\":{},\"is_partial\":false,\"columns\":{},\"values\":[",
        answer.took.as_millis(),
        Json::Array(columns)
    )?;
    let mut first = true;
    rows(answer, &mut |row| {
        let cells: Vec<Json> = row
            .iter()
            .zip(&answer.columns)
            .map(|(values, column)| json(values, column.ty))
            .collect();
        let comma = if std::mem::take(&mut first) { "" } else { "," };
        Ok(write!(out, "{comma}{}", Json::Array(cells))?)
    })?;
    writeln!(out, "],\"warnings\":{}}}", json!(answer.warnings))?;
    Ok(())
}

fn described(column: &OutputColumn) -> Json {
    if column.ty == DataType::Unsupported {
        return json!({ "name": column.name, "type": "unsupported", "original_types": column.conflict });
    }
    json!({ "name": column.name, "type": column.ty.name() })
}

/// The values of a cell as JSON: null, one value, or a list.
pub(crate) fn json(values: &[Value<'_>], ty: DataType) -> Json {
    match values {
        [] => Json::Null,
        [one] => one_json(*one, ty),
        several => several.iter().map(|value| one_json(*value, ty)).collect(),
    }
}

fn one_json(value: Value<'_>, ty: DataType) -> Json {
    match value {
        Value::Boolean(flag) => json!(flag),
        Value::Integer(number) => json!(number),
        Value::Long(number) => json!(number),
        Value::Unsigned(number) => json!(number),
        Value::Double(number) => json!(number),
        // A document is shown as what it is.
        Value::Text(text) if ty == DataType::Source => {
            serde_json::from_str(text).unwrap_or_else(|_| json!(text))
        }
        other => json!(text(other)),
    }
}

/// A value as Elasticsearch writes it as text.
pub(crate) fn text(value: Value<'_>) -> String {
    match value {
        Value::Boolean(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Long(number) => number.to_string(),
        Value::Unsigned(number) => number.to_string(),
        Value::Double(number) => java_double(number),
        Value::Text(text) => text.to_owned(),
        Value::Ip(address) => match address.to_ipv4_mapped() {
            Some(short) => short.to_string(),
            None => address.to_string(),
        },
        Value::Date(millis) => {
            // A column of dates reaches further than the calendar that others are written with.
            date::from_millis(millis)
                .map_or_else(|| value.as_iso().unwrap_or_default(), date::format)
        }
        Value::DateNanos(nanos) => date::from_nanos(nanos)
            .map_or_else(|| nanos.to_string(), |moment| format!("{moment:.9}")),
        Value::Point { lon, lat } => format!("POINT ({} {})", java_double(lon), java_double(lat)),
        Value::Period { months, days } => format!("{months} months {days} days"),
        Value::Duration(millis) => format!("{millis} ms"),
    }
}

/// A cell as text; several values stand in brackets.
fn cell(values: &[Value<'_>], _: DataType) -> String {
    match values {
        [] => String::new(),
        [one] => text(*one),
        several => {
            format!("[{}]", several.iter().map(|value| text(*value)).collect::<Vec<_>>().join(","))
        }
    }
}

fn tabbed(text: &str) -> String {
    text.replace('\t', "\\t").replace('\n', "\\n")
}

fn table(answer: &Answer, out: &mut dyn Write) -> Result<()> {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(answer.columns.iter().map(|column| printable(&column.name)));
    rows(answer, &mut |row| {
        table.add_row(
            row.iter()
                .zip(&answer.columns)
                .map(|(values, column)| printable(&cell(values, column.ty))),
        );
        Ok(())
    })?;
    for (at, column) in answer.columns.iter().enumerate() {
        if let (true, Some(column)) = (column.ty.is_number(), table.column_mut(at)) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    let count = answer.rows();
    let noun = if count == 1 { "row" } else { "rows" };
    writeln!(out, "{table}\n{count} {noun} in {:.1?}", answer.took)?;
    Ok(())
}
