//! The bulletin as the source of a Typst document, from which `typst compile` makes the PDF.
//!
//! Why the source and not the PDF: the compiler is some three hundred crates, and the fonts of
//! official documents may not be given away with it. Whoever has the fonts has an office, and one
//! command makes the PDF there. Texts are strings of Typst, never its markup, so nothing that
//! somebody was called can run in it.
//!
//! Not here: sources; they go with the workbook (`xlsx`).

use super::html::date;
use super::model::{Bulletin, Piece, Table};
use super::words::{chinese_count, chinese_moment};
use std::fmt::Write as _;

/// The page and its fonts; behind the fonts of offices stand free ones.
const HEAD: &str = include_str!("head.typ");

/// The bulletin as the source of a Typst document.
pub fn typst(bulletin: &Bulletin) -> String {
    let order = &bulletin.order;
    let mut out = HEAD.to_owned();
    let day = order.issued;
    // With a day of its own the PDF is the same whenever it is made.
    let _ = writeln!(
        out,
        "#set document(title: {}, author: {}, date: datetime(year: {}, month: {}, day: {}))",
        quoted(&bulletin.title[1]),
        quoted(&order.issuer[1]),
        day.year(),
        day.month(),
        day.day()
    );
    let mut add = |function: &str, text: &str| {
        let _ = writeln!(out, "#{function}({})", quoted(text));
    };
    add("mark", &order.mark);
    add("red-head", &order.issuer[1]);
    add("number", &order.number);
    add("headline", &bulletin.title[1]);
    if let Some(old) = &order.corrects {
        add("body", &format!("本通报更正 {old}。"));
    }
    if !order.addressees.is_empty() {
        add("addressee", &format!("{}：", order.addressees.join("、")));
    }
    for (number, section) in (1..).zip(&bulletin.sections) {
        let heading = format!("{}、{}", chinese_count(number), section.heading[1]);
        let _ = writeln!(out, "#section({})", quoted(&heading));
        for said in &section.paragraphs {
            let text: String = said.chinese.iter().map(Piece::text).collect();
            let _ = writeln!(out, "#body({})", quoted(&text));
        }
        for shown in &section.tables {
            out.push_str(&table(shown));
        }
    }
    let known = format!(
        "（数据截至 {}，来源见所附数据表。）",
        chinese_moment(order.at())
    );
    let _ = writeln!(out, "#body({})", quoted(&known));
    let _ = writeln!(
        out,
        "#signature({}, {})",
        quoted(&order.issuer[1]),
        quoted(&date(order))
    );
    if !order.copies.is_empty() {
        let copies = format!("抄送：{}。", order.copies.join("，"));
        let _ = writeln!(out, "#copies({})", quoted(&copies));
    }
    out
}

fn table(table: &Table) -> String {
    let mut out = format!(
        "#grid-table({}, {}, (\n",
        quoted(&table.caption[1]),
        table.head.len()
    );
    for [_, chinese] in &table.head {
        let _ = writeln!(out, "  {},", quoted(chinese));
    }
    out.push_str("), (\n");
    for cell in table.rows.iter().flatten() {
        let _ = writeln!(out, "  {},", quoted(cell.text(1)));
    }
    out.push_str("))\n");
    out
}

/// A string of Typst.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            other if other.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
