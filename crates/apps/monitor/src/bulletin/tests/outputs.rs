//! Are outputs what they should be, the same whenever they are made, and safe whatever is in them?

use super::*;

fn parts(octets: &[u8]) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(octets)).unwrap();
    let mut parts = BTreeMap::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        parts.insert(file.name().unwrap().into_owned(), text);
    }
    parts
}

#[test]
fn the_page_the_document_and_the_typst_source() {
    let (_folder, store) = province();
    let bulletin = composed(&store);
    golden("bulletin.html", &html(&bulletin).unwrap());
    golden("bulletin.typ", &typst(&bulletin));
    let document = docx(&bulletin, Languages::Chinese);
    assert_eq!(document, docx(&bulletin, Languages::Chinese));
    let found = parts(&document);
    assert_eq!(found.len(), 10);
    // A paragraph and a row on each line, so that a difference can be seen.
    let lines = found["word/document.xml"]
        .replace("</w:p>", "</w:p>\n")
        .replace("</w:tr>", "</w:tr>\n");
    golden("bulletin-document.xml", &lines);
    for (name, part) in &found {
        roxmltree::Document::parse(part).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let both = parts(&docx(&bulletin, Languages::Both));
    assert!(both["word/document.xml"].contains("By region, "));
    assert!(both["word/header1.xml"].contains("合成数据"));
}

#[test]
fn the_workbook_is_the_same_whenever_it_is_made() {
    let (_folder, store) = province();
    let bulletin = composed(&store);
    let workbook = xlsx(&bulletin).unwrap();
    assert_eq!(workbook, xlsx(&bulletin).unwrap());
    let found = parts(&workbook);
    let tables = bulletin
        .sections
        .iter()
        .map(|of| of.tables.len())
        .sum::<usize>();
    let sheets = found
        .keys()
        .filter(|name| name.starts_with("xl/worksheets/sheet"))
        .count();
    assert_eq!(sheets, tables + 1);
    let remark = "批次 b-1，单元格 C7";
    assert!(!found["xl/sharedStrings.xml"].contains(remark));
    assert!(found["docProps/core.xml"].contains("2022-12-12T00:00:00Z"));
    let mut order = order(&store);
    order.names_enterprises = true;
    let bulletin = compose(&*store.view(), &order, &name_of).unwrap();
    let found = parts(&xlsx(&bulletin).unwrap());
    assert!(found["xl/sharedStrings.xml"].contains(remark));
}

#[test]
fn no_digit_of_a_figure_is_lost_in_a_workbook() {
    let (_folder, store) = province();
    let mut bulletin = composed(&store);
    let table = &mut bulletin.sections[0].tables[0];
    for (row, text) in ["12345678901234567.8", "-0.123456789012345"]
        .into_iter()
        .enumerate()
    {
        let Cell::Figure(figure) = &mut table.rows[row][1] else {
            panic!("{table:?}")
        };
        text.clone_into(&mut figure.text);
    }
    let found = parts(&xlsx(&bulletin).unwrap());
    assert!(found["xl/sharedStrings.xml"].contains("<t>12345678901234567.8</t>"));
    let sheet = &found["xl/worksheets/sheet1.xml"];
    assert!(sheet.contains("<v>-0.123456789012345</v>"), "{sheet}");
}

/// Enterprises choose what their cases are called and whom they ask for; clerks explain figures and
/// call files as they like.
#[test]
fn nothing_that_may_name_an_enterprise_goes_out_unless_it_shall() {
    let (_folder, store) = province();
    let machine = cases::table();
    let who = enterprise(5).id().to_owned();
    let opening = cases::Opening {
        name: "jia-chang".to_owned(),
        title: "甲厂缺煤".to_owned(),
        about: About {
            enterprise: who.parse().unwrap(),
            enterprise_name: "甲厂".to_owned(),
            class: Bottleneck::Energy,
            warning: None,
            follows: None,
        },
        region: "350101".parse().unwrap(),
        owner: Party::new("甲厂的供煤单位", ""),
        until: Some("2022-12-11".parse().unwrap()),
        role: "enterprise".to_owned(),
        sender: Party::new(&who, ""),
        key: "open".to_owned(),
    };
    let plan = |view: &dyn View, at| cases::open(view, at, &machine, &opening);
    facts::commit(&store, NOW, plan).unwrap();
    let outputs = |names_enterprises| {
        let mut order = order(&store);
        order.names_enterprises = names_enterprises;
        order.warnings[0].case = Some("jia-chang".to_owned());
        let bulletin = compose(&*store.view(), &order, &name_of).unwrap();
        let workbook = parts(&xlsx(&bulletin).unwrap());
        let all = [html(&bulletin).unwrap(), json(&bulletin), typst(&bulletin)].concat();
        (all + &workbook["xl/sharedStrings.xml"], bulletin)
    };
    let (named, _) = outputs(true);
    let (nameless, bulletin) = outputs(false);
    for name in ["jia-chang", "甲厂缺煤", "甲厂的供煤单位", "批次 b-1"] {
        assert!(named.contains(name) && !nameless.contains(name), "{name}");
    }
    // Whoever may see it finds it all the same.
    assert!(nameless.contains("20230101-1"), "{nameless}");
    let found = case_of(&*store.view(), &bulletin, "20230101-1").unwrap();
    assert_eq!(found, "jia-chang");
    assert!(case_of(&*store.view(), &bulletin, "jia-chang").is_err());
}

#[test]
fn whatever_somebody_is_called_stays_text() {
    let (_folder, store) = province();
    let mut order = order(&store);
    let evil = "<script>\"&'</w:t>#panic(\\\")=1+1\u{ffff}";
    order.warnings[0].title = [evil, evil].map(str::to_owned);
    order.warnings[0].owner = evil.to_owned();
    order.mark = evil.to_owned();
    order.issuer[1] = evil.to_owned();
    let names = |object: &Object| object.as_region().map(|_| evil.to_owned());
    let bulletin = compose(&*store.view(), &order, &names).unwrap();
    assert!(!html(&bulletin).unwrap().contains("<script>"));
    for part in parts(&docx(&bulletin, Languages::Both)).values() {
        roxmltree::Document::parse(part).unwrap();
    }
    for part in parts(&xlsx(&bulletin).unwrap()).values() {
        roxmltree::Document::parse(part).unwrap();
        assert!(!part.contains("<f>"));
    }
    // Every quotation mark of a text is escaped: taken away, strings are left by pairs.
    let source = typst(&bulletin).replace("\\\\", "").replace("\\\"", "");
    assert!(
        source
            .lines()
            .all(|line| line.matches('"').count() % 2 == 0)
    );
    assert!(!source.lines().any(|line| line.starts_with("#panic")));
}

#[test]
fn an_empty_province_has_a_bulletin_too() {
    let (_folder, store) = store();
    let object = Object::region("11".parse().unwrap());
    tell(
        &store,
        NOW,
        object,
        ("arrears", Form::YearOnYear),
        &[("2022-YTD11", "1")],
    );
    let mut order = order(&store);
    order.warnings.clear();
    order.copies.clear();
    order.addressees.clear();
    order.mark.clear();
    order.numerals = Numerals::Arabic;
    let bulletin = compose(&*store.view(), &order, &name_of).unwrap();
    let said = words(&bulletin, 1);
    assert!(said.contains("没有可比的企业数据"), "{said}");
    assert!(html(&bulletin).unwrap().contains("2022年12月12日"));
    parts(&docx(&bulletin, Languages::Chinese));
    xlsx(&bulletin).unwrap();
}
