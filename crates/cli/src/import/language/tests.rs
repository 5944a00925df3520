//! Tests of batch files: every block, and what is wrong with one.

use super::*;
use std::fs;

fn read_in(file: &[u8], folder: Option<PathBuf>) -> Vec<String> {
    let mut source = BatchFile::new(file, folder);
    let items = std::iter::from_fn(|| source.next_item().unwrap());
    let shown = |item: Result<Item, Refusal>| match item {
        Ok(Item { place, action }) => format!("{place}: {}", shown(&action)),
        Err(refusal) => refusal.to_string(),
    };
    items.map(shown).collect()
}

fn shown(action: &Action) -> String {
    let values = |values: &[Value]| -> String {
        let shown = values.iter().map(|value| {
            let data = value.data.escape_ascii();
            let (ttl, permissions) = (value.ttl.seconds, value.permissions);
            format!(
                " {}={}={ttl}={permissions}={data}",
                value.index, value.value_type
            )
        });
        shown.collect()
    };
    match action {
        Action::Create(identifier, list) => format!("create {identifier}{}", values(list)),
        Action::Add(identifier, list) => format!("add {identifier}{}", values(list)),
        Action::Modify(identifier, list) => format!("modify {identifier}{}", values(list)),
        Action::Delete(identifier) => format!("delete {identifier}"),
        Action::Remove(identifier, indexes) => format!("remove {identifier} {indexes:?}"),
        Action::Home(prefix) => format!("home {prefix}"),
        Action::Unhome(prefix) => format!("unhome {prefix}"),
        Action::Authenticate(login) => format!("{} {:?}", login.who, login.shown.as_str()),
        Action::At(server) => format!("at {server:?}"),
        Action::Nothing(why) => format!("({why})"),
        other => panic!("{other:?}"),
    }
}

fn read(file: &str) -> Vec<String> {
    read_in(file.as_bytes(), None)
}

#[test]
fn every_block_is_read() {
    let file = "AUTHENTICATE SECKEY:301:0.NA/88.1\r\nsecret\r\n\r\n\
        SESSIONSETUP\nUSESESSION:1\nOPTIONS:111\n\n\
        HOME 127.0.0.1:2641:TCP\n0.NA/88.1\n88.2\n\n\
        CREATE 88.1/a b\n1 URL 60 1110 UTF8 https://example.org/ x \n2 NAME 86400 0010 utf8\n\
        3 HS_VLIST 0 1110 LIST 300:88.1/k;301:88.1/l;\n\
        100 HS_ADMIN 86400 1110 ADMIN 300:100000000001:0.NA/88.1\n\n\n\
        ADD 88.1/a\n4 T 1 1111 UTF8 x\n\nMODIFY 88.1/a\n4 T 1 1111 UTF8 y\n\n\
        REMOVE 4,3:88.1/a\n\nDELETE 88.1/a\nUNHOME x\n0.NA/88.1";
    assert_eq!(
        read(file),
        [
            "line 1: SECKEY:301:0.NA/88.1 \"secret\"",
            "line 4: (a folder needs no session, and a node is always asked in one)",
            "line 8: at \"127.0.0.1:2641:TCP\"",
            "line 9: home 88.1",
            "line 10: home 88.2",
            "line 12: create 88.1/a b 1=URL=60=1110=https://example.org/ x 2=NAME=86400=0010= \
             3=HS_VLIST=0=1110=\\x00\\x00\\x00\\x02\\x00\\x00\\x00\\x0688.1/k\\x00\\x00\\x01,\
             \\x00\\x00\\x00\\x0688.1/l\\x00\\x00\\x01- \
             100=HS_ADMIN=86400=1110=\\x08\\x01\\x00\\x00\\x00\\t0.NA/88.1\\x00\\x00\\x01,",
            "line 19: add 88.1/a 4=T=1=1111=x",
            "line 22: modify 88.1/a 4=T=1=1111=y",
            "line 25: remove 88.1/a [4, 3]",
            "line 27: delete 88.1/a",
            "line 28: at \"x\"",
            "line 29: unhome 88.1",
        ]
    );
}

#[test]
fn what_is_wrong_is_told_by_line_and_the_next_block_goes_on() {
    let check = |block: &str, expected: &str| {
        let all = read(&format!("{block}\n\nDELETE 88.1/next\n"));
        assert_eq!(all.first().map(String::as_str), Some(expected), "{block}");
        let last = all.last().unwrap();
        assert!(last.ends_with("delete 88.1/next"), "{all:?}");
    };
    let value = |line: &str, reason: &str| {
        let expected = format!("line 2: 88.1/a: {reason}");
        check(
            &format!("CREATE 88.1/a\n{line}\n2 T 1 1110 UTF8 x"),
            &expected,
        );
    };
    value(
        "x URL 1 1110 UTF8 y",
        "the index is no number from 1 to 2147483647",
    );
    value(
        "1 URL 1 1110",
        "a value line needs a kind: index type ttl permissions kind data",
    );
    value(
        "1 URL -1 1110 UTF8 y",
        "the ttl \"-1\" is no number of seconds",
    );
    value(
        "1 URL 1 111 UTF8 y",
        "permissions is not four digits 0 or 1",
    );
    value(
        "1 URL 1 1110 HEX y",
        "data of kind \"HEX\" is unknown: UTF8, FILE, LIST, ADMIN",
    );
    value(
        "1 L 1 1110 LIST x",
        "\"x\" is no index and identifier: 300:88.1/x",
    );
    value(
        "1 A 1 1110 ADMIN 1:1:x",
        "an administrator is given as index:12 digits:identifier",
    );
    let folder = "x: a batch from standard input has no folder to read files from";
    value("1 A 1 1110 FILE x", folder);
    check(
        "CREATE /x\n1 T 1 1110 UTF8 x",
        "line 1: the identifier has no prefix before its first '/'",
    );
    check(
        "REMOVE 88.1/a",
        "line 1: REMOVE needs indexes and an identifier: 3,4:88.1/x",
    );
    check("HOME a:1:TCP", "line 1: the block names no prefix");
    let unknown = read("secret\nmore\n\nDELETE 88.1/x");
    assert!(
        !unknown[0].contains("secret") && unknown.len() == 2,
        "{unknown:?}"
    );
    let not_utf8 = read_in(b"CREATE 88.1/a\n1 T 1 1110 UTF8 \xff\n", None);
    assert_eq!(
        not_utf8[0],
        "line 2: 88.1/a: the line is not UTF-8; save the file as UTF-8"
    );
}

#[test]
fn files_are_read_beneath_the_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner").canonicalize();
    assert!(inner.is_err());
    fs::create_dir(folder.path().join("inner")).unwrap();
    let inner = folder.path().join("inner").canonicalize().unwrap();
    fs::write(folder.path().join("outside"), "secret").unwrap();
    fs::write(inner.join("data.bin"), b"\0\xff").unwrap();
    fs::write(inner.join("large.bin"), vec![0; VALUES_OCTETS_MAX + 1]).unwrap();
    std::os::unix::fs::symlink(folder.path().join("outside"), inner.join("link")).unwrap();
    let check = |file: &str, expected: &str| {
        let block = format!("ADD 88.1/a\n1 T 1 1110 FILE {file}\n");
        let all = read_in(block.as_bytes(), Some(inner.clone()));
        assert!(all[0].contains(expected), "{file}: {all:?}");
    };
    check("data.bin", "1=T=1=1110=\\x00\\xff");
    check("../outside", "is not beneath the folder of the batch file");
    check("link", "is not beneath the folder of the batch file");
    check("/etc/passwd", "is not beneath the folder of the batch file");
    check(".", "is no file");
    check("none", "No such file");
    check("large.bin", "has more than 256000 octets");
}
