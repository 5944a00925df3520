//! Does a figure that came in with a workbook lead back to its cell?

use super::*;
use crate::collect::{self, Acceptance, Directory, Limits, Mapping, Reading, Rules, Sending};
use crate::collect::{Submission, Workbook};

const MAPPING: &str = r#"
name = "地区速报"

[[sheets]]
sheet = "*"
headings = [2, 2]
period = "title"

[[sheets.objects]]
kind = "region"
column = "地区"

[[sheets.figures]]
column = "工业增加值增速"
indicator = "value-added-growth"
form = "year-on-year"
frequency = "year-to-date"
unit = "%"
"#;

#[test]
fn a_figure_of_a_workbook_leads_back_to_its_cell() {
    let (_folder, store) = store();
    let text = "2022年1-11月\n地区,工业增加值增速\n福州市,5.1\n厦门市,-0.6\n";
    let workbook = Workbook::read("速报.csv", text.as_bytes(), &Limits::default()).unwrap();
    let (regions, industries) = (regions(), industries());
    let within = "35".parse().unwrap();
    let directory = Directory::new(&regions, &industries, within);
    let mapping = Mapping::read(MAPPING).unwrap();
    let reading = Reading::of(&workbook, &mapping, &directory, None);
    let rules = Rules::default();
    let sending = Sending {
        reporter: "省统计局".to_owned(),
        released_at: NOW,
        within,
        is_revision: false,
        explanations: BTreeMap::new(),
    };
    let submission = Submission {
        workbook: &workbook,
        reading: &reading,
        mapping: (&mapping.name, 0),
        rules: (&rules, 0),
        regions: &regions,
        sending: &sending,
        acceptance: Acceptance::AllOrNothing,
    };
    let plan = |view: &dyn View, at| Ok(collect::take(view, at, &submission).unwrap());
    let taken = facts::commit(&store, NOW, plan).unwrap();
    let batch = taken.batch.expect("nothing is wrong with it");

    // What the file and the sheet are called goes out with those that name enterprises alone.
    for (names_enterprises, file, sheet, printed) in [
        (true, "速报.csv", "速报", "速报.csv 速报!B4 #"),
        (false, "", "", " · B4 #"),
    ] {
        let mut order = order(&store);
        order.names_enterprises = names_enterprises;
        let bulletin = compose(&*store.view(), &order, &name_of).unwrap();
        check_sources(&*store.view(), &bulletin);
        let told = bulletin.sources.iter().find_map(|source| match source {
            Source::Told(told) if told.objects[0].1.starts_with("3502") => told.cell.clone(),
            _ => None,
        });
        let expected = Origin {
            batch: batch.0.0,
            file: file.to_owned(),
            sheet: sheet.to_owned(),
            cell: "B4".to_owned(),
        };
        assert_eq!(told, Some(expected));
        assert!(html(&bulletin).unwrap().contains(printed), "{printed}");
    }

    // What is undone is known no more; what was frozen still names the cell.
    let order = order(&store);
    let issue = |view: &dyn View, at| issue(view, at, &order, &name_of);
    let first = facts::commit(&store, NOW, issue).unwrap();
    let undo =
        |view: &dyn View, at| Ok(collect::undo(view, at, batch, "省统计局", "报错了文件").unwrap());
    facts::commit(&store, NOW, undo).unwrap();
    let view = store.view();
    assert_eq!(octets(&remake(&*view, &first).unwrap()), octets(&first));
}
