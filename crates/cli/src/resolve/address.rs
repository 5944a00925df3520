//! The address of a node as people write it.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// Reads `host`, `host:port`, an IP address, or `[address]:port`; the default port is 2641.
///
/// Names are looked up; the first address counts.
pub(crate) fn parse(text: &str) -> Result<SocketAddr, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok((ip, node::config::PORT).into());
    }
    let with_port = if text.contains(':') {
        text.to_owned()
    } else {
        format!("{text}:{}", node::config::PORT)
    };
    let found = with_port
        .to_socket_addrs()
        .map_err(|error| format!("{text}: {error}"))?
        .next();
    found.ok_or_else(|| format!("{text}: the name has no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_and_without_port() {
        let check = |text: &str, expected: &str| {
            assert_eq!(parse(text), Ok(expected.parse().unwrap()), "{text}");
        };
        check("192.0.2.1", "192.0.2.1:2641");
        check("192.0.2.1:99", "192.0.2.1:99");
        check("::1", "[::1]:2641");
        check("[::1]", "[::1]:2641");
        check("[::1]:99", "[::1]:99");
        assert!(parse("192.0.2.1:port").is_err());
    }
}
