//! The keys that chains of certificates must lead up to: read from a file.
//!
//! ```json
//! {"anchors":[
//!   {"identity":"300:0.NA/0.NA","publicKey":{"kty":"RSA","n":"…","e":"AQAB"},"until":1830297600},
//!   {"identity":"300:0.NA/0.NA","file":"next.bin","from":1798761600}
//! ]}
//! ```
//!
//! A key stands there as a JSON Web Key or in a file beside it, as nodes have theirs in
//! `pubkey.bin`. Dates are in seconds since 1970, and may be left out. Not here: what is led up to
//! them ([`engine::trust`]).

use crate::RootsError;
use engine::Date;
use engine::trust::Anchor;
use model::{Jwk, PublicKey};
use serde_json::Value as Json;
use std::fs;
use std::path::Path;

/// Reads anchors, at least one. Members of a file that are not known are an error: a date that is
/// misspelled would be none.
///
/// # Errors
/// [`RootsError`].
pub fn read_anchors(path: &Path) -> Result<Vec<Anchor>, RootsError> {
    let text = fs::read_to_string(path).map_err(|source| RootsError::Io {
        path: path.to_owned(),
        source,
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    anchors_in(&text, folder).map_err(|reason| RootsError::Form {
        path: path.to_owned(),
        reason,
    })
}

fn anchors_in(text: &str, folder: &Path) -> Result<Vec<Anchor>, String> {
    let file: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let anchors = file["anchors"].as_array().filter(|list| !list.is_empty());
    let anchors = anchors.ok_or("it has no list `anchors` with any")?;
    (1..)
        .zip(anchors)
        .map(|(number, anchor)| {
            anchor_of(anchor, folder).map_err(|why| format!("anchor {number}: {why}"))
        })
        .collect()
}

fn anchor_of(json: &Json, folder: &Path) -> Result<Anchor, String> {
    const MEMBERS: [&str; 5] = ["identity", "publicKey", "file", "from", "until"];
    let members = json.as_object().ok_or("it is no object")?;
    if let Some(unknown) = members
        .keys()
        .find(|name| !MEMBERS.contains(&name.as_str()))
    {
        return Err(format!("nothing is known of `{unknown}`"));
    }
    let identity = json["identity"].as_str().ok_or("it has no `identity`")?;
    let identity = identity
        .parse()
        .map_err(|error| format!("identity: {error}"))?;
    let date = |name: &str| match members.get(name) {
        None => Ok(None),
        Some(date) => date
            .as_u64()
            .and_then(|seconds| u32::try_from(seconds).ok())
            .map(|seconds| Some(Date(seconds)))
            .ok_or_else(|| format!("`{name}` is no date in seconds since 1970")),
    };
    Ok(Anchor {
        identity,
        key: key_of(json, folder)?,
        from: date("from")?,
        until: date("until")?,
    })
}

fn key_of(json: &Json, folder: &Path) -> Result<PublicKey, String> {
    match (json.get("publicKey"), json.get("file").map(Json::as_str)) {
        (Some(key), None) => {
            let key = serde_json::from_value::<Jwk>(key.clone());
            let key = key.map_err(|error| format!("publicKey: {error}"))?;
            PublicKey::from_jwk(&key).map_err(|error| format!("publicKey: {error}"))
        }
        (None, Some(Some(name))) => {
            let octets = fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
            PublicKey::decode(octets.into()).map_err(|error| format!("{name}: {error}"))
        }
        _ => Err("it needs either a `publicKey` or a `file` with one".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = r#"{"kty":"RSA","n":"wP_u","e":"AQAB"}"#;

    fn read(anchors: &str) -> Result<Vec<Anchor>, String> {
        anchors_in(
            &format!(r#"{{"anchors":[{anchors}]}}"#),
            Path::new("/nowhere"),
        )
    }

    #[test]
    fn anchors_have_keys_and_dates() {
        let text = format!(
            r#"{{"identity":"300:0.NA/0.NA","publicKey":{KEY},"until":7}},
               {{"identity":"0.0/0.0","publicKey":{KEY},"from":5}}"#
        );
        let anchors = read(&text).unwrap();
        let dates: Vec<_> = anchors.iter().map(|it| (it.from, it.until)).collect();
        assert_eq!(dates, [(None, Some(Date(7))), (Some(Date(5)), None)]);
        assert_eq!(anchors[1].identity.to_string(), "0.0/0.0");
        assert!(matches!(anchors[0].key, PublicKey::Known { .. }));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let with = |more: &str| format!(r#"{{"identity":"0.0/0.0","publicKey":{KEY}{more}}}"#);
        for (text, expected) in [
            (String::new(), "`anchors`"),
            ("7".into(), "no object"),
            (with(r#","til":5"#), "`til`"),
            (with(r#","until":"2030""#), "`until`"),
            (with(r#","until":-1"#), "`until`"),
            (with(r#","file":"x""#), "either"),
            (r#"{"identity":"0.0/0.0"}"#.into(), "either"),
            (r#"{"identity":"0.0/0.0","file":"x"}"#.into(), "x: "),
            (r#"{"identity":"/","file":"x"}"#.into(), "identity: "),
            (
                r#"{"identity":"a","publicKey":{"kty":"EC"}}"#.into(),
                "publicKey: ",
            ),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
