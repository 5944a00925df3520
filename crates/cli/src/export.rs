//! `nameplate export`: writes the records of a stopped node's folder to a file, in order.
//!
//! Here: the flags, and which records and values are written. Beneath: the formats
//! (`export/writer.rs`, `export/language.rs`, `export/table.rs`).

mod language;
mod table;
mod writer;

use crate::import::Format;
use crate::output::say_aside;
use clap::Args;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use model::key::{Scheme, Subspace};
use model::{Identifier, Key, Prefix, Record, Value};
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use store::View;
use writer::Writer;

#[derive(Args)]
#[command(
    after_help = "Formats: jsonl and reference-json lose nothing; csv keeps text that anybody may \
                  read, and neither dates, ttl nor references; batch keeps text, administrators \
                  and lists, and no dates. What is left out is counted.\n\n\
                  Exit codes: 0 written, 1 not, 2 wrong usage."
)]
pub(crate) struct ExportArguments {
    /// The data folder. Its node must not be running.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// How the records are written.
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Only identifiers under this prefix and those derived from it.
    #[arg(long, value_name = "P")]
    prefix: Option<Prefix>,
    /// Write to this file, which is replaced when everything is written.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write values too that not everybody may read, and secret keys; the file is for its owner
    /// only.
    #[arg(long)]
    with_secrets: bool,
}

/// The type whose values are secret whatever their permissions say.
const SECRET_TYPE: &[u8] = b"HS_SECKEY";

/// How often the progress is shown, in records.
const RECORDS_SHOWN_EVERY: u64 = 4096;

/// What was written and what was not.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    records: u64,
    /// Values that not everybody may read.
    secrets: u64,
    /// Values that the format cannot hold.
    unfit: u64,
}

pub(crate) fn run(arguments: &ExportArguments) -> Result<ExitCode, Box<dyn Error>> {
    if !arguments.data.is_dir() {
        let data = arguments.data.display();
        return Err(format!("{data}: there is no such data folder").into());
    }
    let store = crate::serve::open_store(&arguments.data, false)?;
    let view = store.view();
    let selection = Selection {
        view: &*view,
        prefix: arguments.prefix.as_ref(),
        with_secrets: arguments.with_secrets,
    };
    let counts = match &arguments.output {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            let counts = export(&selection, arguments.format, &mut out);
            match counts.and_then(|counts| out.flush().map(|()| counts).map_err(Into::into)) {
                Err(error) if is_reader_gone(&*error) => return Ok(ExitCode::SUCCESS),
                other => other?,
            }
        }
        Some(path) => to_file(path, &selection, arguments.format)
            .map_err(|error| format!("{}: {error}", path.display()))?,
    };
    drop(view);
    store.close()?;
    say_aside(format_args!("{} records exported", counts.records));
    if counts.secrets > 0 {
        say_aside(format_args!(
            "{} values that not everybody may read are left out; --with-secrets writes them",
            counts.secrets
        ));
    }
    if counts.unfit > 0 {
        say_aside(format_args!(
            "{} values are left out that this format cannot hold; jsonl can",
            counts.unfit
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes beside the file and then puts it in place, so that no half of a file is taken for all.
fn to_file(
    path: &Path,
    selection: &Selection<'_>,
    format: Format,
) -> Result<Counts, Box<dyn Error>> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mode = if selection.with_secrets { 0o600 } else { 0o644 };
    let mut options = OpenOptions::new();
    // Anew, lest an old file's looser mode stay.
    let _ = std::fs::remove_file(&part);
    let file: File = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&part)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let written = export(selection, format, &mut out).and_then(|counts| {
        out.flush()?;
        out.get_ref().sync_all()?;
        std::fs::rename(&part, path)?;
        Ok(counts)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}

fn is_reader_gone(error: &(dyn Error + 'static)) -> bool {
    let error: Option<&io::Error> = error.downcast_ref();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn export(
    selection: &Selection<'_>,
    format: Format,
    out: &mut dyn Write,
) -> Result<Counts, Box<dyn Error>> {
    let bar = progress();
    let mut counts = Counts::default();
    let mut writer: Box<dyn Writer + '_> = match format {
        Format::Jsonl => Box::new(writer::JsonLines { out }),
        Format::ReferenceJson => Box::new(writer::ReferenceJson::begin(out, selection)?),
        Format::Batch => Box::new(language::BatchWriter::begin(out, selection)?),
        Format::Csv => Box::new(table::TableWriter::begin(out, selection)?),
    };
    selection.each(|identifier, values, left_out| {
        counts.records += 1;
        counts.secrets += left_out;
        counts.unfit += writer.record(identifier, &values)?;
        if counts.records.is_multiple_of(RECORDS_SHOWN_EVERY) {
            bar.set_message(HumanCount(counts.records).to_string());
            bar.tick();
        }
        Ok(())
    })?;
    writer.end()?;
    bar.finish_and_clear();
    Ok(counts)
}

/// Which records are written.
pub(crate) struct Selection<'v> {
    view: &'v dyn View,
    prefix: Option<&'v Prefix>,
    with_secrets: bool,
}

impl Selection<'_> {
    /// Hands over each record in order: its identifier, its values that may be seen, and how many
    /// may not.
    fn each(
        &self,
        mut each: impl FnMut(&Identifier, Vec<Value>, u64) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        let [first, end] = self.bounds();
        for entry in self.view.range(&first, &end) {
            let (key, octets) = entry?;
            // The subspace and the scheme come before the identifier.
            let canonical = key.octets().slice(2..);
            let spelled = Identifier::from_octets(canonical)?;
            let record =
                Record::from_stored(octets).map_err(|error| format!("{spelled}: {error}"))?;
            let identifier = match record.spelling() {
                Some(spelling) => Identifier::from_octets(spelling)?,
                None => spelled,
            };
            let all = record.entries().map(|entry| entry.encoded.value());
            let values: Vec<Value> = all.filter(|value| self.shows(value)).collect();
            let left_out = record.len() - values.len();
            each(&identifier, values, left_out as u64)?;
        }
        Ok(())
    }

    /// The keys of the records. `.` and `/` are neighbours, so what is under a prefix, with what
    /// is derived from it, lies together.
    fn bounds(&self) -> [Key; 2] {
        let Some(prefix) = self.prefix else {
            return Subspace::RECORDS.bounds();
        };
        let head = [Subspace::RECORDS.0, Scheme::HANDLE.0];
        let bound = |end: u8| {
            let octets = [&head, prefix.canonical().as_slice(), &[end]].concat();
            Key::from_octets(octets.into())
        };
        [bound(b'.'), bound(b'/' + 1)]
    }

    fn shows(&self, value: &Value) -> bool {
        let is_secret = value.value_type.octets().eq_ignore_ascii_case(SECRET_TYPE);
        self.with_secrets || (value.permissions.is_public_read() && !is_secret)
    }

    /// Whether a prefix is the chosen one or derived from it.
    fn covers(&self, prefix: &Prefix) -> bool {
        let Some(chosen) = self.prefix else {
            return true;
        };
        let (chosen, prefix) = (chosen.canonical(), prefix.canonical());
        prefix
            .strip_prefix(chosen.as_slice())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
    }

    /// The prefixes that the node is home to, in order.
    fn homes(&self) -> Result<Vec<Prefix>, Box<dyn Error>> {
        let [first, end] = Subspace::HOMED.bounds();
        let mut homes = Vec::new();
        for entry in self.view.range(&first, &end) {
            let (key, _): (Key, _) = entry?;
            let text = String::from_utf8(key.octets().slice(1..).to_vec())?;
            let prefix: Prefix = text.parse()?;
            if self.covers(&prefix) {
                homes.push(prefix);
            }
        }
        Ok(homes)
    }
}

/// A count of records; it hides itself where nobody looks.
fn progress() -> ProgressBar {
    let bar = ProgressBar::no_length();
    bar.enable_steady_tick(Duration::from_millis(200));
    match ProgressStyle::with_template("{spinner} {msg} records, {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
