//! Tests of templates: the vectors of the reference software, each rule of its own, and limits.

use super::*;
use alloc::format;
use alloc::vec;
use model::namespace::Namespace;
use proptest::prelude::*;
use serde_json::Value as Json;

const VECTORS: &str = include_str!("../../tests/golden/template-vectors.json");
const NOW: Date = Date(1_795_000_000);

fn value_of(json: &Json) -> Value {
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    let index = json["index"].as_u64().unwrap() as u32;
    Value::public(index, text("type"), text("data"))
}

fn values_of(json: &Json) -> Option<Vec<Value>> {
    Some(json.as_array()?.iter().map(value_of).collect())
}

#[test]
fn the_vectors_of_the_reference_software_come_out() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors["templates"].as_array().unwrap();
    assert_eq!(vectors.len(), 10);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let asked = Asked {
            identifier: text("handle"),
            base: text("base"),
            extension: text("extension"),
            base_values: &values_of(&vector["baseValues"]).unwrap(),
            now: Date(0),
        };
        let namespace = Namespace::parse(text("namespace").as_bytes()).unwrap();
        let expected = match values_of(&vector["result"]) {
            Some(values) => Computed::Values(values),
            None => Computed::NotFound,
        };
        let mut work = Work::new(SuffixCase::Insensitive);
        let found = evaluate(&namespace.templates, &asked, &Fetched::default(), &mut work);
        let found = found.unwrap();
        assert_eq!(found, expected, "{}", text("note"));
    }
}

/// The values of the base that every check here has: a web address and a name.
fn base() -> Vec<Value> {
    vec![
        Value::public(1, "URL", "http://e.org/"),
        Value::public(5, "NAME", "pump"),
    ]
}

fn compute(inside: &str, extension: &str) -> Result<Computed, Problem> {
    compute_with(inside, extension, &base(), &Fetched::default())
}

fn compute_with(
    inside: &str,
    extension: &str,
    base_values: &[Value],
    fetched: &Fetched,
) -> Result<Computed, Problem> {
    let work = &mut Work::new(SuffixCase::Insensitive);
    compute_on(inside, extension, base_values, fetched, work)
}

fn compute_on(
    inside: &str,
    extension: &str,
    base_values: &[Value],
    fetched: &Fetched,
    work: &mut Work,
) -> Result<Computed, Problem> {
    let xml = format!("<namespace><template delimiter=\"@\">{inside}</template></namespace>");
    let namespace = Namespace::parse(xml.as_bytes()).unwrap();
    let asked = Asked {
        identifier: &format!("88.1/Pump@{extension}"),
        base: "88.1/Pump",
        extension,
        base_values,
        now: NOW,
    };
    evaluate(&namespace.templates, &asked, fetched, work)
}

/// Checks the values as `index type data`, one in a line.
fn check(inside: &str, extension: &str, expected: &[&str]) {
    let found = compute(inside, extension).unwrap();
    assert_eq!(lines(found), expected, "{inside}");
}

fn lines(computed: Computed) -> Vec<String> {
    let Computed::Values(values) = computed else {
        panic!("{computed:?}");
    };
    let line = |value: &Value| {
        let data = String::from_utf8_lossy(&value.data).into_owned();
        format!("{} {} {data}", value.index, value.value_type)
    };
    values.iter().map(line).collect()
}

#[test]
fn what_is_put_in_follows_the_rules() {
    let check = |data: &str, expected: &str| {
        let inside = format!(
            "<if test='matches' expression='(a)(b)?c.*' parameter='x'>\
             <if test='matches' expression='(.).*'><value type='T' data='{data}'/></if></if>"
        );
        check(&inside, "ac", &[&format!("1 T {expected}")]);
    };
    check(
        "${handle} ${base} ${extension}",
        "88.1/Pump@ac 88.1/Pump ac",
    );
    check("[${x[0]}|${x[1]}|${x[2]}|${x[3]}]", "[ac|a||]");
    check("$0 $1 $9.", "ac a .");
    check(r"\$1 \\ \a ${nobody}.", r"$1 \ a .");
    check("$ $x ${open $", "$ $x ${open $");
    check("${x[one]}${x[-1]}${x[1}${x]}.", ".");
    check("${base[0]}${base[1]}", "88.1/Pump");
    check(r"end\", r"end\");
}

#[test]
fn parameters_end_with_the_branch_that_bound_them() {
    let inside = "<if value='base' expression='88.1/Pump' parameter='x'>\
                  <value type='A' data='${x}'/></if><value type='B' data='[${x}]'/>";
    check(inside, "e", &["1 A 88.1/Pump", "2 B []"]);
}

#[test]
fn a_test_that_fails_binds_the_text_without_groups() {
    let inside = "<if test='matches' expression='(z)' parameter='x'/>\
                  <else><value type='T' data='${x}${x[1]}'/></else>";
    check(inside, "abc", &["1 T abc"]);
    let inside = "<if test='matches' expression='(a).*' negate='true'/>\
                  <else><value type='T' data='${extension[1]}'/></else>";
    check(inside, "abc", &["1 T a"]);
}

#[test]
fn values_outside_of_foreach_need_type_and_data_and_are_numbered() {
    let inside = "<value type='T'/><value data='d'/><value index='7' type='A' data='a'/>\
                  <value type='B' data=''/>";
    check(inside, "", &["1 A a", "2 B "]);
    let Computed::Values(values) = compute(inside, "").unwrap() else {
        panic!("values are made");
    };
    assert!(values.iter().all(|value| value.timestamp == NOW.0));
}

#[test]
fn values_inside_of_foreach_inherit_everything_that_is_not_said() {
    let private = Value {
        timestamp: 5,
        permissions: model::Permissions(0b1100),
        ..Value::public(3, "KEY", vec![0xff, 0])
    };
    let values = [private.clone()];
    let found = compute_with(
        "<foreach><value/></foreach>",
        "",
        &values,
        &Fetched::default(),
    );
    assert_eq!(
        found,
        Ok(Computed::Values(vec![private])),
        "octets, date and permissions too"
    );
    let inside = "<foreach><value index='${index}0' type='X.${type}' data='${data}?'/></foreach>";
    check(inside, "", &["10 X.URL http://e.org/?", "50 X.NAME pump?"]);
    check(
        "<foreach><value index='many'/></foreach>",
        "",
        &["1 URL http://e.org/", "5 NAME pump"],
    );
}

#[test]
fn indexes_that_are_taken_give_way() {
    let inside = "<value type='A' data='a'/><foreach><value index='1'/><value/></foreach>";
    let expected = [
        "1 A a",
        "2 URL http://e.org/",
        "3 URL http://e.org/",
        "4 NAME pump",
    ];
    check(inside, "", &[&expected[..], &["5 NAME pump"]].concat());
    let last = "<foreach><value index='2147483647'/></foreach>";
    check(last, "", &["2147483647 URL http://e.org/"]);
}

#[test]
fn foreach_does_nothing_inside_of_itself_and_its_parameters_end_with_it() {
    let inside = "<foreach><foreach><value/></foreach><value/></foreach>\
                  <value type='T' data='[${type}]'/>";
    check(
        inside,
        "",
        &["1 URL http://e.org/", "5 NAME pump", "2 T []"],
    );
}

#[test]
fn a_definition_takes_the_data_of_the_first_value() {
    let inside = "<def parameter='x'><foreach><value data='${data}/${extension}'/></foreach></def>\
                  <def parameter='none'><value data='no type'/></def>\
                  <value type='T' data='${x} ${none}.'/>";
    check(inside, "e", &["1 T http://e.org//e ."]);
}

#[test]
fn what_is_put_into_xml_stays_text() {
    let inside = "<value type='X'><a b='${extension}'>${extension}</a></value>";
    check(
        inside,
        "\"><c/>",
        &["1 X <a b=\"&quot;&gt;&lt;c/&gt;\">&quot;&gt;&lt;c/&gt;</a>\n"],
    );
}

#[test]
fn not_found_anywhere_is_not_found() {
    for inside in [
        "<value type='T' data='d'/><notfound/>",
        "<foreach><if value='type' expression='NAME'><notfound/></if></foreach>",
        "<def parameter='x'><notfound/></def>",
    ] {
        assert_eq!(compute(inside, ""), Ok(Computed::NotFound), "{inside}");
    }
}

#[test]
fn every_template_of_a_namespace_is_carried_out() {
    let inside = "<value type='A' data='a'/></template><template><value type='B' data='b'/>";
    check(inside, "", &["1 A a", "2 B b"]);
}

fn reference(index: u32) -> TemplateReference {
    TemplateReference {
        identifier: "88.1/t".to_owned(),
        index,
    }
}

#[test]
fn templates_refer_to_templates() {
    let inside = "<foreach><template ref='10:88.1/t'/></foreach>";
    assert_eq!(compute(inside, ""), Ok(Computed::Needs(reference(10))));
    let mut fetched = Fetched::default();
    let template = Template::parse(b"<template><value index='9'/></template>").unwrap();
    fetched.insert(reference(10), template);
    let found = compute_with(inside, "", &base(), &fetched).unwrap();
    assert_eq!(lines(found), ["9 URL http://e.org/", "10 NAME pump"]);
}

#[test]
fn templates_in_a_circle_are_a_problem() {
    let mut fetched = Fetched::default();
    let circle = Template::parse(b"<template ref='10:88.1/t'/>").unwrap();
    fetched.insert(reference(10), circle);
    let inside = "<template ref='10:88.1/t'/>";
    let found = compute_with(inside, "", &base(), &fetched);
    assert_eq!(found, Err(Problem::TooDeep));
}

fn check_limit(inside: &str, extension: &str, what: &str) {
    let many: Vec<_> = (1..=2000)
        .map(|at| Value::public(at, "URL", vec![b'a'; 100]))
        .collect();
    let found = compute_with(inside, extension, &many, &Fetched::default());
    let said = found.unwrap_err().to_string();
    assert!(said.contains(what), "{said}");
}

#[test]
fn work_is_limited() {
    let double = "<def parameter='x'><value type='T' data='${x}${x}${extension}'/></def>";
    check_limit(&double.repeat(20), &"a".repeat(1000), "octets of text");
    let each = |inside: &str| format!("<foreach>{inside}</foreach>");
    check_limit(&each(&"<value data=''/>".repeat(2)), "", "2048 values");
    check_limit(&each(&"<if expression='-'/>".repeat(12)), "", "steps");
    let matches = "<if value='index' test='matches' expression='a*'/>";
    check_limit(&each(matches), "", "steps");
    let patterns = (0..33).map(|at| format!("<if test='matches' expression='{at}'/>"));
    check_limit(&patterns.collect::<String>(), "", "is the 33rd");
    let matches = "<if test='matches' expression='a*'/>";
    check_limit(matches, &"a".repeat(4097), "more than 4096 octets");
}

#[test]
fn references_that_are_not_closed_are_looked_at_once() {
    // 50,000 times the way to the end of the text would be 5 thousand million octets.
    let open = "${".repeat(50_000);
    check(
        &format!("<value type='T' data='{open}'/>"),
        "e",
        &[&format!("1 T {open}")],
    );
    let last = format!("${{extension}}{open}");
    check(
        &format!("<value type='T' data='{last}'/>"),
        "e",
        &[&format!("1 T e{open}")],
    );
}

#[test]
fn a_text_that_grows_too_long_is_given_up_while_it_grows() {
    // Made whole, it would have 6 thousand million octets.
    let long = [Value::public(1, "T", vec![b'a'; 200_000])];
    let inside = format!(
        "<foreach><value data='{}'/></foreach>",
        "${data}".repeat(30_000)
    );
    let mut work = Work::new(SuffixCase::Insensitive);
    let found = compute_on(&inside, "", &long, &Fetched::default(), &mut work);
    assert!(found.unwrap_err().to_string().contains("octets of text"));
    assert!(
        work.text_octets <= TEXT_OCTETS_MAX + 2 * 200_000,
        "{}",
        work.text_octets
    );
}

#[test]
fn what_is_read_counts_even_if_it_comes_to_nothing() {
    let nothing = format!("<value data='${{{}}}'/>", "a".repeat(10_000));
    check_limit(
        &format!("<foreach>{nothing}</foreach>"),
        "",
        "octets of text",
    );
    let name = "a".repeat(10_000);
    let tests = format!("<foreach><if value='{name}' expression='-'/></foreach>");
    check_limit(&tests, "", "octets of text");
}

#[test]
fn references_that_are_copied_count() {
    let reference = model::Reference {
        identifier: Bytes::from_static(b"a"),
        index: 1,
    };
    let value = Value {
        references: vec![reference; 10_000],
        ..Value::public(1, "T", "d")
    };
    let inside = format!("<foreach>{}</foreach>", "<value/>".repeat(2000));
    let found = compute_with(&inside, "", &[value], &Fetched::default());
    assert!(found.unwrap_err().to_string().contains("octets of text"));
}

#[test]
fn looking_around_in_long_texts_counts() {
    // Each look goes over the whole text, from each of its places: 10 ms for one test.
    let inside = "<if test='matches' expression='(?:(?=a*b)a|(?=a*)a)*'/>".repeat(13);
    check_limit(&inside, &"a".repeat(1500), "steps");
    let inside = "<if test='matches' expression='(?=a*b).*'/>".repeat(100);
    assert!(compute(&inside, &"a".repeat(200)).is_ok());
}

#[test]
fn taken_indexes_are_runs() {
    let mut made = Made::default();
    let mut add = |index| {
        let added = made.add(Value::public(index, "T", ""));
        assert!(added.is_ok());
    };
    [1, 1, 1, 7, 5, 6, 0, 5].into_iter().for_each(&mut add);
    let indexes: Vec<u32> = made.values.iter().map(|value| value.index).collect();
    assert_eq!(indexes, [1, 2, 3, 7, 5, 6, 4, 8]);
    assert_eq!(made.taken, BTreeMap::from([(1, 9)]));
    // A whole record at one index: one run, whose end is found without counting up to it.
    let mut made = Made::default();
    for _ in 0..VALUES_COUNT_MAX {
        assert!(made.add(Value::public(1, "T", "")).is_ok());
        assert_eq!(made.taken.len(), 1);
    }
}

#[test]
fn evaluations_of_one_question_share_their_limits() {
    let pattern = "<if test='matches' expression='e'/>".repeat(200);
    let mut work = Work::new(SuffixCase::Insensitive);
    let mut evaluate = |at: u32| {
        let mut fetched = Fetched::default();
        for done in 0..at {
            let next = format!("<template ref='{}:88.1/t'/>", done + 1);
            fetched.insert(reference(done), Template::parse(next.as_bytes()).unwrap());
        }
        let inside = format!("{pattern}<template ref='0:88.1/t'/>");
        compute_on(&inside, "e", &base(), &fetched, &mut work)
    };
    // 200 tests of eleven steps and one more at each; the tenth evaluation goes beyond.
    for at in 0..9 {
        assert_eq!(evaluate(at), Ok(Computed::Needs(reference(at))));
    }
    let problem = evaluate(9).unwrap_err().to_string();
    assert!(problem.contains("20000 steps"), "{problem}");
}

#[test]
fn what_is_told_of_a_problem_is_short_and_has_no_control_characters() {
    let problem = Problem::Pattern {
        expression: format!("a\n\u{1b}[31m\u{202e}{}", "x".repeat(100_000)),
        problem: "is wrong",
    };
    let told = problem.told();
    assert!(
        told.starts_with(r"the pattern `a\n\u{1b}[31m\u{202e}xx"),
        "{told}"
    );
    assert_eq!(told.chars().count(), TOLD_CHARACTERS_MAX);
    assert_eq!(Problem::TooDeep.told(), Problem::TooDeep.to_string());
}

#[test]
fn a_pattern_without_end_ends() {
    let inside = "<if test='matches' expression='b?(?:(?=a)a|(?=a)aa)*b'/>";
    let extension = ["b", &"a".repeat(1000)].concat();
    check_limit(inside, &extension, "turns back too often");
}

#[test]
fn the_fuzz_body_holds_on_the_vectors() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    for vector in vectors["templates"].as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let octets = [text("extension"), "http://e.org/", text("namespace")].join("\0");
        fuzz::templates(octets.as_bytes());
        for at in 0..octets.len() {
            let mut changed = octets.clone().into_bytes();
            changed[at] ^= 1;
            fuzz::templates(&changed);
        }
    }
}

#[test]
fn the_fuzz_body_holds_on_its_corpus() {
    crate::tests::replay("template", fuzz::templates);
}

proptest! {
    #[test]
    fn an_extension_is_put_in_as_it_is(extension in "\\PC*") {
        let found = compute("<value type='T' data='${extension}'/>", &extension).unwrap();
        prop_assert_eq!(lines(found), [format!("1 T {extension}")]);
    }

    #[test]
    fn either_an_if_or_its_else_is_done(extension in "[ab]{0,3}", pattern in "[ab.*?]{0,4}") {
        let inside = format!(
            "<if test='matches' expression='{pattern}'><value type='I' data=''/></if>\
             <else><value type='E' data=''/></else>"
        );
        if let Ok(found) = compute(&inside, &extension) {
            prop_assert_eq!(lines(found).len(), 1);
        }
    }

    #[test]
    fn the_fuzz_body_holds_on_anything(
        extension in "[ab@()0-9]{0,9}",
        inside in "(<(value|if|/if|foreach|/foreach|notfound/) ?(data='[$a-c{}]{0,5}')?>){0,6}",
    ) {
        let xml = format!("<namespace><template delimiter='@'>{inside}</template></namespace>");
        fuzz::templates([&extension, "x", &xml].join("\0").as_bytes());
    }
}
