//! `nameplate monitor board`: regions by industries, with what must be hidden hidden.
//!
//! Not here: what must be (room `facts`).

use super::folder::Folder;
use super::question::{QuestionArguments, asked, indicator_names, left_out};
use super::show::short;
use super::table::{Side, Table, bold};
use super::{Common, choose};
use crate::output::say;
use clap::{Args, ValueEnum};
use codes::{IndustryLevel, Region, RegionLevel};
use facts::Object;
use facts::disclosure::Rule;
use monitor::{Board, Figure, Question, Snapshot};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::process::ExitCode;

/// What stands where a figure is hidden.
const HIDDEN: &str = "■";

#[derive(Args)]
#[command(
    after_help = "Hidden (■) is what tells of fewer than three enterprises, or of two with more \
                  than 85 per cent, and whatever it could be reckoned from. What is shown may be \
                  published; a second board of the same figures must not be, unless both were \
                  protected together."
)]
pub(super) struct BoardArguments {
    /// The region: its code; by default that of the folder.
    #[arg(value_name = "REGION")]
    region: Option<Region>,
    /// The parts of the region.
    #[arg(long, value_enum, default_value = "city")]
    regions: Regions,
    /// The industries.
    #[arg(long, value_enum, default_value = "division")]
    industries: Industries,
    /// What is shown of each place.
    #[arg(long, value_enum, default_value = "growth")]
    figure: What,
    #[command(flatten)]
    question: QuestionArguments,
    #[command(flatten)]
    common: Common,
}

/// Levels of regions on a board.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Regions {
    /// Provinces.
    Province,
    /// Cities.
    City,
    /// Counties.
    County,
}

/// Levels of industries on a board.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Industries {
    /// Mining, manufacturing, supply.
    Section,
    /// The 41 divisions.
    Division,
}

/// What is shown of a place.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Its growth on the year before, in per cent.
    Growth,
    /// Its sum of the period.
    Now,
}

impl BoardArguments {
    fn levels(&self) -> (RegionLevel, IndustryLevel) {
        let region = match self.regions {
            Regions::Province => RegionLevel::Province,
            Regions::City => RegionLevel::City,
            Regions::County => RegionLevel::County,
        };
        let industry = match self.industries {
            Industries::Section => IndustryLevel::Section,
            Industries::Division => IndustryLevel::Division,
        };
        (region, industry)
    }
}

pub(super) fn run(arguments: &BoardArguments) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&arguments.common)?;
    let question = arguments.question.question(&folder.settings)?;
    let region = arguments.region.map_or_else(|| folder.region(), Ok)?;
    let snapshot = Snapshot::take(&*folder.view(), &question)?;
    let places = arguments.question.places;
    let rule = Rule::default();
    let board = Board::of(&snapshot, region, arguments.levels(), &rule, places)?;
    if arguments.common.json {
        say(json(&folder, &question, region, &board));
    } else {
        tell(&folder, arguments, region, &snapshot, &board);
    }
    Ok(ExitCode::SUCCESS)
}

fn json(folder: &Folder, question: &Question, region: Region, board: &Board) -> Json {
    let named = |object: &Object| json!({"code": object.id(), "name": folder.name(object)});
    let figure = |figure: &Option<Figure>| {
        figure.map(|figure| {
            json!({
                "now": figure.now.to_string(),
                "base": figure.base.to_string(),
                "growth": figure.growth.map(|number| number.to_string()),
            })
        })
    };
    let row = |row: &Vec<Option<Figure>>| row.iter().map(figure).collect::<Vec<_>>();
    let mut said = asked(folder, question);
    said["region"] = json!(region.to_string());
    said["regions"] = board.regions.iter().map(named).collect();
    said["industries"] = board.industries.iter().map(named).collect();
    said["figures"] = json!(board.figures.iter().map(row).collect::<Vec<_>>());
    said
}

/// Industries go down and regions across: there are more of them.
fn tell(
    folder: &Folder,
    arguments: &BoardArguments,
    region: Region,
    snapshot: &Snapshot,
    board: &Board,
) {
    let common = &arguments.common;
    let language = common.language();
    let question = &snapshot.question;
    let name = |object: &Object| folder.name(object).unwrap_or_else(|| short(object));
    let [english, chinese] = indicator_names(&question.indicator.to_string());
    let of = match arguments.figure {
        What::Growth => [format!("growth of {english}, %"), format!("{chinese}同比%")],
        What::Now => {
            let unit = question.unit;
            [
                format!("{english}, {unit}"),
                format!("{chinese}（{}）", unit.chinese()),
            ]
        }
    };
    let mark = &folder.settings.mark;
    let mark = if mark.is_empty() {
        String::new()
    } else {
        format!("  【{mark}】")
    };
    let period = choose(
        language,
        [&question.period.to_string(), &question.period.chinese()],
    )
    .to_owned();
    let of = choose(language, [&of[0], &of[1]]);
    say(bold(&format!(
        "{}  {of}  {period}{mark}",
        name(&Object::region(region))
    )));
    say("");
    let total = common.choose(["total", "合计"]);
    let columns = board.regions.iter().map(name).chain([total.to_owned()]);
    let columns: Vec<_> = columns.collect();
    let first = [(common.choose(["industry", "行业"]), Side::Left)];
    let headings = columns.iter().map(|name| (name.as_str(), Side::Right));
    let mut table = Table::new(&first.into_iter().chain(headings).collect::<Vec<_>>());
    let rows = board
        .industries
        .iter()
        .map(|of| format!("{} {}", short(of), name(of)));
    for (at, row) in rows.chain([total.to_owned()]).enumerate() {
        let places = board
            .figures
            .iter()
            .map(|line| line.get(at).copied().flatten());
        let cells = places.map(|figure| cell(figure, arguments.figure));
        table.row(std::iter::once(row).chain(cells).collect());
    }
    table.say();
    say("");
    say(common.choose([
        "■ hidden: it would tell of single enterprises",
        "■ 依法不予公布：可能识别单个企业",
    ]));
    if let Some([english, chinese]) = left_out(snapshot) {
        say(common.choose([&english, &chinese]));
    }
}

fn cell(figure: Option<Figure>, what: What) -> String {
    let Some(figure) = figure else {
        return HIDDEN.to_owned();
    };
    match what {
        What::Now => figure.now.to_string(),
        What::Growth => figure
            .growth
            .map_or("-".to_owned(), |growth| growth.to_string()),
    }
}
