//! Does the binary measure what it says, on small numbers?
//!
//! Not here: any opinion on how large the figures should be.

use serde_json::Value;
use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command
        .args(arguments)
        .output()
        .expect("the program can be started")
}

/// A short run over 100 records, with more arguments.
fn resolve(more: &[&str]) -> String {
    let short = [
        "resolve",
        "--records",
        "100",
        "--seconds",
        "0.2",
        "--warm-up",
        "0.05",
    ];
    let output = bench(&[&short, more].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "", "no progress where nobody looks");
    String::from_utf8(output.stdout).expect("it writes text")
}

#[test]
fn a_node_is_measured_beside_an_echo() {
    let said = resolve(&["--rounds", "2", "--json"]);
    let found: Value = serde_json::from_str(&said).expect("it is JSON");
    let figures = found["reports"][0]["figures"]
        .as_array()
        .expect("figures are a list");
    let figure = |name: &str| {
        let found = figures.iter().find(|figure| figure["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {said}"))
    };
    for name in [
        "UDP echo",
        "resolve",
        "resolve, window 1, p99",
        "echo, window 1, p50",
    ] {
        assert!(figure(name)["min"].as_f64() > Some(0.0), "{name} in {said}");
        assert_eq!(
            figure(name)["rounds"].as_array().map(Vec::len),
            Some(2),
            "{name} in {said}"
        );
    }
    let ratio = |at: usize| {
        let rate = |name| figure(name)["rounds"][at].as_f64().unwrap_or(f64::NAN);
        rate("resolve") / rate("UDP echo")
    };
    let ratios = &figure("resolve / echo, of each round")["rounds"];
    let differences = [0, 1].map(|at| ratios[at].as_f64().map_or(1.0, |found| found - ratio(at)));
    assert!(
        differences.iter().all(|difference| difference.abs() < 1e-9),
        "{said}"
    );
}

#[test]
fn people_see_a_table() {
    let said = resolve(&["--rounds", "1", "--window", "2"]);
    assert!(said.starts_with("machine: "), "{said}");
    assert!(
        said.contains("resolve: 100 records asked for alike, answers of "),
        "{said}"
    );
    assert!(
        said.contains(" octets, window 2, 1 round of 0.2 s\n"),
        "{said}"
    );
    let figure = |name: &str| said.lines().any(|line| line.starts_with(name));
    assert!(
        figure("UDP echo ") && figure("resolve ") && figure("resolve / echo"),
        "{said}"
    );
}

#[test]
fn facts_are_loaded_asked_for_and_recorded() {
    let short = [
        "facts",
        "--observations",
        "1000",
        "--seconds",
        "0.05",
        "--rounds",
        "1",
        "--json",
    ];
    let output = bench(&short);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let found: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let report = &found["reports"][0];
    let said = report["what"].as_str().expect("it says what was measured");
    assert!(
        said.starts_with("3 series of 120 months, each told 3 times"),
        "{said}"
    );
    let figures = report["figures"].as_array().expect("figures are a list");
    assert_eq!(figures.len(), 8, "{report}");
    assert!(
        figures
            .iter()
            .all(|figure| figure["min"].as_f64() > Some(0.0)),
        "{report}"
    );
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let output = bench(&["commit", "--folder", "/nowhere/at/all"]);
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.starts_with("bench: cannot look at /nowhere/at/all: "),
        "{errors}"
    );
}

#[test]
fn wrong_counts_are_wrong_usage() {
    for arguments in [["resolve", "--window", "0"], ["resolve", "--seconds", "-1"]] {
        let output = bench(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_copy_is_measured_beside_a_writer_without_one() {
    let short = [
        "replication",
        "--seconds",
        "0.2",
        "--rounds",
        "1",
        "--rate",
        "2000",
        "--json",
    ];
    let output = bench(&short);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let said = String::from_utf8(output.stdout).expect("it writes text");
    for name in [
        "registrations without a copy",
        "registrations with a copy",
        "lag, p50",
        "lag, p99",
        "lag, most",
    ] {
        assert!(said.contains(&format!("\"{name}\"")), "{name} in {said}");
    }
}
