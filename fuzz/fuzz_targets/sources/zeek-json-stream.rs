//! `cargo +nightly fuzz run zeek-json-stream`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("zeek-json-stream", bytes));
