//! Are rules, warnings and silences stored octet for octet as their tables say? What is here was
//! written once and is read for ever.

use super::register::{self, By};
use super::silence::{self, Silence};
use super::synthetic::{DAY_MS, World, days_after, go_live, period, region};
use super::warning::{self, Account};
use super::{Rule, Subject};
use codes::Frequency;
use facts::{Instant, View};
use model::Change;
use model::key::Subspace;

/// What each change writes of its own, key and octets, as format 1 has it.
const GOLDEN: &str = include_str!("../../tests/golden/warn-1.txt");

/// The writes of a change under warnings' own keys as lines of printable octets.
fn lines(change: &Change) -> Vec<String> {
    let own =
        |write: &&model::change::Write| write.key.octets().first() == Some(&Subspace::WARNINGS.0);
    let line = |write: &model::change::Write| {
        let octets = write.octets.as_ref();
        let octets = octets.map_or("nothing".to_owned(), |octets| {
            octets.escape_ascii().to_string()
        });
        format!("{} = {octets}", write.key.octets().escape_ascii())
    };
    change.writes.iter().filter(own).map(line).collect()
}

fn check(heading: &str, change: &Change) {
    let golden = GOLDEN
        .lines()
        .skip_while(|line| line.strip_prefix("# ") != Some(heading));
    let golden: Vec<_> = golden.skip(1).take_while(|line| !line.is_empty()).collect();
    assert_eq!(lines(change), golden, "{heading}");
}

#[test]
fn rules_and_silences() {
    let world = World::new(Frequency::Month);
    let view = world.store.view();
    let rule = Rule::read("rule r every month of region level a when yoy(x) < 1").unwrap();
    let by = By {
        who: "w",
        remark: "m",
    };
    let (change, _) = register::draft(&*view, Instant(258), &rule, by).unwrap();
    check("a draft", &change);
    let silence = Silence {
        name: "s".to_owned(),
        rule: Some("r".to_owned()),
        region: "35".parse().ok(),
        from: Instant(1),
        until: Instant(2),
        by: "w".to_owned(),
        reason: "y".to_owned(),
    };
    let change = silence::keep(&*view, Instant(258), &silence).unwrap();
    check("a silence", &change);
}

#[test]
fn warnings_and_accounts() {
    let world = World::new(Frequency::Month);
    let city: Subject = region("3501");
    let month = period("2021-01");
    let text = "rule r every month of region level a when value(x, t) < 10";
    let (version, rule) = go_live(&world, text, Instant(DAY_MS));
    world.tell("x", &city, month, Some("9"), days_after(month, 1));
    let at = days_after(month, 2);
    let judge = |view: &dyn View, at| warning::judge(view, at, &version, &rule, &city, month, "o");
    let (change, judged) = judge(&*world.store.view(), at).unwrap();
    check("a warning that is raised", &change);
    let account = judged.account.unwrap();
    let line = account.encode().escape_ascii().to_string();
    assert!(GOLDEN.lines().any(|golden| golden == line), "{line}");
    assert_eq!(Account::decode(account.encode()).unwrap(), account);
    world.store.commit(change).unwrap();
    let at = Instant(at.0 + DAY_MS);
    let by = By {
        who: "w",
        remark: "",
    };
    let plan = |view: &dyn View| warning::acknowledge(view, at, ("r", &city), by);
    let (change, _) = plan(&*world.store.view()).unwrap();
    check("a warning that somebody has taken notice of", &change);
}
