//! `cargo +nightly fuzz run sysmon-linux-winlog`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("sysmon-linux-winlog", bytes));
