//! Sessions of the JSON API: a name that only its client knows, a nonce to prove an identity with,
//! and the identity once it is proven.
//!
//! Strangers begin sessions, so their number is bounded, in total and for each source, and they end
//! after a silence, and when the record of their identity changes. They are in memory only: after a
//! restart clients are challenged anew. Not here: sessions of the Handle protocol.

use bytes::Bytes;
use engine::authority::Known;
use model::Identifier;
use node::peers::network_of;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wire::Identity;

const NONCE_OCTETS: usize = 16;

/// How long a proof is good, however busy the session: a working day. Then the key may be another.
const LIFE_MAX: Duration = Duration::from_hours(8);

/// A name is as hard to guess as a key.
const NAME_OCTETS: usize = 16;

/// How many sessions for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) silence: Duration,
    pub(crate) count_max: usize,
    pub(crate) count_per_source_max: usize,
}

/// All sessions of a node.
#[derive(Debug)]
pub(crate) struct Sessions {
    limits: Limits,
    sessions: Mutex<HashMap<String, Session>>,
}

/// A session as it was when it was looked at.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// When it began, or was last proven.
    since: Instant,
    /// What the next proof must cover.
    pub(crate) nonce: [u8; NONCE_OCTETS],
    /// Whose it is.
    pub(crate) known: Option<Known>,
    /// Whose it would be by the last proof that was shown, which may be under way.
    claimed: Option<Identity>,
    /// What the proof was.
    fingerprint: Vec<u8>,
    source: IpAddr,
    used: Instant,
}

impl Session {
    /// Whose session it is, if this proof made it so.
    pub(crate) fn proven_by(&self, fingerprint: &[u8]) -> Option<Known> {
        let is_same = !fingerprint.is_empty() && self.fingerprint == fingerprint;
        self.known.clone().filter(|_| is_same)
    }
}

impl Sessions {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            sessions: Mutex::default(),
        }
    }

    /// Begins a session; none if the operating system gives no randomness.
    pub(crate) fn begin(&self, source: IpAddr) -> Option<(String, Session)> {
        let mut name = [0; NAME_OCTETS];
        getrandom::fill(&mut name).ok()?;
        let name = hex::encode(name);
        let session = Session {
            nonce: nonce()?,
            known: None,
            claimed: None,
            fingerprint: Vec::new(),
            since: Instant::now(),
            source: network_of(source),
            used: Instant::now(),
        };
        let mut sessions = self.lock();
        self.make_room(&mut sessions, session.source);
        sessions.insert(name.clone(), session.clone());
        Some((name, session))
    }

    /// The session with a name, which is used by this; none if there is none, or no more.
    pub(crate) fn session(&self, name: &str) -> Option<Session> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(name)?;
        let is_silent = session.used.elapsed() > self.limits.silence;
        if is_silent || session.since.elapsed() > LIFE_MAX {
            sessions.remove(name);
            return None;
        }
        session.used = Instant::now();
        Some(session.clone())
    }

    /// Takes note that a proof for an identity is about to be judged. If its key is revoked while
    /// it is, the session ends.
    pub(crate) fn claim(&self, name: &str, identity: &Identity) {
        // Bounds what is kept; nothing else proves anything.
        let is_one = Identifier::from_octets(identity.identifier.clone()).is_ok();
        let octets = Bytes::copy_from_slice(&identity.identifier);
        if let Some(session) = self.lock().get_mut(name) {
            session.claimed = is_one.then(|| Identity::new(octets, identity.index));
        }
    }

    /// Makes a session somebody's who has [claimed](Self::claim) and proven it with a nonce, which
    /// then counts no more. False if it has been used meanwhile, or the session has ended.
    pub(crate) fn authenticate(
        &self,
        name: &str,
        proven: &[u8; NONCE_OCTETS],
        known: &Known,
        fingerprint: &[u8],
    ) -> bool {
        let Some(fresh) = nonce() else {
            return false;
        };
        let mut sessions = self.lock();
        let session = sessions.get_mut(name);
        let is_claimed = |session: &Session| {
            let claimed = session.claimed.as_ref();
            claimed.is_some_and(|claimed| claimed.identifier == known.identity.identifier)
        };
        let session = session.filter(|session| session.nonce == *proven && is_claimed(session));
        let Some(session) = session else {
            return false;
        };
        session.nonce = fresh;
        session.since = Instant::now();
        session.known = Some(known.clone());
        session.fingerprint = fingerprint.to_vec();
        true
    }

    /// Ends a session; false if there is none.
    pub(crate) fn end(&self, name: &str) -> bool {
        self.lock().remove(name).is_some()
    }

    /// Ends the sessions of some identities, also those that are about to become theirs.
    pub(crate) fn end_of(&self, is_meant: impl Fn(&Identity) -> bool) {
        self.lock().retain(|_, session| {
            let known = session.known.as_ref().map(|known| &known.identity);
            !known.into_iter().chain(&session.claimed).any(&is_meant)
        });
    }

    /// Ends sessions until a source may have one more: those that are over, then the source's own,
    /// then anybody's; of these first one in which nobody has proven anything, and of those the one
    /// that was silent longest.
    fn make_room(&self, sessions: &mut HashMap<String, Session>, source: IpAddr) {
        let limits = &self.limits;
        let is_own = |session: &Session| session.source == source;
        let own_count = || sessions.values().filter(|session| is_own(session)).count();
        let is_full = sessions.len() >= limits.count_max;
        if !is_full && own_count() < limits.count_per_source_max {
            return;
        }
        sessions.retain(|_, session| session.used.elapsed() <= limits.silence);
        let own_count = sessions.values().filter(|session| is_own(session)).count();
        if own_count >= limits.count_per_source_max {
            end_first(sessions, is_own);
        }
        if sessions.len() >= limits.count_max {
            end_first(sessions, |_| true);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        // Nothing between two statements that change the map can fail.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn end_first(sessions: &mut HashMap<String, Session>, among: impl Fn(&Session) -> bool) {
    let among = sessions.iter().filter(|(_, session)| among(session));
    let first = among.min_by_key(|(_, session)| (session.known.is_some(), session.used));
    if let Some(name) = first.map(|(name, _)| name.clone()) {
        sessions.remove(&name);
    }
}

fn nonce() -> Option<[u8; NONCE_OCTETS]> {
    let mut nonce = [0; NONCE_OCTETS];
    getrandom::fill(&mut nonce).ok()?;
    Some(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::authority::Means;

    const LIMITS: Limits = Limits {
        silence: Duration::from_mins(30),
        count_max: 3,
        count_per_source_max: 2,
    };

    fn somebody() -> Known {
        Known {
            identity: Identity::new("88/a", 1),
            means: Means::PUBLIC_KEY,
        }
    }

    fn source(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn a_nonce_counts_once() {
        let sessions = Sessions::new(LIMITS);
        let (name, session) = sessions.begin(source(1)).unwrap();
        sessions.claim(&name, &somebody().identity);
        let authenticate = || sessions.authenticate(&name, &session.nonce, &somebody(), b"proof");
        assert!(authenticate());
        assert!(!authenticate());
        let now = sessions.session(&name).unwrap();
        assert_ne!(now.nonce, session.nonce);
        assert_eq!(now.proven_by(b"proof"), Some(somebody()));
        assert_eq!(now.proven_by(b"other"), None);
        assert!(sessions.end(&name) && !sessions.end(&name));
        assert!(!authenticate());
    }

    #[test]
    fn who_begins_too_many_loses_their_own() {
        let sessions = Sessions::new(LIMITS);
        let names: Vec<_> = (0..3)
            .map(|_| sessions.begin(source(1)).unwrap().0)
            .collect();
        let lives = |name: &String| sessions.session(name).is_some();
        let living: Vec<bool> = names.iter().map(lives).collect();
        assert_eq!(living, [false, true, true]);
        let (other, session) = sessions.begin(source(2)).unwrap();
        sessions.claim(&other, &somebody().identity);
        sessions.authenticate(&other, &session.nonce, &somebody(), b"");
        sessions.begin(source(3)).unwrap();
        assert!(lives(&other), "who has proven something stays");
        assert_eq!(sessions.lock().len(), 3);
    }

    #[test]
    fn sessions_end_with_their_key_also_while_a_proof_is_judged() {
        let sessions = Sessions::new(LIMITS);
        let identity = somebody().identity;
        let (proven, session) = sessions.begin(source(1)).unwrap();
        sessions.claim(&proven, &identity);
        assert!(sessions.authenticate(&proven, &session.nonce, &somebody(), b""));
        let (judged, session) = sessions.begin(source(2)).unwrap();
        sessions.claim(&judged, &identity);
        let (other, unclaimed) = sessions.begin(source(3)).unwrap();
        sessions.end_of(|it| *it == identity);
        let lives = |name: &String| sessions.session(name).is_some();
        assert_eq!([&proven, &judged, &other].map(lives), [false, false, true]);
        assert!(!sessions.authenticate(&judged, &session.nonce, &somebody(), b""));
        // Another claim takes the place of the first, which then makes the session nobody's.
        sessions.claim(&other, &Identity::new("88/b", 1));
        assert!(!sessions.authenticate(&other, &unclaimed.nonce, &somebody(), b""));
    }

    #[test]
    fn a_session_ends_after_a_silence() {
        let sessions = Sessions::new(Limits {
            silence: Duration::ZERO,
            ..LIMITS
        });
        let (name, _) = sessions.begin(source(1)).unwrap();
        std::thread::yield_now();
        assert!(sessions.session(&name).is_none());
        assert!(sessions.session("none").is_none());
    }
}
