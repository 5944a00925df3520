//! Which addresses a walk may have asked: strangers write them into delegations.
//!
//! Else a delegation could have the neighbours of whoever walks asked, and whoever wrote it would
//! learn which of them are there. Not here: which server of a site is asked ([`super::contest`]).

use super::Guide;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};

/// Which addresses may be asked: all that are anywhere in the world, and those near to whoever
/// walks only in networks that the roots are in themselves.
#[derive(Debug)]
pub(super) struct Reach {
    near: Vec<Near>,
    asks_private: bool,
}

/// A network that is not the world's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Near {
    /// This machine.
    Machine,
    /// The link that this machine is on.
    Link,
    /// A network of somebody's own, such as the one that this machine is in; by how its addresses
    /// begin.
    Private([u16; 3]),
}

impl Reach {
    /// What whoever has such a guide may ask.
    pub(super) fn of(guide: &Guide) -> Self {
        let servers = guide.roots.iter().flat_map(|site| &site.servers);
        let near = servers.filter_map(|server| near_of(server.address.ip()));
        Self {
            near: near.collect(),
            asks_private: guide.asks_private,
        }
    }

    /// Whether an address is one to send a question to.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn check(&self, address: IpAddr) -> Result<(), &'static str> {
        if is_nobody(address) || is_nobody(meant(address)) {
            return Err("it stands for no machine");
        }
        match near_of(address) {
            None => Ok(()),
            Some(near) if self.near.contains(&near) => Ok(()),
            Some(Near::Private(_)) if self.asks_private => Ok(()),
            Some(Near::Private(_)) => Err("it is of a private network"),
            Some(Near::Machine | Near::Link) => Err("it is of this machine or its link"),
        }
    }
}

fn is_nobody(address: IpAddr) -> bool {
    let is_none_of_v4 = match address {
        IpAddr::V4(v4) => v4.is_broadcast() || v4.octets().starts_with(&[0]),
        IpAddr::V6(_) => false,
    };
    address.is_unspecified() || address.is_multicast() || is_none_of_v4
}

/// The network that an address is of, if it is not the world's (RFC 6890).
fn near_of(address: IpAddr) -> Option<Near> {
    match meant(address) {
        IpAddr::V4(v4) if v4.is_loopback() => Some(Near::Machine),
        IpAddr::V4(v4) if v4.is_link_local() => Some(Near::Link),
        IpAddr::V4(v4) => match v4.octets() {
            [10, ..] => Some(Near::Private([10, 0, 0])),
            [172, 16..=31, ..] => Some(Near::Private([172, 16, 0])),
            [192, 168, ..] => Some(Near::Private([192, 168, 0])),
            [100, 64..=127, ..] => Some(Near::Private([100, 64, 0])),
            [192, 0, 0, _] => Some(Near::Private([192, 0, 0])),
            [198, 18 | 19, ..] => Some(Near::Private([198, 18, 0])),
            // Reserved, and used within networks all the same.
            [240..=255, ..] => Some(Near::Private([240, 0, 0])),
            _ => None,
        },
        IpAddr::V6(v6) if v6.is_loopback() => Some(Near::Machine),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some(Near::Link),
        IpAddr::V6(v6) => match v6.segments() {
            // Each of these has a number of its own (RFC 4193 section 3.2).
            [a @ 0xfc00..=0xfdff, b, c, ..] => Some(Near::Private([a, b, c])),
            [0xfec0..=0xfeff, ..] => Some(Near::Private([0xfec0, 0, 0])),
            // Translated to IPv4 within a network (RFC 8215).
            [0x64, 0xff9b, 1, ..] => Some(Near::Private([0x64, 0xff9b, 1])),
            _ => None,
        },
    }
}

/// The address of IPv4 that one of IPv6 leads to: mapped or compatible (RFC 4291), translated
/// (RFC 6052), of a tunnel (RFC 3056); else the address itself.
fn meant(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address.to_canonical() else {
        return address.to_canonical();
    };
    if v6 == Ipv6Addr::LOCALHOST || v6 == Ipv6Addr::UNSPECIFIED {
        return v6.into();
    }
    let octets = v6.octets();
    match (v6.segments(), octets) {
        ([0x2002, ..], [_, _, a, b, c, d, ..])
        | ([0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0, 0, ..], [.., a, b, c, d]) => {
            IpAddr::from([a, b, c, d])
        }
        _ => v6.into(),
    }
}
