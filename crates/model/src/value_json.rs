//! Values as JSON: the HTTP API, files of records, answers for programs.
//!
//! Members, their order and what is left out are the reference software's:
//!
//! | member | what |
//! | --- | --- |
//! | `index`, `type` | as they are |
//! | `data` | `{"format":F,"value":V}`; when read, also a bare string |
//! | `permissions` | four digits, admin read, admin write, public read, public write; not `1110` |
//! | `ttl` | seconds, or a date if it is absolute; when read, a day if it is missing |
//! | `timestamp` | a date; when read, 1970 if it is missing |
//! | `references` | `[{"handle":…,"index":…}]`; not where there are none |
//!
//! | format | value | written for |
//! | --- | --- | --- |
//! | `string` | text | UTF-8 without control characters |
//! | `base64`, `hex` | octets | anything else (`base64`) |
//! | `admin`, `vlist` | [`Admin`], [`ValueList`] | `HS_ADMIN`, `HS_VLIST` |
//! | `site`, `key` | [`Site`], [`Jwk`] | `HS_SITE` and its subtypes, `HS_PUBKEY` |
//!
//! The last four are written for data that can be read as what its type says. What is written gives
//! the same octets back when it is read. For what the reference software cannot write there are
//! `{"base64":…}` in place of text that is not UTF-8, more than four digits of permissions, and
//! `{"kind":2,"seconds":5}` for a ttl of a third kind.
//!
//! The reference software (9.3.1) never looks at the first of four digits of `permissions` and
//! always lets administrators read; here all four count.
//!
//! Not here: JSON of what is in the data (beside its type), answers around values (rooms `web`,
//! `cli`).

use crate::json::BASE64;
use crate::value::TtlKind;
use crate::value_type::matches;
use crate::{
    Admin, Error, Jwk, Permissions, PublicKey, Reference, Site, Ttl, Value, ValueList, ValueType,
};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use base64::Engine as _;
use bytes::Bytes;
use core::fmt;
use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[cfg(test)]
mod tests;

/// The members of a value.
#[derive(Serialize, Deserialize)]
pub(crate) struct ValueForm {
    #[serde(with = "crate::json::number")]
    index: u32,
    #[serde(rename = "type", with = "crate::json::text")]
    value_type: Bytes,
    data: Data,
    #[serde(
        default = "usual_permissions",
        skip_serializing_if = "is_usual_permissions"
    )]
    permissions: Permissions,
    #[serde(default = "a_day")]
    ttl: Ttl,
    #[serde(default, with = "date")]
    timestamp: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    references: Vec<Reference>,
}

impl From<Value> for ValueForm {
    fn from(value: Value) -> Self {
        Self {
            index: value.index,
            data: Data::Formatted(DataForm::of(value.value_type.octets(), value.data)),
            value_type: value.value_type.octets().clone(),
            permissions: value.permissions,
            ttl: value.ttl,
            timestamp: value.timestamp,
            references: value.references,
        }
    }
}

impl TryFrom<ValueForm> for Value {
    type Error = Error;

    fn try_from(form: ValueForm) -> Result<Self, Error> {
        let data = match form.data {
            Data::Bare(text) => text.into(),
            Data::Formatted(form) => form.octets()?,
        };
        Ok(Self {
            index: form.index,
            timestamp: form.timestamp,
            ttl: form.ttl,
            permissions: form.permissions,
            value_type: ValueType::new(form.value_type),
            data,
            references: form.references,
        })
    }
}

/// Data with its format, or a bare text.
#[derive(Serialize)]
#[serde(untagged)]
enum Data {
    Bare(String),
    Formatted(DataForm),
}

/// By hand, for what serde makes of `untagged` does not say what is wrong inside.
impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Data;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("data as a string or as {\"format\":…,\"value\":…}")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Data, E> {
                Ok(Data::Bare(text.into()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Data, A::Error> {
                DataForm::deserialize(MapAccessDeserializer::new(map)).map(Data::Formatted)
            }
        }

        from.deserialize_any(Visitor)
    }
}

/// The formats of data.
#[derive(Serialize, Deserialize)]
#[serde(tag = "format", content = "value", rename_all = "lowercase")]
enum DataForm {
    String(String),
    Base64(String),
    Hex(String),
    Admin(Admin),
    Vlist(ValueList),
    Site(Box<Site>),
    Key(Box<Jwk>),
}

impl DataForm {
    /// The form that says most, of those that give back the same octets.
    fn of(value_type: &[u8], data: Bytes) -> Self {
        match Self::typed(value_type, &data) {
            Some(form) => form,
            None => match core::str::from_utf8(&data) {
                Ok(text) if !text.contains(is_binary) => Self::String(text.into()),
                _ => Self::Base64(BASE64.encode(data)),
            },
        }
    }

    /// The form of a reserved type, if the data is what the type says.
    fn typed(value_type: &[u8], data: &Bytes) -> Option<Self> {
        if matches(b"HS_ADMIN", value_type) {
            Admin::decode(data.clone()).ok().map(Self::Admin)
        } else if matches(b"HS_VLIST", value_type) {
            ValueList::decode(data.clone()).ok().map(Self::Vlist)
        } else if matches(b"HS_SITE.", value_type) {
            let site = Site::decode(data.clone()).ok()?;
            Some(Self::Site(Box::new(site)))
        } else if matches(b"HS_PUBKEY", value_type) {
            let jwk = PublicKey::faithful_jwk(data)?;
            Some(Self::Key(Box::new(jwk)))
        } else {
            None
        }
    }

    fn octets(self) -> Result<Bytes, Error> {
        match self {
            Self::String(text) => Ok(text.into()),
            Self::Base64(text) => BASE64
                .decode(text)
                .map(Bytes::from)
                .map_err(|_| not("data of format base64", "base64")),
            Self::Hex(text) => hex::decode(text)
                .map(Bytes::from)
                .map_err(|_| not("data of format hex", "pairs of hexadecimal digits")),
            Self::Admin(admin) => Ok(admin.encode()),
            Self::Vlist(list) => Ok(list.encode()),
            Self::Site(site) => Ok(site.encode()),
            Self::Key(jwk) => Ok(PublicKey::from_jwk(&jwk)?.encode()),
        }
    }
}

fn is_binary(character: char) -> bool {
    character.is_control() && !character.is_whitespace()
}

fn not(what: &'static str, expected: &'static str) -> Error {
    Error::Unexpected { what, expected }
}

fn usual_permissions() -> Permissions {
    Permissions::DEFAULT
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_usual_permissions(permissions: &Permissions) -> bool {
    *permissions == Permissions::DEFAULT
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Reads `1110`: four binary digits, and up to eight where a higher bit is set.
impl core::str::FromStr for Permissions {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is_digits = text.bytes().all(|octet| matches!(octet, b'0' | b'1'));
        if !is_digits || !(4..=8).contains(&text.len()) {
            return Err(not("permissions", "four digits 0 or 1"));
        }
        let bits = u8::from_str_radix(text, 2).expect("at most eight binary digits");
        Ok(Self(bits))
    }
}

fn a_day() -> Ttl {
    Ttl::DAY
}

/// How a ttl stands in JSON.
#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "ttl is no number of seconds up to 4294967295 and no date from 1970 to 2106"
)]
enum TtlForm {
    Relative(u32),
    Absolute(#[serde(with = "date")] u32),
    Other { kind: u8, seconds: u32 },
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let seconds = self.seconds;
        let form = match self.kind {
            TtlKind::RELATIVE => TtlForm::Relative(seconds),
            TtlKind::ABSOLUTE => TtlForm::Absolute(seconds),
            TtlKind(kind) => TtlForm::Other { kind, seconds },
        };
        form.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (kind, seconds) = match TtlForm::deserialize(from)? {
            TtlForm::Relative(seconds) => (TtlKind::RELATIVE, seconds),
            TtlForm::Absolute(seconds) => (TtlKind::ABSOLUTE, seconds),
            TtlForm::Other { kind, seconds } => (TtlKind(kind), seconds),
        };
        Ok(Self { kind, seconds })
    }
}

/// Prints seconds since 1970 as `2026-11-22T08:00:00Z`.
///
/// ```
/// assert_eq!(model::value::date_text(1_795_334_400), "2026-11-22T08:00:00Z");
/// ```
pub fn date_text(seconds: u32) -> String {
    let date = Timestamp::from_second(seconds.into());
    date.expect("jiff knows the years up to 9999").to_string()
}

/// Reads a date of ISO 8601 with any offset, such as `2026-11-22T08:00:00Z`, as seconds since 1970;
/// parts of seconds are dropped.
///
/// # Errors
/// [`Error::Unexpected`] for anything else, and for years that 32 bits of seconds do not reach.
pub fn seconds_of_date(text: &str) -> Result<u32, Error> {
    let date: Option<Timestamp> = text.parse().ok();
    date.and_then(|date| date.as_second().try_into().ok())
        .ok_or(not(
            "date",
            "such as 2026-11-22T08:00:00Z, from 1970 to 2106",
        ))
}

/// Seconds since 1970 as a date.
mod date {
    use super::{Deserialize, Deserializer, Serializer, String, date_text, de, seconds_of_date};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(seconds: &u32, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&date_text(*seconds))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
        let text = String::deserialize(from)?;
        seconds_of_date(&text).map_err(de::Error::custom)
    }
}
