//! From single periods to what is cumulated since January, and back.

use crate::Error;
use codes::{Frequency, Number, Period};

/// What is cumulated since the beginning of the year, to the end of each period in turn.
///
/// `figures` are those of one year in order without a gap, from its first period: months, merged
/// months or quarters. The answer is told as year to date.
///
/// ```
/// use facts::derived::cumulated;
///
/// let figures = [("2022-M02".parse()?, 10.into()), ("2022-M03".parse()?, 7.into())];
/// let [february, march] = cumulated(&figures)?[..] else { unreachable!() };
/// assert_eq!(february, ("2022-YTD02".parse()?, 10.into()));
/// assert_eq!(march, ("2022-YTD03".parse()?, 17.into()));
/// # Ok::<(), facts::Error>(())
/// ```
///
/// # Errors
/// [`Error::Gap`] naming the first period that is missing, or that stands where another should:
/// what follows a gap cannot be known. [`Error::Frequency`] of what does not end with a month.
pub fn cumulated(figures: &[(Period, Number)]) -> Result<Vec<(Period, Number)>, Error> {
    let Some((first, _)) = figures.first() else {
        return Ok(Vec::new());
    };
    let mut expected = first_of_year(*first);
    let mut sum = Number::ZERO;
    let mut cumulated = Vec::with_capacity(figures.len());
    for (period, figure) in figures {
        let to_date = Period::containing(Frequency::YearToDate, period.last_day());
        if to_date.last_day() != period.last_day() {
            return Err(Error::Frequency {
                period: *period,
                frequency: "month or quarter",
            });
        }
        if Some(*period) != expected {
            let period = expected.unwrap_or(*period);
            return Err(Error::Gap { period });
        }
        sum = sum.plus(*figure)?;
        cumulated.push((to_date, sum));
        // The next year begins anew.
        expected = period
            .next()
            .filter(|next| next.year_number() == period.year_number());
    }
    Ok(cumulated)
}

/// The figures of single periods of a frequency, from what is cumulated: what [`cumulated`] undoes.
///
/// `figures` are years to date of one year; those to the end of each period must be there. Others
/// are passed over, such as January alone where it is told merged with February.
///
/// # Errors
/// [`Error::Gap`] naming the year to date that is missing.
pub fn single(
    figures: &[(Period, Number)],
    frequency: Frequency,
) -> Result<Vec<(Period, Number)>, Error> {
    let Some((last, _)) = figures.iter().max_by_key(|(period, _)| *period) else {
        return Ok(Vec::new());
    };
    let mut at = first_of_frequency(*last, frequency);
    let mut before = Number::ZERO;
    let mut single = Vec::new();
    while let Some(period) = at.filter(|period| period.last_day() <= last.last_day()) {
        let to_date = Period::containing(Frequency::YearToDate, period.last_day());
        let found = figures.iter().find(|(period, _)| *period == to_date);
        let (_, figure) = found.ok_or(Error::Gap { period: to_date })?;
        single.push((period, figure.minus(before)?));
        before = *figure;
        at = period.next();
    }
    Ok(single)
}

fn first_of_year(period: Period) -> Option<Period> {
    first_of_frequency(period, period.frequency())
}

fn first_of_frequency(period: Period, frequency: Frequency) -> Option<Period> {
    let january = codes::Date::new(period.year_number(), 1, 1)?;
    Some(Period::containing(frequency, january))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figures(of: &[(&str, i32)]) -> Vec<(Period, Number)> {
        let figure = |(period, figure): &(&str, i32)| (period.parse().unwrap(), (*figure).into());
        of.iter().map(figure).collect()
    }

    #[test]
    fn a_gap_is_named() {
        let check = |given: &[(&str, i32)], missing: &str| {
            let error = cumulated(&figures(given)).unwrap_err();
            let expected: Period = missing.parse().unwrap();
            assert!(
                matches!(error, Error::Gap { period } if period == expected),
                "{error}"
            );
        };
        check(&[("2022-M03", 1)], "2022-M02");
        check(&[("2022-01", 1), ("2022-03", 1)], "2022-02");
        check(&[("2022-01", 1), ("2022-01", 1)], "2022-02");
        check(&[("2022-12", 1)], "2022-01");
        let error = cumulated(&figures(&[("2022-W01", 1)])).unwrap_err();
        assert!(matches!(error, Error::Frequency { .. }), "{error}");
        let back = |given: &[(&str, i32)], frequency| single(&figures(given), frequency);
        let error = back(
            &[("2022-YTD04", 9), ("2022-YTD02", 2)],
            Frequency::MergedMonth,
        );
        assert!(error.unwrap_err().to_string().contains("2022-YTD03"));
    }

    #[test]
    fn a_year_to_date_is_taken_apart_as_it_was_told() {
        let told = figures(&[("2022-YTD01", 4), ("2022-YTD02", 9), ("2022-YTD03", 12)]);
        let merged = single(&told, Frequency::MergedMonth).unwrap();
        assert_eq!(merged, figures(&[("2022-M02", 9), ("2022-M03", 3)]));
        let months = single(&told, Frequency::Month).unwrap();
        assert_eq!(
            months,
            figures(&[("2022-01", 4), ("2022-02", 5), ("2022-03", 3)])
        );
        assert_eq!(
            single(&told, Frequency::Quarter).unwrap(),
            figures(&[("2022-Q1", 12)])
        );
        assert_eq!(single(&[], Frequency::Month).unwrap(), []);
    }

    proptest! {
        #[test]
        fn there_and_back_is_where_it_was(
            values in prop::collection::vec(-1000..1000_i32, 0..12), at in 0..3_usize,
        ) {
            let frequency = [Frequency::Month, Frequency::MergedMonth, Frequency::Quarter][at];
            let year = Period::year(2022).unwrap();
            let periods = year.parts(frequency).unwrap();
            let figures: Vec<_> = periods.zip(values.into_iter().map(Number::from)).collect();
            let told = cumulated(&figures).unwrap();
            prop_assert_eq!(single(&told, frequency).unwrap(), figures);
        }
    }
}
