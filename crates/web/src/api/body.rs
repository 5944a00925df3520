//! The body of a PUT: values of a record, in one of three forms.
//!
//! `[VALUE…]`, `{"values":[VALUE…]}` with other members that mean nothing, or one `VALUE`.
//!
//! The reference software (9.3.1) never looks at the first of four digits of `permissions`, so
//! administrators may always read; of five digits it takes the last four. Its clients know no
//! better, so it is done here, and nowhere else: who wants a value that administrators may not read
//! writes five digits. Not here: how values look ([`model::Value`]).

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A value as clients of the reference software write it.
#[derive(Deserialize)]
struct Written {
    permissions: Option<String>,
    #[serde(flatten)]
    value: model::Value,
}

#[derive(Deserialize)]
struct Wrapped {
    values: Option<Vec<Written>>,
}

/// Reads the values; what is wrong with them for whoever sent them.
pub(super) fn values(octets: &[u8]) -> Result<Vec<model::Value>, String> {
    let first = octets.iter().find(|octet| !octet.is_ascii_whitespace());
    let written = if first == Some(&b'[') {
        parse::<Vec<Written>>(octets)?
    } else {
        match parse::<Wrapped>(octets)?.values {
            Some(values) => values,
            None => vec![parse(octets)?],
        }
    };
    written.into_iter().map(Written::value).collect()
}

fn parse<T: DeserializeOwned>(octets: &[u8]) -> Result<T, String> {
    serde_json::from_slice(octets).map_err(|error| format!("the body is no value in JSON: {error}"))
}

impl Written {
    fn value(self) -> Result<model::Value, String> {
        let Self {
            permissions,
            mut value,
        } = self;
        if let Some(digits) = permissions {
            value.permissions = as_the_reference_reads(&digits)
                .parse()
                .map_err(|error: model::Error| error.to_string())?;
        }
        Ok(value)
    }
}

fn as_the_reference_reads(digits: &str) -> String {
    match digits.len() {
        4 if digits.starts_with('0') => digits.replacen('0', "1", 1),
        5 => digits.get(1..).unwrap_or_default().to_owned(),
        _ => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, indexes: &[u32]) {
        let values = values(body.as_bytes()).unwrap();
        let found: Vec<u32> = values.iter().map(|value| value.index).collect();
        assert_eq!(found, indexes, "{body}");
    }

    #[test]
    fn values_come_in_three_forms() {
        let value = r#"{"index":"7","type":"URL","data":"x","timestamp":"2026-11-22T08:00:00Z"}"#;
        check(value, &[7]);
        check(&format!(" [{value}]"), &[7]);
        check(
            &format!(r#"{{"handle":"x","values":[{value}],"more":{{}}}}"#),
            &[7],
        );
        check("[]", &[]);
        check(r#"{"values":[]}"#, &[]);
    }

    #[test]
    fn the_index_of_an_administrator_may_be_text() {
        let body = r#"[{"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":
            {"handle":"0.NA/88","index":"200","permissions":"011111110011"}}}]"#;
        let values = values(body.as_bytes()).unwrap();
        let admin = model::Admin::decode(values[0].data.clone()).unwrap();
        assert_eq!(admin.index, 200);
    }

    /// Golden pairs of the reference software.
    #[test]
    fn permissions_are_read_as_the_reference_software_reads_them() {
        for (written, read) in [
            ("0100", "1100"),
            ("0000", "1000"),
            ("1110", "1110"),
            ("10111", "0111"),
            ("01110", "1110"),
        ] {
            let body = format!(r#"{{"index":1,"type":"X","data":"","permissions":"{written}"}}"#);
            let value = values(body.as_bytes()).unwrap().remove(0);
            assert_eq!(value.permissions.to_string(), read, "{written}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused_with_a_reason() {
        let deep = "[".repeat(100_000);
        let nested = format!(r#"{{"values":[{{"index":1,"type":"X","data":{deep}"#);
        for body in [
            "",
            "{\"x\":",
            "7",
            "null",
            "{}",
            "[7]",
            &deep,
            &nested,
            r#"[{"index":1,"type":"X","data":"a","data":"b"}]"#,
            r#"[{"index":1,"index":2,"type":"X","data":"a"}]"#,
            r#"{"values":[],"values":[]}"#,
            r#"[{"index":-1,"type":"X","data":"a"}]"#,
            r#"[{"index":1.5,"type":"X","data":"a"}]"#,
            r#"[{"index":4294967296,"type":"X","data":"a"}]"#,
            r#"[{"index":[1],"type":"X","data":"a"}]"#,
            r#"[{"index":1,"type":7,"data":"a"}]"#,
            r#"[{"index":1,"type":"X","data":{"format":"base64","value":"&"}}]"#,
            r#"[{"index":1,"type":"X","data":{"format":"none","value":"a"}}]"#,
            r#"[{"index":1,"type":"X","data":"a","permissions":"11"}]"#,
            r#"[{"index":1,"type":"X","data":"a","permissions":"0é0"}]"#,
            r#"[{"index":1,"type":"X","data":"a","permissions":1110}]"#,
            r#"[{"index":1,"type":"X","data":"a","ttl":-5}]"#,
            "[{\"index\":1,\"type\":\"X\",\"data\":\"\u{fffd}\"}] x",
        ] {
            let said = values(body.as_bytes()).unwrap_err();
            assert!(!said.is_empty() && said.len() < 300, "{said}");
        }
        assert!(values(b"[{\"index\":1,\"type\":\"X\",\"data\":\"\xff\"}]").is_err());
    }
}
