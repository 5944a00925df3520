//! Tests of a few members by hand: what leaves when, and what strangers can do. Whole histories are
//! run by the simulator.

use super::*;
use crate::lease::Terms;
use crate::{Command, Refusal, Rights};
use model::Reference;

const GROUP: u64 = 88;

fn admin() -> Reference {
    Reference {
        identifier: Bytes::from_static(b"0.NA/88"),
        index: 300,
    }
}

fn founding(count: u64) -> Registry {
    let members = (1..=count).map(|id| (MemberId(id), Bytes::new()));
    Registry::found(Terms::USUAL, members, [(admin(), Rights::ALL)])
}

fn at(ms: u64) -> Now {
    Now {
        moment: Moment(ms * 1000),
        date_us: 1_795_000_000_000_000,
    }
}

fn settings(id: u64) -> Settings {
    Settings::new(MemberId(id), GROUP, 7, [id as u8; 16])
}

fn member(id: u64, count: u64) -> Member {
    Member::found(settings(id), founding(count), at(0)).expect("sound settings")
}

fn put(mark: u8, serial: u32) -> Request {
    Request {
        mark: [mark; 32],
        identity: admin(),
        command: Command::PutSites {
            name: Bytes::from_static(b"0.NA/88"),
            serial,
            octets: Bytes::from_static(b"sites"),
        },
    }
}

/// Asks a member for what can be agreed on.
fn ask(member: &mut Member, now: Now, request: &Request) -> Ticket {
    let asked = member.handle_request(now, request);
    asked.expect("a request within the limits")
}

/// Does what a member wants with a disk that never fails; what else came out.
fn settle(member: &mut Member, now: Now, journal: &mut Vec<u8>) -> Vec<Output> {
    let mut others = Vec::new();
    while let Some(output) = member.poll_output() {
        match output {
            Output::Persist(batch) => {
                if batch.replaces {
                    journal.clear();
                }
                journal.extend_from_slice(&batch.octets);
                member.handle_persisted(now, batch.number);
            }
            other => others.push(other),
        }
    }
    others
}

/// Lets time pass until a member leads; it is alone, or its messages go nowhere.
fn wait(member: &mut Member, journal: &mut Vec<u8>, from_ms: u64, to_ms: u64) -> Vec<Output> {
    let mut others = settle(member, at(from_ms), journal);
    for ms in (from_ms..to_ms).step_by(50) {
        member.handle_timeout(at(ms));
        others.extend(settle(member, at(ms), journal));
    }
    others
}

#[test]
fn one_member_alone_agrees_with_itself_and_remembers() {
    let (mut it, mut journal) = (member(1, 1), Vec::new());
    wait(&mut it, &mut journal, 50, 3000);
    assert!(it.is_leader());
    let ticket = ask(&mut it, at(3000), &put(1, 1));
    let Some(Output::Persist(batch)) = it.poll_output() else {
        panic!("first of all it is written");
    };
    assert_eq!(it.poll_output(), None, "nothing is said before");
    journal.extend_from_slice(&batch.octets);
    it.handle_persisted(at(3001), batch.number);
    let done = Answer::Done { serial: 1 };
    let expected = Output::Answer {
        ticket,
        outcome: Outcome::Answered(done, it.position()),
    };
    assert_eq!(settle(&mut it, at(3002), &mut journal), [expected]);

    let octets = Bytes::from(journal.clone());
    let again = Member::open(settings(1), &octets, Registry::default(), at(0));
    let mut again = again.expect("its own journal");
    assert!(
        again.position() < it.position(),
        "nobody has said how far was agreed"
    );
    wait(&mut again, &mut journal, 50, 3000);
    assert_eq!(again.registry(), it.registry());
    let ticket = ask(&mut again, at(3000), &put(1, 1));
    let outcome = Outcome::Answered(done, again.position());
    assert_eq!(
        again.poll_output(),
        Some(Output::Answer { ticket, outcome })
    );
}

#[test]
fn where_nobody_leads_everybody_is_busy_within_two_seconds() {
    let (mut it, mut journal) = (member(1, 3), Vec::new());
    settle(&mut it, at(10), &mut journal);
    let ticket = ask(&mut it, at(10), &put(1, 1));
    let others = wait(&mut it, &mut journal, 60, 2010);
    let outcome = Outcome::Busy;
    assert!(
        others.contains(&Output::Answer { ticket, outcome }),
        "{others:?}"
    );
    assert!(!it.is_leader() && it.age(at(2010).moment).is_none());
    assert_eq!(it.registry().members.len(), 3, "reads go on");
}

/// Three members whose messages all arrive at once.
fn three() -> (Vec<Member>, Vec<Vec<u8>>) {
    let mut members: Vec<Member> = (1..=3).map(|id| member(id, 3)).collect();
    let mut journals = vec![Vec::new(); 3];
    for ms in (50..4000).step_by(50) {
        for member in &mut members {
            member.handle_timeout(at(ms));
        }
        exchange(&mut members, &mut journals, at(ms));
    }
    (members, journals)
}

fn exchange(members: &mut [Member], journals: &mut [Vec<u8>], now: Now) -> Vec<Output> {
    let mut answers = Vec::new();
    loop {
        let mut is_quiet = true;
        for from in 0..members.len() {
            for output in settle(&mut members[from], now, &mut journals[from]) {
                is_quiet = false;
                match output {
                    Output::Send { to, octets } => {
                        let sender = MemberId(from as u64 + 1);
                        let to = &mut members[to.0 as usize - 1];
                        to.handle_message(now, sender, &octets).expect("ours");
                    }
                    answer => answers.push(answer),
                }
            }
        }
        if is_quiet {
            return answers;
        }
    }
}

#[test]
fn any_member_takes_a_request_and_answers_it_itself() {
    let (mut members, mut journals) = three();
    let follower = members.iter().position(|it| !it.is_leader());
    let follower = follower.expect("only one leads");
    let ticket = ask(&mut members[follower], at(4000), &put(1, 1));
    // The leader tells the others with its next sign of life how far was agreed.
    let mut answers = exchange(&mut members, &mut journals, at(4000));
    for member in &mut members {
        member.handle_timeout(at(4200));
    }
    answers.extend(exchange(&mut members, &mut journals, at(4200)));
    let position = members[follower].position();
    let outcome = Outcome::Answered(Answer::Done { serial: 1 }, position);
    assert_eq!(answers, [Output::Answer { ticket, outcome }]);
    for member in &members {
        assert_eq!(member.registry(), members[0].registry());
        let age = member.age(at(4200).moment).expect("somebody leads");
        assert!(age < Duration::from_millis(400), "{age:?}");
    }
}

#[test]
fn the_leader_judges_in_the_order_of_the_log() {
    let (mut members, mut journals) = three();
    let tickets: Vec<Ticket> = (0..3)
        .map(|at_member: usize| ask(&mut members[at_member], at(4000), &put(at_member as u8, 1)))
        .collect();
    let mut answers = exchange(&mut members, &mut journals, at(4000));
    for member in &mut members {
        member.handle_timeout(at(4200));
    }
    answers.extend(exchange(&mut members, &mut journals, at(4200)));
    assert_eq!(answers.len(), tickets.len());
    let count = |wanted: Answer| {
        let is_wanted = |output: &&Output| match output {
            Output::Answer { outcome, .. } => {
                matches!(outcome, Outcome::Answered(answer, _) if *answer == wanted)
            }
            _ => false,
        };
        answers.iter().filter(is_wanted).count()
    };
    assert_eq!(count(Answer::Done { serial: 1 }), 1, "{answers:?}");
    let refused = Refusal::Serial { current: 1 };
    assert_eq!(count(Answer::Refused(refused)), 2, "{answers:?}");
}

#[test]
fn what_others_send_is_refused_and_does_no_harm() {
    let (mut members, mut journals) = three();
    members[0].handle_timeout(at(4500));
    members[1].handle_timeout(at(4500));
    let mut sent = Vec::new();
    for from in 0..2 {
        sent.extend(settle(&mut members[from], at(4500), &mut journals[from]));
    }
    let octets = sent.into_iter().find_map(|output| match output {
        Output::Send {
            to: MemberId(3),
            octets,
        } => Some(octets),
        _ => None,
    });
    let Some(octets) = octets else {
        return assert!(members[2].is_leader(), "only a leader hears nothing");
    };
    let third = &mut members[2];
    let position = third.position();
    for at_octet in 0..octets.len() {
        let mut changed = octets.to_vec();
        changed[at_octet] ^= 0x10;
        let refused = third.handle_message(at(4500), MemberId(1), &changed.into());
        assert!(refused.is_err(), "octet {at_octet}");
        let cut = octets.slice(..at_octet);
        assert!(third.handle_message(at(4500), MemberId(1), &cut).is_err());
    }
    for stranger in [MemberId(3), MemberId(9), MemberId(0)] {
        assert!(third.handle_message(at(4500), stranger, &octets).is_err());
    }
    assert_eq!(third.position(), position);
    assert_eq!(third.trouble(), None);
}

/// A field longer than any member reads: agreed on, it would stop them all, and again whenever they
/// are started.
#[test]
fn what_no_member_could_read_is_not_agreed_on() {
    let (mut members, mut journals) = three();
    let long = |octets: usize| Bytes::from(vec![b'x'; octets]);
    let reference = |octets| Reference {
        identifier: long(octets),
        index: 300,
    };
    let mut requests = Vec::new();
    for octets in [70_000, (64 << 10) + 1] {
        let mut request = put(1, 1);
        request.command = Command::PutDelegation {
            prefix: Bytes::from_static(b"88.118"),
            serial: 1,
            octets: long(octets),
        };
        requests.push(request);
    }
    for octets in [4097, 65_535, 65_536, 70_000] {
        let mut request = put(1, 1);
        request.identity = reference(octets);
        requests.push(request);
        let mut request = put(1, 1);
        request.command = Command::AddMember {
            member: MemberId(4),
            octets: long(octets),
        };
        requests.push(request);
        let mut request = put(1, 1);
        request.command = Command::CreateDataSet {
            name: crate::DataSetName::of(&"88.118".parse().expect("a prefix")),
            ownership: crate::Ownership::Sovereign {
                reserved: long(octets),
            },
            is_automatic: false,
            holder: reference(8),
        };
        requests.push(request);
    }
    for request in &requests {
        for member in &mut members {
            let refused = member.handle_request(at(4000), request);
            assert!(matches!(refused, Err(Error::Octets(_))), "{refused:?}");
        }
        exchange(&mut members, &mut journals, at(4000));
    }
    let leader = members.iter().position(Member::is_leader);
    let leader = leader.expect("one leads");
    let ticket = ask(&mut members[leader], at(4100), &put(1, 1));
    let answers = exchange(&mut members, &mut journals, at(4100));
    let outcome = Outcome::Answered(Answer::Done { serial: 1 }, members[leader].position());
    assert_eq!(answers, [Output::Answer { ticket, outcome }]);
    assert!(members.iter().all(|member| member.trouble().is_none()));
}

/// A disk that has lost what it was told to keep is not covered up.
#[test]
fn a_member_that_has_lost_entries_stops() {
    let (mut members, mut journals) = three();
    let leader = members
        .iter()
        .position(Member::is_leader)
        .expect("one leads");
    ask(&mut members[leader], at(4000), &put(1, 1));
    exchange(&mut members, &mut journals, at(4000));
    let lost = (leader + 1) % 3;
    members[lost] = member(lost as u64 + 1, 3);
    for ms in (4050..4500).step_by(50) {
        for member in &mut members {
            member.handle_timeout(at(ms));
        }
        exchange(&mut members, &mut journals, at(ms));
    }
    let trouble = members[lost].trouble();
    assert!(matches!(trouble, Some(Trouble::Lost { .. })), "{trouble:?}");
}

/// Requests as large as they may be: the log is cut before its number of entries says so.
#[test]
fn a_heavy_log_is_cut() {
    let (mut it, mut journal) = (member(1, 1), Vec::new());
    wait(&mut it, &mut journal, 50, 3000);
    let mut most = 0;
    for serial in 1..=600_u32 {
        let mut request = put(0, serial);
        request.mark[..4].copy_from_slice(&serial.to_be_bytes());
        if let Command::PutSites { octets, .. } = &mut request.command {
            *octets = vec![7; 60_000].into();
        }
        ask(&mut it, at(3000), &request);
        settle(&mut it, at(3000), &mut journal);
        most = most.max(journal.len());
    }
    assert!(most < 20 << 20, "{most}");
    let again = Member::open(settings(1), &journal.into(), Registry::default(), at(0));
    assert!(again.is_ok_and(|again| again.position().index > 200));
}

/// What waits is limited, also what waits for one request; who comes too late is told so at once.
#[test]
fn too_many_who_wait_are_sent_away() {
    let other = |serial: u32| {
        let mut request = put(0, serial);
        request.mark[..4].copy_from_slice(&serial.to_be_bytes());
        request
    };
    let same = |_| put(0, 1);
    let each: [&dyn Fn(u32) -> Request; 2] = [&other, &same];
    for request in each {
        let (mut it, mut journal) = (member(1, 3), Vec::new());
        settle(&mut it, at(10), &mut journal);
        for serial in 1..=1025_u32 {
            let ticket = ask(&mut it, at(10), &request(serial));
            let outcome = Outcome::Busy;
            let expected = (serial == 1025).then_some(Output::Answer { ticket, outcome });
            assert_eq!(it.poll_output(), expected, "{serial}");
        }
    }
}

/// Seed 226 of the simulator: a member whose disk was slow to take a snapshot wanted to lead, and
/// the library looked for the entries that the snapshot stands for.
#[test]
fn a_member_does_not_go_on_before_its_snapshot_is_durable() {
    let (mut first, mut journal) = (member(1, 1), Vec::new());
    wait(&mut first, &mut journal, 50, 3000);
    let mut add = put(1, 1);
    add.command = Command::AddMember {
        member: MemberId(2),
        octets: Bytes::new(),
    };
    ask(&mut first, at(3000), &add);
    let mut second = Member::join(settings(2), Registry::default(), at(3000));
    let second = second.as_mut().expect("sound settings");
    let mut other = Vec::new();
    settle(second, at(3000), &mut other);
    let mut restoring = None;
    for ms in (3000..6000).step_by(50) {
        first.handle_timeout(at(ms));
        for output in settle(&mut first, at(ms), &mut journal) {
            if let Output::Send { octets, .. } = output {
                second
                    .handle_message(at(ms), MemberId(1), &octets)
                    .expect("ours");
            }
        }
        while let Some(output) = second.poll_output() {
            match output {
                Output::Send { octets, .. } => {
                    first
                        .handle_message(at(ms), MemberId(2), &octets)
                        .expect("ours");
                }
                Output::Persist(batch) if second.is_restoring() => restoring = Some(batch.number),
                Output::Persist(batch) => second.handle_persisted(at(ms), batch.number),
                Output::Answer { .. } => {}
            }
        }
    }
    let number = restoring.expect("a snapshot is under way");
    assert_eq!(second.position(), Position::default());
    for ms in (6000..12_000).step_by(50) {
        second.handle_timeout(at(ms));
        assert_eq!(second.poll_output(), None, "nothing before it is durable");
    }
    second.handle_persisted(at(12_000), number);
    assert!(second.position().index > 0 && second.registry().admins.len() == 1);
}
