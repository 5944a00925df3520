//! The numbers of copies: how far those of this node are, and how far this node is as one.

use crate::replication::{MirrorState, ReplicationState};
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use std::fmt;

pub(super) fn put(to: &mut DescriptorEncoder<'_>, state: &ReplicationState) -> fmt::Result {
    for (name, help, value) in [
        (
            "replication_epoch",
            "The epoch in which transactions are numbered",
            state.epoch,
        ),
        (
            "replication_transaction",
            "The number of the last transaction",
            state.txn,
        ),
        (
            "replication_waiting",
            "Changes that wait until enough copies have them",
            state.waiting,
        ),
    ] {
        let mut one = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
        one.encode_gauge(&value)?;
    }
    let help = "How many transactions a copy that counts lacks";
    let name = "replication_copy_behind";
    let mut family = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for copy in &state.copies {
        let labels = [("copy", copy.identity.as_str())];
        let mut one = family.encode_family(&labels)?;
        one.encode_gauge(&copy.behind)?;
    }
    put_mirror(to, &state.mirror)
}

fn put_mirror(to: &mut DescriptorEncoder<'_>, servers: &[MirrorState]) -> fmt::Result {
    type Value = fn(&MirrorState) -> u64;
    let families: [(&str, &str, Value); 5] = [
        (
            "mirror_behind",
            "How many transactions of the source are known and not here, by its server",
            |server| server.behind,
        ),
        (
            "mirror_transaction",
            "The last transaction of the source that is here",
            |server| server.txn,
        ),
        (
            "mirror_rows",
            "Rows that have come of a full copy that is under way",
            |server| server.rows,
        ),
        (
            "mirror_following",
            "1 where everything has been copied once and the log is followed",
            |server| u64::from(server.phase == "following"),
        ),
        (
            "mirror_connected",
            "1 where the source has said something since the connection was last lost",
            |server| u64::from(server.is_connected),
        ),
    ];
    for (name, help, value) in families {
        put_family(to, (name, help, None), servers, value)?;
    }
    let help = "How long the last transaction took from the source to the disk here";
    let what = ("mirror_delay", help, Some(&Unit::Seconds));
    put_family(to, what, servers, |server| {
        std::time::Duration::from_micros(server.delay_us).as_secs_f64()
    })?;
    let help = "For how long the oldest transaction has been missing that is known";
    let what = ("mirror_lag", help, Some(&Unit::Seconds));
    put_family(to, what, servers, |server| {
        std::time::Duration::from_millis(server.lag_ms).as_secs_f64()
    })
}

fn put_family<V: EncodeGaugeValue>(
    to: &mut DescriptorEncoder<'_>,
    (name, help, unit): (&str, &str, Option<&Unit>),
    servers: &[MirrorState],
    value: impl Fn(&MirrorState) -> V,
) -> fmt::Result {
    let mut family = to.encode_descriptor(name, help, unit, MetricType::Gauge)?;
    for server in servers {
        let labels = [("server", server.server)];
        let mut one = family.encode_family(&labels)?;
        one.encode_gauge(&value(server))?;
    }
    Ok(())
}
