//! `cargo +nightly fuzz run windows-azure`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("windows-azure", bytes));
