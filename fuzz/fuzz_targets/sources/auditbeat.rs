//! `cargo +nightly fuzz run auditbeat`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("auditbeat", bytes));
