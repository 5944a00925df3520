//! Protocol versions and which one an answer is written in.

use core::fmt;

#[cfg(test)]
mod tests;

/// A version of the protocol, ordered by its numbers; see [`Version::knows`] for age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 2 for everything in the field; 5 in clients older than 2.1.
    pub major: u8,
    /// What changed since is told in RFC 3652 for 2.1 and by practice for the others.
    pub minor: u8,
}

impl Version {
    /// The newest version spoken here: DSA signatures with SHA-256.
    pub const NEWEST: Self = Self::new(2, 11);
    /// What a message starts with when nothing is known of the peer.
    pub const COMPATIBLE: Self = Self::new(2, 3);
    /// The answer to a session set-up names its cipher.
    pub const SESSION_CIPHER: Self = Self::new(2, 4);
    /// Messages of a session are numbered, and MACs cover the envelope.
    pub const SESSION_COUNTER: Self = Self::new(2, 5);
    /// Code 303 means a prefix referral, 7 a read-only server, 202 an invalid value.
    pub const CODES_RENUMBERED: Self = Self::new(2, 5);
    /// Signatures cover the envelope.
    pub const SIGNED_ENVELOPE: Self = Self::new(2, 6);
    /// Digests and MACs are made with SHA-256.
    pub const SHA_256: Self = Self::new(2, 7);
    /// Signatures and MACs cover the suggested version; replication may run over TLS.
    pub const SIGNED_SUGGESTION: Self = Self::new(2, 8);
    /// A request for a transaction log begins with the number of its layout.
    pub const TXN_LAYOUTS: Self = Self::new(2, 9);
    /// Askers follow prefix referrals in every operation.
    pub const PREFIX_REFERRALS: Self = Self::new(2, 10);
    /// DSA signatures are made with SHA-256.
    pub const DSA_SHA_256: Self = Self::new(2, 11);

    /// A version by its numbers.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }

    /// Whether a peer of this version knows what came with version `since`.
    pub fn knows(self, since: Self) -> bool {
        !self.is_before_2_1() && self >= since
    }

    /// Whether the peer is older than 2.1; such clients write major version 5.
    pub fn is_before_2_1(self) -> bool {
        self.major == 5 || self < Self::new(2, 1)
    }

    /// The version of the answer to a request in this version that `suggested` another.
    ///
    /// The suggestion counts, or the request's own version if there is none (major 0); never
    /// above [`Version::NEWEST`], except that major version 5 is answered in kind.
    ///
    /// ```
    /// use wire::Version;
    ///
    /// assert_eq!(Version::new(2, 3).answered_in(Version::new(2, 9)), Version::new(2, 9));
    /// assert_eq!(Version::new(2, 1).answered_in(Version::new(0, 0)), Version::new(2, 1));
    /// assert_eq!(Version::new(3, 0).answered_in(Version::new(3, 0)), Version::NEWEST);
    /// ```
    #[must_use]
    pub fn answered_in(self, suggested: Self) -> Self {
        let wished = if suggested.major == 0 {
            self
        } else {
            suggested
        };
        if wished.major == 5 {
            wished
        } else {
            wished.min(Self::NEWEST)
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
