//! Replication streams as JSON: how they are protected, and their records.
//!
//! ```json
//! {"protection":"signed","digestAlgorithm":"SHA1","content":"transactions","version":1,
//!  "status":2,"records":[{"type":"end","date":1700000000123,"signature":"…"}]}
//! ```
//!
//! `protection` is missing where the octets begin with what is protected: records of TLS, a log
//! or a dump. Octets that end inside a record are `rest`. Not here: the layouts (room `wire`).

use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::{Form, HEX, TEXT, U32};
use super::record::{DUMP_RECORD, TLS_RECORD, TXN_RECORD};
use bytes::Bytes;
use model::octets::{Reader, put_string};
use serde_json::{Map, Value as Json};
use wire::Opcode;
use wire::dump_stream::{DUMP_VERSION, DumpRecord};
use wire::replication_stream::Protection;
use wire::tls_record::TlsRecord;
use wire::txn_stream::{TxnHead, TxnRecord, TxnStatus};

/// The lengths that signatures have. A record that follows instead of one begins with a kind and
/// a number or length, which as a length would be less or more.
const SIGNATURE_OCTETS: std::ops::RangeInclusive<u32> = 16..=4096;

/// What a stream is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Tls,
    Transactions,
    Dump,
}

impl Content {
    const ALL: [(Self, &str); 3] = [
        (Self::Tls, "tls"),
        (Self::Transactions, "transactions"),
        (Self::Dump, "dump"),
    ];

    fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(content, _)| *content == self);
        found.map_or("", |(_, name)| name)
    }
}

/// A stream that starts at octet `base` of the input and answers an operation, if it is known.
///
/// # Errors
/// Nothing of it can be read.
pub(super) fn write(octets: &Bytes, base: usize, opcode: Option<Opcode>) -> Result<Json, Fault> {
    let mut stream = Map::new();
    let mut reader = Reader::new(octets.clone());
    let protection = if TlsRecord::begins(octets) {
        None
    } else {
        let mut tried = reader.clone();
        let protection = Protection::read(&mut tried).ok();
        if protection.is_some() {
            reader = tried;
        }
        protection
    };
    let is_signed = matches!(protection, Some(Protection::Signed(_)));
    if let Some(protection) = &protection {
        write_protection(&mut stream, protection);
    }
    let left = reader.peek(octets.len());
    let content = content_of(&left, protection.as_ref(), opcode);
    if let Some(content) = content {
        write_content(&mut stream, &mut reader, content, is_signed);
    }
    let at = reader.at();
    let rest = reader.rest();
    if at == 0 && !rest.is_empty() {
        let what = "no replication stream begins so: it is neither protected nor TLS, a \
                    transaction log of version 1 or 2, or a dump of version 2";
        return Err(Fault::octet(base, what));
    }
    if !rest.is_empty() {
        stream.insert("rest".into(), hex::encode(&rest).into());
        let fault = Fault::octet(base + at, "no whole record follows");
        stream.insert("restError".into(), fault.to_json());
    }
    Ok(Json::Object(stream))
}

fn write_protection(stream: &mut Map<String, Json>, protection: &Protection) {
    let name = match protection {
        Protection::Signed(_) => "signed",
        Protection::Unsigned => "unsigned",
        Protection::Tls => "tls",
    };
    stream.insert("protection".into(), name.into());
    if let Protection::Signed(algorithm) = protection {
        stream.insert("digestAlgorithm".into(), (TEXT.write)(algorithm));
    }
}

/// What the octets are: known from the operation, else from how they begin.
fn content_of(
    octets: &Bytes,
    protection: Option<&Protection>,
    opcode: Option<Opcode>,
) -> Option<Content> {
    if octets.is_empty() {
        return None;
    }
    if protection == Some(&Protection::Tls) || TlsRecord::begins(octets) {
        return Some(Content::Tls);
    }
    let version = u32::from_be_bytes(*octets.first_chunk()?);
    match (opcode, version) {
        (Some(Opcode::DUMP_HANDLES), _) => Some(Content::Dump),
        (Some(Opcode::RETRIEVE_TXN_LOG), _) | (_, 1) => Some(Content::Transactions),
        (_, DUMP_VERSION) => Some(longer(octets, protection)),
        _ => None,
    }
}

/// A log and a dump of version 2 may begin alike: it is the one that more can be read of.
fn longer(octets: &Bytes, protection: Option<&Protection>) -> Content {
    let is_signed = matches!(protection, Some(Protection::Signed(_)));
    let read = |content| {
        let mut reader = Reader::new(octets.clone());
        write_content(&mut Map::new(), &mut reader, content, is_signed);
        reader.at()
    };
    if read(Content::Transactions) > read(Content::Dump) {
        Content::Transactions
    } else {
        Content::Dump
    }
}

/// Takes as many whole records as there are.
fn write_content(
    stream: &mut Map<String, Json>,
    reader: &mut Reader,
    content: Content,
    is_signed: bool,
) {
    if write_head(stream, reader, content, is_signed).is_none() {
        return;
    }
    let mut records = Vec::new();
    let mut tried = reader.clone();
    while let Some(mut record) = write_record(&mut tried, content) {
        if let Some(signature) = signature(&mut tried, is_signed) {
            record["signature"] = signature;
        }
        records.push(record);
        *reader = tried.clone();
    }
    stream.insert("records".into(), records.into());
}

fn write_head(
    stream: &mut Map<String, Json>,
    reader: &mut Reader,
    content: Content,
    is_signed: bool,
) -> Option<()> {
    let mut head = Map::new();
    let mut tried = reader.clone();
    match content {
        Content::Tls => {}
        Content::Transactions => {
            let read = TxnHead::read(&mut tried).ok()?;
            head.insert("version".into(), read.version.into());
            head.insert("status".into(), read.status.0.into());
            if let Some(name) = read.status.name() {
                head.insert("statusName".into(), name.into());
            }
        }
        Content::Dump => {
            let version = tried.u32("version of the dump").ok()?;
            head.insert("version".into(), version.into());
        }
    }
    if content != Content::Tls
        && let Some(signature) = signature(&mut tried, is_signed)
    {
        head.insert("signature".into(), signature);
    }
    *reader = tried;
    stream.insert("content".into(), content.name().into());
    stream.extend(head);
    Some(())
}

fn write_record(reader: &mut Reader, content: Content) -> Option<Json> {
    if reader.is_at_end() {
        return None;
    }
    Some(match content {
        Content::Tls => (TLS_RECORD.write)(&TlsRecord::read(reader).ok()?),
        Content::Transactions => (TXN_RECORD.write)(&TxnRecord::read(reader).ok()?),
        Content::Dump => (DUMP_RECORD.write)(&DumpRecord::read(reader).ok()?),
    })
}

/// The signature of the block that was just read, if one follows.
fn signature(reader: &mut Reader, is_signed: bool) -> Option<Json> {
    let length = u32::from_be_bytes(*reader.peek(4).first_chunk()?);
    if !is_signed || !SIGNATURE_OCTETS.contains(&length) {
        return None;
    }
    let mut tried = reader.clone();
    let signature = tried.string("signature of the block").ok()?;
    *reader = tried;
    Some((HEX.write)(&signature))
}

/// The inverse of [`write()`].
pub(super) fn read(json: Json, path: &str) -> Result<Bytes, Fault> {
    let mut out = Vec::new();
    fields::read(json, path, |fields| {
        read_protection(fields, &mut out)?;
        read_content(fields, &mut out)?;
        let mut rest = Bytes::new();
        fields.usual("rest", &mut rest, &HEX)?;
        fields.remark("restError", || None);
        out.extend_from_slice(&rest);
        Ok(())
    })?;
    Ok(out.into())
}

fn read_protection(fields: &mut Fields, out: &mut Vec<u8>) -> Result<(), Fault> {
    let Some(name) = fields.take("protection") else {
        return Ok(());
    };
    let protection = match name.as_str() {
        Some("signed") => {
            let mut algorithm = Bytes::from_static(b"SHA1");
            fields.usual("digestAlgorithm", &mut algorithm, &TEXT)?;
            Protection::Signed(algorithm)
        }
        Some("unsigned") => Protection::Unsigned,
        Some("tls") => Protection::Tls,
        _ => return Err(fields.fault("protection", "is none of signed, unsigned, tls")),
    };
    protection.put(out);
    Ok(())
}

fn read_content(fields: &mut Fields, out: &mut Vec<u8>) -> Result<(), Fault> {
    let Some(name) = fields.take("content") else {
        return Ok(());
    };
    let found = Content::ALL.iter().find(|(_, known)| name == *known);
    let Some((content, _)) = found else {
        return Err(fields.fault("content", "is none of tls, transactions, dump"));
    };
    match content {
        Content::Tls => return read_records(fields, out, &TLS_RECORD, TlsRecord::put),
        Content::Transactions => {
            let (mut version, mut status) = (1, TxnStatus::SENDING.0);
            fields.usual("version", &mut version, &U32)?;
            fields.usual("status", &mut status, &U32)?;
            let status = TxnStatus(status);
            if let Some(name) = status.name() {
                fields.derived("statusName", name)?;
            }
            TxnHead { version, status }.put(out);
        }
        Content::Dump => {
            let mut version = DUMP_VERSION;
            fields.usual("version", &mut version, &U32)?;
            out.extend_from_slice(&version.to_be_bytes());
        }
    }
    read_signature(fields, out)?;
    match content {
        Content::Dump => read_records(fields, out, &DUMP_RECORD, DumpRecord::put),
        _ => read_records(fields, out, &TXN_RECORD, TxnRecord::put),
    }
}

fn read_signature(fields: &mut Fields, out: &mut Vec<u8>) -> Result<(), Fault> {
    let mut signature = None;
    fields.option("signature", &mut signature, &HEX)?;
    if let Some(signature) = signature {
        put_string(out, &signature);
    }
    Ok(())
}

fn read_records<T>(
    fields: &mut Fields,
    out: &mut Vec<u8>,
    form: &Form<T>,
    put: fn(&T, &mut Vec<u8>),
) -> Result<(), Fault> {
    let path = fields.path("records");
    let records = fields
        .take("records")
        .unwrap_or_else(|| Json::Array(Vec::new()));
    let Json::Array(records) = records else {
        return Err(Fault::member(&path, "is no list"));
    };
    for (at, mut record) in records.into_iter().enumerate() {
        let path = format!("{path}[{at}]");
        let signature = record
            .as_object_mut()
            .and_then(|at| at.shift_remove("signature"));
        put(&(form.read)(record, &path)?, out);
        if let Some(signature) = signature {
            put_string(out, &(HEX.read)(signature, &format!("{path}.signature"))?);
        }
    }
    Ok(())
}
