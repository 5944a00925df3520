//! `nameplate import`: registers the identifiers of a CSV file in the folder of a stopped node.
//!
//! Rows that are wrong are told by line and left out; the others go on. A row replaces what was
//! registered under its identifier before, so an import can be run again.

mod batch;
mod table;

use crate::output::say;
use batch::{Batches, ImportError};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use table::Table;

#[derive(Args)]
#[command(
    after_help = "The first line of the file names the columns: `identifier`, then the \
                        types of the values, such as NAME or URL. A value's index is the number \
                        of its column, or what stands before a colon: `301:EMAIL`. An empty cell \
                        is no value.\n\nExit codes: 0 every row is registered, 1 some are not, \
                        2 wrong usage."
)]
pub(crate) struct ImportArguments {
    /// The CSV file, in UTF-8.
    file: PathBuf,
    /// The data folder; made if it is not there. Its node must not be running.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// For a new data folder: identifiers whose suffixes differ in case only are two.
    #[arg(long)]
    case_sensitive_suffixes: bool,
}

/// How many wrong rows are told one by one; the others are only counted.
const ERRORS_TOLD_MAX: u64 = 20;

pub(crate) fn run(arguments: &ImportArguments) -> Result<ExitCode, Box<dyn Error>> {
    let started = Instant::now();
    let named = |error: &dyn Display| format!("{}: {error}", arguments.file.display());
    let file = File::open(&arguments.file).map_err(|error| named(&error))?;
    let octets = file.metadata().map_err(|error| named(&error))?.len();
    let mut table = Table::open(BufReader::new(file)).map_err(|error| named(&error))?;
    let store = crate::serve::open_store(&arguments.data, arguments.case_sensitive_suffixes)?;
    let progress = progress_bar(octets);
    let mut batches = Batches::new(&store)?;
    let registering = register(&mut table, &mut batches, &progress, &named);
    let finished = batches.finish();
    progress.finish_and_clear();
    let (registered, committed) = finished;
    let refused = registering
        .and_then(|refused| committed.map(|()| refused))
        .map_err(|error| {
            let data = arguments.data.display();
            format!("{data}: {error}; {registered} rows are registered; mend this and run it again")
        })?;
    store.close()?;
    if refused > ERRORS_TOLD_MAX {
        eprintln!(
            "{}: {} more rows refused",
            arguments.file.display(),
            refused - ERRORS_TOLD_MAX
        );
    }
    let seconds = started.elapsed().as_secs_f64();
    say(format_args!(
        "{registered} rows registered in {seconds:.1} s, {refused} refused"
    ));
    Ok(ExitCode::from(u8::from(refused > 0)))
}

/// Registers every row, telling of those that are wrong; gives how many that are.
fn register<R: Read>(
    table: &mut Table<R>,
    batches: &mut Batches<'_>,
    progress: &ProgressBar,
    named: &impl Fn(&dyn Display) -> String,
) -> Result<u64, ImportError> {
    let mut refused = 0;
    while let Some(row) = table.next_row() {
        let added = match row {
            Ok(row) => match batches.add(&row) {
                Err(ImportError::Row(error)) => Err(row.refuse(&error)),
                other => Ok(other?),
            },
            Err(error) => Err(error),
        };
        if let Err(error) = added {
            if error.is_end {
                return Err(ImportError::File(named(&error)));
            }
            refused += 1;
            if refused <= ERRORS_TOLD_MAX {
                progress.suspend(|| eprintln!("{}", named(&error)));
            }
        }
        if batches.commit_if_full()? {
            progress.set_position(table.octets_read());
        }
    }
    Ok(refused)
}

/// A bar over the octets of the file; it hides itself where nobody looks.
fn progress_bar(octets: u64) -> ProgressBar {
    let template = "{bar:40} {percent:>3} %  {decimal_bytes_per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template);
    let bar = ProgressBar::new(octets);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
