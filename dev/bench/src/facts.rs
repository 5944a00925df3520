//! Observations a second, and the time that one series takes as it was known at some moment.
//!
//! The figures are those of a province: cities by divisions by indicators, ten years of months,
//! each told and then revised twice. Not here: workbooks and bulletins, which nothing makes yet.

use crate::failure::{Failure, cannot};
use crate::folder::Parent;
use crate::layout;
use crate::progress::Progress;
use crate::records::scatter;
use crate::report::{Figures, Report};
use crate::resolve::{count, seconds};
use crate::statistics::{percentile, rate, real};
use clap::Args;
use codes::{Frequency, Period, Unit};
use facts::history::{self, Report as Told};
use facts::ledger::Ledger;
use facts::{Form, Instant as Moment, Object, Observation, Role, Series};
use model::Key;
use model::change::Write;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};
use store::{Options, Store};

#[derive(Args)]
pub(crate) struct FactsArguments {
    /// How many observations there are.
    #[arg(long, default_value_t = 1_000_000, value_parser = count())]
    observations: u64,
    /// How many seconds each measurement lasts.
    #[arg(long, default_value = "3", value_parser = seconds)]
    seconds: Duration,
    /// How often series are asked for and reports recorded, in turn.
    #[arg(long, default_value_t = 3, value_parser = count())]
    rounds: u64,
}

/// The months of a series: 2013 to 2022.
const MONTHS: u64 = 120;

/// How often each month is told.
const VINTAGES: u64 = 3;

/// A province: what series differ by, until a number of the product tells them apart.
const INDICATORS: u64 = 20;
const CITIES: u64 = 13;
const DIVISIONS: u64 = 41;

/// How many observations are loaded with one call, and how many reports make a workbook.
const CALL: usize = 10_000;
const WORKBOOK: u64 = 1_000;

/// When the first vintage became known: 2023-01-01 in China. The others follow a day apart.
const FIRST: u64 = 1_672_502_400_000;
const DAY_MS: u64 = 86_400_000;

pub(crate) fn run(
    arguments: &FactsArguments,
    parent: &Parent,
    progress: &Progress,
) -> Result<Report, Failure> {
    let folder = parent.make()?;
    let count = arguments.observations.div_ceil(MONTHS * VINTAGES);
    let mut figures = Figures::default();
    progress.say("loading observations");
    let store = Store::open(&folder.path().join("store"), &Options::default())?;
    let plain = File::create(folder.path().join("plain")).map_err(cannot("write a plain file"))?;
    load(&store, plain, count, &mut figures)?;
    for round in 1..=arguments.rounds {
        progress.say(format_args!("round {round} of {}", arguments.rounds));
        ask(&store, count, arguments.seconds, &mut figures)?;
        record(
            &store,
            folder.path(),
            round,
            arguments.seconds,
            &mut figures,
        )?;
    }
    let rounds = layout::count_of(arguments.rounds, "round");
    Ok(Report {
        name: "facts",
        what: format!(
            "{} series of {MONTHS} months, each told {VINTAGES} times, {rounds} of {} s",
            layout::count(count),
            arguments.seconds.as_secs_f64(),
        ),
        figures,
        notes: parent.note().into_iter().collect(),
    })
}

/// The series of a number.
fn series(number: u64) -> Result<Series, Failure> {
    let (indicator, rest) = (number % INDICATORS, number / INDICATORS);
    let (city, rest) = (rest % CITIES, rest / CITIES);
    let (division, product) = (rest % DIVISIONS, rest / DIVISIONS);
    let mut objects = vec![
        Object::new(Role::REGION, &format!("35{:02}", city + 1))?,
        Object::new(Role::INDUSTRY, &format!("{:02}", division + 6))?,
    ];
    if product > 0 {
        objects.push(Object::new(
            Role::PRODUCT,
            &format!("88.100.7/P-{product}"),
        )?);
    }
    let indicator = format!("indicator-{indicator}").parse()?;
    Ok(Series::new(
        indicator,
        objects,
        Frequency::Month,
        Form::Level,
    )?)
}

fn month(at: u64) -> Result<Period, Failure> {
    let first: Period = "2013-01".parse()?;
    let month = first.plus(i32::try_from(at)?);
    month.ok_or_else(|| "the month is beyond the known years".into())
}

/// A report with a figure of eight digits.
fn told(series: &Series, at: u64, vintage: u64) -> Result<Told, Failure> {
    let digits = scatter(at << 8 | vintage) % 100_000_000;
    let number = codes::Number::new(digits.into(), 2)?;
    let moment = Moment(FIRST + vintage * DAY_MS);
    Ok(Told {
        series: series.clone(),
        period: month(at)?,
        observation: Observation::reported(number, Unit::YUAN_10K, "350100", moment),
        is_revision: false,
    })
}

/// Loads all observations, vintage by vintage; beside it the same octets go to a plain file.
fn load(store: &Store, plain: File, count: u64, figures: &mut Figures) -> Result<(), Failure> {
    let mut calls = Calls::new(store, plain);
    for vintage in 0..VINTAGES {
        for number in 0..count {
            let series = series(number)?;
            for at in 0..MONTHS {
                let known_at = Moment(FIRST + vintage * DAY_MS);
                calls.add(history::loaded(known_at, &told(&series, at, vintage)?)?)?;
            }
        }
    }
    calls.end(figures)?;
    // From now on nothing becomes known before what was loaded.
    facts::commit(store, Moment(FIRST + VINTAGES * DAY_MS), |view, at| {
        Ok((Ledger::read(view)?.begin(at)?, ()))
    })?;
    Ok(())
}

/// Writes on their way into the store, many with one call.
struct Calls<'s> {
    store: &'s Store,
    plain: File,
    gathered: Vec<Write>,
    count: u64,
    loading: Duration,
    writing: Duration,
}

impl<'s> Calls<'s> {
    fn new(store: &'s Store, plain: File) -> Self {
        Self {
            store,
            plain,
            gathered: Vec::new(),
            count: 0,
            loading: Duration::ZERO,
            writing: Duration::ZERO,
        }
    }

    fn add(&mut self, write: Write) -> Result<(), Failure> {
        self.gathered.push(write);
        if self.gathered.len() == CALL {
            self.send()?;
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Failure> {
        let writes = std::mem::take(&mut self.gathered);
        self.count += writes.len() as u64;
        let mut octets = Vec::new();
        for Write { key, octets: value } in &writes {
            octets.extend_from_slice(key.octets());
            octets.extend_from_slice(value.as_deref().unwrap_or_default());
        }
        let started = Instant::now();
        let written = self
            .plain
            .write_all(&octets)
            .and_then(|()| self.plain.sync_data());
        written.map_err(cannot("write a plain file"))?;
        self.writing += started.elapsed();
        let started = Instant::now();
        // What goes wrong is told by the end of the load at the latest.
        self.store.load(writes, Box::new(drop));
        self.loading += started.elapsed();
        Ok(())
    }

    fn end(mut self, figures: &mut Figures) -> Result<(), Failure> {
        self.send()?;
        let started = Instant::now();
        self.store.end_load()?;
        self.loading += started.elapsed();
        figures.add("loading", "1/s", rate(self.count, self.loading));
        figures.add(
            "a plain file, synced as often",
            "1/s",
            rate(self.count, self.writing),
        );
        Ok(())
    }
}

/// Asks for series in no order, each as known at one of the vintages; beside it for single keys.
fn ask(
    store: &Store,
    count: u64,
    duration: Duration,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let view = store.view();
    let all = [month(0)?, month(MONTHS - 1)?];
    let (mut whole, mut single) = (Vec::new(), Vec::new());
    let started = Instant::now();
    for asked in 0.. {
        if started.elapsed() >= duration {
            break;
        }
        let chance = scatter(asked);
        let series = series(chance % count)?;
        let at = Moment(FIRST + chance / count % VINTAGES * DAY_MS);
        let one = Key::from_octets([b"o", &series.key()[..]].concat().into());
        let before = Instant::now();
        view.get(&one)?;
        let between = Instant::now();
        let known = history::as_known_at(&*view, &series, all, at)?;
        single.push(between - before);
        whole.push(between.elapsed());
        if known.len() as u64 != MONTHS || known.iter().any(|known| known.at != at) {
            return Err(format!("{series} is not as it was known at {at}").into());
        }
    }
    single.sort();
    whole.sort();
    for (name, sorted) in [
        ("a series as known at a moment", whole),
        ("one key", single),
    ] {
        for per_cent in [50, 99] {
            let found = percentile(&sorted, per_cent).unwrap_or_default();
            let micros = real(found.as_nanos() as u64) / 1000.0;
            figures.add(format!("{name}, p{per_cent}"), "µs", micros);
        }
    }
    Ok(())
}

/// Records workbooks of new figures one after the other, judged as they are when people send them;
/// beside it bare syncs.
fn record(
    store: &Store,
    folder: &Path,
    round: u64,
    duration: Duration,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let syncs = crate::commit::syncs_a_second(folder, duration).map_err(cannot("sync"))?;
    let started = Instant::now();
    let mut workbooks = 0;
    while started.elapsed() < duration {
        let product = Object::new(Role::PRODUCT, &format!("88.100.7/R-{round}-{workbooks}"))?;
        let reports = workbook(&product)?;
        let now = Moment(FIRST + VINTAGES * DAY_MS);
        let recorded = facts::commit(store, now, |view, at| history::record(view, at, &reports))?;
        if recorded.new as u64 != WORKBOOK {
            return Err(format!("{} of {WORKBOOK} reports were recorded", recorded.new).into());
        }
        workbooks += 1;
    }
    let recorded = rate(workbooks * WORKBOOK, started.elapsed());
    figures.add("recording, workbooks of 1,000", "1/s", recorded);
    figures.add("fdatasync after 200 octets", "1/s", syncs);
    Ok(())
}

fn workbook(product: &Object) -> Result<Vec<Told>, Failure> {
    let report = |number: u64| {
        let indicator = format!("indicator-{}", number / MONTHS).parse()?;
        let objects = [product.clone()];
        let series = Series::new(indicator, objects, Frequency::Month, Form::Level)?;
        told(&series, number % MONTHS, VINTAGES)
    };
    (0..WORKBOOK).map(report).collect()
}
