//! The law of rooms: crates and their edges are those of the table in `ARCHITECTURE.md`.
//!
//! The table is the only place where edges are stated. Ordinary, build and test dependencies obey
//! it alike: a room whose tests need a higher room is tested in the wrong place.

use crate::assert_kept;
use crate::repository::{self, Package};

const DOCUMENT: &str = "ARCHITECTURE.md";

/// A row of the table: crates, what they are for, and what they may depend on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) names: Vec<String>,
    pub(crate) duty: String,
    may: May,
}

#[derive(Debug, PartialEq, Eq)]
enum May {
    /// "any" or "all": for the binary and for what lies under `dev/`.
    DependOnAny,
    /// The names in backticks, or `-` for none.
    DependOn(Vec<String>),
    /// Something else.
    Unclear(String),
}

/// Reads the table whose last heading is "may depend on"; no rows if there is none.
pub(crate) fn rows(document: &str) -> Vec<Row> {
    let heading = |line: &&str| line.starts_with('|') && line.contains("may depend on");
    document
        .lines()
        .skip_while(|line| !heading(line))
        .skip(2)
        .map_while(row)
        .collect()
}

fn row(line: &str) -> Option<Row> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let (names, rest) = inner.split_once('|')?;
    let (duty, may) = rest.rsplit_once('|')?;
    Some(Row {
        names: names_in_backticks(names),
        duty: duty.trim().to_owned(),
        may: may_depend_on(may.trim()),
    })
}

fn may_depend_on(cell: &str) -> May {
    let names = names_in_backticks(cell);
    match cell {
        "any" | "all" => May::DependOnAny,
        "-" => May::DependOn(names),
        _ if names.is_empty() => May::Unclear(cell.to_owned()),
        _ => May::DependOn(names),
    }
}

/// `dev/tidy` names the crate `tidy`.
fn names_in_backticks(cell: &str) -> Vec<String> {
    let quoted = cell.split('`').skip(1).step_by(2);
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    quoted.map(name).collect()
}

fn check(document: &str, packages: &[Package]) -> Vec<String> {
    let rows = rows(document);
    if rows.is_empty() {
        return vec![format!(
            "{DOCUMENT}: no table of crates. Write one with a last heading \"may depend on\""
        )];
    }
    let mut complaints = check_rows(&rows, packages);
    for package in packages {
        match rows.iter().find(|row| row.names.contains(&package.name)) {
            Some(row) => complaints.extend(check_edges(package, row, packages)),
            None => complaints.push(format!(
                "{}: `{}` has no row in {DOCUMENT}. Argue the new room and add its row",
                package.manifest(),
                package.name
            )),
        }
    }
    complaints
}

/// What is wrong with the table itself.
fn check_rows(rows: &[Row], packages: &[Package]) -> Vec<String> {
    let names = rows.iter().flat_map(|row| &row.names);
    let is_gone = |name: &&String| !packages.iter().any(|package| package.name == **name);
    let gone = names
        .filter(is_gone)
        .map(|name| format!("{DOCUMENT}: there is no crate `{name}`. Remove it from the table"));
    let unclear = rows.iter().filter_map(|row| match &row.may {
        May::Unclear(cell) => Some(format!(
            "{DOCUMENT}: `{}` may depend on \"{cell}\"? Write crates in backticks, `-` or any",
            row.names.join("`, `")
        )),
        _ => None,
    });
    gone.chain(unclear).collect()
}

fn check_edges(package: &Package, row: &Row, packages: &[Package]) -> Vec<String> {
    let is_allowed = |name: &String| match &row.may {
        May::DependOnAny => is_open(name, packages),
        May::DependOn(names) => names.contains(name) && is_open(name, packages),
        May::Unclear(_) => false,
    };
    let mut complaints: Vec<_> = package
        .rooms()
        .filter(|needed| !is_allowed(&needed.name))
        .map(|needed| {
            format!(
                "{}: `{}` must not depend on `{}` ({}). Remove the edge, or argue it and enter \
                 it in {DOCUMENT}",
                package.manifest(),
                package.name,
                needed.name,
                needed.kind.as_deref().unwrap_or("normal")
            )
        })
        .collect();
    if row.may == May::DependOnAny && !package.is_for_development() && package.name != "cli" {
        complaints.push(format!(
            "{DOCUMENT}: `{}` may depend on any crate? Only the binary and dev/ may: list them",
            package.name
        ));
    }
    complaints
}

/// Nobody may depend on what lies under `dev/`, nor on what is not ours to see.
fn is_open(name: &str, packages: &[Package]) -> bool {
    let named = packages.iter().find(|package| package.name == name);
    named.is_some_and(|package| !package.is_for_development())
}

#[test]
fn crates_and_edges_are_those_of_the_table() {
    let document = repository::text(DOCUMENT);
    assert_kept(&check(&document, &repository::packages()));
}

#[test]
fn the_table_is_read_as_written() {
    let document = "| a | b |\n\n| crate | duty | may depend on |\n| --- | --- | --- |\n\
                    | `wire` | octets \\| no_std | `model` |\n| `dev/sim` `tidy` | x | any |\n\
                    | `model` | y | - |\n| `web` | z | most |\n\nThe end.";
    let expected = |names: &[&str], duty: &str, may| Row {
        names: names.iter().map(ToString::to_string).collect(),
        duty: duty.to_owned(),
        may,
    };
    let wanted = [
        expected(
            &["wire"],
            "octets \\| no_std",
            May::DependOn(vec!["model".to_owned()]),
        ),
        expected(&["sim", "tidy"], "x", May::DependOnAny),
        expected(&["model"], "y", May::DependOn(vec![])),
        expected(&["web"], "z", May::Unclear("most".to_owned())),
    ];
    assert_eq!(rows(document), wanted);
}

#[cfg(test)]
mod planted {
    use super::*;
    use serde_json::json;

    const TABLE: &str = "| crate | its one duty | may depend on |\n| --- | --- | --- |\n\
                         | `model` | identifiers | - |\n| `wire` | octets | `model` |\n\
                         | `cli` | the binary | all |\n| `sim` | simulation | any |\n";

    /// A crate at `place` with its dependencies, each a name and a kind.
    fn package(place: &str, needs: &[(&str, Option<&str>)]) -> Package {
        let (_, name) = place.split_once('/').expect("a place is folder/name");
        let needs: Vec<_> = needs
            .iter()
            .map(|(name, kind)| json!({ "name": name, "kind": kind, "path": "somewhere" }))
            .collect();
        serde_json::from_value(json!({
            "name": name,
            "license": null,
            "rust_version": null,
            "manifest_path": repository::root().join(place).join("Cargo.toml"),
            "dependencies": needs,
        }))
        .expect("the shape of cargo's own description")
    }

    fn packages() -> Vec<Package> {
        vec![
            package("crates/model", &[]),
            package("crates/wire", &[("model", None)]),
            package("crates/cli", &[("model", None), ("wire", Some("build"))]),
            package("dev/sim", &[("wire", None)]),
        ]
    }

    /// The complaints when the crate at `place` has these dependencies instead.
    fn complaints(place: &str, needs: &[(&str, Option<&str>)]) -> String {
        let mut packages = packages();
        let planted = package(place, needs);
        packages.retain(|package| package.name != planted.name);
        packages.push(planted);
        check(TABLE, &packages).join("\n")
    }

    #[test]
    fn what_the_table_says_is_allowed() {
        assert_kept(&check(TABLE, &packages()));
    }

    #[test]
    fn edges_the_table_does_not_have() {
        let broken = complaints("crates/model", &[("wire", None)]);
        assert!(broken.starts_with("crates/model/Cargo.toml: `model` must not depend on `wire`"));
        let broken = complaints("crates/model", &[("wire", Some("dev"))]);
        assert!(broken.contains("on `wire` (dev)"), "{broken}");
        let broken = complaints("crates/wire", &[("elsewhere", None)]);
        assert!(broken.contains("on `elsewhere`"), "{broken}");
    }

    #[test]
    fn edges_to_what_is_for_development() {
        let broken = complaints("crates/cli", &[("sim", Some("dev"))]);
        assert!(
            broken.contains("`cli` must not depend on `sim`"),
            "{broken}"
        );
    }

    #[test]
    fn crates_without_a_row_and_rows_without_a_crate() {
        let broken = complaints("crates/quorum", &[]);
        assert!(broken.contains("`quorum` has no row"), "{broken}");
        let broken = check(TABLE, &packages()[..3]).join("\n");
        assert_eq!(
            broken,
            "ARCHITECTURE.md: there is no crate `sim`. Remove it from the table"
        );
        let broken = check("No table.", &packages()).join("\n");
        assert!(broken.contains("no table of crates"), "{broken}");
    }

    #[test]
    fn rows_that_allow_too_much() {
        let open = TABLE.replace("| `model` |\n", "| any |\n");
        let broken = check(&open, &packages()).join("\n");
        assert!(
            broken.contains("`wire` may depend on any crate?"),
            "{broken}"
        );
        let unclear = TABLE.replace("| `model` |\n", "| the usual |\n");
        let broken = check(&unclear, &packages()).join("\n");
        assert!(broken.contains("may depend on \"the usual\"?"), "{broken}");
    }
}
