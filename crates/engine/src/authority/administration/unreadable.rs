//! Requests of administration about what is no identifier: of this node's prefixes it says so (code
//! 102), of others that they are not its own (301), as the reference software does.

use super::Administration;
use crate::authority::Origin;
use crate::step::{Fetch, Plan, Step};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::IntoIter;
use bytes::Bytes;
use model::identifier::PREFIX_OF_PREFIXES;
use model::{Key, Prefix};
use wire::ResponseCode;

/// Refuses octets that are no identifier, once it is known whether their prefix is at home here.
pub(super) fn start(administration: Administration, octets: &[u8], error: &model::Error) -> Step {
    let refusal = Refusal {
        administration,
        why: error.to_string(),
    };
    match prefix_of(octets) {
        Some(prefix) if refusal.administration.origin != Origin::Local => {
            Fetch::step(vec![Key::homed(&prefix)], refusal)
        }
        _ => refusal.tell(),
    }
}

/// The prefix that octets begin with, if it can be read; none of what describes a prefix that
/// cannot be, for which many a node might answer.
fn prefix_of(octets: &[u8]) -> Option<Prefix> {
    let slash = octets.iter().position(|&octet| octet == b'/')?;
    let prefix = core::str::from_utf8(octets.get(..slash)?).ok()?;
    (prefix != PREFIX_OF_PREFIXES).then(|| prefix.parse().ok())?
}

#[derive(Debug)]
struct Refusal {
    administration: Administration,
    why: String,
}

impl Refusal {
    fn tell(self) -> Step {
        let code = ResponseCode::INVALID_HANDLE;
        self.administration.asked.fail(code, self.why)
    }
}

impl Plan for Refusal {
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        if found.next().flatten().is_none() {
            return self.administration.asked.fail_not_responsible();
        }
        self.tell()
    }
}
