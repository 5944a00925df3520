//! What does each fuzz target begin with? Writes golden data as seeds, one folder for each target.
//!
//! `seeds FOLDER`. Files are named by their number. Not here: what fuzzers find, which is kept in
//! `tests/corpus` of the rooms and is a seed too.

use serde_json::Value as Json;
use std::path::Path;
use std::{env, fs, io};

// The compiler's marks in the code need the fuzzer's functions, although nothing is fuzzed here.
use libfuzzer_sys as _;

const PACKETS: [&str; 2] = [
    include_str!("../../../crates/wire/tests/golden/encoder-vectors.json"),
    include_str!("../../../crates/wire/tests/golden/wire-captures.json"),
];
const DATA: &str = include_str!("../../../crates/model/tests/golden/encoder-vectors.json");
const SIGNED: &str = include_str!("../../../crates/model/tests/golden/jws-vectors.json");
const SITE: &str = include_str!("../../../crates/model/tests/golden/siteinfo.json");
const TEMPLATES: &str = include_str!("../../../crates/engine/tests/golden/template-vectors.json");

const LOCATIONS: [&str; 3] = [
    "<locations chooseby='locatt,address,country,score,weighted'><location id='1' href='http://a/' \
     weight='0.5' country='gb' addresses='10.0.0.0/8'/>\
     <location href_template='http://b/{hdl:path}' score='2'/></locations>",
    "<locations no_legacy='true'><location http_role='conneg' ctype='text/csv' href='a'/>\
     <location http_role='browser' href='b' http_sc='307'/></locations>",
    "<locations/>",
];

/// Four octets of header for the body of a message, and where the body begins in a packet.
const HEADS: u8 = 21;
const BODY_AT: usize = 44;

/// What sequences of acts on tables and sessions begin with, and how many acts each has.
const ACTS_SEEDS: [u32; 8] = [1, 2, 3, 5, 8, 13, 21, 34];
const ACTS_COUNT: usize = 64;

fn main() -> io::Result<()> {
    let folder = env::args().nth(1).unwrap_or_else(|| "corpus".to_owned());
    let folder = Path::new(&folder);
    let packets: Vec<Vec<u8>> = PACKETS.into_iter().flat_map(octets_in).collect();
    let bodies = packets.iter().filter_map(|packet| packet.get(BODY_AT..));
    let bodies = bodies.enumerate().map(|(at, body)| {
        let operation = u8::try_from(at % usize::from(HEADS)).unwrap_or_default();
        [&[11, operation, 1, 0x99], body].concat()
    });
    write(folder, "message", bodies.collect())?;
    let asked = engine::authority::fuzz::seeds();
    let asked = asked.iter().map(|packet| packet.to_vec());
    write(folder, "authority", asked.chain(packets.clone()).collect())?;
    write(folder, "packet", packets)?;
    let mut data = octets_in(DATA);
    write(folder, "values", data.clone())?;
    data.extend(texts_in(SIGNED).into_iter().map(String::into_bytes));
    data.push(SITE.into());
    write(folder, "data", data)?;
    let identifiers = [
        "88.156.1/泵-0007",
        "88.156",
        "0.NA/88",
        "0/x",
        "a//b",
        "0.x/é",
    ];
    write(folder, "identifier", identifiers.map(Vec::from).into())?;
    write(folder, "template", templates())?;
    let visits = LOCATIONS.map(|xml| {
        [
            b"\x80\0\0\0\x0a\0\0\x01text/csv,*/*;q=0.1\n",
            xml.as_bytes(),
        ]
        .concat()
    });
    write(folder, "locations", visits.into())?;
    write(folder, "sessions", ACTS_SEEDS.map(acts).into())?;
    write(folder, "tables", ACTS_SEEDS.map(acts).into())
}

/// As many acts as the tables' body carries out, three octets each, in no order: a fuzzer that
/// begins with few acts
/// takes minutes until it tries many.
fn acts(seed: u32) -> Vec<u8> {
    let next = |last: &u32| Some(last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let all = std::iter::successors(Some(seed), next).take(3 * ACTS_COUNT);
    all.map(|number| number.to_be_bytes()[0]).collect()
}

fn write(folder: &Path, target: &str, seeds: Vec<Vec<u8>>) -> io::Result<()> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    for (number, octets) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number}")), octets)?;
    }
    Ok(())
}

/// Extension, data and namespace of each vector, as the fuzz body reads them.
fn templates() -> Vec<Vec<u8>> {
    let vectors: Json = serde_json::from_str(TEMPLATES).expect("golden data is JSON");
    let vectors = vectors["templates"].as_array().cloned().unwrap_or_default();
    let seed = |vector: &Json| {
        let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
        [
            text("extension"),
            "http://e.org/".to_owned(),
            text("namespace"),
        ]
        .join("\0")
        .into_bytes()
    };
    vectors.iter().map(seed).collect()
}

/// Every text in JSON that is octets in hexadecimal.
fn octets_in(json: &str) -> Vec<Vec<u8>> {
    let texts = texts_in(json).into_iter();
    let octets = texts
        .filter(|text| text.len() >= 8)
        .filter_map(|text| hex::decode(text).ok());
    octets.collect()
}

fn texts_in(json: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let json = serde_json::from_str(json).expect("golden data is JSON");
    collect(&json, &mut texts);
    texts
}

fn collect(json: &Json, texts: &mut Vec<String>) {
    match json {
        Json::String(text) => texts.push(text.clone()),
        Json::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Json::Object(members) => members.values().for_each(|member| collect(member, texts)),
        _ => (),
    }
}
