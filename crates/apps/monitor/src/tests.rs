//! A small province is told, read and drilled into: does everything add up on every level?

use crate::{Board, Level, Question, Sheet, Snapshot, lag, ranks};
use codes::{CreditCode, Date, IndustryLevel, Number, Region, RegionLevel, Unit};
use facts::derived::Target;
use facts::disclosure::Rule;
use facts::history::{self, Report};
use facts::relation::{self, Kind, Relation};
use facts::{Form, Instant, Object, Observation, Series};
use proptest::prelude::*;
use std::collections::BTreeMap;
use store::{Options, Store, TablesKind};
use tempfile::TempDir;

/// 2023-01-01 in China.
const AFTER_2022: Instant = Instant(1_672_502_400_000);

/// An enterprise: city, division, what it told a year before and now.
type Told = (u8, u8, Option<i32>, Option<i32>);

/// Compares with a file in `tests/golden`; `NAMEPLATE_GOLDEN=write` writes it anew.
pub(crate) fn golden(name: &str, text: &str) {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("NAMEPLATE_GOLDEN").is_ok_and(|of| of == "write") {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differ = text.lines().zip(expected.lines()).find(|(a, b)| a != b);
    assert!(text == expected, "{name} differs, first in {differ:?}");
}

fn region(code: &str) -> Region {
    code.parse().unwrap()
}

pub(crate) fn enterprise(number: usize) -> Object {
    let code = CreditCode::with_check(&format!("91350100MA{number:07}")).unwrap();
    Object::enterprise(code)
}

pub(crate) fn relate(store: &Store, kind: Kind, subject: &Object, object: Object) {
    let relation = Relation {
        kind,
        subject: subject.clone(),
        object,
        from: Date::FIRST,
        to: None,
        evidence: String::new(),
    };
    let plan = |view: &dyn store::View, at| Ok((relation::relate(view, at, &relation)?, ()));
    facts::commit(store, AFTER_2022, plan).unwrap();
}

/// A store that knows nothing.
pub(crate) fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        tables: TablesKind::Memory,
        ..Options::default()
    };
    let store = Store::open(folder.path(), &options).unwrap();
    (folder, store)
}

/// A store that has been told of a province.
fn province(told: &[Told]) -> (TempDir, Store) {
    let (folder, store) = store();
    for (number, (city, division, before, now)) in told.iter().enumerate() {
        let who = enterprise(number);
        let county = format!("35{:02}01", city + 1);
        relate(&store, Kind::LiesIn, &who, Object::region(region(&county)));
        let industry = format!("{:02}", division + 13).parse().unwrap();
        relate(&store, Kind::IsOf, &who, Object::industry(industry));
        let indicator = "output".parse().unwrap();
        let frequency = codes::Frequency::YearToDate;
        let series = Series::new(indicator, [who], frequency, Form::Cumulative).unwrap();
        let report = |(period, figure): (&str, &Option<i32>)| {
            let number = Number::from((*figure)?);
            Some(Report {
                series: series.clone(),
                period: period.parse().unwrap(),
                observation: Observation::reported(number, Unit::YUAN_10K, "a", AFTER_2022),
                is_revision: false,
            })
        };
        let figures = [("2021-YTD11", before), ("2022-YTD11", now)];
        let reports: Vec<_> = figures.into_iter().filter_map(report).collect();
        let plan = |view: &dyn store::View, at| history::record(view, at, &reports);
        assert_eq!(
            facts::commit(&store, AFTER_2022, plan)
                .unwrap()
                .refused
                .len(),
            0
        );
    }
    (folder, store)
}

fn snapshot(told: &[Told]) -> Snapshot {
    let (_folder, store) = province(told);
    let question = Question {
        indicator: "output".parse().unwrap(),
        form: Form::Cumulative,
        period: "2022-YTD11".parse().unwrap(),
        unit: Unit::YUAN,
        at: Instant::LAST,
    };
    Snapshot::take(&*store.view(), &question).unwrap()
}

/// Somebody who tells tons where all others tell money keeps nobody from reading the others.
#[test]
fn one_unit_that_does_not_convert_stops_no_board() {
    let (_folder, store) = province(&[
        (0, 0, Some(100), Some(110)),
        (0, 0, Some(100), None),
        (0, 0, Some(100), Some(120)),
    ]);
    let frequency = codes::Frequency::YearToDate;
    let indicator = "output".parse().unwrap();
    let series = Series::new(indicator, [enterprise(1)], frequency, Form::Cumulative);
    let report = Report {
        series: series.unwrap(),
        period: "2022-YTD11".parse().unwrap(),
        observation: Observation::reported(7.into(), Unit::TON, "a", AFTER_2022),
        is_revision: false,
    };
    let plan =
        |view: &dyn store::View, at| history::record(view, at, std::slice::from_ref(&report));
    facts::commit(&store, AFTER_2022, plan).unwrap();
    let question = Question {
        indicator: "output".parse().unwrap(),
        form: Form::Cumulative,
        period: "2022-YTD11".parse().unwrap(),
        unit: Unit::YUAN_10K,
        at: Instant::LAST,
    };
    let snapshot = Snapshot::take(&*store.view(), &question).unwrap();
    assert_eq!(snapshot.rows.len(), 2);
    assert_eq!(snapshot.in_other_units, [enterprise(1)]);
    assert_eq!(snapshot.not_comparable, []);
}

const CITIES: Level = Level::Region(RegionLevel::City);
const DIVISIONS: Level = Level::Industry(IndustryLevel::Division);

fn printed(sheet: &Sheet) -> Vec<String> {
    let print = |line: &crate::Line| {
        let growth = line
            .growth
            .map_or("-".to_owned(), |growth| growth.to_string());
        let rate = line.rate.map_or("-".to_owned(), |rate| rate.to_string());
        let rank = line.rank.map_or("-".to_owned(), |rank| rank.to_string());
        format!(
            "{}: {growth} {} {rate} {rank} of {}",
            line.object, line.pull, line.enterprises
        )
    };
    sheet.lines.iter().map(print).collect()
}

#[test]
fn whoever_pulled_it_down_is_found_in_three_clicks() {
    let snapshot = snapshot(&[
        (0, 0, Some(500), Some(530)),
        (0, 1, Some(200), Some(214)),
        (1, 0, Some(100), Some(90)),
        (1, 1, Some(150), Some(90)),
        (1, 1, Some(50), Some(55)),
        (1, 1, None, Some(70)),
    ]);
    assert_eq!(snapshot.not_comparable, [enterprise(5)]);
    let top = Sheet::top(&snapshot, region("35"), None, CITIES, 1).unwrap();
    // 979 on 1000, in 10^4 yuan.
    assert_eq!(
        (top.now, top.pull.to_string().as_str()),
        (9_790_000.into(), "-2.1")
    );
    let cities = [
        "region 350100000000: 6.3 4.4 -209.5 1 of 2",
        "region 350200000000: -21.7 -6.5 309.5 2 of 3",
    ];
    assert_eq!(printed(&top), cities);
    let city = Object::region(region("3502"));
    let divisions = top.open(&city, DIVISIONS).unwrap();
    let expected = [
        "industry C13: -10 -1 15.4 1 of 1",
        "industry C14: -27.5 -5.5 84.6 2 of 2",
    ];
    assert_eq!(printed(&divisions), expected);
    let industry = Object::industry("14".parse().unwrap());
    let enterprises = divisions.open(&industry, Level::Enterprise).unwrap();
    let last = enterprises.lines.last().unwrap();
    assert_eq!((&last.object, last.pull), (&enterprise(3), (-6).into()));
    let error = top.open(&industry, DIVISIONS).unwrap_err().to_string();
    assert_eq!(error, "there is no line of the sheet 'industry C14'");
    assert!(Sheet::top(&snapshot, region("11"), None, CITIES, 1).is_err());
}

#[test]
fn a_board_hides_what_tells_of_one() {
    let mut told = Vec::new();
    for city in 0..3 {
        for division in 0..3 {
            let count = if (city, division) == (1, 1) { 1 } else { 4 };
            told.extend((0..count).map(|number| (city, division, Some(100 + number), Some(110))));
        }
    }
    let snapshot = snapshot(&told);
    let by = (RegionLevel::City, IndustryLevel::Division);
    let board = Board::of(&snapshot, region("35"), by, &Rule::default(), 1).unwrap();
    assert_eq!((board.regions.len(), board.industries.len()), (3, 3));
    let count = board
        .figures
        .iter()
        .flatten()
        .filter(|figure| figure.is_none())
        .count();
    assert_eq!(count, 4, "{board:?}");
    assert_eq!(board.figures[1][1], None);
    let total = board.figures[3][3].unwrap();
    assert_eq!(total.growth, Some("8.4".parse().unwrap()));
    // Others who stand idle beside the one cover it no better; nor did they a year before.
    told.extend([(1, 1, Some(0), Some(0)), (1, 1, Some(60), Some(0))]);
    told.extend([(1, 1, Some(0), Some(0)), (1, 1, Some(70), Some(0))]);
    let idle = self::snapshot(&told);
    let idle = Board::of(&idle, region("35"), by, &Rule::default(), 1).unwrap();
    assert_eq!(idle.figures[1][1], None);
    assert!(idle.figures[3][3].is_some());
    // Whoever may see everything is told everything.
    let all = Rule {
        least: 0,
        dominance: None,
        ..Rule::default()
    };
    let board = Board::of(&snapshot, region("35"), by, &all, 1).unwrap();
    assert!(board.figures.iter().flatten().all(Option::is_some));
    // Where there is one enterprise only nothing can be shown.
    let lone = Board::of(
        &snapshot,
        region("350201"),
        by,
        &Rule { least: 99, ..all },
        1,
    )
    .unwrap();
    assert!(
        lone.figures.iter().flatten().all(Option::is_none),
        "{lone:?}"
    );
    let nobody = Board::of(&snapshot, region("11"), by, &Rule::default(), 1).unwrap();
    assert_eq!(nobody.figures.len(), 1);
}

#[test]
fn what_a_board_leaves_of_a_total_tells_of_nobody() {
    let of = [
        (0, vec![100, 5, 5]),
        (1, vec![2, 1]),
        (2, vec![40; 3]),
        (3, vec![50; 3]),
    ];
    let told: Vec<Told> = of
        .into_iter()
        .flat_map(|(division, of)| {
            of.into_iter()
                .map(move |figure| (0, division, Some(figure), Some(figure)))
        })
        .collect();
    let by = (RegionLevel::City, IndustryLevel::Division);
    let board = Board::of(&snapshot(&told), region("35"), by, &Rule::default(), 1).unwrap();
    let shown: Vec<_> = board.figures[0].iter().map(Option::is_some).collect();
    // One is too large for the first, and the second is of two. Of their sum, too, most is his.
    assert_eq!(shown, [false, false, false, true, true]);
}

#[test]
fn who_is_behind_comes_first() {
    let object = |code: &str| Object::region(region(code));
    let target = |growth: i32| Target {
        growth: growth.into(),
        base_year: 1200.into(),
        base_to_date: 1000.into(),
    };
    let targets = BTreeMap::from([
        (object("3501"), target(6)),
        (object("3502"), target(5)),
        (object("3503"), target(8)),
    ]);
    let to_date = BTreeMap::from([(object("3501"), 1070.into()), (object("3502"), 1010.into())]);
    let found = lag(&targets, &to_date, 1).unwrap();
    let behind = found
        .iter()
        .map(|of| (of.object.clone(), of.way.map(|way| way.behind)));
    let expected = [
        (object("3503"), None),
        (object("3502"), Some(4.into())),
        (object("3501"), Some((-1).into())),
    ];
    assert_eq!(behind.collect::<Vec<_>>(), expected);
}

#[test]
fn equal_ones_share_a_place() {
    let numbers = [
        Some(2.into()),
        None,
        Some(5.into()),
        Some(2.into()),
        Some(1.into()),
    ];
    assert_eq!(ranks(&numbers), [Some(2), None, Some(1), Some(2), Some(4)]);
    assert_eq!(ranks(&[]), []);
}

fn any_told() -> impl Strategy<Value = Vec<Told>> {
    let figure = || prop::option::weighted(0.9, -50..1000_i32);
    prop::collection::vec((0..3_u8, 0..3_u8, figure(), figure()), 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// From the province down to the enterprise all pulls add up to what was told a level above,
    /// and sums to sums; and every enterprise that can be compared is told of exactly once.
    #[test]
    fn everything_adds_up_on_every_level(told in any_told()) {
        let snapshot = snapshot(&told);
        let comparable = told.iter().filter(|told| told.2.is_some() && told.3.is_some());
        prop_assert_eq!(snapshot.rows.len(), comparable.clone().count());
        let base: i32 = comparable.filter_map(|told| told.2).sum();
        let top = Sheet::top(&snapshot, region("35"), None, CITIES, 1);
        prop_assert_eq!(top.is_ok(), base > 0);
        let Ok(top) = top else { return Ok(()) };
        let mut sheets = vec![(top, vec![DIVISIONS, Level::Enterprise])];
        let mut enterprises = 0;
        while let Some((sheet, levels)) = sheets.pop() {
            let sum = |of: fn(&crate::Line) -> Number| {
                Number::sum(sheet.lines.iter().map(of)).unwrap()
            };
            prop_assert_eq!(sum(|line| line.pull), sheet.pull);
            prop_assert_eq!(sum(|line| line.now), sheet.now);
            prop_assert_eq!(sum(|line| line.base), sheet.base);
            let rates: Option<Vec<_>> = sheet.lines.iter().map(|line| line.rate).collect();
            let rates = rates.map(|rates| Number::sum(rates).unwrap());
            prop_assert!(rates.is_none_or(|rates| rates == 100.into()));
            match levels.split_first() {
                None => enterprises += sheet.lines.len(),
                Some((level, rest)) => for line in &sheet.lines {
                    sheets.push((sheet.open(&line.object, *level).unwrap(), rest.to_vec()));
                },
            }
        }
        prop_assert_eq!(enterprises, snapshot.rows.len());
    }
}
