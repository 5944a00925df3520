//! What can be set. This struct is the only source of settings: the file, its example and the
//! manual follow from it. Unknown keys are errors.

use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};

pub mod http;
#[cfg(test)]
mod tests;

pub use http::HttpConfig;

/// The port of the Handle protocol (IANA: hdl-srv).
pub const PORT: u16 = 2641;

/// The settings of a node, with their defaults.
///
/// ```
/// let config = node::Config::parse(r#"listen = ["127.0.0.1:2641", "[::1]:2641"]"#)?;
/// assert_eq!(config.listen.len(), 2);
/// assert!(node::Config::parse("listen = []").is_err());
/// # Ok::<(), node::config::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Addresses to listen on, each over UDP and TCP. Default: `127.0.0.1:2641`, which only this
    /// machine can reach.
    pub listen: Vec<SocketAddr>,
    /// How many threads answer UDP on each address, 1 to 64. Default: one for each core.
    pub udp_threads: usize,
    /// The longest message answered over UDP, in octets without envelopes; who asked for a longer
    /// one comes back over TCP by itself. Default: 1,476, three datagrams.
    pub udp_answer_octets_max: usize,
    /// How many TCP connections may be open on each address, 1 to 100,000; further ones wait until
    /// one closes. Each may hold half a megabyte of a question and its answer. Default: 1,000.
    pub tcp_connections_max: usize,
    /// How many of them one peer's address may have, so that no peer shuts the others out; further
    /// ones are closed at once. Default: 100.
    pub tcp_connections_per_peer_max: usize,
    /// After how many seconds without a whole question a TCP connection is closed. Default: 300,
    /// as in the reference software.
    pub tcp_idle_seconds_max: u64,
    /// The serial number of this site's information, 0 to 65,534. Default: 1.
    pub site_serial: u16,
    /// Whether this site is a primary, whose answers are authoritative. Default: true.
    pub is_primary: bool,
    /// HTTP and HTTPS.
    pub http: HttpConfig,
}

impl Default for Config {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            listen: vec![(Ipv4Addr::LOCALHOST, PORT).into()],
            udp_threads: cores.min(UDP_THREADS_MAX),
            udp_answer_octets_max: 3 * wire::datagram::PIECE_OCTETS,
            tcp_connections_max: 1000,
            tcp_connections_per_peer_max: 100,
            tcp_idle_seconds_max: 300,
            site_serial: 1,
            is_primary: true,
            http: HttpConfig::default(),
        }
    }
}

const UDP_THREADS_MAX: usize = 64;

const TCP_CONNECTIONS_MAX: usize = 100_000;

/// Every setting with its default, as a configuration file.
///
/// # Panics
/// Never: plain fields become TOML.
pub fn example() -> String {
    toml::to_string(&Config::default()).expect("plain fields become TOML")
}

/// Why a configuration is none. The operator corrects it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// It is not TOML, has an unknown key or a value of the wrong kind; the text says where.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// An address stands for all of this machine's; answers over UDP could leave from another than
    /// was asked.
    #[error("cannot listen on {address}: list the addresses of this machine one by one")]
    Unspecified {
        /// The address.
        address: SocketAddr,
    },
    /// Of two settings that belong together one is missing.
    #[error("{one} and {other} belong together; set both or none")]
    Pair {
        /// The one key.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
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
    /// A value is out of range.
    #[error("{key} must be {range}, not {value}")]
    Range {
        /// The key.
        key: &'static str,
        /// What it may be.
        range: &'static str,
        /// What it is.
        value: u64,
    },
}

impl Config {
    /// Reads the text of a configuration file. What it leaves out has its default.
    ///
    /// # Errors
    /// [`ParseError`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// Checks settings that did not come from a file.
    ///
    /// # Errors
    /// [`ParseError::Range`], [`ParseError::Unspecified`], and those of the tables.
    pub fn check(&self) -> Result<(), ParseError> {
        let is_unspecified = |address: &&SocketAddr| address.ip().is_unspecified();
        if let Some(&address) = self.listen.iter().find(is_unspecified) {
            return Err(ParseError::Unspecified { address });
        }
        let in_range = |key, range, value: u64, ok: bool| {
            if ok {
                Ok(())
            } else {
                Err(ParseError::Range { key, range, value })
            }
        };
        let addresses = self.listen.len();
        in_range(
            "listen",
            "1 or more addresses",
            addresses as u64,
            addresses > 0,
        )?;
        let threads = self.udp_threads;
        let threads_ok = (1..=UDP_THREADS_MAX).contains(&threads);
        in_range("udp_threads", "1 to 64", threads as u64, threads_ok)?;
        let connections = self.tcp_connections_max;
        let connections_ok = (1..=TCP_CONNECTIONS_MAX).contains(&connections);
        in_range(
            "tcp_connections_max",
            "1 to 100000",
            connections as u64,
            connections_ok,
        )?;
        let per_peer = self.tcp_connections_per_peer_max;
        in_range(
            "tcp_connections_per_peer_max",
            "1 or more",
            per_peer as u64,
            per_peer > 0,
        )?;
        let idle = self.tcp_idle_seconds_max;
        in_range("tcp_idle_seconds_max", "1 or more", idle, idle > 0)?;
        let serial_ok = self.site_serial != wire::header::SITE_SERIAL_UNKNOWN;
        in_range(
            "site_serial",
            "0 to 65534",
            self.site_serial.into(),
            serial_ok,
        )?;
        self.http.check()
    }
}
