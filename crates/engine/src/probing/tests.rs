//! Every boundary of the judgement as a table, and what holds for any course of events.

use super::*;
use proptest::prelude::*;

const TERMS: Terms = Terms {
    down_percent: 51,
    counted: Duration::from_mins(1),
    window: Duration::from_mins(10),
    down_max: Duration::from_secs(100),
};

const TARGET: &str = "88.118";

fn seconds(seconds: u64) -> Moment {
    Moment(seconds * 1000)
}

fn probing(terms: Terms) -> Probing<&'static str, u32> {
    let mut probing = Probing::new(terms);
    probing.set_targets(Moment(0), [TARGET]);
    probing
}

fn shown(probing: &mut Probing<&'static str, u32>, second: u64) -> Shown {
    let shown = probing.shown(seconds(second));
    shown.first().expect("it is a target").1
}

/// Tells of a target that answers or does not, of three probers every ten seconds.
fn tell(probing: &mut Probing<&'static str, u32>, course: core::ops::Range<u64>, probe: Probe) {
    for second in course.step_by(10) {
        for prober in 0..3 {
            probing.handle_probe(seconds(second), &TARGET, prober, probe);
        }
    }
}

#[test]
fn of_so_many_probes_so_many_must_fail() {
    use Judgement::{Down, Unknown, Up};
    let check = |percent: u8, answered: u32, failed: u32, void: u32, expected: Judgement| {
        let mut probing = probing(Terms {
            down_percent: percent,
            ..TERMS
        });
        let probes = [
            (Probe::Answered, answered),
            (Probe::Failed, failed),
            (Probe::Void, void),
        ];
        let probes = probes
            .into_iter()
            .flat_map(|(probe, count)| (0..count).map(move |_| probe));
        for (number, probe) in (0..).zip(probes) {
            // As many of each prober as count.
            probing.handle_probe(seconds(1), &TARGET, number / 4, probe);
        }
        let is = shown(&mut probing, 1).judgement;
        let what = format!("{percent} %: {answered} answered, {failed} failed, {void} void");
        assert_eq!(is, expected, "{what}");
    };
    check(51, 0, 0, 0, Unknown);
    check(51, 0, 4, 0, Unknown);
    check(51, 0, 4, 100, Unknown);
    check(51, 0, 5, 0, Down);
    check(51, 4, 0, 0, Unknown);
    check(51, 5, 0, 0, Up);
    check(51, 3, 3, 0, Up);
    check(51, 50, 50, 0, Up);
    check(51, 49, 51, 0, Down);
    check(51, 2, 3, 0, Down);
    check(51, 3, 2, 200, Up);
    check(50, 50, 50, 0, Down);
    check(100, 1, 99, 0, Up);
    check(100, 0, 100, 0, Down);
    check(1, 100, 0, 0, Up);
    check(1, 99, 1, 0, Down);
}

/// However often one prober probes, it is one voice.
#[test]
fn no_prober_alone_says_that_somebody_is_down() {
    let mut probing = probing(TERMS);
    for second in 0..50 {
        probing.handle_probe(seconds(second), &TARGET, 1, Probe::Failed);
    }
    let alone = shown(&mut probing, 50);
    assert_eq!((alone.judgement, alone.valid), (Judgement::Unknown, 4));
    probing.handle_probe(seconds(50), &TARGET, 2, Probe::Failed);
    assert_eq!(shown(&mut probing, 50).judgement, Judgement::Down);
    for prober in 3..7 {
        probing.handle_probe(seconds(50), &TARGET, prober, Probe::Answered);
    }
    let outvoted = shown(&mut probing, 50);
    assert_eq!((outvoted.valid, outvoted.failed), (9, 5));
    probing.handle_probe(seconds(50), &TARGET, 7, Probe::Answered);
    assert_eq!(shown(&mut probing, 50).judgement, Judgement::Up);
}

/// A prober that is cut off from everybody says nothing, and what it said before grows old.
#[test]
fn without_its_control_a_prober_says_nothing() {
    let mut probing = probing(TERMS);
    tell(&mut probing, 0..30, Probe::Answered);
    tell(&mut probing, 30..60, Probe::Void);
    let is = shown(&mut probing, 60);
    assert_eq!((is.judgement, is.valid), (Judgement::Up, 6));
    let is = shown(&mut probing, 70);
    assert_eq!((is.judgement, is.valid), (Judgement::Unknown, 3));
    tell(&mut probing, 70..300, Probe::Void);
    let is = shown(&mut probing, 300);
    assert_eq!((is.valid, is.down), (0, Duration::ZERO));
    assert_eq!(Probe::of(false, false), Probe::Void);
    assert_eq!(Probe::of(true, false), Probe::Void);
    assert_eq!(Probe::of(true, true), Probe::Answered);
    assert_eq!(Probe::of(false, true), Probe::Failed);
}

#[test]
fn a_probe_counts_up_to_its_end_and_the_time_to_the_millisecond() {
    let mut probing = probing(TERMS);
    for prober in 0..5 {
        probing.handle_probe(Moment(1000), &TARGET, prober, Probe::Failed);
    }
    let at = |probing: &mut Probing<_, _>, moment| probing.shown(Moment(moment))[0].1;
    assert_eq!(at(&mut probing, 60_999).judgement, Judgement::Down);
    let is = at(&mut probing, 61_000);
    assert_eq!((is.judgement, is.valid), (Judgement::Unknown, 0));
    assert_eq!(is.down, Duration::from_mins(1));
    // A machine that slept for an hour has seen nothing of it.
    assert_eq!(at(&mut probing, 601_000).down, Duration::from_mins(1));
    assert_eq!(
        at(&mut probing, 601_001).down,
        Duration::from_millis(59_999)
    );
    assert_eq!(at(&mut probing, 661_000).down, Duration::ZERO);
    // Moments that go back count as the latest.
    probing.handle_probe(Moment(5), &TARGET, 1, Probe::Failed);
    assert_eq!(at(&mut probing, 700_000).valid, 1);
}

#[test]
fn a_proposal_is_wished_for_once_and_withdrawn_after_a_recovery() {
    let mut probing = probing(TERMS);
    // Judged from the second round on: at 10 s there are six probes.
    tell(&mut probing, 0..110, Probe::Failed);
    assert_eq!(probing.poll_wish(seconds(110)), None, "100 s is allowed");
    let wish = probing.poll_wish(Moment(110_001));
    assert_eq!(wish, Some((TARGET, Wish::Propose)));
    assert_eq!(probing.poll_wish(seconds(111)), None);
    assert_eq!(probing.poll_wish(seconds(120)), None, "asked a moment ago");
    tell(&mut probing, 120..140, Probe::Failed);
    let again = probing.poll_wish(seconds(131));
    assert_eq!(again, Some((TARGET, Wish::Propose)), "nobody led");
    probing.handle_standing(&TARGET, Standing::Proposed);
    tell(&mut probing, 140..300, Probe::Failed);
    assert_eq!(probing.poll_wish(seconds(300)), None, "it is proposed");
    // Two rounds until the probes that failed are outvoted: half and half is up.
    tell(&mut probing, 300..410, Probe::Answered);
    assert_eq!(probing.poll_wish(Moment(409_999)), None);
    let wish = probing.poll_wish(seconds(410));
    assert_eq!(wish, Some((TARGET, Wish::Withdraw)));
    probing.handle_standing(&TARGET, Standing::Nothing);
    assert_eq!(probing.poll_wish(seconds(440)), None);
    assert_eq!(
        shown(&mut probing, 440).down,
        Duration::ZERO,
        "added up anew"
    );
}

#[test]
fn what_is_confirmed_is_not_withdrawn_by_probers() {
    let mut probing = probing(TERMS);
    tell(&mut probing, 0..200, Probe::Failed);
    assert!(probing.poll_wish(seconds(200)).is_some());
    probing.handle_standing(&TARGET, Standing::Settled);
    tell(&mut probing, 200..600, Probe::Answered);
    assert_eq!(probing.poll_wish(seconds(600)), None);
}

/// An operator who says no is asked again after as much down time once more, not at once.
#[test]
fn who_says_no_is_not_asked_again_at_once() {
    let mut probing = probing(TERMS);
    tell(&mut probing, 0..200, Probe::Failed);
    assert!(probing.poll_wish(seconds(200)).is_some());
    probing.handle_standing(&TARGET, Standing::Proposed);
    probing.handle_standing(&TARGET, Standing::Nothing);
    tell(&mut probing, 200..300, Probe::Failed);
    assert_eq!(probing.poll_wish(seconds(300)), None);
    tell(&mut probing, 300..320, Probe::Failed);
    assert!(probing.poll_wish(seconds(320)).is_some());
}

/// Down for 40 s and up for 60 s, again and again: never 100 s at a time, but within the window.
/// And as long as it goes on so, nothing is withdrawn.
#[test]
fn who_comes_and_goes_is_proposed_for_and_does_not_recover() {
    let mut probing = probing(TERMS);
    let mut proposed = None;
    for begin in (0..2000).step_by(100) {
        for (course, probe) in [
            (begin..begin + 40, Probe::Failed),
            (begin + 40..begin + 100, Probe::Answered),
        ] {
            let end = course.end;
            tell(&mut probing, course, probe);
            match probing.poll_wish(seconds(end)) {
                Some((_, Wish::Propose)) if proposed.is_none() => proposed = Some(end),
                None => (),
                other => panic!("{other:?} at {end} s"),
            }
            if proposed.is_some() {
                probing.handle_standing(&TARGET, Standing::Proposed);
            }
        }
    }
    assert!(proposed.is_some_and(|second| second <= 400), "{proposed:?}");
}

#[test]
fn who_is_no_target_is_passed_over_and_forgotten() {
    let mut probing = probing(TERMS);
    probing.handle_probe(seconds(1), &"88.119", 1, Probe::Failed);
    probing.handle_standing(&"88.119", Standing::Proposed);
    assert_eq!(probing.shown(seconds(1)).len(), 1);
    tell(&mut probing, 0..50, Probe::Failed);
    probing.set_targets(seconds(50), ["88.119", TARGET]);
    assert_eq!(shown(&mut probing, 50).judgement, Judgement::Down);
    assert_eq!(
        probing.shown(seconds(50))[1].1.judgement,
        Judgement::Unknown
    );
    probing.set_targets(seconds(50), []);
    probing.set_targets(seconds(50), [TARGET]);
    assert_eq!(shown(&mut probing, 50).valid, 0);
}

#[test]
fn a_crowd_of_probers_and_targets_takes_no_more_than_the_room_there_is() {
    let mut probing: Probing<u32, u32> = Probing::new(TERMS);
    probing.set_targets(Moment(0), 0..10_000);
    for prober in 0..1000 {
        probing.handle_probe(Moment(1), &0, prober, Probe::Failed);
    }
    let shown = probing.shown(Moment(1));
    assert_eq!(shown.len(), TARGETS_COUNT_MAX);
    assert_eq!(shown[0].1.valid, PROBERS_COUNT_MAX);
}

/// What happens, a while after what happened before.
#[derive(Debug, Clone, Copy)]
struct Happening {
    after_ms: u64,
    prober: u32,
    probe: Probe,
}

fn happening() -> impl Strategy<Value = Happening> {
    let probe = prop_oneof![
        3 => Just(Probe::Answered),
        3 => Just(Probe::Failed),
        1 => Just(Probe::Void),
    ];
    (0..30_000_u64, 0..6_u32, probe).prop_map(|(after_ms, prober, probe)| Happening {
        after_ms,
        prober,
        probe,
    })
}

proptest! {
    /// Who looks often sees the same as who looks once.
    #[test]
    fn looking_changes_nothing(
        happenings in proptest::collection::vec(happening(), 0..120),
        looks in proptest::collection::vec(0..30_000_u64, 0..4),
    ) {
        let (mut looked_at, mut left_alone) = (probing(TERMS), probing(TERMS));
        let mut now = 0;
        for happening in happenings {
            for look in &looks {
                if *look < happening.after_ms {
                    looked_at.shown(Moment(now + look));
                }
            }
            now += happening.after_ms;
            for probing in [&mut looked_at, &mut left_alone] {
                probing.handle_probe(Moment(now), &TARGET, happening.prober, happening.probe);
            }
        }
        let end = Moment(now + 90_000);
        prop_assert_eq!(looked_at.shown(end), left_alone.shown(end));
    }

    /// It is never down for longer than there was time, nor within the window than that is long;
    /// with nothing that failed it never is, and the judgement is what the counts say.
    #[test]
    fn what_is_shown_is_possible(
        happenings in proptest::collection::vec(happening(), 0..200),
        percent in 1..=100_u8,
    ) {
        let terms = Terms { down_percent: percent, ..TERMS };
        let mut probing = probing(terms);
        let (mut now, mut has_failed) = (0, false);
        for Happening { after_ms, prober, probe } in happenings {
            now += after_ms;
            has_failed |= probe == Probe::Failed;
            probing.handle_probe(Moment(now), &TARGET, prober, probe);
            let shown = probing.shown(Moment(now))[0].1;
            prop_assert!(shown.down <= terms.window.min(Duration::from_millis(now)));
            prop_assert!(has_failed || shown.down.is_zero());
            prop_assert!(shown.failed <= shown.valid && shown.valid <= 6 * PROBES_PER_PROBER_MAX);
            let expected = match (shown.valid, shown.failed) {
                (0..=4, _) => Judgement::Unknown,
                (valid, failed) if failed * 100 >= valid * usize::from(percent) => Judgement::Down,
                _ => Judgement::Up,
            };
            prop_assert_eq!(shown.judgement, expected);
        }
    }

    /// Wishes take turns whatever comes, if each is agreed on: nobody is proposed twice, nor
    /// withdrawn who was not proposed.
    #[test]
    fn wishes_take_turns(happenings in proptest::collection::vec(happening(), 0..400)) {
        let mut probing = probing(TERMS);
        let (mut now, mut standing) = (0, Standing::Nothing);
        for Happening { after_ms, prober, probe } in happenings {
            now += after_ms;
            probing.handle_probe(Moment(now), &TARGET, prober, probe);
            if let Some((_, wish)) = probing.poll_wish(Moment(now)) {
                let (before, after) = match wish {
                    Wish::Propose => (Standing::Nothing, Standing::Proposed),
                    Wish::Withdraw => (Standing::Proposed, Standing::Nothing),
                };
                prop_assert_eq!(standing, before);
                standing = after;
                probing.handle_standing(&TARGET, standing);
                prop_assert_eq!(probing.poll_wish(Moment(now)), None);
            }
        }
    }
}
