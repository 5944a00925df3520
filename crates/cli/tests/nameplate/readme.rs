//! What the READMEs tell people to type is there: every subcommand with every flag.
//!
//! Not here: what a command does.

use crate::program::{run, told};
use std::collections::BTreeMap;

const DOCUMENTS: [(&str, &str); 2] = [
    ("README.md", include_str!("../../../../README.md")),
    ("README.zh.md", include_str!("../../../../README.zh.md")),
];

/// How people start the program: installed, or from the repository.
const STARTS: [&str; 2] = ["nameplate ", "cargo run --release -- "];

/// The answer of a subcommand to `--help`, if there is such a one; `""` is the program's own.
type Help<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

/// The lines of a document that start the program, numbered from 1, without its name.
fn commands(document: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let mut is_fenced = false;
    let lines = document.lines().enumerate().filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        is_fenced && !is_fence
    });
    lines.filter_map(|(at, line)| {
        let typed = line.trim();
        let typed = typed.strip_prefix("$ ").unwrap_or(typed);
        let rest = STARTS.iter().find_map(|start| typed.strip_prefix(start))?;
        Some((at + 1, words(rest)))
    })
}

/// The words of one command: what follows a pipe, a comment or the like belongs to another.
fn words(typed: &str) -> Vec<&str> {
    let ends = |word: &&str| !word.starts_with(['#', '|', '&', '>', ';', '\\']);
    typed.split_whitespace().take_while(ends).collect()
}

/// What is wrong with the commands of a document.
fn complaints(path: &str, document: &str, help: Help<'_>) -> Vec<String> {
    commands(document)
        .flat_map(|(line, words)| {
            let wrong = unknown(&words, help);
            wrong
                .into_iter()
                .map(move |what| format!("{path}:{line}: {what}"))
        })
        .collect()
}

/// What is not there of a command.
fn unknown(words: &[&str], help: Help<'_>) -> Vec<String> {
    let first = words.first().filter(|word| !word.starts_with('-'));
    let subcommand = first.copied().unwrap_or_default();
    let Some(help) = help(subcommand) else {
        return vec![format!("`nameplate {subcommand} --help` fails")];
    };
    let flags = words.iter().filter(|word| word.starts_with("--"));
    let flags = flags.map(|flag| flag.split('=').next().unwrap_or(flag));
    flags
        .filter(|flag| !help.contains(flag))
        .map(|flag| format!("`{flag}` is not in `nameplate {subcommand} --help`"))
        .collect()
}

/// Asks the real program.
fn help_of_the_program(subcommand: &str) -> Option<String> {
    let asked = Some(subcommand).filter(|name| !name.is_empty());
    let (code, out, _) = told(&run(asked.into_iter().chain(["--help"])));
    (code == 0).then_some(out)
}

#[test]
fn the_commands_of_the_readmes_exist() {
    let mut known = BTreeMap::new();
    let mut help = |subcommand: &str| -> Option<String> {
        let asked = known.entry(subcommand.to_owned());
        let said = asked.or_insert_with(|| help_of_the_program(subcommand));
        said.clone()
    };
    for (path, document) in DOCUMENTS {
        assert!(commands(document).count() > 3, "{path} shows no commands");
        assert_eq!(complaints(path, document, &mut help), [""; 0]);
    }
}

#[test]
fn the_program_refuses_a_subcommand_it_does_not_have() {
    assert_ne!(help_of_the_program(""), None);
    assert_eq!(help_of_the_program("no-such-subcommand"), None);
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
        complaints("README.md", &document, &mut help).join("\n")
    };
    assert_eq!(check("nameplate resolve 88.1/a --server=x | jq --raw"), "");
    assert_eq!(check("$ cargo run --release -- --version # --no"), "");
    assert_eq!(check("cargo run --release"), "");
    assert!(check("nameplate demo").starts_with("README.md:3: `nameplate demo --help` fails"));
    assert!(check("cargo run --release -- demo").contains("`nameplate demo --help` fails"));
    assert!(check("$ nameplate resolve --where x").contains("`--where` is not in"));
    assert!(check("nameplate --where").contains("`--where` is not in"));
}
