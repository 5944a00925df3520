//! What is told of a record to whom, where existence is hidden (`challenge_first`).
//!
//! What is registered and what is not is then told to those only who might know anyway: whoever
//! is an administrator of the record in any way, or may register under the prefix. All others are
//! told the same, in one code and one sentence, whatever is there. Not here: registrations, whose
//! permission is that of the prefix in any case.

use super::permission::{Alternatives, Demand, Ground};
use super::{Administration, Permitted, Place, Refused, above};
use crate::authority::Origin;
use crate::authority::look_up::{AfterLookUp, Found, look_up};
use crate::step::Step;
use alloc::boxed::Box;
use alloc::vec;
use model::admin::AdminPermissions;
use model::{EncodedValue, Identifier};
use wire::ResponseCode;

/// What all are told who may not know more.
pub(super) const HIDDEN: &str = "you lack the permission; what is registered is told to those \
                                 who may register it";

/// Refuses a request for what was found of the record, if the asker may know that.
pub(super) fn refuse(
    administration: Administration,
    place: &Place,
    values: &[EncodedValue],
    refused: Refused,
) -> Step {
    let (code, text) = refused;
    if !administration.hides() || administration.origin == Origin::Local {
        return administration.asked.fail(code, text);
    }
    let Some((above, permission)) = above(&place.identifier) else {
        // Nobody may register such a thing.
        return administration
            .asked
            .fail(ResponseCode::INVALID_ADMIN, HIDDEN);
    };
    // A permission of nothing: every administrator of the record has it.
    let any = administration.demand(&place.identifier, values, AdminPermissions(0));
    let local = administration.local;
    let waiting = Waiting {
        administration,
        refused,
        any,
        above: above.clone(),
        permission,
    };
    look_up(above, &["HS_ADMIN"], local, Box::new(waiting))
}

/// A refusal that waits for the record of the prefix.
#[derive(Debug)]
struct Waiting {
    administration: Administration,
    refused: Refused,
    any: Demand,
    above: Identifier,
    permission: AdminPermissions,
}

impl AfterLookUp for Waiting {
    fn resume(self: Box<Self>, found: Found) -> Step {
        let add = self
            .administration
            .demand(&self.above, found.values(), self.permission);
        let alternatives = Alternatives(vec![vec![self.any], vec![add]]);
        let telling = Telling(self.refused);
        self.administration.permit(alternatives, telling)
    }
}

/// A refusal that is told to who may know why.
#[derive(Debug)]
struct Telling(Refused);

impl Permitted for Telling {
    fn carry_out(self, administration: Administration, _: Ground) -> Step {
        let (code, text) = self.0;
        administration.asked.fail(code, text)
    }
}
