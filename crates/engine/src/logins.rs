//! Logins: who has proven an identity once for all that follows on a connection (operation 2001 of
//! the Chinese system).
//!
//! Nothing but the connection says who asks from then on: its messages bear neither proof nor MAC.
//! So a login belongs to the connection on which it was asked for *and* proven, and to no other; it
//! ends with it, by itself after a while, and when the record of its identity changes: also one
//! that has been asked for only, for its proof may be under way with the key before. The id of
//! its challenge becomes its own, which messages may name as that of a session, and which counts
//! on its own connection only.
//!
//! ```
//! use engine::logins::{LoginLimits, Logins, Standing};
//! use engine::Moment;
//! use wire::Identity;
//!
//! let mut logins = Logins::new(LoginLimits::default());
//! let (connection, challenge, now) = (1, 0x1234_5678, Moment(0));
//! // Somebody asks to be known, and is challenged; then the proof was right.
//! let identity = Identity::new("88.1/u", 300);
//! logins.ask(connection, challenge, &identity, now)?;
//! logins.begin(&connection, challenge, 300, now)?;
//! let standing = Standing::In { id: challenge, identity: identity.clone() };
//! assert_eq!(logins.standing(&connection, now), standing);
//! // Once is enough, and another connection has nothing of it.
//! assert!(logins.ask(connection, 7, &identity, now).is_err());
//! assert_eq!(logins.standing(&2, now), Standing::Nobody);
//! logins.hang_up(&connection);
//! assert_eq!(logins.standing(&connection, now), Standing::Nobody);
//! # Ok::<(), engine::logins::Refusal>(())
//! ```
//!
//! Time is an argument. Not here: challenges ([`crate::challenges`]), whether a proof is right
//! ([`crate::authority::authentication`]), connections (room `node`).

use crate::Moment;
use alloc::collections::{BTreeMap, BTreeSet};
use bytes::Bytes;
use core::time::Duration;
use wire::{Identity, ResponseCode};

#[cfg(test)]
mod tests;

/// How many logins there may be for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// How long one lasts. Default: 24 hours, as sessions.
    pub life: Duration,
    /// The most connections with a login, or on which one has been asked for. Default: 16,384, as
    /// sessions; each has an identifier of at most 2,048 octets. Beyond it: [`Refusal::Full`].
    pub count_max: usize,
}

impl Default for LoginLimits {
    fn default() -> Self {
        Self {
            life: Duration::from_hours(24),
            count_max: 16_384,
        }
    }
}

/// Who speaks on a connection, as far as logins tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has logged in.
    Nobody,
    /// Somebody has.
    In {
        /// The id of the login.
        id: u32,
        /// Who.
        identity: Identity,
    },
    /// Somebody had, and the login is over: its time has passed, or the record of its identity has
    /// changed.
    Over {
        /// The id that the login had.
        id: u32,
    },
}

/// Why there is no login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Somebody has logged in on the connection already. The asker goes on, or makes another
    /// connection.
    #[error("somebody has logged in on this connection already; make another for another identity")]
    Already,
    /// The challenge was not that of the connection's last login, or the record of the identity
    /// has changed since. The asker asks again.
    #[error(
        "this login does not wait for a proof on this connection, or the record of its identity \
         has changed since it was asked for; ask again"
    )]
    NotAsked,
    /// There are too many.
    #[error("there is no room for another login; wait, nothing was done")]
    Full,
}

impl Refusal {
    /// The response code that says it; 407 is the Chinese system's own.
    pub fn code(self) -> ResponseCode {
        match self {
            Self::Already => ResponseCode::LOGGED_IN_ALREADY,
            Self::NotAsked => ResponseCode::AUTHENTICATION_TIMEOUT,
            Self::Full => ResponseCode::SERVER_BUSY,
        }
    }
}

/// All logins of a node, by connection; `L` names one and is used once.
#[derive(Debug)]
pub struct Logins<L> {
    limits: LoginLimits,
    by_line: BTreeMap<L, State>,
    /// The ids of all of them, which nothing else may have.
    ids: BTreeSet<u32>,
}

#[derive(Debug)]
struct State {
    id: u32,
    identity: Identity,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// A challenge with the id waits for its answer.
    Asked,
    In {
        ends: Moment,
    },
    Over,
}

impl State {
    fn is_in(&self, now: Moment) -> bool {
        matches!(self.stage, Stage::In { ends } if now < ends)
    }
}

impl<L: Ord> Logins<L> {
    /// No logins yet.
    pub fn new(limits: LoginLimits) -> Self {
        Self {
            limits,
            by_line: BTreeMap::new(),
            ids: BTreeSet::new(),
        }
    }

    /// Takes note that an identity's login was asked for on a connection and challenged under an
    /// id. Of several, only the last counts.
    ///
    /// # Errors
    /// [`Refusal::Already`], [`Refusal::Full`].
    pub fn ask(
        &mut self,
        line: L,
        challenge: u32,
        identity: &Identity,
        now: Moment,
    ) -> Result<(), Refusal> {
        match self.by_line.get(&line) {
            Some(state) if state.is_in(now) => return Err(Refusal::Already),
            None if self.by_line.len() >= self.limits.count_max => return Err(Refusal::Full),
            Some(_) | None => {}
        }
        let asked = State {
            id: challenge,
            identity: detached(identity),
            stage: Stage::Asked,
        };
        if let Some(before) = self.by_line.insert(line, asked) {
            self.ids.remove(&before.id);
        }
        self.ids.insert(challenge);
        Ok(())
    }

    /// Whether a challenge is that of the login that was last asked for on a connection.
    ///
    /// # Errors
    /// [`Refusal::NotAsked`] if it is not.
    pub fn check(&self, line: &L, challenge: u32) -> Result<(), Refusal> {
        let state = self.by_line.get(line);
        let is_asked =
            state.is_some_and(|state| matches!(state.stage, Stage::Asked) && state.id == challenge);
        is_asked.then_some(()).ok_or(Refusal::NotAsked)
    }

    /// Takes note that its identity was proven in answer to the challenge of a login, by the key
    /// with an index, which need not be that of the identity where that is 0: from now on the
    /// connection is the identity's.
    ///
    /// # Errors
    /// As [`Logins::check`].
    pub fn begin(
        &mut self,
        line: &L,
        challenge: u32,
        index: u32,
        now: Moment,
    ) -> Result<(), Refusal> {
        self.check(line, challenge)?;
        if let Some(state) = self.by_line.get_mut(line) {
            let ends = now + self.limits.life;
            state.identity.index = index;
            state.stage = Stage::In { ends };
        }
        Ok(())
    }

    /// Who speaks on a connection.
    pub fn standing(&self, line: &L, now: Moment) -> Standing {
        let Some(state) = self.by_line.get(line) else {
            return Standing::Nobody;
        };
        let id = state.id;
        match state.stage {
            Stage::Asked => Standing::Nobody,
            Stage::In { .. } if state.is_in(now) => Standing::In {
                id,
                identity: state.identity.clone(),
            },
            Stage::In { .. } | Stage::Over => Standing::Over { id },
        }
    }

    /// Whether somebody is logged in on a connection.
    pub fn is_in(&self, line: &L, now: Moment) -> bool {
        let state = self.by_line.get(line);
        state.is_some_and(|state| state.is_in(now))
    }

    /// Whether an id is that of the login that was last asked for on a connection, which may be
    /// over.
    pub fn is_of(&self, line: &L, id: u32) -> bool {
        self.by_line.get(line).is_some_and(|state| state.id == id)
    }

    /// Forgets a connection that is no more.
    pub fn hang_up(&mut self, line: &L) {
        if let Some(state) = self.by_line.remove(line) {
            self.ids.remove(&state.id);
        }
    }

    /// Ends the logins of some identities, as when a key is revoked; tells how many there were. One
    /// that was asked for and not begun is forgotten: its proof may have been found right with the
    /// key before, a moment ago.
    pub fn end_of(&mut self, is_meant: impl Fn(&Identity) -> bool) -> usize {
        let mut ended = 0;
        let ids = &mut self.ids;
        self.by_line.retain(|_, state| match state.stage {
            Stage::Asked if is_meant(&state.identity) => {
                ids.remove(&state.id);
                false
            }
            Stage::In { .. } if is_meant(&state.identity) => {
                state.stage = Stage::Over;
                ended += 1;
                true
            }
            Stage::Asked | Stage::In { .. } | Stage::Over => true,
        });
        ended
    }

    /// Whether an id is a login's: nothing else may have it.
    pub fn contains(&self, id: u32) -> bool {
        self.ids.contains(&id)
    }

    /// On how many connections there is a login, or one has been asked for.
    pub fn count(&self) -> usize {
        self.by_line.len()
    }
}

/// The identity in memory of its own: what was received with it, which may be long, may go.
fn detached(identity: &Identity) -> Identity {
    Identity::new(Bytes::copy_from_slice(&identity.identifier), identity.index)
}
