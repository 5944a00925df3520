//! What can be asked of the registry.
//!
//! A command is written as one octet for its kind and then its fields in the order in which they
//! stand here. Not here: what a command does (`crate::registry`).

use crate::data_set::{ownership, put_ownership};
use crate::field::{flag, long, put_long, put_reference, put_short, reference, short};
use crate::registry::{REMEMBERED, SEEN_REMEMBERED};
use crate::{Answer, DataSetName, Error, Ownership, Refusal};
use bytes::Bytes;
use model::Reference;
use model::octets::{Reader, put_count};
use std::fmt;
use std::ops::BitOr;
use std::time::Duration;

/// The longest name of a delegation or a list of sites, in octets: as of prefixes.
pub(crate) const NAME_OCTETS_MAX: usize = model::identifier::IDENTIFIER_OCTETS_MAX;

/// The longest delegation or list of sites, in octets: 64 KiB are 300 sites with a server each.
pub const PUBLICATION_OCTETS_MAX: usize = 64 * 1024;

/// How many delegations one that is put may have been judged by: the record itself, the one above
/// it, and the lists that a plan looks up.
pub(crate) const SEEN_COUNT_MAX: usize = 64;

/// The longest description of a member, in octets: its addresses and its key.
pub(crate) const MEMBER_OCTETS_MAX: usize = 4096;

/// The number of a member, from 1. A number is never used again for another member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub u64);

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "member {}", self.0)
    }
}

/// What a site does for a data set, and another may do for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// It answers questions.
    Resolution = 1,
    /// It takes changes.
    Registration = 2,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Resolution, Self::Registration];

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        let number = reader.u8("function")?;
        let known = Self::ALL.into_iter().find(|it| *it as u8 == number);
        known.ok_or(Error::Unknown {
            what: "function",
            number: number.into(),
        })
    }
}

/// What somebody may ask for: a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(pub u8);

impl Rights {
    /// To put and remove delegations.
    pub const DELEGATIONS: Self = Self(1);
    /// To put lists of sites.
    pub const SITES: Self = Self(1 << 1);
    /// To add and remove members.
    pub const MEMBERS: Self = Self(1 << 2);
    /// To create and grant data sets.
    pub const DATA_SETS: Self = Self(1 << 3);
    /// To grant a sovereign data set against its holder: by declaring that the holder is no more.
    pub const FORCE: Self = Self(1 << 4);
    /// To propose that somebody takes over, and to withdraw what such as they have proposed: a
    /// prober.
    pub const PROPOSE: Self = Self(1 << 5);
    /// To confirm and withdraw it: an operator.
    pub const CONFIRM: Self = Self(1 << 6);
    /// To give and take rights.
    pub const ADMINS: Self = Self(1 << 7);
    /// All of them.
    pub const ALL: Self = Self(u8::MAX);

    /// Whether all of `others` are among them.
    pub fn include(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

impl BitOr for Rights {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What is asked of the registry.
///
/// Serials must be higher than any that the same name ever had, epochs those that are in force
/// (of a grant: one more): who asks on an old view is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the fields are those of the data set and the publication"
)]
pub enum Command {
    /// Delegates a prefix, or delegates it otherwise.
    PutDelegation {
        prefix: Bytes,
        serial: u32,
        octets: Bytes,
    },
    /// Takes a delegation back; its serial is remembered.
    RemoveDelegation { prefix: Bytes, serial: u32 },
    /// Publishes a list of sites.
    PutSites {
        name: Bytes,
        serial: u32,
        octets: Bytes,
    },
    /// Gives somebody rights, instead of those they had.
    PutAdmin { admin: Reference, rights: Rights },
    /// Takes all rights from somebody.
    RemoveAdmin { admin: Reference },
    /// Adds a member, described by octets that the registry does not read.
    AddMember { member: MemberId, octets: Bytes },
    /// Removes a member, for ever.
    RemoveMember { member: MemberId },
    /// Creates a data set in epoch 1.
    CreateDataSet {
        name: DataSetName,
        ownership: Ownership,
        is_automatic: bool,
        holder: Reference,
    },
    /// Grants the next epoch.
    Grant {
        name: DataSetName,
        epoch: u64,
        holder: Reference,
        by_force: bool,
    },
    /// Asks for a lease, or for a longer one. It must not be asked again later with the same mark:
    /// it is the one command whose answer is not remembered.
    Renew { name: DataSetName, epoch: u64 },
    /// Says that the asker writes no more: as holder, or in the reserved part. From the moment at
    /// which it asks it never writes in this epoch again, whatever it is answered.
    HandBack { name: DataSetName, epoch: u64 },
    /// Says that the holder does not do something any more, and who shall.
    ProposeTakeOver {
        name: DataSetName,
        epoch: u64,
        function: Function,
        to: Reference,
    },
    /// Agrees to what is proposed.
    ConfirmTakeOver {
        name: DataSetName,
        epoch: u64,
        function: Function,
    },
    /// Drops what is proposed, or ends a take-over of resolution.
    WithdrawTakeOver {
        name: DataSetName,
        epoch: u64,
        function: Function,
    },
    /// Delegates a prefix as somebody may by what delegations themselves say, which the member that
    /// was asked has judged by some of them: done only if each still has the serial at which it was
    /// seen, 0 for none. So the judgement is of this place in the log, and needs no rights.
    PutDelegationAsSeen {
        prefix: Bytes,
        serial: u32,
        octets: Bytes,
        seen: Vec<(Bytes, u32)>,
    },
}

impl Command {
    /// Its number. Numbers are never used again for another command.
    pub fn kind(&self) -> u8 {
        match self {
            Self::PutDelegation { .. } => 1,
            Self::RemoveDelegation { .. } => 2,
            Self::PutSites { .. } => 3,
            Self::PutAdmin { .. } => 4,
            Self::RemoveAdmin { .. } => 5,
            Self::AddMember { .. } => 6,
            Self::RemoveMember { .. } => 7,
            Self::CreateDataSet { .. } => 8,
            Self::Grant { .. } => 9,
            Self::Renew { .. } => 10,
            Self::HandBack { .. } => 11,
            Self::ProposeTakeOver { .. } => 12,
            Self::ConfirmTakeOver { .. } => 13,
            Self::WithdrawTakeOver { .. } => 14,
            Self::PutDelegationAsSeen { .. } => 15,
        }
    }

    /// Whether how it was answered is remembered. A lease is asked for so often that it is not, and
    /// need not be: a later one of the same epoch only lasts longer than its holder knows.
    pub fn is_remembered(&self) -> bool {
        !matches!(self, Self::Renew { .. })
    }

    /// For how long an answer to it is remembered; none if it is not. Strangers could fill the
    /// memory with refusals that only say that nothing was done: that somebody may not, that there
    /// is no room, that somebody who is no holder has nothing to hand back. Asked again, these are
    /// judged again.
    ///
    /// What needs no rights is remembered for as long as who asked may still wait. Its serials make
    /// it happen once at any time: they only rise, so one that comes again is refused.
    pub fn remembered_with(&self, answer: Answer) -> Option<Duration> {
        let is_of_strangers = match answer {
            Answer::Refused(Refusal::NotPermitted | Refusal::Full) => true,
            Answer::Refused(_) => matches!(
                self,
                Self::HandBack { .. } | Self::PutDelegationAsSeen { .. }
            ),
            _ => false,
        };
        let is_remembered = self.is_remembered() && !is_of_strangers;
        let needs_no_rights = matches!(self, Self::PutDelegationAsSeen { .. });
        let duration = if needs_no_rights {
            SEEN_REMEMBERED
        } else {
            REMEMBERED
        };
        is_remembered.then_some(duration)
    }

    /// Its octets alone, as orders carry them.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        self.put(&mut out);
        out.into()
    }

    /// Reads what [`Command::encode`] has made, and nothing else.
    ///
    /// # Errors
    /// [`Error::Unknown`] of another command; [`Error::Octets`] if a field is too long, or ends
    /// early, or something follows.
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let command = Self::read(&mut reader)?;
        reader.finish("command")?;
        Ok(command)
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.push(self.kind());
        match self {
            Self::PutDelegation {
                prefix: name,
                serial,
                octets,
            }
            | Self::PutSites {
                name,
                serial,
                octets,
            } => {
                put_short(out, name);
                out.extend_from_slice(&serial.to_be_bytes());
                put_long(out, octets);
            }
            Self::RemoveDelegation { prefix, serial } => {
                put_short(out, prefix);
                out.extend_from_slice(&serial.to_be_bytes());
            }
            Self::PutAdmin { admin, rights } => {
                put_reference(out, admin);
                out.push(rights.0);
            }
            Self::RemoveAdmin { admin } => put_reference(out, admin),
            Self::AddMember { member, octets } => {
                out.extend_from_slice(&member.0.to_be_bytes());
                put_short(out, octets);
            }
            Self::RemoveMember { member } => out.extend_from_slice(&member.0.to_be_bytes()),
            Self::PutDelegationAsSeen {
                prefix,
                serial,
                octets,
                seen,
            } => {
                put_short(out, prefix);
                out.extend_from_slice(&serial.to_be_bytes());
                put_long(out, octets);
                put_count(out, seen.len());
                for (name, serial) in seen {
                    put_short(out, name);
                    out.extend_from_slice(&serial.to_be_bytes());
                }
            }
            _ => self.put_of_data_set(out),
        }
    }

    /// The fields of commands about data sets.
    fn put_of_data_set(&self, out: &mut Vec<u8>) {
        let put_head = |out: &mut Vec<u8>, name: &DataSetName, epoch: u64| {
            put_short(out, name.octets());
            out.extend_from_slice(&epoch.to_be_bytes());
        };
        match self {
            Self::CreateDataSet {
                name,
                ownership,
                is_automatic,
                holder,
            } => {
                put_short(out, name.octets());
                put_ownership(out, ownership);
                out.push(u8::from(*is_automatic));
                put_reference(out, holder);
            }
            Self::Grant {
                name,
                epoch,
                holder,
                by_force,
            } => {
                put_head(out, name, *epoch);
                put_reference(out, holder);
                out.push(u8::from(*by_force));
            }
            Self::Renew { name, epoch } | Self::HandBack { name, epoch } => {
                put_head(out, name, *epoch);
            }
            Self::ProposeTakeOver {
                name,
                epoch,
                function,
                to,
            } => {
                put_head(out, name, *epoch);
                out.push(*function as u8);
                put_reference(out, to);
            }
            Self::ConfirmTakeOver {
                name,
                epoch,
                function,
            }
            | Self::WithdrawTakeOver {
                name,
                epoch,
                function,
            } => {
                put_head(out, name, *epoch);
                out.push(*function as u8);
            }
            _ => {}
        }
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(match reader.u8("command")? {
            1 => Self::PutDelegation {
                prefix: short(reader, "prefix", NAME_OCTETS_MAX)?,
                serial: reader.u32("serial")?,
                octets: long(reader, "delegation", PUBLICATION_OCTETS_MAX)?,
            },
            2 => Self::RemoveDelegation {
                prefix: short(reader, "prefix", NAME_OCTETS_MAX)?,
                serial: reader.u32("serial")?,
            },
            3 => Self::PutSites {
                name: short(reader, "name", NAME_OCTETS_MAX)?,
                serial: reader.u32("serial")?,
                octets: long(reader, "sites", PUBLICATION_OCTETS_MAX)?,
            },
            4 => Self::PutAdmin {
                admin: reference(reader, "admin")?,
                rights: Rights(reader.u8("rights")?),
            },
            5 => Self::RemoveAdmin {
                admin: reference(reader, "admin")?,
            },
            6 => Self::AddMember {
                member: MemberId(reader.u64("member")?),
                octets: short(reader, "member's octets", MEMBER_OCTETS_MAX)?,
            },
            7 => Self::RemoveMember {
                member: MemberId(reader.u64("member")?),
            },
            15 => Self::PutDelegationAsSeen {
                prefix: short(reader, "prefix", NAME_OCTETS_MAX)?,
                serial: reader.u32("serial")?,
                octets: long(reader, "delegation", PUBLICATION_OCTETS_MAX)?,
                seen: seen(reader)?,
            },
            kind => Self::read_of_data_set(reader, kind)?,
        })
    }

    fn read_of_data_set(reader: &mut Reader, kind: u8) -> Result<Self, Error> {
        if !(8..=14).contains(&kind) {
            return Err(Error::Unknown {
                what: "command",
                number: kind.into(),
            });
        }
        let name = DataSetName::read(reader)?;
        if kind == 8 {
            return Ok(Self::CreateDataSet {
                name,
                ownership: ownership(reader)?,
                is_automatic: flag(reader, "automatic")?,
                holder: reference(reader, "holder")?,
            });
        }
        let epoch = reader.u64("epoch")?;
        Ok(match kind {
            9 => Self::Grant {
                name,
                epoch,
                holder: reference(reader, "holder")?,
                by_force: flag(reader, "by force")?,
            },
            10 => Self::Renew { name, epoch },
            11 => Self::HandBack { name, epoch },
            12 => Self::ProposeTakeOver {
                name,
                epoch,
                function: Function::read(reader)?,
                to: reference(reader, "somebody")?,
            },
            13 => Self::ConfirmTakeOver {
                name,
                epoch,
                function: Function::read(reader)?,
            },
            _ => Self::WithdrawTakeOver {
                name,
                epoch,
                function: Function::read(reader)?,
            },
        })
    }
}

/// What a delegation was judged by: names and serials.
fn seen(reader: &mut Reader) -> Result<Vec<(Bytes, u32)>, Error> {
    let count = reader.count("delegations seen", SEEN_COUNT_MAX, 6)?;
    let mut seen = Vec::with_capacity(count);
    for _ in 0..count {
        let name = short(reader, "name", NAME_OCTETS_MAX)?;
        seen.push((name, reader.u32("serial")?));
    }
    Ok(seen)
}
