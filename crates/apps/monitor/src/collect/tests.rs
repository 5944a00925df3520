//! A small bureau: enterprises are registered, workbooks come in, are judged, taken and undone.

mod attack;
mod bad;
mod batches;
mod giving_back;
mod held;
mod months;
mod naive;
mod offices;
mod proposals;
mod roll;
mod rows;
mod set;
mod tasks;

use super::*;
use codes::{CreditCode, Date, Industry, List, Number, Period, Region};
use facts::relation::{self, Kind, Relation};
use facts::{Instant, Object, Series, View};
use rust_xlsxwriter::{Workbook as Written, Worksheet};
use std::collections::BTreeMap;
use store::{Options, Store, TablesKind};
use tempfile::TempDir;

/// 2022-12-05 at noon in China.
pub(super) const NOW: Instant = Instant(1_670_212_800_000);

pub(super) const MAPPING: &str = r#"
name = "规上工业月报"

[[sheets]]
sheet = "产值"
headings = [3, 4]
period = "title"
explanation = "说明"

[[sheets.objects]]
kind = "credit-code"
column = "统一社会信用代码"

[[sheets.figures]]
column = "工业总产值/本月"
indicator = "output"
form = "level"
frequency = "month"
unit = "万元"

[[sheets.figures]]
column = "工业总产值/1-11月"
indicator = "output"
form = "cumulative"
frequency = "year-to-date"
unit = "万元"

[[sheets.figures]]
column = "用电量"
indicator = "electricity"
form = "level"
frequency = "month"
unit = "万千瓦时"
"#;

/// A bureau with a store, the names of places, and five enterprises in two counties.
pub(super) struct Bureau {
    pub(super) store: Store,
    pub(super) regions: List<Region>,
    pub(super) industries: List<Industry>,
    pub(super) mapping: Mapping,
    pub(super) rules: Rules,
    _folder: TempDir,
}

pub(super) fn credit_code(number: usize) -> CreditCode {
    CreditCode::with_check(&format!("91350100MA{number:07}")).unwrap()
}

pub(super) fn enterprise(number: usize) -> Object {
    Object::enterprise(credit_code(number))
}

pub(super) fn region(code: &str) -> Region {
    code.parse().unwrap()
}

impl Bureau {
    pub(super) fn new() -> Self {
        Self::of(5)
    }

    pub(super) fn of(enterprises: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            tables: TablesKind::Memory,
            ..Options::default()
        };
        let store = Store::open(folder.path(), &options).unwrap();
        let mut regions = codes::provinces();
        let names = "code,name\n3501,福州市\n350102,鼓楼区\n350103,台江区\n3502,厦门市\n\
                     350203,思明区\n";
        regions.import(names).unwrap();
        let bureau = Self {
            store,
            regions,
            industries: codes::industries(),
            mapping: Mapping::read(MAPPING).unwrap(),
            rules: Rules::default(),
            _folder: folder,
        };
        for number in 0..enterprises {
            let county = ["350102", "350103", "350203"][number % 3];
            bureau.settle(&enterprise(number), county);
        }
        bureau
    }

    pub(super) fn settle(&self, subject: &Object, county: &str) {
        let relation = Relation {
            kind: Kind::LiesIn,
            subject: subject.clone(),
            object: Object::region(region(county)),
            from: Date::FIRST,
            to: None,
            evidence: String::new(),
        };
        let plan = |view: &dyn View, at| Ok((relation::relate(view, at, &relation)?, ()));
        facts::commit(&self.store, NOW, plan).unwrap();
    }

    pub(super) fn with_rules(mut self, rules: &str) -> Self {
        self.rules = Rules::read(rules).unwrap();
        self
    }

    pub(super) fn directory(&self) -> Directory<'_> {
        Directory::new(&self.regions, &self.industries, region("35"))
    }

    pub(super) fn reading(&self, workbook: &Workbook) -> Reading {
        Reading::of(workbook, &self.mapping, &self.directory(), None)
    }

    pub(super) fn sending() -> Sending {
        Sending {
            reporter: "bureau".to_owned(),
            released_at: NOW,
            within: region("35"),
            is_revision: false,
            explanations: BTreeMap::new(),
        }
    }

    pub(super) fn judge(&self, octets: &[u8]) -> Verdict {
        let workbook = read(octets);
        let reading = self.reading(&workbook);
        let sending = Self::sending();
        let view = self.store.view();
        judge(&*view, NOW, &reading, &self.rules, &self.regions, &sending).unwrap()
    }

    pub(super) fn take(&self, octets: &[u8], acceptance: Acceptance) -> Result<Taken, Error> {
        self.take_as(octets, acceptance, &Self::sending())
    }

    pub(super) fn take_as(
        &self,
        octets: &[u8],
        acceptance: Acceptance,
        sending: &Sending,
    ) -> Result<Taken, Error> {
        let workbook = read(octets);
        let reading = self.reading(&workbook);
        let submission = Submission {
            workbook: &workbook,
            reading: &reading,
            mapping: (&self.mapping.name, 1),
            rules: (&self.rules, 1),
            regions: &self.regions,
            sending,
            acceptance,
        };
        self.carry_out(|view, at| take(view, at, &submission))
    }

    /// Plans a change until it is carried out, as whoever uses this room does.
    pub(super) fn carry_out<T>(
        &self,
        mut plan: impl FnMut(&dyn View, Instant) -> Result<(model::Change, T), Error>,
    ) -> Result<T, Error> {
        let mut refused = None;
        let planned = facts::commit(&self.store, NOW, |view, at| match plan(view, at) {
            Ok((change, planned)) => Ok((change, Some(planned))),
            Err(Error::Facts(error)) => Err(error),
            Err(error) => {
                refused = Some(error);
                Ok((model::Change::default(), None))
            }
        })?;
        planned.ok_or_else(|| refused.unwrap())
    }

    pub(super) fn undo(&self, id: BatchId) -> Result<Undone, Error> {
        self.carry_out(|view, at| undo(view, at, id, "bureau", "wrong file"))
    }

    /// The figure of an enterprise as it is known now.
    pub(super) fn known(&self, number: usize, what: &str, period: &str) -> Option<Number> {
        let (series, period) = series(number, what, period);
        let view = self.store.view();
        let known = facts::history::one_as_known_at(&*view, &series, period, Instant::LAST);
        known.unwrap()?.observation.content.number()
    }
}

pub(super) fn series(number: usize, what: &str, period: &str) -> (Series, Period) {
    let period: Period = period.parse().unwrap();
    let form = match period.frequency() {
        codes::Frequency::YearToDate => facts::Form::Cumulative,
        _ => facts::Form::Level,
    };
    let objects = [enterprise(number)];
    let series = Series::new(what.parse().unwrap(), objects, period.frequency(), form);
    (series.unwrap(), period)
}

pub(super) fn read(octets: &[u8]) -> Workbook {
    Workbook::read("报表.xlsx", octets, &Limits::default()).unwrap()
}

/// The bureau's sheet: a title, two lines of headings with merged cells, and the rows.
pub(super) fn workbook(title: &str, fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut written = Written::new();
    let sheet = written.add_worksheet();
    sheet.set_name("产值").unwrap();
    let format = rust_xlsxwriter::Format::new();
    sheet.merge_range(0, 0, 0, 5, title, &format).unwrap();
    sheet.write(1, 4, "单位：万元").unwrap();
    sheet
        .merge_range(2, 0, 3, 0, "统一社会\n信用代码", &format)
        .unwrap();
    sheet.merge_range(2, 1, 3, 1, "企业名称", &format).unwrap();
    sheet
        .merge_range(2, 2, 2, 3, "工业总产值（万元）", &format)
        .unwrap();
    sheet.write(3, 2, "本月").unwrap();
    sheet.write(3, 3, "1-11月").unwrap();
    sheet
        .merge_range(2, 4, 3, 4, "用电量（万千瓦时）", &format)
        .unwrap();
    sheet.merge_range(2, 5, 3, 5, "说明", &format).unwrap();
    fill(sheet);
    written.save_to_buffer().unwrap()
}

/// A row of the bureau's sheet, at a row counted from 0.
pub(super) fn put(sheet: &mut Worksheet, row: u32, number: usize, figures: [f64; 3]) {
    sheet
        .write(row, 0, credit_code(number).to_string())
        .unwrap();
    sheet.write(row, 1, format!("企业{number}")).unwrap();
    for (column, figure) in (2..).zip(figures) {
        sheet.write(row, column, figure).unwrap();
    }
}

pub(super) const TITLE: &str = "2022年11月规模以上工业企业产值";

/// A workbook in which all is well.
pub(super) fn sound() -> Vec<u8> {
    workbook(TITLE, |sheet| {
        for number in 0..5 {
            let base = 100.0 + f64::from(u32::try_from(number).unwrap());
            put(
                sheet,
                4 + u32::try_from(number).unwrap(),
                number,
                [base, base * 10.5, 3.25],
            );
        }
    })
}

/// The findings as lines, without notes of columns that are not mapped.
pub(super) fn lines(findings: &[Finding]) -> Vec<String> {
    let told = findings
        .iter()
        .filter(|finding| finding.code != "column-not-mapped");
    told.map(|finding| {
        assert!(!finding.chinese.is_ascii(), "{finding}");
        let [severity, _] = finding.severity.names();
        format!("{} {severity} {}", finding.spot, finding.code)
    })
    .collect()
}

#[test]
fn a_sound_workbook_becomes_known_and_leads_back_to_its_cells() {
    let bureau = Bureau::new();
    let taken = bureau.take(&sound(), Acceptance::AllOrNothing).unwrap();
    assert_eq!(lines(&taken.verdict.findings), [""; 0]);
    let id = taken.batch.unwrap();
    assert_eq!(bureau.known(3, "output", "2022-11"), "103".parse().ok());
    assert_eq!(
        bureau.known(3, "output", "2022-YTD11"),
        "1081.5".parse().ok()
    );
    assert_eq!(
        bureau.known(3, "electricity", "2022-11"),
        "3.25".parse().ok()
    );
    let view = bureau.store.view();
    let batch = find(&*view, id).unwrap().unwrap();
    assert_eq!((batch.figures, batch.held), (15, 0));
    assert_eq!(batch.mapping, ("规上工业月报".to_owned(), 1));
    assert_eq!(figures(&*view, id).unwrap().len(), 15);
    let (series, period) = series(3, "output", "2022-YTD11");
    let known = facts::history::one_as_known_at(&*view, &series, period, Instant::LAST);
    let source = source(&*view, &series, &known.unwrap().unwrap())
        .unwrap()
        .unwrap();
    assert_eq!((source.id, source.sheet.as_str()), (id, "产值"));
    assert_eq!(source.place.to_string(), "D8");
    assert_eq!(source.batch, batch);
}
