//! A back-test as a picture: what misses and false alarms there are, and what they cost, with each
//! number that a threshold is put to. SVG, for pages and documents alike.
//!
//! Two stripes over the same numbers: counts above, cost below. Small enough to be drawn here; a
//! library for charts would be far larger than what is drawn. The same result is the same picture,
//! octet for octet. Not here: the numbers (`back_test`).

use super::back_test::{BackTest, Score};
use codes::Number;
use std::fmt::Write as _;

/// The size of the picture, and of its margins, in pixels.
const WIDTH: i128 = 640;
const HEIGHT: i128 = 400;
const LEFT: i128 = 70;
const RIGHT: i128 = 20;
const TOP: i128 = 50;
const BOTTOM: i128 = 40;

/// The height of a stripe: there are two with a gap between.
const GAP: i128 = 40;
const STRIPE: i128 = (HEIGHT - TOP - BOTTOM - GAP) / 2;

/// Says in which language a picture is labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// In Chinese.
    Chinese,
    /// In English.
    English,
}

impl Language {
    fn choose(self, [chinese, english]: [&str; 2]) -> &str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// A line of a stripe.
struct Line {
    names: [&'static str; 2],
    colour: &'static str,
    /// How the line is dashed, for those who see no colours.
    dashes: &'static str,
    of: fn(&Score) -> Number,
}

const COUNTS: [Line; 3] = [
    Line {
        names: ["命中", "hits"],
        colour: "#1a7f37",
        dashes: "none",
        of: |score| count(score.hits),
    },
    Line {
        names: ["漏报", "misses"],
        colour: "#b3261e",
        dashes: "6 3",
        of: |score| count(score.misses),
    },
    Line {
        names: ["误报", "false alarms"],
        colour: "#8a6100",
        dashes: "2 3",
        of: |score| count(score.false_alarms),
    },
];

const COSTS: [Line; 1] = [Line {
    names: ["代价", "cost"],
    colour: "#1f4e9c",
    dashes: "none",
    of: |score| score.cost,
}];

fn count(count: u32) -> Number {
    Number::new(count.into(), 0).unwrap_or_default()
}

/// Draws what became of each number that a threshold was put to; `None` if none was swept.
///
/// ```text
/// <svg …>  title · hits, misses, false alarms over the numbers · cost over the numbers
/// ```
pub fn curve(test: &BackTest, language: Language) -> Option<String> {
    let (name, points) = test.curve.as_ref()?;
    let mut points = points.clone();
    points.sort_by_key(|(number, _)| *number);
    let mut out = String::new();
    let title = language.choose(["阈值回测", "back-test by threshold"]);
    let mark = language.choose([
        "历史数据回测，不代表将来",
        "of the past; not of what will come",
    ]);
    let name = name.replace('&', "&amp;").replace('<', "&lt;");
    // Writing into a string never fails.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\"><title>{title}: {name}</title>\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\
         <text x=\"{LEFT}\" y=\"18\" font-size=\"14\">{title}: {name}</text>\
         <text x=\"{LEFT}\" y=\"36\" fill=\"#555\">{mark}</text>"
    );
    stripe(&mut out, TOP, &COUNTS, &points, language);
    stripe(&mut out, TOP + STRIPE + GAP, &COSTS, &points, language);
    for (number, _) in ends(&points) {
        let x = across(&points, number);
        let y = HEIGHT - BOTTOM + 18;
        let _ = write!(
            out,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{number}</text>"
        );
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// The first and the last, or the only one.
fn ends(points: &[(Number, Score)]) -> Vec<(Number, Score)> {
    let mut ends: Vec<_> = points
        .first()
        .into_iter()
        .chain(points.last())
        .copied()
        .collect();
    ends.dedup_by_key(|(number, _)| *number);
    ends
}

fn stripe(
    out: &mut String,
    top: i128,
    lines: &[Line],
    points: &[(Number, Score)],
    language: Language,
) {
    let all = points
        .iter()
        .flat_map(|(_, score)| lines.iter().map(|line| (line.of)(score)));
    let most = all.max().unwrap_or_default();
    let (bottom, right) = (top + STRIPE, WIDTH - RIGHT);
    let (label, label_top) = (LEFT - 8, top + 4);
    let _ = write!(
        out,
        "<path d=\"M{LEFT} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#888\"/>\
         <text x=\"{label}\" y=\"{label_top}\" text-anchor=\"end\">{most}</text>\
         <text x=\"{label}\" y=\"{bottom}\" text-anchor=\"end\">0</text>"
    );
    let mut legend = LEFT + 10;
    for line in lines {
        let Line { colour, dashes, .. } = line;
        let at = |(number, score): &(Number, Score)| {
            let x = across(points, *number);
            let y = bottom - part_of((line.of)(score), most, STRIPE);
            format!("{x},{y}")
        };
        let places: Vec<_> = points.iter().map(at).collect();
        let places = places.join(" ");
        let (name, y) = (language.choose(line.names), top - 6);
        let _ = write!(
            out,
            "<polyline points=\"{places}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" \
             stroke-dasharray=\"{dashes}\"/>\
             <text x=\"{legend}\" y=\"{y}\" fill=\"{colour}\">{name}</text>"
        );
        legend += 110;
    }
}

/// Where a number lies between the least and the greatest, in pixels.
fn across(points: &[(Number, Score)], number: Number) -> i128 {
    let least = points.first().map_or(number, |(least, _)| *least);
    let greatest = points.last().map_or(number, |(greatest, _)| *greatest);
    let width = WIDTH - LEFT - RIGHT;
    match (number.minus(least), greatest.minus(least)) {
        (Ok(part), Ok(whole)) if whole.is_positive() => LEFT + part_of(part, whole, width),
        _ => LEFT + width / 2,
    }
}

/// So many pixels of `pixels` as a part is of a whole that is not below it.
fn part_of(part: Number, whole: Number, pixels: i128) -> i128 {
    let share = part.divided_by(whole, 6, codes::Rounding::HalfAway);
    let share = share.and_then(|share| share.at(6)).unwrap_or(0);
    (share * pixels / 1_000_000).clamp(0, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warn::Rule;

    fn test(points: &[(&str, u32)]) -> BackTest {
        let score = |misses: u32| Score {
            hits: 3 - misses.min(3),
            misses,
            false_alarms: 1,
            cost: Number::from(10).times(count(misses)).unwrap(),
            ..Score::default()
        };
        let points = points
            .iter()
            .map(|(text, misses)| (text.parse().unwrap(), score(*misses)));
        BackTest {
            rule: Rule::read("rule r every month of region level a when 1 < 2")
                .unwrap()
                .digest(),
            runs: Vec::new(),
            score: Score::default(),
            outcomes: Vec::new(),
            findings: Vec::new(),
            curve: Some(("floor".to_owned(), points.collect())),
        }
    }

    #[test]
    fn lines_go_where_the_numbers_are() {
        let picture = curve(&test(&[("2", 0), ("-2", 3), ("0", 1)]), Language::English).unwrap();
        // Misses from all to none, by rising numbers: from the top of the stripe to its bottom.
        assert!(
            picture.contains("points=\"70,50 345,141 620,185\""),
            "{picture}"
        );
        // Their cost, likewise below.
        assert!(
            picture.contains("points=\"70,225 345,316 620,360\""),
            "{picture}"
        );
        assert!(
            picture.contains(">-2</text>") && picture.contains(">2</text>"),
            "{picture}"
        );
        assert!(picture.contains(">30</text>"), "{picture}");
        let chinese = curve(&test(&[("1", 0)]), Language::Chinese).unwrap();
        assert!(
            chinese.contains("误报") && chinese.contains("阈值回测: floor"),
            "{chinese}"
        );
        assert_eq!(chinese.matches(">1</text>").count(), 1, "{chinese}");
    }

    #[test]
    fn a_picture_is_well_formed_whatever_is_drawn() {
        for points in [
            &[][..],
            &[("1", 0)],
            &[("1", 2), ("1", 2)],
            &[("0", 4_000_000_000)],
        ] {
            let picture = curve(&test(points), Language::English).unwrap();
            roxmltree::Document::parse(&picture).unwrap();
        }
        let none = BackTest {
            curve: None,
            ..test(&[])
        };
        assert_eq!(curve(&none, Language::English), None);
    }
}
