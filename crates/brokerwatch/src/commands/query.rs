//! `query`: an ad hoc EQL event query over files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use brokerwatch_detect::{Conditions, Matcher};
use brokerwatch_ecs::{
    FieldMapping, Mapped, Projection, Schema, Slot, Timestamp, Type, Value as Field, date,
};
use brokerwatch_eql::ast;
use brokerwatch_eql::lower::{self, Pipe, Query, Settings};
use brokerwatch_expr::{Diagnostic, lift};
use brokerwatch_ingest::document;
use brokerwatch_ingest::prefilter::Prefilter;
use brokerwatch_runtime::Input;
use brokerwatch_runtime::events::{OnEvents, Reading, Seen};
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Value, json};
use uuid::Uuid;

use super::alerts::printable;
use super::input::{self, ReadArgs, Summary};
use crate::{ERROR, FOUND, NOTHING, for_people, report};

/// Run an EQL event query over files
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch query 'network where destination.port == 1883' logs/\n  \
brokerwatch query --format json 'any where true | head 3' events.ndjson\n  \
brokerwatch query --source old=2025.zip --source new=2026/ --schema old=mapping.json 'process where pid == 4'\n\n\
Exit codes: 0 no event, 1 events, 2 an error."
)]
pub(crate) struct Args {
    /// The query
    query: String,
    /// Files, folders and patterns of documents; `-` is standard input
    #[arg(required_unless_present = "source")]
    paths: Vec<PathBuf>,
    /// The language of the query
    #[arg(long, value_enum, default_value_t = Language::Eql)]
    lang: Language,
    /// Documents under a name, which is their index where they do not say one; can be given several times
    #[arg(long, value_name = "NAME=PATH", value_parser = named)]
    source: Vec<(String, PathBuf)>,
    /// An Elasticsearch mapping file, of one source or of all that have none of their own: fields that it lacks are
    /// then unknown; can be given several times
    #[arg(long, value_name = "[NAME=]FILE")]
    schema: Vec<String>,
    /// The field that `category where` tests
    #[arg(long, default_value = "event.category", value_name = "FIELD")]
    event_category_field: String,
    /// The field that orders events
    #[arg(long, default_value = "@timestamp", value_name = "FIELD")]
    timestamp_field: String,
    /// The field that orders events of one time
    #[arg(long, value_name = "FIELD")]
    tiebreaker_field: Option<String>,
    /// The field whose value is the document's id
    #[arg(long, value_name = "FIELD")]
    id_field: Option<String>,
    /// Most rows
    #[arg(long, default_value_t = 10, value_name = "N")]
    size: usize,
    /// How events are shown; `json` is one answer in the shape of Elasticsearch's EQL search
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// Event Query Language
    Eql,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table on a terminal, else NDJSON
    Auto,
    /// The fields that the query names
    Table,
    /// A document a line
    Ndjson,
    /// One answer in the shape of Elasticsearch's EQL search
    Json,
}

/// Splits `NAME=REST`.
fn named(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok((name.to_owned(), path.into()))
        }
        _ => Err("not of the form NAME=PATH".to_owned()),
    }
}

/// Documents that share a mapping, as an index does.
struct Source {
    /// The index of documents that do not say one.
    name: String,
    inputs: Vec<Input>,
    schema: Schema,
}

/// The index of documents that came without a name.
const UNNAMED: &str = "events";

pub(crate) fn run(args: &Args) -> Result<u8> {
    let Language::Eql = args.lang;
    let mut sources = sources(args)?;
    let settings = Settings {
        event_category_field: args.event_category_field.clone(),
        timestamp_field: args.timestamp_field.clone(),
        tiebreaker_field: args.tiebreaker_field.clone(),
    };
    let lowered = brokerwatch_eql::parse(&args.query).and_then(|statement| {
        for source in &mut sources {
            if source.schema.is_strict() {
                infer(&statement, &settings, source, &args.read);
            }
        }
        let named: Vec<(&str, &Schema)> =
            sources.iter().map(|source| (&*source.name, &source.schema)).collect();
        let schema = Schema::merged(&named);
        Ok((lower::lower(&statement, &schema, &settings)?, schema))
    });
    let (lowered, schema) = match lowered {
        Ok(lowered) => lowered,
        Err(diagnostics) => return Ok(refused(args, &diagnostics)),
    };
    report::diagnostics("query", &args.query, &lowered.warnings);
    let Query::Event(condition) = &lowered.query else {
        bail!("sequences and samples do not run in this version");
    };
    let mut projection = Projection::new();
    let mut conditions = Conditions::default();
    let timestamp = projection.want(&args.timestamp_field, &schema);
    if let Err(error) = conditions.add(&lift::eql(condition), &mut projection, &schema) {
        return Ok(refused(args, &[error]));
    }
    let columns = projection.len();
    let work = Search {
        conditions: &conditions,
        timestamp,
        tiebreaker: args.tiebreaker_field.as_ref().map(|field| projection.want(field, &schema)),
        id: args.id_field.as_ref().map(|field| projection.want(field, &schema)),
        columns: if args.format() == Format::Table { columns } else { 0 },
        cut: cut(&lowered.pipes, args.size),
    };
    let mut rows = Rows { cut: work.cut, rows: Vec::new() };
    let mut summary = Summary::default();
    for source in &sources {
        search(source, &work, &projection, &args.read, &mut rows, &mut summary)?;
    }
    let rows = rows.finish(&lowered.pipes, args.size);
    let names: Vec<&str> =
        projection.fields().take(columns).map(|(_, field)| field.name.as_str()).collect();
    show(&rows, args.format(), &names)?;
    Ok(match (summary.unread_inputs, rows.is_empty()) {
        (0, true) => NOTHING,
        (0, false) => FOUND,
        _ => ERROR,
    })
}

impl Args {
    fn format(&self) -> Format {
        match self.format {
            Format::Auto if for_people() => Format::Table,
            Format::Auto => Format::Ndjson,
            other => other,
        }
    }
}

fn refused(args: &Args, diagnostics: &[Diagnostic]) -> u8 {
    report::diagnostics("query", &args.query, diagnostics);
    ERROR
}

/// The sources that the arguments name, in order: those of one name together, then the paths without a name.
fn sources(args: &Args) -> Result<Vec<Source>> {
    let mut paths: Vec<(&str, Vec<PathBuf>)> = Vec::new();
    for (name, path) in &args.source {
        match paths.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => known.push(path.clone()),
            None => paths.push((name, vec![path.clone()])),
        }
    }
    if !args.paths.is_empty() {
        paths.push((UNNAMED, args.paths.clone()));
    }
    let (mut own, mut common) = (BTreeMap::new(), None);
    for text in &args.schema {
        // A file whose name has `=` in it is meant as a file if no source has that name.
        let names = paths.iter().map(|(name, _)| *name);
        match text.split_once('=').filter(|(name, _)| names.clone().any(|known| known == *name)) {
            Some((name, file)) => {
                own.insert(name, schema(Path::new(file))?);
            }
            None => common = Some(schema(Path::new(text))?),
        }
    }
    let schema_of = |name| own.get(name).or(common.as_ref()).cloned().unwrap_or_else(Schema::open);
    Ok(paths
        .into_iter()
        .map(|(name, paths)| Source {
            name: name.to_owned(),
            inputs: input::inputs(&paths),
            schema: schema_of(name),
        })
        .collect())
}

/// Declares the fields that the query names and the mapping of a source lacks, with the type of their first value in
/// its documents: Elasticsearch maps a new field so when it first meets it. Reads the files once more.
fn infer(statement: &ast::Statement, settings: &Settings, source: &mut Source, read: &ReadArgs) {
    let Ok(lower::Lowered { query: Query::Event(condition), .. }) =
        lower::lower(statement, &Schema::open(), settings)
    else {
        return;
    };
    let mut names = BTreeSet::new();
    condition.visit_fields(&mut |name| {
        names.insert(name.to_owned());
    });
    names.retain(|name| source.schema.lookup(name) == Mapped::Unknown);
    if names.is_empty() || source.inputs.iter().any(Input::is_standard) {
        return;
    }
    // An empty strict schema reads every field by the type of its values.
    let (mut projection, nothing) = (Projection::new(), Schema::strict());
    let mut missing: BTreeMap<Slot, String> =
        names.into_iter().map(|name| (projection.want(&name, &nothing), name)).collect();
    let reading = read.reading(&projection);
    let schema = &mut source.schema;
    let read = input::read_quietly(&source.inputs, reading, &FirstTypes, &mut |types| {
        for (slot, ty) in types {
            if let Some(name) = missing.remove(&slot) {
                schema.declare(name, Mapped::Field(FieldMapping::of(ty)));
            }
        }
        if missing.is_empty() { Err(anyhow!("all are known")) } else { Ok(()) }
    });
    // The error means that nothing more has to be read.
    drop(read);
}

/// The type of the first value of each field in a chunk.
struct FirstTypes;

impl OnEvents for FirstTypes {
    type Worker = ();
    type Output = BTreeMap<Slot, Type>;

    fn worker(&self) {}

    fn event(&self, (): &mut (), seen: &Seen<'_, '_>, types: &mut Self::Output) {
        for &slot in seen.event.filled() {
            types.entry(slot).or_insert_with(|| dynamic_type(seen.event.values(slot)[0]));
        }
    }

    fn bytes(&self, _: &Self::Output) -> usize {
        0
    }
}

/// The type that a value's field gets: text that is an ISO date is a date.
fn dynamic_type(value: Field<'_>) -> Type {
    match value {
        Field::Keyword(text) if text.contains('-') && date::parse(text).is_some() => Type::Date,
        other => other.type_of(),
    }
}

/// The events of one source that the query is true of.
fn search(
    source: &Source,
    work: &Search<'_>,
    projection: &Projection,
    read: &ReadArgs,
    rows: &mut Rows,
    summary: &mut Summary,
) -> Result<()> {
    let projection = projection.rebind(&source.schema);
    // Values that stand for an explicit `null` are in no record.
    let as_written = projection.fields().all(|(_, field)| field.null_value.is_none());
    let required = work.conditions.required().filter(|_| as_written);
    let prefilter = required.and_then(|required| Prefilter::new(&required));
    let reading = Reading { prefilter: prefilter.as_ref(), ..read.reading(&projection) };
    input::read(&source.inputs, reading, summary, work, &mut |found: Found| {
        for mut row in found.rows.rows {
            row.index.get_or_insert_with(|| source.name.clone());
            rows.add(row);
        }
        match found.failure {
            Some((place, failure)) => bail!("the query failed at {place}: {failure}"),
            None => Ok(()),
        }
    })
}

struct Search<'a> {
    conditions: &'a Conditions,
    timestamp: Slot,
    tiebreaker: Option<Slot>,
    id: Option<Slot>,
    /// How many fields a table shows.
    columns: usize,
    cut: Cut,
}

/// What a chunk gave.
#[derive(Default)]
struct Found {
    rows: Rows,
    failure: Option<(String, String)>,
}

impl<'a> OnEvents for Search<'a> {
    type Worker = Matcher<'a>;
    type Output = Found;

    fn worker(&self) -> Matcher<'a> {
        Matcher::new(self.conditions)
    }

    fn event(&self, matcher: &mut Matcher<'a>, seen: &Seen<'_, '_>, out: &mut Found) {
        let event = seen.event;
        let mut found = false;
        let failure = matcher.run(event, |_, _| found = true);
        if let (Some(failure), None) = (failure, &out.failure) {
            let place = format!("{}{}", seen.path(), input::place(event.origin));
            out.failure = Some((place, failure));
        }
        if found {
            out.rows.cut = self.cut;
            out.rows.add(self.row(seen));
        }
    }

    fn bytes(&self, found: &Found) -> usize {
        found.rows.rows.iter().map(Row::bytes).sum()
    }
}

impl Search<'_> {
    fn row(&self, seen: &Seen<'_, '_>) -> Row {
        let event = seen.event;
        let cell = |slot: usize| {
            let values = event.values(Slot(slot as u16)).iter();
            values.map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let own = self.id.and_then(|slot| event.values(slot).first()).map(ToString::to_string);
        Row {
            moment: event.timestamp(self.timestamp),
            tiebreaker: self.tiebreaker.map(|slot| Tiebreaker::of(event.values(slot))),
            id: own.or_else(|| event.id.map(str::to_owned)),
            index: event.index.map(str::to_owned),
            source: match seen.source {
                Some(_) => Value::Object(seen.document()).to_string().into_bytes().into(),
                None => event.source.into(),
            },
            cells: (0..self.columns).map(cell).collect(),
        }
    }
}

/// A mapping file as a strict schema.
pub(super) fn schema(path: &Path) -> Result<Schema> {
    brokerwatch_ingest::read_mapping(&super::scan::text(path)?)
        .map_err(|error| anyhow!("{}: {error}", path.display()))
}

struct Row {
    moment: Option<Timestamp>,
    tiebreaker: Option<Tiebreaker>,
    id: Option<String>,
    index: Option<String>,
    /// The record as it stood in the input.
    source: Box<[u8]>,
    cells: Vec<String>,
}

impl Row {
    fn order(&self) -> (&Option<Timestamp>, &Option<Tiebreaker>) {
        (&self.moment, &self.tiebreaker)
    }

    fn bytes(&self) -> usize {
        size_of::<Row>() + self.source.len() + self.cells.iter().map(String::len).sum::<usize>()
    }

    /// The document as it stood, also the whole of an Elasticsearch hit.
    fn document(&self) -> Value {
        serde_json::from_slice(&self.source)
            .unwrap_or_else(|_| Value::Object(document(&self.source)))
    }

    /// The document's own id, else the same for the same document.
    fn id(&self) -> String {
        let hash = || Uuid::new_v5(&Uuid::NAMESPACE_OID, &self.source).to_string();
        self.id.clone().unwrap_or_else(hash)
    }
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
#[derive(Default)]
struct Rows {
    cut: Cut,
    rows: Vec<Row>,
}

/// Which end of the ordered rows the answer is made from, and how many of it at most.
#[derive(Clone, Copy)]
enum Cut {
    First(usize),
    Last(usize),
}

impl Default for Cut {
    fn default() -> Cut {
        Cut::First(0)
    }
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

    /// Rows that are equal in order stay in the order of the inputs.
    fn trim(&mut self) {
        self.rows.sort_by(|a, b| a.order().cmp(&b.order()));
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

fn show(rows: &[Row], format: Format, names: &[&str]) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Table => table(rows, names, &mut out)?,
        Format::Auto | Format::Ndjson => {
            for row in rows {
                writeln!(out, "{}", row.document())?;
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

fn table(rows: &[Row], names: &[&str], out: &mut impl io::Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(names);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    for row in rows {
        table.add_row(row.cells.iter().map(|cell| printable(cell)));
    }
    writeln!(out, "{table}")
}

/// A row as an Elasticsearch hit.
fn hit(row: &Row) -> Value {
    let index = row.index.as_deref().unwrap_or(UNNAMED);
    json!({ "_index": index, "_id": row.id(), "_source": document(&row.source) })
}
