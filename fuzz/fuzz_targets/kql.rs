//! `cargo +nightly fuzz run kql`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::kql(bytes));
