//! Which sheet of a workbook a mapping means.
//!
//! Not here: reading it.

use crate::collect::finding::{Finding, Spot};
use crate::collect::headings::plain;
use crate::collect::when;
use crate::collect::workbook::{Sheet, Workbook};
use codes::Period;

/// The sheet that a mapping means: called so, or so but for numbers of months. Of several it is the
/// one whose name speaks of no other period than was given, or the only one that is shown; if that
/// does not tell them apart, it is better to ask than to take last month's for this one's.
///
/// # Errors
/// What is to be told if there is none, or more than one.
pub(super) fn find_sheet<'w>(
    workbook: &'w Workbook,
    wanted: &str,
    given: Option<Period>,
) -> Result<&'w Sheet, Box<Finding>> {
    let mut sheets = workbook.sheets.iter();
    if wanted == "*" {
        let first = sheets.find(|sheet| !sheet.is_hidden && sheet.count() > 0);
        return first.ok_or_else(|| sheet_missing(wanted));
    }
    let wanted_plain = plain(wanted).0;
    let similar: Vec<&Sheet> = sheets
        .filter(|sheet| plain(&sheet.name).0 == wanted_plain)
        .collect();
    let all = || similar.iter().copied();
    let of_another = |sheet: &&Sheet| {
        let spoken = given.and_then(|given| when::find_in_year(&sheet.name, given.year_number()));
        spoken
            .zip(given)
            .is_some_and(|(spoken, given)| !when::is_of(spoken, given))
    };
    let of_period: Vec<_> = all().filter(|sheet| !of_another(sheet)).collect();
    let shown: Vec<_> = all().filter(|sheet| !sheet.is_hidden).collect();
    match (&similar[..], &of_period[..], &shown[..]) {
        ([], ..) => Err(sheet_missing(wanted)),
        ([only], ..) | (_, [only], _) | (_, _, [only]) => Ok(*only),
        _ => Err(sheet_twice(wanted, &similar)),
    }
}

fn sheet_missing(wanted: &str) -> Box<Finding> {
    let says = [
        format!("there is no sheet '{wanted}'"),
        format!("缺少工作表“{wanted}”"),
    ];
    Box::new(Finding::error("sheet-missing", Spot::default(), says))
}

fn sheet_twice(wanted: &str, similar: &[&Sheet]) -> Box<Finding> {
    let names: Vec<_> = similar.iter().map(|sheet| sheet.name.as_str()).collect();
    let says = [
        format!(
            "sheets {} could each be '{wanted}': say which period is sent, or hide the others",
            names.join(", ")
        ),
        format!(
            "工作表{}都可能是“{wanted}”：请指明报告期，或隐藏其余工作表",
            names.join("、")
        ),
    ];
    Box::new(Finding::error("sheet-twice", Spot::default(), says))
}
