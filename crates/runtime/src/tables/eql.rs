//! `EQL index "query"`: the events that an EQL query finds, as rows of a table.
//!
//! The query reads documents as EQL does, by its own slots; the columns of the same events stand beside them as ES|QL has
//! them. What was found is held in memory: its order is part of the answer, and sequences share events.
//!
//! There is no cut at ten rows as in Elasticsearch. A `LIMIT` behind takes the first rows of the order.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use brokerwatch_detect::{Conditions, Matcher, Steps, Tiebreaker};
use brokerwatch_ecs::{Projection, Schema, Slot, Timestamp};
use brokerwatch_eql::ast::Statement;
use brokerwatch_eql::keys::{Key, KeyValue};
use brokerwatch_eql::lower::{self, Lowered, Pipe, Query, Sequence, Settings};
use brokerwatch_eql::sample::Sample;
use brokerwatch_eql::sequence::{Arrival, Machine, Plan, Role};
use brokerwatch_esql::block::Builder;
use brokerwatch_esql::catalog::{CatalogError, EqlRequest, Table, TableColumn, Wanted};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use brokerwatch_expr::lift;
use brokerwatch_ingest::prefilter::Prefilter;
use bumpalo::Bump;
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{concat_batches, take_arrays};
use datafusion::arrow::datatypes::{Field, Schema as ArrowSchema, SchemaRef};
use datafusion::common::DataFusionError;
use datafusion::datasource::MemTable;

use super::facts::Refit;
use super::metadata::Meta;
use super::names::{self, Chosen};
use super::provider::Part;
use super::report::SourceReport;
use super::rows::{Built, Rows};
use super::scan::{Events, in_blocks};
use super::schema::Opened;
use super::{Tables, metadata_fields};
use crate::events::{self, OnEvents, Piece, Reading, Seen};
use crate::limits::{BATCH_ROWS_MAX, EQL_BYTES_MAX, REFITS_MAX};
use crate::{Input, Item, Progress};

/// The columns that say where in a sequence or sample an event stands.
const PLACES: [(&str, DataType, bool); 3] = [
    ("_sequence", DataType::Long, false),
    ("_sequence_stage", DataType::Integer, false),
    ("join_keys", DataType::Keyword, true),
];

/// The table of the events that a query finds.
pub(super) fn table(tables: &Tables, request: &EqlRequest<'_>) -> Result<Table, CatalogError> {
    let metadata = metadata_fields(request.metadata)?;
    let settings = settings(request.options)?;
    let statement = brokerwatch_eql::parse(request.query).map_err(CatalogError::Query)?;
    let mut wanted = request.wanted.clone();
    wanted.names.retain(|name| PLACES.iter().all(|(place, ..)| place != name));
    // One reading for each refit, as many as a source takes.
    for _ in 0..=2 * REFITS_MAX {
        let chosen = names::choose(request.indices, &tables.names())?;
        let search = Search::new(tables, &chosen, &statement, &settings)?;
        match search.found(tables, chosen, &metadata, &wanted)? {
            ControlFlow::Break(table) => return Ok(table),
            ControlFlow::Continue(()) => {}
        }
    }
    Err(unreadable("the types of the columns could not be settled"))
}

fn unreadable(why: impl Into<String>) -> CatalogError {
    CatalogError::Unreadable(why.into())
}

fn broken(error: &DataFusionError) -> CatalogError {
    unreadable(error.strip_backtrace())
}

/// What the options behind `WITH` say.
fn settings(options: &[(String, String)]) -> Result<Settings, CatalogError> {
    let mut settings = Settings::default();
    for (name, value) in options {
        match name.as_str() {
            "event_category_field" => settings.event_category_field.clone_from(value),
            "timestamp_field" => settings.timestamp_field.clone_from(value),
            "tiebreaker_field" => settings.tiebreaker_field = Some(value.clone()),
            _ => {
                return Err(unreadable(format!(
                    "there is no option `{name}`; there are `event_category_field`, `timestamp_field`, `tiebreaker_field`"
                )));
            }
        }
    }
    Ok(settings)
}

/// A query, compiled for the sources that were chosen.
struct Search {
    lowered: Lowered,
    /// Of each source, by its number.
    schemas: HashMap<usize, Schema>,
    projection: Projection,
    conditions: Conditions,
    /// The brackets of a sequence or sample.
    steps: Option<Steps>,
    timestamp: Slot,
    tiebreaker: Option<Slot>,
}

impl Search {
    fn new(
        tables: &Tables,
        chosen: &Chosen,
        statement: &Statement,
        settings: &Settings,
    ) -> Result<Search, CatalogError> {
        let mut schemas = HashMap::new();
        for &number in &chosen.numbers {
            let schema = match &tables.sources[number].schema {
                Some(mapping) => mapping.schema().map_err(unreadable)?,
                None => Schema::open(),
            };
            schemas.insert(number, schema);
        }
        let named: Vec<(&str, &Schema)> = chosen
            .numbers
            .iter()
            .map(|number| {
                (tables.sources[*number].name.as_deref().unwrap_or("*"), &schemas[number])
            })
            .collect();
        let schema = Schema::merged(&named);
        let lowered = lower::lower(statement, &schema, settings).map_err(CatalogError::Query)?;
        let (mut projection, mut conditions) = (Projection::new(), Conditions::default());
        let timestamp = projection.want(&settings.timestamp_field, &schema);
        let tiebreaker = settings.tiebreaker_field.as_ref();
        let tiebreaker = tiebreaker.map(|field| projection.want(field, &schema));
        let mut steps = |stages: &mut dyn Iterator<Item = &lower::Stage>| {
            Steps::add(stages, &mut conditions, &mut projection, &schema).map(Some)
        };
        let steps = match &lowered.query {
            Query::Event(condition) => {
                conditions.add(&lift::eql(condition), &mut projection, &schema).map(|_| None)
            }
            Query::Sequence(Sequence { stages, until, .. }) => {
                steps(&mut stages.iter().chain(until))
            }
            Query::Sample(filters) => steps(&mut filters.iter()),
        };
        let steps = steps.map_err(|error| CatalogError::Query(vec![error]))?;
        Ok(Search { lowered, schemas, projection, conditions, steps, timestamp, tiebreaker })
    }

    /// Reads the sources. Nothing if what they hold has to be read in another way, which was learned.
    fn found(
        &self,
        tables: &Tables,
        chosen: Chosen,
        metadata: &[Meta],
        wanted: &Wanted,
    ) -> Result<ControlFlow<Table>, CatalogError> {
        let mut opened = tables.opened(chosen, metadata, wanted);
        let mut all = All { schema: Arc::clone(&opened.schema), ..All::new() };
        for part in &opened.parts {
            let Part::Events(events) = part else {
                let why = "EQL queries do not read Parquet files that no import wrote; search them with `FROM` and `WHERE`, or keep the events themselves with `brokerwatch import`";
                return Err(unreadable(why));
            };
            match self.read(events, &mut all) {
                Ok(()) => {}
                Err(Stop::Refit(refit)) => {
                    let learned = refit.teach(&mut tables.sources[events.source_number].facts());
                    let why = "the types of the columns could not be settled";
                    return if learned {
                        Ok(ControlFlow::Continue(()))
                    } else {
                        Err(unreadable(why))
                    };
                }
                Err(Stop::Failed(why)) => return Err(unreadable(why)),
            }
        }
        let answer = self.answer(&mut all.hits, &mut opened.remarks);
        Ok(ControlFlow::Break(all.into_table(opened, &answer)?))
    }

    fn read(&self, events: &Events, all: &mut All) -> Result<(), Stop> {
        let fields: Vec<usize> = (0..all.schema.fields().len()).collect();
        let projection = self.projection.rebind(&self.schemas[&events.source_number]);
        // Values that stand for an explicit `null` are in no record.
        let as_written = projection.fields().all(|(_, field)| field.null_value.is_none());
        let required = self.conditions.required().filter(|_| as_written);
        let prefilter = required.and_then(|required| Prefilter::new(&required));
        let work = Hunt { search: self, rows: events.rows(&fields, projection) };
        let reading = Reading {
            prefilter: prefilter.as_ref(),
            ..events.shared.reading(&work.rows.projection)
        };
        let inputs = in_blocks(&events.inputs, work.rows.projection.len());
        let mut report = SourceReport::default();
        let mut take = |input: &Input, item: Item<Piece<Found>>| match item {
            Item::Output(piece) => {
                let Piece { output, counts, defects, source, member } = piece;
                let Found { built, hits, failure } = output;
                let item = Item::Output(Piece { output: built, counts, defects, source, member });
                report.take(input, &item);
                let Item::Output(Piece { output: built, .. }) = item else { return Ok(()) };
                all.add(built, hits, failure, events.source_number)
            }
            Item::Failed(error) => {
                report.take(input, &Item::Failed(error));
                Ok(())
            }
            Item::End => {
                report.take(input, &Item::End);
                Ok(())
            }
        };
        events::read(&inputs, reading, &Progress::default(), &work, &mut take)?;
        events.shared.report.set((events.source_number, 0), report);
        Ok(())
    }

    /// The rows of the answer, in its order.
    fn answer(&self, hits: &mut Vec<Hit>, remarks: &mut Vec<String>) -> Answer {
        let mut answer = match &self.lowered.query {
            Query::Event(_) => {
                hits.sort_by(Hit::order);
                Answer::Events(hits.iter().map(|hit| hit.row).collect())
            }
            Query::Sequence(sequence) => {
                hits.sort_by(Hit::order);
                Answer::Sets(sequences(sequence, hits, remarks))
            }
            Query::Sample(filters) => Answer::Sets(samples(filters.len(), hits, remarks)),
        };
        for pipe in &self.lowered.pipes {
            answer.pipe(pipe);
        }
        answer
    }
}

/// Why reading stops before its end.
enum Stop {
    /// Columns are others than they looked.
    Refit(Refit),
    Failed(String),
}

/// Finds events of one source.
struct Hunt<'a> {
    search: &'a Search,
    rows: Rows,
}

/// What a chunk gave.
#[derive(Default)]
struct Found {
    built: Built,
    hits: Vec<Hit>,
    failure: Option<String>,
}

/// An event that was found.
struct Hit {
    /// Its time; none sorts first.
    nanoseconds: Option<i128>,
    tiebreaker: Option<Tiebreaker>,
    /// What it is to the brackets.
    roles: Vec<Role>,
    /// Its row.
    row: u32,
}

impl Hit {
    /// Events that are equal in time and tiebreaker stay in the order of the inputs.
    fn order(&self, other: &Hit) -> std::cmp::Ordering {
        (self.nanoseconds, &self.tiebreaker, self.row).cmp(&(
            other.nanoseconds,
            &other.tiebreaker,
            other.row,
        ))
    }

    fn time(&self) -> Option<Timestamp> {
        self.nanoseconds.and_then(|nanoseconds| Timestamp::from_nanosecond(nanoseconds).ok())
    }
}

impl<'a> OnEvents for Hunt<'a> {
    type Worker = (Matcher<'a>, Bump);
    type Output = Found;

    fn worker(&self) -> Self::Worker {
        (Matcher::new(&self.search.conditions), self.rows.worker())
    }

    fn event(&self, (matcher, texts): &mut Self::Worker, seen: &Seen<'_, '_>, out: &mut Found) {
        let (event, search) = (seen.event, self.search);
        let mut met = Vec::new();
        let failure = matcher.run(event, |condition, _| met.push(condition));
        if let (Some(failure), None) = (failure, &out.failure) {
            let line = event.origin.line;
            out.failure = Some(format!("the query failed at {}:{line}: {failure}", seen.path()));
        }
        if met.is_empty() {
            return;
        }
        let roles = match &search.steps {
            // The brackets are the only conditions, in their order.
            Some(steps) => steps.roles(met.into_iter(), event),
            None => Vec::new(),
        };
        if search.steps.is_some() && roles.is_empty() {
            return;
        }
        let row = u32::try_from(out.built.rows).unwrap_or(u32::MAX);
        let nanoseconds = event.timestamp(search.timestamp).map(Timestamp::as_nanosecond);
        let tiebreaker = search.tiebreaker.map(|slot| Tiebreaker::of(event.values(slot)));
        out.hits.push(Hit { nanoseconds, tiebreaker, roles, row });
        self.rows.event(texts, seen, &mut out.built);
    }

    fn bytes(&self, out: &Found) -> usize {
        out.bytes()
    }
}

impl Found {
    fn bytes(&self) -> usize {
        /// About what the keys of a role take.
        const ROLE_BYTES: usize = 128;
        let roles: usize = self.hits.iter().map(|hit| hit.roles.len()).sum();
        self.built.bytes + self.hits.len() * size_of::<Hit>() + roles * ROLE_BYTES
    }
}

/// Everything that was found.
struct All {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    hits: Vec<Hit>,
    rows: usize,
    bytes: usize,
}

impl All {
    fn new() -> All {
        let schema = Arc::new(ArrowSchema::empty());
        All { schema, batches: Vec::new(), hits: Vec::new(), rows: 0, bytes: 0 }
    }

    fn add(
        &mut self,
        mut built: Built,
        mut hits: Vec<Hit>,
        failure: Option<String>,
        source_number: usize,
    ) -> Result<(), Stop> {
        if let Some(failure) = failure {
            return Err(Stop::Failed(failure));
        }
        if !built.misfits.is_empty() {
            let columns = std::mem::take(&mut built.misfits);
            return Err(Stop::Refit(Refit { source_number, columns }));
        }
        if built.rows == 0 {
            return Ok(());
        }
        let rows = built.rows;
        let batch = built.finish(&self.schema).map_err(|e| Stop::Failed(e.strip_backtrace()))?;
        let found = Found { built, hits: std::mem::take(&mut hits), failure: None };
        self.bytes += found.bytes();
        if EQL_BYTES_MAX < self.bytes {
            return Err(Stop::Failed(too_much("events that the EQL query finds")));
        }
        // Fewer bytes than the bound are fewer rows than 32 bits count.
        let before = u32::try_from(self.rows).unwrap_or(u32::MAX);
        let moved = found.hits.into_iter().map(|hit| Hit { row: before + hit.row, ..hit });
        self.hits.extend(moved);
        self.rows += rows;
        self.batches.push(batch);
        Ok(())
    }

    /// The table of an answer.
    fn into_table(self, opened: Opened, answer: &Answer) -> Result<Table, CatalogError> {
        let Opened { mut columns, metadata, open, remarks, .. } = opened;
        let all = concat_batches(&self.schema, &self.batches)
            .map_err(|error| broken(&DataFusionError::from(error)))?;
        let mut fields: Vec<Arc<Field>> = self.schema.fields().iter().cloned().collect();
        let mut kept: Vec<usize> = (0..fields.len()).collect();
        let members = answer.members();
        if let Answer::Sets(_) = answer {
            // A field of a document does not hide where its event stands.
            let is_place = |name: &str| PLACES.iter().any(|(place, ..)| *place == name);
            kept.retain(|at| !is_place(fields[*at].name()));
            fields.retain(|field| !is_place(field.name()));
            columns.retain(|column| !is_place(&column.name));
            for (name, ty, multi) in PLACES {
                fields.push(Arc::new(Field::new(name, ty.arrow_column(multi), true)));
                columns.push(TableColumn::new(name, ty, multi));
            }
        }
        let schema = Arc::new(ArrowSchema::new(fields));
        let all = all.project(&kept).map_err(|error| broken(&DataFusionError::from(error)))?;
        let (mut batches, mut bytes) = (Vec::new(), 0);
        for members in members.chunks(BATCH_ROWS_MAX) {
            let batch = batch(&all, members, &schema).map_err(|error| broken(&error))?;
            bytes += batch.get_array_memory_size();
            if EQL_BYTES_MAX < bytes {
                return Err(unreadable(too_much("rows of the EQL query's answer")));
            }
            batches.push(batch);
        }
        let provider = MemTable::try_new(schema, vec![batches]).map_err(|error| broken(&error))?;
        let provider = Arc::new(provider);
        Ok(Table { columns, metadata, provider, open, remarks })
    }
}

fn too_much(what: &str) -> String {
    let megabytes = EQL_BYTES_MAX >> 20;
    format!("the {what} take more than {megabytes} MB; a narrower query helps")
}

/// Rows of the answer.
fn batch(
    all: &RecordBatch,
    members: &[Member<'_>],
    schema: &SchemaRef,
) -> Result<RecordBatch, DataFusionError> {
    let rows = UInt32Array::from_iter_values(members.iter().map(|member| member.row));
    let mut arrays: Vec<ArrayRef> = take_arrays(all.columns(), &rows, None)?;
    if arrays.len() < schema.fields().len() {
        let mut places = PLACES.map(|(_, ty, multi)| Builder::new(ty, multi, members.len()));
        let [sequence, stage, keys] = &mut places;
        for member in members {
            sequence.push(&[Value::Long(i64::try_from(member.set).unwrap_or(i64::MAX))]);
            stage.push(&[Value::Integer(i32::try_from(member.stage).unwrap_or(i32::MAX))]);
            keys.push(&member.keys.iter().map(|key| Value::Text(key)).collect::<Vec<_>>());
        }
        for place in places {
            arrays.push(place.finish()?);
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(members.len()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)?)
}

/// The rows of an answer, in its order.
enum Answer {
    Events(Vec<u32>),
    Sets(Vec<Set>),
}

/// A sequence or sample.
struct Set {
    keys: Vec<String>,
    /// The rows; `None` for an event that had to be missing.
    rows: Vec<Option<u32>>,
}

/// A row of the answer, and where it stands.
struct Member<'a> {
    row: u32,
    set: usize,
    stage: usize,
    keys: &'a [String],
}

impl Answer {
    fn members(&self) -> Vec<Member<'_>> {
        match self {
            Answer::Events(rows) => {
                rows.iter().map(|row| Member { row: *row, set: 0, stage: 0, keys: &[] }).collect()
            }
            Answer::Sets(sets) => {
                let of = |(number, set): (usize, &'_ Set)| -> Vec<(usize, usize, u32)> {
                    let rows = set.rows.iter().enumerate();
                    rows.filter_map(|(stage, row)| Some((number, stage, (*row)?))).collect()
                };
                let members = sets.iter().enumerate().flat_map(of);
                members
                    .map(|(set, stage, row)| Member { row, set, stage, keys: &sets[set].keys })
                    .collect()
            }
        }
    }

    fn pipe(&mut self, pipe: &Pipe) {
        match self {
            Answer::Events(rows) => piped(rows, pipe),
            Answer::Sets(sets) => piped(sets, pipe),
        }
    }
}

fn piped<T>(items: &mut Vec<T>, pipe: &Pipe) {
    let clamp = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    match pipe {
        Pipe::Head(most) => items.truncate(clamp(*most)),
        Pipe::Tail(most) => drop(items.drain(..items.len().saturating_sub(clamp(*most)))),
        _ => unreachable!("pipes of the extension are refused where it is off"),
    }
}

/// The sequences among events in order.
fn sequences(sequence: &Sequence, hits: &mut Vec<Hit>, remarks: &mut Vec<String>) -> Vec<Set> {
    let mut machine: Machine<u32> = Machine::new(Plan::of(sequence));
    let (mut found, mut untimed) = (Vec::new(), 0u64);
    for hit in hits.drain(..) {
        match hit.time() {
            Some(time) => {
                let arrival = Arrival { time, event: hit.row, roles: hit.roles };
                machine.push(arrival, &mut found);
            }
            None => untimed += 1,
        }
    }
    machine.finish(&mut found);
    remark(remarks, untimed, "events without a time took part in no sequence");
    remark(remarks, machine.dropped(), "open sequences were dropped at a bound");
    let set = |found: brokerwatch_eql::sequence::Found<u32>| Set {
        keys: shown(&found.key, KeyValue::shown_in_sequence),
        rows: found.events,
    };
    found.into_iter().map(set).collect()
}

/// The samples among events in the order of their inputs, one of each key.
fn samples(filters: usize, hits: &mut Vec<Hit>, remarks: &mut Vec<String>) -> Vec<Set> {
    let mut sample: Sample<u32> = Sample::new(filters, 1);
    for hit in hits.drain(..) {
        for Role { stage, keys } in hit.roles {
            sample.push(stage, keys, u64::from(hit.row), hit.row);
        }
    }
    let found = sample.finish();
    remark(remarks, sample.dropped(), "events were dropped at a bound");
    remark(remarks, sample.cut(), "keys were searched up to a bound only");
    found
        .into_iter()
        .map(|found| Set {
            keys: shown(&found.key, KeyValue::shown_in_sample),
            rows: found.events.into_iter().map(Some).collect(),
        })
        .collect()
}

fn remark(remarks: &mut Vec<String>, count: u64, what: &str) {
    if 0 < count {
        remarks.push(format!("{count} {what}"));
    }
}

/// The values of join keys as texts; a key without a value has none.
fn shown(key: &Key, text: impl Fn(&KeyValue) -> serde_json::Value) -> Vec<String> {
    key.iter()
        .filter_map(|value| match text(value) {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text),
            other => Some(other.to_string()),
        })
        .collect()
}
