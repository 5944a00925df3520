//! Calls of many requests that may come again, after a restart too: what was answered is kept in
//! the store, each answer in the change that it is about.
//!
//! A call has a name (who called, and the id they gave it) and a row that says which body came with
//! it; each of its requests has a row with the answer. Answers of requests that change nothing are
//! written before the next change of the call, so whatever is durable of a call, the answers before
//! it are, too. A call that changes nothing leaves nothing: strangers to a node's records cannot
//! fill its disk with refusals. Rows lie with those of requests that come again over the protocol,
//! and go as they do when they expire. Not here: calls that are under way (room `web`).

use super::super::Answerer;
use bytes::Bytes;
use client::Clock;
use engine::Digests;
use model::change::Write;
use model::octets::put_string;
use model::{Change, Key};
use store::View;
use tracing::error;
use wire::{Identity, Message};

/// Calls are kept to the end of the half day after the one in which they came: 12 to 24 hours.
const HALF_DAY_SECONDS: u32 = 12 * 3600;

/// How many answers of requests that changed nothing are written in one change.
const WRITTEN_COUNT_MAX: usize = 2048;

/// The first octet of a row; those of the protocol's requests begin with 1.
const FORMAT: u8 = 2;

/// A call that may come again, while it is carried out; see [`crate::Handle::begin_call`].
pub struct Call {
    name: [u8; 32],
    expiration: u32,
    /// The number of the next request, from 0.
    next: u32,
    /// Whether it has come before, so that some of it may have been done.
    is_again: bool,
    has_changed: bool,
    /// Answers that are not written yet, for nothing has changed since.
    unwritten: Vec<Write>,
}

/// The id of a call was used for a call with another body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherCall;

impl Call {
    /// Takes the place of the next request: where its answer is kept.
    pub(super) fn next_place(&mut self) -> Key {
        let number = self.next.to_be_bytes();
        self.next = self.next.saturating_add(1);
        let digest = crypto::Provider.sha256(&[&self.name[..], &number].concat());
        Key::answered(self.expiration, &digest)
    }

    /// What was answered when the call came before.
    pub(super) fn answered(
        &self,
        place: &Key,
        view: &dyn View,
    ) -> Result<Option<Message>, store::Error> {
        if !self.is_again {
            return Ok(None);
        }
        let row = view.get(place)?;
        let answer =
            row.and_then(|row| Message::decode(row.strip_prefix(&[FORMAT])?.to_vec().into()).ok());
        Ok(answer)
    }

    /// Notes the answer to a request that changes nothing.
    pub(super) fn note(&mut self, place: Key, answer: &Message) {
        self.unwritten.push(write(place, answer));
    }

    fn take_unwritten(&mut self) -> Vec<Change> {
        let writes = std::mem::take(&mut self.unwritten);
        let changes = writes.chunks(WRITTEN_COUNT_MAX).map(|writes| Change {
            writes: writes.to_vec(),
            ..Change::default()
        });
        changes.collect()
    }
}

/// Keeps an answer where the call will look for it.
pub(in super::super) fn write(place: Key, answer: &Message) -> Write {
    let octets = [&[FORMAT][..], &answer.encode()].concat();
    Write {
        key: place,
        octets: Some(octets.into()),
    }
}

impl Answerer {
    /// Begins a call, or goes on with one that came before and may not have been carried out to
    /// its end; `digest` is that of the body.
    pub(crate) fn begin_call(
        &self,
        identity: &Identity,
        id: &str,
        digest: &[u8; 32],
    ) -> Result<Result<Call, OtherCall>, store::Error> {
        let name = name_of(identity, id);
        let until = (Clock::date().0 / HALF_DAY_SECONDS)
            .saturating_add(2)
            .saturating_mul(HALF_DAY_SECONDS);
        let row = [&[FORMAT][..], digest].concat();
        let view = self.store.view();
        let mut call = Call {
            name,
            expiration: until,
            next: 0,
            is_again: false,
            has_changed: false,
            unwritten: Vec::new(),
        };
        for expiration in [until, until.saturating_sub(HALF_DAY_SECONDS)] {
            if let Some(found) = view.get(&Key::answered(expiration, &name))? {
                call.expiration = expiration;
                call.is_again = true;
                call.has_changed = true;
                return Ok(if found[..] == row[..] {
                    Ok(call)
                } else {
                    Err(OtherCall)
                });
            }
        }
        call.unwritten.push(Write {
            key: Key::answered(until, &name),
            octets: Some(row.into()),
        });
        Ok(Ok(call))
    }

    /// Gives the store what the call has been answered so far; called before a change of the call.
    pub(super) fn write_answers(&self, call: &mut Call) {
        call.has_changed = true;
        for change in call.take_unwritten() {
            // If the store takes nothing more, it does not take what follows either.
            self.submit_replicated(change, None, drop);
        }
    }

    /// Ends a call: the answers at its end are durable, if it has changed anything.
    pub(crate) fn end_call(&self, mut call: Call) {
        if !call.has_changed {
            return;
        }
        for change in call.take_unwritten() {
            if let Err(error) = self.commit_replicated(change) {
                // Refusals: if the call comes again after a restart they are found anew.
                error!(%error, "the answers of a call that may come again are not kept");
                return;
            }
        }
    }
}

/// The digest of who called, as they spell it, and the id of their call.
fn name_of(identity: &Identity, id: &str) -> [u8; 32] {
    let mut name = b"bulk".to_vec();
    put_string(&mut name, &identity.identifier);
    name.extend_from_slice(&identity.index.to_be_bytes());
    put_string(&mut name, &Bytes::copy_from_slice(id.as_bytes()));
    crypto::Provider.sha256(&name)
}
