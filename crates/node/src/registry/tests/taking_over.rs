//! Somebody else answers for a prefix: put first and put back, whatever is changed meanwhile; and
//! from a node that dies to one that stands in for it, with probes that see it.

use super::failing::StopAtEnd;
use super::*;
use crate::probes::prober_of;
use client::{Clock, Resolver, ask_once};
use engine::probing::message;
use engine::resolver::{Found, Guide, Wish};
use model::site::Transport as Way;
use model::{Reference, Site};
use quorum::{Answer as Told, Command, DataSetName, Function, Outcome, Ownership, Refusal};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const PREFIX: &str = "88.118";
const RECORD: &str = "0.NA/88.118";

fn data_set() -> DataSetName {
    DataSetName::of(&PREFIX.parse().unwrap())
}

fn person(identifier: &str, index: u32) -> Reference {
    Reference {
        identifier: identifier.to_owned().into(),
        index,
    }
}

fn propose() -> Command {
    Command::ProposeTakeOver {
        name: data_set(),
        epoch: 1,
        function: Function::Resolution,
        to: person(RECORD, 2),
    }
}

fn confirm() -> Command {
    Command::ConfirmTakeOver {
        name: data_set(),
        epoch: 1,
        function: Function::Resolution,
    }
}

fn withdraw() -> Command {
    Command::WithdrawTakeOver {
        name: data_set(),
        epoch: 1,
        function: Function::Resolution,
    }
}

impl Ring {
    /// Has a member ask for something in somebody's name.
    fn ask_as(&self, at: usize, identity: Reference, command: Command) -> Told {
        let registry = self.members[at].node().answerer.registry().unwrap();
        match pollster::block_on(registry.command(identity, command)) {
            Outcome::Answered(answer, _) => answer,
            other => panic!("{other:?}"),
        }
    }

    fn command(&self, command: Command) -> Told {
        self.ask_as(0, person("0.NA/88", 300), command)
    }

    fn create(&self, is_automatic: bool) {
        let told = self.command(Command::CreateDataSet {
            name: data_set(),
            ownership: Ownership::Sovereign {
                reserved: "".into(),
            },
            is_automatic,
            holder: person(RECORD, 300),
        });
        assert!(told.is_done(), "{told:?}");
    }

    /// Waits until all say that the sites of the prefix stand in this order, by their ports.
    fn all_order(&self, ports: &[u16]) {
        for at in self.running() {
            wait_until("the sites stand in order", || {
                ports_of(&self.members[at]) == ports
            });
        }
    }
}

/// The ports of the sites of the prefix as a member tells them.
fn ports_of(member: &Machine) -> Vec<u16> {
    let (_, values) = member.ask(RECORD);
    let sites = values
        .iter()
        .filter(|value| value.value_type.octets()[..] == *b"HS_SITE");
    let sites = sites.map(|value| Site::decode(value.data.clone()).unwrap());
    sites
        .map(|site| site.servers[0].interfaces[0].port as u16)
        .collect()
}

fn site_of(folder: &Path) -> Site {
    let octets = std::fs::read(folder.join("siteinfo.json")).unwrap();
    serde_json::from_slice(&octets).unwrap()
}

/// A site as a value that is kept for a few seconds only.
fn site_value(index: u32, site: &Site) -> Value {
    let mut value = Value::public(index, "HS_SITE", site.encode());
    value.ttl.seconds = 300;
    value
}

/// Sites that nobody is asked at: the first is a primary.
fn two_sites(ring: &Ring) -> [Site; 2] {
    let site = site_of(&ring.members[0].folder);
    [(1001, 0x80), (1002, 0)].map(|(port, flags)| {
        let mut site = site.clone();
        site.flags.0 = flags;
        site.servers[0].public_key = vec![port as u8; 40].into();
        site.servers[0].interfaces[0].port = port;
        site
    })
}

fn register(ring: &Ring, values: &[Value]) {
    let identifier = RECORD.parse().unwrap();
    let code = ring.order(0, Order::register(&identifier, values));
    assert_eq!(code, ResponseCode::SUCCESS);
}

#[test]
fn whoever_takes_over_stands_first_until_that_is_withdrawn() {
    let mut ring = Ring::start(3);
    ring.leader();
    ring.create(false);
    let [own, other] = two_sites(&ring);
    register(
        &ring,
        &[site_value(1, &own), site_value(2, &other), admin()],
    );
    ring.all_order(&[1001, 1002]);
    assert_eq!(ring.command(propose()), Told::Proposed);
    assert!(ring.command(confirm()).is_done());
    ring.all_order(&[1002, 1001]);
    // One that was away comes back to it, and one that was stopped still has it.
    drop(ring.members[2].node.take());
    ring.members[2].start().unwrap();
    ring.all_order(&[1002, 1001]);
    ring.leader();

    // The administrator sees the other site first, and gives that site another port.
    let mut moved = other.clone();
    moved.servers[0].interfaces[0].port = 1003;
    let identifier = RECORD.parse().unwrap();
    let order = Order::modify(&identifier, &[site_value(1, &moved)]);
    assert_eq!(ring.order(0, order), ResponseCode::SUCCESS);
    ring.all_order(&[1003, 1001]);
    assert!(ring.command(withdraw()).is_done());
    ring.all_order(&[1001, 1003]);
    // Nothing is there any more that anybody could stand first in.
    assert!(ring.command(propose()).is_done() && ring.command(confirm()).is_done());
    let code = ring.order(2, Order::delete(&identifier));
    assert_eq!(code, ResponseCode::SUCCESS);
    ring.all_order(&[]);
    register(
        &ring,
        &[site_value(1, &own), site_value(2, &other), admin()],
    );
    ring.all_order(&[1002, 1001]);
}

/// Where the prefix says so, what is proposed is done at once.
#[test]
fn an_automatic_take_over_waits_for_nobody() {
    let ring = Ring::start(1);
    ring.leader();
    ring.create(true);
    let [own, other] = two_sites(&ring);
    register(
        &ring,
        &[site_value(1, &own), site_value(2, &other), admin()],
    );
    assert!(ring.command(propose()).is_done());
    ring.all_order(&[1002, 1001]);
}

/// A prober may propose, and withdraw what probers have proposed: not what an operator has, and not
/// what is confirmed.
#[test]
fn probers_touch_nothing_that_operators_have_said() {
    let ring = Ring::start(1);
    ring.leader();
    ring.create(false);
    let prober = || prober_of(&ring.members[0].config.registry, 1).unwrap();
    let as_prober = |command| ring.ask_as(0, prober(), command);
    assert_eq!(prober(), person("0.NA/88", 1));
    let refused = Told::Refused(Refusal::NotPermitted);
    assert_eq!(as_prober(propose()), Told::Proposed);
    assert_eq!(as_prober(confirm()), refused);
    assert!(as_prober(withdraw()).is_done());
    assert_eq!(as_prober(withdraw()), refused);
    assert_eq!(ring.command(propose()), Told::Proposed);
    assert_eq!(
        as_prober(withdraw()),
        refused,
        "an operator has proposed it"
    );
    assert!(ring.command(withdraw()).is_done());
    assert_eq!(as_prober(propose()), Told::Proposed);
    assert!(ring.command(confirm()).is_done());
    assert_eq!(as_prober(withdraw()), refused, "it is confirmed");
}

/// A node of the second level, home to the prefix, that knows the members as probers.
fn second_level(ring: &Ring, number: u64, is_primary: bool) -> Machine {
    let mut machine = Machine::found(ring.path(), number);
    let members = (1..).zip(&ring.members);
    let probers = members.map(|(place, member)| {
        let file = member.folder.join("siteinfo.json");
        (format!("{place}:0.NA/88"), file)
    });
    machine.config.probes.probers = probers.collect();
    machine.start().unwrap();
    let home = engine::question::homing(&RECORD.parse().unwrap(), true, 1, Clock::date());
    let pump = format!("{PREFIX}/pump").parse().unwrap();
    let values = [Value::public(1, "URL", "https://example.org/")];
    let flags = wire::OpFlags::USUAL;
    let creation = engine::question::creation(&pump, &values, flags, 2, Clock::date());
    for request in [home, creation] {
        let answer = machine.node().answer_locally(&request).unwrap();
        assert_eq!(answer.header.response_code, ResponseCode::SUCCESS);
    }
    machine.config.site.is_primary = is_primary;
    machine.stop();
    machine.start().unwrap();
    machine
}

/// Who asks for one identifier all the time, with what was learned and without.
struct Visitor {
    stops: AtomicBool,
    asked: AtomicU64,
}

impl Visitor {
    fn visit(&self, roots: &[Site]) {
        let guide = Guide {
            roots: roots.to_vec(),
            ..Guide::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let kept = Resolver::new(guide.clone());
        while !self.stops.load(Ordering::Relaxed) {
            let fresh = Resolver::new(guide.clone());
            for resolver in [&kept, &fresh] {
                let wish = Wish::for_values(format!("{PREFIX}/pump").parse().unwrap());
                let walked = runtime.block_on(resolver.walk(wish));
                let found = &walked.end.found;
                assert!(matches!(found, Found::Values(_)), "{found:?}: {walked:?}");
                self.asked.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// What the leader shows of the resolution of the prefix.
fn shown(ring: &Ring) -> Option<(String, String)> {
    let states = ring.running().map(|at| ring.members[at].state());
    let leading = states.into_iter().find(|state| state.is_leader)?;
    let mut probes = leading.probes.into_iter();
    let probe = probes.find(|it| it.function == "resolution")?;
    Some((probe.judgement, probe.standing))
}

fn wait_for(ring: &Ring, judgement: &str, standing: &str) {
    wait_until(&format!("{judgement}, {standing:?}"), || {
        shown(ring).is_some_and(|it| it == (judgement.to_owned(), standing.to_owned()))
    });
}

#[test]
fn a_node_that_dies_is_noticed_and_another_answers_throughout() {
    let mut ring = Ring::prepare(3);
    for member in &mut ring.members {
        member.config.probes.interval_ms = 100;
        member.config.probes.window_seconds = 600;
        member.config.probes.down_seconds = 1;
        member.start().unwrap();
    }
    ring.leader();
    let mut second = second_level(&ring, 101, true);
    let recovery = second_level(&ring, 102, false);
    let sites = [&second, &recovery].map(|it| site_of(&it.folder));
    let ports = [&second, &recovery].map(|it| it.address().port());
    let values = [site_value(1, &sites[0]), site_value(2, &sites[1]), admin()];
    register(&ring, &values);
    ring.create(false);
    ring.all_order(&ports);
    wait_for(&ring, "up", "");
    let probes = second.node().counted();
    assert!(probes.probes > 0 && probes.answered == 0, "{probes:?}");

    let roots: Vec<Site> = ring.members.iter().map(|it| site_of(&it.folder)).collect();
    let visitor = Visitor {
        stops: AtomicBool::new(false),
        asked: AtomicU64::new(0),
    };
    thread::scope(|scope| {
        scope.spawn(|| visitor.visit(&roots));
        let stop = StopAtEnd(&visitor.stops);
        second.stop();
        wait_for(&ring, "down", "proposed");
        // It comes back before anybody has confirmed it.
        second.start().unwrap();
        wait_for(&ring, "up", "");
        second.stop();
        wait_for(&ring, "down", "proposed");
        ring.all_order(&ports);
        assert!(ring.command(confirm()).is_done());
        let [own, other] = ports;
        ring.all_order(&[other, own]);
        wait_for(&ring, "down", "settled");
        // Whoever took over is not put back by probers, though the holder answers again.
        second.start().unwrap();
        wait_for(&ring, "up", "settled");
        assert!(ring.command(withdraw()).is_done());
        ring.all_order(&ports);
        let before = visitor.asked.load(Ordering::Relaxed);
        wait_until("the visitor is answered", || {
            visitor.asked.load(Ordering::Relaxed) > before + 4
        });
        drop(stop);
    });
    let metrics = ring.members[0].node().handle().metrics();
    assert!(metrics.contains("nameplate_probe_targets"), "{metrics}");
}

/// Anybody can send what looks like a probe: it is a question like any other, and an order to
/// remove nothing is challenged.
#[test]
fn who_is_no_prober_is_counted_and_challenged() {
    use message::Kind::{Registration, Resolution};
    let ring = Ring::prepare(2);
    let second = second_level(&ring, 101, true);
    let key = |at: usize| {
        let keys = Keys::open(&ring.members[at].folder, None).unwrap();
        let store = Store::open(
            &ring.members[at].folder,
            &Config::default().storage.options(),
        );
        let (member, store) = (&ring.members[at], store.unwrap());
        let listening = Listening {
            native: member.config.listen.clone(),
            http: Vec::new(),
        };
        let founded = founding::found(&member.folder, &keys, &store, &member.config, &listening);
        founded.unwrap().signing_key
    };
    let keys = [key(0), key(1)];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let check = |kind, name: u32, key: usize, way, expected: ResponseCode, counts: bool| {
        let before = second.node().counted();
        let control = format!("{PREFIX}/pump").parse().unwrap();
        let mut probe = message::probe(kind, &control, 1, name * 100, Clock::date());
        assert!(message::sign(
            &mut probe,
            &person("0.na/88", name),
            &*keys[key]
        ));
        let asking = ask_once(second.address(), way, probe, PATIENCE);
        let answer = runtime.block_on(asking).unwrap().message;
        assert_eq!(
            answer.header.response_code, expected,
            "{kind:?} {name} {key}"
        );
        let site = site_of(&second.folder).servers[0].key().unwrap();
        let site = crypto::VerifyingKey::new(&site).unwrap();
        assert!(engine::credentials::is_signed(&answer, &site));
        let after = second.node().counted();
        let (answered, probes) = (
            after.answered - before.answered,
            after.probes - before.probes,
        );
        assert_eq!((answered, probes), (u64::from(counts), u64::from(!counts)));
    };
    for way in [Way::UDP, Way::TCP] {
        check(Resolution, 1, 0, way, ResponseCode::SUCCESS, false);
        check(Resolution, 1, 1, way, ResponseCode::SUCCESS, true);
        check(Resolution, 7, 0, way, ResponseCode::SUCCESS, true);
        check(Registration, 2, 1, way, ResponseCode::SUCCESS, false);
        let challenged = ResponseCode::AUTHENTICATION_NEEDED;
        check(Registration, 2, 0, way, challenged, true);
    }
}
