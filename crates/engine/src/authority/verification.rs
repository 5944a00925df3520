//! Whether a proof was made with a secret that this node has (operation 201): what other nodes ask,
//! so that the secret need not travel.
//!
//! A wrong proof and an identity without a secret are answered alike. Not here: how often somebody
//! may try (room `node`).

use super::Authority;
use super::administration::homes_of;
use super::authentication::{Claim, Evidence, Judging};
use super::reply::Asked;
use crate::Cryptography;
use crate::step::{Fetch, Plan, Step};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::{IntoIter, Vec};
use bytes::Bytes;
use core::fmt;
use model::{Key, Record};
use wire::response::Answer as Body;
use wire::verification::{VerificationAnswer, VerificationRequest};
use wire::{ResponseCode, Version};

pub(super) fn start<D: Cryptography + Clone + fmt::Debug + Send + 'static>(
    authority: &Authority<D>,
    asked: Asked,
    request: VerificationRequest,
    version: Version,
) -> Step {
    let claim = Claim {
        identity: request.identity,
        evidence: Evidence::Proof {
            proof: request.proof,
            is_by_key: false,
            nonce: request.nonce,
            digest: Bytes::copy_from_slice(request.digest.octets()),
            version,
        },
    };
    let judging = match authority.judging(claim) {
        Ok(judging) => judging,
        Err(refused) => return asked.fail(refused.code, refused.reason),
    };
    let key = Key::record(&judging.identifier, authority.settings.suffix_case);
    let mut keys = vec![key.clone()];
    keys.extend(homes_of(&judging.identifier));
    Fetch::step(
        keys,
        Verification {
            asked,
            judging,
            key,
        },
    )
}

#[derive(Debug)]
struct Verification<D> {
    asked: Asked,
    judging: Judging<D>,
    key: Key,
}

impl<D: Cryptography + fmt::Debug + Send + 'static> Plan for Verification<D> {
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        let stored = found.next().flatten();
        let is_home = found.any(|mark| mark.is_some());
        if !is_home {
            return self.asked.fail_not_responsible();
        }
        let values = match stored.map(Record::from_stored).transpose() {
            Ok(record) => record.map_or_else(Vec::new, |record| {
                record.entries().map(|entry| entry.encoded).collect()
            }),
            Err(error) => return self.asked.fail_unreadable(self.key, error),
        };
        let is_right = self.judging.key_in(&values).is_some();
        let verdict = VerificationAnswer::new(is_right);
        self.asked
            .answer(ResponseCode::SUCCESS, Body::Verification(verdict))
    }
}
