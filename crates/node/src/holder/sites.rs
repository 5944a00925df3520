//! Whom the writer of a data set asks, and as whom: the sites of the registry, each believed with
//! its own key only.

use super::HolderError;
use crate::config::Config;
use crate::replication::mirror::{read_secret, read_site};
use client::{Administrator, Error, Means, ask_any, draw_mark};
use crypto::{SigningKey, VerifyingKey};
use engine::administrator::Order;
use engine::exchange::Answered;
use model::site::{InterfaceKind, Transport};
use model::{KeyFile, PrivateKey, PublicKey, Reference};
use quorum::reading::{Kind, Thing};
use quorum::{Answer, Command, DataSet, DataSetName};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use wire::Identity;
use wire::registry::{OrderRequest, Place, ReadingRequest, Things};
use wire::response::Answer as Body;

/// How long one site may take: longer than it waits for the others itself, so that its word is
/// heard.
const SITE_TIMEOUT: Duration = Duration::from_secs(3);

/// One of the sites.
struct Site {
    address: SocketAddr,
    key: PublicKey,
    serial: u16,
}

/// All of them.
pub(super) struct Sites {
    all: Vec<Site>,
    identity: Identity,
    key: PrivateKey,
    /// Which is asked first: the one that answered last.
    first: usize,
}

/// Why nobody has said anything of use. Said in the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unheard {
    #[error(transparent)]
    Client(#[from] Error),
    #[error("{code}: {text}")]
    Refused {
        code: wire::ResponseCode,
        text: String,
    },
    #[error("what the site says cannot be read: {0}")]
    Octets(#[from] quorum::Error),
    #[error("the key cannot be used: {0}")]
    Key(#[from] crypto::Error),
    #[error("the registry has no such data set")]
    Absent,
}

impl Sites {
    pub(super) fn of(config: &Config) -> Result<Self, HolderError> {
        let settings = &config.data_set;
        let files = settings.members.iter();
        let sites: Result<_, _> = files.map(|file| read(file)).collect();
        let Reference { identifier, index } = settings.holder()?;
        Ok(Self {
            all: sites?,
            identity: Identity::new(identifier, index),
            key: read_key(&settings.key_file.clone().unwrap_or_default())?,
            first: 0,
        })
    }

    /// Orders something; how it was judged.
    pub(super) fn order(&mut self, command: &Command) -> Result<Answer, Unheard> {
        let order = OrderRequest::new(draw_mark()?, command.encode());
        let answered = self.ask(&Order::registry(&order))?;
        match &answered.response.answer {
            Body::RegistryOrder(told) => Ok(Answer::decode(told.answer.clone())?),
            _ => Err(refused(&answered)),
        }
    }

    /// How a data set stands, and as of where in the registry's log.
    pub(super) fn read(&mut self, name: &DataSetName) -> Result<(Place, DataSet), Unheard> {
        let asked = ReadingRequest::of(Things::DATA_SETS).only(name.octets().clone());
        let answered = self.ask(&Order::read_registry(&asked))?;
        let Body::RegistryReading(told) = &answered.response.answer else {
            return Err(refused(&answered));
        };
        let thing = told.things.first().ok_or(Unheard::Absent)?;
        match Thing::decode(Kind::DataSets, thing.clone())? {
            Thing::DataSet { set, name: named } if named == *name => Ok((told.place, *set)),
            _ => Err(Unheard::Absent),
        }
    }

    /// Asks one site after the other, beginning with the one that answered last.
    fn ask(&mut self, order: &Order) -> Result<Answered, Unheard> {
        let count = self.all.len();
        let mut asked = self.first;
        let in_turn = (0..count).map(|at| {
            asked = (self.first + at) % count;
            self.administrator(asked)
        });
        let answered = ask_any(in_turn, order, || Unheard::Absent);
        self.first = asked;
        answered
    }

    fn administrator(&self, at: usize) -> Result<Administrator, Unheard> {
        let site = self.all.get(at).ok_or(Unheard::Absent)?;
        let means = Means::Key(SigningKey::new(&self.key)?);
        let asking = Administrator::new(site.address, self.identity.clone(), means, 1);
        let key = VerifyingKey::new(&site.key)?;
        Ok(asking
            .with_timeout(SITE_TIMEOUT)
            .with_site_key(key)
            .with_site_serial(site.serial))
    }
}

fn refused(answered: &Answered) -> Unheard {
    let text = match &answered.response.answer {
        Body::Failure(failure) => failure.text().escape_ascii().to_string(),
        _ => String::new(),
    };
    Unheard::Refused {
        code: answered.message.header.response_code,
        text,
    }
}

fn failed(path: &Path) -> impl Fn(&dyn std::fmt::Display) -> HolderError {
    let path = path.to_owned();
    move |reason| HolderError::File {
        path: path.clone(),
        reason: reason.to_string(),
    }
}

fn read(file: &Path) -> Result<Site, HolderError> {
    let failed = failed(file);
    let site = read_site(file)?;
    let server = site.servers.first();
    let server = server.ok_or_else(|| failed(&"the site has no server"))?;
    let interface = server
        .interface(Transport::TCP, InterfaceKind::ADMIN)
        .or_else(|| server.interface(Transport::TCP, InterfaceKind::QUERY));
    let port = interface.and_then(|it| u16::try_from(it.port).ok());
    let port = port.ok_or_else(|| failed(&"the server takes no TCP"))?;
    let key = server.key().map_err(|error| failed(&error))?;
    VerifyingKey::new(&key).map_err(|error| failed(&error))?;
    Ok(Site {
        address: SocketAddr::new(server.address.ip(), port),
        key,
        serial: site.serial,
    })
}

fn read_key(path: &Path) -> Result<PrivateKey, HolderError> {
    let failed = failed(path);
    let octets = read_secret(path)?;
    let file = KeyFile::decode(octets.into()).map_err(|error| failed(&error))?;
    let key = file.plain_key().cloned();
    let key = key.ok_or_else(|| failed(&"the key is encrypted; a node needs it open"))?;
    let key = PrivateKey::decode(key).map_err(|error| failed(&error))?;
    SigningKey::new(&key).map_err(|error| failed(&error))?;
    Ok(key)
}
