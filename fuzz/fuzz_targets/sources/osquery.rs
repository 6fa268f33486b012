//! `cargo +nightly fuzz run osquery`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("osquery", bytes));
