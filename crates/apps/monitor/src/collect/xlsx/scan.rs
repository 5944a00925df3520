//! What is looked at before a part is parsed: whether its XML is denser than any workbook's.
//!
//! The parser compares each attribute with all before it of its element, copies the namespaces in
//! scope to each element that declares one, and reserves memory for every `<` and `=` that stands
//! in the text. A few megabytes of the right octets would keep it busy for hours, or take all the
//! memory there is; so these are counted first, in one pass.
//!
//! | limit | value | why |
//! | --- | --- | --- |
//! | `<` of a part | 8,000,000 | a beginning and an end for each of its nodes |
//! | `=` of a part | 8,000,000 | three attributes a cell, for four times the cells that are read |
//! | attributes of an element | 256 | the widest of the standard has some seventy |
//! | prefixes of a part | 256 | other writers use some thirty |
//! | namespaces copied | 1,000,000 | elements that declare one, times prefixes |
//!
//! Not here: whether the XML is well-formed. What is not is refused by the parser, at the latest
//! where it is read otherwise here.

use super::broken;
use crate::collect::Error;
use std::collections::BTreeSet;

const OPENED_MAX: usize = 8_000_000;
const EQUALS_MAX: usize = 8_000_000;
const ATTRIBUTES_MAX: usize = 256;
const PREFIXES_MAX: usize = 256;
const COPIES_MAX: usize = 1_000_000;

/// Refuses a part that would take too long, or too much memory, to be parsed.
pub(super) fn check(text: &str, path: &str) -> Result<(), Error> {
    let count = |octet: u8| text.bytes().filter(|found| *found == octet).count();
    if count(b'<') > OPENED_MAX || count(b'=') > EQUALS_MAX {
        return Err(broken(path, "it has too many elements or attributes"));
    }
    let mut prefixes = BTreeSet::new();
    let mut declaring = 0;
    let mut rest = text;
    while let Some((_, found)) = rest.split_once('<') {
        rest = found;
        if let Some(behind) = passed_over(rest) {
            rest = behind;
            continue;
        }
        // No value has a `<` in it, so that a tag ends before the next.
        let tag = rest.split('<').next().unwrap_or_default();
        let (mut attributes, mut declared) = (0, 0);
        for name in names(tag) {
            attributes += 1;
            if attributes > ATTRIBUTES_MAX {
                return Err(broken(path, "an element has too many attributes"));
            }
            if let Some(prefix) = name.strip_prefix("xmlns") {
                declared += 1;
                prefixes.insert(prefix);
            }
        }
        declaring += usize::from(declared > 0);
        let is_dense = declaring.saturating_mul(prefixes.len()) > COPIES_MAX;
        if prefixes.len() > PREFIXES_MAX || (is_dense && declared > 0) {
            return Err(broken(path, "it declares too many namespaces"));
        }
        rest = rest.get(tag.len()..).unwrap_or_default();
    }
    Ok(())
}

/// What stands behind a comment, a section of characters or an instruction; `None` of anything
/// else. The text begins behind a `<`.
fn passed_over(text: &str) -> Option<&str> {
    const PASSED: [(&str, &str); 3] = [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>")];
    let (begin, end) = PASSED.iter().find(|(begin, _)| text.starts_with(begin))?;
    let within = text.get(begin.len()..)?;
    Some(within.split_once(end).map_or("", |(_, behind)| behind))
}

/// The names of the attributes of a tag, which begins behind its `<`.
fn names(tag: &str) -> impl Iterator<Item = &str> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        let at = rest.find(['"', '\'', '>'])?;
        let (before, quoted) = rest.split_at(at);
        let quote = quoted.chars().next().filter(|found| *found != '>')?;
        let value = quoted.get(1..)?;
        // Without its end it is no attribute, and the parser goes no further.
        rest = value.split_once(quote).map_or("", |(_, behind)| behind);
        let name = before.trim_end().trim_end_matches('=').trim_end();
        Some(name.rsplit(char::is_whitespace).next().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match check(text, "a.xml") {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_stands_in_a_tag_is_counted() {
        let check = |tag: &str, expected: &[&str]| {
            let found: Vec<_> = names(tag).collect();
            assert_eq!(found, expected, "{tag}");
        };
        check("a>b=\"c\"", &[]);
        check("a b=\"c>'\" d = 'e\"'/>f", &["b", "d"]);
        check("a\nxmlns:r=\"u\"\txmlns='v'>", &["xmlns:r", "xmlns"]);
        check("a b=\"c", &["b"]);
        check("/a>\"b\"", &[]);
    }

    #[test]
    fn wide_elements_are_refused_wherever_they_stand() {
        let wide = |count: usize| {
            let attributes: Vec<_> = (0..count).map(|at| format!(" a{at}=''")).collect();
            let attributes = attributes.concat();
            format!("<b{attributes}/>")
        };
        assert_eq!(said(&wide(256)), "");
        let refused = "the workbook is broken: a.xml: an element has too many attributes";
        assert_eq!(said(&wide(257)), refused);
        for before in [
            "<?xml version='1.0' encoding='?>\"'?><c d='\"'>",
            "<!-- <e f=\" -->",
            "<![CDATA[<e f=\"]]>",
            "<?g <e f=\"?>",
            "<h i='>'>\"",
        ] {
            assert_eq!(said(&format!("{before}{}", wide(257))), refused, "{before}");
        }
        // What nobody parses is not counted.
        assert_eq!(said(&format!("<!--{}--><a/>", wide(300))), "");
    }

    #[test]
    fn namespaces_that_would_be_copied_again_and_again_are_refused() {
        let many: Vec<_> = (0..200).map(|at| format!(" xmlns:n{at}='u'")).collect();
        let many = many.concat();
        let within = |count: usize| format!("<a{many}>{}</a>", "<b xmlns:z='u'/>".repeat(count));
        assert_eq!(said(&within(100)), "");
        let refused = "the workbook is broken: a.xml: it declares too many namespaces";
        assert_eq!(said(&within(6_000)), refused);
        // One that is declared again by each is in scope once.
        assert_eq!(said(&"<b xmlns:xm='u'/>".repeat(100_000)), "");
        let apart: Vec<_> = (0..300).map(|at| format!("<a xmlns:n{at}=''/>")).collect();
        let apart = apart.concat();
        assert_eq!(said(&apart), refused);
    }

    #[test]
    fn no_more_is_reserved_than_a_workbook_needs() {
        let refused = "the workbook is broken: a.xml: it has too many elements or attributes";
        assert_eq!(said(&"=".repeat(EQUALS_MAX + 1)), refused);
        assert_eq!(said(&"<".repeat(OPENED_MAX + 1)), refused);
        assert_eq!(said(&"=".repeat(EQUALS_MAX)), "");
    }
}
