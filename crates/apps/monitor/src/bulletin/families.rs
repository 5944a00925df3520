//! The families of figures: a sentence and a table of the region and its parts, with ranks and what
//! they are compared with.
//!
//! Not here: pulls (`pulls`), what is being done (`standing`).

use super::compose::{Composer, Got, Stated, place, printed, told};
use super::model::{Cell, Figure, How, Paragraph, Section, Source, Table};
use super::words::{PLACES, Sentence, english_period, fixed, sign, size};
use super::{Family, Kind};
use crate::ranks;
use codes::{Frequency, Number, Period, Region, Rounding, Unit};
use facts::derived::growth;
use facts::history::one_as_known_at;
use facts::{Content, Error, Form, Object, Series};

impl Composer<'_> {
    /// One figure of a region as it was known, and its unit; `None` if nothing was.
    fn told(
        &mut self,
        family: &Family,
        region: Region,
        period: Period,
    ) -> Result<Option<(Got, Unit)>, Error> {
        let object = Object::region(region);
        let indicator = family.indicator.clone();
        let series = Series::new(indicator, [object], Frequency::YearToDate, family.form)?;
        let known = one_as_known_at(self.view, &series, period, self.order.at())?;
        let Some(known) = known else {
            return Ok(None);
        };
        let got = match told(self, &series, &known)? {
            Some(told) => {
                let number = told.value;
                let source = self.source(Source::Told(told));
                Got::Figure(Stated { number, source })
            }
            None if known.observation.content == Content::Suppressed => Got::Hidden,
            None => Got::Missing,
        };
        Ok(Some((got, known.observation.unit)))
    }

    /// The same in a unit. What does not convert into it evenly is missing: it cannot be compared
    /// with what is told in it.
    fn told_in(
        &mut self,
        family: &Family,
        region: Region,
        period: Period,
        unit: Unit,
    ) -> Result<Got, Error> {
        Ok(match self.told(family, region, period)? {
            None => Got::Missing,
            Some((Got::Figure(told), of)) if of != unit => match of.convert(told.number, unit) {
                Ok(number) => Got::Figure(self.reckoned(How::Converted, vec![told.source], number)),
                Err(_) => Got::Missing,
            },
            Some((got, _)) => got,
        })
    }

    /// The figure of a family that is told, in per cent: a growth as it was told or as it is
    /// reckoned, or a share.
    fn headline(&mut self, family: &Family, region: Region, period: Period) -> Result<Got, Error> {
        if family.form == Form::YearOnYear || family.kind == Kind::Share {
            return self.told_in(family, region, period, Unit::PER_CENT);
        }
        let (now, unit) = match self.told(family, region, period)? {
            Some((Got::Figure(now), unit)) => (now, unit),
            Some((other, _)) => return Ok(other),
            None => return Ok(Got::Missing),
        };
        let Some(before) = period.same_last_year() else {
            return Ok(Got::Missing);
        };
        // A series may be told in another unit from one year to the next.
        let before = match self.told_in(family, region, before, unit)? {
            Got::Figure(before) => before,
            other => return Ok(other),
        };
        // From nothing, or from a loss, nothing grows by per cent.
        let Ok(growth) = growth(now.number, before.number, PLACES) else {
            return Ok(Got::Missing);
        };
        let of = vec![now.source, before.source];
        Ok(Got::Figure(self.reckoned(How::Growth, of, growth)))
    }

    /// By how many points it differs: a growth from that to the month before, a share from that of
    /// the year before.
    fn change(
        &mut self,
        family: &Family,
        region: Region,
        now: Stated,
    ) -> Result<Option<(Stated, Stated)>, Error> {
        let period = self.order.period;
        let before = match family.kind {
            Kind::Share => period.same_last_year(),
            // January to January goes on from nothing.
            _ => period
                .previous()
                .filter(|before| before.year_number() == period.year_number()),
        };
        let Some(before) = before else {
            return Ok(None);
        };
        let Some(before) = self.headline(family, region, before)?.stated() else {
            return Ok(None);
        };
        // As printed: a reader who subtracts finds what stands there.
        let [a, b] = [now, before].map(|of| of.number.rounded(PLACES, Rounding::HalfAway));
        let points = a?.minus(b?)?;
        let of = vec![now.source, before.source];
        Ok(Some((self.reckoned(How::Difference, of, points), before)))
    }

    pub(super) fn families(&mut self) -> Result<Section, Error> {
        let order = self.order;
        let mut paragraphs = Vec::new();
        let mut columns = Vec::new();
        for family in &order.families {
            let whole = self.headline(family, order.region, order.period)?;
            let mut parts = Vec::new();
            for part in &order.parts {
                parts.push(self.headline(family, *part, order.period)?);
            }
            paragraphs.push(self.headline_sentence(family, whole)?);
            let placed = self.placed(&parts);
            paragraphs.extend(self.parts_sentence(family, &parts, &placed)?);
            columns.push((family, whole, parts, placed));
        }
        let head = columns.iter().flat_map(|(family, ..)| {
            let [english, chinese] = family.kind.names();
            let (english_head, chinese_head) = if family.kind == Kind::Share {
                (format!("{english} (%)"), format!("{chinese}（%）"))
            } else {
                (
                    format!("{english}, growth (%)"),
                    format!("{chinese}增速（%）"),
                )
            };
            [
                [english_head, chinese_head],
                ["rank", "位次"].map(str::to_owned),
            ]
        });
        let first = ["region", "地区"].map(str::to_owned);
        let head: Vec<_> = std::iter::once(first).chain(head).collect();
        let mut rows = vec![vec![Cell::name(&self.name(&Object::region(order.region)))]];
        for (_, whole, ..) in &columns {
            let cell = place(*whole, PLACES)?;
            rows[0].extend([cell, Cell::name("—")]);
        }
        for (at, part) in order.parts.iter().enumerate() {
            let mut row = vec![Cell::name(&self.name(&Object::region(*part)))];
            for (_, _, parts, placed) in &columns {
                let rank = placed[at].map_or(Cell::Missing, |(rank, source)| {
                    let text = rank.to_string();
                    Cell::Figure(Figure { text, source })
                });
                row.extend([place(parts[at], PLACES)?, rank]);
            }
            rows.push(row);
        }
        let caption = ["Main figures by region", "各地区主要指标"].map(str::to_owned);
        Ok(Section {
            heading: ["Main figures", "主要指标"].map(str::to_owned),
            paragraphs,
            tables: vec![Table {
                caption,
                head,
                rows,
            }],
        })
    }

    /// The ranks of those that have a figure, and their sources.
    fn placed(&mut self, parts: &[Got]) -> Vec<Option<(usize, usize)>> {
        let numbers: Vec<_> = parts
            .iter()
            .map(|of| of.stated().map(|of| of.number))
            .collect();
        let all: Vec<_> = parts
            .iter()
            .filter_map(|of| of.stated())
            .map(|of| of.source)
            .collect();
        let mut placed = Vec::new();
        for (part, rank) in parts.iter().zip(ranks(&numbers)) {
            let (Some(part), Some(rank)) = (part.stated(), rank) else {
                placed.push(None);
                continue;
            };
            let others = all.iter().copied().filter(|source| *source != part.source);
            let of = std::iter::once(part.source).chain(others).collect();
            let number = Number::from(i32::try_from(rank).unwrap_or(i32::MAX));
            placed.push(Some((rank, self.reckoned(How::Rank, of, number).source)));
        }
        placed
    }

    fn headline_sentence(&mut self, family: &Family, whole: Got) -> Result<Paragraph, Error> {
        let period = self.order.period;
        let region = self.name(&Object::region(self.order.region));
        let begun = Sentence::default()
            .names([&english_period(period), &period.chinese()])
            .words([", ", "，"])
            .name(&region)
            .words([": ", ""])
            .words(family.kind.names());
        let whole = match whole {
            Got::Figure(whole) => whole,
            Got::Hidden => {
                return Ok(begun.words([" must not be shown", "依规定不予公布"]).end());
            }
            Got::Missing => {
                return Ok(begun.words([" has not been told", "尚无数据"]).end());
            }
        };
        let change = self.change(family, self.order.region, whole)?;
        let said = if family.kind == Kind::Share {
            let figure = printed(whole, fixed(whole.number, PLACES)?);
            let said = begun.words([" was ", "为"]).figure(&figure);
            share_change(said.words(["%", "%"]), change)?
        } else {
            growth_change(moved(begun, whole)?, change, period)?
        };
        Ok(said.end())
    }

    /// Who comes first and who fell.
    fn parts_sentence(
        &mut self,
        family: &Family,
        parts: &[Got],
        placed: &[Option<(usize, usize)>],
    ) -> Result<Option<Paragraph>, Error> {
        let mut ranked = Vec::new();
        for ((region, part), rank) in self.order.parts.iter().zip(parts).zip(placed) {
            if let (Some(part), Some((rank, _))) = (part.stated(), rank) {
                ranked.push((*rank, self.name(&Object::region(*region)), part));
            }
        }
        if ranked.len() < 2 {
            return Ok(None);
        }
        // Stable: of equal ones the order of the parts stays.
        ranked.sort_by_key(|(rank, ..)| *rank);
        let mut said = Sentence::default().words(["By region, ", "分地区看，"]);
        // Of few parts only the first: the third of three is no leader.
        let named_max = if ranked.len() > 5 { 3 } else { 1 };
        let mut first = Vec::new();
        for (_, name, part) in ranked.iter().filter(|(rank, ..)| *rank <= named_max) {
            first.push((name, printed(*part, fixed(part.number, PLACES)?)));
        }
        said = said.listed(first, |said, (name, figure)| {
            said.name(name)
                .words([" (", "（"])
                .figure(&figure)
                .words(["%)", "%）"])
        });
        said = said.words([" come first", "居前"]);
        if family.kind != Kind::Share {
            let mut fell = Vec::new();
            for (_, name, part) in &ranked {
                if sign(part.number, PLACES)? < 0 {
                    fell.push((name, printed(*part, size(part.number, PLACES)?)));
                }
            }
            if !fell.is_empty() {
                said = said
                    .words(["; ", "；"])
                    .listed(fell, |said, (name, figure)| {
                        said.name(name)
                            .words([" fell by ", "下降"])
                            .figure(&figure)
                            .words(["%", "%"])
                    });
            }
        }
        Ok(Some(said.end()))
    }
}

/// That it rose, fell or was level on the year before.
pub(super) fn moved(said: Sentence, growth: Stated) -> Result<Sentence, Error> {
    let figure = printed(growth, size(growth.number, PLACES)?);
    Ok(match sign(growth.number, PLACES)? {
        1 => said
            .words([" rose by ", "同比增长"])
            .figure(&figure)
            .words(["%", "%"]),
        -1 => said
            .words([" fell by ", "同比下降"])
            .figure(&figure)
            .words(["%", "%"]),
        _ => said.words([" was level with the year before", "与上年同期持平"]),
    })
}

/// How a growth differs from that to the month before: faster or slower, a fall that widens or
/// narrows, or a turn.
fn growth_change(
    said: Sentence,
    change: Option<(Stated, Stated)>,
    period: Period,
) -> Result<Sentence, Error> {
    let (Some((change, before)), Some(previous)) = (change, period.previous()) else {
        return Ok(said);
    };
    let said = said.words([", ", "，"]);
    let figure = printed(change, size(change.number, PLACES)?);
    let than = [english_period(previous), previous.chinese()];
    let [than_english, than_chinese] = than.each_ref().map(String::as_str);
    // Both as they are printed.
    let before = before.number.rounded(PLACES, Rounding::HalfAway)?;
    let now = before.plus(change.number)?;
    let signs = (sign(before, PLACES)?, sign(now, PLACES)?);
    let direction = sign(change.number, PLACES)?;
    Ok(match (signs, direction) {
        (_, 0) => said
            .words(["as much as in ", "增速与"])
            .names([than_english, than_chinese])
            .words(["", "持平"]),
        ((1, -1), _) => said
            .words(["after it had risen in ", "由"])
            .names([than_english, than_chinese])
            .words([": ", "增长转为下降，增速回落"])
            .figure(&figure)
            .words([" points less", "个百分点"]),
        ((-1, 1), _) => said
            .words(["after it had fallen in ", "由"])
            .names([than_english, than_chinese])
            .words([": ", "下降转为增长，增速提高"])
            .figure(&figure)
            .words([" points more", "个百分点"]),
        ((-1, -1), 1) => said
            .words(["", "降幅比"])
            .names(["", than_chinese])
            .words(["", "收窄"])
            .figure(&figure)
            .words([" points less of a fall than in ", "个百分点"])
            .names([than_english, ""]),
        ((-1, -1), _) => said
            .words(["", "降幅比"])
            .names(["", than_chinese])
            .words(["", "扩大"])
            .figure(&figure)
            .words([" points more of a fall than in ", "个百分点"])
            .names([than_english, ""]),
        (_, 1) => said
            .words(["", "增速比"])
            .names(["", than_chinese])
            .words(["", "加快"])
            .figure(&figure)
            .words([" points faster than in ", "个百分点"])
            .names([than_english, ""]),
        _ => said
            .words(["", "增速比"])
            .names(["", than_chinese])
            .words(["", "回落"])
            .figure(&figure)
            .words([" points slower than in ", "个百分点"])
            .names([than_english, ""]),
    })
}

fn share_change(said: Sentence, change: Option<(Stated, Stated)>) -> Result<Sentence, Error> {
    let Some((change, _)) = change else {
        return Ok(said);
    };
    let figure = printed(change, size(change.number, PLACES)?);
    Ok(match sign(change.number, PLACES)? {
        0 => said.words([", as a year before", "，与上年同期持平"]),
        1 => said
            .words([", ", "，同比提高"])
            .figure(&figure)
            .words([" points more than a year before", "个百分点"]),
        _ => said
            .words([", ", "，同比下降"])
            .figure(&figure)
            .words([" points less than a year before", "个百分点"]),
    })
}
