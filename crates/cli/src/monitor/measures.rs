//! `nameplate monitor measures` and `nameplate monitor cases`: what is being done, by whom, until
//! when.
//!
//! Not here: who may do what (room `monitor` asks for the role; whoever may write to the folder
//! speaks for everybody).

use super::folder::{Folder, now};
use super::table::{Side, Table};
use super::{Common, choose};
use crate::output::say;
use clap::{Args, Subcommand};
use codes::{CreditCode, Date, Region};
use facts::case::Lamp;
use facts::{Instant, Object};
use monitor::cases::{self, Bottleneck, Filter, Party, Said, Stand, inbox};
use monitor::measures::{self, Document, Listing};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct CasesArguments {
    #[command(subcommand)]
    command: CasesCommand,
}

#[derive(Subcommand)]
enum CasesCommand {
    /// Open cases, the most urgent first. (收件箱)
    List(ListArguments),
    /// Open a case about an enterprise. (提出)
    Open(OpenArguments),
    /// Take a step of a case: assign, accept, begin, report, propose, confirm… (办理)
    Step(StepArguments),
    /// All steps of a case. (过程)
    Show(NameArguments),
}

#[derive(Args)]
pub(super) struct MeasuresArguments {
    #[command(subcommand)]
    command: MeasuresCommand,
}

#[derive(Subcommand)]
enum MeasuresCommand {
    /// List the tasks of the joint notice of 2022: the example. (载入示例台账)
    Example(ExampleArguments),
    /// Open tasks, the most urgent first. (台账)
    List(ListArguments),
    /// Take a step of a task: accept, report, submit, pass, fail… (督办)
    Step(StepArguments),
    /// All steps of a task. (过程)
    Show(NameArguments),
}

#[derive(Args)]
struct ListArguments {
    /// Of this region and all that lies in it; by default the folder's.
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// Those that this body answers for or helps with.
    #[arg(long, value_name = "NAME")]
    body: Option<String>,
    /// Those whose day due is over.
    #[arg(long)]
    overdue: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct NameArguments {
    /// What it is called.
    name: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct ExampleArguments {
    /// Until when tasks are to be done that name no day.
    #[arg(long, value_name = "DAY", default_value = "2022-12-31")]
    until: Date,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
#[command(override_usage = "nameplate monitor cases open [OPTIONS] <NAME>")]
struct OpenArguments {
    /// What it shall be called: small letters, digits, '-', '.', '_'.
    name: String,
    /// The enterprise, by its credit code.
    #[arg(long, value_name = "CODE")]
    enterprise: CreditCode,
    /// What is missing: labour, energy, logistics, material, equipment, capital, approval.
    #[arg(long, value_name = "CLASS", value_parser = bottleneck)]
    class: Bottleneck,
    /// Where the enterprise is.
    #[arg(long, value_name = "REGION")]
    region: Region,
    /// What it is about, in a line.
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// Who answers for it.
    #[arg(long, value_name = "BODY")]
    owner: String,
    /// Until when it is to be solved.
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct StepArguments {
    /// Of which case or task.
    name: String,
    /// What is said, such as assign, accept, begin, report, propose, confirm.
    message: String,
    /// As whom: dispatcher, owner, helper, enterprise; lead, support, office, inspector.
    #[arg(long = "as", value_name = "ROLE")]
    role: String,
    /// Who says it: a body; an enterprise by its credit code.
    #[arg(long, value_name = "BODY")]
    by: String,
    /// What else there is to say: the reason, what was done.
    #[arg(long, value_name = "TEXT", default_value = "")]
    remark: String,
    /// Who answers for it from now on.
    #[arg(long, value_name = "BODY")]
    owner: Option<String>,
    /// Who helps from now on.
    #[arg(long, value_name = "BODY")]
    helper: Vec<String>,
    /// Until when all of it is to be done from now on.
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    /// What shows it: a link.
    #[arg(long, value_name = "LINK")]
    evidence: Vec<String>,
    #[command(flatten)]
    common: Common,
}

fn bottleneck(name: &str) -> Result<Bottleneck, String> {
    Bottleneck::of(name).ok_or_else(|| {
        let names = Bottleneck::ALL.map(|class| class.names()[0]);
        format!("there are {}", names.join(", "))
    })
}

pub(super) fn run_cases(arguments: &CasesArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        CasesCommand::List(list) => {
            let folder = Folder::open(&list.common)?;
            let region = list.region.map_or_else(|| folder.region(), Ok)?;
            let found = cases::of(&*folder.view(), &Object::region(region), Instant::LAST)?;
            tell_list(list, &folder, &found, &cases::table());
            Ok(ExitCode::SUCCESS)
        }
        CasesCommand::Open(arguments) => open(arguments),
        CasesCommand::Step(step) => {
            let folder = Folder::open(&step.common)?;
            let said = said(step);
            let table = cases::table();
            let case = facts::commit(&folder.store, now(), |view, at| {
                cases::step(view, at, &table, &step.name, &said)
            })?;
            tell_stand(&step.common, &folder, &case);
            Ok(ExitCode::SUCCESS)
        }
        CasesCommand::Show(named) => {
            let folder = Folder::open(&named.common)?;
            let told = cases::timeline(&*folder.view(), &named.name, Instant::LAST)?;
            tell_steps(
                named,
                &folder,
                told.iter().map(|told| {
                    (
                        &told.event.known_at,
                        &told.event.event.what,
                        &told.event.event.who,
                        &told.stand,
                    )
                }),
            )
        }
    }
}

pub(super) fn run_measures(arguments: &MeasuresArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        MeasuresCommand::Example(example) => {
            let folder = Folder::open(&example.common)?;
            let sender = Party::new("督办机构", "");
            let count = list_notice(&folder, now(), Some(example.until), &sender)?;
            let choose = |said| example.common.choose(said).to_owned();
            say(choose([
                &format!("{count} tasks of the joint notice are listed"),
                &format!("联合通知的{count}项任务已列入台账"),
            ]));
            folder.store.close()?;
            Ok(ExitCode::SUCCESS)
        }
        MeasuresCommand::List(list) => {
            let folder = Folder::open(&list.common)?;
            let region = list.region.map_or_else(|| folder.region(), Ok)?;
            let found = measures::of(&*folder.view(), &Object::region(region), Instant::LAST)?;
            tell_list(list, &folder, &found, &measures::table());
            Ok(ExitCode::SUCCESS)
        }
        MeasuresCommand::Step(step) => {
            let folder = Folder::open(&step.common)?;
            let said = said(step);
            let table = measures::table();
            let task = facts::commit(&folder.store, now(), |view, at| {
                measures::step(view, at, &table, &step.name, &said)
            })?;
            tell_stand(&step.common, &folder, &task);
            Ok(ExitCode::SUCCESS)
        }
        MeasuresCommand::Show(named) => {
            let folder = Folder::open(&named.common)?;
            let told = measures::timeline(&*folder.view(), &named.name, Instant::LAST)?;
            tell_steps(
                named,
                &folder,
                told.iter().map(|told| {
                    (
                        &told.event.known_at,
                        &told.event.event.what,
                        &told.event.event.who,
                        &told.stand,
                    )
                }),
            )
        }
    }
}

/// Lists the tasks of the joint notice; says how many.
pub(super) fn list_notice(
    folder: &Folder,
    now: Instant,
    until: Option<Date>,
    sender: &Party,
) -> Result<usize, Box<dyn Error>> {
    let document = Document::joint_notice();
    let tasks = measures::notice();
    let table = measures::table();
    let region = folder.region()?;
    for task in &tasks {
        let listing = Listing {
            region,
            until,
            sender: sender.clone(),
            key: "list".to_owned(),
        };
        facts::commit(&folder.store, now, |view, at| {
            measures::list(view, at, &table, (&document, task), &listing)
        })?;
    }
    Ok(tasks.len())
}

fn open(arguments: &OpenArguments) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&arguments.common)?;
    let object = Object::enterprise(arguments.enterprise);
    let name = folder
        .name(&object)
        .unwrap_or_else(|| arguments.enterprise.to_string());
    let opening = cases::Opening {
        name: arguments.name.clone(),
        title: arguments.title.clone(),
        about: cases::About {
            enterprise: arguments.enterprise,
            enterprise_name: name,
            class: arguments.class,
            warning: None,
            follows: None,
        },
        region: arguments.region,
        owner: Party::new(&arguments.owner, ""),
        until: arguments.until,
        role: "dispatcher".to_owned(),
        sender: Party::new(&arguments.owner, ""),
        key: "open".to_owned(),
    };
    let table = cases::table();
    let case = facts::commit(&folder.store, now(), |view, at| {
        cases::open(view, at, &table, &opening)
    })?;
    tell_stand(&arguments.common, &folder, &case);
    Ok(ExitCode::SUCCESS)
}

fn said(step: &StepArguments) -> Said {
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

fn stand_json<T>(folder: &Folder, stand: &Stand<T>) -> Json {
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

fn tell_stand<T>(common: &Common, folder: &Folder, stand: &Stand<T>) {
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

fn tell_list<T>(
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

fn lamp(lamp: Lamp) -> [&'static str; 2] {
    match lamp {
        Lamp::Off => ["-", "-"],
        Lamp::Blue => ["blue", "蓝"],
        Lamp::Yellow => ["yellow", "黄"],
        Lamp::Red => ["red", "红"],
    }
}

/// When, what, by whom, and how it stood then.
type Step<'s, T> = (&'s Instant, &'s String, &'s String, &'s Stand<T>);

fn tell_steps<'s, T: 's>(
    named: &NameArguments,
    folder: &Folder,
    steps: impl Iterator<Item = Step<'s, T>>,
) -> Result<ExitCode, Box<dyn Error>> {
    let common = &named.common;
    let mut is_there = false;
    let mut all = Vec::new();
    for (at, what, who, stand) in steps {
        is_there = true;
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
    if !is_there {
        return Err(format!("there is nothing called '{}' here", named.name).into());
    }
    if common.json {
        say(Json::from(all));
    }
    Ok(ExitCode::SUCCESS)
}
