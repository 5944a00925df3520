//! What the tests of this room share: the replay of what fuzzers once found.

/// Runs a fuzz body on every file of its corpus. What a fuzzer finds becomes a file there, named
/// by what it is.
pub(crate) fn replay(corpus: &str, body: impl Fn(&[u8])) {
    let folder = format!("{}/tests/corpus/{corpus}", env!("CARGO_MANIFEST_DIR"));
    let mut replayed = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        body(&std::fs::read(file.unwrap().path()).unwrap());
        replayed += 1;
    }
    assert!(replayed > 0, "{folder} is empty");
}
