//! `query`: an ad hoc EQL event query over files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use brokerwatch_detect::{Conditions, Matcher};
use brokerwatch_ecs::{
    Event, FieldMapping, Mapped, Projection, Schema, Slot, Timestamp, Type, Value as Field, date,
};
use brokerwatch_eql::ast;
use brokerwatch_eql::lower::{self, Pipe, Query, Settings};
use brokerwatch_expr::lift;
use clap::ValueEnum;
use serde_json::{Value, json};

use super::input::{self, Counts};
use crate::{ERROR, FOUND, NOTHING, report};

/// Run an EQL event query over files
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch query 'network where destination.port == 1883' logs/\n  \
brokerwatch query --format json 'any where true | head 3' events.ndjson"
)]
pub(crate) struct Args {
    /// The query
    query: String,
    /// Files and folders of documents; `-` is standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// An Elasticsearch mapping file: fields that it lacks are then unknown
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// The field that `category where` tests
    #[arg(long, default_value = "event.category")]
    event_category_field: String,
    /// The field that orders events
    #[arg(long, default_value = "@timestamp")]
    timestamp_field: String,
    /// The field that orders events of one time
    #[arg(long)]
    tiebreaker_field: Option<String>,
    /// The field whose value is the document's id
    #[arg(long)]
    id_field: Option<String>,
    /// Most rows
    #[arg(long, default_value_t = 10)]
    size: usize,
    /// NDJSON documents, or one answer in the shape of Elasticsearch's EQL search
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Ndjson,
    Json,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    let mut schema = match &args.schema {
        Some(path) => self::schema(path)?,
        None => Schema::open(),
    };
    let settings = Settings {
        event_category_field: args.event_category_field.clone(),
        timestamp_field: args.timestamp_field.clone(),
        tiebreaker_field: args.tiebreaker_field.clone(),
    };
    let lowered = brokerwatch_eql::parse(&args.query).and_then(|statement| {
        if schema.is_strict() {
            infer(&statement, &settings, &mut schema, &args.paths);
        }
        lower::lower(&statement, &schema, &settings)
    });
    let lowered = match lowered {
        Ok(lowered) => lowered,
        Err(diagnostics) => {
            report::diagnostics("query", &args.query, &diagnostics);
            return Ok(ERROR);
        }
    };
    report::diagnostics("query", &args.query, &lowered.warnings);
    let Query::Event(condition) = &lowered.query else {
        bail!("sequences and samples do not run in this version");
    };
    let mut projection = Projection::new();
    let mut conditions = Conditions::default();
    if let Err(error) = conditions.add(&lift::eql(condition), &mut projection, &schema) {
        report::diagnostics("query", &args.query, &[error]);
        return Ok(ERROR);
    }
    let timestamp = projection.want(&args.timestamp_field, &schema);
    let tiebreaker = args.tiebreaker_field.as_ref().map(|field| projection.want(field, &schema));
    let id = args.id_field.as_ref().map(|field| projection.want(field, &schema));
    let mut matcher = Matcher::new(&conditions);
    let mut rows = Rows { cut: cut(&lowered.pipes, args.size), rows: Vec::new() };
    let mut counts = Counts::default();
    for (path, error) in brokerwatch_runtime::files(&args.paths) {
        if let Some(error) = error {
            counts.unread_inputs += 1;
            report::error(&format!("{}: {error}", path.display()));
            continue;
        }
        input::read(&path, &projection, &mut counts, &mut |event, counts| {
            let mut found = false;
            let failure = matcher.run(event, |_, _| found = true);
            if let Some(failure) = failure {
                bail!("the query failed at {}:{}: {failure}", path.display(), event.origin.line);
            }
            if found {
                rows.add(Row {
                    order: (
                        event.timestamp(timestamp),
                        tiebreaker.map(|slot| Tiebreaker::of(event.values(slot))),
                        counts.events,
                    ),
                    id: id.and_then(|slot| event.values(slot).first()).map(ToString::to_string),
                    document: document(event)?,
                });
            }
            Ok(())
        })?;
    }
    let rows = rows.finish(&lowered.pipes, args.size);
    show(&rows, args.format)?;
    Ok(match (counts.unread_inputs, rows.is_empty()) {
        (0, true) => NOTHING,
        (0, false) => FOUND,
        _ => ERROR,
    })
}

/// Declares the fields that the query names and the mapping lacks, with the type of their first value in the
/// documents: Elasticsearch maps a new field so when it first meets it. Reads the files once more.
fn infer(statement: &ast::Statement, settings: &Settings, schema: &mut Schema, paths: &[PathBuf]) {
    let open = Schema::open();
    let Ok(lower::Lowered { query: Query::Event(condition), .. }) =
        lower::lower(statement, &open, settings)
    else {
        return;
    };
    let mut names = BTreeSet::new();
    condition.visit_fields(&mut |name| {
        names.insert(name.to_owned());
    });
    names.retain(|name| schema.lookup(name) == Mapped::Unknown);
    // An empty strict schema reads every field by the type of its values.
    let mut projection = Projection::new();
    let nothing = Schema::strict();
    let mut missing: BTreeMap<Slot, String> =
        names.into_iter().map(|name| (projection.want(&name, &nothing), name)).collect();
    for (path, _) in brokerwatch_runtime::files(paths) {
        if missing.is_empty() || path.as_os_str() == "-" {
            return;
        }
        let read = input::read(&path, &projection, &mut Counts::default(), &mut |event, _| {
            for &slot in event.filled() {
                if let Some(name) = missing.remove(&slot) {
                    let ty = dynamic_type(event.values(slot)[0]);
                    schema.declare(name, Mapped::Field(FieldMapping::of(ty)));
                }
            }
            Ok(())
        });
        debug_assert!(read.is_ok(), "only the callback fails, and this one does not");
    }
}

/// The type that a value's field gets: text that is an ISO date is a date.
fn dynamic_type(value: Field<'_>) -> Type {
    match value {
        Field::Keyword(text) if text.contains('-') && date::parse(text).is_some() => Type::Date,
        other => other.type_of(),
    }
}

/// A mapping file as a strict schema.
pub(super) fn schema(path: &Path) -> Result<Schema> {
    brokerwatch_ingest::read_mapping(&super::scan::text(path)?)
        .map_err(|error| anyhow!("{}: {error}", path.display()))
}

fn document(event: &Event<'_>) -> Result<Value> {
    Ok(serde_json::from_slice(event.source)?)
}

struct Row {
    order: (Option<Timestamp>, Option<Tiebreaker>, u64),
    id: Option<String>,
    document: Value,
}

/// A missing tiebreaker sorts after any present one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Tiebreaker {
    Number(i64),
    Text(String),
    Missing,
}

impl Tiebreaker {
    fn of(values: &[Field<'_>]) -> Tiebreaker {
        match values.first() {
            Some(Field::Long(number)) => Tiebreaker::Number(*number),
            Some(other) => Tiebreaker::Text(other.to_string()),
            None => Tiebreaker::Missing,
        }
    }
}

/// The rows kept so far. Only as many as the answer can hold, so memory does not grow with the input.
struct Rows {
    cut: Cut,
    rows: Vec<Row>,
}

/// Which end of the ordered rows the answer is made from, and how many of it at most.
enum Cut {
    First(usize),
    Last(usize),
}

/// The first pipe acts as if the same pipe with `size` stood before it; without pipes the last rows are the answer.
fn cut(pipes: &[Pipe], size: usize) -> Cut {
    match pipes.first() {
        Some(Pipe::Head(_)) => Cut::First(size),
        Some(Pipe::Tail(_)) | None => Cut::Last(size),
    }
}

impl Rows {
    fn add(&mut self, row: Row) {
        self.rows.push(row);
        let (Cut::First(most) | Cut::Last(most)) = self.cut;
        // Trimmed in batches: sorting after each row would be quadratic.
        if most.saturating_mul(2).saturating_add(1024) < self.rows.len() {
            self.trim();
        }
    }

    fn trim(&mut self) {
        self.rows.sort_by(|a, b| a.order.cmp(&b.order));
        match self.cut {
            Cut::First(most) => self.rows.truncate(most),
            Cut::Last(most) => keep_last(&mut self.rows, most),
        }
    }

    fn finish(mut self, pipes: &[Pipe], size: usize) -> Vec<Row> {
        self.trim();
        for pipe in pipes {
            match *pipe {
                Pipe::Head(most) => self.rows.truncate(clamp(most)),
                Pipe::Tail(most) => keep_last(&mut self.rows, clamp(most)),
            }
        }
        self.rows.truncate(size);
        self.rows
    }
}

fn keep_last(rows: &mut Vec<Row>, most: usize) {
    rows.drain(..rows.len().saturating_sub(most));
}

fn clamp(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

fn show(rows: &[Row], format: Format) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Ndjson => {
            for row in rows {
                writeln!(out, "{}", row.document)?;
            }
        }
        Format::Json => {
            let events: Vec<Value> = rows.iter().map(hit).collect();
            let total = json!({ "value": events.len(), "relation": "eq" });
            let answer = json!({
                "is_partial": false,
                "is_running": false,
                "timed_out": false,
                "hits": { "total": total, "events": events },
            });
            writeln!(out, "{answer}")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// A row as an Elasticsearch hit.
fn hit(row: &Row) -> Value {
    let is_hit = row.document.get("_source").is_some_and(Value::is_object);
    let own = |key: &str| row.document.get(key).and_then(Value::as_str).map(str::to_owned);
    let id = row.id.clone().or_else(|| own("_id").filter(|_| is_hit));
    let id = id.unwrap_or_else(|| row.order.2.to_string());
    let index = own("_index").filter(|_| is_hit).unwrap_or_else(|| "events".to_owned());
    let source = if is_hit { &row.document["_source"] } else { &row.document };
    json!({ "_index": index, "_id": id, "_source": source })
}
