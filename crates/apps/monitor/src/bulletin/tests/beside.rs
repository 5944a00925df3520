//! Does what one bulletin hides follow from another of the same sums?

use super::*;
use std::collections::BTreeSet;

/// An enterprise of a division in a city tells what it made.
fn makes(store: &Store, number: usize, city: &str, division: &str, figures: &[(&str, &str)]) {
    let who = enterprise(number);
    let county = format!("{city}01").parse().unwrap();
    relate(store, Relation::LiesIn, &who, Object::region(county));
    let industry = Object::industry(division.parse().unwrap());
    relate(store, Relation::IsOf, &who, industry);
    tell(store, NOW, who, ("output", Form::Cumulative), figures);
}

/// The codes of the lines that are hidden, and of the industries whose sums are shown.
fn lines(bulletin: &Bulletin) -> [BTreeSet<String>; 2] {
    let mut lines = [BTreeSet::new(), BTreeSet::new()];
    for source in &bulletin.sources {
        match source {
            Source::Counted { what, of } if what == "hidden" => lines[0].extend(of.iter().cloned()),
            Source::Sum { industry, .. } => lines[1].extend(industry.clone()),
            _ => (),
        }
    }
    lines
}

fn issued(store: &Store, order: &Order) -> Bulletin {
    let plan = |view: &dyn View, at| issue(view, at, order, &name_of);
    let bulletin = facts::commit(store, NOW, plan).unwrap();
    check_sources(&*store.view(), &bulletin);
    bulletin
}

/// A bulletin hides a division of one enterprise and another beside it, and tells what both make
/// together. Then two more are heard of, and both could be shown.
#[test]
fn what_was_hidden_stays_hidden_in_a_correction_and_the_year_after() {
    let (_folder, store) = province();
    makes(
        &store,
        90,
        "3501",
        "31",
        &[("2021-YTD11", "777"), ("2022-YTD11", "654")],
    );
    let order = order(&store);
    let first = issued(&store, &order);
    let [hidden, shown] = lines(&first);
    assert!(hidden.len() > 1 && hidden.contains("C31"), "{hidden:?}");
    assert_eq!(first.beside, [""; 0]);
    for number in [91, 92] {
        let figures = [("2021-YTD11", "700"), ("2022-YTD11", "710")];
        makes(&store, number, "3501", "31", &figures);
    }
    let late = Order {
        at: newest(&store),
        ..order.clone()
    };
    // Of another indicator, or alone, nothing stands against it.
    let alone = compose(&*store.view(), &late, &name_of).unwrap();
    assert!(lines(&alone)[1].contains("C31"), "{alone:?}");
    assert_eq!(
        lines(&alone)[0],
        BTreeSet::new(),
        "nothing is sensitive any more"
    );

    let correction = Order {
        name: "fj-2022-11.2".to_owned(),
        corrects: Some(order.name.clone()),
        ..late.clone()
    };
    let second = issued(&store, &correction);
    assert_eq!(second.beside, [order.name.as_str()]);
    let [still_hidden, shown_now] = lines(&second);
    assert!(
        words(&second, 1).contains("厦门市 | "),
        "most of it is shown"
    );
    assert!(
        hidden.is_subset(&still_hidden),
        "{hidden:?} {still_hidden:?}"
    );
    assert!(hidden.is_disjoint(&shown_now), "{shown_now:?}");
    assert!(shown_now.is_subset(&shown), "{shown_now:?}");
    // It is made again as it was, whatever has been issued since.
    let again = remake(&*store.view(), &second).unwrap();
    assert_eq!(octets(&again), octets(&second));
    let again = remake(&*store.view(), &first).unwrap();
    assert_eq!(octets(&again), octets(&first));

    // The year after compares with what was told then.
    for number in (0..16).chain(90..93) {
        let of = ("output", Form::Cumulative);
        let figure = (800 + number * 7).to_string();
        let figures = [("2023-YTD11", figure.as_str())];
        let later = Instant(NOW.0 + 366 * DAY_MS);
        tell(&store, later, enterprise(number), of, &figures);
    }
    let next = Order {
        name: "fj-2023-11".to_owned(),
        period: "2023-YTD11".parse().unwrap(),
        at: newest(&store),
        ..order.clone()
    };
    let next = issued(&store, &next);
    assert_eq!(next.beside, ["fj-2022-11", "fj-2022-11.2"]);
    let [still_hidden, shown_now] = lines(&next);
    assert!(
        hidden.is_subset(&still_hidden),
        "{hidden:?} {still_hidden:?}"
    );
    assert!(hidden.is_disjoint(&shown_now), "{shown_now:?}");
}

/// The same facts told once more are hidden and shown as they were.
#[test]
fn a_correction_of_something_else_shows_the_same_sums() {
    let (_folder, store) = province();
    makes(
        &store,
        90,
        "3501",
        "31",
        &[("2021-YTD11", "777"), ("2022-YTD11", "654")],
    );
    let order = order(&store);
    let first = issued(&store, &order);
    let correction = Order {
        name: "fj-2022-11.2".to_owned(),
        corrects: Some(order.name.clone()),
        number: "订正".to_owned(),
        ..order.clone()
    };
    let second = issued(&store, &correction);
    assert_eq!(lines(&second), lines(&first));
    // What is told of other months, or is not told of sums at all, stands by itself.
    for change in [
        |order: &mut Order| order.output = None,
        |order: &mut Order| order.period = "2022-YTD10".parse().unwrap(),
    ] {
        let mut other = order.clone();
        other.name = "other".to_owned();
        change(&mut other);
        let other = compose(&*store.view(), &other, &name_of).unwrap();
        assert_eq!(other.beside, [""; 0]);
    }
}

/// Whether anybody pulled down is not said of those that are hidden.
#[test]
fn of_those_that_are_hidden_nothing_is_said() {
    let said = |lone: &str| {
        let (_folder, store) = store();
        for (number, division) in [26, 26, 26, 39, 39, 39, 37, 37, 37].into_iter().enumerate() {
            let figures = [("2021-YTD11", "100"), ("2022-YTD11", "110")];
            makes(&store, number, "3501", &division.to_string(), &figures);
        }
        let figures = [("2021-YTD11", "50"), ("2022-YTD11", "40")];
        makes(&store, 9, "3501", lone, &figures);
        let bulletin = compose(&*store.view(), &order(&store), &name_of).unwrap();
        [0, 1].map(|language| words(&bulletin, language))
    };
    let [english, chinese] = said("31");
    assert!(
        english.contains("; none of those shown pulled it down."),
        "{english}"
    );
    assert!(chinese.contains("；公布的各项中没有下拉的。"), "{chinese}");
    let [_, chinese] = said("26");
    assert!(chinese.contains("；没有下拉的。"), "{chinese}");
}
