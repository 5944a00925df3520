//! Fuzzes identifiers and prefixes. Not here: what must hold, which the body says.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| model::fuzz::identifiers(octets));
