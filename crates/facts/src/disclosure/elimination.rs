//! Which unknowns of linear equations are determined, and which are tied together: Gauss and
//! Jordan's elimination, in integers.
//!
//! Of tables with rows and columns every coefficient stays 0, 1 or -1. Of linked tables they may
//! grow; if they grew beyond the integers there are, nothing is claimed.

use crate::Error;

/// How an unknown varies with those that are free: free unknowns, each with a coefficient other
/// than zero, as small as they can be, the first above zero. Empty if it does not vary at all.
///
/// Unknowns of equal directions are tied: whoever knows the one knows the other.
pub(super) type Direction = Vec<(usize, i128)>;

/// The unknowns that have one value only, whatever the sums come to.
///
/// # Errors
/// As of [`directions`].
pub(super) fn determined(sums: &[Vec<usize>], unknown: &[usize]) -> Result<Vec<usize>, Error> {
    let directions = directions(sums, unknown)?;
    let with_cells = directions.iter().zip(unknown);
    let alone = with_cells.filter(|(direction, _)| direction.is_empty());
    Ok(alone.map(|(_, cell)| *cell).collect())
}

/// The direction of every unknown.
///
/// `sums` are lists of cells, the first of each the total of the others; `unknown` are the cells
/// that are not known. In reduced form an equation says of its leading unknown what it is by those
/// that are free.
///
/// # Errors
/// [`Error::Code`] if a coefficient becomes too large.
pub(super) fn directions(sums: &[Vec<usize>], unknown: &[usize]) -> Result<Vec<Direction>, Error> {
    let equation = |sum: &Vec<usize>| -> Vec<i128> {
        let (total, parts) = (sum.first(), sum.get(1..).unwrap_or_default());
        let of = |cell: &usize| {
            let in_parts = parts.iter().filter(|part| *part == cell).count() as i128;
            in_parts - i128::from(total == Some(cell))
        };
        unknown.iter().map(of).collect()
    };
    let mut rows: Vec<_> = sums.iter().map(equation).collect();
    rows.retain(|row| row.iter().any(|coefficient| *coefficient != 0));
    let mut directions: Vec<Direction> = (0..unknown.len()).map(|at| vec![(at, 1)]).collect();
    let mut leading = Vec::new();
    for column in 0..unknown.len() {
        let at = leading.len();
        let Some(found) = (at..rows.len()).find(|row| rows[*row][column] != 0) else {
            continue;
        };
        rows.swap(at, found);
        clear(&mut rows, at, column)?;
        leading.push(column);
    }
    for (row, column) in rows.iter().zip(leading) {
        directions[column] = direction(row, column);
    }
    Ok(directions)
}

/// The direction of the leading unknown of a reduced equation.
fn direction(row: &[i128], leading: usize) -> Direction {
    let others = row.iter().copied().enumerate();
    let others = others.filter(|(at, coefficient)| *at != leading && *coefficient != 0);
    let mut direction: Direction = others.collect();
    let divisor = direction
        .iter()
        .fold(0, |divisor, (_, found)| greatest_divisor(divisor, *found));
    let sign = direction.first().map_or(1, |(_, first)| first.signum());
    for (_, coefficient) in &mut direction {
        *coefficient = *coefficient / divisor * sign;
    }
    direction
}

/// Makes a column zero in every row but the leading one.
fn clear(rows: &mut [Vec<i128>], leading: usize, column: usize) -> Result<(), Error> {
    let lead = std::mem::take(&mut rows[leading]);
    let by = lead[column];
    for row in rows.iter_mut().filter(|row| !row.is_empty()) {
        let times = row[column];
        if times != 0 {
            subtract(row, &lead, by, times)?;
        }
    }
    rows[leading] = lead;
    Ok(())
}

/// `row` × `by` - `lead` × `times`, made as small as it can be.
fn subtract(row: &mut [i128], lead: &[i128], by: i128, times: i128) -> Result<(), Error> {
    let mut divisor = 0;
    for (at, from) in row.iter_mut().zip(lead) {
        let product = at.checked_mul(by).zip(from.checked_mul(times));
        let difference = product.and_then(|(a, b)| a.checked_sub(b));
        *at = difference.ok_or(codes::Error::TooManyDigits {
            what: "an equation of the tables",
            places_max: 0,
        })?;
        divisor = greatest_divisor(divisor, *at);
    }
    if divisor > 1 {
        for at in row {
            *at /= divisor;
        }
    }
    Ok(())
}

fn greatest_divisor(a: i128, b: i128) -> i128 {
    if b == 0 {
        a.abs()
    } else {
        greatest_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknowns_are_determined_alone_or_together() {
        let check = |sums: &[&[usize]], unknown: &[usize], expected: &[usize]| {
            let sums: Vec<_> = sums.iter().map(|sum| sum.to_vec()).collect();
            assert_eq!(
                determined(&sums, unknown).unwrap(),
                expected,
                "{sums:?} {unknown:?}"
            );
        };
        check(&[&[0, 1, 2]], &[1], &[1]);
        check(&[&[0, 1, 2]], &[1, 2], &[]);
        check(&[&[0, 1, 2]], &[0, 1], &[]);
        // Two sums of the same two unknowns say no more than one.
        check(&[&[0, 1, 2], &[3, 1, 2]], &[1, 2], &[]);
        // The sum and one of them again: both follow.
        check(&[&[0, 1, 2], &[3, 1]], &[1, 2], &[1, 2]);
        // a + b, b + c, c + a: all three follow, though none is alone in any sum.
        check(
            &[&[3, 0, 1], &[4, 1, 2], &[5, 2, 0]],
            &[0, 1, 2],
            &[0, 1, 2],
        );
        check(&[], &[0], &[]);
        check(&[&[0, 1]], &[], &[]);
    }

    #[test]
    fn unknowns_of_one_sum_are_tied() {
        let sums = [vec![0, 1, 2], vec![3, 2, 2, 4]];
        let found = directions(&sums, &[1, 2, 4]).unwrap();
        assert_eq!(
            found,
            [[(2, 1)], [(2, 1)], [(2, 1)]],
            "each moves with the last"
        );
        let found = directions(&sums[..1], &[1, 2, 0]).unwrap();
        assert_eq!(found[1..], [[(1, 1)], [(2, 1)]]);
        assert_eq!(
            found[0],
            [(1, 1), (2, -1)],
            "the part is the total less the other"
        );
    }
}
