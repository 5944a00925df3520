//! Tables of states: which message leads from where to where, who may send it, how long the next
//! step may take, and when a lamp comes on.
//!
//! Not here: any one case.

use crate::fields::check_text;
use crate::{Error, Instant};
use codes::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The most rows of a table.
const MOVES_MAX: usize = 200;

/// The longest name of a state, a message or a role, in octets.
const NAME_OCTETS_MAX: usize = 64;

/// The columns of a table in CSV.
const COLUMNS: [&str; 5] = ["from", "message", "to", "role", "days"];

/// A row of a table: what leads from one state to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The state before.
    pub from: String,
    /// What must be said.
    pub message: String,
    /// The state after.
    pub to: String,
    /// As whom it must be said.
    pub role: String,
    /// How many days the next step may take.
    pub days: Option<u16>,
}

impl Move {
    /// Until when the next step is to be taken; `None` if the row does not say.
    pub fn due(&self, at: Instant) -> Option<Date> {
        after(at, self.days)
    }
}

fn after(at: Instant, days: Option<u16>) -> Option<Date> {
    at.day_in_china()?.plus_days(days?.into())
}

/// Says how late something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lamp {
    /// It is in time.
    Off,
    /// Blue: soon.
    Blue,
    /// Yellow: late.
    Yellow,
    /// Red: very late.
    Red,
}

/// How many days after the day due each lamp comes on; before it if negative. They are the user's
/// to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lamps {
    /// Days until blue.
    pub blue: i32,
    /// Days until yellow, not fewer.
    pub yellow: i32,
    /// Days until red, not fewer.
    pub red: i32,
}

impl Lamps {
    /// The lamp of something that is due on a day.
    pub fn lamp(&self, due: Option<Date>, today: Date) -> Lamp {
        let Some(due) = due else {
            return Lamp::Off;
        };
        let late = i64::from(today.number()) - i64::from(due.number());
        let is_on = |days: i32| late >= days.into();
        match () {
            () if is_on(self.red) => Lamp::Red,
            () if is_on(self.yellow) => Lamp::Yellow,
            () if is_on(self.blue) => Lamp::Blue,
            () => Lamp::Off,
        }
    }
}

/// A table of states that is sound: every state can be reached, and from every state an end.
///
/// ```
/// use facts::case::{Lamps, Machine};
///
/// let table = "from,message,to,role,days\n\
///              reported,accept,open,bureau,2\n\
///              open,assign,helped,bureau,5\n\
///              helped,solve,solved,helper,3\n\
///              solved,confirm,closed,enterprise,\n\
///              solved,reject,open,enterprise,2\n";
/// let lamps = Lamps { blue: -1, yellow: 1, red: 8 };
/// let machine = Machine::read("bottleneck", 1, table, lamps)?;
/// assert_eq!(machine.start(), "reported");
/// assert!(machine.is_final("closed"));
/// # Ok::<(), facts::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    name: String,
    version: u16,
    moves: Vec<Move>,
    lamps: Lamps,
    days_at_start: Option<u16>,
}

impl Machine {
    /// A table of moves. The first row's state is the one that cases begin in.
    ///
    /// # Errors
    /// [`Error::Machine`] if it is not sound, [`Error::Text`], [`Error::Count`].
    pub fn new(name: &str, version: u16, moves: Vec<Move>, lamps: Lamps) -> Result<Self, Error> {
        let machine = Self {
            name: name.to_owned(),
            version,
            moves,
            lamps,
            days_at_start: None,
        };
        machine.check()?;
        Ok(machine)
    }

    /// Reads a table in CSV with the columns from, message, to, role and days (which may be empty).
    ///
    /// # Errors
    /// As of [`Machine::new`].
    pub fn read(name: &str, version: u16, csv: &str, lamps: Lamps) -> Result<Self, Error> {
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let wrong = |error: csv::Error| unsound(error.to_string());
        if reader.headers().map_err(wrong)? != COLUMNS.as_slice() {
            return Err(unsound(format!(
                "its columns must be {}",
                COLUMNS.join(",")
            )));
        }
        let rows = reader.records().take(MOVES_MAX + 1);
        let moves = rows.map(|row| read_move(&row.map_err(wrong)?));
        Self::new(name, version, moves.collect::<Result<_, _>>()?, lamps)
    }

    /// The same table, in which the first step may take so many days.
    #[must_use]
    pub fn with_days_at_start(self, days: u16) -> Self {
        Self {
            days_at_start: Some(days),
            ..self
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// The state that cases begin in.
    pub fn start(&self) -> &str {
        self.moves.first().map_or("", |first| &first.from)
    }

    /// Until when the first step is to be taken; `None` if the table does not say.
    pub fn due_at_start(&self, at: Instant) -> Option<Date> {
        after(at, self.days_at_start)
    }

    /// When its lamps come on.
    pub fn lamps(&self) -> Lamps {
        self.lamps
    }

    /// Whether no message leads on from a state.
    pub fn is_final(&self, state: &str) -> bool {
        !self.moves.iter().any(|row| row.from == state)
    }

    /// The rows that lead on from a state.
    pub fn moves_from<'m>(&'m self, state: &'m str) -> impl Iterator<Item = &'m Move> {
        self.moves.iter().filter(move |row| row.from == state)
    }

    /// The row by which a message leads on.
    ///
    /// # Errors
    /// [`Error::Message`], which says what would.
    pub fn take(&self, state: &str, message: &str, role: &str) -> Result<&Move, Error> {
        let fits = |row: &&Move| row.from == state && row.message == message && row.role == role;
        self.moves.iter().find(fits).ok_or_else(|| {
            let takes = |row: &Move| format!("'{}' from {}", row.message, row.role);
            let takes: Vec<_> = self.moves_from(state).map(takes).collect();
            let takes = if takes.is_empty() {
                "none, it is closed".into()
            } else {
                takes.join(", ")
            };
            Error::Message {
                state: state.to_owned(),
                message: message.to_owned(),
                role: role.to_owned(),
                expected: format!("it takes {takes}"),
            }
        })
    }

    fn check(&self) -> Result<(), Error> {
        let counted = self.moves.len();
        if !(1..=MOVES_MAX).contains(&counted) {
            return Err(Error::Count {
                what: "rows of a table of states",
                counted,
                expected: "1 to 200",
            });
        }
        if self.lamps.blue > self.lamps.yellow || self.lamps.yellow > self.lamps.red {
            return Err(unsound(
                "blue must come before yellow, and yellow before red",
            ));
        }
        check_text("the name of a table", &self.name, 1, NAME_OCTETS_MAX)?;
        let mut seen = BTreeSet::new();
        for row in &self.moves {
            for name in [&row.from, &row.message, &row.to, &row.role] {
                check_text("a name in a table of states", name, 1, NAME_OCTETS_MAX)?;
            }
            if !seen.insert((&row.from, &row.message, &row.role)) {
                let Move {
                    from,
                    message,
                    role,
                    ..
                } = row;
                return Err(unsound(format!(
                    "'{from}' takes '{message}' from {role} twice"
                )));
            }
        }
        self.check_ways()
    }

    /// From the start every state must be reached, and from every state an end.
    fn check_ways(&self) -> Result<(), Error> {
        let mut onward: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut back: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in &self.moves {
            onward.entry(&row.from).or_default().push(&row.to);
            back.entry(&row.to).or_default().push(&row.from);
        }
        let states: BTreeSet<&str> = onward.keys().chain(back.keys()).copied().collect();
        let ends = states
            .iter()
            .copied()
            .filter(|state| !onward.contains_key(state));
        let can_end = reached(ends, &back);
        let can_be = reached([self.start()], &onward);
        for state in states {
            if !can_be.contains(state) {
                return Err(unsound(format!("nothing leads to '{state}'")));
            }
            if !can_end.contains(state) {
                return Err(unsound(format!("from '{state}' there is no way to an end")));
            }
        }
        Ok(())
    }
}

fn reached<'s>(
    from: impl IntoIterator<Item = &'s str>,
    ways: &BTreeMap<&'s str, Vec<&'s str>>,
) -> BTreeSet<&'s str> {
    let mut open: Vec<_> = from.into_iter().collect();
    let mut reached = BTreeSet::new();
    while let Some(state) = open.pop() {
        if reached.insert(state) {
            open.extend(ways.get(state).into_iter().flatten());
        }
    }
    reached
}

fn read_move(row: &csv::StringRecord) -> Result<Move, Error> {
    let field = |at: usize| row.get(at).unwrap_or_default().trim().to_owned();
    let days = field(4);
    let days = match days.as_str() {
        "" => None,
        written => Some(written.parse().map_err(|_| {
            let line = row.position().map_or(0, csv::Position::line);
            unsound(format!(
                "line {line}: '{written}' is no count of days from 0 to 65535"
            ))
        })?),
    };
    Ok(Move {
        from: field(0),
        message: field(1),
        to: field(2),
        role: field(3),
        days,
    })
}

fn unsound(problem: impl Into<String>) -> Error {
    Error::Machine {
        problem: problem.into(),
    }
}
