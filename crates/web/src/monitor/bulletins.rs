//! The composer of bulletins: what would be said, in which files, what was issued, who received it.
//!
//! What was issued is for everybody who may read: disclosure control has seen to it. What is being
//! composed is for who acts, for many tries side by side would tell more than one.

use super::access::Rights;
use super::bureau::today;
use super::call::{Answer, Call, Problem};
use super::question::indicator_names;
use super::warnings::WARNINGS_COUNT_MAX;
use super::workbooks::file;
use crate::reply::HTML;
use codes::{Code, Frequency, Period, Region, RegionLevel, Unit};
use crypto::Provider;
use engine::Digests;
use facts::disclosure::Rule;
use facts::ledger::Ledger;
use facts::{Form, Object, Role};
use hyper::StatusCode;
use monitor::bulletin::{
    self, Bulletin, Family, Languages, Numerals, Order, Output, Protection, Warning,
};
use monitor::warn::{register, warning};
use serde::Deserialize;
use serde_json::json;

/// The most warnings of one bulletin, as the room has it.
const TOLD_COUNT_MAX: usize = 500;

/// The most parts of a region, as the room has it.
const PARTS_COUNT_MAX: usize = 100;

/// What bulletin is wanted; all else follows from the folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wanted {
    #[serde(default)]
    name: String,
    #[serde(default)]
    corrects: Option<String>,
    #[serde(default)]
    region: Option<String>,
    month: String,
    #[serde(default)]
    number: String,
    issuer: String,
    #[serde(default)]
    addressees: Vec<String>,
    /// The document whose measures are told of.
    #[serde(default)]
    document: Option<String>,
    /// In which form it is wanted: `docx`, `xlsx`, `html`, `typ`, `json`.
    #[serde(default)]
    format: String,
    /// As known at which moment, in milliseconds since 1970; what is known now if it is not said.
    #[serde(default)]
    at: Option<u64>,
    /// What was looked at before it is issued: the digest that came with the preview.
    #[serde(default)]
    digest: String,
}

impl Wanted {
    fn region(&self, call: &Call<'_>) -> Result<Region, Problem> {
        let own = call.bureau.region;
        let region = self.region.as_deref().map(str::parse::<Region>);
        let region = region.transpose()?.unwrap_or(own);
        if region.is_within(own) {
            Ok(region)
        } else {
            Err(Problem::not_found())
        }
    }

    fn order(&self, call: &Call<'_>) -> Result<Order, Problem> {
        let bureau = call.bureau;
        let region = self.region(call)?;
        let month = super::question::month(&self.month, bureau.months())?;
        let newest = Ledger::read(&*bureau.view())?.newest;
        let name = if self.name.is_empty() {
            "draft"
        } else {
            &self.name
        };
        let document = self.document.clone().filter(|id| !id.is_empty());
        Ok(Order {
            name: name.to_owned(),
            corrects: self.corrects.clone().filter(|name| !name.is_empty()),
            number: self.number.clone(),
            issuer: [self.issuer.clone(), self.issuer.clone()],
            addressees: self.addressees.clone(),
            copies: Vec::new(),
            mark: bureau.mark.clone(),
            issued: today(),
            numerals: Numerals::default(),
            region,
            parts: parts(call, region),
            period: Period::containing(Frequency::YearToDate, month.last_day()),
            at: self.at.unwrap_or(newest.0).min(newest.0),
            families: Family::four()?,
            output: Some(Output {
                indicator: bureau.indicator.parse()?,
                form: Form::Cumulative,
                unit: Unit::YUAN_100M,
                names: indicator_names(&bureau.indicator),
            }),
            protection: Protection::from(Rule::default()),
            warnings: warnings(call, region)?,
            document,
            names_enterprises: false,
        })
    }
}

/// The regions that are known directly in one.
fn parts(call: &Call<'_>, region: Region) -> Vec<Region> {
    let below = |of: &Region| of.parent() == Some(region) && of.level() > RegionLevel::Nation;
    let all = call.bureau.tables.regions.iter().map(|(region, _)| region);
    all.filter(below).take(PARTS_COUNT_MAX).collect()
}

/// The open warnings of a region and what lies in it, of no single enterprise.
fn warnings(call: &Call<'_>, region: Region) -> Result<Vec<Warning>, Problem> {
    let view = call.bureau.view();
    let mut told = Vec::new();
    for raised in warning::all_open(&*view, None, WARNINGS_COUNT_MAX)? {
        let objects = raised.subject.objects();
        let is_single = objects.iter().any(|of| of.role() == Role::ENTERPRISE);
        let own = raised.subject.region();
        if is_single || !own.is_none_or(|of| of.is_within(region)) || told.len() == TOLD_COUNT_MAX {
            continue;
        }
        let name = |of: &Object| call.bureau.name(of).unwrap_or_else(|| of.id().to_owned());
        let of: String = objects.iter().map(name).collect();
        let version = register::find(&*view, &raised.rule, raised.version)?;
        let rule = version.map(|version| version.rule()).transpose()?;
        let titles = rule.as_ref().map(monitor::warn::Rule::titles);
        let [chinese, english] = titles.unwrap_or([&*raised.rule; 2]);
        let title = [format!("{of}: {english}"), format!("{of}：{chinese}")];
        told.extend(Warning::of(&raised, title, None));
    }
    Ok(told)
}

fn compose(call: &Call<'_>, wanted: &Wanted) -> Result<Bulletin, Problem> {
    let order = wanted.order(call)?;
    let names = |object: &Object| call.bureau.name(object);
    Ok(bulletin::compose(&*call.bureau.view(), &order, &names)?)
}

fn told(call: &Call<'_>, of: &Bulletin) -> Answer {
    let [english, chinese] = &of.title;
    Ok(call.tell(json!({
        "name": of.order.name,
        "english": english,
        "chinese": chinese,
        "sources": of.sources.len(),
        "warnings": of.order.warnings.len(),
        "at": of.order.at,
        "digest": digest(of),
        "html": bulletin::html(of)?,
    })))
}

/// Of all that a bulletin says and leads back to.
fn digest(of: &Bulletin) -> String {
    hex::encode(Provider.sha256(bulletin::json(of).as_bytes()))
}

/// What would be said.
pub(super) fn preview(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let wanted: Wanted = call.body()?;
    told(call, &compose(call, &wanted)?)
}

/// The same as a file.
pub(super) fn draft(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let wanted: Wanted = call.body()?;
    let composed = compose(call, &wanted)?;
    as_file(&composed, &wanted.format)
}

fn as_file(of: &Bulletin, format: &str) -> Answer {
    const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let (media, octets) = match format {
        "docx" => (WORD, bulletin::docx(of, Languages::Chinese)),
        "xlsx" => (SHEET, bulletin::xlsx(of)?),
        "html" => (HTML, bulletin::html(of)?.into_bytes()),
        "typ" => ("text/plain;charset=utf-8", bulletin::typst(of).into_bytes()),
        "json" => (crate::reply::JSON, bulletin::json(of).into_bytes()),
        _ => {
            return Err(Problem::bad(
                "format is docx, xlsx, html, typ or json",
                "格式须为 docx、xlsx、html、typ 或 json",
            ));
        }
    };
    Ok(file(media, &format!("{}.{format}", of.order.name), octets))
}

/// Issues a bulletin, which freezes the figures until the end of its month.
pub(super) fn issue(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let wanted: Wanted = call.body()?;
    if wanted.name.is_empty() {
        return Err(Problem::bad("it needs a name", "请填写通报编号"));
    }
    let order = wanted.order(call)?;
    // Whose token speaks for one body issues in no other's name.
    call.sender(Some(order.issuer[1].clone()))?;
    let names = |object: &Object| call.bureau.name(object);
    let composed = bulletin::compose(&*call.bureau.view(), &order, &names)?;
    if !wanted.digest.is_empty() && digest(&composed) != wanted.digest {
        let said = [
            "it would say something else now than what was looked at; look at it again",
            "内容与预览时已不同，请重新生成预览后再签发",
        ];
        return Err(Problem::new(StatusCode::CONFLICT, "changed", said));
    }
    let issued = call.commit(|view, at| bulletin::issue(view, at, &order, &names))?;
    told(call, &issued)
}

/// What was issued of a region, and who has received it.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let view = call.bureau.view();
    let mut lines = Vec::new();
    for of in bulletin::issued(&*view, call.region()?)? {
        let receipts = bulletin::receipts(&*view, &of.name)?;
        let receipt = |of: &bulletin::Receipt| {
            let at = of.at.to_string();
            json!({"addressee": of.addressee, "person": of.person, "at": at})
        };
        let found = bulletin::find(&*view, &of.name)?.ok_or_else(Problem::not_found)?;
        lines.push(json!({
            "name": of.name,
            "at": of.at.to_string(),
            "corrects": of.corrects,
            "sha256": hex::encode(of.sha256),
            "english": found.title[0],
            "chinese": found.title[1],
            "month": found.order.period.last_day().to_string().get(..7),
            "receipts": receipts.iter().map(receipt).collect::<Vec<_>>(),
            "missing": bulletin::without_receipt(&*view, &of.name)?,
        }));
    }
    lines.reverse();
    Ok(call.tell(json!({"lines": lines})))
}

/// An issued bulletin: to be shown, or as a file if a format is named.
pub(super) fn show(call: &Call<'_>, name: &str) -> Answer {
    let found = bulletin::find(&*call.bureau.view(), name)?.ok_or_else(Problem::not_found)?;
    if !found.order.region.is_within(call.bureau.region) {
        return Err(Problem::not_found());
    }
    match call.parameter("format") {
        Some(format) => as_file(&found, format),
        None => told(call, &found),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Received {
    addressee: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    key: String,
}

/// An addressee has received it; a token that speaks for one body receives for that alone.
pub(super) fn receive(call: &Call<'_>, name: &str) -> Answer {
    call.must(Rights::Act)?;
    let received: Received = call.body()?;
    let addressee = call.sender(Some(received.addressee))?;
    let key = super::acting::key(received.key);
    let receipt = call.commit(|view, at| {
        let who = (addressee.as_str(), received.person.as_str());
        bulletin::receive(view, at, name, who, &key)
    })?;
    Ok(call.tell(json!({
        "addressee": receipt.addressee,
        "person": receipt.person,
        "at": receipt.at.to_string(),
    })))
}
