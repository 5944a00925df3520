//! The address of a node as people write it.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// Reads `host`, `host:port`, an IP address, or `[address]:port`; the default port is 2641.
///
/// Names are looked up and may have several addresses.
pub(crate) fn parse(text: &str) -> Result<Vec<SocketAddr>, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(vec![(ip, node::config::PORT).into()]);
    }
    let with_port = if text.contains(':') {
        text.to_owned()
    } else {
        format!("{text}:{}", node::config::PORT)
    };
    let found = with_port
        .to_socket_addrs()
        .map_err(|error| error.to_string())?;
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_and_without_port() {
        let check = |text: &str, expected: &str| {
            assert_eq!(parse(text), Ok(vec![expected.parse().unwrap()]), "{text}");
        };
        check("192.0.2.1", "192.0.2.1:2641");
        check("192.0.2.1:99", "192.0.2.1:99");
        check("::1", "[::1]:2641");
        check("[::1]", "[::1]:2641");
        check("[::1]:99", "[::1]:99");
        assert!(parse("192.0.2.1:port").is_err());
    }
}
