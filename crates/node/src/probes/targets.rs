//! Who is probed: what the holder of each data set shall do, where, and who stands by for it.
//!
//! The sites of the holder are the primaries in the record of the prefix; it is as it should be if
//! one of them is. A site that is no primary stands by: it copies, and resolvers turn to it by
//! themselves. Without a primary all sites are the holder's.
//!
//! Not here: asking (`round`), what is agreed on (room `quorum`).

use super::Name;
use crate::registry::{Holding, ttl_too_long};
use bytes::Bytes;
use crypto::{Provider, VerifyingKey};
use engine::Digests;
use engine::probing::Standing;
use engine::probing::message::Kind;
use model::identifier::PREFIX_OF_PREFIXES;
use model::site::{IdentifierHash, InterfaceKind, Transport};
use model::{Identifier, Record, Reference, Site};
use quorum::{DataSet, DataSetName, Function};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// How many sites of one holder are asked, and so how long a round may take at most.
const SITES_COUNT_MAX: usize = 4;

/// One thing that the holder of a data set shall do.
pub(super) struct Target {
    pub(super) data_set: DataSetName,
    pub(super) epoch: u64,
    pub(super) prefix: Bytes,
    pub(super) function: Function,
    pub(super) control: Identifier,
    /// Whether the control identifier is known to be there.
    pub(super) must_exist: bool,
    /// Where it is asked; nowhere where the record names no site: then nothing is known of it.
    pub(super) places: Vec<Place>,
    /// Who is to do it instead.
    pub(super) stands_by: Option<Reference>,
    pub(super) standing: Standing,
    /// For how many seconds askers may keep the sites, if that is too long.
    pub(super) ttl_too_long: Option<u32>,
}

impl Target {
    /// What tells it from all others.
    pub(super) fn name(&self) -> Name {
        (self.prefix.clone(), self.function)
    }
}

/// A server of a site.
pub(super) struct Place {
    pub(super) serial: u16,
    /// Without one, whatever answers is believed.
    pub(super) key: Option<VerifyingKey>,
    /// In the order in which they are tried.
    pub(super) addresses: Vec<(Transport, SocketAddr)>,
}

/// What the configuration says of targets.
pub(super) struct Known {
    pub(super) identifiers: BTreeMap<Vec<u8>, Identifier>,
    pub(super) registrars: BTreeMap<Vec<u8>, Reference>,
    /// The identifier in the names of all probers.
    pub(super) probers: Bytes,
}

impl Known {
    /// The targets of one data set; none if there is no record of its prefix.
    pub(super) fn targets(&self, holding: &Holding) -> Vec<Target> {
        let Some(record) = holding.record() else {
            return Vec::new();
        };
        let functions = Function::ALL.into_iter();
        let targets = functions.filter_map(|it| self.target(holding, &record, it));
        targets.collect()
    }

    fn target(&self, holding: &Holding, record: &Record, function: Function) -> Option<Target> {
        let prefix = &holding.prefix;
        let named = self.identifiers.get(&prefix[..]).cloned();
        let must_exist = named.is_some();
        let usual = || Identifier::from_octets([&prefix[..], b"/probe"].concat().into()).ok();
        let control = named.or_else(usual)?;
        let stands_by = match function {
            Function::Resolution => stands_by(record, prefix),
            Function::Registration => self.registrars.get(&prefix[..]).cloned(),
        };
        let set = &holding.set;
        Some(Target {
            data_set: holding.name.clone(),
            epoch: set.epoch,
            prefix: prefix.clone(),
            function,
            places: places(record, function, &control),
            standing: self.standing(set, function, stands_by.as_ref()),
            stands_by,
            control,
            must_exist,
            ttl_too_long: ttl_too_long(record).filter(|_| function == Function::Resolution),
        })
    }

    /// What is agreed on about somebody's doing it instead.
    fn standing(
        &self,
        set: &DataSet,
        function: Function,
        stands_by: Option<&Reference>,
    ) -> Standing {
        let is_taken_over = match function {
            Function::Resolution => set.first_for_resolution.is_some(),
            Function::Registration => {
                set.emergency.is_some() || stands_by.is_some_and(|it| *it == set.holder)
            }
        };
        match set.proposals.get(&function) {
            _ if is_taken_over => Standing::Settled,
            None => Standing::Nothing,
            Some(proposal) if proposal.by.identifier == self.probers => Standing::Proposed,
            Some(_) => Standing::Settled,
        }
    }
}

pub(super) fn kind_of(function: Function) -> Kind {
    match function {
        Function::Resolution => Kind::Resolution,
        Function::Registration => Kind::Registration,
    }
}

/// The sites of a record with the indexes of their values.
fn sites(record: &Record) -> impl Iterator<Item = (u32, Site)> + '_ {
    let values = record.entries().map(|entry| entry.encoded.value());
    let of_prefix = values.filter(|value| {
        let kind = value.value_type.octets();
        kind[..] == *b"HS_SITE" || kind[..] == *b"HS_SITE.6"
    });
    of_prefix.filter_map(|value| Some((value.index, Site::decode(value.data.clone()).ok()?)))
}

/// The value of the first site that is no primary, where there is a primary.
fn stands_by(record: &Record, prefix: &[u8]) -> Option<Reference> {
    sites(record).find(|(_, site)| site.flags.is_primary())?;
    let (index, _) = sites(record).find(|(_, site)| !site.flags.is_primary())?;
    let identifier = [PREFIX_OF_PREFIXES.as_bytes(), b"/", prefix].concat();
    Some(Reference {
        identifier: identifier.into(),
        index,
    })
}

/// Where the holder is asked: a server of each of its sites, the one that the control identifier
/// belongs to.
fn places(record: &Record, function: Function, control: &Identifier) -> Vec<Place> {
    let has_primary = sites(record).any(|(_, site)| site.flags.is_primary());
    let own = sites(record).filter(|(_, site)| site.flags.is_primary() || !has_primary);
    let places = own.filter_map(|(_, site)| place(&site, function, control));
    places.take(SITES_COUNT_MAX).collect()
}

fn place(site: &Site, function: Function, control: &Identifier) -> Option<Place> {
    let hash = IdentifierHash::of(control, site.hash_option, |it| Provider.md5(it))?;
    let server = site.server(hash)?;
    // Changes go over connections; most questions do not.
    let (kind, transports) = match function {
        Function::Resolution => (InterfaceKind::QUERY, [Transport::UDP, Transport::TCP]),
        Function::Registration => (InterfaceKind::ADMIN, [Transport::TCP, Transport::UDP]),
    };
    let addresses = transports.into_iter().filter_map(|transport| {
        let port = server.interface(transport, kind)?.port;
        let port = u16::try_from(port).ok().filter(|port| *port != 0)?;
        Some((transport, SocketAddr::new(server.address.ip(), port)))
    });
    let addresses: Vec<_> = addresses.collect();
    let key = server.key().ok();
    (!addresses.is_empty()).then(|| Place {
        serial: site.serial,
        key: key.and_then(|key| VerifyingKey::new(&key).ok()),
        addresses,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Value;
    use model::site::{Address, HashOption, Interface, ProtocolVersion, Server, SiteFlags};
    use quorum::{Ownership, Proposal, Time};

    fn site(port: u32, flags: u8) -> Site {
        let interface = |transport, kind| Interface {
            kind,
            transport,
            port,
        };
        Site {
            format: 1,
            protocol: ProtocolVersion {
                major: 2,
                minor: 11,
            },
            serial: 9,
            flags: SiteFlags(flags),
            hash_option: HashOption::ALL,
            hash_filter: Bytes::new(),
            attributes: Vec::new(),
            servers: vec![Server {
                id: 1,
                address: Address::from(std::net::IpAddr::from([192, 0, 2, 1])),
                public_key: Bytes::new(),
                interfaces: vec![
                    interface(Transport::TCP, InterfaceKind::ADMIN_AND_QUERY),
                    interface(Transport::UDP, InterfaceKind::QUERY),
                    interface(Transport::HTTP, InterfaceKind::ADMIN_AND_QUERY),
                ],
            }],
        }
    }

    fn record(sites: &[(u32, &str, Site)]) -> Record {
        let values = sites.iter();
        let values = values
            .map(|(index, kind, site)| Value::public(*index, kind.to_string(), site.encode()));
        Record::new(&values.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn the_primaries_are_the_holders_and_the_first_other_stands_by() {
        let control = "88.118/probe".parse().unwrap();
        let check = |sites: &[(u32, &str, Site)], asked: &[u16], by: Option<u32>| {
            let record = record(sites);
            let places = places(&record, Function::Resolution, &control);
            let ports = places.iter().map(|it| it.addresses[0].1.port());
            assert_eq!(ports.collect::<Vec<_>>(), asked);
            let stands_by = stands_by(&record, b"88.118");
            assert_eq!(stands_by.as_ref().map(|it| it.index), by);
            assert!(stands_by.is_none_or(|it| it.identifier == "0.NA/88.118"));
        };
        let (own, also, other) = (site(1, 0x80), site(2, 0xc0), site(3, 0));
        check(&[], &[], None);
        check(&[(1, "HS_SITE", own.clone())], &[1], None);
        check(&[(1, "HS_SITE", other.clone())], &[3], None);
        let all = [
            (2, "HS_SITE", other.clone()),
            (3, "HS_SITE", own.clone()),
            (4, "HS_SITE.6", also),
            (5, "HS_SITE", site(4, 0)),
            (6, "HS_SITE.PREFIX", site(5, 0x80)),
        ];
        check(&all, &[1, 2], Some(2));
        check(
            &[(1, "HS_SITE", site(0, 0x80)), (2, "URL", other)],
            &[],
            None,
        );
    }

    #[test]
    fn questions_go_over_udp_first_and_orders_over_connections_alone() {
        let control = "88.118/probe".parse().unwrap();
        let ways = |function| {
            let place = place(&site(2641, 0x80), function, &control).unwrap();
            let ways = place.addresses.iter().map(|(transport, _)| *transport);
            (place.serial, ways.collect::<Vec<_>>())
        };
        let both = vec![Transport::UDP, Transport::TCP];
        assert_eq!(ways(Function::Resolution), (9, both));
        assert_eq!(ways(Function::Registration), (9, vec![Transport::TCP]));
    }

    #[test]
    fn what_operators_have_said_is_settled() {
        use Function::{Registration, Resolution};
        let named = |identifier: &str| Reference {
            identifier: identifier.to_owned().into(),
            index: 1,
        };
        let known = Known {
            identifiers: BTreeMap::new(),
            registrars: BTreeMap::new(),
            probers: Bytes::from_static(b"0.NA/88"),
        };
        let set = || DataSet {
            ownership: Ownership::Strict,
            is_automatic: false,
            epoch: 1,
            holder: named("88.118/holder"),
            starts_at: Time(0),
            leased_until: None,
            is_handed_back: false,
            emergency: None,
            first_for_resolution: None,
            serial: 1,
            proposals: BTreeMap::new(),
        };
        let proposed = |function, by: &str| {
            let proposal = Proposal {
                to: named("0.NA/88.118"),
                by: named(by),
                since: Time(1),
            };
            DataSet {
                proposals: BTreeMap::from([(function, proposal)]),
                ..set()
            }
        };
        let recovery = named("88.9/recovery");
        let check = |set: &DataSet, function, expected| {
            assert_eq!(known.standing(set, function, Some(&recovery)), expected);
        };
        check(&set(), Resolution, Standing::Nothing);
        check(&set(), Registration, Standing::Nothing);
        let by_prober = proposed(Resolution, "0.NA/88");
        check(&by_prober, Resolution, Standing::Proposed);
        check(&by_prober, Registration, Standing::Nothing);
        let by_operator = proposed(Resolution, "88.1/operator");
        check(&by_operator, Resolution, Standing::Settled);
        let mut first = set();
        first.first_for_resolution = Some(named("0.NA/88.118"));
        check(&first, Resolution, Standing::Settled);
        check(&first, Registration, Standing::Nothing);
        let mut granted = set();
        granted.holder = recovery.clone();
        check(&granted, Registration, Standing::Settled);
        let mut emergency = set();
        emergency.emergency = Some(recovery.clone());
        check(&emergency, Registration, Standing::Settled);
    }
}
