//! `cargo +nightly fuzz run audit-log`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("audit-log", bytes));
