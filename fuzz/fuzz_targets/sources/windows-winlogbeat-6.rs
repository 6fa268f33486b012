//! `cargo +nightly fuzz run windows-winlogbeat-6`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("windows-winlogbeat-6", bytes));
