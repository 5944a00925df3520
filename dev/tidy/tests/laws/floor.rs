//! The law of the floor: the core rooms cannot reach `std`, nor `unsafe`.
//!
//! Which rooms those are is said by `no_std` in their duty in `ARCHITECTURE.md`; the library that
//! proves it, and why it does, is `src/floor.rs`.

use crate::repository::{self, Package};
use crate::{assert_kept, rooms};
use std::collections::BTreeSet;

/// Builds the floor alone, away from the builds of people; what the compiler says if it refuses.
///
/// Only what the floor needs is chosen, so no other crate's features are mixed in.
fn build(more: &[&str]) -> Result<(), String> {
    let output = repository::cargo()
        .args(["rustc", "--quiet", "--package", "tidy", "--lib", "--locked"])
        .args(["--crate-type", "staticlib"])
        .args([
            "--target-dir",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/floor"),
        ])
        .args(more)
        .env("CARGO_PROFILE_DEV_PANIC", "abort")
        .output()
        .expect("cargo runs: it runs this test");
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The floor must stand on the rooms that the document calls `no_std`, no more and no fewer.
fn check_rooms(document: &str, tidy: &Package) -> Vec<String> {
    let said: BTreeSet<_> = rooms::rows(document)
        .into_iter()
        .filter(|row| row.duty.contains("`no_std`"))
        .flat_map(|row| row.names)
        .collect();
    let built = floor_rooms(tidy);
    if said == built && !said.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "ARCHITECTURE.md: `no_std` stands in the duty of {said:?}, the floor is built of \
         {built:?}. Mend the table, or dev/tidy/Cargo.toml and dev/tidy/src/floor.rs"
    )]
}

/// The rooms this crate's library is built of.
fn floor_rooms(tidy: &Package) -> BTreeSet<String> {
    tidy.rooms()
        .filter(|needed| needed.kind.is_none())
        .map(|needed| needed.name.clone())
        .collect()
}

/// A core room says both attributes in its own words, each on a line of its own.
fn check_head(path: &str, text: &str) -> Vec<String> {
    let has = |wanted: &[&str]| text.lines().any(|line| wanted.contains(&line));
    let mut complaints = Vec::new();
    if !has(&["#![no_std]", "#![cfg_attr(not(test), no_std)]"]) {
        complaints.push(format!(
            "{path}: a core room can reach std. Write #![cfg_attr(not(test), no_std)]"
        ));
    }
    if !has(&["#![forbid(unsafe_code)]"]) {
        complaints.push(format!(
            "{path}: a core room can reach everything. Write #![forbid(unsafe_code)]"
        ));
    }
    complaints
}

fn tidy() -> Package {
    let mut packages = repository::packages().into_iter();
    let found = packages.find(|package| package.name == env!("CARGO_PKG_NAME"));
    found.expect("this crate is in the workspace")
}

#[test]
fn the_core_rooms_build_without_std() {
    build(&[]).unwrap_or_else(|said| {
        panic!("a core room, or a dependency of one, brings in std or does not build:\n{said}")
    });
}

#[test]
fn planted_std_beneath_the_floor_is_refused() {
    let said = build(&["--features", "planted-std"]).unwrap_err();
    assert!(said.contains("duplicate lang item `panic_impl`"), "{said}");
}

#[test]
fn the_core_rooms_are_those_of_the_table() {
    assert_kept(&check_rooms(&repository::text("ARCHITECTURE.md"), &tidy()));
}

#[test]
fn the_core_rooms_forbid_std_and_unsafe() {
    let check = |room: &String| {
        let path = format!("crates/{room}/src/lib.rs");
        check_head(&path, &repository::text(&path))
    };
    let complaints: Vec<_> = floor_rooms(&tidy()).iter().flat_map(check).collect();
    assert_kept(&complaints);
}

#[test]
fn planted_tables_and_heads_are_found() {
    let table = "| crate | duty | may depend on |\n| --- | --- | --- |\n| `wire` | `no_std` | - |";
    let broken = check_rooms(table, &tidy()).join("\n");
    assert!(broken.contains("in the duty of {\"wire\"}"), "{broken}");
    assert_eq!(check_rooms("", &tidy()).len(), 1);

    assert_eq!(check_head("x.rs", "// #![no_std]\n").len(), 2);
    assert_eq!(check_head("x.rs", "#![no_std]\n").len(), 1);
    assert_eq!(check_head("x.rs", "#![forbid(unsafe_code)]\n").len(), 1);
    assert_kept(&check_head("x.rs", "#![no_std]\n#![forbid(unsafe_code)]\n"));
}
