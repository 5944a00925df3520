//! How what applications tell of cases, tasks and bulletins rests in events: one octet that says
//! the format, then JSON whose fields are in the order of the struct.
//!
//! The same struct always makes the same octets. Not here: which fields there are.

use facts::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// The format of everything that is packed here.
const FORMAT: u8 = 1;

/// The octets of a struct.
pub(crate) fn pack(value: &impl Serialize) -> Vec<u8> {
    let mut out = vec![FORMAT];
    serde_json::to_writer(&mut out, value).expect("structs of texts and counts are always JSON");
    out
}

/// Reads what [`pack`] has made; fields that are not known are passed over.
///
/// # Errors
/// [`Error::Stored`].
pub(crate) fn unpack<T: DeserializeOwned>(what: &'static str, octets: &[u8]) -> Result<T, Error> {
    let stored = |problem: String| Error::Stored { what, problem };
    match octets.split_first() {
        Some((&FORMAT, json)) => {
            serde_json::from_slice(json).map_err(|error| stored(error.to_string()))
        }
        Some((format, _)) => Err(stored(format!(
            "it has format {format}, this version reads {FORMAT}"
        ))),
        None => Err(stored("it is empty".to_owned())),
    }
}

/// The digest by SHA-256, in hexadecimal.
pub(crate) fn sha256(octets: &[u8]) -> String {
    let digit = |octet: u8| char::from_digit(octet.into(), 16).unwrap_or_default();
    let digest = Sha256::digest(octets);
    let digits = digest.iter().flat_map(|octet| [octet >> 4, octet & 15]);
    digits.map(digit).collect()
}

/// Codes, days and numbers, as the text that they are written as.
pub(crate) mod text {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::fmt::Display;
    use std::str::FromStr;

    pub(crate) fn serialize<S: Serializer>(of: &impl Display, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(of)
    }

    pub(crate) fn deserialize<'d, D, T>(from: D) -> Result<T, D::Error>
    where
        D: Deserializer<'d>,
        T: FromStr<Err: Display>,
    {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// The same of what may be absent: `null` then.
pub(crate) mod text_or_none {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::fmt::Display;
    use std::str::FromStr;

    // The signature is what serde calls.
    #[allow(clippy::ref_option)]
    pub(crate) fn serialize<S: Serializer>(
        of: &Option<impl Display>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match of {
            Some(of) => to.collect_str(of),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'d, D, T>(from: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'d>,
        T: FromStr<Err: Display>,
    {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(de::Error::custom))
            .transpose()
    }
}

/// Several of them.
pub(crate) mod texts {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::fmt::Display;
    use std::str::FromStr;

    pub(crate) fn serialize<S: Serializer>(of: &[impl Display], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(of.iter().map(ToString::to_string))
    }

    pub(crate) fn deserialize<'d, D, T>(from: D) -> Result<Vec<T>, D::Error>
    where
        D: Deserializer<'d>,
        T: FromStr<Err: Display>,
    {
        let texts = Vec::<String>::deserialize(from)?;
        let parsed = texts
            .iter()
            .map(|text| text.parse().map_err(de::Error::custom));
        parsed.collect()
    }
}

/// Forms of series, by their numbers.
pub(crate) mod form {
    use facts::Form;
    use serde::{Deserialize, Deserializer, Serializer, de};

    // The signature is what serde calls.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(of: &Form, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(of.number())
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Form, D::Error> {
        let number = u8::deserialize(from)?;
        let form = Form::ALL.into_iter().find(|form| form.number() == number);
        form.ok_or_else(|| de::Error::custom("there is no form of this number"))
    }
}
