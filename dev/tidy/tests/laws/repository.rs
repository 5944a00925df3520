//! The repository as the laws see it: its files and what cargo says of its crates.
//!
//! Not here: any law.

use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file: its path from the root of the repository, with `/`, and what it says.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A crate of ours, as `cargo metadata` describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) license: Option<String>,
    pub(crate) rust_version: Option<String>,
    manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// Something a crate depends on.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `dev` or `build`; nothing for an ordinary dependency.
    pub(crate) kind: Option<String>,
    /// Where it lies, if it is one of ours.
    path: Option<PathBuf>,
}

impl Package {
    /// Whether it lies under `dev/`: never published, and nobody may depend on it.
    pub(crate) fn is_for_development(&self) -> bool {
        self.manifest_path.starts_with(root().join("dev"))
    }

    /// The path of its manifest from the root of the repository.
    pub(crate) fn manifest(&self) -> String {
        from_root(&self.manifest_path)
    }

    /// What it depends on among our own crates.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|needed| needed.is_ours())
    }
}

impl Dependency {
    fn is_ours(&self) -> bool {
        self.path.is_some()
    }
}

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    let tidy = Path::new(env!("CARGO_MANIFEST_DIR"));
    tidy.ancestors().nth(2).expect("tidy lies at dev/tidy")
}

/// The text of a file that must be there.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}. A law reads this file: write it"))
}

/// All files of ours with this extension, in order of their paths.
pub(crate) fn files(extension: &str) -> Vec<File> {
    let mut paths = Vec::new();
    collect(root(), extension, &mut paths);
    paths.sort();
    let read = |path: PathBuf| File {
        text: text(&from_root(&path)),
        path: from_root(&path),
    };
    paths.into_iter().map(read).collect()
}

/// Cargo, started at the root of the repository.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root());
    cargo
}

/// Every crate of the workspace.
pub(crate) fn packages() -> Vec<Package> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version=1", "--locked"])
        .output()
        .expect("cargo runs: it runs this test");
    let metadata: Result<Metadata, _> = serde_json::from_slice(&output.stdout);
    metadata
        .unwrap_or_else(|error| {
            let said = String::from_utf8_lossy(&output.stderr);
            panic!("cargo metadata cannot be read: {error}\n{said}")
        })
        .packages
}

fn collect(folder: &Path, extension: &str, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of ours can be read") {
        let path = entry.expect("a folder of ours can be read").path();
        if path.is_dir() {
            if is_ours(&path) {
                collect(&path, extension, paths);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
}

/// What git, cargo or npm put there is not ours; cargo marks its target folders with a file.
fn is_ours(folder: &Path) -> bool {
    !folder.ends_with(".git")
        && !folder.ends_with("node_modules")
        && !folder.join("CACHEDIR.TAG").exists()
}

fn from_root(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

#[test]
fn the_walk_finds_this_file_and_nothing_built() {
    let files = files("rs");
    let this = |file: &File| file.path == "dev/tidy/tests/laws/repository.rs";
    assert!(files.iter().any(this));
    assert!(!files.iter().any(|file| file.path.starts_with("target/")));
}
