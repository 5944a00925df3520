//! What can be set. These structs are the only source of settings: the file, its example, the
//! manual and what `config print` shows follow from them. Unknown keys are errors.
//!
//! Here: the whole and its checks. Beside it: `config/tables.rs` the settings by table,
//! `config/http.rs` those of HTTP, `config/administration.rs` those of administration,
//! `config/elsewhere.rs` those of asking other nodes, `config/recursive.rs` those of asking them
//! for anybody, `config/replication.rs` those of copies, `config/registry.rs` those of agreement
//! among the top-level sites, `config/probes.rs` those of probes, `config/data_set.rs` those of the
//! data set that is written, `config/templates.rs` those of templates,
//! `config/settings.rs` how they are declared, `config/manual.rs` the texts made of them.

mod administration;
mod data_set;
mod elsewhere;
pub mod http;
mod manual;
mod probes;
mod recursive;
mod registry;
mod replication;
pub(crate) mod settings;
mod tables;
mod templates;
#[cfg(test)]
mod tests;

pub use administration::AdministrationConfig;
pub use data_set::{DataSetConfig, OwnershipKind};
pub use elsewhere::ElsewhereConfig;
pub use http::HttpConfig;
pub use manual::{example, manual};
pub use probes::ProbesConfig;
pub use recursive::RecursiveConfig;
pub use registry::{MemberConfig, RegistryConfig, Role};
pub use replication::{Acknowledgement, MirrorConfig, ReplicationConfig};
pub use settings::{Effect, Key, Table};
pub use tables::{
    AccessLogKind, KeysConfig, LimitsConfig, LogConfig, LogFormat, SiteConfig, StorageConfig,
    TcpConfig, UDP_THREADS_MAX, UdpConfig,
};
pub use templates::{TemplatesConfig, TemplatesError};

use settings::{Settings, full_name};
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The port of the Handle protocol (IANA: hdl-srv).
pub const PORT: u16 = 2641;

/// The configuration file that a data folder may hold.
pub const FILE_NAME: &str = "nameplate.toml";

settings::settings! {
    /// The settings of a node, with their defaults.
    ///
    /// ```
    /// let config = node::Config::parse(r#"listen = ["127.0.0.1:2641", "[::1]:2641"]"#)?;
    /// assert_eq!(config.listen.len(), 2);
    /// assert!(node::Config::parse("listen = []").is_err());
    /// # Ok::<(), node::config::ParseError>(())
    /// ```
    Config {
        /// Addresses to listen on, each over UDP and TCP. `0.0.0.0` and `[::]` stand for all of
        /// this machine's addresses of IPv4 and IPv6. The default can be reached from this machine
        /// only.
        listen: Vec<SocketAddr> = vec![(Ipv4Addr::LOCALHOST, PORT).into()], Restart;
        /// The addresses, one of IPv4 and one of IPv6 at most, under which others reach this node:
        /// they go into its site record. Needed when it listens where others can reach it.
        public_addresses: Vec<IpAddr> = Vec::new(), Restart;
        /// Whether questions are refused (code 4) that are odd in one of the ways in which peers in
        /// the field are, which are all understood: for trying one's own software.
        strict: bool = false, Restart;
        table udp: UdpConfig;
        table tcp: TcpConfig;
        table http: HttpConfig;
        table limits: LimitsConfig;
        table log: LogConfig;
        table site: SiteConfig;
        table administration: AdministrationConfig;
        table keys: KeysConfig;
        table elsewhere: ElsewhereConfig;
        table recursive: RecursiveConfig;
        table replication: ReplicationConfig;
        table mirror: MirrorConfig;
        table registry: RegistryConfig;
        table probes: ProbesConfig;
        table data_set: DataSetConfig;
        table templates: TemplatesConfig;
        table storage: StorageConfig;
    }
}

/// All tables of the file with what is written about them, in order.
pub fn tables() -> Vec<Table> {
    fn table<T: Settings>(name: &'static str, about: &'static [&'static str]) -> Table {
        let keys = T::keys();
        Table { name, about, keys }
    }
    let all = vec![
        table::<Config>("", &[]),
        table::<UdpConfig>("udp", UdpConfig::ABOUT),
        table::<TcpConfig>("tcp", TcpConfig::ABOUT),
        table::<HttpConfig>("http", HttpConfig::ABOUT),
        table::<LimitsConfig>("limits", LimitsConfig::ABOUT),
        table::<LogConfig>("log", LogConfig::ABOUT),
        table::<SiteConfig>("site", SiteConfig::ABOUT),
        table::<AdministrationConfig>("administration", AdministrationConfig::ABOUT),
        table::<KeysConfig>("keys", KeysConfig::ABOUT),
        table::<ElsewhereConfig>("elsewhere", ElsewhereConfig::ABOUT),
        table::<RecursiveConfig>("recursive", RecursiveConfig::ABOUT),
        table::<ReplicationConfig>("replication", ReplicationConfig::ABOUT),
        table::<MirrorConfig>("mirror", MirrorConfig::ABOUT),
        table::<RegistryConfig>("registry", RegistryConfig::ABOUT),
        table::<ProbesConfig>("probes", ProbesConfig::ABOUT),
        table::<DataSetConfig>("data_set", DataSetConfig::ABOUT),
        table::<TemplatesConfig>("templates", TemplatesConfig::ABOUT),
        table::<StorageConfig>("storage", StorageConfig::ABOUT),
    ];
    all.into_iter()
        .filter(|table| !table.keys.is_empty())
        .collect()
}

/// Why a configuration is none. The operator corrects it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// It is not TOML, has an unknown key or a value of the wrong kind; the text says where.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// Of two settings that belong together one is missing.
    #[error("{one} and {other} belong together; set both or none")]
    Pair {
        /// The one key.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// Two settings say the same thing in two ways.
    #[error("{one} and {other} are two ways to say the same; set one of them")]
    Both {
        /// The one key.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A namespace cannot be read.
    #[error("templates.namespace: {source}")]
    Namespace {
        /// What is wrong with it.
        source: model::Error,
    },
    /// A delimiter splits nothing.
    #[error("templates.delimiter must hold 1 or more characters, not 0; leave it out for none")]
    NoDelimiter,
    /// Text is no name of a header.
    #[error("`{name}` is no name of an HTTP header: letters, digits and hyphens are")]
    HeaderName {
        /// The text.
        name: String,
    },
    /// Text is no name of a host.
    #[error("`{name}` is no name of a host, such as id.example.org, without scheme and port")]
    HostName {
        /// The text.
        name: String,
    },
    /// Text is no identity.
    #[error("{key}: `{text}` is no identity, such as 300:0.NA/88.156: index, colon, identifier")]
    Identity {
        /// The key.
        key: &'static str,
        /// The text.
        text: String,
    },
    /// Copies are promised, and none count.
    #[error("replication.copies: name the copies that acknowledgements wait for")]
    NoCopies,
    /// What is said of the registry does not make a member.
    #[error("registry.{reason}")]
    Registry {
        /// The key, and what it must be.
        reason: &'static str,
    },
    /// What is probed cannot be read.
    #[error("{key}: `{text}` is no prefix, or no identifier under its prefix")]
    Probed {
        /// The key.
        key: &'static str,
        /// The text.
        text: String,
    },
    /// What is said of the data set that the node writes does not make a writer.
    #[error("data_set.{reason}")]
    DataSet {
        /// The key, and what it must be.
        reason: &'static str,
    },
    /// A copy cannot prove who it is.
    #[error("mirror.key_file: say with which key mirror.identity is proven, or mirror.secret_file")]
    NoKey,
    /// Nobody knows the weak form.
    #[error("administration.weak_forms: `{name}` is not one of md5, sha1, old_mac, key_as_vector")]
    WeakForm {
        /// The name.
        name: String,
    },
    /// A value is out of range.
    #[error("{key} must be {range}, not {value}")]
    Range {
        /// The key with its table.
        key: String,
        /// What it may be.
        range: String,
        /// What it is.
        value: u64,
    },
    /// Nothing is listened on.
    #[error("listen must hold 1 or more addresses, not 0")]
    NoAddress,
    /// Others can reach the node, and nobody has said under which address.
    #[error(
        "{address} can be reached from elsewhere: say under which address others reach this node \
         (`--public-address IP`, or `public_addresses` in the configuration), or listen on \
         127.0.0.1"
    )]
    NotPublic {
        /// The address that is listened on.
        address: SocketAddr,
    },
    /// A public address cannot be one.
    #[error("public address {address}: {reason}")]
    PublicAddress {
        /// The address.
        address: IpAddr,
        /// What is wrong with it and what to do.
        reason: &'static str,
    },
    /// The levels of the log cannot be read.
    #[error("log.level {level:?}: {reason}")]
    LogLevel {
        /// What was set.
        level: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The operating system does not give it.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// What is in it is none.
    #[error("{}: {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ParseError,
    },
}

/// A setting that has been changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The key with its table.
    pub key: String,
    /// When the change takes effect.
    pub effect: Effect,
}

impl Config {
    /// Reads the text of a configuration file. What it leaves out has its default.
    ///
    /// # Errors
    /// [`ParseError`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let config = Self::parse_unchecked(text)?;
        config.check()?;
        Ok(config)
    }

    /// Reads a configuration file: `file`, or else `nameplate.toml` in the data folder, or else
    /// nothing but defaults. Not yet [checked](Self::check): the command line may add to it.
    ///
    /// # Errors
    /// [`ReadError`]; also for a `file` that is not there.
    pub fn read(file: Option<&Path>, data: &Path) -> Result<Self, ReadError> {
        let path = file.map_or_else(|| data.join(FILE_NAME), Path::to_owned);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound && file.is_none() => String::new(),
            Err(source) => return Err(ReadError::Io { path, source }),
            Ok(text) => text,
        };
        Self::parse_unchecked(&text).map_err(|source| ReadError::Parse { path, source })
    }

    fn parse_unchecked(text: &str) -> Result<Self, ParseError> {
        Ok(toml::from_str(text)?)
    }

    /// Checks what the single settings mean together, and their ranges.
    ///
    /// # Errors
    /// Every [`ParseError`] but [`ParseError::Toml`].
    pub fn check(&self) -> Result<(), ParseError> {
        self.check_ranges("")?;
        self.check_addresses()?;
        self.http.check()?;
        self.templates.check()?;
        self.administration.check()?;
        self.replication.check()?;
        self.mirror.check()?;
        self.registry.check()?;
        self.probes.check()?;
        self.data_set.check()?;
        if self.data_set.is_set() && self.mirror.of.is_some() {
            let reason = "name: the writer of a data set is no copy (mirror.of): when it is \
                          granted that, run `nameplate store promote` and leave the other out";
            return Err(ParseError::DataSet { reason });
        }
        if self.registry.is_member() && self.mirror.of.is_some() {
            let reason = "member: a member takes changes, so it cannot be a copy (mirror.of)";
            return Err(ParseError::Registry { reason });
        }
        crate::logging::filter(&self.log.level).map(drop)
    }

    /// Whether the site takes changes: a copy of another never does.
    pub(crate) fn is_primary(&self) -> bool {
        self.site.is_primary && self.mirror.of.is_none()
    }

    fn check_addresses(&self) -> Result<(), ParseError> {
        if self.listen.is_empty() {
            return Err(ParseError::NoAddress);
        }
        for &address in &self.public_addresses {
            self.check_public(address)?;
        }
        let mut addresses = self.listen.iter().chain(&self.http.listen);
        match addresses.find(|address| !address.ip().is_loopback()) {
            Some(&address) if self.public_addresses.is_empty() => {
                Err(ParseError::NotPublic { address })
            }
            _ => Ok(()),
        }
    }

    fn check_public(&self, address: IpAddr) -> Result<(), ParseError> {
        let same_family = |other: &&IpAddr| other.is_ipv4() == address.is_ipv4();
        let reason = if address.is_unspecified() || address.is_multicast() {
            "nobody can be asked there; give the address of one machine"
        } else if address == IpAddr::V6(std::net::Ipv6Addr::LOCALHOST) {
            "a site record cannot hold ::1; leave it out, or give 127.0.0.1"
        } else if self.public_addresses.iter().filter(same_family).count() > 1 {
            "there is another of the same family; a site record has room for one"
        } else if !self
            .listen
            .iter()
            .any(|at| at.is_ipv4() == address.is_ipv4())
        {
            "the node does not listen on any address of that family"
        } else {
            return Ok(());
        };
        Err(ParseError::PublicAddress { address, reason })
    }

    /// Every setting as it is, as a configuration file.
    ///
    /// # Panics
    /// Never: plain fields become TOML.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("plain fields become TOML")
    }

    /// Which settings are different in `new`.
    ///
    /// # Panics
    /// Never: plain fields become TOML.
    pub fn changed(&self, new: &Self) -> Vec<Changed> {
        let as_toml = |config| toml::Table::try_from(config).expect("plain fields become TOML");
        let (old, new) = (as_toml(self), as_toml(new));
        let mut changed = Vec::new();
        for table in tables() {
            for key in table.keys {
                if value_of(&old, table.name, key.name) != value_of(&new, table.name, key.name) {
                    changed.push(Changed {
                        key: full_name(table.name, key.name),
                        effect: key.effect,
                    });
                }
            }
        }
        changed
    }
}

fn value_of<'t>(config: &'t toml::Table, table: &str, key: &str) -> Option<&'t toml::Value> {
    match table {
        "" => config.get(key),
        name => config.get(name)?.as_table()?.get(key),
    }
}
