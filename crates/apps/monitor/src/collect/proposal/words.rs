//! Words that headings use: for objects, for figures, for forms.
//!
//! A proposal is made of them, and nothing else: what a column means is said by the mapping that a
//! person has confirmed. Not here: how they are looked for.

use crate::collect::mapping::ObjectKind;
use codes::{Frequency, Period, Unit};
use facts::Form;

/// Headings of objects, the longer before the shorter that they hold.
const OBJECTS: [(&str, ObjectKind); 20] = [
    ("统一社会信用代码", ObjectKind::CreditCode),
    ("社会信用代码", ObjectKind::CreditCode),
    ("信用代码", ObjectKind::CreditCode),
    ("creditcode", ObjectKind::CreditCode),
    ("企业名称", ObjectKind::EnterpriseName),
    ("单位名称", ObjectKind::EnterpriseName),
    ("单位详细名称", ObjectKind::EnterpriseName),
    ("法人单位", ObjectKind::EnterpriseName),
    ("enterprise", ObjectKind::EnterpriseName),
    ("行业代码", ObjectKind::Industry),
    ("行业名称", ObjectKind::Industry),
    ("所属行业", ObjectKind::Industry),
    ("行业", ObjectKind::Industry),
    ("industry", ObjectKind::Industry),
    ("行政区划代码", ObjectKind::Region),
    ("区划代码", ObjectKind::Region),
    ("地区", ObjectKind::Region),
    ("市县", ObjectKind::Region),
    ("区域", ObjectKind::Region),
    ("region", ObjectKind::Region),
];

/// What an indicator is called, its name here, and the unit that it is told in.
const INDICATORS: [(&str, &str, Option<Unit>); 24] = [
    ("工业总产值", "output", Some(Unit::YUAN_10K)),
    ("总产值", "output", Some(Unit::YUAN_10K)),
    ("工业增加值", "value-added", Some(Unit::YUAN_10K)),
    ("增加值", "value-added", Some(Unit::YUAN_10K)),
    ("工业销售产值", "sales-output", Some(Unit::YUAN_10K)),
    ("销售产值", "sales-output", Some(Unit::YUAN_10K)),
    ("出口交货值", "exports", Some(Unit::YUAN_10K)),
    ("营业收入", "revenue", Some(Unit::YUAN_10K)),
    ("营业成本", "cost", Some(Unit::YUAN_10K)),
    ("利润总额", "profit", Some(Unit::YUAN_10K)),
    ("亏损总额", "loss", Some(Unit::YUAN_10K)),
    ("应收账款", "receivables", Some(Unit::YUAN_10K)),
    ("产成品", "finished-goods", Some(Unit::YUAN_10K)),
    ("资产总计", "assets", Some(Unit::YUAN_10K)),
    ("负债合计", "liabilities", Some(Unit::YUAN_10K)),
    ("固定资产投资", "investment", Some(Unit::YUAN_10K)),
    (
        "制造业投资",
        "manufacturing-investment",
        Some(Unit::YUAN_10K),
    ),
    ("工业投资", "industrial-investment", Some(Unit::YUAN_10K)),
    ("用电量", "electricity", Some(Unit::KWH_10K)),
    ("平均用工人数", "employees", Some(Unit::PERSON)),
    ("从业人员", "employees", Some(Unit::PERSON)),
    ("产能利用率", "capacity-use", Some(Unit::PER_CENT)),
    (
        "制造业增加值占比",
        "manufacturing-share",
        Some(Unit::PER_CENT),
    ),
    ("output", "output", Some(Unit::YUAN_10K)),
];

fn lower(path: &str) -> String {
    path.to_ascii_lowercase()
}

/// The kind of object that a heading names.
pub(super) fn object(path: &str) -> Option<ObjectKind> {
    let path = lower(path);
    // A heading that names a figure of a region names the figure.
    let found = OBJECTS.iter().find(|(word, _)| path.contains(word));
    found
        .map(|(_, kind)| *kind)
        .filter(|_| indicator(&path).is_none())
}

/// Whether a heading names an object, or a number of the row.
pub(super) fn is_object(path: &str) -> bool {
    object(path).is_some() || ["序号", "编号", "甲", "no."].contains(&lower(path).as_str())
}

/// Whether a heading is that of explanations.
pub(super) fn is_explanation(path: &str) -> bool {
    ["说明", "备注", "异动说明", "情况说明", "变动原因"].contains(&path)
}

/// Whether a heading is that of periods.
pub(super) fn is_period(path: &str) -> bool {
    ["报告期", "所属期", "数据期", "统计月份", "月份", "period"].contains(&lower(path).as_str())
}

/// The name of the indicator that a heading names: of several the longest.
pub(super) fn indicator(path: &str) -> Option<&'static str> {
    let path = lower(path);
    let named = INDICATORS.iter().filter(|(word, ..)| path.contains(word));
    let longest = named.max_by_key(|(word, ..)| word.len());
    longest.map(|(_, name, _)| *name)
}

/// The unit that an indicator is usually told in.
pub(super) fn unit(indicator: &str) -> Option<Unit> {
    let found = INDICATORS.iter().find(|(_, name, _)| *name == indicator);
    found.and_then(|(.., unit)| *unit)
}

/// In which form and how often a heading says that its figure is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) form: Form,
    pub(super) frequency: Frequency,
    pub(super) years_before: u8,
    /// Whether the heading does not say it.
    pub(super) is_guess: bool,
}

impl Told {
    /// The unit that its form has, whatever the figure is.
    pub(super) fn unit(self) -> Option<Unit> {
        matches!(self.form, Form::YearOnYear | Form::PeriodOnPeriod).then_some(Unit::PER_CENT)
    }
}

/// Reads a heading, beside the period that the sheet is of.
pub(super) fn told(path: &str, title: Option<Period>) -> Told {
    let has = |words: &[&str]| words.iter().any(|word| path.contains(word));
    let of_title = title.map(Period::frequency);
    let is_to_date = has(&["累计", "1-#月", "1-本月", "1至本月", "年初"]);
    let is_month = has(&["本月", "当月", "本期", "当期"]) || (has(&["#月"]) && !is_to_date);
    let is_last_year = has(&["上年同期", "去年同期", "上年同月", "同期数"]);
    let is_growth = has(&["同比", "增速", "增长", "±%", "增减"]);
    let form = match (has(&["环比"]), is_growth) {
        (true, _) => Form::PeriodOnPeriod,
        (false, true) => Form::YearOnYear,
        (false, false) if is_to_date => Form::Cumulative,
        (false, false) => Form::Level,
    };
    let frequency = match of_title {
        _ if is_to_date => Frequency::YearToDate,
        Some(Frequency::Quarter) => Frequency::Quarter,
        Some(found @ (Frequency::YearToDate | Frequency::Year | Frequency::Week)) if !is_month => {
            found
        }
        _ => Frequency::Month,
    };
    Told {
        form: match (form, frequency) {
            (Form::Level, Frequency::YearToDate) => Form::Cumulative,
            (form, _) => form,
        },
        frequency,
        // The growth on the same period of last year is of this one.
        years_before: u8::from(is_last_year && !is_growth),
        is_guess: !is_to_date && !is_month && of_title.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_say_what_they_are() {
        let check = |path: &str, expected: (Form, Frequency, u8)| {
            let told = told(path, Period::month(2022, 11));
            let found = (told.form, told.frequency, told.years_before);
            assert_eq!(found, expected, "{path}");
        };
        check("工业总产值/本月", (Form::Level, Frequency::Month, 0));
        check(
            "工业总产值/1-#月",
            (Form::Cumulative, Frequency::YearToDate, 0),
        );
        check("工业总产值/上年同期", (Form::Level, Frequency::Month, 1));
        check(
            "工业总产值/累计/上年同期",
            (Form::Cumulative, Frequency::YearToDate, 1),
        );
        check(
            "工业总产值/累计/同比",
            (Form::YearOnYear, Frequency::YearToDate, 0),
        );
        check("比上年同期增长", (Form::YearOnYear, Frequency::Month, 0));
        check("环比", (Form::PeriodOnPeriod, Frequency::Month, 0));
        assert_eq!(indicator("制造业增加值占比"), Some("manufacturing-share"));
        assert_eq!(indicator("工业增加值/同比"), Some("value-added"));
        assert_eq!(indicator("天气"), None);
        assert_eq!(object("地区"), Some(ObjectKind::Region));
        assert_eq!(object("行业增加值"), None);
        assert_eq!(
            object("填报单位/统一社会信用代码"),
            Some(ObjectKind::CreditCode)
        );
    }

    #[test]
    fn units_of_indicators_are_one() {
        for (_, name, of_word) in INDICATORS {
            assert_eq!(unit(name), of_word, "{name}");
        }
    }
}
