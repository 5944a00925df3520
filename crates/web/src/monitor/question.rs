//! Which figure is asked for, of which month, in which unit, as known when. Not here: what is made
//! of the answer.

use super::access::Rights;
use super::bureau::Bureau;
use super::call::{Call, Problem};
use codes::{Code, Date, Dimension, Frequency, Period, Region, Unit};
use facts::{Form, Instant, Object};
use monitor::Question;
use monitor::province::INDICATORS;
use serde_json::{Value as Json, json};

const DAY_MS: u64 = 86_400_000;

/// How far clocks of China are ahead of UTC, in milliseconds.
const CHINA_AHEAD_MS: u64 = 8 * 3_600_000;

/// How many digits growths and pulls have after the point.
pub(super) const PLACES: u32 = 1;

/// What an indicator is called in English and in Chinese.
pub(super) fn indicator_names(code: &str) -> [String; 2] {
    let known = INDICATORS.iter().find(|of| of.code == code);
    known.map_or_else(
        || [code, code].map(str::to_owned),
        |of| of.names.map(str::to_owned),
    )
}

/// Whether figures in a unit add up to one of all.
pub(super) fn adds_up(unit: Unit) -> bool {
    let dimension = unit.dimension();
    !matches!(
        dimension,
        Dimension::Share | Dimension::Points | Dimension::Index
    )
}

impl Call<'_> {
    pub(super) fn indicator(&self) -> &str {
        self.parameter("indicator")
            .unwrap_or(&self.bureau.indicator)
    }

    /// A region that is named by a parameter, else the bureau's own; it must lie in that.
    pub(super) fn region(&self) -> Result<Region, Problem> {
        let Some(written) = self.parameter("region") else {
            return Ok(self.bureau.region);
        };
        let region: Region = written.parse()?;
        if region.is_within(self.bureau.region) {
            return Ok(region);
        }
        let own = self.bureau.region;
        Err(Problem::bad(
            format!("{region} does not lie in {own}, whose figures these are"),
            format!("{region} 不在 {own} 范围内"),
        ))
    }

    /// What is asked for. Who may not see single enterprises asks of months alone, as they are
    /// known now: the difference of two boards would tell what each hides.
    pub(super) fn question(&self) -> Result<Question, Problem> {
        let indicator = self.indicator();
        let to_date = self.parameter("form") == Some("cumulative");
        let known_at = self.parameter("known-at");
        if to_date || known_at.is_some() || self.parameter("unit").is_some() {
            self.must(Rights::See)?;
        }
        let unit = match self.parameter("unit") {
            Some(unit) => Some(unit.parse()?),
            None => Bureau::unit(indicator),
        };
        let unit = unit.filter(|unit| adds_up(*unit)).ok_or_else(|| {
            Problem::bad(
                format!("{indicator} is no figure that adds up; choose another"),
                format!("{indicator} 不是可加总的指标"),
            )
        })?;
        Ok(Question {
            indicator: indicator.parse()?,
            form: if to_date {
                Form::Cumulative
            } else {
                Form::Level
            },
            period: self.period(to_date)?,
            unit,
            at: known_at.map_or(Ok(Instant::LAST), end_of_day)?,
        })
    }

    /// The month that is named, else the newest that was told.
    pub(super) fn month(&self) -> Result<Period, Problem> {
        let Some(written) = self.parameter("month") else {
            let months = self.bureau.told_months(self.indicator())?;
            return months.first().copied().ok_or_else(|| {
                Problem::new(
                    hyper::StatusCode::NOT_FOUND,
                    "missing",
                    [
                        "no figures with a year before have been told yet",
                        "尚无可作同比的数据",
                    ],
                )
            });
        };
        month(written, self.bureau.months())
    }

    fn period(&self, to_date: bool) -> Result<Period, Problem> {
        let month = self.month()?;
        Ok(if to_date {
            Period::containing(Frequency::YearToDate, month.last_day())
        } else {
            month
        })
    }

    /// What was asked, for the answer.
    pub(super) fn asked_json(&self, question: &Question) -> Json {
        let code = question.indicator.to_string();
        json!({
            "indicator": indicator_json(&code),
            "form": form_name(question.form),
            "period": period_json(question.period),
            "month": question.period.last_day().to_string().get(..7),
            "unit": unit_json(question.unit),
            "region": self.object(&Object::region(self.bureau.region)),
            "seesEnterprises": self.may(Rights::See),
        })
    }
}

/// A month as it is written in a query, as figures of months are told.
pub(super) fn month(written: &str, months: Frequency) -> Result<Period, Problem> {
    let read = written.parse::<Period>();
    let chinese = || Period::from_chinese(written, Frequency::Month);
    let period = read.or_else(|error| chinese().map_err(|_| error))?;
    if period.frequency() == months {
        return Ok(period);
    }
    let told = Period::containing(months, period.last_day());
    if period.frequency() != Frequency::Month || told.last_day() != period.last_day() {
        return Err(Problem::bad(
            format!("{written} is no month for which figures are told"),
            format!("{written} 不是报送数据的月份"),
        ));
    }
    Ok(told)
}

fn end_of_day(written: &str) -> Result<Instant, Problem> {
    let day: Date = written.parse()?;
    let epoch = Date::new(1970, 1, 1).map_or(0, Date::number);
    let days = u64::from(day.number().saturating_sub(epoch)) + 1;
    Ok(Instant((days * DAY_MS).saturating_sub(CHINA_AHEAD_MS + 1)))
}

pub(super) fn form_name(form: Form) -> &'static str {
    match form {
        Form::Level => "level",
        Form::Cumulative => "cumulative",
        Form::YearOnYear => "year-on-year",
        Form::PeriodOnPeriod => "period-on-period",
    }
}

pub(super) fn indicator_json(code: &str) -> Json {
    let [english, chinese] = indicator_names(code);
    json!({"code": code, "english": english, "chinese": chinese})
}

pub(super) fn period_json(period: Period) -> Json {
    json!({"code": period.to_string(), "chinese": period.chinese()})
}

pub(super) fn unit_json(unit: Unit) -> Json {
    json!({"code": unit.to_string(), "chinese": unit.chinese()})
}
