//! `cargo +nightly fuzz run esql_plan`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::esql_plan(bytes));
