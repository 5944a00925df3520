//! Which number a transaction has, and in which epoch: `(epoch, number)` is a position that every
//! copy understands, while places in logs are each node's own.
//!
//! A node that becomes the writer goes on with the number after the last one that it has copied,
//! in an epoch that no other node has, so no position ever means two things.

use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::Reader;

const FORMAT: u8 = 2;

/// As it was written at first: without the epoch before. Then nobody stands where it ended.
const FORMAT_WITHOUT_EARLIER: u8 = 1;

/// How many bits of an epoch are drawn.
const DRAWN_BITS: u32 = 10;

/// How a node numbers its own transactions.
///
/// ```
/// use engine::replication::Numbering;
///
/// let numbering = Numbering { epoch: 2, before: 70, txn: 1000, earlier: 1 };
/// assert_eq!(numbering.txn_of(71), 1001);
/// assert_eq!(numbering.position_of(1001), Some(71));
/// assert_eq!(numbering.position_of(999), None); // of an earlier epoch
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbering {
    /// The epoch: 1 for a node that was the first writer, else as of [`next_epoch`].
    pub epoch: u64,
    /// The last place in the own log that belongs to earlier epochs.
    pub before: u64,
    /// The number of the last transaction of earlier epochs.
    pub txn: u64,
    /// The epoch that this last one was of: who stands there has exactly what this node had when
    /// it became the writer. 0 if nobody does: there was none, or it was put together from several
    /// servers.
    pub earlier: u64,
}

/// Of a node that has always been the writer.
impl Default for Numbering {
    fn default() -> Self {
        Self {
            epoch: 1,
            before: 0,
            txn: 0,
            earlier: 0,
        }
    }
}

/// The epoch of a node that becomes the writer: later than the last that it knows of, and no other
/// node's. Two that are promoted apart know nothing of each other, so it is the time at which it is
/// promoted, in milliseconds since 1970, and ten bits that are drawn; where clocks are behind, the
/// bits alone tell them apart.
///
/// ```
/// use engine::replication::numbering::next_epoch;
///
/// assert_eq!(next_epoch(1, 5000, 7), 5000 << 10 | 7);
/// assert_eq!(next_epoch(5000 << 10 | 7, 4000, 9), 5001 << 10 | 9);
/// ```
pub fn next_epoch(last: u64, now_ms: u64, drawn: u32) -> u64 {
    let after = (last >> DRAWN_BITS).saturating_add(1);
    let ms = now_ms.max(after).min(u64::MAX >> DRAWN_BITS);
    let drawn = u64::from(drawn) & ((1 << DRAWN_BITS) - 1);
    (ms << DRAWN_BITS | drawn).max(last.saturating_add(1))
}

impl Numbering {
    /// Of a node that is a copy itself, and the first that its own copies follow: its log has other
    /// places than its source's, so what is numbered by them is a series of its own.
    pub fn of_a_copy(epoch: u64) -> Self {
        Self {
            epoch,
            ..Self::default()
        }
    }

    /// The least epoch of a source that this node copies: one in which it was the writer itself is
    /// not followed back. A series of a copy binds nobody.
    pub fn least_to_follow(&self) -> u64 {
        if self.before > 0 { self.epoch } else { 0 }
    }

    /// The number of the entry at a place of the own log.
    pub fn txn_of(&self, position: u64) -> u64 {
        self.txn
            .saturating_add(position.saturating_sub(self.before))
    }

    /// The place in the own log of the entry with a number; none of an earlier epoch's.
    pub fn position_of(&self, txn: u64) -> Option<u64> {
        let since = txn.checked_sub(self.txn)?;
        self.before.checked_add(since)
    }

    /// Reads what is stored.
    ///
    /// # Errors
    /// [`model::Error`]: it is damaged, or of a newer version.
    pub fn read(octets: Bytes) -> Result<Self, model::Error> {
        let has_earlier = octets.first() != Some(&FORMAT_WITHOUT_EARLIER);
        let mut reader = Reader::new(octets);
        let format = if has_earlier {
            FORMAT
        } else {
            FORMAT_WITHOUT_EARLIER
        };
        super::standing::expect_format(&mut reader, format)?;
        let read = Self {
            epoch: reader.u64("epoch")?,
            before: reader.u64("position")?,
            txn: reader.u64("transaction")?,
            earlier: if has_earlier {
                reader.u64("earlier epoch")?
            } else {
                0
            },
        };
        reader.finish("numbering")?;
        Ok(read)
    }

    /// What is stored.
    pub fn octets(&self) -> Bytes {
        let mut out = Vec::with_capacity(33);
        out.push(FORMAT);
        for number in [self.epoch, self.before, self.txn, self.earlier] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_after_those_of_earlier_epochs() {
        let numbering = Numbering {
            epoch: 2,
            before: 10,
            txn: 500,
            earlier: 1,
        };
        assert_eq!((numbering.txn_of(10), numbering.txn_of(12)), (500, 502));
        assert_eq!(numbering.position_of(500), Some(10));
        assert_eq!(numbering.position_of(499), None);
        assert_eq!(Numbering::default().txn_of(7), 7);
        assert_eq!(Numbering::default().position_of(7), Some(7));
        assert_eq!(numbering.position_of(u64::MAX), Some(u64::MAX - 490));
    }

    #[test]
    fn what_is_stored_is_exact() {
        let numbering = Numbering {
            epoch: 2,
            before: 3,
            txn: 258,
            earlier: 1,
        };
        let octets = b"\x02\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\x01\x02\
            \0\0\0\0\0\0\0\x01";
        assert_eq!(&numbering.octets()[..], octets);
        assert_eq!(Numbering::read(octets.as_slice().into()), Ok(numbering));
        for cut in 0..octets.len() {
            assert!(Numbering::read(octets[..cut].to_vec().into()).is_err());
        }
        assert!(Numbering::read(Bytes::from_static(b"\x03")).is_err());
        // What was written before there was the last field.
        let octets = [b"\x01", &octets[1..25]].concat();
        let without = Numbering {
            earlier: 0,
            ..numbering
        };
        assert_eq!(Numbering::read(octets.clone().into()), Ok(without));
        assert!(Numbering::read(octets[..24].to_vec().into()).is_err());
    }

    #[test]
    fn only_who_was_the_writer_follows_no_earlier_epoch() {
        let promoted = Numbering {
            epoch: 9,
            before: 1,
            ..Numbering::default()
        };
        assert_eq!(promoted.least_to_follow(), 9);
        let copy = Numbering::of_a_copy(9);
        assert_eq!((copy.epoch, copy.least_to_follow()), (9, 0));
        assert_eq!(copy.position_of(7), Some(7));
    }

    #[test]
    fn epochs_rise_and_are_nobody_elses() {
        let now = 1_795_390_176_123;
        let one = next_epoch(1, now, 5);
        assert_eq!(one, 1_838_479_540_349_957);
        assert_ne!(one, next_epoch(1, now, 6), "promoted at the same moment");
        assert!(next_epoch(1, now + 1, 0) > next_epoch(1, now, u32::MAX));
        // The clock stands, or is far behind.
        for drawn in [0, 1, 1023, u32::MAX] {
            assert!(next_epoch(one, now, drawn) > one);
            assert!(next_epoch(one, 0, drawn) > one);
        }
        assert_eq!(next_epoch(u64::MAX - 1, u64::MAX, 0), u64::MAX);
        assert_eq!(next_epoch(u64::MAX, 0, 0), u64::MAX);
    }
}
