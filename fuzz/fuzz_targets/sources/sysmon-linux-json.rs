//! `cargo +nightly fuzz run sysmon-linux-json`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("sysmon-linux-json", bytes));
