//! `nameplate completions` and `nameplate man`: made of the same structs as the command line.

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct CompletionsArguments {
    /// For which shell.
    shell: Shell,
}

#[derive(Args)]
pub(crate) struct ManArguments {
    /// Write a page for the program and for each subcommand into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn complete(arguments: &CompletionsArguments) -> ExitCode {
    let mut script = Vec::new();
    let mut command = crate::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "nameplate", &mut script);
    crate::output::say(String::from_utf8_lossy(&script).trim_end());
    ExitCode::SUCCESS
}

pub(crate) fn manual(arguments: &ManArguments) -> Result<ExitCode, Box<dyn Error>> {
    let command = crate::Arguments::command();
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        clap_mangen::generate_to(command, folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    match io::stdout().write_all(&page) {
        // A reader that has gone away, such as a pager that was left, is no error.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
