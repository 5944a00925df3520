//! Fuzzes a node: any packet from the network. Not here: what must hold, which the body says.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| engine::authority::fuzz::packets(octets));
