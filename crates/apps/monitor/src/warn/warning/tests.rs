//! Does a warning live as its rule and the figures say, once each?

mod telling;

use super::*;
use crate::warn::back_test::{Costs, Trial};
use crate::warn::synthetic::{BY, DAY_MS, World, days_after, go_live, go_live_in, period, region};
use crate::warn::{Notice, notice};
use codes::{Frequency, Region};

const TEXT: &str = "rule cover \"库存\" \"cover\" every month of region\n\
                    level yellow \"黄色\" when value(x, t) < 10 until value(x, t) > 12\n\
                    level red \"红色\" when value(x, t) < 5\n\
                    inhibit below at red inhibit by stop at halt escalate after 3";

struct Case {
    world: World,
    live: Version,
    rule: Rule,
}

impl Case {
    fn new(text: &str) -> Self {
        let world = World::new(Frequency::Month);
        let (live, rule) = go_live(&world, text, Instant(DAY_MS));
        Self { world, live, rule }
    }

    fn tell(&self, subject: &Subject, month: &str, number: Option<&str>, days: u64) {
        let period = period(month);
        self.world
            .tell("x", subject, period, number, days_after(period, days));
    }

    fn judge(&self, subject: &Subject, month: &str, days: u64) -> Judged {
        let period = period(month);
        let at = days_after(period, days);
        let (live, rule) = (&self.live, &self.rule);
        let plan = |view: &dyn View, at| judge(view, at, live, rule, subject, period, "owner");
        self.world.plan(at, plan).unwrap()
    }

    /// Judges, and tells the step in a word, its cause and the level after it; judges again, which
    /// must change nothing.
    fn step(&self, subject: &Subject, month: &str, days: u64) -> String {
        let judged = self.judge(subject, month, days);
        let again = self.judge(subject, month, days + 1);
        assert_eq!(again.account, None, "{month}");
        let account = judged.account;
        account.map_or("-".to_owned(), |account| {
            format!(
                "{} {} {}",
                account.kind.word(),
                account.cause.word(),
                account.level
            )
        })
    }

    fn notice(&self, subject: &Subject, at: Instant) -> Notice {
        let view = self.world.store.view();
        let warning = open(&*view, "cover", subject).unwrap().unwrap();
        let account = account(&*view, &warning, warning.steps).unwrap().unwrap();
        notice(&*view, at, &self.rule, &warning, &account).unwrap()
    }
}

#[test]
fn a_warning_is_raised_goes_up_and_down_and_ends() {
    let case = Case::new(TEXT);
    let city = region("3501");
    let mut told = Vec::new();
    for (month, number) in [
        ("2021-01", "20"),
        ("2021-02", "9"),
        ("2021-03", "11"),
        ("2021-04", "4"),
        ("2021-05", "8"),
        ("2021-06", "13"),
        ("2021-07", "9"),
    ] {
        case.tell(&city, month, Some(number), 5);
        told.push(case.step(&city, month, 6));
    }
    let expected = [
        "-",
        "raised figures 1",
        "-",
        "raised-higher figures 2",
        "lowered figures 1",
        "ended figures 0",
        "raised figures 1",
    ];
    assert_eq!(told, expected);
    let view = case.world.store.view();
    let second = open(&*view, "cover", &city).unwrap().unwrap();
    assert_eq!((second.steps, second.raised_in), (1, period("2021-07")));
    // Its number leads back to its observation and revision.
    let account = account(&*view, &second, 1).unwrap().unwrap();
    let [used] = &account.used[..] else {
        panic!("{account:?}")
    };
    assert_eq!(used.number, Some(9.into()));
    let revisions = facts::history::revisions(&*view, &used.series, used.period).unwrap();
    assert_eq!(used.known_at, Some(revisions[0].at));
    // All steps are events of the city, in order.
    let all = [Instant(0), Instant::LAST];
    let events = event::of_object(&*view, &city.objects()[0], all, 99).unwrap();
    let words: Vec<_> = events
        .iter()
        .map(|found| found.event.what.as_str())
        .collect();
    let expected = ["raised", "raised-higher", "lowered", "ended", "raised"];
    assert_eq!(words, expected.map(|word| format!("warning-{word}")));
    let first = &events[0].event.name;
    let first = ended(&*view, first.trim_end_matches("-1"))
        .unwrap()
        .unwrap();
    assert_eq!(first.steps, 4);
    assert!(first.ended_at.is_some());
    assert_eq!(
        all_open(&*view, Some("cover"), 9).unwrap(),
        std::slice::from_ref(&second)
    );
    assert_eq!(all_open(&*view, None, 9).unwrap(), [second]);
    assert_eq!(all_open(&*view, Some("cove"), 9).unwrap(), []);
}

#[test]
fn a_revision_that_takes_the_reason_away_ends_the_warning_and_is_told() {
    let case = Case::new(TEXT);
    let city = region("3501");
    case.tell(&city, "2021-01", Some("9"), 5);
    assert_eq!(case.step(&city, "2021-01", 6), "raised figures 1");
    case.tell(&city, "2021-01", Some("20"), 8);
    assert_eq!(case.step(&city, "2021-01", 9), "ended revision 0");
    // Once more, and found out only in the next month.
    case.tell(&city, "2021-02", Some("9"), 5);
    assert_eq!(case.step(&city, "2021-02", 6), "raised figures 1");
    case.tell(&city, "2021-02", Some("15"), 30);
    case.tell(&city, "2021-03", Some("11"), 5);
    assert_eq!(case.step(&city, "2021-03", 6), "ended revision 0");
    // And one that brings a reason.
    case.tell(&city, "2021-03", Some("3"), 8);
    assert_eq!(case.step(&city, "2021-03", 9), "raised figures 2");
    // A month that is judged late changes nothing.
    case.tell(&city, "2021-02", Some("20"), 90);
    assert_eq!(case.step(&city, "2021-02", 95), "-");
}

#[test]
fn a_month_that_is_judged_late_changes_nothing_whatever_came_of_the_later_ones() {
    let case = Case::new(TEXT);
    let city = region("3501");
    // On since September, and judged in October and November without a step.
    for month in ["2021-09", "2021-10", "2021-11"] {
        case.tell(&city, month, Some("9"), 5);
    }
    assert_eq!(case.step(&city, "2021-09", 6), "raised figures 1");
    assert_eq!(case.step(&city, "2021-10", 6), "-");
    assert_eq!(case.step(&city, "2021-11", 6), "-");
    case.tell(&city, "2021-10", Some("20"), 40);
    assert_eq!(
        case.step(&city, "2021-10", 41),
        "-",
        "November says it is on"
    );
    // That October was not as it seemed is told with the figures of November.
    assert_eq!(case.step(&city, "2021-11", 20), "-");
    let open_ones = || all_open(&*case.world.store.view(), None, 9).unwrap();
    assert_eq!(open_ones().len(), 1);
    // One that has ended is not raised by a month that came before its end.
    case.tell(&city, "2021-12", Some("20"), 5);
    assert_eq!(case.step(&city, "2021-12", 6), "ended figures 0");
    assert_eq!(case.step(&city, "2021-11", 50), "-");
    assert_eq!(open_ones(), []);
    assert_eq!(case.step(&city, "2021-12", 30), "-");
}

/// Nothing is known of a month that has not ended: judging it would end what is open, and keep all
/// months before it from being judged.
#[test]
fn what_has_not_ended_is_not_judged_and_ends_nothing() {
    let case = Case::new(TEXT);
    let city = region("3501");
    case.tell(&city, "2021-01", Some("9"), 5);
    assert_eq!(case.step(&city, "2021-01", 6), "raised figures 1");
    for month in ["2021-02", "2099-12"] {
        let ahead = period(month);
        let (live, rule) = (&case.live, &case.rule);
        let plan = |view: &dyn View, at| judge(view, at, live, rule, &city, ahead, "o");
        let refused = case.world.plan(days_after(period("2021-01"), 10), plan);
        assert!(matches!(refused, Err(Error::Message { .. })), "{month}");
    }
    let view = case.world.store.view();
    assert!(open(&*view, "cover", &city).unwrap().is_some());
    case.tell(&city, "2021-02", Some("4"), 5);
    assert!(case.step(&city, "2021-02", 6).ends_with(" 2"));
}

#[test]
fn what_is_only_called_live_does_not_warn() {
    let case = Case::new(TEXT);
    let city = region("3501");
    let month = period("2021-01");
    case.tell(&city, "2021-01", Some("9"), 5);
    let judged = |version: &Version, rule: &Rule| {
        let plan = |view: &dyn View, at| judge(view, at, version, rule, &city, month, "o");
        case.world.plan(days_after(month, 6), plan)
    };
    let refused = |version: &Version, rule: &Rule| {
        let found = judged(version, rule);
        assert!(matches!(found, Err(Error::Message { .. })), "{found:?}");
    };
    // Of a version that was never registered, of other texts, and of one that has retired since.
    let by_hand = |change: fn(&mut Version)| {
        let mut version = case.live.clone();
        change(&mut version);
        version
    };
    refused(&by_hand(|version| version.number = 2), &case.rule);
    let other = Rule::read(&TEXT.replace("< 10", "< 99")).unwrap();
    let texted = Version {
        text: other.text().to_owned(),
        ..case.live.clone()
    };
    refused(&texted, &other);
    let renamed = Rule::read(&TEXT.replace("rule cover", "rule covers")).unwrap();
    refused(
        &by_hand(|version| version.name = "covers".to_owned()),
        &renamed,
    );
    let at = Instant(2 * DAY_MS);
    let retire = |view: &dyn View, at| register::retire(view, at, ("cover", 1), BY);
    case.world.plan(at, retire).unwrap();
    refused(&case.live, &case.rule);
}

#[test]
fn what_cannot_be_said_is_a_state_of_its_own() {
    let case = Case::new(&format!("{TEXT} missing unknown"));
    let city = region("3501");
    case.tell(&city, "2021-01", Some("20"), 5);
    assert_eq!(case.step(&city, "2021-01", 6), "-");
    assert_eq!(case.step(&city, "2021-02", 6), "unknown figures 0");
    case.tell(&city, "2021-02", None, 8);
    assert_eq!(case.step(&city, "2021-02", 9), "-");
    let found = open(&*case.world.store.view(), "cover", &city)
        .unwrap()
        .unwrap();
    assert!(found.is_unknown);
    case.tell(&city, "2021-02", Some("9"), 12);
    assert_eq!(case.step(&city, "2021-02", 13), "raised-higher revision 1");
    assert_eq!(case.step(&city, "2021-03", 6), "unknown figures 1");
    case.tell(&city, "2021-03", Some("9"), 8);
    assert_eq!(case.step(&city, "2021-03", 9), "known-again revision 1");
    case.tell(&city, "2021-04", Some("20"), 8);
    assert_eq!(case.step(&city, "2021-04", 9), "ended figures 0");
    let view = case.world.store.view();
    let all = [Instant(0), Instant::LAST];
    let events = event::of_object(&*view, &city.objects()[0], all, 99).unwrap();
    let first = Account::decode(events[0].event.payload.clone()).unwrap();
    assert!(
        first
            .why
            .contains("nothing told of 2021-02\nx 2021年2月尚无数据"),
        "{}",
        first.why
    );
}

#[test]
fn only_the_live_version_warns_and_its_successor_goes_on() {
    let mut case = Case::new(TEXT);
    let city = region("3501");
    case.tell(&city, "2021-01", Some("9"), 5);
    case.step(&city, "2021-01", 6);
    let other = TEXT.replace("< 10", "< 8").replace("> 12", "> 8");
    let (live, rule) = go_live(&case.world, &other, days_after(period("2021-01"), 9));
    let old = register::find(&*case.world.store.view(), "cover", 1)
        .unwrap()
        .unwrap();
    assert_eq!((old.state, live.number), (State::Retired, 2));
    let refused = case
        .world
        .plan(days_after(period("2021-01"), 10), |view, at| {
            judge(
                view,
                at,
                &old,
                &case.rule,
                &city,
                period("2021-01"),
                "owner",
            )
        });
    assert!(matches!(refused, Err(Error::Message { .. })));
    (case.live, case.rule) = (live, rule);
    assert_eq!(case.step(&city, "2021-01", 12), "ended rule-changed 0");
    case.tell(&city, "2021-02", Some("7"), 5);
    assert_eq!(case.step(&city, "2021-02", 6), "raised figures 1");
    // A rule that retires without a successor ends its warnings.
    let at = days_after(period("2021-02"), 20);
    let end = |view: &dyn View, at| end_retired(view, at, "cover", &city);
    assert!(matches!(
        case.world.plan(at, end),
        Err(Error::Message { .. })
    ));
    case.world
        .plan(at, |view, at| register::retire(view, at, ("cover", 2), BY))
        .unwrap();
    let ended = case.world.plan(at, end).unwrap();
    assert_eq!(ended.account.unwrap().cause, Cause::RuleRetired);
    assert!(matches!(
        case.world.plan(at, end),
        Err(Error::Missing { .. })
    ));
}

#[test]
fn a_rule_may_change_its_frequency_and_whom_it_is_of() {
    let mut case = Case::new(TEXT);
    let city = region("3501");
    case.tell(&city, "2021-05", Some("9"), 5);
    case.step(&city, "2021-05", 6);
    let at = days_after(period("2021-05"), 9);
    let quarterly = TEXT.replace("every month", "every quarter");
    (case.live, case.rule) = go_live_in(&case.world, &quarterly, at, "2021-Q1");
    // A quarter that ended before is passed over; the next one is judged, though nothing is told.
    assert_eq!(case.judge(&city, "2021-Q1", 80).account, None);
    let judged = case.judge(&city, "2021-Q2", 10).account.unwrap();
    assert_eq!(
        (judged.kind, judged.cause),
        (Kind::Ended, Cause::RuleChanged)
    );
    let series = case.world.series("x", &city);
    let series = series.told(Frequency::Quarter, facts::Form::Level);
    let at = days_after(period("2021-Q2"), 11);
    let told = facts::Observation::reported(9.into(), codes::Unit::TON, "tests", at);
    case.world.report(series, period("2021-Q2"), told, at);
    assert_eq!(case.step(&city, "2021-Q2", 12), "raised figures 1");
    // Of industries, too: what is open of cities alone would never be judged again.
    let stop = |case: &Case| {
        let end = |view: &dyn View, at| end_retired(view, at, "cover", &city);
        case.world.plan(days_after(period("2021-Q2"), 30), end)
    };
    assert!(matches!(stop(&case), Err(Error::Message { .. })));
    let other = quarterly.replace("of region", "of region industry");
    go_live_in(
        &case.world,
        &other,
        days_after(period("2021-Q2"), 20),
        "2021-Q1",
    );
    let stopped = stop(&case).unwrap().account.unwrap();
    assert_eq!(stopped.cause, Cause::RuleChanged);
}

#[test]
fn what_nobody_takes_notice_of_goes_up_the_tree() {
    let case = Case::new(TEXT);
    let county = region("350102");
    case.tell(&county, "2021-01", Some("9"), 5);
    case.step(&county, "2021-01", 6);
    let id = ("cover", &county);
    let raised = open(&*case.world.store.view(), "cover", &county)
        .unwrap()
        .unwrap();
    let start = raised.waits_since.0;
    let owner_of = |region: Region| {
        (region.level() == codes::RegionLevel::City).then(|| format!("of {region}"))
    };
    let escalate = |days: u64| {
        let at = Instant(start + days * DAY_MS);
        let plan = |view: &dyn View, at| escalate(view, at, &case.rule, &county, &owner_of);
        let gone = case.world.plan(at, plan).unwrap();
        gone.map(|(warning, region)| format!("{region} {}", warning.owner))
    };
    assert_eq!(
        waits_until(&case.rule, &raised),
        Some(Instant(start + 3 * DAY_MS))
    );
    assert_eq!(escalate(2), None);
    assert_eq!(escalate(3).as_deref(), Some("350100000000 of 350100000000"));
    assert_eq!(escalate(4), None);
    // Of the province nobody is known: it is the city's still.
    assert_eq!(escalate(6).as_deref(), Some("350000000000 of 350100000000"));
    assert_eq!(escalate(99), None, "above a province is nobody");
    // Raised higher, it goes its way again only if it has not been all the way.
    let acknowledge = |days: u64| {
        let at = Instant(start + days * DAY_MS);
        case.world
            .plan(at, |view, at| acknowledge(view, at, id, BY))
            .unwrap()
    };
    let first = acknowledge(100);
    assert_eq!(acknowledge(101), first);
    assert_eq!(first.acknowledged.as_ref().unwrap().0, "tests");
    let hand = |owner: &'static str| {
        let at = Instant(start + 102 * DAY_MS);
        case.world
            .plan(at, |view, at| hand_over(view, at, id, owner, BY))
    };
    let other = hand("b").unwrap();
    assert_eq!((other.owner.as_str(), &other.acknowledged), ("b", &None));
    assert_eq!(hand("b").unwrap(), other);
    assert!(hand("").is_err());
    assert_eq!(acknowledge(103).steps, other.steps + 1);
}

#[test]
fn a_rule_goes_live_only_after_its_back_test_was_looked_at() {
    let world = World::new(Frequency::Month);
    let rule = Rule::read(TEXT).unwrap();
    let at = Instant(DAY_MS);
    let draft = || {
        world
            .plan(at, |view, at| register::draft(view, at, &rule, BY))
            .unwrap()
    };
    let first = draft();
    assert_eq!((draft(), first.state), (first.clone(), State::Draft));
    let id = ("cover", 1);
    let live = || world.plan(at, |view, at| register::go_live(view, at, id, BY));
    let see = |digest| world.plan(at, |view, at| register::seen(view, at, id, digest, BY));
    let trial = Trial {
        subjects: vec![region("3501")],
        periods: [period("2021-01"); 2],
        episodes: vec![],
        level: 1,
        lead_max: 0,
        grace: 0,
        costs: Costs {
            miss: 1.into(),
            false_alarm: 1.into(),
        },
        sweep: None,
    };
    let run = |rule: &Rule, trial: &Trial| {
        crate::warn::back_test::BackTest::run(&*world.store.view(), rule, trial).unwrap()
    };
    let result = run(&rule, &trial);
    let test = |result: &crate::warn::back_test::BackTest| {
        world.plan(at, |view, at| register::tested(view, at, id, result, BY))
    };
    let refused = |found: Result<Version, Error>| {
        assert!(matches!(found, Err(Error::Message { .. })), "{found:?}");
    };
    refused(live());
    refused(see(result.digest()));
    let other = Rule::read(&TEXT.replace("< 10", "< 9")).unwrap();
    refused(test(&run(&other, &trial)));
    assert_eq!(test(&result).unwrap().state, State::Tested);
    refused(live());
    refused(see(rule.digest()));
    assert_eq!(see(result.digest()).unwrap().state, State::Seen);
    // Another test: what was seen is not what there is.
    let wider = Trial {
        periods: [period("2021-01"), period("2021-02")],
        level: 2,
        ..trial
    };
    let again = run(&rule, &wider);
    let changed = world.plan(at, |view, at| register::tested(view, at, id, &again, BY));
    assert_eq!(changed.unwrap().state, State::Tested);
    refused(live());
    see(again.digest()).unwrap();
    let found = live().unwrap();
    assert_eq!(found.state, State::Live);
    refused(test(&again));
    refused(live());
    assert!(matches!(
        world.plan(at, |view, at| register::go_live(view, at, ("cover", 2), BY)),
        Err(Error::Missing { .. })
    ));
    let states: Vec<_> = found
        .steps
        .iter()
        .map(|step| step.state.names()[0])
        .collect();
    assert_eq!(
        states,
        ["draft", "tested", "seen", "tested", "seen", "live"]
    );
    assert!(found.steps.iter().all(|step| step.by == "tests"));
    // A changed rule starts over.
    let second = world
        .plan(at, |view, at| register::draft(view, at, &other, BY))
        .unwrap();
    assert_eq!(
        (second.number, second.state, second.result),
        (2, State::Draft, None)
    );
    let view = world.store.view();
    assert_eq!(
        register::versions(&*view, "cover").unwrap(),
        [found.clone(), second.clone()]
    );
    assert_eq!(register::all(&*view).unwrap().len(), 2);
    assert_eq!(register::live(&*view, "cover").unwrap(), Some(found));
    assert_eq!(register::versions(&*view, "cove").unwrap(), []);
    let events = event::of_object(
        &*view,
        &register::object("cover").unwrap(),
        [Instant(0), Instant::LAST],
        99,
    );
    assert_eq!(events.unwrap().len(), 7);
}
