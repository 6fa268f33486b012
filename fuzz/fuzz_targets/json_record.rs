//! `cargo +nightly fuzz run json_record`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::json_record(bytes));
