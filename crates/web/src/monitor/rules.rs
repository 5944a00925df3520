//! The editor of rules: what a rule says, what it would have done, and how it goes live.
//!
//! A rule goes live only after somebody has looked at its back-test: the digest that goes with the
//! plot is sent back, and the room compares it. Back-tests are of figures that may have to be
//! hidden: only who may see enterprises runs or reads them.

use super::access::Rights;
use super::call::{Answer, Call, Problem};
use codes::{Number, Period};
use facts::history::series_of;
use facts::{Role, View};
use monitor::object_named;
use monitor::warn::back_test::{BackTest, Costs, Episode, Score, Trial};
use monitor::warn::register::{self, By, Version};
use monitor::warn::{Digest, Rule, Subject, example};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// The most numbers that a threshold is put to.
const SWEEP_COUNT_MAX: usize = 40;

/// The most subjects whose runs are drawn: those with the most alarms.
const RUNS_COUNT_MAX: usize = 40;

/// Everybody of whom a figure of a rule is told, in the roles that it is of.
pub(super) fn subjects(view: &dyn View, rule: &Rule) -> Result<Vec<Subject>, facts::Error> {
    let all = rule.references();
    let indicators: BTreeSet<_> = all.into_iter().map(|of| &of.indicator).collect();
    let mut found = BTreeSet::new();
    for indicator in indicators {
        for series in series_of(view, indicator)? {
            let roles: Vec<Role> = series.objects().iter().map(facts::Object::role).collect();
            if roles == rule.roles() && series.frequency() == rule.frequency() {
                found.insert(Subject::new(series.objects().iter().cloned())?);
            }
        }
    }
    Ok(found.into_iter().collect())
}

fn rule_json(rule: &Rule) -> Json {
    let [chinese, english] = rule.titles();
    let threshold =
        |of: &monitor::warn::Threshold| json!({"name": of.name, "number": of.number.to_string()});
    let level = |of: &monitor::warn::Level| json!({"name": of.name, "title": of.title});
    json!({
        "name": rule.name(),
        "english": english,
        "chinese": chinese,
        "thresholds": rule.thresholds().iter().map(threshold).collect::<Vec<_>>(),
        "levels": rule.levels().iter().map(level).collect::<Vec<_>>(),
    })
}

fn version_json(version: &Version) -> Json {
    let [english, chinese] = version.state.names();
    let step = |step: &register::Taken| {
        let [english, chinese] = step.state.names();
        json!({
            "state": {"english": english, "chinese": chinese},
            "at": step.at.to_string(),
            "by": step.by,
            "remark": step.remark,
        })
    };
    json!({
        "name": version.name,
        "number": version.number,
        "state": {"code": english, "english": english, "chinese": chinese},
        "text": version.text,
        "result": version.result.map(|digest| digest.to_string()),
        "steps": version.steps.iter().map(step).collect::<Vec<_>>(),
        "rule": version.rule().ok().map(|rule| rule_json(&rule)),
    })
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let all = register::all(&*call.bureau.view())?;
    let rules: Vec<Json> = all.iter().map(version_json).collect();
    Ok(call.tell(json!({"rules": rules, "examples": example::EXAMPLES})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
    #[serde(default)]
    by: Option<String>,
}

/// Whether a text is a rule; if not, where and why.
pub(super) fn check(call: &Call<'_>) -> Answer {
    let text: Text = call.body()?;
    let said = match Rule::read(&text.text) {
        Ok(rule) => json!({"rule": rule_json(&rule)}),
        Err(complaint) => json!({"complaint": {
            "line": complaint.place.line,
            "column": complaint.place.column,
            "english": complaint.to_string(),
            "chinese": complaint.chinese(),
        }}),
    };
    Ok(call.tell(said))
}

/// Registers a rule as a draft.
pub(super) fn draft(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let text: Text = call.body()?;
    let who = call.sender(text.by)?;
    let rule = Rule::read(&text.text);
    let rule =
        rule.map_err(|complaint| Problem::bad(complaint.to_string(), complaint.chinese()))?;
    let version = call.commit(|view, at| register::draft(view, at, &rule, by(&who)))?;
    Ok(call.tell(version_json(&version)))
}

fn by(who: &str) -> By<'_> {
    By { who, remark: "" }
}

fn find(call: &Call<'_>, name: &str, number: &str) -> Result<Version, Problem> {
    let number: u16 = number.parse().map_err(|_| Problem::not_found())?;
    let found = register::find(&*call.bureau.view(), name, number)?;
    found.ok_or_else(Problem::not_found)
}

/// Over which months a rule is tried, on whom what happened, and at what cost.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wanted {
    from: String,
    to: String,
    #[serde(default = "first")]
    level: u8,
    #[serde(default)]
    sweep: Option<Sweep>,
    /// What happened, as people know it.
    #[serde(default)]
    episodes: Vec<Happened>,
    #[serde(default)]
    miss_cost: Option<String>,
    #[serde(default)]
    false_alarm_cost: Option<String>,
    #[serde(default)]
    by: Option<String>,
}

fn first() -> u8 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    threshold: String,
    numbers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Happened {
    /// Codes of the objects: regions, industries, enterprises.
    objects: Vec<String>,
    from: String,
    to: String,
    label: String,
}

impl Wanted {
    fn trial(&self, call: &Call<'_>, rule: &Rule) -> Result<Trial, Problem> {
        let cost = |written: &Option<String>, otherwise: i32| match written {
            Some(written) => written.parse::<Number>(),
            None => Ok(otherwise.into()),
        };
        let sweep = self.sweep.as_ref().map(Sweep::numbers).transpose()?;
        let episodes = self.episodes.iter();
        let episodes: Result<Vec<Episode>, Problem> =
            episodes.map(|of| of.episode(call, rule)).collect();
        Ok(Trial {
            subjects: subjects(&*call.bureau.view(), rule)?,
            periods: [
                period(call, rule, &self.from)?,
                period(call, rule, &self.to)?,
            ],
            episodes: episodes?,
            level: self.level,
            lead_max: 1,
            grace: 1,
            costs: Costs {
                miss: cost(&self.miss_cost, 10)?,
                false_alarm: cost(&self.false_alarm_cost, 1)?,
            },
            sweep,
        })
    }
}

impl Sweep {
    fn numbers(&self) -> Result<(String, Vec<Number>), Problem> {
        if self.numbers.len() > SWEEP_COUNT_MAX {
            return Err(Problem::bad(
                "a threshold is put to at most 40 numbers",
                "阈值最多试40个数",
            ));
        }
        let numbers: Result<Vec<Number>, _> = self.numbers.iter().map(|of| of.parse()).collect();
        Ok((self.threshold.clone(), numbers?))
    }
}

impl Happened {
    fn episode(&self, call: &Call<'_>, rule: &Rule) -> Result<Episode, Problem> {
        let objects = self.objects.iter().map(|of| object_named(of));
        let objects: Result<Vec<_>, _> = objects.collect();
        Ok(Episode {
            subject: Subject::new(objects?)?,
            periods: [
                period(call, rule, &self.from)?,
                period(call, rule, &self.to)?,
            ],
            label: self.label.clone(),
        })
    }
}

fn period(call: &Call<'_>, rule: &Rule, month: &str) -> Result<Period, Problem> {
    let period = super::question::month(month, call.bureau.months())?;
    Ok(Period::containing(rule.frequency(), period.last_day()))
}

/// What a version would have done; it is noted with the rule.
pub(super) fn back_test(call: &Call<'_>, name: &str, number: &str) -> Answer {
    call.must(Rights::Act)?;
    let wanted: Wanted = call.body()?;
    let version = find(call, name, number)?;
    let rule = version.rule()?;
    let trial = wanted.trial(call, &rule)?;
    let who = call.sender(wanted.by)?;
    let found = BackTest::run(&*call.bureau.view(), &rule, &trial)?;
    let version = call.commit(|view, at| {
        let of = (name, version.number);
        register::tested(view, at, of, &found, by(&who))
    })?;
    let mut said = back_test_json(call, &found, trial.level);
    said["version"] = version_json(&version);
    Ok(call.tell(said))
}

fn score_json(score: &Score) -> Json {
    json!({
        "hits": score.hits,
        "misses": score.misses,
        "falseAlarms": score.false_alarms,
        "periodsInAlarm": score.periods_in_alarm,
        "periods": score.periods,
        "lead": score.lead_mean().map(|mean| mean.to_string()),
        "cost": score.cost.to_string(),
    })
}

fn back_test_json(call: &Call<'_>, found: &BackTest, level: u8) -> Json {
    let finding = |of: &monitor::warn::back_test::Finding| {
        let [english, chinese] = of.said();
        json!({"english": english, "chinese": chinese})
    };
    let point = |(number, score): &(Number, Score)| {
        let mut said = score_json(score);
        said["number"] = json!(number.to_string());
        said
    };
    let curve = found.curve.as_ref().map(|(name, points)| {
        let mut points = points.clone();
        points.sort_by_key(|(number, _)| *number);
        json!({"threshold": name, "points": points.iter().map(point).collect::<Vec<_>>()})
    });
    let alarms = |run: &monitor::warn::back_test::Run| {
        let points = run.points.iter();
        points.filter(|of| of.standing.level >= level).count()
    };
    let mut runs: Vec<_> = found.runs.iter().filter(|run| alarms(run) > 0).collect();
    runs.sort_by_key(|run| std::cmp::Reverse(alarms(run)));
    let run = |run: &&monitor::warn::back_test::Run| {
        let objects = run.subject.objects().iter();
        let points = run.points.iter();
        let point = |of: &monitor::warn::back_test::Point| {
            json!([of.period.to_string(), of.standing.level])
        };
        json!({
            "objects": objects.map(|of| call.object(of)).collect::<Vec<_>>(),
            "points": points.map(point).collect::<Vec<_>>(),
        })
    };
    json!({
        "digest": found.digest().to_string(),
        "score": score_json(&found.score),
        "findings": found.findings.iter().map(finding).collect::<Vec<_>>(),
        "curve": curve,
        "subjects": found.runs.len(),
        "subjectsInAlarm": runs.len(),
        "runs": runs.iter().take(RUNS_COUNT_MAX).map(run).collect::<Vec<_>>(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// The digest that stood beside the plot.
    digest: String,
    #[serde(default)]
    by: Option<String>,
}

/// Somebody has looked at a back-test.
pub(super) fn seen(call: &Call<'_>, name: &str, number: &str) -> Answer {
    call.must(Rights::Act)?;
    let seen: Seen = call.body()?;
    let who = call.sender(seen.by)?;
    let version = find(call, name, number)?;
    let digest = hex::decode(&seen.digest).ok();
    let digest: Option<[u8; 32]> = digest.and_then(|octets| octets.try_into().ok());
    let digest = digest.map(Digest).ok_or_else(|| {
        Problem::bad(
            "the digest has 64 hexadecimal digits",
            "摘要须为64位十六进制数",
        )
    })?;
    let version = call.commit(|view, at| {
        let of = (name, version.number);
        register::seen(view, at, of, digest, by(&who))
    })?;
    Ok(call.tell(version_json(&version)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(default)]
    by: Option<String>,
}

pub(super) fn go_live(call: &Call<'_>, name: &str, number: &str) -> Answer {
    step(call, name, number, register::go_live)
}

pub(super) fn retire(call: &Call<'_>, name: &str, number: &str) -> Answer {
    step(call, name, number, register::retire)
}

type Take = fn(
    &dyn View,
    facts::Instant,
    (&str, u16),
    By<'_>,
) -> Result<(facts::Change, Version), facts::Error>;

fn step(call: &Call<'_>, name: &str, number: &str, take: Take) -> Answer {
    call.must(Rights::Act)?;
    let step: Step = call.body()?;
    let who = call.sender(step.by)?;
    let version = find(call, name, number)?;
    let of = (name, version.number);
    let version = call.commit(|view, at| take(view, at, of, by(&who)))?;
    Ok(call.tell(version_json(&version)))
}
