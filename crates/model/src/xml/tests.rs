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

/// As many declarations on the outermost element, and elements without one inside.
fn with_namespaces(declared: usize, inside: usize) -> String {
    let declarations = (0..declared).map(|at| format!(" xmlns:n{at}='u{at}'"));
    let declarations: String = declarations.collect();
    format!("<a{declarations}>{}</a>", "<b/>".repeat(inside))
}

#[test]
fn more_namespaces_than_anybody_has_are_refused_before_they_are_compared() {
    let most = with_namespaces(XML_NAMESPACES_MAX, 100);
    assert!(document(&most, "it").is_ok());
    let more = with_namespaces(XML_NAMESPACES_MAX + 1, 1);
    check_refused(&more, "says 65, the limit is 64");
    // Without the limit: 8,000 times 8,000 comparisons for each of the elements inside.
    let hours = with_namespaces(8_000, 15_000);
    check_refused(&hours, "says 8000, the limit is 64");
    // And here the tree alone: every element that declares takes over what is declared outside.
    let each = with_namespaces(5_000, 4_000).replace("<b/>", "<b xmlns:n='u'/>");
    check_refused(&each, "says 9000, the limit is 64");
}

#[test]
fn elements_inside_are_printed_without_the_namespaces_around_them() {
    let text = with_namespaces(XML_NAMESPACES_MAX, XML_NODES_MAX as usize - 2);
    let document = document(&text, "it").unwrap();
    let printed = elements_inside(document.root_element());
    assert_eq!(printed, "<b/>\n".repeat(XML_NODES_MAX as usize - 2));
}

#[test]
fn more_attributes_than_anybody_has_are_refused_before_they_are_compared() {
    let with = |count: usize| {
        let attributes = (0..count).map(|at| format!(" a{at}='>='"));
        format!("<a>b<c{}/></a>", attributes.collect::<String>())
    };
    assert!(document(&with(XML_ATTRIBUTES_MAX), "it").is_ok());
    check_refused(&with(XML_ATTRIBUTES_MAX + 1), "says 257, the limit is 256");
    check_refused(&with(20_000), "says 20000, the limit is 256");
}

#[test]
fn what_looks_like_attributes_does_not_count() {
    let many = "=".repeat(XML_ATTRIBUTES_MAX + 1);
    for text in [
        format!("<a b='{many}'>{many}</a>"),
        format!("<a><!-- don't {many} --><![CDATA[\"{many}]]></a>"),
        format!("<a b='\"' c=\"'\">{many}</a>"),
    ] {
        assert!(document(&text, "it").is_ok(), "{text}");
    }
}

#[test]
fn nothing_before_a_tag_hides_its_attributes() {
    let attributes = (0..300).map(|at| format!(" a{at}=''"));
    let attributes = attributes.collect::<String>();
    for before in [
        "<!-- ' -->",
        "<!-- <b c=' -->",
        "<![CDATA[<b c=\"]]>",
        "\"",
        "<b c='\"'/>",
    ] {
        check_refused(&format!("<a>{before}<c{attributes}/></a>"), "says 300");
    }
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
