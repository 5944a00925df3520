//! Is whatever is left of a total told of too few?

use super::super::{Behind, Rule, Shown, Tables};
use crate::Error;
use codes::Number;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Figures of one total, by who is behind them: of each the numbers and what is theirs.
fn one_sum(of: &[&[(usize, i32)]]) -> Result<Tables, Error> {
    let mut tables = Tables::default();
    let mut contributors = vec![of.concat()];
    contributors.extend(of.iter().map(|of| of.to_vec()));
    let number = |(who, number): (usize, i32)| (who, Number::from(number));
    let contributors = contributors.into_iter();
    let contributors: Vec<Vec<_>> = contributors
        .map(|of| of.into_iter().map(number).collect())
        .collect();
    for of in &contributors {
        let value = Number::sum(of.iter().map(|(_, number)| *number))?;
        tables.cell(value, Rule::default().behind(of)?)?;
    }
    tables.sum(0, &(1..contributors.len()).collect::<Vec<_>>())?;
    tables.with_contributors(Rule::default(), contributors)
}

#[test]
fn two_behind_two_figures_learn_nothing_from_their_sum() {
    let hidden = |tables: &Tables| {
        let shown = tables.protect().unwrap();
        let hidden = (0..shown.len()).filter(|at| shown[*at] != Shown::Yes);
        hidden.collect::<Vec<_>>()
    };
    let [many, more] = [&[(5, 6), (6, 6), (7, 6)], &[(5, 7), (6, 7), (7, 7)]];
    // One each, whom the sum of both tells of the other.
    let lone = one_sum(&[&[(1, 5)], &[(2, 7)], many, more]).unwrap();
    assert_eq!(hidden(&lone), [1, 2, 3]);
    // The same two behind both: neither figure follows, but their sum does.
    let twice = one_sum(&[&[(1, 3), (2, 2)], &[(1, 4), (2, 3)], many, more]).unwrap();
    assert_eq!(hidden(&twice), [1, 2, 3]);
    let blind = Tables {
        contributors: None,
        ..twice
    };
    assert_eq!(hidden(&blind), [1, 2]);
    // With a third behind one of them the sum is anybody's.
    let three = one_sum(&[&[(1, 3), (2, 2)], &[(1, 4), (3, 3)], many, more]).unwrap();
    assert_eq!(hidden(&three), [1, 2]);
    // And what is published does not help.
    let mut known = one_sum(&[&[(1, 3), (2, 2)], &[(1, 4), (2, 3)], many]).unwrap();
    known.cells[0].behind = Behind::Published;
    assert_eq!(hidden(&known), [1, 2, 3]);
    known.cells[3].behind = Behind::Published;
    assert!(matches!(known.protect(), Err(Error::Unprotected { .. })));
    let blind = || Tables {
        contributors: None,
        ..known.clone()
    };
    let wrong = blind().with_contributors(Rule::default(), vec![]);
    assert!(matches!(wrong, Err(Error::Count { .. })));
    let wrong = blind().with_contributors(Rule::default(), vec![vec![]; 4]);
    assert!(matches!(wrong, Err(Error::Parts { .. })));
}

/// Who is behind a figure, and what is theirs.
type Whose = BTreeMap<usize, i32>;

fn together<'a>(of: impl IntoIterator<Item = &'a Whose>) -> Whose {
    let mut all = Whose::new();
    for (who, number) in of.into_iter().flatten() {
        *all.entry(*who).or_default() += number;
    }
    all
}

/// Three lines of three figures with all totals, row by row.
fn whose_with_totals(inner: &[Whose]) -> Vec<Whose> {
    let mut all = Vec::new();
    for row in 0..4 {
        for column in 0..4 {
            let is_of = |at: &usize| {
                let [of_row, of_column] = [at / 3, at % 3];
                (row == 3 || of_row == row) && (column == 3 || of_column == column)
            };
            let parts = (0..9).filter(is_of).map(|at| &inner[at]);
            all.push(together(parts));
        }
    }
    all
}

fn numbers(of: &Whose) -> Vec<(usize, Number)> {
    of.iter()
        .map(|(who, number)| (*who, (*number).into()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Of every total that is shown, less the parts that are shown, there are enough behind.
    #[test]
    fn what_is_left_of_a_total_tells_of_nobody(
        inner in prop::collection::vec(prop::collection::btree_map(0..7_usize, 1..9_i32, 0..5), 9),
    ) {
        let rule = Rule::default();
        let whose = whose_with_totals(&inner);
        let cell = |row: usize, column: usize| {
            let of = numbers(&whose[row * 4 + column]);
            let value = Number::sum(of.iter().map(|(_, number)| *number)).unwrap();
            (value, rule.behind(&of).unwrap())
        };
        let tables = Tables::grid(3, 3, cell).unwrap();
        let contributors = whose.iter().map(numbers).collect();
        let shown = tables.with_contributors(rule, contributors).unwrap().protect();
        let shown = shown.unwrap();
        for line in 0..4 {
            let ways: [fn(usize, usize) -> usize; 2] =
                [|line, at| line * 4 + at, |line, at| at * 4 + line];
            for of in ways {
                let hidden = (0..3).map(|at| of(line, at)).filter(|at| shown[*at] != Shown::Yes);
                let left = together(hidden.map(|at| &whose[at]));
                let left: Vec<Number> = left.into_values().map(Into::into).collect();
                let is_known = shown[of(line, 3)] == Shown::Yes;
                prop_assert!(!is_known || !rule.is_sensitive(&left).unwrap(), "{:?}", shown);
            }
        }
    }
}
