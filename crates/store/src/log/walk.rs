//! Reads a file of the log without judging it: what is whole, and where what is not begins and
//! ends.
//!
//! Not here: what is done about damage ([`super::recovery`] at a start, `verify` when asked).

use super::group::{Group, LogId};
use bytes::Bytes;

/// What stands at a place of a file.
#[derive(Debug)]
pub(crate) enum Found {
    /// A whole group.
    Group {
        /// Where it begins.
        at: usize,
        /// What it says.
        group: Group,
    },
    /// Octets that are no whole group, up to the next one or the end.
    Damage {
        /// Where they begin.
        at: usize,
        /// How many they are.
        extent: usize,
        /// What is wrong.
        reason: String,
    },
}

/// Goes through the octets of one file.
pub(crate) struct Walk<'w> {
    octets: &'w Bytes,
    id: &'w LogId,
    at: usize,
}

impl<'w> Walk<'w> {
    pub(crate) fn new(octets: &'w Bytes, id: &'w LogId) -> Self {
        Self { octets, id, at: 0 }
    }
}

impl Iterator for Walk<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let at = self.at;
        if at >= self.octets.len() {
            return None;
        }
        let reason = match Group::read(&self.octets.slice(at..), self.id) {
            Some(Ok(group)) => {
                self.at += group.octets;
                return Some(Found::Group { at, group });
            }
            Some(Err(error)) => {
                format!("a whole group has another format than this version writes: {error}")
            }
            None => "no whole group of this log stands here".into(),
        };
        let ahead = Group::find(&self.octets.slice(at + 1..), self.id);
        let extent = ahead.map_or(self.octets.len() - at, |ahead| ahead + 1);
        self.at += extent;
        Some(Found::Damage { at, extent, reason })
    }
}
