//! Tests of computed identifiers, on a key space in memory: captures, settings, failures.

use super::*;
use crate::authority::Settings;
use crate::authority::tests::Sums;
use crate::step::{Answer, Event};
use crate::{Authority, Origin, Question};
use alloc::format;
use model::{EncodedValue, Permissions};
use std::collections::BTreeMap;
use wire::response::Answer as Body;
use wire::{Message, OpFlags, Packet, Response};

const CAPTURES: &str = include_str!("../../../../tests/golden/template-captures.json");

/// When the captures were made.
const NOW: Date = Date(0x6b02_8722);

const FOREACH: &str = "<namespace><template delimiter=\"@\"><foreach>\
                       <value data=\"${data}?e=${extension}\"/></foreach></template></namespace>";

/// A node that is home to `11234` and has `11234/base`.
struct Desk {
    settings: TemplateSettings,
    stored: BTreeMap<Key, Bytes>,
    rounds_count: usize,
}

impl Desk {
    fn new() -> Self {
        let mut desk = Self {
            settings: TemplateSettings::default(),
            stored: BTreeMap::new(),
            rounds_count: 0,
        };
        let homed = Key::homed(&"11234".parse().unwrap());
        desk.stored.insert(homed, Bytes::from_static(&[1]));
        desk.with("11234/base", &[Value::public(1, "URL", "https://e.org/b")])
    }

    fn with(mut self, identifier: &str, values: &[Value]) -> Self {
        let mut values = values.to_vec();
        for value in &mut values {
            value.timestamp = NOW.0;
        }
        let identifier = identifier.parse().unwrap();
        let key = Key::record(&identifier, SuffixCase::Insensitive);
        let record = Record::new(&values).unwrap();
        self.stored.insert(key, record.octets().clone());
        self
    }

    fn with_namespace(self, xml: &str) -> Self {
        self.with(
            "0.NA/11234",
            &[Value::public(3, "HS_NAMESPACE", xml.to_owned())],
        )
    }

    fn with_settings(mut self, settings: TemplateSettings) -> Self {
        self.settings = settings;
        self
    }

    fn ask(&mut self, request: &Message) -> Answer {
        let authority = Authority {
            digests: Sums,
            settings: Settings {
                templates: Arc::new(self.settings.clone()),
                ..Settings::default()
            },
        };
        let mut step = authority.start(request, Origin::Network, NOW);
        self.rounds_count = 0;
        loop {
            step = match step {
                Step::Fetch(fetch) => {
                    self.rounds_count += 1;
                    let found = fetch.keys().iter().map(|key| self.stored.get(key).cloned());
                    let found = found.collect();
                    fetch.resume(found)
                }
                Step::Answer(answer) => return *answer,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Asks for all values: the code, and each value as `index type data`.
    fn resolve(&mut self, identifier: &str) -> (ResponseCode, Vec<String>) {
        let question = Question::about(identifier.parse().unwrap());
        let message = self.ask(&question.resolution(1, NOW)).message;
        let values = match Response::decode(&message).unwrap().answer {
            Body::Resolution(answer) => answer.values,
            _ => vec![],
        };
        let lines = values.iter().map(line).collect();
        (message.header.response_code, lines)
    }

    /// Checks the code and the values of an identifier.
    fn check(&mut self, identifier: &str, code: ResponseCode, values: &[&str]) {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        assert_eq!(self.resolve(identifier), (code, values), "{identifier}");
    }

    /// Checks that an identifier is not found because its templates fail, and what is said of it.
    fn check_failure(&mut self, identifier: &str, part: &str) {
        let question = Question::about(identifier.parse().unwrap());
        let answer = self.ask(&question.resolution(1, NOW));
        assert_eq!(answer.message.header.response_code, MISSING);
        let Event::TemplateFailed { problem, .. } = answer.event else {
            panic!("{:?}", answer.event);
        };
        assert!(problem.contains(part), "{problem}");
    }
}

fn line(encoded: &EncodedValue) -> String {
    let value = encoded.value();
    let data = String::from_utf8_lossy(&value.data).into_owned();
    format!("{} {} {data}", value.index, value.value_type)
}

const FOUND: ResponseCode = ResponseCode::SUCCESS;
const MISSING: ResponseCode = ResponseCode::HANDLE_NOT_FOUND;
const NO_VALUES: ResponseCode = ResponseCode::VALUES_NOT_FOUND;

#[test]
fn the_captures_of_the_reference_software_are_answered_octet_for_octet() {
    let captures: serde_json::Value = serde_json::from_str(CAPTURES).unwrap();
    let captures = captures.as_array().unwrap();
    assert_eq!(captures.len(), 4);
    for capture in captures {
        let octets =
            |name: &str| Bytes::from(hex::decode(capture[name].as_str().unwrap()).unwrap());
        let packet = Packet::decode(octets("request")).unwrap();
        let request = Message::from_packet(&packet).unwrap();
        let answer = Desk::new().with_namespace(FOREACH).ask(&request);
        let answered = answer.message.to_packet().encode();
        assert_eq!(
            hex::encode(answered),
            hex::encode(octets("response")),
            "{}",
            capture["name"]
        );
    }
}

#[test]
fn the_extension_begins_at_the_first_delimiter_after_the_prefix() {
    let mut desk = Desk::new().with_namespace(FOREACH);
    desk.check("11234/BASE@a@b", FOUND, &["1 URL https://e.org/b?e=a@b"]);
    desk.check("11234/base@", FOUND, &["1 URL https://e.org/b?e="]);
    desk.check("11234/base", FOUND, &["1 URL https://e.org/b"]);
    desk.check("11234/bas", MISSING, &[]);
    assert_eq!(desk.rounds_count, 2, "the record, the namespace");
    desk.check("11234/bas@e", NO_VALUES, &[]);
    assert_eq!(desk.rounds_count, 3, "the record, the namespace, the base");
}

#[test]
fn a_slash_as_delimiter_leaves_the_prefix_alone_as_base() {
    let xml = "<namespace><template delimiter='/'><foreach><value/></foreach>\
               <value type='T' data='${base} ${extension}'/></template></namespace>";
    let mut desk = Desk::new().with_namespace(xml);
    desk.check("11234/a/B", FOUND, &["1 T 11234 a/B"]);
    assert_eq!(desk.rounds_count, 2, "a prefix alone is not looked up");
}

#[test]
fn the_question_filters_what_was_computed_and_the_public_sees_what_is_public() {
    let private = Value {
        permissions: Permissions(0b1100),
        ..Value::public(2, "KEY", "secret")
    };
    let values = [Value::public(1, "URL", "u"), private];
    let mut desk = Desk::new()
        .with_namespace(FOREACH)
        .with("11234/base", &values);
    desk.check("11234/base@x", FOUND, &["1 URL u?e=x"]);
    let check = |desk: &mut Desk, question: Question, code| {
        let answer = desk.ask(&question.resolution(1, NOW));
        assert_eq!(answer.message.header.response_code, code);
    };
    let about = || Question::about("11234/base@x".parse().unwrap());
    check(&mut desk, about().of_type("url"), FOUND);
    check(&mut desk, about().at_index(2), NO_VALUES);
    check(&mut desk, about().at_index(3), NO_VALUES);
    let mut request = about().at_index(2).resolution(1, NOW);
    request.header.flags = OpFlags(request.header.flags.0 & !OpFlags::PUBLIC_ONLY.0);
    let code = desk.ask(&request).message.header.response_code;
    assert!(code != FOUND && code != NO_VALUES, "{code:?}");
}

#[test]
fn the_namespace_of_the_base_comes_first() {
    let own = "<namespace><template><value type='T' data='own ${extension}'/></template>\
               </namespace>";
    let base = |xml: &str| [Value::public(1, "hs_namespace", xml.to_owned())];
    let mut desk = Desk::new()
        .with_namespace(FOREACH)
        .with("11234/base", &base(own));
    desk.check("11234/base@x", FOUND, &["1 T own x"]);
    let none = "<namespace><contact>a@b</contact></namespace>";
    let mut desk = Desk::new()
        .with_namespace(FOREACH)
        .with("11234/base", &base(none));
    desk.check(
        "11234/base@x",
        FOUND,
        &[&format!("1 hs_namespace {none}?e=x")],
    );
}

fn settings(xml: Option<&str>, delimiter: Option<&str>, overrides: bool) -> TemplateSettings {
    TemplateSettings {
        namespace: xml.map(|xml| Namespace::parse(xml.as_bytes()).unwrap()),
        delimiter: delimiter.map(ToOwned::to_owned),
        overrides,
    }
}

#[test]
fn the_settings_help_where_the_prefix_says_nothing() {
    let configured = "<namespace><template delimiter='@'><value type='T' data='set'/></template>\
                      </namespace>";
    let mut desk = Desk::new().with_settings(settings(Some(configured), None, false));
    desk.check("11234/base@x", FOUND, &["1 T set"]);
    let mut desk = desk.with_namespace(FOREACH);
    desk.check("11234/base@x", FOUND, &["1 URL https://e.org/b?e=x"]);
    let mut desk = desk.with_settings(settings(Some(configured), None, true));
    desk.check("11234/base@x", FOUND, &["1 T set"]);
    assert_eq!(desk.rounds_count, 2, "the record, the base");
}

#[test]
fn a_delimiter_alone_gives_the_values_of_the_base() {
    let mut desk = Desk::new().with_settings(settings(None, Some("#"), false));
    desk.check("11234/base#x", FOUND, &["1 URL https://e.org/b"]);
    desk.check("11234/none#x", MISSING, &[]);
    desk.check("11234/base@x", MISSING, &[]);
    let mut desk = desk.with_namespace("<namespace/>");
    desk.check("11234/base#x", FOUND, &["1 URL https://e.org/b"]);
    desk.check("11234/none#x", NO_VALUES, &[]);
    let mut desk = desk.with_namespace(&FOREACH.replace(" delimiter=\"@\"", ""));
    desk.check("11234/base#x", FOUND, &["1 URL https://e.org/b?e=x"]);
}

#[test]
fn templates_that_are_referred_to_are_fetched() {
    let xml = "<namespace><template delimiter='@'><template ref='10:11234/t'/></template>\
               </namespace>";
    let more = "<template><template ref='11:11234/T'/></template>";
    let last = "<template><value type='T' data='${extension}'/></template>";
    let values = [
        Value::public(10, "XML", more),
        Value::public(11, "XML", last),
    ];
    let mut desk = Desk::new().with_namespace(xml).with("11234/t", &values);
    desk.check("11234/base@x", FOUND, &["1 T x"]);
    assert_eq!(desk.rounds_count, 5);
}

#[test]
fn no_answer_takes_more_than_16_rounds() {
    let reference = |at| format!("<template ref='{at}:11234/t'/>");
    let references: String = (1..=14).map(reference).collect();
    let xml = format!("<namespace><template delimiter='@'>{references}</template></namespace>");
    let values: Vec<_> = (1..=14)
        .map(|at| Value::public(at, "XML", "<template/>"))
        .collect();
    let mut desk = Desk::new().with_namespace(&xml).with("11234/t", &values);
    desk.check_failure(
        "11234/base@x",
        "more than 13 templates that are referred to",
    );
    assert_eq!(desk.rounds_count, 16);
}

#[test]
fn templates_that_cannot_be_carried_out_are_told_to_the_operator() {
    let with = |inside: &str| {
        let xml = format!("<namespace><template delimiter='@'>{inside}</template></namespace>");
        Desk::new().with_namespace(&xml)
    };
    let check = |inside: &str, part: &str| with(inside).check_failure("11234/base@x", part);
    check("<else/>", "has no <if> before it");
    check(
        "<template ref='9:11234/base'/>",
        "no template in value 9 of 11234/base",
    );
    check(
        "<template ref='1:11234/none'/>",
        "no template in value 1 of 11234/none",
    );
    check("<template ref='1:/'/>", "no template in value 1 of /");
    check("<template ref='1:11234/base'/>", "not well-formed XML");
    check("<if test='matches' expression='('/>", "is not closed");
    Desk::new()
        .with_namespace("<")
        .check_failure("11234/base@x", "not well-formed XML");
    let base = [Value::public(1, "HS_NAMESPACE", "<")];
    let mut desk = Desk::new()
        .with_namespace(FOREACH)
        .with("11234/base", &base);
    desk.check_failure("11234/base@x", "not well-formed XML");
}

#[test]
fn records_that_cannot_be_read_are_an_error() {
    for damaged in ["0.NA/11234", "11234/base", "11234/t"] {
        let xml = "<namespace><template delimiter='@'><template ref='1:11234/t'/></template>\
                   </namespace>";
        let mut desk = Desk::new().with_namespace(xml);
        let key = Key::record(&damaged.parse().unwrap(), SuffixCase::Insensitive);
        desk.stored.insert(key.clone(), Bytes::from_static(&[9]));
        let question = Question::about("11234/base@x".parse().unwrap());
        let answer = desk.ask(&question.resolution(1, NOW));
        assert_eq!(answer.message.header.response_code, ResponseCode::ERROR);
        let error = model::Error::RecordFormat { format: 9 };
        assert_eq!(answer.event, Event::RecordUnreadable { key, error });
    }
}

#[test]
fn an_identifier_without_a_slash_has_no_templates() {
    let mut desk = Desk::new().with_settings(settings(Some(FOREACH), None, false));
    let homed = Key::homed(&"0.NA".parse().unwrap());
    desk.stored.insert(homed, Bytes::from_static(&[1]));
    desk.check("11234@x", MISSING, &[]);
    assert_eq!(desk.rounds_count, 1);
}
