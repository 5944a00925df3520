//! Is every figure of a bulletin in its sources and as the facts were known; does the same order
//! make the same octets; does anything change what was frozen?

use super::*;
use crate::cases::{self, About, Bottleneck, Party, Said};
use crate::measures;
use crate::tests::{enterprise, golden, relate, store};
use codes::{Frequency, IndustryLevel, List, Number, Region, Unit, industries, provinces};
use facts::derived::growth;
use facts::disclosure::Rule;
use facts::history::{self, Report};
use facts::relation::Kind as Relation;
use facts::{Instant, Observation, Series, View};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Cursor, Read};
use store::Store;
use tempfile::TempDir;

mod beside;
mod cells;
mod frozen;
mod offices;
mod outputs;
mod units;

/// 2022-12-10 in China.
const NOW: Instant = Instant(1_670_601_600_000);
const DAY_MS: u64 = 86_400_000;

fn regions() -> List<Region> {
    let mut list = provinces();
    list.import("code,name\n3501,福州市\n3502,厦门市\n3503,莆田市\n")
        .unwrap();
    list
}

fn name_of(object: &Object) -> Option<String> {
    let region = object
        .as_region()
        .and_then(|of| regions().name(of).map(str::to_owned));
    let industry = || {
        object
            .as_industry()
            .and_then(|of| industries().name(of).map(str::to_owned))
    };
    region.or_else(industry)
}

fn tell(store: &Store, now: Instant, object: Object, of: (&str, Form), figures: &[(&str, &str)]) {
    let unit = if of.1 == Form::Cumulative {
        Unit::YUAN_10K
    } else {
        Unit::PER_CENT
    };
    tell_in(store, now, object, (of.0, of.1, unit), figures);
}

fn tell_in(
    store: &Store,
    now: Instant,
    object: Object,
    (indicator, form, unit): (&str, Form, Unit),
    figures: &[(&str, &str)],
) {
    let frequency = Frequency::YearToDate;
    let series = Series::new(indicator.parse().unwrap(), [object], frequency, form).unwrap();
    let report = |(period, figure): &(&str, &str)| {
        let number = figure.parse().unwrap();
        Report {
            series: series.clone(),
            period: period.parse().unwrap(),
            observation: Observation {
                remark: "批次 b-1，单元格 C7".to_owned(),
                ..Observation::reported(number, unit, "省统计局", now)
            },
            is_revision: true,
        }
    };
    let reports: Vec<_> = figures.iter().map(report).collect();
    let recorded = facts::commit(store, now, |view, at| history::record(view, at, &reports));
    let recorded = recorded.unwrap();
    assert_eq!(recorded.refused.len(), 0, "{:?}", recorded.refused);
}

/// A province with three cities: figures of all, of enterprises, cases and tasks.
fn province() -> (TempDir, Store) {
    let (folder, store) = store();
    add_cases(&store);
    add_tasks(&store);
    let families = [
        ("value-added-growth", Form::YearOnYear),
        ("profit-growth", Form::YearOnYear),
        ("investment-growth", Form::YearOnYear),
        ("manufacturing-share", Form::Level),
    ];
    let told = [
        (
            "35",
            ["3.8", "-2.4", "15.6", "28.9"],
            ["4.0", "-3.1", "15.6", "27.6"],
        ),
        (
            "3501",
            ["5.1", "4.0", "12", "30.25"],
            ["5.0", "4.4", "13.5", "29.0"],
        ),
        (
            "3502",
            ["-0.6", "-9.9", "20.3", "25.0"],
            ["1.2", "-8.0", "19.9", "25.0"],
        ),
        (
            "3503",
            ["5.1", "0", "9.9", "31.0"],
            ["5.3", "-1.0", "8.0", "32.2"],
        ),
    ];
    for (region, now, before) in told {
        let object = Object::region(region.parse().unwrap());
        for (family, (now, before)) in families.into_iter().zip(now.into_iter().zip(before)) {
            let earlier = if family.1 == Form::Level {
                "2021-YTD11"
            } else {
                "2022-YTD10"
            };
            let figures = [(earlier, before), ("2022-YTD11", now)];
            tell(&store, NOW, object.clone(), family, &figures);
        }
    }
    // Division 26 of the second city has one enterprise alone.
    let enterprises = [
        (1, "26", ["100", "110"]),
        (1, "26", ["90", "95"]),
        (1, "26", ["80", "88"]),
        (1, "39", ["200", "190"]),
        (1, "39", ["210", "200"]),
        (1, "39", ["190", "201"]),
        (2, "26", ["70", "50"]),
        (2, "39", ["300", "330"]),
        (2, "39", ["310", "300"]),
        (2, "39", ["290", "280"]),
        (3, "26", ["50", "55"]),
        (3, "26", ["60", "61"]),
        (3, "26", ["55", "57"]),
        (3, "39", ["60", "70"]),
        (3, "39", ["70", "71"]),
        (3, "39", ["65", "67"]),
    ];
    for (number, (city, division, [before, now])) in enterprises.into_iter().enumerate() {
        let who = enterprise(number);
        let county = format!("35{city:02}01").parse().unwrap();
        relate(&store, Relation::LiesIn, &who, Object::region(county));
        relate(
            &store,
            Relation::IsOf,
            &who,
            Object::industry(division.parse().unwrap()),
        );
        let figures = [("2021-YTD11", before), ("2022-YTD11", now)];
        tell(&store, NOW, who, ("output", Form::Cumulative), &figures);
    }
    (folder, store)
}

/// One case that is solved, one that is late, one that nobody has taken up.
fn add_cases(store: &Store) {
    let machine = cases::table();
    let classes = [
        Bottleneck::Material,
        Bottleneck::Energy,
        Bottleneck::Material,
    ];
    let opening = |number: usize| cases::Opening {
        name: format!("c-{number}"),
        title: "某企业缺料".to_owned(),
        about: About {
            enterprise: enterprise(number).id().parse().unwrap(),
            enterprise_name: "某企业".to_owned(),
            class: classes[number],
            warning: None,
            follows: None,
        },
        region: format!("35{:02}01", number + 1).parse().unwrap(),
        owner: Party::new("省工信厅", ""),
        until: None,
        role: "dispatcher".to_owned(),
        sender: Party::new("省工信厅", ""),
        key: "open".to_owned(),
    };
    let day = |day: u64| Instant(NOW.0 - (20 - day) * DAY_MS);
    for opening in (0..3).map(opening) {
        facts::commit(store, day(0), |view, at| {
            cases::open(view, at, &machine, &opening)
        })
        .unwrap();
    }
    let steps = ["assign", "accept", "begin", "propose", "confirm"];
    for (at, message) in (1..).zip(steps) {
        for number in 0..2 {
            if number == 1 && at > 1 {
                continue;
            }
            let (role, body) = match message {
                "assign" => ("dispatcher", "省工信厅".to_owned()),
                "confirm" => ("enterprise", enterprise(number).id().to_owned()),
                _ => ("owner", "市工信局".to_owned()),
            };
            let said = Said {
                message: message.to_owned(),
                role: role.to_owned(),
                sender: Party::new(&body, ""),
                key: message.to_owned(),
                remark: "已协调".to_owned(),
                owner: (message == "assign").then(|| Party::new("市工信局", "")),
                ..Said::default()
            };
            let name = format!("c-{number}");
            let step = |view: &dyn View, at| cases::step(view, at, &machine, &name, &said);
            facts::commit(store, day(at), step).unwrap();
        }
    }
}

fn add_tasks(store: &Store) {
    let document = measures::Document::joint_notice();
    for task in measures::notice().iter().filter(|task| task.article == 17) {
        let listing = measures::Listing {
            region: "35".parse().unwrap(),
            until: Some("2022-11-30".parse().unwrap()),
            sender: Party::new("省政府办公厅", ""),
            key: "list".to_owned(),
        };
        let machine = measures::table();
        let plan =
            |view: &dyn View, at| measures::list(view, at, &machine, (&document, task), &listing);
        facts::commit(store, NOW, plan).unwrap();
    }
}

fn newest(store: &Store) -> u64 {
    facts::ledger::Ledger::read(&*store.view())
        .unwrap()
        .newest
        .0
}

fn order(store: &Store) -> Order {
    let texts = |of: &[&str]| of.iter().map(|text| (*text).to_owned()).collect();
    Order {
        name: "fj-2022-11".to_owned(),
        corrects: None,
        number: "闽工信运行〔2022〕12号".to_owned(),
        issuer: ["Bureau of Industry", "福建省工业和信息化厅"].map(str::to_owned),
        addressees: texts(&["各设区市人民政府", "省直有关单位"]),
        copies: texts(&["省政府办公厅"]),
        mark: "合成数据".to_owned(),
        issued: "2022-12-12".parse().unwrap(),
        numerals: Numerals::Chinese,
        region: "35".parse().unwrap(),
        parts: ["3501", "3502", "3503"]
            .map(|code| code.parse().unwrap())
            .to_vec(),
        period: "2022-YTD11".parse().unwrap(),
        at: newest(store),
        families: Family::four().unwrap(),
        output: Some(Output {
            indicator: "output".parse().unwrap(),
            form: Form::Cumulative,
            unit: Unit::YUAN_10K,
            names: ["output", "工业总产值"].map(str::to_owned),
        }),
        protection: Rule::default().into(),
        warnings: vec![Warning {
            name: "w-7".to_owned(),
            level: WarningLevel::Red,
            title: ["Copper: stock is short", "铜材库存告急"].map(str::to_owned),
            since: "2022-11-15".parse().unwrap(),
            owner: String::new(),
            case: Some("c-1".to_owned()),
        }],
        document: Some("notice-2022".to_owned()),
        names_enterprises: false,
    }
}

fn composed(store: &Store) -> Bulletin {
    compose(&*store.view(), &order(store), &name_of).unwrap()
}

/// All figures of a bulletin.
fn figures(bulletin: &Bulletin) -> Vec<Figure> {
    let mut found = Vec::new();
    for section in &bulletin.sections {
        for paragraph in &section.paragraphs {
            for piece in [&paragraph.english, &paragraph.chinese]
                .into_iter()
                .flatten()
            {
                match piece {
                    Piece::Figure(figure) => found.push(figure.clone()),
                    // Whatever has a digit is a figure, or the name of something.
                    Piece::Words(words) => {
                        assert!(!words.contains(|of: char| of.is_numeric()), "{words}");
                    }
                    Piece::Name(_) => (),
                }
            }
        }
        for cell in section
            .tables
            .iter()
            .flat_map(|table| table.rows.iter().flatten())
        {
            if let Cell::Figure(figure) = cell {
                found.push(figure.clone());
            }
        }
    }
    found
}

/// The words of a bulletin in one language, a paragraph and a row on each line.
fn words(bulletin: &Bulletin, language: usize) -> String {
    let mut out = format!("{}\n", bulletin.title[language]);
    for section in &bulletin.sections {
        let _ = write!(out, "\n# {}\n", section.heading[language]);
        for paragraph in &section.paragraphs {
            let text: String = paragraph.pieces(language).iter().map(Piece::text).collect();
            let _ = writeln!(out, "{text}");
        }
        for table in &section.tables {
            let head: Vec<_> = table.head.iter().map(|of| of[language].as_str()).collect();
            let _ = write!(
                out,
                "\n## {}\n{}\n",
                table.caption[language],
                head.join(" | ")
            );
            for row in &table.rows {
                let row: Vec<_> = row.iter().map(|cell| cell.text(language)).collect();
                let _ = writeln!(out, "{}", row.join(" | "));
            }
        }
    }
    out
}

#[test]
fn it_says_who_pulled_it_down() {
    let (_folder, store) = province();
    let bulletin = composed(&store);
    golden("bulletin-zh.txt", &words(&bulletin, 1));
    golden("bulletin-en.txt", &words(&bulletin, 0));
}

/// The value that a source stands for.
fn value(source: &Source) -> Option<Number> {
    match source {
        Source::Told(told) => Some(told.value),
        Source::Sum { value, .. } | Source::Reckoned { value, .. } => Some(*value),
        Source::Counted { .. } | Source::Record { .. } => None,
    }
}

fn printed_number(text: &str) -> Number {
    text.trim_end_matches(['%', 'p'])
        .trim_start_matches('+')
        .parse()
        .unwrap()
}

fn abs(number: Number) -> Number {
    number.max(Number::ZERO.minus(number).unwrap())
}

/// Every figure that is printed is its source's value, rounded; every source is what the facts
/// were, or follows from sources before it by a reckoning that is done here once more.
fn check_sources(view: &dyn View, bulletin: &Bulletin) {
    for figure in figures(bulletin) {
        let source = &bulletin.sources[figure.source];
        match (source, value(source)) {
            (Source::Counted { what, of }, _) if !what.starts_with("days") => {
                assert_eq!(figure.text, of.len().to_string(), "{what}");
            }
            (_, Some(value)) => {
                let places = figure.text.split_once('.').map_or(0, |(_, rest)| {
                    rest.chars().filter(char::is_ascii_digit).count()
                });
                let rounded = value
                    .rounded(places as u32, codes::Rounding::HalfAway)
                    .unwrap();
                // Words may say the sign.
                assert_eq!(
                    abs(printed_number(&figure.text)),
                    abs(rounded),
                    "{}",
                    figure.text
                );
            }
            _ => (),
        }
    }
    for source in &bulletin.sources {
        match source {
            Source::Told(told) => {
                let series = told.series().unwrap();
                let of = bulletin.order.at();
                let known = history::one_as_known_at(view, &series, told.period, of).unwrap();
                let known = known.unwrap();
                assert_eq!(known.observation.content.number(), Some(told.value));
                let mut remark = known.observation.remark;
                if !bulletin.order.names_enterprises {
                    remark.clear();
                }
                assert_eq!((known.at, remark), (told.known_at(), told.remark.clone()));
            }
            Source::Sum {
                value,
                enterprises,
                known_at,
                ..
            } => {
                let place = bulletin.sources.iter().position(|of| of == source).unwrap();
                let traced = trace(view, bulletin, place).unwrap();
                assert_eq!(traced.len(), *enterprises);
                let numbers = traced
                    .iter()
                    .map(|of| of.known.observation.content.number().unwrap());
                assert_eq!(Number::sum(numbers).unwrap(), *value);
                assert_eq!(traced.iter().map(|of| of.known.at.0).max(), Some(*known_at));
            }
            Source::Reckoned { how, of, value } => check_reckoned(bulletin, *how, of, *value),
            Source::Counted { .. } | Source::Record { .. } => (),
        }
    }
}

/// A number that was reckoned from others is reckoned once more.
fn check_reckoned(bulletin: &Bulletin, how: How, of: &[usize], told: Number) {
    let at = |place: &usize| value(&bulletin.sources[*place]).unwrap();
    let numbers: Vec<_> = of.iter().map(at).collect();
    let less = |a: Number, b: Number| a.minus(b).unwrap();
    let one = |number: Number| number.rounded(1, codes::Rounding::HalfAway).unwrap();
    let near = |exact: Number| {
        let step = Number::new(1, 1).unwrap();
        abs(less(exact, told)) < step
    };
    let per_cent = |part: Number, of: Number| {
        let hundred = part.times(100.into()).unwrap();
        hundred
            .divided_by(of, 6, codes::Rounding::HalfAway)
            .unwrap()
    };
    match how {
        How::Growth => {
            assert_eq!(growth(numbers[0], numbers[1], 1).unwrap(), told);
        }
        How::Difference => {
            assert_eq!(less(one(numbers[0]), one(numbers[1])), one(told));
        }
        How::Rank => {
            let better = numbers.iter().filter(|of| **of > numbers[0]).count();
            assert_eq!(Number::from(i32::try_from(better).unwrap() + 1), told);
        }
        How::Rest => {
            let others = Number::sum(numbers[1..].iter().copied()).unwrap();
            assert_eq!(less(numbers[0], others), told);
        }
        // Into which unit says what is made of it.
        How::Converted => {
            let Source::Told(of) = &bulletin.sources[of[0]] else {
                panic!("{how:?} of {of:?}")
            };
            let unit: Unit = of.unit.parse().unwrap();
            let mut others = Unit::all().filter(|other| *other != unit);
            assert!(others.any(|other| unit.convert(of.value, other).ok() == Some(told)));
        }
        How::Pull => {
            assert!(near(per_cent(less(numbers[0], numbers[1]), numbers[3])));
        }
        How::Rate => {
            let whole = less(numbers[2], numbers[3]);
            assert!(near(per_cent(less(numbers[0], numbers[1]), whole)));
        }
    }
}

#[test]
fn every_figure_leads_back_to_its_cell_and_revision() {
    let (_folder, store) = province();
    let bulletin = composed(&store);
    assert!(figures(&bulletin).len() > 100);
    check_sources(&*store.view(), &bulletin);
    // What is hidden is told as hidden, and is in no source.
    let cells = bulletin
        .sections
        .iter()
        .flat_map(|of| &of.tables)
        .flat_map(|of| of.rows.iter());
    let hidden = cells
        .flatten()
        .filter(|cell| **cell == Cell::Hidden)
        .count();
    let sums = bulletin
        .sources
        .iter()
        .filter(|of| matches!(of, Source::Sum { .. }))
        .count();
    assert!(hidden == 0 || sums > 0);
    assert!(trace(&*store.view(), &bulletin, 9999).is_err());
}

#[test]
fn what_tells_of_one_enterprise_is_hidden_and_told_so() {
    let (_folder, store) = province();
    // A third division with one enterprise, which a second one cannot cover.
    let who = enterprise(90);
    relate(
        &store,
        Relation::LiesIn,
        &who,
        Object::region("350101".parse().unwrap()),
    );
    relate(
        &store,
        Relation::IsOf,
        &who,
        Object::industry("31".parse().unwrap()),
    );
    let figures = [("2021-YTD11", "777"), ("2022-YTD11", "654")];
    tell(&store, NOW, who, ("output", Form::Cumulative), &figures);
    let bulletin = composed(&store);
    check_sources(&*store.view(), &bulletin);
    let text = json(&bulletin);
    assert!(
        !text.contains("\"654\"") && !text.contains("\"777\""),
        "the enterprise's own figures"
    );
    let all = words(&bulletin, 1);
    assert!(
        all.contains("黑色金属冶炼和压延加工业 | *** | *** | ***"),
        "{all}"
    );
    assert!(all.contains("个行业的数据依统计保密规定不予公布"), "{all}");
    // Where everything must be hidden it says so, and goes on.
    let mut order = order(&store);
    order.protection.least = 99;
    let bulletin = compose(&*store.view(), &order, &name_of).unwrap();
    assert!(words(&bulletin, 1).contains("全部数据依规定不予公布"));
    assert!(
        !bulletin
            .sources
            .iter()
            .any(|of| matches!(of, Source::Sum { .. }))
    );
}

#[test]
fn words_follow_the_figures() {
    let check = |figures: &[(&str, &str)], expected: &str| {
        let (_folder, store) = store();
        let object = Object::region("35".parse().unwrap());
        tell(
            &store,
            NOW,
            object,
            ("value-added-growth", Form::YearOnYear),
            figures,
        );
        let mut order = order(&store);
        order.output = None;
        order.parts.clear();
        let bulletin = compose(&*store.view(), &order, &name_of).unwrap();
        check_sources(&*store.view(), &bulletin);
        let said = words(&bulletin, 1);
        assert!(said.contains(expected), "{said}");
    };
    let pair = |before, now| [("2022-YTD10", before), ("2022-YTD11", now)];
    check(
        &pair("4", "3.8"),
        "同比增长3.8%，增速比2022年1-10月回落0.2个百分点。",
    );
    check(
        &pair("3.8", "4"),
        "同比增长4.0%，增速比2022年1-10月加快0.2个百分点。",
    );
    check(&pair("4", "4.04"), "同比增长4.0%，增速与2022年1-10月持平。");
    check(
        &pair("1.2", "-0.6"),
        "同比下降0.6%，由2022年1-10月增长转为下降，增速回落1.8个百分点。",
    );
    check(
        &pair("-0.6", "1.2"),
        "同比增长1.2%，由2022年1-10月下降转为增长，增速提高1.8个百分点。",
    );
    check(
        &pair("-3.1", "-2.4"),
        "同比下降2.4%，降幅比2022年1-10月收窄0.7个百分点。",
    );
    check(
        &pair("-2.4", "-3.1"),
        "同比下降3.1%，降幅比2022年1-10月扩大0.7个百分点。",
    );
    check(
        &pair("-0.05", "0.04"),
        "与上年同期持平，增速比2022年1-10月加快0.1个百分点。",
    );
    check(&[("2022-YTD11", "0")], "规模以上工业增加值与上年同期持平。");
    check(&[("2022-YTD10", "9")], "规模以上工业增加值尚无数据。");
    check(&[("2022-YTD11", "3")], "工业投资尚无数据。");
}

#[test]
fn warnings_that_were_raised_are_told_by_their_level() {
    let raised = |level, level_name: &str, ended_at| warn::warning::Warning {
        name: "0123456789abcdef0123456789abcdef".to_owned(),
        rule: "copper".to_owned(),
        version: 1,
        subject: warn::Subject::new([enterprise(1)]).unwrap(),
        level,
        level_name: level_name.to_owned(),
        is_unknown: false,
        raised_at: NOW,
        raised_in: "2022-11".parse().unwrap(),
        period: "2022-11".parse().unwrap(),
        steps: 1,
        owner: "市工信局".to_owned(),
        acknowledged: None,
        regions_up: 0,
        waits_since: NOW,
        ended_at,
    };
    let level = |level, name: &str| {
        let title = ["Copper", "铜材"].map(str::to_owned);
        Warning::of(&raised(level, name, None), title, None).map(|of| (of.level, of.since))
    };
    let day = "2022-12-10".parse().unwrap();
    assert_eq!(level(1, "红色预警"), Some((WarningLevel::Red, day)));
    assert_eq!(level(3, "Yellow"), Some((WarningLevel::Yellow, day)));
    assert_eq!(level(1, "一级"), Some((WarningLevel::Blue, day)));
    assert_eq!(level(4, "四级"), Some((WarningLevel::Red, day)));
    assert_eq!(level(0, ""), None);
    let title = ["a", "b"].map(str::to_owned);
    assert_eq!(Warning::of(&raised(3, "red", Some(NOW)), title, None), None);
}

#[test]
fn orders_that_cannot_be_are_refused() {
    let (_folder, store) = province();
    let check = |change: &dyn Fn(&mut Order), expected: &str| {
        let mut order = order(&store);
        change(&mut order);
        let error = compose(&*store.view(), &order, &name_of)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(
        &|order| order.period = "2022-11".parse().unwrap(),
        "2022-11 is no period",
    );
    check(
        &|order| order.at += 1,
        "no fact that became known as late as",
    );
    check(
        &|order| order.parts = vec![order.region; 101],
        "there are 101 parts",
    );
    check(
        &|order| order.warnings = vec![order.warnings[0].clone(); 501],
        "501 warnings",
    );
    check(
        &|order| order.protection.least = 2,
        "there are 2 enterprises that must be behind a figure, expected at least 3",
    );
    check(&|order| order.mark = "a\nb".to_owned(), "a number or mark");
    check(&|order| order.issuer[1].clear(), "an issuer or addressee");
    check(
        &|order| order.document = Some(String::new()),
        "an identifier",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever cities tell, every figure follows from its sources, and making it again makes the
    /// same octets.
    #[test]
    fn any_figures_are_told_truly(
        told in prop::collection::vec(
            (0..3_usize, 0..4_usize, -300..300_i32, -300..300_i32),
            0..12,
        ),
    ) {
        let (_folder, store) = store();
        let families = Family::four().unwrap();
        let mut all = BTreeMap::new();
        for (city, family, now, before) in told {
            all.insert((city, family), (now, before));
        }
        for ((city, family), (now, before)) in all {
            let object = Object::region(["35", "3501", "3502"][city].parse().unwrap());
            let family = &families[family];
            let earlier = if family.kind == Kind::Share { "2021-YTD11" } else { "2022-YTD10" };
            let number = |of: i32| Number::new(of.into(), 2).unwrap().to_string();
            let [now, before] = [now, before].map(number);
            let figures = [(earlier, before.as_str()), ("2022-YTD11", now.as_str())];
            tell(&store, NOW, object, (&family.indicator.to_string(), family.form), &figures);
        }
        let mut order = order(&store);
        order.at = order.at.min(newest(&store));
        if order.at > 0 {
            let bulletin = compose(&*store.view(), &order, &name_of).unwrap();
            check_sources(&*store.view(), &bulletin);
            let again = remake(&*store.view(), &bulletin).unwrap();
            prop_assert_eq!(octets(&again), octets(&bulletin));
        }
    }
}

#[test]
fn the_level_of_a_board_is_that_of_the_parts() {
    let (_folder, store) = province();
    let mut order = order(&store);
    order.parts = vec!["350101".parse().unwrap()];
    let bulletin = compose(&*store.view(), &order, &name_of).unwrap();
    assert!(words(&bulletin, 1).contains("350101000000 |"));
    assert_eq!(
        "C26".parse::<codes::Industry>().unwrap().level(),
        IndustryLevel::Division
    );
}
