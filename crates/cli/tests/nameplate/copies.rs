//! A node that copies another, both in processes of their own: followed, killed, promoted.

use crate::program::{ServingNode, path, run, told};
use serde_json::{Value as Json, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

/// How often it is asked whether something is so; each time starts a process.
const TRIES: usize = 2000;

/// A writer's folder with some records, one of which is that of whoever copies.
fn write_folder(folder: &Path) {
    let file = folder.with_extension("jsonl");
    let copies = json!({"handle": "88.1/copies", "values": [
        {"index": 300, "type": "HS_SECKEY", "permissions": "1100", "data": "a secret of copies"},
    ]});
    let mut lines = vec![copies.to_string()];
    for number in 0..100 {
        let value = json!({"index": 1, "type": "NAME", "data": format!("thing {number}")});
        lines.push(json!({"handle": format!("88.1/{number}"), "values": [value]}).to_string());
    }
    fs::write(&file, lines.join("\n")).unwrap();
    let (code, out, err) = told(&run(["import", path(&file), "--data", path(folder)]));
    assert_eq!(code, 0, "{out}{err}");
    let settings = "[replication]\nadmins = [\"300:88.1/copies\"]\n";
    fs::write(folder.join("nameplate.toml"), settings).unwrap();
}

fn copy_folder(folder: &Path, source: &Path) {
    fs::create_dir(folder).unwrap();
    let secret = folder.join("secret");
    fs::write(&secret, "a secret of copies\n").unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    fs::copy(source.join("siteinfo.json"), folder.join("source.json")).unwrap();
    let settings = "[mirror]\nof = \"source.json\"\nidentity = \"300:88.1/copies\"\n\
        secret_file = \"secret\"\n";
    fs::write(folder.join("nameplate.toml"), settings).unwrap();
}

/// How a running node stands.
fn state(folder: &Path) -> Json {
    let (code, out, err) = told(&run(["store", "copies", path(folder), "--json"]));
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn wait_until_it_follows(folder: &Path) {
    let follows = |_: &usize| state(folder)["mirror"][0]["phase"] == "following";
    assert!((0..TRIES).any(|it| follows(&it)), "{}", state(folder));
}

fn name_of(identifier: &str, node: &ServingNode) -> String {
    let server = node.server();
    let (_, out, _) = told(&run([
        "resolve", identifier, "--server", &server, "--short",
    ]));
    out
}

#[test]
fn a_copy_is_killed_goes_on_and_becomes_the_writer() {
    let folder = TempDir::new().unwrap();
    let (source, copy) = (folder.path().join("source"), folder.path().join("copy"));
    write_folder(&source);
    let writer = ServingNode::start(&source);
    copy_folder(&copy, &source);
    for _ in 0..3 {
        // Killed while it takes everything, or soon after.
        ServingNode::start(&copy).kill();
    }
    let node = ServingNode::start(&copy);
    wait_until_it_follows(&copy);
    assert_eq!(name_of("88.1/7", &node), "thing 7\n");
    let (code, out, _) = told(&run(["store", "copies", path(&copy)]));
    assert_eq!(code, 0);
    assert!(
        out.contains("source:  server 0, following: epoch 1, "),
        "{out}"
    );
    let (code, _, err) = told(&run(["store", "promote", path(&copy)]));
    assert_eq!(code, 1, "a running node is not promoted: {err}");
    writer.kill();
    node.kill();
    let (code, out, err) = told(&run(["store", "promote", path(&copy)]));
    assert_eq!(code, 0, "{err}");
    let epoch = out.split("is a writer now: epoch ").nth(1);
    let epoch = epoch.and_then(|rest| rest.split(", after transaction ").next());
    let epoch: u64 = epoch.unwrap_or_default().parse().expect(&out);
    assert!(epoch > 1, "{out}");
    let (code, _, err) = told(&run(["store", "promote", path(&copy)]));
    assert_eq!(code, 1);
    assert!(err.contains("nothing in it was ever copied"), "{err}");
    fs::remove_file(copy.join("nameplate.toml")).unwrap();
    let node = ServingNode::start(&copy);
    assert_eq!(state(&copy)["epoch"], epoch);
    assert_eq!(name_of("88.1/7", &node), "thing 7\n");
    assert_eq!(node.terminate().0, Some(0));
}
