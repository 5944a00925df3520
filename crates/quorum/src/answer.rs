//! What the registry answers to a request.

use crate::Error;
use bytes::Bytes;
use model::octets::Reader;
use std::time::Duration;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done {
        /// The serial that is in force now; 0 where there is none.
        serial: u32,
    },
    /// An epoch is granted.
    Granted {
        /// Which.
        epoch: u64,
        /// How long its holder must wait at most before it begins, counted from this answer.
        wait: Duration,
    },
    /// The lease is given.
    Leased {
        /// The epoch it is for.
        epoch: u64,
        /// How long it lasts, counted from the moment at which the request was *first* sent.
        lease: Duration,
    },
    /// It waits for an operator.
    Proposed,
    /// It is not done, and nothing has changed.
    Refused(Refusal),
}

/// Why something is not done. The asker must act on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The identity may not.
    NotPermitted,
    /// There is no such thing.
    Absent,
    /// It is there already.
    Present,
    /// The serial is not above the one that is in force.
    Serial {
        /// The one in force.
        current: u32,
    },
    /// Another epoch is in force.
    Epoch {
        /// Which.
        current: u64,
    },
    /// The epoch has not begun: the lease before it may still be in use.
    TooEarly {
        /// How long it is at most until it does.
        wait: Duration,
    },
    /// The asker is not the holder, or is no more.
    NotHolder,
    /// The holder of a sovereign data set has not given it back.
    Held,
    /// The data set's ownership has no such thing: no lease, no reserved part.
    Ownership,
    /// It would leave nobody who could undo it: the last admin, the last member.
    Last,
    /// The registry has no room for more, or remembers too many requests.
    Full,
}

const DONE: u8 = 1;
const GRANTED: u8 = 2;
const LEASED: u8 = 3;
const PROPOSED: u8 = 4;
const REFUSED: u8 = 16;

impl Answer {
    /// Whether it was done.
    pub fn is_done(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// Its octets alone, as answers to orders carry them.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        self.put(&mut out);
        out.into()
    }

    /// Reads what [`Answer::encode`] has made, and nothing else.
    ///
    /// # Errors
    /// [`Error::Unknown`] of another answer; [`Error::Octets`] if it ends early, or something
    /// follows.
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let answer = Self::read(&mut reader)?;
        reader.finish("answer")?;
        Ok(answer)
    }

    /// Appends 17 octets: what it is, an epoch, and a number.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        let wait = |wait: &Duration| wait.as_micros() as u64;
        let (kind, epoch, number) = match self {
            Self::Done { serial } => (DONE, 0, u64::from(*serial)),
            Self::Granted { epoch, wait: it } => (GRANTED, *epoch, wait(it)),
            Self::Leased { epoch, lease } => (LEASED, *epoch, wait(lease)),
            Self::Proposed => (PROPOSED, 0, 0),
            Self::Refused(refusal) => {
                let (kind, number) = match refusal {
                    Refusal::NotPermitted => (0, 0),
                    Refusal::Absent => (1, 0),
                    Refusal::Present => (2, 0),
                    Refusal::Serial { current } => (3, u64::from(*current)),
                    Refusal::Epoch { current } => (4, *current),
                    Refusal::TooEarly { wait: it } => (5, wait(it)),
                    Refusal::NotHolder => (6, 0),
                    Refusal::Held => (7, 0),
                    Refusal::Ownership => (8, 0),
                    Refusal::Last => (9, 0),
                    Refusal::Full => (10, 0),
                };
                (REFUSED + kind, 0, number)
            }
        };
        out.push(kind);
        out.extend_from_slice(&epoch.to_be_bytes());
        out.extend_from_slice(&number.to_be_bytes());
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        let kind = reader.u8("answer")?;
        let epoch = reader.u64("answer's epoch")?;
        let number = reader.u64("answer's number")?;
        let wait = Duration::from_micros(number);
        // Serials were written from 32 bits.
        let serial = number as u32;
        Ok(match kind {
            DONE => Self::Done { serial },
            GRANTED => Self::Granted { epoch, wait },
            LEASED => Self::Leased { epoch, lease: wait },
            PROPOSED => Self::Proposed,
            _ => Self::Refused(match kind.wrapping_sub(REFUSED) {
                0 => Refusal::NotPermitted,
                1 => Refusal::Absent,
                2 => Refusal::Present,
                3 => Refusal::Serial { current: serial },
                4 => Refusal::Epoch { current: number },
                5 => Refusal::TooEarly { wait },
                6 => Refusal::NotHolder,
                7 => Refusal::Held,
                8 => Refusal::Ownership,
                9 => Refusal::Last,
                10 => Refusal::Full,
                _ => {
                    return Err(Error::Unknown {
                        what: "answer",
                        number: kind.into(),
                    });
                }
            }),
        })
    }
}
