//! What is expected of each cell: the rules of the protocol and of this node, written a second time
//! and shorter. Nothing here calls what is tested.
//!
//! Codes are those that the asker hears, in order.

use super::cells::{Carrier, Cell, Condition, Kind, Operation, Rigour, Way};

/// What the asker hears, and whether what was asked for has been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) codes: Vec<u32>,
    pub(crate) is_done: bool,
}

const DONE: u32 = 1;
const NOT_OFFERED: u32 = 5;
const EXISTS: u32 = 101;
const MAY_NOT: u32 = 400;
const CHALLENGE: u32 = 402;
const WRONG: u32 = 403;
const NO_CREDENTIAL: u32 = 404;
const LATE: u32 = 405;
const LOGIN_FIRST: u32 = 408;
const NO_SESSION: u32 = 500;
const NUMBER_CAME: u32 = 505;
const LOGIN_WRONG: u32 = 3001;

const SHA_256_SINCE: u8 = 7;
const DSA_SHA_256_SINCE: u8 = 11;
const COUNTER_SINCE: u8 = 5;

/// Whether an operation changes something.
pub(crate) fn changes(operation: Operation) -> bool {
    use Operation::{Add, AddOver, Create, Delete, Home, Mint, Modify, Remove, Replace, Unhome};
    let changing = [
        Create, Replace, Mint, Delete, Add, AddOver, Remove, Modify, Home, Unhome,
    ];
    changing.contains(&operation)
}

/// Whether the proof is of a weak form: MD5, or SHA-1 that is not in a key derivation.
fn has_weak_proof(cell: Cell) -> bool {
    match cell.way.kind() {
        Kind::Rsa | Kind::Sm2 => false,
        Kind::Dsa => cell.minor < DSA_SHA_256_SINCE,
        Kind::Secret(algorithm) => [0x01, 0x02, 0x12].contains(&algorithm),
    }
}

/// Whether MACs of messages are: those before SHA-256.
fn has_weak_mac(cell: Cell) -> bool {
    matches!(cell.way, Way::Session(_)) && cell.minor < SHA_256_SINCE
}

/// Whether anything is weak about a cell.
pub(crate) fn is_weak(cell: Cell) -> bool {
    has_weak_proof(cell) || has_weak_mac(cell)
}

/// The code for a weak proof where none is taken.
fn is_refused_for(cell: Cell, is_weak: bool) -> bool {
    is_weak && cell.rigour == Rigour::Strict
}

/// What is said without asking who asks.
fn code_for_everybody(operation: Operation) -> Option<u32> {
    match operation {
        Operation::ReadPublic => Some(DONE),
        // Everybody is told that it exists, as by the reference software.
        Operation::CreateTaken => Some(EXISTS),
        _ => None,
    }
}

/// What is said to somebody whose proof is right.
fn code_for_known(cell: Cell) -> u32 {
    if cell.condition == Condition::Forbidden {
        MAY_NOT
    } else {
        DONE
    }
}

pub(crate) fn expected(cell: Cell) -> Expected {
    let codes = match cell.way {
        _ if cell.operation == Operation::Verify => of_verification(cell),
        Way::Each(_) => of_each(cell),
        Way::Session(_) => in_session(cell),
        Way::Login(_) => after_login(cell),
    };
    let is_done = changes(cell.operation) && codes.contains(&DONE) && is_carried_out(cell);
    Expected { codes, is_done }
}

/// How many of the answers to a cell say what was asked for: a login's says only that it has begun.
pub(crate) fn answers(cell: Cell) -> usize {
    let codes = expected(cell).codes;
    let is_login = matches!(cell.way, Way::Login(_)) && cell.operation != Operation::Verify;
    let begun = usize::from(is_login && codes.starts_with(&[CHALLENGE, DONE]));
    let done = codes.iter().filter(|code| **code == DONE);
    done.count() - begun
}

/// Whether the request itself comes to be carried out, where codes alone do not tell: a login has a
/// code of its own.
fn is_carried_out(cell: Cell) -> bool {
    use Condition::{Forbidden, Over};
    let is_login = matches!(cell.way, Way::Login(_));
    !is_login
        || cell.carrier == Carrier::Tcp
            && !is_refused_for(cell, has_weak_proof(cell))
            && !is_unproven(cell)
            && ![Forbidden, Over].contains(&cell.condition)
}

/// Whether nobody is proven in the end.
fn is_unproven(cell: Cell) -> bool {
    use Condition::{Late, Tampered, WrongKey};
    [Late, Tampered, WrongKey].contains(&cell.condition)
}

/// Whether a proof was made with a secret, for another node. The verdict is no code.
fn of_verification(cell: Cell) -> Vec<u32> {
    let code = if is_refused_for(cell, has_weak_proof(cell)) {
        NO_CREDENTIAL
    } else {
        DONE
    };
    match cell.condition {
        Condition::Replayed => vec![code, code],
        _ => vec![code],
    }
}

/// Whether operation 201 finds the proof right.
pub(crate) fn is_right(cell: Cell) -> bool {
    !is_unproven(cell)
}

fn of_each(cell: Cell) -> Vec<u32> {
    if let Some(code) = code_for_everybody(cell.operation) {
        return vec![code];
    }
    let refused = is_refused_for(cell, has_weak_proof(cell)).then_some(NO_CREDENTIAL);
    let known = refused.unwrap_or_else(|| code_for_known(cell));
    match cell.condition {
        Condition::Late => vec![CHALLENGE, LATE],
        Condition::WrongKey | Condition::Tampered => vec![CHALLENGE, refused.unwrap_or(WRONG)],
        Condition::Replayed => vec![CHALLENGE, known, NO_SESSION],
        Condition::Resent => {
            // The same answer, though it is not done twice.
            vec![CHALLENGE, known, CHALLENGE, known]
        }
        Condition::Permitted | Condition::Forbidden | Condition::Over => vec![CHALLENGE, known],
    }
}

fn in_session(cell: Cell) -> Vec<u32> {
    if cell.condition == Condition::Over {
        return vec![NO_SESSION];
    }
    if is_refused_for(cell, has_weak_mac(cell)) {
        let times = match cell.condition {
            Condition::Replayed | Condition::Resent => 2,
            _ => 1,
        };
        return vec![NO_CREDENTIAL; times];
    }
    if cell.condition == Condition::Tampered {
        return vec![NO_CREDENTIAL];
    }
    let everybody = code_for_everybody(cell.operation);
    let refused = is_refused_for(cell, has_weak_proof(cell));
    let first = match (everybody, cell.condition) {
        (Some(code), _) => vec![code],
        (None, Condition::Late) => return vec![CHALLENGE, LATE],
        (None, _) if refused => return vec![CHALLENGE, NO_CREDENTIAL],
        (None, Condition::WrongKey) => return vec![CHALLENGE, WRONG],
        (None, _) => vec![code_for_known(cell)],
    };
    let second = match cell.condition {
        Condition::Replayed if cell.minor >= COUNTER_SINCE => Some(NUMBER_CAME),
        // Nothing tells such a message from one that is sent again.
        Condition::Replayed if cell.operation == Operation::CreateTaken => Some(EXISTS),
        Condition::Replayed | Condition::Resent => Some(DONE),
        _ => None,
    };
    first.into_iter().chain(second).collect()
}

fn after_login(cell: Cell) -> Vec<u32> {
    if cell.carrier != Carrier::Tcp {
        return vec![NOT_OFFERED];
    }
    if cell.condition != Condition::Late && is_refused_for(cell, has_weak_proof(cell)) {
        let again = (cell.condition == Condition::Replayed).then_some(NO_SESSION);
        let login = [CHALLENGE, LOGIN_WRONG].into_iter().chain(again);
        return login.chain([as_nobody(cell)]).collect();
    }
    let everybody = code_for_everybody(cell.operation);
    match cell.condition {
        Condition::Permitted | Condition::Forbidden => {
            let code = everybody.unwrap_or_else(|| code_for_known(cell));
            vec![CHALLENGE, DONE, code]
        }
        Condition::WrongKey | Condition::Tampered => vec![CHALLENGE, LOGIN_WRONG, as_nobody(cell)],
        Condition::Late => vec![CHALLENGE, LATE, as_nobody(cell)],
        Condition::Over => vec![CHALLENGE, DONE, everybody.unwrap_or(LOGIN_FIRST)],
        Condition::Replayed => vec![CHALLENGE, DONE, NO_SESSION, everybody.unwrap_or(DONE)],
        Condition::Resent => vec![CHALLENGE, DONE, DONE, DONE],
    }
}

fn as_nobody(cell: Cell) -> u32 {
    code_for_everybody(cell.operation).unwrap_or(CHALLENGE)
}
