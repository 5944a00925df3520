//! HTTP: what a node says to browsers, to programs that know nothing of the Handle protocol, and
//! to those that send its messages through proxies.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `connection` | how is one connection served, and how many requests at a time? |
//! | `bodies` | how much memory may their bodies take? |
//! | `request` | what was asked, and what does its query say? |
//! | `visitor` | who asks, behind which proxy, over HTTPS or not? |
//! | `identity` | who are they, and how do they show it? |
//! | `routes` | who answers which path? |
//! | `spelling` | which identifier does a path mean, and the other way round? |
//! | `question` | what does the node say about an identifier? |
//! | `tunnel` | how do messages of the Handle protocol travel in HTTP? |
//! | `api` | what does the JSON API answer? |
//! | `proxy` | where is a browser sent? |
//! | `pages` | what do people see? |
//! | [`monitor`] | what does the console of the monitor answer, and to whom? |
//! | `status` | is the node well, and how much does it do? |
//! | `reply` | what stands in every answer? |
//!
//! Not here: sockets and TLS (room `node`), and what is answered about an identifier (rooms
//! `engine` and `node`).

#![forbid(unsafe_code)]

mod api;
mod bodies;
mod connection;
mod identity;
pub mod monitor;
mod pages;
mod proxy;
mod question;
mod reply;
mod request;
mod routes;
mod spelling;
mod status;
mod tunnel;
mod visitor;

pub use api::openapi;
pub use connection::Web;
