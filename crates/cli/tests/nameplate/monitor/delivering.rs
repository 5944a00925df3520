//! How letters leave: by a program for mail, or into a folder; and what if all is killed meanwhile.

use super::Place;
use super::running::REGIONS;
use crate::program::{nameplate, path};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

impl Place {
    /// Puts a line behind a table or the settings of the folder.
    fn add(&self, file: &str, lines: &str) {
        let path = self.data.join(file);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(path, before + lines).unwrap();
    }

    /// Settings stand before all tables of a file: the line takes the place of the default.
    fn set(&self, setting: &str, line: &str) {
        let path = self.data.join("monitor.toml");
        let before = fs::read_to_string(&path).unwrap();
        let kept = before.lines().filter(|of| !of.starts_with(setting));
        let kept: Vec<_> = kept.chain([line]).collect();
        fs::write(path, kept.join("\n")).unwrap();
    }

    /// A program that takes mail: a script, told where to write.
    fn mail_by(&self, script: &str) -> PathBuf {
        let folder = self.data.parent().unwrap();
        let (file, said) = (folder.join("mail.sh"), folder.join("said"));
        fs::write(&file, script.replace("SAID", path(&said))).unwrap();
        let mail = format!("mail = [\"sh\", {:?}, \"--\"]", path(&file));
        self.set("mail", &mail);
        said
    }
}

#[test]
fn a_program_takes_mail_or_says_why_not() {
    let place = Place::synthetic();
    place.add(
        "contacts.csv",
        "丙市,bing@example.cn\n丁市,ding@example.cn\n",
    );
    let script = "echo \"$2\" >> SAID; cat >> SAID\n\
                  case \"$2\" in ding*) echo nobody is there >&2; exit 67;; esac";
    let said = place.mail_by(script);
    let file = place.data.parent().unwrap().join("b.docx");
    let issue = ["99", "2022-11", "--out", path(&file), "--issue", "b-1"];
    let to = ["--to", "丙市", "--to", "丁市", "--to", "戊市"];
    assert_eq!(place.run("bulletin", &[&issue[..], &to].concat()).0, 0);
    let (code, out, err) = place.run("run", &[]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("2 delivered, 0 to be tried again, 1 dead"),
        "{out}"
    );
    assert!(
        err.contains("bulletin/b-1/1 to 丁市: sh ended with 67: nobody is there"),
        "{err}"
    );
    let mail = fs::read_to_string(&said).unwrap();
    assert!(mail.contains("bing@example.cn\nMessage-ID: <") && mail.contains("<ding@example.cn>"));
    assert_eq!(place.outgoing().len(), 1, "whoever has no address");
    let (_, out, _) = place.run("outbox", &[]);
    assert!(
        out.contains("dead") && out.contains("nobody is there"),
        "{out}"
    );
    place.refuses(
        "outbox",
        &["--revive", "bulletin/b-1/0"],
        "there is no dead letter",
    );
    // The address was wrong: it is mended, and the letter is tried again.
    let contacts = place.data.join("contacts.csv");
    let mended = fs::read_to_string(&contacts)
        .unwrap()
        .replace("ding@", "d@");
    fs::write(contacts, mended).unwrap();
    assert_eq!(place.run("outbox", &["--revive", "bulletin/b-1/1"]).0, 0);
    let (code, out, err) = place.run("run", &[]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("1 delivered"), "{out}");
    // One that fails for now is tried later; it may be given up when it is dead only.
    place.mail_by("exit 75");
    let issue = [
        "99",
        "2022-11",
        "--out",
        path(&file),
        "--issue",
        "b-2",
        "--to",
        "丙市",
    ];
    assert_eq!(place.run("bulletin", &issue).0, 0);
    assert_eq!(place.json("run", &[])["again"], 1);
    place.refuses(
        "outbox",
        &["--discard", "bulletin/b-2/0"],
        "there is no dead letter",
    );
    place.set("mail", "mail = [\"/nowhere/sendmail\"]");
    let (_, out, _) = place.run("outbox", &[]);
    assert!(out.contains("sh ended with 75"), "{out}");
    assert_eq!(place.at("2031-01-01")["again"], 1);
    let (_, out, _) = place.run("outbox", &[]);
    assert!(out.contains("/nowhere/sendmail: No such file"), "{out}");
}

/// Runs until so many letters were said, and kills it as it is.
fn run_and_kill(place: &Place, moment: &str, said: &Path, lines: usize) {
    let mut process = start(place, moment);
    let began = Instant::now();
    while fs::read_to_string(said).map_or(0, |said| said.lines().count()) < lines {
        let has_ended = process.try_wait().unwrap().is_some();
        assert!(
            began.elapsed() < Duration::from_mins(1),
            "it does not deliver"
        );
        if has_ended {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    process.kill().unwrap();
    process.wait().unwrap();
}

fn start(place: &Place, moment: &str) -> Child {
    let arguments = [
        "monitor",
        "run",
        "--at",
        moment,
        "--data",
        path(&place.data),
    ];
    let mut command = nameplate(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Killed with SIGKILL while it delivers, again and again: no letter is lost, none that was settled
/// goes again, and the timer has called everybody once.
#[test]
fn whenever_it_is_killed_all_are_told_and_nobody_is_called_anew() {
    let place = Place::synthetic();
    let offices = fs::read_to_string(place.data.join("offices.csv")).unwrap();
    for (at, line) in offices.lines().skip(1).enumerate() {
        let (_, body) = line.split_once(',').unwrap();
        place.add("contacts.csv", &format!("{body},office{at}@example.cn\n"));
    }
    let said = place.mail_by("grep ^Message-ID >> SAID; sleep 0.02");
    place.at("2023-01-19T12:00");
    let moment = "2023-01-20T09:30";
    // Before anything, between timers and letters, and between letters.
    let mut process = start(&place, moment);
    process.kill().unwrap();
    process.wait().unwrap();
    let mut kills = 0;
    for lines in [1, 3, 4, 7, 12] {
        run_and_kill(&place, moment, &said, lines);
        kills += 1;
    }
    let last = place.at("2023-01-20T09:31");
    assert_eq!((&last["again"], &last["dead"]), (&json!(0), &json!([])));
    let said = fs::read_to_string(said).unwrap();
    let all: Vec<_> = said.lines().collect();
    let once: BTreeSet<_> = all.iter().collect();
    assert!(
        all.len() <= once.len() + kills,
        "a kill repeats one letter at most: {said}"
    );
    assert!(once.len() as u64 >= REGIONS, "{said}");
    assert_eq!(place.run("outbox", &["--json"]).1, "[]\n");
}
