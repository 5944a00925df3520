//! Fuzzes the tables of the store. Not here: what must hold, which the body says.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder can be made");
    store::fuzz::tables(octets, folder.path());
});
