//! Who somebody is: whether what they show was made with a key of the identity they claim
//! (RFC 3652 section 3.5).
//!
//! The record of the identity is looked up, here or elsewhere; a secret never leaves its node, so
//! the proof is sent there instead (operation 201). Not here: issuing challenges
//! ([`crate::challenges`]), what the identity may do (`administration.rs`).

use super::Authority;
use super::look_up::{AfterLookUp, Found, Local, look_up};
use super::origin::{Known, Means};
use crate::elsewhere::{Ask, Asking, AskingPlan, Told};
use crate::proofs::{covered, is_by_key, is_by_secret};
use crate::step::Step;
use crate::weak::{WeakForms, Weakness, weakness_of};
use crate::{Cryptography, Verifies};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use bytes::Bytes;
use core::fmt;
use model::value_type::matches;
use model::{EncodedValue, Identifier, PublicKey};
use wire::proof::Proof;
use wire::{Identity, ResponseCode, Version};

/// The types of the values that hold keys.
const PUBLIC_KEY: &str = "HS_PUBKEY";
const SECRET_KEY: &str = "HS_SECKEY";

/// How many keys of an identity are tried where its index is 0. Each costs milliseconds; people
/// have two or three. Beyond it: the proof is wrong, and names its key the next time.
const KEYS_TRIED_MAX: usize = 8;

/// How long a proof may be that is sent on to another node. Those of the field have 65 octets; what
/// a stranger shows must not be sent to whomever they name however long it is.
const PROOF_FORWARDED_MAX: usize = 1024;

/// What somebody claims, and shows for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who they say they are; index 0 stands for any key of the identifier.
    pub identity: Identity,
    /// What they show.
    pub evidence: Evidence,
}

/// What somebody shows.
#[derive(Clone, PartialEq, Eq)]
pub enum Evidence {
    /// A proof over a nonce of ours and a digest.
    Proof {
        /// The proof as it came.
        proof: Bytes,
        /// Whether it is one of a private key; else of a secret.
        is_by_key: bool,
        /// The nonce.
        nonce: Bytes,
        /// The octets of the digest of the request, without its code.
        digest: Bytes,
        /// The version of the message it came in.
        version: Version,
    },
    /// The secret itself, which came over a line that nobody listens to.
    Secret(Bytes),
    /// A public key whose private key TLS has checked.
    Certificate(PublicKey),
}

impl Evidence {
    /// Whether it is made with a secret; checking it costs a derivation of a key. A secret itself
    /// is only compared, but for one of another node.
    pub fn is_of_a_secret(&self) -> bool {
        match self {
            Self::Proof { is_by_key, .. } => !is_by_key,
            Self::Secret(_) | Self::Certificate(_) => false,
        }
    }
}

/// Shows no secret.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// What came of a claim.
pub type Identification = Result<Identified, Unidentified>;

/// A claim that was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// Who it is.
    pub known: Known,
    /// The weak form that was used, which the node allows.
    pub weakness: Option<Weakness>,
}

/// A claim that was not right, or that could not be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unidentified {
    /// What the asker is told.
    pub code: ResponseCode,
    /// Why, in a sentence.
    pub reason: String,
}

impl Unidentified {
    fn ends(code: ResponseCode, reason: impl Into<String>) -> Step {
        let reason = reason.into();
        Step::Identified(Err(Self { code, reason }))
    }

    /// One sentence for a wrong key, a wrong secret and no key at all: who guesses learns nothing.
    fn wrong() -> Step {
        let reason = "the proof does not fit any key of the identity";
        Self::ends(ResponseCode::AUTHENTICATION_FAILED, reason)
    }
}

impl<D: Cryptography + Clone + fmt::Debug + Send + 'static> Authority<D> {
    /// Starts the plan that finds out whether a claim is right; it ends in [`Step::Identified`].
    ///
    /// Codes of refusals: 403 if the proof is wrong, 404 if it cannot be read or is of a weak form
    /// that the node does not allow, 406 if the keys of the identity cannot be found out.
    pub fn identify(&self, claim: Claim) -> Step {
        match self.judging(claim) {
            Ok(judging) => {
                let identifier = judging.identifier.clone();
                let local = Local::of(&self.settings);
                // Nobody is asked for a secret: it never leaves its node.
                let types: &[_] = if judging.shown.is_by_secret() {
                    &[]
                } else {
                    &[PUBLIC_KEY]
                };
                look_up(identifier, types, local, Box::new(judging))
            }
            Err(refused) => Step::Identified(Err(refused)),
        }
    }

    /// Reads a claim; what is left is to find the keys.
    pub(super) fn judging(&self, claim: Claim) -> Result<Judging<D>, Unidentified> {
        let weak = self.settings.administration.weak_forms;
        let shown = Shown::read(claim.evidence, weak)?;
        let identifier = Identifier::from_octets(claim.identity.identifier.clone());
        let identifier = identifier.map_err(|error| Unidentified {
            code: ResponseCode::UNABLE_TO_AUTHENTICATE,
            reason: format!("the identity is no identifier: {error}"),
        })?;
        Ok(Judging {
            digests: self.digests.clone(),
            identity: claim.identity,
            identifier,
            shown,
        })
    }
}

/// Evidence that has been read.
#[derive(Clone)]
enum Shown {
    Proof {
        proof: Proof,
        octets: Bytes,
        nonce: Bytes,
        digest: Bytes,
        version: Version,
        weakness: Option<Weakness>,
    },
    Secret(Bytes),
    Certificate(PublicKey),
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl Shown {
    fn read(evidence: Evidence, weak: WeakForms) -> Result<Self, Unidentified> {
        let (octets, is_by_key, nonce, digest, version) = match evidence {
            Evidence::Secret(secret) => return Ok(Self::Secret(secret)),
            Evidence::Certificate(key) => return Ok(Self::Certificate(key)),
            Evidence::Proof {
                proof,
                is_by_key,
                nonce,
                digest,
                version,
            } => (proof, is_by_key, nonce, digest, version),
        };
        let proof = if is_by_key {
            Proof::decode_signature(octets.clone())
        } else {
            Proof::decode_mac(octets.clone(), version)
        };
        let proof = proof.map_err(|error| Unidentified {
            code: ResponseCode::INVALID_CREDENTIAL,
            reason: error.to_string(),
        })?;
        let weakness = weakness_of(&proof);
        if let Some(weakness) = weakness.filter(|weakness| !weak.allows(*weakness)) {
            return Err(Unidentified {
                code: ResponseCode::INVALID_CREDENTIAL,
                reason: format!(
                    "this node does not accept {weakness}: use SHA-256 or a derived key, or ask \
                     its operator to allow it"
                ),
            });
        }
        Ok(Self::Proof {
            proof,
            octets,
            nonce,
            digest,
            version,
            weakness,
        })
    }

    fn is_by_secret(&self) -> bool {
        match self {
            Self::Proof { proof, .. } => !matches!(proof, Proof::Signature { .. }),
            Self::Secret(_) => true,
            Self::Certificate(_) => false,
        }
    }

    fn weakness(&self) -> Option<Weakness> {
        match self {
            Self::Proof { weakness, .. } => *weakness,
            Self::Secret(_) | Self::Certificate(_) => None,
        }
    }

    fn means(&self) -> Means {
        match self {
            Self::Proof { .. } if self.is_by_secret() => Means::SECRET_KEY,
            Self::Proof { .. } => Means::PUBLIC_KEY,
            Self::Secret(_) => Means::PASSWORD,
            Self::Certificate(_) => Means::CLIENT_CERTIFICATE,
        }
    }
}

/// A claim that waits for the record of the identity.
#[derive(Debug)]
pub(super) struct Judging<D> {
    digests: D,
    identity: Identity,
    pub(super) identifier: Identifier,
    shown: Shown,
}

impl<D: Cryptography + fmt::Debug + Send + 'static> AfterLookUp for Judging<D> {
    fn resume(self: Box<Self>, found: Found) -> Step {
        match &found {
            Found::Elsewhere(_) | Found::Unknown(_) if self.shown.is_by_secret() => {
                self.ask_elsewhere()
            }
            Found::Unknown(reason) => Unidentified::ends(
                ResponseCode::UNABLE_TO_AUTHENTICATE,
                format!("the keys of the identity cannot be found: {reason}"),
            ),
            Found::Nothing => Unidentified::ends(
                ResponseCode::UNABLE_TO_AUTHENTICATE,
                "the identity is not registered",
            ),
            Found::Here(values) | Found::Elsewhere(values) => match self.key_in(values) {
                Some(index) => self.succeed(index),
                None => Unidentified::wrong(),
            },
        }
    }
}

impl<D: Cryptography + fmt::Debug + Send + 'static> Judging<D> {
    /// The index of the first value whose key made what is shown.
    pub(super) fn key_in(&self, values: &[EncodedValue]) -> Option<u32> {
        let wanted = if self.shown.is_by_secret() {
            SECRET_KEY
        } else {
            PUBLIC_KEY
        };
        let keys = values.iter().filter(|value| {
            matches(wanted.as_bytes(), value.type_octets())
                && (self.identity.index == 0 || self.identity.index == value.index())
        });
        let mut keys = keys.take(KEYS_TRIED_MAX);
        let key = keys.find(|value| self.is_made_with(&value.value().data));
        key.map(EncodedValue::index)
    }

    fn is_made_with(&self, key: &Bytes) -> bool {
        match &self.shown {
            Shown::Secret(secret) => self.digests.are_equal(secret, key),
            Shown::Certificate(shown) => {
                PublicKey::decode(key.clone()).is_ok_and(|key| key.is_same_key(shown))
            }
            Shown::Proof {
                proof,
                nonce,
                digest,
                ..
            } => {
                let covered = covered(nonce, digest);
                if self.shown.is_by_secret() {
                    return is_by_secret(proof, &covered, key, &self.digests);
                }
                let key = PublicKey::decode(key.clone()).ok();
                let key =
                    key.and_then(|key| self.digests.verifying_key(&key, &self.identity.identifier));
                key.is_some_and(|key: Box<dyn Verifies>| is_by_key(proof, &covered, &*key))
            }
        }
    }

    fn succeed(&self, index: u32) -> Step {
        Step::Identified(Ok(Identified {
            known: Known {
                identity: Identity::new(self.identity.identifier.clone(), index),
                means: self.shown.means(),
            },
            weakness: self.shown.weakness(),
        }))
    }

    /// Asks the node that has the secret.
    fn ask_elsewhere(self) -> Step {
        let Some((proof, nonce, digest, version)) = self.proof_for_another() else {
            return Unidentified::wrong();
        };
        let asking = Asking::Verification {
            identifier: self.identifier.clone(),
            index: self.identity.index,
            nonce,
            digest,
            proof,
            version,
        };
        Ask::step(asking, self)
    }

    /// The proof as another node can check it; none is made of a secret that was shown itself.
    fn proof_for_another(&self) -> Option<(Bytes, Bytes, Bytes, Version)> {
        match &self.shown {
            Shown::Proof {
                octets,
                nonce,
                digest,
                version,
                ..
            } if octets.len() <= PROOF_FORWARDED_MAX => {
                Some((octets.clone(), nonce.clone(), digest.clone(), *version))
            }
            // A proof of the secret itself would cost milliseconds for whatever a stranger writes.
            Shown::Proof { .. } | Shown::Secret(_) | Shown::Certificate(_) => None,
        }
    }
}

impl<D: Cryptography + fmt::Debug + Send + 'static> AskingPlan for Judging<D> {
    fn resume(self: Box<Self>, told: Told) -> Step {
        match told {
            Told::Verified(true) => self.succeed(self.identity.index),
            Told::Verified(false) => Unidentified::wrong(),
            Told::Values(_) => Unidentified::ends(
                ResponseCode::UNABLE_TO_AUTHENTICATE,
                "the other node answered something else",
            ),
            Told::Nothing(reason) => Unidentified::ends(
                ResponseCode::UNABLE_TO_AUTHENTICATE,
                format!("nobody could be asked whether the proof is right: {reason}"),
            ),
        }
    }
}
