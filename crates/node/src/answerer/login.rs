//! Logins (operation 2001): asked for on a connection, challenged, proven once; and whose requests
//! are carried out on it from then on.
//!
//! Not here: which logins there are ([`engine::logins`]), connections (`tcp.rs`).

use super::{Answerer, Challenging, Reply, claimed_identity, lock};
use crate::visitor::{Line, Source, Visitor};
use client::Clock;
use engine::challenges::Pending;
use engine::logins::Standing;
use engine::{Known, Means, Origin};
use model::Identifier;
use std::sync::atomic::Ordering;
use wire::login::LoginRequest;
use wire::response::Answer as Body;
use wire::{Message, Opcode, ResponseCode};

type Refused = (ResponseCode, String);

/// Who asks on a connection.
pub(super) enum Caller {
    /// Whoever it was before, for logins say nothing of it.
    Unchanged,
    /// Whoever has logged in.
    Known(Known),
    /// Nobody any more: a login is over, and who needs one is told so.
    LoggedOut,
}

impl Answerer {
    /// A connection begins; [`Answerer::hang_up`] ends it.
    pub(crate) fn pick_up(&self) -> Line {
        Line(self.lines.fetch_add(1, Ordering::Relaxed))
    }

    /// A connection is no more, and so is its login.
    pub(crate) fn hang_up(&self, line: Line) {
        if self.has_logins() {
            lock(&self.proven.logins).hang_up(&line);
        }
    }

    /// Whether somebody is logged in on a connection.
    pub(crate) fn is_logged_in(&self, line: Line) -> bool {
        self.has_logins() && lock(&self.proven.logins).is_in(&line, self.clock.moment())
    }

    /// Whether an id is a login's.
    pub(super) fn is_login(&self, id: u32) -> bool {
        lock(&self.proven.logins).contains(id)
    }

    /// Whether anybody ever asked for a login: most nodes have none, and look for none.
    fn has_logins(&self) -> bool {
        self.was_login_asked.load(Ordering::Relaxed)
    }

    /// Who asks something, by the login of the connection. A message that names another id than
    /// the login's is no message of it.
    pub(super) fn caller(&self, request: &Message, visitor: Visitor) -> Caller {
        let Some(line) = visitor.line.filter(|_| self.has_logins()) else {
            return Caller::Unchanged;
        };
        let named = request.envelope.session_id;
        let is_of = |id: u32| named == 0 || named == id;
        match lock(&self.proven.logins).standing(&line, self.clock.moment()) {
            Standing::In { id, identity } if is_of(id) => Caller::Known(Known {
                identity,
                means: Means::LOGIN,
            }),
            Standing::Over { id } if is_of(id) => Caller::LoggedOut,
            Standing::In { .. } | Standing::Over { .. } | Standing::Nobody => Caller::Unchanged,
        }
    }

    /// That a login is over, which the asker needs.
    pub(super) fn log_in_first(&self, request: &Message) -> Message {
        let text = "the login of this connection is over; log in again (2001)";
        self.fail_first(request, ResponseCode::LOGIN_FIRST, text)
    }

    /// Challenges whoever asks to be known on this connection from now on.
    pub(super) fn ask_login(&self, request: &Message, visitor: Visitor) -> Reply {
        let challenged = self.try_ask_login(request, visitor);
        let message =
            challenged.unwrap_or_else(|(code, text)| self.fail_first(request, code, &text));
        message.into()
    }

    fn try_ask_login(&self, request: &Message, visitor: Visitor) -> Result<Message, Refused> {
        let line = visitor.line.filter(|_| self.offers_logins);
        let Some(line) = line else {
            return Err(not_offered(self.offers_logins));
        };
        let body = LoginRequest::decode(request.body.clone())
            .map_err(|error| (ResponseCode::PROTOCOL_ERROR, error.to_string()))?;
        Identifier::from_octets(body.identity.identifier.clone()).map_err(|error| {
            let text = format!("the identity is no identifier: {error}");
            (ResponseCode::UNABLE_TO_AUTHENTICATE, text)
        })?;
        let named = request.envelope.session_id;
        // Who was told that the login is over may name it once more.
        if named != 0 && !lock(&self.proven.logins).is_of(&line, named) {
            let text = "this node knows no session with that id; log in without one";
            return Err((ResponseCode::SESSION_TIMEOUT, text.to_owned()));
        }
        self.was_login_asked.store(true, Ordering::Relaxed);
        self.check_not_in(line)?;
        let challenge = self.challenge(request, Challenging::Issue, visitor.source);
        let challenge = challenge.ok_or_else(|| {
            let text = "too many challenges wait for their answers; nothing was done, try again";
            (ResponseCode::SERVER_BUSY, text.to_owned())
        })?;
        let (id, now) = (challenge.envelope.session_id, self.clock.moment());
        let asked = lock(&self.proven.logins).ask(line, id, &body.identity, now);
        asked.map_err(|refusal| (refusal.code(), refusal.to_string()))?;
        Ok(challenge)
    }

    fn check_not_in(&self, line: Line) -> Result<(), Refused> {
        if self.is_logged_in(line) {
            let refusal = engine::logins::Refusal::Already;
            return Err((refusal.code(), refusal.to_string()));
        }
        Ok(())
    }

    /// Answers the login whose challenge with an id was answered; whether it has begun.
    pub(super) async fn finish_login(
        &self,
        id: u32,
        pending: &Pending<Source>,
        answered: &Message,
        visitor: Visitor,
    ) -> (Message, bool) {
        let asked = &pending.request;
        match self.try_log_in(id, pending, answered, visitor).await {
            Ok(()) => {
                self.counters.count_login();
                let mut message = self.authority.succeed(asked, Body::Done, Clock::date());
                message.envelope.session_id = id;
                (message, true)
            }
            Err((code, text)) => (self.fail_first(asked, code, &text), false),
        }
    }

    async fn try_log_in(
        &self,
        id: u32,
        pending: &Pending<Source>,
        answered: &Message,
        visitor: Visitor,
    ) -> Result<(), Refused> {
        let refused = |refusal: engine::logins::Refusal| (refusal.code(), refusal.to_string());
        let not_asked = || refused(engine::logins::Refusal::NotAsked);
        let line = visitor.line.ok_or_else(not_asked)?;
        // Before anything is checked that costs work.
        lock(&self.proven.logins)
            .check(&line, id)
            .map_err(refused)?;
        let asked = LoginRequest::decode(pending.request.body.clone())
            .map_err(|error| (ResponseCode::PROTOCOL_ERROR, error.to_string()))?;
        if claimed_identity(answered).is_some_and(|claimed| claimed != asked.identity) {
            let text = "the challenge was answered by another identity than the login names";
            return Err((ResponseCode::CREDENTIAL_NOT_VERIFIED, text.to_owned()));
        }
        let known = self
            .judged(pending, answered, visitor.source)
            .await
            .map_err(|(code, text)| (code_of_login(code), text))?;
        lock(&self.proven.logins)
            .begin(&line, id, known.identity.index, self.clock.moment())
            .map_err(refused)
    }

    /// What a request is carried out as: by whom, and what is done where a proof is needed; or the
    /// answer, if that is clear already.
    pub(super) fn called(
        &self,
        request: &Message,
        origin: &Origin,
        visitor: Visitor,
    ) -> Result<(Origin, Challenging), Message> {
        if *origin != Origin::Network {
            return Ok((origin.clone(), Challenging::Issue));
        }
        match self.caller(request, visitor) {
            Caller::Unchanged => Ok((Origin::Network, Challenging::Issue)),
            Caller::Known(known) => Ok((Origin::Known(known), Challenging::Refuse)),
            Caller::LoggedOut if request.envelope.session_id != 0 => {
                Err(self.log_in_first(request))
            }
            Caller::LoggedOut => Ok((Origin::Network, Challenging::LogInFirst)),
        }
    }
}

/// Whether a request is a login, which only connections of nobody else have.
pub(super) fn is_login(request: &Message, origin: &Origin) -> bool {
    request.header.opcode == Opcode::LOGIN_ID_SYSTEM
        && !request.header.is_response()
        && *origin == Origin::Network
}

/// The code of the Chinese system for a proof that was wrong, or of a form that is not taken. The
/// others say what else is the matter.
fn code_of_login(code: ResponseCode) -> ResponseCode {
    match code {
        ResponseCode::AUTHENTICATION_FAILED | ResponseCode::INVALID_CREDENTIAL => {
            ResponseCode::CREDENTIAL_NOT_VERIFIED
        }
        other => other,
    }
}

fn not_offered(is_set: bool) -> Refused {
    let text = if is_set {
        "a login is for a connection over TCP; here every request is proven by itself"
    } else {
        "this node offers no logins; every request is proven by itself, or in a session"
    };
    (ResponseCode::OPERATION_NOT_SUPPORTED, text.to_owned())
}
