//! What is asked of any member is agreed on by all.

use super::*;
use crate::visitor::Visitor;
use client::Clock;
use engine::Origin;
use engine::authority::{Known, Means as Proof};
use model::{Key, Site};
use wire::Message;

#[test]
fn whichever_member_is_asked_all_of_them_answer() {
    let mut ring = Ring::start(3);
    let leader = ring.leader();
    let (code, values) = ring.members[1].ask("0.NA/88");
    assert_eq!(code, ResponseCode::SUCCESS);
    let sites = values
        .iter()
        .filter(|value| value.value_type.octets()[..] == *b"HS_SITE");
    let sites: Vec<Site> = sites
        .map(|it| Site::decode(it.data.clone()).unwrap())
        .collect();
    assert_eq!(sites.len(), 3);
    for (site, member) in sites.iter().zip(&ring.members) {
        assert!(site.flags.is_primary());
        let port = site.servers[0].interfaces[0].port;
        assert_eq!(port, u32::from(member.address().port()));
    }
    let identifier = "0.NA/88.118".parse().unwrap();
    for at in 0..3 {
        let other = (at + 1) % 3;
        assert_eq!(ring.register(at, "88.118", "one"), ResponseCode::SUCCESS);
        // Whoever was answered finds it there.
        assert_eq!(ring.members[at].says("0.NA/88.118").as_deref(), Some("one"));
        ring.all_say("0.NA/88.118", Some("one"));
        let again = ring.register(other, "88.118", "two");
        assert_eq!(again, ResponseCode::HANDLE_ALREADY_EXISTS);
        let added = Value::public(2, "NAME", "added");
        let code = ring.order(other, Order::add(&identifier, &[added]));
        assert_eq!(code, ResponseCode::SUCCESS);
        ring.all_say("0.NA/88.118", Some("one added"));
        let code = ring.order(at, Order::modify(&identifier, &[named("another")]));
        assert_eq!(code, ResponseCode::SUCCESS);
        ring.all_say("0.NA/88.118", Some("another added"));
        let code = ring.order(other, Order::remove(&identifier, &[2]));
        assert_eq!(code, ResponseCode::SUCCESS);
        ring.all_say("0.NA/88.118", Some("another"));
        let code = ring.order(at, Order::delete(&identifier));
        assert_eq!(code, ResponseCode::SUCCESS);
        ring.all_say("0.NA/88.118", None);
    }
    let state = ring.members[leader].state();
    assert!(
        state.is_leader && state.delegations == 2 && state.trouble.is_empty(),
        "{state:?}"
    );
    assert!(state.members.iter().all(|member| member.is_connected));
    assert!(state.age_ms.is_some_and(|age| age < 60_000));
    let metrics = ring.members[leader].node().handle().metrics();
    assert!(
        metrics.contains("nameplate_registry_is_leader 1"),
        "{metrics}"
    );
    let told = crate::control::ask_for_registry(&ring.members[leader].folder).unwrap();
    assert_eq!(told.member, state.member);
    for member in &mut ring.members {
        member.stop();
    }
}

/// Each adds values of its own to one record, all at a time: none is lost, for whoever planned on
/// what was changed meanwhile plans again.
#[test]
fn what_is_changed_by_many_at_a_time_is_changed_by_each() {
    const EACH: u32 = 5;
    let ring = Ring::start(3);
    ring.leader();
    assert_eq!(ring.register(0, "88.7", "first"), ResponseCode::SUCCESS);
    ring.all_say("0.NA/88.7", Some("first"));
    let identifier = "0.NA/88.7".parse().unwrap();
    let ring = &ring;
    thread::scope(|scope| {
        for at in 0..3_u32 {
            let identifier = &identifier;
            scope.spawn(move || {
                for number in 0..EACH {
                    let index = 10 + at * EACH + number;
                    let value = Value::public(index, "NAME", index.to_string());
                    let order = Order::add(identifier, &[value]);
                    let code = ring.order(at as usize, order);
                    assert_eq!(code, ResponseCode::SUCCESS);
                }
            });
        }
    });
    let all: Vec<String> = (10..10 + 3 * EACH).map(|it| it.to_string()).collect();
    ring.all_say("0.NA/88.7", Some(&format!("first {}", all.join(" "))));
}

fn known(index: u32) -> Origin {
    Origin::Known(Known {
        identity: Identity::new("0.NA/88", index),
        means: Proof::PUBLIC_KEY,
    })
}

fn answer(machine: &Machine, request: &Message) -> ResponseCode {
    let answerer = &machine.node().answerer;
    let answer = answerer.answer(request, &known(300), Visitor::LOCAL);
    answer.unwrap().header.response_code
}

/// A request that comes again, to another member, after another has undone it, or to one that has
/// slept through it all, is answered as before and done once.
#[test]
fn a_request_that_comes_again_elsewhere_is_done_once() {
    let mut ring = Ring::start(3);
    ring.leader();
    let identifier = "0.NA/88.9".parse().unwrap();
    let flags = wire::OpFlags::USUAL;
    let values = [named("x"), admin()];
    let creation = engine::question::creation(&identifier, &values, flags, 77, Clock::date());
    assert_eq!(answer(&ring.members[0], &creation), ResponseCode::SUCCESS);
    ring.all_say("0.NA/88.9", Some("x"));
    assert_eq!(answer(&ring.members[1], &creation), ResponseCode::SUCCESS);
    let row = |ring: &Ring, at: usize| {
        let view = ring.members[at].node().answerer.store().view();
        view.get(&Key::registered(b"88.9")).unwrap().unwrap()
    };
    assert_eq!(row(&ring, 1)[..4], [0, 0, 0, 1], "nothing was done");
    drop(ring.members[2].node.take());
    ring.leader();
    assert_eq!(
        ring.order(1, Order::delete(&identifier)),
        ResponseCode::SUCCESS
    );
    assert_eq!(answer(&ring.members[0], &creation), ResponseCode::SUCCESS);
    ring.all_say("0.NA/88.9", None);
    ring.members[2].start().unwrap();
    ring.leader();
    ring.all_say("0.NA/88.9", None);
    assert_eq!(answer(&ring.members[2], &creation), ResponseCode::SUCCESS);
    ring.all_say("0.NA/88.9", None);
    // Another request that is alike is another.
    let other = engine::question::creation(&identifier, &values, flags, 78, Clock::date());
    assert_eq!(answer(&ring.members[2], &other), ResponseCode::SUCCESS);
    ring.all_say("0.NA/88.9", Some("x"));
    // The trail of every member tells of all changes that it has seen one by one.
    let key = Key::record(&identifier, model::SuffixCase::Insensitive);
    let view = ring.members[0].node().answerer.store().view();
    let notes = store::audit::notes_about(&*view, &key);
    assert_eq!(notes.map(Result::unwrap).count(), 3);
}
