//! What happens on a walk, and why it may fail, for those who want to know.

use crate::WeakForms;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;
use model::Identifier;
use model::site::Transport;
use wire::ResponseCode;

/// What a question is called until it is answered.
pub type Ticket = u32;

/// One step of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The servers that a record names are wanted.
    Sought {
        /// The record.
        record: Identifier,
        /// From where they are known.
        from: Source,
    },
    /// A server is asked.
    Asked {
        /// Names the question.
        ticket: Ticket,
        /// About what.
        identifier: Identifier,
        /// Whom.
        server: SocketAddr,
        /// How.
        transport: Transport,
        /// Why it, and why now.
        why: Because,
    },
    /// It answered, and is believed.
    Answered {
        /// Which question.
        ticket: Ticket,
        /// The code.
        code: ResponseCode,
        /// How long the answer is, in octets.
        octets: usize,
        /// Whether it is signed with the key that the record above named.
        is_signed: bool,
        /// The weak forms that this was believed for, which the asker allows.
        weak_forms: WeakForms,
    },
    /// It did not, or is not believed.
    Failed {
        /// Which question.
        ticket: Ticket,
        /// Why.
        fault: Fault,
    },
    /// It refers to others.
    Referred {
        /// By which code.
        code: ResponseCode,
        /// To how many sites at once.
        sites_count: usize,
        /// To how many service records.
        services_count: usize,
    },
    /// A site is not asked.
    Skipped {
        /// Its number in the order of the values, from 1.
        site: usize,
        /// Why not.
        why: Skip,
    },
    /// What was kept led nowhere: it is forgotten, and the record is asked for anew.
    Forgotten {
        /// The record.
        record: Identifier,
    },
}

/// From where the servers that a record names are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// They are the roots.
    Roots,
    /// An earlier walk has kept them.
    Cache,
    /// They must be asked for.
    Nowhere,
}

/// Why a server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// It is the best of those that are responsible.
    Best,
    /// The one before is silent, and has had its head start.
    OthersAreSilent,
    /// The one before has failed.
    OthersFailed,
}

/// Why a question has not been answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The server is silent.
    #[error("no answer")]
    Silent,
    /// It cannot be reached, or what came is no answer.
    #[error("{0}")]
    Broken(String),
    /// The answer is not signed with the key that the record above names.
    #[error("the answer is not signed with the key of the site, so it is not believed")]
    NotSigned,
    /// The answer is signed with a digest of which two texts can be made to have the same.
    #[error("the answer is signed in a weak form ({0}), so it is not believed")]
    WeaklySigned(&'static str),
    /// The answer does not say which question it answers: it may be an old one.
    #[error("the answer does not repeat the digest of the question, so it is not believed")]
    NoDigest,
    /// The answer is in a version whose signatures do not cover the request id: it may be an old
    /// one.
    #[error("the answer is of a version before 2.7: it may be an old one, so it is not believed")]
    Replayable,
    /// The answer is about another identifier, or says something else than was asked.
    #[error("the answer is about something else")]
    AboutSomethingElse,
    /// The server will not answer.
    #[error("{code}{}", said(text))]
    Refused {
        /// Its code.
        code: ResponseCode,
        /// Its words, shortened.
        text: String,
    },
}

/// An identifier as it may be shown on a terminal or in a log: strangers choose what is in it.
///
/// ```
/// use engine::resolver::Plain;
///
/// let identifier: model::Identifier = "99/a\u{1b}[2J\u{202e}b".parse()?;
/// assert_eq!(Plain(&identifier).to_string(), "99/a\\u{1b}[2J\\u{202e}b");
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Plain<'i>(pub &'i Identifier);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.as_str().chars() {
            if is_unfit(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        Ok(())
    }
}

/// Whether a character does something else than to be seen: it commands a terminal, or turns the
/// direction of what follows.
pub(super) fn is_unfit(character: char) -> bool {
    character.is_control()
        || ('\u{2028}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
        || ['\u{200e}', '\u{200f}'].contains(&character)
}

/// Words of a stranger, after a colon.
fn said(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    [": ", text].concat()
}

/// Why a site is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Skip {
    /// The record of the site cannot be read.
    #[error("its record cannot be read")]
    Unreadable,
    /// There are too many.
    #[error("there are too many sites")]
    TooMany,
    /// It is a copy, and what is asked must be fresh.
    #[error("it is no primary, and the answer must be fresh")]
    NotPrimary,
    /// It hashes in a way that is unknown here, or has no servers.
    #[error("which of its servers is responsible cannot be told")]
    NoServer,
    /// It has no key that could verify its answers.
    #[error("it has no key that its answers could be verified with")]
    NoKey,
    /// It has no interface for questions that can be used here.
    #[error("it has no interface for questions over UDP or TCP")]
    NoInterface,
    /// Nobody can be asked there, or nobody should be.
    #[error("its address is not one to ask: {0}")]
    Address(&'static str),
    /// It is whoever asks.
    #[error("it is this node itself, which does not answer for the identifier")]
    ThisNode,
}

/// A limit of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`questions_max`](super::Limits::questions_max).
    Questions,
    /// [`referrals_max`](super::Limits::referrals_max).
    Referrals,
    /// [`depth_max`](super::Limits::depth_max).
    Depth,
    /// [`octets_max`](super::Limits::octets_max).
    Octets,
    /// [`time`](super::Limits::time).
    Time,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Questions => "it takes too many questions",
            Self::Referrals => "it takes too many referrals",
            Self::Depth => "too many records wait for one another",
            Self::Octets => "the answers are too long",
            Self::Time => "it takes too long",
        })
    }
}

/// Why a walk failed, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was asked for when it failed.
    pub about: Identifier,
    /// Why.
    pub why: Why,
    /// Who was asked for it, and why that was of no use; in order.
    pub tried: Vec<(SocketAddr, Transport, Fault)>,
}

/// How many of those who were asked in vain are named in a sentence.
const TRIED_SHOWN_MAX: usize = 4;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Plain(&self.about), self.why)?;
        for (server, transport, fault) in self.tried.iter().take(TRIED_SHOWN_MAX) {
            write!(f, "; {server} over {}: {fault}", transport_name(*transport))?;
        }
        match self.tried.len().saturating_sub(TRIED_SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "; {more} more in vain"),
        }
    }
}

/// Why a walk failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// No record names servers that answer for it.
    #[error("no record names servers that answer for it")]
    NoSites,
    /// Servers are named, and none of them can be asked.
    #[error("none of the servers that are named can be asked ({0})")]
    NobodyToAsk(Skip),
    /// All were asked, and none has answered.
    #[error("none of its servers has answered")]
    NobodyAnswered,
    /// Records or servers refer to each other in a circle.
    #[error("the referrals lead back to where they began")]
    Loop,
    /// The work is limited.
    #[error("{0}")]
    Limit(Limit),
}

/// The name of a transport as people know it.
pub fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::UDP => "UDP",
        Transport::TCP => "TCP",
        Transport::HTTP => "HTTP",
        Transport::HTTPS => "HTTPS",
        _ => "an unknown transport",
    }
}

/// A line for people.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sought { record, from } => {
                write!(f, "who answers as {} says? ", Plain(record))?;
                f.write_str(match from {
                    Source::Roots => "the roots",
                    Source::Cache => "known from before",
                    Source::Nowhere => "it is asked for",
                })
            }
            Self::Asked {
                ticket,
                identifier,
                server,
                transport,
                why,
            } => {
                let (over, identifier) = (transport_name(*transport), Plain(identifier));
                write!(f, "question {ticket}: {identifier} to {server} over {over}")?;
                f.write_str(match why {
                    Because::Best => "",
                    Because::OthersAreSilent => ", for the one before is silent",
                    Because::OthersFailed => ", for the one before has failed",
                })
            }
            Self::Answered {
                ticket,
                code,
                octets,
                is_signed,
                ..
            } => {
                let signed = if *is_signed { ", signed" } else { "" };
                write!(f, "answer {ticket}: {code}, {octets} octets{signed}")
            }
            Self::Failed { ticket, fault } => write!(f, "answer {ticket}: {fault}"),
            Self::Referred {
                code,
                sites_count,
                services_count,
            } => {
                write!(f, "referred ({code}): sites {sites_count}, ")?;
                write!(f, "service records {services_count}")
            }
            Self::Skipped { site, why } => write!(f, "site {site} is left out: {why}"),
            Self::Forgotten { record } => {
                let record = Plain(record);
                write!(
                    f,
                    "what was known of {record} led nowhere; it is asked for anew"
                )
            }
        }
    }
}
