//! `nameplate import`: registers the identifiers of a file in the folder of a stopped node, or with
//! a running one.
//!
//! What is wrong is told by its place and left out; the rest goes on. Here: the flags and the way
//! through the file. Beneath: the formats (`table.rs`, `record_json.rs`, `language.rs`), what an
//! item does (`apply.rs`), committing (`batch.rs`), asking a node instead
//! (`sending.rs`), going on later (`checkpoint.rs`).

mod apply;
mod batch;
mod checkpoint;
mod columns;
mod input;
mod item;
mod language;
mod lines;
mod mapping;
mod members;
mod record_json;
mod report;
mod sending;
mod table;

pub(crate) use input::Format;
pub(crate) use language::ADMIN_ORDER;

use crate::interrupt::Interrupt;
use crate::login::ServerArguments;
use crate::output::say;
use crate::serve;
use apply::{Applier, Done};
use batch::Batches;
use checkpoint::Checkpoint;
use clap::Args;
use client::Clock;
use input::Input;
use item::Source;
use mapping::Mapping;
use model::SuffixCase;
use model::key::Subspace;
use report::Report;
use std::collections::HashSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use store::{Snapshot, Store, View};

#[derive(Args)]
#[command(
    after_help = "Formats, by the end of the name or --format; .gz behind it is unpacked:\n  \
    .jsonl  a record a line: {\"handle\":\"88.1/x\",\"values\":[…]}\n  \
    .csv    a table; its first line names the columns: `identifier`, then the types of the \
            values, such as NAME or URL. A value's index is the number of its column, or what \
            stands before a colon: `301:EMAIL`. An empty cell is no value. --mapping says \
            otherwise\n  \
    .batch  the language of batch files: CREATE, ADD, MODIFY, DELETE, REMOVE, HOME, UNHOME\n  \
    .json   the reference server's {\"homedPrefixes\":[…],\"handleRecords\":{…}}, or the \
            {\"handles\":{…}} that clients keep\n\n\
    An identifier that exists is replaced, in a batch file refused, unless a flag says \
    otherwise.\n\nExit codes: 0 everything is registered, 1 something is not, 2 wrong usage, with \
    --server 3 no answer, 4 not believed."
)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct ImportArguments {
    /// The file; `-` is standard input.
    file: PathBuf,
    /// The data folder; made if it is not there. Its node must not be running. For one that runs,
    /// give --server.
    #[arg(
        long,
        value_name = "DIR",
        required_unless_present = "server",
        conflicts_with = "server"
    )]
    data: Option<PathBuf>,
    /// What the file is, if its name does not say it.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// A file (TOML) that says what the columns of a table are.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Replace identifiers that exist.
    #[arg(long, group = "policy")]
    overwrite: bool,
    /// Leave identifiers that exist as they are.
    #[arg(long, group = "policy")]
    skip_existing: bool,
    /// Refuse identifiers that exist.
    #[arg(long, group = "policy")]
    fail_existing: bool,
    /// Check everything and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Go on where an interrupted import of the same file stopped.
    #[arg(long, conflicts_with = "dry_run")]
    resume: bool,
    /// Write what was refused, and why, to this file as JSON Lines.
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// For a new data folder: identifiers whose suffixes differ in case only are two.
    #[arg(long)]
    case_sensitive_suffixes: bool,
    #[command(flatten)]
    server: ServerArguments,
    /// How many requests to the node are in flight at a time.
    #[arg(long, value_name = "N", default_value_t = 64, requires = "server",
          value_parser = clap::value_parser!(u16).range(1..=128))]
    window: u16,
}

/// What becomes of an identifier that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExistingPolicy {
    Overwrite,
    Skip,
    Fail,
}

impl ImportArguments {
    fn policy(&self) -> Option<ExistingPolicy> {
        match (self.overwrite, self.skip_existing, self.fail_existing) {
            (true, ..) => Some(ExistingPolicy::Overwrite),
            (_, true, _) => Some(ExistingPolicy::Skip),
            (.., true) => Some(ExistingPolicy::Fail),
            _ => None,
        }
    }

    /// The data folder; there is one unless a node is asked.
    fn folder(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new("."))
    }

    fn mapping_text(&self) -> Result<Option<String>, String> {
        let Some(path) = &self.mapping else {
            return Ok(None);
        };
        let named = |error| format!("{}: {error}", path.display());
        std::fs::read_to_string(path).map(Some).map_err(named)
    }
}

pub(crate) fn run(arguments: &ImportArguments) -> Result<ExitCode, Box<dyn Error>> {
    if arguments.data.is_none() {
        return sending::run(arguments);
    }
    let started = Instant::now();
    let mapping = arguments.mapping_text()?;
    let input = Input::open(arguments)?;
    let policy = format!("{:?}", arguments.policy());
    let begin = Checkpoint::begin(&input, mapping.clone(), policy);
    let mut report = Report::start(arguments.errors.as_deref(), &input)?;
    let name = input.name.clone();
    let format = input.format;
    let mut source = open_source(input, mapping.as_deref(), arguments)?;
    let Existing { store, view, case } = Existing::open(arguments)?;
    let start = start_at(arguments, begin, store.as_ref(), &name)?;
    let mut way = Way {
        source: &mut *source,
        applier: Applier {
            case,
            policy: arguments.policy(),
            now: Clock::date(),
            was_empty: view
                .as_deref()
                .is_none_or(|view| is_empty(view).unwrap_or(false)),
            homed: HashSet::new(),
            batches: Batches::new(store.as_ref(), view, start.clone()),
        },
        checkpoint: start,
        needs_memory: format == Format::Batch || arguments.policy().is_some(),
        interrupt: Interrupt::watch()?,
    };
    let went = way.go(&mut report);
    way.checkpoint.is_through = matches!(went, Ok(true));
    let (durable, committed) = way.applier.batches.finish(&way.checkpoint);
    report.clear();
    let done = durable.counts.done;
    let unit = if format == Format::Csv {
        "rows"
    } else {
        "records"
    };
    if let Err(error) = committed {
        let data = arguments.folder().display();
        return Err(format!(
            "{data}: {error}; {done} {unit} are registered; mend this and run it again with \
             --resume"
        )
        .into());
    }
    if let Some(store) = store {
        store.close()?;
    }
    report.end(&name, unit)?;
    let seconds = started.elapsed().as_secs_f64();
    let how = if arguments.dry_run {
        "could be registered, nothing is written".to_owned()
    } else {
        format!("registered in {seconds:.1} s")
    };
    let counts = durable.counts;
    let skipped = match counts.skipped {
        0 => String::new(),
        skipped => format!(", {skipped} skipped"),
    };
    say(format_args!(
        "{done} {unit} {how}{skipped}, {} refused",
        counts.refused
    ));
    let is_through = went.map_err(|error| format!("{name}: {error}"))?;
    if !is_through {
        eprintln!("nameplate: interrupted; --resume goes on from here");
    }
    Ok(ExitCode::from(u8::from(counts.refused > 0 || !is_through)))
}

fn open_source(
    input: Input,
    mapping: Option<&str>,
    arguments: &ImportArguments,
) -> Result<Box<dyn Source>, String> {
    let Input {
        reader,
        format,
        name,
        folder,
        ..
    } = input;
    if mapping.is_some() && format != Format::Csv {
        return Err(format!("{name}: only tables (CSV) have a mapping"));
    }
    Ok(match format {
        Format::Jsonl => Box::new(record_json::JsonLines::new(reader)),
        Format::ReferenceJson => Box::new(record_json::ReferenceJson::new(reader)),
        Format::Batch => Box::new(language::BatchFile::new(reader, folder)),
        Format::Csv => {
            let mapping_name = arguments.mapping.as_deref().unwrap_or(Path::new("mapping"));
            let mapping = mapping.map(Mapping::parse).transpose();
            let mapping =
                mapping.map_err(|error| format!("{}: {error}", mapping_name.display()))?;
            let table = table::Table::open(reader, mapping);
            Box::new(table.map_err(|error| format!("{name}: {error}"))?)
        }
    })
}

/// What is there before the import.
struct Existing {
    /// Where to write; `None` in a dry run.
    store: Option<Store>,
    /// `None` where there is no folder yet, and none shall be made.
    view: Option<Box<dyn View>>,
    case: SuffixCase,
}

impl Existing {
    fn open(arguments: &ImportArguments) -> Result<Self, Box<dyn Error>> {
        let (data, is_sensitive) = (arguments.folder(), arguments.case_sensitive_suffixes);
        if arguments.dry_run {
            return Self::look(data, is_sensitive);
        }
        let store = serve::open_store(data, is_sensitive)?;
        Ok(Self {
            view: Some(store.view()),
            case: store.settings().suffix_case,
            store: Some(store),
        })
    }

    /// Opening a store makes a folder, cuts a torn log and writes tables: a dry run only looks.
    fn look(data: &Path, is_sensitive: bool) -> Result<Self, Box<dyn Error>> {
        let Some(snapshot) = Snapshot::open(data)? else {
            return Ok(Self {
                store: None,
                view: None,
                case: serve::suffix_case(is_sensitive),
            });
        };
        serve::check_case(data, is_sensitive, snapshot.settings())?;
        Ok(Self {
            store: None,
            case: snapshot.settings().suffix_case,
            view: Some(Box::new(snapshot)),
        })
    }
}

/// Where to begin: at the start, or where an interrupted import stopped.
fn start_at(
    arguments: &ImportArguments,
    mut begin: Checkpoint,
    store: Option<&Store>,
    name: &str,
) -> Result<Checkpoint, Box<dyn Error>> {
    if arguments.resume && begin.of.is_none() {
        return Err(format!("{name}: cannot be read again from its start, so not resumed").into());
    }
    let Some(store) = store else {
        return Ok(begin);
    };
    match begin.earlier(store) {
        Ok(None) if arguments.resume => {
            eprintln!("nameplate: no interrupted import of this file is known; from its start");
        }
        Ok(Some((counts, _))) if arguments.resume => begin.counts = counts,
        Ok(Some((_, is_through))) if !is_through => eprintln!(
            "nameplate: an import of this file was interrupted; this one begins from its start, \
             --resume would go on"
        ),
        Err(error) if arguments.resume => return Err(format!("{name}: {error}").into()),
        Ok(_) | Err(_) => (),
    }
    Ok(begin)
}

fn is_empty(view: &dyn View) -> Result<bool, store::Error> {
    let [first, end] = Subspace::RECORDS.bounds();
    Ok(view.range(&first, &end).next().transpose()?.is_none())
}

/// The way through a file.
struct Way<'w, 's> {
    source: &'w mut dyn Source,
    applier: Applier<'s>,
    checkpoint: Checkpoint,
    /// Whether a dry run must remember what it would have written.
    needs_memory: bool,
    interrupt: Interrupt,
}

impl Way<'_, '_> {
    /// Carries out every item after those of an earlier import; whether the end was reached.
    fn go(&mut self, report: &mut Report) -> Result<bool, String> {
        let mut passed_over = 0;
        loop {
            let item = self
                .source
                .next_item()
                .map_err(|broken| broken.to_string())?;
            let Some(item) = item else { return Ok(true) };
            if passed_over < self.checkpoint.counts.items {
                passed_over += 1;
                continue;
            }
            passed_over += 1;
            let outcome = match item {
                Err(refusal) => Err(refusal),
                Ok(item) => {
                    let subject = item.action.subject().map(str::to_owned);
                    match self.applier.apply(item.action) {
                        Ok(done) => Ok(done),
                        Err(apply::Error::Store(error)) => return Err(error.to_string()),
                        Err(apply::Error::Refused(reason)) => {
                            Err(item::Refusal::new(item.place, reason).about(subject.as_deref()))
                        }
                    }
                }
            };
            self.count(outcome, report)?;
            let ended = self
                .applier
                .batches
                .end_item(&self.checkpoint, self.needs_memory);
            if ended.map_err(|error| error.to_string())? {
                report.show(&self.checkpoint.counts);
                if self.interrupt.has_come() {
                    return Ok(false);
                }
            }
        }
    }

    fn count(
        &mut self,
        outcome: Result<Done, item::Refusal>,
        report: &mut Report,
    ) -> Result<(), String> {
        let counts = &mut self.checkpoint.counts;
        counts.items += 1;
        match outcome {
            Ok(Done::Yes) => counts.done += 1,
            Ok(Done::Skipped) => counts.skipped += 1,
            Ok(Done::Nothing) => (),
            Err(refusal) => {
                counts.refused += 1;
                report.refuse(&refusal)?;
            }
        }
        Ok(())
    }
}
