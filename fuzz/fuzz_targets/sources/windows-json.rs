//! `cargo +nightly fuzz run windows-json`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("windows-json", bytes));
