//! How numbers and rows look in plain text.

/// Aligns cells in columns: the first two to the left, for they are words, the others, numbers,
/// to the right.
pub(crate) fn align(rows: &[Vec<String>]) -> Vec<String> {
    let widths = widths(rows);
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let padded: Vec<String> = cells
            .map(|(at, (cell, width))| pad(at, cell, *width))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn pad(column: usize, cell: &str, width: usize) -> String {
    if column < 2 {
        format!("{cell:<width$}")
    } else {
        format!("{cell:>width$}")
    }
}

/// The widest cell of each column.
fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max()
    };
    (0..columns)
        .map(|at| width(at).unwrap_or_default())
        .collect()
}

/// A number as people read it: three digits that say something, thousands apart.
///
/// Nothing measured here is good for more than three.
pub(crate) fn number(number: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{number:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}", with_commas(whole))
}

/// A count, thousands apart.
pub(crate) fn count(count: u64) -> String {
    with_commas(&count.to_string())
}

/// A count of things, in English.
pub(crate) fn count_of(count: u64, thing: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {thing}{s}", self::count(count))
}

/// Puts a comma between thousands.
fn with_commas(digits: &str) -> String {
    let count = digits.len();
    let mut out = String::with_capacity(count + count / 3);
    for (at, digit) in digits.chars().enumerate() {
        let left = count - at;
        if at > 0 && left.is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_three_digits_and_commas() {
        let check = |value: f64, expected: &str| assert_eq!(number(value), expected);
        check(0.0, "0");
        check(0.7349, "0.73");
        check(9.996, "10.00");
        check(12.34, "12.3");
        check(99.96, "100.0");
        check(123.4, "123");
        check(999.6, "1,000");
        check(1_234_567.0, "1,234,567");
        check(-123.0, "-123");
        check(-1234.0, "-1,234");
        assert_eq!(count(64), "64");
        assert_eq!(count_of(100_000, "row"), "100,000 rows");
        assert_eq!(count_of(1, "row"), "1 row");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let rows: [Vec<String>; 3] = [
            row(&["", "", "median"]),
            row(&["latency", "µs", "7"]),
            row(&["a", "1/s", "1,000,000", "x"]),
        ];
        assert_eq!(
            align(&rows),
            [
                "                 median",
                "latency  µs           7",
                "a        1/s  1,000,000  x",
            ]
        );
        assert!(align(&[]).is_empty());
    }
}
