//! `nameplate store info`: what a data folder is, of a stopped node or of a running one.

use crate::output::say;
use node::control;
use serde_json::Value;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use store::Info;

pub(super) fn run(data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let info = match store::inspect(data) {
        Err(store::Error::InUse { .. }) => control::ask_for_info(data)?,
        looked => looked?,
    };
    if json {
        let mut all = serde_json::to_value(&info)?;
        if let (Value::Object(all), Some(octets)) = (&mut all, info.octets_per_record()) {
            all.insert("octets_per_record".into(), octets.into());
        }
        say(serde_json::to_string_pretty(&all)?);
    } else {
        tell(&info);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(info: &Info) {
    let case = if info.suffixes_depend_on_case {
        "depend"
    } else {
        "do not depend"
    };
    let state = if info.is_running {
        "running"
    } else {
        "stopped"
    };
    say(format_args!("format:  {}, node {state}", info.format));
    say(format_args!(
        "log id:  {}; suffixes {case} on case",
        info.log_id
    ));
    say(format_args!(
        "log:     {} files, {} octets, entries {} to {}",
        info.log_files, info.log_octets, info.log_first, info.log_acknowledged
    ));
    say(format_args!(
        "tables:  {} files, {} octets, applied up to entry {}",
        info.tables_files, info.tables_octets, info.tables_applied
    ));
    let per_record = info
        .octets_per_record()
        .map(|octets| format!(", {octets:.1} octets each"));
    say(format_args!(
        "records: {}{}",
        info.records,
        per_record.unwrap_or_default()
    ));
    let more = info.homed - info.homed_prefixes.len() as u64;
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    say(format_args!(
        "home to: {}: {}{more}",
        info.homed,
        info.homed_prefixes.join(" ")
    ));
}
