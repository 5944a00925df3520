//! Tests of the control socket: asking a running node, and being refused.

use super::*;
use crate::{Config, Node};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use store::{Options, Store};

fn node(data: &Path) -> Node {
    let store = Store::open(data, &Options::default()).unwrap();
    let config = Config {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        ..Config::default()
    };
    Node::start(&config, store).unwrap()
}

fn failure(data: &Path, request: &Ask) -> String {
    ask(data, request, &mut |_| ()).unwrap_err().to_string()
}

#[test]
fn a_running_node_is_backed_up_compacted_and_described() {
    let folder = tempfile::tempdir().unwrap();
    let (data, target) = (folder.path().join("data"), folder.path().join("backup"));
    let node = node(&data);
    let order = BackupOrder {
        target: target.clone(),
        previous: None,
    };
    ask_for_backup(&data, &order, &mut |_| ()).unwrap();
    assert_eq!(ask(&data, &Ask::Compact, &mut |_| ()).unwrap(), Value::Null);
    assert!(ask_for_info(&data).unwrap().is_running);
    node.stop().unwrap();
    assert!(!data.join(SOCKET_FILE).exists());
    let restored = folder.path().join("restored");
    store::restore(&target, &restored, &mut |_| ()).unwrap();
    assert!(!restored.join(SOCKET_FILE).exists());
    assert!(!store::inspect(&restored).unwrap().is_running);
}

#[test]
fn the_socket_is_for_its_user_even_where_its_path_is_long() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("long".repeat(40));
    let _node = node(&data);
    let mode = fs::metadata(data.join(SOCKET_FILE)).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    ask_for_info(&data).unwrap();
}

#[test]
fn what_cannot_be_done_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let no_node = failure(folder.path(), &Ask::Info);
    assert!(
        no_node.starts_with("no node can be reached at"),
        "{no_node}"
    );
    let _node = node(&data);
    let backup = |target: PathBuf| Ask::Backup {
        target,
        previous: None,
    };
    assert!(failure(&data, &backup("x".into())).contains("no absolute path"));
    assert!(failure(&data, &backup(data.join("x"))).contains("within the data folder"));
    assert!(failure(&data, &backup(data.clone())).contains("is not empty"));
}

#[test]
fn octets_that_are_no_request_get_an_answer_and_end_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let _node = node(folder.path());
    let long = vec![b'x'; REQUEST_OCTETS_MAX as usize];
    for octets in [&b"\n"[..], b"{\"ask\": \"dance\"}\n", b"\xff\xff\n", &long] {
        let mut stream = UnixStream::connect(folder.path().join(SOCKET_FILE)).unwrap();
        stream.write_all(octets).unwrap();
        let mut answer = String::new();
        // Octets that are no text end the connection without one.
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.contains("failed"), "{answer}");
    }
    ask_for_info(folder.path()).unwrap();
}

/// The other end of a connection that takes nothing, as that of a tool after Ctrl-Z.
fn full_socket() -> (UnixStream, UnixStream) {
    let (stream, other) = UnixStream::pair().unwrap();
    stream.set_nonblocking(true).unwrap();
    while (&stream).write(&[b'\n'; 1000]).is_ok() {}
    stream.set_nonblocking(false).unwrap();
    (stream, other)
}

/// Such a tool once held a backup for ever, and with it all files of the log.
#[test]
fn a_backup_does_not_wait_for_a_tool_that_takes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("data"), &Options::default()).unwrap();
    let (stream, mut other) = full_socket();
    let mut teller = Teller::new(stream, Duration::from_millis(1)).unwrap();
    let order = BackupOrder {
        target: folder.path().join("backup"),
        previous: None,
    };
    let long_ago = Instant::now().checked_sub(PROGRESS_INTERVAL).unwrap();
    let mut tellings = 0;
    let backed = store.back_up(&order, &mut |done| {
        tellings += 1;
        teller.last = long_ago;
        teller.progress(done);
    });
    backed.unwrap();
    assert!(tellings > 1 && teller.is_lost);
    // What comes after half a line would be no line.
    other.set_nonblocking(true).unwrap();
    while other.read(&mut [0; 4096]).is_ok() {}
    teller.tell(&Told::Done(Value::Null)).unwrap_err();
    let nothing = other.read(&mut [0; 1]).unwrap_err();
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
}
