//! Do events come back in the order in which they happened, once each?

use super::*;
use crate::Role;
use crate::stored;
use proptest::prelude::*;
use store::Store;

fn park(name: &str) -> Object {
    Object::new(Role::PARK, &format!("88.1/{name}")).unwrap()
}

fn event(name: &str, when: u64) -> Event {
    Event {
        name: name.to_owned(),
        objects: vec![park("a")],
        when: Instant(when),
        what: "停产".to_owned(),
        place: String::new(),
        why: String::new(),
        how: String::new(),
        who: "张三".to_owned(),
        corrects: None,
        payload: Bytes::from_static(b"{}"),
    }
}

fn tell(store: &Store, known_at: u64, event: &Event) -> Result<Recorded, Error> {
    crate::commit(store, Instant(known_at), |view, at| record(view, at, event))
}

fn names(store: &Store, object: &Object, between: [u64; 2]) -> Vec<String> {
    let found = of_object(&*store.view(), object, between.map(Instant), 100).unwrap();
    found.into_iter().map(|found| found.event.name).collect()
}

#[test]
fn events_are_listed_as_they_happened() {
    let (_folder, store) = stored::store();
    let mut of_two = event("c", 30);
    of_two.objects.push(park("b"));
    assert!(!tell(&store, 100, &of_two).unwrap().is_late);
    assert!(tell(&store, 101, &event("a", 10)).unwrap().is_late);
    assert!(!tell(&store, 102, &event("b", 30)).unwrap().is_late);
    assert_eq!(names(&store, &park("a"), [0, 99]), ["a", "b", "c"]);
    assert_eq!(names(&store, &park("a"), [10, 30]), ["a"]);
    assert_eq!(names(&store, &park("b"), [0, u64::MAX]), ["c"]);
    assert_eq!(names(&store, &park("aa"), [0, u64::MAX]), [""; 0]);
    let first = of_object(&*store.view(), &park("a"), [Instant(0), Instant::LAST], 1).unwrap();
    assert_eq!(first.len(), 1);
}

#[test]
fn an_event_is_there_once() {
    let (_folder, store) = stored::store();
    let first = tell(&store, 100, &event("a", 10)).unwrap();
    assert_eq!(tell(&store, 200, &event("a", 10)).unwrap(), first);
    let error = tell(&store, 200, &event("a", 11)).unwrap_err().to_string();
    assert_eq!(error, "event 'a' is there already, and it is another");
}

#[test]
fn a_correction_names_what_it_corrects() {
    let (_folder, store) = stored::store();
    let correcting = |name: &str, of: Object| Event {
        corrects: Some("a".to_owned()),
        objects: vec![of],
        ..event(name, 10)
    };
    let early = tell(&store, 100, &correcting("b", park("a")));
    assert!(matches!(early, Err(Error::Missing { .. })));
    tell(&store, 100, &event("a", 10)).unwrap();
    let other = tell(&store, 101, &correcting("b", park("b")));
    assert!(matches!(other, Err(Error::Missing { .. })));
    let corrected = tell(&store, 101, &correcting("b", park("a"))).unwrap();
    assert_eq!(corrected.event.corrects.as_deref(), Some("a"));
    assert_eq!(find(&*store.view(), "b").unwrap(), Some(corrected));
}

#[test]
fn what_is_beyond_the_limits_is_refused() {
    let (_folder, store) = stored::store();
    let refused = |change: fn(&mut Event)| {
        let mut wrong = event("a", 1);
        change(&mut wrong);
        assert!(tell(&store, 1, &wrong).is_err(), "{wrong:?}");
    };
    refused(|event| event.name = "a".repeat(65));
    refused(|event| event.name.clear());
    refused(|event| event.what.clear());
    refused(|event| event.who = "a\u{7}".to_owned());
    refused(|event| event.place = "a".repeat(257));
    refused(|event| event.objects.clear());
    refused(|event| event.objects = vec![event.objects[0].clone(); 201]);
    refused(|event| event.payload = vec![0; 65_537].into());
    let mut largest = event("a", 1);
    largest.objects = (0..200).map(|number| park(&number.to_string())).collect();
    largest.payload = vec![0; 65_536].into();
    tell(&store, 1, &largest).unwrap();
    assert_eq!(find(&*store.view(), "a").unwrap().unwrap().event, largest);
}

proptest! {
    #[test]
    fn no_octets_make_it_fall_over(octets in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode("a", octets.into());
    }
}
