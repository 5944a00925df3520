//! The numbers as Prometheus and its kin read them (`OpenMetrics` text).

mod recursive;
mod registry;
mod replication;

use super::{BOUNDS_MICROSECONDS, CODES, Metrics, OPCODES, Transport};
use crate::Counted;
use crate::expiry::RunsOut;
use crate::recursive::RecursiveCounted;
use crate::registry::RegistryState;
use crate::replication::ReplicationState;
use engine::Weakness;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::Arc;

/// Numbers that are read when somebody asks for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gauges {
    /// How many connections are open, by transport.
    pub(crate) connections: [u64; Transport::ALL.len()],
    /// How many lines of the access log were left out.
    pub(crate) access_lines_dropped: u64,
    /// How many lines of the log were left out.
    pub(crate) log_lines_dropped: u64,
    /// What the answerer has counted.
    pub(crate) counted: Counted,
    /// What was done for others, if that is done at all.
    pub(crate) recursive: Option<Box<RecursiveCounted>>,
    /// How the registry stands, if the node is a member of one.
    pub(crate) registry: Option<Box<RegistryState>>,
}

/// The transports that have connections.
const CONNECTED: [Transport; 2] = [Transport::Tcp, Transport::Http];

/// All numbers as text.
///
/// `runs_out` is what is watched that runs out, the first to do so first.
pub(crate) fn text(
    metrics: &Arc<Metrics>,
    gauges: Gauges,
    runs_out: Vec<RunsOut>,
    replication: ReplicationState,
) -> String {
    let mut registry = Registry::with_prefix("nameplate");
    registry.register_collector(Box::new(Exposition {
        metrics: Arc::clone(metrics),
        gauges,
        runs_out,
        replication,
    }));
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = prometheus_client::encoding::text::encode(&mut out, &registry);
    out
}

#[derive(Debug)]
struct Exposition {
    metrics: Arc<Metrics>,
    gauges: Gauges,
    runs_out: Vec<RunsOut>,
    replication: ReplicationState,
}

impl Collector for Exposition {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> fmt::Result {
        put_build(&mut to)?;
        self.put_requests(&mut to)?;
        self.put_times(&mut to)?;
        self.put_rate_limited(&mut to)?;
        self.put_events(&mut to)?;
        self.put_weak_forms(&mut to)?;
        self.put_connections(&mut to)?;
        self.put_log(&mut to)?;
        if let Some(counted) = &self.gauges.recursive {
            recursive::put(counted, &mut to)?;
        }
        if let Some(state) = &self.gauges.registry {
            registry::put(&mut to, state)?;
        }
        self.put_runs_out(&mut to)?;
        replication::put(&mut to, &self.replication)
    }
}

fn put_build(to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "Which version of the program this is";
    let mut info = to.encode_descriptor("build", help, None, MetricType::Info)?;
    info.encode_info(&[("version", env!("CARGO_PKG_VERSION"))])
}

impl Exposition {
    fn put_requests(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Requests answered, by transport, operation and response code";
        let mut family = to.encode_descriptor("requests", help, None, MetricType::Counter)?;
        let mut at = 0;
        for transport in Transport::ALL {
            for operation in 0..=OPCODES.len() {
                for code in 0..=CODES.len() {
                    let count = self.metrics.requests(at);
                    at += 1;
                    if count > 0 {
                        let labels = labels(transport, operation, code);
                        let mut one = family.encode_family(&labels)?;
                        one.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
                    }
                }
            }
        }
        Ok(())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a sum of nanoseconds is exact for three months, and good enough for ever"
    )]
    fn put_times(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Time from a whole question to its answer";
        let kind = MetricType::Histogram;
        let mut family = to.encode_descriptor("answer", help, Some(&Unit::Seconds), kind)?;
        for transport in Transport::ALL {
            let (counts, nanoseconds) = self.metrics.times(transport);
            let bounds = BOUNDS_MICROSECONDS.iter().map(|&bound| bound as f64 / 1e6);
            let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(counts).collect();
            let seconds = nanoseconds as f64 / 1e9;
            let labels = [("transport", lower(transport))];
            let mut one = family.encode_family(&labels)?;
            let count = counts.iter().sum();
            one.encode_histogram::<NoLabelSet>(seconds, count, &buckets, None)?;
        }
        Ok(())
    }

    fn put_runs_out(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "When a key, certificate or signed statement runs out, since 1970";
        let unit = Some(&Unit::Seconds);
        let mut family = to.encode_descriptor("runs_out", help, unit, MetricType::Gauge)?;
        for RunsOut { at, what } in &self.runs_out {
            let labels = [("what", what.as_str())];
            let mut one = family.encode_family(&labels)?;
            one.encode_gauge(&i64::try_from(*at).unwrap_or(i64::MAX))?;
        }
        Ok(())
    }

    fn put_rate_limited(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Questions beyond the rate of their source, by transport";
        let mut family = to.encode_descriptor("rate_limited", help, None, MetricType::Counter)?;
        for transport in Transport::ALL {
            let labels = [("transport", lower(transport))];
            let mut one = family.encode_family(&labels)?;
            one.encode_counter::<NoLabelSet, _, u64>(&self.metrics.rate_limited(transport), None)?;
        }
        Ok(())
    }

    fn put_events(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let counted = &self.gauges.counted;
        for (name, help, count) in [
            ("refused", "Octets that were no message", counted.refused),
            (
                "ignored",
                "Messages that deserved no answer",
                counted.ignored,
            ),
            (
                "records_unreadable",
                "Answers that met a stored record nobody can read",
                counted.unreadable,
            ),
            (
                "udp_answers_too_long",
                "Answers not sent because they are too long for UDP",
                counted.too_long_for_udp,
            ),
            (
                "identities_unproven",
                "Proofs of an identity that were wrong or could not be judged",
                counted.unidentified,
            ),
            (
                "session_messages_refused",
                "Messages that named a session and were refused",
                counted.refused_in_session,
            ),
            (
                "probes_answered",
                "Probes of registered probers that were answered; they are no requests",
                counted.probes,
            ),
            (
                "logins",
                "Connections on which an identity was proven for all that follows",
                counted.logins,
            ),
        ] {
            put_counter(to, name, help, count)?;
        }
        Ok(())
    }

    fn put_weak_forms(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Proofs, MACs and signatures of a weak form that were accepted, by its name";
        let (name, kind) = ("weak_forms_accepted", MetricType::Counter);
        let mut family = to.encode_descriptor(name, help, None, kind)?;
        for (form, count) in Weakness::ALL.into_iter().zip(self.gauges.counted.weak) {
            let labels = [("form", form.name())];
            let mut one = family.encode_family(&labels)?;
            one.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        Ok(())
    }

    fn put_connections(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let (name, help) = ("connections", "Connections that are open, by transport");
        let mut family = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for transport in CONNECTED {
            let labels = [("transport", lower(transport))];
            let mut one = family.encode_family(&labels)?;
            one.encode_gauge(&self.gauges.connections[transport as usize])?;
        }
        let name = "connections_refused";
        let help = "Connections closed at once, by transport: their peer had too many";
        let mut family = to.encode_descriptor(name, help, None, MetricType::Counter)?;
        for transport in CONNECTED {
            let labels = [("transport", lower(transport))];
            let count = self.metrics.connections_refused(transport);
            let mut one = family.encode_family(&labels)?;
            one.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        Ok(())
    }

    fn put_log(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Log lines left out because too many waited to be written";
        let (name, kind) = ("log_lines_dropped", MetricType::Counter);
        let mut family = to.encode_descriptor(name, help, None, kind)?;
        for (log, count) in [
            ("access", self.gauges.access_lines_dropped),
            ("node", self.gauges.log_lines_dropped),
        ] {
            let labels = [("log", log)];
            let mut one = family.encode_family(&labels)?;
            one.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        Ok(())
    }
}

pub(super) fn put_counter(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    count: u64,
) -> fmt::Result {
    let mut counter = to.encode_descriptor(name, help, None, MetricType::Counter)?;
    counter.encode_counter::<NoLabelSet, _, u64>(&count, None)
}

fn labels(transport: Transport, operation: usize, code: usize) -> [(&'static str, String); 3] {
    let other = || "other".to_owned();
    let operation = OPCODES.get(operation).map(|opcode| opcode.0.to_string());
    let code = CODES.get(code).map(|code| code.0.to_string());
    [
        ("transport", lower(transport).to_owned()),
        ("operation", operation.unwrap_or_else(other)),
        ("code", code.unwrap_or_else(other)),
    ]
}

fn lower(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Http => "http",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{MemberState, ProbeState};
    use crate::replication::{CopyState, MirrorState};
    use std::time::Duration;
    use wire::{Opcode, ResponseCode};

    #[test]
    fn what_was_counted_is_told() {
        let metrics = Arc::new(Metrics::new());
        for (transport, opcode, code, microseconds) in [
            (Transport::Udp, 1, 1, 3),
            (Transport::Udp, 1, 1, 30),
            (Transport::Tcp, 1, 100, 9_000_000),
            (Transport::Http, 4711, 4711, 30),
        ] {
            let took = Duration::from_micros(microseconds);
            metrics.count_answer(transport, Opcode(opcode), ResponseCode(code), took);
        }
        metrics.count_rate_limited(Transport::Udp);
        metrics.count_connection_refused(Transport::Http);
        let gauges = Gauges {
            connections: [0, 2, 3],
            registry: Some(Box::new(RegistryState {
                leader: 3,
                term: 9,
                applied: 70,
                age_ms: Some(250),
                members: vec![MemberState {
                    number: 2,
                    ..MemberState::default()
                }],
                probes: vec![ProbeState {
                    prefix: "88.118".into(),
                    function: "resolution".into(),
                    judgement: "down".into(),
                    down_ms: 61_500,
                    standing: "proposed".into(),
                    ..ProbeState::default()
                }],
                ..RegistryState::default()
            })),
            counted: Counted {
                weak: [1, 0, 4, 0],
                ..Counted::default()
            },
            ..Gauges::default()
        };
        let runs_out = RunsOut {
            at: 1_795_000_000,
            what: "300:88.156/u HS_PUBKEY".into(),
        };
        let replication = ReplicationState {
            epoch: 2,
            txn: 7,
            waiting: 1,
            copies: vec![CopyState {
                identity: "300:88.1/copy".into(),
                txn: 5,
                behind: 2,
            }],
            mirror: vec![MirrorState {
                phase: "copying".into(),
                lag_ms: 1500,
                behind: 3,
                rows: 9,
                ..MirrorState::default()
            }],
        };
        let text = text(&metrics, gauges, vec![runs_out], replication);
        let check = |line: &str| assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        check(r#"nameplate_requests_total{transport="udp",operation="1",code="1"} 2"#);
        check(r#"nameplate_requests_total{transport="tcp",operation="1",code="100"} 1"#);
        check(r#"nameplate_requests_total{transport="http",operation="other",code="other"} 1"#);
        check(r#"nameplate_answer_seconds_bucket{le="0.000005",transport="udp"} 1"#);
        check(r#"nameplate_answer_seconds_bucket{le="0.00005",transport="udp"} 2"#);
        check(r#"nameplate_answer_seconds_bucket{le="5.0",transport="tcp"} 0"#);
        check(r#"nameplate_answer_seconds_bucket{le="+Inf",transport="tcp"} 1"#);
        check(r#"nameplate_answer_seconds_sum{transport="tcp"} 9.0"#);
        check(r#"nameplate_rate_limited_total{transport="udp"} 1"#);
        check(r#"nameplate_weak_forms_accepted_total{form="md5"} 1"#);
        check(r#"nameplate_weak_forms_accepted_total{form="sha1"} 0"#);
        check(r#"nameplate_weak_forms_accepted_total{form="old_mac"} 4"#);
        check(r#"nameplate_connections{transport="tcp"} 2"#);
        check(r#"nameplate_connections{transport="http"} 3"#);
        check(r#"nameplate_connections_refused_total{transport="tcp"} 0"#);
        check(r#"nameplate_connections_refused_total{transport="http"} 1"#);
        check(r#"nameplate_runs_out_seconds{what="300:88.156/u HS_PUBKEY"} 1795000000"#);
        check("nameplate_replication_epoch 2");
        check("nameplate_replication_transaction 7");
        check("nameplate_replication_waiting 1");
        check(r#"nameplate_replication_copy_behind{copy="300:88.1/copy"} 2"#);
        check(r#"nameplate_mirror_behind{server="0"} 3"#);
        check(r#"nameplate_mirror_lag_seconds{server="0"} 1.5"#);
        check(r#"nameplate_mirror_rows{server="0"} 9"#);
        check(r#"nameplate_mirror_following{server="0"} 0"#);
        check(r#"nameplate_probe_targets{judgement="down"} 1"#);
        check(r#"nameplate_probe_targets{judgement="up"} 0"#);
        check(r#"nameplate_probe_down_seconds{prefix="88.118",function="resolution"} 61.5"#);
        check(r#"nameplate_probe_proposed{prefix="88.118",function="resolution"} 1"#);
        check("nameplate_probes_answered_total 0");
        check("nameplate_registry_leader 3");
        check("nameplate_registry_term 9");
        check("nameplate_registry_applied 70");
        check("nameplate_registry_lag_seconds 0.25");
        check("nameplate_registry_stopped 0");
        check(r#"nameplate_registry_connected{member="2"} 0"#);
        check("# EOF");
        assert!(text.contains("nameplate_build_info{version="), "{text}");
    }
}
