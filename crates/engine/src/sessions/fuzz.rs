//! The fuzz body of sessions: in whatever order somebody sets them up, numbers, delays, repeats and
//! changes messages, proves identities and waits, they do as a naive model does, which remembers
//! every number in a set.
//!
//! An ordinary function, so that a fuzzer and the tests run the same. Beside it a provider without
//! any cryptography, for tests of this room, which has no other.

use super::key::FORGED_COUNT_MAX;
use super::{
    NewSession, Opened, Refusal, Sealing, SessionKey, SessionLimits, SessionSecret, Sessions,
    SetUp, Standing, WINDOW_NUMBERS, is_anonymous,
};
use crate::ciphers::VECTOR_OCTETS_MAX;
use crate::{Ciphers, Date, Digests, Macs, Moment, Question, VectorForm, WeakForms};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;
use wire::session::SessionCipher;
use wire::{EnvelopeFlags, Identity, OpFlags, Opcode, Packet};

/// Digests, MACs and ciphers that anybody can see through, and that notice any change by mistake.
/// For tests only.
#[derive(Debug, Clone, Copy, Default)]
pub struct Toy;

/// What each encrypted message ends with, so that not all octets are one.
const LAST_OCTET: u8 = 0x5a;

impl Toy {
    /// As many octets as are asked for, which depend on all of the others.
    fn mixed(seed: u64, parts: &[&[u8]], out: &mut [u8]) {
        let mix = |state: u64, octet: u8| {
            let state = (state ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3);
            state ^ state >> 29
        };
        let octets = parts.iter().flat_map(|part| part.iter());
        let mut state = octets.fold(seed ^ 0xcbf2_9ce4_8422_2325, |state, octet| {
            mix(state, *octet)
        });
        for octet in out {
            state = mix(state, 0x17);
            *octet = state.to_be_bytes()[2];
        }
    }

    fn digest<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
        let mut digest = [0; N];
        Self::mixed(N as u64, parts, &mut digest);
        digest
    }

    fn masked(key: &[u8], vector: &[u8], octets: &[u8]) -> Vec<u8> {
        let mut mask = alloc::vec![0; octets.len()];
        Self::mixed(0, &[key, vector], &mut mask);
        let pairs = mask.iter().zip(octets);
        pairs.map(|(mask, octet)| mask ^ octet).collect()
    }
}

impl Digests for Toy {
    fn sha1(&self, octets: &[u8]) -> [u8; 20] {
        Self::digest(&[octets])
    }

    fn sha256(&self, octets: &[u8]) -> [u8; 32] {
        Self::digest(&[octets])
    }

    fn md5(&self, octets: &[u8]) -> [u8; 16] {
        Self::digest(&[octets])
    }
}

impl Macs for Toy {
    fn hmac_sha1(&self, key: &[u8], octets: &[u8]) -> [u8; 20] {
        Self::digest(&[key, octets])
    }

    fn hmac_sha256(&self, key: &[u8], octets: &[u8]) -> [u8; 32] {
        Self::digest(&[key, octets])
    }

    fn pbkdf2_hmac_sha1(&self, secret: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
        Self::mixed(iterations.into(), &[secret, salt], key);
    }

    fn are_equal(&self, some: &[u8], others: &[u8]) -> bool {
        some == others
    }
}

impl Ciphers for Toy {
    fn encrypt(
        &self,
        _: SessionCipher,
        form: VectorForm,
        key: &[u8],
        random: [u8; VECTOR_OCTETS_MAX],
        octets: &[u8],
    ) -> Option<Vec<u8>> {
        let (front, vector) = match form {
            VectorForm::InFront => (random.as_slice(), random.as_slice()),
            VectorForm::Key => (&[][..], key),
        };
        let masked = Self::masked(key, vector, octets);
        Some([front, &masked, &[LAST_OCTET]].concat())
    }

    fn decrypt(
        &self,
        _: SessionCipher,
        form: VectorForm,
        key: &[u8],
        octets: &[u8],
    ) -> Option<Vec<u8>> {
        let (vector, octets) = match form {
            VectorForm::InFront => octets.split_at_checked(VECTOR_OCTETS_MAX)?,
            VectorForm::Key => (key, octets),
        };
        let (last, octets) = octets.split_last()?;
        (*last == LAST_OCTET).then(|| Self::masked(key, vector, octets))
    }
}

/// Few and short-lived, so that all limits are reached.
const LIMITS: SessionLimits = SessionLimits {
    life_max: Duration::from_secs(200),
    life_min: Duration::from_secs(10),
    idle_max: Duration::from_secs(30),
    count_max: 6,
    octets_max: 3000,
    count_per_source_max: 3,
    octets_per_source_max: 1600,
};

/// An id that something else has.
const TAKEN_ID: u32 = 5;

/// Header and body of the messages that are sent: four octets of identifier, empty lists.
const COVERED_OCTETS: usize = wire::header::HEADER_OCTETS + 4 + 4 + 4 + 4;

/// Carries out acts of three octets each: what to do, and two details.
pub fn sessions(octets: &[u8]) {
    let mut trial = Trial::new();
    for act in octets.chunks_exact(3) {
        if let &[what, which, how] = act {
            trial.act(what % 16, which, how);
            trial.check();
        }
    }
}

/// The sessions, and what somebody who remembers everything knows of them.
struct Trial {
    sessions: Sessions<u8>,
    now: Moment,
    models: BTreeMap<u32, Model>,
    delayed: Vec<Sent>,
    secrets_count: u8,
}

struct Model {
    source: u8,
    asker: SessionKey,
    identity: Identity,
    is_proven: bool,
    ends: u64,
    idle_from: u64,
    numbers: BTreeSet<u32>,
    sent_count: u32,
    /// How many encrypted messages were not authentic.
    forged_count: u32,
}

/// A message that was sealed, with its number; answers to challenges have none.
#[derive(Clone)]
struct Sent {
    id: u32,
    /// Tells the session from a later one with its id.
    asker: SessionKey,
    number: Option<u32>,
    packet: Packet,
}

impl Sent {
    fn is_encrypted(&self) -> bool {
        let flags = self.packet.envelope.flags;
        flags.contains(EnvelopeFlags::ENCRYPTED)
    }
}

impl Model {
    fn is_over(&self, now: Moment) -> bool {
        let idle = LIMITS.idle_max.as_millis() as u64;
        now.0 >= self.ends || now.0 >= self.idle_from + idle
    }

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

impl Trial {
    fn new() -> Self {
        Self {
            sessions: Sessions::new(LIMITS),
            now: Moment(1_000_000),
            models: BTreeMap::new(),
            delayed: Vec::new(),
            secrets_count: 0,
        }
    }

    fn act(&mut self, what: u8, which: u8, how: u8) {
        match what {
            0 | 1 => self.set_up(which, how),
            2..=4 => {
                if let Some(sent) = self.send(which, how) {
                    self.deliver(&sent);
                }
            }
            5 | 6 => {
                let sent = self.send(which, how);
                self.delayed.extend(sent);
            }
            7..=9 => {
                let at = usize::from(which) % self.delayed.len().max(1);
                if let Some(sent) = self.delayed.get(at).cloned() {
                    self.deliver(&sent);
                }
            }
            10 => self.tamper(which, how),
            11 => self.now = Moment(self.now.0 + u64::from(which) * u64::from(how)),
            12 => self.prove(which, how),
            13 => self.terminate(which),
            14 => self.skip(which, how),
            _ => self.sessions.handle_timeout(self.now),
        }
    }

    /// The id of one of the sessions that there were last.
    fn id(&self, which: u8) -> Option<u32> {
        let at = usize::from(which) % self.models.len().max(1);
        self.models.keys().nth(at).copied()
    }

    fn set_up(&mut self, which: u8, how: u8) {
        let (source, identifier_octets) = (which % 3, usize::from(how / 3) * 8);
        let identity = match how % 3 {
            0 => Identity::ANONYMOUS,
            _ => Identity::new(alloc::vec![which; identifier_octets.max(1)], how.into()),
        };
        let asked = SetUp {
            identity: identity.clone(),
            life_seconds: u32::from(how) * 2,
            public_key: "public key".into(),
        };
        self.secrets_count = self.secrets_count.wrapping_add(1);
        let (cipher, secret) = (SessionCipher::AES, [self.secrets_count; 32]);
        let new = NewSession {
            asked,
            cipher,
            secret: SessionSecret::new(secret),
        };
        let octets = super::octets_of(&identity);
        let (wish, is_taken) = (u32::from(which % 4) + 4, |id| id == TAKEN_ID);
        let found = self.sessions.set_up(source, new, wish, is_taken, self.now);
        let Ok(id) = found else {
            self.must_be_full(source, octets);
            return;
        };
        assert!(id != TAKEN_ID && (1..1 << 31).contains(&id));
        self.forget_dropped(source, id);
        let seconds = (u64::from(how) * 2).clamp(10, 200);
        let model = Model {
            source,
            asker: SessionKey::new(id, cipher, SessionSecret::new(secret)),
            identity,
            is_proven: false,
            ends: self.now.0 + 1000 * seconds,
            idle_from: self.now.0,
            numbers: BTreeSet::new(),
            sent_count: 0,
            forged_count: 0,
        };
        let old = self.models.insert(id, model);
        assert!(old.is_none(), "the id was free");
    }

    /// Only what alone is too long, and the sessions of others who are proven, keep somebody out;
    /// and then nobody loses any.
    fn must_be_full(&mut self, source: u8, octets: usize) {
        self.models.retain(|_, model| !model.is_over(self.now));
        assert_eq!(self.sessions.count(), self.models.len());
        let others = self.models.values();
        let staying = others.filter(|model| model.is_proven && model.source != source);
        let staying = staying.map(|model| super::octets_of(&model.identity));
        let staying: Vec<usize> = staying.collect();
        let is_full = octets > LIMITS.octets_per_source_max
            || staying.len() >= LIMITS.count_max
            || staying.iter().sum::<usize>() + octets > LIMITS.octets_max;
        assert!(is_full, "only sessions in use keep others out");
    }

    /// What went to make room for a session of a source was allowed to go.
    fn forget_dropped(&mut self, source: u8, new_id: u32) {
        let (sessions, now) = (&self.sessions, self.now);
        self.models.retain(|id, model| {
            let is_kept = *id != new_id && sessions.key(*id, now).is_ok();
            let may_go = model.is_over(now) || !model.is_proven || model.source == source;
            assert!(is_kept || may_go, "others' proven sessions stay");
            is_kept
        });
    }

    /// The next message of an asker: encrypted or not; sometimes the answer to a challenge.
    fn send(&mut self, which: u8, how: u8) -> Option<Sent> {
        let id = self.id(which)?;
        let model = self.models.get_mut(&id)?;
        let mut message = Question::about("88/x".parse().ok()?).resolution(how.into(), Date(9));
        if how & 1 != 0 {
            message.header.flags = message.header.flags | OpFlags::ENCRYPT;
        }
        if how & 0x0e == 0x0e {
            message.header.opcode = Opcode::CHALLENGE_RESPONSE;
        }
        let sealing = Sealing::of_request(&message.header);
        let packet = model.asker.seal(message, sealing, [how; 16], &Toy).ok()?;
        model.sent_count += u32::from(sealing.has_mac);
        Some(Sent {
            id,
            asker: model.asker.clone(),
            number: sealing.has_mac.then_some(model.sent_count),
            packet,
        })
    }

    /// Uses up numbers, up to several windows of them.
    fn skip(&mut self, which: u8, how: u8) {
        for _ in 0..how {
            self.send(which, 0);
        }
    }

    fn open(&self, sent: &Sent) -> Result<Opened, Refusal> {
        let key = self.sessions.key(sent.id, self.now)?;
        key.open(&sent.packet, &Toy, WeakForms::NONE)
    }

    fn deliver(&mut self, sent: &Sent) {
        let opened = self.open(sent);
        let model = self.models.get_mut(&sent.id);
        let model = model.filter(|model| !model.is_over(self.now));
        let Some(model) = model else {
            assert_eq!(opened.err(), Some(Refusal::Unknown));
            return;
        };
        let is_encrypted = sent.is_encrypted();
        if !model.asker.is_same(&sent.asker) {
            assert!(opened.is_err() || sent.number.is_none(), "another key");
            model.forged_count += u32::from(is_encrypted && opened.is_err());
            return;
        }
        if is_encrypted && sent.number.is_none() && model.forged_count >= FORGED_COUNT_MAX {
            assert_eq!(opened.err(), Some(Refusal::NotAuthentic));
            return;
        }
        let opened = opened.expect("it was sealed with the key");
        let received = self.sessions.receive(&opened, self.now);
        let highest = model.numbers.last().copied().unwrap_or_default();
        let is_expected = sent.number.is_none_or(|number| {
            number + WINDOW_NUMBERS > highest && !model.numbers.contains(&number)
        });
        if !is_expected {
            assert_eq!(received, Err(Refusal::Number));
            return;
        }
        let received = received.expect("the number is new");
        assert_eq!(received.standing, model.standing());
        assert_eq!(received.identity, model.identity);
        assert_eq!(opened.is_authentic(), sent.number.is_some());
        if let Some(number) = sent.number {
            model.numbers.insert(number);
            model.idle_from = self.now.0;
        }
    }

    /// A change of any bit of header and body, or of the MAC: it is refused and leaves no trace.
    fn tamper(&mut self, which: u8, how: u8) {
        let Some(mut sent) = self.send(which, how & !0x08) else {
            return;
        };
        let is_encrypted = how & 1 != 0;
        let front = if is_encrypted { VECTOR_OCTETS_MAX } else { 0 };
        let mut payload = sent.packet.payload.to_vec();
        let at = if how & 0x10 == 0 {
            front + usize::from(which) % COVERED_OCTETS
        } else {
            payload.len() - 1 - usize::from(is_encrypted) - usize::from(which) % 32
        };
        if let Some(octet) = payload.get_mut(at) {
            *octet ^= 1 << (how >> 5);
        }
        let original = core::mem::replace(&mut sent.packet.payload, payload.into());
        assert!(self.open(&sent).is_err(), "changed at {at}");
        let model = self.models.get_mut(&sent.id);
        if let Some(model) = model.filter(|model| !model.is_over(self.now)) {
            model.forged_count += u32::from(is_encrypted);
        }
        sent.packet.payload = original;
        self.delayed.push(sent);
    }

    fn prove(&mut self, which: u8, how: u8) {
        let Some(id) = self.id(which) else { return };
        let Some(model) = self.models.get_mut(&id) else {
            return;
        };
        let Ok(key) = self.sessions.key(id, self.now) else {
            assert!(model.is_over(self.now));
            return;
        };
        let other = Identity::new("88/other", how.into());
        let is_right = how & 1 == 0;
        let identity = if is_right { &model.identity } else { &other };
        let found = self.sessions.mark_proven(&key, identity, self.now);
        if is_anonymous(&model.identity) {
            assert_eq!(found, Ok(Standing::Anonymous));
        } else if is_right {
            model.is_proven = true;
            assert_eq!(found, Ok(Standing::Proven));
        } else {
            assert_eq!(found, Err(Refusal::OtherIdentity));
        }
    }

    fn terminate(&mut self, which: u8) {
        let Some(id) = self.id(which) else { return };
        if let Ok(key) = self.sessions.key(id, self.now) {
            assert!(self.sessions.terminate(&key));
            assert!(!self.sessions.terminate(&key), "once");
        }
        self.models.remove(&id);
        self.delayed.truncate(64);
    }

    /// What holds after every act.
    fn check(&self) {
        assert!(self.sessions.count() <= LIMITS.count_max);
        assert!(self.sessions.octets() <= LIMITS.octets_max);
        for source in 0..3 {
            let sessions = self.sessions.by_id.values();
            let own = sessions.filter(|session| session.source == source);
            let octets = own.map(|session| super::octets_of(&session.identity));
            let octets: Vec<usize> = octets.collect();
            assert!(octets.len() <= LIMITS.count_per_source_max);
            assert!(octets.iter().sum::<usize>() <= LIMITS.octets_per_source_max);
        }
        for (id, model) in &self.models {
            let is_there = self.sessions.key(*id, self.now).is_ok();
            assert_eq!(is_there, !model.is_over(self.now), "{id}");
        }
    }
}
