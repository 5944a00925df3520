//! Do cases go as their table says, and is everybody who must act told so?

use super::*;
use crate::tests::{golden, store};
use codes::{Number, RegionLevel};
use facts::case::Lamp;
use facts::event;
use proptest::prelude::*;
use std::collections::BTreeMap;
use store::Store;

/// 2022-11-21 in China, at noon.
const NOON: u64 = 1_669_003_200_000;
const DAY_MS: u64 = 86_400_000;

const ENTERPRISE: &str = "91350100M000100Y43";
const OWNER: &str = "福州市工信局";
const HELPER: &str = "福州海关";

fn opening(name: &str, class: Bottleneck, region: &str) -> Opening {
    Opening {
        name: name.to_owned(),
        title: "缺少进口轴承".to_owned(),
        about: About {
            enterprise: ENTERPRISE.parse().unwrap(),
            enterprise_name: "某轴承厂".to_owned(),
            class,
            warning: Some("w-7".to_owned()),
            follows: None,
        },
        region: region.parse().unwrap(),
        owner: Party::new("省调度中心", ""),
        until: None,
        role: "dispatcher".to_owned(),
        sender: Party::new("省调度中心", "王五"),
        key: "open".to_owned(),
    }
}

fn said(message: &str, role: &str, key: &str) -> Said {
    let body = match role {
        "owner" => OWNER,
        "helper" => HELPER,
        "enterprise" => ENTERPRISE,
        _ => "省调度中心",
    };
    let is_assigned = ["assign", "hand-over"].contains(&message);
    Said {
        message: message.to_owned(),
        role: role.to_owned(),
        sender: Party::new(body, "张三"),
        key: key.to_owned(),
        remark: "说明".to_owned(),
        owner: is_assigned.then(|| Party::new(OWNER, "李四")),
        helpers: is_assigned.then(|| vec![Party::new(HELPER, "赵六")]),
        until: (message == "extend").then(|| "2022-12-31".parse().unwrap()),
        evidence: Vec::new(),
    }
}

fn open_case(store: &Store, at: u64, opening: &Opening) -> Result<Case, Error> {
    facts::commit(store, Instant(at), |view, at| {
        open(view, at, &table(), opening)
    })
}

fn send(store: &Store, at: u64, name: &str, said: &Said) -> Result<Case, Error> {
    facts::commit(store, Instant(at), |view, at| {
        step(view, at, &table(), name, said)
    })
}

/// Cases that have gone so far by these messages, one a day; all of them day by day, for facts
/// become known in the order of time.
fn all_gone(store: &Store, of: &[(Opening, &[(&str, &str)])]) -> Vec<Case> {
    let open = |(opening, _): &(Opening, _)| open_case(store, NOON, opening).unwrap();
    let mut cases: Vec<Case> = of.iter().map(open).collect();
    let days = of
        .iter()
        .map(|(_, messages)| messages.len())
        .max()
        .unwrap_or(0);
    for day in 0..days {
        for (case, (opening, messages)) in cases.iter_mut().zip(of) {
            if let Some((message, role)) = messages.get(day) {
                let said = said(message, role, &format!("k{}", day + 1));
                let at = NOON + (day as u64 + 1) * DAY_MS;
                *case = send(store, at, &opening.name, &said).unwrap();
            }
        }
    }
    cases
}

/// One of them.
fn gone(store: &Store, opening: &Opening, messages: &[(&str, &str)]) -> Case {
    all_gone(store, &[(opening.clone(), messages)]).remove(0)
}

const SOLVED: [(&str, &str); 5] = [
    ("assign", "dispatcher"),
    ("accept", "owner"),
    ("begin", "owner"),
    ("propose", "helper"),
    ("confirm", "enterprise"),
];

#[test]
fn a_bottleneck_is_owned_solved_and_confirmed_by_the_enterprise() {
    let (_folder, store) = store();
    let one = opening("c-1", Bottleneck::Material, "350102");
    let case = gone(&store, &one, &SOLVED);
    assert_eq!(
        (case.state.as_str(), case.is_closed, case.step),
        ("closed", true, 5)
    );
    assert_eq!(case.done.unwrap().to_string(), "2022-11-25");
    assert_eq!(case.about.warning.as_deref(), Some("w-7"));
    assert_eq!(case.owner, Party::new(OWNER, "李四"));
    let view = store.view();
    let told = timeline(&*view, "c-1", Instant::LAST).unwrap();
    let told = told.iter().map(|told| {
        let event = &told.event.event;
        let due = told.stand.due.map_or("-".to_owned(), |due| due.to_string());
        format!(
            "{} {} {} {} {due}",
            event.name, event.what, event.how, told.stand.state
        )
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [
            "c-1#open bottleneck.open dispatcher opened 2022-11-23",
            "c-1#k1 bottleneck.assign dispatcher assigned 2022-11-25",
            "c-1#k2 bottleneck.accept owner accepted 2022-11-25",
            "c-1#k3 bottleneck.begin owner in-work 2022-12-04",
            "c-1#k4 bottleneck.propose helper proposed 2022-11-30",
            "c-1#k5 bottleneck.confirm enterprise closed -",
        ]
    );
    // It can be found from everywhere it concerns, and as it stood then.
    for object in [
        Object::region("35".parse().unwrap()),
        Object::region(Region::NATION),
    ] {
        let then = of(&*view, &object, Instant(NOON + 3 * DAY_MS)).unwrap();
        assert_eq!(
            then.iter()
                .map(|case| case.state.as_str())
                .collect::<Vec<_>>(),
            ["in-work"]
        );
    }
    let enterprise = Object::enterprise(ENTERPRISE.parse().unwrap());
    assert_eq!(of(&*view, &enterprise, Instant::LAST).unwrap(), [case]);
    assert_eq!(of(&*view, &enterprise, Instant(NOON - 1)).unwrap(), []);
    assert!(find(&*view, "c-2", Instant::LAST).unwrap().is_none());
}

#[test]
fn who_may_say_what_is_told_to_who_may_not() {
    let (_folder, store) = store();
    let one = opening("c-1", Bottleneck::Energy, "350102");
    gone(&store, &one, &SOLVED[..4]);
    let check = |said: Said, expected: &str| {
        let error = send(&store, NOON + 9 * DAY_MS, "c-1", &said)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(
        said("confirm", "owner", "a"),
        "it takes 'confirm' from enterprise",
    );
    check(
        said("assign", "dispatcher", "a"),
        "it takes 'confirm' from enterprise",
    );
    let stranger = |message, role| Said {
        sender: Party::new("某某", ""),
        ..said(message, role, "a")
    };
    check(
        stranger("confirm", "enterprise"),
        "speaks 91350100M000100Y43, not 某某",
    );
    let bare = Said {
        remark: String::new(),
        ..said("reject", "enterprise", "a")
    };
    check(bare, "it needs a reason");
    let more = Said {
        until: Some("2030-01-01".parse().unwrap()),
        ..said("reject", "enterprise", "a")
    };
    check(more, "only the dispatcher names owner, helper and day");
    // Sent back, it goes on, and others cannot speak for owner and helper either.
    let case = send(
        &store,
        NOON + 9 * DAY_MS,
        "c-1",
        &said("reject", "enterprise", "b"),
    )
    .unwrap();
    assert_eq!((case.state.as_str(), case.sent_back), ("reopened", 1));
    check(
        stranger("begin", "owner"),
        "as owner speaks 福州市工信局, not 某某",
    );
    send(
        &store,
        NOON + 9 * DAY_MS,
        "c-1",
        &said("begin", "owner", "c"),
    )
    .unwrap();
    check(stranger("propose", "helper"), "as helper speaks 福州海关");
    let nameless = Said {
        owner: None,
        ..said("hand-over", "dispatcher", "d")
    };
    check(nameless, "it needs an owner");
    let endless = Said {
        until: None,
        ..said("extend", "dispatcher", "d")
    };
    check(endless, "it needs a day and a reason");
    let other = Opening {
        role: "enterprise".to_owned(),
        ..opening("c-9", Bottleneck::Energy, "350102")
    };
    assert!(open_case(&store, NOON, &other).is_err());
}

#[test]
fn what_is_said_twice_happens_once() {
    let (_folder, store) = store();
    let one = opening("c-1", Bottleneck::Labour, "350102");
    let opened = open_case(&store, NOON, &one).unwrap();
    assert_eq!(open_case(&store, NOON + DAY_MS, &one).unwrap(), opened);
    let assigned = send(&store, NOON, "c-1", &said("assign", "dispatcher", "x")).unwrap();
    send(&store, NOON, "c-1", &said("accept", "owner", "y")).unwrap();
    // Long after it went on, the answer is still the first one's.
    let again = send(
        &store,
        NOON + 5 * DAY_MS,
        "c-1",
        &said("assign", "dispatcher", "x"),
    );
    assert_eq!(again.unwrap(), assigned);
    let other = send(&store, NOON, "c-1", &said("begin", "owner", "x")).unwrap_err();
    assert!(matches!(other, Error::There { .. }), "{other}");
    let view = store.view();
    assert_eq!(timeline(&*view, "c-1", Instant::LAST).unwrap().len(), 3);
    let found = facts::case::find(&*view, "c-1").unwrap().unwrap();
    assert_eq!((found.steps, found.state.as_str()), (2, "accepted"));
    let same_name = Opening {
        key: "other".to_owned(),
        ..one
    };
    drop(view);
    assert!(matches!(
        open_case(&store, NOON, &same_name),
        Err(Error::There { .. })
    ));
}

#[test]
fn bad_names_links_and_digests_are_refused() {
    let (_folder, store) = store();
    for name in ["", "C-1", "c 1", "案件", "a#b", "0123456789012345678901234"] {
        let bad = opening(name, Bottleneck::Labour, "35");
        assert!(open_case(&store, NOON, &bad).is_err(), "{name}");
    }
    open_case(&store, NOON, &opening("c-1", Bottleneck::Labour, "35")).unwrap();
    let with = |evidence: Evidence| {
        let evidence = vec![evidence];
        let said = Said {
            evidence,
            ..said("assign", "dispatcher", "k")
        };
        send(&store, NOON, "c-1", &said).map_err(|error| error.to_string())
    };
    let link = |link: &str| Evidence::Link(link.to_owned());
    assert!(
        with(link("javascript:alert(1)"))
            .unwrap_err()
            .contains("begins with https://")
    );
    assert!(with(link("https://a b")).is_err());
    let file = |sha256: String| Evidence::File {
        name: "照片.jpg".to_owned(),
        sha256,
    };
    assert!(
        with(file("AB".repeat(32)))
            .unwrap_err()
            .contains("64 hexadecimal digits")
    );
    assert!(with(file("ab".repeat(31))).is_err());
    let many = Said {
        evidence: vec![link("https://a.cn/"); 33],
        ..said("assign", "dispatcher", "k")
    };
    assert!(send(&store, NOON, "c-1", &many).is_err());
    // The most of the longest still fits into an event.
    let long = format!("https://{}", "a".repeat(1016));
    let most = Said {
        evidence: vec![link(&long); 32],
        remark: "\"".repeat(4096),
        ..said("assign", "dispatcher", "k")
    };
    let case = send(&store, NOON, "c-1", &most).unwrap();
    assert_eq!(case.evidence.len(), 32);
    let after = store.view();
    assert_eq!(
        event::find(&*after, "c-1#k").unwrap().unwrap().event.who,
        "省调度中心"
    );
}

#[test]
fn inboxes_statistics_and_reminders() {
    let (_folder, store) = store();
    let mut slow = SOLVED[..4].to_vec();
    slow.extend([
        ("reject", "enterprise"),
        ("begin", "owner"),
        ("propose", "owner"),
    ]);
    slow.push(("confirm", "enterprise"));
    let refused = [("refuse", "dispatcher")];
    let all = [
        (opening("a", Bottleneck::Material, "350102"), &SOLVED[..]),
        (opening("b", Bottleneck::Material, "350102"), &SOLVED[..3]),
        (opening("c", Bottleneck::Energy, "350203"), &SOLVED[..1]),
        (opening("d", Bottleneck::Material, "350203"), &slow),
        (opening("e", Bottleneck::Capital, "350203"), &refused),
    ];
    all_gone(&store, &all);
    let view = store.view();
    let cases = of(
        &*view,
        &Object::region("35".parse().unwrap()),
        Instant::LAST,
    )
    .unwrap();
    let today: Date = "2022-11-27".parse().unwrap();
    let machine = table();
    let listed = |filter: Filter| -> Vec<String> {
        let lines = inbox(&cases, &machine, &filter, today);
        let print = |line: &Line<About>| {
            let left = line.days_left.unwrap();
            format!(
                "{} {:?} {left} {}",
                line.stand.name,
                line.lamp,
                line.waits_for.unwrap()
            )
        };
        lines.iter().map(print).collect()
    };
    let all = listed(Filter::default());
    assert_eq!(all, ["c Yellow -2 owner", "b Off 7 owner"]);
    let of_region = |code: &str| Filter {
        region: Some(code.parse().unwrap()),
        ..Filter::default()
    };
    assert_eq!(listed(of_region("3501")), ["b Off 7 owner"]);
    let body = Filter {
        body: Some(HELPER.to_owned()),
        is_overdue: true,
        ..Filter::default()
    };
    assert_eq!(listed(body), ["c Yellow -2 owner"]);
    let red = Filter {
        lamp: Some(Lamp::Red),
        ..Filter::default()
    };
    assert_eq!(listed(red), [""; 0]);
    let waits = Filter {
        waits_for: Some("enterprise".to_owned()),
        ..Filter::default()
    };
    assert_eq!(listed(waits), [""; 0]);

    let span = ["2022-11-01".parse().unwrap(), today];
    let tallies = statistics(&cases, RegionLevel::City, span).unwrap();
    let all = tallies[&By::All].clone();
    assert_eq!(
        (all.opened, all.solved, all.refused, all.open, all.overdue),
        (5, 1, 1, 2, 1)
    );
    // The fourth was solved after the last of these days.
    assert_eq!(all.median_days, Some(5.into()));
    let span = [span[0], "2022-12-31".parse().unwrap()];
    let tallies = statistics(&cases, RegionLevel::City, span).unwrap();
    let material = &tallies[&By::Class(Bottleneck::Material)];
    assert_eq!(
        (material.opened, material.solved, material.sent_back),
        (3, 2, 1)
    );
    assert_eq!(material.median_days, Some("6.5".parse::<Number>().unwrap()));
    let city = By::Region("3502".parse().unwrap());
    assert_eq!((tallies[&city].opened, tallies[&city].refused), (3, 1));

    let due = |days| -> Vec<String> {
        let found = reminders(&cases, &machine, (today, days), recipient);
        let print = |of: &Reminder| format!("{} {}", of.key, of.to.as_ref().unwrap().person);
        found.iter().map(print).collect()
    };
    assert_eq!(due(6), ["c.1.2022-11-25.yellow 李四"]);
    assert_eq!(
        due(7),
        ["c.1.2022-11-25.yellow 李四", "b.3.2022-12-04.off 李四"]
    );
}

#[test]
fn no_days_come_after_the_day_of_the_whole_but_those_of_whoever_confirms() {
    let (_folder, store) = store();
    let until = Some("2022-11-26".parse().unwrap());
    let one = Opening {
        until,
        ..opening("c-1", Bottleneck::Labour, "350102")
    };
    let case = gone(&store, &one, &SOLVED[..3]);
    assert_eq!(case.due, until);
    let later = said("extend", "dispatcher", "e");
    let case = send(&store, NOON + 4 * DAY_MS, "c-1", &later).unwrap();
    assert_eq!(case.due.unwrap().to_string(), "2022-12-31");
    let case = send(
        &store,
        NOON + 4 * DAY_MS,
        "c-1",
        &said("report", "helper", "f"),
    )
    .unwrap();
    assert_eq!(
        case.due.unwrap().to_string(),
        "2022-12-31",
        "a report moves no day"
    );
    let case = send(
        &store,
        NOON + 39 * DAY_MS,
        "c-1",
        &said("propose", "owner", "g"),
    )
    .unwrap();
    assert_eq!(
        case.due.unwrap().to_string(),
        "2023-01-04",
        "five days to confirm"
    );
}

#[test]
fn octets_of_a_step_are_what_they_were() {
    let (_folder, store) = store();
    open_case(&store, NOON, &opening("c-1", Bottleneck::Labour, "350102")).unwrap();
    let event = event::find(&*store.view(), "c-1#open")
        .unwrap()
        .unwrap()
        .event;
    let text = String::from_utf8(event.payload[1..].to_vec()).unwrap();
    assert_eq!(event.payload[0], 1);
    golden("case-step.json", &text);
}

/// The first row of every open state is somebody who must act, and every name is told in Chinese.
#[test]
fn every_open_state_has_a_next_who_and_every_word_a_name() {
    let machine = table();
    let states = "opened assigned accepted in-work proposed reopened closed refused withdrawn";
    for state in states.split(' ') {
        assert_ne!(names(state)[1], state);
        assert_eq!(
            machine.is_final(state),
            machine.moves_from(state).next().is_none()
        );
        for row in machine.moves_from(state) {
            assert_ne!(names(&row.message)[1], row.message);
            assert_ne!(names(&row.role)[1], row.role);
            let is_final = machine.is_final(&row.to);
            assert!(
                is_final || row.days.is_some() || ["report", "extend"].contains(&&*row.message)
            );
        }
    }
}

const MESSAGES: [&str; 12] = [
    "assign",
    "accept",
    "begin",
    "return",
    "hand-over",
    "report",
    "extend",
    "propose",
    "confirm",
    "reject",
    "refuse",
    "withdraw",
];
const ROLES: [&str; 4] = ["dispatcher", "owner", "helper", "enterprise"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is said, a case is where the table says, or where it was; if it is open somebody is
    /// next and a day is due; and its steps tell the same as the case does.
    #[test]
    fn no_message_leads_outside_the_table(
        sent in prop::collection::vec((0..12_usize, 0..4_usize, 0..3_u64), 1..25),
    ) {
        let (_folder, store) = store();
        let machine = table();
        let mut case = open_case(&store, NOON, &opening("c", Bottleneck::Labour, "35")).unwrap();
        // Whoever owns it before it is assigned is the office.
        case.owner = Party::new(OWNER, "");
        let mut now = NOON;
        let mut seen: BTreeMap<usize, String> = BTreeMap::new();
        for (at, (message, role, days)) in sent.into_iter().enumerate() {
            now += days * DAY_MS;
            let said = said(MESSAGES[message], ROLES[role], &format!("k{at}"));
            let row = machine.take(&case.state, &said.message, &said.role).ok().cloned();
            match (send(&store, now, "c", &said), row) {
                (Ok(after), Some(row)) => {
                    prop_assert_eq!(&after.state, &row.to);
                    seen.insert(at, after.state.clone());
                    case = after;
                }
                (Err(_), None) => (),
                (found, row) => prop_assert!(false, "{found:?} by {row:?}"),
            }
            prop_assert_eq!(case.is_closed, machine.is_final(&case.state));
            prop_assert_eq!(case.waits_for(&machine).is_none(), case.is_closed);
            prop_assert_eq!(case.due.is_none(), case.is_closed);
        }
        let view = store.view();
        let told = timeline(&*view, "c", Instant::LAST).unwrap();
        prop_assert_eq!(told.len(), seen.len() + 1);
        let states: Vec<_> = told.iter().skip(1).map(|told| told.stand.state.clone()).collect();
        prop_assert_eq!(states, seen.into_values().collect::<Vec<_>>());
        let found = facts::case::find(&*view, "c").unwrap().unwrap();
        prop_assert_eq!(found.state, case.state);
        prop_assert_eq!(found.due, case.due);
    }
}
