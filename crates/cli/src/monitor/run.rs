//! `nameplate monitor run`: does what is due, and delivers what lies in the outbox.
//!
//! | timer | when | what |
//! | --- | --- | --- |
//! | `reports` | each day at 9 | who is late with figures: called by county, city, province |
//! | `deadlines` | each day at 9 | what is due soon or late: who must act, then the office |
//! | `receipts` | each day at 9 | bulletins whose receipt nobody has confirmed |
//! | `judgement` | each day at 10 | live rules judge; warnings of retired ones end |
//! | `escalation` | each hour | what nobody has taken notice of goes a region up; owners are told |
//!
//! What a timer leads to lies in the outbox with the change that says it was seen to, or under a
//! key that it has only once: so whenever this process is killed, the next does what is left, and
//! nobody is told twice of the same. A letter that was on its way then may go twice, with the same
//! key.
//!
//! One process has the folder at a time, so a round is short and `--every` lets go of it between;
//! a console that has it makes the rounds itself (`serve`).
//! Not here: what is late and who is told (beneath), sending (`delivery`).

mod deadlines;
mod receipts;
mod reports;
mod warned;

pub(super) use warned::{Judging, judge_all};

use super::Common;
use super::clock;
use super::contacts::Contacts;
use super::delivery::Post;
use super::folder::{Folder, now};
use super::letter::post;
use crate::interrupt::Interrupt;
use crate::output::{say, say_aside};
use clap::Args;
use facts::{Change, Instant};
use jobs::outbox::{self, Round};
use jobs::timer::{self, Due, Timer};
use jobs::{Letter, Moment, Retry, Schedule, Unit};
use serde_json::json;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

const HOUR_MS: u64 = 3_600_000;

const DAY_MS: u64 = 24 * HOUR_MS;

/// How many letters are put in with one change.
const LETTERS_AT_ONCE: usize = 500;

/// How many letters are tried in one round; those that are left are tried in the next.
const TRIED_MAX: usize = 10_000;

/// How long a delivered letter is kept, by whose key it is known that it was: longer than a case, a
/// warning or a month goes on being told of.
const KEPT_MS: u64 = 800 * DAY_MS;

/// How many letters are forgotten in one round.
const FORGOTTEN_MAX: usize = 10_000;

/// How often, with --every, it is looked whether somebody wants an end.
const LOOK_EACH: Duration = Duration::from_millis(200);

#[derive(Args)]
#[command(
    after_help = "Call it by cron, or let it stay with --every. In the folder it reads \
                  monitor.toml (office, mail, remind_days, judge_after_days, receipt_days), \
                  tasks/*.toml (who owes which figures until when), offices.csv (region,body) and \
                  contacts.csv (body,mail). Letters to whoever has no address lie in outgoing/.\n\n\
                  Exit codes: 0 all went well, 1 something could not be done or delivered, 2 wrong \
                  usage."
)]
pub(super) struct RunArguments {
    /// As if it were this moment in China: 2022-12-12, or 2022-12-12T09:30; for trying out.
    #[arg(long, value_name = "MOMENT", value_parser = clock::moment, conflicts_with = "every")]
    at: Option<Instant>,
    /// Stay, and do it again after so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: Option<u64>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &RunArguments) -> Result<ExitCode, Box<dyn Error>> {
    let Some(seconds) = arguments.every else {
        let done = once(&arguments.common, arguments.at.unwrap_or_else(now))?;
        tell(&arguments.common, &done);
        let is_well = done.dead.is_empty() && done.problems.is_empty();
        return Ok(ExitCode::from(u8::from(!is_well)));
    };
    let interrupt = Interrupt::watch()?;
    while !interrupt.has_come() {
        // Somebody else may have the folder just now: that is no reason to give up.
        match once(&arguments.common, now()) {
            Ok(done) => tell(&arguments.common, &done),
            Err(error) => say_aside(format_args!("nameplate: {error}")),
        }
        let next = std::time::Instant::now() + Duration::from_secs(seconds);
        while !interrupt.has_come() && std::time::Instant::now() < next {
            std::thread::sleep(LOOK_EACH);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn once(common: &Common, now: Instant) -> Result<Done, Box<dyn Error>> {
    let folder = Folder::open(common)?;
    let done = round(&folder, now);
    // What was done is durable already; an error of the round goes before one of closing.
    let closed = folder.close();
    let done = done?;
    closed?;
    Ok(done)
}

/// What a round has done.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The timers that were seen to, and how many letters each led to.
    timers: Vec<(String, usize)>,
    /// How many letters were delivered.
    pub(super) delivered: usize,
    /// How many wait to be tried again.
    again: usize,
    /// Those that cannot be delivered: key, to whom, why.
    dead: Vec<[String; 3]>,
    /// The timers that could not be seen to, and why; they are due again in the next round.
    problems: Vec<[String; 2]>,
    /// By how many milliseconds the clock went back, if it did.
    clock_back_ms: Option<u64>,
    /// When something is due next.
    next: Option<Instant>,
    mark: String,
}

impl Done {
    /// Whether there is anything to say of it.
    pub(super) fn has_done_anything(&self) -> bool {
        let has_told = self.timers.iter().any(|(_, letters)| *letters > 0);
        let tried = self.delivered + self.again + self.dead.len();
        has_told || tried > 0 || self.clock_back_ms.is_some()
    }

    /// The timers that could not be seen to, and why.
    pub(super) fn problems_said(&self) -> Vec<String> {
        let problems = self.problems.iter();
        problems
            .map(|[timer, problem]| format!("{timer}: {problem}"))
            .collect()
    }

    /// The timers that were seen to.
    #[cfg(test)]
    pub(super) fn seen_to(&self) -> Vec<String> {
        self.timers.iter().map(|(timer, _)| timer.clone()).collect()
    }
}

/// What timers look at.
pub(super) struct Ground<'g> {
    pub(super) folder: &'g Folder,
    pub(super) contacts: &'g Contacts,
    pub(super) now: Instant,
}

impl Ground<'_> {
    /// The office that all is told to which is for nobody in particular.
    pub(super) fn office(&self) -> Result<String, Box<dyn Error>> {
        let own = self.folder.region()?;
        let office = &self.folder.settings.office;
        if !office.is_empty() {
            return Ok(office.clone());
        }
        let known = self.contacts.office(own).map(str::to_owned);
        Ok(known.unwrap_or_else(|| super::letter::region_itself(self.folder, own)))
    }
}

/// The timers of a folder: what each is called, and when it comes round.
fn timers() -> [(&'static str, Schedule); 5] {
    let day = |hour: u64| Schedule::Each {
        unit: Unit::Day,
        after_ms: hour * HOUR_MS,
    };
    let hour = Schedule::Every {
        first: Moment(0),
        each_ms: HOUR_MS,
    };
    [
        ("reports", day(9)),
        ("deadlines", day(9)),
        ("receipts", day(9)),
        ("judgement", day(10)),
        ("escalation", hour),
    ]
}

/// Does what is due at a moment, and delivers what lies in the outbox.
pub(super) fn round(folder: &Folder, now: Instant) -> Result<Done, Box<dyn Error>> {
    round_until(folder, now, &|| false)
}

/// The same, until somebody wants an end: what is left then is left to the next round.
pub(super) fn round_until(
    folder: &Folder,
    now: Instant,
    stops: &dyn Fn() -> bool,
) -> Result<Done, Box<dyn Error>> {
    let contacts = Contacts::read(folder)?;
    let ground = Ground {
        folder,
        contacts: &contacts,
        now,
    };
    let store = &folder.store;
    let (moment, retry) = (Moment(now.0), Retry::default());
    let tick = jobs::commit(store, |view| jobs::tick(view, moment, &retry))?;
    let mut done = Done {
        clock_back_ms: tick.back_ms,
        mark: folder.settings.mark.clone(),
        ..Done::default()
    };
    for (name, schedule) in timers() {
        let timer = Timer {
            name: format!("monitor.{name}"),
            kind: name.to_owned(),
            schedule,
            payload: "".into(),
        };
        jobs::commit(store, |view| timer::set(view, moment, &timer))?;
    }
    for due in timer::due(&*folder.view(), moment, 1000)? {
        if stops() {
            break;
        }
        let kind = due.set.timer.kind.clone();
        // Others may set timers of their own.
        match see_to(&ground, &kind) {
            Ok(Some(letters)) => {
                let posted = settle(&ground, &due, &letters)?;
                done.timers.push((kind, posted));
            }
            Ok(None) => (),
            // A task that cannot be read keeps no warning from going up.
            Err(error) => done.problems.push([kind, error.to_string()]),
        }
    }
    deliver(&ground, &retry, &mut done, stops)?;
    let view = folder.view();
    let all = timer::all(&*view, 1000)?;
    done.next = all.iter().map(|set| Instant(set.due.0)).min();
    drop(view);
    let before = Moment(now.0.saturating_sub(KEPT_MS));
    outbox::forget(store, before, FORGOTTEN_MAX)?;
    Ok(done)
}

/// Delivers what lies in the outbox: one letter at a time, so that whoever wants an end waits for
/// one at most.
fn deliver(
    ground: &Ground,
    retry: &Retry,
    done: &mut Done,
    stops: &dyn Fn() -> bool,
) -> Result<(), Box<dyn Error>> {
    let (folder, moment) = (ground.folder, Moment(ground.now.0));
    let mut post = Post {
        folder,
        contacts: ground.contacts,
    };
    for _ in 0..TRIED_MAX {
        if stops() {
            break;
        }
        let round = outbox::round(&folder.store, moment, retry, 1, &mut post)?;
        if round == Round::default() {
            break;
        }
        done.delivered += round.delivered;
        done.again += round.again;
        for key in round.dead {
            if let Some(posted) = outbox::find(&*folder.view(), &key)? {
                done.dead.push([key, posted.letter.to, posted.problem]);
            }
        }
    }
    Ok(())
}

/// What a timer leads to; `None` if it is none of ours.
fn see_to(ground: &Ground, kind: &str) -> Result<Option<Vec<Letter>>, Box<dyn Error>> {
    Ok(Some(match kind {
        "reports" => reports::letters(ground)?,
        "deadlines" => deadlines::letters(ground)?,
        "receipts" => receipts::letters(ground)?,
        "judgement" => warned::judge(ground)?,
        "escalation" => warned::escalate(ground)?,
        _ => return Ok(None),
    }))
}

/// Puts letters in, and says with the last of them that the timer was seen to; says how many are
/// new. If somebody else has seen to it meanwhile, or its time has been set anew, it is his.
fn settle(ground: &Ground, due: &Due, letters: &[Letter]) -> Result<usize, Box<dyn Error>> {
    let store = &ground.folder.store;
    let mut posted = 0;
    let put = |letters: &[Letter], is_last: bool| {
        facts::commit_of(store, ground.now, |view, _| {
            let mut change = Change::default();
            let mut new = 0;
            for letter in letters {
                new += usize::from(post(view, ground.now, &mut change, letter)?);
            }
            let stands = timer::find(view, &due.set.timer.name)?;
            if is_last && stands.as_ref() == Some(&due.set) {
                jobs::join(&mut change, timer::done(due));
            }
            Ok::<_, Box<dyn Error>>((change, new))
        })
    };
    let mut chunks = letters.chunks(LETTERS_AT_ONCE).peekable();
    if chunks.peek().is_none() {
        return put(&[], true);
    }
    while let Some(chunk) = chunks.next() {
        posted += put(chunk, chunks.peek().is_none())?;
    }
    Ok(posted)
}

/// Says what a round has done.
pub(super) fn tell(common: &Common, done: &Done) {
    let next = done.next.map(|next| next.to_string());
    if common.json {
        let timers = done.timers.iter();
        let timers: Vec<_> = timers
            .map(|(name, letters)| json!({"timer": name, "letters": letters}))
            .collect();
        let dead = done.dead.iter();
        let dead: Vec<_> = dead
            .map(|[key, to, problem]| json!({"key": key, "to": to, "problem": problem}))
            .collect();
        say(json!({
            "mark": done.mark,
            "timers": timers,
            "delivered": done.delivered,
            "again": done.again,
            "dead": dead,
            "problems": done.problems,
            "clockBackMs": done.clock_back_ms,
            "next": next,
        }));
        return;
    }
    if let Some(ms) = done.clock_back_ms {
        let seconds = ms / 1000;
        say_aside(common.choose([
            &format!("the clock went back by {seconds} s"),
            &format!("系统时钟倒退了{seconds}秒"),
        ]));
    }
    for (name, letters) in &done.timers {
        say(common.choose([
            &format!("{name}: {letters} letters"),
            &format!("{name}：生成{letters}封"),
        ]));
    }
    for [name, problem] in &done.problems {
        say_aside(format_args!("{name}: {problem}"));
    }
    let (delivered, again, dead) = (done.delivered, done.again, done.dead.len());
    let next = next.unwrap_or_else(|| "-".to_owned());
    say(common.choose([
        &format!("{delivered} delivered, {again} to be tried again, {dead} dead; next at {next}"),
        &format!("已送达{delivered}封，待重试{again}封，无法送达{dead}封；下次：{next}"),
    ]));
    for [key, to, problem] in &done.dead {
        say_aside(common.choose([
            &format!("{key} to {to}: {problem}"),
            &format!("{key} 致{to}：{problem}"),
        ]));
    }
}
