//! `nameplate demo --monitor`: a supply shock in a province that does not exist is reported, found,
//! warned of, owned, solved and told in the bulletin.
//!
//! All of it goes the ways that a bureau's own would, on a clock that is made up like the province,
//! so that it comes out the same every time. Not here: where it is said (`demo/stage.rs`).

mod story;

use super::collecting::{self, Sent};
use super::folder::Folder;
use super::synthetic;
use crate::demo::Stage;
use crate::language::Language;
use monitor::province::{MARK, Plan, Province};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use story::Story;

/// What everything is drawn from.
const SEED: u64 = 2022;

/// Shows it; with a folder of its own in which it can be looked at afterwards, unless it is `once`.
pub(crate) fn run(
    once: bool,
    data: Option<&Path>,
    language: Option<Language>,
) -> Result<ExitCode, Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let path: PathBuf = match data {
        Some(data) => data.to_owned(),
        None if once => temporary.path().join("monitor"),
        None => temporary.keep().join("monitor"),
    };
    let mut stage = Stage::new(language);
    stage.tell(
        &format!("{MARK}: everything here is made up, calibrated to figures of 2021 and 2022."),
        &format!("{MARK}：以下全部为虚构数据，仅总量按2021、2022年公开数据校准。"),
    );
    let mut story = Story::begin(&mut stage, &path)?;
    story.workbooks_of_august(&mut stage)?;
    story.who_pulled_it_down(&mut stage)?;
    story.a_rule_goes_live(&mut stage)?;
    story.it_warns(&mut stage)?;
    story.somebody_sees_to_it(&mut stage)?;
    story.the_months_go_on(&mut stage)?;
    story.measures(&mut stage)?;
    story.bulletins(&mut stage)?;
    story.end()?;
    stage.end();
    if !once {
        tell_try_it(&stage, &path);
    }
    Ok(ExitCode::from(u8::from(!stage.is_as_expected())))
}

fn tell_try_it(stage: &Stage, path: &Path) {
    let program = std::env::current_exe();
    let program = program.map_or_else(|_| "nameplate".into(), |path| path.display().to_string());
    let data = path.display();
    let commands = [
        "show --month 2022-09",
        "show 9903 --industry C38 --month 2022-09",
        "board --month 2022-11 --to-date",
        "lag --month 2022-11",
        "warnings",
        "cases show case-1",
        "measures list",
        "bulletin 99 2022-11 --out bulletin.docx",
    ];
    let mut lines = String::new();
    for command in commands {
        // Writing to text cannot fail.
        let _ = write!(lines, "\n    {program} monitor {command} --data {data}");
    }
    stage.tell(
        &format!("The folder stays. Look closer, and remove it when you are done:\n{lines}"),
        &format!("数据目录保留，可以自己查看，看完可删除：\n{lines}"),
    );
}
