//! Which figure is asked for, of which month, in which unit, as known when: the flags that reading
//! commands share. Not here: what is made of the answer.

use super::folder::{Folder, Settings};
use clap::Args;
use codes::{Date, Dimension, Frequency, Period, Unit};
use facts::{Form, Instant};
use monitor::province::INDICATORS;
use monitor::{Question, Snapshot};
use serde_json::{Value as Json, json};

const DAY_MS: u64 = 86_400_000;

/// How far clocks of China are ahead of UTC, in milliseconds.
const CHINA_AHEAD_MS: u64 = 8 * 3_600_000;

#[derive(Args)]
pub(super) struct QuestionArguments {
    /// The month, such as 2022-11 or 2022年11月; also a quarter (2022-Q3), a year, 2022-YTD11.
    #[arg(long, short, value_name = "MONTH")]
    month: String,
    /// From January to the end of the month.
    #[arg(long)]
    to_date: bool,
    /// Which figure; by default as monitor.toml says.
    #[arg(long, value_name = "NAME")]
    indicator: Option<String>,
    /// In which unit, such as 亿元; by default 万元 for money, else the indicator's own.
    #[arg(long, value_name = "UNIT")]
    unit: Option<Unit>,
    /// As known at the end of this day, such as 2022-12-20; by default all that is known.
    #[arg(long, value_name = "DAY")]
    known_at: Option<Date>,
    /// How many digits growths and pulls have after the point.
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(0..=6))]
    pub(super) places: u32,
}

impl QuestionArguments {
    /// The question, in the words of the room.
    pub(super) fn question(&self, settings: &Settings) -> Result<Question, String> {
        let indicator = self.indicator.as_ref().unwrap_or(&settings.indicator);
        let period = self.period(settings)?;
        let is_to_date = period.frequency() == Frequency::YearToDate;
        Ok(Question {
            indicator: indicator
                .parse()
                .map_err(|error| format!("--indicator: {error}"))?,
            form: if is_to_date {
                Form::Cumulative
            } else {
                Form::Level
            },
            period,
            unit: self.unit(indicator)?,
            at: self.at(),
        })
    }

    fn period(&self, settings: &Settings) -> Result<Period, String> {
        let period = month(&self.month)?;
        if period.frequency() != Frequency::Month {
            return Ok(period);
        }
        if self.to_date {
            let to_date = Period::containing(Frequency::YearToDate, period.last_day());
            return Ok(to_date);
        }
        let told = Period::containing(settings.months(), period.last_day());
        if told.last_day() != period.last_day() {
            let year = period.year_number();
            return Err(format!(
                "--month: January is told together with February; say {year}-02"
            ));
        }
        Ok(told)
    }

    fn unit(&self, indicator: &str) -> Result<Unit, String> {
        let known = INDICATORS.iter().find(|of| of.code == indicator);
        let unit = match (self.unit, known.map(|of| of.unit)) {
            (None, Some(unit)) if unit.dimension() == Dimension::Yuan => Unit::YUAN_10K,
            (Some(unit), _) | (None, Some(unit)) => unit,
            (None, None) => {
                return Err(format!("'{indicator}' is not known here; say its --unit"));
            }
        };
        if matches!(
            unit.dimension(),
            Dimension::Share | Dimension::Points | Dimension::Index
        ) {
            return Err(format!(
                "'{indicator}' is told in {unit}, and such figures of many do not add up to one; \
                 choose another --indicator"
            ));
        }
        Ok(unit)
    }

    pub(super) fn at(&self) -> Instant {
        let epoch = Date::new(1970, 1, 1).map_or(0, Date::number);
        let end = |day: Date| {
            let days = u64::from(day.number().saturating_sub(epoch)) + 1;
            Instant((days * DAY_MS).saturating_sub(CHINA_AHEAD_MS + 1))
        };
        self.known_at.map_or(Instant::LAST, end)
    }

    /// The flags that ask the same of another region.
    pub(super) fn flags(&self) -> String {
        let mut flags = format!("--month {}", self.month.trim());
        let more = [
            self.to_date.then(|| "--to-date".to_owned()),
            self.indicator
                .as_ref()
                .map(|name| format!("--indicator {name}")),
            self.unit.map(|unit| format!("--unit '{unit}'")),
            self.known_at.map(|day| format!("--known-at {day}")),
        ];
        for flag in more.into_iter().flatten() {
            flags.push(' ');
            flags.push_str(&flag);
        }
        flags
    }
}

/// A month or another period, as people or programs write it.
pub(super) fn month(written: &str) -> Result<Period, String> {
    let read = written.parse();
    let chinese = || Period::from_chinese(written, Frequency::Month);
    read.or_else(|error| chinese().map_err(|_| format!("--month: {error}")))
}

/// The period of a frequency that ends when a month does that people write.
pub(super) fn month_for(frequency: Frequency, written: &str) -> Result<Period, String> {
    Ok(Period::containing(frequency, month(written)?.last_day()))
}

/// What an indicator is called in English and in Chinese.
pub(super) fn indicator_names(code: &str) -> [String; 2] {
    let known = INDICATORS.iter().find(|of| of.code == code);
    known.map_or_else(
        || [code, code].map(str::to_owned),
        |of| of.names.map(str::to_owned),
    )
}

/// What was asked, as JSON.
pub(super) fn asked(folder: &Folder, question: &Question) -> Json {
    let form = match question.form {
        Form::Cumulative => "cumulative",
        _ => "level",
    };
    json!({
        "mark": folder.settings.mark,
        "indicator": question.indicator.to_string(),
        "form": form,
        "period": question.period.to_string(),
        "unit": question.unit.to_string(),
        "knownAt": (question.at != Instant::LAST).then(|| question.at.to_string()),
    })
}

/// Of whom nothing can be said, in a line; `None` if there is nobody.
pub(super) fn left_out(snapshot: &Snapshot) -> Option<[String; 2]> {
    let (single, nowhere) = (snapshot.not_comparable.len(), snapshot.without_place.len());
    (single + nowhere > 0).then(|| {
        [
            format!(
                "not counted: {single} that told of one of the two periods only, {nowhere} of \
                 which region or industry is not known"
            ),
            format!("未计入：仅有一期数据的企业{single}家，地区或行业不明的企业{nowhere}家"),
        ]
    })
}
