//! Cases and tasks as they are listed, taken on by a step and told step by step: what the commands
//! of both share.
//!
//! Not here: who may do what (room `monitor` asks for the role; whoever may write to the folder
//! speaks for everybody).

use super::folder::{Folder, now};
use super::table::{Side, Table};
use super::{Common, choose};
use crate::output::say;
use clap::Args;
use codes::{Date, Region};
use facts::case::Lamp;
use monitor::cases::{self, Filter, Party, Said, Stand, Told, inbox};
use monitor::measures;
use serde_json::{Value as Json, json};
use std::error::Error;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct ListArguments {
    /// Of this region and all that lies in it; by default the folder's.
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<Region>,
    /// Those that this body answers for or helps with.
    #[arg(long, value_name = "NAME")]
    pub(super) body: Option<String>,
    /// Those whose day due is over.
    #[arg(long)]
    pub(super) overdue: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Args)]
pub(super) struct NameArguments {
    /// What it is called.
    pub(super) name: String,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Args)]
pub(super) struct StepArguments {
    /// Of which case or task.
    pub(super) name: String,
    /// What is said, such as assign, accept, begin, report, propose, confirm.
    pub(super) message: String,
    /// As whom: dispatcher, owner, helper, enterprise; lead, support, office, inspector.
    #[arg(long = "as", value_name = "ROLE")]
    pub(super) role: String,
    /// Who says it: a body; an enterprise by its credit code.
    #[arg(long, value_name = "BODY")]
    pub(super) by: String,
    /// What else there is to say: the reason, what was done.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) remark: String,
    /// Who answers for it from now on.
    #[arg(long, value_name = "BODY")]
    pub(super) owner: Option<String>,
    /// Who helps from now on.
    #[arg(long, value_name = "BODY")]
    pub(super) helper: Vec<String>,
    /// Until when all of it is to be done from now on.
    #[arg(long, value_name = "DAY")]
    pub(super) until: Option<Date>,
    /// What shows it: a link.
    #[arg(long, value_name = "LINK")]
    pub(super) evidence: Vec<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) fn said(step: &StepArguments) -> Said {
    let party = |name: &String| Party::new(name, "");
    let helpers = (!step.helper.is_empty()).then(|| step.helper.iter().map(party).collect());
    Said {
        message: step.message.clone(),
        role: step.role.clone(),
        sender: party(&step.by),
        // Each call is a message of its own: nobody repeats one by hand without meaning it.
        key: format!("{:x}", now().0),
        remark: step.remark.clone(),
        until: step.until,
        owner: step.owner.as_ref().map(party),
        helpers,
        evidence: step
            .evidence
            .iter()
            .cloned()
            .map(cases::Evidence::Link)
            .collect(),
    }
}

pub(super) fn stand_json<T>(folder: &Folder, stand: &Stand<T>) -> Json {
    json!({
        "mark": folder.settings.mark,
        "name": stand.name,
        "title": stand.title,
        "state": stand.state,
        "owner": stand.owner.body,
        "region": stand.region.to_string(),
        "due": stand.due.map(|day| day.to_string()),
        "until": stand.until.map(|day| day.to_string()),
        "isClosed": stand.is_closed,
        "step": stand.step,
    })
}

pub(super) fn tell_stand<T>(common: &Common, folder: &Folder, stand: &Stand<T>) {
    if common.json {
        say(stand_json(folder, stand));
    } else {
        let state = common.choose(measures::names(&stand.state));
        let due = stand.due.map_or(String::new(), |day| {
            common
                .choose([&format!(", due {day}"), &format!("，限{day}前")])
                .to_owned()
        });
        say(format_args!("{}: {state}{due}", stand.name));
    }
}

pub(super) fn tell_list<T>(
    list: &ListArguments,
    folder: &Folder,
    found: &[Stand<T>],
    table: &facts::case::Machine,
) {
    let filter = Filter {
        body: list.body.clone(),
        is_overdue: list.overdue,
        ..Filter::default()
    };
    let today = now().day_in_china().unwrap_or(Date::FIRST);
    let lines = inbox(found, table, &filter, today);
    let language = list.common.language();
    if list.common.json {
        let line = |line: &cases::Line<'_, T>| {
            let mut said = stand_json(folder, line.stand);
            said["lamp"] = json!(lamp(line.lamp)[0]);
            said["daysLeft"] = json!(line.days_left);
            said["waitsFor"] = json!(line.waits_for);
            said
        };
        say(Json::from(lines.iter().map(line).collect::<Vec<_>>()));
        return;
    }
    let mut shown = Table::new(&[
        (choose(language, ["name", "编号"]), Side::Left),
        (choose(language, ["lamp", "亮灯"]), Side::Left),
        (choose(language, ["due", "期限"]), Side::Left),
        (choose(language, ["state", "状态"]), Side::Left),
        (choose(language, ["waits for", "待办"]), Side::Left),
        (choose(language, ["body", "责任单位"]), Side::Left),
        (choose(language, ["title", "事项"]), Side::Left),
    ]);
    for line in &lines {
        let stand = line.stand;
        let waits_for = line
            .waits_for
            .map_or("-", |role| choose(language, measures::names(role)));
        shown.row(vec![
            stand.name.clone(),
            choose(language, lamp(line.lamp)).to_owned(),
            stand
                .due
                .or(stand.until)
                .map_or("-".to_owned(), |day| day.to_string()),
            choose(language, measures::names(&stand.state)).to_owned(),
            waits_for.to_owned(),
            stand.owner.body.clone(),
            stand.title.clone(),
        ]);
    }
    if !folder.settings.mark.is_empty() {
        say(format_args!("【{}】", folder.settings.mark));
    }
    shown.say();
    let (open, closed) = (
        lines.len(),
        found.iter().filter(|stand| stand.is_closed).count(),
    );
    say(list.common.choose([
        &format!("{open} open, {closed} closed"),
        &format!("未办结{open}件，已办结{closed}件"),
    ]));
}

/// What a lamp is called in English and in Chinese.
pub(super) fn lamp(lamp: Lamp) -> [&'static str; 2] {
    match lamp {
        Lamp::Off => ["-", "-"],
        Lamp::Blue => ["blue", "蓝"],
        Lamp::Yellow => ["yellow", "黄"],
        Lamp::Red => ["red", "红"],
    }
}

/// Says all steps; whoever asks for something that is not there is told so.
pub(super) fn tell_steps<T>(
    named: &NameArguments,
    folder: &Folder,
    steps: &[Told<T>],
) -> Result<ExitCode, Box<dyn Error>> {
    let common = &named.common;
    if steps.is_empty() {
        return Err(format!("there is nothing called '{}' here", named.name).into());
    }
    let mut all = Vec::new();
    for Told { event, stand } in steps {
        let (at, what, who) = (event.known_at, &event.event.what, &event.event.who);
        if common.json {
            let mut said = stand_json(folder, stand);
            said["at"] = json!(at.to_string());
            said["event"] = json!(what);
            said["by"] = json!(who);
            said["remark"] = json!(stand.remark);
            all.push(said);
        } else {
            let state = common.choose(measures::names(&stand.state));
            say(format_args!(
                "{at}  {what}  {who}  → {state}  {}",
                stand.remark
            ));
        }
    }
    if common.json {
        say(Json::from(all));
    }
    Ok(ExitCode::SUCCESS)
}
