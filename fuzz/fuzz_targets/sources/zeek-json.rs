//! `cargo +nightly fuzz run zeek-json`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("zeek-json", bytes));
