//! What must hold in every history of administrators, each a function with a name.
//!
//! The judge sees what becomes durable, in order, and keeps a [`Book`] for every position: the
//! records as they must be then. All else is measured by that. Not here: what an order makes of a
//! record (`super::book`).

use super::asker::Outcome;
use super::book::{Book, Deed, Page, name_of};
use super::committer::{Submission, Tables};
use super::node::Job;
use crate::invariants::{Kept, Violation, keep};
use bytes::Bytes;
use engine::exchange::Answered;
use model::change::Write;
use model::key::Subspace;
use model::{Change, Key, Permissions, Record};
use std::collections::{BTreeMap, BTreeSet};
use wire::{Answer, Identity, Message, OpFlags, Request, Response, ResponseCode};

/// What was carried out of an order.
struct Done {
    code: ResponseCode,
    overwrites: bool,
    answer: Answer,
}

/// Judges a history.
pub(crate) struct Judge {
    /// Who the askers really are.
    cast: Vec<Identity>,
    /// The position of the first book.
    base: usize,
    books: Vec<Book>,
    /// Who sent which request.
    authors: BTreeMap<u32, usize>,
    done: BTreeMap<u32, Done>,
    proofs: BTreeSet<[u8; 16]>,
    taken: BTreeSet<(u32, u32, Bytes)>,
}

impl Judge {
    /// Begins with what the operator has registered.
    pub(crate) fn new(cast: Vec<Identity>, base: usize, tables: &Tables) -> Self {
        Self {
            cast,
            base,
            books: vec![book_of(tables)],
            authors: BTreeMap::new(),
            done: BTreeMap::new(),
            proofs: BTreeSet::new(),
            taken: BTreeSet::new(),
        }
    }

    fn last(&self) -> &Book {
        self.books.last().expect("there is the first at least")
    }

    /// How many changes askers have made.
    pub(crate) fn done_count(&self) -> usize {
        self.done.len()
    }

    /// Somebody has sent a request, or goes on with it.
    pub(crate) fn sent(&mut self, asker: usize, request_id: u32) {
        self.authors.entry(request_id).or_insert(asker);
    }

    /// A change has become durable.
    pub(crate) fn committed(&mut self, submission: &Submission) -> Kept {
        let Some(job) = &submission.job else {
            let same = self.last().clone();
            self.books.push(same);
            return tidying_changes_no_record(&submission.change);
        };
        let who = self.changes_are_by_who_asked(job, &submission.change)?;
        let (name, page) = written(&submission.change);
        self.dates_never_go_back(&name, page.as_ref())?;
        let deed = self.changes_do_what_was_asked(job, &name, page.as_ref())?;
        self.changes_are_permitted(job, &deed, &who)?;
        self.nothing_is_done_twice(job, &deed)?;
        let mut next = self.last().clone();
        next.write(&name, page);
        self.books.push(next);
        Ok(())
    }

    /// What the audit trail says is who has sent the request, by his own key.
    fn changes_are_by_who_asked(&self, job: &Job, change: &Change) -> Result<Identity, Violation> {
        let id = job.request.envelope.request_id;
        let who = self.authors.get(&id).and_then(|at| self.cast.get(*at));
        let noted = change.note.as_ref().and_then(|note| note.identity.as_ref());
        let noted = noted.map(|it| Identity::new(it.identifier.clone(), it.index));
        let is_who = noted.as_ref() == who && who.is_some();
        keep(is_who, "changes_are_by_who_asked", || {
            format!("request {id} of {who:?} was done for {noted:?}")
        })?;
        Ok(who.cloned().unwrap_or(Identity::ANONYMOUS))
    }

    /// What is written is what the order makes of the record as it was just before.
    fn changes_do_what_was_asked(
        &self,
        job: &Job,
        name: &str,
        page: Option<&Page>,
    ) -> Result<Deed, Violation> {
        let deed = self.last().deed(&job.request, name, job.date);
        let is_it = deed
            .as_ref()
            .is_some_and(|deed| deed.name == name && deed.page.as_ref() == page);
        keep(is_it, "changes_do_what_was_asked", || {
            format!("{name} became {page:?}, expected was {deed:?}")
        })?;
        Ok(deed.expect("there is one, or it would not be right"))
    }

    /// A value that stays, or says something else now, is never dated earlier than before.
    fn dates_never_go_back(&self, name: &str, page: Option<&Page>) -> Kept {
        let old = self.last().pages.get(name);
        let both = old.into_iter().flatten().filter_map(|(index, old)| {
            let new = page?.get(index)?;
            Some((index, old.timestamp, new.timestamp))
        });
        let back = both.clone().find(|(_, old, new)| new < old);
        keep(back.is_none(), "dates_never_go_back", || {
            format!("{name}: {back:?}")
        })
    }

    /// Whoever asked might do it, and had his key, at some time since the message came that said
    /// who he is.
    fn changes_are_permitted(&self, job: &Job, deed: &Deed, who: &Identity) -> Kept {
        let since = job.since.saturating_sub(self.base);
        let books = self.books.get(since..).unwrap_or_default();
        let is_permitted = books.iter().any(|book| book.permits(deed, who));
        keep(is_permitted, "changes_are_permitted", || {
            format!("{who:?} might not: {deed:?}")
        })?;
        let has_key = books.iter().any(|book| book.has_key(who));
        keep(has_key, "changes_need_a_key", || {
            format!("{who:?} has no key since position {}", job.since)
        })
    }

    /// A request is carried out once at most, however often it comes.
    fn nothing_is_done_twice(&mut self, job: &Job, deed: &Deed) -> Kept {
        let id = job.request.envelope.request_id;
        let Some(reply) = &job.reply else {
            return Ok(());
        };
        let response = Response::decode(reply).expect("the node writes what can be read");
        let code = reply.header.response_code;
        let overwrites = reply.header.flags.contains(OpFlags::OVERWRITE);
        keep(
            code == ResponseCode::SUCCESS && overwrites == deed.overwrites,
            "answers_say_what_was_done",
            || format!("{code}, overwritten: {overwrites}; it was {deed:?}"),
        )?;
        let done = Done {
            code,
            overwrites,
            answer: response.answer,
        };
        let before = self.done.insert(id, done);
        keep(before.is_none(), "nothing_is_done_twice", || {
            format!("request {id} again: {deed:?}")
        })
    }

    /// Somebody knows what became of an order, or will never know. `losses` is how often anything
    /// was lost that may have kept an answer from somebody.
    pub(crate) fn ended(&self, outcome: &Outcome, losses: u64) -> Kept {
        match outcome {
            Outcome::Unknown => keep(losses > 0, "outcomes_are_known_if_nothing_is_lost", || {
                "nothing was lost, and somebody has no answer".to_owned()
            }),
            Outcome::Answered {
                answered,
                was_asked_once,
            } => self.answered(answered, *was_asked_once),
        }
    }

    fn answered(&self, answered: &Answered, was_asked_once: bool) -> Kept {
        let id = answered.message.envelope.request_id;
        let code = answered.message.header.response_code;
        let done = self.done.get(&id);
        if code != ResponseCode::SUCCESS {
            // That a challenge is gone says no more: a copy of the proof may have been faster.
            let gone = [
                ResponseCode::AUTHENTICATION_TIMEOUT,
                ResponseCode::SESSION_TIMEOUT,
            ];
            let is_refusal = !gone.contains(&code);
            let is_true = done.is_none() || !was_asked_once || !is_refusal;
            return keep(is_true, "a_refusal_means_that_nothing_was_done", || {
                format!("request {id} was answered {code} and done")
            });
        }
        let Some(done) = done else {
            return keep(false, "what_is_acknowledged_is_durable", || {
                format!("request {id} was acknowledged and is not in the log")
            });
        };
        let overwrites = answered.message.header.flags.contains(OpFlags::OVERWRITE);
        let is_same = code == done.code
            && overwrites == done.overwrites
            && answered.response.answer == done.answer;
        keep(is_same, "a_request_has_one_answer", || {
            format!(
                "request {id}: {:?}, overwritten: {overwrites}",
                answered.response.answer
            )
        })
    }

    /// A challenge is answered once at most.
    pub(crate) fn a_challenge_is_taken_once(&mut self, nonce: [u8; 16]) -> Kept {
        let is_new = self.proofs.insert(nonce);
        keep(is_new, "a_challenge_is_taken_once", || {
            format!("a second proof over {} was taken", hex::encode(nonce))
        })
    }

    /// A message of a session is taken once at most.
    pub(crate) fn a_message_of_a_session_is_taken_once(
        &mut self,
        life: u32,
        session: u32,
        octets: Bytes,
    ) -> Kept {
        let is_new = self.taken.insert((life, session, octets));
        keep(is_new, "a_message_of_a_session_is_taken_once", || {
            format!("the same message came twice in session {session}")
        })
    }

    /// Whoever reads sees what is durable, and all of it.
    pub(crate) fn readers_see_what_is_durable(&self, asked: &Message, answer: &Message) -> Kept {
        let Ok(Request::Resolution(question)) = Request::decode(asked) else {
            return Ok(());
        };
        let page = self.last().pages.get(&name_of(&question.identifier));
        let public = page.map(|page| {
            let values = page.values().cloned();
            let is_public =
                |value: &model::Value| value.permissions.contains(Permissions::PUBLIC_READ);
            values.filter(is_public).collect::<Vec<_>>()
        });
        let code = answer.header.response_code;
        let response = Response::decode(answer).map(|response| response.answer);
        let is_right = match (&public, response) {
            (None, _) => code == ResponseCode::HANDLE_NOT_FOUND,
            (Some(public), _) if public.is_empty() => code == ResponseCode::VALUES_NOT_FOUND,
            (Some(public), Ok(Answer::Resolution(answer))) => {
                let values = answer.values.iter().map(model::EncodedValue::value);
                values.collect::<Vec<_>>() == *public
            }
            _ => false,
        };
        keep(is_right, "readers_see_what_is_durable", || {
            format!("{code} was answered; durable is {public:?}")
        })
    }

    /// The tables are what the log says.
    pub(crate) fn the_tables_are_the_log(&self, tables: &Tables) -> Kept {
        let is_same = book_of(tables) == *self.last();
        keep(is_same, "the_tables_are_the_log", || {
            format!("{:?}, the log says {:?}", book_of(tables), self.last())
        })
    }
}

/// What the node does by itself changes no record.
fn tidying_changes_no_record(change: &Change) -> Kept {
    let changes = change.writes.iter().any(|write| is_record(&write.key));
    keep(!changes, "tidying_changes_no_record", || {
        format!("{change:?}")
    })
}

fn is_record(key: &Key) -> bool {
    key.octets().first() == Some(&Subspace::RECORDS.0)
}

/// The record that a change writes, and what it is then.
fn written(change: &Change) -> (String, Option<Page>) {
    let record = change.writes.iter().find(|write| is_record(&write.key));
    let Some(Write { key, octets }) = record else {
        return (String::new(), None);
    };
    (name_under(key), octets.as_ref().map(page_of))
}

/// The identifier that is stored under a key: after the subspace and the scheme.
fn name_under(key: &Key) -> String {
    name_of(key.octets().get(2..).unwrap_or_default())
}

fn page_of(octets: &Bytes) -> Page {
    let record = Record::from_stored(octets.clone()).expect("the node writes what can be read");
    let values = record.entries().map(|entry| entry.encoded.value());
    values.map(|value| (value.index, value)).collect()
}

fn book_of(tables: &Tables) -> Book {
    let records = tables.iter().filter(|(key, _)| is_record(key));
    let pages = records.map(|(key, octets)| (name_under(key), page_of(octets)));
    Book {
        pages: pages.collect(),
    }
}
