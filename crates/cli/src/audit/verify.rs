//! `nameplate audit verify`: whether the audit trail is what was written, and if not, where.

use super::{VerifyArguments, date, look};
use crate::output::say;
use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;
use std::process::ExitCode;
use store::audit::{Expected, Fault, Report};

pub(super) fn run(arguments: &VerifyArguments) -> Result<ExitCode, Box<dyn Error>> {
    let data = arguments.folder.as_ref().or(arguments.data.as_ref());
    let snapshot = look(data.ok_or("no data folder is named")?)?;
    let bar = bar();
    let verified = store::audit::verify(&snapshot, arguments.expect, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = verified?;
    if arguments.json {
        say(serde_json::to_string_pretty(&report)?);
    } else {
        tell(&report);
    }
    Ok(ExitCode::from(u8::from(!report.is_sound())))
}

fn tell(report: &Report) {
    match (report.first_date_ms, report.last_date_ms) {
        (Some(first), Some(last)) => say(format_args!(
            "notes:  {} in {} groups, from {} to {}",
            report.notes,
            report.groups,
            date(first),
            date(last)
        )),
        _ => say("notes:  none"),
    }
    if let Some(newest) = &report.newest {
        let (count, first) = (newest.notes, newest.first);
        say(format_args!("newest: {count} from entry {first} on"));
        say(format_args!("root:   {}", newest.root));
        say(format_args!("chain:  {}", newest.chain));
    }
    if let Some(Expected {
        first: Some(first),
        notes_since,
        ..
    }) = &report.expected
    {
        say(format_args!(
            "expect: found, at the group of entry {first}; {notes_since} notes came after"
        ));
    }
    report.faults.iter().for_each(tell_fault);
    if report.faults_untold > 0 {
        say(format_args!("and {} more", report.faults_untold));
    }
    say(if report.is_sound() {
        "what was written"
    } else {
        "NOT WHAT WAS WRITTEN"
    });
}

fn tell_fault(fault: &Fault) {
    let Fault {
        first,
        last,
        reason,
    } = fault;
    match (first, last) {
        (0, 0) => say(format_args!("fault:  {reason}")),
        (first, last) if first == last => say(format_args!("fault:  entry {first}: {reason}")),
        (first, last) => say(format_args!("fault:  entries {first} to {last}: {reason}")),
    }
}

/// A bar over notes; it hides itself where nobody looks.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    match ProgressStyle::with_template("verifying {bar:40} {percent:>3} %  {per_sec}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
