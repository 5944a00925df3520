//! A node that writes a data set, and the members that say so: over loopback, with real leases.

use super::ordering::order;
use super::*;
use crate::config::{DataSetConfig, OwnershipKind};
use client::Clock;
use engine::question;
use model::{PublicKey, Reference};
use quorum::{Command, DataSetName, Ownership};
use wire::OpFlags;

const NAME: &str = "records:88.118";

fn named_set() -> DataSetName {
    NAME.parse().unwrap()
}

/// What writer `at` is called in the registry.
fn reference(at: u64) -> Reference {
    Reference {
        identifier: format!("0.NA/88.{at}").into(),
        index: 300,
    }
}

impl Ring {
    /// A node that would write the data set as one of its writers, known to all members.
    fn writer(&self, at: u64, ownership: OwnershipKind) -> Machine {
        let mut machine = Machine::found(self.path(), at);
        let Reference { identifier, index } = reference(at);
        let sites = self.members.iter();
        machine.config.data_set = DataSetConfig {
            name: Some(NAME.into()),
            ownership,
            members: sites.map(|it| it.folder.join("siteinfo.json")).collect(),
            identity: format!("{index}:{}", identifier.escape_ascii()),
            key_file: Some(machine.folder.join("admpriv.bin")),
            ..DataSetConfig::default()
        };
        let key = std::fs::read(machine.folder.join("admpub.bin")).unwrap();
        let key = PublicKey::decode(key.into()).unwrap();
        let values = [admin(), Value::public(300, "HS_PUBKEY", key.encode())];
        let identifier = format!("0.NA/88.{at}").parse().unwrap();
        let code = self.order(0, Order::register(&identifier, &values));
        assert_eq!(code, ResponseCode::SUCCESS);
        machine.start().unwrap();
        machine
    }

    fn carry_out(&self, mark: u8, command: &Command) {
        let judged = order(self.administrator(0), mark, command);
        assert!(judged.is_ok_and(|(answer, _)| answer.is_done()));
    }

    fn create_set(&self, ownership: Ownership, holder: u64) {
        let command = Command::CreateDataSet {
            name: named_set(),
            ownership,
            is_automatic: false,
            holder: reference(holder),
        };
        self.carry_out(100, &command);
    }
}

impl Machine {
    /// Registers as whoever runs the node.
    fn register(&self, identifier: &str) -> ResponseCode {
        let values = [named("one")];
        let identifier = identifier.parse().unwrap();
        let flags = OpFlags::USUAL | OpFlags::OVERWRITE;
        let request = question::creation(&identifier, &values, flags, 1, Clock::date());
        let answer = self.node().answer_locally(&request).unwrap();
        answer.header.response_code
    }

    fn registers(&self, identifier: &str, wanted: ResponseCode) {
        wait_until("the writer answers so", || {
            self.register(identifier) == wanted
        });
    }
}

#[test]
fn the_holder_writes_with_a_lease_from_any_member_and_the_other_node_does_not() {
    let mut ring = Ring::start(3);
    ring.leader();
    let one = ring.writer(11, OwnershipKind::Strict);
    let other = ring.writer(12, OwnershipKind::Strict);
    assert_eq!(one.register("88.118/a"), ResponseCode::SERVER_BUSY);
    ring.create_set(Ownership::Strict, 11);
    one.registers("88.118/a", ResponseCode::SUCCESS);
    other.registers("88.118/a", ResponseCode::SERVER_NOT_RESPONSIBLE);
    // Nobody leads, and one member answers: until the lease is over nothing is missed.
    for at in [0, 1] {
        ring.members[at].stop();
    }
    wait_until("nobody leads", || ring.members[2].state().leader == 0);
    assert_eq!(one.register("88.118/b"), ResponseCode::SUCCESS);
    let code = other.register("88.118/b");
    assert_eq!(code, ResponseCode::SERVER_NOT_RESPONSIBLE);
}

/// The next epoch does not begin for the new holder while the lease of the old one may hold, but
/// the old one that hears of it stops at once.
#[test]
fn what_was_granted_to_another_is_written_by_nobody_until_the_lease_is_over() {
    let ring = Ring::start(3);
    ring.leader();
    let one = ring.writer(11, OwnershipKind::Strict);
    ring.create_set(Ownership::Strict, 11);
    one.registers("88.118/a", ResponseCode::SUCCESS);
    let grant = Command::Grant {
        name: named_set(),
        epoch: 2,
        holder: reference(12),
        by_force: false,
    };
    let (granted, _) = order(ring.administrator(1), 101, &grant).unwrap();
    let quorum::Answer::Granted { epoch: 2, wait } = granted else {
        panic!("{granted:?}");
    };
    assert!(wait > Duration::from_secs(30), "{wait:?}");
    let mut other = ring.writer(12, OwnershipKind::Strict);
    // Its folder has nothing of the epoch before: it does not write, and says so.
    other.registers("88.118/a", ResponseCode::SERVER_NOT_RESPONSIBLE);
    other.stop();
    // An operator says that there was nothing.
    other.config.data_set.first_epoch = 2;
    other.start().unwrap();
    // The epoch is its own now, and begins when the lease before it is over.
    other.registers("88.118/b", ResponseCode::SERVER_BUSY);
}

#[test]
fn a_sovereign_holder_goes_on_without_any_member_and_hands_back_by_itself() {
    let mut ring = Ring::start(3);
    ring.leader();
    let mut one = ring.writer(11, OwnershipKind::Sovereign);
    let reserved = "R-".into();
    ring.create_set(Ownership::Sovereign { reserved }, 11);
    one.registers("88.118/a", ResponseCode::SUCCESS);
    let code = one.register("88.118/r-1");
    assert_eq!(code, ResponseCode::SERVER_NOT_RESPONSIBLE);
    one.stop();
    one.config.data_set.hand_back = true;
    one.start().unwrap();
    let code = one.register("88.118/b");
    assert_eq!(code, ResponseCode::SERVER_NOT_RESPONSIBLE);
    let grant = Command::Grant {
        name: named_set(),
        epoch: 2,
        holder: reference(11),
        by_force: false,
    };
    let mut mark = 101;
    wait_until("it was handed back", || {
        mark += 1;
        let judged = order(ring.administrator(0), mark, &grant);
        judged.is_ok_and(|(answer, _)| answer.is_done())
    });
    one.stop();
    one.config.data_set.hand_back = false;
    one.start().unwrap();
    one.registers("88.118/b", ResponseCode::SUCCESS);
    assert_eq!(one.node().replication().epoch, 2);
    // Cut off from everybody, and started again.
    for member in &mut ring.members {
        member.stop();
    }
    one.stop();
    one.start().unwrap();
    assert_eq!(one.register("88.118/c"), ResponseCode::SUCCESS);
}
