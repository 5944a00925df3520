//! What is being done: warnings that are on, cases of bottlenecks, measures and their tasks, all as
//! they stood at the moment of the bulletin.
//!
//! Not here: figures of regions.

use super::compose::{Composer, Got, Stated, place, told};
use super::model::{Cell, Figure, How, Paragraph, Section, Source, Table};
use super::words::{PLACES, Sentence, english_period, fixed, sign};
use super::{Warning, WarningLevel};
use crate::cases::{self, By, Case, Filter, Tally};
use crate::measures::{self, Assignment, Moved, Outcome, outcome};
use codes::{Code, Date, Number, RegionLevel};
use facts::case::Lamp;
use facts::{Error, Object, Role};
use std::collections::BTreeMap;

/// The most cases and the most tasks that are told one by one; those beyond are counted.
const LINES_MAX: usize = 30;

/// A heading in English and in Chinese.
type Head = [&'static str; 2];

fn heading(heading: Head) -> Section {
    Section {
        heading: heading.map(str::to_owned),
        paragraphs: Vec::new(),
        tables: Vec::new(),
    }
}

fn table(caption: Head, head: &[Head], rows: Vec<Vec<Cell>>) -> Table {
    Table {
        caption: caption.map(str::to_owned),
        head: head.iter().map(|words| words.map(str::to_owned)).collect(),
        rows,
    }
}

fn words([english, chinese]: [&str; 2]) -> Cell {
    Cell::Words([english.to_owned(), chinese.to_owned()])
}

fn day(day: Option<Date>) -> Cell {
    day.map_or(Cell::Missing, |day| Cell::name(&day.to_string()))
}

/// What a lamp is called in English and in Chinese.
pub(super) fn lamp_names(lamp: Lamp) -> [&'static str; 2] {
    match lamp {
        Lamp::Off => ["off", "正常"],
        Lamp::Blue => ["blue", "蓝灯"],
        Lamp::Yellow => ["yellow", "黄灯"],
        Lamp::Red => ["red", "红灯"],
    }
}

/// The warnings that are on, the worst first.
pub(super) fn warnings(composer: &mut Composer) -> Section {
    let mut section = heading(["Warnings", "监测预警"]);
    let mut warnings: Vec<&Warning> = composer.order.warnings.iter().collect();
    warnings.sort_by_key(|warning| (warning.level, warning.since, &warning.name));
    let all = warnings
        .iter()
        .map(|warning| warning.name.clone())
        .collect();
    let count = composer.counted("warnings", all);
    let mut said = Sentence::default().words(["Warnings that are on: ", "当前处于预警状态的事项"]);
    said = said.figure(&count).words(["", "项"]);
    if !warnings.is_empty() {
        let mut levels = Vec::new();
        for level in [WarningLevel::Red, WarningLevel::Yellow, WarningLevel::Blue] {
            let of = warnings.iter().filter(|warning| warning.level == level);
            let of: Vec<_> = of.map(|warning| warning.name.clone()).collect();
            levels.push((level.names(), composer.counted("warnings of a level", of)));
        }
        let without = warnings.iter().filter(|warning| warning.owner.is_empty());
        let without = without.map(|warning| warning.name.clone()).collect();
        let without = composer.counted("warnings without an owner", without);
        said = said
            .words([", of them ", "，其中"])
            .listed(levels, |said, ([english, chinese], count)| {
                said.words([&format!("{english} "), chinese])
                    .figure(&count)
                    .words(["", "项"])
            })
            .words(["; without an owner ", "；尚未落实责任单位"])
            .figure(&without)
            .words(["", "项"]);
        let mut rows = Vec::new();
        for warning in warnings {
            // Of another region's nothing is told but that there is one.
            let case = warning
                .case
                .as_deref()
                .and_then(|of| composer.case_name(of));
            rows.push(vec![
                words(warning.level.names()),
                Cell::Words(warning.title.clone()),
                day(Some(warning.since)),
                Cell::name(or_dash(&warning.owner)),
                Cell::name(case.unwrap_or("—")),
            ]);
            composer.source(Source::Record {
                name: warning.name.clone(),
            });
        }
        let head = [
            ["level", "级别"],
            ["warning", "预警内容"],
            ["since", "起始日"],
            ["owner", "责任单位"],
            ["case", "关联事项"],
        ];
        section
            .tables
            .push(table(["Warnings", "预警清单"], &head, rows));
    }
    section.paragraphs.push(said.end());
    section
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "—" } else { text }
}

/// The cases of the region: counts since January, and those that are overdue.
pub(super) fn cases(composer: &mut Composer) -> Result<Section, Error> {
    let mut section = heading(["Bottlenecks", "堵点卡点协调"]);
    let order = composer.order;
    let today = order.today()?;
    let cases = std::mem::take(&mut composer.cases);
    let span = [order.period.first_day(), today];
    let tallies = cases::statistics(&cases, level(composer), span)?;
    section
        .paragraphs
        .push(counts(composer, &cases, &tallies, span)?);
    if cases.is_empty() {
        return Ok(section);
    }
    let rows = tally_rows(composer, &cases, &tallies, span)?;
    let head = [
        ["class or region", "类别或地区"],
        ["opened", "提出"],
        ["solved", "办结"],
        ["open", "在办"],
        ["overdue", "超期"],
        ["days, the middle one", "用时中位数（天）"],
    ];
    let caption = ["Cases by class and region", "事项统计"];
    section.tables.push(table(caption, &head, rows));
    section.tables.extend(urgent_cases(composer, &cases, today));
    Ok(section)
}

/// The level that regions are told at.
fn level(composer: &Composer) -> RegionLevel {
    let first = composer.order.parts.first();
    first.map_or(RegionLevel::City, |part| part.level())
}

fn counts(
    composer: &mut Composer,
    cases: &[Case],
    tallies: &BTreeMap<By, Tally>,
    [from, today]: [Date; 2],
) -> Result<Paragraph, Error> {
    let names = |keep: &dyn Fn(&&Case) -> bool| -> Vec<String> {
        let kept = cases.iter().filter(keep);
        kept.map(|case| case.name.clone()).collect()
    };
    let is_solved = |case: &&Case| case.is_closed && case.state == "closed" && case.since >= from;
    let opened = composer.counted("cases opened", names(&|case| case.opened >= from));
    let solved = composer.counted("cases solved", names(&is_solved));
    let open = composer.counted("cases open", names(&|case| !case.is_closed));
    let overdue = composer.counted("cases overdue", names(&|case| case.is_overdue(today)));
    let mut said = Sentence::default()
        .words(["Cases opened since January: ", "年初以来提出堵点卡点事项"])
        .figure(&opened)
        .words([
            "; solved, as the enterprises confirmed: ",
            "件，经企业确认办结",
        ])
        .figure(&solved)
        .words(["; open: ", "件，在办"])
        .figure(&open)
        .words(["; of them overdue: ", "件，其中超期"])
        .figure(&overdue)
        .words(["", "件"]);
    if let Some(days) = tallies.get(&By::All).and_then(|all| all.median_days) {
        let figure = median(composer, days, names(&is_solved))?;
        said = said
            .words(["; the middle one took (days): ", "，办结用时中位数"])
            .figure(&figure)
            .words(["", "天"]);
    }
    Ok(said.end())
}

/// How many days the middle one of some cases took.
fn median(composer: &mut Composer, days: Number, of: Vec<String>) -> Result<Figure, Error> {
    let what = "days until solved, the middle one".to_owned();
    let source = composer.source(Source::Counted { what, of });
    let text = fixed(days, PLACES)?;
    Ok(Figure { text, source })
}

/// The cases whose lamp is yellow or red, one by one.
fn urgent_cases(composer: &mut Composer, cases: &[Case], today: Date) -> Option<Table> {
    let names_enterprises = composer.order.names_enterprises;
    let level = level(composer);
    let machine = cases::table();
    let urgent = Filter {
        lamp: Some(Lamp::Yellow),
        ..Filter::default()
    };
    let mut rows = Vec::new();
    let lines = cases::inbox(cases, &machine, &urgent, today);
    for line in lines.iter().take(LINES_MAX) {
        let case = line.stand;
        let mut row = vec![Cell::name(&case.name)];
        if names_enterprises {
            row.push(Cell::name(&case.title));
        }
        let region = case.region.at(level).unwrap_or(case.region);
        row.extend([
            words(case.about.class.names()),
            Cell::name(&composer.name(&Object::region(region))),
            Cell::name(&case.owner.body),
            words(cases::names(&case.state)),
            day(case.due),
            words(lamp_names(line.lamp)),
        ]);
        let name = case.name.clone();
        composer.source(Source::Record { name });
        rows.push(row);
    }
    if rows.is_empty() {
        return None;
    }
    let mut head = vec![["case", "编号"]];
    if names_enterprises {
        head.push(["what", "事项"]);
    }
    head.extend([
        ["class", "类别"],
        ["region", "地区"],
        ["owner", "责任单位"],
        ["state", "状态"],
        ["due", "时限"],
        ["lamp", "亮灯"],
    ]);
    Some(table(["Yellow and red", "黄灯、红灯事项"], &head, rows))
}

fn tally_rows(
    composer: &mut Composer,
    cases: &[Case],
    tallies: &BTreeMap<By, Tally>,
    [from, today]: [Date; 2],
) -> Result<Vec<Vec<Cell>>, Error> {
    let level = level(composer);
    let mut rows = Vec::new();
    for (by, tally) in tallies {
        let head = match by {
            By::All => continue,
            By::Class(class) => words(class.names()),
            By::Region(region) => Cell::name(&composer.name(&Object::region(*region))),
        };
        let is_of = |case: &&Case| match by {
            By::All => true,
            By::Class(class) => case.about.class == *class,
            By::Region(region) => case.region.at(level).unwrap_or(case.region) == *region,
        };
        let named = |keep: &dyn Fn(&&Case) -> bool| -> Vec<String> {
            let found = cases.iter().filter(is_of).filter(keep);
            found.map(|case| case.name.clone()).collect()
        };
        let solved = named(&|case| case.state == "closed" && case.since >= from);
        let median = match tally.median_days {
            Some(days) => Cell::Figure(median(composer, days, solved.clone())?),
            None => Cell::Missing,
        };
        let mut row = vec![head];
        let counts = [
            ("cases opened", named(&|case| case.opened >= from)),
            ("cases solved", solved),
            ("cases open", named(&|case| !case.is_closed)),
            ("cases overdue", named(&|case| case.is_overdue(today))),
        ];
        for (what, of) in counts {
            row.push(Cell::Figure(composer.counted(what, of)));
        }
        row.push(median);
        rows.push(row);
    }
    Ok(rows)
}

/// The tasks of the document in the region: what came of them, and those whose lamp is on with the
/// figures that show their effect.
pub(super) fn measures(composer: &mut Composer) -> Result<Option<Section>, Error> {
    let order = composer.order;
    let Some(document) = &order.document else {
        return Ok(None);
    };
    let mut section = heading(["Measures", "政策措施落实"]);
    let today = order.today()?;
    let object = Object::new(Role::POLICY, document)?;
    let mut tasks = measures::of(composer.view, &object, order.at())?;
    tasks.retain(|task| task.region.is_within(order.region));
    let machine = measures::table();
    let named = |keep: &dyn Fn(&&Assignment) -> bool| -> Vec<String> {
        tasks
            .iter()
            .filter(keep)
            .map(|task| task.name.clone())
            .collect()
    };
    let all = composer.counted("tasks", named(&|_| true));
    let mut counts = Vec::new();
    for of in [Outcome::Done, Outcome::Late, Outcome::Open] {
        let count = composer.counted("tasks by outcome", named(&|task| outcome(task) == of));
        counts.push((of.names(), count));
    }
    for lamp in [Lamp::Red, Lamp::Yellow] {
        let has = |task: &&Assignment| task.lamp(&machine, today) == lamp;
        counts.push((
            lamp_names(lamp),
            composer.counted("tasks by lamp", named(&has)),
        ));
    }
    let said = Sentence::default()
        .words(["Tasks in the ledger: ", "台账任务"])
        .figure(&all)
        .words(["; ", "项，其中"])
        .listed(counts, |said, ([english, chinese], count)| {
            said.words([&format!("{english} "), chinese])
                .figure(&count)
                .words(["", "项"])
        });
    section.paragraphs.push(said.end());
    let urgent = Filter {
        lamp: Some(Lamp::Blue),
        ..Filter::default()
    };
    let catalogue = measures::catalogue();
    let mut rows = Vec::new();
    for line in cases::inbox(&tasks, &machine, &urgent, today)
        .iter()
        .take(LINES_MAX)
    {
        let task = line.stand;
        composer.source(Source::Record {
            name: task.name.clone(),
        });
        let head = vec![
            Cell::Words(task.about.task.clone()),
            Cell::name(&task.owner.body),
            day(task.due),
            words(lamp_names(line.lamp)),
        ];
        let place = (order.region, order.period);
        let of = &task.about.indicators;
        let effects = measures::effects(composer.view, &catalogue, of, place, order.at())?;
        let mut told = Vec::new();
        for effect in effects.iter().filter(|effect| effect.told.is_some()) {
            told.push(effect_cells(composer, effect)?);
        }
        let none = [Cell::Missing, Cell::Missing, Cell::Missing];
        let first = told.first().cloned().unwrap_or(none);
        rows.push([head, first.to_vec()].concat());
        // Further indicators stand below, without the task once more.
        for effect in told.iter().skip(1) {
            rows.push([vec![Cell::name(""); 4], effect.to_vec()].concat());
        }
    }
    if !rows.is_empty() {
        let head = [
            ["task", "任务"],
            ["lead", "牵头单位"],
            ["due", "时限"],
            ["lamp", "亮灯"],
            ["indicator", "成效指标"],
            ["figure", "当前值"],
            ["change", "变化"],
        ];
        section
            .tables
            .push(table(["Tasks whose lamp is on", "亮灯任务"], &head, rows));
    }
    Ok(Some(section))
}

/// An indicator with its unit and period, its figure, and how it moved.
fn effect_cells(composer: &mut Composer, effect: &measures::Effect) -> Result<[Cell; 3], Error> {
    let known = effect.told.as_ref();
    let source = known.map(|known| told(composer, &effect.series, known));
    let source = source.transpose()?.flatten();
    let (Some(known), Some(source)) = (known, source) else {
        return Ok([Cell::Missing, Cell::Missing, Cell::Missing]);
    };
    let [english, chinese] = &effect.entry.names;
    let unit = known.observation.unit;
    let (period, in_chinese) = (known.period, known.period.chinese());
    let name = Cell::Words([
        format!("{english} ({unit}), {}", english_period(period)),
        format!("{chinese}（{}），{in_chinese}", unit.chinese()),
    ]);
    let number = source.value;
    let source = composer.source(Source::Told(source));
    let figure = place(
        Got::Figure(Stated { number, source }),
        number.places().max(PLACES),
    )?;
    let moved = match effect.moved {
        Some(moved) => moved_cell(composer, effect, moved, source)?,
        None => Cell::Missing,
    };
    Ok([name, figure, moved])
}

fn moved_cell(
    composer: &mut Composer,
    effect: &measures::Effect,
    moved: Moved,
    now: usize,
) -> Result<Cell, Error> {
    let (how, number) = match moved {
        Moved::PerCent(number) => (How::Growth, number),
        Moved::Points(number) | Moved::PointsOnPeriod(number) => (How::Difference, number),
    };
    let base = effect.base.as_ref();
    let base = base.map(|base| told(composer, &effect.series, base));
    let base = base.transpose()?.flatten();
    let base = base.map(|base| composer.source(Source::Told(base)));
    let of = std::iter::once(now).chain(base).collect();
    let stated = composer.reckoned(how, of, number);
    let text = fixed(number, PLACES)?;
    let plus = if sign(number, PLACES)? > 0 { "+" } else { "" };
    let unit = if how == How::Growth { "%" } else { "pp" };
    let text = format!("{plus}{text}{unit}");
    let source = stated.source;
    Ok(Cell::Figure(Figure { text, source }))
}
