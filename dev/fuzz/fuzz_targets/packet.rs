//! Fuzzes packets, datagrams and messages. Not here: what must hold, which the body says.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| wire::message::fuzz::messages(octets));
