//! `nameplate`: any node of the identifier system, and the tools around it, in one program.
//!
//! Not here: what a subcommand does; each has a file of its own.

#![forbid(unsafe_code)]

mod audit;
mod completions;
mod config;
mod delete;
mod demo;
mod export;
mod home;
mod import;
mod interrupt;
mod keygen;
mod keys;
mod language;
mod list;
mod login;
mod message;
mod modify;
mod monitor;
mod output;
mod passphrase;
mod process;
mod register;
mod registry;
mod resolve;
mod serve;
mod store_commands;
mod takeover;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// A node of the industrial internet's identifier and resolution system.
///
/// 铭牌：工业互联网标识解析体系的节点。
#[derive(Parser)]
#[command(
    name = "nameplate",
    version,
    propagate_version = true,
    max_term_width = 100
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the whole system at work on this machine. (演示)
    Demo(demo::DemoArguments),
    /// Run a node on a data folder. (运行节点)
    Serve(serve::ServeArguments),
    /// Print, check or explain a node's configuration. (配置)
    Config(config::ConfigArguments),
    /// Ask a node for the values of an identifier. (解析标识)
    Resolve(resolve::ResolveArguments),
    /// Keep which node is administered, by whom, and with which key. (登录)
    Login(login::LoginArguments),
    /// Register an identifier with a node. (注册标识)
    Register(register::RegisterArguments),
    /// Add values to an identifier. (增加标识值)
    Add(register::AddArguments),
    /// Replace values of an identifier. (修改标识值)
    Modify(modify::ModifyArguments),
    /// Remove values of an identifier. (移除标识值)
    Remove(modify::RemoveArguments),
    /// Delete an identifier. (删除标识)
    Delete(delete::DeleteArguments),
    /// List the identifiers under a prefix. (列出标识)
    List(list::ListArguments),
    /// Make a node home to prefixes, or list those it is home to. (前缀预置)
    Home(home::HomeArguments),
    /// Make a node home to prefixes no longer. (取消前缀预置)
    Unhome(home::UnhomeArguments),
    /// Register the identifiers of a file in a data folder. (批量导入)
    Import(import::ImportArguments),
    /// Show messages of the protocol as JSON, and make them from it. (报文编解码)
    Message(message::command::MessageArguments),
    /// Make a pair of keys, or show one. (生成密钥)
    Keygen(keygen::KeygenArguments),
    /// Say what keys may do. (密钥权限)
    Keys(keys::KeysArguments),
    /// Print what a shell needs to complete commands. (命令补全)
    Completions(completions::CompletionsArguments),
    /// Print the manual page, or write those of all subcommands. (手册)
    Man(completions::ManArguments),
    /// Write the identifiers of a data folder to a file. (批量导出)
    Export(export::ExportArguments),
    /// Say who changed what, and whether that account is whole. (审计)
    Audit(audit::AuditArguments),
    /// Watch an industrial economy: figures, targets, boards. (工业经济运行监测)
    Monitor(monitor::MonitorArguments),
    /// Look after a data folder. (数据目录)
    Store(store_commands::StoreArguments),
    /// Say how the registry of prefixes stands, and who agrees on it. (登记簿)
    Registry(registry::RegistryArguments),
    /// Let another do what a node does not do any more. (接管)
    Takeover(takeover::TakeoverArguments),
    /// Copy the data folder of a running or stopped node. (备份)
    Backup(store_commands::BackupArguments),
    /// Make a data folder from a backup. (恢复)
    Restore(store_commands::RestoreArguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A node's log is as its configuration says; that of everything else as the environment says.
    let _log = match &arguments.command {
        Command::Serve(_) => None,
        _ => process::start_log(),
    };
    let done = match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Config(arguments) => config::run(&arguments),
        Command::Resolve(arguments) => Ok(resolve::run(&arguments)),
        Command::Login(arguments) => Ok(login::run(&arguments)),
        Command::Register(arguments) => Ok(register::run(&arguments)),
        Command::Add(arguments) => Ok(register::add(&arguments)),
        Command::Modify(arguments) => Ok(modify::run(&arguments)),
        Command::Remove(arguments) => Ok(modify::remove(&arguments)),
        Command::Delete(arguments) => Ok(delete::run(&arguments)),
        Command::List(arguments) => Ok(list::run(&arguments)),
        Command::Home(arguments) => Ok(home::run(&arguments)),
        Command::Unhome(arguments) => Ok(home::unhome(&arguments)),
        Command::Import(arguments) => import::run(&arguments),
        Command::Message(arguments) => message::command::run(&arguments),
        Command::Keygen(arguments) => keygen::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Completions(arguments) => Ok(completions::complete(&arguments)),
        Command::Man(arguments) => completions::manual(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Monitor(arguments) => monitor::run(&arguments),
        Command::Store(arguments) => store_commands::run(&arguments),
        Command::Registry(arguments) => registry::run(&arguments),
        Command::Takeover(arguments) => Ok(takeover::run(&arguments)),
        Command::Backup(arguments) => store_commands::back_up(&arguments),
        Command::Restore(arguments) => store_commands::restore(&arguments),
    };
    process::end(done)
}
