//! Numbers about the node's work, for those who watch it. Counting costs a few nanoseconds: each
//! thread adds to numbers of its own, and they are summed when somebody asks.
//!
//! Here: counting. Beside it: `metrics/exposition.rs` the text that Prometheus reads. Not here:
//! the single events (the logs).

mod exposition;

pub(crate) use exposition::{Gauges, text};

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use wire::{Opcode, ResponseCode};

/// How a question came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// As datagrams.
    Udp,
    /// On a connection of the protocol's own.
    Tcp,
    /// Over HTTP or HTTPS, in whatever form.
    Http,
}

impl Transport {
    pub(crate) const ALL: [Self; 3] = [Self::Udp, Self::Tcp, Self::Http];

    /// As it stands in the access log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Http => "HTTP",
        }
    }
}

/// The operations that are counted one by one; the most frequent first, for they are sought here.
const OPCODES: [Opcode; 24] = [
    Opcode::RESOLUTION,
    Opcode::CREATE_HANDLE,
    Opcode::CHALLENGE_RESPONSE,
    Opcode::MODIFY_VALUE,
    Opcode::ADD_VALUE,
    Opcode::REMOVE_VALUE,
    Opcode::DELETE_HANDLE,
    Opcode::GET_SITE_INFO,
    Opcode::LIST_HANDLES,
    Opcode::LIST_DERIVED,
    Opcode::VERIFY_CHALLENGE,
    Opcode::HOME_PREFIX,
    Opcode::UNHOME_PREFIX,
    Opcode::LIST_HOMED,
    Opcode::SESSION_SETUP,
    Opcode::SESSION_TERMINATE,
    Opcode::SESSION_EXCHANGE_KEY,
    Opcode::NEXT_TXN_ID,
    Opcode::RETRIEVE_TXN_LOG,
    Opcode::DUMP_HANDLES,
    Opcode::BACKUP_SERVER,
    Opcode::LOGIN_ID_SYSTEM,
    Opcode::REGISTRY_ORDER,
    Opcode::REGISTRY_READING,
];

/// The response codes that are counted one by one; the most frequent first.
const CODES: [ResponseCode; 33] = [
    ResponseCode::SUCCESS,
    ResponseCode::HANDLE_NOT_FOUND,
    ResponseCode::VALUES_NOT_FOUND,
    ResponseCode::AUTHENTICATION_NEEDED,
    ResponseCode::SERVER_NOT_RESPONSIBLE,
    ResponseCode::SERVICE_REFERRAL,
    ResponseCode::PREFIX_REFERRAL,
    ResponseCode::SERVER_BUSY,
    ResponseCode::PROTOCOL_ERROR,
    ResponseCode::ERROR,
    ResponseCode::OPERATION_NOT_SUPPORTED,
    ResponseCode::RECURSION_COUNT_TOO_HIGH,
    ResponseCode::SERVER_READ_ONLY,
    ResponseCode::HANDLE_ALREADY_EXISTS,
    ResponseCode::INVALID_HANDLE,
    ResponseCode::VALUE_ALREADY_EXISTS,
    ResponseCode::INVALID_VALUE,
    ResponseCode::OUT_OF_DATE_SITE_INFO,
    ResponseCode::INVALID_ADMIN,
    ResponseCode::INSUFFICIENT_PERMISSIONS,
    ResponseCode::AUTHENTICATION_FAILED,
    ResponseCode::INVALID_CREDENTIAL,
    ResponseCode::AUTHENTICATION_TIMEOUT,
    ResponseCode::UNABLE_TO_AUTHENTICATE,
    ResponseCode::SESSION_TIMEOUT,
    ResponseCode::SESSION_FAILED,
    ResponseCode::INVALID_SESSION_KEY,
    ResponseCode::SESSION_NEEDS_RSA_KEY,
    ResponseCode::INVALID_SESSION_SETUP,
    ResponseCode::SESSION_MESSAGE_REJECTED,
    ResponseCode::LOGGED_IN_ALREADY,
    ResponseCode::LOGIN_FIRST,
    ResponseCode::CREDENTIAL_NOT_VERIFIED,
];

/// Bounds of the histogram of answering times, in microseconds: from an answer out of memory to
/// one that waits for a slow disk.
const BOUNDS_MICROSECONDS: [u64; 14] = [
    5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000, 50_000, 250_000, 1_000_000, 5_000_000,
];

/// How many sets of numbers there are. Threads beyond that many share them, at some cost.
const SHARDS: usize = 8;

/// What has been counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    shards: Vec<Shard>,
    rate_limited: [AtomicU64; Transport::ALL.len()],
    connections_refused: [AtomicU64; Transport::ALL.len()],
}

/// The numbers of one thread, or of several.
#[derive(Debug)]
struct Shard {
    /// By transport, operation and response code; the last of each is every other.
    requests: Vec<AtomicU64>,
    times: [Times; Transport::ALL.len()],
}

/// Answering times of one transport: how many up to each bound, and beyond all of them.
#[derive(Debug, Default)]
struct Times {
    counts: [AtomicU64; BOUNDS_MICROSECONDS.len() + 1],
    sum_nanoseconds: AtomicU64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let requests = Transport::ALL.len() * (OPCODES.len() + 1) * (CODES.len() + 1);
        let shard = |_| Shard {
            requests: (0..requests).map(|_| AtomicU64::new(0)).collect(),
            times: <[Times; Transport::ALL.len()]>::default(),
        };
        Self {
            shards: (0..SHARDS).map(shard).collect(),
            rate_limited: <[AtomicU64; Transport::ALL.len()]>::default(),
            connections_refused: <[AtomicU64; Transport::ALL.len()]>::default(),
        }
    }

    /// Counts an answer and how long it took.
    pub(crate) fn count_answer(
        &self,
        transport: Transport,
        opcode: Opcode,
        code: ResponseCode,
        took: Duration,
    ) {
        let Some(shard) = self.shards.get(my_shard()) else {
            return;
        };
        let at = (transport as usize * (OPCODES.len() + 1) + place(&OPCODES, &opcode))
            * (CODES.len() + 1)
            + place(&CODES, &code);
        if let Some(count) = shard.requests.get(at) {
            add(count, 1);
        }
        shard.times[transport as usize].count(took);
    }

    pub(crate) fn count_rate_limited(&self, transport: Transport) {
        add(&self.rate_limited[transport as usize], 1);
    }

    pub(crate) fn count_connection_refused(&self, transport: Transport) {
        add(&self.connections_refused[transport as usize], 1);
    }

    fn rate_limited(&self, transport: Transport) -> u64 {
        read(&self.rate_limited[transport as usize])
    }

    fn connections_refused(&self, transport: Transport) -> u64 {
        read(&self.connections_refused[transport as usize])
    }

    /// How many answers of a kind there were.
    fn requests(&self, at: usize) -> u64 {
        let counts = self
            .shards
            .iter()
            .filter_map(|shard| shard.requests.get(at));
        counts.map(read).sum()
    }

    /// Counts by bound, the last one for times beyond all, and the sum in nanoseconds.
    fn times(&self, transport: Transport) -> ([u64; BOUNDS_MICROSECONDS.len() + 1], u64) {
        let mut counts = [0; BOUNDS_MICROSECONDS.len() + 1];
        let mut sum: u64 = 0;
        for shard in &self.shards {
            let times = &shard.times[transport as usize];
            for (count, more) in counts.iter_mut().zip(&times.counts) {
                *count += read(more);
            }
            sum = sum.wrapping_add(read(&times.sum_nanoseconds));
        }
        (counts, sum)
    }
}

impl Times {
    fn count(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let is_within = |bound: &u64| nanoseconds <= bound * 1000;
        let last = BOUNDS_MICROSECONDS.len();
        let at = BOUNDS_MICROSECONDS.iter().position(is_within);
        add(&self.counts[at.unwrap_or(last)], 1);
        add(&self.sum_nanoseconds, nanoseconds);
    }
}

/// The numbers this thread adds to: the next ones at its first call.
fn my_shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<usize> = const { Cell::new(SHARDS) };
    }
    MINE.with(|mine| {
        if mine.get() == SHARDS {
            mine.set(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
        }
        mine.get()
    })
}

/// Where a number stands in a list; after its end if it does not.
fn place<T: PartialEq>(list: &[T], sought: &T) -> usize {
    let found = list.iter().position(|one| one == sought);
    found.unwrap_or(list.len())
}

/// Counters say nothing about other memory, so no order is needed.
fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
