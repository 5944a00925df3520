//! `nameplate monitor batches`: what came in with which file, and taking it back.
//!
//! Not here: taking it in (`load`).

use super::Common;
use super::folder::{Folder, now};
use super::table::{Side, Table};
use crate::output::say;
use clap::{Args, Subcommand};
use facts::Instant;
use monitor::collect::{Batch, BatchId, batches, undo};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::process::ExitCode;

/// The most batches that are listed: the newest.
const BATCHES_MAX: usize = 200;

#[derive(Args)]
pub(super) struct BatchesArguments {
    #[command(subcommand)]
    command: BatchesCommand,
}

#[derive(Subcommand)]
enum BatchesCommand {
    /// The newest batches. (批次)
    List(CommonArguments),
    /// Take a batch back: its figures are again what they were without it. (撤销)
    Undo(UndoArguments),
}

#[derive(Args)]
struct CommonArguments {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct UndoArguments {
    /// Which batch, as `load` and `list` say it.
    #[arg(value_name = "BATCH")]
    id: u64,
    /// Who does it.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &BatchesArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        BatchesCommand::List(list) => tell(&list.common),
        BatchesCommand::Undo(of) => take_back(of),
    }
}

fn take_back(of: &UndoArguments) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&of.common)?;
    let id = BatchId(Instant(of.id));
    let undone = facts::commit_of(&folder.store, now(), |view, at| {
        undo(view, at, id, &of.by, &of.reason)
    })?;
    let (restored, emptied) = (undone.restored, undone.emptied);
    let (later, frozen) = (undone.later.len(), undone.frozen.len());
    if of.common.json {
        say(json!({
            "batch": undone.batch.map(|batch| batch.to_string()),
            "restored": restored,
            "emptied": emptied,
            "later": later,
            "frozen": frozen,
        }));
    } else {
        say(of.common.choose([
            &format!(
                "{restored} figures are what they were, {emptied} are not told any more; as they \
                 are stay {later} that were told again since, and {frozen} that are frozen"
            ),
            &format!(
                "恢复原值{restored}个，清空{emptied}个；此后另有报送的{later}个和已冻结的{frozen}个\
                 保持不变"
            ),
        ]));
    }
    // Nothing that could be taken back is told by the exit code.
    Ok(ExitCode::from(u8::from(undone.batch.is_none())))
}

fn tell(common: &Common) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(common)?;
    let all = batches(&*folder.view(), [Instant(0), Instant(u64::MAX - 1)])?;
    let newest = all.iter().rev().take(BATCHES_MAX);
    if common.json {
        let line = |(id, batch): &(BatchId, Batch)| {
            json!({
                "mark": folder.settings.mark,
                "batch": id.to_string(),
                "at": id.0.to_string(),
                "file": batch.file,
                "reporter": batch.reporter,
                "figures": batch.figures,
                "held": batch.held,
                "mapping": batch.mapping.0,
                "rules": batch.rules.0,
                "undoneBy": batch.undone_by.map(|by| by.to_string()),
                "undoes": batch.undoes.map(|of| of.to_string()),
            })
        };
        say(Json::from(newest.map(line).collect::<Vec<_>>()));
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        (common.choose(["batch", "批次"]), Side::Left),
        (common.choose(["when", "时间"]), Side::Left),
        (common.choose(["file", "文件"]), Side::Left),
        (common.choose(["from", "报送人"]), Side::Left),
        (common.choose(["figures", "数据"]), Side::Right),
        (common.choose(["held back", "暂缓"]), Side::Right),
        (common.choose(["state", "状态"]), Side::Left),
    ]);
    for (id, batch) in newest {
        let state = match (batch.undone_by, batch.undoes) {
            (Some(_), _) => ["undone", "已撤销"],
            (_, Some(_)) => ["takes one back", "撤销批次"],
            _ => ["", ""],
        };
        table.row(vec![
            id.to_string(),
            id.0.to_string(),
            batch.file.clone(),
            batch.reporter.clone(),
            batch.figures.to_string(),
            batch.held.to_string(),
            common.choose(state).to_owned(),
        ]);
    }
    table.say();
    Ok(ExitCode::SUCCESS)
}
