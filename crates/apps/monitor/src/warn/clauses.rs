//! Reads the clauses of a rule around its expressions.
//!
//! | clause | how often |
//! | --- | --- |
//! | `rule NAME ["中文" ["English"]]` | first, once |
//! | `every FREQUENCY`: `day`, `ten-days`, `week`, `month`, `merged-month`, … | once |
//! | `of ROLE …`: `region`, `industry`, `enterprise`, … | once |
//! | `let NAME = NUMBER` | before it is used |
//! | `level NAME ["title"] when CONDITION [for N] [until CONDITION [for N]]` | 1 to 8 |
//! | `missing hold`, `missing unknown`, `missing raise LEVEL after N` | at most once; else `hold` |
//! | `inhibit below at LEVEL`, `inhibit by RULE at LEVEL` | at most 8 |
//! | `escalate after DAYS` | at most once |
//! | `history N` | at most once; else 24 |
//!
//! Levels stand in their order, the lowest first. Not here: expressions (`parser`).

use super::complaint::{Complaint, Place};
use super::ladder::{Duration, Missing};
use super::parser::Cursor;
use super::rule::{Inhibition, Level, Rule, Threshold};
use super::token::{Kind, tokens};
use codes::Frequency;
use facts::Role;

const LEVELS_MAX: usize = 8;
const THRESHOLDS_MAX: usize = 32;
const INHIBITIONS_MAX: usize = 8;

/// The longest duration, in periods.
const DURATION_MAX: u16 = 60;

/// How many periods an evaluation starts back, and how many at most.
const HISTORY: u16 = 24;
const HISTORY_MAX: u16 = 366;

/// The longest time until a warning goes a region up, in days.
const ESCALATE_DAYS_MAX: u16 = 366;

/// The most steps of one evaluation, all periods of its history included: some 10 ms.
const WORK_MAX: u64 = 200_000;

/// How far back an evaluation may look, in periods.
const REACH_MAX: u32 = 4 * 366;

/// The longest name or title, in octets.
const NAME_OCTETS_MAX: usize = 64;
const TITLE_OCTETS_MAX: usize = 256;

const FREQUENCIES: [(&str, Frequency); 8] = [
    ("day", Frequency::Day),
    ("ten-days", Frequency::TenDays),
    ("week", Frequency::Week),
    ("month", Frequency::Month),
    ("merged-month", Frequency::MergedMonth),
    ("quarter", Frequency::Quarter),
    ("year-to-date", Frequency::YearToDate),
    ("year", Frequency::Year),
];

/// All roles that a rule may be of, by their English names.
const ROLES: [Role; 11] = [
    Role::REGION,
    Role::INDUSTRY,
    Role::ENTERPRISE,
    Role::PARK,
    Role::CHAIN,
    Role::MATERIAL,
    Role::PRODUCT,
    Role::POLICY,
    Role::MEASURE,
    Role::PROJECT,
    Role::BODY,
];

/// The words that begin clauses.
const CLAUSES: [&str; 8] = [
    "every", "of", "let", "level", "missing", "inhibit", "escalate", "history",
];

/// What has been read so far.
#[derive(Default)]
struct Draft {
    frequency: Option<Frequency>,
    roles: Vec<Role>,
    thresholds: Vec<Threshold>,
    levels: Vec<Level>,
    /// Names of levels may stand before the levels.
    missing: Option<(MissingSaid, Place)>,
    inhibitions: Vec<(InhibitionSaid, Place)>,
    escalate_after_days: Option<u16>,
    history: Option<(u16, Place)>,
}

enum MissingSaid {
    Hold,
    Unknown,
    Raise(String, u16),
}

enum InhibitionSaid {
    Below(String),
    By(String, String),
}

pub(super) fn read(text: &str) -> Result<Rule, Complaint> {
    let mut cursor = Cursor::new(tokens(text)?);
    let start = cursor.place();
    if !cursor.take_word("rule") {
        return Err(cursor.expected(["'rule' and its name", "“rule”和规则名"]));
    }
    let name = rule_name(&mut cursor)?;
    let titles = titles(&mut cursor, &name)?;
    let mut draft = Draft::default();
    while cursor.peek().kind != Kind::End {
        clause(&mut cursor, &mut draft)?;
    }
    finish(text, name, titles, draft, start)
}

fn rule_name(cursor: &mut Cursor) -> Result<String, Complaint> {
    let place = cursor.place();
    let name = cursor.need_name(["the name of the rule", "规则名"])?;
    let is_allowed = |found: char| found.is_ascii_alphanumeric() || ".-_".contains(found);
    if (1..=NAME_OCTETS_MAX).contains(&name.len()) && name.chars().all(is_allowed) {
        // As with indicators, case does not matter.
        return Ok(name.to_ascii_lowercase());
    }
    Err(Complaint::at(
        place,
        "the name of a rule has 1 to 64 letters, digits, '.', '-' and '_'",
        "规则名由 1 到 64 个字母、数字、“.”、“-”、“_”组成",
    ))
}

fn titles(cursor: &mut Cursor, name: &str) -> Result<[String; 2], Complaint> {
    let chinese = title(cursor)?;
    let english = title(cursor)?;
    let chinese = chinese.unwrap_or_else(|| name.to_owned());
    let english = english.unwrap_or_else(|| name.to_owned());
    Ok([chinese, english])
}

/// A text, if one is next.
fn title(cursor: &mut Cursor) -> Result<Option<String>, Complaint> {
    let Kind::Text(text) = cursor.peek().kind.clone() else {
        return Ok(None);
    };
    if text.is_empty() || text.len() > TITLE_OCTETS_MAX {
        return Err(Complaint::at(
            cursor.place(),
            format!("a title has 1 to {TITLE_OCTETS_MAX} octets"),
            format!("标题须为 1 到 {TITLE_OCTETS_MAX} 字节"),
        ));
    }
    cursor.take();
    Ok(Some(text))
}

fn clause(cursor: &mut Cursor, draft: &mut Draft) -> Result<(), Complaint> {
    let place = cursor.place();
    let word = match &cursor.peek().kind {
        Kind::Word(word) if CLAUSES.contains(&word.as_str()) => word.clone(),
        _ => {
            return Err(cursor.expected([
                "'every', 'of', 'let', 'level', 'missing', 'inhibit', 'escalate' or 'history'",
                "“every”、“of”、“let”、“level”、“missing”、“inhibit”、“escalate”或“history”",
            ]));
        }
    };
    cursor.take();
    let is_again = match word.as_str() {
        "every" => draft.frequency.replace(frequency(cursor)?).is_some(),
        "of" => {
            let is_again = !draft.roles.is_empty();
            draft.roles = roles(cursor)?;
            is_again
        }
        "let" => return threshold(cursor, draft),
        "level" => return level(cursor, draft, place),
        "missing" => draft.missing.replace((missing(cursor)?, place)).is_some(),
        "inhibit" => return inhibition(cursor, draft, place),
        "escalate" => {
            after(cursor)?;
            let days = cursor.need_count(ESCALATE_DAYS_MAX)?;
            draft.escalate_after_days.replace(days).is_some()
        }
        _ => {
            let count = cursor.need_count(HISTORY_MAX)?;
            draft.history.replace((count, place)).is_some()
        }
    };
    if is_again {
        return Err(twice(place, &word));
    }
    Ok(())
}

fn twice(place: Place, what: &str) -> Complaint {
    Complaint::at(
        place,
        format!("'{what}' is said twice"),
        format!("“{what}”重复出现"),
    )
}

fn after(cursor: &mut Cursor) -> Result<(), Complaint> {
    if cursor.take_word("after") {
        return Ok(());
    }
    Err(cursor.expected(["'after'", "“after”"]))
}

fn frequency(cursor: &mut Cursor) -> Result<Frequency, Complaint> {
    let found = FREQUENCIES.iter().find(|(word, _)| cursor.take_word(word));
    found.map(|(_, frequency)| *frequency).ok_or_else(|| {
        cursor.expected([
            "'day', 'ten-days', 'week', 'month', 'merged-month', 'quarter', 'year-to-date' or \
             'year'",
            "“day”、“ten-days”、“week”、“month”、“merged-month”、“quarter”、“year-to-date”或“year”",
        ])
    })
}

fn roles(cursor: &mut Cursor) -> Result<Vec<Role>, Complaint> {
    let mut roles = Vec::new();
    loop {
        let place = cursor.place();
        let mut all = ROLES.iter();
        let next = all.find(|role| {
            let names = role.names();
            names.is_some_and(|[name, _]| cursor.take_word(name))
        });
        let Some(role) = next else {
            break;
        };
        if roles.contains(role) {
            return Err(twice(place, role.names().map_or("", |[name, _]| name)));
        }
        roles.push(*role);
    }
    if roles.is_empty() || roles.len() > 8 {
        return Err(cursor.expected([
            "'region', 'industry', 'enterprise', 'park', 'chain', 'material', 'product' or another",
            "“region”（地区）、“industry”（行业）、“enterprise”（企业）、“material”（原材料）等",
        ]));
    }
    roles.sort();
    Ok(roles)
}

fn threshold(cursor: &mut Cursor, draft: &mut Draft) -> Result<(), Complaint> {
    let place = cursor.place();
    let Kind::Word(name) = cursor.peek().kind.clone() else {
        return Err(cursor.expected(["the name of a threshold", "阈值名"]));
    };
    cursor.take();
    if draft.thresholds.iter().any(|one| one.name == name) {
        return Err(twice(place, &name));
    }
    if draft.thresholds.len() == THRESHOLDS_MAX || name.len() > NAME_OCTETS_MAX {
        return Err(Complaint::at(
            place,
            format!("there may be {THRESHOLDS_MAX} thresholds with names of 64 octets"),
            format!("最多 {THRESHOLDS_MAX} 个阈值，名称最长 64 字节"),
        ));
    }
    cursor.need_sign("=")?;
    let number = cursor.need_number()?;
    draft.thresholds.push(Threshold { name, number });
    Ok(())
}

fn level(cursor: &mut Cursor, draft: &mut Draft, place: Place) -> Result<(), Complaint> {
    let place_of_name = cursor.place();
    let Kind::Word(name) = cursor.peek().kind.clone() else {
        return Err(cursor.expected([
            "the name of a level, such as blue",
            "级别名，例如 blue 或 蓝色",
        ]));
    };
    cursor.take();
    if draft.levels.iter().any(|level| level.name == name) {
        return Err(twice(place_of_name, &name));
    }
    if draft.levels.len() == LEVELS_MAX || name.len() > NAME_OCTETS_MAX {
        return Err(Complaint::at(
            place,
            format!("there may be {LEVELS_MAX} levels with names of 64 octets"),
            format!("最多 {LEVELS_MAX} 个级别，名称最长 64 字节"),
        ));
    }
    let title = title(cursor)?.unwrap_or_else(|| name.clone());
    if !cursor.take_word("when") {
        return Err(cursor.expected(["'when' and a condition", "“when”和条件"]));
    }
    let names: Vec<_> = draft
        .thresholds
        .iter()
        .map(|threshold| threshold.name.clone())
        .collect();
    let when = cursor.condition(&names)?;
    let up = duration(cursor)?;
    let (until, down) = if cursor.take_word("until") {
        (Some(cursor.condition(&names)?), duration(cursor)?)
    } else {
        (None, 1)
    };
    draft.levels.push(Level {
        name,
        title,
        when,
        until,
        duration: Duration { up, down },
    });
    Ok(())
}

fn duration(cursor: &mut Cursor) -> Result<u16, Complaint> {
    if cursor.take_word("for") {
        return cursor.need_count(DURATION_MAX);
    }
    Ok(1)
}

fn missing(cursor: &mut Cursor) -> Result<MissingSaid, Complaint> {
    if cursor.take_word("hold") {
        return Ok(MissingSaid::Hold);
    }
    if cursor.take_word("unknown") {
        return Ok(MissingSaid::Unknown);
    }
    if !cursor.take_word("raise") {
        return Err(cursor.expected([
            "'hold', 'unknown' or 'raise' and a level",
            "“hold”（保持）、“unknown”（状态不明）或“raise”（升级）加级别名",
        ]));
    }
    let level = cursor.need_name(["the name of a level", "级别名"])?;
    after(cursor)?;
    Ok(MissingSaid::Raise(level, cursor.need_count(DURATION_MAX)?))
}

fn inhibition(cursor: &mut Cursor, draft: &mut Draft, place: Place) -> Result<(), Complaint> {
    let said = if cursor.take_word("below") {
        at(cursor)?;
        InhibitionSaid::Below(cursor.need_name(["the name of a level", "级别名"])?)
    } else if cursor.take_word("by") {
        let rule = rule_name(cursor)?;
        at(cursor)?;
        InhibitionSaid::By(rule, cursor.need_name(["the name of a level", "级别名"])?)
    } else {
        return Err(cursor.expected([
            "'below' or 'by' and another rule",
            "“below”（抑制下级地区）或“by”加另一规则名",
        ]));
    };
    if draft.inhibitions.len() == INHIBITIONS_MAX {
        return Err(Complaint::at(
            place,
            format!("there may be {INHIBITIONS_MAX} inhibitions"),
            format!("最多 {INHIBITIONS_MAX} 条抑制"),
        ));
    }
    draft.inhibitions.push((said, place));
    Ok(())
}

fn at(cursor: &mut Cursor) -> Result<(), Complaint> {
    if cursor.take_word("at") {
        return Ok(());
    }
    Err(cursor.expected(["'at' and a level", "“at”和级别名"]))
}

/// Makes a rule of all that has been said, if it is enough and not too much.
fn finish(
    text: &str,
    name: String,
    titles: [String; 2],
    draft: Draft,
    start: Place,
) -> Result<Rule, Complaint> {
    let lacks = |what: &str, chinese: &str| {
        Complaint::at(
            start,
            format!("the rule has no '{what}'"),
            format!("规则缺少“{what}”：{chinese}"),
        )
    };
    let frequency = draft.frequency.ok_or_else(|| lacks("every", "评估频度"))?;
    if draft.roles.is_empty() {
        return Err(lacks("of", "适用对象"));
    }
    if draft.levels.is_empty() {
        return Err(lacks("level", "预警级别"));
    }
    let levels = &draft.levels;
    let number = |name: &str, place| level_number(levels, name, place);
    let missing = match draft.missing {
        None | Some((MissingSaid::Hold, _)) => Missing::Hold,
        Some((MissingSaid::Unknown, _)) => Missing::Unknown,
        Some((MissingSaid::Raise(name, after), place)) => Missing::Raise {
            level: number(&name, place)?,
            after,
        },
    };
    let mut inhibitions = Vec::new();
    for (said, place) in draft.inhibitions {
        inhibitions.push(match said {
            InhibitionSaid::Below(name) => Inhibition::Below {
                level: number(&name, place)?,
            },
            InhibitionSaid::By(rule, _) if rule == name => {
                return Err(Complaint::at(
                    place,
                    "a rule cannot inhibit itself: nobody would ever be told of it",
                    "规则不能抑制自身：否则永远无人获知",
                ));
            }
            InhibitionSaid::By(rule, level) => Inhibition::By { rule, level },
        });
    }
    let (history, place) = draft.history.unwrap_or((HISTORY, start));
    let rule = Rule {
        text: text.into(),
        name,
        titles,
        frequency,
        roles: draft.roles,
        thresholds: draft.thresholds,
        levels: draft.levels,
        missing,
        inhibitions,
        escalate_after_days: draft.escalate_after_days,
        history,
    };
    check_work(&rule, place)?;
    Ok(rule)
}

fn level_number(levels: &[Level], name: &str, place: Place) -> Result<u8, Complaint> {
    let mut numbered = (1..).zip(levels);
    let found = numbered.find(|(_, level)| level.name == name);
    found.map(|(number, _)| number).ok_or_else(|| {
        Complaint::at(
            place,
            format!("there is no level '{name}'"),
            format!("没有级别“{name}”"),
        )
    })
}

/// Nobody shall stop a node with a rule: what one evaluation does is known before it is made.
fn check_work(rule: &Rule, place: Place) -> Result<(), Complaint> {
    let work = rule.work();
    if work <= WORK_MAX && rule.reach() <= REACH_MAX {
        return Ok(());
    }
    Err(Complaint::at(
        place,
        format!(
            "an evaluation would take {work} steps of {WORK_MAX}, or look back more than \
             {REACH_MAX} periods: make windows or the history shorter"
        ),
        format!(
            "一次评估需 {work} 步（上限 {WORK_MAX}），或回看超过 {REACH_MAX} 期：请缩短窗口或历史"
        ),
    ))
}
