//! Tasks: who is behind whom, from the enterprise up to the province.

use super::*;

const TASK: &str = r#"
name = "月报"
frequency = "month"
from = "2022-01"
due-days = 3

[who]
role = "enterprise"
within = "350000"

[[series]]
indicator = "output"
form = "level"
frequency = "month"

[[series]]
indicator = "output"
form = "cumulative"
frequency = "year-to-date"

[[chase]]
days = 1
level = "county"

[[chase]]
days = 3
level = "city"

[[chase]]
days = 5
level = "province"
"#;

const DAY_MS: u64 = 86_400_000;

fn states(standings: &[Standing]) -> Vec<String> {
    let print =
        |standing: &Standing| format!("{} {}", standing.state.names()[0], standing.days_behind);
    standings.iter().map(print).collect()
}

#[test]
fn who_is_behind_is_told_on_every_level() {
    let bureau = Bureau::new();
    let task = Task::read(TASK).unwrap();
    let period = "2022-11".parse().unwrap();
    let standings = |days: u64| {
        let now = Instant(NOW.0 + days * DAY_MS);
        let view = bureau.store.view();
        task.standings(&*view, &bureau.regions, period, now)
            .unwrap()
    };
    // 2 December: not late yet.
    let before = Instant(NOW.0 - 3 * DAY_MS);
    let view = bureau.store.view();
    let early = task
        .standings(&*view, &bureau.regions, period, before)
        .unwrap();
    assert_eq!(states(&early), ["due 0"; 5]);
    drop(view);
    // 5 December: two days late. Enterprise 1 sends nonsense, 0 and 3 well, 2 and 4 nothing.
    let octets = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [1.0, 2.0, 3.0]);
        put(sheet, 5, 3, [1.0, 2.0, 3.0]);
        put(sheet, 6, 1, [1.0, 2.0, 3.0]);
        sheet.write(6, 2, "约1").unwrap();
    });
    bureau.take(&octets, Acceptance::GoodRows).unwrap();
    let now = standings(1);
    assert_eq!(
        states(&now),
        ["accepted 2", "rejected 3", "late 3", "accepted 2", "late 3"]
    );
    let counts = behind(&task, &now);
    let of = |code: &str| counts[&region(code)];
    let top = of("35");
    assert_eq!((top.expected, top.accepted, top.accepted_late), (5, 2, 2));
    assert_eq!((top.rejected, top.late, top.due), (1, 2, 0));
    assert_eq!((of("3501").expected, of("3501").late), (4, 1));
    assert_eq!((of("350103").rejected, of("350103").late), (1, 1));
    assert_eq!((of("350203").expected, of("350203").late), (1, 1));
    let called = |standings: &[Standing]| -> Vec<String> {
        let print = |call: &Call| format!("{} {}", &call.region.to_string()[..6], call.about.len());
        calls(&task, standings).iter().map(print).collect()
    };
    let city = ["350100 2", "350200 1", "350103 2", "350203 1"];
    assert_eq!(called(&now), city);
    assert_eq!(called(&standings(3))[0], "350000 3");
    assert_eq!(called(&early), [""; 0]);
    // Enterprise 1 sends it again, and it is well.
    let octets = workbook(TITLE, |sheet| put(sheet, 4, 1, [1.0, 2.0, 3.0]));
    bureau.take(&octets, Acceptance::GoodRows).unwrap();
    assert_eq!(states(&standings(1))[1], "accepted 2");
    // A task of another frequency, or of a time before it, has nobody.
    let view = bureau.store.view();
    let quarter = "2022-Q4".parse().unwrap();
    assert!(
        task.standings(&*view, &bureau.regions, quarter, NOW)
            .is_err()
    );
    let before = "2021-12".parse().unwrap();
    assert_eq!(
        task.standings(&*view, &bureau.regions, before, NOW)
            .unwrap(),
        []
    );
}

#[test]
fn what_waits_is_received_and_what_is_undone_is_late_again() {
    let bureau = Bureau::of(1);
    let task = Task::read(TASK).unwrap();
    let period = "2022-11".parse().unwrap();
    let state = || {
        let view = bureau.store.view();
        let now = Instant(NOW.0 + DAY_MS);
        let standings = task
            .standings(&*view, &bureau.regions, period, now)
            .unwrap();
        states(&standings)
    };
    let half = workbook(TITLE, |sheet| {
        sheet.write(4, 0, credit_code(0).to_string()).unwrap();
        sheet.write(4, 2, 7.0).unwrap();
    });
    bureau.take(&half, Acceptance::AllOrNothing).unwrap();
    assert_eq!(state(), ["received 3"]);
    let hidden = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [7.0, 8.0, 9.0]);
        sheet.set_row_hidden(4).unwrap();
    });
    bureau.take(&hidden, Acceptance::AllOrNothing).unwrap();
    assert_eq!(state(), ["received 3"]);
    let whole = workbook(TITLE, |sheet| put(sheet, 4, 0, [7.0, 8.0, 9.0]));
    let taken = bureau.take(&whole, Acceptance::AllOrNothing).unwrap();
    assert_eq!(state(), ["accepted 2"]);
    bureau.undo(taken.batch.unwrap()).unwrap();
    assert_eq!(state(), ["received 3"], "one figure was told before");
}

#[test]
fn who_was_punctual_is_not_late_for_what_he_sends_later() {
    let bureau = Bureau::of(1);
    // NOW is the last day.
    let task = Task::read(&TASK.replace("due-days = 3", "due-days = 5")).unwrap();
    let period = "2022-11".parse().unwrap();
    let state = |days: u64| {
        let view = bureau.store.view();
        let now = Instant(NOW.0 + days * DAY_MS);
        let standings = task.standings(&*view, &bureau.regions, period, now);
        states(&standings.unwrap())
    };
    let sent = |days: u64, fill: &dyn Fn(&mut Worksheet)| {
        let octets = workbook(TITLE, |sheet| fill(sheet));
        let workbook = read(&octets);
        let sending = Sending {
            is_revision: true,
            ..Bureau::sending()
        };
        let submission = Submission {
            workbook: &workbook,
            reading: &bureau.reading(&workbook),
            mapping: ("m", 1),
            rules: (&bureau.rules, 1),
            regions: &bureau.regions,
            sending: &sending,
            acceptance: Acceptance::GoodRows,
        };
        let later = Instant(NOW.0 + days * DAY_MS);
        let plan = |view: &dyn View, at| Ok(take(view, at, &submission).unwrap());
        facts::commit(&bureau.store, later, plan).unwrap()
    };
    sent(0, &|sheet| put(sheet, 4, 0, [1.0, 2.0, 3.0]));
    assert_eq!(state(9), ["accepted 0"]);
    let revised = sent(4, &|sheet| put(sheet, 4, 0, [1.0, 5.0, 3.0]));
    assert!(revised.batch.is_some());
    assert_eq!(state(9), ["accepted 0"]);
    // Something that is wrong is sent back, but late is nobody.
    sent(6, &|sheet| {
        put(sheet, 4, 0, [1.0, 6.0, 3.0]);
        sheet.write(4, 2, "约1").unwrap();
    });
    assert_eq!(state(9), ["rejected 0"]);
    // What was undone was not told, and whoever tells it then is late.
    let bureau = Bureau::of(1);
    let octets = workbook(TITLE, |sheet| put(sheet, 4, 0, [1.0, 2.0, 3.0]));
    let taken = bureau.take(&octets, Acceptance::AllOrNothing).unwrap();
    bureau.undo(taken.batch.unwrap()).unwrap();
    let view = bureau.store.view();
    let now = Instant(NOW.0 + 9 * DAY_MS);
    let standings = task.standings(&*view, &bureau.regions, period, now);
    assert_eq!(states(&standings.unwrap()), ["late 9"]);
}

#[test]
fn tasks_that_cannot_be_are_refused() {
    let check = |from: &str, to: &str, said: &str| {
        let error = Task::read(&TASK.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(said), "{to}: {error}");
    };
    check(
        "from = \"2022-01\"",
        "from = \"2022-Q1\"",
        "of its frequency",
    );
    check("days = 3", "days = 1", "by days behind");
    check("due-days = 3", "due-days = 400", "at most 366");
    check(
        "role = \"enterprise\"",
        "role = \"ship\"",
        "unknown variant",
    );
    check(
        "from = \"2022-01\"",
        "from = \"2022-05\"\nto = \"2022-04\"",
        "before its first",
    );
    let task = Task::read(TASK).unwrap();
    assert_eq!(Task::read(&task.toml().unwrap()).unwrap(), task);
    let regions = Task::read(&TASK.replace(
        "role = \"enterprise\"",
        "role = \"region\"\nlevel = \"city\"",
    ))
    .unwrap();
    let bureau = Bureau::new();
    let view = bureau.store.view();
    let period = "2022-11".parse().unwrap();
    let owing = regions.owing(&*view, &bureau.regions, period).unwrap();
    assert_eq!(owing.len(), 2);
}
