//! Fuzzes sessions: acts in any order, against a naive model. Not here: what must hold, which the
//! body says.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| engine::sessions::fuzz::sessions(octets));
