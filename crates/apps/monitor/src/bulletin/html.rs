//! The bulletin as a page: on the screen each figure leads to its source, on paper it is a
//! document.
//!
//! Everything is escaped by the template. Not here: the console's frame around it.

use super::model::Bulletin;
use super::words::{chinese_count, chinese_day, chinese_moment};
use super::{Numerals, Order};
use askama::Template;
use codes::Date;
use facts::Error;

#[derive(Template)]
#[template(path = "bulletin.html")]
struct Page<'b> {
    bulletin: &'b Bulletin,
    order: &'b Order,
    date: String,
    known: String,
}

impl Page<'_> {
    /// The numeral of a heading, from its place.
    // Templates hand over references.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn numeral(place: &usize) -> String {
        chinese_count(place + 1)
    }
}

/// The bulletin as HTML, alone and printable: no script, nothing from elsewhere.
///
/// # Errors
/// [`Error::Stored`] never in practice: a template that is checked when it is built writes into
/// memory.
pub fn html(bulletin: &Bulletin) -> Result<String, Error> {
    let order = &bulletin.order;
    let date = date(order);
    let page = Page {
        bulletin,
        order,
        date,
        known: chinese_moment(order.at()),
    };
    page.render().map_err(|error| Error::Stored {
        what: "bulletin",
        problem: error.to_string(),
    })
}

/// The day of issue as the order wants it.
pub(super) fn date(order: &Order) -> String {
    match order.numerals {
        Numerals::Chinese => chinese_day(order.issued),
        Numerals::Arabic => arabic_day(order.issued),
    }
}

fn arabic_day(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}
