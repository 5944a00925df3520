//! What can be set about HTTP and HTTPS: the table `[http]`.

use super::ParseError;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The port that the field uses for HTTP and HTTPS both.
pub const PORT: u16 = 8000;

/// The settings of HTTP and HTTPS, which share their ports.
///
/// ```
/// let text = "[http]\nlisten = []\ntrusted_proxies = [\"10.0.0.0/8\"]";
/// let config = node::Config::parse(text)?;
/// assert!(config.http.listen.is_empty());
/// assert!(node::Config::parse("[http]\ncertificate_file = \"a.pem\"").is_err());
/// # Ok::<(), node::config::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Addresses to listen on for HTTP and HTTPS both; none for no HTTP. Default:
    /// `127.0.0.1:8000`, which only this machine can reach.
    pub listen: Vec<SocketAddr>,
    /// A PEM file with the server's certificate and those above it. Default: none; then the node
    /// signs one with the site's key for `host_names` and the addresses it listens on, anew at
    /// every start and good for at least a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_file: Option<PathBuf>,
    /// The PEM file with the private key that belongs to `certificate_file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The names under which people reach this node; the first one stands in links. Default: none;
    /// links then repeat the name that was asked.
    pub host_names: Vec<String>,
    /// Networks, as `10.0.0.0/8`, of proxies in front of this node whose word is taken for who
    /// asks, whether over HTTPS, and from which country. Default: none.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which trusted proxies list the addresses they were asked from, the nearest
    /// last. Default: `x-forwarded-for`.
    pub client_address_header: String,
    /// The header in which trusted proxies say `http` or `https`. Default: `x-forwarded-proto`.
    pub client_protocol_header: String,
    /// The header in which trusted proxies give the asker's country as two letters, for choosing
    /// among places. Default: none; then the country is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_country_header: Option<String>,
    /// Whether browsers that ask for `/88.156.1/pump` are sent to its address, or shown its values.
    /// If not, they are sent to the JSON API. Default: true.
    pub proxy: bool,
    /// The longest head of a request in octets, 8,192 to 1,048,576; longer ones are refused with
    /// 431. Default: 32,768, an identifier of the greatest length five times over.
    pub head_octets_max: usize,
    /// The longest body of a request in octets; longer ones are refused with 413. Default:
    /// 1,048,576, four times the longest message of the protocol.
    pub body_octets_max: usize,
    /// How many connections may be open on each address, 1 to 100,000; further ones wait until one
    /// closes. Default: 1,000.
    pub connections_max: usize,
    /// How many of them one peer's address may have; further ones are closed at once. Trusted
    /// proxies may have any number. Default: 100.
    pub connections_per_peer_max: usize,
    /// How many requests from one source are answered at the same time, on all its connections
    /// together; further ones are refused with 429. Default: 64.
    pub requests_per_source_max: usize,
    /// After how many seconds without a whole request, or without an octet in either direction, a
    /// connection is closed. Default: 30.
    pub idle_seconds_max: u64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: vec![(Ipv4Addr::LOCALHOST, PORT).into()],
            certificate_file: None,
            key_file: None,
            host_names: Vec::new(),
            trusted_proxies: Vec::new(),
            client_address_header: "x-forwarded-for".into(),
            client_protocol_header: "x-forwarded-proto".into(),
            client_country_header: None,
            proxy: true,
            head_octets_max: 32 * 1024,
            body_octets_max: 1024 * 1024,
            connections_max: 1000,
            connections_per_peer_max: 100,
            requests_per_source_max: 64,
            idle_seconds_max: 30,
        }
    }
}

/// Below this the library that reads heads works no more.
const HEAD_OCTETS_MIN: usize = 8192;
const HEAD_OCTETS_MAX: usize = 1024 * 1024;
const CONNECTIONS_MAX: usize = 100_000;

/// A body is held in memory while it is read: more than this is no request to this node.
const BODY_OCTETS_MAX: usize = 64 * 1024 * 1024;

impl HttpConfig {
    /// Checks what the form of the file cannot say.
    ///
    /// # Errors
    /// [`ParseError::Range`], [`ParseError::Pair`], [`ParseError::HeaderName`],
    /// [`ParseError::HostName`].
    pub fn check(&self) -> Result<(), ParseError> {
        if self.certificate_file.is_some() != self.key_file.is_some() {
            return Err(ParseError::Pair {
                one: "http.certificate_file",
                other: "http.key_file",
            });
        }
        self.check_names()?;
        let range = |key, range, value: usize, ok: bool| {
            let value = value as u64;
            let wrong = || ParseError::Range { key, range, value };
            ok.then_some(()).ok_or_else(wrong)
        };
        let (head, body) = (self.head_octets_max, self.body_octets_max);
        let head_ok = (HEAD_OCTETS_MIN..=HEAD_OCTETS_MAX).contains(&head);
        range("http.head_octets_max", "8192 to 1048576", head, head_ok)?;
        let body_ok = (1..=BODY_OCTETS_MAX).contains(&body);
        range("http.body_octets_max", "1 to 67108864", body, body_ok)?;
        let all = self.connections_max;
        let all_ok = (1..=CONNECTIONS_MAX).contains(&all);
        range("http.connections_max", "1 to 100000", all, all_ok)?;
        let each = self.connections_per_peer_max;
        range("http.connections_per_peer_max", "1 or more", each, each > 0)?;
        let asked = self.requests_per_source_max;
        range(
            "http.requests_per_source_max",
            "1 or more",
            asked,
            asked > 0,
        )?;
        let idle = self.idle_seconds_max;
        let idle_ok = (1..=86_400).contains(&idle);
        range(
            "http.idle_seconds_max",
            "1 to 86400",
            idle as usize,
            idle_ok,
        )
    }

    fn check_names(&self) -> Result<(), ParseError> {
        let country = self.client_country_header.iter();
        let headers = [&self.client_address_header, &self.client_protocol_header];
        if let Some(name) = headers
            .into_iter()
            .chain(country)
            .find(|name| !is_token(name))
        {
            return Err(ParseError::HeaderName { name: name.clone() });
        }
        if let Some(name) = self.host_names.iter().find(|name| !is_host_name(name)) {
            return Err(ParseError::HostName { name: name.clone() });
        }
        Ok(())
    }
}

/// Whether text can be the name of a header (RFC 9110 section 5.6.2).
fn is_token(text: &str) -> bool {
    let is_token = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet);
    !text.is_empty() && text.bytes().all(is_token)
}

/// Whether text can be the name of a host in a link and in a certificate.
fn is_host_name(text: &str) -> bool {
    let is_part = |octet: u8| octet.is_ascii_alphanumeric() || b"-._".contains(&octet);
    (1..=253).contains(&text.len()) && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_right() {
        assert!(HttpConfig::default().check().is_ok());
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let check = |text: &str, said: &str| {
            let config: HttpConfig = toml::from_str(text).unwrap();
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        };
        check(
            "key_file = \"k\"",
            "http.certificate_file and http.key_file",
        );
        check("head_octets_max = 1", "http.head_octets_max must be 8192");
        check("body_octets_max = 0", "http.body_octets_max");
        check("connections_max = 0", "http.connections_max");
        check(
            "connections_per_peer_max = 0",
            "http.connections_per_peer_max",
        );
        check(
            "requests_per_source_max = 0",
            "http.requests_per_source_max",
        );
        check("idle_seconds_max = 0", "http.idle_seconds_max");
        check("client_address_header = \"a b\"", "`a b`");
        check("client_country_header = \"\"", "``");
        check("host_names = [\"a/b\"]", "`a/b`");
    }
}
