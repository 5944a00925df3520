//! What bulletins of the same region have shown and hidden already of the sums that another is
//! about to show: corrections of the same month, and those of the year before and after, which
//! compare with it.
//!
//! Not here: protecting them (`board`).

use super::model::{Bulletin, Source};
use super::{Order, issue};
use crate::board::Before;
use codes::Period;
use facts::{Error, View};

/// What a bulletin's own list of hidden lines is called among what it counts.
pub(super) const HIDDEN_LINES: &str = "hidden";

/// The bulletins that tell of the same sums, by name, and what they have shown and hidden; only
/// those that are named, if any are.
///
/// # Errors
/// [`Error::Stored`], [`Error::Store`].
pub(super) fn read(
    view: &dyn View,
    order: &Order,
    only: Option<&[String]>,
) -> Result<(Vec<String>, Before), Error> {
    let (mut names, mut before) = (Vec::new(), Before::default());
    if order.output.is_none() || only.is_some_and(<[String]>::is_empty) {
        return Ok((names, before));
    }
    let from = order.period.same_last_year().unwrap_or(order.period);
    for issued in issue::issued(view, order.region)? {
        let is_named = only.is_none_or(|only| only.contains(&issued.name));
        // None is issued before its period begins.
        let is_late = issued
            .at
            .day_in_china()
            .is_none_or(|day| day >= from.first_day());
        if !is_named || !is_late || issued.name == order.name {
            continue;
        }
        let Some(found) = issue::find(view, &issued.name)? else {
            continue;
        };
        if is_of_the_same(order, &found.order) {
            add(&mut before, &found);
            names.push(issued.name);
        }
    }
    Ok((names, before))
}

/// Whether two orders ask for sums of the same figures: of the same month of years that follow one
/// another, so that one's base is what the other told.
fn is_of_the_same(order: &Order, other: &Order) -> bool {
    let (Some(output), Some(of_other)) = (&order.output, &other.output) else {
        return false;
    };
    let years = |order: &Order| [Some(order.period), order.period.same_last_year()];
    let own: Vec<Period> = years(order).into_iter().flatten().collect();
    let mut others = years(other).into_iter().flatten();
    output.indicator == of_other.indicator
        && output.form == of_other.form
        && others.any(|period| own.contains(&period))
}

fn add(before: &mut Before, bulletin: &Bulletin) {
    let whole = bulletin.order.region.to_string();
    for source in &bulletin.sources {
        match source {
            Source::Sum {
                region,
                industry,
                period,
                value,
                ..
            } => {
                let region = Some(region.clone()).filter(|region| *region != whole);
                let shown = (region, industry.clone(), *period, *value);
                before.shown.insert(shown);
            }
            Source::Counted { what, of } if what == HIDDEN_LINES => {
                before.hidden.extend(of.iter().cloned());
            }
            _ => (),
        }
    }
}
