//! `nameplate monitor show`: one level of a drill-down, and the command for the next.
//!
//! Not here: how it is reckoned (room `monitor`).

use super::folder::Folder;
use super::question::{QuestionArguments, asked, indicator_names, left_out};
use super::table::{Side, Table, bold};
use super::{Common, choose};
use crate::language::Language;
use crate::output::say;
use clap::{Args, ValueEnum};
use codes::{Code, Industry, IndustryLevel, Number, Region, RegionLevel};
use facts::Object;
use monitor::{Level, Line, Question, Sheet, Snapshot};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::process::ExitCode;

#[derive(Args)]
#[command(
    after_help = "Without --by a province is divided by cities, a city by divisions of industry, \
                  and a division in it by enterprises: one level a call, and each answer ends with \
                  the command for the next. Pulls are told in points of --top on every level, and \
                  add up to what was told above."
)]
pub(super) struct ShowArguments {
    /// The region: its code, such as 99 or 9903; by default that of the folder.
    #[arg(value_name = "REGION")]
    region: Option<Region>,
    /// Only this industry of it, such as C38.
    #[arg(long, value_name = "CODE")]
    industry: Option<Industry>,
    /// By what it is divided.
    #[arg(long, value_enum)]
    by: Option<By>,
    /// The region in whose points pulls are told; by default the folder's.
    #[arg(long, value_name = "REGION")]
    top: Option<Region>,
    /// Show so many parts: those that pulled most, up or down.
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: usize,
    #[command(flatten)]
    question: QuestionArguments,
    #[command(flatten)]
    common: Common,
}

/// By what a sheet is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// By provinces.
    Province,
    /// By cities.
    City,
    /// By counties.
    County,
    /// By sections of industry.
    Section,
    /// By divisions of industry.
    Division,
    /// By single enterprises.
    Enterprise,
}

impl By {
    fn level(self) -> Level {
        match self {
            Self::Province => Level::Region(RegionLevel::Province),
            Self::City => Level::Region(RegionLevel::City),
            Self::County => Level::Region(RegionLevel::County),
            Self::Section => Level::Industry(IndustryLevel::Section),
            Self::Division => Level::Industry(IndustryLevel::Division),
            Self::Enterprise => Level::Enterprise,
        }
    }

    /// One level down from a region, and perhaps an industry of it.
    fn below(region: Region, industry: Option<Industry>) -> Self {
        match (region.level(), industry) {
            (RegionLevel::Nation, _) => Self::Province,
            (RegionLevel::Province, _) => Self::City,
            (_, None) => Self::Division,
            (_, Some(_)) => Self::Enterprise,
        }
    }
}

pub(super) fn run(arguments: &ShowArguments) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&arguments.common)?;
    let question = arguments.question.question(&folder.settings)?;
    let own = folder.region()?;
    let region = arguments.region.unwrap_or(own);
    let top = arguments
        .top
        .unwrap_or(if region.is_within(own) { own } else { region });
    if !region.is_within(top) {
        return Err(format!("--top: {region} does not lie in {top}").into());
    }
    let snapshot = Snapshot::take(&*folder.view(), &question)?;
    if snapshot.of(region, arguments.industry).is_empty() {
        return Err(nothing(&folder, region, &snapshot).into());
    }
    let by = arguments
        .by
        .unwrap_or(By::below(region, arguments.industry));
    let places = arguments.question.places;
    let way = way(region, top, arguments.industry);
    let sheet = drill(&snapshot, top, &way, by.level(), places)?;
    let shown = Shown {
        folder: &folder,
        arguments,
        question: &question,
        snapshot: &snapshot,
        sheet: &sheet,
        region,
        by,
    };
    if arguments.common.json {
        say(shown.json());
    } else {
        shown.say();
    }
    Ok(ExitCode::SUCCESS)
}

fn nothing(folder: &Folder, region: Region, snapshot: &Snapshot) -> String {
    let question = &snapshot.question;
    let others = snapshot.in_other_units.len();
    if others > 0 {
        return format!(
            "{} and the unit in which {others} told {} measure different things; leave --unit out",
            question.unit, question.indicator
        );
    }
    let name = folder.name(&Object::region(region)).unwrap_or_default();
    format!(
        "nobody in {region} {name} told {} of both {} and the year before; `nameplate monitor \
         load` brings figures in",
        question.indicator, question.period
    )
}

/// The objects that are opened one after the other, from the top down, and by what each is found.
fn way(region: Region, top: Region, industry: Option<Industry>) -> Vec<(Object, Level)> {
    let above = std::iter::successors(Some(region), |region| region.parent());
    let mut regions: Vec<Region> = above.take_while(|region| *region != top).collect();
    regions.reverse();
    let of_region = |region: Region| (Object::region(region), Level::Region(region.level()));
    let of_industry = |industry: Industry| {
        (
            Object::industry(industry),
            Level::Industry(industry.level()),
        )
    };
    let regions = regions.into_iter().map(of_region);
    regions.chain(industry.map(of_industry)).collect()
}

/// The sheet at the end of a way, divided by a level.
fn drill(
    snapshot: &Snapshot,
    top: Region,
    way: &[(Object, Level)],
    by: Level,
    places: u32,
) -> Result<Sheet, facts::Error> {
    let mut levels = way.iter().map(|(_, level)| *level).chain([by]);
    let first = levels.next().unwrap_or(by);
    let mut sheet = Sheet::top(snapshot, top, None, first, places)?;
    for ((object, _), level) in way.iter().zip(levels) {
        sheet = sheet.open(object, level)?;
    }
    Ok(sheet)
}

/// A sheet on its way to whoever reads it.
struct Shown<'s> {
    folder: &'s Folder,
    arguments: &'s ShowArguments,
    question: &'s Question,
    snapshot: &'s Snapshot,
    sheet: &'s Sheet,
    region: Region,
    by: By,
}

impl Shown<'_> {
    fn language(&self) -> Language {
        self.arguments.common.language()
    }

    fn choose(&self, said: [&str; 2]) -> String {
        choose(self.language(), said).to_owned()
    }

    fn name(&self, object: &Object) -> String {
        self.folder.name(object).unwrap_or_default()
    }

    /// Those that pulled most, up and down, in the order of the sheet.
    fn lines(&self) -> Vec<&Line> {
        let lines = &self.sheet.lines;
        let most = self.arguments.limit.max(1);
        if lines.len() <= most {
            return lines.iter().collect();
        }
        let up = most / 2 + most % 2;
        let down = lines.len() - most / 2;
        lines[..up].iter().chain(&lines[down..]).collect()
    }

    fn json(&self) -> Json {
        let sheet = self.sheet;
        let mut said = asked(self.folder, self.question);
        let growth = own_growth(sheet, self.arguments.question.places);
        said["region"] = json!(self.region.to_string());
        said["industry"] = json!(self.arguments.industry.map(|code| code.to_string()));
        said["now"] = json!(sheet.now.to_string());
        said["base"] = json!(sheet.base.to_string());
        said["growth"] = json!(growth.map(|number| number.to_string()));
        said["pull"] = json!(sheet.pull.to_string());
        said["lines"] = sheet
            .lines
            .iter()
            .map(|line| self.line_json(line))
            .collect();
        said["notComparable"] = json!(self.snapshot.not_comparable.len());
        said["withoutPlace"] = json!(self.snapshot.without_place.len());
        said
    }

    fn line_json(&self, line: &Line) -> Json {
        json!({
            "object": line.object.id(),
            "name": self.folder.name(&line.object),
            "now": line.now.to_string(),
            "base": line.base.to_string(),
            "growth": line.growth.map(|number| number.to_string()),
            "pull": line.pull.to_string(),
            "contribution": line.rate.map(|number| number.to_string()),
            "rank": line.rank,
            "enterprises": line.enterprises,
        })
    }

    fn say(&self) {
        say(self.title());
        say(self.whole());
        say("");
        self.table().say();
        let left = self.sheet.lines.len() - self.lines().len();
        if left > 0 {
            say(self.choose([
                &format!("{left} in the middle are not shown; --limit shows more"),
                &format!("中间{left}行未显示，可用 --limit 显示更多"),
            ]));
        }
        if let Some([english, chinese]) = left_out(self.snapshot) {
            say(self.choose([&english, &chinese]));
        }
        if let Some(next) = self.next() {
            say("");
            say(self.choose(["Look closer:", "再看一层："]));
            say(format_args!("    {next}"));
        }
    }

    fn title(&self) -> String {
        let region = self.name(&Object::region(self.region));
        let industry = self.arguments.industry;
        let industry =
            industry.map(|code| format!(" {code} {}", self.name(&Object::industry(code))));
        let [english, chinese] = indicator_names(&self.question.indicator.to_string());
        let indicator = self.choose([&english, &chinese]);
        let period = self.choose([
            &self.question.period.to_string(),
            &self.question.period.chinese(),
        ]);
        let mark = &self.folder.settings.mark;
        let title = format!(
            "{region}{}  {indicator}  {period}",
            industry.unwrap_or_default()
        );
        let marked = if mark.is_empty() {
            title
        } else {
            format!("{title}  【{mark}】")
        };
        bold(&marked)
    }

    fn whole(&self) -> String {
        let Sheet {
            now, base, pull, ..
        } = self.sheet;
        let unit = self.question.unit;
        let growth = own_growth(self.sheet, self.arguments.question.places);
        let growth = growth.map_or("-".to_owned(), |number| number.to_string());
        self.choose([
            &format!("{now} {unit}, {base} a year before: {growth} %, pull {pull} points"),
            &format!(
                "{now}{chinese}，上年同期{base}{chinese}，同比{growth}%，拉动{pull}个百分点",
                chinese = unit.chinese()
            ),
        ])
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[
            (self.choose(["code", "代码"]).as_str(), Side::Left),
            (self.choose(["name", "名称"]).as_str(), Side::Left),
            (self.choose(["now", "本期"]).as_str(), Side::Right),
            (
                self.choose(["year before", "上年同期"]).as_str(),
                Side::Right,
            ),
            (self.choose(["growth %", "同比%"]).as_str(), Side::Right),
            (self.choose(["pull", "拉动点"]).as_str(), Side::Right),
            (
                self.choose(["contribution %", "贡献率%"]).as_str(),
                Side::Right,
            ),
            (self.choose(["rank", "位次"]).as_str(), Side::Right),
            (self.choose(["enterprises", "企业数"]).as_str(), Side::Right),
        ]);
        let or_none = |number: Option<Number>| number.map_or("-".to_owned(), |of| of.to_string());
        for line in self.lines() {
            table.row(vec![
                short(&line.object),
                self.name(&line.object),
                line.now.to_string(),
                line.base.to_string(),
                or_none(line.growth),
                line.pull.to_string(),
                or_none(line.rate),
                line.rank.map_or("-".to_owned(), |rank| rank.to_string()),
                line.enterprises.to_string(),
            ]);
        }
        table
    }

    /// The command that opens what pulled down most, or else up.
    fn next(&self) -> Option<String> {
        let last = self
            .sheet
            .lines
            .last()
            .filter(|line| line.pull.is_negative());
        let object = &last.or(self.sheet.lines.first())?.object;
        let (region, industry) = match self.by {
            By::Enterprise => return None,
            By::Section | By::Division => (self.region, object.as_industry()),
            By::Province | By::City | By::County => (object.as_region()?, self.arguments.industry),
        };
        let industry = industry.map_or(String::new(), |code| format!(" --industry {code}"));
        let data = self.arguments.common.data.as_ref();
        let data = data.map_or(String::new(), |data| format!(" --data {}", data.display()));
        let flags = self.arguments.question.flags();
        let region = short(&Object::region(region));
        Some(format!(
            "nameplate monitor show {region}{industry} {flags}{data}"
        ))
    }
}

/// The growth of the sheet's whole; `None` if its base is not above zero.
fn own_growth(sheet: &Sheet, places: u32) -> Option<Number> {
    facts::derived::growth(sheet.now, sheet.base, places).ok()
}

/// A code as short as it may be written.
pub(super) fn short(object: &Object) -> String {
    let Some(region) = object.as_region() else {
        return object.id().to_owned();
    };
    let id = object.id();
    let digits = match region.level() {
        RegionLevel::Nation => return "00".to_owned(),
        RegionLevel::Province => 2,
        RegionLevel::City => 4,
        RegionLevel::County => 6,
        RegionLevel::Town => 9,
        RegionLevel::Village => 12,
    };
    id.get(..digits).unwrap_or(id).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use monitor::object_named as object;

    #[test]
    fn codes_are_as_short_as_they_are_read() {
        for written in ["99", "9903", "990301", "990301001", "990301001002", "C38"] {
            assert_eq!(short(&object(written).unwrap()), written);
        }
        let nation = object("00").unwrap();
        assert_eq!(
            (object(&short(&nation)), short(&nation).as_str()),
            (Ok(nation), "00")
        );
    }
}
