//! `nameplate monitor load`: a bureau's own workbook becomes figures, once its columns are mapped.
//!
//! Not here: reading and judging it (`collecting.rs`, room `monitor`).

use super::Common;
use super::checks::said;
use super::collecting::{Loaded, Sent, known_mapping, learn, load, open};
use super::folder::{Folder, now};
use super::question::month;
use crate::output::{say, say_aside};
use clap::Args;
use codes::{Frequency, Period, Region};
use monitor::collect::{Acceptance, Limits, Mapping, Severity, Workbook, marked, propose};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The most findings that are said; all of them stand in the file of --marked.
const SAID_MAX: usize = 40;

/// The largest file that is looked at.
const OCTETS_MAX: u64 = 32 << 20;

#[derive(Args)]
#[command(
    after_help = "The first workbook of a form needs --mapping: a file (TOML) that says which \
                  column tells which figure. --propose writes one to be looked at and mended. It \
                  is remembered, and next month's workbook needs none.\n\n\
                  Exit codes: 0 everything is recorded, 1 something is not, 2 wrong usage."
)]
pub(super) struct LoadArguments {
    /// The workbook: .xlsx, or .csv in UTF-8 or GBK.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What its columns mean.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Write a mapping for this workbook to a file, and record nothing.
    #[arg(long, value_name = "FILE", conflicts_with = "mapping")]
    propose: Option<PathBuf>,
    /// Of which month it is, if it does not say so itself.
    #[arg(long, value_name = "MONTH")]
    month: Option<String>,
    /// Of which region it tells; by default the folder's.
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// Who sends it; by default the name of the file.
    #[arg(long, value_name = "NAME")]
    reporter: Option<String>,
    /// Take nothing if anything is wrong, not only the rows in which nothing is.
    #[arg(long)]
    all_or_nothing: bool,
    /// It revises what is frozen.
    #[arg(long)]
    revision: bool,
    /// Say what would be recorded, and record nothing.
    #[arg(long)]
    dry_run: bool,
    /// Why a warning is right: where it stands as it was told, `=`, and the reason. What is
    /// explained is taken.
    #[arg(long, value_name = "SPOT=TEXT", value_parser = explained)]
    explain: Vec<(String, String)>,
    /// Write the same workbook with what was found marked in it.
    #[arg(long, value_name = "FILE")]
    marked: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &LoadArguments) -> Result<ExitCode, Box<dyn Error>> {
    let path = &arguments.file;
    let octets = read(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let said = said(&arguments.common, path);
    let folder = Folder::open(&arguments.common)?;
    let reporter = arguments
        .reporter
        .clone()
        .unwrap_or_else(|| name.clone().into_owned());
    let sent = Sent {
        name: &name,
        octets: &octets,
        reporter: &reporter,
        within: arguments.region.map_or_else(|| folder.region(), Ok)?,
        period: period(arguments, &folder)?,
        acceptance: if arguments.all_or_nothing {
            Acceptance::AllOrNothing
        } else {
            Acceptance::GoodRows
        },
        is_revision: arguments.revision,
        explanations: &arguments.explain,
    };
    let workbook = open(&sent).map_err(&said)?;
    if let Some(file) = &arguments.propose {
        return write_proposal(arguments, &workbook, file);
    }
    let mapping = mapping(arguments, &folder, &workbook)?;
    let (version, mapping) = (mapping.0, &mapping.1);
    let loaded = load(
        &folder,
        now(),
        &sent,
        workbook,
        (version, mapping),
        arguments.dry_run,
    );
    let loaded = loaded.map_err(&said)?;
    let is_clean = loaded.taken.verdict.is_clean();
    if let Some(file) = &arguments.marked {
        let findings = &loaded.taken.verdict.findings;
        let marked = marked(&octets, &loaded.workbook, findings, &Limits::default());
        let marked = marked.map_err(&said)?;
        fs::write(file, marked).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    if arguments.common.json {
        say(as_json(&loaded));
    } else {
        tell(arguments, &loaded);
    }
    folder.close()?;
    Ok(ExitCode::from(u8::from(!is_clean)))
}

fn explained(written: &str) -> Result<(String, String), String> {
    let (spot, text) = written.split_once('=').unwrap_or_default();
    if spot.trim().is_empty() || text.trim().is_empty() {
        return Err("write SPOT=TEXT, such as 'Sheet1!C7=repairs'".to_owned());
    }
    Ok((spot.trim().to_owned(), text.trim().to_owned()))
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let named = |error: std::io::Error| format!("{}: {error}", path.display());
    let octets = fs::metadata(path).map_err(named)?.len();
    if octets > OCTETS_MAX {
        return Err(format!("{}: it has more than 32 MiB", path.display()));
    }
    fs::read(path).map_err(named)
}

fn period(arguments: &LoadArguments, folder: &Folder) -> Result<Option<Period>, String> {
    let Some(written) = &arguments.month else {
        return Ok(None);
    };
    let period = month(written)?;
    Ok(Some(if period.frequency() == Frequency::Month {
        Period::containing(folder.settings.months(), period.last_day())
    } else {
        period
    }))
}

/// The mapping that was given, which is kept and remembered, or else the one that is.
fn mapping(
    arguments: &LoadArguments,
    folder: &Folder,
    workbook: &Workbook,
) -> Result<(u32, Mapping), Box<dyn Error>> {
    if let Some(file) = &arguments.mapping {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = fs::read_to_string(file).map_err(|error| named(&error))?;
        let mapping = Mapping::read(&text).map_err(|error| named(&error))?;
        if arguments.dry_run {
            return Ok((0, mapping));
        }
        let version = learn(&folder.store, now(), &mapping, workbook)?;
        return Ok((version, mapping));
    }
    known_mapping(&folder.store, workbook)?.ok_or_else(|| {
        let file = arguments.file.display();
        format!(
            "{file}: no mapping is remembered for workbooks like this; `--propose FILE` writes \
             one to look at, `--mapping FILE` uses and remembers it"
        )
        .into()
    })
}

fn write_proposal(
    arguments: &LoadArguments,
    workbook: &Workbook,
    file: &Path,
) -> Result<ExitCode, Box<dyn Error>> {
    let common = &arguments.common;
    let proposal = propose(workbook);
    for doubt in &proposal.doubts {
        let [english, chinese] = &doubt.says;
        let says = common.choose([english, chinese]);
        say_aside(format_args!("{} {}: {says}", doubt.sheet, doubt.column));
    }
    let Some(mapping) = proposal.mapping else {
        let path = arguments.file.display();
        return Err(
            format!("{path}: not one column was understood; write a mapping by hand").into(),
        );
    };
    fs::write(file, mapping.toml()?).map_err(|error| format!("{}: {error}", file.display()))?;
    say(common.choose([
        &format!(
            "{}: a proposal; look at it before it is used",
            file.display()
        ),
        &format!("{}：建议的映射，请核对后再使用", file.display()),
    ]));
    Ok(ExitCode::SUCCESS)
}

fn as_json(loaded: &Loaded) -> Json {
    let verdict = &loaded.taken.verdict;
    let findings: Vec<_> = verdict
        .findings
        .iter()
        .map(|finding| {
            json!({
                "severity": finding.severity.names()[0],
                "code": finding.code,
                "spot": finding.spot.to_string(),
                "english": finding.english,
                "chinese": finding.chinese,
                "holdsBack": finding.holds_back(),
            })
        })
        .collect();
    json!({
        "batch": loaded.taken.batch.map(|batch| batch.to_string()),
        "mapping": loaded.mapping,
        "rules": loaded.rules,
        "rows": loaded.reading.rows.len(),
        "recorded": verdict.accepted.len(),
        "unchanged": verdict.unchanged,
        "held": verdict.held,
        "findings": findings,
    })
}

fn tell(arguments: &LoadArguments, loaded: &Loaded) {
    let common = &arguments.common;
    let verdict = &loaded.taken.verdict;
    let findings = verdict.findings.iter();
    let told = findings.filter(|finding| finding.severity > Severity::Note);
    let left = told.clone().count().saturating_sub(SAID_MAX);
    for finding in told.take(SAID_MAX) {
        let [severity, severity_zh] = finding.severity.names();
        let severity = common.choose([severity, severity_zh]);
        let said = common.choose([&finding.english, &finding.chinese]);
        let file = arguments.file.display();
        say_aside(format_args!("{file}: {}: {severity}: {said}", finding.spot));
    }
    if left > 0 {
        say_aside(common.choose([
            &format!("{left} more; --marked FILE marks all of them in the workbook"),
            &format!("另有{left}条；--marked FILE 可在原表上标出全部问题"),
        ]));
    }
    let (recorded, unchanged, held) = (verdict.accepted.len(), verdict.unchanged, verdict.held);
    // Of all or nothing, nothing may have been taken of what could stand.
    let recorded = if loaded.taken.batch.is_some() || arguments.dry_run {
        recorded
    } else {
        0
    };
    let batch = loaded
        .taken
        .batch
        .map_or("-".to_owned(), |batch| batch.to_string());
    say(common.choose([
        &format!(
            "{recorded} figures recorded, {unchanged} known already, {held} held back; \
             batch {batch}"
        ),
        &format!("入库{recorded}个数据，{unchanged}个无变化，{held}个暂缓；批次{batch}"),
    ]));
}
