//! `cargo +nightly fuzz run zeek-table`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("zeek-table", bytes));
