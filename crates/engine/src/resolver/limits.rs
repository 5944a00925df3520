//! How much work one walk may make: what strangers write in delegations must not decide that.

use core::time::Duration;

/// How many sites of one service are looked at. Services of the field have one to seven; more are
/// left out, in the order of the values.
pub const SITES_MAX: usize = 16;

/// How many service records (`HS_SERV`) one service may be spread over. The field uses one; more
/// are left out.
pub const SERVICES_MAX: usize = 8;

/// How many questions are under way at a time. Beyond it the next site waits for one to fail.
pub const IN_FLIGHT_MAX: usize = 3;

/// How long a server may be silent before the next is asked too; the first answer counts. As
/// existing clients do it with addresses of IPv4 and IPv6.
pub const HEAD_START: Duration = Duration::from_millis(300);

/// How many times what it usually takes a server may be silent that has answered before, if that is
/// less than [`HEAD_START`]: whoever answers within a millisecond and is silent now is most likely
/// gone.
pub const HEAD_START_FACTOR: u32 = 8;

/// The shortest head start: what a busy machine may lose now and then.
pub const HEAD_START_LEAST: Duration = Duration::from_millis(50);

/// How long one question may take over one transport: a little more than all tries over UDP.
pub const PATIENCE: Duration = Duration::from_millis(3500);

/// How many octets of a question, but for its header, are sent over UDP: what fits into three
/// datagrams. A longer one, of which each try would be many, is put over TCP only, where whoever is
/// asked has first agreed to listen.
pub const OVER_UDP_MAX: usize = 1200;

/// The limits of one walk. Beyond any of them it ends and says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many questions are put to servers. Default: 40; the longest way of the field, four
    /// prefixes with two service records, takes ten where every second server is dead.
    pub questions_max: usize,
    /// How many referrals and service records are followed. Default: 12.
    pub referrals_max: usize,
    /// How many records may wait for one another: an identifier for its prefix's record, that for a
    /// service record, that for its own prefix's record. Default: 8.
    pub depth_max: usize,
    /// How many octets the answers may have together. Default: 1 MiB, four messages of the
    /// greatest length.
    pub octets_max: usize,
    /// How long it may take. Default: 10 s; people give up sooner.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            questions_max: 40,
            referrals_max: 12,
            depth_max: 8,
            octets_max: 1 << 20,
            time: Duration::from_secs(10),
        }
    }
}
