//! `nameplate registry`: how the registry stands that a running node is a member of; and orders to
//! it, over the network.
//!
//! Beside it: `registry/orders.rs` what can be ordered, `registry/asking.rs` how its sites are
//! asked, `registry/told.rs` how what they say looks. Not here: what the members agree on, and how
//! (rooms `quorum` and `node`), take-over ([`crate::takeover`]).

pub(crate) mod asking;
mod orders;
pub(crate) mod told;

pub(crate) use orders::{data_set_name, reference, tell_data_sets};

use crate::login::conclude;
use crate::output::say;
use asking::ORDER_CODES;
use clap::{Args, Subcommand};
use node::control;
use node::registry::{MemberState, ProbeState, RegistryState};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct RegistryArguments {
    #[command(subcommand)]
    command: RegistryCommand,
}

#[derive(Subcommand)]
enum RegistryCommand {
    /// Say who leads, how far this member is, and what is wrong. (状态)
    #[command(after_help = STATUS_HELP)]
    Status(MemberArguments),
    /// Let a node that has never been a member found the registry when it starts. (组建)
    Found(FoundArguments),
    /// Say who the members are, and which of them are connected with this one. (成员)
    Members(MemberArguments),
    /// Say who may ask the registry for what. (权限)
    #[command(after_help = orders::READ_CODES)]
    Rights(orders::RightsArguments),
    /// Give somebody rights, instead of those they had. (授权)
    #[command(after_help = ORDER_CODES)]
    GrantRights(orders::GrantRightsArguments),
    /// Take all rights from somebody. (撤销权限)
    #[command(after_help = ORDER_CODES)]
    RevokeRights(orders::RevokeRightsArguments),
    /// Add a site to those that agree. (增加成员)
    #[command(after_help = ORDER_CODES)]
    AddMember(orders::AddMemberArguments),
    /// Remove a site from those that agree, for ever. (移除成员)
    #[command(after_help = ORDER_CODES)]
    RemoveMember(orders::RemoveMemberArguments),
    /// Say who holds which data set, in which epoch, until when. (数据集)
    #[command(after_help = orders::READ_CODES)]
    DataSets(orders::DataSetsArguments),
    /// Create the data set of the records of a prefix, in its first epoch. (创建数据集)
    #[command(after_help = ORDER_CODES)]
    Create(orders::CreateArguments),
    /// Grant the next epoch of a data set to somebody. (授予)
    #[command(after_help = ORDER_CODES)]
    Grant(orders::GrantArguments),
    /// The same against the holder of a sovereign data set, who never writes again. (宣告失效)
    #[command(after_help = ORDER_CODES)]
    Declare(orders::GrantArguments),
    /// Hand a data set back: whoever asks never writes in this epoch again. (交还)
    #[command(after_help = ORDER_CODES)]
    HandBack(orders::HandBackArguments),
}

const STATUS_HELP: &str = "\
Exit codes: 0 somebody leads and this member follows, 1 nobody does, or this member has stopped, or
the node cannot be asked, 2 wrong usage.";

#[derive(Args)]
struct MemberArguments {
    /// The data folder of the running node.
    #[arg(value_name = "DIR")]
    data: PathBuf,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct FoundArguments {
    /// The data folder of the node.
    #[arg(value_name = "DIR")]
    data: PathBuf,
}

pub(crate) fn run(arguments: &RegistryArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        RegistryCommand::Status(member) => {
            let state = control::ask_for_registry(&member.data)?;
            tell(&state, member.json, tell_status)?;
            let is_well = state.leader != 0 && state.trouble.is_empty();
            Ok(if is_well {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
        RegistryCommand::Found(founded) => {
            node::registry::allow_founding(&founded.data)?;
            Ok(ExitCode::SUCCESS)
        }
        RegistryCommand::Members(member) => {
            let state = control::ask_for_registry(&member.data)?;
            tell(&state, member.json, tell_members)?;
            Ok(ExitCode::SUCCESS)
        }
        RegistryCommand::Rights(asked) => Ok(conclude(asked.tell())),
        RegistryCommand::GrantRights(order) => Ok(conclude(order.carry_out())),
        RegistryCommand::RevokeRights(order) => Ok(conclude(order.carry_out())),
        RegistryCommand::AddMember(order) => Ok(conclude(order.carry_out())),
        RegistryCommand::RemoveMember(order) => Ok(conclude(order.carry_out())),
        RegistryCommand::DataSets(asked) => Ok(conclude(asked.tell())),
        RegistryCommand::Create(order) => Ok(conclude(order.carry_out())),
        RegistryCommand::Grant(order) => Ok(conclude(order.carry_out(false))),
        RegistryCommand::Declare(order) => Ok(conclude(order.carry_out(true))),
        RegistryCommand::HandBack(order) => Ok(conclude(order.carry_out())),
    }
}

fn tell(
    state: &RegistryState,
    json: bool,
    as_text: fn(&RegistryState),
) -> Result<(), serde_json::Error> {
    if json {
        say(serde_json::to_string_pretty(state)?);
    } else {
        as_text(state);
    }
    Ok(())
}

fn tell_status(state: &RegistryState) {
    let leader = match state.leader {
        0 => "nobody leads: changes of the registry must wait".to_owned(),
        leader if leader == state.member => "leads".to_owned(),
        leader => format!("follows member {leader}"),
    };
    say(format_args!(
        "member:   {} of registry {}, {leader}",
        state.member, state.group
    ));
    let age = match state.age_ms {
        Some(age) => format!("at most {age} ms old"),
        None => "of unknown age".to_owned(),
    };
    say(format_args!(
        "position: term {}, entry {}, {age}",
        state.term, state.applied
    ));
    say(format_args!(
        "records:  {} prefixes, {} entries not stored yet, {} askers wait",
        state.delegations, state.unstored, state.waiting
    ));
    if !state.trouble.is_empty() {
        say(format_args!("stopped:  {}", state.trouble));
    }
    tell_probes(state);
}

/// How many of those that are probed stand how, and each that an operator may have to see to.
fn tell_probes(state: &RegistryState) {
    if state.probes.is_empty() {
        return;
    }
    let count = |judgement| {
        state
            .probes
            .iter()
            .filter(|it| it.judgement == judgement)
            .count()
    };
    say(format_args!(
        "probes:   {} up, {} down, {} unknown",
        count("up"),
        count("down"),
        count("unknown")
    ));
    for probe in &state.probes {
        let ProbeState {
            prefix,
            function,
            judgement,
            ..
        } = probe;
        if judgement != "up" || !probe.standing.is_empty() {
            let stands_by = match &probe.stands_by[..] {
                "" => "nobody stands by".to_owned(),
                who => format!("{who} stands by"),
            };
            say(format_args!(
                "{judgement:<9} {prefix} {function}: {} of {} probes failed, down for {} s; \
                 {stands_by} {}",
                probe.failed,
                probe.valid,
                probe.down_ms / 1000,
                probe.standing
            ));
        }
        if let Some(seconds) = probe.ttl_too_long {
            say(format_args!(
                "slow      {prefix}: askers may keep its sites for {seconds} s; 300 at most, or \
                 they fail over late"
            ));
        }
    }
}

fn tell_members(state: &RegistryState) {
    for member in &state.members {
        let MemberState {
            number,
            role,
            address,
            is_connected,
        } = member;
        let stands = match (*number == state.member, is_connected) {
            (true, _) => "this one",
            (false, true) => "connected",
            (false, false) => "not connected",
        };
        let leads = if *number == state.leader {
            ", leads"
        } else {
            ""
        };
        say(format_args!(
            "{number:>4} {role:<10} {address:<24} {stands}{leads}"
        ));
    }
}
