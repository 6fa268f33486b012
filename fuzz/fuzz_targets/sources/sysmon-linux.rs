//! `cargo +nightly fuzz run sysmon-linux`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("sysmon-linux", bytes));
