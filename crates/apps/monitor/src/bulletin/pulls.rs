//! Who pulled it up and who down: the sums of enterprises by region and by industry, as far as they
//! may be shown.
//!
//! Regions and industries are the margins of one board, so they are protected together with every
//! place between them. What is hidden is told as one rest, which anybody could subtract.
//!
//! Not here: single enterprises.

use super::compose::{Composer, Stated, printed};
use super::earlier::HIDDEN_LINES;
use super::families::moved;
use super::model::{Cell, Figure, How, Paragraph, Section, Source, Table};
use super::words::{PLACES, Sentence, english_period, fixed, sign, size};
use crate::{Board, Question, Row, Snapshot, board};
use codes::{Industry, IndustryLevel, Number, Region, RegionLevel};
use facts::derived::{Part, contributions};
use facts::{Error, Object, Series};
use std::cmp::Reverse;

/// How many who pulled up, and how many who pulled down, are named in a sentence.
const NAMED_MAX: usize = 5;

/// The pulls, if the order asks for them and there is anything that can be compared.
pub(super) fn section(composer: &mut Composer) -> Result<Option<Section>, Error> {
    let order = composer.order;
    let Some(output) = &order.output else {
        return Ok(None);
    };
    let question = Question {
        indicator: output.indicator.clone(),
        form: output.form,
        period: order.period,
        unit: output.unit,
        at: order.at(),
    };
    let snapshot = Snapshot::take(composer.view, &question)?;
    let mut heading = Section {
        heading: ["Pull and contribution", "拉动与贡献"].map(str::to_owned),
        paragraphs: Vec::new(),
        tables: Vec::new(),
    };
    if snapshot.of(order.region, None).is_empty() {
        let none = [
            "No figures of enterprises can be compared",
            "没有可比的企业数据",
        ];
        heading
            .paragraphs
            .push(Sentence::default().words(none).end());
        return Ok(Some(heading));
    }
    let level = order
        .parts
        .first()
        .map_or(RegionLevel::City, |part| part.level());
    let rule = order.protection.rule()?;
    let by = (level, IndustryLevel::Division);
    let before = &composer.before;
    let board = match Board::after(&snapshot, order.region, by, (&rule, PLACES), before) {
        // Beside what is known already nothing of it is safe.
        Err(Error::Unprotected { .. }) if !before.shown.is_empty() => None,
        found => Some(found?),
    };
    let last = board.as_ref().and_then(|board| board.figures.last());
    let total = last.and_then(|row| row.last()).copied().flatten();
    let (Some(board), Some(total)) = (board, total) else {
        let hidden = ["All of it must not be shown", "全部数据依规定不予公布"];
        heading
            .paragraphs
            .push(Sentence::default().words(hidden).end());
        return Ok(Some(heading));
    };
    let whole = composer.margin(&snapshot, (None, None), total)?;
    heading
        .paragraphs
        .push(whole_sentence(composer, &output.names, &whole)?);
    if !whole.part.base.is_positive() {
        return Ok(Some(heading));
    }
    let regions = board.regions.iter().zip(&board.figures);
    let regions = regions.map(|(object, row)| (object, row.last().copied().flatten()));
    let bottom = board.figures.last().into_iter().flatten();
    let industries = board.industries.iter().zip(bottom.copied());
    let mut margins = [Vec::new(), Vec::new()];
    for (object, figure) in regions {
        margins[0].push((object.clone(), (object.as_region(), None), figure));
    }
    for (object, figure) in industries {
        margins[1].push((object.clone(), (None, object.as_industry()), figure));
    }
    let words = [
        (
            ["By region, ", "分地区看，"],
            ["region", "地区"],
            ["Pull by region", "分地区拉动情况"],
        ),
        (
            ["By industry, ", "分行业看，"],
            ["industry", "行业"],
            ["Pull by industry", "分行业拉动情况"],
        ),
    ];
    for (margin, (by, head, caption)) in margins.into_iter().zip(words) {
        let lines = composer.lines(&snapshot, &whole, margin)?;
        heading.paragraphs.push(sentence(by, &lines)?);
        if let Some(hidden) = hidden_sentence(composer, head, &lines) {
            heading.paragraphs.push(hidden);
        }
        heading.tables.push(table(caption, head, &lines)?);
    }
    Ok(Some(heading))
}

/// A margin of the board that is shown: its sums, and where they come from.
struct Margin {
    part: Part,
    now: usize,
    base: usize,
}

/// A region or an industry and what it has to do with the growth of the whole.
struct Line {
    name: String,
    code: String,
    /// `None` if it must not be shown.
    shown: Option<Shown>,
}

struct Shown {
    growth: Option<Stated>,
    pull: Stated,
    rate: Option<Stated>,
}

type Place = (Option<Region>, Option<Industry>);

impl Composer<'_> {
    /// The sources of a margin that may be shown.
    fn margin(
        &mut self,
        snapshot: &Snapshot,
        (region, industry): Place,
        figure: board::Figure,
    ) -> Result<Margin, Error> {
        let region = region.unwrap_or(self.order.region);
        let rows = snapshot.of(region, industry);
        let period = snapshot.question.period;
        let before = period.same_last_year().ok_or(Error::Gap { period })?;
        let mut source = |period, value, when| {
            self.source(Source::Sum {
                region: region.to_string(),
                industry: industry.map(|industry| industry.to_string()),
                period,
                enterprises: rows.len(),
                known_at: newest(&rows, when),
                value,
            })
        };
        Ok(Margin {
            now: source(period, figure.now, 0),
            base: source(before, figure.base, 1),
            part: Part {
                now: figure.now,
                base: figure.base,
            },
        })
    }

    /// All lines of a margin, those who pulled most first; what is hidden last, as one rest.
    fn lines(
        &mut self,
        snapshot: &Snapshot,
        whole: &Margin,
        margin: Vec<(Object, Place, Option<board::Figure>)>,
    ) -> Result<Vec<Line>, Error> {
        let mut named = Vec::new();
        let mut margins = Vec::new();
        let mut hidden = Vec::new();
        for (object, place, figure) in margin {
            let name = self.name(&object);
            let code = object.id().to_owned();
            match figure {
                Some(figure) => {
                    margins.push(self.margin(snapshot, place, figure)?);
                    named.push((name, code));
                }
                None => hidden.push(Line {
                    name,
                    code,
                    shown: None,
                }),
            }
        }
        if !hidden.is_empty() {
            margins.push(self.rest(whole, &margins)?);
            named.push(("其余（含不予公布）".to_owned(), String::new()));
        }
        let parts: Vec<_> = margins.iter().map(|margin| margin.part).collect();
        let found = contributions(whole.part, &parts, PLACES)?;
        let mut lines = Vec::new();
        for (((name, code), margin), found) in named.into_iter().zip(&margins).zip(found) {
            let of = vec![margin.now, margin.base, whole.now, whole.base];
            let growth = match crate::sheet::own_growth(margin.part, PLACES)? {
                Some(growth) => {
                    let of = vec![margin.now, margin.base];
                    Some(self.reckoned(How::Growth, of, growth))
                }
                None => None,
            };
            let pull = self.reckoned(How::Pull, of.clone(), found.pull);
            let rate = found.rate.map(|rate| self.reckoned(How::Rate, of, rate));
            let shown = Some(Shown { growth, pull, rate });
            lines.push(Line { name, code, shown });
        }
        // Stable: of equal pulls the order of the codes stays. The rest has none and comes last.
        lines.sort_by_key(|line| {
            let pull = line.shown.as_ref().map(|shown| shown.pull.number);
            (line.code.is_empty(), Reverse(pull))
        });
        lines.extend(hidden);
        Ok(lines)
    }

    /// The whole less all that is shown.
    fn rest(&mut self, whole: &Margin, shown: &[Margin]) -> Result<Margin, Error> {
        let left = |all: Number, of: fn(&Part) -> Number| -> Result<Number, Error> {
            Ok(all.minus(Number::sum(shown.iter().map(|margin| of(&margin.part)))?)?)
        };
        let part = Part {
            now: left(whole.part.now, |part| part.now)?,
            base: left(whole.part.base, |part| part.base)?,
        };
        let now = shown.iter().map(|margin| margin.now);
        let now = std::iter::once(whole.now).chain(now).collect();
        let base = shown.iter().map(|margin| margin.base);
        let base = std::iter::once(whole.base).chain(base).collect();
        Ok(Margin {
            now: self.reckoned(How::Rest, now, part.now).source,
            base: self.reckoned(How::Rest, base, part.base).source,
            part,
        })
    }
}

/// When the newest figure of some rows became known, now (0) or a year before (1).
fn newest(rows: &[&Row], when: usize) -> u64 {
    let known = rows.iter().map(|row| row.known_at[when].0);
    known.max().unwrap_or(0)
}

/// The series of an enterprise that a sum takes in.
pub(super) fn series_of(question: &Question, row: &Row) -> Result<Series, Error> {
    Series::new(
        question.indicator.clone(),
        [row.enterprise.clone()],
        question.period.frequency(),
        question.form,
    )
}

fn whole_sentence(
    composer: &mut Composer,
    names: &[String; 2],
    whole: &Margin,
) -> Result<Paragraph, Error> {
    let period = composer.order.period;
    let region = composer.name(&Object::region(composer.order.region));
    let said = Sentence::default()
        .words([
            "Over enterprises that can be compared, ",
            "按可比企业汇总，",
        ])
        .names([&english_period(period), &period.chinese()])
        .words([", ", "，"])
        .name(&region)
        .names([&format!(": {}", names[0]), &names[1]]);
    let Some(growth) = crate::sheet::own_growth(whole.part, PLACES)? else {
        let none = [
            " has no growth, for its base is not above zero",
            "基数不为正，不计算增速",
        ];
        return Ok(said.words(none).end());
    };
    let growth = composer.reckoned(How::Growth, vec![whole.now, whole.base], growth);
    Ok(moved(said, growth)?.end())
}

/// Who pulled up, and who pulled down.
fn sentence(by: [&str; 2], lines: &[Line]) -> Result<Paragraph, Error> {
    let mut up = Vec::new();
    let mut down = Vec::new();
    for line in lines.iter().filter(|line| !line.code.is_empty()) {
        let Some(shown) = &line.shown else { continue };
        let pull = printed(shown.pull, size(shown.pull.number, PLACES)?);
        let rate = shown
            .rate
            .map(|rate| Ok::<_, Error>(printed(rate, fixed(rate.number, PLACES)?)));
        let found = (line.name.as_str(), pull, rate.transpose()?);
        match sign(shown.pull.number, PLACES)? {
            1 => up.push(found),
            -1 => down.push(found),
            _ => (),
        }
    }
    // Those who pulled down most come first among themselves.
    down.reverse();
    // Of what is hidden nothing is said, not even that it did neither.
    let is_all_shown = lines.iter().all(|line| line.shown.is_some());
    let [none_up, none_down] = if is_all_shown {
        [
            ["nobody pulled it up", "没有上拉的"],
            ["nobody pulled it down", "没有下拉的"],
        ]
    } else {
        [
            ["none of those shown pulled it up", "公布的各项中没有上拉的"],
            [
                "none of those shown pulled it down",
                "公布的各项中没有下拉的",
            ],
        ]
    };
    let mut said = Sentence::default().words(by);
    if up.is_empty() {
        said = said.words(none_up);
    } else {
        up.truncate(NAMED_MAX);
        said = said
            .words(["it was pulled up most by ", "上拉最多的是"])
            .listed(up, pulled_up);
    }
    said = said.words(["; ", "；"]);
    if down.is_empty() {
        return Ok(said.words(none_down).end());
    }
    down.truncate(NAMED_MAX);
    said = said
        .words(["pulled down by ", "下拉最多的是"])
        .listed(down, |said, (name, pull, _)| {
            said.name(name)
                .words([" (", "（下拉"])
                .figure(&pull)
                .words([" points down)", "个百分点）"])
        });
    Ok(said.end())
}

fn pulled_up(said: Sentence, (name, pull, rate): (&str, Figure, Option<Figure>)) -> Sentence {
    let said = said.name(name).words([" (", "（拉动"]).figure(&pull);
    let said = said.words([" points", "个百分点"]);
    let said = match rate {
        Some(rate) => {
            let said = said.words([", contribution ", "，贡献率"]).figure(&rate);
            said.words(["%", "%"])
        }
        None => said,
    };
    said.words([")", "）"])
}

fn hidden_sentence(
    composer: &mut Composer,
    [english, chinese]: [&str; 2],
    lines: &[Line],
) -> Option<Paragraph> {
    let hidden = lines.iter().filter(|line| line.shown.is_none());
    let hidden: Vec<_> = hidden.map(|line| line.code.clone()).collect();
    if hidden.is_empty() {
        return None;
    }
    let count = composer.counted(HIDDEN_LINES, hidden);
    let said = Sentence::default()
        .words([
            &format!("Lines hidden ({english}) to protect single enterprises: "),
            "其中",
        ])
        .figure(&count)
        .words(["", &format!("个{chinese}的数据依统计保密规定不予公布")]);
    Some(said.end())
}

fn table(caption: [&str; 2], head: [&str; 2], lines: &[Line]) -> Result<Table, Error> {
    let stated = |of: Option<Stated>| -> Result<Cell, Error> {
        Ok(match of {
            Some(of) => Cell::Figure(printed(of, fixed(of.number, PLACES)?)),
            None => Cell::Missing,
        })
    };
    let mut rows = Vec::new();
    for line in lines {
        let mut row = vec![if line.code.is_empty() {
            Cell::Words(["rest, hidden ones included".to_owned(), line.name.clone()])
        } else {
            Cell::name(&line.name)
        }];
        match &line.shown {
            Some(Shown { growth, pull, rate }) => {
                row.extend([stated(*growth)?, stated(Some(*pull))?, stated(*rate)?]);
            }
            None => row.extend([Cell::Hidden, Cell::Hidden, Cell::Hidden]),
        }
        rows.push(row);
    }
    let head = [
        head,
        ["growth (%)", "增速（%）"],
        ["pull (points)", "拉动（百分点）"],
        ["contribution (%)", "贡献率（%）"],
    ];
    Ok(Table {
        caption: caption.map(str::to_owned),
        head: head.map(|words| words.map(str::to_owned)).to_vec(),
        rows,
    })
}
