//! A small world for tests (合成数据): regions with figures, each known from when it was told.

use super::back_test::{BackTest, Costs, Episode, Trial};
use super::register::{self, By, Version};
use super::rule::Rule;
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

/// Who does things here.
pub(super) const BY: By<'_> = By {
    who: "tests",
    remark: "",
};

/// Brings a rule to life, back-test and all.
pub(super) fn go_live(world: &World, text: &str, at: Instant) -> (Version, Rule) {
    go_live_in(world, text, at, "2021-01")
}

/// The same by a back-test of one period.
pub(super) fn go_live_in(world: &World, text: &str, at: Instant, tested: &str) -> (Version, Rule) {
    let rule = Rule::read(text).unwrap();
    let draft = world
        .plan(at, |view, at| register::draft(view, at, &rule, BY))
        .unwrap();
    let id = (draft.name.as_str(), draft.number);
    let mut city = region("3501");
    if rule.roles().len() == 2 {
        let industry = Object::industry("26".parse().unwrap());
        city = Subject::new([city.objects()[0].clone(), industry]).unwrap();
    }
    let trial = Trial {
        subjects: vec![city.clone()],
        periods: [period(tested); 2],
        episodes: vec![Episode {
            subject: city,
            periods: [period(tested); 2],
            label: "a".to_owned(),
        }],
        level: 1,
        lead_max: 0,
        grace: 0,
        costs: Costs {
            miss: 1.into(),
            false_alarm: 1.into(),
        },
        sweep: None,
    };
    let back_test = BackTest::run(&*world.store.view(), &rule, &trial).unwrap();
    world
        .plan(at, |view, at| {
            register::tested(view, at, id, &back_test, BY)
        })
        .unwrap();
    let seen = back_test.digest();
    world
        .plan(at, |view, at| register::seen(view, at, id, seen, BY))
        .unwrap();
    let live = world
        .plan(at, |view, at| register::go_live(view, at, id, BY))
        .unwrap();
    (live, rule)
}
