//! What must hold in every history, each a function with a name.
//!
//! What can be promised when octets are corrupted on their way, and what cannot:
//!
//! - A corrupted *answer* may be believed though it is wrong. The digest in it is one of the
//!   question's header and body; of the answer's own octets nothing but a signature could speak,
//!   and answers are not signed yet. In the field the checksum of UDP finds nearly all of it. Here
//!   the node and the asker must live through it, and wrong beliefs are counted.
//! - A corrupted *question* without [`OpFlags::REQUEST_DIGEST`](wire::OpFlags::REQUEST_DIGEST) may
//!   be answered as it arrived: that is what the flag is for.
//! - A corrupted question with the flag must not be answered wrongly. Three things are beyond the
//!   digest: a node that could not read the question says so without one; one that was asked in an
//!   older version, for the envelope is not digested, has none to give; and one that was asked in a
//!   session it does not know says that, rightly. So those three are counted and not judged.
//!
//! Not here: what the records say (`crate::records`).

use crate::answerer::{Handled, UDP_ANSWER_OCTETS_MAX};
use crate::asker::{CONNECTION_TIMEOUT, Ended, Path};
use crate::network::Weather;
use crate::records::Saying;
use crate::world::Host;
use bytes::Bytes;
use engine::Moment;
use engine::exchange::{Answered, TRY_TIMEOUTS};
use engine::inbox::{ASSEMBLIES_COUNT_MAX, ASSEMBLIES_PER_PEER_MAX};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use wire::ResponseCode;
use wire::datagram::{DATAGRAM_OCTETS_MAX, PIECE_OCTETS};
use wire::response::Answer;

/// An invariant that does not hold, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The name of its function.
    pub invariant: &'static str,
    /// What was seen instead.
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.seen)
    }
}

pub(crate) type Kept = Result<(), Violation>;

/// Complains in the name of an invariant unless it holds.
pub(crate) fn keep(holds: bool, invariant: &'static str, seen: impl FnOnce() -> String) -> Kept {
    if holds {
        return Ok(());
    }
    let seen = seen();
    Err(Violation { invariant, seen })
}

/// What an answer that was believed is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    /// It says what the records say.
    Right,
    /// It says something else, because octets were changed, and nobody could promise otherwise.
    Excused,
}

/// Every answer that is believed says what the records say.
///
/// An answer over a connection always does; one in datagrams unless they were corrupted, and then
/// within the limits told above.
pub(crate) fn believed_answers_are_right(
    ended: &Ended,
    answered: &Answered,
    sayings: &[Saying],
) -> Result<Worth, Violation> {
    let saying = saying(answered);
    if sayings.contains(&saying) {
        return Ok(Worth::Right);
    }
    let is_excused = ended.path == Path::Datagrams && is_excused(ended, answered);
    keep(is_excused, "believed_answers_are_right", || {
        format!("{saying:?} was believed, the records say {sayings:?}")
    })?;
    Ok(Worth::Excused)
}

fn saying(answered: &Answered) -> Saying {
    match &answered.response.answer {
        Answer::Resolution(answer) => Saying::Values(answer.values.clone()),
        _ => Saying::Code(answered.message.header.response_code),
    }
}

fn is_excused(ended: &Ended, answered: &Answered) -> bool {
    let Ended { taint, query, .. } = ended;
    let message = &answered.message;
    let is_end_of_session = message.envelope.session_id != 0
        && message.header.response_code == ResponseCode::SESSION_TIMEOUT;
    let may_lack_digest = message.header.opcode.0 == 0 || message.envelope.version.is_before_2_1();
    let is_covered = query.wants_digest && !may_lack_digest;
    taint.answer || taint.request && (!is_covered || is_end_of_session)
}

/// The answer that is believed carries the request id of its question, its spelling of the
/// identifier, and the digest that was asked for.
pub(crate) fn answers_echo_their_question(ended: &Ended, answered: &Answered) -> Kept {
    let Ended { query, taint, .. } = ended;
    let request_id = answered.message.envelope.request_id;
    keep(
        request_id == query.request_id,
        "answers_echo_their_question",
        || format!("request id {request_id}, asked was {}", query.request_id),
    )?;
    if ended.path == Path::Datagrams && (taint.request || taint.answer) {
        return Ok(());
    }
    if let Answer::Resolution(answer) = &answered.response.answer {
        let (asked, answered) = (query.identifier.spelling(), &answer.identifier);
        keep(asked == answered, "answers_echo_their_question", || {
            format!("{answered:?} was answered, {asked:?} was asked")
        })?;
    }
    let has_digest = answered.response.digest.is_some();
    let is_challenge = matches!(answered.response.answer, Answer::Challenge(_));
    // Versions before 2.1 have no flag for it, and challenges have it without one.
    let is_old = query.version.is_before_2_1();
    let wants_digest = (query.wants_digest || is_challenge) && !is_old;
    keep(
        has_digest == wants_digest,
        "answers_echo_their_question",
        || format!("digest asked for: {wants_digest}, there: {has_digest}"),
    )
}

/// A question ends within the bounds of its timers: over UDP, or after all tries over a connection.
pub(crate) fn questions_end_in_time(ended: &Ended, now: Moment) -> Kept {
    let udp: Duration = TRY_TIMEOUTS.iter().sum();
    let most = match ended.path {
        Path::Datagrams => udp,
        Path::Connection => udp + CONNECTION_TIMEOUT,
    };
    let took = ended.since.until(now);
    let sent = ended.tries;
    let tried = (1..=TRY_TIMEOUTS.len()).contains(&sent);
    keep(took <= most && tried, "questions_end_in_time", || {
        format!("ended after {took:?} and {sent} tries, the bound is {most:?}")
    })
}

/// A connection loses nothing, so over one every question is answered, and soon.
pub(crate) fn connections_bring_an_answer(ended: &Ended, now: Moment, weather: &Weather) -> Kept {
    if ended.path == Path::Datagrams {
        return Ok(());
    }
    let udp: Duration = TRY_TIMEOUTS.iter().sum();
    let most = udp + 2 * weather.delay_max();
    let took = ended.since.until(now);
    keep(
        ended.believed.is_some() && took <= most,
        "connections_bring_an_answer",
        || format!("nothing is believed after {took:?}, the bound is {most:?}"),
    )
}

/// What arrives whole is heard: the node has a question when the last datagram of its first try
/// has come, unless a changed one came between, or a flood of others.
///
pub(crate) fn whole_first_tries_are_heard(
    ended: &Ended,
    now: Moment,
    heard: Option<Moment>,
) -> Kept {
    let due = ended.first_try_is_whole_at.filter(|due| *due < now);
    let is_heard = due.is_none_or(|due| heard.is_some_and(|heard| heard <= due));
    keep(
        is_heard || ended.taint.request,
        "whole_first_tries_are_heard",
        || format!("the first try was whole at {due:?}, heard at {heard:?}"),
    )
}

/// Where nothing is lost or late, every question is answered at the first try; only answers that
/// are too long for UDP need a connection.
pub(crate) fn in_calm_weather_the_first_try_suffices(
    ended: &Ended,
    sayings: &[Saying],
    weather: &Weather,
) -> Kept {
    if !weather.is_calm() {
        return Ok(());
    }
    let lengths = sayings.iter().map(|each| each.message_octets(&ended.query));
    let longest = lengths.max().unwrap_or_default();
    let expected = if longest <= UDP_ANSWER_OCTETS_MAX {
        (Path::Datagrams, 1)
    } else {
        (Path::Connection, TRY_TIMEOUTS.len())
    };
    let seen = (ended.path, ended.tries);
    keep(
        seen == expected,
        "in_calm_weather_the_first_try_suffices",
        || format!("ended as {seen:?}, expected was {expected:?}"),
    )
}

/// An answer in datagrams is never longer than the node is set to send.
pub(crate) fn long_answers_are_not_sent_in_datagrams(datagrams: &[Bytes]) -> Kept {
    let most = UDP_ANSWER_OCTETS_MAX.div_ceil(PIECE_OCTETS);
    let longest = datagrams.iter().map(Bytes::len).max().unwrap_or_default();
    keep(
        datagrams.len() <= most && longest <= DATAGRAM_OCTETS_MAX,
        "long_answers_are_not_sent_in_datagrams",
        || format!("{} datagrams of up to {longest} octets", datagrams.len()),
    )
}

/// What says that it is an answer is not answered: two nodes could go on for ever.
pub(crate) fn responses_are_not_answered(handled: &Handled) -> Kept {
    let response = handled.request.as_ref();
    let response = response.filter(|message| message.header.is_response());
    keep(
        response.is_none() || handled.answer.is_none(),
        "responses_are_not_answered",
        || format!("answered {response:?}"),
    )
}

/// Every answer says that it is one, and repeats the request id of what it answers.
pub(crate) fn answers_are_responses(handled: &Handled) -> Kept {
    let Some(answer) = &handled.answer else {
        return Ok(());
    };
    let asked = handled.request.as_ref();
    let same_id = asked.is_none_or(|asked| asked.envelope.request_id == answer.envelope.request_id);
    keep(
        answer.header.is_response() && same_id,
        "answers_are_responses",
        || format!("{asked:?} was answered with {answer:?}"),
    )
}

/// Nobody on the network changes a record, for nobody there is authenticated.
pub(crate) fn the_network_changes_nothing(handled: &Handled) -> Kept {
    keep(
        handled.change.is_empty(),
        "the_network_changes_nothing",
        || format!("{handled:?}"),
    )
}

/// The node's inbox holds no more messages than it may, of one peer and of all.
pub(crate) fn inbox_keeps_its_limits(waiting: &[(Host, u32)]) -> Kept {
    let mut by_peer: BTreeMap<Host, usize> = BTreeMap::new();
    for (peer, _) in waiting {
        *by_peer.entry(*peer).or_default() += 1;
    }
    let most = by_peer.values().max().copied().unwrap_or_default();
    keep(
        waiting.len() <= ASSEMBLIES_COUNT_MAX && most <= ASSEMBLIES_PER_PEER_MAX,
        "inbox_keeps_its_limits",
        || format!("{} messages wait, {most} of one peer", waiting.len()),
    )
}

/// What is incomplete for too long is forgotten when its time comes.
pub(crate) fn inbox_forgets_in_time(due: Option<Moment>, now: Moment) -> Kept {
    keep(
        due.is_none_or(|due| due > now),
        "inbox_forgets_in_time",
        || format!("something should have been forgotten at {due:?}"),
    )
}

/// When nothing more happens, every question has ended and the node waits for nothing.
pub(crate) fn in_the_end_nobody_waits(askers_waiting: usize, messages_waiting: usize) -> Kept {
    keep(
        askers_waiting + messages_waiting == 0,
        "in_the_end_nobody_waits",
        || format!("{askers_waiting} askers and {messages_waiting} messages wait"),
    )
}

/// A history ends. Beyond the limit something goes round in circles.
pub(crate) fn histories_end(events: u64, limit: u64) -> Kept {
    keep(events <= limit, "histories_end", || {
        format!("{events} events have happened")
    })
}

/// Whatever octets come, no room panics.
pub(crate) fn nobody_panics(panic: &(dyn std::any::Any + Send)) -> Violation {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Violation {
        invariant: "nobody_panics",
        seen: text.unwrap_or("a panic without a text").to_owned(),
    }
}
