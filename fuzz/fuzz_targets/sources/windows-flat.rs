//! `cargo +nightly fuzz run windows-flat`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("windows-flat", bytes));
