//! `nameplate resolve` from the roots: finds whoever is responsible, and asks them.
//!
//! Not here: whom to ask next, and what to believe (`engine::resolver`).

use super::chain::{self, Chain};
use super::{NO_ANSWER, NOT_FOUND, ResolveArguments, WRONG_USAGE, exit_code, json, show};
use crate::output::say;
use client::{Reply, Resolver, Walked, read_anchors, read_roots};
use engine::resolver::{Found, Guide, Limits, Plain, Wish};
use engine::trust::Anchor;
use model::site::Transport;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Where clients of the field have the file of the roots, in the home folder.
const USUAL_FILE: &str = ".handle/bootstrap_handles";

/// The file of the roots, where the question is one for a walk: it is given, or nothing is said of
/// any server and it is in its usual place.
pub(super) fn roots_file(arguments: &ResolveArguments) -> Option<PathBuf> {
    if let Some(file) = &arguments.roots {
        return Some(file.clone());
    }
    let names_server = arguments.server.is_some()
        || arguments.udp
        || arguments.tcp
        || arguments.http.is_some()
        || arguments.site_key.is_some()
        || arguments.private
        || arguments.no_refer;
    if names_server {
        return None;
    }
    let file = PathBuf::from(std::env::var_os("HOME")?).join(USUAL_FILE);
    file.is_file().then_some(file)
}

/// Walks, and shows what was found.
pub(super) fn run(arguments: &ResolveArguments, file: &Path) -> ExitCode {
    let walked = read_roots(file)
        .and_then(|roots| {
            let anchors = arguments.verify.as_deref().map(read_anchors).transpose()?;
            Ok((roots, anchors))
        })
        .map_err(|error| error.to_string())
        .and_then(|(roots, anchors)| {
            let limits = Limits {
                time: Duration::from_secs(arguments.timeout),
                ..Limits::default()
            };
            let guide = Guide {
                roots,
                limits,
                // Whoever runs this may ask whom they like.
                asks_private: true,
                ..Guide::default()
            };
            walk_up(&Resolver::new(guide), arguments, anchors)
        });
    match walked {
        Ok((walked, chains)) => {
            let code = told(walked, arguments);
            match chains {
                Some(chains) if code == ExitCode::SUCCESS => chain::told(&chains),
                _ => code,
            }
        }
        Err(error) => {
            eprintln!("nameplate: {error}");
            ExitCode::from(WRONG_USAGE)
        }
    }
}

fn wish(arguments: &ResolveArguments) -> Wish {
    let mut wish = Wish::for_values(arguments.identifier.clone());
    for value_type in &arguments.types {
        wish = wish.of_type(value_type.clone());
    }
    for &index in &arguments.indexes {
        wish = wish.at_index(index);
    }
    if arguments.verify.is_some() && !(arguments.types.is_empty() && arguments.indexes.is_empty()) {
        wish = wish.of_type("HS_SIGNATURE.");
    }
    if arguments.auth {
        wish = wish.fresh();
    }
    if !arguments.insecure {
        wish = wish.certified();
    }
    wish
}

/// Walks, and waits for the end of it.
pub(crate) fn walk(resolver: &Resolver, wish: Wish) -> Result<Walked, String> {
    waited_for(resolver.walk(wish))
}

/// Walks, and if there are anchors, goes up from each signature that is found.
fn walk_up(
    resolver: &Resolver,
    arguments: &ResolveArguments,
    anchors: Option<Vec<Anchor>>,
) -> Result<(Walked, Option<Vec<Chain>>), String> {
    waited_for(async {
        let walked = resolver.walk(wish(arguments)).await;
        let chains = match (anchors, &walked.end.found) {
            (Some(anchors), Found::Values(values)) => {
                Some(chain::all(resolver, arguments, values, &anchors).await)
            }
            _ => None,
        };
        (walked, chains)
    })
}

fn waited_for<T>(what: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    Ok(runtime.block_on(what))
}

/// What happened on the way: after how long, and what.
pub(crate) fn steps_in_lines(walked: &Walked) -> Vec<String> {
    let steps = walked.steps.iter();
    steps
        .map(|(after, step)| format!("{:9.2} ms  {step}", after.as_secs_f64() * 1000.0))
        .collect()
}

fn told(walked: Walked, arguments: &ResolveArguments) -> ExitCode {
    if arguments.trace {
        for line in steps_in_lines(&walked) {
            eprintln!("{line}");
        }
    }
    let Walked { end, took, .. } = walked;
    if let Some(reached) = end.reached {
        let place = reached.server.to_string();
        let reply = Reply {
            transport: match reached.transport {
                Transport::UDP => client::Transport::Udp,
                _ => client::Transport::Tcp,
            },
            answered: *reached.answered,
            took,
        };
        show(&reply, &place, !arguments.insecure, arguments);
        return exit_code(reply.answered.message.header.response_code);
    }
    let (code, why) = match end.found {
        Found::NotRegistered(missing) => {
            let missing = Plain(&missing);
            (NOT_FOUND, format!("{missing} is not registered"))
        }
        Found::Failed(failure) => (NO_ANSWER, failure.to_string()),
        // These come with an answer.
        Found::Values(_) | Found::Verified(_) | Found::NoSuchValues => (NO_ANSWER, String::new()),
    };
    if arguments.json && code == NOT_FOUND {
        say(json::not_found(&arguments.identifier, &why));
    } else {
        eprintln!("nameplate: {}: {why}", arguments.identifier);
    }
    ExitCode::from(code)
}
