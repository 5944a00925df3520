//! Are timers and letters stored octet for octet as their tables say? What is here was written once
//! and is read for ever.

use crate::outbox::{self, Letter, Outcome, Retry};
use crate::timer::{self, Timer};
use crate::{Moment, Schedule, Unit};
use model::Change;
use store::{Options, Store, TablesKind};

/// What each change writes, key and octets, as format 1 has it.
const GOLDEN: &str = include_str!("../tests/golden/format-1.txt");

/// The writes of a change as lines of printable octets.
fn lines(change: &Change) -> Vec<String> {
    let line = |write: &model::change::Write| {
        let octets = write.octets.as_ref();
        let octets = octets.map_or("nothing".to_owned(), |octets| {
            octets.escape_ascii().to_string()
        });
        format!("{} = {octets}", write.key.octets().escape_ascii())
    };
    change.writes.iter().map(line).collect()
}

#[test]
fn format_1() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        tables: TablesKind::Memory,
        ..Options::default()
    };
    let store = Store::open(folder.path(), &options).unwrap();
    let check = |change: Change, heading: &str| {
        let golden = GOLDEN
            .lines()
            .skip_while(|line| line.strip_prefix("# ") != Some(heading));
        let golden: Vec<_> = golden.skip(1).take_while(|line| !line.is_empty()).collect();
        assert_eq!(lines(&change), golden, "{heading}");
        store.commit(change).unwrap();
    };
    let timer = Timer {
        name: "n".to_owned(),
        kind: "k".to_owned(),
        schedule: Schedule::Each {
            unit: Unit::Month,
            after_ms: 256,
        },
        payload: "p".into(),
    };
    let (change, _) = timer::set(&*store.view(), Moment(0), &timer).unwrap();
    // 1970-02-01 in China is 1970-01-31 16:00 UTC, 2,649,600,256 ms.
    check(change, "a timer");
    let letter = Letter {
        key: "a".to_owned(),
        channel: "mail".to_owned(),
        to: "t".to_owned(),
        body: "b".into(),
    };
    let change = outbox::put(&*store.view(), Moment(258), &letter).unwrap();
    check(change, "a letter");
    let posted = outbox::find(&*store.view(), "a").unwrap().unwrap();
    let outcome = Outcome::Failed("x".to_owned());
    let (change, _) = outbox::settle(Moment(259), &Retry::default(), &posted, &outcome);
    check(change, "a letter that could not be delivered");
}
