//! How many files the process may open: connections are files too, and a node that runs out of them
//! can read its tables no more.

use crate::{Config, Error};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a node opens besides connections and tables: sockets, logs, the runtime's own.
const OTHER_FILES: u64 = 64;

/// How many sockets one question for other nodes may hold.
const FILES_PER_QUESTION: u64 = engine::resolver::IN_FLIGHT_MAX as u64;

/// Raises the limit of open files as far as this process may, and checks that it suffices.
pub(crate) fn allow(config: &Config) -> Result<(), Error> {
    let needed = needed(config);
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if limit.current.is_some_and(|current| current < needed) {
        // Whether it could be raised is seen below.
        let _ = setrlimit(Resource::Nofile, raised);
    }
    match getrlimit(Resource::Nofile).current {
        Some(allowed) if allowed < needed => Err(Error::Files { allowed, needed }),
        _ => Ok(()),
    }
}

fn needed(config: &Config) -> u64 {
    let tcp = config
        .listen
        .len()
        .saturating_mul(config.tcp.connections_max);
    let http = config
        .http
        .listen
        .len()
        .saturating_mul(config.http.connections_max);
    let asks = config.elsewhere.roots_file.is_some();
    let questions = u64::from(asks) * config.elsewhere.questions_max as u64;
    let recursive = &config.recursive;
    let resolves = recursive.listen.len();
    let tcp = tcp.saturating_add(resolves.saturating_mul(config.tcp.connections_max));
    let questions = questions + u64::from(resolves > 0) * recursive.walks_max as u64;
    (tcp.saturating_add(http) as u64)
        .saturating_add(questions * FILES_PER_QUESTION)
        .saturating_add(store::FILES_OPEN_MAX as u64)
        .saturating_add(OTHER_FILES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HttpConfig, TcpConfig};

    #[test]
    fn connections_tables_and_the_rest_are_counted() {
        let http = HttpConfig {
            listen: vec!["127.0.0.1:1".parse().unwrap()],
            connections_max: 7,
            ..HttpConfig::default()
        };
        let config = Config {
            http,
            tcp: TcpConfig {
                connections_max: 10,
                ..TcpConfig::default()
            },
            listen: vec!["127.0.0.1:1".parse().unwrap(), "[::1]:1".parse().unwrap()],
            ..Config::default()
        };
        assert_eq!(needed(&config), 20 + 7 + 256 + 64);
        let mut asking = config.clone();
        asking.elsewhere.roots_file = Some("roots".into());
        asking.elsewhere.questions_max = 10;
        assert_eq!(needed(&asking), needed(&config) + 30);
        let impossible = Config {
            tcp: TcpConfig {
                connections_max: usize::MAX,
                ..TcpConfig::default()
            },
            ..config
        };
        assert!(matches!(
            allow(&impossible),
            Err(Error::Files { .. }) | Ok(())
        ));
    }
}
