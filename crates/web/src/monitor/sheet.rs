//! Who pulled a figure up or down: one level of a drill-down, from province to city to division to
//! enterprise.
//!
//! Who may see single enterprises gets the room's sheet, whose pulls add up to what was told above.
//! Others get the same levels out of the board, without what it hides, and no enterprises.

use super::access::Rights;
use super::board::{self, contribution, is_directly_in, pull};
use super::call::{Answer, Call, Problem};
use super::question::PLACES;
use codes::{Code, Industry, IndustryLevel, Number, Region, RegionLevel};
use facts::Object;
use hyper::StatusCode;
use monitor::{Board, Figure, Level, Line, Question, Sheet, ranks};
use serde_json::{Value as Json, json};

/// The most lines that are told: those that pulled most, up and down.
const LINES_COUNT_MAX: usize = 500;

/// Where somebody stands in a drill-down.
#[derive(Clone, Copy)]
struct Here {
    region: Region,
    industry: Option<Industry>,
}

impl Here {
    fn of(call: &Call<'_>) -> Result<Self, Problem> {
        let industry = call.parameter("industry").map(str::parse);
        Ok(Self {
            region: call.region()?,
            industry: industry.transpose()?,
        })
    }

    /// By what it is divided.
    fn by(self, call: &Call<'_>) -> Result<(Level, &'static str), Problem> {
        let city = (Level::Region(RegionLevel::City), "city");
        let county = (Level::Region(RegionLevel::County), "county");
        let division = (Level::Industry(IndustryLevel::Division), "division");
        let enterprise = (Level::Enterprise, "enterprise");
        Ok(match call.parameter("by") {
            Some("province") => (Level::Region(RegionLevel::Province), "province"),
            Some("city") => city,
            Some("county") => county,
            Some("division") => division,
            Some("enterprise") => enterprise,
            Some(_) => {
                return Err(Problem::bad(
                    "by is province, city, county, division or enterprise",
                    "by 须为 province、city、county、division 或 enterprise",
                ));
            }
            None => match (self.region.level(), self.industry) {
                (RegionLevel::Nation, _) => (Level::Region(RegionLevel::Province), "province"),
                (RegionLevel::Province, _) => city,
                (_, None) => division,
                (_, Some(_)) => enterprise,
            },
        })
    }

    /// Where a click on a line leads; `None` of enterprises.
    fn next(self, object: &Object) -> Option<Self> {
        if let Some(region) = object.as_region() {
            return Some(Self { region, ..self });
        }
        let industry = object.as_industry()?;
        Some(Self {
            industry: Some(industry),
            ..self
        })
    }

    fn json(self) -> Json {
        json!({
            "region": self.region.to_string(),
            "industry": self.industry.map(|industry| industry.to_string()),
        })
    }

    /// The way from the top to here.
    fn trail(self, call: &Call<'_>) -> Json {
        let top = call.bureau.region;
        let above = std::iter::successors(Some(self.region), |region| region.parent());
        let within = |region: &Region| region.is_within(top);
        let mut steps: Vec<Json> = above
            .take_while(within)
            .map(|region| {
                let industry = None;
                let mut step = Self { region, industry }.json();
                step["name"] = json!(call.bureau.name(&Object::region(region)));
                step
            })
            .collect();
        steps.reverse();
        if let Some(industry) = self.industry {
            let mut step = self.json();
            step["name"] = json!(call.bureau.name(&Object::industry(industry)));
            steps.push(step);
        }
        json!(steps)
    }
}

pub(super) fn answer(call: &Call<'_>) -> Answer {
    let here = Here::of(call)?;
    let question = call.question()?;
    let mut said = call.asked_json(&question);
    said["trail"] = here.trail(call);
    said["here"] = here.json();
    if call.may(Rights::See) {
        tell_sheet(call, here, &question, said)
    } else {
        tell_board(call, here, &question, said)
    }
}

fn nothing() -> Problem {
    let said = [
        "nobody here told this figure of both the month and the year before",
        "此范围内没有可作同比的企业数据",
    ];
    Problem::new(StatusCode::NOT_FOUND, "missing", said)
}

fn tell_sheet(call: &Call<'_>, here: Here, question: &Question, mut said: Json) -> Answer {
    let (by, name) = here.by(call)?;
    let snapshot = call.bureau.snapshot(question)?;
    if snapshot.of(here.region, here.industry).is_empty() {
        return Err(nothing());
    }
    let top = call.bureau.region;
    let way = way(here, top);
    let sheet = drill(&snapshot, top, &way, by)?;
    let growth = facts::derived::growth(sheet.now, sheet.base, PLACES).ok();
    said["by"] = json!(name);
    said["isProtected"] = json!(false);
    said["hidden"] = json!(0);
    said["whole"] = json!({
        "now": sheet.now.to_string(),
        "base": sheet.base.to_string(),
        "growth": number(growth),
        "pull": sheet.pull.to_string(),
    });
    let (lines, left_out) = most(&sheet.lines);
    let line = |line: &&Line| {
        json!({
            "object": call.object(&line.object),
            "now": line.now.to_string(),
            "base": line.base.to_string(),
            "growth": number(line.growth),
            "pull": line.pull.to_string(),
            "contribution": number(line.rate),
            "rank": line.rank,
            "enterprises": line.enterprises,
            "next": here.next(&line.object).map(Here::json),
        })
    };
    said["lines"] = lines.iter().map(line).collect();
    said["leftOut"] = json!(left_out);
    said["notComparable"] = json!(snapshot.not_comparable.len());
    said["withoutPlace"] = json!(snapshot.without_place.len());
    Ok(call.tell(said))
}

/// Those that pulled most, up and down, in the order of the sheet, and how many are between them.
fn most(lines: &[Line]) -> (Vec<&Line>, usize) {
    let left_out = lines.len().saturating_sub(LINES_COUNT_MAX);
    let up = (lines.len() - left_out).div_ceil(2);
    let down = lines.iter().skip(up + left_out);
    (lines.iter().take(up).chain(down).collect(), left_out)
}

/// The objects that are opened one after the other, and by what each is found.
fn way(here: Here, top: Region) -> Vec<(Object, Level)> {
    let above = std::iter::successors(Some(here.region), |region| region.parent());
    let mut regions: Vec<Region> = above.take_while(|region| *region != top).collect();
    regions.reverse();
    let of_region = |region: Region| (Object::region(region), Level::Region(region.level()));
    let of_industry = |industry: Industry| {
        let level = Level::Industry(industry.level());
        (Object::industry(industry), level)
    };
    let regions = regions.into_iter().map(of_region);
    regions.chain(here.industry.map(of_industry)).collect()
}

fn drill(
    snapshot: &monitor::Snapshot,
    top: Region,
    way: &[(Object, Level)],
    by: Level,
) -> Result<Sheet, facts::Error> {
    let mut levels = way.iter().map(|(_, level)| *level).chain([by]);
    let first = levels.next().unwrap_or(by);
    let mut sheet = Sheet::top(snapshot, top, None, first, PLACES)?;
    for ((object, _), level) in way.iter().zip(levels) {
        sheet = sheet.open(object, level)?;
    }
    Ok(sheet)
}

fn tell_board(call: &Call<'_>, here: Here, question: &Question, mut said: Json) -> Answer {
    let top = call.bureau.region;
    if call.parameter("by").is_some() || here.industry.is_some() {
        call.must(Rights::See)?;
    }
    if here.region != top && !is_directly_in(here.region, top) {
        call.must(Rights::See)?;
    }
    let board = call.bureau.board(question, top)?;
    let board = board.as_ref().as_ref().ok_or_else(withheld)?;
    let (objects, parts, own) = row(board, here, top).ok_or_else(nothing)?;
    let whole = board::whole(board);
    let by = match board::below(top) {
        _ if here.region != top => "division",
        RegionLevel::Province => "province",
        RegionLevel::City => "city",
        _ => "county",
    };
    said["by"] = json!(by);
    said["isProtected"] = json!(true);
    said["whole"] = match own {
        Some(own) => json!({
            "now": own.now.to_string(),
            "base": own.base.to_string(),
            "growth": number(own.growth),
            "pull": number(pull(own, whole)?),
        }),
        None => Json::Null,
    };
    let growths: Vec<_> = parts.iter().map(|of| of.and_then(|of| of.growth)).collect();
    let mut lines = Vec::new();
    for ((object, part), rank) in objects.iter().zip(&parts).zip(ranks(&growths)) {
        let Some(part) = *part else {
            continue;
        };
        let rate = own.map(|own| contribution(part, own)).transpose()?;
        let pull = pull(part, whole)?;
        let line = json!({
            "object": call.object(object),
            "now": part.now.to_string(),
            "base": part.base.to_string(),
            "growth": number(part.growth),
            "pull": number(pull),
            "contribution": number(rate.flatten()),
            "rank": rank,
            "enterprises": null,
            "next": (here.region == top).then(|| here.next(object).map(Here::json)),
        });
        lines.push((pull, line));
    }
    said["hidden"] = json!(objects.len() - lines.len());
    lines.sort_by_key(|(pull, _)| std::cmp::Reverse(*pull));
    said["lines"] = lines.into_iter().map(|(_, line)| line).collect();
    said["leftOut"] = json!(0);
    Ok(call.tell(said))
}

/// The parts of the top or of a region of the board, and their whole.
type Parts<'b> = (&'b [Object], Vec<Option<Figure>>, Option<Figure>);

fn row(board: &Board, here: Here, top: Region) -> Option<Parts<'_>> {
    if here.region == top {
        let of_all = |row: &Vec<Option<Figure>>| row.last().copied().flatten();
        let (all, parts) = board.figures.split_last()?;
        let own = all.last().copied().flatten();
        return Some((&board.regions, parts.iter().map(of_all).collect(), own));
    }
    let own = Object::region(here.region);
    let at = board.regions.iter().position(|of| *of == own)?;
    let (own, parts) = board.figures.get(at)?.split_last()?;
    Some((&board.industries, parts.to_vec(), *own))
}

fn withheld() -> Problem {
    let said = [
        "nothing of this can be shown without telling of single enterprises",
        "依规定不予公布：可能识别单个企业",
    ];
    Problem::new(StatusCode::FORBIDDEN, "withheld", said)
}

fn number(number: Option<Number>) -> Option<String> {
    number.map(|number| number.to_string())
}
