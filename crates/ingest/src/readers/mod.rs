//! The sources of telemetry: how each is told from its content, and how its records become fields.
//!
//! A source is one file here and one line in [`ALL`]. Its reader knows the layout of records and nothing of ECS; what
//! its fields mean is said by its mapping (`mappings/<mapping>.toml`).

use std::any::Any;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use brokerwatch_ecs::{Event, Projection, Slot, Value};
use bumpalo::Bump;
use hashbrown::HashMap;

use crate::json::{Plan, RecordReader};

mod audit;
mod auditbeat;
mod binxml;
mod event_xml;
mod evtx;
mod falco;
mod laurel;
mod mde;
mod osquery;
mod suricata;
mod sysmon_xml;
mod tell;
mod windows_event;
mod windows_json;
mod zeek;

pub use audit::{Joined, Joiner};
pub(crate) use tell::{of_documents, of_text};

/// One source of telemetry in one layout.
pub struct Source {
    /// The name: `sysmon-linux-syslog`.
    pub name: &'static str,
    /// What it is, for people: `Sysmon for Linux (syslog)`.
    pub title: &'static str,
    /// The mapping of its fields: several layouts of one source share one.
    pub mapping: &'static str,
    /// How it is told, and how its records lie in the input.
    pub layout: Layout,
    /// Splits a record into its items: mostly one, many in a block of rows or a binary chunk.
    pub items: Items,
    /// Where the fields that the mapping names lie in the documents of this layout. The identity, mostly; several
    /// dialects of one source differ in it.
    pub path: fn(&str) -> String,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// How a source is told from the content of an input, and how its records lie there.
#[derive(Clone, Copy)]
pub enum Layout {
    /// JSON objects, a line each or not. Told by one of the first objects.
    Json(fn(&serde_json::Value) -> bool),
    /// Lines of text, a record each, that may hold events as XML. A text that begins with such an event has one a record,
    /// wherever they lie. Told by the first event, or by one of the first lines that are not blank.
    Lines(fn(&str) -> bool),
    /// Lines of text in blocks: lines for which `is_header` holds, then rows. A record is a block of rows; its header is
    /// the text of the header lines.
    Table {
        /// Whether a text that begins like this is of this source.
        tell: fn(&str) -> bool,
        /// Whether a line belongs to a header. A header line after a row begins a new block.
        is_header: fn(&[u8]) -> bool,
    },
    /// Lines of which several make one event, in any order: a [`Joiner`] puts them together. A record is the lines of one
    /// event, joined by newlines. Told by one of the first lines that are not blank.
    Joined(fn(&str) -> bool),
    /// Chunks of a Windows event log (EVTX).
    Evtx,
}

/// A framed record.
#[derive(Clone, Copy)]
pub struct Raw<'c> {
    /// Its bytes.
    pub bytes: &'c [u8],
    /// What stands before the records and says how to read them: the header of a table. Empty if there is none.
    pub header: &'c [u8],
}

/// Calls back with each item of a record and the byte of the record at which it begins, or with the reason why the item
/// there cannot be read. Items that hold nothing (a banner, a comment) are passed over.
pub type Items = for<'c> fn(Raw<'c>, &'c Bump, &mut OnItem<'_, 'c>);

/// What is called with each item.
pub type OnItem<'a, 'c> = dyn FnMut(usize, Result<&dyn Item<'c>, String>) + 'a;

/// One event of a source, before any field was read.
pub trait Item<'c> {
    /// Reads the fields that are wanted. An error is the reason why the item cannot be read.
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String>;
}

/// Plans so far.
static PLANS: AtomicU64 = AtomicU64::new(0);

/// The source fields that are wanted.
pub struct SourcePlan {
    id: u64,
    /// The fields, each with its slot and its place; all are text.
    pub projection: Projection,
    /// The same for JSON.
    pub json: Plan,
    /// By name. Readers that do not know what comes next look up every name that they meet, in every record.
    slots: HashMap<String, Slot>,
    /// What the reader made of the fields when it met its first record.
    prepared: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl SourcePlan {
    /// The plan for the fields that a mapping reads, in the layout of a source.
    pub fn new(projection: &Projection, source: &Source) -> SourcePlan {
        let projection = projection.clone().located(source.path);
        let id = PLANS.fetch_add(1, Ordering::Relaxed);
        let slots = projection.fields().map(|(slot, field)| (field.name.clone(), slot)).collect();
        let (json, prepared) = (Plan::new(&projection), OnceLock::new());
        SourcePlan { id, projection, json, slots, prepared }
    }

    /// Different for each plan, so that a block of rows can keep what its columns are to the plan that it is read with.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The slot of a field by the name that the mapping uses, if it is wanted.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        self.slots.get(name).copied()
    }

    /// What a reader needs to know of the wanted fields, made of them once. `None` if another reader has used the plan
    /// before, which the source of the plan rules out.
    pub(crate) fn prepared<T: Any + Send + Sync>(
        &self,
        make: impl FnOnce(&Projection) -> T,
    ) -> Option<&T> {
        self.prepared.get_or_init(|| Box::new(make(&self.projection))).downcast_ref()
    }

    /// Adds a text to a field, if it is wanted.
    pub fn push_text<'c>(&self, fields: &mut Event<'c>, name: &str, text: &'c str) {
        if let Some(slot) = self.slot(name) {
            fields.push(slot, Value::Keyword(text));
        }
    }
}

/// The item of a record that is one JSON object.
pub struct JsonItem<'c>(pub &'c [u8]);

impl<'c> Item<'c> for JsonItem<'c> {
    fn fill(
        &self,
        plan: &SourcePlan,
        arena: &'c Bump,
        fields: &mut Event<'c>,
    ) -> Result<(), String> {
        let read = RecordReader::new(&plan.json, false).read(self.0, arena, fields);
        read.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// [`Items`] of a record that is one JSON object.
pub fn json_items<'c>(record: Raw<'c>, _: &'c Bump, on_item: &mut OnItem<'_, 'c>) {
    on_item(0, Ok(&JsonItem(record.bytes)));
}

/// A path that is the name: the documents have the names that the mapping uses.
pub fn same_path(name: &str) -> String {
    name.to_owned()
}

/// Every source. Those that are told by more come before those that are told by less.
pub static ALL: &[&Source] = &[
    &audit::SOURCE,
    &laurel::SOURCE,
    &auditbeat::SOURCE,
    &osquery::SOURCE,
    &falco::SOURCE,
    &mde::HUNTING,
    &mde::ROWS,
    &mde::CSV,
    &suricata::SOURCE,
    &zeek::TABLE,
    &zeek::JSON,
    &zeek::STREAM,
    &sysmon_xml::SYSMON_LINUX,
    &sysmon_xml::SYSMON_LINUX_JSON,
    &sysmon_xml::WINDOWS_XML,
    &evtx::SOURCE,
    &windows_json::NXLOG,
    &windows_json::FLAT,
    &windows_json::WINLOGBEAT_6,
    &windows_json::SYSMON_LINUX,
    &windows_json::WINLOGBEAT,
    &windows_json::AZURE,
    &windows_json::TREE,
];

/// The source of a name.
pub fn source(name: &str) -> Option<&'static Source> {
    ALL.iter().copied().find(|source| source.name == name)
}
