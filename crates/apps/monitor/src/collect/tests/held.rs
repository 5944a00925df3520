//! Which rules workbooks are held to, and what becomes of warnings that are explained.

use super::*;

fn rules(name: &str, mappings: &[&str]) -> Rules {
    let mappings: Vec<String> = mappings.iter().map(|of| format!("\"{of}\"")).collect();
    let toml = format!(
        "name = \"{name}\"\nmappings = [{}]\n[[rules]]\nname = \"最低\"\nseverity = \"warning\"\n\
         check = {{ range = {{ indicator = \"output\", min = \"102\" }} }}\n",
        mappings.join(", ")
    );
    Rules::read(&toml).unwrap()
}

impl Bureau {
    fn keep_set(&self, set: &Rules) -> Result<u32, Error> {
        self.carry_out(|view, at| keep_rules(view, at, set))
    }

    /// What the set is called that workbooks of a mapping are held to, and its version.
    fn held_to(&self, mapping: &str) -> (String, u32) {
        let (version, set) = rules_for(&*self.store.view(), mapping).unwrap();
        (set.name, version)
    }
}

#[test]
fn a_workbook_is_held_to_the_rules_of_its_mapping_or_else_to_those_of_all() {
    let bureau = Bureau::new();
    assert_eq!(bureau.held_to("月报"), ("none".to_owned(), 0));
    bureau.keep_set(&rules("通用", &[])).unwrap();
    assert_eq!(bureau.held_to("月报"), ("通用".to_owned(), 1));
    // The name of the set decides nothing.
    bureau.keep_set(&rules("甲", &["月报", "季报"])).unwrap();
    assert_eq!(bureau.held_to("月报"), ("甲".to_owned(), 1));
    assert_eq!(bureau.held_to("年报"), ("通用".to_owned(), 1));
    for other in [rules("乙", &["季报"]), rules("丙", &[])] {
        let error = bureau.keep_set(&other).unwrap_err();
        assert!(
            error.to_string().contains("too; change that one"),
            "{error}"
        );
    }
    // A set is given up by leaving it without rules; its versions stay.
    let mut given_up = rules("甲", &["月报", "季报"]);
    given_up.rules.clear();
    assert_eq!(bureau.keep_set(&given_up).unwrap(), 2);
    assert_eq!(bureau.held_to("月报"), ("通用".to_owned(), 1));
    bureau.keep_set(&rules("乙", &["季报"])).unwrap();
    assert_eq!(bureau.held_to("季报"), ("乙".to_owned(), 1));
    let text = rules("甲", &["月报"]).toml().unwrap();
    assert_eq!(Rules::read(&text).unwrap(), rules("甲", &["月报"]));
}

#[test]
fn the_example_can_be_read_and_says_that_it_is_one() {
    let set = Rules::read(EXAMPLE_RULES).unwrap();
    assert!(set.name.contains("示例") && set.rules.len() > 5);
    assert!(EXAMPLE_RULES.contains("made up"));
    Bureau::new().keep_set(&set).unwrap();
}

/// Who says why a figure is odd gets it in, with what he said as its remark; nobody explains an
/// error away.
#[test]
fn a_warning_waits_until_it_is_explained() {
    let mut bureau = Bureau::new();
    bureau.rules = rules("甲", &[]);
    let first = bureau.take(&sound(), Acceptance::GoodRows).unwrap();
    let held: Vec<_> = first
        .verdict
        .findings
        .iter()
        .filter(|of| of.holds_back())
        .collect();
    assert_eq!((held.len(), first.verdict.held), (2, 6), "{held:?}");
    assert_eq!(bureau.known(0, "output", "2022-11"), None);
    let at: Vec<String> = held.iter().map(|of| of.spot.to_string()).collect();
    let given: Vec<_> = at
        .iter()
        .map(|at| Explanation {
            at,
            code: Some("最低"),
            text: "设备检修",
        })
        .collect();
    let said = explanations(&first.verdict.findings, &given).unwrap();
    let sending = Sending {
        explanations: said,
        ..Bureau::sending()
    };
    let second = bureau
        .take_as(&sound(), Acceptance::GoodRows, &sending)
        .unwrap();
    assert!(second.verdict.is_clean(), "{:?}", second.verdict.findings);
    assert_eq!(bureau.known(0, "output", "2022-11"), Some(100.into()));
    let (series, period) = series(0, "output", "2022-11");
    let view = bureau.store.view();
    let known = facts::history::one_as_known_at(&*view, &series, period, Instant::LAST);
    let remark = known.unwrap().unwrap().observation.remark;
    assert!(remark.contains("设备检修"), "{remark}");
}
