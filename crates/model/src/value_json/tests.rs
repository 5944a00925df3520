//! Tests of values as JSON, with what the reference software wrote.

use super::*;
use crate::value::tests::any_value;
use crate::{EncodedValue, golden};
use alloc::format;
use proptest::prelude::*;
use serde_json::Value as Json;

fn json(value: &Value) -> String {
    serde_json::to_string(value).unwrap()
}

/// Every value of the reference's answers and of its bulk file is written back as it was.
#[test]
fn what_the_reference_wrote_is_written_back() {
    let answer: Json = serde_json::from_str(golden::REST_ANSWER).unwrap();
    let file: Json = serde_json::from_str(golden::RECORDS).unwrap();
    let records = file["handleRecords"].as_object().unwrap().values();
    let mut count = 0;
    for record in records.chain([&answer]) {
        for given in record["values"].as_array().unwrap() {
            let value: Value = serde_json::from_value(given.clone()).unwrap();
            assert_eq!(json(&value), given.to_string());
            let octets = EncodedValue::of(&value);
            assert_eq!(json(&octets.value()), given.to_string());
            count += 1;
        }
    }
    assert_eq!(count, 36);
}

#[test]
fn members_that_are_left_out_are_as_usual() {
    let value: Value = serde_json::from_str(r#"{"index":1,"type":"URL","data":"x"}"#).unwrap();
    assert_eq!(value, Value::public(1, "URL", "x"));
}

#[test]
fn what_other_writers_write_is_read() {
    let check = |data: &str, expected: &[u8]| {
        let text = format!(r#"{{"index":"7","type":"T","data":{data},"more":[1]}}"#);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((value.index, &value.data[..]), (7, expected), "{data}");
    };
    check(r#"{"value":"00FFab","format":"hex"}"#, b"\0\xff\xab");
    check(r#"{"format":"base64","value":"AP8Q"}"#, b"\0\xff\x10");
    check(r#"{"format":"base64","value":"AP8"}"#, b"\0\xff");
    // As pyhandle writes it.
    check(
        r#"{"format":"admin","value":{"handle":"a/b","index":"200","permissions":"011111110011"}}"#,
        b"\x07\xf3\0\0\0\x03a/b\0\0\0\xc8",
    );
}

#[test]
fn dates_and_permissions_in_every_form() {
    let check = |given: &str, expected: &str| {
        let text = format!(r#"{{"index":1,"type":"T","data":"",{given}}}"#);
        let value: Value = serde_json::from_str(&text).unwrap();
        let printed = json(&value);
        assert!(printed.contains(expected), "{given} became {printed}");
    };
    check(
        r#""timestamp":"2026-11-22T08:00:00Z""#,
        r#""timestamp":"2026-11-22T08:00:00Z""#,
    );
    check(
        r#""timestamp":"2026-11-22T16:00:00.9+08:00""#,
        r#""timestamp":"2026-11-22T08:00:00Z""#,
    );
    check(
        r#""ttl":"2106-02-07T06:28:15Z""#,
        r#""ttl":"2106-02-07T06:28:15Z""#,
    );
    check(r#""ttl":0"#, r#""ttl":0,"#);
    check(
        r#""ttl":{"kind":2,"seconds":5}"#,
        r#""ttl":{"kind":2,"seconds":5}"#,
    );
    check(r#""permissions":"0000""#, r#""permissions":"0000","#);
    check(r#""permissions":"11110""#, r#""permissions":"11110","#);
    check(r#""permissions":"1110""#, r#""value":""},"ttl""#);
}

#[test]
fn what_is_wrong_is_said() {
    let check = |given: &str, expected: &str| {
        let error = serde_json::from_str::<Value>(given)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{given}: {error}");
    };
    let with = |more: &str| format!(r#"{{"index":1,"type":"T","data":"",{more}}}"#);
    let data = |data: &str| format!(r#"{{"index":1,"type":"T","data":{data}}}"#);
    check(r#"{"type":"T","data":"x"}"#, "missing field `index`");
    check(r#"{"index":1,"type":"T"}"#, "missing field `data`");
    check(r#"{"index":-1,"type":"T","data":""}"#, "index is no number");
    check(&data("7"), "expected data as a string or as {\"format\"");
    check(
        &data(r#"{"format":"xml","value":""}"#),
        "unknown variant `xml`",
    );
    check(&data(r#"{"format":"string"}"#), "missing field `value`");
    check(
        &data(r#"{"format":"hex","value":"0"}"#),
        "data of format hex is not pairs",
    );
    check(
        &data(r#"{"format":"base64","value":"*"}"#),
        "data of format base64 is not base64",
    );
    check(
        &data(r#"{"format":"admin","value":{"handle":"a","index":1,"permissions":"1"}}"#),
        "admin permissions is not twelve digits",
    );
    check(
        &data(r#"{"format":"key","value":{"kty":"EC"}}"#),
        "is not RSA or DSA",
    );
    check(
        &with(r#""permissions":"1112""#),
        "permissions is not four digits 0 or 1",
    );
    check(&with(r#""ttl":-1"#), "ttl is no number of seconds");
    check(
        &with(r#""timestamp":"1969-12-31T23:59:59Z""#),
        "date is not such as",
    );
    check(&with(r#""timestamp":"yesterday""#), "date is not such as");
}

/// Data whose type promises a form but that has another is written as octets.
#[test]
fn data_that_its_type_does_not_describe_survives() {
    for value_type in [
        "HS_ADMIN",
        "hs_vlist",
        "HS_SITE.6",
        "HS_PUBKEY",
        "HS_SECKEY",
    ] {
        for data in [&b"\x07\xf3\0\0\0\0"[..], b"text", b"", b"\xff", b"a\0b"] {
            let value = Value::public(1, value_type, data);
            let read: Value = serde_json::from_str(&json(&value)).unwrap();
            assert_eq!(read, value);
        }
    }
}

#[test]
fn what_the_encoder_made_survives() {
    let all = golden::vectors("", 27);
    let data = all.into_iter().map(|vector| vector.octets);
    for (at, data) in (1..).zip(data) {
        for value_type in ["HS_ADMIN", "HS_VLIST", "HS_SITE.PREFIX", "HS_PUBKEY", "X"] {
            let value = Value::public(at, value_type, data.clone());
            let read: Value = serde_json::from_str(&json(&value)).unwrap();
            assert_eq!(read, value);
        }
    }
}

proptest! {
    #[test]
    fn every_value_survives(value in any_value()) {
        let read: Value = serde_json::from_str(&json(&value)).unwrap();
        prop_assert_eq!(EncodedValue::of(&read), EncodedValue::of(&value));
    }
}
