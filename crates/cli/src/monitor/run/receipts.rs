//! Bulletins whose receipt an addressee has not confirmed for some days: reminded once.
//!
//! Not here: receipts themselves (room `monitor`).

use super::{DAY_MS, Ground};
use crate::monitor::letter::{Message, letter};
use codes::{Code, Region, RegionLevel};
use facts::{Instant, View};
use jobs::Letter;
use monitor::bulletin::{find, issued, without_receipt};
use std::error::Error;

/// Bulletins that were issued longer ago are not looked at any more.
const DAYS_BACK: u64 = 90;

/// The letters of a day.
pub(super) fn letters(ground: &Ground) -> Result<Vec<Letter>, Box<dyn Error>> {
    let view = ground.folder.view();
    let waits_ms = u64::from(ground.folder.settings.receipt_days) * DAY_MS;
    let [from, to] =
        [DAYS_BACK * DAY_MS, waits_ms].map(|ms| Instant(ground.now.0.saturating_sub(ms)));
    let mut letters = Vec::new();
    for region in regions(ground)? {
        for bulletin in issued(&*view, region)? {
            if (from..=to).contains(&bulletin.at) {
                letters.extend(of(&*view, &bulletin.name)?);
            }
        }
    }
    Ok(letters)
}

/// The folder's region and what lies in it, down to cities: who issues bulletins.
fn regions(ground: &Ground) -> Result<Vec<Region>, Box<dyn Error>> {
    let own = ground.folder.region()?;
    let all = ground.folder.regions.iter().map(|(region, _)| region);
    let below = all.filter(|region| {
        *region != own && region.level() <= RegionLevel::City && region.is_within(own)
    });
    Ok(std::iter::once(own).chain(below).collect())
}

fn of(view: &dyn View, name: &str) -> Result<Vec<Letter>, Box<dyn Error>> {
    let missing = without_receipt(view, name)?;
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let Some(bulletin) = find(view, name)? else {
        return Ok(Vec::new());
    };
    let [english, chinese] = &bulletin.title;
    let message = Message {
        subject: [
            format!("Please confirm the receipt of {name}: {english}"),
            format!("请签收 {name}：{chinese}"),
        ],
        text: [
            format!("{english} ({name}) was sent to you; nobody has confirmed its receipt yet."),
            format!("{chinese}（{name}）已送达，尚未签收。"),
        ],
        mark: bulletin.order.mark.clone(),
        bulletin: None,
    };
    let order = &bulletin.order;
    let all = order.addressees.iter().chain(&order.copies).enumerate();
    let without = all.filter(|(_, addressee)| missing.contains(addressee));
    // By their place in the order, which is frozen: names may be longer than keys.
    let of = |(at, addressee): (usize, &String)| {
        letter(format!("receipt/{name}/{at}"), addressee, &message)
    };
    Ok(without.map(of).collect())
}
