//! Do programs that people have open what we write? An office the document and the workbook, Typst
//! its source.
//!
//! `./test` installs them and says in `NAMEPLATE_TEST_OFFICE` and `NAMEPLATE_TEST_TYPST` which they
//! are: the first is run as `soffice` of `LibreOffice`, the second is a Python that has the package
//! `typst`. Without them nothing is done, which is said loudly.

use super::*;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What a variable names; without it the test says that nothing was done.
fn program(variable: &str) -> Option<OsString> {
    let found = std::env::var_os(variable);
    if found.is_none() {
        eprintln!("SKIPPED: {variable} is not set, so nothing was opened by it");
    }
    found
}

/// What a program says; it must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the variable names a program");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

/// Lets an office read a file and write what it has understood.
fn convert(office: &OsString, folder: &Path, name: &str, into: &str) {
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let mut command = Command::new(office);
    let arguments = [
        "--headless",
        "--norestore",
        "--convert-to",
        into,
        "--outdir",
    ];
    command
        .args([profile.as_str()])
        .args(arguments)
        .arg(folder)
        .arg(folder.join(name));
    let said = run(command.env("HOME", folder));
    assert!(!said.contains("Error"), "{said}");
}

#[test]
fn an_office_opens_the_document_and_the_workbook() {
    let Some(office) = program("NAMEPLATE_TEST_OFFICE") else {
        return;
    };
    let (_folder, store) = province();
    let bulletin = composed(&store);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("bulletin.docx"), docx(&bulletin, Languages::Both)).unwrap();
    convert(&office, path, "bulletin.docx", "txt:Text (encoded):UTF8");
    let read = fs::read_to_string(path.join("bulletin.txt")).unwrap();
    for paragraph in bulletin.sections.iter().flat_map(|of| &of.paragraphs) {
        for language in [0, 1] {
            let text: String = paragraph.pieces(language).iter().map(Piece::text).collect();
            assert!(read.contains(&text), "{text} is not in {read}");
        }
    }
    for text in [
        "福建省工业和信息化厅",
        "二〇二二年十二月十二日",
        "抄送：省政府办公厅。",
    ] {
        assert!(read.contains(text), "{text} is not in {read}");
    }
    convert(&office, path, "bulletin.docx", "pdf");
    assert!(fs::metadata(path.join("bulletin.pdf")).unwrap().len() > 10_000);

    fs::write(path.join("data.xlsx"), xlsx(&bulletin).unwrap()).unwrap();
    // The first sheet alone: the figures of regions.
    convert(
        &office,
        path,
        "data.xlsx",
        "csv:Text - txt - csv (StarCalc):44,34,76",
    );
    let read = fs::read_to_string(path.join("data.csv")).unwrap();
    assert!(
        read.contains("\n厦门市,-0.6,3,-9.9,3,20.3,1,25.0,3,"),
        "{read}"
    );
}

#[test]
fn typst_makes_a_pdf_and_the_same_one_again() {
    let Some(python) = program("NAMEPLATE_TEST_TYPST") else {
        return;
    };
    let (_folder, store) = province();
    let bulletin = composed(&store);
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("bulletin.typ");
    fs::write(&source, typst(&bulletin)).unwrap();
    let script = "import sys, typst; open(sys.argv[2], 'wb').write(typst.compile(sys.argv[1]))";
    let pdf = |name: &str| {
        let path = folder.path().join(name);
        run(Command::new(&python)
            .args(["-c", script])
            .args([&source, &path]));
        fs::read(path).unwrap()
    };
    let first = pdf("first.pdf");
    assert!(first.starts_with(b"%PDF-"));
    assert!(first == pdf("second.pdf"), "two PDFs of one source differ");
}
