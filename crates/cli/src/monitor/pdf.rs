//! The PDF of a bulletin, made by the program `typst` where it is installed.
//!
//! Not here: the source that it is made from (room `monitor`), and the compiler itself: it would be
//! several hundred crates in this program.

use super::program::{self, Ended};
use std::error::Error;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// Names the program, if it is not the one that is found as `typst`.
const PROGRAM: &str = "NAMEPLATE_TYPST";

/// How long it may take: with its fonts to be found for the first time it is some seconds.
const TIME_MAX: Duration = Duration::from_mins(2);

/// Makes the PDF of a Typst document. The file is there as a whole or not at all.
pub(super) fn write(source: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", file.display());
    let program = std::env::var(PROGRAM).ok().filter(|name| !name.is_empty());
    let program = program.unwrap_or_else(|| "typst".to_owned());
    let folder = file.parent().filter(|folder| *folder != OsStr::new(""));
    let folder = tempfile::tempdir_in(folder.unwrap_or(Path::new(".")));
    let folder = folder.map_err(|error| named(&error))?;
    let made = folder.path().join("bulletin.pdf");
    let to = made
        .to_str()
        .ok_or_else(|| named(&"its path is not UTF-8"))?;
    let ended = program::run(
        &program,
        ["compile", "--format", "pdf", "-", to],
        source.as_bytes(),
        TIME_MAX,
    );
    match ended {
        Ok(Ended { code: Some(0), .. }) if made.exists() => {
            std::fs::rename(&made, file).map_err(|error| named(&error))?;
            Ok(())
        }
        Ok(Ended { code: Some(0), .. }) => Err(named(&format!("{program} made nothing")).into()),
        Ok(Ended { said, .. }) => Err(named(&format!("{program} failed: {said}")).into()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(named(&format!(
            "there is no program '{program}', which makes the PDF; install Typst \
             (https://typst.app), or name it with {PROGRAM}, or write .typ and compile it elsewhere"
        ))
        .into()),
        Err(error) => Err(named(&format!("{program}: {error}")).into()),
    }
}
