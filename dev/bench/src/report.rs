//! What a benchmark found: figures for programs, aligned lines for people.

use crate::failure::Failure;
use crate::layout::{align, number};
use crate::machine::Machine;
use crate::statistics::Spread;
use serde::Serialize;
use std::fmt::{self, Display};

/// What one benchmark found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The benchmark.
    pub(crate) name: &'static str,
    /// What was measured, with its sizes, in one line.
    pub(crate) what: String,
    /// The figures, in the order they are shown.
    pub(crate) figures: Figures,
    /// What a reader must know before believing them.
    pub(crate) notes: Vec<String>,
}

/// Figures by name, in the order they were first added.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Figures(Vec<Figure>);

/// One figure, measured once or in several rounds.
#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    unit: &'static str,
    #[serde(flatten)]
    spread: Spread,
    rounds: Vec<f64>,
}

impl Figures {
    /// Adds a measurement to the figure of this name.
    pub(crate) fn add(&mut self, name: impl Into<String>, unit: &'static str, measured: f64) {
        let name = name.into();
        let at = self.0.iter().position(|figure| figure.name == name);
        let mut rounds = at.map_or_else(Vec::new, |at| std::mem::take(&mut self.0[at].rounds));
        rounds.push(measured);
        let figure = Figure {
            name,
            unit,
            spread: Spread::of(&rounds).expect("one has just been added"),
            rounds,
        };
        match at {
            Some(at) => self.0[at] = figure,
            None => self.0.push(figure),
        }
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let heading = ["", "", "median", "min", "max"];
        let heading = heading.map(str::to_owned).to_vec();
        [heading]
            .into_iter()
            .chain(self.0.iter().map(Figure::row))
            .collect()
    }
}

impl Figure {
    /// What was measured once has no least and greatest.
    fn row(&self) -> Vec<String> {
        let Spread { min, median, max } = self.spread;
        let mut row = vec![self.name.clone(), self.unit.to_owned(), number(median)];
        if self.rounds.len() > 1 {
            row.extend([number(min), number(max)]);
        }
        row
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.what)?;
        for line in align(&self.figures.rows()) {
            writeln!(f, "{line}")?;
        }
        self.notes
            .iter()
            .try_for_each(|note| writeln!(f, "note: {note}"))
    }
}

/// All reports as one JSON object.
pub(crate) fn json(machine: &Machine, reports: &[Report]) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct All<'a> {
        machine: &'a Machine,
        reports: &'a [Report],
    }
    Ok(serde_json::to_string_pretty(&All { machine, reports })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut figures = Figures::default();
        for echo in [3000.0, 1000.0, 2000.0] {
            figures.add("echo", "1/s", echo);
            figures.add("ratio", "", echo / 4000.0);
        }
        figures.add("start", "ms", 7.0);
        Report {
            name: "sample",
            what: "3 rounds".into(),
            figures,
            notes: vec!["one core".into()],
        }
    }

    #[test]
    fn people_see_aligned_lines() {
        let expected = "\
sample: 3 rounds
            median    min    max
echo   1/s   2,000  1,000  3,000
ratio         0.50   0.25   0.75
start  ms     7.00
note: one core
";
        assert_eq!(report().to_string(), expected);
    }

    #[test]
    fn programs_see_every_round() {
        let found = serde_json::to_value(report()).expect("it has plain fields");
        let expected = serde_json::json!({
            "name": "echo", "unit": "1/s",
            "min": 1000.0, "median": 2000.0, "max": 3000.0,
            "rounds": [3000.0, 1000.0, 2000.0],
        });
        assert_eq!(found["figures"][0], expected);
        assert_eq!(found["notes"][0], "one core");
    }
}
