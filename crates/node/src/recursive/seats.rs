//! Who waits for a walk, and which are under way: places that are given back whatever happens.
//!
//! Not here: what a walk does and what comes of it (`walks`), who waits for the same
//! ([`engine::recursive::Flights`]).

use super::walks::Landed;
use super::{Recursive, lock};
use crate::elsewhere::under_way::Permit;
use crate::visitor::Source;
use engine::recursive::{Boarded, FlightKey};
use std::sync::Arc;
use tokio::sync::oneshot;
use wire::ResponseCode;

/// A walk under way; when it is dropped, those who wait are told, also if it has broken off.
pub(super) struct Flight {
    recursive: Arc<Recursive>,
    key: FlightKey,
    landed: Landed,
}

impl Flight {
    /// One that has been boarded.
    pub(super) fn new(recursive: &Arc<Recursive>, key: FlightKey) -> Self {
        let text = "this node could not walk to whoever is responsible";
        Self {
            recursive: Arc::clone(recursive),
            key,
            landed: Landed::failed(ResponseCode::ERROR, text),
        }
    }

    pub(super) fn recursive(&self) -> &Arc<Recursive> {
        &self.recursive
    }

    pub(super) fn key(&self) -> &FlightKey {
        &self.key
    }

    pub(super) fn land(&mut self, landed: Landed) {
        self.landed = landed;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let waiters = lock(&self.recursive.flights).land(&self.key);
        for waiter in waiters {
            // Whoever asked may have gone.
            let _ = waiter.send(self.landed.clone());
        }
    }
}

/// The place of somebody who waits; when it is dropped, it is for others, whether the walk is over
/// or whoever asked has gone.
pub(super) struct Seat {
    recursive: Arc<Recursive>,
    key: FlightKey,
    waiting: oneshot::Receiver<Landed>,
    has_landed: bool,
    _permit: Permit,
}

impl Seat {
    pub(super) fn key(&self) -> &FlightKey {
        &self.key
    }

    pub(super) async fn landed(&mut self) -> Landed {
        let landed = (&mut self.waiting).await;
        self.has_landed = true;
        landed.unwrap_or_else(|_| {
            Landed::failed(ResponseCode::SERVER_BUSY, "this node is about to stop")
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.has_landed {
            self.waiting.close();
            lock(&self.recursive.flights).leave(&self.key, oneshot::Sender::is_closed);
        }
    }
}

impl Recursive {
    /// A place among those who wait for a walk; with a permit, it is to be set going. None if there
    /// is no room.
    pub(super) fn take_seat(
        self: &Arc<Self>,
        key: FlightKey,
        source: Source,
    ) -> Option<(Seat, Option<Permit>)> {
        // First, so that one source has only so many of all places, whatever it waits for.
        let permit = self.waiting.begin(source)?;
        let (waiter, waiting) = oneshot::channel();
        let boarded = match self.board(&key, Some(waiter), source) {
            Boarded::First(permit) => Some(permit),
            Boarded::Joined => None,
            Boarded::Full => return None,
        };
        let seat = Seat {
            recursive: Arc::clone(self),
            key,
            waiting,
            has_landed: false,
            _permit: permit,
        };
        Some((seat, boarded))
    }

    /// Has somebody wait for a walk, or nobody. Whoever may not have one more made is refused
    /// before others could join it.
    pub(super) fn board(
        &self,
        key: &FlightKey,
        waiter: Option<oneshot::Sender<Landed>>,
        source: Source,
    ) -> Boarded<Permit> {
        let permit = || self.under_way.begin(source);
        lock(&self.flights).board(key, waiter, permit)
    }
}
