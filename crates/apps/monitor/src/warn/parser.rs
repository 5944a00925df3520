//! Reads expressions: which words mean what, what binds tighter, and what is too much.
//!
//! ```text
//! condition  = both { "or" both }            both     = single { "and" single }
//! single     = "not" single | sum [ comparison sum ]
//! sum        = product { ("+" | "-") product }
//! product    = unary { ("*" | "/") unary }   unary    = "-" unary | atom
//! atom       = number | threshold | "(" condition ")" | word "(" arguments ")"
//! ```
//!
//! | word | arguments | gives |
//! | --- | --- | --- |
//! | `value`, `cumulative` | indicator, unit | quantity |
//! | `yoy`, `mom` | indicator | quantity, in per cent |
//! | `pull` | indicator | quantity, in points |
//! | `avg`, `sum`, `max`, `min` | quantity, periods | quantity |
//! | `prev` | quantity, periods | quantity |
//! | `abs` | quantity | quantity |
//! | `missing` | quantity | condition |
//! | `consecutive` | condition, periods | condition |
//!
//! Not here: the other clauses of a rule (`clauses`).

use super::complaint::{Complaint, Place};
use super::expression::{Comparison, Condition, Gathered, Operator, Quantity, Reference, Told};
use super::token::{Kind, Token};
use codes::{Number, Unit};

/// How deep parentheses and functions may lie in each other.
const DEPTH_MAX: usize = 32;

/// The most parts of one expression; it bounds how deep evaluation goes.
const PARTS_MAX: usize = 400;

/// The longest window, in periods: a year of days.
pub(super) const WINDOW_MAX: u16 = 366;

/// Tokens, and how far they have been read.
pub(super) struct Cursor {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    parts: usize,
}

/// What an expression turns out to be.
enum Typed {
    Quantity(Quantity),
    Condition(Condition),
}

impl Typed {
    fn names(&self) -> [&'static str; 2] {
        match self {
            Self::Quantity(_) => ["a quantity", "一个数值"],
            Self::Condition(_) => ["a condition", "一个条件"],
        }
    }

    fn quantity(self, place: Place) -> Result<Quantity, Complaint> {
        match self {
            Self::Quantity(quantity) => Ok(quantity),
            Self::Condition(_) => Err(self.is_no(place, ["a quantity", "数值"])),
        }
    }

    fn condition(self, place: Place) -> Result<Condition, Complaint> {
        match self {
            Self::Condition(condition) => Ok(condition),
            Self::Quantity(_) => {
                Err(self.is_no(place, ["a condition, as in 'a < 1'", "条件，例如 a < 1"]))
            }
        }
    }

    fn is_no(&self, place: Place, expected: [&str; 2]) -> Complaint {
        let [english, chinese] = self.names();
        Complaint::at(
            place,
            format!("this is {english}, expected {}", expected[0]),
            format!("此处是{chinese}，应为{}", expected[1]),
        )
    }
}

impl Cursor {
    /// Begins with the first token; the last must be the end.
    pub(super) fn new(tokens: Vec<Token>) -> Self {
        Self {
            tokens,
            at: 0,
            depth: 0,
            parts: 0,
        }
    }

    /// The next token, without taking it. There is always one: nobody goes past the end.
    pub(super) fn peek(&self) -> &Token {
        let last = self.tokens.len() - 1;
        &self.tokens[self.at.min(last)]
    }

    /// Takes the next token.
    pub(super) fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    /// Where the next token is.
    pub(super) fn place(&self) -> Place {
        self.peek().place
    }

    /// Takes a word if it is the next token.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is_next = matches!(&self.peek().kind, Kind::Word(found) if found == word);
        self.at += usize::from(is_next);
        is_next
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek().kind, Kind::Sign(found) if found == sign);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes a sign that must be there.
    pub(super) fn need_sign(&mut self, sign: &'static str) -> Result<(), Complaint> {
        if self.take_sign(sign) {
            return Ok(());
        }
        let quoted = format!("'{sign}'");
        Err(self.expected([&quoted, &quoted]))
    }

    /// What to say of the next token.
    pub(super) fn expected(&self, expected: [&str; 2]) -> Complaint {
        let token = self.peek();
        Complaint::expected(token.place, &token.to_string(), expected)
    }

    /// Takes a word or a text.
    pub(super) fn need_name(&mut self, expected: [&str; 2]) -> Result<String, Complaint> {
        match &self.peek().kind {
            Kind::Word(name) | Kind::Text(name) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.expected(expected)),
        }
    }

    /// Takes a number, which may have a sign.
    pub(super) fn need_number(&mut self) -> Result<Number, Complaint> {
        let is_negative = self.take_sign("-");
        let Kind::Number(number) = self.peek().kind else {
            return Err(self.expected(["a number", "数字"]));
        };
        self.at += 1;
        if is_negative {
            return Ok(negated(number));
        }
        Ok(number)
    }

    /// Takes a count of periods or days from 1 to a limit.
    pub(super) fn need_count(&mut self, max: u16) -> Result<u16, Complaint> {
        let place = self.place();
        let Kind::Number(number) = self.peek().kind else {
            return Err(self.expected(["a count, such as 3", "期数，例如 3"]));
        };
        self.at += 1;
        let whole = (number.places() == 0).then(|| u16::try_from(number.mantissa()).ok());
        let fits = whole.flatten().filter(|count| (1..=max).contains(count));
        fits.ok_or_else(|| {
            Complaint::at(
                place,
                format!("the count must be a whole number from 1 to {max}"),
                format!("期数须为 1 到 {max} 的整数"),
            )
        })
    }

    /// Reads a condition over the thresholds that are known so far.
    pub(super) fn condition(&mut self, thresholds: &[String]) -> Result<Condition, Complaint> {
        self.parts = 0;
        let place = self.place();
        self.either(thresholds)?.condition(place)
    }

    fn either(&mut self, thresholds: &[String]) -> Result<Typed, Complaint> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Complaint::at(
                self.place(),
                format!("parentheses lie in each other more than {DEPTH_MAX} deep"),
                format!("括号嵌套超过 {DEPTH_MAX} 层"),
            ));
        }
        let place = self.place();
        let mut one = self.both(thresholds)?;
        while self.take_word("or") {
            let other = self.place();
            let two = [
                one.condition(place)?,
                self.both(thresholds)?.condition(other)?,
            ];
            one = Typed::Condition(Condition::Either(Box::new(two)));
        }
        self.depth -= 1;
        Ok(one)
    }

    fn both(&mut self, thresholds: &[String]) -> Result<Typed, Complaint> {
        let place = self.place();
        let mut one = self.single(thresholds)?;
        while self.take_word("and") {
            let other = self.place();
            let two = [
                one.condition(place)?,
                self.single(thresholds)?.condition(other)?,
            ];
            one = Typed::Condition(Condition::Both(Box::new(two)));
        }
        Ok(one)
    }

    fn single(&mut self, thresholds: &[String]) -> Result<Typed, Complaint> {
        let mut is_negated = false;
        while self.take_word("not") {
            is_negated = !is_negated;
            self.count_part()?;
            // Twice is not at all, but only of a condition.
            if !is_negated {
                let place = self.place();
                let inner = self.single(thresholds)?.condition(place)?;
                return Ok(Typed::Condition(inner));
            }
        }
        let place = self.place();
        let compared = self.compared(thresholds)?;
        if is_negated {
            let inner = compared.condition(place)?;
            return Ok(Typed::Condition(Condition::Not(Box::new(inner))));
        }
        Ok(compared)
    }

    fn compared(&mut self, thresholds: &[String]) -> Result<Typed, Complaint> {
        let place = self.place();
        let one = self.sum(thresholds)?;
        let Some(comparison) = self.comparison() else {
            return Ok(one);
        };
        let other = self.place();
        let two = [one.quantity(place)?, self.sum(thresholds)?.quantity(other)?];
        if self.comparison().is_some() {
            self.at -= 1;
            return Err(self.expected([
                "'and' or the end of the condition; compare two quantities at a time",
                "“and”或条件结尾；一次只能比较两个数值",
            ]));
        }
        Ok(Typed::Condition(Condition::Compared(
            comparison,
            Box::new(two),
        )))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let Kind::Sign(sign) = self.peek().kind else {
            return None;
        };
        let comparison = match sign {
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            "=" => Comparison::Equal,
            "!=" => Comparison::NotEqual,
            _ => return None,
        };
        self.at += 1;
        Some(comparison)
    }

    fn sum(&mut self, thresholds: &[String]) -> Result<Typed, Complaint> {
        let signs = [("+", Operator::Plus), ("-", Operator::Minus)];
        self.chain(thresholds, signs, Self::product)
    }

    fn product(&mut self, thresholds: &[String]) -> Result<Typed, Complaint> {
        let signs = [("*", Operator::Times), ("/", Operator::By)];
        self.chain(thresholds, signs, Self::unary)
    }

    fn chain(
        &mut self,
        thresholds: &[String],
        signs: [(&str, Operator); 2],
        part: fn(&mut Self, &[String]) -> Result<Typed, Complaint>,
    ) -> Result<Typed, Complaint> {
        let place = self.place();
        let mut one = part(self, thresholds)?;
        loop {
            let sign_place = self.place();
            let taken = signs.iter().find(|(sign, _)| self.take_sign(sign));
            let Some((_, operator)) = taken else {
                return Ok(one);
            };
            let other = self.place();
            let two = [
                one.quantity(place)?,
                part(self, thresholds)?.quantity(other)?,
            ];
            one = Typed::Quantity(Quantity::Two(*operator, Box::new(two), sign_place));
        }
    }

    fn unary(&mut self, thresholds: &[String]) -> Result<Typed, Complaint> {
        let mut is_negated = false;
        let mut has_sign = false;
        while self.take_sign("-") {
            self.count_part()?;
            is_negated = !is_negated;
            has_sign = true;
        }
        let place = self.place();
        let inner = self.atom(thresholds)?;
        if !has_sign {
            return Ok(inner);
        }
        let inner = inner.quantity(place)?;
        Ok(Typed::Quantity(if is_negated {
            Quantity::Negated(Box::new(inner))
        } else {
            inner
        }))
    }

    fn atom(&mut self, thresholds: &[String]) -> Result<Typed, Complaint> {
        self.count_part()?;
        if self.take_sign("(") {
            let inner = self.either(thresholds)?;
            self.need_sign(")")?;
            return Ok(inner);
        }
        match self.peek().kind.clone() {
            Kind::Number(number) => {
                self.at += 1;
                Ok(Typed::Quantity(Quantity::Constant(number)))
            }
            Kind::Word(word) => {
                let place = self.place();
                self.at += 1;
                if self.take_sign("(") {
                    return self.function(&word, place, thresholds);
                }
                let at = thresholds.iter().position(|name| *name == word);
                let at = at.ok_or_else(|| unknown_name(place, &word))?;
                Ok(Typed::Quantity(Quantity::Threshold(at)))
            }
            _ => Err(self.expected([
                "a number, a threshold, a function or '('",
                "数字、阈值名、函数或“(”",
            ])),
        }
    }

    /// What follows a word and its opening parenthesis.
    fn function(
        &mut self,
        word: &str,
        place: Place,
        thresholds: &[String],
    ) -> Result<Typed, Complaint> {
        if let Some(told) = Told::ALL.into_iter().find(|told| told.name() == word) {
            return Ok(Typed::Quantity(Quantity::Figure(self.reference(told)?)));
        }
        let gathered = match word {
            "avg" => Some(Gathered::Average),
            "sum" => Some(Gathered::Sum),
            "max" => Some(Gathered::Greatest),
            "min" => Some(Gathered::Least),
            "prev" | "abs" | "missing" | "consecutive" => None,
            _ => return Err(unknown_function(place, word)),
        };
        let inner_place = self.place();
        let inner = self.either(thresholds)?;
        let made = match word {
            "abs" => Typed::Quantity(Quantity::Absolute(Box::new(inner.quantity(inner_place)?))),
            "missing" => {
                Typed::Condition(Condition::Missing(Box::new(inner.quantity(inner_place)?)))
            }
            "consecutive" => {
                let inner = Box::new(inner.condition(inner_place)?);
                Typed::Condition(Condition::Consecutive(inner, self.periods()?))
            }
            _ => {
                let inner = Box::new(inner.quantity(inner_place)?);
                let periods = self.periods()?;
                Typed::Quantity(match gathered {
                    Some(gathered) => Quantity::Window(gathered, inner, periods, place),
                    None => Quantity::Before(inner, periods),
                })
            }
        };
        self.need_sign(")")?;
        Ok(made)
    }

    fn periods(&mut self) -> Result<u16, Complaint> {
        self.need_sign(",")?;
        self.need_count(WINDOW_MAX)
    }

    /// The arguments of a figure, up to its closing parenthesis.
    fn reference(&mut self, told: Told) -> Result<Reference, Complaint> {
        let place = self.place();
        let name = self.need_name(["the code of an indicator", "指标代码"])?;
        let indicator = name.parse().map_err(|error| {
            Complaint::at(
                place,
                format!("'{name}' is no code of an indicator: {error}"),
                format!("“{name}”不是指标代码：只能有 1 到 64 个字母、数字、点、连字符和下划线"),
            )
        })?;
        let unit = if told.has_unit() {
            if !self.take_sign(",") {
                return Err(self.expected([
                    "',' and a unit, for figures may be told in several, as in value(stock, t)",
                    "“,”和计量单位（同一指标可能以不同单位上报），例如 value(stock, 吨)",
                ]));
            }
            self.unit()?
        } else if told == Told::Pull {
            Unit::POINT
        } else {
            Unit::PER_CENT
        };
        self.need_sign(")")?;
        Ok(Reference {
            indicator,
            told,
            unit,
        })
    }

    fn unit(&mut self) -> Result<Unit, Complaint> {
        let place = self.place();
        let name = match &self.peek().kind {
            // The unit of parts of a whole is written 1.
            Kind::Number(number) => {
                let name = number.to_string();
                self.at += 1;
                name
            }
            _ => self.need_name(["a unit", "计量单位"])?,
        };
        name.parse().map_err(|_| {
            Complaint::at(
                place,
                format!("there is no unit '{name}'; write one such as t, \"10k yuan\", \"%\" or d"),
                format!("没有计量单位“{name}”，例如 吨、万元、\"%\"、天"),
            )
        })
    }

    fn count_part(&mut self) -> Result<(), Complaint> {
        self.parts += 1;
        if self.parts <= PARTS_MAX {
            return Ok(());
        }
        Err(Complaint::at(
            self.place(),
            format!("the condition has more than {PARTS_MAX} parts"),
            format!("条件过长，超过 {PARTS_MAX} 个组成部分"),
        ))
    }
}

/// The number with the other sign: it has as many digits.
fn negated(number: Number) -> Number {
    Number::ZERO.minus(number).unwrap_or(number)
}

fn unknown_name(place: Place, word: &str) -> Complaint {
    let hint = if word.contains('-') {
        [
            "; to subtract, put spaces around '-'",
            "；如要相减，请在“-”两侧加空格",
        ]
    } else {
        [
            "; figures are written as value(indicator, unit)",
            "；引用数据请写 value(指标, 单位)",
        ]
    };
    Complaint::at(
        place,
        format!("there is no threshold '{word}' above{}", hint[0]),
        format!("前面没有定义阈值“{word}”{}", hint[1]),
    )
}

fn unknown_function(place: Place, word: &str) -> Complaint {
    const KNOWN: &str =
        "value, cumulative, yoy, mom, pull, avg, sum, max, min, prev, abs, missing, consecutive";
    Complaint::at(
        place,
        format!("there is no function '{word}'; there are {KNOWN}"),
        format!("没有函数“{word}”；可用函数：{KNOWN}"),
    )
}
