//! What docs/operating.md tells to do, done: a tree of three nodes in processes of their own.

use crate::program::{ServingNode, nameplate, path, told};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const MANUAL: &str = include_str!("../../../../docs/operating.md");

/// A command of the page, and what it prints there; nothing is said of those in `sh`.
struct Example {
    command: String,
    output: Option<String>,
}

/// All commands of the page in the order in which they stand there.
fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut kind = None;
    for line in MANUAL.lines() {
        let line = line.strip_prefix("   ").unwrap_or(line);
        match (line.strip_prefix("```"), kind) {
            (Some("console" | "sh"), _) => kind = line.strip_prefix("```"),
            (Some(_), _) => kind = None,
            (None, Some("sh")) => examples.push(Example {
                command: line.to_owned(),
                output: None,
            }),
            (None, Some(_)) => told_in_console(line, &mut examples),
            (None, None) => (),
        }
    }
    examples
}

fn told_in_console(line: &str, examples: &mut Vec<Example>) {
    if let Some(command) = line.strip_prefix("$ ") {
        examples.push(Example {
            command: command.to_owned(),
            output: Some(String::new()),
        });
        return;
    }
    let output = examples.last_mut().and_then(|last| last.output.as_mut());
    let output = output.expect("a command comes first");
    output.push_str(line);
    output.push('\n');
}

/// The words of a command line; what stands in quotation marks is one.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate();
    parts
        .flat_map(|(number, part)| match number % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

fn carry_out(example: &Example, folder: &Path, servers: &[(&str, String)]) {
    let mut words = words(&example.command);
    assert_eq!(words.remove(0), "nameplate", "{}", example.command);
    for word in &mut words {
        if let Some((_, server)) = servers.iter().find(|(name, _)| word == name) {
            word.clone_from(server);
        }
    }
    let mut command = nameplate(words.iter().map(String::as_str));
    let ran = command.current_dir(folder).output().unwrap();
    let (code, out, err) = told(&ran);
    assert_eq!(code, 0, "{}: {out}{err}", example.command);
    if let Some(expected) = &example.output {
        // What is done is said for people, what was asked for is printed for programs.
        assert_eq!(format!("{out}{err}").trim_end(), expected.trim_end());
    }
}

#[test]
fn a_tree_stands_is_saved_and_moves_as_the_page_says() {
    let folder = TempDir::new().unwrap();
    let data = |name: &str| folder.path().join(name);
    let start = |name: &str| ServingNode::start(&data(name));
    let (root, second) = (start("root"), start("second"));
    let mut enterprise = start("enterprise");
    let mut examples = examples();
    assert_eq!(examples.len(), 14, "the page has other examples now");
    // The configuration is in `deploy`, and starts in a test of its own.
    assert!(examples.remove(0).command.starts_with("nameplate serve "));
    for example in &examples {
        // The one before the last step of the move: stopped, saved, restored, started elsewhere.
        if example.command.starts_with("nameplate modify ") {
            assert_eq!(enterprise.terminate().0, Some(0));
            fs::rename(data("enterprise"), data("old")).unwrap();
            let ran = nameplate(["restore", "--data", path(&data("enterprise"))])
                .arg(data("backup-2"))
                .output();
            assert_eq!(told(&ran.unwrap()).0, 0);
            enterprise = start("enterprise");
        }
        let servers = [
            ("ROOT", root.server()),
            ("SECOND", second.server()),
            ("ENTERPRISE", enterprise.server()),
        ];
        carry_out(example, folder.path(), &servers);
    }
    let asked = "nameplate resolve --roots root/bootstrap_handles 88.118.7/pump --type URL --short";
    let again = Example {
        command: asked.to_owned(),
        output: Some("https://example.org/pump".to_owned()),
    };
    carry_out(&again, folder.path(), &[]);
}
