//! `cargo +nightly fuzz run rule_file`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::rule_file(bytes));
