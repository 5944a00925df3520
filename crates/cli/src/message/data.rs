//! The data of a value as JSON, by its type: `{"format":…,"value":…}` as in the field's JSON.
//!
//! | format | of which types |
//! | --- | --- |
//! | `admin` | `HS_ADMIN` |
//! | `vlist` | `HS_VLIST` |
//! | `site` | `HS_SITE` and its subtypes, `HS_NA_DELEGATE` |
//! | `key` | `HS_PUBKEY` |
//! | `jws` | `HS_SIGNATURE`, `HS_CERT` |
//! | `string` | any, where the data is text |
//! | `hex` | any |
//!
//! A format is only written where it gives back the octets; `base64` and a bare string are read
//! too. Not here: the rest of a value ([`super::value`]).

use super::fault::Fault;
use super::fields;
use super::form::{self, Form, HEX, printable};
use super::jws::JWS;
use super::key::KEY;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use model::{Admin, Site, ValueList, value_type};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

/// Data of a value of a type.
pub(crate) fn write(value_type: &[u8], data: &Bytes) -> Json {
    let typed = format_of(value_type).filter(|(_, form)| {
        let written = (form.write)(data);
        !written.is_null() && (form.read)(written, "").as_ref() == Ok(data)
    });
    match (typed, printable(data)) {
        (Some((format, form)), _) => json!({"format": format, "value": (form.write)(data)}),
        (None, Some(text)) => json!({"format": "string", "value": text}),
        (None, None) => json!({"format": "hex", "value": hex::encode(data)}),
    }
}

/// The inverse of [`write()`].
pub(crate) fn read(json: Json, path: &str) -> Result<Bytes, Fault> {
    if let Json::String(text) = json {
        return Ok(text.into());
    }
    let (mut format, mut value) = (Json::Null, Json::Null);
    fields::read(json, path, |fields| {
        fields.need("format", &mut format, &ANY)?;
        fields.need("value", &mut value, &ANY)
    })?;
    let path_of = |name: &str| format!("{path}.{name}");
    let form = match format.as_str() {
        Some("string") => &STRING,
        Some("hex") => &HEX,
        Some("base64") => &BASE64,
        Some("admin") => &ADMIN,
        Some("vlist") => &VLIST,
        Some("site") => &SITE,
        Some("key") => &KEY,
        Some("jws") => &JWS,
        _ => {
            let what = "is none of string, hex, base64, admin, vlist, site, key, jws";
            return Err(Fault::member(&path_of("format"), what));
        }
    };
    (form.read)(value, &path_of("value"))
}

fn format_of(value_type: &[u8]) -> Option<(&'static str, &'static Form<Bytes>)> {
    let is = |name: &str| value_type.eq_ignore_ascii_case(name.as_bytes());
    Some(if is("HS_ADMIN") {
        ("admin", &ADMIN)
    } else if is("HS_VLIST") {
        ("vlist", &VLIST)
    } else if is("HS_PUBKEY") {
        ("key", &KEY)
    } else if is("HS_SIGNATURE") || is("HS_CERT") {
        ("jws", &JWS)
    } else if is("HS_NA_DELEGATE") || value_type::matches(b"HS_SITE.", value_type) {
        ("site", &SITE)
    } else {
        return None;
    })
}

/// A member that is looked at later.
pub(crate) const ANY: Form<Json> = Form {
    write: Json::clone,
    read: |json, _| Ok(json),
};

const STRING: Form<Bytes> = Form {
    write: |_| Json::Null,
    read: |json, path| match json {
        Json::String(text) => Ok(text.into()),
        _ => Err(Fault::member(path, "is no string")),
    },
};

const BASE64: Form<Bytes> = Form {
    write: |octets| STANDARD.encode(octets).into(),
    read: |json, path| {
        let octets = json.as_str().and_then(|text| STANDARD.decode(text).ok());
        let octets = octets.ok_or_else(|| Fault::member(path, "is no base64"))?;
        Ok(octets.into())
    },
};

/// The data of an administrator; null where it is none.
pub(crate) const ADMIN: Form<Bytes> = Form {
    write: |octets| as_json(Admin::decode(octets.clone())),
    read: |json, path| {
        let known = ["handle", "index", "permissions", "legacyByteLength"];
        form::only(&json, path, &known)?;
        Ok(of_json::<Admin>(json, path)?.encode())
    },
};

/// The data of a list of values; null where it is none.
pub(crate) const VLIST: Form<Bytes> = Form {
    write: |octets| as_json(ValueList::decode(octets.clone())),
    read: |json, path| {
        for (at, reference) in json.as_array().into_iter().flatten().enumerate() {
            form::only(reference, &format!("{path}[{at}]"), &["handle", "index"])?;
        }
        Ok(of_json::<ValueList>(json, path)?.encode())
    },
};

/// The data of a site; null where it is none.
pub(crate) const SITE: Form<Bytes> = Form {
    write: |octets| as_json(Site::decode(octets.clone())),
    read: |json, path| {
        only_site(&json, path)?;
        Ok(of_json::<Site>(json, path)?.encode())
    },
};

fn as_json<T: Serialize>(thing: Result<T, model::Error>) -> Json {
    let written = thing.ok().map(serde_json::to_value);
    written.map_or(Json::Null, |json| json.expect("the model is plain JSON"))
}

fn of_json<T: DeserializeOwned>(json: Json, path: &str) -> Result<T, Fault> {
    serde_json::from_value(json).map_err(|error| Fault::member(path, error))
}

/// Checks that a site has no members that would be lost.
fn only_site(json: &Json, path: &str) -> Result<(), Fault> {
    const SITE: [&str; 9] = [
        "version",
        "protocolVersion",
        "serialNumber",
        "primarySite",
        "multiPrimary",
        "otherFlags",
        "hashOption",
        "hashFilter",
        "attributes",
    ];
    form::only(json, path, &[&SITE[..], &["servers"]].concat())?;
    each(json, path, "attributes", |json, path| {
        form::only(json, path, &["name", "value"])
    })?;
    each(json, path, "servers", |json, path| {
        let known = ["serverId", "address", "publicKey", "interfaces"];
        form::only(json, path, &known)?;
        if let Some(key) = json.get("publicKey") {
            form::only(key, &format!("{path}.publicKey"), &["format", "value"])?;
        }
        each(json, path, "interfaces", |json, path| {
            let known = ["query", "admin", "otherType", "protocol", "port"];
            form::only(json, path, &known)
        })
    })
}

fn each(
    json: &Json,
    path: &str,
    list: &str,
    check: impl Fn(&Json, &str) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let things = json.get(list).and_then(Json::as_array);
    for (at, thing) in things.into_iter().flatten().enumerate() {
        check(thing, &format!("{path}.{list}[{at}]"))?;
    }
    Ok(())
}
