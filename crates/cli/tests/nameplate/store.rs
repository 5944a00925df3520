//! `nameplate store`, `backup` and `restore`, on stopped and on running nodes.

use crate::program::{ServingNode, path, run, told};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn folder_with_records() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let (csv, data) = (folder.path().join("things.csv"), folder.path().join("data"));
    let mut table = String::from("identifier,NAME\n");
    for row in 0..500 {
        writeln!(table, "88.1/{row},thing {row}").unwrap();
    }
    fs::write(&csv, table).unwrap();
    let (code, _, err) = told(&run(["import", path(&csv), "--data", path(&data)]));
    assert_eq!(code, 0, "{err}");
    (folder, data)
}

/// Some file of a folder.
fn a_file(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder).unwrap();
    files.next().expect("there is one").unwrap().path()
}

#[test]
fn a_sound_folder_is_verified_and_described() {
    let (_folder, data) = folder_with_records();
    let (code, out, err) = told(&run(["store", "verify", path(&data)]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.ends_with("sound\n") && out.contains("500 records"),
        "{out}"
    );
    let (code, out, _) = told(&run(["store", "info", path(&data), "--json"]));
    let info: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &info["records"], &info["format"]),
        (0, &500.into(), &1.into())
    );
    assert_eq!(info["homed_prefixes"], serde_json::json!(["88.1"]));
}

#[test]
fn damage_is_told_with_file_and_remedy_and_exit_code_1() {
    let (_folder, data) = folder_with_records();
    let file = a_file(&data.join("tables/tables"));
    let mut octets = fs::read(&file).unwrap();
    octets[50] ^= 1;
    fs::write(&file, octets).unwrap();
    let (code, out, _) = told(&run(["store", "verify", path(&data)]));
    assert_eq!(code, 1);
    assert!(out.contains("damage: tables/tables/"), "{out}");
    assert!(out.contains("do:   remove the folder `tables`"), "{out}");
    let (code, out, _) = told(&run(["store", "verify", path(&data), "--json"]));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["damages"][0]["at"]), (1, &0.into()));
    // What it says to do helps.
    fs::remove_dir_all(data.join("tables")).unwrap();
    let (code, ..) = told(&run(["store", "compact", path(&data)]));
    assert_eq!(code, 0);
    let (code, out, _) = told(&run(["store", "verify", path(&data)]));
    assert_eq!(code, 0, "{out}");
}

#[test]
fn a_running_node_is_backed_up_compacted_and_described() {
    let (folder, data) = folder_with_records();
    let (backup, restored) = (folder.path().join("backup"), folder.path().join("restored"));
    let node = ServingNode::start(&data);
    let (code, out, err) = told(&run(["backup", "--data", path(&data), path(&backup)]));
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("backed up to"), "{out}");
    let (code, out, err) = told(&run(["store", "info", path(&data)]));
    assert_eq!(code, 0, "{err}");
    // Beside the 500 there are the two of the node's own root, and those of their two prefixes.
    assert!(
        out.contains("node running") && out.contains("records: 504"),
        "{out}"
    );
    let (code, _, err) = told(&run(["store", "compact", path(&data)]));
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = told(&run(["store", "verify", path(&data)]));
    assert_eq!(code, 1);
    assert!(err.contains("stop the node first"), "{err}");
    node.kill();
    let (code, out, err) = told(&run(["restore", path(&backup), "--data", path(&restored)]));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("and verified"), "{out}");
    let node = ServingNode::start(&restored);
    let (code, ..) = told(&run(["resolve", "88.1/499", "--server", &node.server()]));
    assert_eq!(code, 0);
}

#[test]
fn what_is_no_folder_or_no_backup_is_refused_and_nothing_is_made() {
    let folder = TempDir::new().unwrap();
    let nothing = folder.path().join("nothing");
    let target = folder.path().join("target");
    for arguments in [
        vec!["store", "verify", path(&nothing)],
        vec!["store", "info", path(&nothing)],
        vec!["store", "compact", path(&nothing)],
        vec!["backup", "--data", path(&nothing), path(&target)],
        vec!["restore", path(&nothing), "--data", path(&target)],
    ] {
        let (code, _, err) = told(&run(arguments.iter().copied()));
        assert_eq!(code, 1, "{arguments:?}");
        assert!(err.contains("nothing is no "), "{err}");
        assert!(!nothing.exists() && !target.exists(), "{arguments:?}");
    }
    let (code, ..) = told(&run(["store", "verify"]));
    assert_eq!(code, 2);
}
