//! `cargo +nightly fuzz run lucene_regex`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::lucene_regex(bytes));
