//! What a mirror asks for, and whether the log still reaches back to where it stands.

use super::{Numbering, Share};
use alloc::vec::Vec;
use bytes::Bytes;
use model::Key;
use wire::Request;
use wire::copy_stream::{Mark, ROWS};
use wire::dump_stream::DUMP_VERSION;
use wire::replication::{DumpRequest, DumpTable, Seen, TxnLogRequest};

/// What a mirror asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Of which identifiers.
    pub share: Share,
    /// What.
    pub what: What,
}

/// The four streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The log in the layout of nodes of this kind, as long as the connection holds.
    Follow {
        /// The epoch that was followed; 0 for none.
        epoch: u64,
        /// The last transaction that the copy has, durably.
        txn: u64,
    },
    /// The log in a layout of the field, up to now.
    Log {
        /// The last transaction that the mirror has.
        txn: u64,
        /// When it asked last, by this node's clock, in milliseconds since 1970.
        asked_at_ms: u64,
        /// In version 2: what the mirror calls this server.
        queue: Option<Bytes>,
    },
    /// Everything in the layout of nodes of this kind.
    Rows {
        /// The last key that has come.
        after: Option<Key>,
    },
    /// Everything in the layout of the field.
    Dump {
        /// The last identifier that has come, and the table it is in.
        after: Option<(DumpTable, Bytes)>,
    },
}

/// Where a stream of the log begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// After this place of the log.
    After(u64),
    /// The log does not reach back so far, or never had what the mirror has: it must copy
    /// everything.
    TooLate,
}

/// What the log of a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The place of its first entry; one more than `last` if there is none.
    pub first: u64,
    /// The date of that, in milliseconds since 1970, if there is one and it could be read.
    pub first_date_ms: Option<u64>,
    /// The place of its last entry.
    pub last: u64,
}

impl Wanted {
    /// What a request asks for; `own_name` is what mirrors of several servers call this one.
    ///
    /// # Errors
    /// A sentence for the asker.
    pub fn of(request: &Request, own_name: &str) -> Result<Self, &'static str> {
        match request {
            Request::TxnLog(request) => Self::of_log(request, own_name),
            Request::Dump(request) => Self::of_dump(request),
            _ => Err("this is no request of a mirror"),
        }
    }

    fn of_log(request: &TxnLogRequest, own_name: &str) -> Result<Self, &'static str> {
        let share = Share::of(request.share).ok_or(NO_SHARE)?;
        let mark = Mark::read(request.rest.clone());
        let what = match (&request.seen, mark) {
            (Seen::Own { last_txn, .. }, Some(mark)) => What::Follow {
                epoch: mark.epoch,
                txn: *last_txn,
            },
            (seen, _) => Self::log_of_the_field(seen, own_name)?,
        };
        Ok(Self { share, what })
    }

    fn log_of_the_field(seen: &Seen, own_name: &str) -> Result<What, &'static str> {
        Ok(match seen {
            Seen::Own {
                last_txn,
                asked_at_ms,
            }
            | Seen::OwnBefore2_9 {
                last_txn,
                asked_at_ms,
            } => What::Log {
                txn: *last_txn,
                asked_at_ms: *asked_at_ms,
                queue: None,
            },
            Seen::Everyone(states) => {
                let seen = states::of(states, own_name)?;
                What::Log {
                    txn: seen.txn,
                    asked_at_ms: seen.asked_at_ms,
                    queue: Some(seen.queue.into_bytes().into()),
                }
            }
        })
    }

    fn of_dump(request: &DumpRequest) -> Result<Self, &'static str> {
        let share = Share::of(request.share).ok_or(NO_SHARE)?;
        let what = match &request.start {
            Some(start) if start.table == ROWS => What::Rows {
                after: (!start.identifier.is_empty())
                    .then(|| Key::from_octets(start.identifier.clone())),
            },
            Some(start) => What::Dump {
                after: Some((start.table, start.identifier.clone())),
            },
            None => What::Dump { after: None },
        };
        Ok(Self { share, what })
    }

    /// Whether it is a dump, which costs more than a log.
    pub fn is_dump(&self) -> bool {
        matches!(self.what, What::Rows { .. } | What::Dump { .. })
    }

    /// The version that stands in front of the stream.
    pub fn stream_version(&self) -> u32 {
        match &self.what {
            What::Follow { .. } | What::Rows { .. } => wire::copy_stream::VERSION,
            What::Log { queue: None, .. } => 1,
            What::Log { queue: Some(_), .. } => 2,
            What::Dump { .. } => DUMP_VERSION,
        }
    }
}

const NO_SHARE: &str = "the number of the mirror's server, or what is hashed, cannot be";

/// Where the log is read from for a mirror that has come so far; none for dumps.
pub fn begin(what: &What, numbering: &Numbering, kept: &Kept) -> From {
    let (position, asked_at_ms) = match what {
        What::Follow { epoch, txn } => (own_position(*epoch, *txn, numbering), None),
        What::Log {
            txn, asked_at_ms, ..
        } => (numbering.position_of(*txn), Some(*asked_at_ms)),
        What::Rows { .. } | What::Dump { .. } => (None, None),
    };
    let Some(position) = position.filter(|position| *position <= kept.last) else {
        return From::TooLate;
    };
    if position.saturating_add(1) >= kept.first {
        return From::After(position);
    }
    // A mirror that was here when the first entry came has heard of all that is gone, though
    // nothing of it was in its share.
    let heard_of_it = |asked| kept.first_date_ms.is_some_and(|first| first <= asked);
    if asked_at_ms.is_some_and(heard_of_it) {
        return From::After(kept.first.saturating_sub(1).max(numbering.before));
    }
    From::TooLate
}

/// Where a copy stands that has followed an epoch. From another one only the copy goes on that had
/// exactly what this node had when it became the writer: the number alone says nothing, for other
/// epochs have had it too.
fn own_position(epoch: u64, txn: u64, numbering: &Numbering) -> Option<u64> {
    let is_ours = epoch == numbering.epoch;
    let is_where_we_began = epoch > 0 && epoch == numbering.earlier && txn == numbering.txn;
    (is_ours || is_where_we_began)
        .then(|| numbering.position_of(txn))
        .flatten()
}

/// The JSON in which a mirror says what it has of several servers.
mod states {
    use super::Vec;
    use alloc::collections::BTreeMap;
    use alloc::string::String;
    use serde::Deserialize;

    /// How many servers a mirror may name. A site has a few; beyond it the request is refused.
    const SERVERS_COUNT_MAX: usize = 1000;

    #[derive(Deserialize)]
    struct States {
        #[serde(rename = "replicationServerStates", default)]
        servers: BTreeMap<String, State>,
    }

    #[derive(Deserialize)]
    struct State {
        #[serde(rename = "lastTxnId", default)]
        txn: i64,
        #[serde(rename = "lastTimestamp", default)]
        asked_at_ms: i64,
    }

    pub(super) struct SeenOf {
        pub(super) queue: String,
        pub(super) txn: u64,
        pub(super) asked_at_ms: u64,
    }

    /// What was seen of the server with a name, or of the only one that is named: mirrors choose
    /// the names.
    pub(super) fn of(octets: &[u8], own_name: &str) -> Result<SeenOf, &'static str> {
        let read: States = serde_json::from_slice(octets)
            .map_err(|_| "what the mirror has of servers is not the JSON that it should be")?;
        if read.servers.len() > SERVERS_COUNT_MAX {
            return Err("the mirror names too many servers");
        }
        let servers: Vec<_> = read.servers.into_iter().collect();
        let is_only = servers.len() == 1 && own_name.is_empty();
        let found = servers
            .into_iter()
            .find(|(name, _)| is_only || name == own_name);
        // What was never seen is written as -1.
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        match found {
            Some((queue, state)) => Ok(SeenOf {
                queue,
                txn: number(state.txn),
                asked_at_ms: number(state.asked_at_ms),
            }),
            None if own_name.is_empty() => Err(
                "the operator must say what mirrors of several servers call this one \
                 (`replication.name`)",
            ),
            None => Ok(SeenOf {
                queue: own_name.into(),
                txn: 0,
                asked_at_ms: 0,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
