//! Comments of cells (ECMA-376 part 1, 18.7), and the drawing that shows them.
//!
//! Not here: what they say.

use super::super::edits::{Edits, escaped, prefix};
use super::super::package::{Package, Relation};
use super::super::{attribute, child, children, parse};
use super::{MAIN, Parts, of_kind};
use crate::collect::Error;
use crate::collect::place::Place;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const COMMENTS_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml";

/// Who is named as their author.
const AUTHOR: &str = "Nameplate";

/// The number of the first box; those of the spreadsheet itself are smaller.
const FIRST_SHAPE: usize = 900_001;

/// Adds comments to a sheet; gives the id of the drawing if the sheet does not name one yet.
pub(super) fn add(
    package: &mut Package,
    parts: &mut Parts,
    sheet: &str,
    relations: &[Relation],
    texts: &BTreeMap<Place, String>,
) -> Result<Option<String>, Error> {
    let drawn = if let Some(relation) = of_kind(relations, "comments") {
        extend(package, parts, &relation.target, texts)?
    } else {
        let path = parts.free_path(package, "xl/commentsMarks", ".xml");
        parts.changed.insert(path.clone(), new(texts));
        parts.types.push((path.clone(), COMMENTS_TYPE));
        parts.relate(package, sheet, "comments", &path)?;
        texts.keys().copied().collect()
    };
    if let Some(relation) = of_kind(relations, "vmlDrawing") {
        let text = package.part(&relation.target)?;
        // Not always well-formed XML, so its end is looked for as text.
        let end = text.rfind("</").unwrap_or(text.len());
        let (head, tail) = text.split_at(end);
        let text = format!("{head}{}{tail}", shapes(&drawn));
        parts.changed.insert(relation.target.clone(), text);
        return Ok(None);
    }
    let path = parts.free_path(package, "xl/drawings/vmlDrawingMarks", ".vml");
    let text = format!(
        "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" \
         xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
         xmlns:x=\"urn:schemas-microsoft-com:office:excel\">\
         <v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" \
         path=\"m,l,21600r21600,l21600,xe\"><v:stroke joinstyle=\"miter\"/>\
         <v:path gradientshapeok=\"t\" o:connecttype=\"rect\"/></v:shapetype>{}</xml>",
        shapes(&drawn)
    );
    parts.changed.insert(path.clone(), text);
    parts.has_drawings = true;
    parts.relate(package, sheet, "vmlDrawing", &path).map(Some)
}

fn new(texts: &BTreeMap<Place, String>) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <comments xmlns=\"{MAIN}\"><authors><author>{AUTHOR}</author></authors><commentList>"
    );
    for (place, text) in texts {
        out.push_str(&comment("", *place, 0, text));
    }
    out.push_str("</commentList></comments>");
    out
}

fn comment(tag: &str, place: Place, author: usize, text: &str) -> String {
    format!(
        "<{tag}comment ref=\"{place}\" authorId=\"{author}\"><{tag}text>\
         <{tag}t xml:space=\"preserve\">{}</{tag}t></{tag}text></{tag}comment>",
        escaped(text)
    )
}

/// Adds to the comments that are there; gives the places that had none.
fn extend(
    package: &mut Package,
    parts: &mut Parts,
    path: &str,
    texts: &BTreeMap<Place, String>,
) -> Result<Vec<Place>, Error> {
    let text = package.part(path)?;
    let document = parse(&text, path)?;
    let root = document.root_element();
    let tag = prefix(&text, root);
    let mut edits = Edits::of(&text);
    let mut left = texts.clone();
    let mut authors = 0;
    if let Some(list) = child(root, "authors") {
        authors = children(list, "author").count();
        edits.append(list, &format!("<{tag}author>{AUTHOR}</{tag}author>"));
    }
    if let Some(list) = child(root, "commentList") {
        for node in children(list, "comment") {
            let place = attribute(node, "ref").and_then(|place| place.parse().ok());
            let said = place.and_then(|place: Place| left.remove(&place));
            if let (Some(said), Some(body)) = (said, child(node, "text")) {
                let run = format!(
                    "<{tag}r><{tag}t xml:space=\"preserve\">\n{}</{tag}t></{tag}r>",
                    escaped(&said)
                );
                edits.append(body, &run);
            }
        }
        let new: String = left
            .iter()
            .map(|(place, text)| comment(tag, *place, authors, text))
            .collect();
        edits.append(list, &new);
    }
    parts.changed.insert(path.to_owned(), edits.finish());
    Ok(left.into_keys().collect())
}

/// The boxes of comments, which are shown when one points at their cells.
fn shapes(places: &[Place]) -> String {
    let mut out = String::new();
    for (number, Place { row, column }) in (FIRST_SHAPE..).zip(places) {
        let [left, right, bottom] = [column + 1, column + 5, row + 5];
        let written = write!(
            out,
            "<v:shape id=\"_x0000_s{number}\" type=\"#_x0000_t202\" \
             style=\"position:absolute;visibility:hidden\" fillcolor=\"#ffffe1\" \
             o:insetmode=\"auto\"><v:fill color2=\"#ffffe1\"/>\
             <v:textbox style=\"mso-direction-alt:auto\"/>\
             <x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/>\
             <x:Anchor>{left},15,{row},2,{right},15,{bottom},16</x:Anchor>\
             <x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>\
             </x:ClientData></v:shape>"
        );
        written.expect("text takes whatever is written");
    }
    out
}
