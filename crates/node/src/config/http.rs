//! What can be set about HTTP and HTTPS: the table `[http]`.

use super::ParseError;
use super::settings::settings;
use ipnet::IpNet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The port that the field uses for HTTP and HTTPS both.
pub const PORT: u16 = 8000;

/// Below this the library that reads heads works no more.
const HEAD_OCTETS_MIN: u64 = 8192;
const HEAD_OCTETS_MAX: u64 = 1 << 20;
const CONNECTIONS_MAX: u64 = 100_000;

/// A body is held in memory while it is read: more than this is no request to this node.
const BODY_OCTETS_MAX: u64 = 64 << 20;

/// More than this for bodies is a mistake on any machine.
const BODIES_OCTETS_MAX: u64 = 64 << 30;

/// A bulk call is held in memory too, of whoever has proven who they are.
const BULK_OCTETS_MAX: u64 = 1 << 30;

settings! {
    /// HTTP and HTTPS, which share their ports.
    HttpConfig {
        /// Addresses to listen on for HTTP and HTTPS both; none for no HTTP. The default can be
        /// reached from this machine only.
        listen: Vec<SocketAddr> = vec![(Ipv4Addr::LOCALHOST, PORT).into()], Restart;
        /// A PEM file with the server's certificate and those above it; relative to the data
        /// folder. Without one the node signs one with the site's key for `host_names` and the
        /// addresses it listens on, anew at every start and good for at least a year.
        certificate_file: Option<PathBuf> = None, Restart;
        /// The PEM file with the private key that belongs to `certificate_file`; relative to the
        /// data folder.
        key_file: Option<PathBuf> = None, Restart;
        /// Whether who connects over TLS is asked for a certificate, with which identities can be
        /// proven; nobody need show one. A browser that has some may ask its user which.
        client_certificates: bool = true, Restart;
        /// The names under which people reach this node; the first one stands in links. With none,
        /// links repeat the name that was asked.
        host_names: Vec<String> = Vec::new(), Restart;
        /// Networks, as `10.0.0.0/8`, of proxies in front of this node whose word is taken for who
        /// asks, whether over HTTPS, and from which country.
        trusted_proxies: Vec<IpNet> = Vec::new(), Restart;
        /// The header in which trusted proxies list the addresses they were asked from, the nearest
        /// last.
        client_address_header: String = "x-forwarded-for".into(), Restart;
        /// The header in which trusted proxies say `http` or `https`.
        client_protocol_header: String = "x-forwarded-proto".into(), Restart;
        /// The header in which trusted proxies give the asker's country as two letters, for
        /// choosing among places. Without it the country is unknown.
        client_country_header: Option<String> = None, Restart;
        /// Whether browsers that ask for `/88.156.1/pump` are sent to its address, or shown its
        /// values. If not, they are sent to the JSON API.
        proxy: bool = true, Restart;
        /// The longest head of a request in octets; longer ones are refused with 431. The default
        /// has room for an identifier of the greatest length five times over.
        head_octets_max: usize = 32 * 1024, Restart, HEAD_OCTETS_MIN..=HEAD_OCTETS_MAX;
        /// The longest body of a request in octets; longer ones are refused with 413. The default
        /// is four times the longest message of the protocol.
        body_octets_max: usize = 1024 * 1024, Restart, 1..=BODY_OCTETS_MAX;
        /// How many octets the bodies of all requests may have together that are being read or
        /// answered, and a quarter of that those of one source; beyond it a request is refused with
        /// 503 and a `Retry-After`. At least `body_octets_max`.
        bodies_octets_max: usize = 64 << 20, Restart, 1..=BODIES_OCTETS_MAX;
        /// The longest body of a bulk call in octets; longer ones are refused with 413. It is read
        /// only for those who have proven who they are; all together may have twice as many.
        bulk_octets_max: usize = 64 << 20, Restart, 1..=BULK_OCTETS_MAX;
        /// How many octets of answers to bulk calls are kept in memory, for those who ask again
        /// with the same request id; the oldest are forgotten first. What is forgotten here is
        /// answered from the store, for twelve hours at least, also after a restart.
        bulk_answers_octets_max: usize = 64 << 20, Restart, 0..=BULK_OCTETS_MAX;
        /// After how many seconds without a request a session of the JSON API ends.
        session_seconds_max: u64 = 1800, Restart, 1..=86_400;
        /// How many sessions of the JSON API there may be. Beyond it the one that was silent
        /// longest ends, first of those in which nobody has proven who they are.
        sessions_count_max: usize = 4096, Restart, 1..=CONNECTIONS_MAX;
        /// How many of them one source may have; beyond it its own oldest ends.
        sessions_per_source_max: usize = 64, Restart, 1..=CONNECTIONS_MAX;
        /// How many connections may be open on each address; further ones wait until one closes.
        connections_max: usize = 1000, Restart, 1..=CONNECTIONS_MAX;
        /// How many of them one peer's address may have; further ones are closed at once. Trusted
        /// proxies may have any number.
        connections_per_peer_max: usize = 100, Restart, 1..=CONNECTIONS_MAX;
        /// How many requests from one source are answered at the same time, on all its connections
        /// together; further ones are refused with 429, messages of the protocol with code 3.
        requests_per_source_max: usize = 64, Restart, 1..=CONNECTIONS_MAX;
        /// After how many seconds without a whole request, or without an octet in either direction,
        /// a connection is closed.
        idle_seconds_max: u64 = 30, Restart, 1..=86_400;
    }
}

impl HttpConfig {
    /// Checks what the ranges of single settings cannot say.
    ///
    /// # Errors
    /// [`ParseError::Pair`], [`ParseError::Range`], [`ParseError::HeaderName`],
    /// [`ParseError::HostName`].
    pub fn check(&self) -> Result<(), ParseError> {
        if self.certificate_file.is_some() != self.key_file.is_some() {
            return Err(ParseError::Pair {
                one: "http.certificate_file",
                other: "http.key_file",
            });
        }
        if self.bodies_octets_max < self.body_octets_max {
            return Err(ParseError::Range {
                key: "http.bodies_octets_max".into(),
                range: "http.body_octets_max or more".into(),
                value: self.bodies_octets_max as u64,
            });
        }
        self.check_names()
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
            let error = crate::Config::parse(&format!("[http]\n{text}"));
            let error = error.unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        };
        check(
            "key_file = \"k\"",
            "http.certificate_file and http.key_file",
        );
        check("head_octets_max = 1", "http.head_octets_max must be 8192");
        check("idle_seconds_max = 0", "http.idle_seconds_max must be 1");
        check(
            "bodies_octets_max = 9",
            "http.bodies_octets_max must be http.body_octets_max or more, not 9",
        );
        check("client_address_header = \"a b\"", "`a b`");
        check("client_country_header = \"\"", "``");
        check("host_names = [\"a/b\"]", "`a/b`");
    }
}
