//! Tasks as tables in CSV: read into a ledger, and written out of one.
//!
//! | column | |
//! | --- | --- |
//! | `name` | of the task: 1 to 24 small letters, digits, `-`, `.`, `_` |
//! | `article` | the number of the article, from 1 |
//! | `group`, `group_en` | what articles are gathered under; may be empty |
//! | `measure`, `measure_en`, `task`, `task_en` | in Chinese and in English |
//! | `lead`, `support` | the body that leads; those that support, with `;` between |
//! | `region` | its code; empty: where the document is carried out |
//! | `due` | a day such as 2022-12-31; empty: as the listing says |
//! | `indicators` | those that show the effect, with `;` between |
//!
//! A spreadsheet takes what begins with `=`, `+`, `-` or `@` for a formula and may run it. So such
//! a text is written with `'` before it, and read without.
//!
//! Not here: workbooks, how a task stands.

use super::{Assignment, catalogue, names, outcome};
use crate::cases::NAME_OCTETS_MAX;
use codes::{Date, Region};
use facts::Indicator;
use facts::case::Machine;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The tasks of the joint notice.
const NOTICE: &str = include_str!("notice.csv");

/// The columns of a table of tasks.
const COLUMNS: [&str; 13] = [
    "name",
    "article",
    "group",
    "group_en",
    "measure",
    "measure_en",
    "task",
    "task_en",
    "lead",
    "support",
    "region",
    "due",
    "indicators",
];

/// The columns that say how a task stands, behind the others.
const STANDING: [&str; 6] = ["state", "outcome", "lamp", "next_due", "evidence", "remark"];

/// The most tasks of one table: a province's plan of a year has hundreds.
const TASKS_MAX: usize = 10_000;

/// The longest text of a cell, in octets.
pub(super) const TEXT_OCTETS_MAX: usize = 256;

/// The most bodies or indicators of one cell.
const LISTED_MAX: usize = 12;

/// A task of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What it is called.
    pub name: String,
    /// The number of its article.
    pub article: u16,
    /// What its article is gathered under, in English and in Chinese.
    pub group: [String; 2],
    /// Its measure, likewise.
    pub measure: [String; 2],
    /// What is to be done, likewise.
    pub task: [String; 2],
    /// The body that leads.
    pub lead: String,
    /// The bodies that support it.
    pub support: Vec<String>,
    /// Where.
    pub region: Option<Region>,
    /// Until when.
    pub due: Option<Date>,
    /// What shows its effect.
    pub indicators: Vec<Indicator>,
}

/// What is wrong with a table, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: u64,
    /// The column; empty if it is the line as a whole.
    pub column: &'static str,
    /// What is wrong, in English and in Chinese.
    pub said: [String; 2],
}

/// Prints it in English.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, said } = self;
        let place = if column.is_empty() { "" } else { ", column " };
        write!(f, "line {line}{place}{column}: {}", said[0])
    }
}

/// The tasks of the joint notice: the example.
pub fn notice() -> Vec<Task> {
    read(NOTICE).expect("tests have read our own table")
}

/// Reads a table of tasks; columns behind the known ones are passed over, so what [`write_ledger`]
/// has made can be read again.
///
/// # Errors
/// All problems of all lines: nothing of a table is taken that has one.
pub fn read(csv: &str) -> Result<Vec<Task>, Vec<Problem>> {
    let csv = csv.strip_prefix('\u{feff}').unwrap_or(csv);
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.flexible(true).from_reader(csv.as_bytes());
    let mut problems = Vec::new();
    let is_known = |head: &csv::StringRecord| {
        let same = head.iter().zip(COLUMNS).filter(|(a, b)| a.trim() == *b);
        same.count() == COLUMNS.len()
    };
    if !reader.headers().is_ok_and(is_known) {
        let columns = COLUMNS.join(",");
        let english = format!("the columns must begin with {columns}");
        let chinese = format!("表头须依次为 {columns}");
        return Err(vec![problem(1, "", english, chinese)]);
    }
    let mut tasks = Vec::new();
    let mut lines = BTreeMap::new();
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let said = "这一行无法读取".to_owned();
                problems.push(problem(line, "", error.to_string(), said));
                break;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        if tasks.len() == TASKS_MAX {
            let english = format!("a table has at most {TASKS_MAX} tasks");
            let chinese = format!("一张表最多 {TASKS_MAX} 项任务");
            problems.push(problem(line, "", english, chinese));
            break;
        }
        let task = Row {
            cells: &row,
            line,
            problems: &mut problems,
        }
        .task();
        if let Some(before) = lines.insert(task.name.clone(), line) {
            let english = format!("'{}' stands on line {before} already", task.name);
            let chinese = format!("与第 {before} 行的任务编号“{}”重复", task.name);
            problems.push(problem(line, "name", english, chinese));
        }
        tasks.push(task);
    }
    if problems.is_empty() {
        Ok(tasks)
    } else {
        Err(problems)
    }
}

fn problem(line: u64, column: &'static str, english: String, chinese: String) -> Problem {
    let said = [english, chinese];
    Problem { line, column, said }
}

/// A line that is read; what is wrong with it is gathered, and the rest is read on.
struct Row<'r> {
    cells: &'r csv::StringRecord,
    line: u64,
    problems: &'r mut Vec<Problem>,
}

impl Row<'_> {
    fn task(mut self) -> Task {
        let name = self.text("name", 1);
        let fits = |octet: u8| {
            octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"-._".contains(&octet)
        };
        let is_name = name.len() <= NAME_OCTETS_MAX && name.bytes().all(fits);
        if !is_name {
            let english = "a name has 1 to 24 small letters, digits, '-', '.' and '_'";
            self.tell("name", english, "编号须为 1 至 24 个小写字母、数字或 - . _");
        }
        let pair = |row: &mut Self, [english, chinese]: [&'static str; 2], least| {
            [row.text(english, least), row.text(chinese, least)]
        };
        Task {
            article: self.parsed("article", 1).unwrap_or_default(),
            group: pair(&mut self, ["group_en", "group"], 0),
            measure: pair(&mut self, ["measure_en", "measure"], 1),
            task: pair(&mut self, ["task_en", "task"], 1),
            lead: self.text("lead", 1),
            support: self.listed("support"),
            region: self.parsed("region", 0),
            due: self.parsed("due", 0),
            indicators: self.indicators(),
            name,
        }
    }

    fn tell(&mut self, column: &'static str, english: &str, chinese: &str) {
        let [english, chinese] = [english, chinese].map(str::to_owned);
        self.problems
            .push(problem(self.line, column, english, chinese));
    }

    fn text(&mut self, column: &'static str, least: usize) -> String {
        let at = COLUMNS.iter().position(|found| *found == column);
        let cell = at
            .and_then(|at| self.cells.get(at))
            .unwrap_or_default()
            .trim();
        let cell = match cell.strip_prefix('\'') {
            Some(rest) if is_formula(rest) => rest,
            _ => cell,
        };
        let fits = (least..=TEXT_OCTETS_MAX).contains(&cell.len());
        if !fits || cell.chars().any(char::is_control) {
            let english = format!("it needs {least} to 256 octets of text on one line");
            let chinese = format!("须为 {least} 至 256 字节的单行文字");
            self.tell(column, &english, &chinese);
            return String::new();
        }
        cell.to_owned()
    }

    fn parsed<T: FromStr<Err: fmt::Display>>(
        &mut self,
        column: &'static str,
        least: usize,
    ) -> Option<T> {
        let text = self.text(column, least);
        if text.is_empty() {
            return None;
        }
        match text.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.tell(column, &error.to_string(), &format!("“{text}”无法识别"));
                None
            }
        }
    }

    fn listed(&mut self, column: &'static str) -> Vec<String> {
        let text = self.text(column, 0);
        let parts = text.split([';', '；']).map(str::trim);
        let parts: Vec<_> = parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        if parts.len() > LISTED_MAX {
            self.tell(column, "a cell lists at most 12", "一格最多列 12 项");
        }
        parts
    }

    fn indicators(&mut self) -> Vec<Indicator> {
        let mut read = Vec::new();
        for code in self.listed("indicators") {
            match code.parse::<Indicator>() {
                Ok(indicator) => read.push(indicator),
                Err(error) => {
                    let chinese = format!("“{code}”不是指标代码");
                    self.tell("indicators", &error.to_string(), &chinese);
                }
            }
        }
        read
    }
}

fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\''])
}

/// A cell that no spreadsheet runs.
fn cell(text: &str) -> String {
    let quote = if is_formula(text) { "'" } else { "" };
    format!("{quote}{text}")
}

/// Writes tasks as a table that [`read`] reads.
pub fn write(tasks: &[Task]) -> String {
    let rows = tasks.iter().map(|task| plan_cells(task).to_vec());
    table(&COLUMNS, rows)
}

/// Writes how tasks stand, behind the columns of [`write()`]; groups are left empty.
pub fn write_ledger(ledger: &[Assignment], machine: &Machine, today: Date) -> String {
    let row = |assignment: &Assignment| {
        let [_, state] = names(&assignment.state);
        let [_, outcome] = outcome(assignment).names();
        let lamp = format!("{:?}", assignment.lamp(machine, today)).to_lowercase();
        let standing = [
            state.to_owned(),
            outcome.to_owned(),
            lamp,
            printed(assignment.due),
            assignment.evidence.len().to_string(),
            cell(&assignment.remark),
        ];
        [&plan_cells(&task_of(assignment))[..], &standing].concat()
    };
    table(&[&COLUMNS[..], &STANDING].concat(), ledger.iter().map(row))
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = head.iter().map(ToString::to_string).collect();
    for row in std::iter::once(head).chain(rows) {
        writer
            .write_record(row)
            .expect("rows are as long as the head, and memory does not fail");
    }
    let octets = writer.into_inner().expect("memory does not fail");
    String::from_utf8(octets).expect("texts are UTF-8")
}

fn plan_cells(task: &Task) -> [String; 13] {
    let joined = |parts: &[String]| cell(&parts.join(";"));
    let indicators: Vec<_> = task.indicators.iter().map(ToString::to_string).collect();
    [
        cell(&task.name),
        task.article.to_string(),
        cell(&task.group[1]),
        cell(&task.group[0]),
        cell(&task.measure[1]),
        cell(&task.measure[0]),
        cell(&task.task[1]),
        cell(&task.task[0]),
        cell(&task.lead),
        joined(&task.support),
        printed(task.region),
        printed(task.due),
        joined(&indicators),
    ]
}

fn printed(of: Option<impl fmt::Display>) -> String {
    of.map_or_else(String::new, |of| of.to_string())
}

/// The task that stands in a ledger, as it was listed or is now led.
fn task_of(assignment: &Assignment) -> Task {
    let about = &assignment.about;
    let indicators = about.indicators.iter();
    Task {
        name: assignment.name.clone(),
        article: about.article,
        group: Default::default(),
        measure: about.measure.clone(),
        task: about.task.clone(),
        lead: assignment.owner.body.clone(),
        support: assignment
            .helpers
            .iter()
            .map(|helper| helper.body.clone())
            .collect(),
        region: Some(assignment.region),
        due: assignment.until,
        indicators: indicators.filter_map(|code| code.parse().ok()).collect(),
    }
}

/// The indicators of tasks that our own catalogue does not have: a bureau's own, or mistyped ones.
pub fn unknown_indicators(tasks: &[Task]) -> Vec<Indicator> {
    let known = catalogue();
    let all = tasks.iter().flat_map(|task| &task.indicators);
    let unknown = all.filter(|code| !known.iter().any(|entry| entry.code == **code));
    let unknown: std::collections::BTreeSet<_> = unknown.cloned().collect();
    unknown.into_iter().collect()
}
