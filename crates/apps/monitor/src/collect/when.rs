//! Which period text speaks of: titles, headings and cells as bureaus write them.
//!
//! | written | read as |
//! | --- | --- |
//! | 2022年11月, 2022年11月份, 2022-11, 2022/11, 2022.11, 202211 | the month |
//! | 2022年1-11月, 2022年1—11月 | the year to date |
//! | 2022年三季度, 2022年第3季度 | the quarter |
//! | 2022年上半年, 2022年前三季度 | the year to date |
//! | 2022年第9周, 2022年3月上旬, 2022年3月5日, 2022-03-05 | the week, the ten days, the day |
//! | 2022年 and nothing of these | the year |
//!
//! Not here: what a figure's frequency makes of it, but for [`as_told`].

use codes::{Date, Frequency, Period, half_width};

/// The first period that text speaks of.
pub(crate) fn find(text: &str) -> Option<Period> {
    let text = plain(text);
    let characters: Vec<char> = text.chars().collect();
    let mut year_alone = None;
    for at in 0..characters.len() {
        let before = at.checked_sub(1).and_then(|at| characters.get(at));
        if before.is_some_and(char::is_ascii_digit) {
            continue;
        }
        let rest = characters.get(at..).unwrap_or_default();
        let count = rest
            .iter()
            .take_while(|found| found.is_ascii_digit())
            .count();
        let found = match count {
            4 => after_year(number(rest, 4)?, rest.get(4..).unwrap_or_default()),
            6 => Period::month(number(rest, 4)?, two(rest.get(4..6).unwrap_or_default())?),
            _ => None,
        };
        match found {
            Some(period) if period.frequency() == Frequency::Year => {
                year_alone = year_alone.or(Some(period));
            }
            Some(period) => return Some(period),
            None => (),
        }
    }
    year_alone
}

/// The period that text speaks of which leaves out the year, such as a heading 11月.
pub(crate) fn find_in_year(text: &str, year: u16) -> Option<Period> {
    if let Some(found) = find(text) {
        return Some(found);
    }
    let text = plain(text);
    let begins = |found: char| found.is_ascii_digit() || "一二三四上前第".contains(found);
    let start = text.find(begins)?;
    let found = find(&format!("{year}年{}", text.get(start..)?));
    found.filter(|period| period.frequency() != Frequency::Year)
}

/// The period that the lines of a heading speak of, from above. A line that tells a year alone is
/// the year of those below it; without one theirs is the one that is given. `None` below a line
/// that speaks of last year without saying which that is.
pub(crate) fn find_in_lines(lines: &[String], year: Option<u16>) -> Option<Period> {
    const RELATIVE: [&str; 4] = ["上年", "去年", "同期", "上期"];
    let mut year = year;
    let mut year_alone = None;
    for line in lines {
        let found = match year {
            Some(year) => find_in_year(line, year),
            None => find(line),
        };
        match found.or_else(|| bare_year(line)) {
            Some(period) if period.frequency() == Frequency::Year => {
                year = Some(period.year_number());
                year_alone = Some(period);
            }
            Some(period) => return Some(period),
            None if RELATIVE.iter().any(|word| line.contains(word)) => return None,
            None => (),
        }
    }
    year_alone
}

/// The year of a line that is nothing but its number.
fn bare_year(line: &str) -> Option<Period> {
    let text = plain(line);
    let digits = Some(text).filter(|text| text.len() == 4)?;
    let year = digits.parse().ok()?;
    (1949..=2100).contains(&year).then(|| Period::year(year))?
}

/// Whether what is spoken of is the period that was given: a year alone if that lies in it, others
/// if they end with it.
pub(crate) fn is_of(spoken: Period, given: Period) -> bool {
    if spoken.frequency() == Frequency::Year {
        return spoken.year_number() == given.year_number();
    }
    spoken.last_day() == given.last_day()
}

/// The period of a frequency that is told where a text speaks of another: of a year to date to
/// November the month of November. `None` if it does not end when the other does; a day stands
/// for what it lies in.
pub(crate) fn as_told(spoken: Period, frequency: Frequency) -> Option<Period> {
    if spoken.frequency() == frequency {
        return Some(spoken);
    }
    let found = Period::containing(frequency, spoken.last_day());
    let ends_alike = found.last_day() == spoken.last_day();
    // Of a year or a quarter no month is told, though one ends with it.
    let is_finer = match spoken.frequency() {
        Frequency::Year => frequency != Frequency::YearToDate,
        Frequency::Quarter => !matches!(frequency, Frequency::YearToDate | Frequency::Year),
        _ => false,
    };
    let is_day = spoken.frequency() == Frequency::Day;
    ((ends_alike && !is_finer) || is_day).then_some(found)
}

fn plain(text: &str) -> String {
    let text = half_width(text);
    text.chars()
        .filter(|found| !found.is_whitespace())
        .collect()
}

fn number(digits: &[char], count: usize) -> Option<u16> {
    let digits: String = digits.get(..count)?.iter().collect();
    digits.parse().ok()
}

fn two(digits: &[char]) -> Option<u8> {
    u8::try_from(number(digits, 2)?).ok()
}

/// One or two digits and what follows them.
fn short(text: &str) -> Option<(u8, &str)> {
    let end = text
        .find(|found: char| !found.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let digits = digits.parse().ok().filter(|_| end <= 2)?;
    Some((digits, rest))
}

fn after_year(year: u16, rest: &[char]) -> Option<Period> {
    let rest: String = rest.iter().collect();
    if let Some(rest) = rest.strip_prefix('年') {
        let rest = rest.strip_prefix('度').unwrap_or(rest);
        // A 13th month is none, and does not make it the year.
        let is_of_months = rest.starts_with(|first: char| first.is_ascii_digit());
        return chinese(year, rest).or_else(|| (!is_of_months).then(|| Period::year(year))?);
    }
    let separator = rest.chars().next().filter(|found| "-/.".contains(*found))?;
    let (month, rest) = short(rest.get(1..)?)?;
    let behind = rest.strip_prefix(separator);
    match behind.and_then(short) {
        Some((day, _)) => {
            let day = Date::new(year, month, day)?;
            Some(Period::containing(Frequency::Day, day))
        }
        // Ten days, as programs write them, are no month.
        None if behind.is_some_and(|behind| behind.starts_with('T')) => None,
        None => Period::month(year, month),
    }
}

const DASHES: [char; 7] = ['-', '–', '—', '~', '～', '至', '到'];
const QUARTERS: [char; 4] = ['一', '二', '三', '四'];

fn chinese(year: u16, rest: &str) -> Option<Period> {
    if let Some(period) = months(year, rest) {
        return Some(period);
    }
    if rest.starts_with("上半年") {
        return Period::year_to_date(year, 6);
    }
    if rest.starts_with("前三季度") || rest.starts_with("前3季度") {
        return Period::year_to_date(year, 9);
    }
    let rest = rest.strip_prefix('第').unwrap_or(rest);
    if let Some((week, rest)) = short(rest)
        && rest.starts_with('周')
    {
        return Period::week(year, week);
    }
    let first = rest.chars().next()?;
    let named = QUARTERS.iter().position(|found| *found == first);
    let quarter = match named {
        Some(at) => u8::try_from(at + 1).ok()?,
        None => u8::try_from(first.to_digit(10)?).ok()?,
    };
    let rest = rest.strip_prefix(first)?;
    rest.starts_with("季度")
        .then(|| Period::quarter(year, quarter))?
}

fn months(year: u16, rest: &str) -> Option<Period> {
    let (first, rest) = short(rest)?;
    if let Some(rest) = rest.strip_prefix(DASHES) {
        let (last, rest) = short(rest)?;
        let is_to_date = rest.starts_with('月') && first == 1;
        return is_to_date.then(|| Period::year_to_date(year, last))?;
    }
    let rest = rest.strip_prefix('月')?;
    for (third, name) in (1..).zip(["上旬", "中旬", "下旬"]) {
        if rest.starts_with(name) {
            return Period::ten_days(year, first, third);
        }
    }
    match short(rest) {
        Some((day, rest)) if rest.starts_with('日') => {
            let day = Date::new(year, first, day)?;
            Some(Period::containing(Frequency::Day, day))
        }
        _ => Period::month(year, first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> String {
        find(text).map_or(String::new(), |period| period.to_string())
    }

    #[test]
    fn periods_are_found_where_people_write_them() {
        let check = |text: &str, expected: &str| assert_eq!(found(text), expected, "{text}");
        check("福州市２０２２年１１月规模以上工业主要指标", "2022-11");
        check("2022年 1—11月 规模以上工业", "2022-YTD11");
        check("2022年11月份", "2022-11");
        check("2022年1-2月", "2022-YTD02");
        check("表1（2022-11）", "2022-11");
        check("2022/11/30", "2022-11-30");
        check("202211", "2022-11");
        check("2022.3", "2022-03");
        check("2022年三季度", "2022-Q3");
        check("2022年第3季度", "2022-Q3");
        check("2022年前三季度", "2022-YTD09");
        check("2022年上半年", "2022-YTD06");
        check("2022年第9周", "2022-W09");
        check("2022年3月上旬", "2022-03-T1");
        check("2022年3月5日", "2022-03-05");
        check("2022年度", "2022");
        check("2022年13月", "");
        check("2022-06-T1", "");
        check("2022-06-规上", "2022-06");
        check("根据2021年制度，2022年11月", "2022-11");
        for text in [
            "",
            "11月",
            "20221101",
            "2022年13月3",
            "350100",
            "2022",
            "12022年11",
        ] {
            assert!(
                ["", "2022"].contains(&found(text).as_str()),
                "{text}: {}",
                found(text)
            );
        }
    }

    #[test]
    fn headings_leave_out_the_year() {
        let found = |text| find_in_year(text, 2022).map(|period| period.to_string());
        assert_eq!(found("11月").as_deref(), Some("2022-11"));
        assert_eq!(found("本年1-11月").as_deref(), Some("2022-YTD11"));
        assert_eq!(found("2021年11月").as_deref(), Some("2021-11"));
        assert_eq!(found("三季度").as_deref(), Some("2022-Q3"));
        assert_eq!(found("本月"), None);
    }

    #[test]
    fn a_year_above_is_that_of_the_lines_below() {
        let found = |lines: &[&str], year| {
            let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
            let found = find_in_lines(&lines, year);
            found.map_or(String::new(), |period| period.to_string())
        };
        assert_eq!(found(&["2021年", "11月"], Some(2023)), "2021-11");
        assert_eq!(found(&["2021", "产值", "1-11月"], Some(2023)), "2021-YTD11");
        assert_eq!(found(&["２０２１年度", "三季度"], None), "2021-Q3");
        assert_eq!(found(&["一、产值", "11月"], Some(2023)), "2023-11");
        assert_eq!(found(&["2021年", "产值"], Some(2023)), "2021");
        assert_eq!(found(&["2021年", "2022年11月"], Some(2023)), "2022-11");
        assert_eq!(found(&["11月", "上年同期"], Some(2023)), "2023-11");
        // Which year that is nobody has said.
        assert_eq!(found(&["上年", "11月"], Some(2023)), "");
        assert_eq!(found(&["350100", "11月"], None), "");
        assert_eq!(found(&[], Some(2023)), "");
    }

    #[test]
    fn a_figure_is_of_what_ends_alike() {
        let told = |text: &str, frequency| {
            let spoken = text.parse().unwrap();
            as_told(spoken, frequency).map(|period| period.to_string())
        };
        assert_eq!(
            told("2022-YTD11", Frequency::Month).as_deref(),
            Some("2022-11")
        );
        assert_eq!(
            told("2022-11", Frequency::YearToDate).as_deref(),
            Some("2022-YTD11")
        );
        assert_eq!(
            told("2022-YTD02", Frequency::MergedMonth).as_deref(),
            Some("2022-M02")
        );
        assert_eq!(told("2022-01", Frequency::MergedMonth), None);
        assert_eq!(
            told("2022-09", Frequency::Quarter).as_deref(),
            Some("2022-Q3")
        );
        assert_eq!(told("2022-11", Frequency::Quarter), None);
        assert_eq!(
            told("2022-11-01", Frequency::Month).as_deref(),
            Some("2022-11")
        );
        assert_eq!(told("2022", Frequency::Day), None);
        assert_eq!(told("2022", Frequency::Month), None);
        let to_date = told("2022-Q3", Frequency::YearToDate);
        assert_eq!(to_date.as_deref(), Some("2022-YTD09"));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_found(number in Date::FIRST.number()..Date::LAST.number(),
            at in 0..8_usize) {
            let frequency = Frequency::ALL[at];
            let period = Period::containing(frequency, Date::from_number(number).unwrap());
            let spoken = find(&format!("表：{}报表", period.chinese()));
            prop_assert_eq!(spoken.and_then(|spoken| as_told(spoken, frequency)), Some(period));
        }

        #[test]
        fn no_text_makes_it_fall_over(text in "[0-9年月日第周季度一上旬前半—./-]{0,14}") {
            let _ = find(&text);
            let _ = find_in_year(&text, 2022);
        }
    }
}
