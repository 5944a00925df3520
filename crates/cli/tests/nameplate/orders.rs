//! Orders to the registry, as an operator gives them: `nameplate registry` and `nameplate takeover`
//! against a member in a process of its own.

use crate::program::{ServingNode, path, run, told};
use serde_json::Value as Json;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(90);

/// A registry of one member.
struct Site {
    node: ServingNode,
    folder: TempDir,
}

impl Site {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path();
        // The first start makes its keys and its site.
        let node = ServingNode::start(data);
        let addresses = node.addresses();
        assert_eq!(node.terminate().0, Some(0));
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let settings = format!(
            "[registry]\nmember = 1\nprefixes = [\"88\"]\nadmin_key_file = \"admpub.bin\"\n\
             [[registry.members]]\nnumber = 1\nrole = \"top-level\"\naddress = \"{}\"\n\
             site = \"siteinfo.json\"\n",
            port.local_addr().unwrap()
        );
        drop(port);
        fs::write(data.join("nameplate.toml"), settings).unwrap();
        assert_eq!(told(&run(["registry", "found", path(data)])).0, 0);
        let node = ServingNode::start_on(data, addresses);
        let deadline = Instant::now() + PATIENCE;
        while told(&run(["registry", "status", path(data)])).0 != 0 {
            assert!(Instant::now() < deadline, "nobody leads");
            thread::park_timeout(Duration::from_millis(20));
        }
        Self { node, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command as the first administrator.
    fn run(&self, command: &str) -> (i32, String, String) {
        self.run_with(command, &[])
    }

    fn run_with(&self, command: &str, more: &[&str]) -> (i32, String, String) {
        let (key, site) = (self.file("admpriv.bin"), self.file("siteinfo.json"));
        let server = self.node.server();
        let who = ["--server", &server, "--as", "300:0.NA/88"];
        let how = ["--key", path(&key), "--site-key", path(&site)];
        let words = command.split_whitespace();
        let all = words.chain(who).chain(how).chain(more.iter().copied());
        told(&run(all))
    }

    fn says(&self, command: &str, expected: &str) {
        let (code, out, err) = self.run(command);
        assert_eq!((code, out.trim_end()), (0, expected), "{command}: {err}");
    }

    fn refuses(&self, command: &str, expected: i32, words: &str) {
        let (code, _, err) = self.run(command);
        assert_eq!(code, expected, "{command}: {err}");
        assert!(err.contains(words), "{command}: {err}");
    }
}

#[test]
fn data_sets_are_created_granted_taken_over_and_handed_back() {
    let site = Site::start();
    let create = "registry create 88.118 --strict --holder 300:0.na/88.118";
    site.says(create, "records:88.118: created, epoch 1");
    site.refuses(create, 1, "it is there already");
    site.says(
        "registry data-sets",
        "records:88.118: epoch 1, strict, held by 300:0.NA/88.118",
    );
    site.refuses("registry data-sets 88.404", 1, "no such data set");
    site.refuses("takeover confirm 88.118 registration", 1, "no such thing");
    site.says(
        "takeover propose 88.118 registration --to 300:0.NA/88.9",
        "records:88.118: proposed; `nameplate takeover confirm` does it",
    );
    let (_, out, _) = site.run("takeover list --json");
    let line: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(line["proposals"][0]["to"], "300:0.NA/88.9");
    site.says(
        "takeover confirm 88.118 registration",
        "records:88.118: taken over, epoch 2",
    );
    site.says("takeover list", "");
    site.refuses("registry hand-back 88.118", 1, "you do not hold it");
    site.says(
        "registry grant 88.118 --to 300:0.NA/88",
        "records:88.118: granted, epoch 3",
    );
    site.refuses(
        "registry grant 88.118 --to 300:0.NA/88 --epoch 3",
        1,
        "epoch 3 is in force",
    );
    site.says("registry hand-back 88.118", "records:88.118: handed back");
    let (code, out, _) = site.run("registry grant 88.118 --to 300:0.NA/88 --epoch 9 --json");
    let line: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &line["reason"]), (1, &"epoch".into()));
    assert!(line["position"]["index"].is_u64(), "{line}");
}

#[test]
fn a_sovereign_holder_is_declared_to_be_no_more_by_whoever_may() {
    let site = Site::start();
    site.says(
        "registry create records:88.7 --sovereign --reserved R- --holder 300:0.NA/88.7",
        "records:88.7: created, epoch 1",
    );
    site.refuses(
        "registry grant 88.7 --to 300:0.NA/88.8",
        1,
        "its holder has not handed it back",
    );
    site.says(
        "registry declare 88.7 --to 300:0.NA/88.8",
        "records:88.7: granted, epoch 2",
    );
    site.says(
        "registry grant-rights 300:0.na/88.8 propose confirm",
        "300:0.NA/88.8: may ask for propose, confirm",
    );
    let (_, out, _) = site.run("registry rights");
    assert!(out.contains("300:0.NA/88.8: propose, confirm\n"), "{out}");
    site.says(
        "registry revoke-rights 300:0.NA/88.8",
        "300:0.NA/88.8: has no rights any more",
    );
    site.refuses(
        "registry revoke-rights 300:0.NA/88",
        1,
        "nobody would be left",
    );
    site.refuses("registry remove-member 1", 1, "nobody would be left");
    site.refuses("registry remove-member 7", 1, "no such thing");
}

/// The same order with the same mark is the same, and what makes no sense is usage.
#[test]
fn an_order_is_repeated_by_its_mark() {
    let site = Site::start();
    let mark = "000102030405060708090a0b0c0d0e0f";
    let create = format!("registry create 88.5 --strict --holder 300:0.NA/88.5 --mark {mark}");
    site.says(&create, "records:88.5: created, epoch 1");
    site.says(&create, "records:88.5: created, epoch 1");
    site.refuses("registry grant-rights 300:0.NA/88.5 everything", 2, "");
    site.refuses("registry hand-back 88.5 --mark 00", 2, "32 hexadecimal");
    site.refuses("registry create 88.6 --holder 300:0.NA/88.6", 2, "--strict");
    let (code, _, err) = site.run_with("registry data-sets", &["--or", "127.0.0.1:1"]);
    assert_eq!(code, 2, "each site has a key of its own: {err}");
    // A node that is no member.
    let folder = TempDir::new().unwrap();
    let other = ServingNode::start(folder.path());
    let key = folder.path().join("admpriv.bin");
    let server = other.server();
    let ran = run([
        "registry",
        "data-sets",
        "--server",
        &server,
        "--as",
        "300:0.NA/0.NA",
        "--key",
        path(&key),
    ]);
    let (code, _, err) = told(&ran);
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("does not offer the operation"), "{err}");
    // But another that is one may be asked instead.
    let member = site.node.server();
    let key = site.file("admpriv.bin");
    let ran = run([
        "registry",
        "data-sets",
        "88.5",
        "--server",
        &server,
        "--or",
        &member,
        "--as",
        "300:0.NA/88",
        "--key",
        path(&key),
    ]);
    let (code, out, err) = told(&ran);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("records:88.5: epoch 1"), "{out}");
}
