//! Rows a second of `nameplate import`, beside a plain file of the same octets; then what the
//! records cost on disk, at the next start and in memory.
//!
//! The program itself is run, as people run it. Not here: single registrations (`commit`).

mod nameplate;
mod plain;

use crate::asker::{Asker, Peer};
use crate::failure::{Failure, cannot};
use crate::folder::{Parent, drop_cached, sum_files};
use crate::layout;
use crate::popularity::Popularity;
use crate::process::Process;
use crate::progress::Progress;
use crate::records::{shuffled, write_csv};
use crate::report::{Figures, Report};
use crate::resolve::count;
use crate::statistics::{rate, real};
use clap::Args;
use nameplate::{Import, Nameplate};
use std::fs::{File, Metadata};
use std::io::{self, BufWriter};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::{Options, Store};

#[derive(Args)]
pub(crate) struct ImportArguments {
    /// How many rows are imported.
    #[arg(long, default_value_t = 1_000_000, value_parser = count())]
    rows: u64,
    /// How often everything is done, each time into a new folder.
    #[arg(long, default_value_t = 3, value_parser = count())]
    rounds: u64,
    /// Import the serial numbers in no order, not one after the other.
    #[arg(long)]
    shuffled: bool,
    /// The program to measure. Default: it is built, with the optimisations of a release.
    #[arg(long, value_name = "FILE")]
    nameplate: Option<PathBuf>,
}

impl ImportArguments {
    /// The same, in the order that suits the tables least.
    pub(crate) fn in_no_order(self) -> Self {
        Self {
            shuffled: true,
            ..self
        }
    }
}

/// How long a node is asked before its memory is looked at again.
const ASKED_FOR: Duration = Duration::from_secs(2);

/// How many questions wait for an answer at a time meanwhile.
const WINDOW: usize = 64;

/// The file that holds the first entry of a log, until the log outgrows what is kept of it.
const FIRST_LOG_FILE: &str = "00000000000000000001.log";

pub(crate) fn run(
    arguments: &ImportArguments,
    parent: &Parent,
    progress: &Progress,
) -> Result<Report, Failure> {
    progress.say("building nameplate");
    let nameplate = Nameplate::find(arguments.nameplate.as_deref())?;
    progress.say(format_args!("writing {} rows", arguments.rows));
    let folder = parent.make()?;
    let table = folder.path().join("rows.csv");
    write_table(&table, arguments).map_err(cannot("write the rows"))?;
    let mut figures = Figures::default();
    let mut log_is_whole = true;
    for round in 1..=arguments.rounds {
        progress.say(format_args!("round {round} of {}", arguments.rounds));
        let folder = parent.make()?;
        let round = Round::run(&nameplate, &table, arguments.rows, folder.path())?;
        log_is_whole &= round.sizes.log.is_some();
        round.add_rates(&mut figures, arguments.rows);
        round.add_costs(&mut figures, arguments.rows);
    }
    Ok(Report {
        name: "import",
        what: what(arguments),
        figures,
        notes: notes(parent, log_is_whole),
    })
}

fn what(arguments: &ImportArguments) -> String {
    let order = if arguments.shuffled {
        "in no order"
    } else {
        "in the order of their identifiers"
    };
    format!(
        "{} {}, {}",
        layout::count_of(arguments.rows, "row"),
        order,
        layout::count_of(arguments.rounds, "round"),
    )
}

fn notes(parent: &Parent, log_is_whole: bool) -> Vec<String> {
    let cut = "the log was too long to be kept, so there is no ceiling: import fewer rows";
    let cut = (!log_is_whole).then(|| cut.to_owned());
    parent.note().into_iter().chain(cut).collect()
}

fn write_table(path: &Path, arguments: &ImportArguments) -> io::Result<()> {
    let rows = arguments.rows;
    let place = |row| shuffled(row, rows);
    let serial = |row| if arguments.shuffled { place(row) } else { row };
    let mut out = BufWriter::new(File::create(path)?);
    write_csv((0..rows).map(serial), &mut out)?;
    // Nobody shall have to write it back while something is measured.
    out.into_inner()?.sync_all()
}

/// What one round came to.
struct Round {
    import: Import,
    /// Writing the same log to a plain file, if it is known how long it was.
    plain: Option<Duration>,
    sizes: Sizes,
    empty: Start,
    full: Start,
    /// Another start, when the system has dropped what it remembered of the files.
    cold: Start,
    /// What the tables take when they have been merged as far as they go, in octets.
    compacted_on_disk: u64,
    /// The memory of the node with the records when it has been asked for a while.
    asked_octets: u64,
}

/// What a data folder holds, in octets.
struct Sizes {
    /// What was written to the log; unknown if its beginning has been dropped meanwhile.
    log: Option<u64>,
    log_on_disk: u64,
    tables_on_disk: u64,
}

/// How a node started.
struct Start {
    took: Duration,
    resident_octets: u64,
}

impl Round {
    fn run(nameplate: &Nameplate, table: &Path, rows: u64, folder: &Path) -> Result<Self, Failure> {
        let data = folder.join("data");
        let import = nameplate.import(table, &data)?;
        let sizes = Sizes::of(&data).map_err(cannot("look at a data folder"))?;
        let plain = sizes
            .log
            .map(|log| plain::write(&folder.join("plain"), log, rows));
        let plain = plain.transpose().map_err(cannot("write a plain file"))?;
        let empty = Start::of(&nameplate.serve(&folder.join("empty"))?)?;
        let node = nameplate.serve(&data)?;
        let full = Start::of(&node)?;
        let mut asker = Asker::new(Peer::Node, node.address, rows, Popularity::Even)?;
        asker.measure(WINDOW, ASKED_FOR)?;
        let asked_octets = node.resident_octets()?;
        drop(node);
        drop_cached(&data)?;
        let cold = Start::of(&nameplate.serve(&data)?)?;
        let compacted_on_disk = compact(&data)?;
        Ok(Self {
            import,
            plain,
            sizes,
            empty,
            full,
            cold,
            compacted_on_disk,
            asked_octets,
        })
    }

    fn add_rates(&self, figures: &mut Figures, rows: u64) {
        let import = rate(rows, self.import.took);
        if let Some((log, plain)) = self.sizes.log.zip(self.plain) {
            let ceiling = rate(rows, plain);
            figures.add("plain file of the same octets", "rows/s", ceiling);
            figures.add("import", "rows/s", import);
            figures.add("import / plain file, of each round", "", import / ceiling);
            figures.add("plain file", "MB/s", rate(log, plain) / 1e6);
            figures.add("import, of log", "MB/s", rate(log, self.import.took) / 1e6);
        } else {
            figures.add("import", "rows/s", import);
        }
        let micros = self.import.ran.as_secs_f64() * 1e6 / real(rows);
        figures.add("import, all cores a row", "µs", micros);
    }

    fn add_costs(&self, figures: &mut Figures, rows: u64) {
        for (what, octets) in [
            ("log on disk", self.sizes.log_on_disk),
            ("tables on disk", self.sizes.tables_on_disk),
            ("tables on disk, merged", self.compacted_on_disk),
        ] {
            figures.add(what, "octets/record", real(octets) / real(rows));
        }
        for (which, start) in [
            ("empty", &self.empty),
            ("with the records", &self.full),
            ("with the records, none in the system's memory", &self.cold),
        ] {
            let name = format!("start of a node, {which}");
            figures.add(name, "ms", start.took.as_secs_f64() * 1e3);
        }
        for (which, octets) in [
            ("empty", self.empty.resident_octets),
            ("with the records", self.full.resident_octets),
            ("when it has been asked", self.asked_octets),
        ] {
            let name = format!("resident memory, {which}");
            figures.add(name, "MB", real(octets) / 1e6);
        }
    }
}

impl Sizes {
    fn of(data: &Path) -> io::Result<Self> {
        let log = data.join("log");
        let is_whole = log.join(FIRST_LOG_FILE).exists();
        Ok(Self {
            log: is_whole
                .then(|| sum_files(&log, &Metadata::len))
                .transpose()?,
            log_on_disk: sum_files(&log, &on_disk)?,
            tables_on_disk: sum_files(&tables(data), &on_disk)?,
        })
    }
}

/// The octets that a file takes on disk.
fn on_disk(about: &Metadata) -> u64 {
    // The unit of `st_blocks`, whatever the file system's own blocks are.
    about.blocks() * 512
}

fn tables(data: &Path) -> PathBuf {
    data.join("tables")
}

/// Merges the tables of a data folder; gives what they take then.
fn compact(data: &Path) -> Result<u64, Failure> {
    let store = Store::open(data, &Options::default())?;
    store.compact()?;
    store.close()?;
    sum_files(&tables(data), &on_disk).map_err(cannot("look at the tables"))
}

impl Start {
    fn of(node: &Process) -> Result<Self, Failure> {
        Ok(Self {
            took: node.ready_after,
            resident_octets: node.resident_octets()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::collections::BTreeSet;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: ImportArguments,
    }

    #[test]
    fn shuffled_rows_are_the_same_rows() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("rows.csv");
        let rows = |more: &[&str]| {
            let line = [&["bench", "--rows", "1000"], more].concat();
            write_table(&path, &Line::parse_from(line).arguments).expect("the folder is ours");
            let text = std::fs::read_to_string(&path).expect("it has been written");
            text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        let (ordered, shuffled) = (rows(&[]), rows(&["--shuffled"]));
        assert!(ordered.is_sorted());
        assert_ne!(shuffled, ordered);
        let set = |rows: Vec<String>| rows.into_iter().collect::<BTreeSet<_>>();
        assert_eq!(set(shuffled), set(ordered));
    }
}
