//! The bulletin as an editable document, laid out by the habits of official documents (GB/T 9704).
//!
//! | | |
//! | --- | --- |
//! | page | A4; margins 37 mm above, 28 mm left, so that 156 mm by 225 mm of text remain |
//! | lines | 22 on a page of 28 characters each |
//! | red head | the issuer in 小标宋, red, centred; its number; a red line |
//! | title | 小标宋 二号 (22 pt), centred |
//! | body | 仿宋 三号 (16 pt), each paragraph begins two characters in |
//! | headings | 黑体 三号, numbered 一、二、 |
//! | signature | at the right, the day below it |
//! | page number | 四号 (14 pt) between dashes, at the right of odd pages, the left of even ones |
//! | end | copies and issue between lines, 四号 |
//!
//! The fonts are named, not enclosed: offices have them. The container is a ZIP whose entries are
//! not compressed and all as old as the format, so the same bulletin makes the same octets under
//! every version of a compressor. Not here: sources; they go with the workbook (`xlsx`).

use super::html::date;
use super::model::{Bulletin, Cell, Paragraph, Table};
use super::words::{chinese_count, chinese_moment};
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Says in which languages a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Languages {
    /// In Chinese, as documents are sent.
    Chinese,
    /// With English below each paragraph.
    Both,
}

const CONTENT_TYPES: &str = include_str!("docx/content-types.xml");
const RELATIONS: &str = include_str!("docx/relations.xml");
const DOCUMENT_RELATIONS: &str = include_str!("docx/document-relations.xml");
const SETTINGS: &str = include_str!("docx/settings.xml");
const STYLES: &str = include_str!("docx/styles.xml");
const FOOTER_ODD: &str = include_str!("docx/footer-odd.xml");
const FOOTER_EVEN: &str = include_str!("docx/footer-even.xml");

/// What declares the names that parts use.
const NAMESPACES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
     xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// The end of the document: the page, its margins in twentieths of a point, its grid of lines, its
/// headers and footers. A grid of characters is left out, for offices differ in how wide they make
/// it; characters stand a fifth of a point nearer instead, so that 28 of them fill a line.
const PAGE: &str = "<w:sectPr>\
     <w:headerReference w:type=\"default\" r:id=\"rId5\"/>\
     <w:headerReference w:type=\"even\" r:id=\"rId5\"/>\
     <w:footerReference w:type=\"default\" r:id=\"rId3\"/>\
     <w:footerReference w:type=\"even\" r:id=\"rId4\"/>\
     <w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
     <w:pgMar w:top=\"2098\" w:right=\"1474\" w:bottom=\"1984\" w:left=\"1588\" \
     w:header=\"851\" w:footer=\"1588\" w:gutter=\"0\"/>\
     <w:docGrid w:type=\"lines\" w:linePitch=\"580\"/>\
     </w:sectPr>";

/// The width of the text, in points: what the red head must fit in.
const TEXT_WIDTH_POINTS: usize = 442;

/// The same in twentieths of a point: what the columns of a table share.
const TEXT_WIDTH_TWENTIETHS: usize = 8844;

/// The bulletin as a .docx.
pub fn docx(bulletin: &Bulletin, languages: Languages) -> Vec<u8> {
    let parts = [
        ("[Content_Types].xml", CONTENT_TYPES.to_owned()),
        ("_rels/.rels", RELATIONS.to_owned()),
        ("docProps/core.xml", properties(bulletin)),
        ("word/document.xml", document(bulletin, languages)),
        (
            "word/_rels/document.xml.rels",
            DOCUMENT_RELATIONS.to_owned(),
        ),
        ("word/styles.xml", STYLES.to_owned()),
        ("word/settings.xml", SETTINGS.to_owned()),
        ("word/footer1.xml", FOOTER_ODD.to_owned()),
        ("word/footer2.xml", FOOTER_EVEN.to_owned()),
        ("word/header1.xml", header(&bulletin.order.mark)),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    for (name, part) in parts {
        let put = zip.start_file(name, options);
        put.expect("ten short names make a ZIP");
        zip.write_all(part.as_bytes())
            .expect("memory does not fail");
    }
    let written = zip.finish().expect("memory does not fail");
    written.into_inner()
}

/// Text between tags: what is special there, and what XML cannot hold at all.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other if other.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

fn properties(bulletin: &Bulletin) -> String {
    let [title, creator] = [&bulletin.title[1], &bulletin.order.issuer[1]].map(|of| escaped(of));
    let day = bulletin.order.issued;
    let w3c = "xsi:type=\"dcterms:W3CDTF\"";
    format!(
        "{XML}<cp:coreProperties \
         xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <dc:title>{title}</dc:title><dc:creator>{creator}</dc:creator>\
         <dcterms:created {w3c}>{day}T00:00:00Z</dcterms:created>\
         <dcterms:modified {w3c}>{day}T00:00:00Z</dcterms:modified>\
         </cp:coreProperties>"
    )
}

fn header(mark: &str) -> String {
    let mark = paragraph("Mark", "", mark);
    format!("{XML}<w:hdr {NAMESPACES}>{mark}</w:hdr>")
}

/// A paragraph of a style; `format` is further properties of it.
fn paragraph(style: &str, format: &str, text: &str) -> String {
    let run = if text.is_empty() {
        String::new()
    } else {
        run("", text)
    };
    format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/>{format}</w:pPr>{run}</w:p>")
}

fn run(format: &str, text: &str) -> String {
    let format = if format.is_empty() {
        String::new()
    } else {
        format!("<w:rPr>{format}</w:rPr>")
    };
    let text = escaped(text);
    format!("<w:r>{format}<w:t xml:space=\"preserve\">{text}</w:t></w:r>")
}

fn document(bulletin: &Bulletin, languages: Languages) -> String {
    let order = &bulletin.order;
    let mut out = format!("{XML}<w:document {NAMESPACES}><w:body>");
    let both = languages == Languages::Both;
    let mut add = |text: String| out.push_str(&text);
    add(red_head(&order.issuer[1]));
    add(paragraph("Number", "", &order.number));
    // Two lines below the red one.
    add(paragraph("Normal", "", ""));
    add(paragraph("Title", "", &bulletin.title[1]));
    if both {
        add(paragraph(
            "English",
            "<w:jc w:val=\"center\"/>",
            &bulletin.title[0],
        ));
    }
    add(paragraph("Normal", "", ""));
    if let Some(old) = &order.corrects {
        add(paragraph("Body", "", &format!("本通报更正 {old}。")));
    }
    if !order.addressees.is_empty() {
        add(paragraph(
            "Addressee",
            "",
            &format!("{}：", order.addressees.join("、")),
        ));
    }
    for (number, section) in (1..).zip(&bulletin.sections) {
        let heading = format!("{}、{}", chinese_count(number), section.heading[1]);
        add(paragraph("Heading1", "", &heading));
        for said in &section.paragraphs {
            add(sentences(said, both));
        }
        for shown in &section.tables {
            add(table(shown, both));
        }
    }
    add(paragraph(
        "Body",
        "",
        &format!(
            "（数据截至 {}，来源见所附数据表。）",
            chinese_moment(order.at())
        ),
    ));
    add(paragraph("Normal", "", ""));
    add(paragraph("Signature", "", &order.issuer[1]));
    add(paragraph("Date", "", &date(order)));
    add(end(bulletin));
    add(PAGE.to_owned());
    add("</w:body></w:document>".to_owned());
    out
}

/// The issuer, as large as it can be on one line.
fn red_head(issuer: &str) -> String {
    let count = issuer.chars().count().max(1);
    let points = (TEXT_WIDTH_POINTS / count).clamp(16, 42);
    let halves = points * 2;
    let size = format!("<w:sz w:val=\"{halves}\"/><w:szCs w:val=\"{halves}\"/>");
    let run = run(&size, issuer);
    format!("<w:p><w:pPr><w:pStyle w:val=\"RedHead\"/></w:pPr>{run}</w:p>")
}

fn sentences(said: &Paragraph, both: bool) -> String {
    let text = |language: usize| -> String {
        said.pieces(language)
            .iter()
            .map(super::model::Piece::text)
            .collect()
    };
    let mut out = paragraph("Body", "", &text(1));
    if both {
        out.push_str(&paragraph("English", "", &text(0)));
    }
    out
}

fn table(table: &Table, both: bool) -> String {
    let mut out = paragraph("Caption", "", &table.caption[1]);
    out.push_str(
        "<w:tbl><w:tblPr><w:tblStyle w:val=\"Grid\"/><w:tblW w:w=\"5000\" w:type=\"pct\"/>\
         <w:jc w:val=\"center\"/></w:tblPr><w:tblGrid>",
    );
    let widths = widths(table);
    for width in &widths {
        let _ = write!(out, "<w:gridCol w:w=\"{width}\"/>");
    }
    out.push_str("</w:tblGrid>");
    let head = table.head.iter().map(|[english, chinese]| {
        let mut cell = paragraph("TableHead", "", chinese);
        if both {
            cell.push_str(&paragraph("TableEnglish", "", english));
        }
        cell
    });
    // The head is told again on every page.
    out.push_str(&row(head, &widths, "<w:tblHeader/>"));
    for cells in &table.rows {
        let cells = cells.iter().enumerate().map(|(at, cell)| {
            let style = match (at, cell) {
                (0, _) | (_, Cell::Words(_)) => "TableText",
                _ => "TableFigure",
            };
            paragraph(style, "", cell.text(1))
        });
        out.push_str(&row(cells, &widths, ""));
    }
    out.push_str("</w:tbl>");
    out
}

/// How wide the columns are, in twentieths of a point: by the longest text in each, of which four
/// characters count at least and sixteen at most.
fn widths(table: &Table) -> Vec<usize> {
    let characters = |text: &str| text.chars().count();
    let column = |(at, head): (usize, &[String; 2])| {
        let cells = table.rows.iter().filter_map(|row| row.get(at));
        let longest = cells
            .map(|cell| characters(cell.text(1)))
            .max()
            .unwrap_or(0);
        // A head may stand on three lines.
        longest.max(characters(&head[1]) / 3).clamp(4, 16)
    };
    let columns: Vec<_> = table.head.iter().enumerate().map(column).collect();
    let all: usize = columns.iter().sum();
    let width = |of: &usize| TEXT_WIDTH_TWENTIETHS * of / all.max(1);
    columns.iter().map(width).collect()
}

fn row(cells: impl Iterator<Item = String>, widths: &[usize], more: &str) -> String {
    let mut out = format!("<w:tr><w:trPr><w:cantSplit/>{more}</w:trPr>");
    for (cell, width) in cells.zip(widths) {
        let width = format!("<w:tcW w:w=\"{width}\" w:type=\"dxa\"/>");
        let _ = write!(
            out,
            "<w:tc><w:tcPr>{width}<w:vAlign w:val=\"center\"/></w:tcPr>{cell}</w:tc>"
        );
    }
    out.push_str("</w:tr>");
    out
}

/// Copies, and who has issued it when, between lines at the end.
fn end(bulletin: &Bulletin) -> String {
    let order = &bulletin.order;
    let mut out = paragraph("Normal", "", "");
    if !order.copies.is_empty() {
        let copies = format!("抄送：{}。", order.copies.join("，"));
        out.push_str(&paragraph("Copies", "", &copies));
    }
    let day = order.issued;
    let issued = format!("{}年{}月{}日印发", day.year(), day.month(), day.day());
    let runs = format!(
        "{}<w:r><w:tab/></w:r>{}",
        run("", &order.issuer[1]),
        run("", &issued)
    );
    let _ = write!(
        out,
        "<w:p><w:pPr><w:pStyle w:val=\"Issue\"/></w:pPr>{runs}</w:p>"
    );
    out
}
