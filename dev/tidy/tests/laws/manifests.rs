//! The law of manifests: every dependency says what it is for, and every crate is one of ours.
//!
//! Where a dependency's version is chosen, there its reason stands: in a comment above it or above
//! its group (the lines without a blank one between). `workspace = true` and a path choose nothing.

use crate::assert_kept;
use crate::repository::{self, Package};

const LICENCE: &str = "Apache-2.0";

/// Complains about dependencies without a reason in the manifest at `path`.
fn check_reasons(path: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut lists_dependencies = false;
    let mut has_reason = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            has_reason = false;
        } else if line.starts_with('#') {
            has_reason = true;
        } else if let Some(section) = line.strip_prefix('[') {
            let section = section.split(']').next().unwrap_or_default();
            lists_dependencies = section.ends_with("dependencies");
            // `[dependencies.foo]` is a dependency by itself.
            if section.contains("dependencies.") && !has_reason {
                complaints.push(no_reason(path, at, section));
            }
            has_reason = false;
        } else if let Some(name) = dependency(line)
            && lists_dependencies
            && !has_reason
        {
            complaints.push(no_reason(path, at, name));
        }
    }
    complaints
}

fn no_reason(path: &str, at: usize, name: &str) -> String {
    format!(
        "{path}:{}: `{name}` comes without a reason. Say in a comment above it what it is for",
        at + 1
    )
}

/// The name of the dependency whose version this line chooses.
fn dependency(line: &str) -> Option<&str> {
    let (name, value) = line.split_once('=')?;
    let is_name = line.starts_with(|first: char| first.is_alphanumeric() || first == '"');
    let chooses = !value.contains("path =") && !line.contains("workspace = true");
    (is_name && chooses).then(|| name.trim())
}

/// Complains about a crate that does not take what holds for all of them.
fn check_crate(package: &Package, manifest: &str, rust_version: &str) -> Vec<String> {
    let place = package.manifest();
    let mut complaints = Vec::new();
    if package.license.as_deref() != Some(LICENCE) {
        complaints.push(format!(
            "{place}: not under {LICENCE}. Write `license.workspace = true`"
        ));
    }
    if package.rust_version.as_deref() != Some(rust_version) {
        complaints.push(format!(
            "{place}: not Rust {rust_version}. Write `rust-version.workspace = true`"
        ));
    }
    if !manifest.contains("\n[lints]\nworkspace = true\n") {
        complaints.push(format!(
            "{place}: the workspace's lints are off. Write `[lints]` and `workspace = true`"
        ));
    }
    complaints
}

/// The minimum Rust version, from the manifest of the workspace.
pub(crate) fn rust_version(manifest: &str) -> &str {
    let mut lines = manifest.lines();
    let found = lines.find_map(|line| line.strip_prefix("rust-version = "));
    found.map_or("", |version| version.trim_matches('"'))
}

#[test]
fn every_dependency_has_a_reason() {
    let complaints: Vec<_> = repository::files("toml")
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml"))
        .flat_map(|file| check_reasons(&file.path, &file.text))
        .collect();
    assert_kept(&complaints);
}

#[test]
fn every_crate_takes_licence_lints_and_rust_version_from_the_workspace() {
    let workspace = repository::text("Cargo.toml");
    let check = |package: &Package| {
        let manifest = repository::text(&package.manifest());
        check_crate(package, &manifest, rust_version(&workspace))
    };
    let complaints: Vec<_> = repository::packages().iter().flat_map(check).collect();
    assert_kept(&complaints);
}

#[test]
fn planted_dependencies_without_a_reason_are_found() {
    let kept = r#"[package]
name = "a"

[dependencies]
# Why b and c.
b = "1"
c = { version = "1", features = [
  "x",
] }

d.workspace = true
e = { workspace = true, features = ["x"] }
f = { path = "f" }

# Why i.
[dependencies.i]
version = "1"
"#;
    assert_kept(&check_reasons("Cargo.toml", kept));

    let check = |text: &str, line: usize, name: &str| {
        let expected = format!("Cargo.toml:{line}: `{name}` comes without a reason.");
        let complaints = check_reasons("Cargo.toml", text);
        assert_eq!(complaints.len(), 1, "{text}: {complaints:?}");
        assert!(complaints[0].starts_with(&expected), "{complaints:?}");
    };
    check(
        "[workspace.dependencies]\n# Why b.\nb = \"1\"\n\nc = \"1\"\n",
        5,
        "c",
    );
    check(
        "# Head.\n[dev-dependencies]\nb = { version = \"1\" }\n",
        3,
        "b",
    );
    check("[target.'cfg(unix)'.dependencies]\nb = \"1\"\n", 2, "b");
    check("[dependencies.b]\nversion = \"1\"\n", 1, "dependencies.b");
}

#[test]
fn planted_crates_of_another_kind_are_found() {
    let planted = |licence: &str, rust_version: &str| -> Package {
        serde_json::from_value(serde_json::json!({
            "name": "a",
            "license": licence,
            "rust_version": rust_version,
            "manifest_path": repository::root().join("crates/a/Cargo.toml"),
            "dependencies": [],
        }))
        .expect("the shape of cargo's own description")
    };
    let lints = "[package]\n\n[lints]\nworkspace = true\n";
    assert_kept(&check_crate(&planted(LICENCE, "1.95"), lints, "1.95"));
    for (package, manifest, expected) in [
        (planted("MIT", "1.95"), lints, "not under Apache-2.0"),
        (planted(LICENCE, "1.94"), lints, "not Rust 1.95"),
        (planted(LICENCE, "1.95"), "[package]\n", "lints are off"),
    ] {
        let complaints = check_crate(&package, manifest, "1.95");
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains(expected), "{complaints:?}");
    }
    assert_eq!(
        rust_version("[workspace.package]\nrust-version = \"1.95\"\n"),
        "1.95"
    );
}
