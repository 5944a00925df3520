//! What is told of figures, and what is not told to those who may not see single enterprises.

use crate::running::{ACT, READ, Running, SEE, plan, start};
use serde_json::{Value as Json, json};

fn number(said: &Json) -> f64 {
    said.as_str().unwrap().parse().unwrap()
}

/// The pulls of a sheet's lines come to what was told of it.
fn check_pulls(sheet: &Json) {
    let lines = sheet["lines"].as_array().unwrap();
    let all: f64 = lines.iter().map(|line| number(&line["pull"])).sum();
    let told = number(&sheet["whole"]["pull"]);
    assert!((all - told).abs() < 1e-6, "{all} is not {told}");
}

fn of(next: &Json) -> String {
    let industry = next["industry"].as_str();
    let industry = industry.map_or(String::new(), |industry| format!("&industry={industry}"));
    format!("region={}{industry}", next["region"].as_str().unwrap())
}

/// A click a level leads from the province to an enterprise, and what was told above is kept to.
#[test]
fn a_click_a_level_leads_down_to_an_enterprise() {
    let running = start(plan(4));
    let mut here = String::new();
    let mut levels = Vec::new();
    let mut pull = Json::Null;
    let enterprise = loop {
        let sheet = running.told(SEE, &format!("sheet?month=2022-09&{here}"));
        check_pulls(&sheet);
        if !pull.is_null() {
            assert_eq!(sheet["whole"]["pull"], pull, "{here}");
        }
        levels.push(sheet["by"].as_str().unwrap().to_owned());
        let last = sheet["lines"].as_array().unwrap().last().unwrap().clone();
        pull = last["pull"].clone();
        if last["next"].is_null() {
            break last["object"]["code"].as_str().unwrap().to_owned();
        }
        here = of(&last["next"]);
    };
    assert_eq!(levels, ["city", "division", "enterprise"]);
    let series = running.told(
        SEE,
        &format!("series?month=2022-09&enterprise={enterprise}"),
    );
    let points = series["points"].as_array().unwrap();
    assert!(points.len() >= 20, "{}", points.len());
    let told = points.iter().find(|of| of["month"] == "2022-09").unwrap();
    assert_eq!(series["objects"][0]["role"], "enterprise");
    assert!(number(&told["now"]) > 0.0 && told["growth"].is_string());
    assert_eq!(series["within"].as_array().unwrap().len(), 2);
    // January and February are one, and the year adds up.
    let year: Vec<f64> = points
        .iter()
        .filter(|of| of["month"].as_str().unwrap().starts_with("2022"))
        .filter_map(|of| of["now"].as_str().map(|of| of.parse().unwrap()))
        .collect();
    let last = points.iter().rev().find(|of| of["cumulated"].is_string());
    if let Some(last) = last.filter(|_| year.len() == 10) {
        let all: f64 = year.iter().sum();
        assert!((number(&last["cumulated"]) - all).abs() < 0.01);
    }
}

#[test]
fn what_a_region_made_month_by_month_agrees_with_its_sheet() {
    let running = start(plan(4));
    let sheet = running.told(SEE, "sheet?month=2022-10");
    let series = running.told(SEE, "series?month=2022-10");
    let points = series["points"].as_array().unwrap();
    let told = points.last().unwrap();
    assert_eq!(told["month"], "2022-10");
    assert_eq!(told["now"], sheet["whole"]["now"]);
    assert_eq!(told["growth"], sheet["whole"]["growth"]);
    let to_date = running.told(SEE, "sheet?month=2022-10&form=cumulative");
    assert_eq!(to_date["period"]["code"], "2022-YTD10");
}

/// With two enterprises in each place nothing of one may be told, to readers, in any way.
#[test]
fn readers_see_nothing_from_which_an_enterprise_follows() {
    let running = start(plan(2));
    let board = running.told(READ, "board?month=2022-10");
    let rows = board["figures"].as_array().unwrap();
    let (total, cities) = rows.split_last().unwrap();
    for city in cities {
        let cells = city.as_array().unwrap();
        let shown = cells[..cells.len() - 1]
            .iter()
            .filter(|cell| !cell.is_null());
        assert_eq!(shown.count(), 0, "{city}");
    }
    assert!(!total.as_array().unwrap().last().unwrap().is_null());
    let region = board["regions"][0]["code"].as_str().unwrap();
    let sheet = running.told(READ, &format!("sheet?month=2022-10&region={region}"));
    assert_eq!((&sheet["hidden"], &sheet["lines"]), (&json!(4), &json!([])));
    assert_eq!(sheet["isProtected"], true);
    let series = running.told(
        READ,
        &format!("series?month=2022-10&region={region}&industry=C38"),
    );
    for point in series["points"].as_array().unwrap() {
        assert!(
            point["now"].is_null() && point["growth"].is_null(),
            "{point}"
        );
    }
    let enterprise = running.province.enterprises()[0].code;
    let forbidden = [
        format!("series?enterprise={enterprise}"),
        format!("sheet?region={region}&industry=C38"),
        "sheet?by=enterprise".to_owned(),
        "sheet?by=county".to_owned(),
        "sheet?region=990101".to_owned(),
        // Two boards that differ by little would tell what each hides.
        "board?form=cumulative".to_owned(),
        "board?known-at=2022-10-20".to_owned(),
        "board?unit=10^8%20yuan".to_owned(),
        "lag".to_owned(),
    ];
    for path in &forbidden {
        let answer = running.get(READ, path);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "forbidden"),
            "{path}"
        );
    }
    let found = running.told(READ, &format!("search?q={enterprise}"));
    assert_eq!(found["found"], json!([]));
    let found = running.told(SEE, &format!("search?q={enterprise}"));
    assert_eq!(found["found"].as_array().unwrap().len(), 1);
}

/// What a reader is told of cities is what the board says, and no more than who sees is told.
#[test]
fn what_may_be_shown_agrees_with_what_is() {
    let running = start(plan(6));
    let shown = running.told(READ, "sheet?month=2022-10");
    let all = running.told(SEE, "sheet?month=2022-10");
    for line in shown["lines"].as_array().unwrap() {
        let code = &line["object"]["code"];
        let lines = all["lines"].as_array().unwrap();
        let same = lines
            .iter()
            .find(|of| of["object"]["code"] == *code)
            .unwrap();
        assert_eq!(
            (&line["now"], &line["growth"]),
            (&same["now"], &same["growth"])
        );
        assert!((number(&line["pull"]) - number(&same["pull"])).abs() < 0.11);
    }
    assert_eq!(shown["lines"].as_array().unwrap().len(), 3);
}

#[test]
fn targets_are_told_with_what_the_year_still_needs() {
    let running = start(plan(4));
    let lag = running.told(SEE, "lag?month=2022-11");
    let lines = lag["lines"].as_array().unwrap();
    assert!(lines.len() >= 4, "{lag}");
    assert!(lines.iter().all(|line| line["growthNeeded"].is_string()));
}

#[test]
fn what_cannot_be_read_is_told_in_both_languages() {
    let running = start(plan(2));
    let check = |path: &str, status: u16| {
        let answer = running.get(SEE, path);
        assert_eq!(answer.status, status, "{path}: {}", answer.json());
        answer.code();
    };
    check("sheet?month=2022-01", 400);
    check("sheet?month=yesterday", 422);
    check("sheet?month=1999-05", 404);
    check("sheet?region=11", 400);
    check("sheet?region=12345678901234567890", 422);
    check("sheet?industry=Z99", 422);
    check("sheet?indicator=capacity-use", 400);
    check("sheet?indicator=no%20such", 400);
    check("sheet?by=moon", 400);
    check("series?enterprise=911100000000000000", 422);
    check("nothing", 404);
    check("board/", 404);
}

/// Everything that is described is there and answers; nothing else is told of.
#[test]
fn the_description_is_true() {
    let running = start(plan(2));
    let answer = running.get(READ, "openapi.json");
    assert_eq!(answer.octets, web::monitor::OPENAPI.as_bytes());
    let description = answer.json();
    let paths = description["paths"].as_object().unwrap();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            let asked = path.replace("{name}", "none").replace("{number}", "1");
            let asked = asked.replace("{batch}", "1");
            let answer = running.ask(
                ACT,
                &method.to_uppercase(),
                &asked,
                &[],
                &crate::running::Body::None,
            );
            let is_there = answer.status != 405
                && (answer.status != 404 || answer.code() != "not-found" || path.contains('{'));
            assert!(is_there, "{method} {path}: {}", answer.status);
            let rights = operation["x-rights"].as_str().unwrap();
            if rights != "read" {
                let answer = running.ask(
                    READ,
                    &method.to_uppercase(),
                    &asked,
                    &[],
                    &crate::running::Body::None,
                );
                assert_eq!(answer.status, 403, "{method} {path}");
            }
        }
    }
    check_status(&running);
}

fn check_status(running: &Running) {
    let status = running.told(READ, "status");
    assert_eq!(
        (&status["rights"], &status["actsForAll"]),
        (&json!("read"), &json!(false))
    );
    assert_eq!(status["months"][0], "2022-11");
    let status = running.told(ACT, "status");
    assert_eq!(
        (&status["rights"], &status["actsForAll"]),
        (&json!("act"), &json!(true))
    );
}
