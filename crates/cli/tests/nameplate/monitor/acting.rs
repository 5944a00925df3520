//! What is done about figures: workbooks, rules, cases, bulletins, and the demonstration of it all.

use super::Place;
use crate::program::{nameplate, path, run, told};
use serde_json::Value as Json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// A shock is reported, warned of, owned, solved and told; nothing is as unexpected.
#[test]
fn the_demonstration_does_what_it_says() {
    let place = Place::empty();
    for language in ["en", "zh"] {
        let data = place.data.join(language);
        let demo = [
            "demo",
            "--monitor",
            "--once",
            "--lang",
            language,
            "--data",
            path(&data),
        ];
        let (code, out, err) = told(&run(demo));
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(out.contains("合成数据") && out.contains("case-1"), "{out}");
        for name in ["demo-2022-10", "demo-2022-11"] {
            for end in ["docx", "html", "xlsx", "json"] {
                let file = data.join(format!("{name}.{end}"));
                assert!(fs::metadata(&file).unwrap().len() > 1000, "{name}.{end}");
            }
        }
    }
    // What was told can be looked at afterwards, and the two runs are the same octets.
    let file = |language: &str| fs::read(place.data.join(language).join("demo-2022-11.json"));
    assert_eq!(file("en").unwrap(), file("zh").unwrap());
    let ask = |arguments: &[&str]| {
        let data = place.data.join("en");
        let first = ["monitor"].iter().chain(arguments).copied();
        let (code, out, err) = told(&run(first.chain(["--data", path(&data)])));
        assert_eq!(code, 0, "{err}");
        out
    };
    assert!(ask(&["cases", "show", "case-1"]).contains("solved, as the enterprise says"));
    assert!(ask(&["cases", "list"]).ends_with("0 open, 1 closed\n"));
    assert!(ask(&["measures", "list"]).contains("notice-01-1"));
    assert!(ask(&["rules", "list"]).contains("demo.supply 1: live"));
    let out = ask(&["show", "9903", "--month", "2022-09", "--json"]);
    assert!(out.contains("合成数据"));
}

/// A clerk's CSV with a slip in it: mapped once, told at its cell, sent again.
#[test]
fn a_workbook_is_mapped_once_and_then_read_without_asking() {
    let place = Place::synthetic();
    let names = fs::read_to_string(place.data.join("enterprises.csv")).unwrap();
    let codes: Vec<_> = names.lines().skip(1).map(|line| &line[..18]).collect();
    let folder = place.data.parent().unwrap().to_owned();
    let write = |name: &str, month: &str, figures: [&str; 2]| {
        let file = folder.join(name);
        let rows = codes
            .iter()
            .zip(figures)
            .map(|(code, figure)| format!("{code},{figure}\n"));
        let rows: String = rows.collect();
        let text = format!("合成甲市{month}报表\n统一社会信用代码,工业总产值（万元）\n{rows}");
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let december = write("12.csv", "2022年12月", ["100", "约200"]);
    place.refuses(
        "load",
        &[&december],
        "no mapping is remembered for workbooks like this",
    );
    let mapping = folder.join("mapping.toml");
    let text = "name = \"m\"\n[[sheets]]\nsheet = \"*\"\nheadings = [2, 2]\nperiod = \"title\"\n\
        [[sheets.objects]]\nkind = \"credit-code\"\ncolumn = \"统一社会信用代码\"\n\
        [[sheets.figures]]\ncolumn = \"工业总产值\"\nindicator = \"output\"\nform = \"level\"\n\
        frequency = \"merged-month\"\nunit = \"万元\"\n";
    fs::write(&mapping, text).unwrap();
    let flags = ["--mapping", path(&mapping)];
    let (code, out, err) = place.run("load", &[&[december.as_str()], &flags[..]].concat());
    assert_eq!(code, 1, "{err}");
    assert!(
        out.starts_with("1 figures recorded, 0 known already, 0 held back"),
        "{out}"
    );
    assert!(
        err.contains("12.csv: ") && err.contains("B4: error: '约200' is no number"),
        "{err}"
    );
    // The mended file needs no mapping any more.
    let mended = write("12-again.csv", "2022年12月", ["100", "200"]);
    let (code, out, err) = place.run("load", &[&mended]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.starts_with("1 figures recorded, 1 known already"),
        "{out}"
    );
    place.refuses("load", &[&mended], "was taken as batch");
    let said = place.json("show", &["--month", "2022-12", "--by", "enterprise"]);
    assert_eq!(said["lines"].as_array().unwrap().len(), 2);
    assert_eq!(said["now"], "300");
    // Nothing is told before its end.
    let early = write("early.csv", "2299年12月", ["1", "2"]);
    let (code, _, err) = place.run("load", &[&early]);
    assert_eq!(code, 1);
    assert!(
        err.contains("only an estimate can be told of it yet"),
        "{err}"
    );
    place.refuses("load", &["none.csv"], "none.csv: No such file");
    let odd = folder.join("odd.xlsx");
    fs::write(&odd, b"PK\x03\x04 nothing").unwrap();
    place.refuses("load", &[path(&odd)], "the workbook is broken");
    let proposal = folder.join("proposal.toml");
    let (code, ..) = place.run("load", &[&mended, "--propose", path(&proposal)]);
    assert_eq!(code, 0);
    assert!(
        fs::read_to_string(&proposal)
            .unwrap()
            .contains("credit-code")
    );
}

#[test]
fn rules_go_live_only_after_a_look_at_their_back_test() {
    let place = Place::synthetic();
    let file = place.data.parent().unwrap().join("r.rule");
    let rule = "rule r every merged-month of region industry\n\
                let fall = -20\nlevel red when yoy(output) < fall";
    fs::write(&file, rule).unwrap();
    let by = ["--by", "office"];
    let rules = |more: &[&str]| {
        let arguments = ["monitor", "rules"].iter().chain(more).copied();
        told(&run(arguments.chain(["--data", path(&place.data)])))
    };
    assert_eq!(rules(&["add", path(&file), by[0], by[1]]).1, "r 1: draft\n");
    let (code, _, err) = rules(&["live", "r", by[0], by[1]]);
    assert_eq!(code, 1);
    assert!(
        err.contains("its back-test must have been looked at first"),
        "{err}"
    );
    let test = [
        "r",
        "--from",
        "2021-12",
        "--to",
        "2022-09",
        "--sweep",
        "fall=-5,-40",
    ];
    let test = [&test[..], &by, &["--seen-by", "head"]].concat();
    let (code, out, err) = place.run("backtest", &test);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("fall = -5") && out.contains("fall = -40"),
        "{out}"
    );
    assert_eq!(rules(&["live", "r", by[0], by[1]]).1, "r 1: live\n");
    let said = place.json("warn", &["--month", "2022-09", "--owner", "office"]);
    assert_eq!(said["judged"], 20);
    let warnings = place.run("warnings", &[]);
    assert!(
        warnings.1.contains("合成丙市") && warnings.1.contains("电气机械"),
        "{warnings:?}"
    );
    // Judged again, nothing has changed.
    let again = place.json("warn", &["--month", "2022-09", "--owner", "office"]);
    assert_eq!(
        (&again["steps"], &again["open"]),
        (&Json::from(0), &said["open"])
    );
    fs::write(&file, "rule r every fortnight").unwrap();
    let (code, _, err) = rules(&["add", path(&file), by[0], by[1]]);
    assert_eq!(code, 1);
    assert!(err.contains("r.rule: line 1, column 14"), "{err}");
    assert!(rules(&["examples"]).1.contains("示例"));
}

#[test]
fn cases_and_bulletins_are_made_by_hand_too() {
    let place = Place::synthetic();
    let names = fs::read_to_string(place.data.join("enterprises.csv")).unwrap();
    let code = &names.lines().nth(1).unwrap()[..18];
    let cases = |more: &[&str]| {
        let arguments = ["monitor", "cases"].iter().chain(more).copied();
        told(&run(arguments.chain(["--data", path(&place.data)])))
    };
    let open = "open c-1 --class material --region 990101 --title t --owner office --enterprise";
    let open: Vec<_> = open.split(' ').chain([code]).collect();
    let (status, out, err) = cases(&open);
    assert_eq!(status, 0, "{err}");
    assert!(out.starts_with("c-1: opened"), "{out}");
    let (status, _, err) = cases(&["step", "c-1", "confirm", "--as", "enterprise", "--by", code]);
    assert_eq!(status, 1);
    assert!(err.contains("takes no 'confirm'"), "{err}");
    let assign = [
        "step",
        "c-1",
        "assign",
        "--as",
        "dispatcher",
        "--by",
        "office",
        "--owner",
        "b",
    ];
    assert!(cases(&assign).1.starts_with("c-1: assigned"));
    assert!(cases(&["list"]).1.contains("1 open, 0 closed"));
    assert_eq!(cases(&["show", "c-2"]).0, 1);
    let file = place.data.parent().unwrap().join("b.docx");
    let bulletin = ["99", "2022-11", "--out", path(&file)];
    let (status, out, err) = place.run("bulletin", &bulletin);
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("b.docx"), "{out}");
    assert!(fs::read(&file).unwrap().starts_with(b"PK"));
    place.refuses(
        "bulletin",
        &["99", "2022-11", "--out", "b.odt"],
        "must end with .docx",
    );
    let issued = [&bulletin[..], &["--issue", "b-1", "--to", "丙市"]].concat();
    assert_eq!(place.run("bulletin", &issued).0, 0);
}

/// The PDF is made by another program: what it says goes on, and without it that is said.
#[test]
fn a_pdf_is_made_where_typst_is_installed() {
    let place = Place::synthetic();
    let folder = place.data.parent().unwrap();
    let out = folder.join("b.docx");
    let pdf = |program: &Path| {
        let arguments = ["monitor", "bulletin", "99", "2022-11", "--pdf", "--out"];
        let data = [path(&out), "--data", path(&place.data)];
        let mut command = nameplate(arguments.into_iter().chain(data));
        told(&command.env("NAMEPLATE_TYPST", program).output().unwrap())
    };
    let (code, _, err) = pdf(Path::new("/nowhere/typst"));
    assert_eq!(code, 1);
    assert!(
        err.contains("b.pdf: there is no program '/nowhere/typst'")
            && err.contains("NAMEPLATE_TYPST"),
        "{err}"
    );
    let script = folder.join("typst");
    let write = |text: &str| {
        fs::write(&script, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    };
    write("echo 'error: unknown font' >&2; exit 1");
    let (code, _, err) = pdf(&script);
    assert_eq!(code, 1);
    assert!(err.contains("failed: error: unknown font"), "{err}");
    write("exit 0");
    assert!(pdf(&script).2.contains("made nothing"));
    assert!(!folder.join("b.pdf").exists());
    // A real one, where `./test` has installed it; otherwise one that hands on what it reads.
    let python = std::env::var_os("NAMEPLATE_TEST_TYPST");
    let is_real = python.is_some();
    if let Some(python) = python {
        let python = python.to_str().unwrap().to_owned();
        let program = "import sys, typst; open(sys.argv[-1], \"wb\").write(\
                       typst.compile(sys.stdin.buffer.read()))";
        write(&format!("exec '{python}' -c '{program}' \"$@\""));
    } else {
        write("test \"$1 $4\" = \"compile -\" || exit 9; (echo %PDF-; cat) > \"$5\"");
    }
    let (code, said, err) = pdf(&script);
    assert_eq!((code, err.as_str()), (0, ""), "{said}");
    assert!(said.contains("b.docx") && said.contains("b.pdf"), "{said}");
    let made = fs::read(folder.join("b.pdf")).unwrap();
    assert!(made.starts_with(b"%PDF-") && made.len() > 2000);
    match std::env::var_os("NAMEPLATE_TEST_PDFTOTEXT").filter(|_| is_real) {
        None => eprintln!("SKIPPED: nobody has read a real PDF"),
        Some(reader) => {
            let file = folder.join("b.pdf");
            let arguments = ["-layout", path(&file), "-"];
            let (code, text, err) = told(&Command::new(reader).args(arguments).output().unwrap());
            assert_eq!((code, err.as_str()), (0, ""));
            // Its title, what it is, and the growth that the province told of itself.
            for expected in ["2022", "SYNTHETIC DATA", "合成省", "3.8%"] {
                assert!(text.contains(expected), "no {expected} in {text}");
            }
        }
    }
    assert_eq!(pdf(&script).0, 0);
    assert_eq!(
        fs::read(folder.join("b.pdf")).unwrap(),
        made,
        "the same again"
    );
}
