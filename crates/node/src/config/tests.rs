//! Tests of the configuration.

use super::*;

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(Config::parse("").unwrap(), Config::default());
}

#[test]
fn what_is_written_is_read_back() {
    let text = toml::to_string(&Config::default()).unwrap();
    assert_eq!(Config::parse(&text).unwrap(), Config::default());
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let check = |text: &str, expected: &str| {
        let error = Config::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("\nlisten = 5", "line 2");
    check("udp_treads = 1", "unknown field `udp_treads`");
    check("udp_threads = 0", "udp_threads must be 1 to 64, not 0");
    check("udp_threads = -1", "udp_threads");
    check(
        "tcp_connections_max = 0",
        "tcp_connections_max must be 1 to 100000, not 0",
    );
    check(
        "tcp_connections_max = 9000000000000000000",
        "must be 1 to 100000",
    );
    check(
        "listen = [\"0.0.0.0:2641\"]",
        "list the addresses of this machine one by one",
    );
    check(
        "tcp_idle_seconds_max = 0",
        "tcp_idle_seconds_max must be 1 or more, not 0",
    );
    check(
        "site_serial = 65535",
        "site_serial must be 0 to 65534, not 65535",
    );
    check("listen = [\"localhost\"]", "line 1");
}
