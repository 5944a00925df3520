//! `nameplate monitor run`: what is due is done, what lies in the outbox is delivered, whenever the
//! process is killed. The clock is an argument.

use super::Place;
use crate::program::{nameplate, path, run, told};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The counties, cities and province of [`Place::synthetic`].
pub(super) const REGIONS: u64 = 5 * 2 + 5 + 1;

impl Place {
    pub(super) fn at(&self, moment: &str) -> Json {
        self.json("run", &["--at", moment])
    }

    /// The letters in `outgoing`: whose folder, what the file is called, and what it says.
    pub(super) fn outgoing(&self) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        let Ok(folders) = fs::read_dir(self.data.join("outgoing")) else {
            return found;
        };
        for folder in folders {
            let folder = folder.unwrap();
            for file in fs::read_dir(folder.path()).unwrap() {
                let file = file.unwrap();
                let name = |of: std::ffi::OsString| of.into_string().unwrap();
                let text = fs::read_to_string(file.path()).unwrap();
                found.push((name(folder.file_name()), name(file.file_name()), text));
            }
        }
        found.sort();
        found
    }
}

/// The text of a letter, which is its first part.
fn text_of(letter: &str) -> String {
    let (_, body) = letter.split_once("base64\r\n\r\n").unwrap();
    let (text, _) = body.split_once("--nameplate").unwrap();
    let octets = STANDARD.decode(text.replace("\r\n", "")).unwrap();
    String::from_utf8(octets).unwrap()
}

fn timers(said: &Json) -> BTreeMap<&str, u64> {
    let timers = said["timers"].as_array().unwrap().iter();
    timers
        .map(|of| {
            (
                of["timer"].as_str().unwrap(),
                of["letters"].as_u64().unwrap(),
            )
        })
        .collect()
}

/// Nobody has told December; on the twentieth of January it is eight days late.
#[test]
fn the_late_are_called_county_by_county_up_to_the_province() {
    let place = Place::synthetic();
    let said = place.at("2023-01-19T12:00");
    assert_eq!((timers(&said).len(), &said["delivered"]), (0, &json!(0)));
    assert_eq!(said["next"], "2023-01-19T05:00:00.000Z");
    let said = place.at("2023-01-20T09:30");
    let expected = [("deadlines", 0), ("escalation", 0), ("receipts", 0)];
    let told = timers(&said);
    for (timer, letters) in expected {
        assert_eq!(told.get(timer), Some(&letters), "{timer}");
    }
    let of_december: Vec<_> = place
        .outgoing()
        .into_iter()
        .filter(|(_, name, _)| name.contains("2022-M12"))
        .collect();
    assert_eq!(of_december.len() as u64, REGIONS);
    assert_eq!(said["delivered"].as_u64(), Some(told["reports"]));
    let of = |office: &str| {
        let is_of = |(folder, ..): &&(String, String, String)| folder.starts_with(office);
        let (.., letter) = of_december.iter().find(is_of).unwrap();
        text_of(letter)
    };
    let county = of("合成丙一县工信局-");
    assert!(
        county.starts_with("【合成数据 SYNTHETIC DATA】"),
        "{county}"
    );
    assert!(
        county.contains("有8家逾期未报") && county.contains("逾期8天"),
        "{county}"
    );
    assert!(
        county.contains("owe figures of 合成月报 for 2022-M12"),
        "{county}"
    );
    assert!(of("合成省工信厅运行监测处-").contains("有80家逾期未报"));
    // Done is done; tomorrow they are called again.
    let again = place.at("2023-01-20T09:31");
    assert_eq!((timers(&again).len(), &again["delivered"]), (0, &json!(0)));
    let tomorrow = place.at("2023-01-21T09:30");
    assert_eq!(timers(&tomorrow)["reports"], told["reports"]);
    // What was slept through is told once.
    let later = place.at("2023-01-25T09:30");
    assert_eq!(timers(&later)["reports"], told["reports"]);
    let (code, out, _) = place.run("tasks", &["--month", "2022-11", "--lang", "zh"]);
    assert_eq!(code, 0);
    assert!(
        out.starts_with("合成月报  2022年11月  限期 2022-12-12  【合成数据"),
        "{out}"
    );
    assert!(
        out.contains("990101000000") && out.contains("已通过"),
        "{out}"
    );
}

#[test]
fn a_clock_that_goes_back_is_told_and_calls_nobody_twice() {
    let place = Place::synthetic();
    place.at("2023-01-19T12:00");
    let told = place.at("2023-01-20T09:30");
    let back = place.at("2023-01-20T08:00");
    assert_eq!(back["clockBackMs"], 90 * 60_000);
    let again = place.at("2023-01-20T09:30");
    assert!(told["delivered"].as_u64() > Some(0));
    assert_eq!(again["delivered"], 0, "{again}");
}

/// A broken task is told at its place, and keeps no other timer from being seen to.
#[test]
fn what_is_broken_is_told_and_nothing_else_is_lost() {
    let place = Place::synthetic();
    place.at("2023-01-19T12:00");
    let task = place.data.join("tasks/monthly.toml");
    let good = fs::read_to_string(&task).unwrap();
    fs::write(&task, good.replace("due-days = 12", "due-days = 9999")).unwrap();
    let check = |expected: &str| {
        let (code, out, err) = place.run("run", &["--at", "2023-01-20T09:30", "--lang", "en"]);
        assert_eq!(code, 1, "{out}");
        assert!(err.contains(expected), "{err}");
        out
    };
    let out = check("monthly.toml: the task is not sound: it gives at most 366 days");
    assert!(out.contains("escalation: 0 letters"), "{out}");
    fs::write(&task, &good).unwrap();
    fs::write(place.data.join("tasks/other.toml"), &good).unwrap();
    check("other.toml: another task is called '合成月报', too");
    fs::remove_file(place.data.join("tasks/other.toml")).unwrap();
    let refuses = |file: &str, line: &str, expected: &str| {
        let path = place.data.join(file);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{before}{line}\n")).unwrap();
        check(expected);
        fs::write(&path, before).unwrap();
    };
    refuses(
        "contacts.csv",
        "a,-f@b",
        "contacts.csv: line 2: '-f@b' is no address",
    );
    refuses("offices.csv", "35x,a", "offices.csv: line 18: ");
    refuses("offices.csv", "35,", "a body needs 1 to 256 octets");
    // What could not be seen to is due still.
    let said = place.at("2023-01-20T09:32");
    assert!(timers(&said)["reports"] >= REGIONS, "{said}");
    for usage in [
        &["--at", "2023-01-32"][..],
        &["--at", "2023-01-20T9"],
        &["--at", "2023-01-20", "--every", "5"],
        &["--every", "0"],
    ] {
        let arguments = ["monitor", "run"].iter().chain(usage).copied();
        assert_eq!(told(&run(arguments)).0, 2, "{usage:?}");
    }
}

#[test]
fn a_warning_that_nobody_notices_goes_up_and_is_told_once_a_step() {
    let place = Place::synthetic();
    let file = place.data.parent().unwrap().join("r.rule");
    let rule = "rule r every merged-month of region industry\n\
                level red when yoy(output) < -20\nescalate after 2";
    fs::write(&file, rule).unwrap();
    let rules = |more: &[&str]| {
        let arguments = ["monitor", "rules"].iter().chain(more).copied();
        let data = ["--by", "office", "--data", path(&place.data)];
        let (code, _, err) = told(&run(arguments.chain(data)));
        assert_eq!(code, 0, "{err}");
    };
    rules(&["add", path(&file)]);
    let test = "r --from 2021-12 --to 2022-09 --by office --seen-by head";
    let test: Vec<_> = test.split(' ').collect();
    assert_eq!(place.run("backtest", &test).0, 0);
    rules(&["live", "r"]);
    let said = place.json("warn", &["--month", "2022-09", "--owner", "丙市值班室"]);
    let raised = said["steps"].as_u64().unwrap();
    assert!(raised > 0);
    // Whoever judges by hand has told the owner by the same change.
    assert_eq!(place.at("2031-01-01T11:00")["delivered"], raised);
    let of = |office: &str| {
        let is_of = |(folder, name, _): &(String, String, String)| {
            folder.starts_with(office) && name.starts_with("warning-")
        };
        place.outgoing().into_iter().filter(is_of).count() as u64
    };
    assert_eq!(of("丙市值班室-"), raised);
    // Long after it nobody has looked: from the city it goes to the province, and no further.
    let said = place.at("2031-01-01T12:30");
    assert_eq!(timers(&said), [("escalation", raised)].into());
    assert_eq!(said["delivered"], raised);
    assert_eq!(of("合成省工信厅运行监测处-"), raised);
    let warnings = place.run("warnings", &[]).1;
    assert!(warnings.contains("合成省工信厅运行监测处"), "{warnings}");
    let said = place.at("2031-01-01T14:00");
    assert_eq!(timers(&said)["escalation"], 0);
    // Of a rule that has retired nothing is left open, and that is told, too.
    rules(&["retire", "r"]);
    let said = place.at("2031-01-02T10:30");
    assert_eq!(timers(&said)["judgement"], 0);
    assert_eq!(of("合成省工信厅运行监测处-"), 2 * raised);
    assert_eq!(place.run("warnings", &["--json"]).1, "[]\n");
}

#[test]
fn tasks_and_cases_are_reminded_of_once_a_lamp() {
    let place = Place::synthetic();
    let until = [
        "example",
        "--until",
        "2030-12-31",
        "--data",
        path(&place.data),
    ];
    let (code, out, err) = told(&run(["monitor", "measures"].into_iter().chain(until)));
    assert_eq!(code, 0, "{err}");
    let count: u64 = out.split(' ').next().unwrap().parse().unwrap();
    place.at("2030-12-20T12:00");
    let deadlines = |moment| {
        let said = place.at(moment);
        assert_eq!(said["dead"], json!([]));
        timers(&said)["deadlines"]
    };
    assert_eq!(deadlines("2030-12-21T09:30"), 0);
    assert_eq!(deadlines("2030-12-28T09:30"), count);
    // Each once: blue is told.
    assert_eq!(deadlines("2030-12-29T09:30"), 0);
    assert_eq!(deadlines("2031-01-01T09:30"), count, "yellow");
    // Red, and the office is told of each.
    assert_eq!(deadlines("2031-02-01T09:30"), 2 * count);
    let mut letters = place.outgoing();
    letters.retain(|(_, name, _)| name.starts_with("due-"));
    assert_eq!(letters.len() as u64, 4 * count);
    let said = text_of(&letters[0].2);
    assert!(
        said.contains("期限：2030-12-31") && said.contains("合成数据"),
        "{said}"
    );
}

#[test]
fn a_bulletin_goes_to_all_whom_it_is_to_and_its_receipt_is_asked_for() {
    let place = Place::synthetic();
    let file = place.data.parent().unwrap().join("b.docx");
    let issue = ["99", "2022-11", "--out", path(&file), "--issue", "b-1"];
    let to = ["--to", "丙市人民政府", "--to", "../甲市"];
    assert_eq!(place.run("bulletin", &[&issue[..], &to].concat()).0, 0);
    assert_eq!(place.json("run", &[])["delivered"], 2);
    let letters = place.outgoing();
    assert_eq!(letters.len(), 2);
    for (folder, name, letter) in &letters {
        assert!(!folder.contains('/') && Path::new(name).extension().unwrap() == "eml");
        let (_, attached) = letter.split_once("filename=\"b-1.docx\"").unwrap();
        let (_, attached) = attached.split_once("\r\n\r\n").unwrap();
        let (octets, _) = attached.split_once("--nameplate").unwrap();
        let octets = STANDARD.decode(octets.replace("\r\n", "")).unwrap();
        assert_eq!(octets, fs::read(&file).unwrap(), "as it was frozen");
    }
    let said = place.json("receipts", &["b-1"]);
    assert_eq!(said["missing"], json!(["丙市人民政府", "../甲市"]));
    let receive = ["b-1", "--received-by", "丙市人民政府", "--person", "王"];
    let said = place.json("receipts", &receive);
    assert_eq!(said["missing"], json!(["../甲市"]));
    assert_eq!(said["received"][0]["person"], "王");
    // The first receipt stays.
    let other = ["b-1", "--received-by", "丙市人民政府", "--person", "李"];
    assert_eq!(place.json("receipts", &other)["received"], said["received"]);
    place.refuses("receipts", &["b-1", "--received-by", "丁市"], "丁市");
    place.refuses("receipts", &["b-2"], "there is no bulletin 'b-2'");
    // Whoever has not confirmed it after three days is reminded once.
    let day = |days: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let days_now = i64::try_from(now.unwrap().as_secs() / 86_400).unwrap();
        let epoch = codes::Date::new(1970, 1, 1).unwrap().number();
        let number = u32::try_from(i64::from(epoch) + days_now + days).unwrap();
        codes::Date::from_number(number).unwrap().to_string()
    };
    place.at(&format!("{}T09:30", day(1)));
    let receipts = |days| timers(&place.at(&format!("{}T09:30", day(days))))["receipts"];
    assert_eq!((receipts(2), receipts(5), receipts(6)), (0, 1, 0));
}

/// A console that is open, which ends with the test.
struct Open(Child, BufReader<ChildStdout>);

impl Open {
    fn start(place: &Place, more: &[&str]) -> Self {
        let first = [
            "monitor",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--json",
            "--data",
        ];
        let arguments = first.into_iter().chain([path(&place.data)]);
        let mut process = nameplate(arguments.chain(more.iter().copied()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let mut open = Self(process, out);
        assert!(
            open.says()["link"]
                .as_str()
                .unwrap()
                .starts_with("http://127.0.0.1:")
        );
        open
    }

    /// The next that it says.
    fn says(&mut self) -> Json {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"))
    }

    fn terminate(mut self) -> Option<i32> {
        let id = self.0.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.0.wait().unwrap().code()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_is_due_is_done_while_the_console_is_open() {
    let place = Place::synthetic();
    place.at("2023-01-19T12:00");
    let mut open = Open::start(&place, &["--at", "2023-01-20T09:30", "--every", "1"]);
    let said = open.says();
    assert!(timers(&said)["reports"] >= REGIONS, "{said}");
    assert_eq!(said["delivered"].as_u64(), Some(timers(&said)["reports"]));
    assert_eq!(place.outgoing().len() as u64, timers(&said)["reports"]);
    // Nobody else has the folder meanwhile.
    let (code, _, err) = place.run("run", &["--at", "2023-01-20T09:31"]);
    assert_eq!(code, 1, "{err}");
    assert_eq!(open.terminate(), Some(0));
    // What was done is done.
    let again = place.at("2023-01-20T09:31");
    assert_eq!((timers(&again).len(), &again["delivered"]), (0, &json!(0)));
    // Whoever wants no rounds has none.
    let quiet = Open::start(&place, &["--at", "2023-01-21T09:30", "--every", "0"]);
    assert_eq!(quiet.terminate(), Some(0));
    assert!(timers(&place.at("2023-01-21T09:30"))["reports"] >= REGIONS);
}
