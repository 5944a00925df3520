//! Are rules read as they are written, refused at their place, and reckoned as by a second hand?

use super::expression::Reference;
use super::figures::{Figure, Figures};
use super::synthetic::{World, days_after, period, region};
use super::{Complaint, Rule, Truth, Unknown, assess, assessment};
use codes::{Frequency, Number, Period};
use facts::{Error, Form, Instant, Observation};
use proptest::prelude::*;

fn complaint(text: &str) -> Complaint {
    Rule::read(text).expect_err(text)
}

/// A text, the place of its first fault, and what must be said of it in English and in Chinese.
type Wrong = (&'static str, (u32, u32), &'static str, &'static str);

const WRONG: [Wrong; 13] = [
    ("", (1, 1), "expected 'rule' and its name", "规则名"),
    (
        "rule r\nevery fortnight",
        (2, 7),
        "'fortnight', expected 'day'",
        "“day”",
    ),
    ("rule r every month", (1, 1), "no 'of'", "适用对象"),
    (
        "rule r every month of region",
        (1, 1),
        "no 'level'",
        "预警级别",
    ),
    (
        "rule r every month every day",
        (1, 20),
        "'every' is said twice",
        "重复",
    ),
    ("rule r of city", (1, 11), "'region'", "地区"),
    ("rule r of region region", (1, 18), "twice", "重复"),
    ("rule 规则", (1, 6), "name of a rule", "规则名由"),
    ("rule r nonsense", (1, 8), "'every', 'of'", "“every”"),
    ("rule r let x = 1 let x = 2", (1, 22), "twice", "重复"),
    (
        "rule r every month of region\nlevel a when yoy(a) < 1\nmissing raise b after 2",
        (3, 1),
        "no level 'b'",
        "没有级别",
    ),
    (
        "rule r every month of region level a when yoy(a) < 1\ninhibit by R at a",
        (2, 1),
        "cannot inhibit itself",
        "不能抑制自身",
    ),
    (
        "rule r every month of region\nlevel a when yoy(a) < 1\nlevel a when yoy(a) < 2",
        (3, 7),
        "'a' is said twice",
        "重复",
    ),
];

/// The same of conditions of a level, of which the first character is the fourteenth of line 2.
const WRONG_CONDITIONS: [Wrong; 17] = [
    (
        "1",
        (2, 14),
        "this is a quantity, expected a condition",
        "此处是一个数值",
    ),
    (
        "1 < 2 < 3",
        (2, 20),
        "two quantities at a time",
        "一次只能比较两个",
    ),
    (
        "1 + (1 < 2) < 3",
        (2, 18),
        "this is a condition, expected a quantity",
        "应为数值",
    ),
    ("value(a) < 1", (2, 21), "a unit, for figures", "计量单位"),
    (
        "value(a, stone) < 1",
        (2, 23),
        "no unit 'stone'",
        "没有计量单位",
    ),
    (
        "value(指标, t) < 1",
        (2, 20),
        "no code of an indicator",
        "不是指标代码",
    ),
    ("floor < 1", (2, 14), "no threshold 'floor'", "没有定义阈值"),
    ("a-1 < 1", (2, 14), "put spaces around '-'", "两侧加空格"),
    (
        "mean(yoy(a), 3) < 1",
        (2, 14),
        "no function 'mean'",
        "没有函数",
    ),
    ("avg(yoy(a), 0) < 1", (2, 26), "from 1 to 366", "1 到 366"),
    ("avg(yoy(a), 1.5) < 1", (2, 26), "whole number", "整数"),
    ("avg(yoy(a)) < 1", (2, 24), "expected ','", "应为','"),
    (
        "(yoy(a) < 1",
        (2, 25),
        "the end (结尾), expected ')'",
        "应为')'",
    ),
    ("yoy(a) < 1 for 0", (2, 29), "from 1 to 60", "1 到 60"),
    (
        "yoy(a) < 1 and 2",
        (2, 29),
        "expected a condition",
        "应为条件",
    ),
    ("not not 2", (2, 22), "expected a condition", "应为条件"),
    ("- (1 < 2) > 1", (2, 16), "expected a quantity", "应为数值"),
];

#[test]
fn what_is_wrong_is_told_at_its_place_in_both_languages() {
    let head = "rule r every month of region\nlevel a when ";
    let conditions = WRONG_CONDITIONS
        .iter()
        .map(|(text, place, english, chinese)| (format!("{head}{text}"), place, english, chinese));
    let texts = WRONG
        .iter()
        .map(|(text, place, english, chinese)| ((*text).to_owned(), place, english, chinese));
    for (text, place, english, chinese) in texts.chain(conditions) {
        let found = complaint(&text);
        assert_eq!(
            (found.place.line, found.place.column),
            *place,
            "{text}: {found}"
        );
        assert!(found.to_string().contains(english), "{text}: {found}");
        assert!(
            found.chinese().contains(chinese),
            "{text}: {}",
            found.chinese()
        );
    }
}

#[test]
fn too_much_is_refused_before_it_is_done() {
    let when = |condition: &str| format!("rule r every day of region level a when {condition}");
    let check = |text: &str, english: &str| {
        let found = complaint(text);
        assert!(found.to_string().contains(english), "{found}");
    };
    check(
        &when(&format!("{}1{} < 1", "(".repeat(40), ")".repeat(40))),
        "more than 32 deep",
    );
    check(
        &when(&format!("1{} < 1", " + 1".repeat(500))),
        "more than 400 parts",
    );
    check(
        &when(&format!("{}yoy(a) < 1", "- ".repeat(500))),
        "more than 400 parts",
    );
    check(
        &when(&format!("{}yoy(a) < 1", "not ".repeat(500))),
        "more than 400 parts",
    );
    let nested = "avg(avg(avg(yoy(a), 300), 300), 300) < 1";
    check(&when(nested), "make windows or the history shorter");
    let far = format!("{}yoy(a){} < 1", "prev(".repeat(9), ", 366)".repeat(9));
    check(&when(&far), "look back more than");
    let levels: String = (0..9)
        .map(|at| format!(" level l{at} when 1 < 2"))
        .collect::<Vec<_>>()
        .concat();
    check(&format!("rule r every day of region{levels}"), "8 levels");
    let lets: String = (0..33)
        .map(|at| format!(" let x{at} = 1"))
        .collect::<Vec<_>>()
        .concat();
    check(&format!("rule r{lets}"), "32 thresholds");
    check(&"#".repeat(20_000), "16384 octets");
}

#[test]
fn a_rule_is_what_its_clauses_say() {
    let text = "# head\nrule Cover \"库存\" \"cover\" every ten-days of material region\n\
                let floor = -1.50\nlevel blue \"蓝色\" when value(s, t) < floor for 2\n\
                  until value(s, \"10k t\") >= 2 for 3\nlevel red when missing(pull(x))\n\
                missing raise red after 4 inhibit below at red inhibit by other at yellow\n\
                escalate after 3 history 12";
    let rule = Rule::read(text).unwrap();
    assert_eq!((rule.name(), rule.titles()), ("cover", ["库存", "cover"]));
    assert_eq!(rule.frequency(), Frequency::TenDays);
    assert_eq!(rule.thresholds()[0].number, "-1.5".parse().unwrap());
    assert_eq!(rule.level(1).unwrap().title, "蓝色");
    assert_eq!(rule.level(2).unwrap().title, "red");
    assert_eq!((rule.level(0), rule.level(3)), (None, None));
    assert_eq!(rule.references().len(), 3);
    assert_eq!((rule.escalate_after_days(), rule.history()), (Some(3), 12));
    assert_eq!(rule.inhibitions().len(), 2);
    let other = rule.with_threshold("floor", 2.into()).unwrap();
    assert_eq!(other.thresholds()[0].number, 2.into());
    assert_eq!(rule.with_threshold("none", 2.into()), None);
    assert_ne!(
        rule.digest(),
        Rule::read(&format!("{text}\n")).unwrap().digest()
    );
}

/// As long as a condition may be, and as deep: it must be read, reckoned and dropped on the stack
/// of an ordinary thread.
#[test]
fn the_longest_condition_is_reckoned() {
    let chain = format!("1{} = 399", " + 1".repeat(398));
    assert_eq!(judged(&chain, &[Some("1")]).0, Truth::Yes);
    let compared = format!("1 < 2{}", " and 1 < 2".repeat(199));
    assert_eq!(judged(&compared, &[Some("1")]).0, Truth::Yes);
    let nots = format!("{}1 < 2", "not ".repeat(398));
    assert_eq!(judged(&nots, &[Some("1")]).0, Truth::Yes);
    let deep = format!("{}value(x, t){} = 1", "abs(".repeat(31), ")".repeat(31));
    assert_eq!(judged(&deep, &[Some("1")]).0, Truth::Yes);
}

/// What one condition makes of a series of monthly figures, the last of them.
fn judged(condition: &str, figures: &[Option<&str>]) -> (Truth, Option<Unknown>) {
    let text = format!("rule r every month of region level a when {condition}");
    let rule = Rule::read(&text).unwrap();
    let world = World::new(Frequency::Month);
    let province = region("35");
    let first = period("2021-01");
    world.tell_all("x", &province, first, figures);
    let last = first
        .plus(i32::try_from(figures.len()).unwrap() - 1)
        .unwrap();
    let found = assess(&*world.store.view(), &rule, &province, last, Instant::LAST).unwrap();
    (found.signals[0].when, found.why)
}

#[test]
fn figures_are_reckoned_as_they_should_be() {
    let one = [Some("10"), Some("20"), None, Some("30")];
    let check = |condition: &str, expected: Truth| {
        assert_eq!(judged(condition, &one).0, expected, "{condition}");
    };
    check("value(x, t) = 30", Truth::Yes);
    check("value(x, kg) = 30000", Truth::Yes);
    check("prev(value(x, t), 2) = 20", Truth::Yes);
    check("value(x, t) > prev(value(x, t), 1)", Truth::Unknown);
    check("value(x, t) > prev(value(x, t), 1) or 1 < 2", Truth::Yes);
    check("value(x, t) > prev(value(x, t), 1) and 1 > 2", Truth::No);
    check("missing(prev(value(x, t), 1))", Truth::Yes);
    check("missing(value(x, t))", Truth::No);
    check("avg(value(x, t), 2) > 0", Truth::Unknown);
    check("prev(avg(value(x, t), 2), 2) = 15", Truth::Yes);
    check("prev(sum(value(x, t), 2), 2) = 30", Truth::Yes);
    check("prev(max(value(x, t), 2), 2) = 20", Truth::Yes);
    check("prev(min(value(x, t), 2), 2) = 10", Truth::Yes);
    check("prev(mom(x), 2) = 100", Truth::Yes);
    check("consecutive(value(x, t) > 25, 2)", Truth::Unknown);
    check("consecutive(value(x, t) > 30, 2)", Truth::No);
    check("abs(-value(x, t)) = 30", Truth::Yes);
    check("1 / 3 = 0.33333333", Truth::Yes);
    check("cumulative(x, t) > 1", Truth::Unknown);
    check("prev(cumulative(x, t), 2) = 30", Truth::Yes);
    check("value(x, \"%\") > 1", Truth::Unknown);
    check("pull(x) > 1", Truth::Unknown);
}

#[test]
fn division_by_zero_is_unknown_and_says_where() {
    let (truth, why) = judged("1 / (value(x, t) - 30) > 1", &[Some("30")]);
    assert_eq!(truth, Truth::Unknown);
    let why = why.unwrap();
    assert_eq!(why.to_string(), "2021-01: divided by zero at 1:45");
    assert!(
        why.chinese().contains("第 1 行第 45 列除数为零"),
        "{}",
        why.chinese()
    );
    let big = "999999999999999";
    let (truth, why) = judged(
        "value(x, kg) * value(x, kg) * value(x, kg) > 1",
        &[Some(big)],
    );
    assert_eq!(truth, Truth::Unknown);
    assert!(why.unwrap().is_of_the_rule());
}

#[test]
fn growth_that_was_told_goes_before_growth_that_is_reckoned() {
    let rule = Rule::read("rule r every month of region level a when yoy(x) > 0").unwrap();
    let world = World::new(Frequency::Month);
    let province = region("35");
    let now = period("2022-03");
    world.tell(
        "x",
        &province,
        period("2021-03"),
        Some("100"),
        days_after(now, 1),
    );
    world.tell("x", &province, now, Some("90"), days_after(now, 2));
    let judge = || assess(&*world.store.view(), &rule, &province, now, Instant::LAST).unwrap();
    let found = judge();
    assert_eq!((found.signals[0].when, found.sources.len()), (Truth::No, 2));
    let series = world
        .series("x", &province)
        .told(Frequency::Month, Form::YearOnYear);
    let at = days_after(now, 3);
    let told = Observation::reported(4.into(), codes::Unit::PER_CENT, "tests", at);
    world.report(series, now, told, at);
    let found = judge();
    assert_eq!(
        (found.signals[0].when, found.sources.len()),
        (Truth::Yes, 1)
    );
    assert_eq!(found.sources[0].known.as_ref().unwrap().at, at);
}

#[test]
fn what_a_city_pulls_is_in_points_of_its_province() {
    let pull = |text: &str| {
        let text = format!("rule r every month of region level a when pull(x) = {text}");
        let rule = Rule::read(&text).unwrap();
        let world = World::new(Frequency::Month);
        let now = period("2022-03");
        for (code, month, number) in [
            ("35", "2021-03", "400"),
            ("3501", "2021-03", "100"),
            ("3501", "2022-03", "90"),
        ] {
            world.tell(
                "x",
                &region(code),
                period(month),
                Some(number),
                days_after(now, 1),
            );
        }
        let city = region("3501");
        assess(&*world.store.view(), &rule, &city, now, Instant::LAST).unwrap()
    };
    assert_eq!(pull("-2.5").signals[0].when, Truth::Yes);
    assert_eq!(pull("-2.5").sources.len(), 3);
}

#[test]
fn a_rule_is_applied_to_what_it_is_of() {
    let rule = Rule::read("rule r every month of region level a when yoy(x) > 0").unwrap();
    let world = World::new(Frequency::Month);
    let view = world.store.view();
    let industry = facts::Object::industry("C26".parse().unwrap());
    let other = super::Subject::new([industry]).unwrap();
    let judge =
        |subject: &super::Subject, period| assess(&*view, &rule, subject, period, Instant::LAST);
    assert!(matches!(
        judge(&other, period("2022-03")),
        Err(Error::Missing { .. })
    ));
    let found = judge(&region("35"), period("2022-Q1"));
    assert!(matches!(found, Err(Error::Frequency { .. })));
    // Before all known years there is nothing, and no falling over.
    assert!(judge(&region("35"), period("1900-01")).is_ok());
}

/// Figures of indicators `a` and `b`, by period counted from 0.
struct Table {
    first: Period,
    columns: [Vec<Option<i32>>; 2],
}

impl Figures for Table {
    fn figure(&mut self, reference: &Reference, period: Period) -> Result<Figure, Error> {
        let column = usize::from(reference.indicator.to_string() == "b");
        let at = period.ordinal().checked_sub(self.first.ordinal());
        let found = at.and_then(|at| *self.columns[column].get(at as usize)?);
        let value = found.map(Number::from);
        Ok(Figure {
            value: value.ok_or(Unknown::NoPeriod { from: period }),
            sources: [].into(),
        })
    }
}

/// An expression as text, and what it is in every period, made column by column: another way than
/// going down a tree for each period.
#[derive(Debug, Clone)]
struct Column<T> {
    text: String,
    values: Vec<Option<T>>,
}

/// Far more than any expression of these tests looks back: what a column lacks at its beginning,
/// for its windows are not whole, never reaches its end.
const PERIODS: usize = 24;

fn zipped<A: Copy, B: Copy, C>(
    one: &Column<A>,
    other: &Column<B>,
    text: String,
    of: impl Fn(Option<A>, Option<B>) -> Option<C>,
) -> Column<C> {
    let values = one.values.iter().zip(&other.values);
    let values = values.map(|(one, other)| of(*one, *other)).collect();
    Column { text, values }
}

/// What windows of some length make of a column.
fn windowed<T: Copy>(
    inner: &Column<T>,
    count: usize,
    of: impl Fn(&[T]) -> Option<T>,
) -> Vec<Option<T>> {
    let at = |at: usize| {
        let from = (at + 1).checked_sub(count)?;
        let all: Option<Vec<T>> = inner.values[from..=at].iter().copied().collect();
        of(&all?)
    };
    (0..PERIODS).map(at).collect()
}

fn any_quantity(columns: [Vec<Option<i32>>; 2]) -> BoxedStrategy<Column<i128>> {
    let [a, b] = columns;
    let figure = |name: &str, column: Vec<Option<i32>>| Column {
        text: format!("value({name}, t)"),
        values: column
            .into_iter()
            .map(|value| value.map(i128::from))
            .collect(),
    };
    let leaf = prop_oneof![
        (0..20_i32).prop_map(|number| Column {
            text: number.to_string(),
            values: vec![Some(number.into()); PERIODS],
        }),
        Just(figure("a", a)),
        Just(figure("b", b)),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let two = (inner.clone(), inner.clone(), 0..3_usize).prop_map(|(one, other, sign)| {
            let text = format!("({} {} {})", one.text, ["+", "-", "*"][sign], other.text);
            zipped(&one, &other, text, |one, other| {
                let (one, other) = (one?, other?);
                Some([one + other, one - other, one * other][sign])
            })
        });
        let window = (inner.clone(), 1..4_usize, 0..3_usize).prop_map(|(inner, count, which)| {
            let values = windowed(&inner, count, |all| match which {
                0 => Some(all.iter().sum()),
                1 => all.iter().max().copied(),
                _ => all.iter().min().copied(),
            });
            let name = ["sum", "max", "min"][which];
            let text = format!("{name}({}, {count})", inner.text);
            Column { text, values }
        });
        let before = (inner, 1..4_usize).prop_map(|(inner, count)| {
            let mut values = vec![None; count];
            values.extend(inner.values.iter().take(PERIODS - count).copied());
            let text = format!("prev({}, {count})", inner.text);
            Column { text, values }
        });
        prop_oneof![two, window, before]
    })
    .boxed()
}

/// Values of conditions: yes and no; `None` is unknown.
fn any_condition(columns: [Vec<Option<i32>>; 2]) -> BoxedStrategy<Column<bool>> {
    let quantity = any_quantity(columns);
    let leaf = (quantity.clone(), quantity, 0..7_usize).prop_map(|(one, other, which)| {
        if which == 6 {
            let values = one
                .values
                .iter()
                .map(|value| Some(value.is_none()))
                .collect();
            let text = format!("missing({})", one.text);
            return Column { text, values };
        }
        let sign = ["<", "<=", ">", ">=", "=", "!="][which];
        let text = format!("{} {sign} {}", one.text, other.text);
        zipped(&one, &other, text, |one, other| {
            let (one, other) = (one?, other?);
            Some(
                [
                    one < other,
                    one <= other,
                    one > other,
                    one >= other,
                    one == other,
                    one != other,
                ][which],
            )
        })
    });
    leaf.prop_recursive(3, 10, 2, |inner| {
        let two = (inner.clone(), inner.clone(), any::<bool>()).prop_map(|(one, other, is_and)| {
            let word = if is_and { "and" } else { "or" };
            let text = format!("({}) {word} ({})", one.text, other.text);
            zipped(&one, &other, text, |one, other| match (one, other) {
                // One side that decides is enough.
                (Some(side), _) | (_, Some(side)) if side != is_and => Some(side),
                (Some(_), Some(_)) => Some(is_and),
                _ => None,
            })
        });
        let not = inner.clone().prop_map(|inner| Column {
            text: format!("not ({})", inner.text),
            values: inner
                .values
                .iter()
                .map(|value| value.map(|value| !value))
                .collect(),
        });
        let consecutive = (inner, 1..4_usize).prop_map(|(inner, count)| {
            let at = |at: usize| {
                let known = &inner.values[(at + 1).saturating_sub(count)..=at];
                let is_whole = known.len() == count;
                if known.contains(&Some(false)) {
                    Some(false)
                } else if is_whole && !known.contains(&None) {
                    Some(true)
                } else {
                    None
                }
            };
            let text = format!("consecutive({}, {count})", inner.text);
            Column {
                text,
                values: (0..PERIODS).map(at).collect(),
            }
        });
        prop_oneof![two, not, consecutive]
    })
    .boxed()
}

fn any_case() -> impl Strategy<Value = ([Vec<Option<i32>>; 2], Column<bool>)> {
    let column = || prop::collection::vec(prop::option::weighted(0.8, -5..15_i32), PERIODS);
    [column(), column()].prop_flat_map(|columns| {
        let condition = any_condition(columns.clone());
        (Just(columns), condition)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Going down the tree of an expression for each period is the same as making it column by
    /// column, unknown included.
    #[test]
    fn two_ways_of_reckoning_agree((columns, condition) in any_case()) {
        let head = "rule r every month of region level a when";
        let text = format!("{head} {} history 1", condition.text);
        let rule = Rule::read(&text).unwrap();
        let first = period("2021-01");
        let mut table = Table { first, columns };
        let now = first.plus(i32::try_from(PERIODS).unwrap() - 1).unwrap();
        let found = assessment::assess_by(&rule, &mut table, now, Instant::LAST).unwrap();
        let expected = condition.values[PERIODS - 1].map_or(Truth::Unknown, Truth::from);
        prop_assert_eq!(found.signals[0].when, expected, "{}", condition.text);
    }

    #[test]
    fn no_text_makes_it_fall_over(text in "\\PC{0,200}") {
        let _ = Rule::read(&text);
    }

    /// Texts that are nearly rules.
    #[test]
    fn no_words_make_it_fall_over(words in prop::collection::vec(0..WORDS.len(), 0..60)) {
        let text: Vec<_> = words.into_iter().map(|word| WORDS[word]).collect();
        let text = text.join(" ");
        for text in [text.clone(), format!("rule r every month of region level a when {text}")] {
            if let Ok(rule) = Rule::read(&text) {
                let columns = [vec![Some(1)], vec![]];
                let mut table = Table { first: period("2021-01"), columns };
                let now = Period::containing(rule.frequency(), period("2021-01").first_day());
                assessment::assess_by(&rule, &mut table, now, Instant::LAST).unwrap();
            } else {
                let complaint = Rule::read(&text).unwrap_err();
                prop_assert!(complaint.place.line >= 1 && !complaint.said[1].is_empty());
            }
        }
    }
}

const WORDS: [&str; 46] = [
    "rule",
    "r",
    "every",
    "month",
    "day",
    "of",
    "region",
    "industry",
    "let",
    "x",
    "=",
    "1",
    "0",
    "level",
    "a",
    "b",
    "when",
    "until",
    "for",
    "missing",
    "hold",
    "raise",
    "after",
    "inhibit",
    "below",
    "at",
    "escalate",
    "history",
    "value",
    "(",
    ")",
    ",",
    "t",
    "yoy",
    "avg",
    "prev",
    "consecutive",
    "and",
    "or",
    "not",
    "<",
    ">",
    "+",
    "-",
    "/",
    "\"s\"",
];
