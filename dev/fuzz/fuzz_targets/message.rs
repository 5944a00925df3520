//! Fuzzes the body of every request and response. Not here: what must hold, which the body says.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| wire::message::fuzz::bodies(octets));
