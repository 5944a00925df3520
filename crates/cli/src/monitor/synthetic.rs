//! `nameplate monitor init`: a folder that is empty, or has a made-up province in it.
//!
//! Not here: what is made up (room `monitor`).

use super::Common;
use super::folder::{Folder, Settings, Tables};
use crate::output::say;
use clap::Args;
use codes::{Date, Period, Region, RegionLevel};
use facts::history::loaded;
use facts::ledger::Ledger;
use facts::relation::{Kind, Relation, relate};
use facts::{Instant, Object, View};
use indicatif::{ProgressBar, ProgressStyle};
use model::Change;
use monitor::province::{Enterprise, MARK, MERGED_MONTHS, OUTPUT, Plan, Province};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use store::Store;

/// How many relations are recorded with one change.
const RELATIONS: usize = 4_000;

/// How many figures are loaded with one call: some megabytes.
const FIGURES: usize = 20_000;

#[derive(Args)]
#[command(
    after_help = "A made-up province is the same for a seed everywhere. Its codes are nobody's, \
                  its names have 合成 in them, and it is marked as synthetic wherever it is shown."
)]
pub(super) struct InitArguments {
    /// Fill the folder with the made-up province of this seed.
    #[arg(long, value_name = "SEED")]
    synthetic: Option<u64>,
    /// How many cities it has, 1 to 22.
    #[arg(long, value_name = "N", default_value_t = 13, requires = "synthetic")]
    cities: u8,
    /// How many counties each city has, 1 to 10.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "synthetic")]
    counties: u8,
    /// How many divisions of industry there are, 1 to 41.
    #[arg(long, value_name = "N", default_value_t = 41, requires = "synthetic")]
    divisions: u8,
    /// How many enterprises of each division each city has, 1 to 400.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "synthetic")]
    enterprises: u16,
    /// How many months of history there are, 13 to 120.
    #[arg(long, value_name = "N", default_value_t = 36, requires = "synthetic")]
    months: u16,
    /// Without the shock to a city's division from August 2022 on.
    #[arg(long, requires = "synthetic")]
    calm: bool,
    /// Whose folder an empty one is: the code of a region.
    #[arg(
        long,
        value_name = "REGION",
        default_value = "00",
        conflicts_with = "synthetic"
    )]
    region: Region,
    #[command(flatten)]
    common: Common,
}

impl InitArguments {
    fn plan(&self, seed: u64) -> Plan {
        let plan = Plan::new(seed, self.enterprises);
        Plan {
            cities: self.cities,
            counties: self.counties,
            divisions: self.divisions,
            months: self.months,
            shock: plan.shock.clone().filter(|_| !self.calm),
            ..plan
        }
    }
}

pub(super) fn run(arguments: &InitArguments) -> Result<ExitCode, Box<dyn Error>> {
    let common = &arguments.common;
    let path = common.path()?;
    let made = if let Some(seed) = arguments.synthetic {
        let province = Province::new(arguments.plan(seed))?;
        let store = make(&path, &province)?;
        let periods = province.periods();
        let told = tell(&store, &province, &periods)?;
        store.close()?;
        Some((province, told))
    } else {
        Folder::make(&path, &Tables::default())?.close()?;
        None
    };
    let settings = match &made {
        Some((province, _)) => settings(province),
        None => Settings {
            region: arguments.region.to_string(),
            ..Settings::default()
        },
    };
    Folder::finish(&path, &settings)?;
    if common.json {
        let figures = made.as_ref().map_or(0, |(_, told)| *told);
        let path = path.display().to_string();
        say(serde_json::json!({"data": path, "mark": settings.mark, "figures": figures}));
    } else {
        report(arguments, &path, made.as_ref());
    }
    Ok(ExitCode::SUCCESS)
}

/// What `monitor.toml` says of a made-up province.
pub(super) fn settings(province: &Province) -> Settings {
    Settings {
        mark: MARK.to_owned(),
        region: province.region().to_string(),
        ..Settings::default()
    }
}

fn report(arguments: &InitArguments, path: &Path, made: Option<&(Province, usize)>) {
    let common = &arguments.common;
    let shown = path.display();
    let Some((province, told)) = made else {
        say(common.choose([
            &format!(
                "{shown}: an empty monitor folder; `nameplate monitor load` brings figures in"
            ),
            &format!("{shown}：已建立空的监测目录，可用 nameplate monitor load 导入报表"),
        ]));
        return;
    };
    let plan = province.plan();
    let (cities, enterprises) = (plan.cities, province.enterprises().len());
    let divisions = province.divisions().len();
    say(common.choose([
        &format!(
            "{shown}: {MARK}\n{cities} cities, {divisions} divisions, {enterprises} enterprises, \
             {told} figures until {}",
            plan.last
        ),
        &format!(
            "{shown}：{MARK}\n{cities}个市，{divisions}个行业大类，{enterprises}家企业，\
             截至{}共{told}个数据",
            plan.last.chinese()
        ),
    ]));
    let data = common.data.as_ref();
    let data = data.map_or(String::new(), |data| format!(" --data {}", data.display()));
    say(format_args!(
        "\n    nameplate monitor show --month {}{data}",
        plan.last
    ));
    say(format_args!(
        "    nameplate monitor lag --month {}{data}",
        plan.last
    ));
}

/// Makes a folder for a province, with its names, its targets and who lies where.
pub(super) fn make(path: &Path, province: &Province) -> Result<Store, Box<dyn Error>> {
    let mut enterprises = "code,name\n".to_owned();
    for of in province.enterprises() {
        writeln!(enterprises, "{},{}", of.code, of.name)?;
    }
    let year = province.plan().last.year_number();
    let mut targets = "object,indicator,year,growth\n".to_owned();
    for (object, growth) in province.targets() {
        writeln!(targets, "{},{OUTPUT},{year},{growth}", object.id())?;
    }
    let tables = Tables {
        regions: province.regions_csv(),
        enterprises,
        targets,
        offices: offices(province)?,
        task: task(province),
    };
    let store = Folder::make(path, &tables)?;
    for chunk in province.enterprises().chunks(RELATIONS) {
        facts::commit(&store, Instant(1), |view, at| {
            relations(view, at, chunk).map(|change| (change, ()))
        })?;
    }
    Ok(store)
}

/// Who answers for the regions of a made-up province: offices that are made up, too.
fn offices(province: &Province) -> Result<String, Box<dyn Error>> {
    let mut regions = codes::provinces();
    regions.import(&province.regions_csv())?;
    let own = std::iter::once(province.region());
    let mut offices = "region,body\n".to_owned();
    for region in own.chain(province.cities()).chain(province.counties()) {
        let name = regions.name(region).unwrap_or_default();
        let office = match region.level() {
            RegionLevel::Province => "工信厅运行监测处",
            _ => "工信局",
        };
        writeln!(offices, "{region},{name}{office}")?;
    }
    Ok(offices)
}

/// That all enterprises of a made-up province owe their output of each month.
fn task(province: &Province) -> String {
    let from = Period::containing(MERGED_MONTHS, province.plan().last.first_day());
    format!(
        "# {MARK}\nname = \"合成月报\"\nfrequency = \"merged-month\"\nfrom = \"{from}\"\n\
         due-days = 12\n\n[who]\nrole = \"enterprise\"\nwithin = \"{}\"\n\n\
         [[series]]\nindicator = \"{OUTPUT}\"\nform = \"level\"\nfrequency = \"merged-month\"\n\n\
         [[chase]]\ndays = 1\nlevel = \"county\"\n\n[[chase]]\ndays = 3\nlevel = \"city\"\n\n\
         [[chase]]\ndays = 7\nlevel = \"province\"\n",
        province.region()
    )
}

/// That enterprises lie in their counties and are of their divisions, in one change.
fn relations(view: &dyn View, at: Instant, of: &[Enterprise]) -> Result<Change, facts::Error> {
    let mut change = Change::default();
    for enterprise in of {
        let pairs = [
            (Kind::LiesIn, Object::region(enterprise.county)),
            (Kind::IsOf, Object::industry(enterprise.division)),
        ];
        for (kind, object) in pairs {
            let relation = Relation {
                kind,
                subject: enterprise.object(),
                object,
                from: Date::FIRST,
                to: None,
                evidence: MARK.to_owned(),
            };
            let planned = relate(view, at, &relation)?;
            // All of them move the ledger on by the same write, and rely on the same.
            if change.is_empty() {
                change.preconditions = planned.preconditions;
            }
            change.writes.extend(planned.writes);
        }
    }
    Ok(change)
}

/// Loads what was told of some periods, each as known when it was told; says how many figures.
pub(super) fn tell(
    store: &Store,
    province: &Province,
    periods: &[Period],
) -> Result<usize, Box<dyn Error>> {
    let bar = progress(province.enterprises().len());
    let (mut told, mut newest) = (0, Instant::default());
    let mut gathered = Vec::with_capacity(FIGURES);
    let mut take = |reports: Vec<(Instant, facts::history::Report)>| {
        for (at, report) in reports {
            gathered.push(loaded(at, &report)?);
            newest = newest.max(at);
            told += 1;
        }
        if gathered.len() >= FIGURES {
            // What goes wrong is told by the end of the load at the latest.
            store.load(std::mem::take(&mut gathered), Box::new(drop));
        }
        Ok::<_, facts::Error>(())
    };
    for enterprise in province.enterprises() {
        take(province.reports(enterprise, periods)?)?;
        bar.inc(1);
    }
    for period in periods {
        take(province.regional(*period)?)?;
    }
    if !gathered.is_empty() {
        store.load(gathered, Box::new(drop));
    }
    store.end_load()?;
    // From now on nothing becomes known before what was loaded.
    facts::commit(store, newest, |view, at| {
        Ok((Ledger::read(view)?.begin(at)?, ()))
    })?;
    bar.finish_and_clear();
    Ok(told)
}

/// A bar over enterprises; it hides itself where nobody looks.
fn progress(count: usize) -> ProgressBar {
    let bar = ProgressBar::new(count as u64);
    match ProgressStyle::with_template("{bar:40} {percent:>3} %  {pos} of {len}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
