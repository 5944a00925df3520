//! Tests of calls that may come again: cut off in the middle, after a restart, by others.

use super::*;
use engine::authority::{AdministrationSettings, Known};
use engine::question::creation;
use model::Reference;
use wire::response::Answer as Body;

const DIGEST: [u8; 32] = [3; 32];

fn known(index: u32) -> Known {
    Known {
        identity: Identity::new("88.1/u", index),
        means: engine::Means::PUBLIC_KEY,
    }
}

/// Whom the operator lets do everything.
fn settings() -> AnswererSettings {
    let administration = AdministrationSettings {
        server_admins: vec![Reference {
            identifier: "88.1/u".into(),
            index: 300,
        }],
        server_admins_may_all: true,
        ..AdministrationSettings::default()
    };
    let mut settings = AnswererSettings::default();
    settings.authority.administration = Arc::new(administration);
    settings
}

fn registration(identifier: &str, flags: OpFlags) -> Message {
    let values = [Value::public(1, "URL", "https://e.org")];
    let identifier: Identifier = identifier.parse().unwrap();
    creation(&identifier, &values, flags, 9, Clock::date())
}

fn minting() -> Message {
    registration("88.1/m-", OpFlags::MINT)
}

/// Codes, and what was registered.
fn told(answers: &[Message]) -> Vec<(u32, Option<Bytes>)> {
    let told = answers.iter().map(|answer| {
        let identifier = match Response::decode(answer).unwrap().answer {
            Body::Creation(creation) => creation.identifier,
            _ => None,
        };
        (answer.header.response_code.0, identifier)
    });
    told.collect()
}

impl Desk {
    fn begin_call(&self, id: &str) -> again::Call {
        let identity = known(300).identity;
        let begun = self.answerer.begin_call(&identity, id, &DIGEST);
        begun.unwrap().unwrap()
    }

    fn carry_out_call(
        &self,
        call: &mut again::Call,
        requests: &[Message],
    ) -> Vec<(u32, Option<Bytes>)> {
        let (known, visitor) = (known(300), Visitor::LOCAL);
        let begun = self
            .answerer
            .begin_many(requests.to_vec(), &known, visitor, Some(call));
        told(&self.answerer.finish_many(begun))
    }

    fn rows_count(&self) -> usize {
        let [from, to] = Key::answered_before(u32::MAX);
        self.answerer.store.view().range(&from, &to).count()
    }

    /// The same store, opened anew.
    fn reopened(self) -> Self {
        let Self { answerer, folder } = self;
        answerer.into_store().close().unwrap();
        Self::with_in(settings(), folder)
    }
}

#[test]
fn a_call_that_was_cut_off_goes_on_where_it_was() {
    let desk = Desk::with_a_pump(settings());
    let taken = registration("88.1/pump", OpFlags(0));
    let requests = [
        taken,
        minting(),
        minting(),
        registration("88.1/last", OpFlags(0)),
    ];
    let mut call = desk.begin_call("a");
    let first = desk.carry_out_call(&mut call, &requests[..2]);
    assert_eq!([first[0].0, first[1].0], [101, 1]);
    // Nobody ends it.
    drop(call);
    let desk = desk.reopened();
    desk.put("88.1/pump", None);
    let mut call = desk.begin_call("a");
    let second = desk.carry_out_call(&mut call, &requests);
    desk.answerer.end_call(call);
    assert_eq!(second[..2], first[..], "although the pump is gone now");
    assert_eq!([second[2].0, second[3].0], [1, 1]);
    assert_ne!(second[1].1, second[2].1);
    let desk = desk.reopened();
    let mut call = desk.begin_call("a");
    assert_eq!(desk.carry_out_call(&mut call, &requests), second);
}

#[test]
fn a_call_is_its_identitys_its_ids_and_its_bodys() {
    let desk = Desk::with_a_pump(settings());
    let mut call = desk.begin_call("a");
    let first = desk.carry_out_call(&mut call, &[minting()]);
    desk.answerer.end_call(call);
    let others = desk.carry_out_call(&mut desk.begin_call("b"), &[minting()]);
    assert_ne!(first, others, "another id");
    let (answerer, identity) = (&desk.answerer, known(300).identity);
    let other_body = answerer.begin_call(&identity, "a", &[4; 32]).unwrap();
    assert!(other_body.is_err());
    let another = Identity::new("88.1/u", 301);
    assert!(
        answerer
            .begin_call(&another, "a", &[4; 32])
            .unwrap()
            .is_ok()
    );
    // An id cannot be read as part of the identity.
    let longer = Identity::new("88.1/ua", 300);
    assert!(answerer.begin_call(&longer, "", &[4; 32]).unwrap().is_ok());
}

/// Whoever has a name but no rights fills no disk with refusals.
#[test]
fn a_call_that_changes_nothing_leaves_nothing() {
    let desk = Desk::with_a_pump(settings());
    let mut call = desk.begin_call("a");
    let taken = vec![registration("88.1/pump", OpFlags(0)); 5000];
    let answers = desk.carry_out_call(&mut call, &taken);
    assert!(answers.iter().all(|(code, _)| *code == 101));
    desk.answerer.end_call(call);
    assert_eq!(desk.rows_count(), 0);
    let mut call = desk.begin_call("a");
    desk.carry_out_call(&mut call, &taken);
    desk.carry_out_call(&mut call, &[minting()]);
    desk.carry_out_call(&mut call, &taken);
    assert_eq!(
        desk.rows_count(),
        1 + 5000 + 1,
        "what came before the change"
    );
    desk.answerer.end_call(call);
    assert_eq!(desk.rows_count(), 1 + 5000 + 1 + 5000);
}

/// Who was slower than somebody else plans again, and that answer is kept.
#[test]
fn an_answer_after_a_conflict_is_kept_too() {
    let desk = Desk::with_a_pump(settings());
    let request = registration("88.1/both", OpFlags(0));
    let mut call = desk.begin_call("a");
    let known = known(300);
    let begin = |call: Option<&mut again::Call>| {
        let requests = vec![request.clone()];
        desk.answerer
            .begin_many(requests, &known, Visitor::LOCAL, call)
    };
    // Both are planned before either is durable, if the store is slow; else the second sees it.
    let one = begin(None);
    let other = begin(Some(&mut call));
    assert_eq!(told(&desk.answerer.finish_many(one))[0].0, 1);
    let other = told(&desk.answerer.finish_many(other));
    assert_eq!(other[0].0, 101);
    let minted = desk.carry_out_call(&mut call, &[minting()]);
    desk.answerer.end_call(call);
    desk.put("88.1/both", None);
    let mut call = desk.begin_call("a");
    let again = desk.carry_out_call(&mut call, &[request.clone(), minting()]);
    assert_eq!(again, [other, minted].concat());
}
