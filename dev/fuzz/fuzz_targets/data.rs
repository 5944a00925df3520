//! Fuzzes the data of reserved types: sites, keys, signatures. Not here: what must hold, which the
//! body says.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| model::fuzz::reserved_data(octets));
