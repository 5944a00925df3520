//! Deletion of an identifier (RFC 3652 section 3.6.2).

use super::hiding;
use super::permission::{Alternatives, Ground};
use super::{Administration, Operation, Permitted, Place};
use crate::step::Step;
use alloc::vec;
use alloc::vec::Vec;
use model::Record;
use model::admin::AdminPermissions;
use wire::ResponseCode;
use wire::response::Answer as Body;

/// The operation, of which there is nothing to say but the identifier.
#[derive(Debug)]
pub(super) struct Deletion;

impl Operation for Deletion {
    fn found(self, administration: Administration, place: Place, record: Option<Record>) -> Step {
        if administration.is_nobody() {
            return administration.asked.challenge();
        }
        let Some(record) = record else {
            let refused = (ResponseCode::HANDLE_NOT_FOUND, "");
            return hiding::refuse(administration, &place, &[], refused);
        };
        let values: Vec<_> = record.entries().map(|entry| entry.encoded).collect();
        let permission = AdminPermissions::DELETE_HANDLE;
        let demand = administration.demand(&place.identifier, &values, permission);
        administration.permit(Alternatives::all(vec![demand]), Ready { place })
    }
}

#[derive(Debug)]
struct Ready {
    place: Place,
}

impl Permitted for Ready {
    fn carry_out(self, administration: Administration, ground: Ground) -> Step {
        let change = self.place.change(&administration, None, false);
        administration
            .asked
            .answer_permitted(change, ground, Body::Done)
    }
}
