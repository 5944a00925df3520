//! Do cases go as their table says, and does every lamp come on in time?

use super::*;
use crate::Role;
use crate::stored::{self, DAY_MS};
use proptest::prelude::*;
use store::Store;

const TABLE: &str = "from,message,to,role,days
已上报,受理,办理中,bureau,2
办理中,分派,帮办中,bureau,5
帮办中,解决,待确认,helper,3
待确认,确认,已办结,enterprise,
待确认,退回,办理中,enterprise,2
";

const LAMPS: Lamps = Lamps {
    blue: -1,
    yellow: 1,
    red: 8,
};

/// 2022-11-21 in China, at noon.
const NOON: u64 = 1_669_003_200_000;

fn machine() -> Machine {
    let machine = Machine::read("堵点卡点", 1, TABLE, LAMPS).unwrap();
    machine.with_days_at_start(1)
}

fn opening(name: &str) -> Opening {
    Opening {
        name: name.to_owned(),
        owner: "350100".to_owned(),
        title: "缺芯片".to_owned(),
        objects: vec![Object::new(Role::ENTERPRISE, "91350100M000100Y43").unwrap()],
        due: None,
    }
}

fn message(message: &str, role: &str) -> Message {
    Message {
        message: message.to_owned(),
        role: role.to_owned(),
        sender: "张三".to_owned(),
        remark: String::new(),
        due: None,
        owner: None,
    }
}

fn send(store: &Store, at: u64, name: &str, message: &Message) -> Result<Case, Error> {
    crate::commit(store, Instant(at), |view, at| {
        step(view, at, &machine(), name, message)
    })
}

fn open_case(store: &Store, at: u64, name: &str) -> Result<Case, Error> {
    crate::commit(store, Instant(at), |view, at| {
        open(view, at, &machine(), &opening(name))
    })
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn a_case_goes_its_way_and_every_step_is_kept() {
    let (_folder, store) = stored::store();
    let case = open_case(&store, NOON, "2022-001").unwrap();
    assert_eq!(
        (case.state.as_str(), case.due),
        ("已上报", Some(day("2022-11-22")))
    );
    assert!(matches!(
        open_case(&store, NOON, "2022-001"),
        Err(Error::There { .. })
    ));

    let error = send(&store, NOON, "2022-001", &message("解决", "helper"))
        .unwrap_err()
        .to_string();
    let said = "a case that is '已上报' takes no '解决' from helper: it takes '受理' from bureau";
    assert_eq!(error, said);
    let way = [
        ("受理", "bureau"),
        ("分派", "bureau"),
        ("解决", "helper"),
        ("退回", "enterprise"),
        ("分派", "bureau"),
        ("解决", "helper"),
    ];
    for (moment, (said, role)) in (NOON..).step_by(86_400_000).zip(way) {
        let mut said = message(said, role);
        said.owner = (said.message == "分派").then(|| "市工信局".to_owned());
        send(&store, moment, "2022-001", &said).unwrap();
    }
    let waiting = find(&*store.view(), "2022-001").unwrap().unwrap();
    assert_eq!((waiting.owner.as_str(), waiting.steps), ("市工信局", 6));
    assert_eq!(waiting.due, Some(day("2022-11-29")));
    let end = NOON + 9 * DAY_MS;
    let closed = send(&store, end, "2022-001", &message("确认", "enterprise")).unwrap();
    assert!(closed.is_closed && closed.due.is_none());
    let error = send(&store, end, "2022-001", &message("退回", "enterprise")).unwrap_err();
    assert!(
        error.to_string().ends_with("it takes none, it is closed"),
        "{error}"
    );

    let view = store.view();
    let steps = steps(&*view, "2022-001").unwrap();
    assert_eq!(steps.len(), 7);
    assert!(steps.windows(2).all(|pair| pair[0].to == pair[1].from));
    assert_eq!(steps[6].to, "已办结");
    assert_eq!(due_until(&*view, Date::LAST).unwrap(), []);
}

#[test]
fn what_is_due_is_found_the_longest_overdue_first() {
    let (_folder, store) = stored::store();
    for (name, days) in [("a", 0), ("b", 2), ("a-later", 2)] {
        open_case(&store, NOON + days * DAY_MS, name).unwrap();
    }
    let names = |until: &str| {
        let cases = due_until(&*store.view(), day(until)).unwrap();
        cases.into_iter().map(|case| case.name).collect::<Vec<_>>()
    };
    assert_eq!(names("2022-11-21"), [""; 0]);
    assert_eq!(names("2022-11-22"), ["a"]);
    assert_eq!(names("2022-11-24"), ["a", "a-later", "b"]);
    let mut put_off = message("受理", "bureau");
    put_off.due = Some(day("2023-01-05"));
    send(&store, NOON + 2 * DAY_MS, "b", &put_off).unwrap();
    assert_eq!(names("2022-11-24"), ["a", "a-later"]);
    assert_eq!(names("2023-01-05"), ["a", "a-later", "b"]);
}

#[test]
fn lamps_come_on_by_the_table() {
    let check = |today: &str, expected| {
        assert_eq!(
            LAMPS.lamp(Some(day("2022-11-21")), day(today)),
            expected,
            "{today}"
        );
    };
    check("2022-11-19", Lamp::Off);
    check("2022-11-20", Lamp::Blue);
    check("2022-11-21", Lamp::Blue);
    check("2022-11-22", Lamp::Yellow);
    check("2022-11-28", Lamp::Yellow);
    check("2022-11-29", Lamp::Red);
    assert_eq!(LAMPS.lamp(None, day("2022-11-29")), Lamp::Off);
    assert_eq!(LAMPS.lamp(Some(Date::LAST), Date::FIRST), Lamp::Off);
}

#[test]
fn tables_that_are_not_sound_are_refused() {
    let check = |table: &str, said: &str| {
        let csv = format!("from,message,to,role,days\n{table}");
        let error = Machine::read("a", 1, &csv, LAMPS).unwrap_err().to_string();
        assert!(error.contains(said), "{table}: {error}");
    };
    check("", "there are 0 rows of a table of states");
    check("a,go,a,x,\n", "from 'a' there is no way to an end");
    check("a,go,b,x,\nb,back,a,x,\n", "there is no way to an end");
    check("a,go,b,x,\nc,go,b,x,\n", "nothing leads to 'c'");
    check("a,go,b,x,\na,go,c,x,\n", "'a' takes 'go' from x twice");
    check("a,go,b,x,three\n", "line 2: 'three' is no count of days");
    check("a,go,b,x,-1\n", "line 2: '-1' is no count of days");
    check("a,go,,x,\n", "a name in a table of states needs 1 to 64");
    check("a,go,b\n", "found record with 3 fields");
    check(&"a,go,b,x,\n".repeat(9999), "there are 201 rows");
    let error = Machine::read("a", 1, "from,to\n", LAMPS)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("its columns must be from,message,to,role,days"),
        "{error}"
    );
    let lamps = Lamps { blue: 2, ..LAMPS };
    let moves = machine().moves_from("已上报").cloned().collect();
    assert!(Machine::new("a", 1, moves, lamps).is_err());
}

#[test]
fn a_case_goes_by_the_table_that_it_began_with() {
    let (_folder, store) = stored::store();
    open_case(&store, NOON, "a").unwrap();
    let newer = Machine::read("堵点卡点", 2, TABLE, LAMPS).unwrap();
    let said = message("受理", "bureau");
    let stepped = crate::commit(&store, Instant(NOON), |view, at| {
        step(view, at, &newer, "a", &said)
    });
    assert!(stepped.unwrap_err().to_string().contains("堵点卡点 1"));
    assert!(send(&store, NOON, "b", &said).is_err());
    let mut nobody = said.clone();
    nobody.sender.clear();
    assert!(matches!(
        send(&store, NOON, "a", &nobody),
        Err(Error::Text { .. })
    ));
    let mut about_nothing = opening("c");
    about_nothing.objects.clear();
    let opened = crate::commit(&store, Instant(NOON), |view, at| {
        open(view, at, &machine(), &about_nothing)
    });
    assert!(matches!(opened, Err(Error::Count { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However messages come, a case is in a state of its table, its steps are as counted, and what
    /// is due is what is open with a day.
    #[test]
    fn cases_keep_to_their_table(sent in prop::collection::vec((0..3_u8, 0..6_usize), 0..30)) {
        let (_folder, store) = stored::store();
        let moves: Vec<Move> = ["已上报", "办理中", "帮办中", "待确认"]
            .iter()
            .flat_map(|state| machine().moves_from(state).cloned().collect::<Vec<_>>())
            .collect();
        for case in ["0", "1", "2"] {
            open_case(&store, NOON, case).unwrap();
        }
        for (case, at) in sent {
            let taken = &moves[at % moves.len()];
            let before = find(&*store.view(), &case.to_string()).unwrap().unwrap();
            let said = message(&taken.message, &taken.role);
            let after = send(&store, NOON, &case.to_string(), &said);
            let row = moves.iter().find(|row| {
                (&row.from, &row.message, &row.role) == (&before.state, &said.message, &said.role)
            });
            prop_assert_eq!(after.ok().map(|case| case.state), row.map(|row| row.to.clone()));
        }
        let view = store.view();
        let cases = ["0", "1", "2"].map(|name| find(&*view, name).unwrap().unwrap());
        let due: Vec<_> = due_until(&*view, Date::LAST).unwrap();
        for case in cases {
            prop_assert_eq!(steps(&*view, &case.name).unwrap().len(), case.steps as usize);
            prop_assert_eq!(case.is_closed, case.state == "已办结");
            prop_assert_eq!(due.contains(&case), case.due.is_some() && !case.is_closed);
        }
    }
}
