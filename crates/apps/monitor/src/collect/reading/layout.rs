//! Where things stand on a sheet this month: headings that have moved, columns by their headings,
//! rows that are no data.
//!
//! Not here: reading the data.

use crate::collect::headings::{Heading, headings, plain};
use crate::collect::mapping::{PeriodPlace, SheetMapping};
use crate::collect::workbook::{Content, Sheet};

/// How far headings may move up or down from one month to the next, in lines.
const MOVES_MAX: i32 = 10;

/// What lines begin with that are no data.
const REMARKS: [&str; 22] = [
    "注",
    "备注",
    "说明",
    "附注",
    "填表",
    "填报",
    "制表",
    "审核",
    "复核",
    "负责人",
    "单位负责人",
    "统计负责人",
    "联系",
    "报出日期",
    "报送",
    "资料来源",
    "数据来源",
    "打印",
    "Note",
    "Source",
    "Remark",
    "*",
];

/// What stands where a row totals others.
const TOTALS: [&str; 8] = [
    "合计",
    "总计",
    "小计",
    "累计合计",
    "Total",
    "total",
    "TOTAL",
    "Sum",
];

/// Where things stand.
pub(super) struct Layout {
    /// The rows of the headings, from 0.
    pub(super) rows: [u32; 2],
    headings: Vec<Heading>,
    /// The columns of the objects, in the order of the mapping.
    pub(super) objects: Vec<Option<u32>>,
    pub(super) label: Option<u32>,
    pub(super) period: Option<u32>,
    pub(super) explanation: Option<u32>,
    /// Headings that the mapping does not name.
    pub(super) not_mapped: Vec<Heading>,
}

impl Layout {
    /// Finds the headings of a mapping, nearest to where they were; `None` if none is there.
    pub(super) fn find(sheet: &Sheet, mapping: &SheetMapping) -> Option<Self> {
        let wanted: Vec<String> = named(mapping).map(|name| plain(name).0).collect();
        let [first, last] = mapping.heading_rows();
        let count = |rows: [u32; 2]| {
            let found = headings(sheet, rows);
            let is_there = |name: &&String| found.iter().any(|heading| heading.path == **name);
            wanted.iter().filter(is_there).count()
        };
        let mut best = ([first, last], count([first, last]));
        for distance in (1..=MOVES_MAX).flat_map(|by| [by, -by]) {
            if best.1 == wanted.len() {
                break;
            }
            let moved = [first, last].map(|row| row.checked_add_signed(distance));
            if let [Some(first), Some(last)] = moved {
                let counted = count([first, last]);
                if counted > best.1 {
                    best = ([first, last], counted);
                }
            }
        }
        (best.1 > 0).then(|| Self::at(sheet, mapping, best.0, &wanted))
    }

    fn at(sheet: &Sheet, mapping: &SheetMapping, rows: [u32; 2], wanted: &[String]) -> Self {
        let headings = headings(sheet, rows);
        let column = |name: &String| {
            let path = plain(name).0;
            let found = headings.iter().find(|heading| heading.path == path);
            found.map(|heading| heading.column)
        };
        let objects = mapping.objects.iter();
        let is_new =
            |heading: &&Heading| !wanted.contains(&heading.path) && !heading.path.is_empty();
        Self {
            rows,
            objects: objects
                .map(|of| of.column.as_ref().and_then(column))
                .collect(),
            label: mapping.label.as_ref().and_then(column),
            period: match &mapping.period {
                PeriodPlace::Column(name) => column(name),
                _ => None,
            },
            explanation: mapping.explanation.as_ref().and_then(column),
            not_mapped: headings.iter().filter(is_new).cloned().collect(),
            headings,
        }
    }

    /// The headings of a path.
    pub(super) fn of_path(&self, path: &str) -> impl Iterator<Item = &Heading> {
        self.headings
            .iter()
            .filter(move |heading| heading.path == path)
    }
}

/// The headings that a mapping names.
fn named(mapping: &SheetMapping) -> impl Iterator<Item = &String> {
    let figures = mapping.figures.iter().map(|figure| &figure.column);
    named_beside_figures(mapping).chain(figures)
}

/// The headings that a mapping names of objects, periods, names and explanations.
pub(super) fn named_beside_figures(mapping: &SheetMapping) -> impl Iterator<Item = &String> {
    let objects = mapping
        .objects
        .iter()
        .filter_map(|object| object.column.as_ref());
    let period = match &mapping.period {
        PeriodPlace::Column(name) => Some(name),
        _ => None,
    };
    let others = [period, mapping.label.as_ref(), mapping.explanation.as_ref()];
    objects.chain(others.into_iter().flatten())
}

/// Whether a row only numbers the columns: 甲, 乙, 1, 2, 3.
pub(super) fn is_numbering(sheet: &Sheet, row: u32) -> bool {
    const STEMS: [&str; 10] = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"];
    let mut next = 1;
    let mut counted = 0;
    let mut has_stem = false;
    for (_, content) in sheet.row(row) {
        let text = content.to_string();
        let text = text.trim();
        let is_stem = STEMS.contains(&text);
        if !is_stem && text != next.to_string() && text != format!("({next})") {
            return false;
        }
        has_stem |= is_stem;
        next += u32::from(!is_stem);
        counted += 1;
    }
    // A lone 1 may be a figure; rows of figures 1, 2, 3 have something beside them.
    counted >= 2 && (has_stem || counted >= 3)
}

/// Whether what numbers columns has marks that no figures have: 甲, (1).
pub(super) fn has_marks(sheet: &Sheet, row: u32) -> bool {
    let is_plain = |text: &str| text.trim().chars().all(|found| found.is_ascii_digit());
    let mut cells = sheet.row(row);
    cells.any(|(_, content)| !is_plain(&content.to_string()))
}

/// Whether a row is a remark: its first text says so.
pub(super) fn is_remark(sheet: &Sheet, row: u32) -> bool {
    let Some((_, Content::Text(first))) = sheet.row(row).next() else {
        return false;
    };
    let first = plain(first).0;
    REMARKS.iter().any(|word| first.starts_with(word))
}

/// Whether text stands for the total of the other rows.
pub(super) fn is_total(text: &str) -> bool {
    let text = plain(text).0;
    TOTALS.contains(&text.trim_end_matches(':'))
}
