//! Registration of an identifier (RFC 3652 section 3.6.1) by whoever runs this node.
//!
//! The node becomes home to the identifier's prefix if it was not: its operator decides that.
//! Not here: registration over the network, which needs authentication.

use super::reply::Asked;
use crate::Date;
use crate::step::{Fetch, Plan, Step};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::{IntoIter, Vec};
use bytes::Bytes;
use model::{Change, EncodedValue, Identifier, Key, Record, SuffixCase, Value};
use wire::creation::CreationAnswer;
use wire::response::Answer as Body;
use wire::values::ValuesRequest;
use wire::{OpFlags, ResponseCode};

/// What is stored under the key of a prefix that this node is home to: the format octet.
pub const HOMED_MARK: &[u8] = &[1];

/// An identifier with values, checked and ready to be written.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Where it is written that this node is home to the prefix: [`HOMED_MARK`] goes there.
    pub home: Key,
    /// Where the record goes.
    pub key: Key,
    /// The record.
    pub record: Record,
}

impl Registration {
    /// Checks the values of an identifier and dates them.
    ///
    /// # Errors
    /// What keeps the values from being a record.
    pub fn new(
        identifier: &Identifier,
        mut values: Vec<Value>,
        case: SuffixCase,
        now: Date,
    ) -> Result<Self, model::Error> {
        for value in &mut values {
            value.timestamp = now.0;
        }
        Ok(Self {
            home: Key::homed(&identifier.prefix()),
            key: Key::record(identifier, case),
            record: Record::spelled(&values, identifier, case)?,
        })
    }
}

/// A registration that waits for what is there already.
#[derive(Debug)]
struct Creation {
    asked: Asked,
    identifier: Bytes,
    registration: Registration,
}

pub(super) fn start(asked: Asked, request: &ValuesRequest, case: SuffixCase, now: Date) -> Step {
    let identifier = match Identifier::from_octets(request.identifier.clone()) {
        Ok(identifier) => identifier,
        Err(error) => return asked.fail(ResponseCode::INVALID_HANDLE, error.to_string()),
    };
    let values = request.values.iter().map(EncodedValue::value).collect();
    let registration = match Registration::new(&identifier, values, case, now) {
        Ok(registration) => registration,
        Err(error) => return asked.fail(refusal(&error), error.to_string()),
    };
    let keys = vec![registration.home.clone(), registration.key.clone()];
    let plan = Creation {
        asked,
        identifier: request.identifier.clone(),
        registration,
    };
    Fetch::step(keys, plan)
}

fn refusal(error: &model::Error) -> ResponseCode {
    match error {
        model::Error::IndexTwice { .. } => ResponseCode::VALUE_ALREADY_EXISTS,
        _ => ResponseCode::INVALID_VALUE,
    }
}

impl Plan for Creation {
    /// Goes on with the mark of the home and the record there was.
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        let homed = found.next().flatten();
        let before = found.next().flatten();
        let overwrites = self.asked.flags.contains(OpFlags::OVERWRITE);
        if before.is_some() && !overwrites {
            return self.asked.fail(ResponseCode::HANDLE_ALREADY_EXISTS, "");
        }
        let Registration {
            home,
            key,
            mut record,
        } = self.registration;
        let mut asked = self.asked;
        if let Some(before) = &before {
            asked = asked.with_flag(OpFlags::OVERWRITE);
            match Record::from_stored(before.clone()) {
                Ok(before) => record = record.dated_after(&before),
                Err(error) => return asked.fail_unreadable(key, error),
            }
        }
        let mut change = Change::default();
        if homed.is_none() {
            change.put(home, Bytes::from_static(HOMED_MARK));
        }
        change.expect(key.clone(), before);
        change.put(key, record.octets().clone());
        let answer = CreationAnswer {
            identifier: Some(self.identifier),
        };
        asked.answer_after(change, ResponseCode::SUCCESS, Body::Creation(answer))
    }
}
