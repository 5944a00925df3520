//! What a copy does with what comes: writes it through its own committer, with how far it has come
//! in the same change, and says what is durable.
//!
//! Not here: what the octets mean (room `engine`, `replication::intake`), the connection
//! (`dialogue`), when to ask again (`mirror`).

use super::dialogue::{Partner, Refused};
use super::protected::{Broken, Forth, Receiver};
use crate::answerer::Answerer;
use bytes::Bytes;
use engine::administrator::Order;
use engine::replication::course::{Course, merge};
use engine::replication::intake::{
    Fault, Intake, Taken, check_epoch, next_of_the_field, next_position, place_of,
};
use engine::replication::standing::{Copying, Followed};
use engine::replication::{Numbering, Share, Standing};
use model::change::Write;
use model::key::Subspace;
use model::{Change, Key};
use std::cmp::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;
use store::View;
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::task::block_in_place;
use tracing::info;
use wire::copy_stream::{CopyRecord, Mark, ROWS, VERSION};
use wire::dump_stream::{DUMP_VERSION, DumpRecord};
use wire::replication::{DumpRequest, DumpStart, Seen, TxnLogRequest};
use wire::txn_stream::{TxnHead, TxnRecord, TxnStatus};

/// How many rows of a dump in the layout of the field are written together, and how many octets.
const ROWS_COUNT: usize = 1000;
const ROWS_OCTETS: usize = 512 << 10;

/// How many octets of writes one change has, if it is not a single write that is longer: far fewer
/// than a group of the log holds, for how far the copy has come stands beside them.
const CHANGE_OCTETS_MAX: usize = 4 << 20;

/// How many entries may be with the committer at a time.
const UNDER_WAY_MAX: u64 = 4096;

/// How long what is with the committer is waited for when the node stops.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(10);

/// Why a copy does not go on for now.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The source does not send.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// The stream ends or is not to be believed.
    #[error("{0}")]
    Broken(#[from] Broken),
    /// What it says cannot be taken.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// This node cannot write.
    #[error("this node cannot store it: {0}")]
    Store(#[from] store::Error),
    /// This node stops.
    #[error("this node stops")]
    Stopping,
}

/// Takes what one server of a source sends.
pub(super) struct Taking {
    answerer: Weak<Answerer>,
    server: u32,
    /// Which identifiers are with that server.
    theirs: Share,
    /// Which this node wants.
    ours: Share,
    /// Whether a source of this kind is asked for its own layout.
    asks_for_own: bool,
    intake: Intake,
    standing: Standing,
    /// The epoch in which this node was the writer itself, once it has been promoted.
    least_epoch: u64,
    /// How many entries have been given to the committer, and what has come of them.
    given: u64,
    done: watch::Sender<Done>,
}

/// What has become of what was given to the committer.
#[derive(Debug, Clone, Default)]
struct Done {
    count: u64,
    txn: u64,
    error: Option<store::Error>,
}

impl Taking {
    pub(super) fn new(
        answerer: &Arc<Answerer>,
        server: u32,
        theirs: Share,
        ours: Share,
        asks_for_own: bool,
    ) -> Result<Self, store::Error> {
        let store = answerer.store();
        let standing = standing_in(answerer, server)?;
        let numbering = store.view().get(&Key::numbering())?;
        let numbering = numbering
            .map(Numbering::read)
            .transpose()
            .map_err(damaged)?;
        answerer
            .replication()
            .progress
            .stands(server, standing.clone());
        Ok(Self {
            answerer: Arc::downgrade(answerer),
            server,
            theirs,
            ours,
            asks_for_own,
            intake: Intake {
                case: store.settings().suffix_case,
            },
            standing,
            least_epoch: numbering.map_or(0, |numbering| numbering.least_to_follow()),
            given: 0,
            done: watch::Sender::new(Done::default()),
        })
    }

    fn answerer(&self) -> Result<Arc<Answerer>, Trouble> {
        self.answerer.upgrade().ok_or(Trouble::Stopping)
    }

    pub(super) fn lost(&self, trouble: String) {
        if let Some(answerer) = self.answerer.upgrade() {
            answerer.replication().progress.lost(self.server, trouble);
        }
    }

    /// Asks once and takes what comes. Whether there is more to ask at once.
    pub(super) async fn take(&mut self, partner: &Partner) -> Result<bool, Trouble> {
        let ended = match self.standing.clone() {
            Standing::Following(followed) => self.follow(partner, followed).await,
            Standing::Copying(copying) => self.copy(partner, copying).await,
            Standing::New => self.begin(partner).await,
        };
        self.settle().await;
        // What was given and could not be stored shows in what is stored.
        let answerer = self.answerer()?;
        self.standing = standing_in(&answerer, self.server)?;
        let error = self.done.borrow().error.clone();
        if let Some(error) = error {
            self.done.send_modify(|done| done.error = None);
            return Err(error.into());
        }
        ended
    }

    /// Waits for what is with the committer.
    pub(super) async fn settle(&self) {
        let given = self.given;
        let mut done = self.done.subscribe();
        let all = done.wait_for(|done| done.count >= given);
        // What takes longer is durable or not, which its own row says at the next start.
        let _ = tokio::time::timeout(SETTLE_TIME_MAX, all).await;
    }

    fn log_request(&self, followed: &Followed) -> Order {
        let seen = Seen::Own {
            last_txn: followed.txn,
            asked_at_ms: followed.date_ms,
        };
        let mut request = TxnLogRequest::new(seen, self.ours.asked());
        if self.asks_for_own {
            let epoch = followed.epoch;
            request.rest = Mark { epoch }.octets();
        }
        Order::retrieve_log(&request)
    }

    /// Finds out of which kind the source is, before everything is copied: of one of the field
    /// nothing may be asked that it does not know.
    async fn begin(&mut self, partner: &Partner) -> Result<bool, Trouble> {
        let order = self.log_request(&Followed::default());
        let (mut receiver, _forth) = partner.ask(order).await?;
        let head = receiver.block(TxnHead::read).await?;
        block_in_place(|| self.begin_copy(head.version == VERSION))?;
        Ok(true)
    }

    async fn follow(&mut self, partner: &Partner, followed: Followed) -> Result<bool, Trouble> {
        let (mut receiver, forth) = partner.ask(self.log_request(&followed)).await?;
        let head = receiver.block(TxnHead::read).await?;
        if head.status == TxnStatus::NEEDS_DUMP {
            info!(
                server = self.server,
                "the source's log begins too late: all is copied anew"
            );
            block_in_place(|| self.begin_copy(head.version == VERSION))?;
            return Ok(true);
        }
        if head.status != TxnStatus::SENDING {
            let what = "a log of an unknown status";
            return Err(Fault::OutOfPlace { what }.into());
        }
        match head.version {
            VERSION => self.follow_own(receiver, forth, followed).await,
            1 => self.follow_field(receiver, followed).await,
            _ => {
                let what = "a log of an unknown version";
                Err(Fault::OutOfPlace { what }.into())
            }
        }
    }

    /// Follows a source of this kind, and tells it what is durable.
    async fn follow_own(
        &mut self,
        receiver: Receiver,
        forth: Forth,
        followed: Followed,
    ) -> Result<bool, Trouble> {
        self.done.send_modify(|done| done.txn = followed.txn);
        let confirming = confirm(self.done.subscribe(), forth);
        tokio::select! {
            ended = self.receive_own(receiver, followed) => ended,
            ended = confirming => Err(ended),
        }
    }

    async fn receive_own(
        &mut self,
        mut receiver: Receiver,
        mut followed: Followed,
    ) -> Result<bool, Trouble> {
        loop {
            match receiver.block(CopyRecord::read).await? {
                CopyRecord::Source { epoch, txn, .. } => {
                    check_epoch(epoch, &self.standing)?;
                    if epoch != followed.epoch {
                        // Kept before anything of it comes: whoever stands in an epoch must not
                        // be taken for one that stands in the one before.
                        followed.epoch = epoch;
                        self.all_done().await?;
                        let standing = Standing::Following(followed);
                        block_in_place(|| self.write(Vec::new(), standing))?;
                    }
                    self.answerer()?
                        .replication()
                        .progress
                        .source_is_at(self.server, txn);
                }
                CopyRecord::Entry {
                    txn,
                    date_us,
                    writes,
                } => {
                    followed = next_position(&followed, txn)?;
                    followed.date_ms = date_us / 1000;
                    let taken = Intake::entry(writes)?;
                    self.give(taken, followed, date_us).await?;
                }
                CopyRecord::Rows(_) | CopyRecord::End => {
                    let what = "rows of a dump within a log";
                    return Err(Fault::OutOfPlace { what }.into());
                }
            }
        }
    }

    /// Gives an entry to the committer, and does not wait for it.
    pub(super) async fn give(
        &mut self,
        taken: Taken,
        followed: Followed,
        date_us: u64,
    ) -> Result<(), Trouble> {
        let given = self.given;
        let mut done = self.done.subscribe();
        let has_room = done.wait_for(|done| given - done.count < UNDER_WAY_MAX);
        let error = has_room.await.ok().and_then(|done| done.error.clone());
        if let Some(error) = error {
            return Err(error.into());
        }
        let standing = Standing::Following(followed);
        if octets_of(&taken.writes) > CHANGE_OCTETS_MAX {
            // A part of a load, which has no note. It is taken in pieces: after a crash it comes
            // again, as long as its number is not noted. It is not counted: whoever waits here may
            // be given up, and what is counted must come to an end.
            self.all_done().await?;
            block_in_place(|| self.write(taken.writes, standing))?;
            self.done.send_modify(|done| done.txn = followed.txn);
            return Ok(());
        }
        self.given += 1;
        let mut change = Change {
            writes: taken.writes,
            note: taken.note,
            ..Change::default()
        };
        change.writes.push(self.row(&standing));
        // One that could not be stored takes all that follow with it: none passes over it.
        change.expect(Key::copied(self.server), Some(self.standing.octets()));
        self.standing = standing.clone();
        let answerer = self.answerer()?;
        let replication = Arc::clone(answerer.replication());
        let (done, server) = (self.done.clone(), self.server);
        let tell = move |outcome: Result<store::Position, store::Error>| {
            if outcome.is_ok() {
                replication.progress.has(server, standing, date_us);
            }
            done.send_modify(|done| {
                done.count += 1;
                match outcome {
                    // After one that failed, nothing that follows is what it was to be.
                    Ok(_) if done.error.is_none() => done.txn = followed.txn,
                    Ok(_) => (),
                    // Of those that follow the first it is only said that they do.
                    Err(error) => drop(done.error.get_or_insert(error)),
                }
            });
        };
        block_in_place(|| answerer.submit_replicated(change, None, tell));
        Ok(())
    }

    /// Waits until everything that was given is durable.
    async fn all_done(&self) -> Result<(), Trouble> {
        let given = self.given;
        let mut done = self.done.subscribe();
        let all = done.wait_for(|done| done.count >= given).await;
        let error = all.ok().and_then(|done| done.error.clone());
        error.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Writes, and waits until it is durable.
    fn write(&mut self, mut writes: Vec<Write>, standing: Standing) -> Result<(), Trouble> {
        let answerer = self.answerer()?;
        writes.push(self.row(&standing));
        for writes in pieces(writes) {
            let change = Change {
                writes,
                ..Change::default()
            };
            answerer.commit_replicated(change)?;
        }
        answerer
            .replication()
            .progress
            .stands(self.server, standing.clone());
        self.standing = standing;
        Ok(())
    }

    fn row(&self, standing: &Standing) -> Write {
        Write {
            key: Key::copied(self.server),
            octets: Some(standing.octets()),
        }
    }

    /// Follows a source of another kind, as far as its log goes now.
    async fn follow_field(
        &mut self,
        mut receiver: Receiver,
        mut followed: Followed,
    ) -> Result<bool, Trouble> {
        check_epoch(0, &self.standing)?;
        let mut writes = Vec::new();
        loop {
            match receiver.block(TxnRecord::read).await? {
                TxnRecord::Transaction {
                    number,
                    identifier,
                    action,
                    values,
                    ..
                } => {
                    followed = next_of_the_field(&followed, number)?;
                    let write = self
                        .intake
                        .transaction(&identifier, action, values.as_deref())?;
                    writes.extend(write);
                }
                TxnRecord::End { date_ms } => {
                    followed.date_ms = date_ms;
                    let standing = Standing::Following(followed);
                    let progress = &self.answerer()?;
                    progress
                        .replication()
                        .progress
                        .source_is_at(self.server, followed.txn);
                    if !writes.is_empty() || standing != self.standing {
                        block_in_place(|| self.write(writes, standing))?;
                    }
                    return Ok(false);
                }
                _ => {
                    let what = "queues within the log of one server";
                    return Err(Fault::OutOfPlace { what }.into());
                }
            }
            if writes.len() >= ROWS_COUNT {
                let standing = Standing::Following(followed);
                let writes = std::mem::take(&mut writes);
                block_in_place(|| self.write(writes, standing))?;
            }
        }
    }

    /// Begins a full copy: over what is there, if anything is, which stays until the source is seen
    /// to lack it.
    fn begin_copy(&mut self, is_own_layout: bool) -> Result<(), Trouble> {
        let answerer = self.answerer()?;
        let view = answerer.store().view();
        let mut parts = Course::OWN.all().into_iter();
        let is_merging = parts.any(|[from, to]| view.range(&from, &to).next().is_some());
        drop(view);
        let copying = Copying {
            from: Followed {
                // A lower one is refused for ever.
                epoch: self.standing.epoch().max(self.least_epoch),
                ..Followed::default()
            },
            is_merging,
            is_own_layout,
            ..Copying::default()
        };
        self.write(Vec::new(), Standing::Copying(copying))
    }

    fn dump_request(&self, copying: &Copying) -> Order {
        let last = copying.last.clone();
        let start = if copying.is_own_layout {
            let identifier = last.unwrap_or_default();
            Some(DumpStart {
                identifier,
                table: ROWS,
            })
        } else {
            let place = last.and_then(|last| place_of(&Key::from_octets(last)));
            place.map(|(table, identifier)| DumpStart { identifier, table })
        };
        Order::dump(&DumpRequest {
            share: self.ours.asked(),
            start,
            rest: Bytes::new(),
        })
    }

    async fn copy(&mut self, partner: &Partner, copying: Copying) -> Result<bool, Trouble> {
        let asked = self.dump_request(&copying);
        let (mut receiver, _forth) = partner.ask(asked).await?;
        let version = receiver
            .block(|reader| Ok(reader.u32("version of the dump")?))
            .await?;
        let is_own_layout = version == VERSION;
        if !is_own_layout && version != DUMP_VERSION {
            let what = "a dump of an unknown version";
            return Err(Fault::OutOfPlace { what }.into());
        }
        if is_own_layout != copying.is_own_layout {
            // The source is another program now.
            block_in_place(|| self.begin_copy(is_own_layout))?;
            return Ok(true);
        }
        if is_own_layout {
            self.copy_own(receiver, copying).await
        } else {
            self.copy_field(receiver, copying).await
        }
    }

    async fn copy_own(
        &mut self,
        mut receiver: Receiver,
        mut copying: Copying,
    ) -> Result<bool, Trouble> {
        loop {
            match receiver.block(CopyRecord::read).await? {
                CopyRecord::Source {
                    epoch,
                    txn,
                    date_us,
                } => {
                    check_epoch(epoch, &self.standing)?;
                    let is_later = copying.last.is_some();
                    if is_later && epoch != copying.from.epoch {
                        // Another writer: what has come may be of no history that there was.
                        block_in_place(|| self.begin_copy(true))?;
                        return Ok(true);
                    }
                    if !is_later {
                        let date_ms = date_us / 1000;
                        copying.from = Followed {
                            epoch,
                            txn,
                            date_ms,
                        };
                    }
                    self.answerer()?
                        .replication()
                        .progress
                        .source_is_at(self.server, txn);
                }
                CopyRecord::Rows(rows) => {
                    let rows = Intake::rows(rows)?;
                    copying = block_in_place(|| self.rows(rows, copying))?;
                }
                CopyRecord::End => return block_in_place(|| self.end_copy(&copying)),
                CopyRecord::Entry { .. } => {
                    let what = "an entry of the log within a dump";
                    return Err(Fault::OutOfPlace { what }.into());
                }
            }
        }
    }

    async fn copy_field(
        &mut self,
        mut receiver: Receiver,
        mut copying: Copying,
    ) -> Result<bool, Trouble> {
        check_epoch(0, &self.standing)?;
        let mut rows = Vec::new();
        let mut octets = 0;
        let is_signed = |record: &DumpRecord| *record != DumpRecord::End;
        loop {
            let record = receiver.record(DumpRecord::read, is_signed).await?;
            match &record {
                DumpRecord::ThisServer { date_ms, last_txn } if copying.last.is_none() => {
                    copying.from = Followed {
                        epoch: 0,
                        txn: *last_txn,
                        date_ms: *date_ms,
                    };
                }
                DumpRecord::End => {
                    block_in_place(|| {
                        let copying = self.rows(rows, copying)?;
                        self.end_copy(&copying)
                    })?;
                    return Ok(true);
                }
                record => {
                    let row = self.intake.dumped(record)?;
                    octets += row.as_ref().map_or(0, |(_, row)| row.len());
                    rows.extend(row);
                }
            }
            if rows.len() >= ROWS_COUNT || octets >= ROWS_OCTETS {
                octets = 0;
                let rows = std::mem::take(&mut rows);
                copying = block_in_place(|| self.rows(rows, copying))?;
            }
        }
    }

    /// Takes rows of a dump: makes what lies between the last of before and the last of these what
    /// came.
    fn rows(&mut self, rows: Vec<(Key, Bytes)>, mut copying: Copying) -> Result<Copying, Trouble> {
        let Some((up_to, _)) = rows.last().cloned() else {
            return Ok(copying);
        };
        let course = course(&copying);
        let last = copying.last.clone().map(Key::from_octets);
        let is_ordered = is_ordered(course, last.as_ref(), &rows);
        copying.rows += rows.len() as u64;
        copying.last = Some(up_to.octets().clone());
        let writes = match (copying.is_merging, is_ordered) {
            (true, false) => return Err(Fault::Unordered.into()),
            (true, true) => self.merged(course, last.as_ref(), Some(&up_to), &rows)?,
            (false, _) => rows
                .into_iter()
                .map(|(key, octets)| Write {
                    key,
                    octets: Some(octets),
                })
                .collect(),
        };
        self.write(writes, Standing::Copying(copying.clone()))?;
        Ok(copying)
    }

    /// Everything has come: what is behind the last row is nowhere, and the log is followed.
    fn end_copy(&mut self, copying: &Copying) -> Result<bool, Trouble> {
        let last = copying.last.clone().map(Key::from_octets);
        let writes = if copying.is_merging {
            self.merged(course(copying), last.as_ref(), None, &[])?
        } else {
            Vec::new()
        };
        self.write(writes, Standing::Following(copying.from))?;
        info!(
            server = self.server,
            rows = copying.rows,
            "everything has been copied"
        );
        Ok(true)
    }

    fn merged(
        &self,
        course: Course,
        after: Option<&Key>,
        up_to: Option<&Key>,
        rows: &[(Key, Bytes)],
    ) -> Result<Vec<Write>, Trouble> {
        let answerer = self.answerer()?;
        let view = answerer.store().view();
        let mut writes = Vec::new();
        for [from, to] in course.between(after, up_to) {
            let is_here = |(key, _): &&(Key, Bytes)| *key >= from && *key < to;
            let came: Vec<_> = rows.iter().filter(is_here).cloned().collect();
            writes.extend(self.merged_part(&*view, &came, &from, &to)?);
        }
        Ok(writes)
    }

    fn merged_part(
        &self,
        view: &dyn View,
        came: &[(Key, Bytes)],
        from: &Key,
        to: &Key,
    ) -> Result<Vec<Write>, store::Error> {
        // Of rows that are no records nobody can tell which server of several has them. They stay:
        // a request that is remembered too long does less harm than one that is done twice.
        let is_theirs = |key: &Key| {
            let is_record = key.subspace() == Some(Subspace::RECORDS);
            let name = key.octets().get(2..).unwrap_or_default();
            self.theirs.is_whole() || (is_record && self.theirs.holds(name, &crypto::Provider))
        };
        merge(came, view.range(from, to), is_theirs)
    }
}

fn octets_of(writes: &[Write]) -> usize {
    let octets = |write: &Write| {
        let value = write.octets.as_ref().map_or(0, Bytes::len);
        16 + write.key.octets().len() + value
    };
    writes.iter().map(octets).sum()
}

/// Writes in pieces that fit a change each, in order.
fn pieces(writes: Vec<Write>) -> Vec<Vec<Write>> {
    let mut pieces = vec![Vec::new()];
    let mut octets = 0;
    for write in writes {
        let size = octets_of(std::slice::from_ref(&write));
        octets += size;
        if octets > CHANGE_OCTETS_MAX {
            octets = size;
            pieces.push(Vec::new());
        }
        pieces.last_mut().expect("there is always one").push(write);
    }
    pieces
}

fn standing_in(answerer: &Answerer, server: u32) -> Result<Standing, store::Error> {
    let stored = answerer.store().view().get(&Key::copied(server))?;
    Standing::read(stored).map_err(damaged)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what errors are mapped with"
)]
fn damaged(error: model::Error) -> store::Error {
    store::Error::Corrupted {
        file: "tables".into(),
        at: 0,
        extent: 0,
        reason: format!("a row about replication cannot be read: {error}"),
    }
}

fn course(copying: &Copying) -> Course {
    if copying.is_own_layout {
        Course::OWN
    } else {
        Course::FIELD
    }
}

/// Whether rows come in the order of their course, after the last of before.
fn is_ordered(course: Course, last: Option<&Key>, rows: &[(Key, Bytes)]) -> bool {
    let keys = last.into_iter().chain(rows.iter().map(|(key, _)| key));
    let keys: Vec<&Key> = keys.collect();
    keys.windows(2).all(|pair| match pair {
        [one, other] => course.order(one, other) == Some(Ordering::Less),
        _ => true,
    })
}

/// Tells a source what is durable, whenever that is more.
async fn confirm(mut done: watch::Receiver<Done>, mut forth: Forth) -> Trouble {
    let mut said = done.borrow_and_update().txn;
    loop {
        if done.changed().await.is_err() {
            return Trouble::Stopping;
        }
        let now = done.borrow_and_update().clone();
        if let Some(error) = now.error {
            return error.into();
        }
        if now.txn > said {
            said = now.txn;
            let sent = async {
                forth.write_u64(said).await?;
                forth.flush().await
            };
            if let Err(error) = sent.await {
                return Broken::from(error).into();
            }
        }
    }
}
