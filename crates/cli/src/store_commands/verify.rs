//! `nameplate store verify`: whether a data folder is sound, and if not, where, what is lost and
//! what to do.

use super::Bar;
use crate::output::say;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use store::{Damage, Report};

pub(super) fn run(data: &Path, json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let bar = Bar::new("verifying");
    let verified = store::verify(data, &mut |done| bar.show(done));
    drop(bar);
    let report = verified.map_err(|error| advise(data, error))?;
    if json {
        say(serde_json::to_string_pretty(&report)?);
    } else {
        tell(&report);
    }
    Ok(ExitCode::from(u8::from(!report.is_sound())))
}

fn advise(data: &Path, error: store::Error) -> Box<dyn Error> {
    if matches!(error, store::Error::InUse { .. }) {
        let data = data.display();
        let advice = "stop the node first, or make a backup of it and verify that";
        return format!("a node is running on {data}: {advice}").into();
    }
    error.into()
}

fn tell(report: &Report) {
    let (log, tables) = (&report.log, &report.tables);
    say(format_args!(
        "log:    {} files, {} octets, {} groups, entries {} to {}, acknowledged up to {}",
        log.files, log.octets, log.groups, log.first, log.last, log.acknowledged
    ));
    say(format_args!(
        "tables: {} files, {} octets, applied up to entry {}",
        tables.files, tables.octets, tables.applied
    ));
    say(format_args!(
        "keys:   {} records, {} homed prefixes, {} others; {} compared with the log",
        tables.records, tables.homed, tables.others, tables.compared
    ));
    for remark in &report.remarks {
        say(format_args!("note:   {remark}"));
    }
    for damage in &report.damages {
        tell_damage(damage);
    }
    if report.damages_untold > 0 {
        say(format_args!("and {} more", report.damages_untold));
    }
    say(if report.is_sound() {
        "sound"
    } else {
        "DAMAGED"
    });
}

fn tell_damage(damage: &Damage) {
    let Damage {
        file,
        at,
        extent,
        reason,
        lost,
        remedy,
    } = damage;
    say(format_args!(
        "damage: {file}, octet {at}, {extent} octets: {reason}"
    ));
    say(format_args!("        lost: {lost}"));
    say(format_args!("        do:   {remedy}"));
}
