//! Records of replication streams as JSON. Not here: the stream around them ([`super::stream`]).

use super::data::ANY;
use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::{Form, HEX, TEXT, U8, U32, U64};
use super::value::VALUE;
use bytes::Bytes;
use serde_json::Value as Json;
use wire::dump_stream::{ChangeDate, DumpRecord};
use wire::tls_record::{TlsContent, TlsRecord};
use wire::txn_stream::{TxnAction, TxnRecord};

/// A record of TLS.
pub(super) const TLS_RECORD: Form<TlsRecord> = Form {
    write: |record| {
        let mut record = record.clone();
        fields::written(|fields| describe_tls(fields, &mut record))
    },
    read: |json, path| {
        let mut record = TlsRecord {
            content: TlsContent(0),
            version: (3, 3),
            payload: Bytes::new(),
        };
        fields::read(json, path, |fields| describe_tls(fields, &mut record))?;
        if record.payload.len() > u16::MAX.into() {
            return Err(Fault::member(path, "has more than 65535 octets"));
        }
        Ok(record)
    },
};

fn describe_tls(fields: &mut Fields, record: &mut TlsRecord) -> Result<(), Fault> {
    fields.need("contentType", &mut record.content.0, &U8)?;
    match record.content.name() {
        Some(name) => fields.derived("contentName", name)?,
        None => return Err(fields.fault("contentType", "is none of 20 to 23")),
    }
    fields.usual("major", &mut record.version.0, &U8)?;
    fields.usual("minor", &mut record.version.1, &U8)?;
    fields.need("payload", &mut record.payload, &HEX)
}

/// A record of a transaction log.
pub(super) const TXN_RECORD: Form<TxnRecord> = Form {
    write: |record| {
        let mut record = record.clone();
        fields::written(|fields| {
            fields.put("type", txn_type(&record));
            describe_txn(fields, &mut record)
        })
    },
    read: |json, path| {
        let mut record = TxnRecord::End { date_ms: 0 };
        fields::read(json, path, |fields| {
            record = empty_txn(fields)?;
            describe_txn(fields, &mut record)
        })?;
        Ok(record)
    },
};

fn txn_type(record: &TxnRecord) -> &'static str {
    match record {
        TxnRecord::Transaction { .. } => "transaction",
        TxnRecord::Queue { .. } => "queue",
        TxnRecord::QueueEnd { .. } => "queueEnd",
        _ => "end",
    }
}

fn empty_txn(fields: &mut Fields) -> Result<TxnRecord, Fault> {
    let mut name = Json::Null;
    fields.need("type", &mut name, &ANY)?;
    Ok(match name.as_str() {
        Some("end") => TxnRecord::End { date_ms: 0 },
        Some("queueEnd") => TxnRecord::QueueEnd { date_ms: 0 },
        Some("queue") => TxnRecord::Queue { name: Bytes::new() },
        Some("transaction") => TxnRecord::Transaction {
            number: 0,
            identifier: Bytes::new(),
            action: TxnAction::PLACEHOLDER,
            date_ms: 0,
            values: None,
        },
        _ => {
            let what = "is none of end, transaction, queue, queueEnd";
            return Err(fields.fault("type", what));
        }
    })
}

fn describe_txn(fields: &mut Fields, record: &mut TxnRecord) -> Result<(), Fault> {
    match record {
        TxnRecord::Transaction {
            number,
            identifier,
            action,
            date_ms,
            values,
        } => {
            fields.need("txnId", number, &U64)?;
            fields.need("handle", identifier, &TEXT)?;
            fields.need("action", &mut action.0, &U8)?;
            if let Some(name) = action.name() {
                fields.derived("actionName", name)?;
            }
            fields.need("date", date_ms, &U64)?;
            if fields.is_reading() && action.has_values() {
                *values = Some(Vec::new());
            }
            match values {
                Some(values) => fields.list("values", values, &VALUE),
                None => Ok(()),
            }
        }
        TxnRecord::Queue { name } => fields.need("name", name, &TEXT),
        TxnRecord::End { date_ms } | TxnRecord::QueueEnd { date_ms } => {
            fields.need("date", date_ms, &U64)
        }
        _ => Ok(()),
    }
}

/// A record of a dump.
pub(super) const DUMP_RECORD: Form<DumpRecord> = Form {
    write: |record| {
        let mut record = record.clone();
        fields::written(|fields| {
            fields.put("type", dump_type(&record));
            describe_dump(fields, &mut record)
        })
    },
    read: |json, path| {
        let mut record = DumpRecord::End;
        fields::read(json, path, |fields| {
            record = empty_dump(fields)?;
            describe_dump(fields, &mut record)
        })?;
        Ok(record)
    },
};

fn dump_type(record: &DumpRecord) -> &'static str {
    match record {
        DumpRecord::ThisServer { .. } => "thisServer",
        DumpRecord::Identifier { .. } => "handle",
        DumpRecord::HomedPrefix { .. } => "homedPrefix",
        DumpRecord::IdentifierDate(_) => "handleDate",
        DumpRecord::PrefixDate(_) => "prefixDate",
        DumpRecord::OtherSites { .. } => "otherSites",
        _ => "end",
    }
}

fn empty_dump(fields: &mut Fields) -> Result<DumpRecord, Fault> {
    let mut name = Json::Null;
    fields.need("type", &mut name, &ANY)?;
    let (identifier, date_ms) = (Bytes::new(), 0);
    let date = ChangeDate {
        identifier: identifier.clone(),
        date_ms,
        priority: 0,
    };
    Ok(match name.as_str() {
        Some("thisServer") => DumpRecord::ThisServer {
            date_ms,
            last_txn: 0,
        },
        Some("handle") => DumpRecord::Identifier {
            identifier,
            values: Vec::new(),
        },
        Some("homedPrefix") => DumpRecord::HomedPrefix { identifier },
        Some("handleDate") => DumpRecord::IdentifierDate(date),
        Some("prefixDate") => DumpRecord::PrefixDate(date),
        Some("otherSites") => DumpRecord::OtherSites { text: identifier },
        Some("end") => DumpRecord::End,
        _ => {
            let what = "is none of thisServer, handle, homedPrefix, handleDate, prefixDate, \
                        otherSites, end";
            return Err(fields.fault("type", what));
        }
    })
}

fn describe_dump(fields: &mut Fields, record: &mut DumpRecord) -> Result<(), Fault> {
    match record {
        DumpRecord::ThisServer { date_ms, last_txn } => {
            fields.need("date", date_ms, &U64)?;
            fields.need("lastTxnId", last_txn, &U64)
        }
        DumpRecord::Identifier { identifier, values } => {
            fields.need("handle", identifier, &TEXT)?;
            fields.list("values", values, &VALUE)
        }
        DumpRecord::HomedPrefix { identifier } => fields.need("handle", identifier, &TEXT),
        DumpRecord::IdentifierDate(date) | DumpRecord::PrefixDate(date) => {
            fields.need("handle", &mut date.identifier, &TEXT)?;
            fields.need("date", &mut date.date_ms, &U64)?;
            fields.usual("priority", &mut date.priority, &U32)
        }
        DumpRecord::OtherSites { text } => fields.need("text", text, &TEXT),
        _ => Ok(()),
    }
}
