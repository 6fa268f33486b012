//! `cargo +nightly fuzz run windows-nxlog`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("windows-nxlog", bytes));
