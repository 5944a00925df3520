//! The key of a session, and messages under it: decrypted and checked, or given a MAC and
//! encrypted. It can be held without the table of sessions, so that nobody waits meanwhile.
//!
//! Not here: whether a session lives, and which numbers came ([`super`]); algorithms (room
//! `crypto`).

use super::Refusal;
use crate::ciphers::VECTOR_OCTETS_MAX;
use crate::weak::weak_forms_of;
use crate::{Ciphers, Macs, VectorForm, WeakForms, Weakness, credentials};
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use wire::credential::CredentialKind;
use wire::session::SessionCipher;
use wire::{
    Answer, Credential, EnvelopeFlags, Header, Message, OpFlags, Opcode, Packet, Response,
    ResponseCode, Version,
};
use zeroize::Zeroizing;

/// How long the key of a session is; MACs are made with all of it, ciphers take its beginning.
pub const SECRET_OCTETS: usize = 32;

/// The last number of a message, for those who read signed numbers.
const NUMBER_MAX: u32 = 0x7fff_ffff;

/// How many encrypted messages that are not authentic a session bears with, before it takes no
/// encrypted message without a MAC any more.
///
/// Only answers to challenges have none. Whoever recorded an encrypted message can send it again
/// with its beginning changed into one, and learns from the answer whether the end of it decrypts
/// to something well-formed. It takes a hundred tries to learn one octet so.
pub(super) const FORGED_COUNT_MAX: u32 = 8;

/// The key of a session, wiped when the last who holds it lets go. `Debug` shows nothing.
#[derive(Clone)]
pub struct SessionSecret(Zeroizing<[u8; SECRET_OCTETS]>);

impl SessionSecret {
    /// Takes what both sides agreed on.
    pub fn new(octets: [u8; SECRET_OCTETS]) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// The octets.
    pub fn octets(&self) -> &[u8; SECRET_OCTETS] {
        &self.0
    }
}

/// Shows nothing.
impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret")
    }
}

/// One side's end of a session: its id, cipher and key, and how many messages this side numbered.
/// Clones are the same session.
#[derive(Clone)]
pub struct SessionKey(Arc<Shared>);

struct Shared {
    id: u32,
    cipher: SessionCipher,
    secret: SessionSecret,
    numbered: AtomicU32,
    forged: AtomicU32,
    /// Whether the peer's encrypted messages have the key for their initial vector.
    is_key_vector: AtomicBool,
}

/// What a message needs before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealing {
    /// A number and a MAC.
    pub has_mac: bool,
    /// Encryption.
    pub is_encrypted: bool,
}

impl Sealing {
    /// What the answer to a request needs: a MAC if the request has the flag
    /// [`CERTIFIED`](OpFlags::CERTIFIED), encryption if it has [`ENCRYPT`](OpFlags::ENCRYPT), or,
    /// since 2.8, if there are values in the answer that not everybody may read.
    ///
    /// The request is the one that is answered: after a challenge, the one that was challenged.
    pub fn of_answer(request: &Header, answer: &Message) -> Self {
        let is_private = answer.envelope.version.knows(Version::SIGNED_SUGGESTION)
            && holds_private_values(answer);
        Self {
            has_mac: request.flags.contains(OpFlags::CERTIFIED),
            is_encrypted: is_private || request.flags.contains(OpFlags::ENCRYPT),
        }
    }

    /// What a request needs: always a MAC, unless it answers a challenge; encryption if it has the
    /// flag for it. Whoever sends values that not everybody may read sets the flag.
    pub fn of_request(request: &Header) -> Self {
        Self {
            has_mac: request.opcode != Opcode::CHALLENGE_RESPONSE,
            is_encrypted: request.flags.contains(OpFlags::ENCRYPT),
        }
    }
}

/// Whether an answer holds values that not everybody may read.
fn holds_private_values(answer: &Message) -> bool {
    let Header {
        opcode,
        response_code,
        ..
    } = answer.header;
    if opcode != Opcode::RESOLUTION || response_code != ResponseCode::SUCCESS {
        return false;
    }
    match Response::decode(answer).map(|response| response.answer) {
        Ok(Answer::Resolution(answer)) => {
            let mut values = answer.values.iter();
            values.any(|value| !value.permissions().is_public_read())
        }
        // What cannot be read is no reason to show it.
        _ => true,
    }
}

/// A message that belongs to a session as far as the key tells; whether its number is new, only
/// [`Sessions::receive`](super::Sessions::receive) tells.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The message, decrypted.
    pub message: Message,
    /// What is weak about it, and was allowed; to be counted.
    pub weak_forms: WeakForms,
    pub(super) key: SessionKey,
    /// Whether it bore the right MAC. Answers to challenges need none: their proof is one.
    pub(super) is_authentic: bool,
    /// Its number, which versions before 2.5 do not have.
    pub(super) number: Option<u32>,
}

impl Opened {
    /// The session's key, to seal the answer with.
    pub fn key(&self) -> &SessionKey {
        &self.key
    }

    /// Whether it bore the right MAC of the session.
    pub fn is_authentic(&self) -> bool {
        self.is_authentic
    }
}

/// Who must bear a MAC.
#[derive(Clone, Copy)]
enum Rule {
    Requests,
    Answers,
}

impl SessionKey {
    /// One end of a session.
    pub fn new(id: u32, cipher: SessionCipher, secret: SessionSecret) -> Self {
        Self(Arc::new(Shared {
            id,
            cipher,
            secret,
            numbered: AtomicU32::new(0),
            forged: AtomicU32::new(0),
            is_key_vector: AtomicBool::new(false),
        }))
    }

    /// The id of the session.
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// The cipher of the session.
    pub fn cipher(&self) -> SessionCipher {
        self.0.cipher
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Decrypts a request if it is encrypted, and checks its MAC, which all requests must bear but
    /// answers to challenges.
    ///
    /// # Errors
    /// [`Refusal::NotAuthentic`], [`Refusal::Weak`], [`Refusal::Unreadable`].
    pub fn open<P: Macs + Ciphers>(
        &self,
        packet: &Packet,
        provider: &P,
        allowed: WeakForms,
    ) -> Result<Opened, Refusal> {
        self.open_by(Rule::Requests, packet, provider, allowed)
    }

    /// Decrypts an answer if it is encrypted, and checks its MAC, which it bears if one was asked
    /// for: the asker looks at [`Opened::is_authentic`].
    ///
    /// # Errors
    /// As [`SessionKey::open`].
    pub fn open_answer<P: Macs + Ciphers>(
        &self,
        packet: &Packet,
        provider: &P,
        allowed: WeakForms,
    ) -> Result<Opened, Refusal> {
        self.open_by(Rule::Answers, packet, provider, allowed)
    }

    fn open_by<P: Macs + Ciphers>(
        &self,
        rule: Rule,
        packet: &Packet,
        provider: &P,
        allowed: WeakForms,
    ) -> Result<Opened, Refusal> {
        if !packet.envelope.flags.contains(EnvelopeFlags::ENCRYPTED) {
            let message = Message::from_packet(packet)?;
            return self.check(rule, message, provider, allowed);
        }
        // Told before anything is decrypted, so that it tells nothing of what is in it.
        let version = packet.envelope.version;
        if !version.knows(Version::SHA_256) && !allowed.allows(Weakness::OldMac) {
            return Err(Refusal::Weak(WeakForms::NONE.with(Weakness::OldMac)));
        }
        self.open_encrypted(rule, packet, provider, allowed)
            .ok_or_else(|| {
                self.0.forged.fetch_add(1, Ordering::Relaxed);
                Refusal::NotAuthentic
            })
    }

    fn open_encrypted<P: Macs + Ciphers>(
        &self,
        rule: Rule,
        packet: &Packet,
        provider: &P,
        allowed: WeakForms,
    ) -> Option<Opened> {
        if !packet.envelope.version.knows(Version::SESSION_CIPHER) {
            return None;
        }
        if let Some(opened) = self.decrypt(VectorForm::InFront, rule, packet, provider, allowed) {
            return Some(opened);
        }
        if self.0.cipher != SessionCipher::SM4 || !allowed.allows(Weakness::KeyAsVector) {
            return None;
        }
        let mut opened = self.decrypt(VectorForm::Key, rule, packet, provider, allowed)?;
        opened.weak_forms = opened.weak_forms.with(Weakness::KeyAsVector);
        self.0.is_key_vector.store(true, Ordering::Relaxed);
        Some(opened)
    }

    fn decrypt<P: Macs + Ciphers>(
        &self,
        form: VectorForm,
        rule: Rule,
        packet: &Packet,
        provider: &P,
        allowed: WeakForms,
    ) -> Option<Opened> {
        let Shared { cipher, secret, .. } = &*self.0;
        let Some(octets) = provider.decrypt(*cipher, form, secret.octets(), &packet.payload) else {
            // A MAC of what cannot be checked takes as long as one that is wrong.
            provider.hmac_sha256(secret.octets(), &packet.payload);
            return None;
        };
        let mut plain = packet.clone();
        plain.envelope.flags.0 &= !EnvelopeFlags::ENCRYPTED.0;
        plain.envelope.message_length = octets.len() as u32;
        plain.payload = octets.into();
        let message = Message::from_packet(&plain).ok()?;
        let opened = self.check(rule, message, provider, allowed).ok()?;
        let is_tolerated = matches!(rule, Rule::Answers)
            || opened.is_authentic
            || self.0.forged.load(Ordering::Relaxed) < FORGED_COUNT_MAX;
        is_tolerated.then_some(opened)
    }

    fn check(
        &self,
        rule: Rule,
        message: Message,
        macs: &impl Macs,
        allowed: WeakForms,
    ) -> Result<Opened, Refusal> {
        let needs_mac = match rule {
            Rule::Requests => message.header.opcode != Opcode::CHALLENGE_RESPONSE,
            Rule::Answers => message.header.flags.contains(OpFlags::CERTIFIED),
        };
        let version = message.envelope.version;
        let credential = Credential::of(&message)?;
        let Some(mac) = credential.filter(|it| it.kind() == CredentialKind::Mac) else {
            return if needs_mac {
                Err(Refusal::NotAuthentic)
            } else {
                Ok(self.opened(message, WeakForms::NONE, false, None))
            };
        };
        let weak_forms = weak_forms_of(&mac, version);
        if !allowed.allow_all(weak_forms) {
            return Err(Refusal::Weak(weak_forms));
        }
        // The id is among what MACs cover since 2.7 only.
        let is_right = message.envelope.session_id == self.0.id
            && credentials::is_mac_right(&message, &mac, self.0.secret.octets(), macs);
        if !is_right {
            return Err(Refusal::NotAuthentic);
        }
        let number = version
            .knows(Version::SESSION_COUNTER)
            .then_some(mac.counter);
        Ok(self.opened(message, weak_forms, true, number))
    }

    fn opened(
        &self,
        message: Message,
        weak_forms: WeakForms,
        is_authentic: bool,
        number: Option<u32>,
    ) -> Opened {
        Opened {
            message,
            weak_forms,
            key: self.clone(),
            is_authentic,
            number,
        }
    }

    /// Makes a message of the session ready to be sent: its id, a number and a MAC, encryption.
    ///
    /// `random` is new for each message; only encryption uses it. A message that is encrypted is
    /// [longer](VECTOR_OCTETS_MAX) by up to two blocks.
    ///
    /// # Errors
    /// [`Refusal::NotEncrypted`] if it cannot be encrypted as it must; then nothing may be sent.
    /// [`Refusal::Exhausted`] after 2^31 - 1 numbers.
    pub fn seal<P: Macs + Ciphers>(
        &self,
        mut message: Message,
        sealing: Sealing,
        random: [u8; VECTOR_OCTETS_MAX],
        provider: &P,
    ) -> Result<Packet, Refusal> {
        message.envelope.session_id = self.0.id;
        if sealing.has_mac {
            if message.header.is_response() {
                message.header.flags = message.header.flags | OpFlags::CERTIFIED;
            }
            let number = self.next_number()?;
            credentials::add_mac(&mut message, number, self.0.secret.octets(), provider);
        }
        let packet = message.to_packet();
        if sealing.is_encrypted {
            self.encrypt(&packet, random, provider)
        } else {
            Ok(packet)
        }
    }

    fn next_number(&self) -> Result<u32, Refusal> {
        let next = |number| (number < NUMBER_MAX).then_some(number + 1);
        let last = self
            .0
            .numbered
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        last.map_or(Err(Refusal::Exhausted), |last| Ok(last + 1))
    }

    fn encrypt(
        &self,
        packet: &Packet,
        random: [u8; VECTOR_OCTETS_MAX],
        ciphers: &impl Ciphers,
    ) -> Result<Packet, Refusal> {
        if !packet.envelope.version.knows(Version::SESSION_CIPHER) {
            return Err(Refusal::NotEncrypted);
        }
        let Shared { cipher, secret, .. } = &*self.0;
        let form = if self.0.is_key_vector.load(Ordering::Relaxed) {
            VectorForm::Key
        } else {
            VectorForm::InFront
        };
        let payload = ciphers
            .encrypt(*cipher, form, secret.octets(), random, &packet.payload)
            .ok_or(Refusal::NotEncrypted)?;
        let mut envelope = packet.envelope;
        envelope.flags.0 |= EnvelopeFlags::ENCRYPTED.0;
        envelope.message_length = payload.len() as u32;
        Ok(Packet {
            envelope,
            payload: payload.into(),
        })
    }
}

/// Shows the id and the cipher only.
impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({}, {:?})", self.0.id, self.0.cipher)
    }
}
