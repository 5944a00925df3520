//! How octets stand in JSON: as text, as text or base64, as base64. For `#[serde(with = "…")]`.
//!
//! The forms are those of the reference software's JSON. Where that would lose octets (text that
//! is not UTF-8), an object `{"base64":"…"}` stands in place of the string; it is never written
//! for what the reference software can write. Not here: which members a thing has.

use alloc::string::String;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Base64 with the usual alphabet, written with padding and read with or without it.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// Base64 for addresses and file names, written without padding and read with or without it.
pub(crate) const BASE64_URL: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT.with_encode_padding(false));

/// Octets that are nearly always UTF-8 text: a string, or `{"base64":"…"}`.
pub(crate) mod text {
    use super::{BASE64, String};
    use alloc::borrow::Cow;
    use base64::Engine as _;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form<'a> {
        Text(Cow<'a, str>),
        Octets { base64: String },
    }

    pub(crate) fn serialize<S: Serializer>(octets: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        let form = match core::str::from_utf8(octets) {
            Ok(text) => Form::Text(text.into()),
            Err(_) => Form::Octets {
                base64: BASE64.encode(octets),
            },
        };
        form.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        match Form::deserialize(from)? {
            Form::Text(text) => Ok(Bytes::from(text.into_owned())),
            Form::Octets { base64 } => BASE64
                .decode(base64)
                .map(Bytes::from)
                .map_err(|_| de::Error::custom("not base64")),
        }
    }
}

/// Any octets: a string of base64 with padding.
pub(crate) mod octets {
    use super::{BASE64, String};
    use base64::Engine as _;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(octets: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(octets))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        BASE64
            .decode(String::deserialize(from)?)
            .map(Bytes::from)
            .map_err(|_| de::Error::custom("not base64"))
    }
}

/// A number that some writers put in quotes: `200` or `"200"`; written without.
pub(crate) mod number {
    use super::String;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[derive(Deserialize)]
    #[serde(untagged, expecting = "index is no number from 0 to 4294967295")]
    enum Form {
        Number(u32),
        Text(String),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(crate) fn serialize<S: Serializer>(number: &u32, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(*number)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
        match Form::deserialize(from)? {
            Form::Number(number) => Ok(number),
            Form::Text(text) => text
                .parse()
                .map_err(|_| de::Error::custom("not a number from 0 to 4294967295")),
        }
    }
}
