//! Which columns a table over some sources has.
//!
//! What is declared, by a mapping or by a file with a schema of its own, decides. Where nothing is, ECS does, and where
//! ECS has no such name, the values do. Documents without a schema are read as whatever the others declare.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use brokerwatch_esql::catalog::{Table, TableColumn, Wanted};
use brokerwatch_esql::types::DataType;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};

use super::column::{Binding, ecs};
use super::convert::Leaf;
use super::facts::Seen;
use super::metadata::Meta;
use super::names::Chosen;
use super::parquet::ParquetFiles;
use super::provider::{Part, SourceTable};
use super::scan::Events;
use super::{Known, Tables, learn};
use crate::limits::COLUMNS_MAX;

/// What is known of a column over all sources.
#[derive(Debug, Default)]
struct Claims<'a> {
    /// The types that are declared, with their names and the sources that do.
    declared: BTreeMap<DataType, (String, Vec<&'a str>)>,
    /// The type of the files with a schema of their own.
    held: Option<DataType>,
    /// What documents without a schema showed.
    seen: Seen,
    /// Whether several values were seen or declared.
    multi: bool,
}

/// The type of a column.
#[derive(Debug, Clone, Copy)]
struct Settled {
    ty: DataType,
    multi: bool,
    /// Whether it was found from values.
    learned: bool,
}

/// A table before anything is read of it.
pub(super) struct Opened {
    pub(super) columns: Vec<TableColumn>,
    pub(super) metadata: Vec<TableColumn>,
    /// The columns, then the metadata.
    pub(super) schema: SchemaRef,
    pub(super) parts: Vec<Part>,
    /// Whether a source has no schema of its own.
    pub(super) open: bool,
    pub(super) remarks: Vec<String>,
}

impl Tables {
    /// The table over the sources that were chosen.
    pub(super) fn open(&self, chosen: Chosen, metadata: &[Meta], wanted: &Wanted) -> Table {
        let Opened { columns, metadata, schema, parts, open, remarks } =
            self.opened(chosen, metadata, wanted);
        let provider = Arc::new(SourceTable::new(schema, parts));
        Table { columns, metadata, provider, open, remarks }
    }

    /// The parts of the table over the sources that were chosen.
    pub(super) fn opened(&self, chosen: Chosen, metadata: &[Meta], wanted: &Wanted) -> Opened {
        let Chosen { numbers, mut remarks } = chosen;
        for &number in &numbers {
            self.learn(number, wanted, &mut remarks);
        }
        let mut columns = Vec::new();
        let mut settled = Vec::new();
        for (name, claims) in self.claims(&numbers, wanted) {
            let Some((column, decided)) = claims.settle(&name) else { continue };
            columns.push(column);
            settled.push((name, decided));
        }
        let parts: Vec<Part> = numbers
            .iter()
            .flat_map(|number| self.parts(*number, &settled, metadata, wanted))
            .collect();
        let metadata: Vec<TableColumn> = metadata.iter().map(|meta| meta.column()).collect();
        let fields = columns.iter().chain(&metadata);
        let fields: Vec<Field> = fields
            .map(|column| Field::new(&column.name, column.ty.arrow_column(column.multi), true))
            .collect();
        let open = numbers.iter().any(|number| self.sources[*number].schema.is_none());
        let schema = Arc::new(Schema::new(fields));
        Opened { columns, metadata, schema, parts, open, remarks }
    }

    /// Finds out what has to be known of the documents of a source before a query can be planned.
    fn learn(&self, number: usize, wanted: &Wanted, remarks: &mut Vec<String>) {
        let source = &self.sources[number];
        let inputs = &source.files(self.temporary_folder.as_ref()).events;
        let mapping = source.schema.as_deref();
        let mut facts = source.facts();
        let all = mapping.is_none() && (wanted.all || !wanted.patterns.is_empty());
        if inputs.is_empty() || facts.complete {
            return;
        }
        if all {
            learn::everything(&self.shared, inputs, &mut facts);
            if 0 < facts.dropped {
                let name = source.name.as_deref().unwrap_or("the files");
                remarks.push(format!(
                    "{name} has more than {COLUMNS_MAX} fields; the others are left out"
                ));
            }
            return;
        }
        let names = names_of(source, wanted);
        if facts.want_all() {
            let names: Vec<String> =
                names.into_iter().filter(|name| !facts.is_exact(name)).collect();
            if !names.is_empty() {
                learn::all_of(&self.shared, inputs, (&names, mapping), &mut facts);
            }
            return;
        }
        let names: Vec<String> =
            names.into_iter().filter(|name| !facts.sampled.contains(name)).collect();
        if names.is_empty() {
            return;
        }
        let whole = learn::sample(&self.shared, inputs, (&names, mapping), &mut facts);
        if whole {
            facts.exact.extend(names.iter().cloned());
        }
        facts.sampled.extend(names);
    }

    /// What the sources say of each column that can be used.
    fn claims(&self, numbers: &[usize], wanted: &Wanted) -> BTreeMap<String, Claims<'_>> {
        let mut claims: BTreeMap<String, Claims<'_>> = BTreeMap::new();
        for &number in numbers {
            let source = &self.sources[number];
            let name = source.name.as_deref().unwrap_or("files without a name");
            let facts = source.facts();
            match &source.schema {
                Some(mapping) => {
                    let fields = mapping.fields().iter();
                    for (field, mapped) in fields.filter(|(field, _)| wanted.has(field)) {
                        let claim = claims.entry(field.clone()).or_default();
                        claim.declare(mapped.ty, &mapped.type_name, name);
                        claim.multi |= facts.of(field).multi;
                    }
                }
                None => {
                    for leaf in source.known_files().iter().flat_map(|file| file.leaves.iter()) {
                        if wanted.has(&leaf.name) && Meta::of(&leaf.name).is_none() {
                            claims.entry(leaf.name.clone()).or_default().hold(leaf);
                        }
                    }
                    let known = facts.names.keys().filter(|field| wanted.has(field));
                    let asked = wanted.names.iter().filter(|field| ecs(field).is_some());
                    let fields: BTreeSet<&String> = known.chain(asked).collect();
                    for field in fields {
                        let claim = claims.entry(field.clone()).or_default();
                        claim.seen.add(facts.of(field));
                    }
                }
            }
        }
        claims
    }

    /// The files of a source with the columns of a table.
    fn parts(
        &self,
        number: usize,
        settled: &[(String, Settled)],
        metadata: &[Meta],
        wanted: &Wanted,
    ) -> Vec<Part> {
        let source = &self.sources[number];
        let files = source.files(self.temporary_folder.as_ref());
        let facts = source.facts();
        let bound = |(name, settled): &(String, Settled)| {
            let binding = binding(source, name, *settled);
            (name.clone(), binding)
        };
        let is_column = |name: &String| settled.iter().any(|(known, _)| known == name);
        let unseen = wanted.names.iter().filter(|name| {
            source.schema.is_none()
                && !is_column(name)
                && !facts.is_exact(name)
                && Meta::of(name).is_none()
        });
        let events = Events {
            shared: Arc::clone(&self.shared),
            source_number: number,
            source: source.name.clone(),
            inputs: Arc::clone(&files.events),
            columns: settled.iter().map(bound).collect(),
            metadata: metadata.into(),
            watched: unseen.cloned().collect(),
        };
        let parquet = ParquetFiles {
            shared: Arc::clone(&self.shared),
            source_number: number,
            source: source.name.clone(),
            files: files.parquet.clone(),
            columns: settled.iter().map(|(name, to)| (name.clone(), to.ty, to.multi)).collect(),
            metadata: metadata.into(),
        };
        // Without any file there is still a table, which is empty.
        let events = (!files.events.is_empty()).then_some(Part::Events(events));
        events
            .into_iter()
            .chain((!files.parquet.is_empty()).then_some(Part::Parquet(parquet)))
            .collect()
    }
}

/// The fields of a source that a query may use and that something has to be found out about.
fn names_of(source: &Known, wanted: &Wanted) -> Vec<String> {
    match &source.schema {
        Some(mapping) => mapping.fields().keys().filter(|name| wanted.has(name)).cloned().collect(),
        None => wanted.names.iter().filter(|name| Meta::of(name).is_none()).cloned().collect(),
    }
}

/// How the documents of a source fill a column of this type.
fn binding(source: &Known, name: &str, settled: Settled) -> Binding {
    let Settled { ty, multi, learned } = settled;
    match &source.schema {
        Some(mapping) => match mapping.fields().get(name) {
            Some(field) if field.ty == ty => Binding::mapped(name, field, multi),
            _ => Binding::nowhere(ty, multi),
        },
        None => Binding::open(name, ty, multi, learned),
    }
}

impl<'a> Claims<'a> {
    fn declare(&mut self, ty: DataType, type_name: &str, source: &'a str) {
        let entry = self.declared.entry(ty);
        entry.or_insert_with(|| (type_name.to_owned(), Vec::new())).1.push(source);
    }

    /// Takes in a column of a file. Files of several types hold what both widen to, else text.
    fn hold(&mut self, leaf: &Leaf) {
        self.multi |= leaf.multi;
        self.held = Some(match self.held {
            None | Some(DataType::Unsupported) => leaf.meant,
            Some(held) if leaf.meant == DataType::Unsupported => held,
            Some(held) => held.common(leaf.meant).unwrap_or(DataType::Keyword),
        });
    }

    /// The column that all claims together make; `None` if there is nothing of that name.
    fn settle(&self, name: &str) -> Option<(TableColumn, Settled)> {
        let mut declared = self.declared.iter();
        let multi = self.multi || self.seen.multi;
        let column = |ty, multi, learned| {
            let settled = Settled { ty, multi, learned };
            Some((TableColumn::new(name, ty, multi), settled))
        };
        match (declared.next(), declared.next()) {
            (Some((DataType::Unsupported, (type_name, _))), None) => {
                self.unusable(name, vec![type_name.clone()])
            }
            (Some((ty, _)), None) => column(*ty, multi, false),
            (Some(_), Some(_)) => {
                let conflict = |(_, (ty, sources)): (&DataType, &(String, Vec<&str>))| {
                    format!("{ty} in {}", sources.join(", "))
                };
                self.unusable(name, self.declared.iter().map(conflict).collect())
            }
            (None, _) => match (self.held, ecs(name), self.seen.ty()) {
                (Some(DataType::Null), None, None) => None,
                (Some(DataType::Unsupported), None, None) => {
                    self.unusable(name, vec!["unsupported".to_owned()])
                }
                (Some(held), ..) if !matches!(held, DataType::Null | DataType::Unsupported) => {
                    column(held, multi || self.is_list(name), false)
                }
                (_, Some(known), _) => column(known.ty, multi || known.multi, false),
                (_, None, Some(ty)) => column(ty, multi, true),
                (_, None, None) => None,
            },
        }
    }

    /// Whether documents beside the files may have lists of a name because ECS says so.
    fn is_list(&self, name: &str) -> bool {
        self.seen != Seen::default() && ecs(name).is_some_and(|known| known.multi)
    }

    fn unusable(&self, name: &str, conflict: Vec<String>) -> Option<(TableColumn, Settled)> {
        let ty = DataType::Unsupported;
        let settled = Settled { ty, multi: false, learned: false };
        Some((TableColumn { name: name.to_owned(), ty, multi: false, conflict }, settled))
    }
}
