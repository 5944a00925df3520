//! Where answers meet the data set that this node writes: changes that are not its to make, and
//! those that may not be acknowledged though they are durable.
//!
//! Not here: what this node may do (`holder`).

use super::Answerer;
use super::replicating::is_change;
use crate::holder::{Holder, Pass, Unheld};
use client::Clock;
use engine::replication::Numbering;
use model::{Change, Identifier, Key};
use std::sync::Arc;
use wire::{Message, Request, ResponseCode};

/// How often an entry is written again that says where an epoch begins, because another took its
/// place: nothing but housekeeping writes while an epoch begins.
const RACES_COUNT_MAX: usize = 16;

impl Answerer {
    /// The data set that the node writes, if it writes one only as long as it is said to.
    pub(crate) fn holder(&self) -> Option<&Arc<Holder>> {
        self.holder.as_ref()
    }

    /// Whether a change may be begun; none if nobody needs to say so. An error is the answer.
    pub(super) fn admit(
        &self,
        request: &Message,
        change: &Change,
    ) -> Result<Option<Pass>, Box<Message>> {
        let Some(holder) = self.holder() else {
            return Ok(None);
        };
        let admitted = holder.admit(change);
        admitted.map_err(|why| Box::new(self.fail_unheld(request, why)))
    }

    /// The answer to a request whose change is durable and may not be acknowledged, if so.
    pub(super) fn uncovered(&self, request: &Message, pass: Option<Pass>) -> Option<Message> {
        let is_covered = match (self.holder(), pass) {
            (Some(holder), Some(pass)) => holder.covers(pass),
            _ => true,
        };
        (!is_covered).then(|| self.fail_unheld(request, Unheld::Over))
    }

    /// The answer to a request that comes again, and must not be acknowledged as before: whoever
    /// was the writer then may not be any more.
    pub(super) fn unheld_again(&self, request: &Message, answer: &Message) -> Option<Message> {
        let holder = self.holder()?;
        let is_done = answer.header.response_code == ResponseCode::SUCCESS;
        if !is_done || !is_change(request.header.opcode) {
            return None;
        }
        let acknowledged = holder.acknowledges(&identifier_of(request)?);
        let over = |_| self.fail_unheld(request, Unheld::Over);
        acknowledged.err().map(over)
    }

    fn fail_unheld(&self, request: &Message, why: Unheld) -> Message {
        let (code, text) = match why {
            // The reference software's words, which people search for.
            Unheld::NotHolder => (ResponseCode::SERVER_NOT_RESPONSIBLE, "Not a primary server"),
            Unheld::OtherPart => (
                ResponseCode::SERVER_NOT_RESPONSIBLE,
                "suffixes that begin so are registered elsewhere: they are reserved for \
                 emergencies, and nobody has two writers; nothing was done",
            ),
            Unheld::NoLease => (
                ResponseCode::SERVER_BUSY,
                "the top-level sites have not said lately that this node is the writer of the \
                 prefix; nothing was done, try again soon. Questions are answered all the same",
            ),
            Unheld::Over => (
                ResponseCode::ERROR,
                "outcome unknown, resend: it is durable here, but this node may not be the writer \
                 of the prefix any more",
            ),
        };
        self.authority.fail(request, code, text, Clock::date())
    }

    /// Lets the log go on in an epoch. Waits for the disk.
    ///
    /// # Errors
    /// The store refuses, or others write all the time.
    pub(crate) fn begin_epoch(&self, epoch: u64) -> Result<(), store::Error> {
        for _ in 0..RACES_COUNT_MAX {
            let head = self.store.head().position;
            let before = self.replication.numbering().unwrap_or_default();
            let numbering = Numbering {
                epoch,
                // Of the entry that says so itself, which nobody is sent.
                before: head.plus(1).0,
                txn: before.txn_of(head.0),
                earlier: before.epoch,
            };
            let mut change = Change::default();
            change.put(Key::numbering(), numbering.octets());
            if self.store.commit(change)? == head.plus(1) {
                self.replication.begin_epoch(numbering);
                return Ok(());
            }
        }
        Err(store::Error::Closed)
    }
}

/// The identifier that a request changes.
fn identifier_of(request: &Message) -> Option<Identifier> {
    let octets = match Request::decode(request).ok()? {
        Request::Creation(body) | Request::Addition(body) | Request::Modification(body) => {
            body.identifier
        }
        Request::Removal(body) => body.identifier,
        Request::Deletion(body) => body.identifier,
        _ => return None,
    };
    Identifier::from_octets(octets).ok()
}
