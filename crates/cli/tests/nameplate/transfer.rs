//! Import and export of every format: round trips, damage, interruptions.

use crate::program::{ServingNode, nameplate, path, run, told};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;

const RECORDS: &str = include_str!("../../../model/tests/golden/load-handles.json");
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/");

/// A temporary folder in which files are made and imported.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> String {
        path(&self.0.path().join(name)).to_owned()
    }

    fn file(&self, name: &str, octets: impl AsRef<[u8]>) -> String {
        fs::write(self.0.path().join(name), octets).unwrap();
        self.path(name)
    }

    /// Imports a file into the folder `data`.
    fn import(&self, file: &str, data: &str, more: &[&str]) -> (i32, String, String) {
        let data = self.path(data);
        let first = ["import", file, "--data", &data];
        told(&run(first.into_iter().chain(more.iter().copied())))
    }

    /// What is exported of the folder `data`, as text.
    fn export(&self, data: &str, more: &[&str]) -> String {
        let data = self.path(data);
        let first = ["export", "--data", &data];
        let (code, out, err) = told(&run(first.into_iter().chain(more.iter().copied())));
        assert_eq!(code, 0, "{err}");
        out
    }
}

fn check_code(expected: i32, told: &(i32, String, String)) {
    assert_eq!(told.0, expected, "{told:?}");
}

fn record(identifier: &str, value: &str) -> String {
    format!(
        "{{\"handle\":\"{identifier}\",\
         \"values\":[{{\"index\":1,\"type\":\"T\",\"data\":\"{value}\"}}]}}\n"
    )
}

/// Everything the reference's JSON can say and what only ours can comes back octet for octet.
#[test]
fn what_loses_nothing_comes_back_the_same() {
    let place = Place::new();
    let odd = "{\"handle\":\"88.1/Odd \\u0000\\n\\\"\",\"values\":[\
        {\"index\":1,\"type\":{\"base64\":\"/w==\"},\
        \"data\":{\"format\":\"base64\",\"value\":\"AP8=\"},\
        \"permissions\":\"11111110\",\"ttl\":{\"kind\":9,\"seconds\":4294967295},\
        \"timestamp\":\"2026-11-22T05:27:40Z\",\"references\":[{\"handle\":\"88/x\",\"index\":4}]},\
        {\"index\":2147483647,\"type\":\"\",\"data\":{\"format\":\"string\",\"value\":\"\"},\
        \"permissions\":\"0000\",\"ttl\":\"2106-02-07T06:28:15Z\",\
        \"timestamp\":\"2106-02-07T06:28:15Z\"}]}\n\
        {\"handle\":\"88.1/empty\",\"values\":[]}\n";
    check_code(
        0,
        &place.import(&place.file("r.json", RECORDS), "first", &[]),
    );
    check_code(
        0,
        &place.import(&place.file("odd.jsonl", odd), "first", &[]),
    );
    for format in ["jsonl", "reference-json"] {
        let export = ["--with-secrets", "--format", format];
        let once = place.export("first", &export);
        assert!(once.contains("secret123") && once.contains("Odd"));
        let file = place.file("again", &once);
        let second = format!("second-{format}");
        let imported = place.import(&file, &second, &["--format", format]);
        check_code(0, &imported);
        assert_eq!(place.export(&second, &export), once, "{format}");
    }
    // What the reference wrote is what it gets back.
    let exported = place.export("first", &["--with-secrets", "--format", "reference-json"]);
    let exported: serde_json::Value = serde_json::from_str(&exported).unwrap();
    let given: serde_json::Value = serde_json::from_str(RECORDS).unwrap();
    for (name, record) in given["handleRecords"].as_object().unwrap() {
        assert_eq!(&exported["handleRecords"][name], record, "{name}");
    }
}

#[test]
fn secrets_are_exported_only_when_asked_for() {
    let place = Place::new();
    let file = place.file("r.json", RECORDS);
    check_code(0, &place.import(&file, "data", &[]));
    let data = place.path("data");
    let out = place.path("out.jsonl");
    let (code, _, err) = told(&run(["export", "--data", &data, "-o", &out]));
    assert_eq!(code, 0, "{err}");
    assert!(!fs::read_to_string(&out).unwrap().contains("secret123"));
    assert!(
        err.contains("values that not everybody may read are left out"),
        "{err}"
    );
    run(["export", "--data", &data, "-o", &out, "--with-secrets"]);
    assert!(fs::read_to_string(&out).unwrap().contains("secret123"));
    let mode = fs::metadata(&out).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!Path::new(&place.path("out.jsonl.part")).exists());
}

#[test]
fn a_prefix_is_exported_with_what_is_derived_from_it() {
    let place = Place::new();
    let all = ["88.1/a", "88.1.2/a", "88.10/a", "88/a", "0.NA/88.1"];
    let file: String = all
        .iter()
        .map(|identifier| record(identifier, "x"))
        .collect();
    check_code(0, &place.import(&place.file("r.jsonl", file), "data", &[]));
    let out = place.export("data", &["--prefix", "88.1"]);
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(out.contains("88.1/a") && out.contains("88.1.2/a"), "{out}");
}

#[test]
fn tables_and_batch_files_come_back_as_far_as_they_can() {
    let place = Place::new();
    let file =
        "identifier,1:NAME,1:URL,7:NOTE\n88.1/A,\"x, \"\"y\"\"\",,\"two\nlines\"\n88.1/B,,u,\n";
    check_code(0, &place.import(&place.file("t.csv", file), "data", &[]));
    assert_eq!(place.export("data", &["--format", "csv"]), file);
    let batch = place.export("data", &["--format", "batch"]);
    let expected = "HOME 127.0.0.1:2641:TCP\n0.NA/88.1\n\nCREATE 88.1/A\n\
                    1 NAME 86400 1110 UTF8 x, \"y\"\n\n\
                    CREATE 88.1/B\n1 URL 86400 1110 UTF8 u\n\n";
    assert_eq!(batch, expected);
    check_code(
        0,
        &place.import(&place.file("b.batch", batch), "again", &[]),
    );
    assert_eq!(place.export("again", &["--format", "batch"]), expected);
}

#[test]
fn a_batch_is_carried_out_in_order() {
    let place = Place::new();
    let batch = "CREATE 88.1/a\n1 T 60 1110 UTF8 one\n\nCREATE 88.1/A\n1 T 60 1110 UTF8 again\n\n\
        ADD 88.1/a\n2 T 60 1110 UTF8 two\n3 T 60 1110 UTF8 three\n\n\
        ADD 88.1/a\n2 T 60 1110 UTF8 twice\n\nMODIFY 88.1/a\n2 T 60 1110 UTF8 other\n\n\
        MODIFY 88.1/a\n9 T 60 1110 UTF8 none\n\nREMOVE 3:88.1/a\n\nREMOVE 3:88.1/a\n\n\
        CREATE 88.1/b\n1 T 60 1110 UTF8 gone\n\nDELETE 88.1/b\n\nDELETE 88.1/b\n\n\
        HOME x\n0.NA/99\n\nUNHOME x\n0.NA/98\n";
    let errors = place.path("errors.jsonl");
    let told = place.import(
        &place.file("b.batch", batch),
        "data",
        &["--errors", &errors],
    );
    check_code(1, &told);
    assert!(told.1.ends_with(", 6 refused\n"), "{told:?}");
    let out = place.export("data", &["--format", "batch"]);
    assert_eq!(
        out,
        "HOME 127.0.0.1:2641:TCP\n0.NA/88.1\n0.NA/99\n\n\
         CREATE 88.1/a\n1 T 60 1110 UTF8 one\n2 T 60 1110 UTF8 other\n\n"
    );
    let errors = fs::read_to_string(errors).unwrap();
    let expected = "{\"line\":4,\"handle\":\"88.1/A\",\
        \"reason\":\"the identifier exists already\"}\n\
        {\"line\":11,\"handle\":\"88.1/a\",\"reason\":\"there is a value 2 already\"}\n\
        {\"line\":17,\"handle\":\"88.1/a\",\"reason\":\"there is no value 9\"}\n\
        {\"line\":22,\"handle\":\"88.1/a\",\"reason\":\"there is no value 3\"}\n\
        {\"line\":29,\"handle\":\"88.1/b\",\"reason\":\"there is no such identifier\"}\n\
        {\"line\":35,\"handle\":\"98\",\"reason\":\"the node is not home to the prefix\"}\n";
    assert_eq!(errors, expected);
}

#[test]
fn what_exists_is_treated_as_asked_for() {
    let place = Place::new();
    let file = [("a", "1"), ("a", "2"), ("b", "3")]
        .map(|(suffix, value)| record(&format!("88.1/{suffix}"), value))
        .concat();
    let file = place.file("r.jsonl", file);
    let kept = |data: &str| place.export(data, &[]).contains("\"value\":\"1\"");
    let told = place.import(&file, "over", &[]);
    assert!(
        told.1.starts_with("3 records registered") && !kept("over"),
        "{told:?}"
    );
    let told = place.import(&file, "skip", &["--skip-existing"]);
    assert!(
        told.1.contains(", 1 skipped, 0 refused") && kept("skip"),
        "{told:?}"
    );
    let told = place.import(&file, "fail", &["--fail-existing"]);
    assert!(
        told.1.ends_with(", 1 refused\n") && kept("fail"),
        "{told:?}"
    );
    assert!(
        told.2
            .contains("line 2: 88.1/a: the identifier exists already"),
        "{told:?}"
    );
    // The same file twice.
    let told = place.import(&file, "fail", &["--fail-existing"]);
    assert!(told.1.starts_with("0 records registered") && told.1.ends_with(", 3 refused\n"));
    let told = place.import(&file, "dry", &["--fail-existing", "--dry-run"]);
    assert!(
        told.1
            .starts_with("2 records could be registered, nothing is written"),
        "{told:?}"
    );
    assert!(!Path::new(&place.path("dry")).exists());
    let before = place.export("fail", &[]);
    check_code(0, &place.import(&file, "fail", &["--dry-run"]));
    assert_eq!(place.export("fail", &[]), before);
    // Nor does it make a folder of one that is empty.
    fs::create_dir(place.path("empty")).unwrap();
    check_code(0, &place.import(&file, "empty", &["--dry-run"]));
    assert_eq!(fs::read_dir(place.path("empty")).unwrap().count(), 0);
}

/// Items are neither lost nor carried out twice, wherever the power fails.
#[test]
fn an_import_that_was_killed_goes_on() {
    let place = Place::new();
    // Carried out twice, every ADD would be refused.
    let batch: Vec<String> = (0..6_000)
        .map(|at| format!("88.1/{at:06}"))
        .map(|identifier| {
            // Large enough for several loads.
            let value = format!("T 60 1110 UTF8 {}", "x".repeat(1000));
            format!(
                "CREATE {identifier}
1 {value}

ADD {identifier}
2 {value}

"
            )
        })
        .collect();
    let file = place.file("b.batch", batch.concat());
    let data = place.path("data");
    let mut kills = 0;
    for round in 1..200_u64 {
        let mut import = nameplate(["import", &file, "--data", &data, "--resume"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = import.stdout.take().unwrap();
        let (ended, wait) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut out = String::new();
            stdout.read_to_string(&mut out).unwrap();
            ended.send(out)
        });
        let out = wait.recv_timeout(Duration::from_millis(30 * round));
        let _ = import.kill();
        let code = import.wait().unwrap().code();
        if let Ok(out) = out {
            assert_eq!(code, Some(0), "{out}");
            assert!(out.starts_with("12000 records registered"), "{out}");
            break;
        }
        kills += 1;
    }
    assert!(kills > 0, "it was never killed");
    let out = place.export("data", &[]);
    assert_eq!(out.lines().count(), 6_000);
    assert_eq!(out.matches("\"index\":2").count(), 6_000);
}

#[test]
fn a_file_that_has_changed_is_not_resumed_and_standard_input_neither() {
    let place = Place::new();
    let mut input = nameplate([
        "import",
        "-",
        "--format",
        "jsonl",
        "--data",
        &place.path("data"),
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let text = record("88.1/a", "x");
    input
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let (code, out, _) = told(&input.wait_with_output().unwrap());
    assert_eq!(code, 0);
    assert!(out.starts_with("1 records registered"), "{out}");
    let told = place.import("-", "data", &["--format", "jsonl", "--resume"]);
    check_code(1, &told);
    assert!(
        told.2.contains("cannot be read again from its start"),
        "{told:?}"
    );
    let told = place.import(&place.file("x.dat", ""), "data", &[]);
    assert!(
        told.2
            .contains("the name does not say what it is; add --format"),
        "{told:?}"
    );
}

/// Limits of records, odd octets, damaged compression.
#[test]
fn hostile_files_are_told_and_the_rest_goes_on() {
    let place = Place::new();
    let value = |index: i64| format!("{{\"index\":{index},\"type\":\"T\",\"data\":\"\"}}");
    let many: Vec<String> = (1..=2049).map(value).collect();
    let large = "x".repeat((1 << 20) + 1);
    let file = [
        record("88.1/first", "x"),
        format!(
            "{{\"handle\":\"88.1/many\",\"values\":[{}]}}\n",
            many.join(",")
        ),
        record("88.1/large", &large),
        format!("{{\"handle\":\"88.1/zero\",\"values\":[{}]}}\n", value(0)),
        format!(
            "{{\"handle\":\"88.1/twice\",\"values\":[{0},{0}]}}\n",
            value(1)
        ),
        format!(
            "{{\"handle\":\"88.1/{}\",\"values\":[]}}\n",
            "y".repeat(3000)
        ),
        format!("{}\n", "[".repeat(100_000)),
        "\0\n".to_owned(),
        record("88.1/last", "x"),
    ]
    .concat();
    let told = place.import(&place.file("r.jsonl", &file), "data", &[]);
    check_code(1, &told);
    assert!(told.1.starts_with("2 records registered"), "{}", told.1);
    for expected in [
        "line 2: 88.1/many: the record has 2049 values, the limit is 2048",
        "line 3: 88.1/large: the record has 1048604 octets, the limit is 256000",
        "line 4: 88.1/zero: value index 0 is not in 1 to 2147483647",
        "line 5: 88.1/twice: value index 1 is used twice",
        "the identifier has 3005 octets, the limit is 2048",
        "line 7: invalid type: sequence",
        "line 8: expected value",
    ] {
        assert!(told.2.contains(expected), "{expected}: {}", told.2);
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed
        .write_all(record("88.2/a", "x").repeat(3).as_bytes())
        .unwrap();
    let packed = packed.finish().unwrap();
    let told = place.import(&place.file("p.jsonl.gz", &packed), "packed", &[]);
    assert!(told.1.starts_with("3 records registered"), "{told:?}");
    let torn = place.file("torn.jsonl.gz", &packed[..packed.len() - 9]);
    let told = place.import(&torn, "torn", &[]);
    check_code(1, &told);
    assert!(
        told.2.contains("the file cannot be read further"),
        "{told:?}"
    );
}

/// The examples of `docs/import.md` do what it says.
#[test]
fn the_examples_are_imported() {
    let place = Place::new();
    let example = |name: &str| format!("{EXAMPLES}{name}");
    let mapping = example("mapping.toml");
    for (name, more, count) in [
        ("things.csv", &[][..], 3),
        ("mapped.csv", &["--mapping", mapping.as_str()], 2),
        ("things.jsonl", &[], 2),
        ("things.batch", &[], 3),
    ] {
        let told = place.import(&example(name), name, more);
        check_code(0, &told);
        assert_eq!(place.export(name, &[]).lines().count(), count, "{name}");
    }
    let node = ServingNode::start(Path::new(&place.path("mapped.csv")));
    let (code, out, _) = told(&run([
        "resolve",
        "88.118.1/P-0007",
        "--server",
        &node.server(),
    ]));
    assert!(
        code == 0 && out.contains("离心泵") && out.contains("2026-11-22"),
        "{out}"
    );
}
