//! Keys that run out and keys that are replaced, by the program's own commands, before a node that
//! runs and one that is stopped.

use crate::program::{ServingNode, nameplate, path, run, told};
use serde_json::Value as Json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use tempfile::TempDir;

fn rotate(data: &Path, more: &[&str]) -> (i32, String, String) {
    let all = [&["keys", "rotate", "--data", path(data)], more].concat();
    told(&run(all))
}

/// The exit code of a question whose answer must be signed with a key.
fn resolve(server: &str, key: &Path) -> i32 {
    let root = "0.NA/0.NA";
    let arguments = ["resolve", root, "--server", server, "--site-key", path(key)];
    told(&run(arguments)).0
}

#[test]
fn the_key_of_a_site_is_replaced_while_the_node_runs() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("node");
    let (code, _, err) = rotate(&data, &[]);
    assert!(
        code == 1 && err.contains("siteinfo.json is missing"),
        "{err}"
    );
    let node = ServingNode::start(&data);
    let (server, addresses) = (node.server(), node.addresses());
    let (old, new) = (folder.path().join("old.bin"), data.join("pubkey.bin"));
    fs::copy(&new, &old).unwrap();
    let old_site = folder.path().join("old.json");
    fs::copy(data.join("siteinfo.json"), &old_site).unwrap();
    let list = |session: &[&str]| {
        let key = data.join("admpriv.bin");
        let by = ["--as", "300:0.NA/0.NA", "--key", path(&key)];
        let believing = ["--server", &server, "--site-key", path(&old_site)];
        told(&run(
            [&["home", "--list"][..], &by, &believing, session].concat()
        ))
        .0
    };
    let (code, out, err) = rotate(&data, &[]);
    assert_eq!((code, &err[..]), (0, ""));
    assert!(out.contains("start the node again"), "{out}");
    assert_ne!(fs::read(&old).unwrap(), fs::read(&new).unwrap());
    assert_eq!(
        resolve(&server, &old),
        0,
        "it goes on with the key that it has"
    );
    let (code, _, err) = rotate(&data, &[]);
    assert!(code == 1 && err.contains("is not finished"), "{err}");

    node.terminate();
    let node = ServingNode::start_on(&data, addresses);
    assert_eq!(resolve(&server, &new), 0);
    assert_ne!(
        resolve(&server, &old),
        0,
        "who states no number gets the new key's"
    );
    let listed = [list(&[]), list(&["--session"])];
    assert_eq!(
        listed,
        [0, 0],
        "who states the old number gets the old key's"
    );
    let site: Json =
        serde_json::from_slice(&fs::read(data.join("siteinfo.json")).unwrap()).unwrap();
    assert_eq!(site["serialNumber"], 2);
    let (code, out, _) = rotate(&data, &["--finish"]);
    assert!(code == 0 && !data.join("privkey.old.bin").exists(), "{out}");
    let (code, _, err) = rotate(&data, &["--finish"]);
    assert!(code == 1 && err.contains("there is no old key"), "{err}");
    node.terminate();
    let node = ServingNode::start_on(&data, addresses);
    assert_ne!(list(&[]), 0, "the old key is gone");
    node.terminate();

    let (code, out, _) = rotate(&data, &["--at-once"]);
    assert!(code == 0 && !out.contains("--finish"), "{out}");
    assert!(!data.join("privkey.old.bin").exists());
    let node = ServingNode::start_on(&data, addresses);
    assert_eq!(resolve(&server, &data.join("pubkey.bin")), 0);
    node.terminate();
    assert_eq!(rotate(&data, &["--finish", "--at-once"]).0, 2);
}

#[test]
fn what_runs_out_is_said_by_a_node_that_runs_and_by_one_that_is_stopped() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("node");
    let expiring = |more: &[&str]| {
        told(&run(
            [&["keys", "expiring", "--data", path(&data)], more].concat()
        ))
    };
    let (code, _, err) = expiring(&[]);
    assert!(code == 1 && !err.is_empty(), "there is no folder");
    let mut node = ServingNode::start(&data);
    assert_eq!(expiring(&[]), (0, String::new(), String::new()));

    let values = folder.path().join("values.json");
    // The one has run out, the other does in 2100.
    let text = r#"[{"index":301,"type":"HS_SECKEY","data":"s","permissions":"1100",
        "ttl":"2020-01-01T00:00:00Z"},
      {"index":302,"type":"HS_PUBKEY","data":"k","ttl":"2100-01-01T00:00:00Z"}]"#;
    fs::write(&values, text).unwrap();
    let (server, key) = (node.server(), data.join("admpriv.bin"));
    let by = [
        "--server",
        &server,
        "--as",
        "300:0.NA/0.NA",
        "--key",
        path(&key),
    ];
    for arguments in [
        &["home", "88.1"][..],
        &["register", "88.1/u", "--values", path(&values)],
        &["add", "0.NA/0.NA", "--values", path(&values)],
    ] {
        let arguments = [arguments, &by].concat();
        let mut command = nameplate(arguments.iter().copied());
        let done = command.env("XDG_STATE_HOME", folder.path().join("state"));
        let (code, _, err) = told(&done.output().unwrap());
        assert_eq!((code, &err[..]), (0, ""), "{arguments:?}");
    }
    let said = "2020-01-01 has run out: 301:0.NA/0.NA HS_SECKEY\n\
        2020-01-01 has run out: 301:88.1/U HS_SECKEY\n";
    assert_eq!(expiring(&[]), (1, said.to_owned(), String::new()));
    let (code, out, _) = expiring(&["--all"]);
    assert_eq!(code, 1);
    assert!(out.contains("302:88.1/U HS_PUBKEY"), "{out}");
    assert!(out.contains("the certificate for HTTPS"), "{out}");

    // A node that is started again relies on its root, and says so.
    let addresses = node.addresses();
    node.terminate();
    let (code, out, _) = expiring(&["--json"]);
    let found: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, found.as_array().unwrap().len()), (1, 2));
    assert_eq!(found[0]["what"], "301:0.NA/0.NA HS_SECKEY");
    node = ServingNode::start_on(&data, addresses);
    let stderr = BufReader::new(node.take_stderr());
    let warned = stderr.lines().find(|line| {
        let line = line.as_ref().unwrap();
        line.contains("has run out") && line.contains("301:0.NA/0.NA HS_SECKEY")
    });
    assert!(warned.is_some());
    node.kill();
}
