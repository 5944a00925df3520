//! What a cell says as a figure: numbers as people type them.
//!
//! Read are full-width digits, commas between thousands, percentages, a unit behind the number,
//! brackets for what is below zero, and signs of whatever kind; each is told. What could be meant
//! in two ways is refused. Not here: what the figure is of.

use super::workbook::{Content, is_blank};
use codes::{Number, Unit, half_width};

/// What stands in the place of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Figure {
    /// Nothing, or a sign that there is nothing.
    Blank,
    /// A number.
    Number {
        number: Number,
        /// The unit that stands behind it, or that a percentage has.
        unit: Option<Unit>,
        /// Whether it was typed as text, though it is read.
        is_odd: bool,
    },
    /// Something else: what is wrong with it.
    Wrong(&'static str, [String; 2]),
}

/// What people put where there is nothing to tell.
const NOTHING: [&str; 16] = [
    "-",
    "--",
    "---",
    "/",
    "\\",
    "…",
    "……",
    "...",
    "*",
    "无",
    "不适用",
    "N/A",
    "n/a",
    "NA",
    "#N/A",
    "缺",
];

/// Reads a cell as a figure.
pub(crate) fn read(content: Option<&Content>) -> Figure {
    let wrong = |code, english: &str, chinese: &str| {
        let shown = content.map(ToString::to_string).unwrap_or_default();
        Figure::Wrong(
            code,
            [
                format!("'{shown}' {english}"),
                format!("“{shown}”{chinese}"),
            ],
        )
    };
    match content {
        None => Figure::Blank,
        Some(Content::Number {
            number,
            is_per_cent,
        }) => Figure::Number {
            number: *number,
            unit: is_per_cent.then_some(Unit::PART),
            is_odd: false,
        },
        Some(Content::Text(text)) => read_text(text).unwrap_or_else(|problem| match problem {
            Problem::Commas => wrong(
                "thousands",
                "has commas that do not stand between thousands: is one of them a point?",
                "中的逗号不在千位上：是否应为小数点？",
            ),
            Problem::Unit => wrong(
                "not-a-number",
                "is no number, and what follows the digits is no known unit",
                "不是数，数字后面也不是已知的计量单位",
            ),
            Problem::Digits => wrong(
                "too-many-digits",
                "has more digits than are kept: 12 after the point, 27 in all",
                "位数过多：小数最多12位，总共最多27位",
            ),
        }),
        Some(Content::Day(_)) => wrong(
            "date-for-number",
            "is a date: the spreadsheet has made one of a number; format the cell as a number",
            "是日期：表格软件把数变成了日期，请把单元格改为数值格式后重填",
        ),
        Some(Content::Truth(_)) => wrong("not-a-number", "is no number", "不是数"),
        Some(Content::Failure(_)) => wrong(
            "failed-formula",
            "is what a formula came to that cannot be reckoned",
            "是公式出错的结果，请改正公式或直接填数",
        ),
        Some(Content::Beyond(_)) => wrong(
            "too-many-digits",
            "has more digits than are kept: 12 after the point, 27 in all",
            "位数过多：小数最多12位，总共最多27位",
        ),
    }
}

/// Why text is no figure.
enum Problem {
    Commas,
    Unit,
    Digits,
}

fn read_text(text: &str) -> Result<Figure, Problem> {
    let mut plain = half_width(text).replace(['−', '﹣', '–', '—', '─', '一'], "-");
    plain.retain(|found| !found.is_whitespace() && !is_blank(found.encode_utf8(&mut [0; 4])));
    // An apostrophe before a number keeps it text; so do some exports.
    let plain = plain.trim_start_matches('\'');
    if plain.is_empty() || NOTHING.contains(&plain) {
        return Ok(Figure::Blank);
    }
    let (plain, is_negative) = match plain
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        Some(within) => (within, true),
        None => (plain, false),
    };
    let plain = plain.trim_start_matches(['¥', '￥']);
    let is_of_number = |found: char| found.is_ascii_digit() || "+-.,".contains(found);
    let end = plain.find(|found| !is_of_number(found));
    let (digits, rest) = plain.split_at(end.unwrap_or(plain.len()));
    let (digits, rest) = exponent(plain).unwrap_or((digits.to_owned(), rest));
    let digits = without_commas(&digits)?;
    let is_number = digits.bytes().any(|octet| octet.is_ascii_digit());
    if !is_number || (is_negative && digits.starts_with(['-', '+'])) {
        return Err(Problem::Unit);
    }
    let number: Number = match digits.parse() {
        Ok(number) => number,
        Err(codes::Error::TooManyDigits { .. }) => return Err(Problem::Digits),
        Err(_) => return Err(Problem::Unit),
    };
    let number = if is_negative {
        Number::ZERO.minus(number).map_err(|_| Problem::Digits)?
    } else {
        number
    };
    let unit = match rest {
        "" => None,
        rest => Some(rest.parse::<Unit>().map_err(|_| Problem::Unit)?),
    };
    Ok(Figure::Number {
        number,
        unit,
        is_odd: true,
    })
}

/// Digits with an exponent, as computers write them, without it.
fn exponent(plain: &str) -> Option<(String, &str)> {
    let (digits, power) = plain.split_once(['e', 'E'])?;
    let power: i32 = power
        .parse()
        .ok()
        .filter(|power| (-20..=20).contains(power))?;
    let number: Number = digits.parse().ok()?;
    let by = 10_u64.checked_pow(power.unsigned_abs())?;
    let scaled = match power {
        0.. => number.scaled(by, 1),
        _ => number.scaled(1, by),
    };
    Some((scaled.ok()?.to_string(), ""))
}

/// Digits without the commas between thousands.
fn without_commas(digits: &str) -> Result<String, Problem> {
    if !digits.contains(',') {
        return Ok(digits.to_owned());
    }
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let mut groups = whole.trim_start_matches(['+', '-']).split(',');
    let first = groups.next().unwrap_or_default().len();
    let is_grouped = (1..=3).contains(&first) && groups.all(|group| group.len() == 3);
    if !is_grouped || places.contains(',') {
        return Err(Problem::Commas);
    }
    Ok(digits.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> String {
        match read(Some(&Content::Text(text.into()))) {
            Figure::Blank => "blank".to_owned(),
            Figure::Number { number, unit, .. } => {
                let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
                format!("{number}{unit}")
            }
            Figure::Wrong(code, _) => code.to_owned(),
        }
    }

    #[test]
    fn numbers_are_read_as_people_type_them() {
        let check = |text: &str, expected: &str| assert_eq!(said(text), expected, "{text}");
        check("１２３．５", "123.5");
        check(" 1,234,567.8 ", "1234567.8");
        check("１，２３４", "1234");
        check("－3", "-3");
        check("−3", "-3");
        check("(1,200)", "-1200");
        check("（12）", "-12");
        check("6.5%", "6.5 %");
        check("６．５％", "6.5 %");
        check("1200万元", "1200 10k yuan");
        check("'15", "15");
        check("1.2E+3", "1200");
        check("\u{a0}7\u{3000}", "7");
        check("￥5", "5");
        check("+0.5", "0.5");
        for text in ["", "—", "－", "--", "/", "…", "无", "  ", "N/A", "——"] {
            check(text, "blank");
        }
    }

    #[test]
    fn what_could_be_meant_in_two_ways_is_refused() {
        let check = |text: &str, expected: &str| assert_eq!(said(text), expected, "{text}");
        check("12,5", "thousands");
        check("1,2345", "thousands");
        check("1.234,5", "thousands");
        check("1.2.3", "not-a-number");
        check("约100", "not-a-number");
        check("100左右", "not-a-number");
        check("1-2", "not-a-number");
        check("(-5)", "not-a-number");
        check("..", "not-a-number");
        check("1,000.0000000000001", "too-many-digits");
        check("%", "not-a-number");
        check("()", "not-a-number");
    }

    #[test]
    fn cells_that_are_no_numbers_are_told() {
        let check = |content: Content, expected: &str| match read(Some(&content)) {
            Figure::Wrong(code, _) => assert_eq!(code, expected),
            other => panic!("{other:?}"),
        };
        check(
            Content::Day("2022-01-02".parse().unwrap()),
            "date-for-number",
        );
        check(Content::Failure("#DIV/0!".into()), "failed-formula");
        check(Content::Truth(true), "not-a-number");
        check(Content::Beyond("1E+300".into()), "too-many-digits");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fall_over(text in "[0-9,.%eE()+一—万元－１ -]{0,12}") {
            let _ = said(&text);
        }

        /// What is printed is read again as what it was.
        #[test]
        fn numbers_come_back(mantissa: i64, places in 0..12_u32) {
            let number = Number::new(mantissa.into(), places).unwrap();
            prop_assert_eq!(said(&number.to_string()), number.to_string());
        }
    }
}
