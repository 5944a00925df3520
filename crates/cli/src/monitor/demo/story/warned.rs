//! A rule is tested, goes live and warns; somebody takes notice.
//!
//! Not here: what is done about it (`solved`).

use super::{Done, MARK, OFFICE, Story, day, merged};
use crate::demo::Stage;
use codes::{Number, Period};
use facts::{Instant, Object};
use monitor::warn::back_test::{BackTest, Costs, Episode, Trial};
use monitor::warn::register::{By, draft, go_live, seen, tested};
use monitor::warn::warning::{self, Warning};
use monitor::warn::{Subject, register};
use std::error::Error;

/// What the rule is called.
const NAME: &str = "demo.supply";

impl Story {
    /// Every city's divisions.
    fn subjects(&self) -> Result<Vec<Subject>, facts::Error> {
        let mut subjects = Vec::new();
        for city in self.province.cities() {
            for division in self.province.divisions() {
                let objects = [Object::region(city), Object::industry(*division)];
                subjects.push(Subject::new(objects)?);
            }
        }
        Ok(subjects)
    }

    pub(crate) fn a_rule_goes_live(&mut self, stage: &mut Stage) -> Done {
        stage.chapter(
            "A rule is tested on the past before it may warn",
            "预警规则先回测，看过结果才能启用",
        );
        let store = &self.folder.store;
        let at = day("2022-09-13");
        let by = By {
            who: OFFICE,
            remark: MARK,
        };
        let rule = self.rule.clone();
        let version = facts::commit(store, at, |view, at| draft(view, at, &rule, by))?;
        let number = (NAME, version.number);
        let too_early = facts::commit(store, at, |view, at| go_live(view, at, number, by)).is_err();
        let trial = Trial {
            subjects: self.subjects()?,
            periods: ["2021-M02".parse()?, merged("08")],
            episodes: vec![Episode {
                subject: self.subject()?,
                periods: [merged("08"), merged("08")],
                label: "断供".to_owned(),
            }],
            level: 2,
            lead_max: 1,
            grace: 1,
            costs: Costs {
                miss: 10.into(),
                false_alarm: 1.into(),
            },
            sweep: Some((
                "red-fall".to_owned(),
                [-45, -30, -15].map(Number::from).to_vec(),
            )),
        };
        let back_test = BackTest::run(&*store.view(), &rule, &trial)?;
        let tally = back_test.score;
        facts::commit(store, at, |view, at| {
            tested(view, at, number, &back_test, by)
        })?;
        let digest = back_test.digest();
        facts::commit(store, at, |view, at| seen(view, at, number, digest, by))?;
        facts::commit(store, at, |view, at| go_live(view, at, number, by))?;
        let (hits, misses, alarms) = (tally.hits, tally.misses, tally.false_alarms);
        stage.expect(
            too_early && (hits, misses, alarms) == (1, 0, 0),
            &format!(
                "Untested it was refused. Over {} judgements: {hits} hit, {misses} missed, \
                 {alarms} false alarms. Seen by {OFFICE}: live.",
                tally.periods
            ),
            &format!(
                "未回测不得启用。回测{}次判断：命中{hits}，漏报{misses}，误报{alarms}。\
                 {OFFICE}已阅，启用。",
                tally.periods
            ),
        );
        Ok(())
    }

    /// Judges everybody by the live rule; says how many are warned of.
    pub(super) fn judge(&self, period: Period, now: Instant) -> Result<usize, Box<dyn Error>> {
        let store = &self.folder.store;
        let version = register::live(&*store.view(), NAME)?.ok_or("no rule is live")?;
        for subject in self.subjects()? {
            facts::commit(store, now, |view, at| {
                warning::judge(view, at, &version, &self.rule, &subject, period, OFFICE)
            })?;
        }
        Ok(warning::all_open(&*store.view(), Some(NAME), 1000)?.len())
    }

    pub(super) fn warning(&self) -> Result<Option<Warning>, Box<dyn Error>> {
        let subject = self.subject()?;
        Ok(warning::open(&*self.folder.view(), NAME, &subject)?)
    }

    pub(crate) fn it_warns(&mut self, stage: &mut Stage) -> Done {
        stage.chapter("It warns, and somebody takes notice", "发出预警，有人认领");
        let now = day("2022-09-13");
        let count = self.judge(merged("08"), now)?;
        let subject = self.subject()?;
        let by = By {
            who: OFFICE,
            remark: "电话核实：原材料断供",
        };
        let taken = facts::commit(&self.folder.store, now, |view, at| {
            warning::acknowledge(view, at, (NAME, &subject), by)
        })?;
        let (city, division) = (
            self.name(&Object::region(self.hit.0)),
            self.name(&self.hit.1),
        );
        stage.expect(
            count == 1 && taken.level == 2 && taken.acknowledged.is_some(),
            &format!("RED: {city}, {division}; {count} warning(s) in all. Owner: {OFFICE}."),
            &format!("红色预警：{city}{division}；共{count}条。责任单位：{OFFICE}，已确认。"),
        );
        Ok(())
    }
}
