//! Whether those who hold prefixes still answer and still take changes, found out by the members of
//! the registry.
//!
//! ```text
//! look ─ targets ─ round ─ probes ═══ the holders' nodes
//!                    │ report ═══ the other members
//!                    ▼
//!                judgement ─ the leader proposes, or withdraws ─ the registry's log
//! ```
//!
//! Every member probes every data set and tells the others what it found, over the connections on
//! which they agree; so each judges by the probes of all, and none alone says that anybody is down.
//! The one that leads proposes, so that one does. Nothing is written down: a member that was
//! started anew judges after a few rounds, and adds down time up anew.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `probes/targets` | who is probed, and who stands by? |
//! | `probes/round` | what does one round of probes find? |
//! | `probes/report` | what is the others told of it? |
//! | `probes/probers` | whose probes does a node answer as probes? |
//!
//! Not here: how probes are judged (room `engine`), take-over (room `quorum`), how probes are
//! answered (`answerer/probed`).

mod probers;
mod report;
mod round;
mod targets;

pub(crate) use probers::{Probers, prober_of};

use crate::config::Config;
use crate::founding::Founded;
use crate::registry::{ProbeState, Registry, Report};
use bytes::Bytes;
use client::Clock;
use engine::probing::{Judgement, Probe, Probing, Shown, Standing, Wish};
use model::site::{InterfaceKind, Transport};
use model::{Reference, Site};
use quorum::{Command, Function, MemberId, Outcome};
use report::Found;
use round::Prober;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use targets::{Known, Target};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

/// Why a node cannot know probers. The operator corrects the file, or its place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbesError {
    /// A site of a prober cannot be read.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// What is probed: something that the holder of a prefix, in canonical form, shall do.
type Name = (Bytes, Function);

/// The probes of a member.
struct Probes {
    registry: Arc<Registry>,
    own: MemberId,
    prober: Prober,
    known: Known,
    clock: Clock,
    probing: Probing<Name, MemberId>,
}

/// Starts the probes of a member, if the node is one and shall probe.
pub(crate) fn start(
    config: &Config,
    founded: Option<&Founded>,
    registry: Option<&Arc<Registry>>,
    runtime: &Handle,
    stopped: watch::Receiver<bool>,
) {
    let (Some(registry), Some(founded)) = (registry, founded) else {
        return;
    };
    let interval = config.probes.interval();
    if interval.is_zero() {
        return;
    }
    let Some(identity) = own_identity(config) else {
        return;
    };
    let Some(reports) = registry.take_reports() else {
        return;
    };
    let settings = &config.probes;
    let probes = Probes {
        registry: Arc::clone(registry),
        own: MemberId(config.registry.member),
        known: Known {
            // Both were checked when the configuration was read.
            identifiers: settings.parsed_identifiers().unwrap_or_default(),
            registrars: settings.parsed_registrars().unwrap_or_default(),
            probers: identity.identifier.clone(),
        },
        prober: Prober {
            identity,
            key: Arc::clone(&founded.signing_key),
            control: controls(config),
            patience: settings.timeout(),
        },
        clock: Clock::start(),
        probing: Probing::new(settings.terms()),
    };
    runtime.spawn(probes.run(interval, reports, stopped));
}

/// This member as a prober.
fn own_identity(config: &Config) -> Option<Reference> {
    let mut numbers: Vec<u64> = config.registry.members.iter().map(|it| it.number).collect();
    numbers.sort_unstable();
    let own = numbers.iter().zip(1..);
    let (_, place) = { own }.find(|(number, _)| **number == config.registry.member)?;
    prober_of(&config.registry, place)
}

/// Who answers as long as this member reaches anybody.
fn controls(config: &Config) -> Vec<SocketAddr> {
    if !config.probes.control.is_empty() {
        return config.probes.control.clone();
    }
    let members = config.registry.members.iter();
    let others = members.filter(|it| it.number != config.registry.member);
    let addresses = others.filter_map(|member| {
        let octets = std::fs::read(&member.site).ok()?;
        let site: Site = serde_json::from_slice(&octets).ok()?;
        let server = site.servers.first()?;
        let interface = server
            .interface(Transport::UDP, InterfaceKind::QUERY)
            .or_else(|| server.interface(Transport::TCP, InterfaceKind::QUERY))?;
        let port = u16::try_from(interface.port).ok()?;
        Some(SocketAddr::new(server.address.ip(), port))
    });
    addresses.collect()
}

impl Probes {
    async fn run(
        mut self,
        every: Duration,
        mut reports: mpsc::Receiver<Report>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let stop = async {
            let _ = stopped.wait_for(|stops| *stops).await;
        };
        tokio::select! {
            () = stop => (),
            () = self.go_on(every, &mut reports) => (),
        }
    }

    async fn go_on(&mut self, every: Duration, reports: &mut mpsc::Receiver<Report>) {
        let mut rounds = interval(every);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some((from, octets)) = reports.recv() => self.hear(from, octets),
                _ = rounds.tick() => self.go_round().await,
            }
        }
    }

    fn hear(&mut self, from: MemberId, octets: Bytes) {
        match report::decode(octets) {
            Ok(results) => self.take(from, results),
            Err(error) => info!(%from, %error, "a report of probes cannot be read"),
        }
    }

    /// Takes what a member has found.
    fn take(&mut self, from: MemberId, results: Vec<Found>) {
        let now = self.clock.moment();
        for found in results {
            let probe = Probe::of(found.is_answered, true);
            let name = (found.prefix, found.function);
            self.probing.handle_probe(now, &name, from, probe);
        }
    }

    async fn go_round(&mut self) {
        let Some(looked) = self.registry.look().await else {
            return;
        };
        let holdings = looked.holdings.iter();
        let targets: Vec<Target> = holdings.flat_map(|it| self.known.targets(it)).collect();
        let names = targets.iter().map(Target::name);
        self.probing.set_targets(self.clock.moment(), names);
        for target in &targets {
            self.probing
                .handle_standing(&target.name(), target.standing);
        }
        if !targets.is_empty() {
            // At the same time: what cuts the member off cuts both.
            let (is_valid, results) =
                tokio::join!(self.prober.reaches_control(), self.prober.ask_all(&targets));
            if is_valid {
                self.registry.say(report::encode(&results));
                self.take(self.own, results);
            } else {
                warn!("nobody answers this member's control: its probes say nothing");
            }
        }
        if looked.leads {
            self.wish(&targets).await;
        }
        self.show(&targets);
    }

    /// Asks the members for what is wished.
    async fn wish(&mut self, targets: &[Target]) {
        while let Some(((prefix, function), wish)) = self.probing.poll_wish(self.clock.moment()) {
            let mut named = targets.iter();
            let target = named.find(|it| it.prefix == prefix && it.function == function);
            let Some(command) = target.and_then(|target| command(target, wish)) else {
                continue;
            };
            let prober = self.prober.identity.clone();
            let outcome = self.registry.command(prober, command).await;
            let prefix = prefix.escape_ascii();
            match outcome {
                Outcome::Answered(answer, _) if answer.is_done() => {
                    warn!(%prefix, ?function, ?wish, "what probes found is agreed on");
                }
                other => info!(%prefix, ?function, ?wish, outcome = ?other, "not agreed on yet"),
            }
        }
    }

    /// Shows how all targets stand.
    fn show(&mut self, targets: &[Target]) {
        let named: BTreeMap<Name, &Target> = targets.iter().map(|it| (it.name(), it)).collect();
        let shown = self.probing.shown(self.clock.moment());
        let states = shown.into_iter();
        let states = states.filter_map(|(name, shown)| Some(state(named.get(&name)?, &shown)));
        self.registry.show_probes(states.collect());
    }
}

/// What the members are asked for; nothing where nobody stands by.
fn command(target: &Target, wish: Wish) -> Option<Command> {
    let (name, epoch, function) = (target.data_set.clone(), target.epoch, target.function);
    Some(match wish {
        Wish::Propose => Command::ProposeTakeOver {
            name,
            epoch,
            function,
            to: target.stands_by.clone()?,
        },
        Wish::Withdraw => Command::WithdrawTakeOver {
            name,
            epoch,
            function,
        },
    })
}

fn state(target: &Target, shown: &Shown) -> ProbeState {
    let stands_by = target.stands_by.as_ref();
    let stands_by = stands_by.map(|it| format!("{}:{}", it.index, it.identifier.escape_ascii()));
    ProbeState {
        prefix: target.prefix.escape_ascii().to_string(),
        function: match target.function {
            Function::Resolution => "resolution".into(),
            Function::Registration => "registration".into(),
        },
        judgement: match shown.judgement {
            Judgement::Unknown => "unknown".into(),
            Judgement::Up => "up".into(),
            Judgement::Down => "down".into(),
        },
        valid: shown.valid as u64,
        failed: shown.failed as u64,
        down_ms: u64::try_from(shown.down.as_millis()).unwrap_or(u64::MAX),
        standing: match target.standing {
            Standing::Nothing => String::new(),
            Standing::Proposed => "proposed".into(),
            Standing::Settled => "settled".into(),
        },
        stands_by: stands_by.unwrap_or_default(),
        ttl_too_long: target.ttl_too_long,
    }
}
