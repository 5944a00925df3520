//! What people set: tasks, rules for workbooks, targets, the roll, silences; and what follows.

use crate::acting::{MAPPING, done, go_live, post, refused};
use crate::running::{ACT, Answer, Body, CITY, READ, Running, SEE, plan, start};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

fn send(running: &Running, path: &str, octets: &[u8]) -> Answer {
    let body = Body::Of("application/octet-stream", octets);
    running.ask(ACT, "POST", path, &[], &body)
}

const RULES: &str = "name = \"审核\"\nmappings = [\"monthly\"]\n[[rules]]\nname = \"上限\"\n\
    severity = \"warning\"\ncheck = { range = { indicator = \"output\", max = \"50000\" } }\n";

/// A figure that breaks a rule waits, is explained, and is taken with what was said of it.
#[test]
fn a_workbook_is_held_to_the_rules_that_are_kept_for_it() {
    let running = start(plan(2));
    let one = running.province.enterprises()[0].code.to_string();
    let sheet = format!("code,output\n{one},123456\n");
    done(&running, "collection/mappings", &json!({"text": MAPPING}));
    let query = "name=december.csv&month=2022-12&by=county&mapping=monthly";
    let path = format!("collection/workbook?{query}&dry=yes");
    let free = send(&running, &path, sheet.as_bytes()).json();
    assert_eq!(
        (&free["isClean"], &free["rules"]["version"]),
        (&json!(true), &json!(0))
    );
    let kept = json!({"text": RULES, "by": "office"});
    assert_eq!(done(&running, "collection/checks", &kept)["version"], 1);
    let broken = json!({"text": "name = \"x\"\n[[rules]]\nname = \"y\"", "by": "office"});
    refused(&running, "collection/checks", &broken, 422);
    let twin = json!({"text": RULES.replace("审核", "另一"), "by": "office"});
    refused(&running, "collection/checks", &twin, 422);
    let held = send(&running, &path, sheet.as_bytes()).json();
    assert_eq!(
        (&held["held"], &held["rules"]["name"]),
        (&json!(1), &json!("审核")),
        "{held}"
    );
    let found = held["findings"].as_array().unwrap();
    let found = found.iter().find(|of| of["holdsBack"] == true).unwrap();
    assert_eq!(found["canBeExplained"], true);
    let explain = |code: &Json, text: &str| {
        let said = json!({"at": found["at"], "code": code, "text": text});
        let said = json!({"workbook": STANDARD.encode(&sheet), "explanations": [said]});
        post(
            &running,
            ACT,
            &format!("collection/workbook?{query}"),
            &said,
        )
    };
    assert_eq!(explain(&json!("another"), "new line").status, 422);
    let taken = explain(&found["code"], "new line").json();
    assert_eq!(
        (&taken["figures"], &taken["held"]),
        (&json!(1), &json!(0)),
        "{taken}"
    );
    let lists = running.told(SEE, "collection/checks");
    assert_eq!(lists["lines"][0]["rules"][0]["name"], "上限");
    assert!(lists["example"].as_str().unwrap().contains("示例"));
    let spoilt = json!({"workbook": "no base64", "explanations": []});
    let answer = post(
        &running,
        ACT,
        &format!("collection/workbook?{query}"),
        &spoilt,
    );
    assert_eq!(answer.status, 400);
    // Nothing would be recorded of all or nothing, and that is said.
    let wrong = format!("code,output\n{one},77\n{one},three\n");
    let path = format!("collection/workbook?{query}&dry=yes&all-or-nothing=yes");
    assert_eq!(send(&running, &path, wrong.as_bytes()).json()["figures"], 0);
}

/// Others' workbooks are read by a mapping: nobody replaces it unseen, and what did not fit is not
/// remembered.
#[test]
fn a_mapping_is_replaced_only_by_who_has_seen_it() {
    let running = start(plan(2));
    done(&running, "collection/mappings", &json!({"text": MAPPING}));
    let other = MAPPING.replace("千元", "万元");
    refused(
        &running,
        "collection/mappings",
        &json!({"text": other}),
        409,
    );
    let seen = json!({"text": other, "replaces": 1});
    assert_eq!(done(&running, "collection/mappings", &seen)["version"], 2);
    let query = "name=other.csv&month=2022-12&by=county";
    let sheet = b"number,amount\n1,2\n";
    let path = format!("collection/workbook?{query}&mapping=monthly");
    assert_eq!(send(&running, &path, sheet).json()["figures"], 0);
    let path = format!("collection/workbook?{query}");
    assert_eq!(send(&running, &path, sheet).json()["needsMapping"], true);
}

/// The folder's own task is shown, and who calls whom about whom; one that is kept replaces it.
#[test]
fn who_is_late_is_chased_from_the_county_to_the_province() {
    let running = start(plan(2));
    let shown = running.told(SEE, "collection?month=2022-12");
    assert_eq!(
        (&shown["task"], &shown["due"]),
        (&json!("合成月报"), &json!("2023-01-05"))
    );
    let calls = shown["calls"].as_array().unwrap();
    let of = |level: &str| calls.iter().filter(|of| of["level"] == level).count();
    assert_eq!(
        (of("county"), of("city"), of("province")),
        (6, 3, 1),
        "{calls:?}"
    );
    let province = calls.iter().find(|of| of["level"] == "province").unwrap();
    assert_eq!(
        (&province["body"], &province["about"]),
        (&json!("合成省工信厅"), &json!(24))
    );
    assert!(province["named"][0]["object"]["name"].is_string());
    assert!(
        running
            .told(READ, "collection?month=2022-12")
            .get("calls")
            .is_none()
    );
    let tasks = running.told(SEE, "collection/tasks");
    let line = &tasks["lines"][0];
    assert_eq!(
        (&line["name"], &line["version"]),
        (&json!("合成月报"), &Json::Null)
    );
    let text = line["text"]
        .as_str()
        .unwrap()
        .replace("due-days = 5", "due-days = 40");
    let kept = done(
        &running,
        "collection/tasks",
        &json!({"text": text, "by": "office"}),
    );
    assert_eq!(kept["version"], 1);
    let shown = running.told(SEE, "collection?month=2022-12");
    assert_eq!(shown["due"], "2023-02-09");
    let elsewhere = text.replace("990000000000", "11");
    let elsewhere = json!({"text": elsewhere, "by": "office"});
    refused(&running, "collection/tasks", &elsewhere, 400);
    assert_eq!(
        running
            .get(SEE, "collection?month=2022-12&task=none")
            .status,
        404
    );
}

#[test]
fn a_target_that_is_set_is_told_with_what_it_needs() {
    let running = start(plan(2));
    let growths = || {
        let lag = running.told(SEE, "lag?month=2022-11");
        let lines = lag["lines"].as_array().unwrap().clone();
        let own = lines
            .into_iter()
            .find(|of| of["object"]["code"] == "990000000000");
        own.unwrap()["target"].as_str().unwrap().to_owned()
    };
    let of_file = growths();
    let mut target = json!({"object": "99", "indicator": "output", "year": 2022,
        "growth": "12.5", "by": "office"});
    done(&running, "targets", &target);
    assert_eq!(growths(), "12.5");
    let lines = running.told(SEE, "targets?year=2022");
    let set = lines["lines"].as_array().unwrap();
    assert!(
        set.iter()
            .any(|of| of["by"] == "office" && of["isOfFile"] == false)
    );
    for (name, value) in [
        ("growth", "-100"),
        ("object", "11"),
        ("object", "Z99"),
        ("growth", "x"),
    ] {
        let mut wrong = target.clone();
        wrong[name] = json!(value);
        let answer = post(&running, ACT, "targets", &wrong);
        assert!([400, 422].contains(&answer.status), "{name} {value}");
    }
    target.as_object_mut().unwrap().remove("growth");
    done(&running, "targets", &target);
    assert_eq!(growths(), of_file);
    refused(&running, "targets", &target, 404);
}

/// Who is on no roll is refused; put on it, its figures are taken and it is found by its name.
#[test]
fn an_enterprise_comes_on_the_roll() {
    let running = start(plan(2));
    let code = codes::CreditCode::with_check("91990100MA0000001")
        .unwrap()
        .to_string();
    done(&running, "collection/mappings", &json!({"text": MAPPING}));
    let path = "collection/workbook?name=d.csv&month=2022-12&by=county&mapping=monthly&dry=yes";
    let sheet = format!("code,output\n{code},5\n");
    assert_eq!(send(&running, path, sheet.as_bytes()).json()["held"], 1);
    let roll = format!("code,name,region,industry\n{code},新厂,990101,C38\nx,错,990101,C38\n");
    let dry = send(
        &running,
        "collection/roll/workbook?name=r.csv&by=o&dry=yes",
        roll.as_bytes(),
    );
    assert_eq!(
        (&dry.json()["changed"], &dry.json()["findingsCount"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(send(&running, path, sheet.as_bytes()).json()["held"], 1);
    let done = send(
        &running,
        "collection/roll/workbook?name=r.csv&by=o",
        roll.as_bytes(),
    )
    .json();
    assert_eq!(
        done["findings"][0]["at"]
            .as_str()
            .unwrap()
            .split('!')
            .nth(1),
        Some("A3")
    );
    assert_eq!(send(&running, path, sheet.as_bytes()).json()["held"], 0);
    let found = running.told(SEE, "search?q=%E6%96%B0%E5%8E%82");
    assert_eq!(found["found"][0]["code"], json!(code));
    assert_eq!(
        running.told(READ, "search?q=%E6%96%B0%E5%8E%82")["found"],
        json!([])
    );
}

/// Nobody is told while a silence holds, and it is said why; it has a reason, an end and an owner.
#[test]
fn a_silence_has_a_reason_and_an_end_and_is_lifted() {
    let running = start(plan(12));
    go_live(&running);
    let judging = json!({"month": "2022-09", "owner": "office"});
    done(&running, "warnings/judge", &judging);
    let muted = || running.told(SEE, "warnings")["lines"][0]["muted"].clone();
    assert_eq!(muted(), Json::Null);
    let in_days = |days: u64| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ms = u64::try_from(since.unwrap().as_millis()).unwrap() + days * 86_400_000;
        facts::Instant(ms).day_in_china().unwrap().to_string()
    };
    let mut wanted = json!({"region": "99", "until": in_days(9), "reason": "检修", "by": "office"});
    let kept = done(&running, "silences", &wanted);
    assert_eq!(
        (&kept["holds"], &kept["by"]),
        (&json!(true), &json!("office"))
    );
    assert_eq!(
        (&muted()["kind"], &muted()["reason"]),
        (&json!("silenced"), &json!("检修"))
    );
    assert_eq!(
        running.told(READ, "warnings")["lines"][0]["muted"],
        Json::Null
    );
    assert_eq!(running.get(READ, "silences").status, 403);
    let name = kept["name"].as_str().unwrap();
    done(
        &running,
        &format!("silences/{name}/lift"),
        &json!({"by": "office"}),
    );
    assert_eq!(muted(), Json::Null);
    refused(
        &running,
        &format!("silences/{name}/lift"),
        &json!({"by": "office"}),
        404,
    );
    for (member, value, status) in [
        ("until", in_days(100), 422),
        ("until", "2022-01-01".to_owned(), 422),
        ("until", String::new(), 400),
        ("reason", " ".to_owned(), 422),
        ("region", "11".to_owned(), 400),
        ("region", String::new(), 422),
    ] {
        let before = wanted[member].clone();
        wanted[member] = json!(value);
        refused(&running, "silences", &wanted, status);
        wanted[member] = before;
    }
    assert_eq!(post(&running, CITY, "silences", &wanted).status, 403);
}

/// Nothing is known of a month that has not ended: judging it would end every warning, and keep
/// earlier months from being judged.
#[test]
fn a_month_to_come_is_not_judged() {
    let running = start(plan(12));
    go_live(&running);
    let judge = |month: &str| json!({"month": month, "owner": "office"});
    let judged = done(&running, "warnings/judge", &judge("2022-09"));
    assert_eq!(judged["open"], 1);
    refused(&running, "warnings/judge", &judge("2099-12"), 409);
    assert_eq!(running.told(SEE, "warnings")["count"], 1);
    let next = done(&running, "warnings/judge", &judge("2022-10"));
    assert_eq!(next["judged"], judged["judged"]);
}

/// What stands at the end of a month is not added up; a month that is missing ends the sum.
#[test]
fn only_what_is_made_month_by_month_is_added_up() {
    let running = start(plan(2));
    let one = &running.province.enterprises()[0].code;
    let points = |indicator: &str| {
        let path = format!("series?month=2022-11&enterprise={one}&indicator={indicator}");
        running.told(SEE, &path)["points"]
            .as_array()
            .unwrap()
            .clone()
    };
    let told = |points: &[Json]| {
        points
            .iter()
            .filter(|of| of["cumulated"].is_string())
            .count()
    };
    assert!(told(&points("output")) > 10);
    assert_eq!(told(&points("assets")), 0);
    assert!(!points("assets").is_empty());
}
