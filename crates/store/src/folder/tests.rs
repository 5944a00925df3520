//! Tests of the data folder.

use super::*;

#[test]
fn a_folder_keeps_what_it_was_made_with() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("data");
    let made = Folder::open(&path, SuffixCase::Sensitive).unwrap();
    let settings = made.settings().clone();
    drop(made);
    let again = Folder::open(&path, SuffixCase::Insensitive).unwrap();
    assert_eq!(*again.settings(), settings);
    assert_eq!(settings.suffix_case, SuffixCase::Sensitive);
}

#[test]
fn a_second_process_is_told_so() {
    let temporary = tempfile::tempdir().unwrap();
    let _first = Folder::open(temporary.path(), SuffixCase::Insensitive).unwrap();
    let second = Folder::open(temporary.path(), SuffixCase::Insensitive).unwrap_err();
    assert!(
        second
            .to_string()
            .ends_with("in use by another process; a data folder has only one")
    );
}

#[test]
fn settings_that_are_missing_newer_or_damaged_are_errors() {
    let check = |change: fn(&Path), expected: &str| {
        let temporary = tempfile::tempdir().unwrap();
        drop(Folder::open(temporary.path(), SuffixCase::Insensitive).unwrap());
        fs::write(temporary.path().join("log/00000000000000000001.log"), "x").unwrap();
        change(&temporary.path().join(SETTINGS_FILE));
        let error = Folder::open(temporary.path(), SuffixCase::Insensitive).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(
        |path| fs::remove_file(path).unwrap(),
        "there are a log or tables",
    );
    check(|path| fs::write(path, "{").unwrap(), "corrupted");
    check(
        |path| fs::write(path, "{\"format\": 2, \"something\": \"new\"}").unwrap(),
        "has format 2, this version reads 1",
    );
}

/// Killed while it was made: what is there was told to nobody, and is made anew.
#[test]
fn a_folder_that_is_half_made_is_made_anew() {
    for half in ["lock", "log", "log/head", "folder.json.new"] {
        let temporary = tempfile::tempdir().unwrap();
        fs::create_dir(temporary.path().join("log")).unwrap();
        if half != "log" {
            fs::write(temporary.path().join(half), "half").unwrap();
        }
        Folder::open(temporary.path(), SuffixCase::Insensitive).expect(half);
        Folder::open(temporary.path(), SuffixCase::Insensitive).expect(half);
    }
}

#[test]
fn only_the_owner_may_look_into_a_folder() {
    use std::os::unix::fs::PermissionsExt;
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("data");
    drop(Folder::open(&path, SuffixCase::Insensitive).unwrap());
    assert_eq!(
        fs::metadata(path).unwrap().permissions().mode() & 0o777,
        0o700
    );
}
