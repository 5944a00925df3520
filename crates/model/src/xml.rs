//! XML from records: read into a tree within limits, and printed back where templates carry it on.
//!
//! Not here: what the elements mean ([`crate::namespace`] and whoever reads locations).

use crate::Error;
use alloc::string::{String, ToString};
use roxmltree::{Document, Node, ParsingOptions};

#[cfg(test)]
mod tests;

/// The longest text, in octets: what the values of one record may have together.
///
/// Beyond it: [`Error::AboveLimit`].
pub const XML_OCTETS_MAX: usize = crate::record::VALUES_OCTETS_MAX;

/// The most elements, texts and comments of one text: some hundred times what templates in the
/// field have. Within this limit and the others, the worst texts that were tried took 4.8 MB of
/// memory while they were read and 3.1 MB afterwards. The slowest, full tags of attributes, took
/// 130 ms (release, two busy cores).
///
/// Beyond it: [`Error::Xml`].
pub const XML_NODES_MAX: u32 = 20_000;

/// How often a text may say `xmlns`: thirty times what templates in the field do. Namespaces in
/// scope are compared with each other at every element that declares one, so that without a limit
/// one text is hours of work.
///
/// Beyond it: [`Error::AboveLimit`].
pub const XML_NAMESPACES_MAX: usize = 64;

/// The most attributes of one element: some twenty times what locations in the field have. Each
/// is compared with all before it.
///
/// Beyond it: [`Error::AboveLimit`].
pub const XML_ATTRIBUTES_MAX: usize = 256;

/// How deep elements may lie in each other: those who walk the tree do so by recursion.
///
/// Beyond it: [`Error::AboveLimit`].
pub const XML_DEPTH_MAX: usize = 32;

/// Reads a text as XML. Document type declarations, and with them entities of one's own, are
/// refused: nothing in the field has them, and they make small texts large.
///
/// `what` names the text in errors.
///
/// # Errors
/// [`Error::Xml`] with line and column, or [`Error::AboveLimit`].
pub fn document<'t>(text: &'t str, what: &'static str) -> Result<Document<'t>, Error> {
    check_limit(text.len(), XML_OCTETS_MAX, what)?;
    check_limit(text.matches(DECLARES).count(), XML_NAMESPACES_MAX, what)?;
    check_limit(attributes_most(text), XML_ATTRIBUTES_MAX, what)?;
    let options = ParsingOptions {
        nodes_limit: XML_NODES_MAX,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| Error::Xml {
        what,
        problem: error.to_string(),
    })?;
    check_limit(depth(document.root_element()), XML_DEPTH_MAX, what)?;
    Ok(document)
}

/// Takes octets as the text of [`document`].
///
/// # Errors
/// [`Error::Unexpected`] if they are not UTF-8.
pub fn text<'o>(octets: &'o [u8], what: &'static str) -> Result<&'o str, Error> {
    let expected = "UTF-8 text";
    core::str::from_utf8(octets).map_err(|_| Error::Unexpected { what, expected })
}

/// Says what is wrong with an element, and where it is.
pub fn wrong(node: Node<'_, '_>, what: &'static str, problem: &'static str) -> Error {
    let at = node.document().text_pos_at(node.range().start);
    Error::Element {
        what,
        element: node.tag_name().name().into(),
        line: at.row,
        column: at.col,
        problem,
    }
}

/// The text directly inside an element, its parts put together; empty if there is none.
pub fn text_inside(node: Node<'_, '_>) -> String {
    node.children().filter_map(text_of).collect()
}

/// Prints the elements inside an element as the reference software does: each followed by a line
/// feed, and so is the opening tag of one that has elements itself. Comments are left out, and so
/// is text beside elements.
pub fn elements_inside(node: Node<'_, '_>) -> String {
    let mut out = String::new();
    put_elements(&mut out, node);
    out
}

/// Prints text so that it means itself inside XML, in attributes and between tags.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    put_escaped(&mut out, text);
    out
}

fn check_limit(counted: usize, limit: usize, what: &'static str) -> Result<(), Error> {
    if counted > limit {
        return Err(Error::AboveLimit {
            what,
            at: 0,
            counted,
            limit,
        });
    }
    Ok(())
}

/// What declares a namespace. No reference can stand for a letter of it: names have none.
const DECLARES: &str = "xmlns";

/// How many attributes an element has at most, found without a tree and in one pass: building the
/// tree is what must not be done with too many.
fn attributes_most(text: &str) -> usize {
    // In a tag, `<` can stand only at its start, so that nothing before it must be understood. In
    // a comment it begins no tag; what is counted there is at worst too much.
    let tags = text.split('<').skip(1);
    tags.map(attributes_count).max().unwrap_or_default()
}

/// How many `=` are in a tag, given without its `<`, outside of quotation marks.
fn attributes_count(tag: &str) -> usize {
    let mut count = 0;
    let mut quote = None;
    if tag.starts_with(['!', '?', '/']) {
        return 0;
    }
    for octet in tag.bytes() {
        match (quote, octet) {
            (Some(open), _) if open == octet => quote = None,
            (None, b'"' | b'\'') => quote = Some(octet),
            (None, b'>') => return count,
            (None, b'=') => count += 1,
            _ => (),
        }
    }
    count
}

/// How many elements lie in each other at most, found without recursion: the text is a stranger's.
fn depth(root: Node<'_, '_>) -> usize {
    let mut deepest = 0;
    let mut level = 1;
    let mut at = root;
    loop {
        deepest = deepest.max(level);
        if let Some(child) = at.first_element_child() {
            (at, level) = (child, level + 1);
            continue;
        }
        while at != root && at.next_sibling_element().is_none() {
            let Some(parent) = at.parent_element() else {
                return deepest;
            };
            (at, level) = (parent, level - 1);
        }
        match at.next_sibling_element() {
            Some(sibling) if at != root => at = sibling,
            _ => return deepest,
        }
    }
}

fn text_of<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    node.is_text().then(|| node.text()).flatten()
}

fn put_elements(out: &mut String, node: Node<'_, '_>) {
    for child in node.children().filter(Node::is_element) {
        put_element(out, child);
    }
}

fn put_element(out: &mut String, node: Node<'_, '_>) {
    let name = name_as_written(node);
    out.push('<');
    out.push_str(name);
    put_namespaces(out, node);
    for attribute in node.attributes() {
        let source = node.document().input_text();
        let name = source.get(attribute.range_qname()).unwrap_or_default();
        put_attribute(out, name, attribute.value());
    }
    let text = text_inside(node);
    if node.first_element_child().is_some() {
        out.push_str(">\n");
        put_elements(out, node);
    } else if text.is_empty() {
        out.push_str("/>\n");
        return;
    } else {
        out.push('>');
        put_escaped(out, &text);
    }
    out.push_str("</");
    out.push_str(name);
    out.push_str(">\n");
}

/// The name with its prefix; the tree keeps the name alone.
fn name_as_written<'a>(node: Node<'a, '_>) -> &'a str {
    let tag = tag_as_written(node);
    let end = tag.find(|at: char| at.is_ascii_whitespace() || "/>".contains(at));
    tag.get(..end.unwrap_or(tag.len())).unwrap_or(tag)
}

/// The opening tag without its `<`, and the text behind it up to the next.
fn tag_as_written<'a>(node: Node<'a, '_>) -> &'a str {
    let source = node.document().input_text();
    let element = source.get(node.range()).unwrap_or_default();
    element.split('<').nth(1).unwrap_or_default()
}

/// Prints the namespaces of XML that an element declares.
fn put_namespaces(out: &mut String, node: Node<'_, '_>) {
    // Nearly all elements declare none; those that do are as few as `document` lets them be.
    if !tag_as_written(node).contains(DECLARES) {
        return;
    }
    let parent = node.parent_element();
    let is_inherited = |declared: &roxmltree::Namespace<'_>| {
        parent.is_some_and(|parent| parent.namespaces().any(|known| known == declared))
    };
    for declared in node.namespaces().filter(|declared| !is_inherited(declared)) {
        let name = match declared.name() {
            Some(name) => ["xmlns:", name].concat(),
            None => "xmlns".into(),
        };
        put_attribute(out, &name, declared.uri());
    }
}

fn put_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    put_escaped(out, value);
    out.push('"');
}

fn put_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            _ => out.push(character),
        }
    }
}
