//! `cargo +nightly fuzz run lucene`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::lucene(bytes));
