//! The numbers of a member of the registry.

use crate::registry::RegistryState;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use std::fmt;
use std::time::Duration;

pub(super) fn put(to: &mut DescriptorEncoder<'_>, state: &RegistryState) -> fmt::Result {
    for (name, help, value) in [
        (
            "registry_leader",
            "The number of the member that leads, as far as is known here; 0 for none",
            state.leader,
        ),
        (
            "registry_is_leader",
            "1 where this member leads",
            u64::from(state.is_leader),
        ),
        (
            "registry_term",
            "Which leader's the last entry is that is applied here",
            state.term,
        ),
        (
            "registry_applied",
            "The number of the last entry that is applied here",
            state.applied,
        ),
        (
            "registry_delegations",
            "Prefixes that are or were delegated",
            state.delegations,
        ),
        (
            "registry_waiting",
            "Changes asked here that are not answered",
            state.waiting,
        ),
        (
            "registry_unstored",
            "Entries that are agreed on and not yet in the store",
            state.unstored,
        ),
        (
            "registry_stopped",
            "1 where this member has stopped and an operator must act",
            u64::from(!state.trouble.is_empty()),
        ),
    ] {
        put_one(to, (name, help, None), &value)?;
    }
    if let Some(age_ms) = state.age_ms {
        let help = "For how long what is shown here may have been out of date";
        let what = ("registry_lag", help, Some(&Unit::Seconds));
        put_one(to, what, &Duration::from_millis(age_ms).as_secs_f64())?;
    }
    let help = "1 where there is a connection to a member";
    let name = "registry_connected";
    let mut family = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for member in &state.members {
        let labels = [("member", member.number)];
        let mut one = family.encode_family(&labels)?;
        one.encode_gauge(&u64::from(member.is_connected))?;
    }
    Ok(())
}

fn put_one(
    to: &mut DescriptorEncoder<'_>,
    (name, help, unit): (&str, &str, Option<&Unit>),
    value: &impl EncodeGaugeValue,
) -> fmt::Result {
    let mut one = to.encode_descriptor(name, help, unit, MetricType::Gauge)?;
    one.encode_gauge(value)
}
