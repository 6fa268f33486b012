//! `cargo +nightly fuzz run wildcard`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::wildcard(bytes));
