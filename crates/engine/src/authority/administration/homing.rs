//! Which prefixes this node is home to: operations 300 and 301, for those whom the node's operator
//! has named.

use super::listing::demand_of_home;
use super::permission::{Alternatives, Ground};
use super::{Administration, Permitted};
use crate::authority::Origin;
use crate::authority::administration::creation::HOMED_MARK;
use crate::authority::referral::described_prefix;
use crate::step::{Fetch, Plan, Step};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::IntoIter;
use bytes::Bytes;
use model::change::Write;
use model::{Change, Identifier, Key};
use wire::ResponseCode;
use wire::response::Answer as Body;

/// Starts to make the node home to the prefix that an identifier describes, or no longer.
pub(super) fn start(
    administration: Administration,
    is_primary: bool,
    identifier: Bytes,
    becomes: bool,
) -> Step {
    if !is_primary && administration.origin != Origin::Local {
        let code = ResponseCode::SERVER_NOT_RESPONSIBLE;
        return administration.asked.fail(code, "Not a primary server");
    }
    let described = Identifier::from_octets(identifier)
        .map_err(|error| error.to_string())
        .and_then(|identifier| {
            described_prefix(&identifier).ok_or_else(|| "name the prefix as 0.NA/PREFIX".into())
        });
    let prefix = match described {
        Ok(prefix) => prefix,
        Err(text) => {
            let code = ResponseCode::INVALID_HANDLE;
            return administration.asked.fail(code, text);
        }
    };
    if administration.is_nobody() {
        return administration.asked.challenge();
    }
    let demand = demand_of_home(&administration);
    let home = Key::homed(&prefix);
    let homing = Homing { home, becomes };
    administration.permit(Alternatives::all(vec![demand]), homing)
}

#[derive(Debug)]
struct Homing {
    home: Key,
    becomes: bool,
}

impl Permitted for Homing {
    fn carry_out(self, administration: Administration, ground: Ground) -> Step {
        let key = self.home.clone();
        let waiting = Waiting {
            homing: self,
            administration,
            ground,
        };
        Fetch::step(vec![key], waiting)
    }
}

#[derive(Debug)]
struct Waiting {
    homing: Homing,
    administration: Administration,
    ground: Ground,
}

impl Plan for Waiting {
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        let Self {
            homing: Homing { home, becomes },
            administration,
            ground,
        } = *self;
        let before = found.next().flatten();
        let spelling = home.octets().slice(home.octets().len().min(1)..);
        let mut change = administration.change(&home, &spelling);
        let asked = administration.asked;
        if !becomes && before.is_none() {
            return asked.fail_not_responsible();
        }
        // To be told twice is no error, and no change.
        if before.is_some() == becomes {
            change = Change::default();
        } else {
            let octets = becomes.then(|| Bytes::from_static(HOMED_MARK));
            change.expect(home.clone(), before);
            change.writes.push(Write { key: home, octets });
        }
        asked.answer_permitted(change, ground, Body::Done)
    }
}
