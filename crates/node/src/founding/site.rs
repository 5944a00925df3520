//! The site record: where this node is, as it tells askers, with a number that rises whenever that
//! changes.

use super::files::{self, OPEN};
use super::{Error, Keys, Listening};
use crate::Config;
use bytes::Bytes;
use model::site::{
    Address, Attribute, HashOption, Interface, InterfaceKind, ProtocolVersion, Server, Site,
    SiteFlags, Transport,
};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;

pub(super) const FILE: &str = "siteinfo.json";

/// The newest version of the protocol that this program speaks.
const PROTOCOL: ProtocolVersion = ProtocolVersion {
    major: 2,
    minor: 11,
};

const FIRST_SERIAL: u16 = 1;

/// The site under its address, and under its second one if it has one of each family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sites {
    pub(super) main: Site,
    pub(super) second: Option<Site>,
    /// Which of the servers this node is.
    pub(super) server_index: usize,
}

impl Sites {
    pub(super) fn all(&self) -> impl Iterator<Item = &Site> {
        std::iter::once(&self.main).chain(&self.second)
    }

    /// Gives the sites the number they had, or the next one if anything is new.
    pub(super) fn number(&mut self, before: Option<&Site>, stored: &[Site]) {
        let is_old = |site: &Site, old: &Site| unnumbered(site) == unnumbered(old);
        let main_is_old = before.is_none_or(|before| is_old(&self.main, before));
        let is_stored = |site: &Site| stored.iter().any(|stored| is_old(site, stored));
        let second_is_old = stored.is_empty() || self.second.iter().all(is_stored);
        let serial = match before.map(|before| before.serial) {
            None => FIRST_SERIAL,
            Some(serial) if main_is_old && second_is_old => serial,
            Some(serial) => next(serial),
        };
        self.main.serial = serial;
        if let Some(second) = &mut self.second {
            second.serial = serial;
        }
    }
}

/// The number after a number: 65,535 stands for an unknown one and is left out.
fn next(serial: u16) -> u16 {
    match serial.saturating_add(1) {
        u16::MAX => FIRST_SERIAL,
        next => next,
    }
}

/// A site without its number.
pub(super) fn unnumbered(site: &Site) -> Site {
    Site {
        serial: 0,
        ..site.clone()
    }
}

/// The site record in the folder, if there is one.
pub(super) fn read(folder: &Path) -> Result<Option<Site>, Error> {
    read_from(folder, FILE)
}

/// A site record in a file of the folder, if it is there.
pub(super) fn read_from(folder: &Path, file: &str) -> Result<Option<Site>, Error> {
    let path = folder.join(file);
    let Some(octets) = files::read(&path)? else {
        return Ok(None);
    };
    let site = serde_json::from_slice(&octets);
    site.map(Some).map_err(|error| Error::Site {
        path,
        reason: format!("{error}; correct it, or remove it and it is made anew"),
    })
}

/// Writes the site record if it is new.
pub(super) fn write(folder: &Path, site: &Site, before: Option<&Site>) -> Result<(), Error> {
    if before == Some(site) {
        return Ok(());
    }
    let mut text = serde_json::to_vec_pretty(site).expect("a site becomes JSON");
    text.push(b'\n');
    files::replace(&folder.join(FILE), &text, OPEN)
}

/// The sites that the settings make, without a number yet. What the operator has added to the
/// record that was there is kept: other servers, and attributes other than the description.
pub(super) fn sites(
    folder: &Path,
    keys: &Keys,
    config: &Config,
    listening: &Listening,
    before: Option<&Site>,
) -> Result<Sites, Error> {
    let addresses = addresses(config, listening);
    let (first, second) = match addresses[..] {
        [] => return Err(Error::NoAddress),
        [first] => (first, None),
        [first, second, ..] => (first, Some(second)),
    };
    let public_key = keys.site_public.encode();
    let own = [Some(public_key.clone()), keys.old_public()];
    let at = place(folder, before, &own)?;
    let site = |address| {
        let mut site = blank(config, before);
        let server = server(address, &public_key, listening);
        match site.servers.get_mut(at) {
            Some(there) => {
                *there = Server {
                    id: there.id,
                    ..server
                }
            }
            None => site.servers.push(server),
        }
        site
    };
    Ok(Sites {
        main: site(first),
        second: second.map(site),
        server_index: at,
    })
}

/// Where askers find this node: one address of each family at most, IPv4 first.
fn addresses(config: &Config, listening: &Listening) -> Vec<IpAddr> {
    let all: Vec<IpAddr> = if config.public_addresses.is_empty() {
        listening.native.iter().map(SocketAddr::ip).collect()
    } else {
        config.public_addresses.clone()
    };
    let is_sayable = |ip: &&IpAddr| **ip != IpAddr::V6(Ipv6Addr::LOCALHOST);
    let v4 = all.iter().find(|ip| ip.is_ipv4());
    let v6 = all.iter().filter(is_sayable).find(|ip| ip.is_ipv6());
    v4.into_iter().chain(v6).copied().collect()
}

/// Which server of the record that was there is this node: the one with its key or the one before
/// it, or the only one.
fn place(folder: &Path, before: Option<&Site>, own: &[Option<Bytes>]) -> Result<usize, Error> {
    let servers = before.map_or(&[][..], |site| &site.servers);
    let with_key = own.iter().flatten().find_map(|key| {
        let mut servers = servers.iter();
        servers.position(|server| server.public_key == *key)
    });
    match (with_key, servers.len()) {
        (Some(at), _) => Ok(at),
        (None, 0 | 1) => Ok(0),
        (None, count) => Err(Error::Site {
            path: folder.join(FILE),
            reason: format!(
                "none of its {count} servers has this node's public key: put it there, or remove \
                 the file and it is made anew for this node alone"
            ),
        }),
    }
}

fn blank(config: &Config, before: Option<&Site>) -> Site {
    let mut site = before.cloned().unwrap_or(Site {
        format: 1,
        protocol: PROTOCOL,
        serial: 0,
        flags: SiteFlags(0),
        hash_option: HashOption::ALL,
        hash_filter: Bytes::new(),
        attributes: Vec::new(),
        servers: Vec::new(),
    });
    site.protocol = PROTOCOL;
    let primary = u8::from(config.is_primary()) * SiteFlags::PRIMARY.0;
    site.flags = SiteFlags(site.flags.0 & !SiteFlags::PRIMARY.0 | primary);
    describe(&mut site, &config.site.description);
    site
}

/// Sets the description; an empty one leaves what the record says.
fn describe(site: &mut Site, description: &str) {
    const NAME: &[u8] = b"desc";
    if description.is_empty() {
        return;
    }
    let value = Bytes::copy_from_slice(description.as_bytes());
    let mut attributes = site.attributes.iter_mut();
    match attributes.find(|attribute| attribute.name == NAME) {
        Some(attribute) => attribute.value = value,
        None => site.attributes.push(Attribute {
            name: Bytes::from_static(NAME),
            value,
        }),
    }
}

fn server(address: IpAddr, public_key: &Bytes, listening: &Listening) -> Server {
    Server {
        id: 1,
        address: Address::from(address),
        public_key: public_key.clone(),
        interfaces: interfaces(address, listening),
    }
}

/// What is listened on in the family of an address. UDP is for questions: what changes something
/// needs an answer that certainly comes.
fn interfaces(address: IpAddr, listening: &Listening) -> Vec<Interface> {
    let both = InterfaceKind::ADMIN_AND_QUERY;
    let native = [
        (Transport::TCP, both),
        (Transport::UDP, InterfaceKind::QUERY),
    ];
    let http = [(Transport::HTTP, both), (Transport::HTTPS, both)];
    let mut interfaces = Vec::new();
    for (addresses, offered) in [(&listening.native, native), (&listening.http, http)] {
        for port in ports(addresses, address) {
            interfaces.extend(offered.map(|(transport, kind)| Interface {
                kind,
                transport,
                port,
            }));
        }
    }
    interfaces
}

/// The ports that are listened on in the family of an address, each once.
fn ports(addresses: &[SocketAddr], address: IpAddr) -> Vec<u32> {
    let mut ports = Vec::new();
    for at in addresses
        .iter()
        .filter(|at| at.is_ipv4() == address.is_ipv4())
    {
        if !ports.contains(&u32::from(at.port())) {
            ports.push(at.port().into());
        }
    }
    ports
}
