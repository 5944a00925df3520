//! Is everybody told who should be, and when it is time?

use super::*;
use crate::warn::silence::{self, Silence};
use crate::warn::{Muted, hold, release};

#[test]
fn a_province_in_red_says_what_its_cities_need_not() {
    let case = Case::new(TEXT);
    let (province, city) = (region("35"), region("3501"));
    let at = days_after(period("2021-01"), 9);
    case.tell(&city, "2021-01", Some("4"), 5);
    case.tell(&province, "2021-01", Some("9"), 5);
    case.step(&city, "2021-01", 6);
    case.step(&province, "2021-01", 6);
    let told = case.notice(&city, at);
    assert_eq!((told.muted, told.to.as_str()), (None, "owner"));
    assert_eq!(
        told.said[0],
        "【红色】库存：region 350100000000，2021年1月，发出（新一期数据）"
    );
    case.tell(&province, "2021-01", Some("4"), 7);
    assert_eq!(
        case.step(&province, "2021-01", 8),
        "raised-higher revision 2"
    );
    let muted = case.notice(&city, at).muted;
    let of_province = open(&*case.world.store.view(), "cover", &province)
        .unwrap()
        .unwrap();
    assert_eq!(
        muted,
        Some(Muted::Inhibited {
            by: of_province.name
        })
    );
    // Not the other way round, and not in another province.
    assert_eq!(case.notice(&province, at).muted, None);
    let other = region("3601");
    case.tell(&other, "2021-01", Some("4"), 9);
    case.step(&other, "2021-01", 10);
    assert_eq!(case.notice(&other, at).muted, None);
    // Another rule that the text names.
    let stop = "rule stop every month of region level slow when value(y, t) < 9 \
                level halt when value(y, t) < 1";
    let (live, rule) = go_live(&case.world, stop, at);
    let of_country = region("36");
    let month = period("2021-01");
    for (number, expected) in [("5", false), ("0", true)] {
        let at = days_after(month, 12);
        case.world.tell("y", &of_country, month, Some(number), at);
        case.world
            .plan(at, |view, at| {
                judge(view, at, &live, &rule, &of_country, month, "o")
            })
            .unwrap();
        assert_eq!(
            case.notice(&other, at).muted.is_some(),
            expected,
            "{number}"
        );
    }
}

#[test]
fn silence_has_a_reason_and_an_end() {
    let case = Case::new(TEXT);
    let city = region("3501");
    case.tell(&city, "2021-01", Some("4"), 5);
    case.step(&city, "2021-01", 6);
    let from = days_after(period("2021-01"), 7);
    let silence = Silence {
        name: "s1".to_owned(),
        rule: Some("cover".to_owned()),
        region: "35".parse().ok(),
        from,
        until: Instant(from.0 + 5 * DAY_MS),
        by: "tests".to_owned(),
        reason: "检修".to_owned(),
    };
    let keep = |silence: &Silence| {
        case.world
            .plan(from, |view, at| Ok((silence::keep(view, at, silence)?, ())))
    };
    let refused = |change: fn(&mut Silence)| {
        let mut other = silence.clone();
        change(&mut other);
        assert!(keep(&other).is_err(), "{other:?}");
    };
    refused(|silence| silence.reason = "  ".to_owned());
    refused(|silence| silence.by = String::new());
    refused(|silence| silence.until = silence.from);
    refused(|silence| silence.until = Instant::LAST);
    refused(|silence| silence.until = Instant(silence.from.0 + 93 * DAY_MS));
    refused(|silence| (silence.rule, silence.region) = (None, None));
    keep(&silence).unwrap();
    keep(&silence).unwrap();
    refused(|silence| silence.reason = "another".to_owned());
    let muted = |at| case.notice(&city, at).muted;
    let by = || {
        Some(Muted::Silenced {
            by: "s1".to_owned(),
        })
    };
    assert_eq!(muted(Instant(from.0 - 1)), None);
    assert_eq!(muted(from), by());
    assert_eq!(muted(Instant(silence.until.0 - 1)), by());
    assert_eq!(muted(silence.until), None);
    // The warning goes on all the same.
    case.tell(&city, "2021-01", Some("8"), 8);
    assert_eq!(case.step(&city, "2021-01", 9), "lowered revision 1");
    let lift = |view: &dyn View, at| Ok((silence::lift(view, at, "s1", BY)?, ()));
    case.world.plan(from, lift).unwrap();
    assert_eq!(muted(from), None);
    assert!(case.world.plan(from, lift).is_err());
}

#[test]
fn rules_that_inhibit_each_other_do_not_keep_everybody_from_being_told() {
    let case = Case::new(TEXT);
    let city = region("3501");
    let month = period("2021-01");
    let at = days_after(month, 9);
    let rule = |name: &str, level: &str, inhibit: &str| {
        format!(
            "rule {name} every month of region level {level} when value(x, t) < 10 \
             inhibit by {inhibit}"
        )
    };
    case.tell(&city, "2021-01", Some("4"), 5);
    assert_eq!(case.step(&city, "2021-01", 6), "raised figures 2");
    let live = |text: &str| go_live(&case.world, text, at);
    let judged = |(live, rule): &(Version, Rule)| {
        let plan = |view: &dyn View, at| judge(view, at, live, rule, &city, month, "o");
        case.world.plan(at, plan).unwrap();
        let view = case.world.store.view();
        let warning = open(&*view, rule.name(), &city).unwrap().unwrap();
        let account = account(&*view, &warning, warning.steps).unwrap().unwrap();
        let muted = notice(&*view, at, rule, &warning, &account).unwrap().muted;
        (warning.name, muted)
    };
    // As long as nothing leads back, cover is inhibited by stop.
    let stop = live(&rule("stop", "halt", "slow at s"));
    let (by, muted) = judged(&stop);
    assert_eq!(muted, None);
    let muted = case.notice(&city, at).muted;
    assert_eq!(muted, Some(Muted::Inhibited { by }));
    // Stop by slow, slow by cover, cover by stop: nobody would be told.
    let slow = live(&rule("slow", "s", "cover at red"));
    assert_eq!(judged(&slow).1, None);
    assert_eq!(judged(&stop).1, None);
    assert_eq!(case.notice(&city, at).muted, None);
}

#[test]
fn what_was_muted_is_told_when_nothing_mutes_it_any_more() {
    let case = Case::new(TEXT);
    let (city, other) = (region("3501"), region("3502"));
    let month = period("2021-01");
    for of in [&city, &other] {
        case.tell(of, "2021-01", Some("4"), 5);
        case.step(of, "2021-01", 6);
    }
    let from = days_after(month, 7);
    let silence = |name: &str, region: &str, days: u64| Silence {
        name: name.to_owned(),
        rule: None,
        region: region.parse().ok(),
        from,
        until: Instant(from.0 + days * DAY_MS),
        by: "tests".to_owned(),
        reason: "检修".to_owned(),
    };
    for silence in [silence("s1", "3501", 5), silence("s2", "3502", 9)] {
        let keep = |view: &dyn View, at| Ok((silence::keep(view, at, &silence)?, ()));
        case.world.plan(from, keep).unwrap();
    }
    let hold_all = || {
        for of in [&city, &other] {
            let held = case.notice(of, from);
            assert!(held.muted.is_some(), "{held:?}");
            let warning = open(&*case.world.store.view(), "cover", of).unwrap();
            let change = hold(&held, &warning.unwrap());
            case.world.store.commit(change).unwrap();
        }
    };
    hold_all();
    let released = |days: u64, count_max: usize| {
        let now = Instant(from.0 + days * DAY_MS);
        let (change, notices) = release(&*case.world.store.view(), now, count_max).unwrap();
        if !change.is_empty() {
            case.world.store.commit(change).unwrap();
        }
        notices
    };
    assert_eq!(released(4, 9), []);
    let [first] = &released(5, 9)[..] else {
        panic!("one silence has ended")
    };
    assert!(first.said[0].contains("350100000000"), "{first:?}");
    assert_eq!(first.muted, None);
    assert_eq!(released(6, 9), [], "it is told once");
    // A step that others have followed is past.
    case.tell(&other, "2021-01", Some("20"), 8);
    assert_eq!(case.step(&other, "2021-01", 9), "ended revision 0");
    assert_eq!(released(10, 9), []);
    case.tell(&other, "2021-02", Some("4"), 5);
    assert_eq!(case.step(&other, "2021-02", 6), "raised figures 2");
    hold_all();
    assert_eq!(released(99, 1).len(), 1);
    assert_eq!(released(99, 1).len(), 1);
    assert_eq!(released(99, 1), []);
    // What is told lets go of what was held.
    hold_all();
    for of in [&city, &other] {
        let told = case.notice(of, days_after(month, 99));
        assert_eq!(told.muted, None);
        let warning = open(&*case.world.store.view(), "cover", of).unwrap();
        let change = hold(&told, &warning.unwrap());
        case.world.store.commit(change).unwrap();
    }
    assert_eq!(released(99, 9), []);
}
