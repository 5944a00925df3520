//! The roots: read from the file in which clients of the field find them (`bootstrap_handles`).
//!
//! Not here: writing it, which the node does that is the root.

use model::{Site, Value};
use serde_json::Value as Json;
use std::io;
use std::path::{Path, PathBuf};

/// The record that names the roots.
const ROOT: &str = "0.NA/0.NA";

/// Why no roots are known. Whoever gave the file gives another.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootsError {
    /// The operating system does not give it.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// It is none.
    #[error("{}: {reason}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is none.
    #[error("no file of the roots is given, and this node is no root itself")]
    None,
}

/// Reads the sites of the roots, at least one.
///
/// The file is JSON: under `handles`, a map or a list, a record with `handle` `0.NA/0.NA`, whose
/// `values` of the types `HS_SITE` and `HS_SITE.6` are the sites.
///
/// # Errors
/// [`RootsError`].
pub fn read_roots(path: &Path) -> Result<Vec<Site>, RootsError> {
    let text = std::fs::read_to_string(path).map_err(|source| RootsError::Io {
        path: path.to_owned(),
        source,
    })?;
    roots_in(&text).map_err(|reason| RootsError::Form {
        path: path.to_owned(),
        reason,
    })
}

fn roots_in(text: &str) -> Result<Vec<Site>, String> {
    let file: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let records: Vec<&Json> = match &file["handles"] {
        Json::Object(map) => map.values().collect(),
        Json::Array(list) => list.iter().collect(),
        _ => {
            return Err(
                "it has no `handles`; a node writes such a file as bootstrap_handles".into(),
            );
        }
    };
    let is_root = |record: &&&Json| {
        let name = record["handle"].as_str();
        name.is_some_and(|name| name.eq_ignore_ascii_case(ROOT))
    };
    let root = records.iter().find(is_root);
    let values = root.and_then(|record| record["values"].as_array());
    let sites = values.into_iter().flatten().filter_map(site_in);
    let sites = sites.collect::<Result<Vec<Site>, String>>()?;
    if sites.is_empty() {
        return Err(format!("it names no site of {ROOT}"));
    }
    Ok(sites)
}

/// The site in a value, if it is one.
fn site_in(value: &Json) -> Option<Result<Site, String>> {
    let name = value["type"].as_str()?;
    let is_site = ["HS_SITE", "HS_SITE.6"]
        .iter()
        .any(|site| name.eq_ignore_ascii_case(site));
    is_site.then(|| {
        let value: Value =
            serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        Site::decode(value.data).map_err(|error| error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = r#"{"index": 1, "type": "hs_site", "data": {"format": "site", "value": {
        "version": 1, "protocolVersion": "2.11", "serialNumber": 7, "primarySite": true,
        "multiPrimary": false, "attributes": [], "servers": [{"serverId": 1,
        "address": "192.0.2.10", "publicKey": {"format": "base64", "value": ""},
        "interfaces": [{"query": true, "admin": true, "protocol": "TCP", "port": 2641}]}]}},
        "ttl": 86400, "timestamp": "2026-11-22T08:00:00Z"}"#;

    fn check(text: &str, expected: Result<u16, &str>) {
        match (roots_in(text), expected) {
            (Ok(sites), Ok(serial)) => {
                assert_eq!(sites.len(), 1, "{sites:?}");
                assert_eq!(sites[0].serial, serial);
                assert_eq!(sites[0].servers[0].address.ip().to_string(), "192.0.2.10");
            }
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
            (other, expected) => panic!("{other:?}, not {expected:?}"),
        }
    }

    #[test]
    fn roots_are_the_sites_of_their_record() {
        let other = r#"{"index": 9, "type": "DESC", "data": "no site"}"#;
        let record = format!(r#"{{"handle": "0.na/0.na", "values": [{other}, {SITE}]}}"#);
        check(
            &format!(r#"{{"handles": {{"0.NA/0.NA": {record}}}}}"#),
            Ok(7),
        );
        check(&format!(r#"{{"handles": [{record}]}}"#), Ok(7));
        let trust = record.replace("0.na/0.na", "0.0/0.0");
        check(
            &format!(r#"{{"handles": [{trust}]}}"#),
            Err("names no site of 0.NA/0.NA"),
        );
    }

    #[test]
    fn what_is_no_such_file_is_said() {
        check("{", Err("EOF"));
        check("{}", Err("no `handles`"));
        check(r#"{"handles": {}}"#, Err("names no site"));
        let record = r#"{"handle": "0.NA/0.NA", "values": [{"type": "HS_SITE", "index": 1,
            "data": {"format": "string", "value": "no site"}}]}"#;
        assert!(roots_in(&format!(r#"{{"handles": [{record}]}}"#)).is_err());
    }
}
