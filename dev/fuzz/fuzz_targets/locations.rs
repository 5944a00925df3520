//! Fuzzes locations, and the choice among them. Not here: what must hold, which the body says.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| engine::locations::fuzz::locations(octets));
