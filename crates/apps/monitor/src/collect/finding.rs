//! What is wrong with a workbook, at which sheet, row and cell, in English and Chinese.
//!
//! Not here: what is looked for (`reading`, `rules`, `judge`).

use super::place::{Place, letters};
use std::fmt;

/// Says what a finding does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Tells how something was understood.
    Note,
    /// Holds its row back until somebody has explained it.
    Warning,
    /// Holds its row back.
    Error,
}

impl Severity {
    /// What it is called in English and in Chinese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Note => ["note", "提示"],
            Self::Warning => ["warning", "警告"],
            Self::Error => ["error", "错误"],
        }
    }
}

/// Where something is: in a workbook, a sheet, a row or a cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Spot {
    /// The sheet; `None` of the workbook as a whole.
    pub sheet: Option<String>,
    /// The row, from 0; `None` of the sheet as a whole.
    pub row: Option<u32>,
    /// The column, from 0; `None` of the row, or of the sheet, as a whole.
    pub column: Option<u32>,
}

impl Spot {
    /// A whole sheet.
    pub fn sheet(name: &str) -> Self {
        Self {
            sheet: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// A row of a sheet.
    pub fn row(name: &str, row: u32) -> Self {
        Self {
            row: Some(row),
            ..Self::sheet(name)
        }
    }

    /// A column of a sheet.
    pub fn column(name: &str, column: u32) -> Self {
        Self {
            column: Some(column),
            ..Self::sheet(name)
        }
    }

    /// A cell of a sheet.
    pub fn cell(name: &str, place: Place) -> Self {
        Self {
            column: Some(place.column),
            ..Self::row(name, place.row)
        }
    }

    /// The cell, if it is one.
    pub fn place(&self) -> Option<Place> {
        let (row, column) = (self.row?, self.column?);
        Some(Place { row, column })
    }

    /// The cell, the row or the column, as a spreadsheet names it; empty of a whole sheet.
    pub fn within_sheet(&self) -> String {
        match (self.row, self.column) {
            (Some(row), Some(column)) => Place { row, column }.to_string(),
            (Some(row), None) => format!("{0}:{0}", row + 1),
            (None, Some(column)) => format!("{0}:{0}", letters(column)),
            (None, None) => String::new(),
        }
    }
}

/// Prints it as formulas do: `表1!C7`, `表1!7:7`, `表1`.
impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sheet = self.sheet.as_deref().unwrap_or("*");
        match self.within_sheet() {
            within if within.is_empty() => f.write_str(sheet),
            within => write!(f, "{sheet}!{within}"),
        }
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it does.
    pub severity: Severity,
    /// What it is, for programs: of an own rule its name.
    pub code: String,
    /// Where it is.
    pub spot: Spot,
    /// What it says in English.
    pub english: String,
    /// What it says in Chinese.
    pub chinese: String,
    /// What somebody has explained it with.
    pub explanation: Option<String>,
}

impl Finding {
    /// Something at a spot.
    pub fn new(
        severity: Severity,
        code: &str,
        spot: Spot,
        [english, chinese]: [String; 2],
    ) -> Self {
        Self {
            severity,
            code: code.to_owned(),
            spot,
            english,
            chinese,
            explanation: None,
        }
    }

    /// An error at a spot.
    pub fn error(code: &str, spot: Spot, says: [String; 2]) -> Self {
        Self::new(Severity::Error, code, spot, says)
    }

    /// A warning at a spot.
    pub fn warning(code: &str, spot: Spot, says: [String; 2]) -> Self {
        Self::new(Severity::Warning, code, spot, says)
    }

    /// A note at a spot.
    pub fn note(code: &str, spot: Spot, says: [String; 2]) -> Self {
        Self::new(Severity::Note, code, spot, says)
    }

    /// Whether it keeps what it is about from being taken.
    pub fn holds_back(&self) -> bool {
        match self.severity {
            Severity::Note => false,
            Severity::Warning => self.explanation.is_none(),
            Severity::Error => true,
        }
    }
}

/// Prints it in English, after its spot and its severity.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [severity, _] = self.severity.names();
        write!(
            f,
            "{}: {severity}: {} [{}]",
            self.spot, self.english, self.code
        )
    }
}
