//! `cargo +nightly fuzz run suricata-eve`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("suricata-eve", bytes));
