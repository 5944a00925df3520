//! Values as JSON, in the shape of the field's HTTP API, and lists of them.
//!
//! ```json
//! {"index":1,"type":"URL","data":{"format":"string","value":"x:y"},"ttl":86400,
//!  "timestamp":"2023-11-14T22:13:20Z"}
//! ```
//!
//! `permissions` is left out where it is `1110` and `references` where there are none; an absolute
//! ttl is a date. Octets that a date or a digit cannot say are numbers. Not here: the data of
//! types ([`super::data`]).

use super::data::{self, ANY};
use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::{Form, TEXT, U8, U32};
use bytes::Bytes;
use jiff::Timestamp;
use model::octets::{Reader, put_string};
use model::value::TtlKind;
use model::{EncodedValue, Permissions, Reference, Ttl, Value, ValueType};
use serde_json::{Value as Json, json};

/// One value.
pub(crate) const VALUE: Form<EncodedValue> = Form {
    write: |encoded| {
        let mut value = encoded.value();
        fields::written(|fields| describe(fields, &mut value))
    },
    read: |json, path| {
        let mut value = Value::public(0, "", "");
        fields::read(json, path, |fields| describe(fields, &mut value))?;
        let encoded = EncodedValue::of(&value);
        let mut reader = Reader::new(encoded.octets().clone());
        EncodedValue::read(&mut reader).map_err(|error| Fault::member(path, error))
    },
};

const PERMISSIONS: Form<Permissions> = Form {
    write: |permissions| permissions.to_string().into(),
    read: |json, path| {
        let is_digits = |text: &&str| text.bytes().all(|octet| matches!(octet, b'0' | b'1'));
        let digits = json.as_str().filter(is_digits);
        let digits = digits.filter(|digits| (4..=8).contains(&digits.len()));
        let bits = digits.and_then(|digits| u8::from_str_radix(digits, 2).ok());
        let what = "is no string of four digits 0 or 1";
        Ok(Permissions(bits.ok_or_else(|| Fault::member(path, what))?))
    },
};

/// Seconds as a date.
const DATE: Form<u32> = Form {
    write: |seconds| date(*seconds).into(),
    read: |json, path| match json.as_str() {
        Some(text) => seconds(text).ok_or_else(|| {
            let what = "is no date of whole seconds from 1970 to 2106, such as \
                        2026-11-22T08:00:00Z";
            Fault::member(path, what)
        }),
        None => (U32.read)(json, path),
    },
};

const TTL: Form<Ttl> = Form {
    write: |ttl| match ttl.kind {
        TtlKind::RELATIVE => ttl.seconds.into(),
        TtlKind::ABSOLUTE => date(ttl.seconds).into(),
        TtlKind(kind) => json!({"kind": kind, "seconds": ttl.seconds}),
    },
    read: |json, path| match json {
        Json::Number(_) => Ok(Ttl {
            kind: TtlKind::RELATIVE,
            seconds: (U32.read)(json, path)?,
        }),
        Json::Object(_) => {
            let mut ttl = Ttl::DAY;
            fields::read(json, path, |fields| {
                fields.need("kind", &mut ttl.kind.0, &U8)?;
                fields.need("seconds", &mut ttl.seconds, &U32)
            })?;
            Ok(ttl)
        }
        _ => Ok(Ttl {
            kind: TtlKind::ABSOLUTE,
            seconds: (DATE.read)(json, path)?,
        }),
    },
};

const REFERENCE: Form<Reference> = Form {
    write: |reference| {
        let mut reference = reference.clone();
        fields::written(|fields| describe_reference(fields, &mut reference))
    },
    read: |json, path| {
        let mut reference = Reference {
            identifier: Bytes::new(),
            index: 0,
        };
        fields::read(json, path, |fields| {
            describe_reference(fields, &mut reference)
        })?;
        Ok(reference)
    },
};

fn describe_reference(fields: &mut Fields, reference: &mut Reference) -> Result<(), Fault> {
    fields.need("handle", &mut reference.identifier, &TEXT)?;
    fields.need("index", &mut reference.index, &U32)
}

fn describe(fields: &mut Fields, value: &mut Value) -> Result<(), Fault> {
    fields.need("index", &mut value.index, &U32)?;
    let mut value_type = value.value_type.octets().clone();
    fields.need("type", &mut value_type, &TEXT)?;
    describe_data(fields, &value_type, &mut value.data)?;
    let default = if value_type.eq_ignore_ascii_case(b"HS_SECKEY") && fields.is_reading() {
        Permissions(Permissions::ADMIN_READ.0 | Permissions::ADMIN_WRITE.0)
    } else {
        Permissions::DEFAULT
    };
    if fields.is_reading() {
        value.permissions = default;
        value.value_type = ValueType::new(value_type.clone());
    }
    let is_secret = value_type.eq_ignore_ascii_case(b"HS_SECKEY");
    if is_secret {
        fields.usual("permissions", &mut value.permissions, &PERMISSIONS)?;
    } else {
        fields.seldom(
            "permissions",
            &mut value.permissions,
            &default,
            &PERMISSIONS,
        )?;
    }
    fields.usual("ttl", &mut value.ttl, &TTL)?;
    fields.usual("timestamp", &mut value.timestamp, &DATE)?;
    if fields.is_reading() || !value.references.is_empty() {
        fields.list("references", &mut value.references, &REFERENCE)?;
    }
    Ok(())
}

fn describe_data(fields: &mut Fields, value_type: &[u8], octets: &mut Bytes) -> Result<(), Fault> {
    if !fields.is_reading() {
        fields.put("data", data::write(value_type, octets));
        return Ok(());
    }
    let mut json = Json::Null;
    fields.need("data", &mut json, &ANY)?;
    *octets = data::read(json, &fields.path("data"))?;
    Ok(())
}

/// Seconds since 1970 as a date.
pub(crate) fn date(seconds: u32) -> String {
    let date = Timestamp::from_second(seconds.into());
    date.expect("32 bits end in 2106").to_string()
}

fn seconds(text: &str) -> Option<u32> {
    let date: Timestamp = text.parse().ok()?;
    let is_whole = date.subsec_nanosecond() == 0;
    u32::try_from(date.as_second()).ok().filter(|_| is_whole)
}

/// How a list of values is laid out in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// The length of all that follows, a count, values.
    Prefixed,
    /// A count, then each value with its length in front.
    Sized,
    /// A count, then values.
    Plain,
}

impl Layout {
    const ALL: [(Self, &str); 3] = [
        (Self::Prefixed, "prefixed"),
        (Self::Sized, "sized"),
        (Self::Plain, "plain"),
    ];

    fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(layout, _)| *layout == self);
        found.map_or("", |(_, name)| name)
    }
}

/// A file of values, as servers keep one of what they know of the root.
///
/// # Errors
/// The octets are laid out in none of three ways; the complaint is about the first.
pub(crate) fn write_file(octets: &Bytes) -> Result<(Json, Vec<EncodedValue>), Fault> {
    let tries = Layout::ALL.map(|(layout, _)| (layout, read_layout(octets, layout)));
    let prefix = octets
        .first_chunk()
        .map(|length| u32::from_be_bytes(*length) as usize);
    let first = if prefix == Some(octets.len().wrapping_sub(4)) {
        0
    } else {
        2
    };
    let mut complaint = None;
    for (at, (layout, tried)) in tries.into_iter().enumerate() {
        match tried {
            Ok(values) => {
                let json = VALUE.write_list(&values);
                return Ok((json!({"layout": layout.name(), "values": json}), values));
            }
            Err(error) if at == first => complaint = Some(error),
            Err(_) => {}
        }
    }
    let error = complaint.expect("the first is one of them");
    Err(Fault::of_model(&error, 0, octets.len()))
}

fn read_layout(octets: &Bytes, layout: Layout) -> Result<Vec<EncodedValue>, model::Error> {
    let mut reader = Reader::new(octets.clone());
    if layout == Layout::Prefixed {
        let inside = reader.string("length of the values")?;
        reader.finish("values")?;
        return read_layout(&inside, Layout::Plain);
    }
    let limit = model::record::VALUES_COUNT_MAX;
    let count = reader.count("values", limit, model::value::VALUE_OCTETS_MIN)?;
    let mut values = Vec::new();
    for _ in 0..count {
        values.push(match layout {
            Layout::Sized => {
                let mut inside = Reader::new(reader.string("value")?);
                let value = EncodedValue::read(&mut inside)?;
                inside.finish("value")?;
                value
            }
            _ => EncodedValue::read(&mut reader)?,
        });
    }
    reader.finish("values")?;
    Ok(values)
}

/// The inverse of [`write_file`]; without a layout, or with a list alone, `prefixed`.
pub(crate) fn read_file(json: Json) -> Result<Bytes, Fault> {
    let mut values = Vec::new();
    let mut layout = Json::from(Layout::Prefixed.name());
    if json.is_array() {
        values = VALUE.read_list(json, "")?;
    } else {
        fields::read(json, "", |fields| {
            fields.usual("layout", &mut layout, &ANY)?;
            if !fields.has("values") {
                return Err(fields.fault("values", "is missing"));
            }
            fields.remark("quirks", || None);
            fields.list("values", &mut values, &VALUE)
        })?;
    }
    let found = Layout::ALL.iter().find(|(_, name)| layout == *name);
    let (layout, _) =
        found.ok_or_else(|| Fault::member("layout", "is none of prefixed, sized, plain"))?;
    let mut out = Vec::new();
    model::octets::put_count(&mut out, values.len());
    for value in &values {
        match layout {
            Layout::Sized => put_string(&mut out, value.octets()),
            _ => out.extend_from_slice(value.octets()),
        }
    }
    if *layout == Layout::Prefixed {
        let inside = std::mem::take(&mut out);
        put_string(&mut out, &inside);
    }
    Ok(out.into())
}
