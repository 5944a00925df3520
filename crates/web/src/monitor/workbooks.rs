//! Workbooks on their way in and back: as they are sent, what was found in them, and what is said
//! of its warnings.
//!
//! A workbook is the body of a request as it is, or in JSON with explanations: no page from
//! elsewhere can send either unasked. Not here: what is wrong with it (room `monitor`).

use super::access::Rights;
use super::bureau::now;
use super::call::{Answer, Call, Problem};
use crate::reply::Reply;
use crate::request::media_type;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use codes::{Period, Region};
use facts::ledger::Ledger;
use facts::{Instant, View};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_DISPOSITION, HeaderValue};
use monitor::collect::{
    self, Acceptance, Directory, Explanation, Finding, Fingerprint, Limits, Mapping, Reading,
    Sending, Severity, Submission, Taken, Workbook, propose,
};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The most findings of a workbook that are told: all of them stand in the one that is given back.
const FINDINGS_COUNT_MAX: usize = 300;

/// The most explanations of one workbook.
const EXPLANATIONS_COUNT_MAX: usize = 1000;

/// A workbook with what is said of its warnings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explained {
    /// Its octets, in base64.
    workbook: String,
    explanations: Vec<Explaining>,
}

/// What is said of a warning.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Explaining {
    /// Where, as a finding says it.
    at: String,
    code: String,
    text: String,
}

/// A workbook as it was sent, and how it is to be taken.
struct Sent {
    name: String,
    octets: Bytes,
    workbook: Workbook,
    within: Region,
    period: Option<Period>,
    acceptance: Acceptance,
    is_revision: bool,
    reporter: String,
    explanations: Vec<Explaining>,
}

/// What has become of it.
struct Judged {
    rows: usize,
    rules: (String, u32),
    taken: Taken,
}

impl Sent {
    fn of(call: &Call<'_>) -> Result<Self, Problem> {
        let (octets, explanations) = body(call)?;
        let name = call.parameter("name").unwrap_or("workbook.xlsx").to_owned();
        let flag = |name: &str| call.asked.query.flag(name) == Some(true);
        let months = call.bureau.months();
        let period = call.parameter("month");
        let period = period.map(|of| super::question::month(of, months));
        let named = call.parameter("by").map(str::to_owned);
        Ok(Self {
            workbook: Workbook::read(&name, &octets, &Limits::default())?,
            octets,
            within: call.region()?,
            period: period.transpose()?,
            acceptance: if flag("all-or-nothing") {
                Acceptance::AllOrNothing
            } else {
                Acceptance::GoodRows
            },
            is_revision: flag("revision"),
            reporter: call.sender(named)?,
            explanations,
            name,
        })
    }

    /// The mapping that is named, else the one that is remembered for workbooks like this.
    fn mapping(&self, call: &Call<'_>) -> Result<Option<(u32, Mapping)>, Problem> {
        let view = call.bureau.view();
        if let Some(name) = call.parameter("mapping") {
            let found = collect::newest::<Mapping>(&*view, name)?;
            return found.map(Some).ok_or_else(Problem::not_found);
        }
        let fingerprint = Fingerprint::of(&self.workbook);
        Ok(collect::remembered(&*view, fingerprint)?)
    }

    /// Reads and judges it by the rules of its mapping, and takes what may stand unless it is
    /// `dry`.
    fn take(
        &self,
        call: &Call<'_>,
        (version, mapping): (u32, &Mapping),
        is_dry: bool,
    ) -> Result<Judged, Problem> {
        let tables = &call.bureau.tables;
        let directory = Directory::new(&tables.regions, &tables.industries, self.within);
        let directory = {
            let known = call.bureau.enterprises();
            let names = known.iter();
            directory.with_enterprises(names.map(|(object, name)| (name.clone(), object.clone())))
        };
        let reading = Reading::of(&self.workbook, mapping, &directory, self.period);
        let (of_rules, rules) = collect::rules_for(&*call.bureau.view(), &mapping.name)?;
        let mut sending = Sending {
            reporter: self.reporter.clone(),
            released_at: now(),
            within: self.within,
            is_revision: self.is_revision,
            explanations: BTreeMap::new(),
        };
        let judge = |sending: &Sending| {
            let view = call.bureau.view();
            let regions = &tables.regions;
            let at = Ledger::read(&*view)?.next(now());
            collect::judge(&*view, at, &reading, &rules, regions, sending)
        };
        if !self.explanations.is_empty() {
            let found = judge(&sending)?.findings;
            let given: Vec<_> = self.explanations.iter().map(Explaining::said).collect();
            sending.explanations = collect::explanations(&found, &given)?;
        }
        let submission = Submission {
            workbook: &self.workbook,
            reading: &reading,
            mapping: (&mapping.name, version),
            rules: (&rules, of_rules),
            regions: &tables.regions,
            sending: &sending,
            acceptance: self.acceptance,
        };
        let taken = if is_dry {
            let view = call.bureau.view();
            let at = Ledger::read(&*view)?.next(now());
            collect::take(&*view, at, &submission)?.1
        } else {
            let plan = |view: &dyn View, at: Instant| collect::take(view, at, &submission);
            call.commit_of(plan)?
        };
        Ok(Judged {
            rows: reading.rows.len(),
            rules: (rules.name, of_rules),
            taken,
        })
    }
}

impl Explaining {
    fn said(&self) -> Explanation<'_> {
        Explanation {
            at: &self.at,
            code: Some(&self.code),
            text: &self.text,
        }
    }
}

/// The octets of the workbook, and what is said of it.
pub(super) fn body(call: &Call<'_>) -> Result<(Bytes, Vec<Explaining>), Problem> {
    match media_type(&call.asked.headers).as_str() {
        "application/octet-stream" => Ok((call.asked.body.clone(), Vec::new())),
        "application/json" => {
            let said: Explained = call.body()?;
            if said.explanations.len() > EXPLANATIONS_COUNT_MAX {
                return Err(Problem::bad(
                    "at most 1000 warnings are explained at once; mend the workbook",
                    "一次最多说明1000条；请先更正报表",
                ));
            }
            let octets = STANDARD.decode(&said.workbook).map_err(|error| {
                Problem::bad(
                    format!("the workbook is no base64: {error}"),
                    format!("报表不是 base64：{error}"),
                )
            })?;
            Ok((octets.into(), said.explanations))
        }
        _ => Err(Problem::bad(
            "send the file itself as application/octet-stream, or JSON with explanations",
            "请以 application/octet-stream 直接发送文件，或以 JSON 附上说明",
        )),
    }
}

/// Takes a workbook in, or says what it would come to; without a mapping, proposes one.
pub(super) fn send(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let sent = Sent::of(call)?;
    let Some((version, mapping)) = sent.mapping(call)? else {
        return tell_proposal(call, &sent.workbook);
    };
    let is_dry = call.asked.query.flag("dry") == Some(true);
    let Judged { rows, rules, taken } = sent.take(call, (version, &mapping), is_dry)?;
    // What fits nothing is not remembered: next month's workbook would be read by it, unasked.
    if !is_dry && taken.batch.is_some() && call.parameter("mapping").is_some() {
        let fingerprint = Fingerprint::of(&sent.workbook);
        call.commit_of(|view, at| {
            let change = collect::remember(view, at, fingerprint, &mapping.name)?;
            Ok((change, ()))
        })?;
    }
    let verdict = &taken.verdict;
    let would_be_taken = match sent.acceptance {
        Acceptance::AllOrNothing => verdict.is_clean(),
        Acceptance::GoodRows => true,
    };
    let is_taken = if is_dry {
        would_be_taken
    } else {
        taken.batch.is_some()
    };
    let findings = verdict.findings.iter();
    Ok(call.tell(json!({
        "isDry": is_dry,
        "file": sent.name,
        "mapping": mapping.name,
        "rules": {"name": rules.0, "version": rules.1},
        "batch": taken.batch.filter(|_| !is_dry).map(|batch| batch.0.0.to_string()),
        "rows": rows,
        "figures": if is_taken { verdict.accepted.len() } else { 0 },
        "unchanged": verdict.unchanged,
        "held": verdict.held,
        "isClean": verdict.is_clean(),
        "findingsCount": verdict.findings.len(),
        "findings": findings.take(FINDINGS_COUNT_MAX).map(finding_json).collect::<Vec<_>>(),
    })))
}

pub(super) fn finding_json(of: &Finding) -> Json {
    json!({
        "severity": of.severity.names()[0],
        "code": of.code,
        "sheet": of.spot.sheet,
        "spot": of.spot.within_sheet(),
        "at": of.spot.to_string(),
        "row": of.spot.row,
        "english": of.english,
        "chinese": of.chinese,
        "holdsBack": of.holds_back(),
        "canBeExplained": of.severity == Severity::Warning,
        "explanation": of.explanation,
    })
}

fn tell_proposal(call: &Call<'_>, workbook: &Workbook) -> Answer {
    let proposal = propose(workbook);
    let doubt = |of: &collect::Doubt| {
        let [english, chinese] = &of.says;
        json!({"sheet": of.sheet, "column": of.column, "english": english, "chinese": chinese})
    };
    let toml = proposal.mapping.map(|mapping| mapping.toml()).transpose()?;
    Ok(call.tell(json!({
        "needsMapping": true,
        "proposal": toml,
        "doubts": proposal.doubts.iter().map(doubt).collect::<Vec<_>>(),
    })))
}

/// The same workbook back, with what was found marked in it.
pub(super) fn give_back(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let sent = Sent::of(call)?;
    let found = sent.mapping(call)?;
    let (version, mapping) = found.ok_or_else(Problem::not_found)?;
    let Judged { taken, .. } = sent.take(call, (version, &mapping), true)?;
    let findings = &taken.verdict.findings;
    let limits = Limits::default();
    let marked = collect::marked(&sent.octets, &sent.workbook, findings, &limits)?;
    Ok(file("application/octet-stream", &sent.name, marked))
}

/// A file to be kept under a name.
pub(super) fn file(media: &'static str, name: &str, octets: Vec<u8>) -> Reply {
    // RFC 6266 and RFC 8187: any name, percent-encoded.
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    Reply::new(StatusCode::OK, media, octets)
        .with_text(
            CONTENT_DISPOSITION,
            &format!("attachment; filename*=UTF-8''{name}"),
        )
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMapping {
    /// What columns mean, as TOML.
    text: String,
    /// The version that it is to replace, if one of its name is kept already.
    #[serde(default)]
    replaces: u32,
}

/// Keeps a mapping that somebody has looked at.
pub(super) fn keep_mapping(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let new: NewMapping = call.body()?;
    let mapping = Mapping::read(&new.text)?;
    let version = call.commit_of(|view, at| {
        let before = collect::newest::<Mapping>(view, &mapping.name)?;
        // Others' workbooks are read by it: nobody replaces unseen what he has not named.
        if before.is_some_and(|(version, of)| version != new.replaces && of != mapping) {
            return Err(collect::Error::Facts(facts::Error::There {
                what: "mapping",
                name: mapping.name.clone(),
            }));
        }
        collect::keep(view, at, &mapping)
    })?;
    Ok(call.tell(json!({"name": mapping.name, "version": version})))
}
