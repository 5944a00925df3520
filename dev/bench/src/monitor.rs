//! How long does a province take to close its month, from workbook to bulletin?
//!
//! The mark is 60 s for 13 cities by 41 divisions by 200 enterprises by 20 indicators. Every county
//! sends a workbook, as counties do; what was told a year before is there already. Not here: .xlsx,
//! whose cells are unpacked first; warnings.

use crate::cores::Usage;
use crate::failure::{Failure, cannot};
use crate::folder::Parent;
use crate::layout;
use crate::progress::Progress;
use crate::report::{Figures, Report};
use crate::resolve::count;
use crate::statistics::rate;
use clap::Args;
use codes::{Date, IndustryLevel, List, Period, Region, RegionLevel, Unit};
use facts::disclosure::Rule;
use facts::history::{self, loaded};
use facts::ledger::Ledger;
use facts::relation::{Kind, Relation, relate};
use facts::{Change, Form, Instant as Moment, Object, View};
use model::change::Write;
use monitor::bulletin::{Family, Languages, Numerals, Order, Output, Protection, docx, issue};
use monitor::collect::{
    Acceptance, Directory, Limits, Mapping, Reading, Rules, Sending, Submission,
    Workbook as Opened, take,
};
use monitor::province::{Enterprise, MARK, Plan, Province, Workbook};
use monitor::{Level, Question, Sheet, Snapshot};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use store::{Options, Store};

#[derive(Args)]
pub(crate) struct MonitorArguments {
    /// How many enterprises each city has of each division; the mark is set for 200.
    #[arg(long, default_value_t = 200, value_parser = count())]
    enterprises: u64,
}

/// How many figures are loaded, and relations recorded, with one call.
const CALL: usize = 20_000;
const RELATIONS: usize = 4_000;

/// The month that is closed.
const MONTH: &str = "2022-M11";

/// When all send: the middle of December 2022. The clock is made up.
const NOW: Moment = Moment(1_671_000_000_000);

/// What everything is drawn from.
const SEED: u64 = 2022;

pub(crate) fn run(
    arguments: &MonitorArguments,
    parent: &Parent,
    progress: &Progress,
) -> Result<Report, Failure> {
    let folder = parent.make()?;
    let mut figures = Figures::default();
    progress.say("making up a province");
    let plan = Plan {
        months: 24,
        ..Plan::new(SEED, u16::try_from(arguments.enterprises)?)
    };
    let province = Province::new(plan)?;
    let store = Store::open(&folder.path().join("store"), &Options::default())?;
    progress.say("loading the year before");
    prepare(&store, &province)?;
    let month: Period = MONTH.parse()?;
    let books = books(&province, month, progress);
    let mut run = Run {
        store: &store,
        province: &province,
        month,
        figures: &mut figures,
        all: Duration::ZERO,
        usage_of_ended: Usage::default(),
    };
    let before = usage();
    let cells = run.collect(&books, progress)?;
    progress.say("reading and telling");
    run.read()?;
    run.bulletin()?;
    let (all, ended) = (run.all, run.usage_of_ended);
    let used = [usage() - before, ended].into_iter().sum::<Usage>();
    for (name, took) in [
        ("from workbook to bulletin (mark: 60)", all),
        ("all cores, from workbook to bulletin", used.ran),
        ("waited for a core, all threads", used.waited),
    ] {
        figures.add(name, "s", took.as_secs_f64());
    }
    figures.add("figures closed a second", "1/s", rate(cells, all));
    plain(folder.path(), &books, &mut figures)?;
    Ok(Report {
        name: "monitor",
        what: format!(
            "a province's month: {} enterprises, {} workbooks, {}",
            layout::count(province.enterprises().len() as u64),
            books.len(),
            layout::count_of(cells, "figure"),
        ),
        figures,
        notes: parent.note().into_iter().collect(),
    })
}

/// How many workbooks may lie opened before one is judged.
const READY_MAX: usize = 2;

/// What opening and reading all workbooks took.
struct Opening {
    opened: Duration,
    read: Duration,
    usage: Usage,
}

/// Opens and reads workbooks, and hands them on.
fn open(
    books: &[Book],
    (regions, mapping): (&List<Region>, &Mapping),
    ready: &SyncSender<(Region, Opened, Reading)>,
) -> Result<Opening, Failure> {
    let industries = codes::industries();
    let [mut opened, mut read] = [Duration::ZERO; 2];
    for (county, name, octets) in books {
        let started = Instant::now();
        let workbook = Opened::read(name, octets, &Limits::default())?;
        opened += started.elapsed();
        let started = Instant::now();
        let directory = Directory::new(regions, &industries, *county);
        let reading = Reading::of(&workbook, mapping, &directory, None);
        read += started.elapsed();
        if ready.send((*county, workbook, reading)).is_err() {
            // Whoever judges has met an error, which is told there.
            break;
        }
    }
    let usage = Usage::of_this_thread();
    Ok(Opening {
        opened,
        read,
        usage,
    })
}

/// A county, the name of its file and what is in it.
type Book = (Region, String, Vec<u8>);

fn books(province: &Province, month: Period, progress: &Progress) -> Vec<Book> {
    let counties = province.counties();
    let count = counties.len();
    let book = |(at, county): (usize, Region)| {
        progress.say(format_args!("writing workbook {} of {count}", at + 1));
        let workbook = province.workbook(county, month);
        let octets = workbook.csv().into_bytes();
        (county, format!("{}.csv", workbook.name), octets)
    };
    counties.into_iter().enumerate().map(book).collect()
}

/// Who lies where, what was told a year before, and what is told of regions.
fn prepare(store: &Store, province: &Province) -> Result<(), Failure> {
    for chunk in province.enterprises().chunks(RELATIONS) {
        facts::commit(store, Moment(1), |view, at| {
            relations(view, at, chunk).map(|change| (change, ()))
        })?;
    }
    let month: Period = MONTH.parse()?;
    let before = month.same_last_year().ok_or("there is no year before")?;
    let mut gathered: Vec<Write> = Vec::with_capacity(CALL);
    let mut newest = Moment::default();
    let mut take = |told: Vec<(Moment, history::Report)>| {
        for (at, report) in told {
            gathered.push(loaded(at, &report)?);
            newest = newest.max(at);
        }
        if gathered.len() >= CALL {
            store.load(std::mem::take(&mut gathered), Box::new(drop));
        }
        Ok::<_, facts::Error>(())
    };
    for enterprise in province.enterprises() {
        take(province.reports(enterprise, &[before])?)?;
    }
    for back in [0, 1, 12] {
        take(province.regional(month.plus(-back).unwrap_or(month))?)?;
    }
    store.load(gathered, Box::new(drop));
    store.end_load()?;
    facts::commit(store, newest, |view, at| {
        Ok((Ledger::read(view)?.begin(at)?, ()))
    })?;
    Ok(())
}

fn relations(view: &dyn View, at: Moment, of: &[Enterprise]) -> Result<Change, facts::Error> {
    let mut change = Change::default();
    for enterprise in of {
        let county = (Kind::LiesIn, Object::region(enterprise.county));
        let division = (Kind::IsOf, Object::industry(enterprise.division));
        for (kind, object) in [county, division] {
            let relation = Relation {
                kind,
                subject: enterprise.object(),
                object,
                from: Date::FIRST,
                to: None,
                evidence: MARK.to_owned(),
            };
            let planned = relate(view, at, &relation)?;
            change.preconditions = planned.preconditions;
            change.writes.extend(planned.writes);
        }
    }
    Ok(change)
}

/// A month that is being closed, and how long it has taken so far.
struct Run<'r> {
    store: &'r Store,
    province: &'r Province,
    month: Period,
    figures: &'r mut Figures,
    all: Duration,
    /// What threads used that have ended.
    usage_of_ended: Usage,
}

/// What all threads of this process that have not ended used so far.
fn usage() -> Usage {
    Usage::of_process(std::process::id())
}

impl Run<'_> {
    fn stage(&mut self, name: &str, took: Duration) {
        self.figures.add(name, "s", took.as_secs_f64());
        self.all += took;
    }

    /// Every county's workbook: opened and read by one thread, judged and recorded by another, as
    /// a console does for two clerks who send at once.
    fn collect(&mut self, books: &[Book], progress: &Progress) -> Result<u64, Failure> {
        let mut regions = codes::provinces();
        regions.import(&self.province.regions_csv())?;
        let mapping = Mapping::read(&Workbook::mapping())?;
        let rules = Rules {
            name: "none".to_owned(),
            ..Rules::default()
        };
        let started = Instant::now();
        let mut taken = Duration::ZERO;
        let (cells, opening) = thread::scope(|scope| {
            let (ready, books_ready) = sync_channel(READY_MAX);
            let (regions, mapping) = (&regions, &mapping);
            let opening = scope.spawn(move || open(books, (regions, mapping), &ready));
            let mut cells = 0;
            for (number, (county, workbook, reading)) in (1..).zip(books_ready) {
                progress.say(format_args!("taking workbook {number} of {}", books.len()));
                let started = Instant::now();
                let sending = Sending {
                    reporter: county.to_string(),
                    released_at: NOW,
                    within: county,
                    is_revision: false,
                    explanations: BTreeMap::new(),
                };
                cells += self.take(&Submission {
                    workbook: &workbook,
                    reading: &reading,
                    mapping: (&mapping.name, 0),
                    rules: (&rules, 0),
                    regions,
                    sending: &sending,
                    acceptance: Acceptance::AllOrNothing,
                })?;
                taken += started.elapsed();
            }
            let opening = opening.join();
            let opening = opening.unwrap_or_else(|_| Err("the opening thread panicked".into()));
            Ok::<_, Failure>((cells, opening?))
        })?;
        let part = |figures: &mut Figures, name, took: Duration| {
            figures.add(name, "s", took.as_secs_f64());
        };
        part(self.figures, "  opening workbooks (CSV)", opening.opened);
        part(self.figures, "  reading figures out of them", opening.read);
        part(self.figures, "  judging and recording, beside that", taken);
        self.stage(
            "all workbooks opened, read, judged, recorded",
            started.elapsed(),
        );
        self.usage_of_ended = opening.usage;
        Ok(cells)
    }

    fn take(&self, submission: &Submission<'_>) -> Result<u64, Failure> {
        let mut refusal = None;
        let done = facts::commit(self.store, NOW, |view, at| {
            match take(view, at, submission) {
                Ok((change, taken)) => Ok((change, Some(taken))),
                Err(error) => {
                    refusal = Some(error);
                    Ok((Change::default(), None))
                }
            }
        })?;
        match (done, refusal) {
            (Some(done), _) if done.batch.is_some() => Ok(done.verdict.accepted.len() as u64),
            (Some(done), _) => {
                Err(format!("held back: {:?}", done.verdict.findings.first()).into())
            }
            (None, refusal) => Err(format!("refused: {refusal:?}").into()),
        }
    }

    /// Who pulled it up or down, from the province to the enterprise.
    fn read(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        let question = Question {
            indicator: "output".parse()?,
            form: Form::Level,
            period: self.month,
            unit: Unit::YUAN_10K,
            at: Moment::LAST,
        };
        let snapshot = Snapshot::take(&*self.store.view(), &question)?;
        self.stage("figures of all enterprises, two years", started.elapsed());
        let started = Instant::now();
        let cities = Level::Region(RegionLevel::City);
        let divisions = Level::Industry(IndustryLevel::Division);
        let top = Sheet::top(&snapshot, self.province.region(), None, cities, 1)?;
        for line in &top.lines {
            let city = top.open(&line.object, divisions)?;
            for line in &city.lines {
                city.open(&line.object, Level::Enterprise)?;
            }
        }
        self.stage("all sheets of the drill-down", started.elapsed());
        Ok(())
    }

    fn bulletin(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        let order = Order {
            name: "bench".to_owned(),
            corrects: None,
            number: String::new(),
            issuer: ["office", "运行监测处"].map(str::to_owned),
            addressees: Vec::new(),
            copies: Vec::new(),
            mark: MARK.to_owned(),
            issued: "2022-12-18".parse()?,
            numerals: Numerals::default(),
            region: self.province.region(),
            parts: self.province.cities(),
            period: "2022-YTD11".parse()?,
            at: Ledger::read(&*self.store.view())?.newest.0,
            families: Family::four()?,
            output: Some(Output {
                indicator: "output".parse()?,
                form: Form::Cumulative,
                unit: Unit::YUAN_100M,
                names: ["gross output", "工业总产值"].map(str::to_owned),
            }),
            protection: Protection::from(Rule::default()),
            warnings: Vec::new(),
            document: None,
            names_enterprises: false,
        };
        let nobody = |_: &Object| None;
        let bulletin = facts::commit(self.store, NOW, |view, at| issue(view, at, &order, &nobody))?;
        let octets = docx(&bulletin, Languages::Chinese);
        self.stage("the bulletin, composed, frozen, written", started.elapsed());
        if octets.is_empty() || bulletin.sections.len() < 4 {
            return Err("the bulletin says too little".into());
        }
        Ok(())
    }
}

/// The ceiling: the same octets in a plain file, synced as often.
fn plain(folder: &std::path::Path, books: &[Book], figures: &mut Figures) -> Result<(), Failure> {
    let file = std::fs::File::create(folder.join("plain"));
    let mut file = file.map_err(cannot("write a plain file"))?;
    let started = Instant::now();
    for (_, _, octets) in books {
        let written = file.write_all(octets).and_then(|()| file.sync_data());
        written.map_err(cannot("write a plain file"))?;
    }
    figures.add(
        "the workbooks as a plain file, synced as often",
        "s",
        started.elapsed().as_secs_f64(),
    );
    Ok(())
}
