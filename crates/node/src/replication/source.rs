//! What follows the answer to a mirror on its connection: the log or everything, in the layouts of
//! the field and of nodes of this kind.
//!
//! A dump is what the tables were at one moment; it keeps no file of the log, and ends after a
//! while, to be gone on with. Who follows the log is sent what comes as long as the connection
//! holds. Not here: who may have it (room `engine`), how it is protected (`protected`).

use super::Replication;
use super::protected::{Back, Sender};
use crate::answerer::Answerer;
use bytes::Bytes;
use engine::replication::course::Course;
use engine::replication::request::{Kept, What, begin};
use engine::replication::transactions::{Entry, Named, of_entry, what};
use engine::replication::{From, Numbering, Wanted, is_copied};
use model::change::Write;
use model::key::Subspace;
use model::{Key, Record};
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use store::{LogEntry, LogHead, LogNext, LogReader, Position, View};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::block_in_place;
use tokio::time::{Instant, timeout};
use tracing::{debug, info};
use wire::copy_stream::CopyRecord;
use wire::dump_stream::DumpRecord;
use wire::replication::DumpTable;
use wire::txn_stream::{END_OF_QUEUES, TxnHead, TxnRecord, TxnStatus};
use wire::{Identity, Version};

/// How much of the log, or of the tables, is read before it is sent.
const BATCH_OCTETS: usize = 512 << 10;
const BATCH_COUNT: usize = 2000;

/// How often a copy hears that there is nothing new.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// For how long a dump sees the tables as they were: what it sees cannot be cleaned up meanwhile.
/// Beyond it the connection ends, and the mirror goes on from where it is.
const DUMP_TIME_MAX: Duration = Duration::from_hours(1);

/// A stream that has been permitted.
pub(crate) struct Stream {
    pub(crate) wanted: Wanted,
    pub(crate) who: Identity,
    pub(crate) version: Version,
    /// Its place among the streams; given back when it ends.
    pub(crate) _permit: OwnedSemaphorePermit,
}

/// Sends a stream until it ends, the peer goes away or the node stops.
pub(crate) async fn serve(
    stream: Stream,
    socket: TcpStream,
    answerer: Arc<Answerer>,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let who = stream.who.identifier.escape_ascii().to_string();
    let index = stream.who.index;
    info!(%who, index, wanted = ?stream.wanted, "a copy is sent to");
    let replication = Arc::clone(answerer.replication());
    let (sender, back) = protect(&replication, socket, stream.version).await?;
    let mut numbering = replication.numbering.subscribe();
    let numbered = numbering.borrow_and_update().unwrap_or_default();
    let source = Source {
        copy: replication.counted(&stream),
        numbering: numbered,
        stream,
        answerer,
        replication,
        sender,
    };
    let ended = tokio::select! {
        ended = source.send(back) => ended,
        // Numbers mean something else from here on.
        _ = numbering.changed() => Ok(()),
        _ = stopped.wait_for(|stops| *stops) => Ok(()),
    };
    debug!(%who, index, ?ended, "a copy is sent to no longer");
    ended
}

async fn protect(
    replication: &Replication,
    socket: TcpStream,
    version: Version,
) -> io::Result<(Sender, Back)> {
    let settings = &replication.settings;
    match (&settings.tls, &settings.site_key) {
        (Some(tls), _) if version.knows(Version::SIGNED_SUGGESTION) => {
            Sender::encrypted(socket, tls).await
        }
        (_, Some(key)) if settings.in_clear => Ok(Sender::signed(socket, Arc::clone(key), version)),
        _ => Err(io::Error::other("the stream cannot be protected")),
    }
}

impl Replication {
    /// Which of the copies that count a stream is for. Who takes a share has no entry whole,
    /// whatever it had before.
    fn counted(&self, stream: &Stream) -> Option<usize> {
        let copy = self.copy_of(&stream.who)?;
        if stream.wanted.share.is_whole() {
            return Some(copy);
        }
        self.forget(copy);
        None
    }

    /// Why nothing can be sent to a peer that speaks a version.
    pub(crate) fn unprotected(&self, version: Version) -> Option<&'static str> {
        let settings = &self.settings;
        let has_tls = settings.tls.is_some() && version.knows(Version::SIGNED_SUGGESTION);
        let can_sign = settings.site_key.is_some() && settings.in_clear;
        if self.numbering().is_none() {
            Some("the operator must look at this node: how it numbers changes cannot be read")
        } else if has_tls || can_sign {
            None
        } else {
            Some("this node sends copies over TLS only, of version 2.8 or later")
        }
    }
}

struct Source {
    stream: Stream,
    copy: Option<usize>,
    numbering: Numbering,
    answerer: Arc<Answerer>,
    replication: Arc<Replication>,
    sender: Sender,
}

impl Source {
    async fn send(mut self, back: Back) -> io::Result<()> {
        match self.stream.wanted.what.clone() {
            What::Follow { txn, .. } => self.follow(txn, back).await,
            What::Log {
                asked_at_ms, queue, ..
            } => {
                self.log(asked_at_ms, queue).await?;
                self.sender.end().await
            }
            What::Rows { after } => {
                self.begin_dump();
                self.rows(after).await?;
                self.sender.end().await
            }
            What::Dump { after } => {
                self.begin_dump();
                self.dump(after).await?;
                self.sender.end().await
            }
        }
    }

    fn begin_dump(&mut self) {
        // Whoever needs everything has nothing that could be relied on.
        if let Some(copy) = self.copy {
            self.replication.forget(copy);
        }
        let pace = self.replication.settings.octets_per_second;
        self.sender.keep_pace(pace);
    }

    /// Where the stream begins in the log.
    fn begins(&self) -> io::Result<From> {
        let kept = block_in_place(|| kept(&self.answerer))?;
        Ok(begin(&self.stream.wanted.what, &self.numbering, &kept))
    }

    async fn head(&mut self, from: From) -> io::Result<()> {
        let head = TxnHead {
            version: self.stream.wanted.stream_version(),
            status: match from {
                From::After(_) => TxnStatus::SENDING,
                From::TooLate => TxnStatus::NEEDS_DUMP,
            },
        };
        self.sender.block(|out| head.put(out)).await
    }

    fn source_record(&self, head: LogHead) -> CopyRecord {
        CopyRecord::Source {
            epoch: self.numbering.epoch,
            txn: self.numbering.txn_of(head.position.0),
            date_us: head.date_us,
        }
    }

    /// Sends the log to a copy of this kind, and hears what it has.
    async fn follow(mut self, txn: u64, back: Back) -> io::Result<()> {
        let from = self.begins()?;
        self.head(from).await?;
        let From::After(position) = from else {
            if let Some(copy) = self.copy {
                self.replication.forget(copy);
            }
            return self.sender.end().await;
        };
        if let Some(copy) = self.copy {
            // What it asks for is what it lacks: it has everything before, durably.
            self.replication.confirm(copy, position);
        }
        debug!(txn, position, "a copy follows");
        let hearing = Hearing {
            copy: self.copy,
            numbering: self.numbering,
            replication: Arc::clone(&self.replication),
        };
        tokio::select! {
            ended = self.send_on(Position(position)) => ended,
            ended = hearing.hear(back) => ended,
        }
    }

    async fn send_on(mut self, after: Position) -> io::Result<()> {
        let mut head = self.replication.head.clone();
        let mut reader = self.answerer.store().log_after(after);
        loop {
            let now = *head.borrow_and_update();
            let record = self.source_record(now);
            self.sender.block(|out| record.put(out)).await?;
            while let Some(entries) = block_in_place(|| batch(&mut reader))? {
                for entry in entries {
                    self.send_entry(entry).await?;
                }
            }
            self.sender.flush().await?;
            // The node that publishes nothing more is closed.
            let changed = timeout(HEARTBEAT, head.changed()).await;
            if matches!(changed, Ok(Err(_))) {
                return Ok(());
            }
        }
    }

    async fn send_entry(&mut self, entry: LogEntry) -> io::Result<()> {
        let share = self.stream.wanted.share;
        let is_wanted = |write: &Write| {
            let in_share = match what(&write.key) {
                Some(Named::Identifier(identifier)) => share.holds(&identifier, &crypto::Provider),
                _ => true,
            };
            is_note(&write.key) || (is_copied(&write.key) && in_share)
        };
        let record = CopyRecord::Entry {
            txn: self.numbering.txn_of(entry.position.0),
            date_us: entry.date_us,
            writes: entry.writes.into_iter().filter(is_wanted).collect(),
        };
        self.sender.block(|out| record.put(out)).await
    }

    /// Sends the log to a mirror of the field, as far as it goes now.
    async fn log(&mut self, asked_at_ms: u64, queue: Option<Bytes>) -> io::Result<()> {
        let from = self.begins()?;
        self.head(from).await?;
        let head = *self.replication.head.borrow();
        let From::After(position) = from else {
            return self.end_log(asked_at_ms, queue.is_some()).await;
        };
        if let Some(name) = &queue {
            let record = TxnRecord::Queue { name: name.clone() };
            self.sender.block(|out| record.put(out)).await?;
        }
        let mut reader = self.answerer.store().log_after(Position(position));
        'log: while let Some(entries) = block_in_place(|| batch(&mut reader))? {
            for entry in entries {
                if entry.position > head.position {
                    break 'log;
                }
                self.send_transactions(&entry).await?;
            }
        }
        // What has been sent is dated up to here: whatever is later is dated later.
        let date_ms = head.date_us / 1000;
        if queue.is_some() {
            let record = TxnRecord::QueueEnd { date_ms };
            self.sender.block(|out| record.put(out)).await?;
        }
        self.end_log(date_ms, queue.is_some()).await
    }

    async fn end_log(&mut self, date_ms: u64, has_queues: bool) -> io::Result<()> {
        if has_queues {
            return self
                .sender
                .block(|out| out.extend_from_slice(END_OF_QUEUES))
                .await;
        }
        self.sender
            .block(|out| TxnRecord::End { date_ms }.put(out))
            .await
    }

    async fn send_transactions(&mut self, entry: &LogEntry) -> io::Result<()> {
        let date_ms = entry.date_us / 1000;
        // Mirrors take the later of two dates, and know milliseconds only: what is read once this
        // one is over is all that bears its date.
        let wait = date_ms.saturating_add(1).saturating_sub(now_ms());
        tokio::time::sleep(Duration::from_millis(wait.min(10))).await;
        let records = block_in_place(|| {
            let view = self.answerer.store().view();
            let entry = Entry {
                txn: self.numbering.txn_of(entry.position.0),
                date_ms,
                writes: &entry.writes,
            };
            let share = self.stream.wanted.share;
            of_entry(entry, share, &crypto::Provider, |key| view.get(key))
        });
        for record in records.map_err(io::Error::other)? {
            self.sender.block(|out| record.put(out)).await?;
        }
        Ok(())
    }

    /// Sends everything to a copy of this kind.
    async fn rows(&mut self, after: Option<Key>) -> io::Result<()> {
        let version = self.stream.wanted.stream_version();
        self.sender
            .block(|out| out.extend_from_slice(&version.to_be_bytes()))
            .await?;
        let (head, view) = self.moment();
        let record = self.source_record(head);
        self.sender.block(|out| record.put(out)).await?;
        let deadline = Instant::now() + DUMP_TIME_MAX;
        for [mut from, to] in Course::OWN.between(after.as_ref(), None) {
            while let Some(rows) = block_in_place(|| rows_of(&*view, &from, &to))? {
                from = rows.last().map_or(to.clone(), |row| row.key.next());
                let rows = rows.into_iter().filter(|row| self.is_wanted(&row.key));
                let record = CopyRecord::Rows(rows.collect());
                self.sender.block(|out| record.put(out)).await?;
                if Instant::now() > deadline {
                    return Ok(());
                }
            }
        }
        self.sender.block(|out| CopyRecord::End.put(out)).await
    }

    fn is_wanted(&self, key: &Key) -> bool {
        match what(key) {
            Some(Named::Identifier(identifier)) => {
                let share = self.stream.wanted.share;
                share.holds(&identifier, &crypto::Provider)
            }
            _ => true,
        }
    }

    /// Sends everything to a mirror of the field. Where it goes on in the log is said only at the
    /// beginning: what came then was as it was then.
    async fn dump(&mut self, after: Option<(DumpTable, Bytes)>) -> io::Result<()> {
        let version = self.stream.wanted.stream_version();
        self.sender
            .block(|out| out.extend_from_slice(&version.to_be_bytes()))
            .await?;
        let (head, view) = self.moment();
        if after.is_none() {
            let record = DumpRecord::ThisServer {
                date_ms: head.date_us / 1000,
                last_txn: self.numbering.txn_of(head.position.0),
            };
            self.sender.block(|out| record.put(out)).await?;
        }
        let deadline = Instant::now() + DUMP_TIME_MAX;
        let after = after.and_then(|(table, name)| self.key_of(table, name));
        for [mut from, to] in Course::FIELD.between(after.as_ref(), None) {
            while let Some(rows) = block_in_place(|| rows_of(&*view, &from, &to))? {
                from = rows.last().map_or(to.clone(), |row| row.key.next());
                for row in rows {
                    if let Some(record) = self.dumped(row) {
                        self.sender.block(|out| record.put(out)).await?;
                    }
                }
                if Instant::now() > deadline {
                    return Ok(());
                }
            }
        }
        // The reference software signs everything but this.
        let mut end = Vec::new();
        DumpRecord::End.put(&mut end);
        self.sender.bare(&end).await
    }

    fn dumped(&self, row: Write) -> Option<DumpRecord> {
        if !self.is_wanted(&row.key) {
            return None;
        }
        match what(&row.key)? {
            Named::Prefix(identifier) => Some(DumpRecord::HomedPrefix { identifier }),
            Named::Identifier(identifier) => {
                let record = Record::from_stored(row.octets?).ok()?;
                let values = record.entries().map(|entry| entry.encoded).collect();
                Some(DumpRecord::Identifier { identifier, values })
            }
        }
    }

    /// The key after which a mirror of the field goes on; none of tables before those that there
    /// are.
    fn key_of(&self, table: DumpTable, name: Bytes) -> Option<Key> {
        let case = self.answerer.store().settings().suffix_case;
        let intake = engine::replication::Intake { case };
        let record = match table {
            DumpTable::IDENTIFIERS => DumpRecord::Identifier {
                identifier: name,
                values: Vec::new(),
            },
            DumpTable::PREFIXES => DumpRecord::HomedPrefix { identifier: name },
            _ => return None,
        };
        intake.dumped(&record).ok().flatten().map(|(key, _)| key)
    }

    /// The tables as they are now, and an entry of the log that is in them.
    fn moment(&self) -> (LogHead, Box<dyn View>) {
        let head = self.answerer.store().head();
        (head, self.answerer.store().view())
    }
}

/// Hears up to where a copy has what it got.
struct Hearing {
    copy: Option<usize>,
    numbering: Numbering,
    replication: Arc<Replication>,
}

impl Hearing {
    async fn hear(self, mut back: Back) -> io::Result<()> {
        loop {
            let txn = match back.read_u64().await {
                Ok(txn) => txn,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            };
            let head = self.replication.head.borrow().position.0;
            let position = self.numbering.position_of(txn);
            // Nobody has what has not been sent.
            let Some(position) = position.filter(|position| *position <= head) else {
                return Err(io::Error::other("a copy confirms what it cannot have"));
            };
            if let Some(copy) = self.copy {
                self.replication.confirm(copy, position);
            }
        }
    }
}

fn is_note(key: &Key) -> bool {
    key.subspace() == Some(Subspace::NOTES)
}

fn kept(answerer: &Answerer) -> io::Result<Kept> {
    let store = answerer.store();
    let first = store.log_first().map_err(io::Error::other)?;
    let mut reader = store.log_after(Position(first.0.saturating_sub(1)));
    let first_date_ms = match reader.next_entry().map_err(io::Error::other)? {
        LogNext::Entry(entry) => Some(entry.date_us / 1000),
        // There is none, or it has been removed since.
        LogNext::Nothing | LogNext::TooLate => None,
    };
    Ok(Kept {
        first: first.0,
        first_date_ms,
        last: store.head().position.0,
    })
}

/// The next entries of a log; none if there are none yet.
fn batch(reader: &mut LogReader) -> io::Result<Option<Vec<LogEntry>>> {
    let mut entries = Vec::new();
    let mut octets = 0;
    while octets < BATCH_OCTETS && entries.len() < BATCH_COUNT {
        match reader.next_entry().map_err(io::Error::other)? {
            LogNext::Entry(entry) => {
                octets += octets_of(&entry.writes);
                entries.push(entry);
            }
            LogNext::Nothing => break,
            // The copy is told so when it comes back.
            LogNext::TooLate => return Err(io::Error::other("the log is gone that comes next")),
        }
    }
    Ok((!entries.is_empty()).then_some(entries))
}

fn octets_of(writes: &[Write]) -> usize {
    let octets =
        |write: &Write| write.key.octets().len() + write.octets.as_ref().map_or(0, Bytes::len);
    writes.iter().map(octets).sum()
}

/// The next rows of a part of the key space; none if there are no more.
fn rows_of(view: &dyn View, from: &Key, to: &Key) -> io::Result<Option<Vec<Write>>> {
    let mut rows = Vec::new();
    let mut size = 0;
    for row in view.range(from, to) {
        let (key, octets) = row.map_err(io::Error::other)?;
        size += key.octets().len() + octets.len();
        let octets = Some(octets);
        rows.push(Write { key, octets });
        if size >= BATCH_OCTETS || rows.len() >= BATCH_COUNT {
            break;
        }
    }
    Ok((!rows.is_empty()).then_some(rows))
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
