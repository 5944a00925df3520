//! A request: a command, who asks for it, and what tells this request from every other.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 32 | mark |
//! | 2 + n, 4 | identifier and index of the identity |
//! | n | the command |

use crate::field::{format, put_reference, reference, within};
use crate::{Command, Error};
use bytes::Bytes;
use model::Reference;
use model::octets::Reader;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The longest request, in octets: a delegation as long as one may be, and what is around it.
pub(crate) const REQUEST_OCTETS_MAX: usize = 80 * 1024;

const FORMAT: u8 = 1;

/// A command by somebody whom a member has authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What tells two requests apart that ask for the same: the SHA-256 of the message that it came
    /// in. Who asks again sends the same message.
    pub mark: [u8; 32],
    /// Who asks. The member that took the request has seen the proof; the members believe each
    /// other.
    pub identity: Reference,
    /// What for.
    pub command: Command,
}

/// The SHA-256 of a request's octets: by this a request is known that comes again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|it| write!(f, "{it:02x}"))
    }
}

impl Request {
    /// The octets of the request.
    pub fn encode(&self) -> Bytes {
        let mut out = vec![FORMAT];
        out.extend_from_slice(&self.mark);
        put_reference(&mut out, &self.identity);
        self.command.put(&mut out);
        out.into()
    }

    /// Reads what [`Request::encode`] has made, and nothing else.
    ///
    /// # Errors
    /// [`Error::Unknown`] of another format or command; [`Error::Octets`] if a field is too long,
    /// or ends early, or something follows.
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        within("request", 0, octets.len(), REQUEST_OCTETS_MAX)?;
        let mut reader = Reader::new(octets);
        format(&mut reader, "request format", FORMAT)?;
        let request = Self {
            mark: reader.array("mark")?,
            identity: reference(&mut reader, "identity")?,
            command: Command::read(&mut reader)?,
        };
        reader.finish("request")?;
        Ok(request)
    }

    /// What it is known by.
    pub fn digest(&self) -> Digest {
        Digest(Sha256::digest(self.encode()).into())
    }

    /// The same of a request that nobody has read from octets yet, if it can be: members agree on
    /// octets, and stop at those that they cannot read.
    ///
    /// # Errors
    /// As of [`Request::decode`]: a field is too long.
    pub fn checked(&self) -> Result<Digest, Error> {
        let octets = self.encode();
        Self::decode(octets.clone())?;
        Ok(Digest(Sha256::digest(octets).into()))
    }
}
