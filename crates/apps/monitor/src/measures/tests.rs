//! Do tasks go as their table says, do their lamps come on as a naive rule says, and does the
//! example load whole?

use super::*;
use crate::cases::{Evidence, reminders};
use crate::tests::store;
use codes::{Number, Period, Unit};
use facts::case::Lamp;
use facts::history::{Report, record};
use facts::{Observation, Series};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::Store;

/// 2022-11-21 in China, at noon.
const NOON: u64 = 1_669_003_200_000;
const DAY_MS: u64 = 86_400_000;

fn listing(key: &str, until: Option<&str>) -> Listing {
    Listing {
        region: "35".parse().unwrap(),
        until: until.map(|day| day.parse().unwrap()),
        sender: Party::new("省政府办公厅", ""),
        key: key.to_owned(),
    }
}

fn list_task(store: &Store, at: u64, task: &Task, until: Option<&str>) -> Assignment {
    let listing = listing("list", until);
    let document = Document::joint_notice();
    facts::commit(store, Instant(at), |view, at| {
        list(view, at, &table(), (&document, task), &listing)
    })
    .unwrap()
}

fn said(message: &str, role: &str, key: &str) -> Said {
    let body = match role {
        "lead" => "工信",
        "support" => "各地区",
        "inspector" => "督查室",
        _ => "省政府办公厅",
    };
    let link = Evidence::Link("https://example.cn/1".to_owned());
    Said {
        message: message.to_owned(),
        role: role.to_owned(),
        sender: Party::new(body, ""),
        key: key.to_owned(),
        remark: "说明".to_owned(),
        evidence: if message == "submit" {
            vec![link]
        } else {
            Vec::new()
        },
        until: (message == "extend").then(|| "2023-03-31".parse().unwrap()),
        ..Said::default()
    }
}

fn send(store: &Store, at: u64, name: &str, said: &Said) -> Result<Assignment, Error> {
    facts::commit(store, Instant(at), |view, at| {
        step(view, at, &table(), name, said)
    })
}

fn task(name: &str) -> Task {
    notice().into_iter().find(|task| task.name == name).unwrap()
}

#[test]
fn the_example_has_17_articles_58_tasks_and_no_indicator_that_is_not_known() {
    let tasks = notice();
    assert_eq!(tasks.len(), 58);
    let articles: BTreeSet<_> = tasks.iter().map(|task| task.article).collect();
    assert_eq!(articles, (1..=17).collect());
    let mut counts = BTreeMap::new();
    for task in &tasks {
        *counts.entry(task.group[1].as_str()).or_insert(0) += 1;
        assert!(!task.indicators.is_empty(), "{}", task.name);
        for text in task.task.iter().chain(&task.measure).chain(&task.group) {
            assert!(!text.is_empty(), "{}", task.name);
        }
    }
    let expected = [
        ("多措并举", 25),
        ("分业施策", 18),
        ("分区施策", 4),
        ("分企施策", 6),
        ("保障措施", 6),
    ];
    assert_eq!(counts.values().sum::<i32>(), 58);
    assert_eq!(
        counts.keys().copied().collect::<BTreeSet<_>>(),
        expected.map(|of| of.0).into()
    );
    assert_eq!(unknown_indicators(&tasks), []);
    let catalogue = catalogue();
    let codes: BTreeSet<_> = catalogue.iter().map(|entry| &entry.code).collect();
    assert_eq!(codes.len(), catalogue.len());
    for entry in &catalogue {
        entry.series("35".parse().unwrap()).unwrap();
    }
}

#[test]
fn the_whole_example_is_listed_and_found_by_document_measure_and_region() {
    let (_folder, store) = store();
    for task in notice() {
        list_task(&store, NOON, &task, Some("2022-12-31"));
    }
    let view = store.view();
    let count = |object: Object| of(&*view, &object, Instant::LAST).unwrap().len();
    assert_eq!(count(Document::joint_notice().object().unwrap()), 58);
    assert_eq!(
        count(Object::new(Role::MEASURE, "notice-2022.17").unwrap()),
        4
    );
    assert_eq!(count(Object::region("35".parse().unwrap())), 58);
    assert_eq!(count(Object::region("36".parse().unwrap())), 0);
    let all = of(
        &*view,
        &Document::joint_notice().object().unwrap(),
        Instant::LAST,
    )
    .unwrap();
    let today: Date = "2022-12-30".parse().unwrap();
    let due = reminders(&all, &table(), (today, 7), recipient);
    assert_eq!(due.len(), 58);
    assert!(
        due.iter()
            .all(|of| of.role == "lead" && of.lamp == Lamp::Blue && of.to.is_some())
    );
    // What is written is read again, with how it stands behind it.
    let written = write_ledger(&all, &table(), today);
    let read = read(&written).unwrap();
    assert_eq!(read.len(), 58);
    assert_eq!(read[0].due, Some("2022-12-31".parse().unwrap()));
    assert!(
        written
            .lines()
            .nth(1)
            .unwrap()
            .contains("已列入台账,未完成,blue,2022-12-31,0,")
    );
}

#[test]
fn a_task_is_done_rectified_inspected() {
    let (_folder, store) = store();
    let task = task("notice-04-2");
    list_task(&store, NOON, &task, Some("2022-12-31"));
    let at = |day: u64| NOON + day * DAY_MS;
    let name = task.name.as_str();
    send(&store, at(1), name, &said("accept", "lead", "1")).unwrap();
    let check = |said: Said, expected: &str| {
        let error = send(&store, at(2), name, &said).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(
        Said {
            evidence: vec![],
            ..said("submit", "lead", "2")
        },
        "it needs evidence",
    );
    let other = Said {
        sender: Party::new("商务", ""),
        ..said("submit", "lead", "2")
    };
    check(other, "the lead is 工信, not 商务");
    let other = Said {
        sender: Party::new("商务", ""),
        ..said("report", "support", "2")
    };
    check(other, "各地区 support it, not 商务");
    check(
        Said {
            remark: String::new(),
            ..said("take-back", "office", "2")
        },
        "it needs a reason",
    );
    let later = Said {
        until: Some(Date::LAST),
        ..said("report", "lead", "2")
    };
    check(
        later,
        "only the office names lead, supporting bodies and day",
    );
    send(&store, at(40), name, &said("submit", "lead", "2")).unwrap();
    let own = Said {
        sender: Party::new("工信", ""),
        ..said("pass", "inspector", "3")
    };
    let error = send(&store, at(41), name, &own).unwrap_err().to_string();
    assert!(
        error.contains("工信 cannot inspect its own task"),
        "{error}"
    );
    // Inspecting takes its time; the day of the task has no bearing on it.
    let failed = send(&store, at(50), name, &said("fail", "inspector", "4")).unwrap();
    assert_eq!((failed.state.as_str(), failed.sent_back), ("rectifying", 1));
    assert_eq!(outcome(&failed), Outcome::Open);
    send(&store, at(51), name, &said("submit", "lead", "5")).unwrap();
    let done = send(&store, at(52), name, &said("pass", "inspector", "6")).unwrap();
    assert_eq!((outcome(&done), done.evidence.len()), (Outcome::Late, 2));
    let told = timeline(&*store.view(), name, Instant::LAST).unwrap();
    assert_eq!(told.len(), 6);
}

#[test]
fn outcomes_and_the_list_of_a_quarter() {
    let (_folder, store) = store();
    let names = [
        "notice-01-1",
        "notice-02-2",
        "notice-05-2",
        "notice-05-3",
        "notice-06-1",
    ];
    for name in names {
        list_task(&store, NOON, &task(name), Some("2022-12-31"));
    }
    list_task(&store, NOON, &task("notice-07-3"), Some("2023-03-31"));
    list_task(&store, NOON, &task("notice-07-5"), None);
    let done = [
        ("accept", "lead"),
        ("submit", "lead"),
        ("pass", "inspector"),
    ];
    let released = [("decline", "lead"), ("release", "office")];
    let taken = [
        ("decline", "lead"),
        ("insist", "office"),
        ("take-back", "office"),
    ];
    let all = [&done[..], &released, &taken, &done[..2]];
    // Day by day, for facts become known in the order of time.
    for day in 0..3 {
        for (name, steps) in names.into_iter().zip(all) {
            if let Some((message, role)) = steps.get(day) {
                let said = said(message, role, &format!("k{day}"));
                send(&store, NOON + (day as u64 + 1) * DAY_MS, name, &said).unwrap();
            }
        }
    }
    let view = store.view();
    let object = Document::joint_notice().object().unwrap();
    let tasks = of(&*view, &object, Instant::LAST).unwrap();
    let machine = table();
    let list = |period: &str, today: &str| -> Vec<String> {
        let period: Period = period.parse().unwrap();
        let list = inspection(&tasks, &machine, period, today.parse().unwrap());
        let print = |of: &Inspected| format!("{} {:?} {:?}", of.task.name, of.outcome, of.lamp);
        list.iter().map(print).collect()
    };
    assert_eq!(
        list("2022-Q4", "2023-01-05"),
        [
            "notice-05-3 Open Yellow",
            "notice-06-1 Open Yellow",
            "notice-01-1 Done Off",
            "notice-02-2 Refused Off",
            "notice-05-2 TakenBack Off",
        ]
    );
    assert_eq!(list("2022-Q3", "2023-01-05"), [""; 0]);
    let year = list("2023", "2023-01-05");
    assert_eq!(
        year,
        [
            "notice-05-3 Open Yellow",
            "notice-06-1 Open Yellow",
            "notice-07-3 Open Off"
        ]
    );
    let period: Period = "2022-Q4".parse().unwrap();
    let list = inspection(&tasks, &machine, period, "2023-01-05".parse().unwrap());
    let bodies = by_body(&list);
    let tally = bodies["工信"];
    let counts = (
        tally.tasks,
        tally.done,
        tally.late,
        tally.dropped,
        tally.open,
        tally.overdue,
    );
    assert_eq!(counts, (5, 1, 0, 2, 2, 2));
}

#[test]
fn an_effect_stands_beside_its_task() {
    let (_folder, store) = store();
    let region: Region = "35".parse().unwrap();
    let tell = |code: &str, period: &str, figure: &str, unit: Unit, at: u64| {
        let entry = catalogue()
            .into_iter()
            .find(|of| of.code.to_string() == code)
            .unwrap();
        let series: Series = entry.series(region).unwrap();
        let number: Number = figure.parse().unwrap();
        let report = Report {
            series,
            period: period.parse().unwrap(),
            observation: Observation::reported(number, unit, "省统计局", Instant(at)),
            is_revision: false,
        };
        let plan = |view: &dyn View, at| record(view, at, std::slice::from_ref(&report));
        let recorded = facts::commit(&store, Instant(at), plan).unwrap();
        assert_eq!(recorded.refused.len(), 0, "{:?}", recorded.refused);
    };
    let per_cent = Unit::PER_CENT;
    tell("value-added-growth", "2022-YTD09", "3.9", per_cent, NOON);
    tell("value-added-growth", "2022-YTD10", "4.0", per_cent, NOON);
    tell("manufacturing-share", "2021-YTD10", "27.6", per_cent, NOON);
    tell("manufacturing-share", "2022-YTD10", "28.9", per_cent, NOON);
    tell(
        "project-investment",
        "2021-YTD09",
        "20000000",
        Unit::YUAN_10K,
        NOON,
    );
    tell(
        "project-investment",
        "2022-YTD09",
        "2300",
        Unit::YUAN_100M,
        NOON,
    );
    let of = [
        "value-added-growth",
        "manufacturing-share",
        "project-investment",
        "arrears",
        "none",
    ];
    let of = of.map(str::to_owned);
    let month: Period = "2022-10".parse().unwrap();
    let told = |at| -> Vec<String> {
        let found = effects(&*store.view(), &catalogue(), &of, (region, month), at).unwrap();
        let print = |of: &Effect| {
            let told = of.told.as_ref();
            let number = told.and_then(|told| told.observation.content.number());
            let period = told.map(|told| told.period.to_string());
            format!("{} {number:?} {period:?} {:?}", of.entry.code, of.moved)
        };
        found.iter().map(print).collect::<Vec<_>>()
    };
    let number = |text: &str| text.parse::<Number>().unwrap();
    let some = |text: &str| Some(number(text));
    let expected = [
        (
            "value-added-growth",
            some("4.0"),
            Some("2022-YTD10"),
            Some(Moved::PointsOnPeriod(number("0.1"))),
        ),
        (
            "manufacturing-share",
            some("28.9"),
            Some("2022-YTD10"),
            Some(Moved::Points(number("1.3"))),
        ),
        (
            "project-investment",
            some("2300"),
            Some("2022-YTD09"),
            Some(Moved::PerCent(number("15"))),
        ),
        ("arrears", None, None, None),
    ];
    let expected = expected.map(|(code, number, period, moved)| {
        let period = period.map(str::to_owned);
        format!("{code} {number:?} {period:?} {moved:?}")
    });
    assert_eq!(told(Instant::LAST), expected);
    // A revision later changes nothing of what was told before.
    let before = store.view();
    let newest = facts::ledger::Ledger::read(&*before).unwrap().newest;
    drop(before);
    tell(
        "manufacturing-share",
        "2022-YTD10",
        "29.5",
        per_cent,
        NOON + DAY_MS,
    );
    assert_eq!(told(newest), expected);
    assert_ne!(told(Instant::LAST), expected);
}

#[test]
fn wrong_tables_are_told_at_line_and_column() {
    let head = format!("{HEAD}\n");
    let check = |rows: &str, expected: &[&str]| {
        let problems = read(&format!("{head}{rows}")).unwrap_err();
        let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), expected.len(), "{said:?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.contains(expected), "{said}");
        }
        assert!(problems.iter().all(|of| !of.said[1].is_empty()));
    };
    check(
        "a,1,,,m,m,t,t,b,,,,\na,1,,,m,m,t,t,b,,,,\n",
        &["line 3, column name: 'a' stands on line 2"],
    );
    check(
        "A,x,,,m,m,t,,b,,9,2022-02-30,工业\n",
        &[
            "line 2, column name: a name has",
            "line 2, column article: invalid digit",
            "line 2, column task_en: it needs 1 to 256",
            "line 2, column region: a region code has 1 characters",
            "line 2, column due: there is no date",
            "line 2, column indicators: character 1 of an indicator",
        ],
    );
    let long = "长".repeat(86);
    check(
        &format!("a,1,,,m,m,{long},t,b,,,,\n"),
        &["column task: it needs 1 to 256"],
    );
    let many = vec!["b"; 13].join(";");
    check(
        &format!("a,1,,,m,m,t,t,b,{many},,,\n"),
        &["a cell lists at most 12"],
    );
    assert_eq!(read("name,article\n").unwrap_err().len(), 1);
    assert_eq!(read("").unwrap_err().len(), 1);
    assert!(
        read("\u{feff}name\n").unwrap_err()[0]
            .to_string()
            .contains("columns must begin with")
    );
    // What a spreadsheet would run goes out as text and comes back as it was.
    let task = Task {
        lead: "=cmd|'/c calc'!A1".to_owned(),
        ..task("notice-01-1")
    };
    let written = write(std::slice::from_ref(&task));
    assert!(written.contains("'=cmd"), "{written}");
    assert_eq!(read(&written).unwrap(), [task]);
}

#[test]
fn every_open_state_has_a_next_who_and_every_word_a_name() {
    let machine = table();
    let states = "listed disputed under-way submitted rectifying done refused taken-back";
    for state in states.split(' ') {
        assert_ne!(names(state)[1], state);
        for row in machine.moves_from(state) {
            assert_ne!(names(&row.message)[1], row.message);
            assert_ne!(names(&row.role)[1], row.role);
        }
    }
}

/// The lamp as a naive rule has it: days late since the day due.
fn naive(due: Option<Date>, is_closed: bool, today: Date) -> Lamp {
    let Some(due) = due.filter(|_| !is_closed) else {
        return Lamp::Off;
    };
    let late = i64::from(today.number()) - i64::from(due.number());
    if late >= 30 {
        Lamp::Red
    } else if late >= 1 {
        Lamp::Yellow
    } else if late >= -30 {
        Lamp::Blue
    } else {
        Lamp::Off
    }
}

const MESSAGES: [&str; 11] = [
    "accept",
    "decline",
    "insist",
    "release",
    "submit",
    "report",
    "extend",
    "take-back",
    "pass",
    "fail",
    "confirm",
];
const ROLES: [&str; 4] = ["lead", "support", "office", "inspector"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is said, lamps and days are those of a naive rule beside it: the day of the whole
    /// until it is submitted, fifteen days after that, the day of the whole again if it is sent
    /// back, or fifteen days if they end before it.
    #[test]
    fn lamps_are_those_of_a_naive_rule(
        sent in prop::collection::vec((0..11_usize, 0..4_usize, 0..20_u64), 1..20),
        look in 0..200_i32,
    ) {
        let (_folder, store) = store();
        let machine = table();
        let mut task = list_task(&store, NOON, &task("notice-04-2"), Some("2022-12-31"));
        let mut until: Date = "2022-12-31".parse().unwrap();
        let mut due = until;
        let extended: Date = "2023-03-31".parse().unwrap();
        let mut now = NOON;
        for (at, (message, role, days)) in sent.into_iter().enumerate() {
            now += days * DAY_MS;
            let said = said(MESSAGES[message], ROLES[role], &format!("k{at}"));
            let Ok(after) = send(&store, now, "notice-04-2", &said) else { continue };
            let in_15_days = Instant(now).day_in_china().unwrap().plus_days(15).unwrap();
            let in_5_days = Instant(now).day_in_china().unwrap().plus_days(5).unwrap();
            match MESSAGES[message] {
                "extend" => (until, due) = (extended, extended),
                "submit" => due = in_15_days,
                "fail" => due = in_15_days.min(until),
                "decline" => due = in_5_days.min(until),
                "insist" | "accept" => due = until,
                _ => (),
            }
            task = after;
            prop_assert_eq!(task.due, Some(due).filter(|_| !task.is_closed));
        }
        let today = Date::from_number("2022-11-21".parse::<Date>().unwrap().number()).unwrap();
        let today = today.plus_days(look).unwrap();
        prop_assert_eq!(task.lamp(&machine, today), naive(Some(due), task.is_closed, today));
        let is_late = task.is_closed && task.state == "done" && task.done.unwrap() > until;
        prop_assert_eq!(outcome(&task) == Outcome::Late, is_late);
    }

    #[test]
    fn tables_are_read_as_they_were_written(
        rows in prop::collection::btree_map(
            "[a-z0-9.-]{1,24}",
            ("[=+@'\"a长, -]{1,9}", 0..9_u16),
            0..6,
        ),
    ) {
        let tasks = rows.into_iter().map(|(name, (text, article))| {
            let text = format!("x{}", text.trim_end());
            let text = text.strip_prefix('x').filter(|of| of.trim() == *of && !of.is_empty());
            let text = text.unwrap_or("y").to_owned();
            Task {
                name,
                article,
                group: [text.clone(), String::new()],
                measure: [text.clone(), text.clone()],
                task: [text.clone(), text.clone()],
                lead: text,
                support: vec!["甲".to_owned(), "乙".to_owned()],
                region: "3501".parse().ok(),
                due: "2022-12-31".parse().ok(),
                indicators: vec!["arrears".parse().unwrap()],
            }
        });
        let tasks: Vec<_> = tasks.collect();
        prop_assert_eq!(read(&write(&tasks)).unwrap(), tasks);
    }

    #[test]
    fn no_table_makes_it_fall_over(text in "\\PC{0,80}") {
        let _ = read(&text);
        let _ = read(&format!("{HEAD}\n{text}"));
    }
}

/// The head of a table of tasks.
const HEAD: &str = "name,article,group,group_en,measure,measure_en,task,task_en,lead,support,\
                    region,due,indicators";
