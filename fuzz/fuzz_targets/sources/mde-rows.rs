//! `cargo +nightly fuzz run mde-rows`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("mde-rows", bytes));
