//! Sequences and samples: worked examples, and random ones against an evaluation that follows the definition word by word.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bounds;
mod examples;
mod notation;
mod oracle;
mod properties;
mod samples;
mod snapshots;
