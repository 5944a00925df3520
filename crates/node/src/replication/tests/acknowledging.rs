//! What is acknowledged under a policy is with the copies, whatever happens to the writer.

use super::*;

fn waits_for_one(config: &mut Config) {
    config.replication.acknowledgement = Acknowledgement::One;
    config.replication.copies = vec![format!("302:{WHO}")];
}

#[test]
fn a_change_is_acknowledged_when_a_copy_has_it() {
    let writer = Machine::writer(waits_for_one);
    let copy = Machine::copy_of(&writer, 302);
    copy.has_caught_up_with(&writer);
    for number in 0..20 {
        let identifier = format!("88.1/{number}");
        assert_eq!(writer.register(&identifier), ResponseCode::SUCCESS);
        // Not sooner or later: now.
        let stored = copy.store().view().get(&record_key(&identifier));
        assert!(
            stored.unwrap().is_some(),
            "{identifier} is not with the copy"
        );
    }
    let state = writer.node().replication();
    assert_eq!(state.copies.len(), 1);
    assert_eq!((state.waiting, state.copies[0].behind), (0, 0));
}

#[test]
fn without_a_copy_the_outcome_is_unknown_and_the_same_request_is_answered_when_there_is_one() {
    let writer = Machine::writer(|config| {
        waits_for_one(config);
        config.replication.ack_timeout_ms = 100;
    });
    let values = [Value::public(1, "URL", "x:y")];
    let order = Order::register(&"88.1/once".parse().unwrap(), &values);
    let ask = |order: &Order| {
        let mut again = Again::new(&writer);
        again.ask(order)
    };
    let (code, text) = ask(&order);
    assert_eq!(code, ResponseCode::ERROR);
    assert!(text.contains("outcome unknown, resend"), "{text}");
    // It is there, and was never taken back.
    assert_eq!(writer.ask("88.1/once").0, ResponseCode::SUCCESS);
    let (code, text) = ask(&order);
    assert_eq!(code, ResponseCode::ERROR, "asking twice promises no less");
    assert!(text.contains("outcome unknown, resend"), "{text}");
    // Somebody whose copies do not count changes nothing of it.
    let other = Machine::copy_of(&writer, 303);
    other.has_caught_up_with(&writer);
    assert_eq!(ask(&order).0, ResponseCode::ERROR);
    let copy = Machine::copy_of(&writer, 302);
    copy.has_caught_up_with(&writer);
    wait_until("the copy says so", || {
        ask(&order).0 == ResponseCode::SUCCESS
    });
}

/// A node that stops hears no copies any more: whoever waits for them is told so, and not left
/// until the connection ends.
#[test]
fn who_waits_for_copies_is_told_when_the_node_stops() {
    let mut writer = Machine::writer(|config| {
        waits_for_one(config);
        config.replication.ack_timeout_ms = 60_000;
    });
    let mut administrator = writer.administrator();
    let values = [Value::public(1, "URL", "x:y")];
    let order = Order::register(&"88.1/waits".parse().unwrap(), &values);
    let (told, answer) = std::sync::mpsc::channel();
    thread::spawn(move || drop(told.send(administrator.ask(order))));
    wait_until("it waits", || writer.node().replication().waiting == 1);
    let began = Instant::now();
    let node = writer.node.take().unwrap();
    let replication = Arc::clone(node.answerer.replication());
    node.stop().unwrap();
    let answered = answer.recv().unwrap().unwrap();
    let code = answered.message.header.response_code;
    assert_eq!(code, ResponseCode::ERROR);
    assert!(began.elapsed() < Duration::from_secs(30));
    // And so is who comes later.
    let (told, outcome) = std::sync::mpsc::channel();
    replication.when_confirmed(store::Position(u64::MAX), 1, move |outcome| {
        drop(told.send(outcome));
    });
    let outcome = outcome.try_recv().unwrap();
    assert!(
        matches!(outcome, Err(store::Error::Unconfirmed)),
        "{outcome:?}"
    );
}

/// More wait than the runtime has threads for: nobody may be needed there to end it.
#[test]
fn who_waits_for_copies_is_told_in_time_however_many_they_are() {
    let writer = Machine::writer(|config| {
        waits_for_one(config);
        config.replication.ack_timeout_ms = 2000;
    });
    let (done, all) = std::sync::mpsc::channel();
    for _ in 0..600 {
        let replication = Arc::clone(writer.node().answerer.replication());
        let done = done.clone();
        writer.node().runtime.spawn(async move {
            tokio::task::block_in_place(|| {
                let (told, outcome) = std::sync::mpsc::channel();
                let tell = move |outcome| drop(told.send(outcome));
                replication.when_confirmed(store::Position(u64::MAX), 1, tell);
                drop(done.send(outcome.recv().unwrap()));
            });
        });
    }
    for _ in 0..600 {
        let outcome = all.recv_timeout(PATIENCE).unwrap();
        assert!(
            matches!(outcome, Err(store::Error::Unconfirmed)),
            "{outcome:?}"
        );
    }
}

/// Sends the same request, octet for octet, as often as wanted.
struct Again {
    address: SocketAddr,
}

impl Again {
    fn new(machine: &Machine) -> Self {
        let address = machine.address();
        Self { address }
    }

    fn ask(&mut self, order: &Order) -> (ResponseCode, String) {
        use engine::proofs::{covered, prove_by_key};
        use std::io::{Read, Write};
        use wire::challenge::ChallengeResponse;
        use wire::stream::PacketStream;
        use wire::{Message, Opcode, Response};
        let mut stream = std::net::TcpStream::connect(self.address).unwrap();
        let mut packets = PacketStream::default();
        let mut exchange = |message: &Message| {
            stream.write_all(&message.encode()).unwrap();
            let mut buffer = [0; 4096];
            loop {
                if let Some(packet) = packets.next_packet().unwrap() {
                    return Message::from_packet(&packet).unwrap();
                }
                let count = stream.read(&mut buffer).unwrap();
                assert!(count > 0, "the connection is closed");
                packets.push(&buffer[..count]);
            }
        };
        let asked = order.message(77, engine::Date(Clock::date().0 / 10_000 * 10_000 + 40_000));
        let challenge = exchange(&asked);
        let response = Response::decode(&challenge).unwrap();
        let digest = response.digest;
        let Answer::Challenge(body) = response.answer else {
            return said(&challenge);
        };
        let covered = covered(&body.nonce, digest.unwrap().octets());
        let proof = prove_by_key(&covered, challenge.envelope.version, &key()).unwrap();
        let identity = Identity::new(WHO, COPIES[0]);
        let mut answer = asked;
        answer.envelope.session_id = challenge.envelope.session_id;
        answer.header.opcode = Opcode::CHALLENGE_RESPONSE;
        answer.body = ChallengeResponse::new(identity, &proof).encode();
        said(&exchange(&answer))
    }
}

fn said(message: &wire::Message) -> (ResponseCode, String) {
    let text = match wire::Response::decode(message).unwrap().answer {
        Answer::Failure(failure) => failure.text().escape_ascii().to_string(),
        _ => String::new(),
    };
    (message.header.response_code, text)
}

/// Facts are about no prefix: nothing less is promised of them than in general.
#[test]
fn what_is_about_no_prefix_is_as_promised_in_general() {
    let writer = Machine::writer(|config| {
        waits_for_one(config);
        config.replication.acknowledgement_of =
            [("88.1".to_owned(), Acknowledgement::Local)].into();
    });
    let replication = writer.node().answerer.replication();
    let needed = |keys: &[Key]| {
        let mut change = Change::default();
        for key in keys {
            change.put(key.clone(), "x".into());
        }
        replication.copies_needed(&change)
    };
    let fact = Key::from_octets("ofact".into());
    let (lax, strict) = (record_key("88.1/a"), record_key("88.2/a"));
    let remembered = Key::answered(1, &[7; 32]);
    assert_eq!(needed(std::slice::from_ref(&fact)), 1);
    assert_eq!(needed(&[lax.clone(), fact]), 1);
    assert_eq!(needed(&[strict]), 1);
    assert_eq!(needed(&[lax, remembered]), 0);
    assert_eq!(needed(&[]), 1);
}

#[test]
fn of_two_copies_and_the_writer_two_are_a_majority() {
    let writer = Machine::writer(|config| {
        config.replication.acknowledgement_of =
            [("88.1".to_owned(), Acknowledgement::Majority)].into();
        config.replication.copies = vec![format!("302:{WHO}"), format!("303:{WHO}")];
        config.replication.ack_timeout_ms = 100;
    });
    assert_eq!(writer.register("88.1/alone"), ResponseCode::ERROR);
    let copy = Machine::copy_of(&writer, 303);
    copy.has_caught_up_with(&writer);
    assert_eq!(writer.register("88.1/two"), ResponseCode::SUCCESS);
}

#[test]
fn when_the_writers_disk_is_gone_nothing_acknowledged_is_lost() {
    let mut writer = Machine::writer(waits_for_one);
    let mut copy = Machine::copy_of(&writer, 302);
    let mut other = Machine::copy_of(&writer, 303);
    copy.has_caught_up_with(&writer);
    let address = writer.address();
    let acknowledged = std::sync::atomic::AtomicU32::new(0);
    thread::scope(|scope| {
        let registering = scope.spawn(|| {
            for number in 0.. {
                let identity = Identity::new(WHO, COPIES[0]);
                let mut administrator = Administrator::new(address, identity, Means::Key(key()), 1);
                let values = [Value::public(1, "URL", "x:y")];
                let identifier = format!("88.1/{number}").parse().unwrap();
                let Ok(answered) = administrator.ask(Order::register(&identifier, &values)) else {
                    return;
                };
                if answered.message.header.response_code != ResponseCode::SUCCESS {
                    return;
                }
                acknowledged.store(number + 1, std::sync::atomic::Ordering::SeqCst);
            }
        });
        let count = || acknowledged.load(std::sync::atomic::Ordering::SeqCst);
        wait_until("some are acknowledged", || count() >= 10);
        drop(writer.node.take());
        registering.join().unwrap();
    });
    std::fs::remove_dir_all(writer.path().join("log")).unwrap();
    std::fs::remove_dir_all(writer.path().join("tables")).unwrap();
    let count = acknowledged.into_inner();
    assert!(count >= 10);
    for number in 0..count {
        let key = record_key(&format!("88.1/{number}"));
        assert!(copy.store().view().get(&key).unwrap().is_some(), "{number}");
    }
    // The copy becomes the writer, and the other one goes on with it.
    copy.has_lost_its_source();
    let last = copy.mirror().txn;
    other.stop();
    copy.stop();
    let promoted = promote(copy.path(), &Options::default()).unwrap();
    assert_eq!(promoted.txn, last);
    assert!(promoted.epoch > 1);
    copy.config.mirror.of = None;
    copy.config.replication.admins = vec![format!("303:{WHO}")];
    copy.start();
    assert_eq!(copy.register("88.1/after"), ResponseCode::SUCCESS);
    assert_eq!(copy.node().replication().txn, last + 1);
    other.config.mirror.of = Some(copy.path().join("siteinfo.json"));
    other.start();
    other.has_caught_up_with(&copy);
    assert_eq!(other.mirror().epoch, promoted.epoch);
    assert_eq!(other.ask("88.1/after").0, ResponseCode::SUCCESS);
}

/// What failed once in a hundred times: the plug was pulled between two copies, and the one that is
/// promoted had an entry less than the other.
#[test]
fn a_copy_that_had_more_than_the_promoted_one_goes_on_with_that() {
    let mut writer = Machine::writer(|_| ());
    let mut copy = Machine::copy_of(&writer, 302);
    let mut other = Machine::copy_of(&writer, 303);
    copy.has_caught_up_with(&writer);
    copy.stop();
    writer.put("88.1/lost", "x");
    other.has_caught_up_with(&writer);
    other.stop();
    writer.stop();
    let lost = promote(copy.path(), &Options::default()).unwrap().txn + 1;
    copy.config.mirror.of = None;
    copy.config.replication.admins = vec![format!("303:{WHO}")];
    copy.start();
    assert_eq!(copy.register("88.1/after"), ResponseCode::SUCCESS);
    assert_eq!(
        copy.node().replication().txn,
        lost,
        "the number comes again"
    );
    other.config.mirror.of = Some(copy.path().join("siteinfo.json"));
    other.start();
    other.has_caught_up_with(&copy);
    assert_eq!(other.ask("88.1/lost").0, ResponseCode::HANDLE_NOT_FOUND);
}

/// Two that are promoted apart know nothing of each other. What follows the one must not go on with
/// the other as if they had one history.
#[test]
fn two_nodes_promoted_apart_have_no_epoch_in_common() {
    let mut writer = Machine::writer(|_| ());
    let [mut first, mut second, mut other] = COPIES.map(|who| Machine::copy_of(&writer, who));
    for machine in [&first, &second, &other] {
        machine.has_caught_up_with(&writer);
    }
    for machine in [&mut writer, &mut first, &mut second, &mut other] {
        machine.stop();
    }
    for (at, machine) in [&mut first, &mut second].into_iter().enumerate() {
        promote(machine.path(), &Options::default()).unwrap();
        machine.config.mirror.of = None;
        machine.config.replication.admins = vec![format!("303:{WHO}")];
        machine.start();
        // The second one goes further than the first.
        for number in 0..5 + 5 * at {
            machine.put(&format!("88.1/{at}-{number}"), "x");
        }
        other.stop();
        other.config.mirror.of = Some(machine.path().join("siteinfo.json"));
        other.start();
        other.has_caught_up_with(machine);
    }
    assert_eq!(other.ask("88.1/0-0").0, ResponseCode::HANDLE_NOT_FOUND);
    assert_eq!(other.ask("88.1/1-0").0, ResponseCode::SUCCESS);
}

/// An epoch in which nothing has been written yet is followed all the same: whoever stands in it is
/// no copy of the one before any more.
#[test]
fn an_epoch_is_kept_before_anything_is_written_in_it() {
    let mut writer = Machine::writer(|_| ());
    let mut copy = Machine::copy_of(&writer, 302);
    let mut other = Machine::copy_of(&writer, 303);
    for machine in [&copy, &other] {
        machine.has_caught_up_with(&writer);
    }
    writer.stop();
    copy.stop();
    other.stop();
    let promoted = promote(copy.path(), &Options::default()).unwrap();
    copy.config.mirror.of = None;
    copy.config.replication.admins = vec![format!("303:{WHO}")];
    copy.start();
    other.config.mirror.of = Some(copy.path().join("siteinfo.json"));
    other.start();
    wait_until("it is followed", || other.mirror().epoch == promoted.epoch);
    other.stop();
    other.start();
    let Standing::Following(followed) = other.standing() else {
        panic!("no full copy");
    };
    assert_eq!(
        (followed.epoch, followed.txn),
        (promoted.epoch, promoted.txn)
    );
}

#[test]
fn a_request_that_comes_again_after_the_promotion_is_answered_as_it_was() {
    let mut writer = Machine::writer(waits_for_one);
    let mut copy = Machine::copy_of(&writer, 302);
    copy.has_caught_up_with(&writer);
    let values = [Value::public(1, "URL", "x:y")];
    let order = Order::register(&"88.1/once".parse().unwrap(), &values);
    assert_eq!(Again::new(&writer).ask(&order).0, ResponseCode::SUCCESS);
    writer.stop();
    copy.stop();
    promote(copy.path(), &Options::default()).unwrap();
    copy.config.mirror.of = None;
    copy.start();
    // Not that it exists already: it is the same request.
    assert_eq!(Again::new(&copy).ask(&order).0, ResponseCode::SUCCESS);
    let other = Order::register(&"88.1/once".parse().unwrap(), &[]);
    assert_ne!(Again::new(&copy).ask(&other).0, ResponseCode::SUCCESS);
}

/// Who changed what is in the copy's own trail, which is whole.
#[test]
fn the_notes_of_changes_come_with_them() {
    let writer = Machine::writer(|_| ());
    let mut copy = Machine::copy_of(&writer, 302);
    copy.has_caught_up_with(&writer);
    assert_eq!(writer.register("88.1/noted"), ResponseCode::SUCCESS);
    copy.has_caught_up_with(&writer);
    let notes = |machine: &Machine| {
        let view = machine.store().view();
        let notes = store::audit::notes_about(&*view, &record_key("88.1/noted"));
        notes.map(|note| note.unwrap().1).collect::<Vec<_>>()
    };
    assert_eq!(notes(&copy), notes(&writer));
    assert_eq!(notes(&copy).len(), 1);
    copy.stop();
    let report = store::verify(copy.path(), &mut |_| ()).unwrap();
    assert!(report.damages.is_empty(), "{:?}", report.damages);
}
