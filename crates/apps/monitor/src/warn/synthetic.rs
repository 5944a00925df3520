//! A small world for tests (合成数据): regions with figures, each known from when it was told.

use super::subject::Subject;
use codes::{Frequency, Number, Period, Unit};
use facts::event::{self, Event};
use facts::history::{self, Report};
use facts::{Content, Error, Form, Instant, Object, Observation, Reason, Series, View};
use model::Change;
use store::{Options, Store, TablesKind};
use tempfile::TempDir;

pub(super) const DAY_MS: u64 = 86_400_000;

/// A store that is told figures.
pub(super) struct World {
    _folder: TempDir,
    pub(super) store: Store,
    pub(super) frequency: Frequency,
}

pub(super) fn region(code: &str) -> Subject {
    Subject::new([Object::region(code.parse().unwrap())]).unwrap()
}

pub(super) fn period(text: &str) -> Period {
    text.parse().unwrap()
}

/// So many days after the end of a period, at midnight in China and then some.
pub(super) fn days_after(period: Period, days: u64) -> Instant {
    // 719468 is the number of 1970-01-01.
    let day = u64::from(period.last_day().number()) - 719_468;
    Instant((day + 1 + days) * DAY_MS)
}

impl World {
    pub(super) fn new(frequency: Frequency) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            tables: TablesKind::Memory,
            ..Options::default()
        };
        let store = Store::open(folder.path(), &options).unwrap();
        Self {
            _folder: folder,
            store,
            frequency,
        }
    }

    pub(super) fn series(&self, indicator: &str, subject: &Subject) -> Series {
        let indicator = indicator.parse().unwrap();
        subject
            .series(&indicator, self.frequency, Form::Level)
            .unwrap()
    }

    /// Tells a figure in tons, known at a moment.
    pub(super) fn tell(
        &self,
        indicator: &str,
        subject: &Subject,
        period: Period,
        number: Option<&str>,
        at: Instant,
    ) {
        let content = match number {
            Some(number) => Content::Reported(number.parse().unwrap()),
            None => Content::Missing(Reason::REFUSED),
        };
        let observation = Observation {
            content,
            ..Observation::reported(Number::ZERO, Unit::TON, "tests", at)
        };
        self.report(self.series(indicator, subject), period, observation, at);
    }

    pub(super) fn report(
        &self,
        series: Series,
        period: Period,
        observation: Observation,
        at: Instant,
    ) {
        let report = Report {
            series,
            period,
            observation,
            is_revision: false,
        };
        let reports = [report];
        let recorded = self
            .plan(at, |view, at| history::record(view, at, &reports))
            .unwrap();
        assert!(recorded.refused.is_empty(), "{:?}", recorded.refused);
    }

    /// Tells figures of periods one after the other, each ten days after its end; `None` is passed
    /// over.
    pub(super) fn tell_all(
        &self,
        indicator: &str,
        subject: &Subject,
        first: Period,
        numbers: &[Option<&str>],
    ) {
        for (back, number) in (0..).zip(numbers) {
            let period = first.plus(back).unwrap();
            if let Some(number) = number {
                let at = days_after(period, 10);
                self.tell(indicator, subject, period, Some(number), at);
            }
        }
    }

    /// Something happened.
    pub(super) fn happened(&self, name: &str, subject: &Subject, what: &str, at: Instant) {
        let event = Event {
            name: name.to_owned(),
            objects: subject.objects().to_vec(),
            when: at,
            what: what.to_owned(),
            place: String::new(),
            why: String::new(),
            how: String::new(),
            who: "tests".to_owned(),
            corrects: None,
            payload: "".into(),
        };
        self.plan(at, |view, at| event::record(view, at, &event))
            .unwrap();
    }

    pub(super) fn plan<T>(
        &self,
        now: Instant,
        plan: impl FnMut(&dyn View, Instant) -> Result<(Change, T), Error>,
    ) -> Result<T, Error> {
        facts::commit(&self.store, now, plan)
    }
}
