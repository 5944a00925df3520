//! What was issued stays as it was, is corrected by another, and is received.

use super::*;

fn issued_bulletin(store: &Store, order: &Order) -> Result<Bulletin, Error> {
    facts::commit(store, NOW, |view, at| issue(view, at, order, &name_of))
}

#[test]
fn a_revision_changes_nothing_of_what_was_frozen() {
    let (_folder, store) = province();
    let order = order(&store);
    let first = issued_bulletin(&store, &order).unwrap();
    let view = store.view();
    let found = find(&*view, "fj-2022-11").unwrap().unwrap();
    assert_eq!(octets(&found), octets(&first));
    let frozen = facts::ledger::Ledger::read(&*view).unwrap().frozen_until;
    assert_eq!(frozen, Some("2022-11-30".parse().unwrap()));
    let before = [
        html(&found).unwrap().into_bytes(),
        docx(&found, Languages::Both),
    ];
    let workbook = xlsx(&found).unwrap();
    drop(view);

    // An oversight is refused, a revision is taken; neither changes what was issued.
    let object = Object::region("3502".parse().unwrap());
    let of = ("value-added-growth", Form::YearOnYear);
    let indicator = of.0.parse().unwrap();
    let series = Series::new(indicator, [object.clone()], Frequency::YearToDate, of.1).unwrap();
    let report = Report {
        series,
        period: order.period,
        observation: Observation::reported(7.into(), Unit::PER_CENT, "a", NOW),
        is_revision: false,
    };
    let plan = |view: &dyn View, at| history::record(view, at, std::slice::from_ref(&report));
    assert_eq!(facts::commit(&store, NOW, plan).unwrap().refused.len(), 1);
    tell(&store, NOW, object, of, &[("2022-YTD11", "0.6")]);
    let view = store.view();
    let found = find(&*view, "fj-2022-11").unwrap().unwrap();
    assert_eq!(octets(&found), octets(&first));
    assert_eq!(octets(&remake(&*view, &found).unwrap()), octets(&first));
    check_sources(&*view, &found);
    assert_eq!(
        [
            html(&found).unwrap().into_bytes(),
            docx(&found, Languages::Both)
        ],
        before
    );
    assert_eq!(xlsx(&found).unwrap(), workbook);
    drop(view);

    // The same order again is the same bulletin; another by its name is refused.
    assert_eq!(issued_bulletin(&store, &order).unwrap(), first);
    let other = Order {
        number: "另".to_owned(),
        ..order.clone()
    };
    assert!(matches!(
        issued_bulletin(&store, &other),
        Err(Error::There { .. })
    ));
    // What was wrong is put right by another that names it.
    let mut correction = Order {
        name: "fj-2022-11.2".to_owned(),
        corrects: Some("fj-2022-11".to_owned()),
        at: newest(&store),
        ..order.clone()
    };
    let second = issued_bulletin(&store, &correction).unwrap();
    assert!(words(&second, 1).contains("厦门市 | 0.6 | 3"));
    assert!(words(&first, 1).contains("厦门市 | -0.6 | 3"));
    assert!(html(&second).unwrap().contains("本通报更正 fj-2022-11。"));
    let listed = issued(&*store.view(), order.region).unwrap();
    let listed: Vec<_> = listed
        .iter()
        .map(|of| (of.name.as_str(), of.corrects.as_deref()))
        .collect();
    assert_eq!(
        listed,
        [("fj-2022-11", None), ("fj-2022-11.2", Some("fj-2022-11"))]
    );
    // Not what is not there, and not another region's.
    correction.name = "fj-3".to_owned();
    correction.corrects = Some("fj-0".to_owned());
    assert!(matches!(
        issued_bulletin(&store, &correction),
        Err(Error::Missing { .. })
    ));
    correction.corrects = Some("fj-2022-11".to_owned());
    correction.region = "3501".parse().unwrap();
    correction.parts.clear();
    assert!(matches!(
        issued_bulletin(&store, &correction),
        Err(Error::Missing { .. })
    ));
    assert!(find(&*store.view(), "fj-3").unwrap().is_none());
    correction.name = "FJ".to_owned();
    assert!(issued_bulletin(&store, &correction).is_err());
}

/// As long as a name may be.
const NAME: &str = "fj-2022-11.4567890123456";

#[test]
fn receipts_are_kept_once_of_each_addressee() {
    let (_folder, store) = province();
    let mut order = order(&store);
    order.name = NAME.to_owned();
    issued_bulletin(&store, &order).unwrap();
    let got = |who: &str, person: &str, key: &str| {
        facts::commit(&store, NOW, |view, at| {
            receive(view, at, NAME, (who, person), key)
        })
    };
    let first = got("省直有关单位", "甲", "k1").unwrap();
    assert_eq!(got("省直有关单位", "乙", "k2").unwrap(), first);
    // A UUID is no key too long, whatever the bulletin is called.
    got("省政府办公厅", "", "123e4567-e89b-12d3-a456-426614174000").unwrap();
    assert!(matches!(
        got("某公司", "", "k4"),
        Err(Error::Missing { .. })
    ));
    let view = store.view();
    let all = receipts(&*view, NAME).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0], first);
    assert_eq!(without_receipt(&*view, NAME).unwrap(), ["各设区市人民政府"]);
    assert!(without_receipt(&*view, "fj-1").is_err());
}

#[test]
fn cases_and_tasks_are_told_as_they_stood() {
    let (_folder, store) = province();
    let first = issued_bulletin(&store, &order(&store)).unwrap();
    let machine = cases::table();
    let said = Said {
        message: "refuse".to_owned(),
        role: "dispatcher".to_owned(),
        sender: Party::new("省工信厅", ""),
        key: "later".to_owned(),
        remark: "不属堵点".to_owned(),
        ..Said::default()
    };
    let plan = |view: &dyn View, at| cases::step(view, at, &machine, "c-2", &said);
    facts::commit(&store, NOW, plan).unwrap();
    let view = store.view();
    assert_eq!(octets(&remake(&*view, &first).unwrap()), octets(&first));
    let later = composed(&store);
    assert_ne!(words(&later, 1), words(&first, 1));
}

#[test]
fn a_long_bulletin_is_kept_in_parts() {
    let (_folder, store) = province();
    let mut order = order(&store);
    let warning = order.warnings[0].clone();
    order.warnings = (0..500)
        .map(|at| Warning {
            name: format!("w-{at}"),
            ..warning.clone()
        })
        .collect();
    let first = issued_bulletin(&store, &order).unwrap();
    assert!(octets(&first).len() > 120_000);
    let found = find(&*store.view(), &order.name).unwrap().unwrap();
    assert_eq!(octets(&found), octets(&first));
}

#[test]
fn octets_of_a_bulletin_are_what_they_were() {
    let (_folder, store) = province();
    let octets = octets(&composed(&store));
    assert_eq!(octets[0], 1);
    golden("bulletin.json", std::str::from_utf8(&octets[1..]).unwrap());
    let read: Bulletin = serde_json::from_slice(&octets[1..]).unwrap();
    assert_eq!(read, composed(&store));
}
