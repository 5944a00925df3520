//! Which identifiers one server of a mirror holds: it asks for no others.

use crate::Digests;
use model::Identifier;
use model::site::{HashOption, IdentifierHash};
use wire::replication::MirrorShare;

/// A share that has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    option: HashOption,
    servers_count: u32,
    server: u32,
}

impl Share {
    /// Everything.
    pub const WHOLE: Self = Self {
        option: HashOption::ALL,
        servers_count: 1,
        server: 0,
    };

    /// The share of a server of a site; none if it can hold nothing, or the hash is unknown.
    pub fn of(share: MirrorShare) -> Option<Self> {
        let option = HashOption(share.hash_option);
        let is_known = [HashOption::PREFIX, HashOption::SUFFIX, HashOption::ALL].contains(&option);
        let is_whole = share.servers_count == 1;
        (share.server < share.servers_count && (is_known || is_whole)).then_some(Self {
            option,
            servers_count: share.servers_count,
            server: share.server,
        })
    }

    /// The share as a request says it.
    pub fn asked(self) -> MirrorShare {
        MirrorShare {
            hash_option: self.option.0,
            servers_count: self.servers_count,
            server: self.server,
        }
    }

    /// Whether it is everything.
    pub fn is_whole(self) -> bool {
        self.servers_count == 1
    }

    /// Whether an identifier, as octets, is in it. What cannot be an identifier is in every share:
    /// better twice than nowhere.
    pub fn holds(self, identifier: &[u8], digests: &impl Digests) -> bool {
        if self.is_whole() {
            return true;
        }
        let octets = bytes::Bytes::copy_from_slice(identifier);
        let Ok(identifier) = Identifier::from_octets(octets) else {
            return true;
        };
        let md5 = |octets: &[u8]| digests.md5(octets);
        let hash = IdentifierHash::of(&identifier, self.option, md5);
        hash.is_none_or(|hash| hash.0 % self.servers_count == self.server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::fuzz::Sums;

    #[test]
    fn every_identifier_is_in_the_share_of_one_server() {
        let shares = |count| (0..count).map(move |server| share(2, count, server).unwrap());
        for text in ["88.1/a", "88.1/b", "20.500.99999/abc", "0.NA/88.1"] {
            for count in 1..5 {
                let holding = shares(count).filter(|it| it.holds(text.as_bytes(), &Sums));
                assert_eq!(holding.count(), 1, "{text} {count}");
            }
        }
    }

    fn share(hash_option: u8, servers_count: u32, server: u32) -> Option<Share> {
        Share::of(MirrorShare {
            hash_option,
            servers_count,
            server,
        })
    }

    #[test]
    fn a_share_that_can_hold_nothing_is_none() {
        assert_eq!(share(2, 0, 0), None);
        assert_eq!(share(2, 2, 2), None);
        assert_eq!(share(3, 2, 0), None);
        assert!(share(3, 1, 0).is_some_and(Share::is_whole));
        assert_eq!(Share::of(MirrorShare::WHOLE), Some(Share::WHOLE));
    }
}
