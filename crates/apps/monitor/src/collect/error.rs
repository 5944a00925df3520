//! Why a workbook, a mapping or a batch cannot be taken as a whole. Whoever sent it must act,
//! except on [`Error::Facts`] where that says otherwise.
//!
//! Not here: what is wrong with single rows and cells (`finding`).

use super::place::Place;

/// Tells why nothing of what was sent can be taken.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is more of something than there may be.
    #[error("the file has more than {max} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The same in Chinese.
        chinese: &'static str,
        /// How much there may be.
        max: u64,
    },
    /// It is a workbook of the old binary form, or one that asks for a password.
    #[error(
        "this is an .xls file of the old form, or has a password: save it as .xlsx without one"
    )]
    Old,
    /// A part of the workbook cannot be read.
    #[error("the workbook is broken: {part}: {problem}")]
    Broken {
        /// Which part of the package.
        part: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Text is neither UTF-8 nor GBK, or it is no text.
    #[error("the file is neither a workbook nor text in UTF-8 or GBK; line {line} cannot be read")]
    Encoding {
        /// The line that cannot be read, from 1.
        line: usize,
    },
    /// A quotation mark of text is not closed, or something stands between it and the end of its
    /// field: what is in it, and what is behind it, cannot be told apart.
    #[error("the quotation mark that opens in line {line} is not closed where its field ends")]
    Unclosed {
        /// The line in which it opens, from 1.
        line: usize,
    },
    /// A cell holds more than spreadsheets let it.
    #[error("the text of cell {sheet}!{place} has more than {max} characters")]
    Long {
        /// The sheet.
        sheet: String,
        /// The cell.
        place: Place,
        /// How many there may be.
        max: usize,
    },
    /// A mapping or a set of rules is not sound.
    #[error("the {what} is not sound: {problem}")]
    Unsound {
        /// What it is.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The same file has been taken before.
    #[error("the same file was taken as batch {batch}; undo that first")]
    Again {
        /// As which batch.
        batch: super::BatchId,
    },
    /// The facts do not let it be.
    #[error(transparent)]
    Facts(#[from] facts::Error),
}

impl Error {
    /// What it says, in Chinese.
    pub fn chinese(&self) -> String {
        match self {
            Self::Limit { chinese, max, .. } => format!("文件的{chinese}超过上限{max}"),
            Self::Old => "旧版 .xls 文件或有密码的工作簿：请另存为不带密码的 .xlsx".to_owned(),
            Self::Broken { part, problem } => format!("工作簿已损坏：{part}：{problem}"),
            Self::Encoding { line } => {
                format!("既不是工作簿，也不是 UTF-8 或 GBK 文本；第{line}行无法读取")
            }
            Self::Unclosed { line } => format!("第{line}行的引号没有在其字段末尾闭合"),
            Self::Long { sheet, place, max } => {
                format!("单元格{sheet}!{place}的文字超过{max}个字符")
            }
            Self::Unsound { what, problem } => format!("配置（{what}）有误：{problem}"),
            Self::Again { batch } => format!("同一文件已作为批次{batch}入库；如需重报请先撤销"),
            Self::Facts(error) => super::wording::of_facts(error),
        }
    }
}

impl From<codes::Error> for Error {
    fn from(error: codes::Error) -> Self {
        Self::Facts(error.into())
    }
}

/// What the store says when it cannot be read.
pub(crate) fn unread(error: impl Into<facts::Error>) -> Error {
    Error::Facts(error.into())
}
