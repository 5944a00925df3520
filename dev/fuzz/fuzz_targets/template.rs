//! Fuzzes namespaces, and templates carried out. Not here: what must hold, which the body says.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| engine::template::fuzz::templates(octets));
