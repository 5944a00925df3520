//! What a whole node answers over HTTP and HTTPS, to real clients on real sockets.
//!
//! | file | what it proves |
//! | --- | --- |
//! | `running` | (a node with records, and clients) |
//! | `administrator` | (somebody who may write, and how they show who they are) |
//! | `rest` | every exchange captured from the reference software is answered alike |
//! | `writing` | records are registered, changed, deleted and listed by those who may |
//! | `identity` | who somebody is: passwords, challenges, sessions, certificates |
//! | `certificates` | HTTPS with certificates of the operator's |
//! | `bulk` | many records in one call, once |
//! | `api` | shapes, statuses and headers of the JSON API, and its description |
//! | `quirks` | what clients rely on that nobody would expect, and where we do not follow |
//! | `tunnel` | messages of the Handle protocol in HTTP |
//! | `proxy` | where browsers are sent, and what they are shown |
//! | `matrix` | every operation, key, transport, version and condition, as in room `node` |
//! | `attacks` | what strangers send to break in or to wear out |

#![allow(
    clippy::unwrap_used,
    reason = "everything here is a test; the lint sees functions only"
)]

mod administrator;
mod api;
mod attacks;
mod bulk;
mod certificates;
mod identity;
mod matrix;
mod proxy;
mod quirks;
mod rest;
mod running;
mod tunnel;
mod writing;
