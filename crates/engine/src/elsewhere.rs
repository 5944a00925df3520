//! What a plan wants to know from other nodes, and what they said. Not here: finding them, and
//! asking them (room `node`).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use model::{EncodedValue, Identifier};

use crate::step::Step;

/// A question for whoever is responsible for an identifier; it is not this node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asking {
    /// For the public values of some types. The answer must be certified, for somebody's
    /// permission depends on it.
    Values {
        /// The identifier.
        identifier: Identifier,
        /// The types.
        types: Vec<&'static str>,
    },
    /// Whether a proof was made with a secret that only the other node knows (operation 201).
    Verification {
        /// Who made the proof.
        identifier: Identifier,
        /// The index of the secret; 0 for any.
        index: u32,
        /// The nonce of the challenge.
        nonce: Bytes,
        /// The digest of the request that was challenged, without its code.
        digest: Bytes,
        /// The proof's octets, and the version of the message they came in.
        proof: Bytes,
        /// The version of the message that the proof came in.
        version: wire::Version,
    },
}

impl Asking {
    /// The identifier that it is about.
    pub fn identifier(&self) -> &Identifier {
        match self {
            Self::Values { identifier, .. } | Self::Verification { identifier, .. } => identifier,
        }
    }
}

/// What another node said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Told {
    /// The values; none if the identifier has no such values.
    Values(Vec<EncodedValue>),
    /// Whether the proof is right.
    Verified(bool),
    /// Nothing that can be believed, or that the identifier is not registered; and why.
    Nothing(String),
}

/// A plan that waits for another node.
#[derive(Debug)]
pub struct Ask {
    asking: Asking,
    plan: Box<dyn AskingPlan>,
}

/// What remains to be done once another node has been asked.
pub(crate) trait AskingPlan: fmt::Debug + Send {
    /// Goes on with what it said.
    fn resume(self: Box<Self>, told: Told) -> Step;
}

impl Ask {
    pub(crate) fn step(asking: Asking, plan: impl AskingPlan + 'static) -> Step {
        let plan = Box::new(plan);
        Step::Ask(Self { asking, plan })
    }

    /// What is asked.
    pub fn asking(&self) -> &Asking {
        &self.asking
    }

    /// Goes on with what was said.
    pub fn resume(self, told: Told) -> Step {
        self.plan.resume(told)
    }
}
