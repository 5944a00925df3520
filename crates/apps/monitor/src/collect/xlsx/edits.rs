//! Changes of XML text at places that a parsed tree names; all else stays octet for octet.
//!
//! Not here: what is changed.

use roxmltree::Node;
use std::ops::Range;

/// Changes of a text that are carried out together.
pub(super) struct Edits<'t> {
    text: &'t str,
    edits: Vec<(Range<usize>, String)>,
}

impl<'t> Edits<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            text,
            edits: Vec::new(),
        }
    }

    /// Puts text before a node.
    pub(super) fn before(&mut self, node: Node, put: String) {
        let at = node.range().start;
        self.edits.push((at..at, put));
    }

    /// Puts text behind the last child of an element.
    pub(super) fn append(&mut self, node: Node, put: &str) {
        let range = node.range();
        let source = self.text.get(range.clone()).unwrap_or_default();
        if source.ends_with("/>") {
            let name = qualified_name(self.text, node);
            self.edits
                .push((range.end - 2..range.end, format!(">{put}</{name}>")));
        } else if let Some(end) = source.rfind("</") {
            let at = range.start + end;
            self.edits.push((at..at, put.to_owned()));
        }
    }

    /// Gives an attribute without a namespace a value.
    pub(super) fn set(&mut self, node: Node, name: &str, value: &str) {
        let found = node
            .attributes()
            .find(|found| found.name() == name && found.namespace().is_none());
        if let Some(found) = found {
            self.edits.push((found.range_value(), value.to_owned()));
        } else {
            let at = node.range().start + 1 + qualified_name(self.text, node).len();
            self.edits.push((at..at, format!(" {name}=\"{value}\"")));
        }
    }

    /// The text with all changes; of two at one place the first comes first.
    pub(super) fn finish(mut self) -> String {
        self.edits.sort_by_key(|(range, _)| range.start);
        let mut out = String::with_capacity(self.text.len() + 1024);
        let mut from = 0;
        for (range, put) in &self.edits {
            out.push_str(self.text.get(from..range.start).unwrap_or_default());
            out.push_str(put);
            from = range.end;
        }
        out.push_str(self.text.get(from..).unwrap_or_default());
        out
    }
}

/// The name of an element as it is written, with its prefix.
fn qualified_name<'t>(text: &'t str, node: Node) -> &'t str {
    let source = text.get(node.range()).unwrap_or_default();
    let source = source.strip_prefix('<').unwrap_or(source);
    let end = source.find(|found: char| found.is_whitespace() || "/>".contains(found));
    source
        .get(..end.unwrap_or(source.len()))
        .unwrap_or_default()
}

/// The prefix of an element's name with its colon; empty if it has none.
pub(super) fn prefix<'t>(text: &'t str, node: Node) -> &'t str {
    let name = qualified_name(text, node);
    name.find(':')
        .and_then(|at| name.get(..=at))
        .unwrap_or_default()
}

/// Text as it stands in XML; what cannot stand there is left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for found in text.chars() {
        match found {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(found),
            '\u{fffe}' | '\u{ffff}' => (),
            found if found.is_control() => (),
            found => out.push(found),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::Document;

    #[test]
    fn only_what_is_named_changes() {
        let text = "\u{feff}<x:a xmlns:x='u' b='1'  c=\"2\"><x:d/><!-- -->\r\n\
                    <x:e f='&amp;'>g</x:e></x:a>";
        let document = Document::parse(text).unwrap();
        let root = document.root_element();
        let [empty, full] = ["d", "e"].map(|name| {
            let mut children = root.children();
            children
                .find(|node| node.tag_name().name() == name)
                .unwrap()
        });
        let mut edits = Edits::of(text);
        edits.set(root, "b", "3");
        edits.set(empty, "h", "4");
        edits.append(empty, "<i/>");
        edits.append(full, "<j/>");
        edits.before(full, "<k/>".to_owned());
        assert_eq!(prefix(text, root), "x:");
        let said = "\u{feff}<x:a xmlns:x='u' b='3'  c=\"2\"><x:d h=\"4\"><i/></x:d><!-- -->\r\n<k/>\
                    <x:e f='&amp;'>g<j/></x:e></x:a>";
        assert_eq!(edits.finish(), said);
    }

    #[test]
    fn nothing_in_text_ends_it() {
        assert_eq!(
            escaped("<a b=\"&\">\0\u{b}\n"),
            "&lt;a b=&quot;&amp;&quot;&gt;\n"
        );
    }
}
