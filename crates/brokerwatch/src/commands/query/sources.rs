//! Where the events of a query come from: named sources, each with its mapping.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use brokerwatch_ecs::{FieldMapping, Mapped, Projection, Schema, Slot, Type, Value, date};
use brokerwatch_eql::ast;
use brokerwatch_eql::lower::{self, Query, Settings, Stage};
use brokerwatch_eql::pipes;
use brokerwatch_runtime::Input;
use brokerwatch_runtime::events::{OnEvents, Seen};

use super::Args;
use crate::commands::input::{self, ReadArgs};

/// Splits `NAME=REST`.
pub(in crate::commands) fn named(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok((name.to_owned(), path.into()))
        }
        _ => Err("not of the form NAME=PATH".to_owned()),
    }
}

/// Documents that share a mapping, as an index does.
pub(super) struct Source {
    /// The index of documents that do not say one.
    pub(super) name: String,
    pub(super) inputs: Vec<Input>,
    pub(super) schema: Schema,
}

/// The index of documents that came without a name.
pub(super) const UNNAMED: &str = "events";

/// The sources that the arguments name, in order: those of one name together, then the paths without a name.
pub(super) fn sources(args: &Args) -> Result<Vec<Source>> {
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
pub(super) fn infer(
    statement: &ast::Statement,
    settings: &Settings,
    source: &mut Source,
    read: &ReadArgs,
) {
    // With every name known, two optional fields that no mapping has would be a comparison of fields.
    let settings = Settings { extensions: true, ..settings.clone() };
    let Ok(lowered) = lower::lower(statement, &Schema::open(), &settings) else { return };
    let mut names = fields_of(&lowered.query);
    names.extend(pipes::fields(&lowered.pipes));
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

/// The fields that a query names.
fn fields_of(query: &Query) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut visit = |name: &str| {
        names.insert(name.to_owned());
    };
    let stages: Vec<&Stage> = match query {
        Query::Event(condition) => {
            condition.visit_fields(&mut visit);
            Vec::new()
        }
        Query::Sequence(sequence) => sequence.stages.iter().chain(&sequence.until).collect(),
        Query::Sample(filters) => filters.iter().collect(),
    };
    for stage in stages {
        stage.condition.visit_fields(&mut visit);
        stage.keys.iter().for_each(|key| visit(&key.name));
    }
    names
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
fn dynamic_type(value: Value<'_>) -> Type {
    match value {
        Value::Keyword(text) if text.contains('-') && date::parse(text).is_some() => Type::Date,
        other => other.type_of(),
    }
}

/// A mapping file as a strict schema.
pub(crate) fn schema(path: &Path) -> Result<Schema> {
    brokerwatch_ingest::read_mapping(&crate::commands::scan::text(path)?)
        .map_err(|error| anyhow!("{}: {error}", path.display()))
}
