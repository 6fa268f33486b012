//! `cargo +nightly fuzz run windows-winlogbeat`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("windows-winlogbeat", bytes));
