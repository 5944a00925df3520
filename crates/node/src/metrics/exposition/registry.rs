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
    put_probes(to, state)
}

/// How many targets stand how, and each that is not up: so a country of them is three numbers.
fn put_probes(to: &mut DescriptorEncoder<'_>, state: &RegistryState) -> fmt::Result {
    if state.probes.is_empty() {
        return Ok(());
    }
    let help = "What is probed, resolution and registration apart, by how it stands";
    let mut family = to.encode_descriptor("probe_targets", help, None, MetricType::Gauge)?;
    for judgement in ["up", "down", "unknown"] {
        let of_kind = state.probes.iter().filter(|it| it.judgement == judgement);
        let labels = [("judgement", judgement)];
        let mut one = family.encode_family(&labels)?;
        one.encode_gauge(&(of_kind.count() as u64))?;
    }
    let help = "For how long something that is probed was down within the window, if it was";
    let (name, unit) = ("probe_down", Some(&Unit::Seconds));
    let mut family = to.encode_descriptor(name, help, unit, MetricType::Gauge)?;
    for probe in state.probes.iter().filter(|it| it.down_ms > 0) {
        let labels = [
            ("prefix", &probe.prefix[..]),
            ("function", &probe.function[..]),
        ];
        let mut one = family.encode_family(&labels)?;
        one.encode_gauge(&Duration::from_millis(probe.down_ms).as_secs_f64())?;
    }
    let help = "1 where probers have proposed that somebody else does it";
    let mut family = to.encode_descriptor("probe_proposed", help, None, MetricType::Gauge)?;
    for probe in state.probes.iter().filter(|it| it.standing == "proposed") {
        let labels = [
            ("prefix", &probe.prefix[..]),
            ("function", &probe.function[..]),
        ];
        family.encode_family(&labels)?.encode_gauge(&1_u64)?;
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
