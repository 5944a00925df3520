//! `nameplate import --server`: registers the identifiers of a file with a node that runs, many at
//! a time.
//!
//! Requests about one identifier wait for one another, and all wait for what the others may depend
//! on: a prefix, its record, who asks. Beside it: `sending/place.rs` where it is kept how far an
//! import came. Not here: the connection (room `client`), the formats.

mod place;

use super::checkpoint::{Checkpoint, Counts};
use super::input::{Format, Input};
use super::item::{Action, Item, Login, Place, Refusal, Source};
use super::report::Report;
use super::{ExistingPolicy, ImportArguments};
use crate::interrupt::Interrupt;
use crate::login::{Caller, Failure, IdentityText, Proof, advice, conclude, failure_text};
use crate::output::say;
use client::{Administrator, Heard};
use engine::administrator::{Order, is_disbelief};
use model::identifier::PREFIX_OF_PREFIXES;
use model::{Identifier, SuffixCase};
use place::Progress;
use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};
use wire::ResponseCode;
use zeroize::Zeroizing;

/// How long a node that is busy is left alone, and how often, before that is an error.
const BUSY_WAIT: Duration = Duration::from_millis(500);
const BUSY_COUNT_MAX: u32 = 60;

pub(super) fn run(arguments: &ImportArguments) -> Result<ExitCode, Box<dyn Error>> {
    if arguments.dry_run || arguments.case_sensitive_suffixes {
        let text = "--dry-run and --case-sensitive-suffixes are for a folder, not for a node";
        return Ok(conclude(Err(Failure::Usage(text.into()))));
    }
    let started = Instant::now();
    let mapping = arguments.mapping_text()?;
    let input = Input::open(arguments)?;
    let policy = format!("{:?}", arguments.policy());
    let mut begin = Checkpoint::begin(&input, mapping.clone(), policy);
    let server = arguments.server.server.clone().unwrap_or_default();
    let progress = Progress::of(&server, &input);
    if arguments.resume {
        begin.counts = resumed(&begin, &progress, &input.name)?;
    }
    let mut report = Report::start(arguments.errors.as_deref(), &input)?;
    let name = input.name.clone();
    let unit = if input.format == Format::Csv {
        "rows"
    } else {
        "records"
    };
    let folder = input.folder.clone();
    let mut source = super::open_source(input, mapping.as_deref(), arguments)?;
    let mut sender = Sender {
        arguments,
        name: name.clone(),
        folder,
        asking: None,
        named: None,
        under_way: BTreeMap::new(),
        busy: HashSet::new(),
        ended: BTreeMap::new(),
        next: begin.counts.items,
        checkpoint: begin,
        progress,
        interrupt: Interrupt::watch()?,
    };
    let went = sender.go(&mut *source, &mut report);
    sender.checkpoint.is_through = matches!(went, Ok(true));
    sender.progress.keep(&sender.checkpoint);
    report.clear();
    report.end(&name, unit)?;
    let counts = sender.checkpoint.counts;
    tell(&counts, unit, started);
    match went {
        Ok(true) => Ok(ExitCode::from(u8::from(counts.refused > 0))),
        Ok(false) => {
            eprintln!("nameplate: interrupted; --resume goes on from here");
            Ok(ExitCode::FAILURE)
        }
        Err(failure) => {
            let code = conclude(Err(failure));
            if sender.checkpoint.of.is_some() {
                eprintln!("  mend this and run it again with --resume: it goes on from there");
            }
            Ok(code)
        }
    }
}

fn tell(counts: &Counts, unit: &str, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    let skipped = match counts.skipped {
        0 => String::new(),
        skipped => format!(", {skipped} skipped"),
    };
    let (done, refused) = (counts.done, counts.refused);
    say(format_args!(
        "{done} {unit} registered in {seconds:.1} s{skipped}, {refused} refused"
    ));
}

/// How far an earlier import of the file with the node came.
fn resumed(begin: &Checkpoint, progress: &Progress, name: &str) -> Result<Counts, String> {
    if begin.of.is_none() {
        return Err(format!(
            "{name}: cannot be read again from its start, so not resumed"
        ));
    }
    let earlier = begin.read(progress.kept().as_deref());
    if let Some((counts, _)) = earlier.map_err(|error| format!("{name}: {error}"))? {
        return Ok(counts);
    }
    eprintln!("nameplate: no interrupted import of this file is known; from its start");
    Ok(Counts::default())
}

/// The way of a file to a node.
struct Sender<'a> {
    arguments: &'a ImportArguments,
    /// The name of the file.
    name: String,
    /// Where the files are that a batch file names.
    folder: Option<PathBuf>,
    asking: Option<Administrator>,
    /// Whoever asks, if the file says it.
    named: Option<Caller>,
    /// What has been given and not been answered, by its ticket.
    under_way: BTreeMap<u64, UnderWay>,
    /// The identifiers of these.
    busy: HashSet<Vec<u8>>,
    /// What has ended before something that stands further ahead in the file.
    ended: BTreeMap<u64, Became>,
    /// The number of the next item.
    next: u64,
    checkpoint: Checkpoint,
    progress: Progress,
    interrupt: Interrupt,
}

/// A request that waits for its answer.
struct UnderWay {
    number: u64,
    place: Place,
    subject: String,
    canonical: Vec<u8>,
    order: Order,
    skips_existing: bool,
    busy_count: u32,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    Done,
    Skipped,
    Nothing,
    Refused,
}

impl Sender<'_> {
    /// Carries out every item after those of an earlier import; whether the end was reached.
    fn go(&mut self, source: &mut dyn Source, report: &mut Report) -> Result<bool, Failure> {
        let mut number = 0;
        loop {
            let item = match source.next_item() {
                Ok(Some(item)) => item,
                Ok(None) => {
                    self.drain(report)?;
                    return Ok(true);
                }
                Err(broken) => {
                    self.drain(report)?;
                    return Err(Failure::Usage(broken.to_string()));
                }
            };
            number += 1;
            if number <= self.next {
                if let Ok(Item {
                    action: Action::Authenticate(login),
                    ..
                }) = item
                {
                    self.authenticate(&login).map_err(Failure::Usage)?;
                }
                continue;
            }
            self.next = number;
            match item {
                Err(refusal) => self.refuse(number, &refusal, report)?,
                Ok(item) => self.take(number, item, report)?,
            }
            if self.interrupt.has_come() {
                self.drain(report)?;
                return Ok(false);
            }
        }
    }

    /// Gives the order of an item, when everything it must wait for has been answered.
    fn take(&mut self, number: u64, item: Item, report: &mut Report) -> Result<(), Failure> {
        let Item { place, action } = item;
        let subject = action.subject().unwrap_or_default().to_owned();
        if let Action::Authenticate(login) = &action {
            self.drain(report)?;
            return match self.authenticate(login) {
                Ok(()) => {
                    self.end(number, Became::Nothing, report);
                    Ok(())
                }
                Err(reason) => {
                    self.refuse(number, &Refusal::new(place, reason), report)?;
                    let text = "whoever asks from there on cannot be told; nothing more was done";
                    Err(Failure::Usage(text.into()))
                }
            };
        }
        if let Action::At(server) = &action {
            self.warn_of_another(server, place);
        }
        let is_alone = is_alone(&action);
        let Some((canonical, order, skips_existing)) = self.order(action) else {
            self.end(number, Became::Nothing, report);
            return Ok(());
        };
        let under_way = UnderWay {
            number,
            place,
            subject,
            canonical,
            order,
            skips_existing,
            busy_count: 0,
        };
        if is_alone {
            self.drain(report)?;
        }
        while self.busy.contains(&under_way.canonical) {
            self.hear(report)?;
        }
        self.busy.insert(under_way.canonical.clone());
        self.give(under_way)?;
        if is_alone {
            return self.drain(report);
        }
        while self.under_way.len() >= usize::from(self.arguments.window) {
            self.hear(report)?;
        }
        Ok(())
    }

    /// Says that a block names another server than the one that is asked: a file is for one.
    fn warn_of_another(&self, named: &str, place: Place) {
        let asked = self.arguments.server.server.as_deref().unwrap_or_default();
        // `127.0.0.1:2641:TCP`.
        let address = named.rsplit_once(':').map_or("", |(address, _)| address);
        if address != asked {
            let name = &self.name;
            eprintln!(
                "nameplate: {name}: {place}: the block names the server {named:?}; it is carried \
                 out at {asked}, which all of the file is for"
            );
        }
    }

    /// What a node is asked for an item, with the identifier it is about; none if it says nothing.
    fn order(&self, action: Action) -> Option<(Vec<u8>, Order, bool)> {
        let policy = self.arguments.policy();
        let register = |identifier: &Identifier, values: &[_], usually| {
            let order = Order::register(identifier, values);
            match policy.unwrap_or(usually) {
                ExistingPolicy::Overwrite => (order.overwriting(), false),
                ExistingPolicy::Skip => (order, true),
                ExistingPolicy::Fail => (order, false),
            }
        };
        let (identifier, (order, skips)) = match action {
            Action::Register(identifier, values) | Action::RegisterOnly(identifier, values) => {
                let order = register(&identifier, &values, ExistingPolicy::Overwrite);
                (identifier, order)
            }
            Action::Create(identifier, values) => {
                let order = register(&identifier, &values, ExistingPolicy::Fail);
                (identifier, order)
            }
            Action::Add(identifier, values) => {
                let mut order = Order::add(&identifier, &values);
                if policy == Some(ExistingPolicy::Overwrite) {
                    order = order.overwriting();
                }
                (identifier, (order, false))
            }
            Action::Modify(identifier, values) => {
                let order = Order::modify(&identifier, &values);
                (identifier, (order, false))
            }
            Action::Remove(identifier, indexes) => {
                let order = Order::remove(&identifier, &indexes);
                (identifier, (order, false))
            }
            Action::Delete(identifier) => {
                let order = Order::delete(&identifier);
                (identifier, (order, false))
            }
            // Prefixes in files are short enough to have a record.
            Action::Home(prefix) => return Some((Vec::new(), Order::home(&prefix).ok()?, false)),
            Action::Unhome(prefix) => {
                return Some((Vec::new(), Order::unhome(&prefix).ok()?, false));
            }
            Action::Authenticate(_) | Action::At(_) | Action::Nothing(_) => return None,
        };
        // A node may tell the cases of suffixes apart: then some wait that need not.
        Some((identifier.canonical(SuffixCase::Insensitive), order, skips))
    }

    fn give(&mut self, under_way: UnderWay) -> Result<(), Failure> {
        let ticket = self.asking()?.give(under_way.order.clone());
        self.under_way.insert(ticket, under_way);
        Ok(())
    }

    /// Whoever asks; the flags say it unless the file did.
    fn asking(&mut self) -> Result<&mut Administrator, Failure> {
        if self.asking.is_none() {
            let window = usize::from(self.arguments.window);
            let flags = &self.arguments.server;
            let asking = if let Some(caller) = &self.named {
                caller.at(caller.first_address()?)?
            } else {
                let caller = flags.administrator(true, window)?;
                caller.at(caller.first_address()?)?
            };
            self.asking = Some(asking);
        }
        self.asking
            .as_mut()
            .ok_or_else(|| Failure::NoAnswer("nobody asks".into()))
    }

    /// Has somebody else ask from here on.
    fn authenticate(&mut self, login: &Login) -> Result<(), String> {
        let (identity, proof) = who(login, self.folder.as_deref())?;
        let window = usize::from(self.arguments.window);
        let flags = &self.arguments.server;
        let caller = flags.administrator_as(identity, proof, window);
        self.named = Some(caller.map_err(|_| "the node's name has no address".to_owned())?);
        self.asking = None;
        Ok(())
    }

    /// Waits until everything that was given is answered.
    fn drain(&mut self, report: &mut Report) -> Result<(), Failure> {
        while !self.under_way.is_empty() {
            self.hear(report)?;
        }
        Ok(())
    }

    /// Waits for the next answer, and takes all that have come with it.
    fn hear(&mut self, report: &mut Report) -> Result<(), Failure> {
        let server = self.arguments.server.server.clone().unwrap_or_default();
        let failed = |error| Failure::of(&server, &error);
        let heard = self.asking()?.receive().map_err(failed)?;
        self.answered(&heard, report)?;
        while let Some(heard) = self.asking()?.poll().map_err(failed)? {
            self.answered(&heard, report)?;
        }
        Ok(())
    }

    fn answered(&mut self, heard: &Heard, report: &mut Report) -> Result<(), Failure> {
        if !heard.is_last {
            return Ok(());
        }
        let Some(mut under_way) = self.under_way.remove(&heard.ticket) else {
            return Ok(());
        };
        let code = heard.answered.message.header.response_code;
        let text = || format!("{}: {}", under_way.subject, failure_text(&heard.answered));
        if is_disbelief(code) || code == ResponseCode::SERVER_READ_ONLY {
            let (text, advice) = (text(), advice(code));
            return Err(Failure::Answer { code, text, advice });
        }
        if code == ResponseCode::SERVER_BUSY && under_way.busy_count < BUSY_COUNT_MAX {
            under_way.busy_count += 1;
            thread::sleep(BUSY_WAIT);
            return self.give(under_way);
        }
        self.busy.remove(&under_way.canonical);
        let number = under_way.number;
        match code {
            ResponseCode::SUCCESS => self.end(number, Became::Done, report),
            ResponseCode::HANDLE_ALREADY_EXISTS if under_way.skips_existing => {
                self.end(number, Became::Skipped, report);
            }
            _ => {
                let mut reason = failure_text(&heard.answered);
                if heard.is_resent {
                    reason += " (it was sent twice, for the connection was lost: perhaps it was \
                               carried out the first time)";
                }
                let refusal = Refusal::new(under_way.place, reason);
                let refusal = refusal.about(Some(&under_way.subject));
                return self.refuse(number, &refusal, report);
            }
        }
        Ok(())
    }

    fn refuse(
        &mut self,
        number: u64,
        refusal: &Refusal,
        report: &mut Report,
    ) -> Result<(), Failure> {
        report.refuse(refusal).map_err(Failure::Usage)?;
        self.end(number, Became::Refused, report);
        Ok(())
    }

    /// Takes note of an item that has ended; what is kept counts only those before the first that
    /// has not.
    fn end(&mut self, number: u64, became: Became, report: &mut Report) {
        self.ended.insert(number, became);
        let counts = &mut self.checkpoint.counts;
        while let Some(became) = self.ended.remove(&(counts.items + 1)) {
            counts.items += 1;
            match became {
                Became::Done => counts.done += 1,
                Became::Skipped => counts.skipped += 1,
                Became::Refused => counts.refused += 1,
                Became::Nothing => (),
            }
        }
        if self.progress.is_due() {
            report.show(counts);
            self.progress.keep(&self.checkpoint);
        }
    }
}

/// Whether others may depend on an item: which prefixes the node is home to, and the records in
/// which the administrators of prefixes stand.
fn is_alone(action: &Action) -> bool {
    match action {
        Action::Home(_) | Action::Unhome(_) => true,
        Action::Register(identifier, _)
        | Action::RegisterOnly(identifier, _)
        | Action::Create(identifier, _)
        | Action::Add(identifier, _)
        | Action::Modify(identifier, _)
        | Action::Delete(identifier)
        | Action::Remove(identifier, _) => {
            let prefix = identifier.prefix();
            prefix.as_str().eq_ignore_ascii_case(PREFIX_OF_PREFIXES)
        }
        Action::Authenticate(_) | Action::At(_) | Action::Nothing(_) => false,
    }
}

/// `SECKEY:301:0.NA/88.1` above a secret, or `PUBKEY:300:0.NA/88.1` above the file of a key, which
/// a passphrase may follow behind `|`.
fn who(login: &Login, folder: Option<&Path>) -> Result<(IdentityText, Proof), String> {
    let form = "AUTHENTICATE needs SECKEY:INDEX:ID above a secret, or PUBKEY:INDEX:ID above the \
                file of a key";
    let (kind, identity) = login.who.split_once(':').ok_or(form)?;
    let identity = identity.parse()?;
    let shown = &login.shown;
    if shown.is_empty() {
        return Err(form.into());
    }
    let proof = match kind.to_ascii_uppercase().as_str() {
        "SECKEY" => Proof::Said(Zeroizing::new(shown.as_bytes().to_vec())),
        "PUBKEY" => {
            let (file, passphrase) = match shown.split_once('|') {
                None => (shown.as_str(), None),
                Some((file, passphrase)) => (file, Some(passphrase.as_bytes().to_vec())),
            };
            let file = folder.unwrap_or(Path::new(".")).join(file);
            match passphrase {
                None => Proof::Key {
                    file,
                    passphrase: None,
                },
                Some(passphrase) => Proof::Opened(file, Zeroizing::new(passphrase)),
            }
        }
        _ => return Err(form.into()),
    };
    Ok((identity, proof))
}
