//! `nameplate monitor serve`: the console, in a browser.
//!
//! Here: the folder becomes what is shown, and who may come in. Not here: what is answered (room
//! `web`).

mod rounds;

use super::contacts::Contacts;
use super::folder::Folder;
use super::{Common, clock, targets, tasks};
use crate::interrupt::Interrupt;
use crate::output::{say, say_aside};
use clap::Args;
use facts::Instant;
use rounds::Rounds;
use std::error::Error;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Builder;
use web::monitor::{Access, Bureau, Console, Tables};

/// The largest file of tokens that is read.
const TOKENS_OCTETS_MAX: u64 = 1 << 20;

/// How often it is looked whether somebody wants the console to stop.
const WATCH: Duration = Duration::from_millis(100);

#[derive(Args)]
#[command(
    after_help = "Without --tokens it serves this machine alone: whoever comes from it reads what \
                  disclosure control lets be shown, and the link that is printed, made for this \
                  run, lets its holder see single enterprises and act.\n\n\
                  A file of tokens has a line for each: rights, the body that it speaks for, the \
                  token (32 characters or more). Rights are read (what may be published), see \
                  (single enterprises, too) and act (takes steps in the name of the body, too); \
                  the body '*' speaks for whichever it names. Nobody but its owner may read the \
                  file. The console speaks plain HTTP: put a proxy with TLS before it wherever \
                  others listen.\n\n\
                  While it is open no `monitor run` can have the folder, so it does itself what is \
                  due: late reports, deadlines, judgement, letters.\n\n\
                  Exit codes: 0 stopped in good order, 1 cannot run, 2 wrong usage."
)]
pub(super) struct ServeArguments {
    /// Where it listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Who may come in, and what for.
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Do what is due, and deliver letters, again after so many seconds; 0: never.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=86_400))]
    every: u64,
    /// Do what is due as if it were this moment in China when it starts; for trying out.
    #[arg(long, value_name = "MOMENT", value_parser = clock::moment)]
    at: Option<Instant>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &ServeArguments) -> Result<ExitCode, Box<dyn Error>> {
    let listen = arguments.listen;
    let (access, token) = match &arguments.tokens {
        Some(file) => (read_tokens(file)?, None),
        None if listen.ip().is_loopback() => {
            let (access, token) = Access::of_this_machine();
            (access, Some(token))
        }
        None => {
            return Err(format!(
                "{listen} can be reached from elsewhere: say with --tokens FILE who may come in"
            )
            .into());
        }
    };
    let folder = Folder::open(&arguments.common)?;
    let console = Console::new(bureau(&folder)?, access, token.is_some());
    let listener = TcpListener::bind(listen).map_err(|error| format!("{listen}: {error}"))?;
    let address = listener.local_addr()?;
    let interrupt = Interrupt::watch()?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    tell(arguments, address, token.as_deref());
    let rounds = rounds(arguments, folder)?;
    let served = runtime.block_on(console.serve(listener, async {
        while !interrupt.has_come() {
            tokio::time::sleep(WATCH).await;
        }
    }));
    say(arguments.common.choose(["stopping", "正在停止"]));
    let is_well = rounds.is_none_or(Rounds::stop);
    served?;
    if !is_well {
        say_aside("nameplate: what is due was not done to the end; the next start goes on");
    }
    Ok(ExitCode::from(u8::from(!is_well)))
}

/// Rounds over the folder that is shown, unless nobody wants any.
fn rounds(arguments: &ServeArguments, folder: Folder) -> Result<Option<Rounds>, Box<dyn Error>> {
    if arguments.every == 0 {
        return Ok(None);
    }
    let pause = Duration::from_secs(arguments.every);
    let (clock, told) = (
        rounds::clock(arguments.at),
        rounds::aloud(arguments.common.clone()),
    );
    Ok(Some(Rounds::start(folder, pause, clock, told)?))
}

fn tell(arguments: &ServeArguments, address: SocketAddr, token: Option<&str>) {
    let common = &arguments.common;
    let link = match token {
        Some(token) => format!("http://{address}/#token={token}"),
        None => format!("http://{address}/"),
    };
    if common.json {
        say(serde_json::json!({"address": address.to_string(), "link": link}));
        return;
    }
    say(common.choose([
        "the console is open; Ctrl-C stops",
        "控制台已启动；按 Ctrl-C 停止",
    ]));
    say(format_args!("    {link}"));
    if token.is_some() {
        say(common.choose([
            "this link lets whoever has it see single enterprises and act; it ends with this run",
            "持有此链接即可查看企业数据并办理事项，请勿外传；本次运行结束即失效",
        ]));
    }
}

/// The folder as the console shows it.
fn bureau(folder: &Folder) -> Result<Bureau, Box<dyn Error>> {
    let settings = &folder.settings;
    let tables = Tables {
        regions: folder.regions.clone(),
        industries: folder.industries.clone(),
        enterprises: folder.enterprises().clone(),
        targets: targets::of_file(folder)?,
        tasks: tasks::of_files(folder)?,
        offices: Contacts::read(folder)?.into_offices(),
    };
    let store = Arc::clone(&folder.store);
    let indicator = settings.indicator.clone();
    let mut bureau = Bureau::new(store, folder.region()?, indicator, tables);
    bureau.mark.clone_from(&settings.mark);
    bureau.merged_months = settings.merged_months;
    Ok(bureau)
}

/// Reads who may come in. A file that others may read is refused: its tokens are theirs as well.
fn read_tokens(file: &Path) -> Result<Access, Box<dyn Error>> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let about = fs::metadata(file).map_err(|error| named(&error))?;
    if about.len() > TOKENS_OCTETS_MAX {
        return Err(named(&"it has more than 1 MiB").into());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if about.permissions().mode() & 0o077 != 0 {
            return Err(named(&"others may read it; `chmod 600` it").into());
        }
    }
    let text = fs::read_to_string(file).map_err(|error| named(&error))?;
    Ok(Access::of_file(&text).map_err(|problem| named(&problem))?)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_of_tokens_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        fs::write(&file, format!("act * {}\n", "a".repeat(32))).unwrap();
        let with = |mode| {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            read_tokens(&file)
                .map(|_| ())
                .map_err(|error| error.to_string())
        };
        for mode in [0o644, 0o640, 0o604] {
            assert!(with(mode).unwrap_err().contains("chmod 600"), "{mode:o}");
        }
        assert_eq!(with(0o600), Ok(()));
        fs::write(&file, "act * short\n").unwrap();
        assert!(with(0o600).unwrap_err().contains("line 1"));
    }
}
