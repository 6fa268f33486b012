//! `cargo +nightly fuzz run grok`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::grok(bytes));
