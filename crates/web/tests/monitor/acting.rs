//! What is done: by whom, in whose name, and what is refused.

use crate::running::{ACT, Answer, Body, CITY, READ, Running, SEE, plan, start};
use serde_json::{Value as Json, json};

const RULE: &str = "rule test.output \"产值下降\" \"output falls\"
every merged-month
of region industry
let yellow-fall = -15
let red-fall = -30
let band = 5
level yellow \"黄色\" when yoy(output) < yellow-fall until yoy(output) > yellow-fall + band
level red \"红色\" when yoy(output) < red-fall until yoy(output) > red-fall + band
missing hold
history 6
";

pub(crate) fn post(running: &Running, token: &str, path: &str, said: &Json) -> Answer {
    let octets = said.to_string();
    let body = Body::Of("application/json", octets.as_bytes());
    running.ask(token, "POST", path, &[], &body)
}

/// What is done must be done.
pub(crate) fn done(running: &Running, path: &str, said: &Json) -> Json {
    let answer = post(running, ACT, path, said);
    assert_eq!(answer.status, 200, "{path}: {}", answer.json());
    answer.json()
}

pub(crate) fn refused(running: &Running, path: &str, said: &Json, status: u16) {
    let answer = post(running, ACT, path, said);
    assert_eq!(answer.status, status, "{path}: {}", answer.json());
    answer.code();
}

/// Registers, tests, sees and lets live the rule; the back-test.
pub(crate) fn go_live(running: &Running) -> Json {
    let by = json!({"by": "office"});
    let draft = done(running, "rules", &json!({"text": RULE, "by": "office"}));
    assert_eq!(draft["state"]["code"], "draft");
    let path = "rules/test.output/1";
    refused(running, &format!("{path}/live"), &by, 409);
    let happened = json!({"objects": ["9903", "C38"], "from": "2022-08", "to": "2022-10",
        "label": "shock"});
    let test = done(
        running,
        &format!("{path}/back-test"),
        &json!({"from": "2021-11", "to": "2022-10", "level": 2, "by": "office",
            "sweep": {"threshold": "red-fall", "numbers": ["-90", "-30", "-1"]},
            "episodes": [happened]}),
    );
    refused(running, &format!("{path}/live"), &by, 409);
    let wrong = json!({"digest": "0".repeat(64), "by": "office"});
    refused(running, &format!("{path}/seen"), &wrong, 409);
    let seen = json!({"digest": test["digest"], "by": "office"});
    done(running, &format!("{path}/seen"), &seen);
    let live = done(running, &format!("{path}/live"), &by);
    assert_eq!(live["state"]["code"], "live");
    test
}

/// A rule is tested, seen, goes live, warns; the warning is taken over, a case opened for it and
/// solved, by whom each step is for.
#[test]
fn a_shock_is_warned_of_owned_and_solved() {
    let running = start(plan(12));
    let test = go_live(&running);
    assert_eq!(
        (&test["score"]["hits"], &test["score"]["misses"]),
        (&json!(1), &json!(0))
    );
    let points = test["curve"]["points"].as_array().unwrap();
    let alarms = |at: usize| points[at]["falseAlarms"].as_u64().unwrap();
    assert!(points.len() == 3 && alarms(0) <= alarms(1) && alarms(1) <= alarms(2));

    let judged = done(
        &running,
        "warnings/judge",
        &json!({"month": "2022-09", "owner": "office"}),
    );
    assert_eq!((&judged["rules"], &judged["open"]), (&json!(1), &json!(1)));
    let list = running.told(SEE, "warnings");
    let warning = &list["lines"][0];
    let name = warning["name"].as_str().unwrap();
    assert_eq!(
        (&warning["lamp"], &warning["owner"]),
        (&json!("red"), &json!("office"))
    );
    // A reader is told that there is one where the board shows the place, but not by which figures.
    let shown = running.told(READ, &format!("warnings/{name}"));
    assert!(shown["steps"][0].get("figures").is_none() && shown.get("cases").is_none());
    let shown = running.told(SEE, &format!("warnings/{name}"));
    assert!(!shown["steps"][0]["figures"].as_array().unwrap().is_empty());
    let care = json!({"by": "office", "remark": "by telephone"});
    let taken = done(&running, &format!("warnings/{name}/acknowledge"), &care);
    assert_eq!(taken["acknowledged"]["by"], "office");
    let shown = running.told(READ, &format!("warnings/{name}"));
    assert!(!shown.to_string().contains("telephone"), "{shown}");

    let region = warning["objects"][0]["code"].as_str().unwrap();
    let sheet = running.told(
        SEE,
        &format!("sheet?month=2022-09&region={region}&industry=C38&by=enterprise"),
    );
    let enterprise = sheet["lines"].as_array().unwrap().last().unwrap();
    let enterprise = enterprise["object"]["code"].as_str().unwrap();
    let opening = json!({"name": "case-1", "title": "no material", "enterprise": enterprise,
        "class": "material", "owner": "office", "by": "office", "warning": name});
    let opened = done(&running, "cases", &opening);
    assert_eq!(opened["state"]["code"], "opened");
    let step = |message: &str, role: &str, by: &str, more: Json| {
        let mut said = json!({"message": message, "role": role, "by": by});
        said.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        post(&running, ACT, "cases/case-1/steps", &said)
    };
    let assigned = step("assign", "dispatcher", "office", json!({"owner": "city"}));
    assert_eq!(assigned.status, 200);
    // Only its owner accepts it, and only the enterprise says that it is solved.
    assert_eq!(step("accept", "owner", "another", json!({})).status, 409);
    for (message, role, by) in [("accept", "owner", "city"), ("begin", "owner", "city")] {
        assert_eq!(step(message, role, by, json!({})).status, 200);
    }
    let proposed = step("propose", "owner", "city", json!({"remark": "it came"}));
    assert_eq!(proposed.status, 200);
    assert_eq!(step("confirm", "enterprise", "city", json!({})).status, 409);
    let confirmed = step("confirm", "enterprise", enterprise, json!({}));
    assert_eq!(confirmed.json()["isClosed"], true);
    let told = running.told(SEE, "cases/case-1");
    assert_eq!(told["steps"].as_array().unwrap().len(), 6);
    let shown = running.told(SEE, &format!("warnings/{name}"));
    assert_eq!(shown["cases"][0]["name"], "case-1");
    for path in ["cases", "cases/case-1"] {
        assert_eq!(running.get(READ, path).status, 403, "{path}");
    }
}

/// That a warning was raised tells how far a figure fell, so it is hidden where that is.
#[test]
fn readers_are_told_of_no_warning_about_what_is_hidden() {
    let running = start(plan(2));
    go_live(&running);
    done(
        &running,
        "warnings/judge",
        &json!({"month": "2022-09", "owner": "office"}),
    );
    let all = running.told(SEE, "warnings");
    let lines = all["lines"].as_array().unwrap();
    assert!(!lines.is_empty());
    assert_eq!(running.told(READ, "warnings")["count"], 0);
    for line in lines {
        let path = format!("warnings/{}", line["name"].as_str().unwrap());
        assert_eq!(running.get(READ, &path).status, 404);
    }
}

/// Who may not act does nothing; a token of one body acts in no other's name.
#[test]
fn nobody_acts_in_anothers_name() {
    let running = start(plan(2));
    let rule = json!({"text": RULE, "by": "省工信厅"});
    for token in ["", READ, SEE] {
        let answer = post(&running, token, "rules", &rule);
        assert_eq!(answer.status, if token.is_empty() { 401 } else { 403 });
    }
    let answer = post(&running, CITY, "rules", &rule);
    assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"));
    let own = post(&running, CITY, "rules", &json!({"text": RULE}));
    assert_eq!(own.json()["steps"][0]["by"], "合成甲市工信局");
    let wanted = json!({"month": "2022-10", "issuer": "省工信厅", "name": "b-1"});
    assert_eq!(post(&running, CITY, "bulletins", &wanted).status, 403);
    // Whose token speaks for whoever it names must name somebody.
    let nobody = post(&running, ACT, "rules", &json!({"text": RULE}));
    assert_eq!(
        (nobody.status, nobody.code().as_str()),
        (400, "bad-request")
    );
}

#[test]
fn what_is_no_json_and_what_a_page_from_elsewhere_could_send_is_refused() {
    let running = start(plan(2));
    let send = |kind, octets: &[u8]| {
        let answer = running.ask(ACT, "POST", "rules", &[], &Body::Of(kind, octets));
        (answer.status, answer.code())
    };
    let rule = json!({"text": RULE, "by": "office"}).to_string();
    let bad = (400, "bad-request".to_owned());
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        assert_eq!(send(kind, rule.as_bytes()), bad, "{kind}");
    }
    for octets in [
        "",
        "{",
        "[]",
        "{\"text\": 1}",
        "{\"text\": \"\", \"more\": 1}",
    ] {
        let octets = if octets.is_empty() { " " } else { octets };
        assert_eq!(send("application/json", octets.as_bytes()), bad, "{octets}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(send("application/json", deep.as_bytes()), bad);
    let said = done(
        &running,
        "rules/check",
        &json!({"text": "rule x\nnonsense"}),
    );
    assert!(said["complaint"]["line"].is_u64() && said["complaint"]["chinese"].is_string());
}

pub(crate) const MAPPING: &str = "name = \"monthly\"\n\n[[sheets]]\nsheet = \"*\"\n\
                       headings = [1, 1]\n\
                       period = \"given\"\n\n[[sheets.objects]]\nkind = \"credit-code\"\n\
                       column = \"code\"\n\n[[sheets.figures]]\ncolumn = \"output\"\n\
                       indicator = \"output\"\nform = \"level\"\nfrequency = \"merged-month\"\n\
                       unit = \"千元\"\n";

/// A workbook is looked at, taken in, given back with its error marked, and undone.
#[test]
fn a_workbook_comes_in_and_goes_back() {
    let running = start(plan(2));
    let enterprises = running.province.enterprises();
    let [one, two] = [0, 1].map(|at| enterprises[at].code.to_string());
    let sheet = format!("code,output\n{one},123456\n{two},about three\n");
    let send = |path: &str| {
        let body = Body::Of("application/octet-stream", sheet.as_bytes());
        running.ask(ACT, "POST", path, &[], &body)
    };
    let query = "name=december.csv&month=2022-12&by=county";
    let proposed = send(&format!("collection/workbook?{query}")).json();
    assert_eq!(proposed["needsMapping"], true);
    let kept = done(&running, "collection/mappings", &json!({"text": MAPPING}));
    assert_eq!(kept["name"], "monthly");
    let dry = send(&format!(
        "collection/workbook?{query}&mapping=monthly&dry=yes"
    ))
    .json();
    assert_eq!(
        (&dry["isDry"], &dry["batch"]),
        (&json!(true), &Json::Null),
        "{dry}"
    );
    let cell = |said: &Json| {
        let findings = said["findings"].as_array().unwrap().clone();
        let held = findings.into_iter().find(|of| of["holdsBack"] == true);
        held.unwrap()["spot"].as_str().unwrap().to_owned()
    };
    assert!(cell(&dry).contains("B3"), "{dry}");
    let marked = send(&format!(
        "collection/marked/workbook?{query}&mapping=monthly"
    ));
    assert_eq!(marked.status, 200);
    assert!(marked.header("content-disposition").contains("december"));
    assert!(marked.octets.len() > sheet.len());
    let taken = send(&format!("collection/workbook?{query}&mapping=monthly")).json();
    assert_eq!(
        (&taken["figures"], &taken["isClean"]),
        (&json!(1), &json!(false)),
        "{taken}"
    );
    let figure = |code: &str| {
        let series = running.told(SEE, &format!("series?month=2022-12&enterprise={code}"));
        let points = series["points"].as_array().unwrap();
        points.last().unwrap()["now"].as_str().map(str::to_owned)
    };
    assert_eq!(figure(&one).as_deref(), Some("12345.6"));
    let series = running.told(SEE, &format!("series?month=2022-12&enterprise={one}"));
    let cells = series["revisions"].as_array().unwrap().iter();
    let cells: Vec<&Json> = cells.map(|told| &told["source"]["cell"]).collect();
    assert!(cells.contains(&&json!("B2")), "{cells:?}");
    let batch = taken["batch"].as_str().unwrap();
    let undoing = json!({"reason": "wrong file", "by": "county"});
    let undone = done(
        &running,
        &format!("collection/batches/{batch}/undo"),
        &undoing,
    );
    assert_eq!(
        undone["restored"].as_u64().unwrap() + undone["emptied"].as_u64().unwrap(),
        1
    );
    assert_ne!(figure(&one).as_deref(), Some("12345.6"));
    let status = running.told(SEE, "collection?month=2022-12");
    assert_eq!(status["batches"].as_array().unwrap().len(), 2);
    let shown = running.told(READ, "collection?month=2022-12");
    assert!(shown.get("late").is_none() && shown.get("batches").is_none());
    // Broken files are told as such.
    let broken = [
        &b"PK\x03\x04nonsense"[..],
        &[0xd0, 0xcf, 0x11, 0xe0],
        &[0xff; 40],
    ];
    for octets in broken {
        let body = Body::Of("application/octet-stream", octets);
        let path = format!("collection/workbook?{query}");
        let answer = running.ask(ACT, "POST", &path, &[], &body);
        assert_eq!((answer.status, answer.code().as_str()), (422, "unsound"));
    }
    let plain = Body::Of("text/plain", sheet.as_bytes());
    let path = format!("collection/workbook?{query}");
    assert_eq!(running.ask(ACT, "POST", &path, &[], &plain).status, 400);
}

#[test]
fn the_example_is_listed_and_a_bulletin_tells_of_it() {
    let running = start(plan(4));
    let listed = done(&running, "measures/example", &json!({"by": "office"}));
    let list = running.told(READ, "measures");
    let lines = list["lines"].as_array().unwrap();
    assert_eq!(listed["listed"].as_u64().unwrap(), lines.len() as u64);
    let task = &lines[0];
    let path = format!("measures/{}", task["name"].as_str().unwrap());
    let accept = json!({"message": "accept", "role": "lead", "by": task["owner"]["body"]});
    let accepted = done(&running, &format!("{path}/steps"), &accept);
    assert_eq!(accepted["state"]["code"], "under-way");
    assert_eq!(
        running.told(READ, &path)["steps"].as_array().unwrap().len(),
        2
    );

    let mut wanted = json!({"month": "2022-10", "issuer": "office", "name": "b-1",
        "addressees": ["合成甲市人民政府"], "document": "notice-2022"});
    let preview = done(&running, "bulletins/preview", &wanted);
    let page = preview["html"].as_str().unwrap();
    assert!(page.contains("合成数据") && !page.contains("<script"));
    assert_eq!(running.told(READ, "bulletins")["lines"], json!([]));
    wanted["format"] = json!("docx");
    let file = post(&running, ACT, "bulletins/file", &wanted);
    assert!(file.octets.starts_with(b"PK"));
    // What was looked at is issued: of that moment, and nothing else.
    wanted["at"] = preview["at"].clone();
    wanted["digest"] = json!("0".repeat(64));
    refused(&running, "bulletins", &wanted, 409);
    wanted["digest"] = preview["digest"].clone();
    let issued = done(&running, "bulletins", &wanted);
    assert_eq!(issued["name"], "b-1");
    // The same order again is the same; another of this name is refused.
    assert_eq!(
        done(&running, "bulletins", &wanted)["digest"],
        issued["digest"]
    );
    wanted["digest"] = json!("");
    wanted["number"] = json!("2");
    refused(&running, "bulletins", &wanted, 409);
    let one = running.get(READ, "bulletins/b-1?format=xlsx");
    assert!(one.octets.starts_with(b"PK"));
    let line = &running.told(READ, "bulletins")["lines"][0];
    assert_eq!(line["missing"], json!(["合成甲市人民政府"]));
    let receipt = json!({"addressee": "合成甲市人民政府", "person": "duty"});
    done(&running, "bulletins/b-1/receipts", &receipt);
    let stranger = json!({"addressee": "another"});
    refused(&running, "bulletins/b-1/receipts", &stranger, 404);
    let line = &running.told(READ, "bulletins")["lines"][0];
    assert_eq!(
        (&line["missing"], &line["receipts"][0]["person"]),
        (&json!([]), &json!("duty"))
    );
    assert_eq!(
        post(&running, READ, "bulletins/preview", &wanted).status,
        403
    );
}
