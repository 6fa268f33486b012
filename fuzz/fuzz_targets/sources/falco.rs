//! `cargo +nightly fuzz run falco`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("falco", bytes));
