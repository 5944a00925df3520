//! Workbooks in Office Open XML (ECMA-376): read into sheets, and given back with marks.
//!
//! What is read: `xl/workbook.xml` and the sheets, shared strings and styles that it leads to. The
//! relations say where they are; names of elements are read without their namespaces, so that the
//! strict form is read too. What is given back is the same package: only the parts that carry
//! marks are written anew, and in these only what is marked, all else octet for octet.
//!
//! Why not a crate that reads and writes workbooks: those that read do not tell what is hidden,
//! and those that edit rewrite the whole package and lose what they do not know.
//!
//! Not here: what the cells mean (`reading`), which cells are marked (`marked`).

mod edits;
mod marks;
mod package;
mod scan;
mod sheet;
mod styles;

pub(super) use marks::{Mark, mark};

use super::Error;
use super::workbook::{Limits, Sheet};
use package::{Package, Relation};
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeMap;
use std::sync::Arc;
use styles::Styles;

/// The most nodes of a part: three for a cell, and as many again.
const NODES_MAX: u32 = 4_000_000;

/// Reads all sheets that are tables; charts on sheets of their own are passed over.
pub(super) fn read(octets: &[u8], limits: &Limits) -> Result<Vec<Sheet>, Error> {
    let mut package = Package::open(octets, limits)?;
    let book = Book::read(&mut package, limits)?;
    let styles = match book.target("styles") {
        Some(path) => Styles::read(&package.part(&path)?, &path)?,
        None => Styles::default(),
    };
    let strings = match book.target("sharedStrings") {
        Some(path) => shared_strings(&package.part(&path)?, &path)?,
        None => Vec::new(),
    };
    let context = sheet::Context {
        styles,
        strings,
        is_1904: book.is_1904,
        limits,
    };
    let mut sheets = Vec::with_capacity(book.sheets.len());
    let mut cells = 0;
    for entry in &book.sheets {
        let text = package.part(&entry.path)?;
        let sheet = context.read(entry, &text, cells)?;
        cells += sheet.count();
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// A sheet as the workbook lists it.
struct Entry {
    name: String,
    is_hidden: bool,
    path: String,
}

/// What `workbook.xml` says.
struct Book {
    path: String,
    sheets: Vec<Entry>,
    is_1904: bool,
    relations: Vec<Relation>,
}

impl Book {
    fn read(package: &mut Package, limits: &Limits) -> Result<Self, Error> {
        let roots = package.relations("")?;
        let is_book = |relation: &&Relation| relation.kind == "officeDocument";
        let path = roots.iter().find(is_book).map(|found| found.target.clone());
        let path = path.ok_or_else(|| broken("_rels/.rels", "it leads to no workbook"))?;
        let relations = package.relations(&path)?;
        let text = package.part(&path)?;
        let document = parse(&text, &path)?;
        let root = document.root_element();
        let properties = child(root, "workbookPr");
        let listed = child(root, "sheets").ok_or_else(|| broken(&path, "it lists no sheets"))?;
        let mut sheets = Vec::new();
        // Of two relations with one id the first counts.
        let by_id: BTreeMap<&str, &Relation> = relations
            .iter()
            .rev()
            .map(|relation| (relation.id.as_str(), relation))
            .collect();
        for node in children(listed, "sheet") {
            let id = attribute(node, "id").unwrap_or_default();
            let Some(relation) = by_id.get(id) else {
                return Err(broken(&path, "a sheet is listed that is nowhere"));
            };
            if relation.kind == "worksheet" {
                if sheets.len() == limits.sheets {
                    let max = limits.sheets as u64;
                    return Err(Limits::beyond("sheets", "工作表数", max));
                }
                sheets.push(Entry {
                    name: attribute(node, "name").unwrap_or_default().to_owned(),
                    is_hidden: attribute(node, "state").is_some_and(|state| state != "visible"),
                    path: relation.target.clone(),
                });
            }
        }
        Ok(Self {
            sheets,
            is_1904: properties.is_some_and(|node| is_true(node, "date1904")),
            relations,
            path,
        })
    }

    fn target(&self, kind: &str) -> Option<String> {
        let found = self.relations.iter().find(|found| found.kind == kind);
        found.map(|found| found.target.clone())
    }
}

fn shared_strings(text: &str, path: &str) -> Result<Vec<Arc<str>>, Error> {
    let document = parse(text, path)?;
    let items = children(document.root_element(), "si");
    Ok(items.map(|item| string_of(item).into()).collect())
}

/// The text of a string item: of its runs, without what tells how they are pronounced.
fn string_of(item: Node) -> String {
    let mut text = String::new();
    for node in item.children() {
        match node.tag_name().name() {
            "t" => text.push_str(node.text().unwrap_or_default()),
            "r" => {
                let runs = children(node, "t").filter_map(|run| run.text());
                text.extend(runs);
            }
            _ => (),
        }
    }
    text
}

fn parse<'t>(text: &'t str, path: &str) -> Result<Document<'t>, Error> {
    scan::check(text, path)?;
    // No document type is allowed: entities could be made of entities.
    let options = ParsingOptions {
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| broken(path, &error))
}

fn broken(part: &str, problem: &(impl ToString + ?Sized)) -> Error {
    Error::Broken {
        part: part.to_owned(),
        problem: problem.to_string(),
    }
}

fn child<'n, 'i>(node: Node<'n, 'i>, name: &str) -> Option<Node<'n, 'i>> {
    node.children()
        .find(|found| found.tag_name().name() == name)
}

fn children<'n, 'i>(node: Node<'n, 'i>, name: &'n str) -> impl Iterator<Item = Node<'n, 'i>> {
    node.children()
        .filter(move |found| found.tag_name().name() == name)
}

/// An attribute by its name without a namespace, such as `r:id`.
fn attribute<'n>(node: Node<'n, '_>, name: &str) -> Option<&'n str> {
    let found = node.attributes().find(|found| found.name() == name);
    found.map(|found| found.value())
}

fn is_true(node: Node, name: &str) -> bool {
    attribute(node, name).is_some_and(|value| value == "1" || value == "true" || value == "on")
}
