//! Which server of which site is asked next, over which transport: the nearest first, the next one
//! when it fails or is silent for too long.
//!
//! Not here: what is asked, and what an answer means ([`super`]).

use super::knowledge::Knowledge;
use super::limits::{IN_FLIGHT_MAX, SITES_MAX};
use super::reach::Reach;
use super::trace::{Because, Fault, Skip, Ticket};
use crate::{Cryptography, Moment, Verifies};
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use model::site::{IdentifierHash, InterfaceKind, ProtocolVersion, Server, Transport};
use model::{Identifier, PublicKey, Site};

/// The transports that are used, in the order in which clients of the field use them.
const TRANSPORTS: [Transport; 2] = [Transport::UDP, Transport::TCP];

/// By which id signers are known whose key stands in no record of theirs, such as sites (GM/T 0009
/// section 10); it counts for SM2 only.
const USUAL_SIGNER: &[u8] = b"1234567812345678";

/// The key of a server, ready to verify; none if there is none that can.
pub(super) fn key_of(provider: &impl Cryptography, octets: &Bytes) -> Option<Box<dyn Verifies>> {
    let key = PublicKey::decode(octets.clone()).ok()?;
    provider.verifying_key(&key, USUAL_SIGNER)
}

/// What a site must be to be asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demands<'d> {
    /// Whether its answers must be signed.
    pub(super) is_certified: bool,
    /// Whether it must be a primary, where there are any.
    pub(super) is_fresh: bool,
    /// Keys of servers that are not asked.
    pub(super) shunned_keys: &'d [Bytes],
    /// Which addresses may be asked.
    pub(super) reach: &'d Reach,
    /// Whether the question is too long for UDP: many datagrams to whomever a stranger names.
    pub(super) is_long: bool,
}

/// A server that is responsible, in one site.
#[derive(Debug, Clone)]
pub(super) struct Place {
    address: IpAddr,
    /// The key that its answers must be signed with; not decoded.
    pub(super) key: Bytes,
    /// The serial number of the site as it is known.
    pub(super) serial: u16,
    pub(super) version: ProtocolVersion,
    /// Its interfaces, in the order in which they are tried.
    ways: Vec<(Transport, u16)>,
}

impl Place {
    /// Where it is asked first; by that it is known again.
    pub(super) fn first(&self) -> SocketAddr {
        let port = self.ways.first().map_or(0, |(_, port)| *port);
        SocketAddr::new(self.address, port)
    }
}

#[derive(Debug)]
struct Runner {
    place: Place,
    rank: u32,
    /// How long it may be silent before the next one is asked.
    head_start: Duration,
    next_way: usize,
    /// The questions that are under way: their names, over which way, since when.
    in_flight: Vec<(Ticket, usize, Moment)>,
    is_out: bool,
}

/// The servers of one service that are asked the same, until one of them answers.
#[derive(Debug)]
pub(super) struct Contest {
    runners: Vec<Runner>,
    /// Whose turn it is before the others': it failed over one transport, and has another.
    next_runner: Option<usize>,
    /// When the next one is asked though others are under way.
    head_start_until: Moment,
    has_failed: bool,
    tried: Vec<(SocketAddr, Transport, Fault)>,
    /// Why sites are left out, with their numbers.
    pub(super) skipped: Vec<(usize, Skip)>,
}

/// A question that is put now.
pub(super) struct Turn<'c> {
    pub(super) place: &'c Place,
    pub(super) server: SocketAddr,
    pub(super) transport: Transport,
    pub(super) why: Because,
}

/// What a question came to that was under way.
pub(super) struct Under {
    pub(super) runner: usize,
    pub(super) place: Place,
    pub(super) server: SocketAddr,
    pub(super) transport: Transport,
    pub(super) since: Moment,
}

impl Contest {
    /// Lines up one server of each site; `chance` shuffles those that are about as fast.
    pub(super) fn new(
        sites: &[Option<Site>],
        identifier: &Identifier,
        demands: Demands<'_>,
        provider: &impl Cryptography,
        knowledge: &Knowledge,
        now: Moment,
    ) -> Self {
        let mut contest = Self {
            runners: Vec::new(),
            next_runner: None,
            head_start_until: now,
            has_failed: false,
            tried: Vec::new(),
            skipped: Vec::new(),
        };
        let has_primary = sites.iter().flatten().any(|site| site.flags.is_primary());
        let demands = Demands {
            is_fresh: demands.is_fresh && has_primary,
            ..demands
        };
        let chance = provider.chance();
        for (number, site) in (1..).zip(sites) {
            match place_in(site.as_ref(), identifier, demands, provider) {
                _ if number > SITES_MAX => {
                    contest.skipped.push((number, Skip::TooMany));
                    break;
                }
                Err(skip) => contest.skipped.push((number, skip)),
                Ok(place) => {
                    let shuffle = chance.get(number % chance.len()).copied().unwrap_or(0);
                    contest.runners.push(Runner {
                        rank: knowledge.rank(place.first(), now) + u32::from(shuffle / 2),
                        head_start: knowledge.head_start(place.first()),
                        place,
                        next_way: 0,
                        in_flight: Vec::new(),
                        is_out: false,
                    });
                }
            }
        }
        contest.runners.sort_by_key(|runner| runner.rank);
        contest
    }

    /// Whether there is nobody to ask at all.
    pub(super) fn is_empty(&self) -> bool {
        self.runners.is_empty()
    }

    /// Whether all have been asked in vain.
    pub(super) fn is_lost(&self) -> bool {
        self.is_idle() && !self.runners.iter().any(Runner::is_ready)
    }

    /// Puts the next question, if one is to be put now.
    pub(super) fn poll_turn(&mut self, ticket: Ticket, now: Moment) -> Option<Turn<'_>> {
        let in_flight = self.in_flight_count();
        if in_flight >= IN_FLIGHT_MAX || in_flight > 0 && now < self.head_start_until {
            return None;
        }
        let next = self.next_runner.take();
        let next = next.filter(|&at| self.runners.get(at).is_some_and(Runner::is_ready));
        let fresh = || {
            let mut runners = self.runners.iter();
            runners.position(|runner| runner.next_way == 0 && runner.is_ready())
        };
        let again = || self.runners.iter().position(Runner::is_ready);
        let at = next.or_else(fresh).or_else(again)?;
        let why = match (in_flight, self.has_failed) {
            (_, true) => Because::OthersFailed,
            (0, false) => Because::Best,
            (_, false) => Because::OthersAreSilent,
        };
        self.has_failed = false;
        let runner = self.runners.get_mut(at)?;
        self.head_start_until = now + runner.head_start;
        let way = runner.next_way;
        let (transport, port) = runner.place.ways.get(way).copied()?;
        runner.next_way += 1;
        runner.in_flight.push((ticket, way, now));
        Some(Turn {
            place: &runner.place,
            server: SocketAddr::new(runner.place.address, port),
            transport,
            why,
        })
    }

    /// When the next question is put, if no answer comes before.
    pub(super) fn poll_timeout(&self) -> Option<Moment> {
        let can_ask = self.in_flight_count() < IN_FLIGHT_MAX;
        let waits = can_ask && self.runners.iter().any(Runner::is_ready);
        waits.then_some(self.head_start_until)
    }

    /// Whom a question was put to that is under way.
    pub(super) fn place_of(&self, ticket: Ticket) -> Option<&Place> {
        let is_asked = |runner: &&Runner| {
            let mut in_flight = runner.in_flight.iter();
            in_flight.any(|&(its, ..)| its == ticket)
        };
        self.runners
            .iter()
            .find(is_asked)
            .map(|runner| &runner.place)
    }

    /// Takes a question from those under way; none if it is not among them any more.
    pub(super) fn take(&mut self, ticket: Ticket) -> Option<Under> {
        let place_of = |runner: &Runner| {
            let mut in_flight = runner.in_flight.iter();
            in_flight.position(|&(its, ..)| its == ticket)
        };
        let mut runners = self.runners.iter().map(place_of).enumerate();
        let (at, place) = runners.find_map(|(at, place)| Some((at, place?)))?;
        let runner = self.runners.get_mut(at)?;
        let (_, way, since) = runner.in_flight.remove(place);
        let (transport, port) = runner.place.ways.get(way).copied()?;
        Some(Under {
            runner: at,
            place: runner.place.clone(),
            server: SocketAddr::new(runner.place.address, port),
            transport,
            since,
        })
    }

    /// Notes that a question was of no use. If the server has said so itself, it would say the same
    /// over another transport.
    pub(super) fn note_failure(&mut self, under: &Under, fault: Fault, now: Moment) {
        if let Some(runner) = self.runners.get_mut(under.runner)
            && matches!(fault, Fault::Refused { .. })
        {
            runner.is_out = true;
            runner.in_flight.clear();
        }
        self.tried.push((under.server, under.transport, fault));
        self.next_runner = Some(under.runner);
        self.has_failed = true;
        self.head_start_until = now;
    }

    /// Takes note of those who have not answered, for nobody waits for them any more; all who were
    /// asked in vain.
    pub(super) fn give_up(&mut self) -> Vec<(SocketAddr, Transport, Fault)> {
        for runner in &mut self.runners {
            for (_, way, _) in core::mem::take(&mut runner.in_flight) {
                if let Some(&(transport, port)) = runner.place.ways.get(way) {
                    let server = SocketAddr::new(runner.place.address, port);
                    self.tried.push((server, transport, Fault::Silent));
                }
            }
        }
        core::mem::take(&mut self.tried)
    }

    /// Whether nobody is being asked.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight_count() == 0
    }

    fn in_flight_count(&self) -> usize {
        let runners = self.runners.iter();
        runners.map(|runner| runner.in_flight.len()).sum()
    }
}

impl Runner {
    fn is_ready(&self) -> bool {
        !self.is_out && self.next_way < self.place.ways.len()
    }
}

/// The server of a site that is asked about an identifier.
fn place_in(
    site: Option<&Site>,
    identifier: &Identifier,
    demands: Demands<'_>,
    provider: &impl Cryptography,
) -> Result<Place, Skip> {
    let site = site.ok_or(Skip::Unreadable)?;
    if demands.is_fresh && !site.flags.is_primary() {
        return Err(Skip::NotPrimary);
    }
    let md5 = |octets: &[u8]| provider.md5(octets);
    let server = IdentifierHash::of(identifier, site.hash_option, md5);
    let server = server
        .and_then(|hash| site.server(hash))
        // One server is responsible for everything, however it is chosen.
        .or_else(|| site.servers.first().filter(|_| site.servers.len() == 1));
    let server = server.ok_or(Skip::NoServer)?;
    if demands.shunned_keys.contains(&server.public_key) {
        return Err(Skip::ThisNode);
    }
    if demands.is_certified && key_of(provider, &server.public_key).is_none() {
        return Err(Skip::NoKey);
    }
    let address = server.address.ip().to_canonical();
    demands.reach.check(address).map_err(Skip::Address)?;
    let mut ways = ways_to(server);
    ways.retain(|(transport, _)| *transport != Transport::UDP || !demands.is_long);
    if ways.is_empty() {
        return Err(Skip::NoInterface);
    }
    Ok(Place {
        address,
        key: server.public_key.clone(),
        serial: site.serial,
        version: site.protocol,
        ways,
    })
}

fn ways_to(server: &Server) -> Vec<(Transport, u16)> {
    let way = |transport| {
        let interface = server.interface(transport, InterfaceKind::QUERY)?;
        let port = u16::try_from(interface.port).ok()?;
        (port != 0).then_some((transport, port))
    };
    TRANSPORTS.into_iter().filter_map(way).collect()
}
