//! `nameplate message`, as its users run it: golden data in batches, the manual's examples, exit
//! codes.

use crate::program::{nameplate, run, told};
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const VECTORS: &str = include_str!("../../../wire/tests/golden/encoder-vectors.json");
const CAPTURES: &str = include_str!("../../../wire/tests/golden/wire-captures.json");
const MANUAL: &str = include_str!("../../../../docs/message.md");

/// Runs the program with something on its standard input.
fn fed(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut process = nameplate(arguments.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = process.stdin.take().unwrap();
    let input = input.to_owned();
    let feeder = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = process.wait_with_output().unwrap();
    feeder.join().unwrap();
    told(&output)
}

/// Every golden packet and capture, one a line.
fn packets() -> String {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    let captures: Json = serde_json::from_str(CAPTURES).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap().iter();
    let vectors = vectors.filter_map(|vector| vector["packet"].as_str());
    let captures = captures.as_array().unwrap().iter();
    let captures = captures.filter_map(|step| step["hex"].as_str());
    vectors
        .chain(captures)
        .fold(String::new(), |mut lines, hex| {
            writeln!(lines, "{hex}").unwrap();
            lines
        })
}

#[test]
fn golden_packets_make_the_round_trip_in_batches() {
    let hex = packets();
    let (code, json, err) = fed(&["message", "decode", "--batch"], &hex);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(json.lines().count(), hex.lines().count());
    let (code, again, err) = fed(&["message", "encode", "--batch"], &json);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(again, hex);
}

#[test]
fn golden_values_make_the_round_trip_in_batches() {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    for (start, kind) in [
        ("hs-admin", "admin"),
        ("hs-vlist", "vlist"),
        ("hs-site", "site"),
        ("pubkey", "key"),
        ("privkey", "key"),
        ("dh-public-key", "key"),
        ("keyfile", "keyfile"),
        ("handle-values-file", "values"),
        ("handle-value-", "value"),
    ] {
        let vectors = all["vectors"].as_array().unwrap().iter();
        let hex: String = vectors
            .filter(|vector| vector["name"].as_str().unwrap().starts_with(start))
            .flat_map(|vector| [vector["hex"].as_str().unwrap(), "\n"])
            .collect();
        assert!(!hex.is_empty(), "{start}");
        let decode = ["message", "decode", "--batch", "--kind", kind];
        let (code, json, err) = fed(&decode, &hex);
        assert_eq!((code, err.as_str()), (0, ""), "{start}");
        let encode = ["message", "encode", "--batch", "--kind", kind];
        assert_eq!(fed(&encode, &json), (0, hex, String::new()), "{start}");
    }
}

#[test]
fn a_bad_line_of_a_batch_is_told_and_the_others_go_on() {
    let admin = "0ff3000000048838382f000000c8";
    let input = format!("{admin}\n\nzz\n{}\n{admin}\n", &admin[..20]);
    let (code, out, err) = fed(&["message", "decode", "--batch", "--kind", "admin"], &input);
    assert_eq!((code, err.as_str()), (1, ""));
    let lines: Vec<_> = out.split('\n').collect();
    assert_eq!((lines.len(), lines[1], lines[5]), (6, "", ""));
    assert_eq!(lines[0], lines[4]);
    let error = |line: &str| -> Json { serde_json::from_str(line).unwrap() };
    assert_eq!(error(lines[2])["error"]["where"], 0);
    assert_eq!(error(lines[3])["error"]["where"], 10);
    let (code, out, _) = fed(&["message", "encode", "--batch"], "{\"x\":1}\n{\n");
    assert_eq!((code, out.lines().count()), (1, 2));
}

#[test]
fn exit_codes_and_complaints() {
    let (code, out, err) = told(&run(["message", "decode", "02 0b\n02"]));
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.starts_with("nameplate: octet 3: suggested minor needs"),
        "{err}"
    );
    let (code, ..) = told(&run(["message", "decode", "--kind", "nonsense", "00"]));
    assert_eq!(code, 2);
    let (code, ..) = told(&run(["message", "decode", "--batch", "00"]));
    assert_eq!(code, 2);
    let (code, _, err) = told(&run(["message", "encode", "{\"request\":\"delete\"}"]));
    assert_eq!(code, 1);
    assert!(err.contains("body.handle: is missing"), "{err}");
    let missing = ["message", "decode", "--passphrase-file", "/no/such", "00"];
    let (code, _, err) = told(&run(missing));
    assert_eq!(code, 1);
    assert!(err.contains("/no/such: "), "{err}");
}

/// Every line of the manual that begins with `$ ` is run by a shell; what follows it up to the
/// end of the block or the next such line is what it must say.
#[test]
fn the_manuals_examples_say_what_it_says() {
    let blocks = MANUAL.split("```console\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    let mut count = 0;
    for example in blocks.flat_map(|block| block.split("$ ").skip(1)) {
        let (command, expected) = example.split_once('\n').unwrap();
        assert_eq!(shell(command), expected, "{command}");
        count += 1;
    }
    assert!(count >= 4, "only {count} examples");
}

fn shell(command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_nameplate"));
    let folder = program.parent().unwrap().to_str().unwrap();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", command])
        .env("PATH", path)
        .output();
    let (_, out, err) = told(&output.unwrap());
    out + &err
}

/// The table of quirks in the manual is the list that the program knows.
#[test]
fn the_manual_lists_every_quirk() {
    for quirk in wire::Quirk::ALL {
        let row = format!("| `{}` | {} |", quirk.name(), quirk.meaning());
        assert!(MANUAL.contains(&row), "missing: {row}");
    }
    let rows = MANUAL.split("## Quirks").nth(1).unwrap();
    let count = rows.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(count, wire::Quirk::ALL.len());
}
