//! The vocabulary of the house: typed values, slots, projections and events, and the table of ECS fields.
//!
//! Everything above agrees on these nouns. This crate parses no documents, knows no language and does no IO.

pub mod date;
mod event;
mod field_table;
pub mod limits;
pub mod number;
mod projection;
mod required;
mod schema;
mod types;
mod value;
pub mod version;

pub use event::{Event, Origin};
pub use field_table::{ECS_VERSION, FIELDS, FieldDefinition, definition};
pub use jiff::Timestamp;
pub use projection::{Field, Projection, Slot};
pub use required::{AnyOf, Required, RequiredValue};
pub use schema::{FieldMapping, Mapped, Schema, similar};
pub use types::Type;
pub use value::{Value, parse_ip};
