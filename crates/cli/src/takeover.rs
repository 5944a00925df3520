//! `nameplate takeover`: who does what the holder of a data set does not do any more.
//!
//! Not here: what a take-over means (room `quorum`), who finds that it is due.

use crate::login::{Failure, IdentityText, Outcome, conclude};
use crate::registry::asking::{ORDER_CODES, OrderArguments, SitesArguments};
use crate::registry::{data_set_name, reference, tell_data_sets};
use clap::{Args, Subcommand, ValueEnum};
use quorum::{Command, DataSetName, Function};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct TakeoverArguments {
    #[command(subcommand)]
    command: TakeoverCommand,
}

#[derive(Subcommand)]
enum TakeoverCommand {
    /// Say what is proposed, and who has taken over what. (列出)
    List(ListArguments),
    /// Propose that somebody takes over. (提议)
    #[command(after_help = ORDER_CODES)]
    Propose(ProposeArguments),
    /// Agree to what is proposed. (确认)
    #[command(after_help = ORDER_CODES)]
    Confirm(FunctionArguments),
    /// Drop what is proposed, or end a take-over of resolution. (撤回)
    #[command(after_help = ORDER_CODES)]
    Withdraw(FunctionArguments),
}

#[derive(Args)]
struct ListArguments {
    #[command(flatten)]
    sites: SitesArguments,
}

/// What is taken over.
#[derive(Clone, Copy, ValueEnum)]
enum FunctionText {
    /// Answering questions.
    Resolution,
    /// Taking changes.
    Registration,
}

impl FunctionText {
    fn function(self) -> Function {
        match self {
            Self::Resolution => Function::Resolution,
            Self::Registration => Function::Registration,
        }
    }
}

#[derive(Args)]
struct FunctionArguments {
    /// The prefix of the data set, or its name `records:PREFIX`.
    #[arg(value_name = "PREFIX", value_parser = data_set_name)]
    name: DataSetName,
    /// What is taken over.
    #[arg(value_enum)]
    function: FunctionText,
    /// In which epoch; by default the one in force.
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<u64>,
    #[command(flatten)]
    order: OrderArguments,
}

#[derive(Args)]
struct ProposeArguments {
    #[command(flatten)]
    what: FunctionArguments,
    /// Who takes over.
    #[arg(long, value_name = "INDEX:ID")]
    to: IdentityText,
}

pub(crate) fn run(arguments: &TakeoverArguments) -> ExitCode {
    conclude(match &arguments.command {
        TakeoverCommand::List(asked) => list(asked),
        TakeoverCommand::Propose(asked) => propose(asked),
        TakeoverCommand::Confirm(asked) => {
            asked.carry_out("taken over", |name, epoch, function| {
                Command::ConfirmTakeOver {
                    name,
                    epoch,
                    function,
                }
            })
        }
        TakeoverCommand::Withdraw(asked) => {
            asked.carry_out("withdrawn", |name, epoch, function| {
                Command::WithdrawTakeOver {
                    name,
                    epoch,
                    function,
                }
            })
        }
    })
}

fn list(asked: &ListArguments) -> Result<Outcome, Failure> {
    let asking = asked.sites.asking()?;
    tell_data_sets(&asking, b"", asked.sites.json, |set| {
        let is_taken_over = set.emergency.is_some() || set.first_for_resolution.is_some();
        is_taken_over || !set.proposals.is_empty()
    })
}

fn propose(asked: &ProposeArguments) -> Result<Outcome, Failure> {
    let to = reference(&asked.to)?;
    asked.what.carry_out("taken over", |name, epoch, function| {
        Command::ProposeTakeOver {
            name,
            epoch,
            function,
            to,
        }
    })
}

impl FunctionArguments {
    fn carry_out(
        &self,
        done: &str,
        command: impl FnOnce(DataSetName, u64, Function) -> Command,
    ) -> Result<Outcome, Failure> {
        let asking = self.order.sites.asking()?;
        let epoch = match self.epoch {
            Some(epoch) => epoch,
            None => asking.data_set(&self.name)?.epoch,
        };
        let command = command(self.name.clone(), epoch, self.function.function());
        asking.order(&self.order, &command, &self.name.to_string(), done)
    }
}
