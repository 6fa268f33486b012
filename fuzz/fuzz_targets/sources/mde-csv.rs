//! `cargo +nightly fuzz run mde-csv`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("mde-csv", bytes));
