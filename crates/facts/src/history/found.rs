//! Many figures looked up at once, in the order of their keys.
//!
//! Not here: one figure ([`super::one_as_known_at`]), a series from month to month
//! ([`super::as_known_at`]).

use super::{Known, MOMENT_OCTETS, check_frequency_of};
use crate::cursor::Cursor;
use crate::fields::stored;
use crate::{Error, Instant, Observation, Series};
use bytes::Bytes;
use codes::{Frequency, Period};
use model::Key;
use std::collections::BTreeMap;
use store::View;

/// A figure that was looked up: its place, and what was known there at a moment.
#[derive(Debug, Clone)]
pub struct Found {
    /// The key that was sought: the figure's place, and the moment.
    key: Vec<u8>,
    frequency: Frequency,
    period: Period,
    /// How many of the figures that were looked up with it stand before it.
    rank: usize,
    /// Since when it is known, and the octets of what was told.
    newest: Option<(Instant, Bytes)>,
}

impl Found {
    /// What was known of it, as of [`super::one_as_known_at`].
    ///
    /// # Errors
    /// [`Error::Frequency`] if the period is none of the series, [`Error::Stored`].
    pub fn known(&self) -> Result<Option<Known>, Error> {
        check_frequency_of(self.frequency, self.period)?;
        let known = |(at, octets): &(Instant, Bytes)| {
            let observation = Observation::decode(octets.clone())?;
            Ok(Known {
                period: self.period,
                at: *at,
                observation,
            })
        };
        self.newest.as_ref().map(known).transpose()
    }

    /// The octets of the newest that was told.
    pub(super) fn newest(&self) -> Option<&Bytes> {
        self.newest.as_ref().map(|(_, octets)| octets)
    }

    /// Its place among those that it was looked up with, in the order of keys: who writes about
    /// them in this order has the least to do. It is the same for the same figure, and for no
    /// other.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The octets that name the series and the period, in the order of both.
    pub fn name(&self) -> &[u8] {
        self.place().get(1..).unwrap_or_default()
    }

    /// The key but for the moment.
    pub(super) fn place(&self) -> &[u8] {
        let end = self.key.len().saturating_sub(MOMENT_OCTETS);
        self.key.get(..end).unwrap_or_default()
    }
}

/// Looks figures up as known at a moment, in one pass; tells of them in the order in which they are
/// asked for.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`]. A period that is none of its series is told by
/// [`Found::known`].
pub fn find<'f>(
    view: &dyn View,
    figures: impl IntoIterator<Item = (&'f Series, Period)>,
    at: Instant,
) -> Result<Vec<Found>, Error> {
    let mut of_indicators: BTreeMap<&crate::Indicator, Vec<usize>> = BTreeMap::new();
    let mut found = Vec::new();
    for (number, (series, period)) in figures.into_iter().enumerate() {
        let numbers = of_indicators.entry(series.indicator()).or_default();
        numbers.push(number);
        found.push(Found {
            key: super::key_octets(series, period, at),
            frequency: series.frequency(),
            period,
            rank: 0,
            newest: None,
        });
    }
    // Sheets tell object by object what is kept indicator by indicator. Once those are together,
    // the rest is in order more often than not, which is soon seen.
    let mut order: Vec<usize> = of_indicators.into_values().flatten().collect();
    order.sort_by(|a, b| found[*a].key.cmp(&found[*b].key));
    look_up(view, &mut found, &order)?;
    Ok(found)
}

/// Looks figures up in the order of their keys.
fn look_up(view: &dyn View, found: &mut [Found], order: &[usize]) -> Result<(), Error> {
    let Some(last) = order.last() else {
        return Ok(());
    };
    // After all that may be told of the last.
    let end = [found[*last].place(), &[u8::MAX; MOMENT_OCTETS + 1]].concat();
    let mut cursor = Cursor::new(view, Key::from_octets(end.into()));
    let mut before: Option<usize> = None;
    let mut rank = 0;
    for at in order {
        if before.is_some_and(|before| found[before].key != found[*at].key) {
            rank += 1;
        }
        before = Some(*at);
        let one = &mut found[*at];
        one.rank = rank;
        if let Some((key, octets)) = cursor.seek(&one.key)?
            && let Some(moment) = key.octets().strip_prefix(one.place())
        {
            one.newest = Some((moment_of(moment)?, octets.clone()));
        }
    }
    Ok(())
}

fn moment_of(octets: &[u8]) -> Result<Instant, Error> {
    let moment = octets.try_into().map(u64::from_be_bytes);
    let moment =
        moment.map_err(|_| stored("key of an observation", "it does not end with a moment"))?;
    Ok(Instant(u64::MAX - moment))
}
