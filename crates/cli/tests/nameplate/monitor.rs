//! `nameplate monitor` on folders of its own: what is read, in which words, and what is refused.

use crate::program::{nameplate, path, run, told};
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

mod acting;
mod delivering;
mod running;
mod setting;

/// A folder with a made-up province: five cities, four divisions, three enterprises of each.
struct Place {
    _folder: TempDir,
    data: PathBuf,
}

impl Place {
    fn empty() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("monitor");
        Self {
            _folder: folder,
            data,
        }
    }

    fn synthetic() -> Self {
        let place = Self::empty();
        let sizes = "--cities 5 --counties 2 --divisions 4 --enterprises 4 --months 26";
        let flags: Vec<_> = ["--synthetic", "7"]
            .into_iter()
            .chain(sizes.split(' '))
            .collect();
        let (code, out, err) = place.run("init", &flags);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(out.contains("合成数据 SYNTHETIC DATA"), "{out}");
        assert!(
            out.contains("5 cities, 4 divisions, 80 enterprises"),
            "{out}"
        );
        place
    }

    fn run(&self, command: &str, more: &[&str]) -> (i32, String, String) {
        let first = ["monitor", command, "--data", path(&self.data)];
        told(&run(first.into_iter().chain(more.iter().copied())))
    }

    fn json(&self, command: &str, more: &[&str]) -> Json {
        let more: Vec<_> = more.iter().copied().chain(["--json"]).collect();
        let (code, out, err) = self.run(command, &more);
        assert_eq!(code, 0, "{err}");
        let said: Json = serde_json::from_str(&out).unwrap();
        assert_eq!(said["mark"], "合成数据 SYNTHETIC DATA");
        said
    }

    fn refuses(&self, command: &str, more: &[&str], expected: &str) {
        let (code, out, err) = self.run(command, more);
        assert_eq!(code, 1, "{more:?}: {out}");
        assert!(err.contains(expected), "{more:?}: {err}");
    }
}

/// A number with a point, in tenths.
fn tenths(text: &Json) -> i64 {
    let number: f64 = text.as_str().unwrap().parse().unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "growths are small")]
    let tenths = (number * 10.0).round() as i64;
    tenths
}

/// From the province to the enterprise, each time by the command that was offered.
#[test]
fn every_answer_ends_with_the_command_for_the_next() {
    let place = Place::synthetic();
    let (code, mut out, err) = place.run("show", &["--month", "2022-09"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("合成省  gross output  2022-M09  【合成数据 SYNTHETIC DATA】\n"));
    let mut steps = 0;
    while let Some(next) = out
        .lines()
        .last()
        .unwrap()
        .trim()
        .strip_prefix("nameplate ")
    {
        let arguments: Vec<_> = next.split(' ').collect();
        let (code, said, err) = told(&run(arguments.iter().copied()));
        assert_eq!((code, err.as_str()), (0, ""), "{next}");
        out = said;
        steps += 1;
    }
    assert_eq!(steps, 2, "{out}");
    // The shock: who pulled it down is found by following.
    assert!(
        out.starts_with("合成丙市 C38 电气机械和器材制造业"),
        "{out}"
    );
    assert!(out.contains("合成丙一县C38企业"), "{out}");
}

/// What is told of a part above is what its own sheet says, in points of the same whole.
#[test]
fn pulls_add_up_over_the_calls() {
    let place = Place::synthetic();
    let top = place.json("show", &["--month", "2022-09", "--to-date"]);
    assert_eq!(top["period"], "2022-YTD09");
    let lines = top["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 5);
    let sum: i64 = lines.iter().map(|line| tenths(&line["pull"])).sum();
    assert_eq!(sum, tenths(&top["pull"]));
    assert_eq!(tenths(&top["growth"]), tenths(&top["pull"]));
    for line in lines {
        let code = &line["object"].as_str().unwrap()[..4];
        assert!(line["name"].as_str().unwrap().starts_with("合成"));
        let city = place.json("show", &[code, "--month", "2022-09", "--to-date"]);
        assert_eq!(city["pull"], line["pull"]);
        assert_eq!(city["now"], line["now"]);
        let parts = city["lines"].as_array().unwrap();
        let sum: i64 = parts.iter().map(|line| tenths(&line["pull"])).sum();
        assert_eq!(sum, tenths(&city["pull"]));
    }
    // In its own points a city's pull is its growth.
    let own = place.json("show", &["9903", "--top", "9903", "--month", "2022-09"]);
    assert_eq!(own["pull"], own["growth"]);
    // A division of the whole province is divided by cities.
    let division = place.json("show", &["--industry", "C38", "--month", "2022-09"]);
    assert_eq!(division["lines"][4]["object"], "990300000000");
    // What was known before the last counties had told.
    let early = place.json("show", &["--month", "2022-09", "--known-at", "2022-10-10"]);
    assert!(early["notComparable"].as_u64() > top["notComparable"].as_u64());
}

#[test]
fn a_board_hides_what_must_be_hidden_and_says_so() {
    let place = Place::synthetic();
    let said = place.json("board", &["--month", "2022-09"]);
    let figures = said["figures"].as_array().unwrap();
    assert_eq!(
        (figures.len(), figures[0].as_array().unwrap().len()),
        (6, 5)
    );
    let all = || figures.iter().flat_map(|row| row.as_array().unwrap());
    let hidden = all().filter(|figure| figure.is_null()).count();
    assert!(
        hidden > 0 && all().any(|figure| !figure.is_null()),
        "{said}"
    );
    let (_, out, _) = place.run("board", &["--month", "2022-09", "--lang", "zh"]);
    assert!(out.starts_with("合成省  工业总产值同比%  2022年9月  【合成数据 SYNTHETIC DATA】"));
    assert_eq!(out.matches('■').count(), hidden + 1, "{out}");
    assert!(out.contains("C38 电气机械和器材制造业"), "{out}");
    // No enterprise is ever named.
    assert!(!out.contains("县C38") && !out.contains("HC0"), "{out}");
}

#[test]
fn who_is_behind_is_told_by_the_users_own_targets() {
    let place = Place::synthetic();
    let said = place.json("lag", &["--month", "2022-11"]);
    let lines = said["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 6);
    let behind: Vec<_> = lines.iter().map(|line| tenths(&line["behind"])).collect();
    assert!(behind.is_sorted_by(|a, b| a >= b), "{behind:?}");
    for line in lines {
        assert_eq!(
            tenths(&line["target"]) - tenths(&line["growth"]),
            tenths(&line["behind"])
        );
    }
    let targets = place.data.join("targets.csv");
    fs::write(
        &targets,
        "object,indicator,year,growth\nC38,output,2022,50\n350000,output,2022,1\n",
    )
    .unwrap();
    let said = place.json("lag", &["--month", "2022年11月"]);
    // Of whom nothing is known comes first.
    assert_eq!(said["lines"][0]["growth"], Json::Null);
    assert_eq!(said["lines"][1]["object"], "C38");
    let check = |row: &str, expected: &str| {
        fs::write(&targets, format!("object,indicator,year,growth\n{row}\n")).unwrap();
        place.refuses("lag", &["--month", "2022-11"], expected);
    };
    check(
        "99,output,2022,６",
        "targets.csv: line 2: character 1 of a number is the full-width",
    );
    check(
        "99,output,last,6",
        "targets.csv: line 2: the year is no number",
    );
    check("U1,output,2022,6", "targets.csv: line 2: 'U1'");
    check("99,output", "targets.csv: CSV error: record 1");
    check(
        "99,output,2021,6",
        "there is no target of output for 2022; add one",
    );
}

#[test]
fn what_cannot_be_asked_is_told_with_what_to_do() {
    let place = Place::empty();
    place.refuses(
        "show",
        &["--month", "2022-09"],
        "make one with `nameplate monitor init`",
    );
    let place = Place::synthetic();
    let refuses = |more: &[&str], expected: &str| place.refuses("show", more, expected);
    refuses(
        &["--month", "2022-01"],
        "January is told together with February; say 2022-02",
    );
    refuses(
        &["--month", "2022-13"],
        "--month: there is no period '2022-13'",
    );
    refuses(
        &["--month", "2030-05"],
        "nobody in 990000000000 合成省 told output",
    );
    refuses(
        &["35", "--month", "2022-09"],
        "nobody in 350000000000 福建省 told output",
    );
    refuses(
        &["--month", "2022-09", "--indicator", "capacity-use"],
        "such figures of many do not add up to one",
    );
    refuses(
        &["--month", "2022-09", "--indicator", "hope"],
        "say its --unit",
    );
    refuses(
        &["--month", "2022-09", "--unit", "吨"],
        "measure different things",
    );
    refuses(
        &["99", "--top", "9903", "--month", "2022-09"],
        "does not lie in 990300000000",
    );
    place.refuses(
        "init",
        &["--synthetic", "1"],
        "is not empty; init wants a folder of its own",
    );
    for usage in [
        &["show"][..],
        &["show", "9x", "--month", "2022-09"],
        &["show", "--month", "2022-09", "--places", "7"],
        &["init", "--cities", "3"],
    ] {
        let arguments = ["monitor"].iter().chain(usage).copied();
        assert_eq!(told(&run(arguments)).0, 2, "{usage:?}");
    }
    fs::write(place.data.join("monitor.toml"), "mark = \"\"\ncolour = 3\n").unwrap();
    place.refuses("show", &["--month", "2022-09"], "monitor.toml: ");
}

/// The folder is found as the XDG base directory specification says, and languages as usual.
#[test]
fn the_folder_is_found_without_being_named() {
    let home = TempDir::new().unwrap();
    let ask = |arguments: &[&str], language: &str| {
        let mut command = nameplate(arguments.iter().copied());
        command.env_remove("NAMEPLATE_MONITOR");
        command
            .env("XDG_DATA_HOME", home.path())
            .env("LC_ALL", language);
        told(&command.output().unwrap())
    };
    let sizes = "--cities 3 --counties 1 --divisions 2 --enterprises 3 --months 14 --calm";
    let init = ["monitor", "init", "--synthetic", "1"]
        .into_iter()
        .chain(sizes.split(' '));
    let (code, _, err) = ask(&init.collect::<Vec<_>>(), "C");
    assert_eq!(code, 0, "{err}");
    assert!(home.path().join("nameplate/monitor/monitor.toml").exists());
    let show = ["monitor", "show", "--month", "2022-11"];
    let (code, out, _) = ask(&show, "zh_CN.UTF-8");
    assert_eq!(code, 0);
    assert!(
        out.contains("工业总产值  2022年11月") && out.contains("再看一层"),
        "{out}"
    );
    // What is read is not written: a pipe has no colours.
    assert!(!out.contains('\u{1b}'));
}

/// A seed is the same folder, whoever makes it.
#[test]
fn a_seed_says_the_same_twice() {
    let said = || {
        let place = Place::synthetic();
        let show = place.json("show", &["--month", "2022-11", "--by", "enterprise"]);
        let names = fs::read_to_string(Path::new(&place.data).join("enterprises.csv")).unwrap();
        (show.to_string(), names)
    };
    assert_eq!(said(), said());
}

#[test]
fn an_empty_folder_is_one_too() {
    let place = Place::empty();
    let (code, out, _) = place.run("init", &["--region", "35", "--lang", "zh"]);
    assert_eq!(code, 0);
    assert!(out.contains("已建立空的监测目录"), "{out}");
    place.refuses(
        "show",
        &["--month", "2022-09"],
        "`nameplate monitor load` brings figures in",
    );
    place.refuses(
        "lag",
        &["--month", "2022-09"],
        "there is no target of output for 2022",
    );
}
