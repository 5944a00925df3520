//! Orders over the network: whichever member is asked, they are done once and answered alike.

use super::*;
use model::Reference;
use quorum::reading::{Kind, Thing};
use quorum::{Command, DataSetName, MemberId, Ownership, Refusal, Rights};
use wire::registry::{OrderRequest, Place, ReadingAnswer, ReadingRequest, Things};

fn admin_reference() -> Reference {
    Reference {
        identifier: "0.NA/88".into(),
        index: 300,
    }
}

fn creation(prefix: &str) -> Command {
    Command::CreateDataSet {
        name: DataSetName::of(&prefix.parse().unwrap()),
        ownership: Ownership::Strict,
        is_automatic: false,
        holder: admin_reference(),
    }
}

fn epoch_one() -> quorum::Answer {
    quorum::Answer::Granted {
        epoch: 1,
        wait: Duration::ZERO,
    }
}

/// Orders something as somebody; how it was judged, or the code of another answer.
pub(super) fn order(
    mut asking: Administrator,
    mark: u8,
    command: &Command,
) -> Result<(quorum::Answer, Place), ResponseCode> {
    let order = Order::registry(&OrderRequest::new([mark; 16], command.encode()));
    let answered = asking.ask(order).unwrap();
    match answered.response.answer {
        Answer::RegistryOrder(told) => Ok((
            quorum::Answer::decode(told.answer).expect("it is one of ours"),
            told.place,
        )),
        _ => Err(answered.message.header.response_code),
    }
}

fn read(
    mut asking: Administrator,
    asked: &ReadingRequest,
) -> Result<(ReadingAnswer, Vec<Thing>), ResponseCode> {
    let answered = asking.ask(Order::read_registry(asked)).unwrap();
    let Answer::RegistryReading(told) = answered.response.answer else {
        return Err(answered.message.header.response_code);
    };
    let kind = Kind::of(asked.things.0).unwrap();
    let things = told.things.iter();
    let things = things.map(|it| Thing::decode(kind, it.clone()).unwrap());
    let things = things.collect();
    Ok((told, things))
}

impl Ring {
    /// Somebody with a key of their own, whom nobody has given any right.
    fn stranger(&self, at: usize) -> Administrator {
        let identity = Identity::new("0.na/88.5", 300);
        let means = client::secret(b"a secret".to_vec());
        Administrator::new(self.members[at].address(), identity, means, 1)
    }

    fn register_stranger(&self) {
        let identifier = "0.NA/88.5".parse().unwrap();
        let mut secret = Value::public(300, "HS_SECKEY", "a secret".to_owned());
        secret.permissions = model::Permissions(0b1100);
        let values = [admin(), secret];
        let mut asking = self.administrator(0).with_session();
        let answered = asking.ask(Order::register(&identifier, &values)).unwrap();
        assert_eq!(answered.message.header.response_code, ResponseCode::SUCCESS);
    }
}

#[test]
fn an_order_is_done_once_whichever_members_are_asked() {
    let ring = Ring::start(3);
    ring.leader();
    let (first, place) = order(ring.administrator(0), 1, &creation("88.118")).unwrap();
    assert_eq!(first, epoch_one());
    for at in [0, 1, 2] {
        let again = order(ring.administrator(at), 1, &creation("88.118"));
        let (again, later) = again.unwrap();
        assert_eq!(again, first, "the same order, at another member");
        assert!(later >= place);
        let meant_anew = order(ring.administrator(at), 2 + at as u8, &creation("88.118"));
        let refused = quorum::Answer::Refused(Refusal::Present);
        assert_eq!(meant_anew.map(|it| it.0), Ok(refused));
    }
    // In a session as well.
    let other = order(ring.administrator(1).with_session(), 9, &creation("88.119"));
    assert_eq!(other.map(|it| it.0), Ok(epoch_one()));
    let only = ReadingRequest::of(Things::DATA_SETS).only("records:88.119");
    for at in 0..3 {
        wait_until("the member has it", || {
            let (told, things) = read(ring.administrator(at), &only).unwrap();
            matches!(&things[..], [Thing::DataSet { set, .. }]
                if set.holder == admin_reference() && set.epoch == 1)
                && told.place > place
                && told.next.is_empty()
        });
    }
    let all = ReadingRequest::of(Things::MEMBERS);
    let (told, members) = read(ring.administrator(2), &all).unwrap();
    assert_eq!(members.len(), 3);
    assert!(told.age_us < 60_000_000, "{}", told.age_us);
}

#[test]
fn rights_are_judged_where_the_log_is_and_strangers_are_told_nothing() {
    let ring = Ring::start(3);
    ring.leader();
    ring.register_stranger();
    wait_until("all know the stranger", || {
        (0..3).all(|at| {
            let judged = order(ring.stranger(at), 1, &creation("88.6"));
            let refused = quorum::Answer::Refused(Refusal::NotPermitted);
            judged.is_ok_and(|(answer, _)| answer == refused)
        })
    });
    let asked = ReadingRequest::of(Things::DATA_SETS);
    let refused = ResponseCode::INSUFFICIENT_PERMISSIONS;
    assert_eq!(read(ring.stranger(1), &asked).err(), Some(refused));
    // Given a right under another spelling, they may, at any member.
    let admin = Reference {
        identifier: "0.NA/88.5".into(),
        index: 300,
    };
    let rights = Rights::DATA_SETS;
    let given = order(
        ring.administrator(2),
        2,
        &Command::PutAdmin { admin, rights },
    );
    assert!(given.is_ok_and(|(answer, _)| answer.is_done()));
    wait_until("the member knows of the right", || {
        let created = order(ring.stranger(1), 3, &creation("88.6"));
        created.map(|it| it.0) == Ok(epoch_one())
    });
    assert!(read(ring.stranger(1), &asked).is_ok());
    let more = Command::RemoveMember {
        member: MemberId(3),
    };
    let refused = quorum::Answer::Refused(Refusal::NotPermitted);
    assert_eq!(
        order(ring.stranger(1), 4, &more).map(|it| it.0),
        Ok(refused)
    );
}

#[test]
fn what_is_for_members_alone_or_makes_no_sense_is_refused() {
    let ring = Ring::start(1);
    ring.leader();
    let check = |command: &[u8], wanted: ResponseCode| {
        let order = OrderRequest::new([1; 16], command.to_vec());
        let mut asking = ring.administrator(0);
        let answered = asking.ask(Order::registry(&order)).unwrap();
        assert_eq!(answered.message.header.response_code, wanted);
    };
    let as_seen = Command::PutDelegationAsSeen {
        prefix: "88".into(),
        serial: 7,
        octets: "x".into(),
        seen: Vec::new(),
    };
    check(&as_seen.encode(), ResponseCode::OPERATION_NOT_SUPPORTED);
    check(b"", ResponseCode::INVALID_VALUE);
    check(&[0xff; 9], ResponseCode::INVALID_VALUE);
    let not_described = Command::AddMember {
        member: MemberId(9),
        octets: "?".into(),
    };
    check(&not_described.encode(), ResponseCode::INVALID_VALUE);
    let asked = ReadingRequest::of(Things(9));
    let refused = ResponseCode::INVALID_VALUE;
    assert_eq!(read(ring.administrator(0), &asked).err(), Some(refused));
    assert_eq!(ring.members[0].state().delegations, 1);
}

#[test]
fn a_member_is_removed_and_another_described_in_its_place() {
    let ring = Ring::start(3);
    ring.leader();
    let member = MemberId(3);
    let removed = order(ring.administrator(0), 1, &Command::RemoveMember { member });
    assert!(removed.is_ok_and(|(answer, _)| answer.is_done()));
    let site = ring.members[2].folder.join("siteinfo.json");
    let described =
        crate::registry::describe(Role::Recovery, ([127, 0, 0, 1], 9).into(), &site).unwrap();
    let add = |number| Command::AddMember {
        member: MemberId(number),
        octets: described.clone(),
    };
    let again = order(ring.administrator(0), 2, &add(3));
    let refused = quorum::Answer::Refused(Refusal::Present);
    assert_eq!(again.map(|it| it.0), Ok(refused), "a number is used once");
    let added = order(ring.administrator(0), 3, &add(4));
    assert!(added.is_ok_and(|(answer, _)| answer.is_done()));
    wait_until("the member is known", || {
        let state = ring.members[0].state();
        let numbers: Vec<u64> = state.members.iter().map(|it| it.number).collect();
        numbers == [1, 2, 4]
    });
}

/// Without a leader orders are answered within 2 s, and questions at once.
#[test]
fn without_a_leader_orders_are_busy_and_questions_are_answered() {
    let mut ring = Ring::start(3);
    ring.leader();
    let created = order(ring.administrator(0), 1, &creation("88.118"));
    assert!(created.is_ok());
    for at in [1, 2] {
        ring.members[at].stop();
    }
    wait_until("nobody leads", || ring.members[0].state().leader == 0);
    let begun = Instant::now();
    let busy = order(ring.administrator(0), 2, &creation("88.119"));
    assert_eq!(busy.err(), Some(ResponseCode::SERVER_BUSY));
    // Twice what is promised, on a machine that has more to do.
    assert!(begun.elapsed() < Duration::from_secs(4));
    // What was judged before is known.
    let again = order(ring.administrator(0), 1, &creation("88.118"));
    assert_eq!(again.map(|it| it.0), Ok(epoch_one()));
    let asked = ReadingRequest::of(Things::DATA_SETS);
    let (_, things) = read(ring.administrator(0), &asked).unwrap();
    assert_eq!(things.len(), 1);
}
