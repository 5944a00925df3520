//! Templates carried out: the values of an identifier that nobody has registered.
//!
//! Pure: the namespace, the values of the base and other templates are arguments. Java's patterns
//! are in `template/pattern.rs`, what `${name}` means in `template/replacement.rs`. Not here:
//! where namespace and base are stored, and what is answered (`authority/resolution/template.rs`).

use crate::Date;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bytes::Bytes;
use model::namespace::{
    Condition, Content, Instruction, Pattern as ValuePattern, Template, TemplateReference, Test,
};
use model::record::{VALUES_COUNT_MAX, VALUES_OCTETS_MAX};
use model::{SuffixCase, Value, ValueType, xml};

pub mod fuzz;
mod pattern;
mod replacement;
#[cfg(test)]
mod tests;

use pattern::Patterns;
use replacement::{Parameter, replaced};

/// How deep templates may refer to templates, as in the reference software. Beyond it:
/// [`Problem::TooDeep`].
pub const TEMPLATES_DEPTH_MAX: usize = 10;

/// How many steps one question may take: an instruction is one, a tested pattern
/// [`PATTERN_STEPS`] and more. A template in the field takes some hundred. The worst that was
/// found, patterns that look at a text again and again, worked 0.4 s until it was stopped (release,
/// two busy cores); without patterns it is 12 ms. Beyond it: [`Problem::Limit`].
pub const STEPS_MAX: usize = 20_000;

/// What testing a pattern counts for. A long text counts for more, by its square: a pattern can
/// look at all of it from each of its places.
pub const PATTERN_STEPS: usize = 10;

/// How many octets all texts together may have that one question reads and makes: four records'
/// full, so that a large one can be tried in several ways. Beyond it: [`Problem::Limit`].
pub const TEXT_OCTETS_MAX: usize = 4 * VALUES_OCTETS_MAX;

/// What templates are carried out on.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The whole identifier as the asker spelled it.
    pub identifier: &'a str,
    /// What is before the delimiter.
    pub base: &'a str,
    /// What is after it.
    pub extension: &'a str,
    /// The values of the base, all of them.
    pub base_values: &'a [Value],
    /// When values are made that come from no value of the base.
    pub now: Date,
}

/// What templates have come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Computed {
    /// The identifier has these values; perhaps none.
    Values(Vec<Value>),
    /// There is no such identifier.
    NotFound,
    /// Another template is needed first. Fetch it, enter it in [`Fetched`] and evaluate again.
    Needs(TemplateReference),
}

/// Why templates could not be carried out. Whoever wrote the namespace must act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A namespace or a template cannot be read.
    #[error("{0}")]
    Unreadable(#[from] model::Error),
    /// A pattern is none, or uses something of Java's patterns that is not offered here.
    #[error("the pattern `{expression}` {problem}")]
    Pattern {
        /// The pattern as it is written.
        expression: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Templates refer to each other too deep, or in a circle.
    #[error("templates refer to templates more than {TEMPLATES_DEPTH_MAX} deep")]
    TooDeep,
    /// More work than one question may cause.
    #[error("the templates need more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        limit: usize,
    },
    /// A template refers to a value that is not there.
    #[error("there is no template in value {} of {}", .0.index, .0.identifier)]
    Missing(TemplateReference),
}

/// The templates that others refer to, as far as they have been fetched.
#[derive(Debug, Clone, Default)]
pub struct Fetched(BTreeMap<TemplateReference, Template>);

impl Fetched {
    /// Enters a template.
    pub fn insert(&mut self, reference: TemplateReference, template: Template) {
        self.0.insert(reference, template);
    }
}

/// What one question has cost so far, and the patterns compiled for it.
///
/// Templates are evaluated from the start again whenever another has been fetched. All these
/// evaluations share one of these, so that the limits are those of the question.
#[derive(Debug)]
pub struct Work {
    steps_count: usize,
    text_octets: usize,
    patterns: Patterns,
}

impl Work {
    /// Begins with nothing done; `case` says whether patterns look at the case of letters.
    pub fn new(case: SuffixCase) -> Self {
        Self {
            steps_count: 0,
            text_octets: 0,
            patterns: Patterns::new(case),
        }
    }

    fn count_steps(&mut self, steps: usize) -> Result<(), Problem> {
        self.steps_count = self.steps_count.saturating_add(steps);
        limit("steps", self.steps_count, STEPS_MAX)
    }

    fn count_octets(&mut self, octets: usize) -> Result<(), Problem> {
        self.text_octets = self.text_octets.saturating_add(octets);
        limit("octets of text", self.text_octets, TEXT_OCTETS_MAX)
    }

    /// How many more octets of text may be made.
    fn octets_left(&self) -> usize {
        TEXT_OCTETS_MAX.saturating_sub(self.text_octets)
    }
}

/// The most characters of what is told about a problem: a line of a log.
const TOLD_CHARACTERS_MAX: usize = 200;

impl Problem {
    /// What is told about the problem where operators read it: its text, without characters that
    /// could pass for something else in a log, and cut off after 200 characters. Patterns and
    /// names in it are a stranger's.
    pub fn told(&self) -> String {
        let said = self.to_string();
        let escaped = said.chars().flat_map(char::escape_debug);
        escaped.take(TOLD_CHARACTERS_MAX).collect()
    }
}

/// Carries out templates, one after the other.
///
/// No template at all means that there is no such identifier.
///
/// # Errors
/// Why they cannot be carried out; to the asker, the identifier does not exist.
pub fn evaluate(
    templates: &[Template],
    asked: &Asked<'_>,
    fetched: &Fetched,
    work: &mut Work,
) -> Result<Computed, Problem> {
    if templates.is_empty() {
        return Ok(Computed::NotFound);
    }
    let mut evaluation = Evaluation::new(asked, fetched, work);
    let mut made = Made::default();
    for template in templates {
        match evaluation.run(&template.instructions, &mut made) {
            Ok(()) => (),
            Err(Stop::NotFound) => return Ok(Computed::NotFound),
            Err(Stop::Needs(reference)) => return Ok(Computed::Needs(reference)),
            Err(Stop::Problem(problem)) => return Err(problem),
        }
    }
    Ok(Computed::Values(made.values))
}

/// Why an evaluation ends early.
enum Stop {
    NotFound,
    Needs(TemplateReference),
    Problem(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Values that have been made, no two with one index.
#[derive(Default)]
struct Made {
    values: Vec<Value>,
    /// The indexes that are taken, as runs without a gap: the first of each, and the one after its
    /// last. Counting up to a free one would be two million looks for a full record.
    taken: BTreeMap<u32, u32>,
}

impl Made {
    /// Adds a value at the next free index from its own on; none is left only if somebody asks
    /// for the very last ones.
    fn add(&mut self, mut value: Value) -> Result<(), Stop> {
        let index = self.free(value.index.max(1));
        if index <= i32::MAX.unsigned_abs() {
            limit("values", self.values.len() + 1, VALUES_COUNT_MAX)?;
            self.take(index);
            value.index = index;
            self.values.push(value);
        }
        Ok(())
    }

    fn free(&self, from: u32) -> u32 {
        let run = self.taken.range(..=from).next_back();
        run.map_or(from, |(_, &after)| after.max(from))
    }

    /// Enters a free index, and joins the runs that it lies between.
    fn take(&mut self, index: u32) {
        let after = self.taken.remove(&(index + 1)).unwrap_or(index + 1);
        let before = self.taken.range(..index).next_back();
        let joined = before.filter(|&(_, &end)| end == index);
        let first = joined.map_or(index, |(&first, _)| first);
        self.taken.insert(first, after);
    }
}

/// The state of one evaluation.
struct Evaluation<'a> {
    asked: &'a Asked<'a>,
    fetched: &'a Fetched,
    work: &'a mut Work,
    parameters: BTreeMap<String, Parameter>,
    /// The value of the base that `<foreach>` is at.
    each: Option<&'a Value>,
    templates_depth: usize,
}

impl<'a> Evaluation<'a> {
    fn new(asked: &'a Asked<'a>, fetched: &'a Fetched, work: &'a mut Work) -> Self {
        let parameter = |(name, text): (&str, &str)| (name.to_owned(), Parameter::new(text));
        let parameters = [
            ("handle", asked.identifier),
            ("base", asked.base),
            ("extension", asked.extension),
        ];
        Self {
            asked,
            fetched,
            work,
            parameters: parameters.map(parameter).into(),
            each: None,
            templates_depth: 0,
        }
    }

    fn run(&mut self, instructions: &[Instruction], made: &mut Made) -> Result<(), Stop> {
        for instruction in instructions {
            self.work.count_steps(1)?;
            match instruction {
                Instruction::Value(pattern) => self.value(pattern, made)?,
                Instruction::If(condition, inside) => {
                    self.branch(condition, condition.negate, inside, made)?;
                }
                Instruction::Else(condition, inside) => {
                    self.branch(condition, !condition.negate, inside, made)?;
                }
                Instruction::ForEach(inside) => self.for_each(inside, made)?,
                Instruction::Definition(name, inside) => self.define(name, inside)?,
                Instruction::NotFound => return Err(Stop::NotFound),
                Instruction::Template(reference) => self.template(reference, made)?,
            }
        }
        Ok(())
    }

    /// Does what is inside if the test comes out as wanted. Meanwhile the tested text and its
    /// groups are a parameter.
    fn branch(
        &mut self,
        condition: &Condition,
        unwanted: bool,
        inside: &[Instruction],
        made: &mut Made,
    ) -> Result<(), Stop> {
        let text = self.text_of(&condition.value);
        let names = condition.value.len() + condition.parameter.len();
        self.work.count_octets(names + text.len())?;
        let groups = match condition.test {
            Test::Equals => (text == condition.expression).then(Vec::new),
            Test::Matches => {
                let looks = pattern::looks(&condition.expression, &text);
                self.work.count_steps(PATTERN_STEPS + looks)?;
                self.work.patterns.groups(&condition.expression, &text)?
            }
        };
        if groups.is_some() == unwanted {
            return Ok(());
        }
        let groups = groups.unwrap_or_default();
        self.work
            .count_octets(groups.iter().map(String::len).sum())?;
        let parameter = Parameter { text, groups };
        let name = &condition.parameter;
        let before = self.parameters.insert(name.clone(), parameter);
        let done = self.run(inside, made);
        self.restore(name, before);
        done
    }

    /// Does what is inside for each value of the base. Inside of itself it does nothing.
    fn for_each(&mut self, inside: &[Instruction], made: &mut Made) -> Result<(), Stop> {
        if self.each.is_some() {
            return Ok(());
        }
        let names = ["index", "type", "data"];
        let before = names.map(|name| self.parameters.remove(name));
        for value in self.asked.base_values {
            self.each = Some(value);
            self.bind_value(value)?;
            self.run(inside, made)?;
        }
        self.each = None;
        for (name, before) in names.into_iter().zip(before) {
            self.restore(name, before);
        }
        Ok(())
    }

    fn bind_value(&mut self, value: &Value) -> Result<(), Stop> {
        self.work.count_octets(value.data.len())?;
        let data = String::from_utf8_lossy(&value.data);
        for (name, text) in [
            ("index", value.index.to_string().as_str()),
            ("type", &value.value_type.to_string()),
            ("data", &data),
        ] {
            self.parameters
                .insert(name.to_owned(), Parameter::new(text));
        }
        Ok(())
    }

    /// Gives a parameter the data of the first value that is made inside; empty if none is.
    fn define(&mut self, name: &str, inside: &[Instruction]) -> Result<(), Stop> {
        let mut made = Made::default();
        self.run(inside, &mut made)?;
        let data = made.values.first().map(|value| &value.data[..]);
        let data = data.unwrap_or_default();
        self.work.count_octets(name.len() + data.len())?;
        let parameter = Parameter::new(&String::from_utf8_lossy(data));
        self.parameters.insert(name.to_owned(), parameter);
        Ok(())
    }

    fn template(&mut self, reference: &TemplateReference, made: &mut Made) -> Result<(), Stop> {
        if self.templates_depth >= TEMPLATES_DEPTH_MAX {
            return Err(Problem::TooDeep.into());
        }
        let Some(template) = self.fetched.0.get(reference) else {
            return Err(Stop::Needs(reference.clone()));
        };
        self.templates_depth += 1;
        let done = self.run(&template.instructions, made);
        self.templates_depth -= 1;
        done
    }

    /// Makes a value. For a value of the base, what is not said is inherited; elsewhere type and
    /// data must be said, and values are numbered from 1.
    fn value(&mut self, pattern: &ValuePattern, made: &mut Made) -> Result<(), Stop> {
        let value_type = self.fill(pattern.value_type.as_deref())?.map(Bytes::from);
        let data = match &pattern.data {
            Some(Content::Text(text)) => self.fill(Some(text))?,
            Some(Content::Xml(text)) => Some(self.fill_with(text, xml::escaped)?),
            None => None,
        };
        let data = data.map(Bytes::from);
        match (self.each, value_type, data) {
            (Some(base), value_type, data) => {
                let index = self.fill(pattern.index.as_deref())?;
                let index = index.and_then(|index| index.trim().parse().ok());
                // Data that is inherited is shared; references are copied.
                self.work.count_octets(size_of_val(&base.references[..]))?;
                made.add(Value {
                    index: index.unwrap_or(base.index),
                    value_type: value_type.map_or(base.value_type.clone(), ValueType::new),
                    data: data.unwrap_or_else(|| base.data.clone()),
                    ..base.clone()
                })
            }
            (None, Some(value_type), Some(data)) => made.add(Value {
                timestamp: self.asked.now.0,
                ..Value::public(1, value_type, data)
            }),
            (None, _, _) => Ok(()),
        }
    }

    fn fill(&mut self, text: Option<&str>) -> Result<Option<String>, Stop> {
        text.map(|text| self.fill_with(text, ToOwned::to_owned))
            .transpose()
    }

    fn fill_with(&mut self, text: &str, print: impl Fn(&str) -> String) -> Result<String, Stop> {
        let left = self.work.octets_left();
        let filled = replaced(text, &self.parameters, left, print);
        // What is long and comes to nothing has been read all the same.
        self.work.count_octets(text.len().max(filled.len()))?;
        Ok(filled)
    }

    fn text_of(&self, name: &str) -> String {
        let parameter = self.parameters.get(name);
        parameter.map_or_else(String::new, |parameter| parameter.text.clone())
    }

    fn restore(&mut self, name: &str, before: Option<Parameter>) {
        match before {
            Some(before) => self.parameters.insert(name.to_owned(), before),
            None => self.parameters.remove(name),
        };
    }
}

fn limit(what: &'static str, counted: usize, limit: usize) -> Result<(), Problem> {
    if counted > limit {
        return Err(Problem::Limit { what, limit });
    }
    Ok(())
}
