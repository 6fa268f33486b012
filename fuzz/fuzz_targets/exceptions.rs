//! `cargo +nightly fuzz run exceptions`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::exceptions(bytes));
