//! Who may copy this node's records: operations 1001 and 1002, for those whom the node's operator
//! has named, and then the node's own administrators too. Without any the operations are not
//! offered.
//!
//! Everything is copied, also what only administrators may read. Not here: what follows the answer
//! ([`crate::replication`]).

use super::permission::{Alternatives, Demand, Ground, Rule};
use super::{Administration, Permitted, named};
use crate::replication::Wanted;
use crate::step::Step;
use alloc::vec;
use model::Change;
use model::admin::AdminPermissions;
use wire::replication::TxnLogAnswer;
use wire::response::Answer as Body;
use wire::{Opcode, Request, ResponseCode};

/// Starts an answer that a stream follows.
pub(super) fn start(administration: Administration, request: &Request) -> Step {
    if administration.settings.replication_admins.is_empty() {
        let text = "this node does not offer the operation";
        let code = ResponseCode::OPERATION_NOT_SUPPORTED;
        return administration.asked.fail(code, text);
    }
    let wanted = match Wanted::of(request, &administration.settings.replication_name) {
        Ok(wanted) => wanted,
        Err(text) => {
            let code = ResponseCode::PROTOCOL_ERROR;
            return administration.asked.fail(code, text);
        }
    };
    if administration.is_nobody() {
        return administration.asked.challenge();
    }
    let settings = &administration.settings;
    let mirrors = named(
        &settings.replication_admins,
        &Rule::ReplicationAdministrator,
    );
    let servers = named(&settings.server_admins, &Rule::ServerAdministrator);
    let demand = Demand {
        permissions: AdminPermissions(0),
        holders: mirrors.chain(servers).collect(),
    };
    administration.permit(Alternatives::all(vec![demand]), Replicating { wanted })
}

#[derive(Debug)]
struct Replicating {
    wanted: Wanted,
}

impl Permitted for Replicating {
    fn carry_out(self, administration: Administration, ground: Ground) -> Step {
        let body = match administration.opcode {
            Opcode::RETRIEVE_TXN_LOG => Body::TxnLog(TxnLogAnswer { flags: 0 }),
            _ => Body::Done,
        };
        let change = Change::default();
        let mut step = administration.asked.answer_permitted(change, ground, body);
        if let Step::Answer(answer) = &mut step {
            answer.stream = Some(self.wanted);
        }
        step
    }
}
