//! Tests of records in JSON: lines, and the files of the reference software.

use super::*;
use model::value::date_text;

const RECORDS: &str = include_str!("../../../../model/tests/golden/load-handles.json");

fn all(source: &mut dyn Source) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        match source.next_item() {
            Ok(None) => return all,
            Ok(Some(Ok(item))) => all.push(match &item.action {
                Action::Nothing(why) => format!("{}: {why}", item.place),
                Action::Home(prefix) => format!("{}: home {prefix}", item.place),
                Action::Register(identifier, values) | Action::RegisterOnly(identifier, values) => {
                    format!("{}: {identifier} {}", item.place, values.len())
                }
                other => panic!("{other:?}"),
            }),
            Ok(Some(Err(refusal))) => all.push(refusal.to_string()),
            Err(broken) => {
                all.push(format!("broken: {broken}"));
                return all;
            }
        }
    }
}

#[test]
fn a_line_is_a_record() {
    let file = b"\xef\xbb\xbf{\"handle\":\"88.1/a\",\"values\":[]}\r\n\n\
                 {\"values\":[],\"responseCode\":1,\
                 \"handle\":\"88.1/\\u6c34\"}\n{\"values\":[]}\n{\"handle\":\"/\",\"values\":[]}\n\
                 {\"handle\":\"88.1/b\"}\n{\"handle\":\"88.1/b\",\n\xff\n\
                 {\"handle\":\"88.1/c\",\"values\":[\
                 {\"index\":1,\"type\":\"T\",\"data\":\"\\u0000\"}]}";
    assert_eq!(
        all(&mut JsonLines::new(&file[..])),
        [
            "line 1: 88.1/a 0",
            "line 2: the line is empty",
            "line 3: 88.1/水 0",
            "line 4: missing field `handle`",
            "line 5: /: the identifier has no prefix before its first '/'",
            "line 6: missing field `values` (column 19)",
            "line 7: EOF while parsing a value (column 19)",
            "line 8: expected value (column 1)",
            "line 9: 88.1/c 1",
        ]
    );
}

#[test]
fn the_file_of_the_reference_is_read() {
    let mut source = ReferenceJson::new(RECORDS.as_bytes());
    let all = all(&mut source);
    assert_eq!(all.len(), 13);
    assert_eq!(all[0], "record 1: home 0.NA");
    assert_eq!(all[2], "record 3: home 20.500.99999");
    assert_eq!(all[6], "record 7: 0.NA/0.NA 4");
    assert_eq!(all[12], "record 13: 20.500.99999/ADMIN 2");
    let mut source = ReferenceJson::new(RECORDS.as_bytes());
    let item = std::iter::from_fn(|| source.next_item().unwrap()).nth(6);
    let Action::RegisterOnly(_, values) = item.unwrap().unwrap().action else {
        panic!("a record is registered");
    };
    assert_eq!(date_text(values[0].timestamp), "2026-11-22T05:27:40Z");
}

#[test]
fn the_file_of_clients_is_read_and_anything_else_is_told() {
    let read = |file: &str| all(&mut ReferenceJson::new(file.as_bytes()));
    assert_eq!(
        read(
            r#"{"lastUpdate":1,"handles":{"0.NA/88":{"values":[]},"x":7,"0.NA/89":{"values":[]}}}"#
        ),
        [
            "record 1: no record",
            "record 2: 0.NA/88 0",
            "record 3: x: invalid type: integer `7`, expected struct RecordForm (column 1)",
            "record 4: 0.NA/89 0"
        ]
    );
    let none = read(r#"{"handle":"88.1/a","values":[]}"#);
    assert!(
        none[1].contains("neither `handleRecords` nor `handles`"),
        "{none:?}"
    );
    assert_eq!(
        read(r#"{"homedPrefixes":["0.na/88","89","0.NA/","a/b"],"handleRecords":{}}"#),
        [
            "record 1: home 88",
            "record 2: home 89",
            "record 3: 0.NA/: the identifier has no prefix before its first '/'",
            "record 4: a/b: the prefix contains '/' at octet 1; what follows it would be a suffix",
        ]
    );
}
