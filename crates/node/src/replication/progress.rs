//! How far a copy has come with each server of its source, as numbers for people.

use super::lock;
use engine::replication::Standing;
use engine::replication::standing::Followed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// How a node stands in replication.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReplicationState {
    /// The epoch in which it numbers its own transactions.
    pub epoch: u64,
    /// The number of its last transaction.
    pub txn: u64,
    /// How many changes wait for copies.
    pub waiting: u64,
    /// The copies that count.
    pub copies: Vec<CopyState>,
    /// The servers that it copies itself.
    pub mirror: Vec<MirrorState>,
}

/// A copy of this node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyState {
    /// Who it is.
    pub identity: String,
    /// Up to which transaction it has everything.
    pub txn: u64,
    /// How many transactions it lacks.
    pub behind: u64,
}

/// A server that this node copies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MirrorState {
    /// Its place in its site.
    pub server: u32,
    /// `new`, `copying` or `following`.
    pub phase: String,
    /// Whether there is a connection now.
    pub is_connected: bool,
    /// The epoch that is followed; 0 of a source that knows none.
    pub epoch: u64,
    /// The last transaction that is durable here.
    pub txn: u64,
    /// How many transactions are known that are not here yet.
    pub behind: u64,
    /// For how many milliseconds the oldest of these has been waiting.
    pub lag_ms: u64,
    /// How many microseconds the last transaction took from when the source wrote it to when it was
    /// durable here, by the clocks of both.
    pub delay_us: u64,
    /// How many rows have come of a full copy that is under way.
    pub rows: u64,
    /// Why the last connection ended, if it did so badly.
    pub trouble: String,
}

/// How far the copy of each server has come.
pub(crate) struct Progress {
    servers: Mutex<BTreeMap<u32, Server>>,
    /// Whether all servers are known.
    is_copy: bool,
}

#[derive(Default)]
struct Server {
    standing: Standing,
    is_connected: bool,
    source_txn: u64,
    /// The date of what came last, in microseconds since 1970.
    date_us: u64,
    delay_us: u64,
    trouble: String,
}

impl Progress {
    pub(super) fn new(is_copy: bool) -> Self {
        Self {
            servers: Mutex::default(),
            is_copy,
        }
    }

    /// Whether everything has been copied once, of every server.
    pub(super) fn is_complete(&self) -> bool {
        let servers = lock(&self.servers);
        let is_following = |server: &Server| server.standing.followed().is_some();
        !servers.is_empty() && servers.values().all(is_following)
    }

    pub(super) fn stands(&self, server: u32, standing: Standing) {
        lock(&self.servers).entry(server).or_default().standing = standing;
    }

    /// Notes where the source stands, by its own word.
    pub(super) fn source_is_at(&self, server: u32, txn: u64) {
        let mut servers = lock(&self.servers);
        let server = servers.entry(server).or_default();
        server.source_txn = server.source_txn.max(txn);
        server.is_connected = true;
        server.trouble.clear();
    }

    /// Notes that a transaction is durable here.
    pub(super) fn has(&self, server: u32, standing: Standing, date_us: u64) {
        let mut servers = lock(&self.servers);
        let server = servers.entry(server).or_default();
        server.standing = standing;
        server.date_us = date_us;
        server.delay_us = now_us().saturating_sub(date_us);
    }

    pub(super) fn lost(&self, server: u32, trouble: String) {
        let mut servers = lock(&self.servers);
        let server = servers.entry(server).or_default();
        server.is_connected = false;
        server.trouble = trouble;
    }

    pub(super) fn state(&self) -> Vec<MirrorState> {
        if !self.is_copy {
            return Vec::new();
        }
        let now_us = now_us();
        let servers = lock(&self.servers);
        let states = servers.iter().map(|(server, it)| it.state(*server, now_us));
        states.collect()
    }
}

impl Server {
    fn state(&self, server: u32, now_us: u64) -> MirrorState {
        let (phase, followed, rows) = match &self.standing {
            Standing::New => ("new", Followed::default(), 0),
            Standing::Copying(copying) => ("copying", copying.from, copying.rows),
            Standing::Following(followed) => ("following", *followed, 0),
        };
        let behind = self.source_txn.saturating_sub(followed.txn);
        let lag_us = now_us.saturating_sub(self.date_us);
        MirrorState {
            server,
            phase: phase.into(),
            is_connected: self.is_connected,
            epoch: followed.epoch,
            txn: followed.txn,
            behind,
            lag_ms: if behind == 0 { 0 } else { lag_us / 1000 },
            delay_us: self.delay_us,
            rows,
            trouble: self.trouble.clone(),
        }
    }
}

fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_micros()).unwrap_or(u64::MAX)
}
