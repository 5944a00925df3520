//! `nameplate monitor bulletin`: the bulletin of a region and a month, issued and written to files.
//!
//! Issuing freezes the month's figures; the same order made again is the same octets. Not here:
//! what it says (room `monitor`).

use super::Common;
use super::folder::{Folder, now};
use super::letter::{Message, letter, post};
use super::question::month;
use crate::output::say;
use clap::Args;
use codes::{Code, Date, Frequency, Period, Region, RegionLevel, Unit};
use facts::commit_of as commit;
use facts::disclosure::Rule;
use facts::{Form, Instant, Object, Role, View};
use monitor::bulletin::{
    Bulletin, Family, Languages, Numerals, Order, Output, Protection, Warning, compose, docx, html,
    issue, json, typst, xlsx,
};
use monitor::warn::warning::{Warning as Raised, all_open};
use monitor::warn::{Rule as WarningRule, register};
use serde_json::json;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The most warnings of one bulletin, as the room has it.
const WARNINGS_MAX: usize = 500;

#[derive(Args)]
#[command(
    after_help = "Without --issue it is composed and written, and nothing is kept. With --issue it \
                  is kept as it is, and the figures until the end of the month are frozen: they \
                  can be revised afterwards, but only as such.\n\n\
                  The form of a file is what its name ends with: .docx, .html, .xlsx, .typ \
                  (Typst), .json, and .pdf where the program typst is installed.\n\n\
                  What is issued waits in the outbox for everybody whom it is to; `nameplate \
                  monitor run` delivers it."
)]
pub(super) struct BulletinArguments {
    /// The region: its code, such as 99.
    #[arg(value_name = "REGION")]
    region: Region,
    /// The month: from January to its end, such as 2022-11.
    #[arg(value_name = "MONTH")]
    month: String,
    /// Write it to this file; may be given several times.
    #[arg(short, long, value_name = "FILE", required_unless_present = "pdf")]
    out: Vec<PathBuf>,
    /// Make the PDF, too: beside the first --out, or REGION-MONTH.pdf here.
    #[arg(long)]
    pdf: bool,
    /// Keep it under this name, and freeze the figures.
    #[arg(long, value_name = "NAME")]
    issue: Option<String>,
    /// The bulletin that it corrects.
    #[arg(long, value_name = "NAME", requires = "issue")]
    corrects: Option<String>,
    /// Who issues it.
    #[arg(long, value_name = "NAME", default_value = "运行监测协调局")]
    issuer: String,
    /// To whom; may be given several times.
    #[arg(long, value_name = "NAME")]
    to: Vec<String>,
    /// Its number among the issuer's documents.
    #[arg(long, value_name = "NUMBER", default_value = "")]
    number: String,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &BulletinArguments) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&arguments.common)?;
    let month = month(&arguments.month)?;
    let at = facts::ledger::Ledger::read(&*folder.view())?.newest;
    let wanted = Wanted {
        name: arguments
            .issue
            .clone()
            .unwrap_or_else(|| "draft".to_owned()),
        corrects: arguments.corrects.clone(),
        number: arguments.number.clone(),
        issuer: arguments.issuer.clone(),
        addressees: arguments.to.clone(),
        region: arguments.region,
        month,
        at,
        issued: now().day_in_china().unwrap_or(Date::FIRST),
        document: None,
        warnings: warnings(&folder, arguments.region, &|_| None)?,
    };
    let order = wanted.order(&folder)?;
    let names = |object: &Object| folder.name(object);
    let bulletin = if arguments.issue.is_some() {
        issued(&folder, &order, now())?
    } else {
        compose(&*folder.view(), &order, &names)?
    };
    let files = arguments.files();
    for file in &files {
        write(&bulletin, file)?;
    }
    if arguments.common.json {
        let files: Vec<_> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        let sections = bulletin.sections.len();
        say(json!({
            "mark": folder.settings.mark,
            "name": arguments.issue,
            "period": order.period.to_string(),
            "sections": sections,
            "sources": bulletin.sources.len(),
            "files": files,
        }));
    } else {
        let choose = |said| arguments.common.choose(said).to_owned();
        say(choose([&bulletin.title[0], &bulletin.title[1]]));
        for file in &files {
            say(format_args!("    {}", file.display()));
        }
    }
    folder.close()?;
    Ok(ExitCode::SUCCESS)
}

impl BulletinArguments {
    /// Where it is written to.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = self.out.clone();
        let is_pdf = |file: &PathBuf| file.extension().is_some_and(|end| end == "pdf");
        if self.pdf && !files.iter().any(is_pdf) {
            let name = || PathBuf::from(format!("{}-{}.docx", self.region, self.month.trim()));
            let beside = files.first().cloned().unwrap_or_else(name);
            files.push(beside.with_extension("pdf"));
        }
        files
    }
}

/// Issues a bulletin, with a letter to everybody whom it is to.
pub(super) fn issued(
    folder: &Folder,
    order: &Order,
    now: Instant,
) -> Result<Bulletin, Box<dyn Error>> {
    let names = |object: &Object| folder.name(object);
    commit(&folder.store, now, |view, at| {
        let (mut change, bulletin) = issue(view, at, order, &names)?;
        let all = order.addressees.iter().chain(&order.copies);
        for (number, addressee) in all.enumerate() {
            let key = format!("bulletin/{}/{number}", order.name);
            let letter = letter(key, addressee, &covering(&bulletin));
            post(view, now, &mut change, &letter)?;
        }
        Ok((change, bulletin))
    })
}

/// What stands on the letter that a bulletin goes with.
fn covering(bulletin: &Bulletin) -> Message {
    let [english, chinese] = &bulletin.title;
    let name = &bulletin.order.name;
    Message {
        subject: [english.clone(), chinese.clone()],
        text: [
            format!("{english} ({name}) is attached. Please confirm its receipt."),
            format!("现印发《{chinese}》（{name}），见附件，请签收。"),
        ],
        mark: bulletin.order.mark.clone(),
        bulletin: Some(name.clone()),
    }
}

/// What bulletin is wanted; all else follows from the folder.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) corrects: Option<String>,
    pub(super) number: String,
    pub(super) issuer: String,
    pub(super) addressees: Vec<String>,
    pub(super) region: Region,
    pub(super) month: Period,
    pub(super) at: Instant,
    pub(super) issued: Date,
    pub(super) document: Option<String>,
    pub(super) warnings: Vec<Warning>,
}

impl Wanted {
    /// The order, in the words of the room.
    pub(super) fn order(self, folder: &Folder) -> Result<Order, Box<dyn Error>> {
        let parts = parts(folder, self.region);
        let [english, chinese] = super::question::indicator_names(&folder.settings.indicator);
        Ok(Order {
            name: self.name,
            corrects: self.corrects,
            number: self.number,
            issuer: [self.issuer.clone(), self.issuer],
            addressees: self.addressees,
            copies: Vec::new(),
            mark: folder.settings.mark.clone(),
            issued: self.issued,
            numerals: Numerals::default(),
            region: self.region,
            parts,
            period: Period::containing(Frequency::YearToDate, self.month.last_day()),
            at: self.at.0,
            families: Family::four()?,
            output: Some(Output {
                indicator: folder.settings.indicator.parse()?,
                form: Form::Cumulative,
                unit: Unit::YUAN_100M,
                names: [english, chinese],
            }),
            protection: Protection::from(Rule::default()),
            warnings: self.warnings,
            document: self.document,
            names_enterprises: false,
        })
    }
}

/// The regions that are known directly in one.
fn parts(folder: &Folder, region: Region) -> Vec<Region> {
    let below = |of: &Region| of.parent() == Some(region) && of.level() > RegionLevel::Nation;
    let all = folder.regions.iter().map(|(region, _)| region);
    all.filter(below).take(100).collect()
}

/// Writes it in the form that the name of a file says.
pub(super) fn write(bulletin: &Bulletin, file: &Path) -> Result<(), Box<dyn Error>> {
    let end = file
        .extension()
        .and_then(|end| end.to_str())
        .unwrap_or_default();
    let octets = match end {
        "docx" => docx(bulletin, Languages::Chinese),
        "html" => html(bulletin)?.into_bytes(),
        "xlsx" => xlsx(bulletin)?,
        "typ" => typst(bulletin).into_bytes(),
        "pdf" => return super::pdf::write(&typst(bulletin), file),
        "json" => json(bulletin).into_bytes(),
        _ => {
            let file = file.display();
            return Err(format!(
                "{file}: its name must end with .docx, .html, .xlsx, .typ, .pdf or .json"
            )
            .into());
        }
    };
    fs::write(file, octets).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(())
}

/// The open warnings of a region and what lies in it, as a bulletin tells of them: by regions,
/// industries and what else they are of, but of no single enterprise.
pub(super) fn warnings(
    folder: &Folder,
    region: Region,
    case: &dyn Fn(&Raised) -> Option<String>,
) -> Result<Vec<Warning>, Box<dyn Error>> {
    let view = folder.view();
    let mut told = Vec::new();
    for raised in all_open(&*view, None, WARNINGS_MAX)? {
        let objects = raised.subject.objects();
        let is_single = objects.iter().any(|of| of.role() == Role::ENTERPRISE);
        let is_here = raised
            .subject
            .region()
            .is_none_or(|of| of.is_within(region));
        if is_single || !is_here {
            continue;
        }
        let name = |of: &Object| folder.name(of).unwrap_or_else(|| of.id().to_owned());
        let of: String = objects.iter().map(name).collect();
        let version = register::find(&*view, &raised.rule, raised.version)?;
        let rule = version.map(|version| version.rule()).transpose()?;
        let [chinese, english] = rule
            .as_ref()
            .map_or([&*raised.rule; 2], WarningRule::titles);
        let title = [format!("{of}: {english}"), format!("{of}：{chinese}")];
        told.extend(Warning::of(&raised, title, case(&raised)));
    }
    Ok(told)
}

/// Whether a bulletin comes out in the same octets when it is made again.
pub(super) fn is_same_again(view: &dyn View, bulletin: &Bulletin) -> Result<bool, facts::Error> {
    let again = monitor::bulletin::remake(view, bulletin)?;
    Ok(monitor::bulletin::octets(&again) == monitor::bulletin::octets(bulletin))
}
