//! `cargo +nightly fuzz run matcher`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::matcher(bytes));
