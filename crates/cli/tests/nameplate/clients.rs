//! Clients that others made read from a real node: `curl`, and `pyhandle` as it is on `PyPI`.
//!
//! `./test` installs `pyhandle` and says in `NAMEPLATE_TEST_PYHANDLE` which Python has it. Without
//! it there is nothing to do here, and `./test` says so loudly.

use crate::served::Served;
use client::Clock;
use engine::Question;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use wire::{Message, ResponseCode};

/// What is asked with curl and what comes back: a line `$ ARGUMENTS PATH`, then the answer with its
/// head. `HOST` and `DATE` stand for what differs from run to run.
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

#[test]
fn pyhandle_reads() {
    let Some(python) = std::env::var_os("NAMEPLATE_TEST_PYHANDLE") else {
        eprintln!("SKIPPED: pyhandle read nothing, NAMEPLATE_TEST_PYHANDLE is not set");
        return;
    };
    let served = Served::start();
    for scheme in ["http", "https"] {
        let mut reader = Command::new(&python)
            .args(["-W", "ignore", "-", &format!("{scheme}://{}", served.http)])
            .env("PYTHONIOENCODING", "utf-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("NAMEPLATE_TEST_PYHANDLE names a Python");
        let mut program = reader.stdin.take().unwrap();
        program.write_all(READER.as_bytes()).unwrap();
        drop(program);
        let output = reader.wait_with_output().unwrap();
        assert!(output.status.success(), "{scheme}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), READ, "{scheme}");
    }
    served.stop();
}
