//! Who asks, behind which proxy, and over HTTPS or not.
//!
//! Headers that say so are believed only if a trusted proxy is at the other end of the connection.
//! Of a list of addresses the last that is no trusted proxy asks: what stands before it is its own
//! word.

use crate::request::header;
use crypto::ClientCertificate;
use hyper::Request;
use hyper::header::{HOST, HeaderMap};
use hyper::http::uri::Authority;
use node::config::HttpConfig;
use node::http::Connection;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The longest name of a host and its port.
const HOST_OCTETS_MAX: usize = 260;

/// What is known about whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// Where the question comes from.
    pub(crate) source: IpAddr,
    /// Whether it came over HTTPS, as far as the last trusted proxy knows.
    pub(crate) is_https: bool,
    /// The name and port under which this node was asked, checked; empty if none was given.
    pub(crate) host: String,
    /// The country as two letters in lower case, if a trusted proxy says it.
    pub(crate) country: Option<String>,
    /// The certificate that was shown on the connection itself.
    pub(crate) certificate: Option<Arc<ClientCertificate>>,
}

impl Visitor {
    pub(crate) fn of<B>(
        request: &Request<B>,
        connection: &Connection,
        config: &HttpConfig,
    ) -> Self {
        let peer = connection.peer.ip().to_canonical();
        let mut visitor = Self {
            source: peer,
            is_https: connection.is_encrypted,
            host: host(request),
            country: None,
            certificate: connection.certificate.clone(),
        };
        if is_trusted(config, peer) {
            visitor.believe(request.headers(), config);
        }
        visitor
    }

    fn believe(&mut self, headers: &HeaderMap, config: &HttpConfig) {
        // Octets that are no text spoil their own part of the list, not what a proxy added to it.
        let listed = |name: &str| {
            let values = headers.get_all(name).iter();
            let parts = values.flat_map(|value| value.as_bytes().split(|octet| *octet == b','));
            parts.map(|part| str::from_utf8(part).unwrap_or_default().trim())
        };
        let addresses: Vec<_> = listed(&config.client_address_header).collect();
        for address in addresses.into_iter().rev().map_while(parse_address) {
            self.source = address;
            if !is_trusted(config, address) {
                break;
            }
        }
        if let Some(protocol) = listed(&config.client_protocol_header).next_back() {
            self.is_https = protocol.eq_ignore_ascii_case("https");
        }
        // Who came to the proxy has not shown the proxy's certificate.
        self.certificate = None;
        self.country = config
            .client_country_header
            .as_deref()
            .and_then(|name| country(listed(name).next_back()?));
    }

    /// The beginning of links to this node, such as `http://id.example.org:8000`; empty if nobody
    /// said under which name it is reached.
    pub(crate) fn origin(&self, config: &HttpConfig) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        match (config.host_names.first(), self.host.as_str()) {
            (None, "") => String::new(),
            (None, host) => format!("{scheme}://{host}"),
            (Some(name), host) => {
                let port = host.rsplit_once(':').map(|(_, port)| port);
                let port = port.filter(|port| port.bytes().all(|octet| octet.is_ascii_digit()));
                let port = port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("{scheme}://{name}{port}")
            }
        }
    }
}

fn country(text: &str) -> Option<String> {
    let is_code = text.len() == 2 && text.bytes().all(|octet| octet.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_lowercase())
}

fn is_trusted(config: &HttpConfig, address: IpAddr) -> bool {
    config
        .trusted_proxies
        .iter()
        .any(|network| network.contains(&address))
}

/// An address as proxies write it: perhaps with a port, perhaps in brackets.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = bare.parse().ok();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    address
        .or_else(with_port)
        .map(|address| address.to_canonical())
}

/// The host that was asked. It is repeated in links, so nothing but a name or an address may pass.
fn host<B>(request: &Request<B>) -> String {
    let authority = request.uri().authority().map(Authority::as_str);
    let host = authority.unwrap_or_else(|| header(request.headers(), &HOST));
    let is_host = |octet: u8| octet.is_ascii_alphanumeric() || b".-_:[]".contains(&octet);
    if host.len() <= HOST_OCTETS_MAX && host.bytes().all(is_host) {
        host.to_owned()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor<V: AsRef<[u8]>>(peer: &str, headers: &[(&str, V)]) -> Visitor {
        let config = HttpConfig {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            client_country_header: Some("x-country".into()),
            ..HttpConfig::default()
        };
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, value.as_ref());
        }
        let connection = Connection {
            peer: SocketAddr::new(peer.parse().unwrap(), 1),
            local: "192.0.2.9:8000".parse().unwrap(),
            is_encrypted: false,
            certificate: None,
        };
        Visitor::of(&request.body(()).unwrap(), &connection, &config)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let headers = [
            ("x-forwarded-for", "198.51.100.7"),
            ("x-forwarded-proto", "https"),
            ("x-country", "CN"),
        ];
        let stranger = visitor("192.0.2.1", &headers);
        assert_eq!(stranger.source.to_string(), "192.0.2.1");
        assert!(!stranger.is_https && stranger.country.is_none());
        let proxied = visitor("::ffff:10.0.0.1", &headers);
        assert_eq!(proxied.source.to_string(), "198.51.100.7");
        assert!(proxied.is_https);
        assert_eq!(proxied.country.as_deref(), Some("cn"));
    }

    #[test]
    fn of_a_list_the_last_stranger_asks() {
        let check = |listed: &[&str], source: &str| {
            let headers: Vec<_> = listed
                .iter()
                .map(|text| ("x-forwarded-for", *text))
                .collect();
            let found = visitor("10.0.0.1", &headers).source;
            assert_eq!(found.to_string(), source, "{listed:?}");
        };
        check(&["1.2.3.4, 198.51.100.7, 10.0.0.2"], "198.51.100.7");
        check(&["1.2.3.4", "198.51.100.7:99"], "198.51.100.7");
        check(&["[2001:db8::1]:99"], "2001:db8::1");
        check(&["198.51.100.7, nonsense"], "10.0.0.1");
        check(&["10.0.0.3"], "10.0.0.3");
        check(&[], "10.0.0.1");
    }

    /// A client's own octets that are no text came before what the proxy added to the line.
    #[test]
    fn nobody_hides_behind_octets_that_are_no_text() {
        let headers = [("x-forwarded-for", b"\xff, 198.51.100.7")];
        let found = visitor("10.0.0.1", &headers).source;
        assert_eq!(found.to_string(), "198.51.100.7");
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        let host = |text| visitor("192.0.2.1", &[("host", text)]).host;
        assert_eq!(host("id.example.org:8000"), "id.example.org:8000");
        assert_eq!(host("evil\"><script>"), "");
        assert_eq!(host(&"a".repeat(300)), "");
    }
}
