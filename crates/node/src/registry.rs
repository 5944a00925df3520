//! The registry that this node is a member of: the records of prefixes on which the top-level and
//! recovery sites agree.
//!
//! ```text
//! request ─ answerer ─ plan ─ change ─ agree ─ driver ═══ TLS ═══ the other members
//!                                       ▲        │ journal
//!                                       └ answer ┴ storing ─ committer ─ records
//! ```
//!
//! Any member takes a change. Who asks is authenticated there, under that member's own key; whether
//! they may, and what the record is then, its plan says from the records that the members agree on,
//! and the change is proposed together with what was seen of them. It is done only if all of that
//! is still so at its place in the log; otherwise the plan is made again. So permission, existence
//! and preconditions are judged in the order of the log, though the leader reads no records.
//! Questions are answered from the store, with a leader or without.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `registry/group` | who are the members, and what do they begin with? |
//! | `registry/owned` | which records are agreed on? |
//! | `registry/publication` | what is published of a record? |
//! | `registry/ordering` | who stands first in a record while somebody has taken over? |
//! | `registry/orders` | what of a message goes to the members, and what comes back? |
//! | `registry/driver` | what drives the member? |
//! | `registry/links` | how do members talk to each other? |
//! | `registry/journal` | where does it keep what it must not forget? |
//! | `registry/backlog` | what does the store not have yet, and who waits for it? |
//! | `registry/storing` | how does what was agreed on become records? |
//! | `registry/state` | how does it stand? |
//! | `registry/looking` | what do probes need of it? |
//!
//! Not here: how members agree (room `quorum`).

mod backlog;
mod clock;
mod disks;
mod driver;
mod group;
mod journal;
mod links;
mod looking;
mod ordering;
mod orders;
mod owned;
mod publication;
mod recorder;
mod state;
mod storing;
#[cfg(test)]
mod tests;

pub(crate) use clock::now as clock_now;
pub(crate) use looking::{Holding, REPORT, Report};
pub(crate) use ordering::ttl_too_long;
pub(crate) use owned::{Owned, Seen, Watched};
pub use state::{MemberState, ProbeState, RegistryState};

use crate::answerer::Answerer;
use crate::config::{Config, MemberConfig, Role};
use crate::founding::Founded;
use bytes::Bytes;
use client::Clock;
use driver::{Beginning, Event};
use engine::authority::Known;
use group::Described;
use journal::FileJournal;
use model::key::Subspace;
use model::{Change, Record, Reference};
use ordering::Order;
use publication::{Publication, REQUESTS_COUNT_MAX, Request};
use quorum::{
    Answer, Command, Journal, Member, MemberId, Outcome, Refusal, Registry as Agreed, Settings,
};
use recorder::Recorder;
use state::Shared;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use storing::{Standing, Storing};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::warn;
use wire::ResponseCode;

/// Why a node cannot be a member. An operator must act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A file cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Two members could not be told apart.
    #[error("members {one} and {other} have the same key; each needs one of its own")]
    SameKey {
        /// The one's number.
        one: u64,
        /// The other's.
        other: u64,
    },
    /// The list names another node in this one's place.
    #[error("the site of member {member} does not have this node's key; is that its number?")]
    NotOwnKey {
        /// This node's number, as it is configured.
        member: u64,
    },
    /// The node was not founded, so it has no key.
    #[error("a member needs the key of a site")]
    NoKey,
    /// The key of the site, or that of a member, cannot be used among members.
    #[error("the members' connections: {reason}")]
    Tls {
        /// Why.
        reason: String,
    },
    /// The operator chooses another address, or stops who has it.
    #[error("cannot listen for members on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The journal cannot be read or written.
    #[error("{}: {source}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The journal is damaged, or makes no sense.
    #[error(
        "{}: {trouble}; a member that may have forgotten its votes must not go on: remove it from \
         the registry, and add the node under a new number",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        trouble: quorum::Trouble,
    },
    /// This folder was a member, and its journal is gone.
    #[error(
        "{} is missing, though this folder has followed a registry before: bring it back from this \
         very disk, or remove the member and add the node under a new number; a backup has no \
         journal, for an old one has forgotten votes",
        path.display()
    )]
    LostJournal {
        /// The file.
        path: PathBuf,
    },
    /// There is no journal, and nobody has said that there never was one.
    #[error(
        "this node has no journal of the registry, {}. If it has never been a member, say so with \
         `nameplate registry found DIR`. If it has, its disk was lost or is another: it may have \
         forgotten votes and what it acknowledged, and must not be a member again under its number",
        path.display()
    )]
    NotFounded {
        /// The file that is missing.
        path: PathBuf,
    },
    /// The sites and the key do not make a record.
    #[error("the record of a prefix cannot be made: {0}")]
    Record(model::Error),
    /// What was made cannot be read again: this program must be mended.
    #[error("the founding registry cannot be read: {0}")]
    Octets(quorum::Error),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The operating system refuses what every member needs.
    #[error("cannot start a member of the registry: {0}")]
    Io(io::Error),
}

/// The registry as the rest of the node sees it.
#[derive(Debug)]
pub(crate) struct Registry {
    owned: Owned,
    events: mpsc::Sender<Event>,
    /// Until the member is started.
    waiting: Mutex<Option<mpsc::Receiver<Event>>>,
    shared: Mutex<Arc<Shared>>,
    heard: mpsc::Sender<Report>,
    /// Until somebody listens.
    reports: Mutex<Option<mpsc::Receiver<Report>>>,
}

impl Registry {
    /// The registry that the configuration makes this node a member of, if it does.
    pub(crate) fn of(config: &Config) -> Option<Arc<Self>> {
        if !config.registry.is_member() {
            return None;
        }
        let (events, waiting) = mpsc::channel(driver::EVENTS_COUNT_MAX);
        let (heard, reports) = mpsc::channel(looking::REPORTS_COUNT_MAX);
        Some(Arc::new(Self {
            owned: Owned::new(&config.registry.parsed_prefixes()),
            events,
            waiting: Mutex::new(Some(waiting)),
            shared: Mutex::default(),
            heard,
            reports: Mutex::new(Some(reports)),
        }))
    }

    pub(crate) fn owned(&self) -> &Owned {
        &self.owned
    }

    pub(crate) fn state(&self) -> RegistryState {
        lock(&self.shared).state()
    }

    /// Has the members agree on a change that was planned on what was seen. Done only if all of
    /// that is still so; then it is in the store of this node.
    ///
    /// # Errors
    /// [`Disagreed::Conflict`] if it is not so any more: plan again. Otherwise what to tell whoever
    /// asked.
    pub(crate) async fn agree(
        &self,
        change: Change,
        seen: &Seen,
        known: &Known,
    ) -> Result<(), Disagreed> {
        let request = self.request(change, seen, known)?;
        let (tell, told) = oneshot::channel();
        let request = Box::new(request);
        let asked = Event::Asked { request, tell };
        self.events.try_send(asked).map_err(|_| BUSY)?;
        match told.await.unwrap_or(Outcome::Unknown) {
            Outcome::Answered(Answer::Refused(refusal), _) => Err(refused(refusal)),
            Outcome::Answered(..) => Ok(()),
            Outcome::Busy => Err(BUSY),
            Outcome::Unknown => Err(UNKNOWN),
        }
    }

    /// What the members are asked.
    fn request(
        &self,
        change: Change,
        seen: &Seen,
        known: &Known,
    ) -> Result<quorum::Request, Disagreed> {
        let seen = lock(seen).clone();
        let mut record = None;
        let mut requests = Vec::new();
        for write in change.writes {
            match (self.owned.name_of(&write.key), write.octets) {
                (Some(name), octets) if record.is_none() => record = Some((name, octets)),
                (None, Some(octets)) if write.key.subspace() == Some(Subspace::ANSWERED) => {
                    let key = write.key;
                    requests.push(Request { key, octets });
                }
                _ => return Err(MIXED),
            }
        }
        let (name, record) = record.ok_or(MIXED)?;
        let before = seen.get(&name).cloned().unwrap_or_default();
        let now = Clock::date().0;
        let is_new = |it: &Request| requests.iter().all(|new| new.key != it.key);
        let mut kept = before.requests;
        kept.retain(|it| !it.has_expired(now) && is_new(it));
        kept.extend(requests);
        if kept.len() > REQUESTS_COUNT_MAX {
            return Err(TOO_OFTEN);
        }
        let record = record.map(|record| as_published(record, &name, &before.order));
        let record = record.transpose()?;
        let mark = change.note.as_ref().and_then(|note| note.request);
        let publication = Publication {
            record,
            requests: kept,
            note: change.note,
        };
        let request = quorum::Request {
            mark: mark.unwrap_or_default(),
            identity: Reference {
                identifier: known.identity.identifier.clone(),
                index: known.identity.index,
            },
            command: Command::PutDelegationAsSeen {
                prefix: name,
                serial: before.serial.saturating_add(1),
                octets: publication.encode().map_err(|_| TOO_LONG)?,
                seen: seen
                    .into_iter()
                    .map(|(name, it)| (name, it.serial))
                    .collect(),
            },
        };
        // What the others could not read must not be agreed on.
        request.checked().map_err(|_| TOO_LONG)?;
        Ok(request)
    }
}

/// A record that was planned as the store has it, as it is published: with every site in the place
/// where it was registered, whoever stands first for the time being.
fn as_published(record: Bytes, name: &Bytes, order: &Order) -> Result<Bytes, Disagreed> {
    let record = order.apply(record, name).map_err(|_| TOO_LONG)?;
    let slow = Record::from_stored(record.clone()).ok();
    if let Some(seconds) = slow.and_then(|record| ttl_too_long(&record)) {
        let (prefix, most) = (name.escape_ascii(), ordering::TTL_SECONDS_MAX);
        warn!(
            %prefix, seconds, most,
            "the sites of a prefix for which another site stands by have a longer ttl than they \
             should: askers keep them, and fail over later"
        );
    }
    Ok(record)
}

/// Why the members have not agreed on a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disagreed {
    /// Something that it was planned on has changed.
    Conflict,
    /// Whoever asked is told so.
    Refused(ResponseCode, &'static str),
}

const BUSY: Disagreed = Disagreed::Refused(
    ResponseCode::SERVER_BUSY,
    "the top-level sites have nobody who leads them now; nothing was done, try again soon. \
     Questions are answered all the same",
);
const UNKNOWN: Disagreed = Disagreed::Refused(
    ResponseCode::ERROR,
    "outcome unknown, resend: the top-level sites have not agreed in time; the same request again, \
     at any of them, is answered and done once",
);
const TOO_OFTEN: Disagreed = Disagreed::Refused(
    ResponseCode::SERVER_BUSY,
    "this record was changed 128 times within a day, all of which is remembered; nothing was done, \
     try again later",
);
const TOO_LONG: Disagreed = Disagreed::Refused(
    ResponseCode::INVALID_VALUE,
    "the record, or the number of lists that say who may write it, is too large for the registry \
     of prefixes; nothing was done",
);
const MIXED: Disagreed = Disagreed::Refused(
    ResponseCode::OPERATION_NOT_SUPPORTED,
    "the records of these prefixes are changed one at a time; nothing was done",
);
const FULL: Disagreed = Disagreed::Refused(
    ResponseCode::SERVER_BUSY,
    "the registry of prefixes is full, or remembers as many requests as it can; nothing was done",
);
const NOT_PERMITTED: Disagreed = Disagreed::Refused(
    ResponseCode::INSUFFICIENT_PERMISSIONS,
    "the top-level sites refuse; nothing was done",
);

fn refused(refusal: Refusal) -> Disagreed {
    match refusal {
        Refusal::Serial { .. } => Disagreed::Conflict,
        Refusal::Full => FULL,
        _ => NOT_PERMITTED,
    }
}

/// Says that the node of a folder has never been a member: when it starts as one it founds the
/// registry, as the others do. Holds until it has.
///
/// # Errors
/// [`RegistryError::File`] if there is a journal already, or the folder cannot be written.
pub fn allow_founding(folder: &Path) -> Result<(), RegistryError> {
    let path = folder.join(journal::FILE);
    if path.exists() {
        let reason = "the node is a member already".to_owned();
        return Err(RegistryError::File { path, reason });
    }
    let path = folder.join(journal::FOUND_FILE);
    let written = File::create(&path).and_then(|file| file.sync_all());
    written.map_err(|error| RegistryError::File {
        path,
        reason: error.to_string(),
    })
}

/// A member as [`quorum::Command::AddMember`] describes it: what its site is for, where the others
/// connect, and its key.
///
/// # Errors
/// [`RegistryError::File`] if the file of the site cannot be read, or has no key.
pub fn describe(role: Role, address: SocketAddr, site: &Path) -> Result<Bytes, RegistryError> {
    let site = site.to_owned();
    let described = group::read(&MemberConfig {
        number: 0,
        role,
        address,
        site,
    })?;
    Ok(described.described.encode())
}

/// A member that runs; dropped, it ends as soon as it notices.
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts the member that the configuration makes of the node, if it makes one.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub(crate) fn start(
        config: &Config,
        founded: Option<&Founded>,
        answerer: &Arc<Answerer>,
    ) -> Result<Self, RegistryError> {
        let (stop, stopped) = watch::channel(false);
        let Some(registry) = answerer.registry() else {
            return Ok(Self { stop, thread: None });
        };
        let waiting = lock(&registry.waiting).take();
        let events = waiting.map(|waiting| (registry.events.clone(), waiting));
        let beginning = begin(
            config,
            founded,
            answerer,
            events.ok_or(RegistryError::NoKey)?,
            registry.heard.clone(),
        )?;
        *lock(&registry.shared) = Arc::clone(&beginning.shared);
        let thread = driver::start(beginning, stopped)?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }

    /// Stops the member, and waits until it has: after the last answer that waits for it.
    pub(crate) fn stop(self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread {
            // One that has panicked has said so on its own.
            let _ = thread.join();
        }
    }
}

fn begin(
    config: &Config,
    founded: Option<&Founded>,
    answerer: &Arc<Answerer>,
    events: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
    heard: mpsc::Sender<Report>,
) -> Result<Beginning, RegistryError> {
    let settings = &config.registry;
    let key = &founded.ok_or(RegistryError::NoKey)?.signing_key;
    let configured = group::configured(settings)?;
    let own = MemberId(settings.member);
    let described = configured.get(&own).map(|it| &it.described);
    let described = described.filter(|it| it.key.is_same_key(&key.public_key()));
    let member = settings.member;
    let described = described.ok_or(RegistryError::NotOwnKey { member })?;
    let address = settings.listen.unwrap_or(described.address);
    let standing = Standing::read(answerer)?;
    let mut journal = FileJournal::new(answerer.store().path());
    let (group, member) = open(config, own, &configured, standing, &mut journal)?;
    let listened = TcpListener::bind(address);
    let owned = Owned::new(&settings.parsed_prefixes());
    Ok(Beginning {
        own,
        member,
        key: Arc::clone(key),
        listener: listened.map_err(|source| RegistryError::Listen { address, source })?,
        journal,
        storing: Storing::new(answerer, group, owned),
        followed: standing.map(|it| it.time),
        configured: described_of(&configured),
        shared: Arc::new(Shared::new(own, group)),
        heard,
        events,
    })
}

fn described_of(
    configured: &BTreeMap<MemberId, group::Configured>,
) -> BTreeMap<MemberId, Described> {
    let described = configured.iter();
    described
        .map(|(id, it)| (*id, it.described.clone()))
        .collect()
}

/// The member as its journal has it, or as all members are founded; and of which registry.
fn open(
    config: &Config,
    own: MemberId,
    configured: &BTreeMap<MemberId, group::Configured>,
    standing: Option<Standing>,
    journal: &mut FileJournal,
) -> Result<(u64, Member<Recorder>), RegistryError> {
    let path = journal.path().to_owned();
    let octets = journal.read();
    let octets = octets.map_err(|source| RegistryError::Journal {
        path: path.clone(),
        source,
    })?;
    match (octets.is_empty(), standing) {
        (true, Some(_)) => return Err(RegistryError::LostJournal { path }),
        // A disk that is lost leaves nothing that could tell.
        (true, None) if !journal.may_be_founded() => {
            return Err(RegistryError::NotFounded { path });
        }
        _ => (),
    }
    let founding = match standing {
        Some(_) => Agreed::default(),
        None => group::found(&config.registry, configured)?,
    };
    let group = standing.map_or_else(|| group::number_of(&founding), |it| it.group);
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| RegistryError::Io(io::Error::other(error)))?;
    let settings = Settings::new(own, group, group, salt);
    let machine = Recorder::new(founding);
    let now = clock::now();
    let member = if octets.is_empty() {
        Member::found(settings, machine, now)
    } else {
        Member::open(settings, &octets, machine, now)
    };
    let member = member.map_err(|trouble| RegistryError::Damaged { path, trouble })?;
    Ok((group, member))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What is in it is whole after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
