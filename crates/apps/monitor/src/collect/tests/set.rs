//! Targets and tasks that people set, beside those of files.

use super::*;
use crate::targets::{SetTarget, all, set, unset};

fn target(object: &str, growth: &str) -> SetTarget {
    SetTarget {
        object: crate::object_named(object).unwrap(),
        indicator: "output".parse().unwrap(),
        year: 2022,
        growth: growth.parse().unwrap(),
        by: "office".to_owned(),
    }
}

#[test]
fn a_target_that_is_set_goes_before_that_of_the_file() {
    let bureau = Bureau::new();
    let of_file = [target("3501", "5"), target("C38", "6")];
    let growths = || -> Vec<String> {
        let found = all(&*bureau.store.view(), &of_file).unwrap();
        let print = |of: &SetTarget| format!("{} {}", of.object.id(), of.growth);
        found.iter().map(print).collect()
    };
    assert_eq!(growths(), ["350100000000 5", "C38 6"]);
    let own = target("3501", "7.5");
    bureau.carry_out(|view, at| set(view, at, &own)).unwrap();
    assert_eq!(growths(), ["350100000000 7.5", "C38 6"]);
    let other_year = SetTarget {
        year: 2023,
        ..own.clone()
    };
    bureau
        .carry_out(|view, at| set(view, at, &other_year))
        .unwrap();
    assert_eq!(growths().len(), 3);
    bureau.carry_out(|view, at| unset(view, at, &own)).unwrap();
    assert_eq!(growths().len(), 3);
    assert!(growths().contains(&"350100000000 5".to_owned()));
    let error = bureau
        .carry_out(|view, at| unset(view, at, &own))
        .unwrap_err();
    assert!(error.to_string().contains("target that was set"), "{error}");
    for growth in ["-100", "1000.1", "60000"] {
        let slip = target("3501", growth);
        assert!(bureau.carry_out(|view, at| set(view, at, &slip)).is_err());
    }
}

#[test]
fn a_task_that_is_kept_goes_before_one_of_a_file_of_its_name() {
    let bureau = Bureau::new();
    let text = "name = \"月报\"\nfrequency = \"month\"\nfrom = \"2022-01\"\ndue-days = 3\n\
                [who]\nrole = \"enterprise\"\nwithin = \"35\"\n[[series]]\nindicator = \"output\"\n\
                form = \"level\"\nfrequency = \"month\"\n";
    let task = Task::read(text).unwrap();
    let mut other = task.clone();
    other.name = "季报".to_owned();
    let mut own = task.clone();
    own.due_days = 9;
    bureau.carry_out(|view, at| keep(view, at, &own)).unwrap();
    let found = tasks(&*bureau.store.view(), &[task, other.clone()]).unwrap();
    assert_eq!(found, [other, own]);
}
