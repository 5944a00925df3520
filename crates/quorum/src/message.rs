//! What members send each other: the messages of the library that agrees, and requests on their
//! way to the leader.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 8 | group: which members agree with each other |
//! | 8, 8 | numbers of the sender and of the receiver |
//! | 8 | how far the sender knows that was agreed, if it leads; else 0 |
//! | 8 | how old that is, in microseconds; all ones if it does not know |
//! | 1 | kind |
//! | n | the body |
//! | 8 | checksum: the first octets of the SHA-256 of all before |
//!
//! The checksum finds accidents, not attacks: the connection that carries a message must be
//! authenticated, and says who the sender is. Not here: what a message does (`crate::member`).

use crate::field::{flag, format, long, option, put_long, put_option, short, within};
use crate::request::REQUEST_OCTETS_MAX;
use crate::{Error, MemberId};
use bytes::Bytes;
use model::octets::{Reader, put_count};
use raft::eraftpb::{ConfState, Entry, EntryType, Message, MessageType, Snapshot};
use sha2::{Digest, Sha256};

#[cfg(test)]
mod tests;

/// The longest message, in octets: one with the registry as a whole.
pub const MESSAGE_OCTETS_MAX: usize = SNAPSHOT_OCTETS_MAX + (1 << 20);

/// The longest snapshot, in octets: a registry at its limit with all it remembers.
pub(crate) const SNAPSHOT_OCTETS_MAX: usize = 96 << 20;

/// The longest entry, in octets: a request and its head.
pub(crate) const ENTRY_OCTETS_MAX: usize = REQUEST_OCTETS_MAX + crate::entry::HEAD_OCTETS;

/// How many entries a message may have. The library is told to make shorter ones.
const ENTRIES_COUNT_MAX: usize = 65_536;

/// How many members a configuration may name, in each of its lists.
const CONFIGURED_COUNT_MAX: usize = 64;

/// The longest context of a message, in octets: the library's own marks.
const CONTEXT_OCTETS_MAX: usize = 64;

const FORMAT: u8 = 1;
const FORWARD: u8 = 64;
pub(crate) const CHECKSUM_OCTETS: usize = 8;

/// The kinds that come from other members; the rest a member tells itself, or they are not used.
const KINDS: [MessageType; 9] = [
    MessageType::MsgAppend,
    MessageType::MsgAppendResponse,
    MessageType::MsgRequestVote,
    MessageType::MsgRequestVoteResponse,
    MessageType::MsgSnapshot,
    MessageType::MsgHeartbeat,
    MessageType::MsgHeartbeatResponse,
    MessageType::MsgRequestPreVote,
    MessageType::MsgRequestPreVoteResponse,
];

/// What one member tells another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// Something of the library's.
    Agreement(Box<Message>),
    /// A request, encoded, for whoever leads.
    Forward(Bytes),
}

/// Who a message is from and for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) group: u64,
    pub(crate) from: MemberId,
    pub(crate) to: MemberId,
}

/// How new what the sender shows is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Freshness {
    /// The last entry that was agreed on, as far as a leader knows; 0 from others.
    pub(crate) head: u64,
    /// For how long the sender has not known that it leads, in microseconds.
    pub(crate) age_us: u64,
}

impl Freshness {
    /// What somebody says who does not lead.
    pub(crate) const NONE: Self = Self {
        head: 0,
        age_us: u64::MAX,
    };
}

/// The octets of a message.
pub(crate) fn encode(address: Address, freshness: Freshness, body: &Body) -> Bytes {
    let mut out = vec![FORMAT];
    put_u64s(&mut out, &[address.group, address.from.0, address.to.0]);
    put_u64s(&mut out, &[freshness.head, freshness.age_us]);
    match body {
        Body::Agreement(message) => put_message(&mut out, message),
        Body::Forward(request) => {
            out.push(FORWARD);
            out.extend_from_slice(request);
        }
    }
    out.extend_from_slice(&checksum(&[&out]));
    out.into()
}

/// Reads what [`encode`] has made, and nothing that no member would send.
pub(crate) fn decode(octets: &Bytes) -> Result<(Address, Freshness, Body), Error> {
    within("message", 0, octets.len(), MESSAGE_OCTETS_MAX)?;
    let Some((before, sum)) = octets.split_last_chunk::<CHECKSUM_OCTETS>() else {
        return Err(Error::Checksum { what: "message" });
    };
    if checksum(&[before]) != *sum {
        return Err(Error::Checksum { what: "message" });
    }
    let mut reader = Reader::new(octets.slice(..before.len()));
    format(&mut reader, "message format", FORMAT)?;
    let address = Address {
        group: reader.u64("group")?,
        from: MemberId(reader.u64("sender")?),
        to: MemberId(reader.u64("receiver")?),
    };
    let freshness = Freshness {
        head: reader.u64("head")?,
        age_us: reader.u64("age")?,
    };
    let kind = reader.u8("message kind")?;
    let body = if kind == FORWARD {
        Body::Forward(reader.rest())
    } else {
        let message = read_message(&mut reader, kind, address)?;
        Body::Agreement(Box::new(message))
    };
    reader.finish("message")?;
    Ok((address, freshness, body))
}

/// The first octets of a SHA-256.
pub(crate) fn checksum(parts: &[&[u8]]) -> [u8; CHECKSUM_OCTETS] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    let mut sum = [0; CHECKSUM_OCTETS];
    sum.copy_from_slice(&digest.finalize()[..CHECKSUM_OCTETS]);
    sum
}

fn put_u64s(out: &mut Vec<u8>, numbers: &[u64]) {
    for number in numbers {
        out.extend_from_slice(&number.to_be_bytes());
    }
}

fn put_message(out: &mut Vec<u8>, message: &Message) {
    out.push(message.get_msg_type() as u8);
    let numbers = [
        message.term,
        message.log_term,
        message.index,
        message.commit,
        message.commit_term,
        message.request_snapshot,
        message.reject_hint,
    ];
    put_u64s(out, &numbers);
    out.push(u8::from(message.reject));
    crate::field::put_short(out, &message.context);
    put_count(out, message.entries.len());
    for entry in &message.entries {
        put_entry(out, entry);
    }
    let snapshot = message.get_snapshot();
    let snapshot = (!snapshot.is_empty()).then_some(snapshot);
    put_option(out, snapshot, put_snapshot);
}

fn read_message(reader: &mut Reader, kind: u8, address: Address) -> Result<Message, Error> {
    let known = KINDS.into_iter().find(|it| *it as i32 == i32::from(kind));
    let Some(kind) = known else {
        return Err(Error::Unknown {
            what: "message kind",
            number: kind.into(),
        });
    };
    let mut message = Message::default();
    message.set_msg_type(kind);
    message.from = address.from.0;
    message.to = address.to.0;
    message.term = reader.u64("term")?;
    message.log_term = reader.u64("term before")?;
    message.index = reader.u64("index")?;
    message.commit = reader.u64("committed")?;
    message.commit_term = reader.u64("term of committed")?;
    message.request_snapshot = reader.u64("snapshot asked for")?;
    message.reject_hint = reader.u64("hint")?;
    message.reject = flag(reader, "rejected")?;
    message.context = short(reader, "context", CONTEXT_OCTETS_MAX)?
        .to_vec()
        .into();
    let count = reader.count("entries", ENTRIES_COUNT_MAX, ENTRY_HEAD_OCTETS)?;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        entries.push(read_entry(reader)?);
    }
    check_entries(&message, &entries)?;
    message.set_entries(entries.into());
    if let Some(snapshot) = option(reader, "snapshot", read_snapshot)? {
        message.set_snapshot(snapshot);
    }
    Ok(message)
}

/// Checks what the library takes for granted: it would stop the program otherwise.
fn check_entries(message: &Message, entries: &[Entry]) -> Result<(), Error> {
    // The library takes what has no term for something that a member tells itself.
    let mut is_sound = message.term > 0;
    let (mut index, mut term) = (message.index, message.log_term);
    for entry in entries {
        is_sound &= index.checked_add(1) == Some(entry.index) && entry.term >= term;
        (index, term) = (entry.index, entry.term);
    }
    is_sound &= entries.is_empty() || term <= message.term;
    if is_sound {
        return Ok(());
    }
    Err(Error::Octets(model::Error::Unexpected {
        what: "message",
        expected: "of a term, with entries in order",
    }))
}

/// What stands before the octets of an entry: kind, term, index, and two lengths.
const ENTRY_HEAD_OCTETS: usize = 25;

pub(crate) fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    out.push(entry.get_entry_type() as u8);
    put_u64s(out, &[entry.term, entry.index]);
    put_long(out, &entry.data);
    put_long(out, &entry.context);
}

pub(crate) fn read_entry(reader: &mut Reader) -> Result<Entry, Error> {
    let mut entry = Entry::default();
    entry.set_entry_type(match reader.u8("entry kind")? {
        0 => EntryType::EntryNormal,
        1 => EntryType::EntryConfChange,
        2 => EntryType::EntryConfChangeV2,
        number => {
            return Err(Error::Unknown {
                what: "entry kind",
                number: number.into(),
            });
        }
    });
    entry.term = reader.u64("entry term")?;
    entry.index = reader.u64("entry index")?;
    entry.data = long(reader, "entry", ENTRY_OCTETS_MAX)?.to_vec().into();
    entry.context = long(reader, "entry", ENTRY_OCTETS_MAX)?.to_vec().into();
    Ok(entry)
}

pub(crate) fn put_snapshot(out: &mut Vec<u8>, snapshot: &Snapshot) {
    let about = snapshot.get_metadata();
    put_u64s(out, &[about.index, about.term]);
    let configured = about.get_conf_state();
    for list in [
        &configured.voters,
        &configured.learners,
        &configured.voters_outgoing,
        &configured.learners_next,
    ] {
        put_count(out, list.len());
        put_u64s(out, list);
    }
    out.push(u8::from(configured.auto_leave));
    put_long(out, &snapshot.data);
}

pub(crate) fn read_snapshot(reader: &mut Reader) -> Result<Snapshot, Error> {
    let mut snapshot = Snapshot::default();
    let about = snapshot.mut_metadata();
    about.index = reader.u64("snapshot index")?;
    about.term = reader.u64("snapshot term")?;
    let configured = ConfState {
        voters: read_members(reader)?,
        learners: read_members(reader)?,
        voters_outgoing: read_members(reader)?,
        learners_next: read_members(reader)?,
        auto_leave: flag(reader, "leaves by itself")?,
        ..ConfState::default()
    };
    about.set_conf_state(configured);
    snapshot.data = long(reader, "snapshot", SNAPSHOT_OCTETS_MAX)?
        .to_vec()
        .into();
    Ok(snapshot)
}

fn read_members(reader: &mut Reader) -> Result<Vec<u64>, Error> {
    let count = reader.count("members", CONFIGURED_COUNT_MAX, 8)?;
    let members: Result<_, _> = (0..count).map(|_| reader.u64("member")).collect();
    Ok(members?)
}
