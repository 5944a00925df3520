//! `nameplate monitor cases`: what keeps enterprises from producing, who sees to it, until when.
//!
//! Not here: how cases are listed and told (`stands`), which steps there are (room `monitor`).

use super::Common;
use super::folder::{Folder, now};
use super::stands::{
    ListArguments, NameArguments, StepArguments, said, tell_list, tell_stand, tell_steps,
};
use clap::{Args, Subcommand};
use codes::{CreditCode, Date, Region};
use facts::{Instant, Object};
use monitor::cases::{self, Bottleneck, Party};
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
    /// For which warning it is opened.
    #[arg(long, value_name = "NAME")]
    warning: Option<String>,
    /// After which case it comes.
    #[arg(long, value_name = "NAME")]
    follows: Option<String>,
    #[command(flatten)]
    common: Common,
}

fn bottleneck(name: &str) -> Result<Bottleneck, String> {
    Bottleneck::of(name).ok_or_else(|| {
        let names = Bottleneck::ALL.map(|class| class.names()[0]);
        format!("there are {}", names.join(", "))
    })
}

pub(super) fn run(arguments: &CasesArguments) -> Result<ExitCode, Box<dyn Error>> {
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
            tell_steps(named, &folder, &told)
        }
    }
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
            warning: arguments.warning.clone(),
            follows: arguments.follows.clone(),
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
