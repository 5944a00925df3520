//! Can somebody who sees all that is shown recover what is hidden? Here he tries every figure that
//! could be there.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A table of small figures with its totals; the first rows are given, the rest are sums.
fn with_totals(inner: &[Vec<i32>]) -> Vec<Vec<i32>> {
    let mut table: Vec<Vec<i32>> = inner.to_vec();
    let columns = inner[0].len();
    let total = |column: usize| inner.iter().map(|row| row[column]).sum();
    table.push((0..columns).map(total).collect());
    for row in &mut table {
        row.push(row.iter().sum());
    }
    table
}

/// Places that are sensitive, and whether somebody is alone behind each.
type Sensitive = BTreeMap<(usize, usize), bool>;

fn few(places: &[(usize, usize)]) -> Sensitive {
    places.iter().map(|place| (*place, false)).collect()
}

fn grid(table: &[Vec<i32>], sensitive: &Sensitive) -> Tables {
    let [rows, columns] = [table.len() - 1, table[0].len() - 1];
    let cell = |row: usize, column: usize| {
        let behind = match sensitive.get(&(row, column)) {
            None => Behind::Enough,
            Some(false) => Behind::Few,
            Some(true) => Behind::One(row * 100 + column),
        };
        (table[row][column].into(), behind)
    };
    Tables::grid(rows, columns, cell).unwrap()
}

fn plain(tables: &mut Tables, value: i32, is_sensitive: bool) -> usize {
    let behind = if is_sensitive {
        Behind::Few
    } else {
        Behind::Enough
    };
    tables.cell(value.into(), behind).unwrap()
}

/// The attacker: all inner figures from 0 to `most` that agree with everything shown. Gives for
/// every figure of the table which values it takes in any of them.
fn possible(table: &[Vec<i32>], shown: &[Shown], most: i32) -> Vec<Vec<i32>> {
    let [rows, columns] = [table.len() - 1, table[0].len() - 1];
    let is_shown = |row: usize, column: usize| shown[row * (columns + 1) + column] == Shown::Yes;
    let mut possible = vec![Vec::new(); shown.len()];
    // The least a figure could be.
    let least = |row, column| {
        if is_shown(row, column) {
            table[row][column]
        } else {
            0
        }
    };
    let all_least = |row| (0..columns).map(|column| least(row, column)).collect();
    let mut guess: Vec<Vec<i32>> = (0..rows).map(all_least).collect();
    let mut at = 0;
    // Counts through all guesses; a figure that is shown has one.
    loop {
        let full = with_totals(&guess);
        let agrees = (0..=rows).all(|row| {
            (0..=columns)
                .all(|column| !is_shown(row, column) || full[row][column] == table[row][column])
        });
        if agrees {
            for (cell, value) in full.into_iter().flatten().enumerate() {
                if !possible[cell].contains(&value) {
                    possible[cell].push(value);
                }
            }
        }
        while at < rows * columns {
            let (row, column) = (at / columns, at % columns);
            if !is_shown(row, column) && guess[row][column] < most {
                guess[row][column] += 1;
                break;
            }
            guess[row][column] = least(row, column);
            at += 1;
        }
        if at == rows * columns {
            return possible;
        }
        at = 0;
    }
}

/// Nobody who sees what is shown, nor anybody who knows one figure besides that is his alone, can
/// tell a hidden figure; of figures that were hidden for others' sake the latter may.
fn check_safe(table: &[Vec<i32>], shown: &[Shown], sensitive: &Sensitive, most: i32) {
    for (cell, values) in possible(table, shown, most).iter().enumerate() {
        let is_hidden = shown[cell] != Shown::Yes;
        assert!(
            !is_hidden || values.len() > 1,
            "cell {cell} is {values:?}: {table:?} {shown:?}"
        );
    }
    for own in own(table, sensitive) {
        for (cell, values) in as_seen_by(own, table, shown, most).iter().enumerate() {
            let is_told = shown[cell] == Shown::Sensitive && cell != own && values.len() == 1;
            assert!(
                !is_told,
                "{own} knows that {cell} is {values:?}: {table:?} {shown:?}"
            );
        }
    }
}

/// The figures that somebody knows, because he is alone behind them.
fn own(table: &[Vec<i32>], sensitive: &Sensitive) -> Vec<usize> {
    let alone = sensitive.iter().filter(|(_, is_alone)| **is_alone);
    alone
        .map(|((row, column), _)| row * table[0].len() + column)
        .collect()
}

fn as_seen_by(own: usize, table: &[Vec<i32>], shown: &[Shown], most: i32) -> Vec<Vec<i32>> {
    let mut seen = shown.to_vec();
    seen[own] = Shown::Yes;
    possible(table, &seen, most)
}

#[test]
fn one_who_knows_his_own_learns_nobody_elses() {
    let table = with_totals(&[vec![5, 7, 9], vec![6, 8, 4], vec![3, 9, 8]]);
    let alone: Sensitive = [((0, 0), true), ((0, 1), true)].into();
    let protected = |sensitive: &Sensitive| grid(&table, sensitive).protect().unwrap();
    // For everybody else a square would do.
    let strangers = protected(&few(&[(0, 0), (0, 1)]));
    let count = |shown: &[Shown]| shown.iter().filter(|shown| **shown != Shown::Yes).count();
    assert_eq!(count(&strangers), 4, "{strangers:?}");
    let shown = protected(&alone);
    assert!(count(&shown) > 4, "{shown:?}");
    let tables = grid(&table, &alone);
    let hidden = |shown: &[Shown]| shown.iter().map(|of| *of != Shown::Yes).collect::<Vec<_>>();
    let told = |shown: &[Shown]| tables.recoverable(&hidden(shown)).unwrap();
    assert_eq!(told(&strangers).into_iter().collect::<Vec<_>>(), [0, 1]);
    assert!(told(&shown).is_empty());
    // What is one's own, in a place and in its total, is no secret from him.
    let lone = with_totals(&[vec![5, 0, 9], vec![6, 0, 4], vec![3, 2, 8]]);
    let tables = Tables::grid(3, 3, |row, column| {
        let is_his = column == 1 && row >= 2;
        let behind = if is_his {
            Behind::One(7)
        } else {
            Behind::Enough
        };
        (lone[row][column].into(), behind)
    });
    assert!(tables.unwrap().protect().is_ok());
}

#[test]
fn a_lone_figure_is_not_left_alone() {
    let table = with_totals(&[vec![2, 3, 1], vec![1, 2, 3]]);
    let tables = grid(&table, &few(&[(0, 1)]));
    // Hidden by itself it is the total less the others.
    let mut alone = vec![Shown::Yes; 12];
    alone[1] = Shown::Sensitive;
    assert_eq!(possible(&table, &alone, 4)[1], [3]);
    let shown = tables.protect().unwrap();
    check_safe(&table, &shown, &few(&[(0, 1)]), 4);
    let hidden = shown.iter().filter(|shown| **shown != Shown::Yes).count();
    assert_eq!(hidden, 4, "{shown:?}");
}

#[test]
fn zeros_are_protected_too() {
    let table = with_totals(&[vec![2, 0], vec![0, 0]]);
    // Its totals can be hidden with it, and then nobody can tell.
    let shown = grid(&table, &few(&[(0, 0)])).protect().unwrap();
    let hidden: Vec<_> = shown.iter().map(|shown| *shown != Shown::Yes).collect();
    assert_eq!(
        hidden,
        [true, false, true, false, false, false, true, false, true]
    );
    let mut tables = Tables::default();
    let total = plain(&mut tables, 2, false);
    let part = plain(&mut tables, 2, true);
    let zero = plain(&mut tables, 0, false);
    tables.sum(total, &[part, zero]).unwrap();
    assert_eq!(tables.protect().unwrap()[total], Shown::HiddenToo);
    // Three who make nothing: that their total is nothing tells of each.
    let table = with_totals(&[vec![0, 0, 0], vec![1, 2, 2]]);
    let sensitive = few(&[(0, 0), (0, 1)]);
    let shown = grid(&table, &sensitive).protect().unwrap();
    assert_eq!(shown[3], Shown::HiddenToo);
    check_safe(&table, &shown, &sensitive, 3);
    // A total that is sensitive has a part that is, or those who told us are mistaken.
    let mut tables = Tables::default();
    let [total, part] = [true, false].map(|of| plain(&mut tables, 0, of));
    tables.sum(total, &[part]).unwrap();
    assert!(matches!(
        tables.protect(),
        Err(Error::Unprotected { cell: 0 })
    ));
}

#[test]
fn tables_that_share_a_total_are_protected_together() {
    // A province of two cities, each of two counties; divisions add up over both levels.
    let mut tables = Tables::default();
    let mut cell = |value: i32, is_sensitive| plain(&mut tables, value, is_sensitive);
    let province = cell(30, false);
    let [a, b] = [cell(12, false), cell(18, false)];
    let [a1, a2, b1, b2] = [
        cell(5, true),
        cell(7, false),
        cell(9, false),
        cell(9, false),
    ];
    tables.sum(province, &[a, b]).unwrap();
    tables.sum(a, &[a1, a2]).unwrap();
    tables.sum(b, &[b1, b2]).unwrap();
    let shown = tables.protect().unwrap();
    let hidden: Vec<_> = (0..7).filter(|at| shown[*at] != Shown::Yes).collect();
    assert_eq!(hidden, [a1, a2]);
    // The total of a's other county is shown in a table of its own: it no longer helps.
    let mut linked = tables.clone();
    let twin = plain(&mut linked, 7, false);
    linked.sum(twin, &[a2]).unwrap();
    let shown = linked.protect().unwrap();
    assert_eq!(shown[a1], Shown::Sensitive);
    let also: Vec<_> = (0..8).filter(|at| shown[*at] == Shown::HiddenToo).collect();
    assert_eq!(also, [a2, twin]);
}

/// February, March and the year to date, of two cities and their province: nine figures, each
/// with who is behind it.
fn months(behind: [Behind; 9]) -> Tables {
    let values = [4, 9, 13, 5, 7, 12, 9, 16, 25];
    let mut tables = Tables::default();
    for (value, behind) in values.into_iter().zip(behind) {
        tables.cell(value.into(), behind).unwrap();
    }
    for month in 0..3 {
        tables
            .sum(month * 3 + 2, &[month * 3, month * 3 + 1])
            .unwrap();
    }
    for place in 0..3 {
        tables.sum(6 + place, &[place, 3 + place]).unwrap();
    }
    tables
}

#[test]
fn what_is_published_is_no_cover() {
    use Behind::{Enough, Few, Published};
    let hidden = |behind: [Behind; 9]| {
        let shown = months(behind).protect()?;
        let hidden = (0..9).filter(|at| shown[*at] != Shown::Yes);
        Ok::<Vec<_>, Error>(hidden.collect())
    };
    let march = [Few, Enough, Enough];
    let year = [Enough; 3];
    let all = |months: [[Behind; 3]; 3]| hidden(months.concat().try_into().unwrap());
    // February would do, were it not known to everybody; so the year to date must go.
    assert_eq!(all([[Enough; 3], march, year]).unwrap(), [0, 1, 3, 4]);
    let published = [Published; 3];
    assert_eq!(all([published, march, year]).unwrap(), [3, 4, 6, 7]);
    // The year to date is known but for one city's, which alone is not enough.
    let known = [Enough, Published, Published];
    let error = all([published, march, known]).unwrap_err();
    assert!(matches!(error, Error::Unprotected { cell: 3 }), "{error}");
    // Nor can what is zero hide behind a total that is known.
    let mut tables = Tables::default();
    let total = tables.cell(0.into(), Published).unwrap();
    let part = tables.cell(0.into(), Few).unwrap();
    tables.sum(total, &[part]).unwrap();
    assert!(tables.protect().is_err());
}

#[test]
fn tables_that_are_not_sums_are_refused() {
    let mut tables = Tables::default();
    let [a, b] = [1, 2].map(|value| plain(&mut tables, value, false));
    assert!(matches!(tables.sum(a, &[b]), Err(Error::Parts { .. })));
    assert!(matches!(tables.sum(a, &[9]), Err(Error::Missing { .. })));
    assert!(matches!(tables.sum(9, &[a]), Err(Error::Missing { .. })));
}

#[test]
fn a_table_of_a_province_is_protected() {
    // 13 cities by 41 divisions; every 17th figure is sensitive.
    let mut seed = 7_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i32::try_from(seed >> 24).unwrap()
    };
    let inner: Vec<Vec<i32>> = (0..13).map(|_| (0..41).map(|_| next()).collect()).collect();
    let table = with_totals(&inner);
    let sensitive: Sensitive = (0..13 * 41)
        .step_by(17)
        .map(|at| ((at / 41, at % 41), at % 2 == 0))
        .collect();
    let shown = grid(&table, &sensitive).protect().unwrap();
    let count = |wanted: Shown| shown.iter().filter(|shown| **shown == wanted).count();
    assert_eq!(count(Shown::Sensitive), sensitive.len());
    assert!(
        count(Shown::HiddenToo) <= 3 * sensitive.len(),
        "{}",
        count(Shown::HiddenToo)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_attacker_recovers_nothing(
        inner in prop::collection::vec(prop::collection::vec(0..3_i32, 3), 2..4),
        sensitive in prop::collection::btree_map((0..2_usize, 0..3_usize), any::<bool>(), 1..4),
    ) {
        let table = with_totals(&inner);
        let shown = grid(&table, &sensitive).protect().unwrap();
        check_safe(&table, &shown, &sensitive, 3);
    }
}
