//! Bytes to records to ECS events: containers and framing told from the content, and the projecting JSON parser.
//!
//! This crate opens no files and starts no threads; it reads from any `Read`, and memory stays bounded whatever
//! the input is.

mod action;
pub mod archive;
mod document;
mod framing;
mod joining;
pub mod json;
pub mod limits;
mod mapping_file;
pub mod normalise;
mod packed;
mod plain;
pub mod prefilter;
mod reader;
pub mod readers;
mod tar;
mod utf16;

pub use action::read_action;
pub use document::document;
pub use mapping_file::read_mapping;
pub use reader::{Bounds, Chunk, Chunks, Defect, Opening, ReadError, Reader, Record, Records};
