//! Are figures of one series compared, though they were told in different units?

use super::*;

/// What is said of one family of a province and its only city.
fn said(store: &Store, kind: Kind, indicator: &str, form: Form) -> String {
    let mut order = order(store);
    order.families = vec![Family {
        kind,
        indicator: indicator.parse().unwrap(),
        form,
    }];
    order.output = None;
    order.parts = vec!["3501".parse().unwrap(), "3502".parse().unwrap()];
    let bulletin = compose(&*store.view(), &order, &name_of).unwrap();
    check_sources(&*store.view(), &bulletin);
    words(&bulletin, 1)
}

fn region(code: &str) -> Object {
    Object::region(code.parse().unwrap())
}

#[test]
fn growth_is_reckoned_in_one_unit() {
    let (_folder, store) = store();
    let of = |unit| ("investment", Form::Cumulative, unit);
    let tell = |code, unit, figure| tell_in(&store, NOW, region(code), of(unit), &[figure]);
    // 100 and 110 of 10^8 yuan, but told in another unit the year before.
    tell("35", Unit::YUAN_10K, ("2021-YTD11", "1000000"));
    tell("35", Unit::YUAN_100M, ("2022-YTD11", "110"));
    // What measures something else cannot be compared, and one without it comes first.
    tell("3501", Unit::TON, ("2021-YTD11", "5"));
    tell("3501", Unit::YUAN_100M, ("2022-YTD11", "50"));
    tell("3502", Unit::YUAN_100M, ("2021-YTD11", "50"));
    tell("3502", Unit::YUAN_10K, ("2022-YTD11", "600000"));
    let said = said(&store, Kind::Investment, "investment", Form::Cumulative);
    assert!(said.contains("工业投资同比增长10.0%"), "{said}");
    assert!(said.contains("福州市 | … | …\n"), "{said}");
    assert!(said.contains("厦门市 | 20.0 | 1\n"), "{said}");
}

#[test]
fn shares_and_growths_are_told_in_per_cent_whatever_they_came_in() {
    let (_folder, store) = store();
    let of = |unit| ("share", Form::Level, unit);
    let tell = |code, unit, figures: &[(&str, &str)]| {
        tell_in(&store, NOW, region(code), of(unit), figures);
    };
    tell("35", Unit::PER_CENT, &[("2021-YTD11", "30")]);
    tell("35", Unit::PART, &[("2022-YTD11", "0.31")]);
    tell("3501", Unit::PER_MILLE, &[("2022-YTD11", "305")]);
    tell("3502", Unit::PER_CENT, &[("2022-YTD11", "30.4")]);
    let shares = said(&store, Kind::Share, "share", Form::Level);
    assert!(
        shares.contains("占比为31.0%，同比提高1.0个百分点"),
        "{shares}"
    );
    assert!(
        shares.contains("福州市 | 30.5 | 1\n厦门市 | 30.4 | 2"),
        "{shares}"
    );

    let of = ("growth", Form::YearOnYear, Unit::PER_MILLE);
    tell_in(&store, NOW, region("35"), of, &[("2022-YTD11", "42")]);
    let growth = said(&store, Kind::Production, "growth", Form::YearOnYear);
    assert!(growth.contains("同比增长4.2%"), "{growth}");
}
