//! Tests of cutting: any shape, any split, any damage.

use super::*;
use std::io::BufReader;

fn cut(file: &[u8], buffer_octets: usize) -> Vec<String> {
    let mut members = Members::new(BufReader::with_capacity(buffer_octets, file));
    let mut all = Vec::new();
    loop {
        match members.next_member() {
            Ok(None) => return all,
            Err(error) => {
                all.push(error.to_string());
                return all;
            }
            Ok(Some(member)) => {
                let json = member.json.map(|json| json.escape_ascii().to_string());
                let json = json.unwrap_or_else(|| "too long".into());
                all.push(format!("{} {:?} {}", member.of, member.name, json.trim()));
            }
        }
    }
}

#[test]
fn members_are_cut_at_any_split() {
    let file = b"\xef\xbb\xbf {\"a\": [1, \"x,]\\\"\", []], \"n\" : null,\r\n\
                 \"b\":{ \"c\\u0041\" : {\"d\":[{}, \"}\"]} ,\"e\":2}, \"f\":{}, \"g\":[] }\n";
    let expected = [
        "a None 1",
        r#"a None \"x,]\\\"\""#,
        "a None []",
        "n None null",
        r#"b Some("cA") {\"d\":[{}, \"}\"]}"#,
        "b Some(\"e\") 2",
    ];
    for buffer_octets in 1..file.len() {
        assert_eq!(cut(file, buffer_octets), expected, "{buffer_octets}");
    }
}

#[test]
fn damage_is_told_with_its_place() {
    let check = |file: &str, expected: &str| {
        let all = cut(file.as_bytes(), 64);
        assert_eq!(all.last().map(String::as_str), Some(expected), "{file}");
    };
    check("", "{ expected at octet 0; the rest cannot be read");
    check("[]", "{ expected at octet 0; the rest cannot be read");
    check(
        "{",
        "a comma or the end of the list expected at octet 1; the rest cannot be read",
    );
    check(
        "{a:1}",
        "a name in quotes expected at octet 1; the rest cannot be read",
    );
    check(
        "{\"a\" 1}",
        "a colon expected at octet 5; the rest cannot be read",
    );
    check(
        "{\"a\":{\"b\":{",
        "the rest of a value expected at octet 11; the rest cannot be read",
    );
    check(
        "{} {}",
        "the end of the file expected at octet 3; the rest cannot be read",
    );
    check(
        "{\"a\":1 \"b\":2}",
        "a comma or the end of the list expected at octet 10; the rest cannot be read",
    );
}

#[test]
fn a_value_without_end_does_not_fill_the_memory() {
    let long = "x".repeat(LINE_OCTETS_MAX);
    let file = format!("{{\"a\":{{\"b\":\"{long}\",\"c\":1}}}}");
    assert_eq!(
        cut(file.as_bytes(), 4096),
        ["a Some(\"b\") too long", "a Some(\"c\") 1"]
    );
}
