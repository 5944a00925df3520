//! `nameplate monitor outbox`: letters that wait, and those that could not be delivered.
//!
//! Not here: delivering them (`run`).

use super::Common;
use super::folder::{Folder, now};
use super::letter::message;
use super::table::{Side, Table};
use crate::output::say;
use clap::Args;
use facts::Instant;
use jobs::outbox::{Posted, State, dead, drop_dead, due, revive};
use jobs::{Moment, commit};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::process::ExitCode;

/// The most letters of each kind that are listed.
const LISTED_MAX: usize = 1000;

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").args(["revive", "discard"]))]
pub(super) struct OutboxArguments {
    /// Try this dead letter again from the beginning.
    #[arg(long, value_name = "KEY")]
    revive: Option<String>,
    /// Give this dead letter up.
    #[arg(long, value_name = "KEY")]
    discard: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &OutboxArguments) -> Result<ExitCode, Box<dyn Error>> {
    let common = &arguments.common;
    let folder = Folder::open(common)?;
    let at = Moment(now().0);
    if let Some(key) = &arguments.revive {
        commit(&folder.store, |view| Ok((revive(view, at, key)?, ())))?;
    }
    if let Some(key) = &arguments.discard {
        commit(&folder.store, |view| Ok((drop_dead(view, key)?, ())))?;
    }
    let view = folder.view();
    // Those that wait for a moment that has not come, too.
    let mut all = due(&*view, Moment(u64::MAX - 1), LISTED_MAX)?;
    all.extend(dead(&*view, LISTED_MAX)?);
    if common.json {
        say(Json::from(
            all.iter()
                .map(|posted| line(&folder, posted))
                .collect::<Vec<_>>(),
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        (common.choose(["state", "状态"]), Side::Left),
        (common.choose(["tries", "次数"]), Side::Right),
        (common.choose(["to", "致"]), Side::Left),
        (common.choose(["subject", "事由"]), Side::Left),
        (common.choose(["problem", "问题"]), Side::Left),
        (common.choose(["key", "编号"]), Side::Left),
    ]);
    for posted in &all {
        let subject = message(&posted.letter).map(|message| message.subject);
        let subject = subject.unwrap_or_default();
        let [english, chinese] = &subject;
        let dash = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
        table.row(vec![
            common.choose(state(posted.state)).to_owned(),
            posted.tries.to_string(),
            posted.letter.to.clone(),
            common.choose([english, chinese]).to_owned(),
            dash(&posted.problem),
            posted.letter.key.clone(),
        ]);
    }
    if !folder.settings.mark.is_empty() {
        say(format_args!("【{}】", folder.settings.mark));
    }
    table.say();
    Ok(ExitCode::SUCCESS)
}

fn state(state: State) -> [&'static str; 2] {
    match state {
        State::Waiting(_) => ["waits", "待送"],
        State::Dead(_) => ["dead", "无法送达"],
        State::Delivered(_) => ["delivered", "已送达"],
    }
}

fn line(folder: &Folder, posted: &Posted) -> Json {
    let (State::Waiting(at) | State::Dead(at) | State::Delivered(at)) = posted.state;
    let subject = message(&posted.letter).map(|message| message.subject);
    json!({
        "mark": folder.settings.mark,
        "key": posted.letter.key,
        "to": posted.letter.to,
        "state": state(posted.state)[0],
        "at": Instant(at.0).to_string(),
        "tries": posted.tries,
        "problem": posted.problem,
        "subject": subject.ok(),
    })
}
