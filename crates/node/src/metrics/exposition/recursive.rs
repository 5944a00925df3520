//! The numbers of a recursive resolver.

use crate::recursive::RecursiveCounted;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use std::fmt;

pub(super) fn put(counted: &RecursiveCounted, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    put_questions(counted, to)?;
    put_failures(counted, to)?;
    for (name, help, count) in [
        (
            "recursive_walks",
            "Walks from the roots that were made for others",
            counted.walks,
        ),
        (
            "recursive_renewals",
            "Walks made ahead of the end of an answer that is asked for often",
            counted.renewals,
        ),
        (
            "recursive_evicted",
            "Answers that made room for others",
            counted.cache.evicted,
        ),
    ] {
        super::put_counter(to, name, help, count)?;
    }
    put_gauges(counted, to)
}

fn put_questions(counted: &RecursiveCounted, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "Questions for others, by how they were answered; joined are among the misses";
    let mut family =
        to.encode_descriptor("recursive_questions", help, None, MetricType::Counter)?;
    let cache = &counted.cache;
    for (how, count) in [
        ("hit", cache.hits),
        ("negative", cache.negative_hits),
        ("stale", cache.stale_hits),
        ("failed", cache.failure_hits),
        ("miss", cache.misses),
        ("joined", counted.joined),
        ("referred", counted.referrals),
        ("no_room", counted.full),
        ("turned_away", counted.turned_away),
    ] {
        let labels = [("how", how)];
        let mut one = family.encode_family(&labels)?;
        one.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
    }
    Ok(())
}

fn put_failures(counted: &RecursiveCounted, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "Walks for others that failed, by why";
    let name = "recursive_walks_failed";
    let mut family = to.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (why, count) in counted.failures {
        let labels = [("why", why)];
        let mut one = family.encode_family(&labels)?;
        one.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
    }
    Ok(())
}

fn put_gauges(counted: &RecursiveCounted, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let kind = MetricType::Gauge;
    let help = "Walks for others that are under way";
    let mut one = to.encode_descriptor("recursive_walks_under_way", help, None, kind)?;
    one.encode_gauge(&gauge(counted.under_way))?;
    let help = "Questions for others whose answers are kept";
    let mut one = to.encode_descriptor("recursive_entries", help, None, kind)?;
    one.encode_gauge(&gauge(counted.cache.entries))?;
    let (help, unit) = ("Memory that kept answers take, about", Some(&Unit::Bytes));
    let mut one = to.encode_descriptor("recursive_cache", help, unit, kind)?;
    one.encode_gauge(&gauge(counted.cache.octets))
}
