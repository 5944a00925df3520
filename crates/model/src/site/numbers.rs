//! Numbers in a site: flags, hash options, kinds of interfaces, transports.
//!
//! RFC 3651 section 3.2.2 defines them. Unknown numbers survive a round trip.

/// Says whether a site takes changes: two bits, others survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteFlags(pub u8);

impl SiteFlags {
    /// The site takes changes.
    pub const PRIMARY: Self = Self(0x80);
    /// Other sites take changes too.
    pub const MULTI_PRIMARY: Self = Self(0x40);

    /// Whether the site takes changes.
    pub fn is_primary(self) -> bool {
        self.0 & Self::PRIMARY.0 != 0
    }

    /// Whether other sites take changes too.
    pub fn is_multi_primary(self) -> bool {
        self.0 & Self::MULTI_PRIMARY.0 != 0
    }
}

/// Says which part of an identifier chooses the server of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashOption(pub u8);

impl HashOption {
    /// What is before the first slash.
    pub const PREFIX: Self = Self(0);
    /// What is after it.
    pub const SUFFIX: Self = Self(1);
    /// All of it, the default.
    pub const ALL: Self = Self(2);
}

/// Says what is served at an interface: two bits, others survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterfaceKind(pub u8);

impl InterfaceKind {
    /// Nothing for now.
    pub const OUT_OF_SERVICE: Self = Self(0);
    /// Changes.
    pub const ADMIN: Self = Self(1);
    /// Questions.
    pub const QUERY: Self = Self(2);
    /// Changes and questions.
    pub const ADMIN_AND_QUERY: Self = Self(3);

    /// Whether all of `other` is served.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Says how messages travel to an interface; other numbers survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transport(pub u8);

impl Transport {
    /// One or more datagrams a message.
    pub const UDP: Self = Self(0);
    /// A stream of messages.
    pub const TCP: Self = Self(1);
    /// A message in the body of a request.
    pub const HTTP: Self = Self(2);
    /// The same, encrypted.
    pub const HTTPS: Self = Self(3);
}
