//! Moments and days as they are in China, where months of figures begin and end.

use codes::Date;
use facts::Instant;

const DAY_MS: u64 = 86_400_000;

/// How far clocks of China are ahead of UTC, in milliseconds.
const CHINA_AHEAD_MS: u64 = 8 * 3_600_000;

/// When it is so many milliseconds after the beginning of a day in China; the first moment of 1970
/// for what lies before it.
pub(super) fn in_china(day: Date, after_ms: u64) -> Instant {
    let epoch = Date::new(1970, 1, 1).map_or(0, Date::number);
    let days = u64::from(day.number().saturating_sub(epoch));
    Instant((days * DAY_MS + after_ms).saturating_sub(CHINA_AHEAD_MS))
}

/// A moment as it is written on the command line: a day, which is ten o'clock of it, or a day and a
/// time.
pub(super) fn moment(written: &str) -> Result<Instant, String> {
    let expected = || format!("'{written}' is no moment such as 2022-12-12 or 2022-12-12T09:30");
    let (day, time) = written.split_once('T').unwrap_or((written, "10:00"));
    let day: Date = day.parse().map_err(|_| expected())?;
    let two = |text: &str, below: u64| {
        let is_two = text.len() == 2 && text.bytes().all(|octet| octet.is_ascii_digit());
        let number = text.parse::<u64>().ok().filter(|number| *number < below);
        number.filter(|_| is_two).ok_or_else(expected)
    };
    let (hour, minute) = time.split_once(':').ok_or_else(expected)?;
    let minutes = two(hour, 24)? * 60 + two(minute, 60)?;
    Ok(in_china(day, minutes * 60_000))
}

/// The day that it is at a moment.
pub(super) fn day(at: Instant) -> Date {
    at.day_in_china().unwrap_or(Date::LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_china() {
        let check = |written: &str, expected: &str| {
            assert_eq!(moment(written).unwrap().to_string(), expected, "{written}");
        };
        check("2022-12-12", "2022-12-12T02:00:00.000Z");
        check("2022-12-12T09:30", "2022-12-12T01:30:00.000Z");
        check("2022-12-12T00:00", "2022-12-11T16:00:00.000Z");
        assert_eq!(
            day(moment("2022-12-12T00:00").unwrap()).to_string(),
            "2022-12-12"
        );
        for bad in [
            "",
            "2022-12",
            "2022-12-12T",
            "2022-12-12T9:30",
            "2022-12-12T24:00",
            "2022-12-12T09:60",
            "2022-12-12T09:3a",
            "2022-02-30",
            "T09:30",
        ] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}
