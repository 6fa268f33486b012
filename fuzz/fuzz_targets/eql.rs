//! `cargo +nightly fuzz run eql`

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::eql(bytes));
