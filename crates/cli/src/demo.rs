//! `nameplate demo`: the whole system at work on this machine, told to a newcomer.
//!
//! Fifteen nodes in processes of their own: a root, seven sites at the top, two industries, four
//! enterprises and a recursive resolver. Everything it says was done before it is said; what is not
//! as expected makes it fail.

mod cast;
mod drawing;
mod load;
mod machine;
mod mishap;
mod ports;
mod stage;
mod tree;

pub(crate) use stage::Stage;

use crate::interrupt::Interrupt;
use crate::language::Language;
use cast::{CAST, THINGS};
use clap::Args;
use client::{Client, Resolver, read_roots};
use engine::Question;
use engine::resolver::{Found, Guide, Wish};
use model::Identifier;
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use tree::Tree;
use wire::ResponseCode;

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// End when everything has been shown; exit code 1 if anything was not as expected.
    #[arg(long)]
    once: bool,
    /// Show the monitoring instead: a supply shock in a made-up province, from workbook to
    /// bulletin.
    #[arg(long)]
    monitor: bool,
    /// The folder for the nodes' data folders, instead of a temporary one. It must be empty or not
    /// there.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The language to speak; by default that of the environment.
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

const PUMP: &str = THINGS[0].0;

pub(crate) fn run(arguments: &DemoArguments) -> Result<ExitCode, Box<dyn Error>> {
    if arguments.monitor {
        let data = arguments.data.as_deref();
        return crate::monitor::demo::run(arguments.once, data, arguments.lang);
    }
    let temporary = tempfile::tempdir()?;
    let folder = match &arguments.data {
        Some(data) => data.clone(),
        None => temporary.path().join("data"),
    };
    check_is_empty(&folder)?;
    let interrupt = Interrupt::watch()?;
    let mut stage = Stage::new(arguments.lang);
    let mut tree = start(&mut stage, &folder)?;
    register(&mut stage, &tree)?;
    resolve(&mut stage, &tree)?;
    walk(&mut stage, &tree)?;
    mishap::show(&mut stage, &mut tree)?;
    stage.end();
    if !arguments.once {
        stage.tell_try_it(PUMP, tree.resolver, &tree.roots_file()?);
        while !interrupt.has_come() {
            thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(ExitCode::from(u8::from(!stage.is_as_expected())))
}

fn check_is_empty(folder: &Path) -> Result<(), Box<dyn Error>> {
    let is_used = std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some());
    if is_used {
        let folder = folder.display();
        return Err(format!("{folder} is not empty; the demo wants a folder of its own").into());
    }
    Ok(())
}

fn start(stage: &mut Stage, folder: &Path) -> Result<Tree, Box<dyn Error>> {
    stage.chapter(
        "Empty folders become a tree of nodes",
        "一组空文件夹成为一棵节点树",
    );
    let tree = Tree::start(folder)?;
    for line in drawing::draw(tree.machines(), tree.resolver) {
        stage.tell(&line.english, &line.chinese);
    }
    let (seconds, count) = (tree.took.as_secs_f64(), CAST.len());
    let kib: u64 = tree
        .machines()
        .iter()
        .map(machine::Machine::resident_kib)
        .sum();
    let (megabytes, folder) = (kib / 1024, folder.display());
    stage.tell(
        &format!(
            "{count} processes, up after {seconds:.1} s, in {megabytes} MB of memory; \
             their data is in {folder}."
        ),
        &format!(
            "{count} 个进程，{seconds:.1} 秒后就绪，共占内存 {megabytes} MB；数据在 {folder}。"
        ),
    );
    stage.tell(
        "The seven sites at the top agree on who answers for what; four of them suffice.",
        "顶级的七个站点就各前缀由谁负责达成一致，四个站点即可议决。",
    );
    Ok(tree)
}

fn register(stage: &mut Stage, tree: &Tree) -> Result<(), Box<dyn Error>> {
    stage.chapter(
        "Enterprises give identifiers to what they make, each at its own node",
        "企业在自己的节点上为产品赋码",
    );
    let took = tree.register_things()?.as_secs_f64() * 1000.0;
    for (name, values) in THINGS {
        let (_, what) = values[0];
        stage.tell(&format!("{name:<30} {what}"), &format!("{name:<30} {what}"));
    }
    stage.tell(
        &format!("registered over sessions and on the disks after {took:.0} ms"),
        &format!("{took:.0} 毫秒后均已注册并落盘"),
    );
    Ok(())
}

fn resolve(stage: &mut Stage, tree: &Tree) -> Result<(), Box<dyn Error>> {
    let server = tree.resolver;
    stage.chapter(
        "Anybody asks the recursive resolver what an identifier means",
        "任何人都可以向递归解析节点询问标识的含义",
    );
    for (name, values) in THINGS {
        let (code, text) = ask(server, &name.parse()?)?;
        let is_whole = values.iter().all(|(_, data)| text.contains(data));
        let shown = if name == PUMP {
            &text
        } else {
            text.lines().next().unwrap_or_default()
        };
        let is_answered = code == ResponseCode::SUCCESS;
        stage.expect(is_answered && is_whole, shown.trim_end(), shown.trim_end());
    }
    let (code, text) = ask(server, &"88.118.1/PUMP-0008".parse()?)?;
    let is_absent = code == ResponseCode::HANDLE_NOT_FOUND;
    stage.expect(is_absent, text.trim_end(), text.trim_end());
    Ok(())
}

fn ask(server: SocketAddr, name: &Identifier) -> Result<(ResponseCode, String), Box<dyn Error>> {
    let reply = Client::new(server)?.ask(&Question::about(name.clone()))?;
    let code = reply.answered.message.header.response_code;
    Ok((code, crate::resolve::in_brief(name, &reply)))
}

fn walk(stage: &mut Stage, tree: &Tree) -> Result<(), Box<dyn Error>> {
    stage.chapter(
        "The way there, step by step, for one who knows nothing but the root",
        "只知道根节点时，逐步找到应答者",
    );
    let roots = read_roots(&tree.roots_file()?)?;
    let resolver = Resolver::new(Guide {
        roots,
        ..Guide::default()
    });
    let wish = Wish::for_values(PUMP.parse()?).certified();
    let walked = crate::resolve::walk_from_roots(&resolver, wish)?;
    for line in crate::resolve::steps_in_lines(&walked) {
        stage.tell(&line, &line);
    }
    stage.expect(
        matches!(walked.end.found, Found::Values(_) | Found::Verified(_)),
        "Each answer was signed with the key that the answer before it named.",
        "每个应答都由上一步应答所给出的密钥签名。",
    );
    Ok(())
}
