//! Clients that others made read and write at a real node: `curl`, and `pyhandle` as it is on
//! `PyPI`.
//!
//! `./test` installs `pyhandle` and says in `NAMEPLATE_TEST_PYHANDLE` which Python has it. Without
//! it there is nothing to do here, and `./test` says so loudly.

use crate::served::Served;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use client::Clock;
use crypto::certificate::self_signed;
use crypto::{RsaBits, SigningKey};
use engine::Question;
use model::{PublicKey, Value};
use serde_json::{Value as Json, json};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use wire::{Message, ResponseCode};

/// What is asked with curl and what comes back: a line `$ ARGUMENTS PATH`, then the answer with its
/// head. `HOST`, `DATE` and `CHALLENGE` stand for what differs from run to run.
const TRANSCRIPTS: &str = include_str!("golden/curl.txt");

/// The program that reads with `pyhandle`, and what it prints.
const READER: &str = include_str!("golden/pyhandle.py");
const READ: &str = include_str!("golden/pyhandle.txt");

#[test]
fn curl_sees_what_the_transcripts_show() {
    let served = Served::start();
    let mut replayed = String::new();
    let commands = TRANSCRIPTS
        .lines()
        .filter_map(|line| line.strip_prefix("$ "));
    for command in commands {
        let answer = String::from_utf8(curl(&served, command)).unwrap();
        replayed.push_str(&transcript(command, &answer, &served.http));
    }
    assert_eq!(replayed, TRANSCRIPTS);
    served.stop();
}

/// What curl prints for arguments that end in a scheme and a path.
fn curl(served: &Served, command: &str) -> Vec<u8> {
    let (arguments, target) = command.rsplit_once(' ').unwrap();
    let url = target.replace("HOST", &served.http);
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*"])
        .args(arguments.split(' '))
        .arg(url)
        .output()
        .expect("curl is there");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command}: {said}");
    output.stdout
}

fn transcript(command: &str, answer: &str, host: &str) -> String {
    let mut out = format!("$ {command}\n");
    for line in answer.trim_end().lines() {
        let line = match line.split_once(": ") {
            Some((name @ ("date" | "expires"), _)) => format!("{name}: DATE"),
            Some((name @ "www-authenticate", _)) => format!("{name}: CHALLENGE"),
            _ => line.replace(host, "HOST"),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out.push('\n');
    out
}

#[test]
fn curl_carries_a_message_in_a_file() {
    let served = Served::start();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("question");
    let question = Question::about("20.500.99999/cap-1".parse().unwrap());
    let question = question.resolution(7, Clock::date()).encode();
    fs::write(&file, question).unwrap();
    let arguments = format!(
        "--data-binary @{} --header Content-Type:application/x-hdl-message",
        file.display()
    );
    for scheme in ["--header Connection:close http", "--insecure https"] {
        let answer = curl(&served, &format!("{arguments} {scheme}://HOST/"));
        let answer = Message::decode(answer.into()).unwrap();
        assert_eq!(answer.envelope.request_id, 7);
        assert_eq!(answer.header.response_code, ResponseCode::SUCCESS);
    }
    served.stop();
}

/// The programs that write with `pyhandle`, and that run its own tests; what the first prints.
const WRITER: &str = include_str!("golden/pyhandle_write.py");
const WRITTEN: &str = include_str!("golden/pyhandle_write.txt");
const TESTER: &str = include_str!("golden/pyhandle_tests.py");

#[test]
fn pyhandle_reads() {
    let Some(python) = python() else {
        return;
    };
    let served = Served::start();
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://{}", served.http);
        assert_eq!(run_python(&python, READER, &[&url]), READ, "{scheme}");
    }
    served.stop();
}

/// With a password, and with a client certificate.
#[test]
fn pyhandle_writes() {
    let Some(python) = python() else {
        return;
    };
    let key = SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap();
    let served = Served::start_with(&administered(&key.public_key()));
    let folder = TempDir::new().unwrap();
    let certificate = folder.path().join("certificate.pem");
    fs::write(&certificate, certificate_of(&key)).unwrap();
    let url = format!("https://{}", served.http);
    let certificate = certificate.display().to_string();
    for arguments in [&[&url[..]][..], &[&url, &certificate]] {
        let written = run_python(&python, WRITER, arguments);
        assert_eq!(written, WRITTEN, "{arguments:?}");
    }
    served.stop();
}

/// Those of its published tests that only need a server.
#[test]
fn pyhandle_passes_its_own_tests() {
    let Some(python) = python() else {
        return;
    };
    let key = SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap();
    let served = Served::start_with(&administered(&key.public_key()));
    let folder = TempDir::new().unwrap();
    let url = format!("https://{}", served.http);
    let said = run_python(
        &python,
        TESTER,
        &[&url, &folder.path().display().to_string()],
    );
    // Of none, Python before 3.12 says the same.
    assert!(said.contains("\nRan 22 tests in "), "{said}");
    assert!(said.ends_with("OK\n"), "{said}");
    served.stop();
}

/// The Python that has `pyhandle`; none where `./test` has none.
fn python() -> Option<OsString> {
    let python = std::env::var_os("NAMEPLATE_TEST_PYHANDLE");
    if python.is_none() {
        eprintln!("SKIPPED: pyhandle did nothing, NAMEPLATE_TEST_PYHANDLE is not set");
    }
    python
}

/// What a program prints; it must end well.
fn run_python(python: &OsStr, program: &str, arguments: &[&str]) -> String {
    let mut running = Command::new(python)
        .args(["-W", "ignore", "-"])
        .args(arguments)
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("NAMEPLATE_TEST_PYHANDLE names a Python");
    let mut input = running.stdin.take().unwrap();
    input.write_all(program.as_bytes()).unwrap();
    drop(input);
    let output = running.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    printed
}

/// A prefix with an administrator, as `pyhandle`'s own tests name it: a secret (300), a key (301).
fn administered(key: &PublicKey) -> Vec<Json> {
    let administrator = "21.T14999/B2HANDLE_INTEGRATION_TESTS";
    let admin = |value: u32, index: u32| {
        json!({"index": value, "type": "HS_ADMIN", "data": {"format": "admin", "value":
            {"handle": administrator, "index": index, "permissions": "111111111111"}}})
    };
    let text = |index: u32, value_type: &str, data: &str| {
        let data = json!(data);
        json!({"index": index, "type": value_type, "data": data})
    };
    let key = Value::public(301, "HS_PUBKEY", key.encode());
    vec![
        json!({"handle": "0.NA/21.T14999", "values": [admin(100, 300), admin(101, 301)]}),
        json!({"handle": administrator, "values": [
            {"index": 300, "type": "HS_SECKEY", "permissions": "1100", "data": "a secret:%3A"},
            key,
        ]}),
        json!({"handle": "21.T14999/READ", "values": [
            text(4, "TEST4", "val4"), text(100, "X", ""), text(111, "TEST1", "val1"),
            text(333, "TEST3", "val3"), text(2222, "TEST2", "val2"),
        ]}),
    ]
}

/// A certificate and its private key in one PEM text.
fn certificate_of(key: &SigningKey) -> String {
    let pkcs8 = key.to_pkcs8().unwrap();
    let names = ["301:21.T14999/B2HANDLE_INTEGRATION_TESTS".to_owned()];
    let made = self_signed(Some(&pkcs8), &names, Duration::from_secs(1_795_000_000)).unwrap();
    let pem = |label: &str, der: &[u8]| {
        let text = BASE64.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    pem("PRIVATE KEY", &made.key) + &pem("CERTIFICATE", &made.certificate)
}
