//! Styles that are as others are, but coloured (ECMA-376 part 1, 18.8.45: formats of cells).
//!
//! Not here: which cells get them.

use super::super::edits::{Edits, prefix};
use super::super::package::Package;
use super::super::{Book, child, children, parse};
use crate::collect::Error;
use std::collections::BTreeMap;

/// The styles of a workbook, and those that are added to them.
pub(super) struct Fills {
    path: String,
    text: String,
    /// How many styles and how many fills there are; none if there is nothing to add to.
    counts: Option<[usize; 2]>,
    /// The colours that are added, in order.
    colours: Vec<&'static str>,
    /// The styles that are added: which they are made of, and their colour.
    added: Vec<(usize, usize)>,
    known: BTreeMap<(usize, &'static str), usize>,
}

impl Fills {
    pub(super) fn open(package: &mut Package, book: &Book) -> Result<Self, Error> {
        let path = book.target("styles").unwrap_or_default();
        let text = match path.as_str() {
            "" => String::new(),
            path => package.part(path)?,
        };
        let counts = match text.as_str() {
            "" => None,
            text => {
                let document = parse(text, &path)?;
                let root = document.root_element();
                let count = |list, item| Some(children(child(root, list)?, item).count());
                count("cellXfs", "xf").zip(count("fills", "fill"))
            }
        };
        Ok(Self {
            path,
            counts: counts.map(|(styles, fills)| [styles, fills]),
            text,
            colours: Vec::new(),
            added: Vec::new(),
            known: BTreeMap::new(),
        })
    }

    /// The number of the style that is as another is, but has a colour; `None` of a workbook that
    /// has no styles.
    pub(super) fn style(&mut self, of: Option<&str>, colour: &'static str) -> Option<String> {
        let [styles, _] = self.counts.filter(|[styles, _]| *styles > 0)?;
        let of = of.and_then(|of| of.parse::<usize>().ok());
        let of = of.filter(|of| *of < styles).unwrap_or(0);
        if let Some(known) = self.known.get(&(of, colour)) {
            return Some(known.to_string());
        }
        let at = self.colours.iter().position(|found| *found == colour);
        let at = at.unwrap_or_else(|| {
            self.colours.push(colour);
            self.colours.len() - 1
        });
        let number = styles + self.added.len();
        self.added.push((of, at));
        self.known.insert((of, colour), number);
        Some(number.to_string())
    }

    /// The part of styles, if anything was added.
    pub(super) fn finish(self) -> Option<(String, String)> {
        let [styles, fills] = self.counts.filter(|_| !self.added.is_empty())?;
        // It was parsed when it was opened.
        let document = parse(&self.text, &self.path).ok()?;
        let root = document.root_element();
        let tag = prefix(&self.text, root);
        let [fill_list, style_list] = [child(root, "fills")?, child(root, "cellXfs")?];
        let mut edits = Edits::of(&self.text);
        let fill = |colour: &&str| {
            format!(
                "<{tag}fill><{tag}patternFill patternType=\"solid\">\
                 <{tag}fgColor rgb=\"FF{colour}\"/><{tag}bgColor indexed=\"64\"/>\
                 </{tag}patternFill></{tag}fill>"
            )
        };
        let new: String = self.colours.iter().map(fill).collect();
        edits.append(fill_list, &new);
        let total = fills + self.colours.len();
        edits.set(fill_list, "count", &total.to_string());
        let formats: Vec<_> = children(style_list, "xf").collect();
        for (of, colour) in &self.added {
            let source = self.text.get(formats.get(*of)?.range())?;
            edits.append(style_list, &coloured(source, fills + colour)?);
        }
        let total = styles + self.added.len();
        edits.set(style_list, "count", &total.to_string());
        Some((self.path.clone(), edits.finish()))
    }
}

/// A format of cells with another fill. Namespaces of prefixes are declared around it, so only the
/// attributes that stand in the text are touched.
fn coloured(source: &str, fill: usize) -> Option<String> {
    let end = source.find('>')?;
    let (head, rest) = source.split_at(end);
    let (head, slash) = match head.strip_suffix('/') {
        Some(head) => (head, "/"),
        None => (head, ""),
    };
    let head = without(&without(head, "fillId"), "applyFill");
    Some(format!(
        "{head} fillId=\"{fill}\" applyFill=\"1\"{slash}{rest}"
    ))
}

/// The head of an element without an attribute.
fn without(head: &str, name: &str) -> String {
    let cut = || {
        let start = head.find(&format!(" {name}="))?;
        let value = start + 1 + name.len() + 1;
        let quote = head.get(value..)?.chars().next()?;
        let end = value + 1 + head.get(value + 1..)?.find(quote)?;
        Some(format!("{}{}", head.get(..start)?, head.get(end + 1..)?))
    };
    cut().unwrap_or_else(|| head.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_keeps_all_but_its_fill() {
        let check = |source, expected: &str| assert_eq!(coloured(source, 7).unwrap(), expected);
        check(
            "<xf numFmtId=\"3\"/>",
            "<xf numFmtId=\"3\" fillId=\"7\" applyFill=\"1\"/>",
        );
        check(
            "<x:xf fillId='2' fontId=\"1\" applyFill=\"0\"><x:alignment wrapText=\"1\"/></x:xf>",
            "<x:xf fontId=\"1\" fillId=\"7\" applyFill=\"1\"><x:alignment wrapText=\"1\"/></x:xf>",
        );
    }
}
