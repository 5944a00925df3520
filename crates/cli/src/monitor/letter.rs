//! What is sent to somebody, and how it waits in the outbox.
//!
//! A letter is addressed to a body, not to an address: whoever mends `contacts.csv` mends what
//! waits, too. What it says is kept as JSON; a bulletin goes by its name. Not here: sending
//! (`delivery`).

use codes::Region;
use facts::{Change, Instant, Object, View};
use jobs::{Error, Letter, Moment, outbox};
use serde::{Deserialize, Serialize};

use super::folder::Folder;

/// The way that all letters go.
const CHANNEL: &str = "notice";

/// The most objects that are named in a letter; of more their number is told.
pub(super) const NAMED_MAX: usize = 100;

/// What is said, in English and in Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    /// In a line.
    pub(super) subject: [String; 2],
    /// In full.
    pub(super) text: [String; 2],
    /// What stands above everything that is shown; empty for nothing.
    pub(super) mark: String,
    /// The bulletin that goes with it.
    pub(super) bulletin: Option<String>,
}

/// A letter, by the name that it has once and for all.
pub(super) fn letter(key: String, to: &str, message: &Message) -> Letter {
    let body = serde_json::to_vec(message).expect("a struct of texts is JSON");
    Letter {
        key,
        channel: CHANNEL.to_owned(),
        to: to.to_owned(),
        body: body.into(),
    }
}

/// What a letter says.
pub(super) fn message(letter: &Letter) -> Result<Message, String> {
    if letter.channel != CHANNEL {
        return Err(format!("nobody knows the way '{}'", letter.channel));
    }
    serde_json::from_slice(&letter.body).map_err(|error| format!("it cannot be read: {error}"))
}

/// Adds a letter to a change, so that it is there if what caused it is; says whether it is new. One
/// that was put in before stays as it was: its key is what it is about.
pub(super) fn post(
    view: &dyn View,
    at: Instant,
    change: &mut Change,
    letter: &Letter,
) -> Result<bool, Error> {
    match outbox::put(view, Moment(at.0), letter) {
        Ok(more) => {
            let is_new = !more.is_empty();
            jobs::join(change, more);
            Ok(is_new)
        }
        Err(Error::There { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What an object is called, with its code.
pub(super) fn named(folder: &Folder, object: &Object) -> String {
    match folder.name(object) {
        Some(name) => format!("{name} {}", object.id()),
        None => object.id().to_owned(),
    }
}

/// To whom that goes which is for a region, where nobody is known to answer for it.
pub(super) fn region_itself(folder: &Folder, region: Region) -> String {
    named(folder, &Object::region(region))
}
