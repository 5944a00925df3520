//! Whole processes killed with SIGKILL at work: an import and a node.

use crate::program::{ServingNode, nameplate, path, run, told};
use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;

/// More than a memtable holds, so that kills also meet table files half written.
const ROWS: usize = 60_000;

fn write_table(file: &Path) {
    let mut table = String::from("identifier,NAME,DESC\n");
    for row in 0..ROWS {
        let filler = (row * 7919).to_string().repeat(2000 / 7);
        writeln!(table, "88.1/{row:08},thing {row},{filler}").unwrap();
    }
    fs::write(file, table).unwrap();
}

/// Starts an import and kills it after a while.
fn import_and_kill(csv: &Path, data: &Path, after: Duration) {
    let mut import = nameplate(["import", path(csv), "--data", path(data)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Waiting for a line that never comes, or for the end.
    let out = BufReader::new(import.stdout.take().unwrap());
    let (ended, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(out.lines().count()));
    let _ = wait.recv_timeout(after);
    import.kill().unwrap();
    import.wait().unwrap();
}

#[test]
fn an_import_that_is_killed_is_run_again_and_everything_is_there() {
    let folder = TempDir::new().unwrap();
    let (csv, data) = (folder.path().join("things.csv"), folder.path().join("data"));
    write_table(&csv);
    for milliseconds in [5, 50, 200, 400, 500, 600, 700, 800, 900, 1000] {
        import_and_kill(&csv, &data, Duration::from_millis(milliseconds));
    }
    let (code, out, err) = told(&run(["import", path(&csv), "--data", path(&data)]));
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("60000 rows registered"), "{out}");
    let node = ServingNode::start(&data);
    for row in [0, 1, 31_999, ROWS - 1] {
        let identifier = format!("88.1/{row:08}");
        let (code, out, _) = told(&run(["resolve", &identifier, "--server", &node.server()]));
        assert_eq!(code, 0);
        assert!(out.contains(&format!("thing {row}\n")), "{out}");
    }
}

#[test]
fn a_node_that_is_killed_starts_again_with_everything() {
    let folder = TempDir::new().unwrap();
    let (csv, data) = (folder.path().join("things.csv"), folder.path().join("data"));
    fs::write(&csv, "identifier,NAME\n88.1/kept,kept\n").unwrap();
    run(["import", path(&csv), "--data", path(&data)]);
    for _ in 0..3 {
        let node = ServingNode::start(&data);
        let (code, ..) = told(&run(["resolve", "88.1/kept", "--server", &node.server()]));
        assert_eq!(code, 0);
        node.kill();
    }
}
