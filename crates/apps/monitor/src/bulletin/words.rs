//! Words by rule: rose, fell, was level; days in Chinese numerals; figures with fixed places.
//!
//! Words say how figures moved and never why. Not here: which figures are told.

use super::model::{Figure, Paragraph, Piece};
use codes::{Date, Number, Period, Rounding};
use facts::{Error, Instant};

/// How many places growths, pulls and shares are printed with.
pub(super) const PLACES: u32 = 1;

/// A number with so many places, zeros included: `5` is `5.0`.
pub(super) fn fixed(number: Number, places: u32) -> Result<String, Error> {
    let number = number.rounded(places, Rounding::HalfAway)?;
    let digits = number.at(places)?;
    let width = usize::try_from(places).unwrap_or(0) + 1;
    let text = format!("{:0width$}", digits.unsigned_abs());
    let sign = if digits < 0 { "-" } else { "" };
    let (whole, part) = text.split_at(text.len() + 1 - width);
    let point = if places == 0 { "" } else { "." };
    Ok(format!("{sign}{whole}{point}{part}"))
}

/// The same without its sign, for words that say it: "fell by 3.0".
pub(super) fn size(number: Number, places: u32) -> Result<String, Error> {
    Ok(fixed(number, places)?.trim_start_matches('-').to_owned())
}

/// Whether a number is above, below or at zero as it is printed.
pub(super) fn sign(number: Number, places: u32) -> Result<i8, Error> {
    let number = number.rounded(places, Rounding::HalfAway)?;
    Ok(match () {
        () if number.is_positive() => 1,
        () if number.is_negative() => -1,
        () => 0,
    })
}

/// A paragraph that grows in both languages at once.
#[derive(Default)]
pub(super) struct Sentence(Paragraph);

impl Sentence {
    pub(super) fn words(mut self, [english, chinese]: [&str; 2]) -> Self {
        // Neighbours become one piece, so that a rule may say its words bit by bit.
        let add = |pieces: &mut Vec<Piece>, text: &str| match pieces.last_mut() {
            _ if text.is_empty() => (),
            Some(Piece::Words(before)) => before.push_str(text),
            _ => pieces.push(Piece::Words(text.to_owned())),
        };
        add(&mut self.0.english, english);
        add(&mut self.0.chinese, chinese);
        self
    }

    pub(super) fn names(mut self, [english, chinese]: [&str; 2]) -> Self {
        // A name that one language puts elsewhere is empty here.
        let add = |pieces: &mut Vec<Piece>, name: &str| {
            if !name.is_empty() {
                pieces.push(Piece::Name(name.to_owned()));
            }
        };
        add(&mut self.0.english, english);
        add(&mut self.0.chinese, chinese);
        self
    }

    pub(super) fn name(self, name: &str) -> Self {
        self.names([name, name])
    }

    pub(super) fn figure(mut self, figure: &Figure) -> Self {
        self.0.english.push(Piece::Figure(figure.clone()));
        self.0.chinese.push(Piece::Figure(figure.clone()));
        self
    }

    /// Several things with commas between.
    pub(super) fn listed<I>(
        mut self,
        items: impl IntoIterator<Item = I>,
        mut say: impl FnMut(Self, I) -> Self,
    ) -> Self {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self = self.words([", ", "、"]);
            }
            self = say(self, item);
        }
        self
    }

    pub(super) fn end(self) -> Paragraph {
        self.words([".", "。"]).0
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// How a year to date, or a month, is written in English: `January to November 2022`.
pub(super) fn english_period(period: Period) -> String {
    let [from, to] = [period.first_day(), period.last_day()];
    let month = |day: Date| MONTHS[usize::from(day.month()) - 1];
    let year = to.year();
    if from.month() == to.month() {
        return format!("{} {year}", month(to));
    }
    format!("{} to {} {year}", month(from), month(to))
}

const DIGITS: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// A day in Chinese numerals: 二〇二二年十二月五日.
pub(super) fn chinese_day(day: Date) -> String {
    let digit = |number: u32| DIGITS[(number % 10) as usize];
    let year = u32::from(day.year());
    let year: String = [1000, 100, 10, 1]
        .map(|by| digit(year / by))
        .into_iter()
        .collect();
    let small = |number: u8| {
        let (tens, ones) = (number / 10, number % 10);
        let tens = match tens {
            0 => String::new(),
            1 => "十".to_owned(),
            tens => format!("{}十", digit(tens.into())),
        };
        let ones = if ones == 0 {
            String::new()
        } else {
            digit(ones.into()).to_string()
        };
        tens + &ones
    };
    format!("{year}年{}月{}日", small(day.month()), small(day.day()))
}

/// A moment as clocks of China show it, to the minute: 2022年12月10日 0:00.
pub(super) fn chinese_moment(at: Instant) -> String {
    let Some(day) = at.day_in_china() else {
        return at.to_string();
    };
    // Eight hours ahead of UTC.
    let minutes = (at.0 / 60_000 + 8 * 60) % (24 * 60);
    let (year, month, of_month) = (day.year(), day.month(), day.day());
    format!(
        "{year}年{month}月{of_month}日 {}:{:02}",
        minutes / 60,
        minutes % 60
    )
}

/// The numeral of a heading: 一, 二, … 十, 十一.
pub(super) fn chinese_count(number: usize) -> String {
    let ones = number % 10;
    let ones = if ones == 0 {
        String::new()
    } else {
        DIGITS[ones].to_string()
    };
    match number / 10 {
        0 => ones,
        1 => format!("十{ones}"),
        tens => format!("{}十{ones}", DIGITS[tens % 10]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_their_places() {
        let check = |number: &str, expected: &str| {
            assert_eq!(
                fixed(number.parse().unwrap(), 1).unwrap(),
                expected,
                "{number}"
            );
        };
        check("5", "5.0");
        check("-0.34", "-0.3");
        check("-0.04", "0.0");
        check("-0.05", "-0.1");
        check("12345.67", "12345.7");
        check("0", "0.0");
        assert_eq!(fixed(7.into(), 0).unwrap(), "7");
        assert_eq!(size((-3).into(), 1).unwrap(), "3.0");
        assert_eq!(sign("-0.04".parse().unwrap(), 1).unwrap(), 0);
    }

    #[test]
    fn days_and_headings_in_chinese_numerals() {
        let check = |day: &str, expected| {
            assert_eq!(chinese_day(day.parse().unwrap()), expected);
        };
        check("2022-11-21", "二〇二二年十一月二十一日");
        check("2030-10-05", "二〇三〇年十月五日");
        check("1999-01-30", "一九九九年一月三十日");
        check("2012-12-10", "二〇一二年十二月十日");
        let moment = |at| chinese_moment(Instant(at));
        assert_eq!(moment(1_669_046_399_999), "2022年11月21日 23:59");
        assert_eq!(moment(1_669_046_400_000), "2022年11月22日 0:00");
        assert_eq!(moment(u64::MAX), "18446744073709551615 ms");
        let counts = [1, 9, 10, 11, 20, 21].map(chinese_count);
        assert_eq!(counts, ["一", "九", "十", "十一", "二十", "二十一"]);
    }
}
