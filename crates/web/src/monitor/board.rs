//! What everybody may see: regions by industries, with what tells of single enterprises hidden.
//!
//! There is one board for a month and a figure, and everything that is told to those who may not
//! see single enterprises is read from it: a second table would have to be protected together with
//! it. Not here: what must be hidden (room `facts`).

use super::call::{Answer, Call, Problem};
use super::question::PLACES;
use codes::{Code, IndustryLevel, Number, Region, RegionLevel, Rounding};
use facts::Error;
use facts::disclosure::Rule;
use monitor::{Board, Figure, Snapshot};
use serde_json::{Value as Json, json};

/// The board of a region by those directly in it, and by divisions; `None` if nothing can be shown.
pub(super) fn of(snapshot: &Snapshot, region: Region) -> Result<Option<Board>, Error> {
    let by = (below(region), IndustryLevel::Division);
    match Board::of(snapshot, region, by, &Rule::default(), PLACES) {
        Ok(board) => Ok(Some(board)),
        Err(Error::Unprotected { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The level of regions directly in one.
pub(super) fn below(region: Region) -> RegionLevel {
    match region.level() {
        RegionLevel::Nation => RegionLevel::Province,
        RegionLevel::Province => RegionLevel::City,
        _ => RegionLevel::County,
    }
}

pub(super) fn answer(call: &Call<'_>) -> Answer {
    let question = call.question()?;
    let region = call.bureau.region;
    let board = call.bureau.board(&question, region)?;
    let mut said = call.asked_json(&question);
    let snapshot = call.bureau.snapshot(&question)?;
    said["notComparable"] = json!(snapshot.not_comparable.len());
    said["withoutPlace"] = json!(snapshot.without_place.len());
    let Some(board) = &*board else {
        said["isWithheld"] = json!(true);
        for member in ["regions", "industries", "figures"] {
            said[member] = json!([]);
        }
        return Ok(call.tell(said));
    };
    said["isWithheld"] = json!(false);
    said["regions"] = board.regions.iter().map(|of| call.object(of)).collect();
    said["industries"] = board.industries.iter().map(|of| call.object(of)).collect();
    let whole = whole(board);
    let row = |row: &Vec<Option<Figure>>| -> Result<Json, Problem> {
        let cells = row.iter().map(|cell| figure_json(*cell, whole));
        cells.collect()
    };
    let rows: Result<Vec<Json>, Problem> = board.figures.iter().map(row).collect();
    said["figures"] = json!(rows?);
    Ok(call.tell(said))
}

/// The total of all, if it is shown.
pub(super) fn whole(board: &Board) -> Option<Figure> {
    board.figures.last()?.last().copied().flatten()
}

fn figure_json(figure: Option<Figure>, whole: Option<Figure>) -> Result<Json, Problem> {
    let Some(figure) = figure else {
        return Ok(Json::Null);
    };
    let pull = pull(figure, whole)?;
    Ok(json!({
        "now": figure.now.to_string(),
        "base": figure.base.to_string(),
        "growth": figure.growth.map(|number| number.to_string()),
        "pull": pull.map(|number| number.to_string()),
    }))
}

/// By how many points a figure pulls the whole, rounded for itself: where others are hidden, parts
/// cannot be made to add up.
pub(super) fn pull(figure: Figure, whole: Option<Figure>) -> Result<Option<Number>, Error> {
    let Some(whole) = whole.filter(|whole| whole.base.is_positive()) else {
        return Ok(None);
    };
    let change = figure.now.minus(figure.base)?.times(Number::from(100))?;
    let rounding = Rounding::HalfAway;
    Ok(Some(change.divided_by(whole.base, PLACES, rounding)?))
}

/// How many per cent of the growth of a whole are a part's; `None` if the whole did not grow.
pub(super) fn contribution(part: Figure, whole: Figure) -> Result<Option<Number>, Error> {
    let all = whole.now.minus(whole.base)?;
    if all == Number::ZERO || !whole.base.is_positive() {
        return Ok(None);
    }
    let change = part.now.minus(part.base)?.times(Number::from(100))?;
    let rounding = Rounding::HalfAway;
    Ok(Some(change.divided_by(all, PLACES, rounding)?))
}

/// Whether a region lies directly in another, so that the board tells of it.
pub(super) fn is_directly_in(region: Region, whole: Region) -> bool {
    region != whole && region.is_within(whole) && region.level() == below(whole)
}
