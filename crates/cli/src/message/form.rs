//! How single things are spelled in JSON: numbers, octets, text.
//!
//! Octets are hexadecimal strings. Text is a string, or `{"hex":"…"}` where it is not UTF-8 or has
//! control characters in it. Not here: things with members.

use super::fault::Fault;
use bytes::Bytes;
use serde_json::{Value as Json, json};

/// How a thing is written and read. Reading gets the path of the member for its complaints.
pub(crate) struct Form<T> {
    pub(crate) write: fn(&T) -> Json,
    pub(crate) read: fn(Json, &str) -> Result<T, Fault>,
}

impl<T> Form<T> {
    pub(crate) fn write_list(&self, things: &[T]) -> Json {
        things.iter().map(self.write).collect()
    }

    pub(crate) fn read_list(&self, json: Json, path: &str) -> Result<Vec<T>, Fault> {
        let Json::Array(things) = json else {
            return Err(Fault::member(path, "is no list"));
        };
        let indexed = things.into_iter().enumerate();
        indexed
            .map(|(at, thing)| (self.read)(thing, &format!("{path}[{at}]")))
            .collect()
    }
}

/// Octets as hexadecimal digits.
pub(crate) const HEX: Form<Bytes> = Form {
    write: |octets| hex::encode(octets).into(),
    read: |json, path| {
        let text = json.as_str().ok_or_else(|| no_hex(path))?;
        Ok(hex::decode(text).map_err(|_| no_hex(path))?.into())
    },
};

fn no_hex(path: &str) -> Fault {
    Fault::member(path, "is no string of pairs of hexadecimal digits")
}

/// Octets that are nearly always text.
pub(crate) const TEXT: Form<Bytes> = Form {
    write: |octets| match printable(octets) {
        Some(text) => text.into(),
        None => json!({"hex": hex::encode(octets)}),
    },
    read: |json, path| match json {
        Json::String(text) => Ok(text.into()),
        Json::Object(mut members) => {
            let octets = members.shift_remove("hex").filter(|_| members.is_empty());
            let octets = octets.ok_or_else(|| no_text(path))?;
            (HEX.read)(octets, &format!("{path}.hex"))
        }
        _ => Err(no_text(path)),
    },
};

fn no_text(path: &str) -> Fault {
    Fault::member(path, "is neither a string nor {\"hex\":\"…\"}")
}

/// Octets as text that can be shown: UTF-8 without control characters but line ends and tabs.
pub(crate) fn printable(octets: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(octets).ok()?;
    let is_binary = |character: char| character.is_control() && !character.is_whitespace();
    (!text.contains(is_binary)).then_some(text)
}

/// Yes or no.
pub(crate) const BOOL: Form<bool> = Form {
    write: |is| (*is).into(),
    read: |json, path| {
        let is = json.as_bool();
        is.ok_or_else(|| Fault::member(path, "is neither true nor false"))
    },
};

/// A number of one octet.
pub(crate) const U8: Form<u8> = Form {
    write: |number| (*number).into(),
    read: |json, path| read_number(&json, path, u8::MAX.into(), |number| number as u8),
};

/// A number of two octets.
pub(crate) const U16: Form<u16> = Form {
    write: |number| (*number).into(),
    read: |json, path| read_number(&json, path, u16::MAX.into(), |number| number as u16),
};

/// A number of four octets. Negative ones are read as the reference software prints them.
pub(crate) const U32: Form<u32> = Form {
    write: |number| (*number).into(),
    read: |json, path| match json.as_i64().map(i32::try_from) {
        Some(Ok(number)) if number < 0 => Ok(number.cast_unsigned()),
        _ => read_number(&json, path, u32::MAX.into(), |number| number as u32),
    },
};

/// A number of eight octets. Negative ones are read as the reference software prints them.
pub(crate) const U64: Form<u64> = Form {
    write: |number| (*number).into(),
    read: |json, path| match json.as_i64() {
        Some(number) if number < 0 => Ok(number.cast_unsigned()),
        _ => read_number(&json, path, u64::MAX, |number| number),
    },
};

fn read_number<T>(json: &Json, path: &str, max: u64, cast: fn(u64) -> T) -> Result<T, Fault> {
    let number = json.as_u64().filter(|number| *number <= max);
    let number = number
        .ok_or_else(|| Fault::member(path, format_args!("is no whole number from 0 to {max}")))?;
    Ok(cast(number))
}

/// Octets of a text in hexadecimal; white space between digits does not matter.
///
/// # Errors
/// Something else is in it, or half an octet.
pub(crate) fn octets_of(text: &str) -> Result<Bytes, Fault> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(at) = digits.iter().position(|c| !c.is_ascii_hexdigit()) {
        let what = format_args!("{:?} is no hexadecimal digit", digits[at]);
        return Err(Fault::octet(at / 2, what));
    }
    let digits: String = digits.into_iter().collect();
    let octets = hex::decode(&digits).map_err(|_| {
        let what = "the last octet has one digit only; two are needed";
        Fault::octet(digits.len() / 2, what)
    })?;
    Ok(octets.into())
}

/// Checks that the objects of a thing that is read elsewhere have no members but these.
pub(crate) fn only(json: &Json, path: &str, known: &[&str]) -> Result<(), Fault> {
    let Json::Object(members) = json else {
        return Err(Fault::member(path, "is no object"));
    };
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Fault::member(
            &format!("{path}.{name}"),
            "is no member here",
        )),
    }
}
