//! What a visitor's program can read: the header `Accept` (RFC 9110 section 12.5.1).
//!
//! Not here: which location follows from it.

use alloc::string::String;
use alloc::vec::Vec;

/// How many media ranges are looked at; browsers send under ten. Further ones are passed over.
const RANGES_COUNT_MAX: usize = 64;

/// Pages for people; the first is the usual one.
const PAGES: [&str; 2] = ["text/html", "application/xhtml+xml"];

/// Media ranges, each with how much it is wanted, from 0 to 1.
#[derive(Debug)]
pub(super) struct Accept {
    ranges: Vec<(String, f64)>,
}

impl Accept {
    /// Reads the header; who sends none reads everything.
    pub(super) fn parse(header: Option<&str>) -> Self {
        let ranges = header.unwrap_or("*/*").split(',').take(RANGES_COUNT_MAX);
        Self {
            ranges: ranges.filter_map(range).collect(),
        }
    }

    /// How much a media type is wanted: what the most exact range says.
    pub(super) fn quality(&self, media_type: &str) -> f64 {
        let wanted = essence(media_type);
        let family = wanted.split('/').next().unwrap_or_default();
        let family = [family, "/*"].concat();
        let says = |name: &str| {
            let mut ranges = self.ranges.iter();
            ranges
                .find(|(range, _)| range == name)
                .map(|&(_, quality)| quality)
        };
        let exact = says(&wanted)
            .or_else(|| says(&family))
            .or_else(|| says("*/*"));
        exact.unwrap_or(0.0)
    }

    /// How much a page for people is wanted.
    pub(super) fn quality_of_page(&self) -> f64 {
        let [page, _] = PAGES;
        self.quality(page)
    }

    /// How much anything is wanted by name that is no page for people.
    pub(super) fn quality_but_page(&self) -> f64 {
        let is_other = |range: &str| range != "*/*" && !PAGES.contains(&range);
        let others = self.ranges.iter().filter(|(range, _)| is_other(range));
        others.map(|&(_, quality)| quality).fold(0.0, f64::max)
    }
}

fn range(text: &str) -> Option<(String, f64)> {
    let name = essence(text);
    let mut parameters = text.split(';').skip(1).map(str::trim);
    let quality = parameters.find_map(|it| it.strip_prefix("q=").or(it.strip_prefix("Q=")));
    let quality = quality.map_or(Some(1.0), |quality| quality.trim().parse().ok());
    // What is no number from 0 to 1 says nothing.
    let quality = quality.filter(|quality| (0.0..=1.0).contains(quality))?;
    (!name.is_empty()).then_some((name, quality))
}

/// A media type without its parameters, in lower case.
fn essence(text: &str) -> String {
    let name = text.split(';').next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}
