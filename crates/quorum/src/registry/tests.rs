//! Tests of what requests do to the registry, and of the octets it is written with.

use super::*;
use crate::{Function, Ownership, Request};
use proptest::prelude::*;

fn person(name: &str) -> Reference {
    Reference {
        identifier: Bytes::copy_from_slice(name.as_bytes()),
        index: 300,
    }
}

fn admin() -> Reference {
    person("0.NA/88")
}

fn set() -> DataSetName {
    DataSetName::of(&"88.118".parse().expect("a prefix"))
}

fn registry() -> Registry {
    let members = [1, 2, 3].map(|id| (MemberId(id), Bytes::from_static(b"at")));
    Registry::found(Terms::USUAL, members, [(admin(), Rights::ALL)])
}

/// A registry and its clock.
struct Course {
    registry: Registry,
    mark: u8,
    seconds: u64,
}

impl Course {
    fn new() -> Self {
        Self {
            registry: registry(),
            mark: 0,
            seconds: 0,
        }
    }

    fn request(&mut self, by: &Reference, command: Command) -> Request {
        self.mark += 1;
        Request {
            mark: [self.mark; 32],
            identity: by.clone(),
            command,
        }
    }

    fn send(&mut self, request: &Request) -> Applied {
        self.registry.apply(&Entry {
            time: Time(self.seconds * 1_000_000),
            date_us: 7,
            request: request.clone(),
        })
    }

    /// Somebody asks for something new, so many seconds after the start.
    fn at(&mut self, seconds: u64, by: &Reference, command: Command) -> Answer {
        self.seconds = seconds;
        let request = self.request(by, command);
        self.send(&request).answer
    }

    fn create(&mut self, ownership: Ownership, is_automatic: bool) {
        let answer = self.at(
            1,
            &admin(),
            Command::CreateDataSet {
                name: set(),
                ownership,
                is_automatic,
                holder: person("a"),
            },
        );
        assert!(answer.is_done(), "{answer:?}");
    }
}

fn put(serial: u32) -> Command {
    Command::PutDelegation {
        prefix: Bytes::from_static(b"88.118"),
        serial,
        octets: Bytes::from_static(b"sites"),
    }
}

fn grant(epoch: u64, to: &str) -> Command {
    Command::Grant {
        name: set(),
        epoch,
        holder: person(to),
        by_force: false,
    }
}

fn renew(epoch: u64) -> Command {
    Command::Renew { name: set(), epoch }
}

fn hand_back(epoch: u64) -> Command {
    Command::HandBack { name: set(), epoch }
}

fn propose(function: Function, to: &str) -> Command {
    Command::ProposeTakeOver {
        name: set(),
        epoch: 1,
        function,
        to: person(to),
    }
}

fn confirm(function: Function) -> Command {
    Command::ConfirmTakeOver {
        name: set(),
        epoch: 1,
        function,
    }
}

fn withdraw(function: Function) -> Command {
    Command::WithdrawTakeOver {
        name: set(),
        epoch: 1,
        function,
    }
}

fn refused(refusal: Refusal) -> Answer {
    Answer::Refused(refusal)
}

fn granted(epoch: u64, seconds: f64) -> Answer {
    Answer::Granted {
        epoch,
        wait: Duration::from_secs_f64(seconds),
    }
}

fn sovereign(reserved: &'static str) -> Ownership {
    Ownership::Sovereign {
        reserved: Bytes::from_static(reserved.as_bytes()),
    }
}

#[test]
fn serials_rise_even_over_a_removal() {
    let mut course = Course::new();
    assert_eq!(course.at(1, &admin(), put(5)), Answer::Done { serial: 5 });
    let serial = refused(Refusal::Serial { current: 5 });
    assert_eq!(course.at(2, &admin(), put(5)), serial);
    let remove = |serial| Command::RemoveDelegation {
        prefix: Bytes::from_static(b"88.118"),
        serial,
    };
    assert_eq!(course.at(3, &admin(), remove(5)), serial);
    assert!(course.at(4, &admin(), remove(6)).is_done());
    assert_eq!(course.at(5, &admin(), remove(7)), refused(Refusal::Absent));
    let serial = refused(Refusal::Serial { current: 6 });
    assert_eq!(course.at(6, &admin(), put(6)), serial);
    assert!(course.at(7, &admin(), put(7)).is_done());
}

#[test]
fn who_may_not_is_refused_first() {
    let mut course = Course::new();
    let not_permitted = refused(Refusal::NotPermitted);
    assert_eq!(course.at(1, &person("x"), put(1)), not_permitted);
    assert_eq!(course.at(1, &person("x"), grant(9, "x")), not_permitted);
    let rights = Command::PutAdmin {
        admin: person("x"),
        rights: Rights::DELEGATIONS,
    };
    assert!(course.at(2, &admin(), rights.clone()).is_done());
    assert!(course.at(3, &person("x"), put(1)).is_done());
    assert_eq!(course.at(4, &person("x"), rights), not_permitted);
    assert!(course.at(5, &admin(), put(2)).is_done());
}

#[test]
fn the_last_admin_and_the_last_member_stay() {
    let mut course = Course::new();
    let last = refused(Refusal::Last);
    let demote = Command::PutAdmin {
        admin: admin(),
        rights: Rights::SITES,
    };
    assert_eq!(course.at(1, &admin(), demote), last);
    let remove = Command::RemoveAdmin { admin: admin() };
    assert_eq!(course.at(1, &admin(), remove), last);
    let remove = |id| Command::RemoveMember {
        member: MemberId(id),
    };
    assert!(course.at(2, &admin(), remove(1)).is_done());
    assert!(course.at(2, &admin(), remove(2)).is_done());
    assert_eq!(course.at(2, &admin(), remove(3)), last);
    let add = |id| Command::AddMember {
        member: MemberId(id),
        octets: Bytes::new(),
    };
    let present = refused(Refusal::Present);
    assert_eq!(course.at(3, &admin(), add(2)), present, "never used again");
    assert_eq!(course.at(3, &admin(), add(0)), present);
    assert!(course.at(3, &admin(), add(4)).is_done());
}

#[test]
fn what_comes_again_is_answered_alike_for_a_day() {
    let mut course = Course::new();
    course.seconds = 10;
    let request = course.request(&admin(), put(1));
    let once = course.send(&request);
    assert!(once.answer.is_done() && !once.is_repeated);
    assert!(course.at(20, &admin(), put(2)).is_done());
    course.seconds = 10 + 24 * 3600 - 1;
    let again = course.send(&request);
    assert_eq!((again.answer, again.is_repeated), (once.answer, true));
    course.seconds = 10 + 24 * 3600;
    let forgotten = course.send(&request);
    let serial = refused(Refusal::Serial { current: 2 });
    assert_eq!((forgotten.answer, forgotten.is_repeated), (serial, false));
}

#[test]
fn what_is_not_permitted_is_not_remembered() {
    let mut course = Course::new();
    assert!(!course.at(1, &person("x"), put(1)).is_done());
    assert!(course.registry.answers.is_empty(), "strangers fill nothing");
}

/// To hand back needs no right, so its refusals are as good as those of strangers.
#[test]
fn what_nobody_could_hand_back_is_not_remembered() {
    let mut course = Course::new();
    course.create(Ownership::Strict, false);
    let before = course.registry.answers.len();
    let epoch = refused(Refusal::Epoch { current: 1 });
    let not_holder = refused(Refusal::NotHolder);
    assert_eq!(course.at(2, &person("x"), hand_back(7)), epoch);
    assert_eq!(course.at(2, &person("x"), hand_back(1)), not_holder);
    let name = DataSetName::of(&"88.404".parse().expect("a prefix"));
    let absent = Command::HandBack { name, epoch: 1 };
    assert_eq!(course.at(2, &person("x"), absent), refused(Refusal::Absent));
    assert_eq!(course.registry.answers.len(), before);
    // What was handed back is: the answer may have been lost.
    let request = course.request(&person("a"), hand_back(1));
    let once = course.send(&request);
    assert!(once.answer.is_done());
    let again = course.send(&request);
    assert_eq!((again.answer, again.is_repeated), (once.answer, true));
}

#[test]
fn time_rises_whatever_entries_say() {
    let mut course = Course::new();
    course.at(5, &admin(), put(1));
    course.at(3, &admin(), put(2));
    assert_eq!(course.registry.time, Time(5_000_001));
    assert_eq!(course.registry.date_us, 8);
}

#[test]
fn the_next_epoch_starts_when_the_lease_is_over() {
    let mut course = Course::new();
    course.create(Ownership::Strict, false);
    let lease = Answer::Leased {
        epoch: 1,
        lease: Duration::from_mins(1),
    };
    assert_eq!(course.at(10, &person("a"), renew(1)), lease);
    let epoch = refused(Refusal::Epoch { current: 1 });
    assert_eq!(course.at(18, &admin(), grant(3, "b")), epoch);
    assert_eq!(course.at(19, &admin(), grant(1, "b")), epoch);
    assert_eq!(course.at(20, &admin(), grant(2, "b")), granted(2, 53.0));
    let epoch = refused(Refusal::Epoch { current: 2 });
    assert_eq!(course.at(21, &person("a"), renew(1)), epoch);
    assert_eq!(
        course.at(21, &person("a"), renew(2)),
        refused(Refusal::NotHolder)
    );
    let wait = Duration::from_secs(3);
    let early = refused(Refusal::TooEarly { wait });
    assert_eq!(course.at(70, &person("b"), renew(2)), early);
    assert!(course.at(73, &person("b"), renew(2)).is_done());
}

/// The third epoch never had a lease; that of the first may still be in use.
#[test]
fn an_epoch_that_never_began_hides_no_lease() {
    let mut course = Course::new();
    course.create(Ownership::Strict, false);
    assert!(course.at(10, &person("a"), renew(1)).is_done());
    assert_eq!(course.at(20, &admin(), grant(2, "b")), granted(2, 53.0));
    assert_eq!(course.at(30, &person("b"), grant(3, "c")), granted(3, 43.0));
    assert!(course.at(31, &person("c"), hand_back(3)).is_done());
    assert_eq!(course.at(32, &admin(), grant(4, "d")), granted(4, 41.0));
}

#[test]
fn what_is_handed_back_is_free_at_once() {
    let mut course = Course::new();
    course.create(Ownership::Strict, false);
    assert!(course.at(10, &person("a"), renew(1)).is_done());
    let not_holder = refused(Refusal::NotHolder);
    assert_eq!(course.at(11, &person("b"), hand_back(1)), not_holder);
    assert!(course.at(12, &person("a"), hand_back(1)).is_done());
    assert_eq!(course.at(13, &person("a"), hand_back(1)), not_holder);
    assert_eq!(course.at(13, &person("a"), renew(1)), not_holder);
    assert_eq!(course.at(14, &admin(), grant(2, "b")), granted(2, 0.0));
}

#[test]
fn a_sovereign_holder_is_asked() {
    let mut course = Course::new();
    course.create(sovereign("E-"), false);
    let ownership = refused(Refusal::Ownership);
    assert_eq!(course.at(2, &person("a"), renew(1)), ownership);
    let held = refused(Refusal::Held);
    assert_eq!(course.at(3, &admin(), grant(2, "b")), held);
    assert_eq!(course.at(4, &person("a"), grant(2, "b")), granted(2, 0.0));
    assert!(course.at(5, &person("b"), hand_back(2)).is_done());
    assert_eq!(course.at(6, &admin(), grant(3, "c")), granted(3, 0.0));
    let by_force = Command::Grant {
        name: set(),
        epoch: 4,
        holder: person("d"),
        by_force: true,
    };
    assert_eq!(course.at(7, &admin(), by_force), granted(4, 0.0));
}

#[test]
fn recovery_registers_in_the_reserved_part_alone() {
    let mut course = Course::new();
    course.create(sovereign("E-"), false);
    let absent = refused(Refusal::Absent);
    let registration = Function::Registration;
    assert_eq!(course.at(2, &admin(), confirm(registration)), absent);
    let proposed = course.at(3, &admin(), propose(registration, "r"));
    assert_eq!(proposed, Answer::Proposed);
    assert!(course.at(4, &admin(), confirm(registration)).is_done());
    let data_set = course.registry.data_sets[&set()].clone();
    assert_eq!((data_set.epoch, &data_set.holder), (1, &person("a")));
    assert_eq!(data_set.emergency, Some(person("r")));
    // Nobody else gets it, and it is not taken away, until it is handed back.
    course.at(5, &admin(), propose(registration, "s"));
    let held = refused(Refusal::Held);
    assert_eq!(course.at(6, &admin(), confirm(registration)), held);
    course.at(7, &admin(), withdraw(registration));
    assert_eq!(course.at(8, &admin(), withdraw(registration)), held);
    assert!(course.at(9, &person("r"), hand_back(1)).is_done());
    let data_set = &course.registry.data_sets[&set()];
    assert_eq!(
        (&data_set.emergency, data_set.is_handed_back),
        (&None, false)
    );
}

#[test]
fn nobody_takes_over_where_nothing_is_reserved() {
    let mut course = Course::new();
    course.create(sovereign(""), true);
    let answer = course.at(2, &admin(), propose(Function::Registration, "r"));
    assert_eq!(answer, refused(Refusal::Ownership));
}

#[test]
fn take_over_of_resolution_raises_the_serial() {
    let mut course = Course::new();
    course.create(Ownership::Strict, false);
    let resolution = Function::Resolution;
    course.at(2, &admin(), propose(resolution, "r"));
    let done = |serial| Answer::Done { serial };
    assert_eq!(course.at(3, &admin(), confirm(resolution)), done(2));
    let first = |course: &Course| {
        let data_set = &course.registry.data_sets[&set()];
        data_set.first_for_resolution.clone()
    };
    assert_eq!(first(&course), Some(person("r")));
    assert_eq!(course.at(4, &admin(), withdraw(resolution)), done(3));
    assert_eq!(first(&course), None);
}

/// What an operator has proposed, and what is confirmed, no prober ends.
#[test]
fn probers_withdraw_only_what_probers_have_proposed() {
    let function = Function::Resolution;
    let (one, other) = (person("0.NA/88.1"), person("0.NA/88.2"));
    let mut course = Course::new();
    course.create(Ownership::Strict, false);
    for prober in [&one, &other] {
        let (admin, rights) = (prober.clone(), Rights::PROPOSE);
        let told = course.at(1, &self::admin(), Command::PutAdmin { admin, rights });
        assert!(told.is_done());
    }
    let not_permitted = refused(Refusal::NotPermitted);
    assert_eq!(course.at(2, &one, withdraw(function)), not_permitted);
    let told = course.at(3, &one, propose(function, "recovery"));
    assert_eq!(told, Answer::Proposed);
    let of_another = withdraw(Function::Registration);
    assert_eq!(course.at(4, &other, of_another), not_permitted);
    assert_eq!(course.at(5, &other, confirm(function)), not_permitted);
    assert!(course.at(6, &other, withdraw(function)).is_done());
    assert!(course.registry.data_sets[&set()].proposals.is_empty());

    course.at(7, &admin(), propose(function, "recovery"));
    assert_eq!(course.at(8, &one, withdraw(function)), not_permitted);
    course.at(9, &one, propose(function, "recovery"));
    assert!(course.at(10, &admin(), confirm(function)).is_done());
    assert_eq!(course.at(11, &one, withdraw(function)), not_permitted);
    assert!(
        course.registry.data_sets[&set()]
            .first_for_resolution
            .is_some()
    );
    assert!(course.at(12, &admin(), withdraw(function)).is_done());
}

#[test]
fn an_automatic_data_set_needs_no_operator() {
    let mut course = Course::new();
    course.create(Ownership::Strict, true);
    assert!(course.at(10, &person("a"), renew(1)).is_done());
    let answer = course.at(40, &admin(), propose(Function::Registration, "r"));
    assert_eq!(answer, granted(2, 33.0));
}

/// A registry with something of every kind.
fn full() -> Registry {
    let mut course = Course::new();
    course.at(1, &admin(), put(1));
    let remove = Command::RemoveDelegation {
        prefix: Bytes::from_static(b"88.118"),
        serial: 2,
    };
    course.at(2, &admin(), remove);
    course.create(sovereign("E-"), false);
    course.at(4, &admin(), propose(Function::Resolution, "r"));
    course.at(5, &admin(), grant(9, "r"));
    let member = MemberId(3);
    course.at(6, &admin(), Command::RemoveMember { member });
    course.registry
}

#[test]
fn the_octets_of_a_registry_are_these() {
    let registry = full();
    let octets = registry.encode();
    assert_eq!(hex::encode(&octets), GOLDEN.replace(['\n', ' '], ""));
    let again = Registry::decode(octets.clone()).expect("it reads what it writes");
    assert_eq!(
        again, registry,
        "nothing is lost, not even what is forgotten when"
    );
    for cut in 0..octets.len() {
        assert!(Registry::decode(octets.slice(..cut)).is_err(), "{cut}");
    }
    let longer = [&octets[..], &[0]].concat();
    assert!(Registry::decode(longer.into()).is_err());
}

const GOLDEN: &str = "
    01000000000393870000000000000f424000000000001e848000000000005b8d80000000000000000c000000
    01000638382e313138000000020000000000000000010007302e4e412f38380000012cff0000000200000000
    000000010002617400000000000000020002617400000001000000000000000300000001000e7265636f7264
    733a38382e313138010002452d0000000000000000010001610000012c00000000001e848100000000000000
    0101010001720000012c0007302e4e412f38380000012c00000000003d09000000000630a570880867da6fe5
    471ca9011c904bb35efa998865953813f38f5c198a0849000000141df5e48001000000000000000000000000
    0000000256412e8d366b9c9e27c08e8029237850affaa55b667a815d51ec55c2f2160e9f000000141e32ed80
    01000000000000000000000000000000005b9e89a2851a7662a077cb2a04b3c99aef1ca10fff6d5c4327b4cf
    4e37bc8593000000141de6a2400100000000000000000000000000000001615e9ea5d65267cab194d53fb6d6
    6cbbc760b3a845700948b8e56f2e38065df9000000141e23ab4014000000000000000000000000000000018d
    1845f57938b073474ce54cd1ac3102afd31b182474efe853be7d8b2ffcf51c000000141e1469000400000000
    000000000000000000000000e7645b110d8730d63eb1a2a7e2e3320fec72fbc05d5762f9fa2e487a0cf27029
    000000141df5e4810200000000000000010000000000000000";

#[test]
fn the_octets_of_an_entry_are_these() {
    let entry = Entry {
        time: Time(5),
        date_us: 6,
        request: Request {
            mark: [7; 32],
            identity: admin(),
            command: grant(2, "b"),
        },
    };
    let golden = "01 0000000000000005 0000000000000006 01 \
        0707070707070707070707070707070707070707070707070707070707070707 \
        0007 302e4e412f3838 0000012c 09 000e 7265636f7264733a38382e313138 \
        0000000000000002 0001 62 0000012c 00";
    assert_eq!(hex::encode(entry.encode()), golden.replace(' ', ""));
    assert_eq!(Entry::decode(entry.encode()), Ok(entry));
}

/// Who judged by what delegations said is refused as soon as one of them says something else.
#[test]
fn what_was_judged_stands_only_on_what_is_still_so() {
    let mut course = Course::new();
    let as_seen = |serial, seen: &[(&'static str, u32)]| Command::PutDelegationAsSeen {
        prefix: Bytes::from_static(b"88.118"),
        serial,
        octets: Bytes::from_static(b"sites"),
        seen: seen
            .iter()
            .map(|(name, it)| (Bytes::from(*name), *it))
            .collect(),
    };
    let nobody = person("nobody");
    let refused = |current| Answer::Refused(Refusal::Serial { current });
    let never_seen = [("88.118", 0), ("88", 0)];
    let answer = course.at(1, &nobody, as_seen(1, &never_seen));
    assert_eq!(answer, Answer::Done { serial: 1 });
    let before = course.registry.delegations.clone();
    let answer = course.at(2, &nobody, as_seen(2, &never_seen));
    assert_eq!(answer, refused(1), "its own record has changed");
    let above = [("88.118", 1), ("88", 1)];
    let answer = course.at(3, &nobody, as_seen(2, &above));
    assert_eq!(answer, refused(0), "the record above is not as it was");
    let answer = course.at(4, &nobody, as_seen(1, &[]));
    assert_eq!(answer, refused(1), "serials only rise");
    assert_eq!(course.registry.delegations, before);
    let answer = course.at(5, &nobody, as_seen(2, &[("88.118", 1), ("88", 0)]));
    assert_eq!(answer, Answer::Done { serial: 2 });
    let counted = course.registry.clone();
    assert_eq!(Registry::decode(counted.encode()), Ok(counted));
}

/// Whoever may change one record, and nothing else, cannot fill the memory for a day: what is done
/// is forgotten after a minute, and a conflict is not remembered at all. Nothing happens twice.
#[test]
fn what_needs_no_rights_is_remembered_for_a_minute() {
    let mut course = Course::new();
    let as_seen = |serial| Command::PutDelegationAsSeen {
        prefix: Bytes::from_static(b"88.118"),
        serial,
        octets: Bytes::from_static(b"sites"),
        seen: vec![(Bytes::from_static(b"88.118"), serial - 1)],
    };
    let request = course.request(&person("nobody"), as_seen(1));
    course.seconds = 10;
    let once = course.send(&request);
    assert!(once.answer.is_done());
    course.seconds = 69;
    let again = course.send(&request);
    assert_eq!((again.answer, again.is_repeated), (once.answer, true));
    course.seconds = 70;
    let serial = refused(Refusal::Serial { current: 1 });
    let late = course.send(&request);
    assert_eq!((late.answer, late.is_repeated), (serial, false));
    assert!(course.registry.answers.is_empty(), "conflicts fill nothing");
}

fn as_seen() -> impl Strategy<Value = Command> {
    let octets = || proptest::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from);
    let seen = proptest::collection::vec((octets(), 0_u32..3), 0..4);
    (octets(), any::<u32>(), octets(), seen).prop_map(|(prefix, serial, octets, seen)| {
        Command::PutDelegationAsSeen {
            prefix,
            serial,
            octets,
            seen,
        }
    })
}

fn any_command() -> impl Strategy<Value = Command> {
    let name = || {
        "[0-9]{1,3}(\\.[0-9]{1,3}){0,2}".prop_map(|it: String| {
            DataSetName::of(&it.parse().expect("digits and dots are a prefix"))
        })
    };
    let reference = || {
        ("[a-z/.]{0,9}", any::<u32>()).prop_map(|(name, index)| Reference {
            identifier: name.into(),
            index,
        })
    };
    let octets = || proptest::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from);
    let function = || prop_oneof![Just(Function::Resolution), Just(Function::Registration)];
    prop_oneof![
        (octets(), any::<u32>(), octets()).prop_map(|(prefix, serial, octets)| {
            Command::PutDelegation {
                prefix,
                serial,
                octets,
            }
        }),
        as_seen(),
        (octets(), any::<u32>())
            .prop_map(|(prefix, serial)| { Command::RemoveDelegation { prefix, serial } }),
        (octets(), any::<u32>(), octets()).prop_map(|(name, serial, octets)| Command::PutSites {
            name,
            serial,
            octets
        }),
        (reference(), any::<u8>()).prop_map(|(admin, rights)| Command::PutAdmin {
            admin,
            rights: Rights(rights)
        }),
        reference().prop_map(|admin| Command::RemoveAdmin { admin }),
        (any::<u64>(), octets()).prop_map(|(id, octets)| Command::AddMember {
            member: MemberId(id),
            octets
        }),
        any::<u64>().prop_map(|id| Command::RemoveMember {
            member: MemberId(id)
        }),
        (
            name(),
            proptest::option::of(octets()),
            any::<bool>(),
            reference()
        )
            .prop_map(
                |(name, reserved, is_automatic, holder)| Command::CreateDataSet {
                    name,
                    ownership: reserved.map_or(Ownership::Strict, |reserved| {
                        Ownership::Sovereign { reserved }
                    }),
                    is_automatic,
                    holder,
                }
            ),
        (name(), any::<u64>(), reference(), any::<bool>()).prop_map(
            |(name, epoch, holder, by_force)| {
                Command::Grant {
                    name,
                    epoch,
                    holder,
                    by_force,
                }
            }
        ),
        (name(), any::<u64>()).prop_map(|(name, epoch)| Command::Renew { name, epoch }),
        (name(), any::<u64>()).prop_map(|(name, epoch)| Command::HandBack { name, epoch }),
        (name(), any::<u64>(), function(), reference()).prop_map(|(name, epoch, function, to)| {
            Command::ProposeTakeOver {
                name,
                epoch,
                function,
                to,
            }
        }),
        (name(), any::<u64>(), function()).prop_map(|(name, epoch, function)| {
            Command::ConfirmTakeOver {
                name,
                epoch,
                function,
            }
        }),
        (name(), any::<u64>(), function()).prop_map(|(name, epoch, function)| {
            Command::WithdrawTakeOver {
                name,
                epoch,
                function,
            }
        }),
    ]
}

proptest! {
    #[test]
    fn requests_are_read_as_they_were_written(command in any_command(), mark: [u8; 32]) {
        let request = Request { mark, identity: admin(), command };
        let octets = request.encode();
        prop_assert_eq!(Request::decode(octets.clone()), Ok(request));
        for cut in 0..octets.len() {
            prop_assert!(Request::decode(octets.slice(..cut)).is_err());
        }
    }

    #[test]
    fn any_octets_are_read_without_harm(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let octets = Bytes::from(octets);
        if let Ok(request) = Request::decode(octets.clone()) {
            prop_assert_eq!(request.encode(), octets.clone());
        }
        let _ = Registry::decode(octets);
    }

    #[test]
    fn equal_logs_make_equal_registries(
        commands in proptest::collection::vec(any_command(), 0..40),
    ) {
        let (mut one, mut other) = (registry(), registry());
        for (at, command) in commands.into_iter().enumerate() {
            let request = Request { mark: [at as u8; 32], identity: admin(), command };
            let entry = Entry { time: Time(at as u64 * 1_000_000), date_us: 1, request };
            prop_assert_eq!(one.apply(&entry), other.apply(&entry));
            other = Registry::decode(other.encode()).expect("it reads what it writes");
            prop_assert_eq!(&one, &other);
        }
    }
}
