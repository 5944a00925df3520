//! The octets of the rows that bind notes together.
//!
//! | octets of a group's row | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 4 | count of its notes |
//! | 32 | their Merkle root |
//! | 32 | chain value |
//!
//! | octets of the newest row | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 8 | position of the newest group's first note |
//! | 8 | count of groups |
//! | 8 | count of notes |
//! | 32 | chain value of the newest group |

use bytes::Bytes;
use model::Error as ModelError;
use model::octets::Reader;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::fmt;

const FORMAT: u8 = 1;

/// Before what a chain value covers; leaves and nodes of a tree have 0 and 1 there.
const CHAIN: u8 = 2;

/// A SHA-256; printed in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl std::str::FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut octets = [0; 32];
        hex::decode_to_slice(text.trim(), &mut octets)
            .map_err(|_| "64 hexadecimal digits are needed")?;
        Ok(Self(octets))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// The chain value of a group that follows one with the chain value `before`; that of the first
/// follows zeros.
pub(super) fn chain(before: &Digest, root: &Digest, first: u64, count: u32) -> Digest {
    let mut digest = Sha256::new_with_prefix([CHAIN]);
    digest.update(before.0);
    digest.update(root.0);
    digest.update(first.to_be_bytes());
    digest.update(count.to_be_bytes());
    Digest(digest.finalize().into())
}

/// What binds the notes of a group to those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GroupRow {
    pub(super) count: u32,
    pub(super) root: Digest,
    pub(super) chain: Digest,
}

impl GroupRow {
    pub(super) const OCTETS: usize = 69;

    pub(super) fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(Self::OCTETS);
        out.push(FORMAT);
        out.extend_from_slice(&self.count.to_be_bytes());
        out.extend_from_slice(&self.root.0);
        out.extend_from_slice(&self.chain.0);
        out.into()
    }

    /// `None` if the octets are no such row.
    pub(super) fn decode(octets: &Bytes) -> Option<Self> {
        let read = |mut reader: Reader| -> Result<Self, ModelError> {
            let row = Self {
                count: reader.u32("count")?,
                root: Digest(reader.array("root")?),
                chain: Digest(reader.array("chain")?),
            };
            reader.finish("row").map(|()| row)
        };
        read(after_format(octets)?).ok()
    }
}

/// What says up to where the trail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct NewestRow {
    pub(super) first: u64,
    pub(super) groups: u64,
    pub(super) notes: u64,
    pub(super) chain: Digest,
}

impl NewestRow {
    pub(super) const OCTETS: usize = 57;

    pub(super) fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(Self::OCTETS);
        out.push(FORMAT);
        for number in [self.first, self.groups, self.notes] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.chain.0);
        out.into()
    }

    /// `None` if the octets are no such row.
    pub(super) fn decode(octets: &Bytes) -> Option<Self> {
        let read = |mut reader: Reader| -> Result<Self, ModelError> {
            let row = Self {
                first: reader.u64("first")?,
                groups: reader.u64("groups")?,
                notes: reader.u64("notes")?,
                chain: Digest(reader.array("chain")?),
            };
            reader.finish("row").map(|()| row)
        };
        read(after_format(octets)?).ok()
    }
}

fn after_format(octets: &Bytes) -> Option<Reader> {
    let mut reader = Reader::new(octets.clone());
    (reader.u8("format") == Ok(FORMAT)).then_some(reader)
}
