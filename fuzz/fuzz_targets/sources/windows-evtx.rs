//! `cargo +nightly fuzz run windows-evtx`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::source("windows-evtx", bytes));
