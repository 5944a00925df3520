//! `nameplate store copies` and `nameplate store promote`: how copies stand, and how one of them
//! becomes the writer.

use crate::output::say;
use node::control;
use node::replication::{self, CopyState, MirrorState, ReplicationState};
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use store::Options;

pub(super) const PROMOTE_HELP: &str = "\
No node becomes the writer by itself, and two writers lose what one of them acknowledges: stop the
old one for good, and choose the copy with the highest transaction. Then remove `[mirror] of` from
its configuration and start it; it goes on with the next number, in an epoch of its own. Where the
registry of the top-level sites says who writes, stop nobody by hand: have the next epoch of the
data set granted to this node, give that as --epoch, and add `[data_set]` to its configuration.

Exit codes: 0 promoted, 1 it is no whole copy or cannot be opened, 2 wrong usage.";

pub(super) fn run(data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let state = control::ask_for_replication(data)?;
    if json {
        say(serde_json::to_string_pretty(&state)?);
    } else {
        tell(&state);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(state: &ReplicationState) {
    say(format_args!(
        "own:     epoch {}, transaction {}; {} changes wait for copies",
        state.epoch, state.txn, state.waiting
    ));
    for CopyState {
        identity,
        txn,
        behind,
    } in &state.copies
    {
        say(format_args!(
            "copy:    {identity} has transaction {txn}, {behind} behind"
        ));
    }
    for server in &state.mirror {
        tell_server(server);
    }
}

fn tell_server(server: &MirrorState) {
    let connected = if server.is_connected {
        ""
    } else {
        ", not connected"
    };
    say(format_args!(
        "source:  server {}, {}{connected}: epoch {}, transaction {}, {} behind, lag {} ms",
        server.server, server.phase, server.epoch, server.txn, server.behind, server.lag_ms
    ));
    if server.phase == "copying" {
        say(format_args!("         {} rows have come", server.rows));
    }
    if !server.trouble.is_empty() {
        say(format_args!("         {}", server.trouble));
    }
}

pub(super) fn promote(data: &Path, epoch: Option<u64>) -> Result<ExitCode, Box<dyn Error>> {
    super::must_be_folder(data)?;
    let options = Options::default();
    let promoted = match epoch {
        Some(epoch) => replication::promote_to(data, &options, epoch)?,
        None => replication::promote(data, &options)?,
    };
    say(format_args!(
        "{} is a writer now: epoch {}, after transaction {}",
        data.display(),
        promoted.epoch,
        promoted.txn
    ));
    Ok(ExitCode::SUCCESS)
}
