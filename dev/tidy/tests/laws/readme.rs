//! The law of the README: the scripts it tells people to type exist, its Rust version is the real
//! one.
//!
//! Not here: commands of the binary, which the tests of `cli` try.

use crate::repository;
use crate::{assert_kept, manifests, markdown};
use std::path::Path;

const DOCUMENTS: [&str; 2] = ["README.md", "README.zh.md"];

/// The scripts that the fenced blocks of a document start, each with its line.
fn scripts(document: &str) -> impl Iterator<Item = (usize, &str)> {
    let fenced = markdown::lines(document).filter(|line| line.is_fenced);
    fenced.filter_map(|line| {
        let typed = line.text.trim();
        let typed = typed.strip_prefix("$ ").unwrap_or(typed);
        let script = typed.strip_prefix("./")?.split_whitespace().next()?;
        Some((line.number, script))
    })
}

fn check_scripts(path: &str, document: &str, is_script: &dyn Fn(&str) -> bool) -> Vec<String> {
    scripts(document)
        .filter(|(_, script)| !is_script(script))
        .map(|(line, script)| {
            format!(
                "{path}:{line}: ./{script} is not an executable file of the repository. Mend the \
                 document"
            )
        })
        .collect()
}

/// Every "Rust 1.2" must be the version of the manifest, and `needed` says that there must be one.
fn check_version(path: &str, document: &str, version: &str, needed: bool) -> Vec<String> {
    let said: Vec<_> = rust_versions(document).collect();
    let wrong = said.iter().filter(|said| **said != version);
    let mut complaints: Vec<_> = wrong
        .map(|said| format!("{path}: says Rust {said}, Cargo.toml says {version}. Mend either"))
        .collect();
    if needed && said.is_empty() {
        complaints.push(format!(
            "{path}: no minimum version. Say \"Rust {version}\""
        ));
    }
    complaints
}

fn rust_versions(document: &str) -> impl Iterator<Item = &str> {
    let after = document.split("Rust ").skip(1);
    let version = after.map(|rest| {
        let end = rest.find(|next: char| next != '.' && !next.is_ascii_digit());
        rest[..end.unwrap_or(rest.len())].trim_end_matches('.')
    });
    version.filter(|version| version.contains('.'))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[test]
fn the_scripts_of_the_readme_exist() {
    let is_script = |path: &str| is_executable(&repository::root().join(path));
    let complaints = DOCUMENTS.map(|path| check_scripts(path, &repository::text(path), &is_script));
    assert_kept(&complaints.concat());
}

#[test]
fn the_rust_version_of_the_readme_is_the_one_of_the_workspace() {
    let manifest = repository::text("Cargo.toml");
    let version = manifests::rust_version(&manifest);
    let complaints = DOCUMENTS.map(|path| {
        let document = repository::text(path);
        check_version(path, &document, version, path == DOCUMENTS[0])
    });
    assert_kept(&complaints.concat());
}

#[test]
fn planted_scripts_that_do_not_exist_are_found() {
    let check = |line: &str| {
        let document = format!("```\n{line}\n```\n");
        check_scripts("README.md", &document, &|path| path == "test").len()
    };
    assert_eq!(check("./test --long"), 0);
    assert_eq!(check("./tset"), 1);
    assert!(is_executable(&repository::root().join("test")));
    assert!(!is_executable(&repository::root().join("LICENSE")));
}

#[test]
fn planted_versions_are_found() {
    let check = |document: &str| check_version("README.md", document, "1.95", true).len();
    assert_eq!(check("Needs Rust 1.95. In Rust we trust."), 0);
    assert_eq!(check("Needs Rust 1.95 or Rust 1.96"), 1);
    assert_eq!(check("In Rust we trust."), 1);
}
