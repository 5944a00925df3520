//! What errors of rooms `codes` and `facts` say, in Chinese.
//!
//! Those that a reporter can bring about are worded here; others say that they are not his. Not
//! here: when they are told.

use codes::Error as CodeError;
use facts::Error;

/// What an error of facts says.
pub(crate) fn of_facts(error: &Error) -> String {
    match error {
        Error::Code(error) => of_codes(error),
        Error::BeforeItsEnd { period, ends, .. } => {
            let period = period.chinese();
            format!("{period}要到{ends}才结束，此前只能填报预计数")
        }
        Error::Frozen { period, until } => {
            let period = period.chinese();
            format!("{period}已冻结（冻结至{until}），只能作为修订上报")
        }
        Error::Twice { period } => format!("{}有两个不同的数", period.chinese()),
        Error::UnitChanged { before, now } => format!(
            "以前用“{}”填报，现在的“{}”计量的是另一种量",
            before.chinese(),
            now.chinese()
        ),
        Error::Frequency { period, .. } => format!("{}与数据序列的频度不符", period.chinese()),
        Error::Text { octets_max, .. } => {
            format!("文字为空、超过{octets_max}字节或含控制字符")
        }
        Error::Busy { .. } => "其他人正在写入，请重试".to_owned(),
        Error::Missing { name, .. } => format!("没有“{name}”"),
        Error::There { name, .. } => format!("“{name}”已存在且内容不同"),
        error => format!("数据无法入库：{error}"),
    }
}

/// What an error of codes says.
pub(crate) fn of_codes(error: &CodeError) -> String {
    match error {
        CodeError::Empty { .. } => "内容为空".to_owned(),
        CodeError::FullWidth {
            at, found, narrow, ..
        } => {
            format!("第{at}个字符是全角“{found}”，请用“{narrow}”")
        }
        CodeError::Character { at, found, .. } => format!("第{at}个字符“{found}”不应出现"),
        CodeError::Length { counted, .. } => format!("有{counted}个字符，长度不对"),
        CodeError::Check {
            found, expected, ..
        } => {
            format!("校验码是“{found}”，按其余字符应为“{expected}”，可能有字符录错")
        }
        CodeError::Unknown { text, .. } => format!("没有“{text}”"),
        CodeError::TooManyDigits { places_max, .. } => {
            format!("位数过多：小数最多{places_max}位，总共最多27位")
        }
        CodeError::Endless { number, .. } => format!("{number}换算后除不尽，请先取舍"),
        CodeError::Units { from, to } => format!("{from}与{to}计量的是不同的量"),
        error => format!("代码有误：{error}"),
    }
}
