//! A workbook as rows of the roll: whatever its columns are called and wherever they stand.
//!
//! Not here: what is known already.

use super::spot;
use crate::collect::directory::Directory;
use crate::collect::finding::{Finding, Spot};
use crate::collect::headings::plain;
use crate::collect::mapping::ObjectKind;
use crate::collect::place::Place;
use crate::collect::workbook::{Content, Sheet, Workbook};
use codes::Date;
use facts::Object;
use std::collections::BTreeSet;

/// How far down headings are looked for.
const HEADING_ROWS_MAX: usize = 20;

/// The longest name, in octets.
const NAME_OCTETS_MAX: usize = 256;

/// What columns are called, in the order of [`Columns`].
const WORDS: [&[&str]; 6] = [
    &[
        "统一社会信用代码",
        "社会信用代码",
        "信用代码",
        "creditcode",
        "code",
    ],
    &["企业名称", "单位详细名称", "单位名称", "名称", "name"],
    &[
        "行政区划代码",
        "行政区划",
        "所在地区",
        "区划代码",
        "地区",
        "county",
        "region",
    ],
    &[
        "行业代码",
        "行业大类",
        "所属行业",
        "行业类别",
        "行业",
        "industry",
    ],
    &["起始日期", "入库日期", "开始日期", "自", "from"],
    &["终止日期", "退库日期", "结束日期", "至", "to"],
];

/// An enterprise as a row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Which.
    pub object: Object,
    /// What it is called; empty if the row does not say.
    pub name: String,
    /// Where it lies.
    pub region: Object,
    /// What it is of.
    pub industry: Object,
    /// Since which day; `None` for as long as anything is known.
    pub from: Option<Date>,
    /// The day on which it is over.
    pub to: Option<Date>,
    /// Where that is known from: the file.
    pub evidence: String,
    /// Where it stands.
    pub spot: Spot,
}

/// A workbook as rows of the roll.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    /// The rows that can be read.
    pub rows: Vec<Enrolled>,
    /// What cannot be read, and where.
    pub findings: Vec<Finding>,
}

impl Roll {
    /// Reads the first sheet that has headings of a roll.
    pub fn of(workbook: &Workbook, directory: &Directory<'_>) -> Self {
        let mut sheets = workbook.sheets.iter();
        let found = sheets.find_map(|sheet| Some((sheet, Columns::of(sheet)?)));
        let Some((sheet, columns)) = found else {
            let says = [
                "no row of headings names the credit code, the region and the industry",
                "没有找到写有统一社会信用代码、地区、行业的表头行",
            ];
            let says = says.map(str::to_owned);
            let finding = Finding::error("no-headings", Spot::default(), says);
            return Self {
                rows: Vec::new(),
                findings: vec![finding],
            };
        };
        let evidence: String = workbook.name.chars().take(200).collect();
        columns.read(sheet, directory, &evidence)
    }
}

/// In which column what stands, and in which row their headings.
struct Columns {
    row: u32,
    at: [Option<u32>; 6],
}

impl Columns {
    fn of(sheet: &Sheet) -> Option<Self> {
        let rows = sheet.rows().into_iter().take(HEADING_ROWS_MAX);
        let of_row = |row: u32| {
            let at = WORDS.map(|words| column(sheet, row, words));
            // Code, region, industry: without these there is nothing to take.
            let has = |which: usize| at.get(which).is_some_and(Option::is_some);
            (has(0) && has(2) && has(3)).then_some(Self { row, at })
        };
        rows.into_iter().find_map(of_row)
    }

    fn read(&self, sheet: &Sheet, directory: &Directory<'_>, evidence: &str) -> Roll {
        let mut roll = Roll::default();
        let mut seen = BTreeSet::new();
        for row in sheet.rows().into_iter().filter(|row| *row > self.row) {
            match self.row(sheet, row, directory) {
                Ok(None) => (),
                Ok(Some(found)) if !seen.insert(found.object.clone()) => {
                    let says = ["it stands above, too", "该企业在上面已出现"];
                    let says = says.map(str::to_owned);
                    let at = spot(&sheet.name, row);
                    roll.findings.push(Finding::error("twice", at, says));
                }
                Ok(Some(found)) => roll.rows.push(Enrolled {
                    evidence: evidence.to_owned(),
                    spot: spot(&sheet.name, row),
                    ..found
                }),
                Err((column, says)) => {
                    let at = Spot::cell(&sheet.name, Place { row, column });
                    roll.findings.push(Finding::error("unreadable", at, says));
                }
            }
        }
        roll
    }

    /// A row; nothing if it has no code. What cannot be read is told with its column.
    fn row(
        &self,
        sheet: &Sheet,
        row: u32,
        directory: &Directory<'_>,
    ) -> Result<Option<Enrolled>, (u32, [String; 2])> {
        let [code, name, region, industry, from, to] = self.at;
        let cell = |column: Option<u32>| {
            sheet.seen(Place {
                row,
                column: column?,
            })
        };
        if cell(code).is_none() {
            return Ok(None);
        }
        let find = |column: Option<u32>, kind| {
            let column = column.unwrap_or(0);
            let Some(found) = cell(Some(column)) else {
                let says = ["nothing stands here", "此处不能为空"];
                return Err((column, says.map(str::to_owned)));
            };
            directory.find(kind, found).map_err(|says| (column, says))
        };
        let name = cell(name).map(ToString::to_string).unwrap_or_default();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.len() > NAME_OCTETS_MAX || name.chars().any(char::is_control) {
            let says = [
                "a name has at most 256 octets of plain text",
                "名称过长或含控制字符",
            ];
            return Err((self.at[1].unwrap_or(0), says.map(str::to_owned)));
        }
        let day = |column: Option<u32>| match cell(column) {
            None => Ok(None),
            Some(found) => day(found)
                .map(Some)
                .map_err(|says| (column.unwrap_or(0), says)),
        };
        Ok(Some(Enrolled {
            object: find(code, ObjectKind::CreditCode)?,
            name,
            region: find(region, ObjectKind::Region)?,
            industry: find(industry, ObjectKind::Industry)?,
            from: day(from)?,
            to: day(to)?,
            evidence: String::new(),
            spot: Spot::default(),
        }))
    }
}

/// The column of a row whose heading is one of some words, the first of them that there is.
fn column(sheet: &Sheet, row: u32, words: &[&str]) -> Option<u32> {
    let headings: Vec<(u32, String)> = sheet
        .row(row)
        .map(|(place, content)| (place.column, plain(&content.to_string()).0.to_lowercase()))
        .collect();
    words.iter().find_map(|word| {
        let found = headings.iter().find(|(_, heading)| heading == word);
        found.map(|(column, _)| *column)
    })
}

/// A day as a date, as text, or as eight digits.
fn day(content: &Content) -> Result<Date, [String; 2]> {
    if let Content::Day(day) = content {
        return Ok(*day);
    }
    let written = content.to_string();
    let text = written
        .trim()
        .replace(['/', '.', '年', '月'], "-")
        .replace('日', "");
    let is_digits = text.len() == 8 && text.bytes().all(|octet| octet.is_ascii_digit());
    let parts: Vec<&str> = if is_digits {
        [0..4, 4..6, 6..8]
            .into_iter()
            .filter_map(|part| text.get(part))
            .collect()
    } else {
        text.split('-').collect()
    };
    let padded: Vec<String> = parts.iter().map(|part| format!("{part:0>2}")).collect();
    padded.join("-").parse().map_err(|_| {
        [
            format!("'{written}' is no day such as 2022-01-31"),
            format!("“{written}”不是日期（如2022-01-31）"),
        ]
    })
}
