//! `cargo +nightly fuzz run windows-xml`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("windows-xml", bytes));
