//! `nameplate monitor`: figures of an industrial economy, read, warned of and acted upon, on a
//! folder of its own.
//!
//! Here: the subcommands and what they share. Beneath, each a thin command over room `monitor`:
//! the folder (`monitor/folder.rs`), a made-up province in it (`synthetic.rs`), workbooks
//! (`load.rs`) of enterprises on the roll (`enterprises.rs`), what they are held to (`checks.rs`),
//! taking them back (`batches.rs`) and who owes them (`tasks.rs`), reading (`show.rs`, `board.rs`,
//! `targets.rs`, `lag.rs`), rules and warnings (`rules.rs`, `back_test.rs`, `warnings.rs`,
//! `silences.rs`), cases and the ledger of measures (`cases.rs`, `measures.rs`), the bulletin and
//! its receipts, what is done when its time comes (`run.rs`), and the demonstration of it all
//! (`demo.rs`). Everybody who may open the folder may see single
//! enterprises; what may leave the house is what `board` shows.

mod back_test;
mod batches;
mod board;
mod bulletin;
mod cases;
mod checks;
mod clock;
mod collecting;
mod contacts;
mod delivery;
pub(crate) mod demo;
mod enterprises;
mod folder;
mod lag;
mod letter;
mod load;
mod measures;
mod outbox;
mod pdf;
mod program;
mod question;
mod receipts;
mod rules;
mod run;
mod serve;
mod show;
mod silences;
mod stands;
mod synthetic;
mod table;
mod targets;
mod tasks;
mod warnings;

use crate::language::Language;
use clap::{Args, Subcommand};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
#[command(
    after_help = "The folder is --data, else $NAMEPLATE_MONITOR, else nameplate/monitor in \
                  $XDG_DATA_HOME (by default ~/.local/share). It holds the facts and tables that \
                  people may edit: regions.csv, enterprises.csv, targets.csv, monitor.toml.\n\n\
                  Exit codes: 0 done, 1 not, 2 wrong usage."
)]
pub(crate) struct MonitorArguments {
    #[command(subcommand)]
    command: MonitorCommand,
}

#[derive(Subcommand)]
enum MonitorCommand {
    /// Make a monitor folder: empty, or with a made-up province. (建立监测目录)
    Init(synthetic::InitArguments),
    /// The roll of enterprises: who is there, where each lies, what it is of. (企业名录)
    Enterprises(enterprises::EnterprisesArguments),
    /// Take in a bureau's own workbook. (报表入库)
    Load(load::LoadArguments),
    /// What came in with which file, and taking it back. (批次与撤销)
    Batches(batches::BatchesArguments),
    /// What workbooks are held to. (审核规则)
    Checks(checks::ChecksArguments),
    /// Who pulled a figure up or down: a region by its parts, one level a call. (逐级下钻)
    Show(show::ShowArguments),
    /// Regions by industries, fit to be shown: what tells of one enterprise is hidden. (公开看板)
    Board(board::BoardArguments),
    /// Who is furthest behind his target, and what the rest of the year needs. (目标差距)
    Lag(lag::LagArguments),
    /// Which growths are wanted of whom. (目标)
    Targets(targets::TargetsArguments),
    /// Rules that warn, their versions, who let them live. (预警规则)
    Rules(rules::RulesArguments),
    /// What a rule would have done, by what was known then. (回测)
    Backtest(back_test::BackTestArguments),
    /// Judge everybody by the live rules. (研判)
    Warn(warnings::WarnArguments),
    /// The warnings that are open; taking one over, handing one over. (预警)
    Warnings(warnings::WarningsArguments),
    /// That nobody be told of some warnings for a while. (静默)
    Silences(silences::SilencesArguments),
    /// What keeps enterprises from producing, and who sees to it. (企业诉求)
    Cases(cases::CasesArguments),
    /// The ledger of measures. (任务台账)
    Measures(measures::MeasuresArguments),
    /// The bulletin of a region and a month. (通报)
    Bulletin(bulletin::BulletinArguments),
    /// Who has received a bulletin, and that somebody has. (签收)
    Receipts(receipts::ReceiptsArguments),
    /// Who owes which figures, and how far all are. (报送进度)
    Tasks(tasks::TasksArguments),
    /// Do what is due, and deliver what lies in the outbox. (到期事项与送达)
    Run(run::RunArguments),
    /// Letters that wait or could not be delivered. (待送与退件)
    Outbox(outbox::OutboxArguments),
    /// All of it in a browser. (控制台)
    Serve(serve::ServeArguments),
}

/// What all subcommands take.
#[derive(Args, Clone)]
struct Common {
    /// The monitor folder.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
    /// The language to speak; by default that of the environment.
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

impl Common {
    fn language(&self) -> Language {
        self.lang.unwrap_or_else(Language::of_environment)
    }

    /// The folder, as it was given, else where the XDG base directory specification puts data.
    fn path(&self) -> Result<PathBuf, &'static str> {
        let set = |name| std::env::var_os(name).filter(|text| !text.is_empty());
        let given = self.data.clone();
        if let Some(data) = given.or_else(|| Some(set("NAMEPLATE_MONITOR")?.into())) {
            return Ok(data);
        }
        let home = || Some(PathBuf::from(set("HOME")?).join(".local/share"));
        let folder = set("XDG_DATA_HOME").map(PathBuf::from).or_else(home);
        let folder = folder.ok_or("neither --data nor XDG_DATA_HOME nor HOME says where it is")?;
        Ok(folder.join("nameplate/monitor"))
    }

    /// What is said in the language of whoever reads it: English, Chinese.
    fn choose<'t>(&self, said: [&'t str; 2]) -> &'t str {
        choose(self.language(), said)
    }
}

/// English or Chinese.
fn choose(language: Language, [english, chinese]: [&str; 2]) -> &str {
    match language {
        Language::En => english,
        Language::Zh => chinese,
    }
}

pub(crate) fn run(arguments: &MonitorArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        MonitorCommand::Init(arguments) => synthetic::run(arguments),
        MonitorCommand::Show(arguments) => show::run(arguments),
        MonitorCommand::Board(arguments) => board::run(arguments),
        MonitorCommand::Lag(arguments) => lag::run(arguments),
        MonitorCommand::Load(arguments) => load::run(arguments),
        MonitorCommand::Enterprises(arguments) => enterprises::run(arguments),
        MonitorCommand::Batches(arguments) => batches::run(arguments),
        MonitorCommand::Checks(arguments) => checks::run(arguments),
        MonitorCommand::Targets(arguments) => targets::run(arguments),
        MonitorCommand::Silences(arguments) => silences::run(arguments),
        MonitorCommand::Rules(arguments) => rules::run(arguments),
        MonitorCommand::Backtest(arguments) => back_test::run(arguments),
        MonitorCommand::Warn(arguments) => warnings::run_warn(arguments),
        MonitorCommand::Warnings(arguments) => warnings::run_warnings(arguments),
        MonitorCommand::Cases(arguments) => cases::run(arguments),
        MonitorCommand::Measures(arguments) => measures::run(arguments),
        MonitorCommand::Bulletin(arguments) => bulletin::run(arguments),
        MonitorCommand::Receipts(arguments) => receipts::run(arguments),
        MonitorCommand::Tasks(arguments) => tasks::run(arguments),
        MonitorCommand::Run(arguments) => run::run(arguments),
        MonitorCommand::Outbox(arguments) => outbox::run(arguments),
        MonitorCommand::Serve(arguments) => serve::run(arguments),
    }
}
