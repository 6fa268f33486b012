//! From the fields of a source to ECS: mappings as data, compiled for the fields that a run wants.
//!
//! A mapping (`mappings/*.toml`) is a list of statements. Each says which ECS field gets which value: a constant, or
//! fields of the source by way of named conversions. Two kinds of ECS can be asked for, see [`Kind`].

pub mod conversions;
mod document;
mod mapping;
mod normaliser;
pub mod pairs;
mod program;

pub use document::document;
pub use mapping::{ALL, Kind, Mapping, MappingError, Statement, load};
pub use normaliser::Normaliser;
pub use program::Program;
