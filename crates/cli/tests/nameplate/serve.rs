//! A node as its operators know it: the first start, the second, the configuration, the signals.

use crate::program::{ServingNode, nameplate, path, run, told};
use serde_json::Value as Json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;

const FILES: [&str; 6] = [
    "privkey.bin",
    "pubkey.bin",
    "admpriv.bin",
    "admpub.bin",
    "siteinfo.json",
    "bootstrap_handles",
];

fn files(data: &Path) -> Vec<Vec<u8>> {
    FILES.map(|name| fs::read(data.join(name)).unwrap()).into()
}

/// Free addresses, found by a node that then stopped.
fn founded(data: &Path) -> (SocketAddr, SocketAddr) {
    let node = ServingNode::start(data);
    let address = node.addresses();
    assert_eq!(node.terminate().0, Some(0));
    address
}

#[test]
fn an_empty_folder_becomes_a_node_with_a_root_that_clients_find() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let address = founded(&data);
    let before = files(&data);
    let node = ServingNode::start_on(&data, address);
    assert_eq!(files(&data), before, "a second start changes nothing");

    let bootstrap = fs::read_to_string(data.join("bootstrap_handles")).unwrap();
    let bootstrap: Json = serde_json::from_str(&bootstrap).unwrap();
    let site = &bootstrap["handles"]["0.NA/0.NA"]["values"][0]["data"]["value"];
    let siteinfo = fs::read_to_string(data.join("siteinfo.json")).unwrap();
    assert_eq!(*site, serde_json::from_str::<Json>(&siteinfo).unwrap());
    assert_eq!(
        site["servers"][0]["interfaces"][0]["port"],
        node.address.port()
    );

    for identifier in ["0.NA/0.NA", "0.0/0.0"] {
        let server = node.server();
        let (code, out, _) = told(&run(["resolve", identifier, "--server", &server, "--json"]));
        assert_eq!(code, 0, "{out}");
        let answer: Json = serde_json::from_str(&out).unwrap();
        assert_eq!(answer["values"], bootstrap["handles"][identifier]["values"]);
    }
    let (_, said) = node.terminate();
    for expected in [
        "site 1, key ",
        "  SHA-256 ",
        "administrator 300:0.NA/0.NA, key ",
        "~/.handle/",
        "nameplate resolve 0.NA/0.NA --server 127.0.0.1:",
        "ready after ",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

/// The way of a client that has nothing but the file: the root it names, the prefix's record there,
/// the site in that, and there the identifier.
#[test]
fn a_client_finds_what_was_imported_by_way_of_the_root() {
    let folder = TempDir::new().unwrap();
    let (csv, data) = (folder.path().join("pumps.csv"), folder.path().join("data"));
    fs::write(&csv, "identifier,NAME\n88.1/pump,水泵\n").unwrap();
    let (code, ..) = told(&run(["import", path(&csv), "--data", path(&data)]));
    assert_eq!(code, 0);
    let node = ServingNode::start(&data);

    let bootstrap = fs::read_to_string(data.join("bootstrap_handles")).unwrap();
    let bootstrap: Json = serde_json::from_str(&bootstrap).unwrap();
    let root = asked_at(&bootstrap["handles"]["0.NA/0.NA"]);
    let resolve = |identifier: &str, server: &str| -> Json {
        let (code, out, err) = told(&run(["resolve", identifier, "--server", server, "--json"]));
        assert_eq!(code, 0, "{out}{err}");
        serde_json::from_str(&out).unwrap()
    };
    let prefix = resolve("0.NA/88.1", &root);
    let types = prefix["values"].as_array().unwrap().iter();
    let types: Vec<&str> = types.map(|value| value["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["HS_SITE", "HS_ADMIN"]);
    assert_eq!(asked_at(&prefix), node.server());
    let pump = resolve("88.1/pump", &asked_at(&prefix));
    assert_eq!(pump["values"][0]["data"]["value"], "水泵");
}

/// Where the first server of the site in a record is asked over TCP.
fn asked_at(record: &Json) -> String {
    let values = record["values"].as_array().unwrap().iter();
    let mut sites = values.filter(|value| value["type"] == "HS_SITE");
    let server = &sites.next().unwrap()["data"]["value"]["servers"][0];
    let interfaces = server["interfaces"].as_array().unwrap().iter();
    let mut tcp = interfaces.filter(|interface| interface["protocol"] == "TCP");
    let port = &tcp.next().unwrap()["port"];
    format!("{}:{port}", server["address"].as_str().unwrap())
}

#[test]
fn a_first_start_that_is_killed_is_completed_by_the_next() {
    let folder = TempDir::new().unwrap();
    for milliseconds in [0, 5, 10, 20, 40, 80, 120, 160, 240, 320, 480] {
        let data = folder.path().join(format!("data-{milliseconds}"));
        let free = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
        let serve = ["serve", "--data", path(&data)];
        let mut first = nameplate(serve.into_iter().chain(free))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(first.stdout.take().unwrap());
        let (ended, wait) = std::sync::mpsc::channel();
        std::thread::spawn(move || ended.send(out.lines().count()));
        let _ = wait.recv_timeout(Duration::from_millis(milliseconds));
        first.kill().unwrap();
        first.wait().unwrap();
        let kept = fs::read(data.join("privkey.bin")).ok();

        let address = founded(&data);
        assert!(kept.is_none_or(|kept| fs::read(data.join("privkey.bin")).unwrap() == kept));
        let before = files(&data);
        let node = ServingNode::start_on(&data, address);
        assert_eq!(files(&data), before);
        let (code, ..) = told(&run(["resolve", "0.NA/0.NA", "--server", &node.server()]));
        assert_eq!(code, 0);
    }
}

#[test]
fn a_key_that_others_can_read_is_refused_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    founded(&data);
    let key = data.join("privkey.bin");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, _, err) = told(&run(["serve", "--data", path(&data)]));
    assert_eq!(code, 1);
    assert!(err.contains("run `chmod 600 "), "{err}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    founded(&data);
}

#[test]
fn who_lets_others_in_says_under_which_address() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let open = ["serve", "--data", path(&data), "--listen", "0.0.0.0:0"];
    let (code, _, err) = told(&run(open));
    assert_eq!(code, 1);
    assert!(err.contains("(`--public-address IP`"), "{err}");
    assert!(!data.exists(), "nothing was made");
    let node = ServingNode::start_with(
        &data,
        &["--listen", "0.0.0.0:0", "--public-address", "192.0.2.9"],
    );
    let siteinfo = fs::read_to_string(data.join("siteinfo.json")).unwrap();
    assert!(
        siteinfo.contains("\"address\": \"192.0.2.9\""),
        "{siteinfo}"
    );
    for ip in ["127.0.0.1", "127.0.0.2"] {
        let server = format!("{ip}:{}", node.address.port());
        let (code, out, _) = told(&run(["resolve", "0.NA/0.NA", "--server", &server, "--udp"]));
        assert_eq!(code, 0, "{out}");
    }
}

#[test]
fn two_nodes_cannot_have_one_folder_nor_one_port() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let node = ServingNode::start(&data);
    let (code, _, err) = told(&run([
        "serve",
        "--data",
        path(&data),
        "--listen",
        "127.0.0.1:0",
    ]));
    assert_eq!(code, 1);
    assert!(err.contains("is in use by another process"), "{err}");
    let other = folder.path().join("other");
    let (code, _, err) = told(&run([
        "serve",
        "--data",
        path(&other),
        "--listen",
        &node.server(),
    ]));
    assert_eq!(code, 1);
    assert!(
        err.contains(&format!("cannot listen on {}", node.server())),
        "{err}"
    );
}

#[test]
fn the_configurations_to_start_from_are_right() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy");
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let (code, _, err) = told(&run(["config", "check", path(&file)]));
            assert_eq!(code, 0, "{err}");
            count += 1;
        }
    }
    assert!(count >= 2, "only {count} configurations");
}

#[test]
fn a_configuration_is_printed_checked_and_explained() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let (code, example, _) = told(&run(["config", "example"]));
    assert_eq!(code, 0);
    let file = data.join("nameplate.toml");
    fs::write(&file, &example).unwrap();
    let check = |text: &str, expected: i32, said: &str| {
        fs::write(&file, text).unwrap();
        let (code, _, err) = told(&run(["config", "check", path(&file)]));
        assert_eq!(code, expected, "{err}");
        assert!(err.contains(said), "{err}");
    };
    check(&example, 0, "");
    check("udp.treads = 3", 1, "unknown field `treads`");
    check(
        "udp.threads = 99",
        1,
        "nameplate.toml: udp.threads must be 0 to 64, not 99",
    );
    let (code, _, err) = told(&run(["config", "check", "none.toml"]));
    assert_eq!(code, 2);
    assert!(err.contains("none.toml: No such file"), "{err}");

    fs::write(&file, "udp.threads = 3").unwrap();
    let (code, out, _) = told(&run(["config", "print", "--data", path(&data)]));
    assert_eq!(code, 0);
    assert!(
        out.contains("[udp]\nthreads = 3\nanswer_octets_max = 1476\n"),
        "{out}"
    );
}

/// What was logged up to and with a line that contains something.
fn read_until(err: &mut impl BufRead, expected: &str) -> String {
    let mut said = String::new();
    while !said.contains(expected) {
        assert!(err.read_line(&mut said).unwrap() > 0, "{expected}: {said}");
    }
    said
}

#[test]
fn a_configuration_is_read_again_on_sighup_and_a_broken_one_refused_whole() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let file = data.join("nameplate.toml");
    fs::write(&file, "log.level = \"info\"").unwrap();
    let mut node = ServingNode::start(&data);
    let mut err = BufReader::new(node.take_stderr());

    fs::write(&file, "log.level = \"info\"\n[limits]\nquestions_burst = 0").unwrap();
    node.signal("HUP");
    let said = read_until(&mut err, "goes on with the old one");
    assert!(said.contains("limits.questions_burst must be"), "{said}");

    let limits = "[limits]\nquestions_per_second = 1\nquestions_burst = 1\nexempt = []";
    let text = format!("log.level = \"info\"\nudp.threads = 1\n{limits}");
    fs::write(&file, text).unwrap();
    node.signal("HUP");
    let said = read_until(&mut err, "waits for the next start");
    assert!(said.contains("limits.questions_burst"), "{said}");
    assert!(said.contains("udp.threads"), "{said}");
    let ask = || run(["resolve", "0.NA/0.NA", "--server", &node.server(), "--tcp"]);
    assert_eq!(
        (told(&ask()).0, told(&ask()).0),
        (0, 4),
        "the second one is turned away"
    );
    assert_eq!(node.terminate().0, Some(0));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (code, _, err) = told(&run(["serve", "--data", path(&file)]));
    assert_eq!(code, 1);
    assert!(err.contains(path(&file)), "{err}");
}

#[test]
fn an_address_that_is_taken_is_named_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let data = folder.path().join("data");
    let serve = ["serve", "--data", path(&data), "--listen", "127.0.0.1:0"];
    let (code, _, err) = told(&run(serve.into_iter().chain(["--http", &taken])));
    let expected = format!("cannot listen on {taken}: ");
    assert!(code == 1 && err.contains(&expected), "{err}");
    assert!(
        err.contains("stop the program that has it, or choose another"),
        "{err}"
    );
}

#[test]
fn keys_rest_encrypted_where_there_is_a_passphrase() {
    let folder = TempDir::new().unwrap();
    let (data, secret) = (folder.path().join("data"), folder.path().join("secret"));
    fs::write(&secret, "hunter2\n").unwrap();
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--key-passphrase-file",
        path(&secret),
    ];
    let node = ServingNode::start_with(&data, &arguments);
    assert_eq!(node.terminate().0, Some(0));
    let (code, _, err) = told(&run(["serve", "--data", path(&data)]));
    assert!(
        code == 1 && err.contains("`--key-passphrase-file FILE`"),
        "{err}"
    );
    let node = ServingNode::start_with(&data, &arguments);
    let (code, ..) = told(&run(["resolve", "0.NA/0.NA", "--server", &node.server()]));
    assert_eq!(code, 0);
}

#[test]
fn only_an_answer_with_the_sites_signature_is_believed() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let node = ServingNode::start(&data);
    let server = node.server();
    let ask = |name: &str| {
        let key = data.join(name);
        let ask = [
            "resolve",
            "0.NA/0.NA",
            "--server",
            &server,
            "--site-key",
            path(&key),
        ];
        told(&run(ask))
    };
    let (code, out, err) = ask("pubkey.bin");
    assert!(code == 0 && out.contains("certified"), "{out}{err}");
    let (code, out, err) = ask("admpub.bin");
    assert!(code == 3 && out.is_empty(), "{out}");
    assert!(err.contains("is not signed with the given key"), "{err}");
    assert_eq!(ask("none.bin").0, 2);
    let (code, _, err) = told(&run([
        "resolve",
        "0.NA/0.NA",
        "--http=https://127.0.0.1:1/",
    ]));
    assert!(code == 2 && err.contains("--site-key FILE"), "{err}");
}
