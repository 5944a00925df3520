//! Is the calendar that of everybody else? The crate `jiff` is the second opinion.

use super::*;
use crate::Error;
use jiff::ToSpan;
use jiff::civil;
use proptest::prelude::*;

fn period(text: &str) -> Period {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn civil_of(date: Date) -> civil::Date {
    let year = i16::try_from(date.year()).unwrap();
    let [month, day] = [date.month(), date.day()].map(|part| i8::try_from(part).unwrap());
    civil::date(year, month, day)
}

#[test]
fn every_day_follows_the_one_before() {
    let mut expected = civil::date(1900, 1, 1);
    let (first, last) = (Date::FIRST.number(), Date::LAST.number());
    assert_eq!(last - first + 1, 146_097, "one whole cycle");
    for number in first..=last {
        let date = Date::from_number(number).unwrap();
        assert_eq!(civil_of(date), expected);
        assert_eq!(date.number(), number);
        if number < last {
            expected = expected.tomorrow().unwrap();
        }
    }
    assert_eq!(Date::from_number(first - 1), None);
    assert_eq!(Date::from_number(last + 1), None);
    assert_eq!(Date::from_number(u32::MAX), None);
}

#[test]
fn every_week_is_that_of_iso_8601() {
    let mut week = Some(Period::containing(Frequency::Week, Date::FIRST));
    let mut monday = civil::date(1900, 1, 1);
    let mut count = 0;
    while let Some(found) = week {
        let iso = monday.iso_week_date();
        let expected = format!("{:04}-W{:02}", iso.year(), iso.week());
        assert_eq!(found.to_string(), expected);
        assert_eq!(civil_of(found.first_day()), monday);
        assert_eq!(period(&expected), found);
        monday = monday.checked_add(1.week()).unwrap();
        week = found.next();
        count += 1;
    }
    assert_eq!(count, 20_871, "one whole cycle");
}

#[test]
fn periods_are_written_for_programs_and_for_people() {
    let check = |text: &str, chinese: &str, days: &str| {
        let period = period(text);
        assert_eq!(period.to_string(), text);
        assert_eq!(period.chinese(), chinese);
        assert_eq!(
            format!("{} {}", period.first_day(), period.last_day()),
            days
        );
    };
    check("2022-03-05", "2022年3月5日", "2022-03-05 2022-03-05");
    check("2022-03-T1", "2022年3月上旬", "2022-03-01 2022-03-10");
    check("2022-02-T3", "2022年2月下旬", "2022-02-21 2022-02-28");
    check("2020-W53", "2020年第53周", "2020-12-28 2021-01-03");
    check("2024-02", "2024年2月", "2024-02-01 2024-02-29");
    check("2022-M02", "2022年1-2月", "2022-01-01 2022-02-28");
    check("2022-M12", "2022年12月", "2022-12-01 2022-12-31");
    check("2022-Q3", "2022年三季度", "2022-07-01 2022-09-30");
    check("2022-YTD01", "2022年1月", "2022-01-01 2022-01-31");
    check("2022-YTD11", "2022年1-11月", "2022-01-01 2022-11-30");
    check("2022", "2022年", "2022-01-01 2022-12-31");
}

#[test]
fn what_is_no_period_is_told() {
    let check = |text: &str, said: &str| {
        let error = text.parse::<Period>().unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    };
    check("", "a period is empty");
    check("2022-０3", "full-width '０'; write '0'");
    check("2022年3月", "character 5 of a period is '年'");
    check("2022-M01", "told as M02");
    check("2022-13", "there is no period '2022-13'");
    check("2022-3", "there is no period '2022-3'");
    check("2021-W53", "there is no period");
    check("2022-W00", "there is no period");
    check("2022-Q0", "there is no period");
    check("2022-Q5", "there is no period");
    check("2022-02-T4", "there is no period");
    check("2022-02-T0", "there is no period");
    check("2022-02-30", "there is no period");
    check("1899", "there is no period");
    check("2300", "there is no period");
    check("20220", "there is no period");
    check("2022-", "there is no period");
    check("2022-YTD13", "there is no period");
    let error = "2022-2-3".parse::<Date>().unwrap_err();
    assert!(matches!(error, Error::Unknown { what: "date", .. }));
    assert!(
        "２022-02-03"
            .parse::<Date>()
            .unwrap_err()
            .to_string()
            .contains("full-width")
    );
}

#[test]
fn what_a_period_lies_in_and_what_fills_it() {
    use Frequency::{Day, MergedMonth, Month, Quarter, TenDays, Week, Year, YearToDate};
    let check = |text: &str, frequency, expected: Option<&str>| {
        let found = period(text)
            .within(frequency)
            .map(|found| found.to_string());
        assert_eq!(found.as_deref(), expected, "{text} in {frequency:?}");
    };
    check("2022-01", MergedMonth, Some("2022-M02"));
    check("2022-M02", Month, None);
    check("2022-M02", YearToDate, Some("2022-YTD02"));
    check("2022-Q1", YearToDate, Some("2022-YTD03"));
    check("2022-W05", Month, None);
    check("2022-W06", Month, Some("2022-02"));
    check("2020-W53", Year, None);
    check("2022-03-31", TenDays, Some("2022-03-T3"));
    check("2022-YTD02", MergedMonth, Some("2022-M02"));
    check("2022-YTD02", Quarter, Some("2022-Q1"));
    check("2022-YTD04", Quarter, None);

    let count = |text: &str, frequency| period(text).parts(frequency).map(Iterator::count);
    assert_eq!(count("2022", Month), Some(12));
    assert_eq!(count("2022", MergedMonth), Some(11));
    assert_eq!(count("2022", Day), Some(365));
    assert_eq!(count("2022", TenDays), Some(36));
    assert_eq!(count("2022-Q1", MergedMonth), Some(2));
    assert_eq!(count("2022-YTD05", Quarter), None);
    assert_eq!(count("2022-YTD06", Quarter), Some(2));
    assert_eq!(count("2022", YearToDate), None);
    assert_eq!(count("2022-02", Week), None);
    assert_eq!(
        count("2021-02", Week),
        Some(4),
        "it begins on a Monday and has 28 days"
    );
    assert_eq!(count("2022-01", MergedMonth), None);
}

#[test]
fn what_a_period_is_compared_with() {
    let check = |text: &str, expected: Option<&str>| {
        let found = period(text).same_last_year().map(|found| found.to_string());
        assert_eq!(found.as_deref(), expected, "{text}");
    };
    check("2022-M02", Some("2021-M02"));
    check("2022-YTD11", Some("2021-YTD11"));
    check("2024-02-29", None);
    check("2025-02-28", Some("2024-02-28"));
    check("2020-W53", None);
    check("2020-02-T3", Some("2019-02-T3"));
    check("1900", None);
    check("1900-01-01", None);
    check("1900-W01", None);
}

fn any_period() -> impl Strategy<Value = Period> {
    let number = Date::FIRST.number()..=Date::LAST.number();
    (number, 0..8_usize).prop_map(|(number, at)| {
        Period::containing(Frequency::ALL[at], Date::from_number(number).unwrap())
    })
}

proptest! {
    #[test]
    fn print_and_parse_are_inverse(period in any_period()) {
        prop_assert_eq!(period.to_string().parse(), Ok(period));
        let number = period.frequency().number();
        let frequency = Frequency::from_number(number).unwrap();
        prop_assert_eq!(Period::from_ordinal(frequency, period.ordinal()), Some(period));
    }

    /// Periods follow each other without a gap; a year to date goes on to the next month's end.
    #[test]
    fn periods_follow_each_other(period in any_period()) {
        let Some(next) = period.next() else {
            prop_assert_eq!(period.last_day(), Date::LAST);
            return Ok(());
        };
        prop_assert_eq!(next.previous(), Some(period));
        prop_assert!(period.last_day() < next.last_day());
        let starts_anew = next.first_day() == period.last_day().plus_days(1).unwrap();
        let goes_on = next.first_day() == period.first_day();
        let is_to_date = period.frequency() == Frequency::YearToDate;
        prop_assert!(starts_anew || (goes_on && is_to_date));
    }

    #[test]
    fn every_day_of_a_period_lies_in_it(period in any_period(), step in 0..400_u32) {
        let (first, last) = (period.first_day(), period.last_day());
        let length = last.number() - first.number() + 1;
        let day = Date::from_number(first.number() + step % length).unwrap();
        let found = Period::containing(period.frequency(), day);
        prop_assert!(found <= period);
        if period.frequency() == Frequency::YearToDate {
            prop_assert_eq!(found.first_day(), first);
        } else {
            prop_assert_eq!(found, period);
        }
    }

    #[test]
    fn parts_fill_the_whole(period in any_period(), at in 0..8_usize) {
        let Some(parts) = period.parts(Frequency::ALL[at]) else { return Ok(()) };
        let mut day = period.first_day();
        for part in parts {
            prop_assert_eq!(part.first_day(), day);
            prop_assert_eq!(part.within(period.frequency()).map(Period::first_day),
                Some(period.first_day()));
            day = part.last_day().plus_days(1).unwrap_or(Date::LAST);
        }
        let end = period.last_day();
        prop_assert!(end == Date::LAST || end.plus_days(1) == Some(day));
    }

    #[test]
    fn no_text_makes_it_fall_over(text in "[-0-9TWMQYD０年]{0,14}") {
        let _ = text.parse::<Period>();
        let _ = text.parse::<Date>();
    }
}
