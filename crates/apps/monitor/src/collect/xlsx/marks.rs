//! The same workbook with cells marked: a colour, a comment, and a sheet that lists all marks.
//!
//! Cells keep whatever else their style says. Comments that are there already stay; a mark is
//! added to them. Not here: which cells are marked, and why.

mod comments;
mod fills;

use super::edits::{Edits, escaped, prefix};
use super::package::{Package, Relation, relations_path};
use super::{Book, attribute, broken, child, children, parse};
use crate::collect::Error;
use crate::collect::place::{Place, letters};
use crate::collect::workbook::Limits;
use fills::Fills;
use roxmltree::{Document, Node};
use std::collections::{BTreeMap, HashSet};

/// How the sheet that lists the marks is called.
const LIST_NAME: &str = "错误清单 Errors";

const TYPES_PATH: &str = "[Content_Types].xml";
const SHEET_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const MAIN_STRICT: &str = "http://purl.oclc.org/ooxml/spreadsheetml/main";
const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const LINKS_STRICT: &str = "http://purl.oclc.org/ooxml/officeDocument/relationships";

/// A mark on a cell.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Mark {
    /// The number of the sheet among those that are read.
    pub(in crate::collect) sheet: usize,
    /// Which cell.
    pub(in crate::collect) place: Place,
    /// Its colour: red, green and blue in hexadecimal, `FFC7CE`.
    pub(in crate::collect) colour: &'static str,
    /// What its comment says.
    pub(in crate::collect) text: String,
}

/// The same workbook with marks, and the rows of a list of them as a last sheet.
pub(in crate::collect) fn mark(
    octets: &[u8],
    limits: &Limits,
    marks: &[Mark],
    list: &[Vec<String>],
) -> Result<Vec<u8>, Error> {
    let mut package = Package::open(octets, limits)?;
    let book = Book::read(&mut package, limits)?;
    let mut parts = Parts {
        changed: BTreeMap::new(),
        types: Vec::new(),
        has_drawings: false,
    };
    let mut fills = Fills::open(&mut package, &book)?;
    let mut of_sheets: BTreeMap<usize, BTreeMap<Place, Vec<&Mark>>> = BTreeMap::new();
    for mark in marks {
        let of_sheet = of_sheets.entry(mark.sheet).or_default();
        of_sheet.entry(mark.place).or_default().push(mark);
    }
    for (at, of_sheet) in &of_sheets {
        if let Some(entry) = book.sheets.get(*at) {
            mark_sheet(&mut package, &mut parts, &mut fills, &entry.path, of_sheet)?;
        }
    }
    parts.changed.extend(fills.finish());
    add_list(&mut package, &mut parts, &book, list)?;
    parts.finish(package)
}

/// The parts that change, and what the package must be told of them.
struct Parts {
    changed: BTreeMap<String, String>,
    /// New parts and their types.
    types: Vec<(String, &'static str)>,
    has_drawings: bool,
}

impl Parts {
    /// A path that is free, with the lowest number.
    fn free_path(&self, package: &Package, before: &str, after: &str) -> String {
        let path = |number: usize| format!("{before}{number}{after}");
        let is_free = |path: &String| !package.has(path) && !self.changed.contains_key(path);
        let mut paths = (1..).map(path);
        paths.find(is_free).unwrap_or_else(|| path(0))
    }

    /// Adds a relation to those of a part; gives its id.
    fn relate(
        &mut self,
        package: &mut Package,
        from: &str,
        kind: &str,
        target: &str,
    ) -> Result<String, Error> {
        let path = relations_path(from);
        let text = match self.changed.get(&path) {
            Some(text) => text.clone(),
            None if package.has(&path) => package.part(&path)?,
            None => "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
                     <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/\
                     relationships\"/>"
                .to_owned(),
        };
        let document = parse(&text, &path)?;
        let root = document.root_element();
        let ids: HashSet<_> = children(root, "Relationship")
            .filter_map(|node| attribute(node, "Id"))
            .collect();
        let mut free = (1..).map(|number: usize| format!("rIdMark{number}"));
        let id = free
            .find(|id| !ids.contains(id.as_str()))
            .unwrap_or_default();
        let element = format!(
            "<{}Relationship Id=\"{id}\" Type=\"{LINKS}/{kind}\" Target=\"/{target}\"/>",
            prefix(&text, root)
        );
        let mut edits = Edits::of(&text);
        edits.append(root, &element);
        let text = edits.finish();
        self.changed.insert(path, text);
        Ok(id)
    }

    fn finish(mut self, mut package: Package) -> Result<Vec<u8>, Error> {
        let text = package.part(TYPES_PATH)?;
        let document = parse(&text, TYPES_PATH)?;
        let root = document.root_element();
        let tag = prefix(&text, root);
        let mut edits = Edits::of(&text);
        let mut defaults = children(root, "Default");
        let has = defaults.any(|node| {
            attribute(node, "Extension").is_some_and(|found| found.eq_ignore_ascii_case("vml"))
        });
        if self.has_drawings && !has {
            edits.append(
                root,
                &format!(
                    "<{tag}Default Extension=\"vml\" \
                     ContentType=\"application/vnd.openxmlformats-officedocument.vmlDrawing\"/>"
                ),
            );
        }
        for (path, kind) in &self.types {
            let part = format!("<{tag}Override PartName=\"/{path}\" ContentType=\"{kind}\"/>");
            edits.append(root, &part);
        }
        self.changed.insert(TYPES_PATH.to_owned(), edits.finish());
        package.with(&self.changed)
    }
}

/// The marks of each place of a sheet.
type OfSheet<'m> = BTreeMap<Place, Vec<&'m Mark>>;

fn mark_sheet(
    package: &mut Package,
    parts: &mut Parts,
    fills: &mut Fills,
    path: &str,
    marks: &OfSheet,
) -> Result<(), Error> {
    let text = package.part(path)?;
    let document = parse(&text, path)?;
    let root = document.root_element();
    let mut edits = Edits::of(&text);
    if let Some(data) = child(root, "sheetData") {
        colour(&text, data, fills, marks, &mut edits);
    }
    let relations = package.relations(path)?;
    let texts: BTreeMap<Place, String> = marks
        .iter()
        .map(|(place, marks)| {
            let texts: Vec<_> = marks.iter().map(|mark| mark.text.as_str()).collect();
            (*place, texts.join("\n"))
        })
        .collect();
    let new = comments::add(package, parts, path, &relations, &texts)?;
    if let Some(id) = new {
        put_drawing(&text, &document, &mut edits, &id);
    }
    let marked = edits.finish();
    parts.changed.insert(path.to_owned(), marked);
    Ok(())
}

/// Names the drawing of new comments; elements of a sheet have an order (18.3.1.99).
fn put_drawing(text: &str, document: &Document, edits: &mut Edits, id: &str) {
    const AFTER: [&str; 9] = [
        "legacyDrawingHF",
        "drawingHF",
        "picture",
        "oleObjects",
        "controls",
        "webPublishItems",
        "tableParts",
        "extLst",
        "AlternateContent",
    ];
    let root = document.root_element();
    let element = format!(
        "<{}legacyDrawing xmlns:r=\"{}\" r:id=\"{id}\"/>",
        prefix(text, root),
        links(root)
    );
    // Alternatives may stand for what comes early, too: those behind a drawing do not.
    let mut after_data = root
        .children()
        .skip_while(|node| node.tag_name().name() != "sheetData");
    match after_data.find(|node| AFTER.contains(&node.tag_name().name())) {
        Some(node) => edits.before(node, element),
        None => edits.append(root, &element),
    }
}

fn is_strict(root: Node) -> bool {
    root.tag_name().namespace() == Some(MAIN_STRICT)
}

fn links(root: Node) -> &'static str {
    if is_strict(root) { LINKS_STRICT } else { LINKS }
}

/// Gives the marked cells their colours; those that are not there are put in where that moves no
/// other.
fn colour(text: &str, data: Node, fills: &mut Fills, marks: &OfSheet, edits: &mut Edits) {
    let mut row = 0;
    for node in children(data, "row") {
        let said = attribute(node, "r").and_then(|row| row.parse::<u32>().ok());
        row = said.map_or(row, |row| row.saturating_sub(1));
        let mut left: BTreeMap<u32, &Mark> = marks
            .range(
                Place { row, column: 0 }..=Place {
                    row,
                    column: u32::MAX,
                },
            )
            .filter_map(|(place, marks)| Some((place.column, *marks.first()?)))
            .collect();
        row = row.saturating_add(1);
        if left.is_empty() {
            continue;
        }
        let mut column = 0;
        let mut is_placed = true;
        let mut cells = Vec::new();
        for cell in children(node, "c") {
            let written = attribute(cell, "r").and_then(|place| place.parse::<Place>().ok());
            is_placed &= written.is_some();
            column = written.map_or(column, |place| place.column);
            if let Some(mark) = left.remove(&column) {
                let style = fills.style(attribute(cell, "s"), mark.colour);
                if let Some(style) = style {
                    edits.set(cell, "s", &style);
                }
            }
            cells.push((column, cell));
            column += 1;
        }
        if !is_placed {
            continue;
        }
        let mut last = String::new();
        for (column, mark) in left {
            let Some(style) = fills.style(attribute(node, "s"), mark.colour) else {
                continue;
            };
            let place = mark.place;
            let element = format!("<{}c r=\"{place}\" s=\"{style}\"/>", prefix(text, node));
            match cells.iter().find(|(found, _)| *found > column) {
                Some((_, next)) => edits.before(*next, element),
                None => last.push_str(&element),
            }
        }
        if !last.is_empty() {
            edits.append(node, &last);
        }
    }
}

/// Adds the sheet that lists the marks.
fn add_list(
    package: &mut Package,
    parts: &mut Parts,
    book: &Book,
    list: &[Vec<String>],
) -> Result<(), Error> {
    let path = parts.free_path(package, "xl/worksheets/sheetMarks", ".xml");
    parts.changed.insert(path.clone(), list_sheet(list));
    parts.types.push((path.clone(), SHEET_TYPE));
    let id = parts.relate(package, &book.path, "worksheet", &path)?;
    let text = package.part(&book.path)?;
    let document = parse(&text, &book.path)?;
    let root = document.root_element();
    let sheets = child(root, "sheets").ok_or_else(|| broken(&book.path, "it lists no sheets"))?;
    let of_sheets = |name: &'static str| {
        children(sheets, "sheet").filter_map(move |node| attribute(node, name))
    };
    let number = of_sheets("sheetId").filter_map(|id| id.parse::<u32>().ok());
    let number = number.max().unwrap_or(0).saturating_add(1);
    let names: HashSet<&str> = of_sheets("name").collect();
    let further = (2..).map(|number: usize| format!("{LIST_NAME} {number}"));
    let mut free = std::iter::once(LIST_NAME.to_owned()).chain(further);
    let name = free.find(|name| !names.contains(name.as_str()));
    let mut edits = Edits::of(&text);
    edits.append(
        sheets,
        &format!(
            "<{}sheet xmlns:r=\"{}\" name=\"{}\" sheetId=\"{number}\" r:id=\"{id}\"/>",
            prefix(&text, sheets),
            links(root),
            escaped(&name.unwrap_or_default()),
        ),
    );
    let changed = edits.finish();
    parts.changed.insert(book.path.clone(), changed);
    Ok(())
}

/// A sheet of texts; its first row stays in sight.
fn list_sheet(rows: &[Vec<String>]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <worksheet xmlns=\"{MAIN}\">\
         <sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" \
         activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>\
         <cols><col min=\"1\" max=\"3\" width=\"16\" customWidth=\"1\"/>\
         <col min=\"4\" max=\"5\" width=\"70\" customWidth=\"1\"/>\
         <col min=\"6\" max=\"6\" width=\"20\" customWidth=\"1\"/></cols><sheetData>"
    );
    for (row, texts) in (1..).zip(rows) {
        let cell = |(column, text): (u32, &String)| {
            format!(
                "<c r=\"{}{row}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
                letters(column),
                escaped(text)
            )
        };
        let cells: Vec<_> = (0..).zip(texts).map(cell).collect();
        out.extend([
            format!("<row r=\"{row}\">"),
            cells.concat(),
            "</row>".to_owned(),
        ]);
    }
    out.push_str("</sheetData></worksheet>");
    out
}

/// A relation of a kind.
fn of_kind<'r>(relations: &'r [Relation], kind: &str) -> Option<&'r Relation> {
    relations.iter().find(|found| found.kind == kind)
}
