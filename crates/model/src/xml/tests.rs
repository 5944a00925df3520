//! Tests of XML: what is refused, and that what is printed reads as the same.

use super::*;
use proptest::prelude::*;

fn check_refused(text: &str, part: &str) {
    let error = document(text, "the text").unwrap_err().to_string();
    assert!(error.contains(part), "{error}");
}

#[test]
fn what_is_no_xml_is_refused_with_its_place() {
    check_refused("", "is not well-formed XML");
    check_refused("<a>\n<b></a>", "2:");
    check_refused("<a/><b/>", "is not well-formed XML");
}

#[test]
fn what_makes_small_texts_large_is_refused() {
    check_refused("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "DTD");
}

#[test]
fn limits_hold_and_what_is_within_them_is_read() {
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert!(document(&nested(XML_DEPTH_MAX), "it").is_ok());
    check_refused(&nested(XML_DEPTH_MAX + 1), "says 33, the limit is 32");
    check_refused(&nested(5_000), "says 5000, the limit is 32");
    let flat = |count: u32| format!("<a>{}</a>", "<b/>".repeat(count as usize));
    assert!(document(&flat(XML_NODES_MAX - 2), "it").is_ok());
    check_refused(&flat(XML_NODES_MAX), "limit");
    check_refused(&" ".repeat(XML_OCTETS_MAX + 1), "the limit is 256000");
}

#[test]
fn depth_is_that_of_the_deepest_branch() {
    let check = |text: &str, expected| {
        assert_eq!(
            depth(Document::parse(text).unwrap().root_element()),
            expected
        );
    };
    check("<a/>", 1);
    check("<a><b/><c><d/>x</c><e/></a>", 3);
    check("<a><b><c/></b><b><c><d/></c></b><b/></a>", 4);
}

#[test]
fn elements_are_printed_as_the_reference_software_prints_them() {
    let check = |text: &str, expected: &str| {
        let document = document(text, "it").unwrap();
        assert_eq!(elements_inside(document.root_element()), expected);
    };
    check(
        "<v>  <a><b c='d&lt;&quot;'/></a> </v>",
        "<a>\n<b c=\"d&lt;&quot;\"/>\n</a>\n",
    );
    check("<v><a>x &amp; y</a><b/></v>", "<a>x &amp; y</a>\n<b/>\n");
    check(
        "<v xmlns:p='u:v'><p:a p:b='1' xmlns='w'/><!-- no --></v>",
        "<p:a xmlns=\"w\" p:b=\"1\"/>\n",
    );
}

proptest! {
    #[test]
    fn what_is_escaped_reads_as_itself(text in "[^\\x00-\\x08\\x0b-\\x1f\\x7f\u{fffe}\u{ffff}]*") {
        let xml = format!("<a b=\"{0}\">{0}</a>", escaped(&text));
        let document = document(&xml, "it").unwrap();
        prop_assert_eq!(document.root_element().attribute("b"), Some(&text[..]));
        prop_assert_eq!(text_inside(document.root_element()), text);
    }
}
