//! The roll: enterprises come on it, move and leave it; what cannot stand is told at its row.

use super::*;
use facts::relation::from_subject;

impl Bureau {
    fn roll_of(&self, text: &str) -> Roll {
        let workbook = Workbook::read("名录.csv", text.as_bytes(), &Limits::default()).unwrap();
        Roll::of(&workbook, &self.directory())
    }

    /// Puts a workbook on the roll; how many changed, and what cannot stand.
    fn enrol(&self, text: &str) -> (usize, Vec<String>) {
        let roll = self.roll_of(text);
        self.carry_out(|view, at| end_before_enrolling(view, at, &roll.rows))
            .unwrap();
        let enrolled = self
            .carry_out(|view, at| enrol(view, at, &roll.rows))
            .unwrap();
        (
            enrolled.changed,
            lines(&[roll.findings, enrolled.findings].concat()),
        )
    }

    /// Where an enterprise lies on a day, and what it is of.
    fn place(&self, number: usize, day: &str) -> String {
        let view = self.store.view();
        let day: Date = day.parse().unwrap();
        let of = |kind| {
            let found = from_subject(&*view, kind, &enterprise(number), Instant::LAST).unwrap();
            let found = found.into_iter().find(|of| of.holds_on(day));
            found.map_or("-".to_owned(), |of| of.object.id().to_owned())
        };
        format!("{} {}", of(Kind::LiesIn), of(Kind::IsOf))
    }
}

#[test]
fn an_enterprise_comes_on_the_roll_moves_and_leaves_it() {
    let bureau = Bureau::of(0);
    let [one, two] = [0, 1].map(|number| credit_code(number).to_string());
    let heading = "某市企业名录\n统一社会信用代码,单位名称,行政区划,行业代码,起始日期,终止日期\n";
    let first = format!("{heading}{one},甲厂,350102,C38,,\n{two},乙 厂,思明区,C30,2021-03-01,\n");
    assert_eq!(bureau.enrol(&first), (2, Vec::new()));
    assert_eq!(bureau.place(0, "1999-01-01"), "350102000000 C38");
    assert_eq!(bureau.place(1, "2021-02-28"), "- -");
    assert_eq!(bureau.place(1, "2021-03-01"), "350203000000 C30");
    let names = roll_names(&*bureau.store.view()).unwrap();
    assert_eq!(names[&enterprise(1)], "乙 厂");
    // Said again nothing changes, and figures of it are taken now.
    assert_eq!(bureau.enrol(&first), (0, Vec::new()));
    let verdict = bureau.judge(&sound());
    let unknown = verdict
        .findings
        .iter()
        .filter(|of| of.english.contains("register"))
        .count();
    assert_eq!(unknown, 3, "{:?}", lines(&verdict.findings));
    // It moves on a day; without one nobody knows since when.
    let moved = format!("{heading}{one},甲厂,350103,C38,,\n");
    let (changed, findings) = bureau.enrol(&moved);
    assert_eq!((changed, findings.len()), (0, 1), "{findings:?}");
    let moved = format!("{heading}{one},甲新厂,350103,C38,2022年7月1日,\n");
    assert_eq!(bureau.enrol(&moved), (1, Vec::new()));
    assert_eq!(bureau.place(0, "2022-06-30"), "350102000000 C38");
    assert_eq!(bureau.place(0, "2022-07-01"), "350103000000 C38");
    let names = roll_names(&*bureau.store.view()).unwrap();
    assert_eq!(names[&enterprise(0)], "甲新厂");
    // And leaves the roll.
    let left = format!("{heading}{two},乙厂,350203,C30,2021-03-01,20220801\n");
    assert_eq!(bureau.enrol(&left), (1, Vec::new()));
    assert_eq!(bureau.place(1, "2022-07-31"), "350203000000 C30");
    assert_eq!(bureau.place(1, "2022-08-01"), "- -");
}

#[test]
fn a_row_that_cannot_stand_is_told_and_the_others_are_taken() {
    let bureau = Bureau::of(0);
    let codes = [0, 1, 2, 3].map(|number| credit_code(number).to_string());
    let [one, two, three, four] = &codes;
    let text = format!(
        "code,name,region,industry,from\n{one},甲,350102,C38,\n{one},甲,350103,C38,\n\
         {two},乙,110101,C38,\n{three},丙,350102,Z99,\n{four},丁,350102,C38,soon\n\
         913501000000000000,戊,350102,C38,\n,,,,\n"
    );
    let (changed, findings) = bureau.enrol(&text);
    assert_eq!(changed, 1);
    let expected = [
        "3:3 error twice",
        "C4 error",
        "D5 error",
        "E6 error",
        "A7 error",
    ];
    assert_eq!(findings.len(), expected.len(), "{findings:?}");
    for (found, expected) in findings.iter().zip(expected) {
        assert!(found.contains(expected), "{found} is not {expected}");
    }
    let none = bureau.roll_of("code,name\n1,2\n");
    assert_eq!((none.rows.len(), none.findings.len()), (0, 1));
}
