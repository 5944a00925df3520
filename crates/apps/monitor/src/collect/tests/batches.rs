//! Batches: partial acceptance, the same file twice, undoing, what is kept.

use super::*;
use facts::history::revisions;

fn half_good() -> Vec<u8> {
    workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [1.0, 2.0, 3.0]);
        put(sheet, 5, 1, [1.0, 2.0, 3.0]);
        sheet.write(5, 3, "约2").unwrap();
        put(sheet, 6, 2, [4.0, 5.0, 6.0]);
    })
}

#[test]
fn all_or_nothing_takes_nothing_and_good_rows_take_the_others() {
    let bureau = Bureau::new();
    let taken = bureau.take(&half_good(), Acceptance::AllOrNothing).unwrap();
    assert_eq!((taken.batch, taken.verdict.held), (None, 2));
    assert_eq!(bureau.known(0, "output", "2022-11"), None);
    let taken = bureau.take(&half_good(), Acceptance::GoodRows).unwrap();
    assert!(taken.batch.is_some());
    assert_eq!(bureau.known(0, "output", "2022-11"), Some(1.into()));
    assert_eq!(bureau.known(1, "output", "2022-11"), None);
    assert_eq!(bureau.known(2, "electricity", "2022-11"), Some(6.into()));
    // Sent again as it is, it says nothing new.
    let error = bureau.take(&half_good(), Acceptance::GoodRows).unwrap_err();
    assert!(matches!(error, Error::Again { .. }), "{error}");
}

#[test]
fn what_was_held_back_may_stand_when_the_same_file_comes_again() {
    let bureau = Bureau::of(1);
    let octets = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [1.0, 2.0, 3.0]);
        put(sheet, 5, 1, [1.0, 2.0, 3.0]);
    });
    let taken = bureau.take(&octets, Acceptance::GoodRows).unwrap();
    assert_eq!((taken.verdict.accepted.len(), taken.verdict.held), (3, 3));
    bureau.settle(&enterprise(1), "350102");
    let taken = bureau.take(&octets, Acceptance::GoodRows).unwrap();
    assert_eq!(
        (taken.verdict.accepted.len(), taken.verdict.unchanged),
        (3, 3)
    );
    let again = bureau.take(&octets, Acceptance::GoodRows);
    assert!(matches!(again, Err(Error::Again { .. })));
}

#[test]
fn the_same_file_is_known_again_until_it_is_undone() {
    let bureau = Bureau::new();
    let first = bureau
        .take(&sound(), Acceptance::AllOrNothing)
        .unwrap()
        .batch
        .unwrap();
    let error = bureau.take(&sound(), Acceptance::AllOrNothing).unwrap_err();
    assert!(
        matches!(error, Error::Again { batch } if batch == first),
        "{error}"
    );
    bureau.undo(first).unwrap();
    let again = bureau.take(&sound(), Acceptance::AllOrNothing).unwrap();
    assert!(again.batch.is_some_and(|batch| batch > first), "{again:?}");
    assert_eq!(bureau.known(0, "output", "2022-11"), Some(100.into()));
}

#[test]
fn to_undo_restores_exactly() {
    let bureau = Bureau::new();
    let first = bureau
        .take(&sound(), Acceptance::AllOrNothing)
        .unwrap()
        .batch
        .unwrap();
    let (series, period) = series(0, "output", "2022-11");
    let observed = || {
        let view = bureau.store.view();
        let known = facts::history::one_as_known_at(&*view, &series, period, Instant::LAST);
        known.unwrap().unwrap()
    };
    let before = observed();
    let revised = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [200.0, 1050.0, 3.25]);
        sheet.write(4, 5, "补报").unwrap();
    });
    let second = bureau.take(&revised, Acceptance::AllOrNothing).unwrap();
    assert_eq!(second.verdict.accepted.len(), 1);
    let second = second.batch.unwrap();
    assert_eq!(bureau.known(0, "output", "2022-11"), Some(200.into()));
    let undone = bureau.undo(second).unwrap();
    assert_eq!((undone.restored, undone.emptied), (1, 0));
    let after = observed();
    assert_eq!(after.observation, before.observation);
    let view = bureau.store.view();
    let source = source(&*view, &series, &after).unwrap().unwrap();
    assert_eq!(
        (source.id, source.place.to_string()),
        (first, "C5".to_owned())
    );
    // What was known meanwhile stays known.
    assert_eq!(revisions(&*view, &series, period).unwrap().len(), 3);
    assert!(bureau.undo(second).is_err(), "it has been undone");
    assert!(
        bureau.undo(undone.batch.unwrap()).is_err(),
        "it undoes another"
    );
    let undone = bureau.undo(first).unwrap();
    assert_eq!((undone.restored, undone.emptied), (0, 15));
    assert_eq!(bureau.known(0, "output", "2022-11"), None);
    assert!(bureau.undo(BatchId(Instant(7))).is_err());
}

#[test]
fn what_was_undone_does_not_come_back_though_all_of_it_was_told_again_since() {
    let bureau = Bureau::of(1);
    let told = |figure: f64| {
        let octets = workbook(TITLE, |sheet| {
            put(sheet, 4, 0, [figure, 2.0 * figure, 3.0 * figure]);
            sheet.write(4, 5, "订正").unwrap();
        });
        let taken = bureau.take(&octets, Acceptance::AllOrNothing).unwrap();
        taken.batch.unwrap()
    };
    let (first, second) = (told(1.0), told(2.0));
    let undone = bureau.undo(first).unwrap();
    assert_eq!((undone.restored, undone.later.len()), (0, 3));
    let view = bureau.store.view();
    let batch = find(&*view, first).unwrap().unwrap();
    assert_eq!(batch.undone_by, undone.batch);
    assert!(undone.batch.is_some(), "{undone:?}");
    drop(view);
    assert!(bureau.undo(first).is_err(), "it has been undone");
    assert_eq!(bureau.known(0, "output", "2022-11"), Some(2.into()));
    let undone = bureau.undo(second).unwrap();
    assert_eq!((undone.restored, undone.emptied), (0, 3));
    assert_eq!(bureau.known(0, "output", "2022-11"), None);
}

/// A file of text names no period; whoever sends it says which.
#[test]
fn the_same_octets_may_be_sent_of_the_next_month() {
    let bureau = Bureau::of(1);
    let mapping = "name = 'm'\n[[sheets]]\nsheet = '*'\nheadings = [1, 1]\nperiod = 'given'\n\
                   [[sheets.objects]]\nkind = 'credit-code'\ncolumn = '代码'\n\
                   [[sheets.figures]]\ncolumn = '产值'\nindicator = 'output'\nform = 'level'\n\
                   frequency = 'month'\nunit = '万元'\n";
    let mapping = Mapping::read(mapping).unwrap();
    let csv = format!("代码,产值\n{},7\n", credit_code(0));
    let workbook = Workbook::read("a.csv", csv.as_bytes(), &Limits::default()).unwrap();
    let send = |month: &str| {
        let given = month.parse().ok();
        let reading = Reading::of(&workbook, &mapping, &bureau.directory(), given);
        let submission = Submission {
            workbook: &workbook,
            reading: &reading,
            mapping: ("m", 1),
            rules: (&bureau.rules, 0),
            regions: &bureau.regions,
            sending: &Bureau::sending(),
            acceptance: Acceptance::AllOrNothing,
        };
        bureau.carry_out(|view, at| take(view, at, &submission))
    };
    assert!(send("2022-10").unwrap().batch.is_some());
    assert!(send("2022-11").unwrap().batch.is_some());
    assert_eq!(bureau.known(0, "output", "2022-11"), Some(7.into()));
    for month in ["2022-10", "2022-11"] {
        let again = send(month);
        assert!(matches!(again, Err(Error::Again { .. })), "{again:?}");
    }
}

#[test]
fn what_came_later_and_what_is_frozen_stays_and_is_told() {
    let bureau = Bureau::new();
    let first = bureau
        .take(&sound(), Acceptance::AllOrNothing)
        .unwrap()
        .batch
        .unwrap();
    let revised = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [200.0, 1050.0, 3.25]);
        sheet.write(4, 5, "补报").unwrap();
    });
    let second = bureau
        .take(&revised, Acceptance::AllOrNothing)
        .unwrap()
        .batch
        .unwrap();
    let undone = bureau.undo(first).unwrap();
    assert_eq!((undone.emptied, undone.later.len()), (14, 1));
    assert_eq!(undone.later[0], series(0, "output", "2022-11"));
    assert_eq!(bureau.known(0, "output", "2022-11"), Some(200.into()));
    // What the first said is not to come back when the second goes.
    let undone = bureau.undo(second).unwrap();
    assert_eq!((undone.restored, undone.emptied), (0, 1));
    assert_eq!(bureau.known(0, "output", "2022-11"), None);

    let bureau = Bureau::new();
    let first = bureau
        .take(&sound(), Acceptance::AllOrNothing)
        .unwrap()
        .batch
        .unwrap();
    let freeze = |view: &dyn View, _| {
        let ledger = facts::ledger::Ledger::read(view)?;
        Ok((ledger.freeze("2022-11-30".parse().ok()), ()))
    };
    facts::commit(&bureau.store, NOW, freeze).unwrap();
    let undone = bureau.undo(first).unwrap();
    assert_eq!((undone.batch, undone.frozen.len()), (None, 15));
    assert_eq!(bureau.known(0, "output", "2022-11"), Some(100.into()));
}

#[test]
fn mappings_are_versioned_and_found_again() {
    let bureau = Bureau::new();
    let keep_it = |mapping: &Mapping| bureau.carry_out(|view, at| keep(view, at, mapping));
    assert_eq!(keep_it(&bureau.mapping).unwrap(), 1);
    assert_eq!(keep_it(&bureau.mapping).unwrap(), 1);
    let mut other = bureau.mapping.clone();
    other.sheets[0].hidden = Hidden::Read;
    assert_eq!(keep_it(&other).unwrap(), 2);
    let rules = Rules {
        name: "规上工业月报".to_owned(),
        ..Rules::default()
    };
    bureau.carry_out(|view, at| keep(view, at, &rules)).unwrap();
    let november = Fingerprint::of(&read(&sound()));
    let october = Fingerprint::of(&read(&workbook("2022年10月产值表", |sheet| {
        sheet.write(3, 3, "1-10月").unwrap();
        put(sheet, 4, 3, [1.0, 2.0, 3.0]);
    })));
    assert_eq!(november, october);
    let error = bureau.carry_out(|view, at| Ok((remember(view, at, november, "x")?, ())));
    assert!(error.is_err());
    let name = &bureau.mapping.name;
    bureau
        .carry_out(|view, at| Ok((remember(view, at, november, name)?, ())))
        .unwrap();
    let view = bureau.store.view();
    assert_eq!(
        remembered(&*view, october).unwrap(),
        Some((2, other.clone()))
    );
    assert_eq!(
        version(&*view, name, 1).unwrap(),
        Some(bureau.mapping.clone())
    );
    assert_eq!(version::<Mapping>(&*view, name, 3).unwrap(), None);
    assert_eq!(names::<Mapping>(&*view).unwrap(), ["规上工业月报"]);
    assert_eq!(newest::<Rules>(&*view, name).unwrap(), Some((1, rules)));
    assert_eq!(newest::<Task>(&*view, name).unwrap(), None);
    let another = Fingerprint::of(&read(&workbook(TITLE, |sheet| {
        sheet.write(3, 2, "本期").unwrap();
        put(sheet, 4, 3, [1.0, 2.0, 3.0]);
    })));
    assert_eq!(remembered(&*view, another).unwrap(), None);
}

/// What each change writes, key and octets, as format 1 has it.
const GOLDEN: &str = include_str!("../../../tests/golden/collect-1.txt");

#[test]
fn what_is_collected_is_stored_octet_for_octet() {
    let bureau = Bureau::new();
    let octets = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [1.0, 2.0, 3.0]);
        put(sheet, 5, 1, [1.0, 2.0, 3.0]);
        sheet.write(5, 3, "约2").unwrap();
    });
    let mut workbook = read(&octets);
    // Other versions of the writer write other octets.
    workbook.digest = FileDigest([7; 32]);
    let reading = bureau.reading(&workbook);
    let submission = Submission {
        workbook: &workbook,
        reading: &reading,
        mapping: ("m", 2),
        rules: (&bureau.rules, 3),
        regions: &bureau.regions,
        sending: &Bureau::sending(),
        acceptance: Acceptance::GoodRows,
    };
    let view = bureau.store.view();
    let at = Instant(NOW.0 + 1000);
    let (change, _) = take(&*view, at, &submission).unwrap();
    let mapping = Mapping::read(MAPPING).unwrap();
    let (kept, _) = keep(&*view, at, &mapping).unwrap();
    let mut found = String::new();
    for write in change.writes.iter().chain(&kept.writes) {
        if write.key.octets().first() == Some(&b'k') {
            let octets = write.octets.as_ref().unwrap().escape_ascii();
            found.extend([
                write.key.octets().escape_ascii().to_string(),
                format!(" = {octets}\n"),
            ]);
        }
    }
    assert_eq!(found, GOLDEN);
}
