//! The law of links: a link from one document to another file leads to a file that exists.
//!
//! Not here: links to the web, which no test may follow, and places inside a document.

use crate::repository;
use crate::{assert_kept, markdown};

/// What comes just before a link's target, in Markdown and in HTML.
const OPENINGS: [(&str, char); 3] = [("](", ')'), ("src=\"", '"'), ("href=\"", '"')];

fn check(path: &str, text: &str, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut complaints = Vec::new();
    for line in markdown::lines(text).filter(|line| !line.is_fenced) {
        for target in targets(line.text) {
            if !exists(&from_root(path, target)) {
                complaints.push(format!(
                    "{path}:{}: nothing is at `{target}`. Mend the link",
                    line.number
                ));
            }
        }
    }
    complaints
}

/// The files a line links to, as they are written.
fn targets(line: &str) -> Vec<&str> {
    let prose: Vec<_> = line.split('`').step_by(2).collect();
    let inline = prose.into_iter().flat_map(|prose| {
        OPENINGS
            .iter()
            .flat_map(move |(open, close)| prose.split(open).skip(1).map(|rest| (rest, *close)))
    });
    let inline = inline.filter_map(|(rest, close)| Some(rest.split_once(close)?.0));
    inline.chain(definition(line)).filter_map(file).collect()
}

/// The target of a line `[name]: target`.
fn definition(line: &str) -> Option<&str> {
    let (_, target) = line.strip_prefix('[')?.split_once("]: ")?;
    Some(target.trim())
}

/// The file of a target, without title and place; nothing for the web and for this document.
fn file(target: &str) -> Option<&str> {
    let target = target.split_whitespace().next()?;
    let file = target.trim_matches(['<', '>']).split('#').next()?;
    let is_elsewhere = file.contains("://") || file.starts_with("mailto:");
    (!file.is_empty() && !is_elsewhere).then_some(file)
}

/// The target as a path from the root of the repository; a leading `/` means that root.
fn from_root(path: &str, target: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match target.strip_prefix('/') {
        Some(target) => target.to_owned(),
        None if folder.is_empty() => target.to_owned(),
        None => format!("{folder}/{target}"),
    }
}

#[test]
fn links_lead_somewhere() {
    let exists = |path: &str| repository::root().join(path).exists();
    let complaints: Vec<_> = repository::files("md")
        .iter()
        .flat_map(|file| check(&file.path, &file.text, &exists))
        .collect();
    assert_kept(&complaints);
}

#[test]
fn targets_are_found_as_written() {
    let check = |line: &str, found: &[&str]| assert_eq!(targets(line), found, "{line}");
    check(
        "[a](b.md) and ![c](d/e.png \"title\")",
        &["b.md", "d/e.png"],
    );
    check("[a](b.md#place), [c](#place)", &["b.md"]);
    check("[a](https://example.org/b.md) <mailto:a@example.org>", &[]);
    check("`[a](b.md)` is a link", &[]);
    check("[`a`](b.md)", &["b.md"]);
    check("[a]: <b.md>", &["b.md"]);
    check(
        "<a href=\"b.md\"><img src=\"c.svg\"></a>",
        &["c.svg", "b.md"],
    );
}

#[test]
fn planted_links_to_nothing_are_found() {
    let exists = |path: &str| path == "docs/b.md" || path == "docs/../LICENSE";
    let text = "[b](b.md)\n[c](c.md)\n```\n[d](d.md)\n```\n[l](../LICENSE) [m](/docs/b.md)\n";
    let complaints = check("docs/a.md", text, &exists);
    assert_eq!(
        complaints,
        ["docs/a.md:2: nothing is at `c.md`. Mend the link"]
    );
    let complaints = check("README.md", "[b](b.md)", &exists);
    assert_eq!(
        complaints,
        ["README.md:1: nothing is at `b.md`. Mend the link"]
    );
}
