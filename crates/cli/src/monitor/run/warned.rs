//! Judging by the live rules, warnings that nobody has taken notice of, and who is told.
//!
//! Not here: what becomes of a warning, who is muted (room `monitor`).

use super::Ground;
use crate::monitor::clock;
use crate::monitor::folder::Folder;
use crate::monitor::letter::{Message, letter, named, post};
use crate::monitor::rules::subjects;
use codes::{Date, Period};
use facts::commit_of as commit;
use facts::{Instant, View};
use jobs::Letter;
use monitor::warn::register::{self, Version};
use monitor::warn::warning::{self, Account, Judged, Kind, Warning};
use monitor::warn::{Rule, Subject, notice};
use std::error::Error;

/// The most open warnings that are looked after.
const WARNINGS_MAX: usize = 10_000;

/// What a judgement of everybody has come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::monitor) struct Judging {
    /// By how many rules.
    pub(in crate::monitor) rules: usize,
    /// How many subjects in all.
    pub(in crate::monitor) judged: usize,
    /// How many warnings took a step.
    pub(in crate::monitor) steps: usize,
}

/// Judges everybody by all live rules, each by the period that is given for it; whoever is to be
/// told of a step has a letter with the change that it is.
pub(in crate::monitor) fn judge_all(
    folder: &Folder,
    now: Instant,
    period: &dyn Fn(&Rule) -> Result<Period, String>,
    owner: &dyn Fn(&Subject) -> String,
) -> Result<Judging, Box<dyn Error>> {
    let all = register::all(&*folder.view())?;
    let live = all
        .into_iter()
        .filter(|version| version.state == register::State::Live);
    let mut done = Judging::default();
    for version in live {
        let rule = version.rule()?;
        let period = period(&rule)?;
        done.rules += 1;
        for subject in subjects(&*folder.view(), &rule)? {
            let (of, owner) = ((&version, &rule, &subject), owner(&subject));
            let judged = judge_one(folder, now, of, (period, &owner))?;
            done.judged += 1;
            done.steps += usize::from(judged.account.is_some());
        }
    }
    Ok(done)
}

fn judge_one(
    folder: &Folder,
    now: Instant,
    (version, rule, subject): (&Version, &Rule, &Subject),
    (period, owner): (Period, &str),
) -> Result<Judged, Box<dyn Error>> {
    commit(&folder.store, now, |view, at| {
        let (mut change, judged) = warning::judge(view, at, version, rule, subject, period, owner)?;
        if let (Some(warning), Some(account)) = (&judged.warning, &judged.account)
            && let Some(letter) = told(folder, view, now, rule, (warning, account))?
        {
            post(view, now, &mut change, &letter)?;
        }
        Ok((change, judged))
    })
}

/// The day's judgement, by the last period of which figures are in; warnings of rules that have
/// retired end.
pub(super) fn judge(ground: &Ground) -> Result<Vec<Letter>, Box<dyn Error>> {
    let folder = ground.folder;
    let today = clock::day(ground.now);
    let after = folder.settings.judge_after_days;
    let office = ground.office()?;
    let period = |rule: &Rule| {
        let found = period_of(rule, today, after);
        found.ok_or_else(|| format!("no period of '{}' has ended", rule.name()))
    };
    let owner = |subject: &Subject| {
        let region = subject.region();
        let found = region.and_then(|region| ground.contacts.office_above(region));
        found.map_or_else(|| office.clone(), str::to_owned)
    };
    judge_all(folder, ground.now, &period, &owner)?;
    for warning in warning::all_open(&*folder.view(), None, WARNINGS_MAX)? {
        if register::live(&*folder.view(), &warning.rule)?.is_none() {
            end(folder, ground.now, &warning)?;
        }
    }
    // All that is told was put in with what it tells of.
    Ok(Vec::new())
}

/// The last period of a rule's frequency whose figures have had time to come in: so many days, but
/// no longer than such a period lasts.
fn period_of(rule: &Rule, today: Date, after_days: u16) -> Option<Period> {
    let mut at = Period::containing(rule.frequency(), today).previous();
    loop {
        let period = at?;
        let lasts = period.last_day().number() - period.first_day().number() + 1;
        let waits = lasts.min(after_days.into());
        if period.last_day().number() + waits < today.number() {
            return Some(period);
        }
        at = period.previous();
    }
}

fn end(folder: &Folder, now: Instant, warning: &Warning) -> Result<(), Box<dyn Error>> {
    let version = register::find(&*folder.view(), &warning.rule, warning.version)?;
    let rule = version.map(|version| version.rule()).transpose()?;
    commit(&folder.store, now, |view, at| {
        let (mut change, judged) = warning::end_retired(view, at, &warning.rule, &warning.subject)?;
        if let (Some(rule), Some(warning), Some(account)) =
            (&rule, &judged.warning, &judged.account)
            && let Some(letter) = told(folder, view, now, rule, (warning, account))?
        {
            post(view, now, &mut change, &letter)?;
        }
        Ok::<_, Box<dyn Error>>((change, ()))
    })
}

/// Lets go a region up what nobody has taken notice of in time; gives a letter for the last step of
/// every open warning, which is new if nobody was told of that yet: because it has just gone up,
/// was muted until now, or because somebody judged without telling.
pub(super) fn escalate(ground: &Ground) -> Result<Vec<Letter>, Box<dyn Error>> {
    let folder = ground.folder;
    let mut letters = Vec::new();
    for found in warning::all_open(&*folder.view(), None, WARNINGS_MAX)? {
        let version = register::find(&*folder.view(), &found.rule, found.version)?;
        let Some(version) = version else {
            continue;
        };
        let rule = version.rule()?;
        let owner_of = |region| ground.contacts.office(region).map(str::to_owned);
        let is_due = |at: Instant| at <= ground.now;
        if warning::waits_until(&rule, &found).is_some_and(is_due) {
            facts::commit(&folder.store, ground.now, |view, at| {
                warning::escalate(view, at, &rule, &found.subject, &owner_of)
            })?;
        }
        let view = folder.view();
        let Some(warning) = warning::open(&*view, &found.rule, &found.subject)? else {
            continue;
        };
        if let Some(account) = warning::account(&*view, &warning, warning.steps)? {
            let told = told(folder, &*view, ground.now, &rule, (&warning, &account))?;
            letters.extend(told);
        }
    }
    Ok(letters)
}

/// The letter about a step of a warning, if somebody is to be told.
fn told(
    folder: &Folder,
    view: &dyn View,
    now: Instant,
    rule: &Rule,
    (warning, account): (&Warning, &Account),
) -> Result<Option<Letter>, facts::Error> {
    // Whoever took notice knows that; that all is known again changes nothing.
    if matches!(account.kind, Kind::Acknowledged | Kind::Known) {
        return Ok(None);
    }
    let notice = notice(view, now, rule, warning, account)?;
    if notice.muted.is_some() {
        return Ok(None);
    }
    let [chinese, english] = notice.said;
    let objects = warning.subject.objects().iter();
    let of: Vec<_> = objects.map(|object| named(folder, object)).collect();
    let of = of.join(", ");
    let message = Message {
        text: [
            format!(
                "{english}\nof: {of}\nowner: {}\nwarning: {}",
                notice.to, warning.name
            ),
            format!(
                "{chinese}\n对象：{of}\n责任单位：{}\n预警编号：{}",
                notice.to, warning.name
            ),
        ],
        subject: [english, chinese],
        mark: folder.settings.mark.clone(),
        bulletin: None,
    };
    Ok(Some(letter(
        format!("warning/{}", notice.name),
        &notice.to,
        &message,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_time_to_come_in() {
        let check = |frequency: &str, today: &str, expected: &str| {
            let text =
                format!("rule r every {frequency} of region\nlevel red when value(a, t) < 1");
            let rule = Rule::read(&text).unwrap();
            let found = period_of(&rule, today.parse().unwrap(), 15).unwrap();
            assert_eq!(found.to_string(), expected, "{frequency} {today}");
        };
        check("month", "2022-12-15", "2022-10");
        check("month", "2022-12-16", "2022-11");
        check("merged-month", "2022-03-10", "2021-M12");
        check("merged-month", "2022-03-16", "2022-M02");
        check("year", "2023-01-15", "2021");
        check("year", "2023-01-16", "2022");
        // A day's figures are not waited for half a month.
        check("day", "2022-12-16", "2022-12-14");
    }
}
