//! `cargo +nightly fuzz run rule_tests`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::rule_tests(bytes));
