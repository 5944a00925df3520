//! Tests of namespaces: what is read from XML, and what is refused.

use super::*;
use alloc::borrow::ToOwned;
use alloc::vec;

fn parse(xml: &str) -> Namespace {
    Namespace::parse(xml.as_bytes()).unwrap()
}

fn instructions(inside: &str) -> Vec<Instruction> {
    let xml = format!("<namespace><template>{inside}</template></namespace>");
    parse(&xml).templates.remove(0).instructions
}

fn check_refused(inside: &str, part: &str) {
    let xml = format!("<namespace>\n <template>{inside}</template></namespace>");
    let error = Namespace::parse(xml.as_bytes()).unwrap_err().to_string();
    assert!(error.contains(part), "{error}");
}

#[test]
fn everything_but_templates_is_read() {
    let namespace = parse(
        "<namespace xmlns='x'><contact> a@b.c </contact><status>inactive</status>\
         <statusmsg>moved &amp; gone</statusmsg><locs no_nslocs='true'>10.1/locs</locs>\
         <unknown/></namespace>",
    );
    let expected = Namespace {
        contact: Some("a@b.c".to_owned()),
        status: Status::Inactive,
        status_message: Some("moved & gone".to_owned()),
        locations: Some(NamespaceLocations {
            identifier: "10.1/locs".to_owned(),
            no_namespace_locations: true,
        }),
        templates: vec![],
    };
    assert_eq!(namespace, expected);
    assert_eq!(parse("<namespace/>"), Namespace::default());
}

#[test]
fn the_delimiter_is_the_first_that_is_said() {
    let check = |templates: &str, expected| {
        let namespace = parse(&format!("<namespace>{templates}</namespace>"));
        assert_eq!(namespace.delimiter(), expected);
    };
    check("", None);
    check("<template/><template delimiter=''/>", None);
    check(
        "<template/><template delimiter='@@'/><template delimiter='/'/>",
        Some("@@"),
    );
}

#[test]
fn instructions_are_read_with_their_defaults() {
    let condition = Condition {
        value: "extension".to_owned(),
        parameter: "extension".to_owned(),
        test: Test::Equals,
        negate: false,
        expression: String::new(),
    };
    let found = instructions("<if><notfound/></if><!-- so --><else><value/></else><other/>");
    let value = Instruction::Value(Pattern::default());
    let expected = [
        Instruction::If(condition.clone(), vec![Instruction::NotFound]),
        Instruction::Else(condition, vec![value.clone()]),
    ];
    assert_eq!(found, expected);

    let found = instructions("<if value='a' test='matches' negate='true' expression='x'/>");
    let condition = Condition {
        value: "a".to_owned(),
        parameter: "a".to_owned(),
        test: Test::Matches,
        negate: true,
        expression: "x".to_owned(),
    };
    assert_eq!(found, [Instruction::If(condition, vec![])]);

    let found = instructions("<def parameter='p'><foreach><value/></foreach></def>");
    let each = Instruction::ForEach(vec![value]);
    assert_eq!(found, [Instruction::Definition("p".to_owned(), vec![each])]);
}

#[test]
fn data_is_an_attribute_elements_or_text() {
    let check = |value: &str, expected: Option<Content>| {
        let found = instructions(value);
        let [Instruction::Value(pattern)] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(pattern.data, expected);
    };
    let text = |text: &str| Some(Content::Text(text.to_owned()));
    check("<value data='a'>b</value>", text("a"));
    check("<value data=''/>", text(""));
    check("<value> b <!-- c --></value>", text(" b "));
    check("<value>\n</value>", None);
    check(
        "<value> <b/> </value>",
        Some(Content::Xml("<b/>\n".to_owned())),
    );
}

#[test]
fn references_name_a_value() {
    let expected = Instruction::Template(TemplateReference {
        identifier: "88.156/a:b".to_owned(),
        index: 10,
    });
    assert_eq!(
        instructions("<template ref='10:88.156/a:b'/>"),
        core::slice::from_ref(&expected)
    );
    let whole = parse("<namespace><template ref='10:88.156/a:b'/></namespace>");
    assert_eq!(whole.templates[0].instructions, [expected]);
}

#[test]
fn what_is_referred_to_is_a_template_or_has_one() {
    let check = |xml: &str| {
        let template = Template::parse(xml.as_bytes()).unwrap();
        assert_eq!(template.instructions, [Instruction::NotFound]);
    };
    check("<template><notfound/></template>");
    check("<namespace><contact/><template><notfound/></template></namespace>");
    let error = Template::parse(b"<namespace/>").unwrap_err();
    assert!(error.to_string().contains("should be a <template>"));
}

#[test]
fn what_cannot_be_understood_is_refused_with_its_place() {
    check_refused(
        "<else/>",
        "<else> at line 2, column 12 has no <if> before it",
    );
    check_refused(
        "<if test='like'/>",
        "has a test other than equals and matches",
    );
    check_refused("<def/>", "has no attribute `parameter`");
    for wrong in ["", "10", "10:", "a:b", "-1:a/b"] {
        check_refused(
            &format!("<template ref='{wrong}'/>"),
            "needs a `ref` such as",
        );
    }
    let error = Namespace::parse(b"<locations/>").unwrap_err().to_string();
    assert!(error.contains("should be <namespace>"), "{error}");
    let error = Namespace::parse(b"<namespace><status>x</status></namespace>");
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("active or inactive")
    );
    let error = Namespace::parse(b"\xff").unwrap_err().to_string();
    assert_eq!(error, "the namespace is not UTF-8 text");
}
