//! Do the examples (示例) warn of a shortage, and of too much, on synthetic figures (合成数据)?

use super::EXAMPLES;
use crate::warn::back_test::{BackTest, Costs, Episode, Trial};
use crate::warn::synthetic::{World, days_after, period};
use crate::warn::{Rule, Subject};
use codes::{Period, Unit};
use facts::{Object, Observation, Role};

/// A region and a material or product.
fn subject(region: &str, role: Role, thing: &str) -> Subject {
    let region = Object::region(region.parse().unwrap());
    Subject::new([region, Object::new(role, thing).unwrap()]).unwrap()
}

/// Tells figures in a unit, each some days after its period.
fn tell(world: &World, indicator: &str, of: (&Subject, Period), unit: Unit, numbers: &[i32]) {
    let (subject, first) = of;
    for (back, number) in (0..).zip(numbers) {
        let period = first.plus(back).unwrap();
        let at = days_after(period, 3);
        let told = Observation::reported((*number).into(), unit, "合成数据", at);
        world.report(world.series(indicator, subject), period, told, at);
    }
}

fn trial(subject: &Subject, periods: [Period; 2], began: Period) -> Trial {
    Trial {
        subjects: vec![subject.clone()],
        periods,
        episodes: vec![Episode {
            subject: subject.clone(),
            periods: [began; 2],
            label: "合成数据".to_owned(),
        }],
        level: 1,
        lead_max: 3,
        grace: 0,
        costs: Costs {
            miss: 100.into(),
            false_alarm: 10.into(),
        },
        sweep: None,
    }
}

fn levels(found: &BackTest) -> String {
    let points = found.runs[0].points.iter();
    points
        .map(|point| char::from(b'0' + point.standing.level))
        .collect()
}

#[test]
fn examples_are_marked_as_such() {
    for text in EXAMPLES {
        let rule = Rule::read(text).unwrap();
        let [chinese, english] = rule.titles();
        assert!(rule.name().starts_with("example."), "{}", rule.name());
        assert!(chinese.starts_with("示例") && english.starts_with("EXAMPLE"));
        assert!(text.starts_with("# 示例 EXAMPLE"));
    }
}

#[test]
fn raw_material_that_runs_out_is_warned_of_by_blue_yellow_and_red() {
    let rule = Rule::read(EXAMPLES[0]).unwrap();
    let world = World::new(rule.frequency());
    let steel = subject("3501", Role::MATERIAL, "88.1/steel");
    let first = period("2022-01-T1");
    let stock = [
        200, 200, 200, 180, 145, 140, 95, 60, 45, 40, 90, 130, 175, 200, 210,
    ];
    tell(&world, "material-stock", (&steel, first), Unit::TON, &stock);
    tell(
        &world,
        "material-use",
        (&steel, first),
        Unit::TON,
        &[100; 15],
    );
    let price = [
        4000, 4000, 4000, 4000, 4000, 4000, 4100, 4900, 5000, 5000, 4800, 4500, 4200, 4000, 4000,
    ];
    tell(
        &world,
        "material-price",
        (&steel, first),
        Unit::YUAN_PER_TON,
        &price,
    );
    let last = first.plus(14).unwrap();
    // Works stood still for want of steel in the tenth ten days.
    let mut trial = trial(&steel, [first, last], first.plus(9).unwrap());
    let numbers = ["1.1", "1.3", "1.5", "1.7", "1.9"].map(|text| text.parse().unwrap());
    trial.sweep = Some(("blue-cover".to_owned(), numbers.to_vec()));
    let found = BackTest::run(&*world.store.view(), &rule, &trial).unwrap();
    // Blue after two times below, yellow at once, red after two below; red goes after two above its
    // band, and yellow with it, which has passed its own.
    assert_eq!(levels(&found), "000001222331000");
    assert_eq!(found.outcomes[0].lead, Some(3));
    assert_eq!((found.score.misses, found.score.false_alarms), (0, 0));
    assert_eq!(found.findings, []);
    let (_, curve) = found.curve.unwrap();
    let in_alarm: Vec<_> = curve
        .iter()
        .map(|(_, score)| score.periods_in_alarm)
        .collect();
    assert!(in_alarm.is_sorted(), "{in_alarm:?}");
    assert!(in_alarm[0] < in_alarm[4]);
}

#[test]
fn too_much_glass_is_warned_of_before_furnaces_stand_idle() {
    let rule = Rule::read(EXAMPLES[1]).unwrap();
    let world = World::new(rule.frequency());
    let glass = subject("34", Role::PRODUCT, "88.1/pv-glass");
    let first = period("2021-Q1");
    let capacity = [
        10_000, 10_000, 11_000, 13_000, 16_000, 18_000, 18_000, 16_000, 13_000, 11_000,
    ];
    let planned = [0, 1_000, 3_000, 6_000, 5_000, 2_000, 0, 0, 0, 0];
    tell(
        &world,
        "glass-capacity",
        (&glass, first),
        Unit::TON,
        &capacity,
    );
    tell(
        &world,
        "glass-planned",
        (&glass, first),
        Unit::TON,
        &planned,
    );
    tell(
        &world,
        "glass-demand",
        (&glass, first),
        Unit::TON_10K,
        &[90; 10],
    );
    let output = [85, 86, 88, 90, 90, 90, 88, 88, 88, 88];
    tell(
        &world,
        "glass-output",
        (&glass, first),
        Unit::TON_10K,
        &output,
    );
    let trial = trial(&glass, [first, period("2023-Q2")], period("2022-Q2"));
    let found = BackTest::run(&*world.store.view(), &rule, &trial).unwrap();
    assert_eq!(levels(&found), "0011122210");
    assert_eq!(found.outcomes[0].lead, Some(3));
    assert_eq!(found.findings, []);
}
