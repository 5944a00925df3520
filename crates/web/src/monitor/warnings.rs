//! The inbox of warnings: what is warned of, why, and who sees to it.
//!
//! Who may not see single enterprises is told of warnings about regions and industries alone that
//! the board shows, and without the figures that led to them, for these may have to be hidden.

use super::access::Rights;
use super::bureau::{Bureau, now};
use super::call::{Answer, Call, Problem};
use super::object::place;
use super::question::period_json;
use super::rules::subjects;
use codes::Period;
use facts::{Form, Instant, Object, Role};
use monitor::warn::register::{self, By, State};
use monitor::warn::silence;
use monitor::warn::warning::{self, Account, Used, Warning};
use monitor::warn::{Muted, notice};
use monitor::{Question, bulletin, cases};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The most warnings that are looked at.
pub(super) const WARNINGS_COUNT_MAX: usize = 10_000;

/// The most that are told at once: the worst.
const LINES_COUNT_MAX: usize = 500;

/// The most steps of one that are told: the newest.
const STEPS_COUNT_MAX: u32 = 100;

/// The most figures of one step that are told.
const FIGURES_COUNT_MAX: usize = 40;

fn is_single(of: &Warning) -> bool {
    let mut roles = of.subject.roles();
    roles.any(|role| role == Role::ENTERPRISE)
}

/// Whether somebody may know of a warning. That one was raised tells how far a figure fell: a
/// reader is told of no place that the board of its month hides.
fn may_know(call: &Call<'_>, of: &Warning) -> Result<bool, Problem> {
    if call.may(Rights::See) {
        return Ok(true);
    }
    let mut objects = of.subject.objects().iter();
    let industry = objects.find_map(Object::as_industry);
    let bureau = call.bureau;
    let (Some(industry), Some(unit)) = (industry, Bureau::unit(&bureau.indicator)) else {
        return Ok(!is_single(of) && industry.is_none());
    };
    let question = Question {
        indicator: bureau.indicator.parse()?,
        form: Form::Level,
        period: Period::containing(bureau.months(), of.period.last_day()),
        unit,
        at: Instant::LAST,
    };
    let region = of.subject.region().unwrap_or(bureau.region);
    let board = bureau.board(&question, bureau.region)?;
    let board = board.as_ref().as_ref();
    let figure = board.and_then(|board| place(board, bureau.region, region, Some(industry)));
    Ok(!is_single(of) && figure.is_some())
}

/// The open warnings that somebody may know of.
fn open(call: &Call<'_>) -> Result<Vec<Warning>, Problem> {
    let mut found = Vec::new();
    for of in warning::all_open(&*call.bureau.view(), None, WARNINGS_COUNT_MAX)? {
        if may_know(call, &of)? {
            found.push(of);
        }
    }
    Ok(found)
}

/// Red, yellow or blue, as bulletins call it; `unknown` of one that tells only that.
fn lamp(of: &Warning) -> &'static str {
    let told = bulletin::Warning::of(of, [String::new(), String::new()], None);
    told.map_or("unknown", |told| told.level.names()[0])
}

fn warning_json(call: &Call<'_>, of: &Warning, titles: [&str; 2]) -> Json {
    let [chinese, english] = titles;
    let objects = of.subject.objects().iter();
    let acknowledged = of.acknowledged.as_ref();
    json!({
        "name": of.name,
        "rule": {"code": of.rule, "english": english, "chinese": chinese, "version": of.version},
        "objects": objects.map(|of| call.object(of)).collect::<Vec<_>>(),
        "lamp": lamp(of),
        "level": of.level,
        "levelName": of.level_name,
        "isUnknown": of.is_unknown,
        "raisedAt": of.raised_at.to_string(),
        "raisedIn": period_json(of.raised_in),
        "period": period_json(of.period),
        "month": of.period.last_day().to_string().get(..7),
        "owner": of.owner,
        "acknowledged": acknowledged.map(|(who, at)| json!({"by": who, "at": at.to_string()})),
        "regionsUp": of.regions_up,
        "waitsSince": of.waits_since.to_string(),
        "steps": of.steps,
    })
}

/// The titles of rules, read once each.
struct Titles(BTreeMap<(String, u16), [String; 2]>);

impl Titles {
    fn of(&mut self, call: &Call<'_>, of: &Warning) -> Result<[&str; 2], Problem> {
        let key = (of.rule.clone(), of.version);
        if !self.0.contains_key(&key) {
            let version = register::find(&*call.bureau.view(), &of.rule, of.version)?;
            let rule = version.map(|version| version.rule()).transpose()?;
            let titles = rule.map_or_else(
                || [&*of.rule; 2].map(str::to_owned),
                |rule| rule.titles().map(str::to_owned),
            );
            self.0.insert(key.clone(), titles);
        }
        let found = self.0.get(&key);
        Ok(found.map_or(["", ""], |[first, second]| [first, second]))
    }
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let mut all = open(call)?;
    let severity = |of: &Warning| match lamp(of) {
        "red" => 0,
        "yellow" => 1,
        "blue" => 2,
        _ => 3,
    };
    all.sort_by_key(|of| (severity(of), of.acknowledged.is_some(), of.raised_at));
    let count = all.len();
    all.truncate(LINES_COUNT_MAX);
    let mut titles = Titles(BTreeMap::new());
    let mut lines = Vec::new();
    for of in &all {
        let mut line = warning_json(call, of, titles.of(call, of)?);
        line["muted"] = muted(call, of)?;
        lines.push(line);
    }
    Ok(call.tell(json!({"lines": lines, "count": count})))
}

/// Why nobody is told of a warning as it stands, if that is so; nothing to those who may not see
/// enterprises, for the other warning may be of one.
fn muted(call: &Call<'_>, of: &Warning) -> Result<Json, Problem> {
    if !call.may(Rights::See) || of.ended_at.is_some() {
        return Ok(Json::Null);
    }
    let view = call.bureau.view();
    let version = register::find(&*view, &of.rule, of.version)?;
    let account = warning::account(&*view, of, of.steps)?;
    let Some((version, account)) = version.zip(account) else {
        return Ok(Json::Null);
    };
    let told = notice(&*view, now(), &version.rule()?, of, &account)?;
    Ok(match told.muted {
        None => Json::Null,
        Some(Muted::Inhibited { by }) => json!({"kind": "inhibited", "by": by}),
        Some(Muted::Silenced { by }) => {
            let silence = silence::find(&*view, &by)?;
            json!({
                "kind": "silenced",
                "by": by,
                "reason": silence.as_ref().map(|of| &of.reason),
                "until": silence.as_ref().map(|of| of.until.to_string()),
            })
        }
    })
}

fn find(call: &Call<'_>, name: &str) -> Result<Warning, Problem> {
    let open = open(call)?.into_iter().find(|of| of.name == name);
    let found = match open {
        Some(found) => Some(found),
        None => warning::ended(&*call.bureau.view(), name)?,
    };
    let found = found.ok_or_else(Problem::not_found)?;
    if may_know(call, &found)? {
        Ok(found)
    } else {
        Err(Problem::not_found())
    }
}

/// A warning, its steps, and the cases that were opened for it.
pub(super) fn show(call: &Call<'_>, name: &str) -> Answer {
    let found = find(call, name)?;
    let view = call.bureau.view();
    let mut titles = Titles(BTreeMap::new());
    let mut said = warning_json(call, &found, titles.of(call, &found)?);
    said["muted"] = muted(call, &found)?;
    said["endedAt"] = json!(found.ended_at.map(|at| at.to_string()));
    let first = found.steps.saturating_sub(STEPS_COUNT_MAX) + 1;
    let mut steps = Vec::new();
    for step in first..=found.steps {
        if let Some(account) = warning::account(&*view, &found, step)? {
            steps.push(account_json(call, &account));
        }
    }
    said["steps"] = json!(steps);
    if call.may(Rights::See) {
        let region = Object::region(call.bureau.region);
        let all = cases::of(&*view, &region, Instant::LAST)?;
        let of_this = all
            .iter()
            .filter(|case| case.about.warning.as_deref() == Some(name));
        let case = |case: &cases::Case| json!({"name": case.name, "title": case.title});
        said["cases"] = of_this.map(case).collect();
    }
    Ok(call.tell(said))
}

fn account_json(call: &Call<'_>, of: &Account) -> Json {
    let mut said = json!({
        "kind": {"english": of.kind.word(), "chinese": of.kind.chinese()},
        "cause": {"english": of.cause.word(), "chinese": of.cause.chinese()},
        "at": of.at.to_string(),
        "period": period_json(of.period),
        "levelBefore": of.level_before,
        "level": of.level,
        "levelName": of.level_name,
        "isUnknown": of.is_unknown,
        "owner": of.owner,
    });
    if call.may(Rights::See) {
        // Who wrote it may have named an enterprise.
        said["remark"] = json!(of.remark);
        let figure = |used: &Used| {
            let objects = used.series.objects().iter();
            json!({
                "indicator": super::question::indicator_json(&used.series.indicator().to_string()),
                "form": super::question::form_name(used.series.form()),
                "objects": objects.map(|of| call.object(of)).collect::<Vec<_>>(),
                "period": period_json(used.period),
                "number": used.number.map(|number| number.to_string()),
                "knownAt": used.known_at.map(|at| at.to_string()),
            })
        };
        said["why"] = json!(of.why);
        said["sources"] = json!(of.sources);
        said["figures"] = of.used.iter().take(FIGURES_COUNT_MAX).map(figure).collect();
    }
    said
}

/// What somebody says of a warning.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Care {
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    remark: String,
    /// To whom it is handed over.
    #[serde(default)]
    owner: String,
}

/// Somebody takes notice of a warning.
pub(super) fn acknowledge(call: &Call<'_>, name: &str) -> Answer {
    care(call, name, |view, at, of, by, _| {
        warning::acknowledge(view, at, (&of.rule, &of.subject), by)
    })
}

/// A warning becomes another's.
pub(super) fn hand_over(call: &Call<'_>, name: &str) -> Answer {
    care(call, name, |view, at, of, by, owner| {
        warning::hand_over(view, at, (&of.rule, &of.subject), owner, by)
    })
}

type Planned = Result<(facts::Change, Warning), facts::Error>;

fn care(
    call: &Call<'_>,
    name: &str,
    plan: impl Fn(&dyn facts::View, Instant, &Warning, By<'_>, &str) -> Planned,
) -> Answer {
    call.must(Rights::Act)?;
    let care: Care = call.body()?;
    let who = call.sender(care.by)?;
    let found = find(call, name)?;
    let by = By {
        who: &who,
        remark: &care.remark,
    };
    call.commit(|view, at| plan(view, at, &found, by, &care.owner))?;
    show(call, name)
}

/// By the figures of which month everybody is judged, and who sees to new warnings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Judging {
    month: String,
    #[serde(default)]
    owner: Option<String>,
}

/// Judges everybody by the live rules.
pub(super) fn judge(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let judging: Judging = call.body()?;
    let owner = call.sender(judging.owner)?;
    let month = super::question::month(&judging.month, call.bureau.months())?;
    let live = register::all(&*call.bureau.view())?;
    let live = live.into_iter().filter(|of| of.state == State::Live);
    let (mut rules, mut judged, mut changes) = (0, 0, 0);
    for version in live {
        let rule = version.rule()?;
        let period = Period::containing(rule.frequency(), month.last_day());
        rules += 1;
        let all = subjects(&*call.bureau.view(), &rule)?;
        for subject in all {
            let found = call.commit(|view, at| {
                warning::judge(view, at, &version, &rule, &subject, period, &owner)
            })?;
            judged += 1;
            changes += usize::from(found.account.is_some());
        }
    }
    let open = open(call)?.len();
    let said = json!({"rules": rules, "judged": judged, "changes": changes, "open": open});
    Ok(call.tell(said))
}
