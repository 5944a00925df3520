//! `resolve` without a server: from the roots to the node that is responsible.

use crate::program::{ServingNode, nameplate, path, run, told};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A root that knows where `99` is, and the node of `99`.
struct Tree {
    root: ServingNode,
    leaf: ServingNode,
    folder: TempDir,
}

impl Tree {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let records = [
            json!({"handle": "99/pump", "values": [
                {"index": 1, "type": "URL", "data": "https://e.org/pump"},
                {"index": 2, "type": "NAME", "data": "pump"},
            ]}),
            json!({"handle": "98/unknown-to-the-root", "values": [
                {"index": 1, "type": "URL", "data": "x"},
            ]}),
        ];
        let leaf = start(&folder.path().join("leaf"), &records);
        let site = fs::read_to_string(folder.path().join("leaf/siteinfo.json")).unwrap();
        let site: Json = serde_json::from_str(&site).unwrap();
        let delegation = json!({"handle": "0.NA/99", "values": [
            {"index": 1, "type": "HS_SITE", "data": {"format": "site", "value": site}},
        ]});
        let root = start(&folder.path().join("root"), &[delegation]);
        Self { root, leaf, folder }
    }

    fn roots(&self) -> PathBuf {
        self.folder.path().join("root/bootstrap_handles")
    }
}

pub(crate) fn start(data: &Path, records: &[Json]) -> ServingNode {
    fs::create_dir_all(data).unwrap();
    let file = data.join("records.jsonl");
    let lines: Vec<String> = records.iter().map(Json::to_string).collect();
    fs::write(&file, lines.join("\n")).unwrap();
    let (code, out, err) = told(&run(["import", path(&file), "--data", path(data)]));
    assert_eq!(code, 0, "{out}{err}");
    ServingNode::start(data)
}

#[test]
fn the_responsible_node_is_found_from_the_roots() {
    let tree = Tree::start();
    let roots = tree.roots();
    let ask = |more: &[&str]| {
        let first = ["resolve", "--roots", path(&roots)];
        told(&run(first.into_iter().chain(more.iter().copied())))
    };
    let (code, out, err) = ask(&["99/pump", "--type", "URL", "--short"]);
    assert_eq!((code, out.as_str()), (0, "https://e.org/pump\n"), "{err}");
    assert_eq!(err, "");
    let (code, out, _) = ask(&["99/pump"]);
    assert_eq!(code, 0);
    let server = format!("SERVER    {} over UDP", tree.leaf.server());
    assert!(out.contains(&server), "{out}");
    assert!(
        out.contains("FLAGS     authoritative, certified (signature checked)"),
        "{out}"
    );

    // Every step is told, with the server, the time and the reason.
    let (code, _, err) = ask(&["99/pump", "--trace"]);
    assert_eq!(code, 0);
    let steps: Vec<&str> = err.lines().map(|line| line.split_at(14).1).collect();
    let (root, leaf) = (tree.root.server(), tree.leaf.server());
    let expected = [
        "who answers as 0.NA/99 says? it is asked for".to_owned(),
        "who answers as 0.NA/0.NA says? the roots".to_owned(),
        format!("question 1: 0.NA/99 to {root} over UDP"),
        "answer 1: success (1), ".to_owned(),
        format!("question 2: 99/pump to {leaf} over UDP"),
        "answer 2: success (1), ".to_owned(),
    ];
    assert_eq!(steps.len(), expected.len(), "{err}");
    for (step, expected) in steps.iter().zip(&expected) {
        assert!(step.starts_with(expected), "{step:?} is not {expected:?}");
    }
    assert!(steps[5].ends_with(" octets, signed"), "{err}");

    // What is nowhere.
    let (code, out, _) = ask(&["99/none", "--json"]);
    assert_eq!(code, 1);
    assert_eq!(out, "{\"responseCode\":100,\"handle\":\"99/none\"}\n");
    let (code, out, _) = ask(&["98/unknown-to-the-root", "--json"]);
    assert_eq!(code, 1);
    let json: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(json["message"], "0.NA/98 is not registered");
    let (code, _, err) = ask(&["98/unknown-to-the-root"]);
    assert_eq!(code, 1);
    assert!(err.contains("0.NA/98 is not registered"), "{err}");

    // A node that is gone.
    let Tree { root, leaf, folder } = tree;
    leaf.kill();
    let roots = folder.path().join("root/bootstrap_handles");
    let (code, _, err) = told(&run(["resolve", "--roots", path(&roots), "99/pump"]));
    assert_eq!(code, 3, "{err}");
    assert!(
        err.contains("99/pump: none of its servers has answered"),
        "{err}"
    );
    drop(root);
}

/// The file in its usual place counts if nobody is named.
#[test]
fn roots_in_the_home_folder_are_found() {
    let tree = Tree::start();
    let home = TempDir::new().unwrap();
    let ask = |arguments: &[&str]| {
        let mut command = nameplate(arguments.iter().copied());
        told(&command.env("HOME", home.path()).output().unwrap())
    };
    fs::create_dir(home.path().join(".handle")).unwrap();
    fs::copy(tree.roots(), home.path().join(".handle/bootstrap_handles")).unwrap();
    let (code, out, err) = ask(&["resolve", "99/pump", "--index", "2", "--short"]);
    assert_eq!((code, out.as_str()), (0, "pump\n"), "{err}");
    // A named server is asked whatever the roots say.
    let root = tree.root.server();
    let (code, ..) = ask(&["resolve", "99/pump", "--server", &root]);
    assert_eq!(code, 4, "the root is not responsible");
}

#[test]
fn roots_that_cannot_be_used_are_wrong_usage() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("roots");
    let ask = |more: &[&str]| {
        let first = ["resolve", "99/pump", "--roots", path(&file)];
        told(&run(first.into_iter().chain(more.iter().copied())))
    };
    let (code, _, err) = ask(&[]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("No such file"), "{err}");
    fs::write(&file, "{}").unwrap();
    let (code, _, err) = ask(&[]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("no `handles`"), "{err}");
    let (code, _, err) = ask(&["--server", "127.0.0.1"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("cannot be used with"), "{err}");
}
