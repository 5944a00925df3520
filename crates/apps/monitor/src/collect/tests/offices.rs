//! Does an office open the workbook that is given back, with its marks?
//!
//! `./test` installs one and says in `NAMEPLATE_TEST_OFFICE` how it is run. Without it nothing is
//! done, which is said loudly.

use super::*;
use std::fs;
use std::process::Command;

/// Flat ODF: one file of XML that says all that the office has understood.
const FLAT: &str = "fods";

#[test]
fn an_office_opens_the_marked_workbook() {
    let Some(office) = std::env::var_os("NAMEPLATE_TEST_OFFICE") else {
        eprintln!("SKIPPED: NAMEPLATE_TEST_OFFICE is not set, so nothing was opened by it");
        return;
    };
    let bureau = Bureau::new();
    let octets = giving_back::bad();
    let findings = bureau.judge(&octets).findings;
    let back = marked(&octets, &read(&octets), &findings, &Limits::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("back.xlsx"), back).unwrap();
    let profile = format!("-env:UserInstallation=file://{}/profile", path.display());
    let output = Command::new(office)
        .args([
            profile.as_str(),
            "--headless",
            "--norestore",
            "--convert-to",
            FLAT,
            "--outdir",
        ])
        .arg(path)
        .arg(path.join("back.xlsx"))
        .env("HOME", path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !said.contains("Error"), "{said}");
    let seen = fs::read_to_string(path.join("back.fods")).unwrap();
    let document = roxmltree::Document::parse(&seen).unwrap();
    let named = |name: &'static str| {
        let nodes = document.descendants();
        nodes.filter(move |node| node.tag_name().name() == name)
    };
    let tables: Vec<_> = named("table")
        .filter_map(|node| node.attributes().find(|found| found.name() == "name"))
        .map(|found| found.value())
        .collect();
    assert_eq!(tables, ["产值", "错误清单 Errors"]);
    // The note by hand, and those of a column, a cell and two rows.
    let notes: Vec<String> = named("annotation")
        .map(|node| node.descendants().filter_map(|node| node.text()).collect())
        .collect();
    assert_eq!(notes.len(), 5, "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("手工批注")));
    assert!(notes.iter().any(|note| note.contains("“约2”不是数")));
    for colour in ["#ffc7ce", "#e2efda"] {
        assert!(
            seen.contains(&format!("fo:background-color=\"{colour}\"")),
            "{colour}"
        );
    }
}
