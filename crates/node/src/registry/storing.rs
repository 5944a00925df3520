//! What members have agreed on becomes records of the store, through the one committer, in order.
//!
//! A thread of its own waits for each change: the member itself must not, for it is to be heard
//! every tenth of a second. Beside the records stands how far the registry has been followed, in
//! the same change; what comes again after a start is not written again, so that nobody ever sees a
//! record become older. Where something was missed (a registry that came as a whole, a disk that
//! was full) all records are compared.

use super::ordering::Order;
use super::owned::{Owned, describing};
use super::publication::{Publication, Registered};
use crate::answerer::Answerer;
use bytes::Bytes;
use client::Clock;
use engine::authority::HOMED_MARK;
use model::change::Write;
use model::octets::Reader;
use model::{Change, Error, Key, Record, Reference, SuffixCase};
use quorum::{Publication as Published, Time};
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::{info, warn};

const FORMAT: u8 = 1;

/// How many records are brought up to date with one sync.
const CHANGE_RECORDS_MAX: usize = 256;

/// How far this node has followed the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Which registry: [`super::group::number_of`] when it was founded.
    pub(super) group: u64,
    /// The registry's time of the last entry that is in the store.
    pub(super) time: Time,
}

impl Standing {
    /// Where the store stands; none if it has never followed one.
    ///
    /// # Errors
    /// Those of the store; a row that cannot be read is none of ours.
    pub(super) fn read(answerer: &Answerer) -> Result<Option<Self>, store::Error> {
        let row = answerer.store().view().get(&Key::registry_standing())?;
        Ok(row.and_then(Self::decode))
    }

    fn decode(octets: Bytes) -> Option<Self> {
        let mut reader = Reader::new(octets);
        (reader.u8("format").ok()? == FORMAT).then_some(())?;
        let group = reader.u64("group").ok()?;
        let time = Time(reader.u64("time").ok()?);
        reader.finish("standing").ok()?;
        Some(Self { group, time })
    }

    fn encode(self) -> Bytes {
        let mut out = vec![FORMAT];
        out.extend_from_slice(&self.group.to_be_bytes());
        out.extend_from_slice(&self.time.0.to_be_bytes());
        out.into()
    }
}

/// What an entry of the registry means for the store.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// The record of a prefix is another, or gone.
    Delegated {
        name: Bytes,
        published: Published,
        /// Who stands first in it for the time being.
        first: Option<Reference>,
        /// Whether another was published; if not, somebody else stands first.
        is_published: bool,
        time: Time,
    },
    /// Everything may be another.
    All {
        delegations: BTreeMap<Bytes, Published>,
        /// Who stands first, by prefix.
        firsts: BTreeMap<Bytes, Reference>,
        time: Time,
    },
}

impl Effect {
    pub(super) fn time(&self) -> Time {
        match self {
            Self::Delegated { time, .. } | Self::All { time, .. } => *time,
        }
    }
}

/// Writes effects into the store.
pub(super) struct Storing {
    answerer: Arc<Answerer>,
    group: u64,
    owned: Owned,
    /// Whether an effect could not be written: those that follow would be written without it.
    has_missed: bool,
}

impl Storing {
    pub(super) fn new(answerer: &Arc<Answerer>, group: u64, owned: Owned) -> Self {
        Self {
            answerer: Arc::clone(answerer),
            group,
            owned,
            has_missed: false,
        }
    }

    /// Writes one effect; durable when it returns. After an error nothing is written until all is.
    pub(super) fn write(&mut self, effect: Effect) -> Result<(), store::Error> {
        let written = match effect {
            Effect::All {
                delegations,
                firsts,
                time,
            } => self.write_all(&delegations, &firsts, time),
            Effect::Delegated { .. } if self.has_missed => Err(store::Error::Closed),
            Effect::Delegated {
                name,
                published,
                first,
                is_published,
                time,
            } => {
                let mut change = Change::default();
                add(&mut change, &name, &published, first.as_ref());
                if !is_published {
                    // It tells of what was published last.
                    change.note = None;
                }
                self.commit(change, time)
            }
        };
        self.has_missed = written.is_err();
        written
    }

    /// Writes all that is not as it should be, and then how far that is.
    fn write_all(
        &self,
        delegations: &BTreeMap<Bytes, Published>,
        firsts: &BTreeMap<Bytes, Reference>,
        time: Time,
    ) -> Result<(), store::Error> {
        let standing = Standing::read(&self.answerer)?;
        let view = self.answerer.store().view();
        let mut stored = BTreeMap::new();
        let [from, to] = Key::registered_all();
        for row in view.range(&from, &to) {
            let (key, octets) = row?;
            let registered = Registered::decode(octets).unwrap_or_default();
            stored.insert(key.octets().slice(2..), registered);
        }
        let mut change = self.homes(&*view)?;
        let mut count = 0;
        for (name, published) in delegations {
            let first = firsts.get(name);
            if let Some(it) = stored.remove(name)
                && it.serial == published.serial
                && it.order == order_of(name, published, first)
            {
                continue;
            }
            count += 1;
            add(&mut change, name, published, first);
            // Of many, each with its note, only the last change has made it what it is.
            change.note = None;
            if change.writes.len() >= CHANGE_RECORDS_MAX {
                let before = standing.map_or(Time(0), |it| it.time);
                self.commit(std::mem::take(&mut change), before)?;
            }
        }
        for name in stored.into_keys() {
            count += 1;
            change.writes.extend(removal(&name));
        }
        if count > 0 {
            info!(
                records = count,
                "records of the registry were brought up to date"
            );
        }
        self.commit(change, time)
    }

    /// The marks that the node is home to the prefixes, where they are missing.
    fn homes(&self, view: &dyn store::View) -> Result<Change, store::Error> {
        let mut change = Change::default();
        for home in self.owned.homes() {
            if view.get(&home)?.is_none() {
                change.put(home, Bytes::from_static(HOMED_MARK));
            }
        }
        Ok(change)
    }

    fn commit(&self, mut change: Change, time: Time) -> Result<(), store::Error> {
        let group = self.group;
        let standing = Standing { group, time };
        change.put(Key::registry_standing(), standing.encode());
        self.answerer.commit_replicated(change).map(drop)
    }
}

/// Adds what is published of a prefix, with whoever is first before the others.
fn add(change: &mut Change, name: &Bytes, published: &Published, first: Option<&Reference>) {
    let publication = match published.octets.clone().map(Publication::decode) {
        None => Publication::default(),
        Some(Ok(publication)) => publication,
        Some(Err(error)) => {
            let name = name.escape_ascii();
            warn!(%name, %error, "what was agreed on is of another version; it is left out");
            return;
        }
    };
    let Some(key) = record_key(name) else {
        return;
    };
    let ordered = publication.record.map(|it| ordered(name, it, first));
    let (octets, order) = match ordered.transpose() {
        Ok(ordered) => ordered.unzip(),
        Err(error) => {
            let name = name.escape_ascii();
            warn!(%name, %error, "what was agreed on is no record; it is left out");
            return;
        }
    };
    change.writes.push(Write { key, octets });
    let now = Clock::date().0;
    for request in &publication.requests {
        if !request.has_expired(now) {
            change.put(request.key.clone(), request.octets.clone());
        }
    }
    let registered = Registered {
        serial: published.serial,
        requests: publication.requests,
        order: order.unwrap_or_default(),
    };
    change.put(Key::registered(name), registered.encode());
    change.note = publication.note;
}

/// A record with whoever is first before the others, and how that was done.
fn ordered(
    name: &Bytes,
    octets: Bytes,
    first: Option<&Reference>,
) -> Result<(Bytes, Order), Error> {
    let Some(first) = first else {
        return Ok((octets, Order::default()));
    };
    let order = Order::of(&Record::from_stored(octets.clone())?, name, first);
    Ok((order.apply(octets, name)?, order))
}

/// How what is published of a prefix is to be ordered.
fn order_of(name: &Bytes, published: &Published, first: Option<&Reference>) -> Order {
    let ordered = || {
        let publication = Publication::decode(published.octets.clone()?).ok()?;
        ordered(name, publication.record?, Some(first?)).ok()
    };
    ordered().map(|(_, order)| order).unwrap_or_default()
}

fn removal(name: &Bytes) -> impl Iterator<Item = Write> + use<> {
    let keys = record_key(name).into_iter();
    let keys = keys.chain([Key::registered(name)]);
    keys.map(|key| Write { key, octets: None })
}

fn record_key(name: &Bytes) -> Option<Key> {
    // Records of prefixes never depend on case.
    let identifier = describing(name)?;
    Some(Key::record(&identifier, SuffixCase::Insensitive))
}
