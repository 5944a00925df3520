//! A node administered by the program from outside: registering, changing, listing, homes, many at
//! once, and a node that is killed meanwhile.

use crate::program::{ServingNode, nameplate, path, run, told};
use serde_json::Value as Json;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The administrator that a node is founded with.
const ADMIN: &str = "300:0.NA/0.NA";

/// A founded node, and somebody with the key of its administrator.
pub(crate) struct Desk {
    folder: TempDir,
    node: Option<ServingNode>,
}

impl Desk {
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let node = ServingNode::start(&folder.path().join("node"));
        let desk = Self {
            folder,
            node: Some(node),
        };
        desk.done(&["home", "88.1"]);
        desk
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.file("node")
    }

    pub(crate) fn server(&self) -> String {
        self.node.as_ref().unwrap().server()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.file(name), text).unwrap();
        self.file(name)
    }

    /// The arguments, with the node and the administrator's key.
    fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let server = self.server();
        let key = self.data().join("admpriv.bin");
        let more = ["--server", &server, "--as", ADMIN, "--key", path(&key)];
        let all = arguments.iter().chain(&more);
        all.map(|&argument| argument.to_owned()).collect()
    }

    fn start_as_admin(&self, arguments: &[&str]) -> Child {
        let arguments = self.arguments(arguments);
        let mut command = nameplate(arguments.iter().map(String::as_str));
        command.env("XDG_STATE_HOME", self.file("state"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn as_admin(&self, arguments: &[&str]) -> (i32, String, String) {
        told(&self.start_as_admin(arguments).wait_with_output().unwrap())
    }

    /// Does something that must be done; gives what was said.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.as_admin(arguments);
        assert_eq!((code, &err[..]), (0, ""), "{arguments:?}");
        out
    }

    pub(crate) fn resolved(&self, identifier: &str) -> (i32, String) {
        let server = self.server();
        let resolve = ["resolve", identifier, "--server", &server, "--short"];
        let (code, out, _) = told(&run(resolve));
        (code, out)
    }
}

#[test]
fn records_are_registered_changed_and_deleted() {
    let desk = Desk::start();
    let register = ["register", "88.1/pump", "--value", "1 NAME pump"];
    assert_eq!(desk.done(&register), "88.1/pump: registered\n");
    let (code, out, err) = desk.as_admin(&register);
    assert_eq!((code, &out[..]), (1, ""));
    let first = "nameplate: 88.1/pump: identifier already exists (101)\n  --overwrite replaces it";
    assert!(err.starts_with(first), "{err}");
    let overwrite = ["register", "88.1/pump", "--overwrite", "--session"];
    let out = desk.done(&[&overwrite[..], &["--value", "1 NAME other"]].concat());
    assert_eq!(out, "88.1/pump: replaced\n");
    desk.done(&["add", "88.1/pump", "--value", "2 URL https://e.org/a b"]);
    desk.done(&["modify", "88.1/pump", "--value", "1 NAME third"]);
    let third = (0, "third\nhttps://e.org/a b\n".to_owned());
    assert_eq!(desk.resolved("88.1/pump"), third);
    desk.done(&["remove", "88.1/pump", "2"]);
    let (code, _, err) = desk.as_admin(&["remove", "88.1/pump", "2"]);
    assert!(code == 1 && err.contains("values not found (200)"), "{err}");
    assert_eq!(desk.done(&["list", "88.1"]), "88.1/PUMP\n");
    desk.done(&["delete", "88.1/pump"]);
    assert_eq!(desk.resolved("88.1/pump").0, 1);
    let (code, out, _) = desk.as_admin(&["delete", "88.1/pump", "--json"]);
    let out: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, out["responseCode"].as_u64()), (1, Some(100)));
}

#[test]
fn values_come_from_files_and_minted_identifiers_are_said() {
    let desk = Desk::start();
    let values = r#"{"values":[{"index":1,"type":"URL","data":"https://e.org","ttl":60}]}"#;
    let values = desk.write("values.json", values);
    let mint = ["register", "88.1/", "--mint", "--values", path(&values)];
    let said = desk.done(&mint);
    let minted = said.strip_suffix(": registered\n").unwrap();
    assert_eq!(minted.len(), "88.1/".len() + 36, "{minted}");
    assert_eq!(desk.resolved(minted), (0, "https://e.org\n".into()));
    let wrong = desk.write("wrong.json", r#"[{"index":1}]"#);
    let (code, _, err) = desk.as_admin(&["register", "88.1/x", "--values", path(&wrong)]);
    assert!(code == 2 && err.contains("wrong.json: value 1: "), "{err}");
    let (code, _, err) = desk.as_admin(&["add", "88.1/x"]);
    assert!(code == 2 && err.contains("which values?"), "{err}");
}

#[test]
fn homes_are_listed_made_and_given_up() {
    let desk = Desk::start();
    assert_eq!(desk.done(&["home", "--list"]), "0.0\n0.NA\n88.1\n");
    desk.done(&["unhome", "88.1"]);
    let (code, _, err) = desk.as_admin(&["register", "88.1/x", "--value", "1 URL x"]);
    assert!(
        code == 4 && err.contains("server not responsible (301)"),
        "{err}"
    );
    assert!(err.contains("`nameplate home PREFIX`"), "{err}");
}

#[test]
fn a_list_of_any_length_is_read_to_its_end() {
    let desk = Desk::start();
    let rows: String = (0..250).fold("identifier,NAME\n".into(), |mut rows, row| {
        writeln!(rows, "88.1/{row:04},x").unwrap();
        rows
    });
    let table = desk.write("t.csv", &rows);
    desk.done(&["import", path(&table)]);
    for more in [&[][..], &["--session"]] {
        let listed = desk.done(&[&["list", "88.1"], more].concat());
        assert_eq!(listed.lines().count(), 250);
    }
}

/// A secret is sent encrypted, and then proves its owner, who has what their prefix gives them.
#[test]
fn somebody_with_a_secret_administers_a_prefix() {
    let desk = Desk::start();
    let (right, wrong) = (
        desk.write("right", "open sesame\n"),
        desk.write("wrong", "x\n"),
    );
    let secret = format!("301 HS_SECKEY {}", path(&right));
    desk.done(&["register", "88.1/me", "--value-file", &secret]);
    assert_eq!(desk.resolved("88.1/me").0, 1, "nobody may read it");
    let admin = r#"100 HS_ADMIN {"handle":"88.1/me","index":301,"permissions":"111111111111"}"#;
    desk.done(&["register", "0.NA/88.1", "--value", admin]);
    let server = desk.server();
    let as_me = |secret: &Path, session: &[&str]| {
        let register = ["register", "88.1/mine", "--overwrite", "--value", "1 URL x"];
        let whose = ["--server", &server, "--as", "301:88.1/me", "--secret-file"];
        let all = [&register[..], &whose, &[path(secret)], session].concat();
        told(&run(all))
    };
    for session in [&[][..], &["--session"]] {
        let (code, _, err) = as_me(&right, session);
        assert_eq!(code, 0, "{err}");
        let (code, _, err) = as_me(&wrong, session);
        assert_eq!(code, 4);
        assert!(err.contains("authentication failed (403)"), "{err}");
        assert!(err.contains("is it the key, or the secret, of"), "{err}");
    }
}

#[test]
fn a_wrong_key_and_a_wrong_site_are_told() {
    let desk = Desk::start();
    let server = desk.server();
    let site_key = desk.data().join("privkey.bin");
    let common = [
        "delete", "88.1/x", "--server", &server, "--as", ADMIN, "--key",
    ];
    desk.done(&["register", "88.1/x", "--value", "1 URL x"]);
    let (code, _, err) = told(&run([&common[..], &[path(&site_key)]].concat()));
    assert!(
        code == 4 && err.contains("authentication failed (403)"),
        "{err}"
    );
    let key = desk.data().join("admpriv.bin");
    let other = desk.data().join("admpub.bin");
    for session in [&[][..], &["--session"]] {
        let believes = [&common[..], &[path(&key), "--site-key"]].concat();
        let (code, _, err) = told(&run([&believes[..], &[path(&other)], session].concat()));
        assert!(
            code == 3 && err.contains("is not signed with the given key"),
            "{err}"
        );
    }
    assert_eq!(
        desk.resolved("88.1/x").0,
        0,
        "nothing is proven to a stranger"
    );
    let site = desk.data().join("siteinfo.json");
    let believes = [&common[..], &[path(&key), "--session", "--site-key"]].concat();
    let (code, _, err) = told(&run([&believes[..], &[path(&site)]].concat()));
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_login_is_kept_without_secrets() {
    let desk = Desk::start();
    let config = desk.file("config");
    let with_config = |arguments: &[&str]| {
        let mut command = nameplate(arguments.iter().copied());
        told(&command.env("XDG_CONFIG_HOME", &config).output().unwrap())
    };
    let (code, _, err) = with_config(&["list", "88.1"]);
    assert!(
        code == 2 && err.contains("--server ADDR is missing"),
        "{err}"
    );
    let login = desk.arguments(&["login"]);
    let login: Vec<&str> = login.iter().map(String::as_str).collect();
    let mut wrong = login.clone();
    let wrong_key = desk.data().join("privkey.bin");
    *wrong.last_mut().unwrap() = path(&wrong_key);
    let (code, _, err) = with_config(&wrong);
    assert!(
        code == 4 && err.contains("authentication failed (403)"),
        "{err}"
    );
    assert!(!config.exists(), "what is not believed is not kept");
    let (code, out, err) = with_config(&login);
    assert_eq!(code, 0, "{out}{err}");
    let kept = config.join("nameplate/login.toml");
    assert_eq!(
        fs::metadata(&kept).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = fs::read_to_string(&kept).unwrap();
    assert!(text.contains("admpriv.bin\"\n"), "{text}");
    let (code, _, err) = with_config(&["register", "88.1/x", "--value", "1 URL x"]);
    assert_eq!(code, 0, "{err}");
    let (code, ..) = with_config(&["list", "88.1", "--as", "300:0.NA/88.1"]);
    assert_eq!(code, 2, "the key is another's");
    let other = desk.data().join("admpub.bin");
    let text = format!("{text}site_key = \"{}\"\n", path(&other));
    fs::write(&kept, text).unwrap();
    let list = desk.arguments(&["list", "88.1"]);
    let list: Vec<&str> = list.iter().map(String::as_str).collect();
    let (code, _, err) = with_config(&list);
    assert!(
        code == 3 && err.contains("is not signed with the given key"),
        "flags for all the rest leave the node the one whose key is kept: {err}"
    );
}

#[test]
fn nobody_who_listens_is_told() {
    let folder = TempDir::new().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "x").unwrap();
    let whose = ["--as", ADMIN, "--secret-file", path(&secret)];
    let delete = ["delete", "88.1/x", "--server", "127.0.0.1:1"];
    let (code, _, err) = told(&run([&delete[..], &whose].concat()));
    assert!(code == 3 && err.contains("cannot connect"), "{err}");
}

fn table(desk: &Desk, rows: usize) -> PathBuf {
    let mut table = String::from("identifier,NAME\n");
    for row in 0..rows {
        writeln!(table, "88.1/{row:06},thing {row}").unwrap();
    }
    desk.write("things.csv", &table)
}

#[test]
fn ten_thousand_rows_are_imported_by_a_node() {
    let desk = Desk::start();
    let csv = table(&desk, 10_000);
    let out = desk.done(&["import", path(&csv)]);
    assert!(out.starts_with("10000 rows registered in "), "{out}");
    for row in [0, 5_000, 9_999] {
        let expected = (0, format!("thing {row}\n"));
        assert_eq!(desk.resolved(&format!("88.1/{row:06}")), expected);
    }
    let out = desk.done(&["import", path(&csv), "--resume"]);
    assert!(out.starts_with("10000 rows registered in 0."), "{out}");
    let (code, out, _) = desk.as_admin(&["import", path(&csv), "--fail-existing"]);
    assert_eq!(code, 1);
    assert!(out.ends_with(" 10000 refused\n"), "{out}");
}

/// Whoever the file names asks; what is wrong is told by its line, and the rest goes on.
#[test]
fn a_batch_file_says_who_asks() {
    let desk = Desk::start();
    desk.done(&[
        "register",
        "88.1/me",
        "--value",
        "301 HS_SECKEY open sesame",
    ]);
    let admin = r#"100 HS_ADMIN {"handle":"88.1/me","index":301,"permissions":"111111111111"}"#;
    desk.done(&["register", "0.NA/88.1", "--value", admin]);
    let batch = "AUTHENTICATE SECKEY:301:88.1/me\nopen sesame\n\nSESSIONSETUP\nUSESESSION:1\n\n\
        CREATE 88.1/a\n1 URL 86400 1110 UTF8 x\n100 HS_ADMIN 86400 1110 ADMIN \
        301:111111111111:88.1/me\n\nADD 88.1/a\n2 NAME 86400 1110 UTF8 y\n\n\
        REMOVE 7:88.1/a\n\nMODIFY 88.1/a\n1 URL 86400 1110 UTF8 z\n\nDELETE 88.1/none\n";
    let batch = desk.write("t.batch", batch);
    let errors = desk.file("errors.jsonl");
    let server = desk.server();
    let import = ["import", path(&batch), "--server", &server, "--errors"];
    let (code, out, err) = told(&run([&import[..], &[path(&errors)]].concat()));
    assert_eq!(code, 1, "{err}");
    assert!(out.starts_with("3 records registered in "), "{out}");
    assert!(
        err.contains("t.batch: line 14: 88.1/a: values not found (200)"),
        "{err}"
    );
    assert!(
        err.contains("t.batch: line 19: 88.1/none: identifier not found (100)"),
        "{err}"
    );
    assert_eq!(fs::read_to_string(&errors).unwrap().lines().count(), 2);
    let (code, out) = desk.resolved("88.1/a");
    assert!(code == 0 && out.starts_with("z\ny\n"), "{out}");
    let wrong = desk.write(
        "w.batch",
        "AUTHENTICATE SECKEY:301:88.1/me\nno\n\nDELETE 88.1/a\n",
    );
    let (code, _, err) = told(&run(["import", path(&wrong), "--server", &server]));
    assert!(
        code == 4 && err.contains("authentication failed (403)"),
        "{err}"
    );
}

/// Waits until the import has kept how far it came; gives its process.
fn import_under_way(desk: &Desk, csv: &Path) -> Child {
    let import = desk.start_as_admin(&["import", path(csv)]);
    let kept = desk.file("state/nameplate");
    let started = Instant::now();
    while fs::read_dir(&kept).map_or(0, Iterator::count) == 0 {
        assert!(started.elapsed() < Duration::from_mins(1), "it goes on");
        std::thread::yield_now();
    }
    import
}

/// How many items are acknowledged, by what the import says at its end.
fn acknowledged(ended: &Output) -> usize {
    let (code, out, err) = told(ended);
    assert_eq!(code, 3, "{out}{err}");
    assert!(err.contains("run it again with --resume"), "{err}");
    out.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_node_that_is_killed_in_an_import_has_lost_nothing_it_acknowledged() {
    let mut desk = Desk::start();
    let csv = table(&desk, 20_000);
    let import = import_under_way(&desk, &csv);
    let addresses = desk.node.as_ref().unwrap().addresses();
    desk.node.take().unwrap().kill();
    let count = acknowledged(&import.wait_with_output().unwrap());
    assert!(count > 0 && count < 20_000, "{count}");
    desk.node = Some(ServingNode::start_on(&desk.data(), addresses));
    let listed = desk.done(&["list", "88.1"]);
    let listed: Vec<&str> = listed.lines().collect();
    for row in 0..count {
        let name = format!("88.1/{row:06}");
        assert!(
            listed.binary_search(&&name[..]).is_ok(),
            "{name} of {count}"
        );
    }
    let out = desk.done(&["import", path(&csv), "--resume"]);
    assert!(out.starts_with("20000 rows registered in "), "{out}");
    assert_eq!(desk.done(&["list", "88.1"]).lines().count(), 20_000);
}

#[test]
fn a_rule_is_found_that_permits_or_forbids() {
    let mut desk = Desk::start();
    desk.done(&["register", "88.1/x", "--value", "1 URL x"]);
    let list = r#"200 HS_VLIST [{"handle":"88.1/me","index":300}]"#;
    desk.done(&["register", "88.1/group", "--value", list]);
    let admin = r#"100 HS_ADMIN {"handle":"88.1/group","index":200,"permissions":"000000000001"}"#;
    desk.done(&["register", "0.NA/88.1", "--value", admin]);
    desk.node.take().unwrap().terminate();
    let data = desk.data();
    let explain = |arguments: &[&str]| {
        let data = ["--data", path(&data)];
        told(&run([&["keys", "explain"], arguments, &data].concat()))
    };
    let (code, out, err) = explain(&[ADMIN, "delete", "88.1/x"]);
    assert_eq!(code, 0, "{err}");
    let server = "300:0.NA/0.NA may delete 88.1/x\n  delete-handle: an administrator of the server";
    assert!(out.starts_with(server), "{out}");
    let (code, out, _) = explain(&["300:88.1/me", "register", "88.1/new"]);
    let group = "300:88.1/me may register 88.1/new\n  \
                 add-handle: value 100 (HS_ADMIN) of 0.NA/88.1 says so, by way of 200:88.1/group\n";
    assert!(code == 0 && out.starts_with(group), "{out}");
    let (code, out, _) = explain(&["300:88.1/me", "delete", "88.1/x"]);
    let lacks = "300:88.1/me may not delete 88.1/x\n  invalid administrator (400): \
                 300:88.1/me lacks the permission to delete the identifier\n";
    assert!(code == 1 && out.starts_with(lacks), "{out}");
    assert!(
        out.contains("looked at 88.1/x\n  it names no administrator\n"),
        "{out}"
    );
    let (code, out, _) = explain(&["300:88.1/me", "delete", "88.1/none", "--json"]);
    let out: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, out["responseCode"].as_u64()), (1, Some(100)));
    assert_eq!(out["isAboutPermission"], false);
}
