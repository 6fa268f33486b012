//! `cargo +nightly fuzz run mde-hunting`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("mde-hunting", bytes));
