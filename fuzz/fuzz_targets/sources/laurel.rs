//! `cargo +nightly fuzz run laurel`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("laurel", bytes));
