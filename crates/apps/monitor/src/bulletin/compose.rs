//! How a bulletin comes about: the order of its sections, and what they are gathered in.
//!
//! Not here: the sections (`families`, `pulls`, `standing`), keeping it (`issue`).

use super::model::{Bulletin, Cell, Figure, How, Origin, Source, Told};
use super::words::{english_period, fixed};
use super::{Names, Order, earlier, nameless, pulls, standing};
use crate::board::Before;
use crate::cases::Case;
use crate::collect;
use codes::Number;
use facts::history::Known;
use facts::ledger::Ledger;
use facts::{Content, Error, Object, Series, View};
use std::collections::{BTreeMap, HashMap};

/// Makes a bulletin of what was known at the moment that the order names.
///
/// # Errors
/// [`Error::Missing`] if that moment has not come for the facts: more may become known before it.
/// [`Error::Frequency`], [`Error::Count`], [`Error::Text`] of an order that cannot be;
/// [`Error::Unprotected`] if sums cannot be shown safely; [`Error::Code`], [`Error::Store`],
/// [`Error::Stored`].
pub fn compose(view: &dyn View, order: &Order, names: Names) -> Result<Bulletin, Error> {
    compose_beside(view, order, names, None)
}

/// The same, beside the earlier bulletins that are named; beside all that tell of the same sums, if
/// none are.
fn compose_beside(
    view: &dyn View,
    order: &Order,
    names: Names,
    only: Option<&[String]>,
) -> Result<Bulletin, Error> {
    order.check()?;
    if order.at() > Ledger::read(view)?.newest {
        return Err(Error::Missing {
            what: "fact that became known as late as",
            name: order.at().to_string(),
        });
    }
    let (cases, aliases) = nameless::cases(view, order)?;
    let (beside, before) = earlier::read(view, order, only)?;
    let mut composer = Composer {
        view,
        order,
        names,
        used: BTreeMap::new(),
        sources: Vec::new(),
        places: HashMap::new(),
        cases,
        aliases,
        before,
    };
    let mut sections = vec![composer.families()?];
    sections.extend(pulls::section(&mut composer)?);
    sections.push(standing::warnings(&mut composer));
    sections.push(standing::cases(&mut composer)?);
    sections.extend(standing::measures(&mut composer)?);
    let region = composer.name(&Object::region(order.region));
    let period = order.period;
    let title = [
        format!("Industrial economy of {region}, {}", english_period(period)),
        format!("关于{region}{}工业经济运行情况的通报", period.chinese()),
    ];
    Ok(Bulletin {
        order: order.clone(),
        title,
        names: composer.used,
        sections,
        sources: composer.sources,
        beside,
    })
}

/// Makes a bulletin again, of the same order and with the same names.
///
/// # Errors
/// As of [`compose()`].
pub fn remake(view: &dyn View, bulletin: &Bulletin) -> Result<Bulletin, Error> {
    let names = |object: &Object| bulletin.names.get(&object.to_string()).cloned();
    compose_beside(view, &bulletin.order, &names, Some(&bulletin.beside))
}

/// What a bulletin is gathered in.
pub(super) struct Composer<'c> {
    pub(super) view: &'c dyn View,
    pub(super) order: &'c Order,
    names: Names<'c>,
    used: BTreeMap<String, String>,
    sources: Vec<Source>,
    /// Where sources stand already, so that each is told once.
    places: HashMap<String, usize>,
    /// The cases of the region as they are told.
    pub(super) cases: Vec<Case>,
    /// What cases are called in the bulletin, by their names.
    aliases: BTreeMap<String, String>,
    /// What earlier bulletins have shown of the same sums.
    pub(super) before: Before,
}

/// A number and its source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stated {
    pub(super) number: Number,
    pub(super) source: usize,
}

/// What is known of a figure.
#[derive(Debug, Clone, Copy)]
pub(super) enum Got {
    Figure(Stated),
    Hidden,
    Missing,
}

impl Got {
    pub(super) fn stated(self) -> Option<Stated> {
        match self {
            Self::Figure(stated) => Some(stated),
            Self::Hidden | Self::Missing => None,
        }
    }
}

impl Composer<'_> {
    /// What an object is called; its code if nobody knows.
    pub(super) fn name(&mut self, object: &Object) -> String {
        match (self.names)(object) {
            Some(name) => {
                self.used.insert(object.to_string(), name.clone());
                name
            }
            None => object.id().to_owned(),
        }
    }

    /// What a case is called; `None` if it is none of the region's.
    pub(super) fn case_name(&self, name: &str) -> Option<&str> {
        self.aliases.get(name).map(String::as_str)
    }

    /// The place of a source in the list.
    pub(super) fn source(&mut self, source: Source) -> usize {
        let key = serde_json::to_string(&source).expect("structs of texts and counts are JSON");
        let next = self.sources.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.sources.push(source);
        }
        place
    }

    /// A number that is reckoned from others.
    pub(super) fn reckoned(&mut self, how: How, of: Vec<usize>, number: Number) -> Stated {
        let value = number;
        let source = self.source(Source::Reckoned { how, of, value });
        Stated { number, source }
    }

    /// How many there are, and which.
    pub(super) fn counted(&mut self, what: &str, of: Vec<String>) -> Figure {
        let text = of.len().to_string();
        let what = what.to_owned();
        let source = self.source(Source::Counted { what, of });
        Figure { text, source }
    }
}

/// What an observation is told as; `None` if it has no figure.
///
/// A remark may be a clerk's explanation, and a file or a sheet may be called as an enterprise is:
/// they go out of the house only with a bulletin that names enterprises. The batch and the cell
/// lead back all the same.
pub(super) fn told(
    composer: &Composer,
    series: &Series,
    known: &Known,
) -> Result<Option<Told>, Error> {
    let observation = &known.observation;
    let Some(value) = observation.content.number() else {
        return Ok(None);
    };
    let names_enterprises = composer.order.names_enterprises;
    let remark = Some(&observation.remark).filter(|_| names_enterprises);
    let objects = series.objects().iter();
    Ok(Some(Told {
        indicator: series.indicator().to_string(),
        objects: objects
            .map(|of| (of.role().number(), of.id().to_owned()))
            .collect(),
        frequency: series.frequency().number(),
        form: series.form().number(),
        period: known.period,
        known_at: known.at.0,
        is_estimate: matches!(observation.content, Content::Estimated(_)),
        reporter: observation.reporter.clone(),
        released_at: observation.released_at.0,
        remark: remark.cloned().unwrap_or_default(),
        cell: origin(composer, series, known)?,
        value,
        unit: observation.unit.to_string(),
    }))
}

/// The cell that a figure came in with. Of one that was told again because a batch was undone there
/// is none here: which it is may change when further batches are undone, and a bulletin may not.
fn origin(composer: &Composer, series: &Series, known: &Known) -> Result<Option<Origin>, Error> {
    let source = collect::source(composer.view, series, known);
    let source = source.map_err(|error| match error {
        collect::Error::Facts(error) => error,
        other => Error::Stored {
            what: "source of a figure",
            problem: other.to_string(),
        },
    })?;
    let named = |name: String| {
        let name = Some(name).filter(|_| composer.order.names_enterprises);
        name.unwrap_or_default()
    };
    let source = source.filter(|source| source.id.0 == known.at);
    Ok(source.map(|source| Origin {
        batch: source.id.0.0,
        file: named(source.batch.file),
        sheet: named(source.sheet),
        cell: source.place.to_string(),
    }))
}

pub(super) fn printed(of: Stated, text: String) -> Figure {
    let source = of.source;
    Figure { text, source }
}

pub(super) fn place(got: Got, places: u32) -> Result<Cell, Error> {
    Ok(match got {
        Got::Figure(of) => Cell::Figure(printed(of, fixed(of.number, places)?)),
        Got::Hidden => Cell::Hidden,
        Got::Missing => Cell::Missing,
    })
}
