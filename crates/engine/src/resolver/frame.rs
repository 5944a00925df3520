//! What a walk is after, and what waits for what: an identifier for the record that names its
//! servers, that record for those that name its own.

use super::contest::{Contest, Place};
use super::limits::{OVER_UDP_MAX, SERVICES_MAX, SITES_MAX};
use super::service::{Named, Scope};
use super::trace::{Failure, Why};
use crate::Date;
use crate::question::{self, Question};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::Bytes;
use model::site::ProtocolVersion;
use model::value_type::matches;
use model::{EncodedValue, Identifier, Site, SuffixCase};
use wire::verification::VerificationRequest;
use wire::{Message, OpFlags, Version};

/// What a walk is for.
///
/// ```
/// use engine::resolver::Wish;
///
/// let wish = Wish::for_values("88.118.1/pump".parse()?).of_type("URL").certified();
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Wish {
    pub(super) sought: Sought,
    pub(super) is_certified: bool,
    pub(super) is_fresh: bool,
    /// Flags that the question for the answer has beside the usual ones, and that it lacks.
    pub(super) adds: OpFlags,
    pub(super) removes: OpFlags,
}

impl Wish {
    /// For the public values of an identifier, all of them unless types or indexes are named.
    pub fn for_values(identifier: Identifier) -> Self {
        Self::new(Sought::Values {
            identifier,
            indexes: Vec::new(),
            types: Vec::new(),
        })
    }

    /// For the word of whoever has a secret whether a proof was made with it (operation 201);
    /// `version` is that of the message which the proof came in.
    pub fn for_verification(
        identifier: Identifier,
        request: VerificationRequest,
        version: Version,
    ) -> Self {
        Self::new(Sought::Verification {
            identifier,
            request,
            version,
        })
    }

    fn new(sought: Sought) -> Self {
        Self {
            sought,
            is_certified: false,
            is_fresh: false,
            adds: OpFlags(0),
            removes: OpFlags(0),
        }
    }

    /// Asks (also) for values of a type; a type that ends in `.` means its family.
    #[must_use]
    pub fn of_type(mut self, value_type: impl Into<Bytes>) -> Self {
        if let Sought::Values { types, .. } = &mut self.sought {
            types.push(value_type.into());
        }
        self
    }

    /// Asks (also) for the value with an index.
    #[must_use]
    pub fn at_index(mut self, index: u32) -> Self {
        if let Sought::Values { indexes, .. } = &mut self.sought {
            indexes.push(index);
        }
        self
    }

    /// Believes only what is signed, from the roots down to the answer.
    #[must_use]
    pub fn certified(mut self) -> Self {
        self.is_certified = true;
        self
    }

    /// Asks primary sites for the answer, where there are any: copies may be behind.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.is_fresh = true;
        self
    }

    /// Asks for values too that not everybody may read. Who is responsible may demand a proof of
    /// who asks, which ends the walk.
    #[must_use]
    pub fn for_private_values(mut self) -> Self {
        self.removes = OpFlags::PUBLIC_ONLY;
        self
    }

    /// Passes flags of somebody's question on to whoever is responsible.
    #[must_use]
    pub fn passing(mut self, flags: OpFlags) -> Self {
        self.adds = flags;
        self
    }
}

/// What a server is asked for.
#[derive(Debug, Clone)]
pub(super) enum Sought {
    Values {
        identifier: Identifier,
        indexes: Vec<u32>,
        types: Vec<Bytes>,
    },
    Verification {
        identifier: Identifier,
        request: VerificationRequest,
        version: Version,
    },
}

/// How a question is put.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking {
    pub(super) is_certified: bool,
    pub(super) is_fresh: bool,
    /// Flags that the question for the answer has beside the usual ones, and that it lacks.
    pub(super) adds: OpFlags,
    pub(super) removes: OpFlags,
    pub(super) request_id: u32,
    pub(super) date: Date,
}

impl Sought {
    /// The values of a record that name servers.
    pub(super) fn servers_of(record: Identifier, scope: Scope) -> Self {
        Self::Values {
            identifier: record,
            indexes: Vec::new(),
            types: scope.types(),
        }
    }

    pub(super) fn identifier(&self) -> &Identifier {
        match self {
            Self::Values { identifier, .. } | Self::Verification { identifier, .. } => identifier,
        }
    }

    /// Whether a value is one that is asked for.
    pub(super) fn wants(&self, value: &EncodedValue) -> bool {
        let Self::Values { indexes, types, .. } = self else {
            return false;
        };
        (indexes.is_empty() && types.is_empty())
            || indexes.contains(&value.index())
            || types
                .iter()
                .any(|asked| matches(asked, value.type_octets()))
    }

    /// Whether it is too long for UDP.
    pub(super) fn is_long(&self) -> bool {
        let octets = match self {
            Self::Values {
                identifier, types, ..
            } => {
                let types = types.iter().map(Bytes::len);
                identifier.spelling().len() + types.sum::<usize>()
            }
            Self::Verification { request, .. } => request.encode().len(),
        };
        octets > OVER_UDP_MAX
    }

    /// The question as a message for a server.
    ///
    /// The server shall not ask others in our stead: whose word that would be could not be told.
    pub(super) fn message(&self, place: &Place, asking: Asking) -> Message {
        let Asking {
            request_id, date, ..
        } = asking;
        let (mut message, version) = match self {
            Self::Values {
                identifier,
                indexes,
                types,
            } => {
                let mut question = Question::about(identifier.clone());
                for &index in indexes {
                    question = question.at_index(index);
                }
                for value_type in types {
                    question = question.of_type(value_type.clone());
                }
                let message = question.resolution(request_id, date);
                (message, version_of(place.version))
            }
            Self::Verification {
                request, version, ..
            } => (question::verification(request, request_id, date), *version),
        };
        message.envelope.version = version;
        message.header.site_serial = place.serial;
        let mut flags = message.header.flags & !OpFlags::RECURSIVE;
        flags = flags | OpFlags::REQUEST_DIGEST;
        if asking.is_certified {
            flags = flags | OpFlags::CERTIFIED;
        }
        if asking.is_fresh {
            flags = flags | OpFlags::AUTHORITATIVE;
        }
        flags = flags & !asking.removes | asking.adds;
        message.header.flags = flags;
        message
    }
}

/// The version that a site is asked in: its own, as far as it is spoken here.
fn version_of(site: ProtocolVersion) -> Version {
    let version = Version::new(site.major, site.minor);
    version.clamp(Version::new(2, 1), Version::NEWEST)
}

/// Somebody to be asked for something, and what is known of them.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) sought: Sought,
    pub(super) aim: Aim,
    pub(super) state: State,
    /// Whether a primary must answer: a copy has said that there is nothing, and may be behind.
    pub(super) must_be_fresh: bool,
    /// Whether it began at the delegation of a prefix above, not at the roots.
    pub(super) is_short_cut: bool,
    /// Whether a server on the way was named for this identifier alone (302).
    pub(super) has_strayed: bool,
    /// Who was asked on a short cut and has not answered, as a digest of their sites, and why.
    pub(super) lost: Option<([u8; 32], Failure)>,
    /// The services that were asked already, as digests of their sites.
    pub(super) asked: Vec<[u8; 32]>,
    /// The records that were known from before and led here.
    pub(super) known: Vec<(Identifier, Scope)>,
}

/// What the answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// For whoever began the walk.
    Answer,
    /// For the frame below: it names servers.
    Servers(Scope),
}

/// How far a frame is.
#[derive(Debug)]
pub(super) enum State {
    /// Nobody knows yet whom to ask.
    Lost,
    /// The servers are being gathered.
    Gathering(Gathering),
    /// They are asked.
    Asking(Contest),
}

impl Frame {
    pub(super) fn new(sought: Sought, aim: Aim) -> Self {
        Self {
            sought,
            aim,
            state: State::Lost,
            must_be_fresh: false,
            is_short_cut: false,
            has_strayed: false,
            lost: None,
            asked: Vec::new(),
            known: Vec::new(),
        }
    }
}

/// Servers that are being gathered from one or more records.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    pub(super) sites: Vec<Option<Site>>,
    waiting: VecDeque<(Identifier, Scope)>,
    seen: Vec<Vec<u8>>,
    /// Why a record named nobody, the first of them.
    pub(super) problem: Option<Outcome>,
}

impl Gathering {
    /// Begins with one record.
    pub(super) fn of(record: Identifier) -> Self {
        let mut gathering = Self::default();
        gathering.look_at(record, Scope::Own);
        gathering
    }

    /// The next record to look at.
    pub(super) fn next(&mut self) -> Option<(Identifier, Scope)> {
        self.waiting.pop_front()
    }

    /// Looks at one more record, unless it was looked at before or there are too many.
    pub(super) fn look_at(&mut self, record: Identifier, scope: Scope) {
        let canonical = record.canonical(SuffixCase::Sensitive);
        if self.seen.contains(&canonical) {
            self.note(Outcome::failed(record, Why::Loop));
        } else if self.seen.len() < SERVICES_MAX {
            self.seen.push(canonical);
            self.waiting.push_back((record, scope));
        }
    }

    /// Adds what a record names.
    pub(super) fn add(&mut self, named: &Named) {
        self.add_sites(&named.sites);
        for service in &named.services {
            self.look_at(service.clone(), Scope::Own);
        }
    }

    /// Adds sites: one more than are asked, so that it is seen that there are more.
    pub(super) fn add_sites(&mut self, sites: &[Option<Site>]) {
        let room = (SITES_MAX + 1).saturating_sub(self.sites.len());
        self.sites.extend(sites.iter().take(room).cloned());
    }

    pub(super) fn note(&mut self, problem: Outcome) {
        self.problem.get_or_insert(problem);
    }
}

/// What a frame came to.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Values(Vec<EncodedValue>),
    Verified(bool),
    Missing(Identifier),
    NoValues,
    Failed(Failure),
}

impl Outcome {
    pub(super) fn failed(about: Identifier, why: Why) -> Self {
        Self::Failed(Failure {
            about,
            why,
            tried: Vec::new(),
        })
    }
}
