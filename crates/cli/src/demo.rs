//! `nameplate demo`: the whole system at work on this machine, told to a newcomer.
//!
//! Everything it says was done before it is said; what is not as expected makes it fail.

mod stage;

use crate::language::Language;
use clap::Args;
use client::{Client, Transport};
use engine::Question;
use engine::question::creation;
use model::{Identifier, Value};
use node::{Config, Node};
use stage::Stage;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use store::{Options, Store};
use wire::{OpFlags, ResponseCode};

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// End when everything has been shown; exit code 1 if anything was not as expected.
    #[arg(long)]
    once: bool,
    /// The data folder, instead of a temporary one. It must be empty or not there.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The language to speak; by default that of the environment.
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

/// What is registered: identifier, and type and data of each value.
const THINGS: [(&str, [(&str, &str); 3]); 3] = [
    (
        "88.118.1/PUMP-0007",
        [
            ("NAME", "centrifugal pump 离心泵"),
            ("MAKER", "88.118.1/MAKER-1"),
            ("URL", "https://example.org/pumps/0007"),
        ],
    ),
    (
        "88.118.1/BATTERY-2026-000042",
        [
            ("NAME", "traction battery 动力电池"),
            ("CAPACITY", "75 kWh"),
            ("URL", "https://example.org/batteries/000042"),
        ],
    ),
    (
        "88.156.1/420100000000",
        [
            ("NAME", "武汉市 Wuhan"),
            ("LEVEL", "city"),
            ("PARENT", "88.156.1/420000000000"),
        ],
    ),
];

const PUMP: &str = THINGS[0].0;

pub(crate) fn run(arguments: &DemoArguments) -> Result<ExitCode, Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = match &arguments.data {
        Some(data) => data.clone(),
        None => temporary.path().join("data"),
    };
    check_is_empty(&folder)?;
    let mut stage = Stage::new(arguments.lang);
    let node = start(&mut stage, &folder)?;
    register(&mut stage, &node)?;
    resolve(&mut stage, address(&node))?;
    let node = stop_and_start(&mut stage, node, &folder)?;
    stage.end();
    if !arguments.once {
        let mut signals = node.signals()?;
        stage.tell_try_it(PUMP, address(&node));
        node.wait_for(&mut signals);
    }
    node.stop()?;
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

fn address(node: &Node) -> SocketAddr {
    let anywhere = (Ipv4Addr::LOCALHOST, node::config::PORT).into();
    node.addresses().first().copied().unwrap_or(anywhere)
}

/// Starts a node on the usual port, or on any if that is taken.
fn start(stage: &mut Stage, folder: &Path) -> Result<Node, Box<dyn Error>> {
    stage.chapter("An empty folder becomes a node", "一个空文件夹成为一个节点");
    let started = Instant::now();
    let node = open_node(folder)?;
    let (took, address) = (started.elapsed(), address(&node));
    let milliseconds = took.as_secs_f64() * 1000.0;
    stage.tell(
        &format!("{} holds its data.", folder.display()),
        &format!("数据保存在 {}。", folder.display()),
    );
    stage.tell(
        &format!("It listens on {address}, over UDP and TCP, after {milliseconds:.0} ms."),
        &format!("{milliseconds:.0} 毫秒后，它在 {address} 上监听 UDP 和 TCP。"),
    );
    Ok(node)
}

fn open_node(folder: &Path) -> Result<Node, Box<dyn Error>> {
    let usual = Config::default();
    let store = || Store::open(folder, &Options::default());
    match Node::start(&usual, store()?) {
        Err(node::Error::Listen { .. }) => {
            let any_port = Config {
                listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
                ..usual
            };
            Ok(Node::start(&any_port, store()?)?)
        }
        other => Ok(other?),
    }
}

fn register(stage: &mut Stage, node: &Node) -> Result<(), Box<dyn Error>> {
    stage.chapter(
        "Things get identifiers: a prefix for who names them, a suffix for which one it is",
        "给物品赋码：前缀说明谁来命名，后缀说明是哪一个",
    );
    for (name, values) in THINGS {
        let identifier: Identifier = name.parse()?;
        let values: Vec<Value> = (1..)
            .zip(values)
            .map(|(at, (kind, data))| Value::public(at, kind, data))
            .collect();
        let started = Instant::now();
        let request = creation(&identifier, &values, OpFlags(0), 1, client::Clock::date());
        let answer = node.answer_locally(&request);
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        let code = answer.map(|message| message.header.response_code);
        stage.expect(
            code == Some(ResponseCode::SUCCESS),
            &format!("{name}  registered, on the disk after {milliseconds:.1} ms"),
            &format!("{name}  已注册，{milliseconds:.1} 毫秒后已落盘"),
        );
    }
    Ok(())
}

fn resolve(stage: &mut Stage, server: SocketAddr) -> Result<(), Box<dyn Error>> {
    stage.chapter(
        "Anybody asks what an identifier means: that is resolution",
        "任何人都可以询问标识的含义：这就是解析",
    );
    let mut client = Client::new(server)?;
    for (name, values) in THINGS {
        let question = Question::about(name.parse()?);
        for transport in [Transport::Udp, Transport::Tcp] {
            let reply = client.ask_over(transport, &question)?;
            let text = crate::resolve::in_brief(&name.parse()?, &reply);
            let is_whole = values.iter().all(|(_, data)| text.contains(data));
            let shown = if transport == Transport::Udp {
                &text
            } else {
                first_line(&text)
            };
            stage.expect(is_whole, shown.trim_end(), shown.trim_end());
        }
    }
    let unknown = [
        ("88.118.1/PUMP-0008", ResponseCode::HANDLE_NOT_FOUND),
        ("88.999.1/PUMP-0007", ResponseCode::SERVER_NOT_RESPONSIBLE),
    ];
    for (name, expected) in unknown {
        let reply = client.ask(&Question::about(name.parse()?))?;
        let text = crate::resolve::in_brief(&name.parse()?, &reply);
        let code = reply.answered.message.header.response_code;
        stage.expect(code == expected, text.trim_end(), text.trim_end());
    }
    Ok(())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn stop_and_start(stage: &mut Stage, node: Node, folder: &Path) -> Result<Node, Box<dyn Error>> {
    stage.chapter(
        "The node stops and starts: nothing is lost",
        "节点停止再启动：什么也没丢",
    );
    node.stop()?;
    let started = Instant::now();
    let node = open_node(folder)?;
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    let reply = Client::new(address(&node))?.ask(&Question::about(PUMP.parse()?))?;
    let code = reply.answered.message.header.response_code;
    stage.expect(
        code == ResponseCode::SUCCESS,
        &format!("up again after {milliseconds:.0} ms, and {PUMP} is still there"),
        &format!("{milliseconds:.0} 毫秒后恢复运行，{PUMP} 仍然在"),
    );
    Ok(node)
}
