//! What people set: rules for workbooks, tasks, targets, the roll, silences, whose a warning is.

use super::Place;
use crate::program::{path, run, told};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;

impl Place {
    /// What a command of several words says; its exit code and what it complains of, too.
    fn ask(&self, words: &str, more: &[&str]) -> (i32, String, String) {
        let words = words.split(' ').chain(more.iter().copied());
        let words = std::iter::once("monitor").chain(words);
        told(&run(words.chain(["--data", path(&self.data)])))
    }

    /// The same of one that must do what it is told.
    fn done(&self, words: &str, more: &[&str]) -> String {
        let (code, out, err) = self.ask(words, more);
        assert_eq!((code, err.as_str()), (0, ""), "{words}: {out}");
        out
    }

    fn told(&self, words: &str) -> Json {
        serde_json::from_str(&self.done(words, &["--json"])).unwrap()
    }

    /// Writes a file beside the folder; its path.
    fn write(&self, name: &str, text: &str) -> String {
        let file = self.data.parent().unwrap().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }
}

const MAPPING: &str = "name = \"m\"\n[[sheets]]\nsheet = \"*\"\nheadings = [2, 2]\n\
    period = \"title\"\n[[sheets.objects]]\nkind = \"credit-code\"\ncolumn = \"代码\"\n\
    [[sheets.figures]]\ncolumn = \"工业总产值\"\nindicator = \"output\"\nform = \"level\"\n\
    frequency = \"merged-month\"\nunit = \"万元\"\n";

/// From an empty folder: the roll, workbooks of two years, and a region that is read.
#[test]
fn an_empty_folder_takes_figures_of_enterprises_that_are_on_the_roll() {
    let place = Place::empty();
    place.done("init", &[]);
    let codes: Vec<String> = (1..=4)
        .map(|number| format!("91350100MA{number:07}"))
        .map(|code| codes::CreditCode::with_check(&code).unwrap().to_string())
        .collect();
    let regions = "code,name\n3501,福州市\n350102,鼓楼区\n350103,台江区\n";
    fs::write(place.data.join("regions.csv"), regions).unwrap();
    let mapping = place.write("mapping.toml", MAPPING);
    let sheet = |year: u16, figure: u32| {
        let rows: Vec<String> = codes
            .iter()
            .map(|code| format!("{code},{figure}\n"))
            .collect();
        let rows = rows.concat();
        let text = format!("{year}年10月报表\n代码,工业总产值（万元）\n{rows}");
        place.write(&format!("{year}.csv"), &text)
    };
    let before = sheet(2021, 100);
    let (code, _, err) = place.ask("load", &[&before, "--mapping", &mapping]);
    assert_eq!(code, 1);
    assert!(err.contains("register it first"), "{err}");
    let rows: Vec<String> = codes
        .iter()
        .zip(["鼓楼区", "台江区", "350102", "110101"])
        .map(|(code, region)| format!("{code},企业{region},{region},C38\n"))
        .collect();
    let rows = rows.concat();
    let roll = place.write(
        "roll.csv",
        &format!("统一社会信用代码,企业名称,地区,行业\n{rows}"),
    );
    let (code, out, err) = place.ask("enterprises load", &[&roll]);
    assert_eq!(code, 1, "{err}");
    assert!(
        out.starts_with("3 enterprises read, 3 changed; 1 rows cannot stand"),
        "{out}"
    );
    assert!(err.contains("C5"), "{err}");
    let rows: Vec<String> = codes
        .iter()
        .map(|code| format!("{code},,350103,C38\n"))
        .collect();
    let rows = rows.concat();
    let moved = place.write("moved.csv", &format!("code,name,region,industry\n{rows}"));
    assert_eq!(place.ask("enterprises load", &[&moved]).0, 1);
    assert!(place.done("enterprises list", &[]).contains("企业鼓楼区"));
    for file in [&before, &sheet(2022, 110)] {
        let (code, out, err) = place.ask("load", &[file]);
        assert_eq!(code, 0, "{err}");
        assert!(out.starts_with("4 figures recorded"), "{out}");
    }
    let said = place.told("show 3501 --month 2022-10 --by enterprise");
    assert_eq!(
        (&said["now"], &said["growth"]),
        (&Json::from("440"), &Json::from("10"))
    );
}

/// A figure that breaks a rule is held back, explained, taken, and taken back.
#[test]
fn a_warning_of_a_workbook_is_explained_and_its_batch_undone() {
    let place = Place::synthetic();
    let names = fs::read_to_string(place.data.join("enterprises.csv")).unwrap();
    let code = &names.lines().nth(1).unwrap()[..18];
    let (exit, example, err) = told(&run(["monitor", "checks", "example"]));
    assert_eq!((exit, err.as_str()), (0, ""));
    assert!(example.contains("示例"));
    let rules = place.write("rules.toml", &example);
    assert!(
        place
            .done("checks add", &[&rules])
            .contains("示例：规上工业月报审核 1: 8 rules")
    );
    assert_eq!(place.told("checks list")[0]["version"], 1);
    let wrong = place.write("wrong.toml", "name = \"x\"\nnonsense = 1\n");
    let (status, _, err) = place.ask("checks add", &[&wrong]);
    assert_eq!(status, 1);
    assert!(
        err.contains("wrong.toml: ") && err.contains("nonsense"),
        "{err}"
    );
    let mapping = place.write("mapping.toml", MAPPING);
    let text = format!("2022年12月报表\n代码,工业总产值（万元）\n{code},99999999\n");
    let file = place.write("12.csv", &text);
    let (status, out, err) = place.ask("load", &[&file, "--mapping", &mapping]);
    assert_eq!((status, &out[..1]), (1, "0"), "{err}");
    // One explanation is for all that is said of a cell.
    let spots: BTreeSet<&str> = err
        .lines()
        .filter(|line| line.contains("warning"))
        .filter_map(|line| line.strip_prefix(&format!("{file}: "))?.split_once(": "))
        .map(|(spot, _)| spot)
        .collect();
    assert!(!spots.is_empty(), "{err}");
    let (status, _, err) = place.ask("load", &[&file, "--explain", "nowhere!A1=x"]);
    assert_eq!(status, 1);
    assert!(err.contains("no warning at nowhere!A1"), "{err}");
    let said: Vec<String> = spots
        .iter()
        .map(|spot| format!("{spot}=新生产线"))
        .collect();
    let flags: Vec<&str> = said.iter().flat_map(|said| ["--explain", said]).collect();
    let (status, out, err) = place.ask("load", &[&[file.as_str()], &flags[..]].concat());
    assert_eq!(status, 0, "{err}");
    let batch = out.trim_end().rsplit(' ').next().unwrap();
    let undo = ["--by", "office", "--reason", "wrong"];
    let out = place.done(&format!("batches undo {batch}"), &undo);
    assert!(out.contains("1 are not told any more"), "{out}");
    let batches = place.told("batches list");
    assert_eq!(batches[0]["undoes"], batches[1]["batch"]);
    assert_eq!(place.ask(&format!("batches undo {batch}"), &undo).0, 1);
}

#[test]
fn warnings_are_taken_over_handed_over_and_silenced() {
    let place = Place::synthetic();
    let rule = "rule r every merged-month of region industry\n\
                let fall = -20\nlevel red when yoy(output) < fall";
    let file = place.write("r.rule", rule);
    place.done("rules add --by office", &[&file]);
    place.done(
        "backtest r --from 2021-12 --to 2022-09 --by office --seen-by head",
        &[],
    );
    place.done("rules live r --by office", &[]);
    place.done("warn --month 2022-09 --owner office", &[]);
    let (code, _, err) = place.ask("warn --month 2099-09 --owner office", &[]);
    assert_eq!(code, 1);
    assert!(err.contains("judge"), "{err}");
    let name = place.told("warnings")[0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    place.done(
        &format!("warnings take {name} --by office --remark 已核实"),
        &[],
    );
    assert_eq!(place.told("warnings")[0]["acknowledgedBy"], "office");
    let out = place.done(
        &format!("warnings hand-over {name} --to 丙市 --by office"),
        &[],
    );
    assert!(out.contains("丙市"), "{out}");
    let shown = place.told(&format!("warnings show {name}"));
    assert_eq!(
        (&shown["owner"], &shown["muted"]),
        (&Json::from("丙市"), &Json::Null)
    );
    assert_eq!(shown["steps"].as_array().unwrap().len(), 3);
    let day = day_in(30);
    place.done(
        &format!("silences keep s-1 --rule r --reason 检修 --by office --until {day}"),
        &[],
    );
    let shown = place.told(&format!("warnings show {name}"));
    assert!(shown["muted"].as_str().unwrap().contains("s-1"));
    assert_eq!(place.told("silences list")[0]["state"], "holds");
    let (code, _, _) = place.ask(
        "silences keep s-2 --reason x --by office --until 2022-01-01",
        &[],
    );
    assert_eq!(code, 2);
    let late = day_in(100);
    let (code, _, err) = place.ask(
        &format!("silences keep s-2 --rule r --reason x --by o --until {late}"),
        &[],
    );
    assert_eq!(code, 1);
    assert!(err.contains("92 days"), "{err}");
    place.done("silences lift s-1 --by office", &[]);
    assert_eq!(place.told("silences list"), Json::Array(Vec::new()));
    assert_eq!(place.ask("warnings take none --by office", &[]).0, 1);
}

/// The day it is in so many days, in China.
fn day_in(days: u64) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let ms = u64::try_from(since.unwrap().as_millis()).unwrap();
    facts::Instant(ms + days * 86_400_000)
        .day_in_china()
        .unwrap()
        .to_string()
}

#[test]
fn targets_and_tasks_are_set_beside_those_of_files() {
    let place = Place::synthetic();
    let set = "targets set 99 --year 2022 --growth 12.5 --by office";
    assert_eq!(place.done(set, &[]), "99 output 2022: 12.5%\n");
    let lag = |of: &str| {
        let said = place.told("lag --month 2022-11");
        let lines = said["lines"].as_array().unwrap().clone();
        let own = lines.into_iter().find(|line| line["object"] == of);
        own.unwrap()["target"].as_str().unwrap().to_owned()
    };
    assert_eq!(lag("990000000000"), "12.5");
    let listed = place.done("targets list --year 2022", &[]);
    assert!(
        listed.contains("office") && listed.contains("targets.csv"),
        "{listed}"
    );
    place.done("targets unset 99 --year 2022 --by office", &[]);
    assert_ne!(lag("990000000000"), "12.5");
    assert_eq!(
        place.ask("targets unset 99 --year 2022 --by office", &[]).0,
        1
    );
    assert_eq!(
        place
            .ask("targets set 99 --year 2022 --growth 65000 --by office", &[])
            .0,
        1
    );
    assert_eq!(
        place
            .ask("targets set Z99 --year 2022 --growth 6 --by office", &[])
            .0,
        2
    );
    let tasks = place.told("tasks --month 2022-11");
    let name = tasks[0]["task"].as_str().unwrap().to_owned();
    let text = place.done("tasks show", &[&name]);
    let due = tasks[0]["due"].clone();
    let file = place.write("task.toml", &text.replace("due-days = ", "due-days = 1"));
    assert_eq!(place.done("tasks add", &[&file]), format!("{name} 1\n"));
    let again = place.told("tasks --month 2022-11");
    assert_eq!(
        again.as_array().unwrap().len(),
        tasks.as_array().unwrap().len()
    );
    assert_ne!(again[0]["due"], due);
    assert_eq!(place.ask("tasks", &[]).0, 2);
}
