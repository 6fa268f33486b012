//! `cargo +nightly fuzz run esql`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::esql(bytes));
