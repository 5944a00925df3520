//! The law of the README: what it tells people to type exists, its Rust version is the real one.
//!
//! Only the subcommand and the flags of a command are tried, through `--help`; what the command
//! does is the business of the tests of `cli`.

use crate::repository;
use crate::{assert_kept, manifests, markdown};
use std::collections::BTreeMap;
use std::path::Path;

const DOCUMENTS: [&str; 2] = ["README.md", "README.zh.md"];

/// How people start the binary: installed, or from the repository.
const STARTS: [&str; 2] = ["nameplate ", "cargo run --release -- "];

/// A command line of a fenced block.
struct Command {
    /// Its path and line.
    place: String,
    words: Vec<String>,
}

/// The answer of a subcommand to `--help`, if there is such a subcommand; `""` is the binary's own.
type Help<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

/// The command lines of a document that begin with one of `starts`, which is cut off.
fn commands(path: &str, document: &str, starts: &[&str]) -> Vec<Command> {
    let fenced = markdown::lines(document).filter(|line| line.is_fenced);
    fenced
        .filter_map(|line| {
            let typed = line.text.trim();
            let typed = typed.strip_prefix("$ ").unwrap_or(typed);
            let rest = starts.iter().find_map(|start| typed.strip_prefix(start))?;
            Some(Command {
                place: format!("{path}:{}", line.number),
                words: words(rest),
            })
        })
        .collect()
}

/// The words of one command: what follows a pipe, a comment or the like belongs to another.
fn words(typed: &str) -> Vec<String> {
    let ends = |word: &&str| !word.starts_with(['#', '|', '&', '>', ';', '\\']);
    let words = typed.split_whitespace().take_while(ends);
    words.map(ToOwned::to_owned).collect()
}

fn check_subcommands(path: &str, document: &str, help: Help<'_>) -> Vec<String> {
    commands(path, document, &STARTS)
        .iter()
        .flat_map(|command| check_subcommand(command, help))
        .collect()
}

fn check_subcommand(command: &Command, help: Help<'_>) -> Vec<String> {
    let first = command.words.first().map_or("", String::as_str);
    let subcommand = if first.starts_with('-') { "" } else { first };
    let place = &command.place;
    let Some(help) = help(subcommand) else {
        return vec![format!(
            "{place}: `nameplate {subcommand} --help` fails. Mend the document or the binary"
        )];
    };
    let flags = command.words.iter().filter(|word| word.starts_with("--"));
    let flags = flags.map(|flag| flag.split('=').next().unwrap_or(flag));
    flags
        .filter(|flag| !help.contains(flag))
        .map(|flag| {
            format!(
                "{place}: `{flag}` is not in `nameplate {subcommand} --help`. Mend the document \
                 or the help"
            )
        })
        .collect()
}

fn check_scripts(path: &str, document: &str, is_script: &dyn Fn(&str) -> bool) -> Vec<String> {
    commands(path, document, &["./"])
        .iter()
        .filter_map(|command| {
            let script = command.words.first().map_or("", String::as_str);
            (!is_script(script)).then(|| {
                format!(
                    "{}: ./{script} is not an executable file of the repository. Mend the document",
                    command.place
                )
            })
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

/// Asks the real binary.
fn help_of_the_binary(subcommand: &str) -> Option<String> {
    let output = repository::cargo()
        .args(["run", "--quiet", "--package", "cli", "--locked", "--"])
        .args((!subcommand.is_empty()).then_some(subcommand))
        .arg("--help")
        .output()
        .expect("cargo runs: it runs this test");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(said)
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
fn the_commands_of_the_readme_exist() {
    let mut known = BTreeMap::new();
    let mut help = |subcommand: &str| -> Option<String> {
        let asked = known.entry(subcommand.to_owned());
        asked
            .or_insert_with(|| help_of_the_binary(subcommand))
            .clone()
    };
    let complaints = DOCUMENTS.map(|path| {
        let document = repository::text(path);
        check_subcommands(path, &document, &mut help)
    });
    assert_kept(&complaints.concat());
}

#[test]
fn the_binary_refuses_a_subcommand_it_does_not_have() {
    assert_ne!(help_of_the_binary(""), None);
    assert_eq!(help_of_the_binary("no-such-subcommand"), None);
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
fn planted_commands_that_do_not_exist_are_found() {
    let mut help = |subcommand: &str| match subcommand {
        "" => Some("--version".to_owned()),
        "resolve" => Some("--server <address>".to_owned()),
        _ => None,
    };
    let mut check = |line: &str| {
        let document = format!("nameplate outside\n```sh\n{line}\n```\n");
        check_subcommands("README.md", &document, &mut help).join("\n")
    };
    assert_eq!(check("nameplate resolve 88.1/a --server=x | jq --raw"), "");
    assert_eq!(check("$ cargo run --release -- --version # --no"), "");
    assert_eq!(check("cargo run --release"), "");
    assert!(check("nameplate demo").starts_with("README.md:3: `nameplate demo --help` fails."));
    assert!(check("cargo run --release -- demo").contains("`nameplate demo --help` fails."));
    assert!(check("$ nameplate resolve --where x").contains("`--where` is not in"));
    assert!(check("nameplate --where").contains("`--where` is not in"));
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
