//! Are facts stored octet for octet as `docs/format.md` says? What is here was written once and is
//! read for ever.

use crate::case::{self, Lamps, Machine, Message, Opening};
use crate::event::{self, Event};
use crate::history::{self, Report};
use crate::ledger::Ledger;
use crate::relation::{self, Kind, Relation};
use crate::{Form, Instant, Object, Observation, Role, Series};
use codes::{Frequency, Unit};
use model::Change;
use store::Store;

/// What each change writes, key and octets, as format 1 has it.
const GOLDEN: &str = include_str!("../tests/golden/format-1.txt");

/// 2022-11-21 at noon in China.
const NOON: Instant = Instant(1_669_003_200_000);

/// The writes of a change as lines of printable octets.
fn lines(change: &Change) -> Vec<String> {
    let line = |write: &model::change::Write| {
        let octets = write
            .octets
            .as_ref()
            .map(|octets| octets.escape_ascii().to_string());
        let key = write.key.octets().escape_ascii();
        format!("{key} = {}", octets.unwrap_or_else(|| "nothing".to_owned()))
    };
    change.writes.iter().map(line).collect()
}

/// The lines below a heading of the golden file.
fn golden(heading: &str) -> Vec<&'static str> {
    let lines = GOLDEN
        .lines()
        .skip_while(|line| line.strip_prefix("# ") != Some(heading));
    lines.skip(1).take_while(|line| !line.is_empty()).collect()
}

fn check(store: &Store, change: Change, heading: &str) {
    assert_eq!(lines(&change), golden(heading));
    store.commit(change).unwrap();
}

fn enterprise() -> Object {
    Object::enterprise("91350100M000100Y43".parse().unwrap())
}

#[test]
fn observations() {
    let (_folder, store) = crate::stored::store();
    let series = Series::new(
        "output".parse().unwrap(),
        [
            Object::region("35".parse().unwrap()),
            Object::industry("C26".parse().unwrap()),
        ],
        Frequency::MergedMonth,
        Form::Level,
    );
    let mut observation =
        Observation::reported("-12.5".parse().unwrap(), Unit::YUAN_10K, "a", Instant(1));
    observation.remark = "b".to_owned();
    let report = Report {
        series: series.unwrap(),
        period: "2022-M02".parse().unwrap(),
        observation,
        is_revision: false,
    };
    let (change, _) = history::record(&*store.view(), NOON, &[report]).unwrap();
    check(&store, change, "an observation");
    let frozen = Ledger::read(&*store.view())
        .unwrap()
        .freeze("2022-10-31".parse().ok());
    check(&store, frozen, "a frozen day");
}

#[test]
fn relations() {
    let (_folder, store) = crate::stored::store();
    let relation = Relation {
        kind: Kind::LiesIn,
        subject: enterprise(),
        object: Object::region("3501".parse().unwrap()),
        from: "2022-01-01".parse().unwrap(),
        to: None,
        evidence: "a".to_owned(),
    };
    let change = relation::relate(&*store.view(), NOON, &relation).unwrap();
    check(&store, change, "a relation");
}

#[test]
fn events() {
    let (_folder, store) = crate::stored::store();
    let event = Event {
        name: "n1".to_owned(),
        objects: vec![enterprise()],
        when: Instant(5),
        what: "a".to_owned(),
        place: "b".to_owned(),
        why: "c".to_owned(),
        how: "d".to_owned(),
        who: "e".to_owned(),
        corrects: None,
        payload: "{}".into(),
    };
    let (change, _) = event::record(&*store.view(), NOON, &event).unwrap();
    check(&store, change, "an event");
}

#[test]
fn cases() {
    let (_folder, store) = crate::stored::store();
    let table = "from,message,to,role,days\nnew,take,open,bureau,3\nopen,end,closed,bureau,\n";
    let lamps = Lamps {
        blue: 0,
        yellow: 1,
        red: 2,
    };
    let machine = Machine::read("m", 7, table, lamps)
        .unwrap()
        .with_days_at_start(1);
    let opening = Opening {
        name: "n1".to_owned(),
        owner: "a".to_owned(),
        title: "b".to_owned(),
        objects: vec![Object::new(Role::PARK, "88.1/p").unwrap()],
        due: None,
    };
    let (change, _) = case::open(&*store.view(), NOON, &machine, &opening).unwrap();
    check(&store, change, "a case that is opened");
    let message = Message {
        message: "take".to_owned(),
        role: "bureau".to_owned(),
        sender: "c".to_owned(),
        remark: "d".to_owned(),
        due: None,
        owner: None,
    };
    let (change, _) = case::step(
        &*store.view(),
        Instant(NOON.0 + 1),
        &machine,
        "n1",
        &message,
    )
    .unwrap();
    check(&store, change, "a step of it");
}
