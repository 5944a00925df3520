//! `nameplate resolve --verify`: the chains of certificates up from signatures over values.
//!
//! ```text
//! CHAIN     signed by 300:0.NA/88.118
//!           certified in 400:0.NA/88.118 by 300:0.NA/88
//!           certified in 0.NA/88 by 300:0.NA/0.NA, which is trusted
//! VALUES    1, 2 as signed; 3 not signed
//! ```
//!
//! Not here: what proves what (`engine::trust`).

use super::{NOT_VERIFIED, ResolveArguments};
use crate::output::say;
use client::{Clock, Resolver};
use crypto::Provider;
use engine::trust::{Anchor, Climb, Doubt, Link, Values, examine, signatures};
use model::EncodedValue;
use model::jws::NamedValue;
use std::process::ExitCode;

/// How many signatures of one answer are followed: each may cost as many questions as its chain is
/// long. More are left out, and said to be.
const SIGNATURES_MAX: usize = 8;

/// What came of one signature.
pub(super) struct Chain {
    links: Vec<Link>,
    end: Result<Values, String>,
}

/// Goes up from each signature among values.
pub(super) async fn all(
    resolver: &Resolver,
    arguments: &ResolveArguments,
    values: &[EncodedValue],
    anchors: &[Anchor],
) -> Vec<Chain> {
    let mut chains = Vec::new();
    for signature in signatures(values).take(SIGNATURES_MAX) {
        chains.push(one(resolver, arguments, signature, values, anchors).await);
    }
    chains
}

async fn one(
    resolver: &Resolver,
    arguments: &ResolveArguments,
    signature: &EncodedValue,
    values: &[EncodedValue],
    anchors: &[Anchor],
) -> Chain {
    let (about, anchors) = (&arguments.identifier, anchors.to_vec());
    let climb = Climb::begin(&Provider, about, signature, anchors, Clock::date());
    let mut climb = match climb {
        Ok(climb) => climb,
        Err(doubt) => return Chain::ending(doubt.to_string()),
    };
    resolver.climb(&mut climb, !arguments.insecure).await;
    let end = match climb.poll_end() {
        Some(Ok(())) => examine(&Provider, signature, values)
            .ok_or_else(|| "its digests are not of SHA-256".to_owned()),
        Some(Err(doubt)) => Err(doubt.to_string()),
        None => Err(Doubt::TooLong.to_string()),
    };
    Chain {
        links: climb.links().to_vec(),
        end,
    }
}

impl Chain {
    fn ending(why: String) -> Self {
        Self {
            links: Vec::new(),
            end: Err(why),
        }
    }

    /// Whether values are proven to be what was signed, and none to be something else.
    fn is_good(&self) -> bool {
        let end = self.end.as_ref();
        end.is_ok_and(|values| values.changed.is_empty() && !values.unchanged.is_empty())
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        let mut place: Option<&NamedValue> = None;
        for link in &self.links {
            lines.push(match place {
                None => format!("signed by {}", link.issuer),
                Some(place) => format!("certified in {place} by {}", link.issuer),
            });
            place = link.certificate.as_ref();
        }
        match (&self.end, lines.last_mut()) {
            (Ok(_), Some(last)) => last.push_str(", which is trusted"),
            (Err(why), _) => lines.push(format!("not verified: {why}")),
            (Ok(_), None) => (),
        }
        let chain = lines.join("\n          ");
        match &self.end {
            Ok(values) => format!("CHAIN     {chain}\nVALUES    {}", told_of(values)),
            Err(_) => format!("CHAIN     {chain}"),
        }
    }
}

fn told_of(values: &Values) -> String {
    let parts = [
        (&values.unchanged, "as signed"),
        (&values.changed, "NOT as signed"),
        (&values.unsigned, "not signed"),
        (&values.missing, "signed, and not in the answer"),
    ];
    let parts = parts.iter().filter(|(indexes, _)| !indexes.is_empty());
    let parts: Vec<String> = parts
        .map(|(indexes, what)| {
            let indexes: Vec<String> = indexes.iter().map(u32::to_string).collect();
            format!("{} {what}", indexes.join(", "))
        })
        .collect();
    parts.join("; ")
}

/// Shows the chains; whether any proves the values.
pub(super) fn told(chains: &[Chain]) -> ExitCode {
    if chains.is_empty() {
        say("CHAIN     not verified: no signature over values was answered");
    }
    for chain in chains {
        say(chain.text());
    }
    if chains.len() == SIGNATURES_MAX {
        say("          further signatures were not looked at");
    }
    // Whoever adds a signature that proves nothing must not spoil one that does.
    if chains.iter().any(Chain::is_good) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_VERIFIED)
    }
}
