//! The body of the login of the Chinese system (operation 2001 of its client software).
//!
//! The client asks with [`OpFlags::REQUEST_DIGEST`](crate::OpFlags::REQUEST_DIGEST) set, is
//! challenged, and answers ([`crate::challenge`]); from then on its connection is authenticated.
//! Known from client software only, no server was there to compare with. Not here: the login with
//! a password (2000) of older systems.

use crate::{Error, Identity};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::Reader;

/// Asks to be known as an identity from now on.
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n, 4 | [identity](Identity) |
///
/// ```
/// use wire::{Identity, login::LoginRequest};
///
/// let login = LoginRequest::of(Identity::new("88.1/u", 300));
/// assert_eq!(&login.encode()[..], b"\0\0\0\x0688.1/u\0\0\x01\x2c");
/// assert_eq!(LoginRequest::decode(login.encode()), Ok(login));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRequest {
    /// Whose key will answer the challenge.
    pub identity: Identity,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

impl LoginRequest {
    /// A login of an identity.
    pub fn of(identity: Identity) -> Self {
        Self {
            identity,
            rest: Bytes::new(),
        }
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body is cut.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            identity: Identity::read(&mut reader)?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        self.identity.put(&mut out);
        out.extend_from_slice(&self.rest);
        out.into()
    }
}
