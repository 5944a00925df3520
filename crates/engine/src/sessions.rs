//! Sessions: which there are, whose they are, and which of their messages came.
//!
//! A session is set up by Diffie-Hellman (mode 4) for an identity, or for nobody. Every message in
//! it bears a MAC and a number that comes once; only the answer to a challenge bears none. Once the
//! identity has been proven in it, the MAC alone proves it again with every message. The whole life
//! of one, asker and node:
//!
//! ```
//! use engine::sessions::{
//!     NewSession, Refusal, Sealing, SessionKey, SessionLimits, SessionSecret, Sessions, SetUp,
//!     Standing, answer_to_set_up, fuzz::Toy as Provider, // in a node: `crypto::Provider`
//! };
//! use engine::{Date, Moment, Question, WeakForms};
//! use wire::session::{KeyExchange, SessionCipher, SetupRequest};
//! use wire::{Identity, ResponseCode, Version};
//!
//! // Somebody asks for a session. The node agrees on a secret with the public key in the request
//! // (`crypto::diffie_hellman::answer`); no lock is held meanwhile.
//! let exchange = KeyExchange::DiffieHellman("public key".into());
//! let request = SetupRequest::new(exchange, 86_400, Identity::new("88/u", 300));
//! let asked = SetUp::of(&request)?;
//! assert_eq!(asked.public_key, "public key");
//! let secret = SessionSecret::new([7; 32]);
//!
//! // It keeps the session under an id that no challenge has, and tells it in the envelope.
//! let mut sessions = Sessions::new(SessionLimits::default());
//! let (now, random_id) = (Moment(0), 0x1234_5678);
//! let new = NewSession { asked, cipher: SessionCipher::AES, secret: secret.clone() };
//! let id = sessions.set_up("192.0.2.1", new, random_id, |id| id == 0x1234_5678, now)?;
//! assert_eq!(id, 0x1234_5679);
//! let answer = answer_to_set_up(SessionCipher::AES, b"node's public key", Version::NEWEST);
//! assert_eq!(answer.data, "\0\0\0\x03node's public key");
//!
//! // The asker numbers its messages and gives them MACs.
//! let asker = SessionKey::new(id, SessionCipher::AES, secret);
//! let message = Question::about("88/x".parse()?).resolution(1, Date(0));
//! let sealing = Sealing::of_request(&message.header);
//! let packet = asker.seal(message, sealing, [0; 16], &Provider)?;
//!
//! // The node looks up the key under the lock, opens the message without it, and has the number
//! // checked under it again.
//! let key = sessions.key(id, now)?;
//! let opened = key.open(&packet, &Provider, WeakForms::NONE)?;
//! let received = sessions.receive(&opened, now)?;
//! assert_eq!(received.standing, Standing::Unproven);
//! let repeated = sessions.receive(&opened, now).unwrap_err();
//! assert_eq!(repeated.code(), ResponseCode::SESSION_MESSAGE_REJECTED);
//!
//! // The node challenged that message; the answer, which bears no MAC, proved the identity.
//! let standing = sessions.mark_proven(&key, &Identity::new("88/u", 300), now)?;
//! assert_eq!(standing, Standing::Proven);
//! let other = sessions.mark_proven(&key, &Identity::new("88/other", 300), now);
//! assert_eq!(other, Err(Refusal::OtherIdentity));
//!
//! // Answers are sealed without a lock too, then sent.
//! # let answer = opened.message.clone();
//! let sealing = Sealing::of_answer(&opened.message.header, &answer);
//! let packet = key.seal(answer, sealing, [1; 16], &Provider)?;
//!
//! // The session ends when somebody says so, and by itself.
//! assert!(sessions.terminate(&key));
//! assert_eq!(sessions.key(id, now).unwrap_err().code(), ResponseCode::SESSION_TIMEOUT);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Strangers cause sessions, so their number and octets are bounded, in total and of each source:
//! who sets up too many loses their own, the one unused for longest first; if all sources together
//! have too many, whoever has the most loses. Sessions whose identity is proven go last, and never
//! for those of others. Time and randomness are arguments. Beside it: `sessions/key.rs` MACs and
//! encryption, `sessions/window.rs` numbers, `sessions/refusal.rs` reasons and codes. Not here:
//! challenges ([`crate::challenges`]), agreeing on a key (room `crypto`).

pub mod fuzz;
mod key;
mod refusal;
#[cfg(test)]
mod tests;
mod window;

pub use key::{Opened, SECRET_OCTETS, Sealing, SessionKey, SessionSecret};
pub use refusal::Refusal;
pub use window::WINDOW_NUMBERS;

use crate::Moment;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use core::time::Duration;
use window::Window;
use wire::session::{KeyExchange, SessionCipher, SessionMode, SetupAnswer, SetupRequest};
use wire::{Identity, Version};

/// The longest identifier of an identity, in octets, as of any identifier. Beyond it:
/// [`Refusal::Identity`].
pub const IDENTIFIER_OCTETS_MAX: usize = model::identifier::IDENTIFIER_OCTETS_MAX;

/// What a session counts for beside its identifier, in octets: about what it takes in memory.
pub const SESSION_OCTETS: usize = 384;

/// How often sessions that are over are looked for, at most. They are unusable before.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How many sessions there may be for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// The longest life, whatever is asked for. Default: 24 hours, as in the reference software.
    pub life_max: Duration,
    /// The shortest life, whatever is asked for. Default: 60 seconds, as there.
    pub life_min: Duration,
    /// How long a session may be unused. Default: an hour; askers set up another in milliseconds.
    pub idle_max: Duration,
    /// The most sessions. Default: 16,384.
    pub count_max: usize,
    /// The most octets that sessions [count for](SESSION_OCTETS). Default: 16 MiB, what 40,000 of
    /// the usual ones do.
    pub octets_max: usize,
    /// The most sessions of one source. Default: 256, for many clients behind one address.
    pub count_per_source_max: usize,
    /// The most octets of one source's sessions. Default: 256 KiB.
    pub octets_per_source_max: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            life_max: Duration::from_hours(24),
            life_min: Duration::from_mins(1),
            idle_max: Duration::from_hours(1),
            count_max: 16_384,
            octets_max: 16 << 20,
            count_per_source_max: 256,
            octets_per_source_max: 256 << 10,
        }
    }
}

/// What a set-up asks for, looked at as far as that is possible without arithmetic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// Whose session it will be; [`is_anonymous`] tells whether it is nobody's.
    pub identity: Identity,
    /// How long it may live, in seconds; the limits may say otherwise.
    pub life_seconds: u32,
    /// The asker's public key: a [`PublicKey`](model::PublicKey) for Diffie-Hellman, not decoded.
    pub public_key: Bytes,
}

impl SetUp {
    /// Looks at the body of a set-up.
    ///
    /// # Errors
    /// [`Refusal::Mode`], [`Refusal::Identity`].
    pub fn of(request: &SetupRequest) -> Result<Self, Refusal> {
        let KeyExchange::DiffieHellman(public_key) = &request.exchange else {
            return Err(Refusal::Mode);
        };
        if request.identity.identifier.len() > IDENTIFIER_OCTETS_MAX {
            return Err(Refusal::Identity);
        }
        Ok(Self {
            identity: request.identity.clone(),
            life_seconds: request.life_seconds,
            public_key: public_key.clone(),
        })
    }
}

/// Whether an identity is nobody's: such sessions hide what is said, and prove nothing.
pub fn is_anonymous(identity: &Identity) -> bool {
    identity.identifier.is_empty()
}

/// The answer to a set-up: the node's public key, and since 2.4 the cipher before it.
pub fn answer_to_set_up(cipher: SessionCipher, public_key: &[u8], version: Version) -> SetupAnswer {
    let mut data = Vec::new();
    if version.knows(Version::SESSION_CIPHER) {
        data.extend_from_slice(&cipher.0.to_be_bytes());
    }
    data.extend_from_slice(public_key);
    SetupAnswer {
        mode: SessionMode::DIFFIE_HELLMAN,
        data: data.into(),
    }
}

/// A session that is to be kept.
#[derive(Debug)]
pub struct NewSession {
    /// What was asked for.
    pub asked: SetUp,
    /// The cipher that the node chose.
    pub cipher: SessionCipher,
    /// What both sides agreed on.
    pub secret: SessionSecret,
}

/// What is known of who speaks in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The identity of the set-up has been proven; every message with a MAC is that identity's.
    Proven,
    /// The set-up named an identity, which has not been proven yet.
    Unproven,
    /// The set-up named nobody: a proof is good for the request that was challenged, and no more.
    Anonymous,
}

/// Who sent a message that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Whom the set-up named.
    pub identity: Identity,
    /// What is known of them.
    pub standing: Standing,
}

/// All sessions of a node, by id.
#[derive(Debug)]
pub struct Sessions<S> {
    limits: SessionLimits,
    by_id: BTreeMap<u32, Session<S>>,
    octets: usize,
    /// How often sessions have been used, which orders them by their last use.
    uses: u64,
    next_sweep: Moment,
}

#[derive(Debug)]
struct Session<S> {
    source: S,
    key: SessionKey,
    identity: Identity,
    is_proven: bool,
    ends: Moment,
    used_at: Moment,
    last_use: u64,
    window: Window,
}

impl<S: Ord + Clone> Sessions<S> {
    /// No sessions yet.
    pub fn new(limits: SessionLimits) -> Self {
        Self {
            limits,
            by_id: BTreeMap::new(),
            octets: 0,
            uses: 0,
            next_sweep: Moment(0),
        }
    }

    /// Keeps a session under a new id, 1 to 2^31 - 1, that is not taken by something else.
    ///
    /// `random_id` is where a free one is looked for. Looks at every session, which costs less
    /// than the key that was agreed on.
    ///
    /// # Errors
    /// [`Refusal::Full`].
    pub fn set_up(
        &mut self,
        source: S,
        new: NewSession,
        random_id: u32,
        is_taken: impl Fn(u32) -> bool,
        now: Moment,
    ) -> Result<u32, Refusal> {
        self.sweep(now);
        let NewSession {
            asked,
            cipher,
            secret,
        } = new;
        self.make_room(&source, octets_of(&asked.identity))?;
        let id = self.free_id(random_id, is_taken);
        let life = Duration::from_secs(asked.life_seconds.into());
        let life = life.max(self.limits.life_min).min(self.limits.life_max);
        self.uses += 1;
        self.octets += octets_of(&asked.identity);
        let session = Session {
            source,
            key: SessionKey::new(id, cipher, secret),
            identity: detached(&asked.identity),
            is_proven: false,
            ends: now + life,
            used_at: now,
            last_use: self.uses,
            window: Window::default(),
        };
        self.by_id.insert(id, session);
        Ok(id)
    }

    /// The key of a session, to open a message with.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub fn key(&self, id: u32, now: Moment) -> Result<SessionKey, Refusal> {
        match self.by_id.get(&id) {
            Some(session) if !self.is_over(session, now) => Ok(session.key.clone()),
            _ => Err(Refusal::Unknown),
        }
    }

    /// Takes note of a message that was opened, and tells whose it is. A number comes once.
    ///
    /// A message without a MAC changes nothing: anybody may have sent it.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if the session ended in the meantime, [`Refusal::Number`].
    pub fn receive(&mut self, opened: &Opened, now: Moment) -> Result<Received, Refusal> {
        let uses = self.uses + 1;
        let session = self.session(&opened.key, now)?;
        if opened
            .number
            .is_some_and(|number| !session.window.admit(number))
        {
            return Err(Refusal::Number);
        }
        if opened.is_authentic {
            session.used_at = now;
            session.last_use = uses;
        }
        let received = Received {
            identity: session.identity.clone(),
            standing: session.standing(),
        };
        self.uses = uses;
        Ok(received)
    }

    /// Takes note that somebody has proven an identity in a session. In an anonymous session that
    /// is good for the request that was challenged, and the session stays anonymous.
    ///
    /// # Errors
    /// [`Refusal::Unknown`], or [`Refusal::OtherIdentity`] if it is not, octet for octet, the one
    /// of the set-up; the session stays as it was.
    pub fn mark_proven(
        &mut self,
        key: &SessionKey,
        identity: &Identity,
        now: Moment,
    ) -> Result<Standing, Refusal> {
        let session = self.session(key, now)?;
        if is_anonymous(&session.identity) {
            return Ok(Standing::Anonymous);
        }
        if session.identity != *identity {
            return Err(Refusal::OtherIdentity);
        }
        session.is_proven = true;
        Ok(Standing::Proven)
    }

    /// Ends a session, whose message to that end was received; false if it is over already.
    pub fn terminate(&mut self, key: &SessionKey) -> bool {
        let is_there = self.find(key).is_some();
        if is_there {
            self.remove(key.id());
        }
        is_there
    }

    /// Ends all sessions of some identities, as when a key is revoked; tells how many there were.
    pub fn terminate_of(&mut self, is_meant: impl Fn(&Identity) -> bool) -> usize {
        let sessions = self.by_id.iter();
        let meant = sessions.filter(|(_, session)| is_meant(&session.identity));
        let meant: Vec<u32> = meant.map(|(id, _)| *id).collect();
        for id in &meant {
            self.remove(*id);
        }
        meant.len()
    }

    /// Forgets sessions that are over. Looks at all of them, once a second at most.
    pub fn handle_timeout(&mut self, now: Moment) {
        if now >= self.next_sweep {
            self.sweep(now);
        }
    }

    /// Whether an id is a session's, perhaps of one that is over: nothing else may have it.
    pub fn contains(&self, id: u32) -> bool {
        self.by_id.contains_key(&id)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_id.len()
    }

    /// How many octets they count for.
    pub fn octets(&self) -> usize {
        self.octets
    }

    fn sweep(&mut self, now: Moment) {
        self.next_sweep = now + SWEEP_EVERY;
        let sessions = self.by_id.iter();
        let over = sessions.filter(|(_, session)| self.is_over(session, now));
        let over: Vec<u32> = over.map(|(id, _)| *id).collect();
        for id in over {
            self.remove(id);
        }
    }

    fn is_over(&self, session: &Session<S>, now: Moment) -> bool {
        now >= session.ends || now >= session.used_at + self.limits.idle_max
    }

    /// The session of a key; another one may have its id by now.
    fn find(&mut self, key: &SessionKey) -> Option<&mut Session<S>> {
        let session = self.by_id.get_mut(&key.id());
        session.filter(|session| session.key.is_same(key))
    }

    fn session(&mut self, key: &SessionKey, now: Moment) -> Result<&mut Session<S>, Refusal> {
        let is_over = |session: &Session<S>| self.is_over(session, now);
        if self.by_id.get(&key.id()).is_none_or(is_over) {
            return Err(Refusal::Unknown);
        }
        self.find(key).ok_or(Refusal::Unknown)
    }

    /// Drops sessions until there is room for one more of a source; none if there never would be.
    fn make_room(&mut self, source: &S, octets: usize) -> Result<(), Refusal> {
        let limits = self.limits;
        let (staying_count, staying_octets) =
            self.sum(|session| session.is_proven && session.source != *source);
        let is_possible = octets <= limits.octets_per_source_max
            && staying_octets + octets <= limits.octets_max
            && staying_count < limits.count_max
            && limits.count_per_source_max > 0;
        if !is_possible {
            return Err(Refusal::Full);
        }
        while self.is_too_much_for(source, octets) {
            let own = self.least_used(|session| session.source == *source);
            self.remove(own.ok_or(Refusal::Full)?);
        }
        while self.octets + octets > limits.octets_max || self.by_id.len() >= limits.count_max {
            let loser = self
                .least_used_of_most()
                .or_else(|| self.least_used(|session| session.source == *source));
            self.remove(loser.ok_or(Refusal::Full)?);
        }
        Ok(())
    }

    fn is_too_much_for(&self, source: &S, octets: usize) -> bool {
        let (own_count, own_octets) = self.sum(|session| session.source == *source);
        own_count >= self.limits.count_per_source_max
            || own_octets + octets > self.limits.octets_per_source_max
    }

    /// How many some sessions are, and how many octets they count for.
    fn sum(&self, is_meant: impl Fn(&Session<S>) -> bool) -> (usize, usize) {
        let sessions = self.by_id.values().filter(|session| is_meant(session));
        sessions.fold((0, 0), |(count, octets), session| {
            (count + 1, octets + octets_of(&session.identity))
        })
    }

    /// The session unused for longest among some; one whose identity is proven only if all are.
    fn least_used(&self, is_meant: impl Fn(&Session<S>) -> bool) -> Option<u32> {
        let sessions = self.by_id.iter();
        sessions
            .filter(|(_, session)| is_meant(session))
            .min_by_key(|(_, session)| (session.is_proven, session.last_use))
            .map(|(id, _)| *id)
    }

    /// Of whoever has the most sessions without proof the one unused for longest; of all, if many
    /// have one each, as when somebody makes up addresses.
    fn least_used_of_most(&self) -> Option<u32> {
        let mut counts: BTreeMap<&S, usize> = BTreeMap::new();
        for session in self.by_id.values().filter(|session| !session.is_proven) {
            *counts.entry(&session.source).or_default() += 1;
        }
        let most = counts.values().max()?;
        self.least_used(|session| !session.is_proven && counts.get(&session.source) == Some(most))
    }

    fn free_id(&self, random_id: u32, is_taken: impl Fn(u32) -> bool) -> u32 {
        let mut id = (random_id & 0x7fff_ffff).max(1);
        while self.contains(id) || is_taken(id) {
            id = ((id + 1) & 0x7fff_ffff).max(1);
        }
        id
    }

    fn remove(&mut self, id: u32) {
        if let Some(session) = self.by_id.remove(&id) {
            self.octets -= octets_of(&session.identity);
        }
    }
}

impl<S> Session<S> {
    fn standing(&self) -> Standing {
        if is_anonymous(&self.identity) {
            Standing::Anonymous
        } else if self.is_proven {
            Standing::Proven
        } else {
            Standing::Unproven
        }
    }
}

fn octets_of(identity: &Identity) -> usize {
    SESSION_OCTETS + identity.identifier.len()
}

/// The identity in memory of its own: what was received with it may go.
fn detached(identity: &Identity) -> Identity {
    Identity::new(Bytes::copy_from_slice(&identity.identifier), identity.index)
}
