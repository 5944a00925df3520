//! Every subcommand, with good and with bad input: what is said, and with which exit code.

use crate::program::{ServingNode, nameplate, path, run, told};
use serde_json::Value as Json;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

const PUMPS: &str = "identifier,NAME,301:EMAIL\n88.1/pump-1,水泵,a@example.org\n88.1/pump-2,阀,\n";

/// A temporary folder with a file in it, and the path of a data folder that is not there yet.
fn folder_with(file: &str) -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().unwrap();
    let csv = folder.path().join("things.csv");
    fs::write(&csv, file).unwrap();
    let data = folder.path().join("data");
    (folder, csv, data)
}

#[test]
fn the_demo_does_what_it_says() {
    for language in ["en", "zh"] {
        let (code, out, err) = told(&run(["demo", "--once", "--lang", language]));
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        // Four things are resolved, and the last two steps of the walk succeed.
        assert_eq!(out.matches("success (1)").count(), 6, "{out}");
        assert_eq!(out.matches("p99").count(), 9, "{out}");
    }
}

#[test]
fn the_demo_refuses_a_folder_that_is_in_use() {
    let (folder, ..) = folder_with("");
    let (code, _, err) = told(&run(["demo", "--once", "--data", path(folder.path())]));
    assert_eq!(code, 1);
    assert!(
        err.contains("is not empty; the demo wants a folder of its own"),
        "{err}"
    );
}

#[test]
fn what_is_imported_is_served_and_resolved() {
    let (_folder, csv, data) = folder_with(PUMPS);
    let (code, out, err) = told(&run(["import", path(&csv), "--data", path(&data)]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("2 rows registered in "), "{out}");

    let node = ServingNode::start(&data);
    let server = node.server();
    let resolve = |more: &[&str]| {
        let first = ["resolve", "--server", &server];
        told(&run(first.into_iter().chain(more.iter().copied())))
    };
    let (code, out, _) = resolve(&["88.1/Pump-1"]);
    assert_eq!(code, 0);
    let values = "      1  NAME   86400  水泵\n    301  EMAIL  86400  a@example.org\n";
    assert!(out.contains(values), "{out}");

    let (code, out, _) = resolve(&["88.1/pump-1", "--type", "email", "--json", "--tcp"]);
    let json: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0);
    assert_eq!(json["values"][0]["data"]["value"], "a@example.org");
    assert_eq!(json["values"].as_array().unwrap().len(), 1);

    let (code, out, _) = resolve(&["88.1/none", "--json"]);
    assert_eq!(
        (code, out.as_str()),
        (1, "{\"responseCode\":100,\"handle\":\"88.1/none\"}\n")
    );
    assert_eq!(resolve(&["88.1/pump-2", "--index", "301"]).0, 1);
    assert_eq!(resolve(&["99/x"]).0, 4);
    assert_eq!(resolve(&["/x"]).0, 2);

    let (code, said) = node.terminate();
    assert_eq!(code, Some(0));
    assert!(said.ends_with("stopping\n"), "{said}");
    let (code, _, err) = told(&run(["resolve", "88.1/pump-1", "--server", &server]));
    assert_eq!(code, 3, "nobody answers any more: {err}");
}

/// However early it comes: the node stops in good order and leaves no work for the next start.
#[test]
fn a_node_may_be_told_to_stop_as_soon_as_it_listens() {
    let (_folder, csv, data) = folder_with(PUMPS);
    run(["import", path(&csv), "--data", path(&data)]);
    for _ in 0..20 {
        assert_eq!(ServingNode::start(&data).terminate().0, Some(0));
    }
}

#[test]
fn wrong_rows_are_told_by_line_and_the_others_are_registered() {
    let (_folder, csv, data) = folder_with("identifier,NAME\n88.1/a,x\n,y\n88.1/b\n88.1/c,z\n");
    let (code, out, err) = told(&run(["import", path(&csv), "--data", path(&data)]));
    assert_eq!(code, 1);
    assert!(out.starts_with("2 rows registered"), "{out}");
    assert!(out.ends_with("2 refused\n"), "{out}");
    assert!(
        err.contains("things.csv: line 3: the identifier is empty"),
        "{err}"
    );
    assert!(
        err.contains("things.csv: line 4: the row has 1 cells, the first line has 2"),
        "{err}"
    );
}

#[test]
fn many_wrong_rows_are_counted() {
    let rows = "/x,y\n".repeat(50);
    let (_folder, csv, data) = folder_with(&format!("identifier,NAME\n{rows}"));
    let (code, _, err) = told(&run(["import", path(&csv), "--data", path(&data)]));
    assert_eq!(code, 1);
    assert_eq!(err.lines().count(), 21, "{err}");
    assert!(err.ends_with("things.csv: 30 more rows refused\n"), "{err}");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let (folder, csv, data) = folder_with("name\n");
    let check = |arguments: &[&str], expected: &str| {
        let (code, _, err) = told(&run(arguments.iter().copied()));
        assert_eq!(code, 1, "{arguments:?}");
        assert!(err.contains(expected), "{err}");
    };
    let (csv, data) = (path(&csv), path(&data));
    check(
        &["import", csv, "--data", data],
        "line 1: the first column must be named `identifier`",
    );
    check(
        &["import", "none.csv", "--data", data],
        "none.csv: No such file",
    );
    check(
        &["serve", "--data", data, "--config", "none.toml"],
        "none.toml: No such file",
    );
    let config = folder.path().join("config.toml");
    fs::write(&config, "\nudp.treads = 3\n").unwrap();
    let config = path(&config);
    check(
        &["serve", "--data", data, "--config", config],
        "unknown field `treads`",
    );
}

#[test]
fn a_data_folder_has_one_process() {
    let (_folder, csv, data) = folder_with(PUMPS);
    let _node = ServingNode::start(&data);
    let (code, _, err) = told(&run(["import", path(&csv), "--data", path(&data)]));
    assert_eq!(code, 1);
    assert!(err.contains("is in use by another process"), "{err}");
}

#[test]
fn the_case_of_suffixes_is_fixed_when_the_folder_is_made() {
    let (_folder, csv, data) = folder_with("identifier,NAME\n88.1/a,x\n88.1/A,y\n");
    let import = ["import", path(&csv), "--data", path(&data)];
    let (code, ..) = told(&run(import
        .into_iter()
        .chain(["--case-sensitive-suffixes"])));
    assert_eq!(code, 0);
    let node = ServingNode::start(&data);
    for (identifier, name) in [("88.1/a", "x\n"), ("88.1/A", "y\n")] {
        let server = node.server();
        let ask = ["resolve", identifier, "--server", &server, "--short"];
        assert_eq!(told(&run(ask)).1, name);
    }
    let (_folder, csv, data) = folder_with(PUMPS);
    run(["import", path(&csv), "--data", path(&data)]);
    let again = [
        "import",
        path(&csv),
        "--data",
        path(&data),
        "--case-sensitive-suffixes",
    ];
    let (code, _, err) = told(&run(again));
    assert_eq!(code, 1);
    assert!(
        err.contains("was made without case-sensitive suffixes"),
        "{err}"
    );
}

/// As in `nameplate … | head -1`.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut example = nameplate(["config", "example"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(example.stdout.take());
    let (code, _, err) = told(&example.wait_with_output().unwrap());
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn usage_errors_have_their_own_code() {
    for arguments in [
        &["resolve"][..],
        &["import", "x.csv"],
        &["no-such-subcommand"],
        &[],
    ] {
        assert_eq!(told(&run(arguments.iter().copied())).0, 2, "{arguments:?}");
    }
    for subcommand in ["demo", "serve", "config", "resolve", "import"] {
        let (code, out, _) = told(&run([subcommand, "--help"]));
        assert_eq!(code, 0);
        assert!(out.contains("Usage: nameplate"), "{out}");
    }
}

/// However wide the terminal: nobody reads longer lines with ease.
#[test]
fn help_keeps_to_a_hundred_columns() {
    let subcommands = [
        "demo",
        "serve",
        "config",
        "resolve",
        "import",
        "message",
        "keygen",
        "completions",
        "man",
        "export",
        "store",
        "backup",
        "restore",
        "login",
        "register",
        "add",
        "modify",
        "remove",
        "delete",
        "list",
        "home",
        "unhome",
        "monitor",
        "registry",
        "takeover",
    ];
    let helps = subcommands.iter().map(|name| vec![*name, "--help"]);
    for arguments in helps.chain([
        vec!["--help"],
        vec!["-h"],
        vec!["message", "decode", "--help"],
        vec!["keys", "explain", "--help"],
        vec!["keys", "expiring", "--help"],
        vec!["keys", "rotate", "--help"],
        vec!["monitor", "init", "--help"],
        vec!["monitor", "show", "--help"],
        vec!["monitor", "board", "--help"],
        vec!["monitor", "lag", "--help"],
        vec!["monitor", "load", "--help"],
        vec!["monitor", "backtest", "--help"],
        vec!["monitor", "bulletin", "--help"],
        vec!["monitor", "cases", "open", "--help"],
    ]) {
        let mut asked = nameplate(arguments.iter().copied());
        let (code, out, _) = told(&asked.env("COLUMNS", "300").output().unwrap());
        assert_eq!(code, 0, "{arguments:?}");
        let widest = out.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= 100, "{arguments:?}: {widest}");
    }
}
