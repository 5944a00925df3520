//! Which servers the values of a record name. Not here: asking them ([`super::contest`]).

use crate::Date;
use alloc::vec::Vec;
use bytes::Bytes;
use model::value::{Ttl, TtlKind};
use model::value_type::matches;
use model::{EncodedValue, Identifier, Site};

/// For which identifiers values of a record name servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// For those of the prefix that the record describes, or of the service that it is.
    Own,
    /// For the prefixes derived from the one it describes.
    Derived,
}

impl Scope {
    /// The types whose values are sites. `HS_SITE.6` holds addresses of IPv6; `HS_NA_DELEGATE` is
    /// what `HS_SITE.PREFIX` was called before.
    fn site_types(self) -> [&'static [u8]; 2] {
        match self {
            Self::Own => [b"HS_SITE", b"HS_SITE.6"],
            Self::Derived => [b"HS_SITE.PREFIX", b"HS_NA_DELEGATE"],
        }
    }

    /// The type whose values name a record with sites.
    fn service_type(self) -> &'static [u8] {
        match self {
            Self::Own => b"HS_SERV",
            Self::Derived => b"HS_SERV.PREFIX",
        }
    }

    /// All types that a record is asked for.
    pub(super) fn types(self) -> Vec<Bytes> {
        let [one, other] = self.site_types();
        let types = [one, other, self.service_type()];
        types.into_iter().map(Bytes::from_static).collect()
    }
}

/// The servers that a record names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Named {
    /// Sites, in the order of the values; `None` for one that cannot be read.
    pub(super) sites: Vec<Option<Site>>,
    /// Records that name further ones.
    pub(super) services: Vec<Identifier>,
    /// For how many seconds this may be kept.
    pub(super) seconds: u32,
}

impl Named {
    /// Takes from values what names servers; all others mean nothing here.
    pub(super) fn in_values(values: &[EncodedValue], scope: Scope, date: Date) -> Self {
        let mut named = Self {
            seconds: u32::MAX,
            ..Self::default()
        };
        for value in values {
            let is_of = |name: &[u8]| matches(name, value.type_octets());
            let (is_site, is_service) = (
                scope.site_types().into_iter().any(is_of),
                is_of(scope.service_type()),
            );
            if !(is_site || is_service) {
                continue;
            }
            let value = value.value();
            named.seconds = named.seconds.min(seconds_of(value.ttl, date));
            if is_site {
                named.sites.push(Site::decode(value.data).ok());
            } else if let Ok(service) = Identifier::from_octets(value.data) {
                named.services.push(service);
            }
        }
        named
    }

    /// Whether it names nobody.
    pub(super) fn is_empty(&self) -> bool {
        self.sites.is_empty() && self.services.is_empty()
    }

    /// How much memory it takes, about: its octets twice, and what is around them.
    pub(super) fn octets(&self) -> usize {
        let sites = self.sites.iter().flatten().map(|site| site.encode().len());
        let services = self.services.iter().map(|service| service.spelling().len());
        let count = self.sites.len() + self.services.len() + 1;
        2 * (sites.sum::<usize>() + services.sum::<usize>()) + 256 * count
    }

    /// The same in octets of its own: what is kept must not hold on to the message it came in.
    pub(super) fn detached(&self) -> Self {
        let own = |site: &Option<Site>| Site::decode(site.as_ref()?.encode()).ok();
        let copied = |service: &Identifier| {
            Identifier::from_octets(Bytes::copy_from_slice(service.spelling())).ok()
        };
        Self {
            sites: self.sites.iter().map(own).collect(),
            services: self.services.iter().filter_map(copied).collect(),
            seconds: self.seconds,
        }
    }
}

/// For how many seconds from a date a value may be kept.
pub fn seconds_of(ttl: Ttl, date: Date) -> u32 {
    match ttl.kind {
        TtlKind::ABSOLUTE => ttl.seconds.saturating_sub(date.0),
        _ => ttl.seconds,
    }
}
