//! The settings by table. What each means stands beside it, and nowhere else.
//!
//! Not here: settings of HTTP (`http`), how settings are declared (`settings`).

use super::settings::settings;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

/// The most threads that may answer UDP on one address; machines have fewer cores to gain by.
pub const UDP_THREADS_MAX: usize = 64;

/// The most connections that may be open on one address: more are more files than a process is
/// allowed on usual machines.
const TCP_CONNECTIONS_MAX: u64 = 100_000;

/// The most sources whose questions are counted: at 16 octets each, 256 MiB.
const SOURCES_COUNT_MAX: u64 = 1 << 24;

const GIBIBYTE: u64 = 1 << 30;

settings! {
    /// Questions over UDP.
    UdpConfig {
        /// How many threads answer on each address; 0 means one for each core.
        threads: usize = 0, Restart, 0..=UDP_THREADS_MAX as u64;
        /// The longest message answered over UDP, in octets without envelopes. Who asked for a
        /// longer one comes back over TCP by itself. The default is three datagrams.
        answer_octets_max: usize = 3 * wire::datagram::PIECE_OCTETS, Restart, 492..=65_536;
    }
}

settings! {
    /// Questions over TCP.
    TcpConfig {
        /// How many connections may be open on each address; further ones wait until one closes.
        /// Each may hold half a megabyte of a question and its answer.
        connections_max: usize = 1000, Restart, 1..=TCP_CONNECTIONS_MAX;
        /// How many of them one peer's address may have, so that no peer shuts the others out;
        /// further ones are closed at once.
        connections_per_peer_max: usize = 100, AtOnce, 1..=TCP_CONNECTIONS_MAX;
        /// After how many seconds without a whole question a connection is closed. The default is
        /// that of the reference software.
        idle_seconds_max: u64 = 300, AtOnce, 1..=86_400;
        /// The same for a connection on which somebody has logged in. Clients of the Chinese system
        /// keep an idle one for ten minutes.
        login_idle_seconds_max: u64 = 900, AtOnce, 1..=86_400;
        /// The longest message that is read, in octets without its envelope. The default is what
        /// the field reads; clients of the Chinese system send up to 16,672,500. What is in the
        /// message has its own limits: a record has at most 256,000 octets whatever is set here.
        /// Each connection may hold as much.
        message_octets_max: usize = wire::envelope::MESSAGE_OCTETS_MAX, Restart,
            262_144..=16_672_500;
    }
}

settings! {
    /// How much one source may ask. A source is an address of IPv4, or the network of 64 bits that
    /// an address of IPv6 is in. Beyond the limit questions over UDP are dropped without a word,
    /// over TCP answered with code 3 (server busy, nothing was done), over HTTP with that code to
    /// a message of the protocol and else with status 429; all are counted. A TLS handshake counts
    /// as a question; one beyond the limit is not made.
    LimitsConfig {
        /// How many questions a second one source may ask in the long run; 0 means any number.
        /// The default is far above what a busy resolver asks of one node.
        questions_per_second: u32 = 2000, AtOnce, 0..=1_000_000;
        /// How many questions one source may ask at once after a silence.
        questions_burst: u32 = 4000, AtOnce, 1..=10_000_000;
        /// Networks whose questions are not limited. The default is this machine: what runs on it
        /// is the operator's, and a proxy there brings many askers' questions.
        exempt: Vec<IpNet> = loopback(), AtOnce;
        /// How many sources are counted at a time, 16 octets each. Beyond it the source that was
        /// silent longest is forgotten, and begins anew when it asks again.
        sources_count_max: usize = 16_384, Restart, 64..=SOURCES_COUNT_MAX;
        /// How many answers are signed a second for those who ask for it. With a key as a
        /// node makes it (RSA, 2,048 bits) 500 take an eighth of a core. Beyond it the answer is
        /// code 3.
        signatures_per_second: u32 = 500, Restart, 0..=1_000_000;
        /// How many of these for one source.
        signatures_per_source_and_second: u32 = 100, Restart, 0..=1_000_000;
        /// How many proofs of secrets are checked a second, half of them over UDP. One as the
        /// field makes it takes five milliseconds of a core, so that the default takes three
        /// quarters of one. Beyond it the answer is code 3.
        secrets_per_second: u32 = 150, Restart, 1..=1_000_000;
        /// How many of these for one source: a third of what all together have over TCP and HTTP.
        secrets_per_source_and_second: u32 = 25, Restart, 1..=1_000_000;
        /// How many challenges may wait for their answer.
        challenges_count_max: usize = 4096, Restart, 1..=1_000_000;
        /// How many octets the requests may have together that wait for the answer to a challenge.
        challenges_octets_max: usize = 8 << 20, Restart, (1 << 20)..=GIBIBYTE;
        /// How many challenges of one source may wait.
        challenges_per_source_max: usize = 64, Restart, 1..=1_000_000;
        /// How many octets the waiting requests of one source may have together.
        challenges_octets_per_source_max: usize = 512 << 10, Restart, (256 << 10)..=GIBIBYTE;
        /// For how many seconds a challenge can be answered.
        challenge_seconds_max: u64 = 60, Restart, 1..=3600;
    }
}

settings! {
    /// What is written down about the node's work. Values and secrets never are.
    LogConfig {
        /// How much goes to standard error: `error`, `warn`, `info`, `debug`, `trace`, or levels by
        /// room such as `warn,node=debug`. The environment variable `NAMEPLATE_LOG` goes before it.
        level: String = "warn".into(), AtOnce;
        /// The form of these lines: `text` for people, `json` for programs.
        format: LogFormat = LogFormat::Text, Restart;
        /// Whether every question gets a line in the form of the reference software's access log:
        /// `off`, `stdout`, or `file`.
        access: AccessLogKind = AccessLogKind::Off, Restart;
        /// The folder of the files of the access log, one file a day (UTC); relative to the data
        /// folder.
        access_folder: PathBuf = "logs".into(), Restart;
        /// How many files of the access log are kept; the oldest are deleted.
        access_files_max: usize = 30, Restart, 1..=10_000;
        /// How many lines may wait to be written. Further ones are left out and counted, for no
        /// question waits for a disk or a terminal.
        lines_waiting_max: usize = 16_384, Restart, 16..=10_000_000;
    }
}

settings! {
    /// What askers are told about this node's site.
    SiteConfig {
        /// A description for people.
        description: String = String::new(), Restart;
        /// Whether the site is a primary, whose answers are authoritative.
        is_primary: bool = true, Restart;
        /// Whether peers of versions 2.5 to 2.9 are referred to the servers of a prefix (code 303),
        /// as newer ones are. The reference software asks on their behalf instead, and answers
        /// code 2 where it cannot; so does this node without the setting.
        refers_old_peers: bool = false, Restart;
    }
}

settings! {
    /// Keys, certificates and signed statements that run out.
    KeysConfig {
        /// How many days before something runs out that the node shows or relies on it warns of
        /// that, once a day; 0 for never. `nameplate keys expiring` shows all that it holds.
        warning_days: u64 = 30, AtOnce, 0..=36_500;
    }
}

settings! {
    /// How much memory and disk the store may take.
    StorageConfig {
        /// How many octets of blocks of the tables are kept in memory for those who ask again.
        cache_octets: u64 = 192 << 20, Restart, 0..=1024 * GIBIBYTE;
        /// How many octets of records that were asked for twice are kept in memory before them,
        /// ready to be answered; 0 for none.
        hot_octets: u64 = 64 << 20, Restart, 0..=1024 * GIBIBYTE;
        /// How many octets of changes are gathered in memory before they are written to a file;
        /// after a crash they are read from the log again.
        memtable_octets: u64 = 64 << 20, Restart, (1 << 20)..=4 * GIBIBYTE;
        /// How many octets of the log are kept although the tables hold them, for those who read
        /// the log.
        log_octets_kept: u64 = GIBIBYTE, Restart, 0..=u64::MAX;
    }
}

pub(super) fn loopback() -> Vec<IpNet> {
    let v4 = IpNet::new_assert(Ipv4Addr::new(127, 0, 0, 0).into(), 8);
    let v6 = IpNet::new_assert(Ipv6Addr::LOCALHOST.into(), 128);
    vec![v4, v6]
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where lines of the access log go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessLogKind {
    /// Nowhere.
    Off,
    /// To standard output.
    Stdout,
    /// To a file a day.
    File,
}

impl UdpConfig {
    /// How many threads answer on each address, on this machine.
    pub fn threads_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        match self.threads {
            0 => cores().min(UDP_THREADS_MAX),
            threads => threads,
        }
    }
}

impl StorageConfig {
    /// How a store is opened with these settings.
    pub fn options(&self) -> store::Options {
        store::Options {
            cache_octets: self.cache_octets,
            hot_octets: self.hot_octets,
            memtable_octets: self.memtable_octets,
            log_octets_kept: self.log_octets_kept,
            ..store::Options::default()
        }
    }
}
