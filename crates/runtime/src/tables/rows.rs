//! From events to the arrays of a batch: one row for each event.
//!
//! Workers fill the arrays of their chunk; nobody copies a value after that.

use std::collections::BTreeMap;
use std::sync::Arc;

use brokerwatch_ecs::{
    Event, FieldMapping, Mapped, Projection, Schema, Slot, Type, Value as EcsValue,
};
use brokerwatch_esql::block::Builder;
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value;
use bumpalo::Bump;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::Result;

use super::column::{Binding, Fit, Place, arrange, points};
use super::facts::Seen as Facts;
use super::metadata::{self, Meta};
use crate::events::{OnEvents, Seen};

/// What the rows of a batch have.
#[derive(Debug)]
pub(super) struct Rows {
    /// The fields of documents that are read.
    pub(super) projection: Projection,
    cells: Vec<Cell>,
    /// Names that had no value so far; one that has is a column.
    watched: Vec<(String, Slot)>,
    /// The name of the source, if it has one.
    source: Option<Arc<str>>,
    /// Whether lists stay as documents have them.
    source_order: bool,
    multi: Vec<bool>,
}

#[derive(Debug)]
struct Cell {
    ty: DataType,
    filling: Filling,
}

/// What a cell is filled with.
#[derive(Debug)]
enum Filling {
    Nothing,
    Field {
        name: String,
        binding: Binding,
        slot: Slot,
    },
    Point {
        name: String,
        multi: bool,
        whole: Slot,
        lat: Slot,
        lon: Slot,
    },
    Meta(Meta),
    /// The document's own value, else 1.
    Version(Slot),
    /// The document's own names, and fields with the slots of what could be used and of everything.
    Ignored {
        own: Slot,
        fields: Vec<(String, Slot, Slot)>,
    },
}

/// A column of the rows that are to be made.
pub(super) enum Wanted<'a> {
    /// A field of documents.
    Column(&'a str, &'a Binding),
    /// A metadata field, with all fields that it may be about.
    Meta(Meta, &'a [(String, Binding)]),
}

/// The rows of a chunk.
#[derive(Default)]
pub(super) struct Built {
    builders: Vec<Builder>,
    pub(super) rows: usize,
    /// About how many bytes the arrays hold.
    pub(super) bytes: usize,
    /// Values that the types of their columns cannot hold.
    pub(super) ill_typed: u64,
    /// Columns that need to be others.
    pub(super) misfits: BTreeMap<String, Facts>,
    path: Option<String>,
    /// The place of the last event, and how many stood there before it.
    last: Option<(u64, u32)>,
}

impl Rows {
    /// Rows with these columns, of events that have the fields of a projection in its slots and the columns behind.
    pub(super) fn beside<'a>(
        projection: Projection,
        wanted: impl Iterator<Item = Wanted<'a>>,
        watched: &[String],
        source: Option<Arc<str>>,
        source_order: bool,
    ) -> Rows {
        let mut slots = Slots { taken: projection.len(), projection };
        let (mut cells, mut multi) = (Vec::new(), Vec::new());
        for wanted in wanted {
            let (cell, several) = match wanted {
                Wanted::Column(name, binding) => {
                    let filling = slots.filling(name, binding);
                    (Cell { ty: binding.ty, filling }, binding.multi)
                }
                Wanted::Meta(meta, columns) => {
                    (Cell { ty: meta.ty(), filling: slots.metadata(meta, columns) }, meta.multi())
                }
            };
            cells.push(cell);
            multi.push(several);
        }
        let watched =
            watched.iter().map(|name| (name.clone(), slots.dynamic(name.clone(), name))).collect();
        Rows { projection: slots.projection, cells, watched, source, source_order, multi }
    }

    fn start(&self) -> Vec<Builder> {
        let cells = self.cells.iter().zip(&self.multi);
        cells.map(|(cell, multi)| Builder::new(cell.ty, *multi, 0)).collect()
    }

    fn field(
        &self,
        (name, binding): (&str, &Binding),
        values: &[EcsValue<'_>],
        texts: &Bump,
        builder: &mut Builder,
        out: &mut Built,
    ) {
        let mut single = [Value::Boolean(false)];
        let mut several = Vec::new();
        let fitting: &[Value<'_>] = match values {
            [] => &[],
            [value] => match out.fit((name, binding), *value, values, texts) {
                Some(value) => {
                    single[0] = value;
                    &single
                }
                None => &[],
            },
            _ => {
                for value in values {
                    several.extend(out.fit((name, binding), *value, values, texts));
                }
                self.arranged(&mut several, binding.ty);
                &several
            }
        };
        if !binding.multi && 1 < fitting.len() {
            out.misfit(name, if binding.learns { Facts::of(values) } else { Facts::several() });
            out.misfit(name, Facts::several());
        }
        out.push(builder, fitting);
    }

    fn arranged(&self, values: &mut Vec<Value<'_>>, ty: DataType) {
        if !self.source_order {
            arrange(values, ty);
        }
    }

    fn metadata(&self, meta: Meta, seen: &Seen<'_, '_>, builder: &mut Builder, out: &mut Built) {
        let text;
        let value = match meta {
            Meta::Id => {
                text = match seen.event.id {
                    Some(own) => own.to_owned(),
                    None => self.id(seen, out),
                };
                Value::Text(&text)
            }
            Meta::Index => match (seen.event.index, &self.source) {
                (Some(own), _) => Value::Text(own),
                (None, Some(source)) => Value::Text(source),
                (None, None) => {
                    text = metadata::stem(out.path(seen)).to_owned();
                    Value::Text(&text)
                }
            },
            Meta::Source => {
                text = metadata::source(seen);
                Value::Text(&text)
            }
            Meta::Size => {
                let bytes = metadata::source(seen).len();
                Value::Integer(i32::try_from(bytes).unwrap_or(i32::MAX))
            }
            Meta::Score => Value::Double(0.0),
            Meta::IndexMode => Value::Text("standard"),
            Meta::Version | Meta::Ignored => return out.push(builder, &[]),
        };
        out.push(builder, &[value]);
    }

    fn id(&self, seen: &Seen<'_, '_>, out: &mut Built) -> String {
        let offset_bytes = seen.event.origin.offset_bytes;
        let ordinal = out.ordinal(offset_bytes);
        let source = self.source.as_deref().unwrap_or_default();
        metadata::id(source, out.path(seen), offset_bytes, ordinal)
    }
}

impl OnEvents for Rows {
    /// Texts that stand in no document.
    type Worker = Bump;
    type Output = Built;

    fn worker(&self) -> Bump {
        Bump::new()
    }

    fn event(&self, texts: &mut Bump, seen: &Seen<'_, '_>, out: &mut Built) {
        texts.reset();
        let texts: &Bump = texts;
        let event = seen.event;
        let mut builders = std::mem::take(&mut out.builders);
        if builders.is_empty() {
            builders = self.start();
        }
        for (cell, builder) in self.cells.iter().zip(&mut builders) {
            match &cell.filling {
                Filling::Nothing => out.push(builder, &[]),
                Filling::Field { name, binding, slot } => {
                    self.field((name, binding), event.values(*slot), texts, builder, out);
                }
                Filling::Point { name, multi, whole, lat, lon } => {
                    let values = |slot: &Slot| event.values(*slot);
                    let (points, ill) = points(values(whole), values(lat), values(lon));
                    out.ill_typed += ill as u64;
                    if !multi && 1 < points.len() {
                        out.misfit(name, Facts::several());
                    }
                    out.push(builder, &points);
                }
                Filling::Meta(meta) => self.metadata(*meta, seen, builder, out),
                Filling::Version(slot) => {
                    let own = match event.values(*slot) {
                        [EcsValue::Long(own), ..] => *own,
                        _ => 1,
                    };
                    out.push(builder, &[Value::Long(own)]);
                }
                Filling::Ignored { own, fields } => {
                    let mut names = ignored(event, *own, fields);
                    arrange(&mut names, DataType::Keyword);
                    out.push(builder, &names);
                }
            }
        }
        for (name, slot) in &self.watched {
            let values = event.values(*slot);
            if !values.is_empty() {
                out.misfit(name, Facts::of(values));
            }
        }
        out.rows += 1;
        out.builders = builders;
    }

    fn bytes(&self, out: &Built) -> usize {
        out.bytes
    }
}

/// The names of fields with values that could not be used.
fn ignored<'v>(
    event: &'v Event<'v>,
    own: Slot,
    fields: &'v [(String, Slot, Slot)],
) -> Vec<Value<'v>> {
    let own = event.values(own).iter().filter_map(|value| value.as_str().map(Value::Text));
    let fields = fields
        .iter()
        .filter(|(_, usable, all)| event.values(*usable).len() < event.values(*all).len());
    own.chain(fields.map(|(name, ..)| Value::Text(name))).collect()
}

/// Fields that are wanted while rows are planned.
struct Slots {
    projection: Projection,
    /// How many of its fields are there for others.
    taken: usize,
}

impl Slots {
    fn slot(&mut self, mut name: String, mut mapping: FieldMapping) -> Slot {
        let known = self.projection.slot(&name);
        if known.is_some_and(|slot| usize::from(slot.0) < self.taken) {
            // Others read it as their language does.
            mapping.path.get_or_insert_with(|| name.clone());
            name.insert(0, '\u{1}');
        }
        let mut schema = Schema::strict();
        schema.declare(name.clone(), Mapped::Field(mapping));
        self.projection.want(&name, &schema)
    }

    /// A slot for every value at a path. The name keeps it apart from the same path read as a type.
    fn dynamic(&mut self, name: String, path: &str) -> Slot {
        let path = Some(path.to_owned());
        self.slot(name, FieldMapping { path, ..FieldMapping::of(Type::Dynamic) })
    }

    fn filling(&mut self, name: &str, binding: &Binding) -> Filling {
        match &binding.place {
            Place::Nowhere => Filling::Nothing,
            Place::Field { name: field, mapping } => {
                let slot = self.slot(field.clone(), mapping.clone());
                Filling::Field { name: name.to_owned(), binding: binding.clone(), slot }
            }
            Place::Point { path } => {
                let mut half = |half: &str| {
                    let path = format!("{path}.{half}");
                    let mapping = FieldMapping::of(Type::Double);
                    self.slot(path.clone(), FieldMapping { path: Some(path), ..mapping })
                };
                let (lat, lon) = (half("lat"), half("lon"));
                let whole = self.dynamic(path.clone(), path);
                Filling::Point { name: name.to_owned(), multi: binding.multi, whole, lat, lon }
            }
        }
    }

    fn metadata(&mut self, meta: Meta, columns: &[(String, Binding)]) -> Filling {
        match meta {
            Meta::Version => {
                let path = Some("_version".to_owned());
                let mapping = FieldMapping { path, ..FieldMapping::of(Type::Long) };
                Filling::Version(self.slot("\0_version".to_owned(), mapping))
            }
            Meta::Ignored => {
                let own = self.dynamic("\0_ignored".to_owned(), "_ignored");
                let mut fields = Vec::new();
                for (name, binding) in columns {
                    let Place::Field { name: field, mapping } = &binding.place else { continue };
                    let path = mapping.path.as_deref().unwrap_or(field);
                    let all = self.dynamic(format!("\0{field}"), path);
                    fields.push((name.clone(), self.slot(field.clone(), mapping.clone()), all));
                }
                Filling::Ignored { own, fields }
            }
            other => Filling::Meta(other),
        }
    }
}

impl Built {
    /// The batch of these rows.
    pub(super) fn finish(&mut self, schema: &SchemaRef) -> Result<RecordBatch> {
        let arrays = self.builders.drain(..).map(Builder::finish).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)?)
    }

    fn push(&mut self, builder: &mut Builder, values: &[Value<'_>]) {
        /// What a cell of one value takes.
        const CELL_BYTES: usize = 16;
        builder.push(values);
        let texts = values.iter().filter_map(Value::as_str).map(str::len).sum::<usize>();
        self.bytes += CELL_BYTES * values.len().max(1) + texts;
    }

    /// A value as one of a column; what it is not is noted.
    fn fit<'v>(
        &mut self,
        (name, binding): (&str, &Binding),
        value: EcsValue<'v>,
        all: &[EcsValue<'_>],
        texts: &'v Bump,
    ) -> Option<Value<'v>> {
        match binding.fit(value, texts) {
            Fit::Value(value) => return Some(value),
            Fit::Ill => self.ill_typed += 1,
            Fit::Other => self.misfit(name, Facts::of(all)),
        }
        None
    }

    fn misfit(&mut self, name: &str, seen: Facts) {
        match self.misfits.get_mut(name) {
            Some(known) => known.add(seen),
            None => {
                self.misfits.insert(name.to_owned(), seen);
            }
        }
    }

    /// The path of the input, which is the same for all rows of a chunk.
    fn path(&mut self, seen: &Seen<'_, '_>) -> &str {
        self.path.get_or_insert_with(|| seen.path())
    }

    /// How many events stood at this place before this one: the items of one record may have one place.
    fn ordinal(&mut self, offset_bytes: u64) -> u32 {
        let ordinal = match self.last {
            Some((last, ordinal)) if last == offset_bytes => ordinal + 1,
            _ => 0,
        };
        self.last = Some((offset_bytes, ordinal));
        ordinal
    }
}
