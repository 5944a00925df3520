//! Which number a transaction has, and in which epoch: `(epoch, number)` is a position that every
//! copy understands, while places in logs are each node's own.
//!
//! A node that becomes the writer goes on with the number after the last one that it has copied,
//! in the next epoch, so numbers never restart.

use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::Reader;

const FORMAT: u8 = 1;

/// How a node numbers its own transactions.
///
/// ```
/// use engine::replication::Numbering;
///
/// let numbering = Numbering { epoch: 2, before: 70, txn: 1000 };
/// assert_eq!(numbering.txn_of(71), 1001);
/// assert_eq!(numbering.position_of(1001), Some(71));
/// assert_eq!(numbering.position_of(999), None); // of an earlier epoch
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbering {
    /// The epoch: 1 for a node that was the first writer.
    pub epoch: u64,
    /// The last place in the own log that belongs to earlier epochs.
    pub before: u64,
    /// The number of the last transaction of earlier epochs.
    pub txn: u64,
}

/// Of a node that has always been the writer.
impl Default for Numbering {
    fn default() -> Self {
        Self {
            epoch: 1,
            before: 0,
            txn: 0,
        }
    }
}

impl Numbering {
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
        let mut reader = Reader::new(octets);
        super::standing::expect_format(&mut reader, FORMAT)?;
        let read = Self {
            epoch: reader.u64("epoch")?,
            before: reader.u64("position")?,
            txn: reader.u64("transaction")?,
        };
        reader.finish("numbering")?;
        Ok(read)
    }

    /// What is stored.
    pub fn octets(&self) -> Bytes {
        let mut out = Vec::with_capacity(25);
        out.push(FORMAT);
        for number in [self.epoch, self.before, self.txn] {
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
        };
        let octets = b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\x01\x02";
        assert_eq!(&numbering.octets()[..], octets);
        assert_eq!(Numbering::read(octets.as_slice().into()), Ok(numbering));
        assert!(Numbering::read(Bytes::from_static(b"\x02")).is_err());
        assert!(Numbering::read(octets[..24].to_vec().into()).is_err());
    }
}
