//! How far a copy has come with one server of its source, as it is stored beside the data: in the
//! same change, so that after a crash it says neither more nor less than what is there.

use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_string};

const FORMAT: u8 = 1;
const COPYING: u8 = 1;
const FOLLOWING: u8 = 2;
const NEW: u8 = 3;

/// How far a copy has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Standing {
    /// It has nothing yet. That is written down as well: of a server that was never reached it must
    /// be known that it is missed.
    #[default]
    New,
    /// It copies everything.
    Copying(Copying),
    /// It has everything up to a transaction.
    Following(Followed),
}

/// A position in the log of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Followed {
    /// The epoch; 0 of a source that knows none.
    pub epoch: u64,
    /// The last transaction.
    pub txn: u64,
    /// Up to when the source was heard, in milliseconds since 1970, by its own clock.
    pub date_ms: u64,
}

/// A copy of everything that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Copying {
    /// Where the log is followed from afterwards: where the source stood when the copy began, for
    /// what came first was as it was then.
    pub from: Followed,
    /// The key of the last row that came; none before the first.
    pub last: Option<Bytes>,
    /// Whether rows were there before, which the source may have no more.
    pub is_merging: bool,
    /// Whether it comes in the layout of nodes of this kind.
    pub is_own_layout: bool,
    /// How many rows have come.
    pub rows: u64,
}

impl Standing {
    /// Up to where everything of the source is here.
    pub fn followed(&self) -> Option<&Followed> {
        match self {
            Self::Following(followed) => Some(followed),
            Self::New | Self::Copying(_) => None,
        }
    }

    /// The epoch that is followed; 0 before the first.
    pub fn epoch(&self) -> u64 {
        match self {
            Self::New => 0,
            Self::Copying(copying) => copying.from.epoch,
            Self::Following(followed) => followed.epoch,
        }
    }

    /// Reads what is stored.
    ///
    /// # Errors
    /// [`model::Error`]: it is damaged, or of a newer version.
    pub fn read(octets: Option<Bytes>) -> Result<Self, model::Error> {
        let Some(octets) = octets else {
            return Ok(Self::New);
        };
        let mut reader = Reader::new(octets);
        expect_format(&mut reader, FORMAT)?;
        let kind = reader.u8("kind of standing")?;
        if kind == NEW {
            reader.finish("standing")?;
            return Ok(Self::New);
        }
        let followed = Followed {
            epoch: reader.u64("epoch")?,
            txn: reader.u64("transaction")?,
            date_ms: reader.u64("date")?,
        };
        let read = match kind {
            COPYING => {
                let marks = reader.u8("marks")?;
                Self::Copying(Copying {
                    from: followed,
                    is_merging: marks & 1 != 0,
                    is_own_layout: marks & 2 != 0,
                    rows: reader.u64("rows")?,
                    last: (marks & 4 != 0)
                        .then(|| reader.string("last key"))
                        .transpose()?,
                })
            }
            FOLLOWING => Self::Following(followed),
            _ => {
                return Err(model::Error::Unexpected {
                    what: "kind of standing",
                    expected: "1, 2 or 3",
                });
            }
        };
        reader.finish("standing")?;
        Ok(read)
    }

    /// What is stored.
    pub fn octets(&self) -> Bytes {
        let (kind, followed) = match self {
            Self::New => return Bytes::from_static(&[FORMAT, NEW]),
            Self::Copying(copying) => (COPYING, &copying.from),
            Self::Following(followed) => (FOLLOWING, followed),
        };
        let mut out = Vec::new();
        out.extend_from_slice(&[FORMAT, kind]);
        for number in [followed.epoch, followed.txn, followed.date_ms] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        if let Self::Copying(copying) = self {
            let marks = u8::from(copying.is_merging)
                | u8::from(copying.is_own_layout) << 1
                | u8::from(copying.last.is_some()) << 2;
            out.push(marks);
            out.extend_from_slice(&copying.rows.to_be_bytes());
            if let Some(last) = &copying.last {
                put_string(&mut out, last);
            }
        }
        out.into()
    }
}

/// Takes the octet that says how a row is laid out.
pub(super) fn expect_format(reader: &mut Reader, format: u8) -> Result<(), model::Error> {
    if reader.u8("format")? == format {
        return Ok(());
    }
    Err(model::Error::Unexpected {
        what: "a row about replication",
        expected: "of a format that this version reads",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLLOWED: Followed = Followed {
        epoch: 1,
        txn: 258,
        date_ms: 3,
    };

    fn check(standing: &Standing, octets: &'static [u8]) {
        assert_eq!(&standing.octets()[..], octets);
        let read = Standing::read(Some(octets.into()));
        assert_eq!(read.as_ref(), Ok(standing));
        for cut in 0..octets.len() {
            assert!(Standing::read(Some(octets[..cut].into())).is_err());
        }
    }

    #[test]
    fn what_is_stored_is_exact() {
        check(
            &Standing::Following(FOLLOWED),
            b"\x01\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x01\x02\0\0\0\0\0\0\0\x03",
        );
        let copying = Copying {
            from: FOLLOWED,
            last: Some("R\x01A".into()),
            is_merging: true,
            is_own_layout: false,
            rows: 9,
        };
        check(
            &Standing::Copying(copying),
            b"\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x01\x02\0\0\0\0\0\0\0\x03\
              \x05\0\0\0\0\0\0\0\x09\0\0\0\x03R\x01A",
        );
        check(&Standing::New, b"\x01\x03");
        assert_eq!(Standing::read(None), Ok(Standing::New));
        let unknown = [&[1, 9][..], &[0; 24]].concat();
        assert!(Standing::read(Some(unknown.into())).is_err());
    }
}
