//! Do relations hold when they should, and are circles and double counts refused?

use super::*;
use crate::stored;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::Store;

fn region(code: &str) -> Object {
    Object::region(code.parse().unwrap())
}

fn park(name: &str) -> Object {
    Object::new(Role::PARK, &format!("88.1/{name}")).unwrap()
}

fn enterprise() -> Object {
    Object::enterprise("91350100M000100Y43".parse().unwrap())
}

fn lies_in(subject: &Object, object: &Object, from: &str, to: Option<&str>) -> Relation {
    Relation {
        kind: Kind::LiesIn,
        subject: subject.clone(),
        object: object.clone(),
        from: from.parse().unwrap(),
        to: to.map(|to| to.parse().unwrap()),
        evidence: String::new(),
    }
}

fn tell(store: &Store, at: u64, relation: &Relation) -> Result<(), Error> {
    crate::commit(store, Instant(at), |view, at| {
        Ok((relate(view, at, relation)?, ()))
    })
}

fn names(store: &Store, subject: &Object, day: &str, at: Instant) -> Vec<String> {
    let day = day.parse().unwrap();
    let found = from_subject(&*store.view(), Kind::LiesIn, subject, at).unwrap();
    let holding = found.into_iter().filter(|found| found.holds_on(day));
    holding.map(|found| found.object.to_string()).collect()
}

#[test]
fn an_enterprise_moves_and_what_was_known_stays() {
    let (_folder, store) = stored::store();
    let [old, new] = ["350102", "350103"].map(region);
    let stays = lies_in(&enterprise(), &old, "2020-01-01", None);
    tell(&store, 1, &stays).unwrap();
    let moved = lies_in(&enterprise(), &new, "2022-06-01", None);
    let error = tell(&store, 2, &moved).unwrap_err().to_string();
    assert!(error.contains("has region 350102000000 already"), "{error}");
    let ended = lies_in(&enterprise(), &old, "2020-01-01", Some("2022-06-01"));
    tell(&store, 2, &ended).unwrap();
    tell(&store, 3, &moved).unwrap();
    assert_eq!(
        names(&store, &enterprise(), "2022-05-31", Instant::LAST),
        [old.to_string()]
    );
    assert_eq!(
        names(&store, &enterprise(), "2022-06-01", Instant::LAST),
        [new.to_string()]
    );
    assert_eq!(
        names(&store, &enterprise(), "2022-06-01", Instant(1)),
        [old.to_string()]
    );
    assert_eq!(
        names(&store, &enterprise(), "2019-12-31", Instant::LAST),
        [""; 0]
    );

    // A park is of another role: both can be.
    tell(
        &store,
        4,
        &lies_in(&enterprise(), &park("a"), "2022-06-01", None),
    )
    .unwrap();
    let view = store.view();
    let there = to_object(&*view, Kind::LiesIn, &new, Instant::LAST).unwrap();
    assert_eq!(there, std::slice::from_ref(&moved));
    drop(view);

    let change = |view: &dyn View, at: Instant| Ok((take_back(view, at, &moved)?, ()));
    crate::commit(&store, Instant(5), change).unwrap();
    assert_eq!(
        names(&store, &enterprise(), "2022-06-01", Instant::LAST),
        [park("a").to_string()]
    );
    assert!(matches!(
        crate::commit(&store, Instant(5), change),
        Err(Error::Missing { .. })
    ));
}

#[test]
fn what_is_told_at_one_moment_is_kept_in_its_order() {
    let (_folder, store) = stored::store();
    let park = park("a");
    let stays = lies_in(&enterprise(), &park, "2020-01-01", None);
    let ended = lies_in(&enterprise(), &park, "2020-01-01", Some("2022-06-01"));
    // The clock stands still; what is told first would be overwritten if its row did.
    tell(&store, 7, &stays).unwrap();
    tell(&store, 7, &ended).unwrap();
    let change = |view: &dyn View, at: Instant| Ok((take_back(view, at, &ended)?, ()));
    crate::commit(&store, Instant(7), change).unwrap();
    let known = |at: u64| {
        let known = from_subject(&*store.view(), Kind::LiesIn, &enterprise(), Instant(at));
        known.unwrap()
    };
    assert_eq!(known(7), [stays]);
    assert_eq!(known(8), std::slice::from_ref(&ended));
    assert_eq!(known(9), []);
}

#[test]
fn a_circle_is_refused_only_if_there_is_a_day_of_it() {
    let (_folder, store) = stored::store();
    let [a, b, c] = ["35", "3501", "350102"].map(region);
    tell(
        &store,
        1,
        &lies_in(&c, &b, "2000-01-01", Some("2010-01-01")),
    )
    .unwrap();
    tell(&store, 2, &lies_in(&b, &a, "2005-01-01", None)).unwrap();
    let circle = |from: &str, to| tell(&store, 3, &lies_in(&a, &c, from, to));
    let error = circle("2009-12-31", None).unwrap_err();
    assert!(matches!(error, Error::Circle { .. }), "{error}");
    let error = tell(&store, 3, &lies_in(&a, &a, "2000-01-01", None)).unwrap_err();
    assert!(matches!(error, Error::Circle { .. }), "{error}");
    // Before all three hold, and after one is over, there is none.
    circle("2000-01-01", Some("2005-01-01")).unwrap();
    circle("2010-01-01", None).unwrap();
}

#[test]
fn what_cannot_be_related_is_told() {
    let (_folder, store) = stored::store();
    let check = |relation: Relation, said: &str| {
        let error = tell(&store, 1, &relation).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    };
    let fuzhou = region("3501");
    check(
        lies_in(&fuzhou, &park("a"), "2020-01-01", None),
        "lies in is no relation of region",
    );
    check(
        lies_in(&park("a"), &fuzhou, "2020-01-01", Some("2020-01-01")),
        "it ends on 2020-01-01",
    );
    let mut long = lies_in(&park("a"), &fuzhou, "2020-01-01", None);
    long.evidence = "a".repeat(1025);
    check(long, "evidence needs 0 to 1024 octets");
    let mut of = lies_in(&enterprise(), &fuzhou, "2020-01-01", None);
    of.kind = Kind::IsOf;
    check(of, "is of is no relation");
}

#[test]
fn who_delivers_in_a_circle_delivers() {
    let (_folder, store) = stored::store();
    let other = Object::enterprise("9144030071526726XG".parse().unwrap());
    let delivers = |from: &Object, to: &Object| Relation {
        kind: Kind::DeliversTo,
        ..lies_in(from, to, "2020-01-01", None)
    };
    tell(&store, 1, &delivers(&enterprise(), &other)).unwrap();
    tell(&store, 2, &delivers(&other, &enterprise())).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is told, no chain ever belongs to itself: all ways are walked anew.
    #[test]
    fn nothing_belongs_to_itself(
        told in prop::collection::vec((0..5_u8, 0..5_u8, 0..6_u16, 1..4_u16), 1..14),
    ) {
        let (_folder, store) = stored::store();
        let chain = |number: u8| Object::new(Role::CHAIN, &format!("88.1/{number}")).unwrap();
        let year = |year: u16| Date::new(2000 + year, 1, 1).unwrap();
        let mut held: BTreeMap<(u8, u8, u16), u16> = BTreeMap::new();
        for (at, (a, b, from, length)) in (0..).zip(told) {
            let relation = Relation {
                kind: Kind::BelongsTo,
                subject: chain(a),
                object: chain(b),
                from: year(from),
                to: Some(year(from + length)),
                evidence: String::new(),
            };
            let told = tell(&store, at, &relation);
            let mut with = held.clone();
            with.insert((a, b, from), from + length);
            let has_circle = (0..10).any(|year| {
                let holding = with.iter().filter(|(held, to)| (held.2..**to).contains(&year));
                reaches_itself(&holding.map(|(held, _)| (held.0, held.1)).collect())
            });
            prop_assert_eq!(told.is_err(), has_circle);
            if !has_circle {
                held = with;
            }
        }
    }
}

/// Warshall's closure over the pairs of one year.
fn reaches_itself(pairs: &BTreeSet<(u8, u8)>) -> bool {
    let mut reached = pairs.clone();
    for middle in 0..5 {
        for a in 0..5 {
            for b in 0..5 {
                if reached.contains(&(a, middle)) && reached.contains(&(middle, b)) {
                    reached.insert((a, b));
                }
            }
        }
    }
    (0..5).any(|at| reached.contains(&(at, at)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Of many at once the same is known as of each by itself, in whatever order, at any moment.
    #[test]
    fn many_at_once_are_found_as_each_by_itself(
        told in prop::collection::vec((0..6_usize, 0..3_usize, 0..4_u16, any::<bool>()), 0..30),
        asked in prop::collection::vec(0..8_usize, 0..12),
    ) {
        let (_folder, store) = stored::store();
        let parks: Vec<_> = (0..8).map(|number| park(&format!("{number}"))).collect();
        let regions = ["350102", "350103", "350203"].map(region);
        for (at, (subject, object, year, holds)) in (1..).zip(&told) {
            let from = format!("{}-01-01", 2018 + year);
            let relation = lies_in(&parks[*subject], &regions[*object], &from, None);
            // What cannot be is refused, which leaves gaps.
            let _ = crate::commit(&store, Instant(at), |view, at| {
                let plan = if *holds { relate } else { take_back };
                Ok((plan(view, at, &relation)?, ()))
            });
        }
        let view = store.view();
        let asked: Vec<&Object> = asked.iter().map(|number| &parks[*number]).collect();
        for at in [0, told.len() as u64 / 2, u64::MAX].map(Instant) {
            let found = from_subjects(&*view, Kind::LiesIn, &asked, at).unwrap();
            let expected = asked
                .iter()
                .map(|subject| from_subject(&*view, Kind::LiesIn, subject, at).unwrap());
            prop_assert_eq!(found, expected.collect::<Vec<_>>());
        }
    }
}
