//! One round of a member's probes: every target is asked, and the controls.
//!
//! Not here: whom (`targets`), what is made of it (room `engine`).

use super::report::Found;
use super::targets::{Place, Target, kind_of};
use client::{Clock, ask_once};
use crypto::SigningKey;
use engine::Verifies;
use engine::credentials::is_signed;
use engine::probing::message::{is_as_it_should_be, probe, sign};
use engine::question;
use futures_util::StreamExt;
use futures_util::stream::{self, FuturesUnordered};
use model::Reference;
use model::site::Transport;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use wire::{Message, ResponseCode};

/// How many targets are asked at a time.
const ASKED_AT_ONCE: usize = 64;

/// Who asks, and how patiently.
pub(super) struct Prober {
    pub(super) identity: Reference,
    pub(super) key: Arc<SigningKey>,
    pub(super) control: Vec<SocketAddr>,
    pub(super) patience: Duration,
}

impl Prober {
    /// Whether anybody can be reached at all: one of the controls answers whatever it likes.
    pub(super) async fn reaches_control(&self) -> bool {
        let asked = self.control.iter().map(|&control| async move {
            let message = question::site_info(request_id()?, Clock::date());
            self.ask(
                &message,
                &[(Transport::UDP, control), (Transport::TCP, control)],
            )
            .await
        });
        let mut answers: FuturesUnordered<_> = asked.collect();
        while let Some(answer) = answers.next().await {
            if answer.is_some() {
                return true;
            }
        }
        false
    }

    /// Asks all targets that there is anybody to ask of.
    pub(super) async fn ask_all(&self, targets: &[Target]) -> Vec<Found> {
        let targets = targets.iter().filter(|it| !it.places.is_empty());
        let asked = targets.map(|target| async move {
            Found {
                prefix: target.prefix.clone(),
                function: target.function,
                is_answered: self.is_answered(target).await,
            }
        });
        let asked: Vec<_> = asked.collect();
        stream::iter(asked)
            .buffer_unordered(ASKED_AT_ONCE)
            .collect()
            .await
    }

    async fn is_answered(&self, target: &Target) -> bool {
        for place in &target.places {
            if self.is_answered_at(target, place).await {
                return true;
            }
        }
        false
    }

    async fn is_answered_at(&self, target: &Target, place: &Place) -> bool {
        let kind = kind_of(target.function);
        let Some(id) = request_id() else { return false };
        let mut message = probe(kind, &target.control, place.serial, id, Clock::date());
        if !sign(&mut message, &self.identity, &*self.key) {
            return false;
        }
        let Some(answer) = self.ask(&message, &place.addresses).await else {
            return false;
        };
        let code = answer.header.response_code;
        is_believed(&answer, place.key.as_ref())
            && is_as_it_should_be(kind, code, target.must_exist)
    }

    /// Asks at one address after another, as long as patience lasts.
    async fn ask(
        &self,
        message: &Message,
        addresses: &[(Transport, SocketAddr)],
    ) -> Option<Message> {
        let patience = self.patience / u32::try_from(addresses.len().max(1)).unwrap_or(1);
        for &(transport, address) in addresses {
            let answered = ask_once(address, transport, message.clone(), patience).await;
            if let Some(answered) = answered {
                return Some(answered.message);
            }
        }
        None
    }
}

/// Whether an answer is of the site that was asked. A challenge of others need not be signed: what
/// it shows is little enough, and the field does not sign them.
fn is_believed(answer: &Message, key: Option<&impl Verifies>) -> bool {
    let is_challenge = answer.header.response_code == ResponseCode::AUTHENTICATION_NEEDED;
    is_challenge || key.is_none_or(|key| is_signed(answer, key))
}

/// A request id that nobody can guess; none without randomness.
fn request_id() -> Option<u32> {
    getrandom::u32().ok()
}
