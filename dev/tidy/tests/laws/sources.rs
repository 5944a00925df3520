//! The law of sources: heads, names and sizes of `.rs` files, and words they must not hold.
//!
//! Golden data (a folder `golden`) is free of it: it is somebody else's spelling.

use crate::assert_kept;
use crate::repository::{self, File};

/// The longest file, in lines: beyond it a wall is missing, and the law fails.
const LINES_MAX: usize = 800;

/// The widest line, in columns: two files fit side by side. `rustfmt` leaves comments and texts.
const COLUMNS_MAX: usize = 100;

/// What a file or a folder must not be called: a thing with no room has not been named yet.
const NAMES: [&str; 5] = ["common", "utils", "helpers", "types", "mod"];

/// What is unfinished or switched off. Put together here, so that this file keeps the law.
const UNFINISHED: [&str; 4] = [
    concat!("to", "do!"),
    concat!("db", "g!"),
    concat!("unimpl", "emented!"),
    concat!("#[", "ignore"),
];

/// The call that makes a test slow and still wrong now and then.
const SLEEP: &str = concat!("sl", "eep(");

fn check(path: &str, text: &str) -> Vec<String> {
    let mut complaints = check_lines(path, text);
    complaints.extend(check_name(path));
    complaints.extend(check_head(path, text));
    let count = text.lines().count();
    if count > LINES_MAX {
        complaints.push(format!(
            "{path}: {count} lines, the limit is {LINES_MAX}. Find the wall that is missing"
        ));
    }
    complaints
}

fn check_name(path: &str) -> Option<String> {
    let stems = path.split('/').map(|part| part.trim_end_matches(".rs"));
    let named = stems.into_iter().find(|stem| NAMES.contains(stem))?;
    Some(format!(
        "{path}: `{named}` names nothing. Name the thing; a module `foo` is foo.rs beside foo/"
    ))
}

fn check_head(path: &str, text: &str) -> Option<String> {
    (!text.starts_with("//! ")).then(|| {
        format!(
            "{path}: no head. Begin with a `//!` line that says which question the file answers"
        )
    })
}

fn check_lines(path: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut is_test = is_test_file(path);
    for (at, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", at + 1);
        is_test |= starts_tests(line);
        if width(line) > COLUMNS_MAX {
            complaints.push(format!(
                "{place}: over {COLUMNS_MAX} columns. Break the line"
            ));
        }
        if let Some(word) = UNFINISHED.iter().find(|word| line.contains(**word)) {
            complaints.push(format!("{place}: `{word}`. Finish it or take it out"));
        }
        if is_test && sleeps(line) {
            complaints.push(format!(
                "{place}: a test that sleeps. Wait for the event itself, or pass the time in"
            ));
        }
    }
    complaints
}

fn is_test_file(path: &str) -> bool {
    path.split('/')
        .any(|part| part == "tests" || part == "tests.rs")
}

/// Tests come last in a file, so the first sign of one starts them all.
fn starts_tests(line: &str) -> bool {
    let line = line.trim_start();
    ["#[test]", "#[tokio::test", "mod tests {"]
        .iter()
        .any(|sign| line.starts_with(sign))
}

/// Whether the thread or the task sleeps; a method of a clock that is an argument may.
fn sleeps(line: &str) -> bool {
    line.match_indices(SLEEP).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "._".contains(before))
    })
}

/// Columns on a terminal: East Asian characters take two.
fn width(line: &str) -> usize {
    let columns = |character: char| 1 + usize::from(character >= '\u{2e80}');
    line.chars().map(columns).sum()
}

#[test]
fn the_sources_keep_the_law() {
    let files = repository::files("rs");
    let ours = |file: &&File| !file.path.split('/').any(|part| part == "golden");
    let complaints = files.iter().filter(ours);
    let complaints: Vec<_> = complaints
        .flat_map(|file| check(&file.path, &file.text))
        .collect();
    assert_kept(&complaints);
}

#[test]
fn planted_heads_names_and_sizes_are_found() {
    assert_kept(&check("a/b.rs", "//! What is b?\n"));
    for (path, text, expected) in [
        ("a/b.rs", "// What is b?\n".to_owned(), "a/b.rs: no head."),
        ("a/b.rs", String::new(), "a/b.rs: no head."),
        (
            "a/mod.rs",
            "//! A.\n".to_owned(),
            "a/mod.rs: `mod` names nothing.",
        ),
        (
            "a/utils.rs",
            "//! A.\n".to_owned(),
            "`utils` names nothing.",
        ),
        (
            "common/b.rs",
            "//! A.\n".to_owned(),
            "`common` names nothing.",
        ),
        ("b.rs", "//! A.\n".repeat(801), "b.rs: 801 lines,"),
        (
            "b.rs",
            format!("//! {}\n", "a".repeat(97)),
            "b.rs:1: over 100",
        ),
        (
            "b.rs",
            format!("//! {}\n", "铭".repeat(49)),
            "b.rs:1: over 100",
        ),
    ] {
        let complaints = check(path, &text);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains(expected), "{complaints:?}");
    }
    assert_kept(&check("b.rs", &"//! A.\n".repeat(800)));
    assert_kept(&check("b.rs", &format!("//! {}\n", "铭".repeat(48))));
}

#[test]
fn planted_words_are_found() {
    for word in UNFINISHED {
        let complaints = check("b.rs", &format!("//! B.\n\n    {word}\n"));
        assert_eq!(
            complaints,
            [format!("b.rs:3: `{word}`. Finish it or take it out")]
        );
    }
}

#[test]
fn planted_sleep_is_found_in_tests_only() {
    let check_sleep = |path: &str, head: &str, call: &str, found: usize| {
        let text = format!("//! B.\n{head}\n    {call}LONG);\n");
        assert_eq!(check(path, &text).len(), found, "{path} {head} {call}");
    };
    for from in ["", "thread::", "tokio::time::"] {
        let call = &format!("{from}{SLEEP}");
        check_sleep("a/tests.rs", "", call, 1);
        check_sleep("tests/a.rs", "", call, 1);
        check_sleep("a.rs", "#[test]", call, 1);
        check_sleep("a.rs", "    #[tokio::test]", call, 1);
        check_sleep("a.rs", "mod tests {", call, 1);
        check_sleep("a.rs", "", call, 0);
    }
    check_sleep("a/tests.rs", "", &format!("clock.{SLEEP}"), 0);
    check_sleep("a/tests.rs", "", &format!("let_it_{SLEEP}"), 0);
}
