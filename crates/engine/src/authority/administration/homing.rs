//! Which prefixes this node is home to: operations 300 and 301, for those whom the node's operator
//! has named.

use super::listing::demand_of_home;
use super::permission::{Alternatives, Ground};
use super::resend::Resend;
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
        let mut keys = vec![self.home.clone()];
        let resend = administration.resend();
        keys.extend(resend.as_ref().map(|resend| resend.key().clone()));
        let waiting = Waiting {
            homing: self,
            administration,
            ground,
            resend,
        };
        Fetch::step(keys, waiting)
    }
}

#[derive(Debug)]
struct Waiting {
    homing: Homing,
    administration: Administration,
    ground: Ground,
    /// Where it stands how the request was answered, if it came before.
    resend: Option<Resend>,
}

impl Plan for Waiting {
    /// Goes on with the mark of the home, then with what is remembered of the request.
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        let Self {
            homing: Homing { home, becomes },
            administration,
            ground,
            mut resend,
        } = *self;
        let before = found.next().flatten();
        let spelling = home.octets().slice(home.octets().len().min(1)..);
        if let Some(resend) = &mut resend {
            resend.found(found.next().flatten());
            let origin = &administration.origin;
            if resend
                .remembered(origin, &spelling, before.as_ref())
                .is_some()
            {
                let asked = administration.asked;
                return asked.answer_permitted(Change::default(), ground, Body::Done);
            }
        }
        let mut change = administration.change(&home, &spelling);
        if !becomes && before.is_none() {
            return administration.asked.fail_not_responsible();
        }
        let octets = if before.is_some() == becomes {
            // To be told twice is no error, and no change. But it is remembered: if the request
            // comes again when somebody else has changed it, nothing is done.
            change.note = None;
            before.clone()
        } else {
            becomes.then(|| Bytes::from_static(HOMED_MARK))
        };
        if let Some(resend) = &resend {
            let after = octets.as_ref();
            resend.remember(&administration, &mut change, &spelling, false, after);
        }
        if before != octets {
            let key = home.clone();
            change.writes.push(Write { key, octets });
        }
        if !change.is_empty() {
            change.expect(home, before);
        }
        let asked = administration.asked;
        asked.answer_permitted(change, ground, Body::Done)
    }
}
