//! Probes as messages, and what their answers mean.
//!
//! A probe is an ordinary request that harms nobody who does not know of probes: of resolution, a
//! question about a control identifier; of registration, an order to remove the value
//! [`INDEX`] of it, which nobody has and which is never proven. The flag [`OpFlags::PROBE`] says
//! that it is one, and its credential is a signature by the prober, who is named as the RFC has it
//! (signer and index of the key). It is good for a minute.
//!
//! Who knows the prober answers a probe of registration only when something of no meaning has been
//! made durable by the very writer that changes wait for: short of a change, that is all there is
//! to find out. Who does not know the prober has a challenge for it, as for everybody who orders
//! something; that shows less, but that the node takes orders at all.
//!
//! Not here: who the probers are, and counting (room `node`).

use crate::{Date, Signs, Verifies, credentials, question};
use alloc::vec::Vec;
use model::{Identifier, Reference};
use wire::resolution::ResolutionRequest;
use wire::values::RemovalRequest;
use wire::{Credential, Message, OpFlags, Opcode, ResponseCode};

/// For how many seconds a probe is good, either way: so far the clocks of prober and target may
/// differ. One that comes again until then is answered again, which harms nobody.
pub const PROBE_LIFE_SECONDS: u32 = 60;

/// The value that a probe of registration orders to be removed: the last that a record can have. An
/// order about none at all is refused before anybody is asked who they are.
pub const INDEX: u32 = 2_147_483_647;

/// What is probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Whether questions are answered.
    Resolution,
    /// Whether changes are taken.
    Registration,
}

/// A probe about a control identifier, to be [signed](sign). The answer is asked for signed, by the
/// key that stands in the site record with that number: whoever else listens there is no target.
pub fn probe(
    kind: Kind,
    control: &Identifier,
    site_serial: u16,
    request_id: u32,
    now: Date,
) -> Message {
    let flags = OpFlags::USUAL | OpFlags::CERTIFIED | OpFlags::PROBE;
    let mut message = match kind {
        Kind::Resolution => {
            let question = question::Question::about(control.clone());
            question.resolution(request_id, now)
        }
        Kind::Registration => question::removal(control, &[INDEX], request_id, now),
    };
    message.header.flags = flags;
    message.header.site_serial = site_serial;
    message.header.expiration = now.plus_seconds(PROBE_LIFE_SECONDS).0;
    message
}

/// Signs a probe in a prober's name; false, and nothing changed, if the key cannot.
#[must_use]
pub fn sign(message: &mut Message, prober: &Reference, key: &impl Signs) -> bool {
    let mut signed = message.clone();
    let Some(Ok(Some(credential))) =
        credentials::sign(&mut signed, prober.index, key).then(|| Credential::of(&signed))
    else {
        return false;
    };
    let named = Credential {
        signer: prober.identifier.clone(),
        ..credential
    };
    signed.tail = named.encode();
    *message = signed;
    true
}

/// What a request probes if it is a probe, and who says to have sent it; costs next to nothing for
/// those that are none.
pub fn claim(message: &Message, now: Date) -> Option<(Kind, Reference)> {
    let header = &message.header;
    let is_plain = message.envelope.session_id == 0 && !header.is_response();
    if !header.flags.contains(OpFlags::PROBE) || !is_plain {
        return None;
    }
    let left = header.expiration.checked_sub(now.0)?;
    if left > 2 * PROBE_LIFE_SECONDS {
        return None;
    }
    let kind = match header.opcode {
        Opcode::RESOLUTION => Kind::Resolution,
        Opcode::REMOVE_VALUE => Kind::Registration,
        _ => return None,
    };
    control(kind, message)?;
    let credential = Credential::of(message).ok()??;
    let prober = Reference {
        identifier: credential.signer,
        index: credential.counter,
    };
    Some((kind, prober))
}

/// The control identifier that a probe is about.
pub fn control(kind: Kind, message: &Message) -> Option<Identifier> {
    let body = message.body.clone();
    let octets = match kind {
        Kind::Resolution => ResolutionRequest::decode(body).ok()?.identifier,
        Kind::Registration => {
            let removal = RemovalRequest::decode(body).ok()?;
            (removal.indexes == [INDEX]).then_some(removal.identifier)?
        }
    };
    Identifier::from_octets(octets).ok()
}

/// Whether a probe was signed with a prober's key.
pub fn is_by(message: &Message, key: &impl Verifies) -> bool {
    credentials::is_signed(message, key)
}

/// The question about its control identifier that stands for a probe of registration where it is
/// found out whether the node answers for that at all.
pub fn as_question(message: &Message, control: &Identifier) -> Message {
    let mut question = message.clone();
    question.header.opcode = Opcode::RESOLUTION;
    question.body = ResolutionRequest {
        identifier: control.spelling().clone(),
        indexes: Vec::new(),
        types: Vec::new(),
        rest: bytes::Bytes::new(),
    }
    .encode();
    question
}

/// Whether an answer to a probe is as it should be. That there is no such identifier is an answer
/// from the store of whoever is responsible, unless the control identifier is known to be there.
pub fn is_as_it_should_be(kind: Kind, code: ResponseCode, must_exist: bool) -> bool {
    let missing = [
        ResponseCode::HANDLE_NOT_FOUND,
        ResponseCode::VALUES_NOT_FOUND,
    ];
    let is_challenge = code == ResponseCode::AUTHENTICATION_NEEDED;
    match kind {
        _ if code == ResponseCode::SUCCESS => true,
        Kind::Resolution => missing.contains(&code) && !must_exist,
        Kind::Registration => is_challenge || missing.contains(&code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SignatureDigest;
    use bytes::Bytes;

    const NOW: Date = Date(1_795_000_000);

    /// A key whose signature is its number and the sum of the octets.
    struct Key(u8);

    fn signature(number: u8, octets: &[u8]) -> Vec<u8> {
        let sum = octets
            .iter()
            .fold(0_u8, |sum, it| sum.wrapping_mul(31) ^ it);
        vec![number, sum]
    }

    impl Signs for Key {
        fn is_dsa(&self) -> bool {
            false
        }

        fn can_sign_with(&self, digest: SignatureDigest) -> bool {
            digest == SignatureDigest::Sha256
        }

        fn sign(&self, _: SignatureDigest, octets: &[u8]) -> Option<Vec<u8>> {
            (self.0 != 0).then(|| signature(self.0, octets))
        }
    }

    impl Verifies for Key {
        fn verify(&self, _: SignatureDigest, octets: &[u8], shown: &[u8]) -> bool {
            shown == signature(self.0, octets)
        }
    }

    fn prober() -> Reference {
        Reference {
            identifier: Bytes::from_static(b"0.NA/88"),
            index: 3,
        }
    }

    fn signed(kind: Kind) -> Message {
        let control = "88.118/probe".parse().unwrap();
        let mut message = probe(kind, &control, 7, 5, NOW);
        assert!(sign(&mut message, &prober(), &Key(3)));
        Message::decode(message.encode()).unwrap()
    }

    #[test]
    fn a_probe_names_its_prober_and_is_no_others() {
        for kind in [Kind::Resolution, Kind::Registration] {
            let message = signed(kind);
            assert_eq!(claim(&message, NOW), Some((kind, prober())));
            assert!(is_by(&message, &Key(3)) && !is_by(&message, &Key(4)));
            let control = control(kind, &message).unwrap();
            assert_eq!(control.as_str(), "88.118/probe");
            let mut changed = message.clone();
            changed.header.expiration += 1;
            assert!(!is_by(&changed, &Key(3)), "the header is signed");
            let mut changed = message.clone();
            changed.envelope.request_id += 1;
            assert!(!is_by(&changed, &Key(3)), "so is what is around it");
        }
        let mut message = signed(Kind::Resolution);
        let before = message.clone();
        assert!(!sign(&mut message, &prober(), &Key(0)));
        assert_eq!(message, before);
    }

    #[test]
    fn what_is_no_probe_is_a_request_like_any_other() {
        let check = |what: &str, change: &dyn Fn(&mut Message)| {
            let mut message = signed(Kind::Registration);
            change(&mut message);
            assert_eq!(claim(&message, NOW), None, "{what}");
        };
        check("without the flag", &|it| it.header.flags = OpFlags::USUAL);
        check("an answer", &|it| {
            it.header.response_code = ResponseCode::SUCCESS;
        });
        check("in a session", &|it| it.envelope.session_id = 1);
        check("late", &|it| it.header.expiration = NOW.0 - 1);
        check("for ever", &|it| it.header.expiration = u32::MAX);
        check("never expiring", &|it| it.header.expiration = 0);
        check("another order", &|it| {
            it.header.opcode = Opcode::DELETE_HANDLE;
        });
        check("unsigned", &|it| it.tail = Bytes::from_static(&[0; 4]));
        check("with half a body", &|it| it.body = it.body.slice(..5));
        for indexes in [&[][..], &[1], &[INDEX, 1]] {
            check("that removes something else", &|it| {
                let control = "88.118/probe".parse().unwrap();
                it.body = question::removal(&control, indexes, 5, NOW).body;
            });
        }
        let message = signed(Kind::Registration);
        assert!(claim(&message, Date(NOW.0 - PROBE_LIFE_SECONDS)).is_some());
        assert!(claim(&message, Date(NOW.0 - PROBE_LIFE_SECONDS - 1)).is_none());
        assert!(claim(&message, Date(NOW.0 + PROBE_LIFE_SECONDS)).is_some());
    }

    #[test]
    fn some_answers_are_as_they_should_be() {
        let check = |code: ResponseCode, expected: [bool; 4]| {
            let kinds = [Kind::Resolution, Kind::Registration];
            let answers = kinds.map(|kind| {
                [false, true].map(|must_exist| is_as_it_should_be(kind, code, must_exist))
            });
            assert_eq!(answers.concat(), expected, "{code}");
        };
        check(ResponseCode::SUCCESS, [true; 4]);
        check(ResponseCode::HANDLE_NOT_FOUND, [true, false, true, true]);
        check(ResponseCode::VALUES_NOT_FOUND, [true, false, true, true]);
        check(
            ResponseCode::AUTHENTICATION_NEEDED,
            [false, false, true, true],
        );
        for code in [
            ResponseCode::ERROR,
            ResponseCode::SERVER_BUSY,
            ResponseCode::SERVER_READ_ONLY,
            ResponseCode::SERVER_NOT_RESPONSIBLE,
            ResponseCode::OPERATION_NOT_SUPPORTED,
        ] {
            check(code, [false; 4]);
        }
    }

    #[test]
    fn a_probe_of_registration_begins_as_a_question() {
        let message = signed(Kind::Registration);
        let identifier = control(Kind::Registration, &message).unwrap();
        let question = as_question(&message, &identifier);
        assert_eq!(question.header.opcode, Opcode::RESOLUTION);
        let asked = ResolutionRequest::decode(question.body).unwrap();
        assert_eq!(&asked.identifier[..], b"88.118/probe");
    }
}
