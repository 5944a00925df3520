//! The law of the table of the protocol: files and tests named in `docs/protocol.md` exist.
//!
//! Not here: whether a test proves what the table says it does.

use crate::{assert_kept, repository};

const PAGE: &str = "docs/protocol.md";

/// Columns of the tables, counted from the bar at the front.
const TOPIC: usize = 2;
const STATUS: usize = 5;

/// Complaints about the page; `read` gives a file's text.
fn check(page: &str, read: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let rows = (1..).zip(page.lines());
    rows.filter(|(_, line)| line.starts_with('|'))
        .flat_map(|(number, line)| check_row(number, line, read))
        .collect()
}

fn check_row(number: usize, row: &str, read: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut file = None;
    for word in named(row) {
        let problem = if word.contains('/') {
            file = read(word);
            file.is_none().then_some("is no file")
        } else {
            let test = format!("fn {word}(");
            let is_there = file.as_ref().is_some_and(|text| text.contains(&test));
            (!is_there).then_some("is no test of the file before it")
        };
        complaints.extend(problem.map(|problem| format!("{PAGE}:{number}: `{word}` {problem}")));
    }
    complaints
}

/// What stands in backticks in the columns between the topic and the status.
fn named(row: &str) -> impl Iterator<Item = &str> {
    let columns = row.split('|').take(STATUS).skip(TOPIC + 1);
    columns.flat_map(|column| column.split('`').skip(1).step_by(2))
}

#[test]
fn the_table_of_the_protocol_names_what_exists() {
    let root = repository::root();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    let page = read(PAGE).unwrap_or_default();
    let names: Vec<_> = page.lines().flat_map(named).collect();
    assert!(names.len() > 100, "the page is empty: {}", names.len());
    assert_kept(&check(&page, &read));
}

#[test]
fn planted_names_of_nothing_are_found() {
    let read = |path: &str| (path == "a/b.rs").then(|| "fn c() {}".to_owned());
    let page = "| s | `t` | `a/b.rs` | `a/b.rs`: `c`, `d` | done |\n\
        | s | t | `a/e.rs` | `a/e.rs`: `c` | `later` |\n";
    assert_eq!(
        check(page, &read),
        [
            "docs/protocol.md:1: `d` is no test of the file before it",
            "docs/protocol.md:2: `a/e.rs` is no file",
            "docs/protocol.md:2: `a/e.rs` is no file",
            "docs/protocol.md:2: `c` is no test of the file before it",
        ]
    );
}
