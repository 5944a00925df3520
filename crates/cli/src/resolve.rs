//! `nameplate resolve`: asks a node, or walks from the roots to the node that is responsible, and
//! shows the answer, to people or to programs.

mod address;
mod chain;
mod data;
mod json;
mod layout;
mod walk;

pub(crate) use address::parse as parse_address;
pub(crate) use data::key as key_in_words;
pub(crate) use walk::{steps_in_lines, walk as walk_from_roots};

use crate::language::Language;
use crate::output::say;
use clap::Args;
use client::{Client, Event, HttpTarget, Reply, Trace, Transport};
use crypto::VerifyingKey;
use engine::{Question, credentials};
use layout::{Answered, Layout, transport_name};
use model::{Identifier, PublicKey, Value};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use wire::response::Answer;
use wire::{Credential, OpFlags, ResponseCode};

#[derive(Args)]
#[command(
    after_help = "On a terminal headings are painted, unless NO_COLOR is set.\n\n\
                  Exit codes: 0 found, 1 no such identifier or value, 2 wrong usage, 3 no answer, \
                  4 any other answer, 5 found, but not verified."
)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct ResolveArguments {
    /// The identifier, such as 88.156.1/pump; without a slash, a prefix.
    #[arg(value_name = "ID")]
    identifier: Identifier,
    /// The node to ask, as host, host:port or [address]:port. Without it, the node that is
    /// responsible is found from the roots, or, if no roots are known, 127.0.0.1 is asked.
    #[arg(long, value_name = "ADDR")]
    server: Option<String>,
    /// The file with the sites of the roots; by default that of other clients in ~/.handle, if it
    /// is there. Every answer on the way must be signed with the key that the one before it named.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["server", "transport", "site_key", "private", "no_refer"]
    )]
    roots: Option<PathBuf>,
    /// Ask only for values of this type; a type that ends in '.' means its family. May be
    /// repeated.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Ask only for the value with this index. May be repeated.
    #[arg(long = "index", value_name = "N")]
    indexes: Vec<u32>,
    /// Ask over UDP only.
    #[arg(long, group = "transport")]
    udp: bool,
    /// Ask over TCP only.
    #[arg(long, group = "transport")]
    tcp: bool,
    /// Ask over HTTP, at port 8000 of the node or at a URL.
    #[arg(
        long,
        group = "transport",
        value_name = "URL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    http: Option<String>,
    /// Ask for a signed answer, and believe only one that is signed with the key in this file (the
    /// node's pubkey.bin). Then any certificate will do over HTTPS.
    #[arg(long, value_name = "FILE")]
    site_key: Option<PathBuf>,
    /// Verify signatures over values (`HS_SIGNATURE`), up a chain of certificates (`HS_CERT`) to a
    /// key in this file, and show the chain.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "server", "transport", "site_key", "private", "no_refer", "json", "short",
        ]
    )]
    verify: Option<PathBuf>,
    /// Accept any certificate over HTTPS, and from the roots answers that are not signed: anybody
    /// on the way may have answered.
    #[arg(long)]
    insecure: bool,
    /// Ask for values too that not everybody may read.
    #[arg(long)]
    private: bool,
    /// Ask the primary site to answer.
    #[arg(long)]
    auth: bool,
    /// Ask the node not to refer to another.
    #[arg(long)]
    no_refer: bool,
    /// How many seconds a question may take over one transport, or from the roots in all.
    #[arg(long, value_name = "SECONDS", default_value_t = client::TIMEOUT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Tell every step on standard error.
    #[arg(long)]
    trace: bool,
    /// Print the data only, a value a line.
    #[arg(long, conflicts_with = "json")]
    short: bool,
    /// Print the answer as JSON, in the shape of the Handle System's HTTP API.
    #[arg(long)]
    json: bool,
    /// The language that headings are explained in; by default that of the environment.
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

/// Who is asked if nobody is named and no roots are known.
const THIS_MACHINE: &str = "127.0.0.1";

const NOT_FOUND: u8 = 1;
const WRONG_USAGE: u8 = 2;
const NO_ANSWER: u8 = 3;
const OTHER_ANSWER: u8 = 4;
const NOT_VERIFIED: u8 = 5;

pub(crate) fn run(arguments: &ResolveArguments) -> ExitCode {
    let key = match arguments.check().and_then(|()| arguments.read_key()) {
        Ok(key) => key,
        Err(error) => {
            eprintln!("nameplate: {error}");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    if let Some(file) = walk::roots_file(arguments) {
        return walk::run(arguments, &file);
    }
    if arguments.verify.is_some() {
        eprintln!("nameplate: --verify asks for certificates from the roots: give --roots FILE");
        return ExitCode::from(WRONG_USAGE);
    }
    let server = arguments.server.as_deref().unwrap_or(THIS_MACHINE);
    let asked = address::parse(server).and_then(|servers| ask_any(&servers, arguments));
    let believed = asked.and_then(|(reply, place)| Ok((believed(reply, key.as_ref())?, place)));
    match believed {
        Ok((reply, place)) => {
            show(&reply, &place, key.is_some(), arguments);
            exit_code(reply.answered.message.header.response_code)
        }
        Err(error) => {
            eprintln!("nameplate: {server}: {error}");
            ExitCode::from(NO_ANSWER)
        }
    }
}

impl ResolveArguments {
    /// Checks what the single arguments mean together.
    fn check(&self) -> Result<(), String> {
        let url = self.http.as_deref().unwrap_or_default();
        if url.starts_with("https:") && !self.insecure && self.site_key.is_none() {
            return Err(
                "a node's own certificate has nobody above it: give --site-key FILE (the node's \
                 pubkey.bin), and the answer must be signed with that key, or --insecure"
                    .into(),
            );
        }
        Ok(())
    }

    /// The key that answers must be signed with.
    fn read_key(&self) -> Result<Option<VerifyingKey>, String> {
        let Some(path) = &self.site_key else {
            return Ok(None);
        };
        let name = path.display();
        let octets = std::fs::read(path).map_err(|error| format!("{name}: {error}"))?;
        let key = PublicKey::decode(octets.into()).map_err(|error| format!("{name}: {error}"))?;
        let key = VerifyingKey::new(&key).map_err(|error| format!("{name}: {error}"))?;
        Ok(Some(key))
    }
}

/// Lets an answer through if it is signed with the key, or if there is none to ask for.
fn believed(reply: Reply, key: Option<&VerifyingKey>) -> Result<Reply, String> {
    let message = &reply.answered.message;
    match key {
        Some(key) if !credentials::is_signed(message, key) => {
            let code = message.header.response_code;
            let how = match Credential::of(message) {
                Ok(None) => "is not signed",
                _ => "is not signed with the given key",
            };
            Err(format!("the answer ({code}) {how}, so it is not believed"))
        }
        _ => Ok(reply),
    }
}

/// Asks the addresses of a node one after the other until one answers, and says which; if none
/// does, tells why the last did not.
fn ask_any(
    servers: &[SocketAddr],
    arguments: &ResolveArguments,
) -> Result<(Reply, String), String> {
    let mut refusal = "the name has no address".to_owned();
    for &server in servers {
        let mut place = server.to_string();
        let asked = Client::new(server).and_then(|client| {
            let timeout = Duration::from_secs(arguments.timeout);
            let mut client = client.with_timeout(timeout);
            if let Some(target) = http_target(arguments, server) {
                place.clone_from(&target.url);
                client = client.with_http(target);
            }
            let asked = ask(&mut client, arguments);
            if arguments.trace {
                tell(&client.take_trace(), asked.as_ref().ok());
            }
            asked
        });
        match asked {
            Ok(reply) => return Ok((reply, place)),
            Err(error) => refusal = crate::process::with_causes(&error),
        }
    }
    Err(refusal)
}

fn ask(client: &mut Client, arguments: &ResolveArguments) -> Result<Reply, client::Error> {
    let mut question = Question::about(arguments.identifier.clone());
    for value_type in &arguments.types {
        question = question.of_type(value_type.clone());
    }
    for &index in &arguments.indexes {
        question = question.at_index(index);
    }
    if arguments.private {
        question = question.for_private_values();
    }
    if arguments.auth {
        question = question.with_flags(OpFlags::AUTHORITATIVE);
    }
    if arguments.no_refer {
        question = question.with_flags(OpFlags::DO_NOT_REFER);
    }
    if arguments.site_key.is_some() {
        // With the digest, the signed answer is one to this question.
        question = question.with_flags(OpFlags::CERTIFIED | OpFlags::REQUEST_DIGEST);
    }
    match (arguments.udp, arguments.tcp, &arguments.http) {
        (true, ..) => client.ask_over(Transport::Udp, &question),
        (_, true, _) => client.ask_over(Transport::Tcp, &question),
        (.., Some(_)) => client.ask_over(Transport::Http, &question),
        _ => client.ask(&question),
    }
}

/// Where `--http` leads, if it says so.
fn http_target(arguments: &ResolveArguments, server: SocketAddr) -> Option<HttpTarget> {
    let url = match arguments.http.as_deref()? {
        "" => format!("http://{}/", SocketAddr::new(server.ip(), 8000)),
        url => url.to_owned(),
    };
    // What is signed itself needs no one to vouch for who brings it.
    let is_insecure = arguments.insecure || arguments.site_key.is_some();
    Some(HttpTarget { url, is_insecure })
}

/// Tells what happened while the question was asked, on standard error.
fn tell(trace: &Trace, reply: Option<&Reply>) {
    for (after, event) in trace.events() {
        let milliseconds = after.as_secs_f64() * 1000.0;
        let what = match event {
            Event::Try { number, datagrams } => {
                format!("try {number} over UDP, datagrams: {datagrams}")
            }
            Event::Refused => "nobody listens there over UDP".to_owned(),
            Event::Datagram { octets } => format!("a datagram of {octets} octets came"),
            Event::GivenUp => "no answer over UDP; TCP is next".to_owned(),
            Event::Connected { server } => format!("connected with {server}"),
            Event::Sent { octets } => format!("sent {octets} octets"),
            Event::Received { octets } => format!("received an answer of {octets} octets"),
            _ => continue,
        };
        eprintln!("{milliseconds:9.2} ms  {what}");
    }
    if let Some(Answer::Referral(referral)) = reply.map(|reply| &reply.answered.response.answer) {
        let identifier = printable(&referral.identifier);
        eprintln!("              referred to {identifier:?}: ask the servers named there");
    }
}

fn exit_code(code: ResponseCode) -> ExitCode {
    match code {
        ResponseCode::SUCCESS => ExitCode::SUCCESS,
        ResponseCode::HANDLE_NOT_FOUND | ResponseCode::VALUES_NOT_FOUND => {
            ExitCode::from(NOT_FOUND)
        }
        _ => ExitCode::from(OTHER_ANSWER),
    }
}

fn show(reply: &Reply, place: &str, is_checked: bool, arguments: &ResolveArguments) {
    if arguments.json {
        say(json::answer(&arguments.identifier, &reply.answered));
    } else if arguments.short {
        if let Answer::Resolution(answer) = &reply.answered.response.answer {
            for value in &answer.values {
                say(data_text(&value.value()));
            }
        }
    } else {
        let layout = Layout::of_environment(arguments.lang);
        let text = layout.text(&Answered {
            arguments,
            reply,
            place,
            is_checked,
        });
        say(text.trim_end());
    }
}

/// The flags of an answer by name.
fn flag_names(flags: OpFlags) -> Vec<&'static str> {
    let names = [
        (OpFlags::AUTHORITATIVE, "authoritative"),
        (OpFlags::CERTIFIED, "certified"),
        (OpFlags::ENCRYPT, "encrypt"),
        (OpFlags::RECURSIVE, "recursive"),
        (OpFlags::CACHE_CERTIFY, "cache-certify"),
        (OpFlags::CONTINUOUS, "continuous"),
        (OpFlags::KEEP_CONNECTION, "keep-connection"),
        (OpFlags::PUBLIC_ONLY, "public-only"),
        (OpFlags::REQUEST_DIGEST, "digest"),
        (OpFlags::OVERWRITE, "overwrite"),
        (OpFlags::DO_NOT_REFER, "do-not-refer"),
    ];
    let set = names.iter().filter(|(flag, _)| flags.contains(*flag));
    set.map(|(_, name)| *name).collect()
}

/// An answer in a story: a line about the answer, a line for each value.
pub(crate) fn in_brief(identifier: &Identifier, reply: &Reply) -> String {
    let header = &reply.answered.message.header;
    let over = transport_name(reply.transport);
    let authority = if header.flags.contains(OpFlags::AUTHORITATIVE) {
        "authoritative"
    } else {
        "not authoritative"
    };
    let milliseconds = reply.took.as_secs_f64() * 1000.0;
    let code = header.response_code;
    let first = format!("{identifier}: {code}, {authority}, over {over} in {milliseconds:.2} ms\n");
    let rest = match &reply.answered.response.answer {
        Answer::Resolution(answer) => answer
            .values
            .iter()
            .map(|value| value_line(&value.value()))
            .collect(),
        Answer::Failure(failure) if !failure.text().is_empty() => {
            format!("  {}\n", printable(failure.text()))
        }
        _ => String::new(),
    };
    first + &rest
}

fn value_line(value: &Value) -> String {
    let value_type = printable(value.value_type.octets());
    format!(
        "{:>6}  {value_type:<12}  {}\n",
        value.index,
        data_text(value)
    )
}

fn data_text(value: &Value) -> String {
    data::in_words(value).unwrap_or_else(|| printable(&value.data))
}

/// Text as it is; anything else in hexadecimal. Control characters never reach the terminal.
fn printable(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => format!("0x{}", hex::encode(octets)),
    }
}
