//! What those do who act: in whose name, with which words, and carried out.
//!
//! Not here: who may act (`access`).

use super::bureau::now;
use super::call::{Call, Problem};
use crate::request::media_type;
use codes::Date;
use crypto::Provider;
use engine::Cryptography;
use facts::{Change, Error, Instant, View};
use hyper::StatusCode;
use monitor::collect;
use serde::de::DeserializeOwned;

/// The key of whoever gave none: this message is one of its own, drawn by chance, for two may be
/// sent within a millisecond.
pub(super) fn key(given: String) -> String {
    if given.is_empty() {
        hex::encode(Provider.chance())
    } else {
        given
    }
}

/// A day, if one was written.
pub(super) fn day(written: Option<&str>) -> Result<Option<Date>, Problem> {
    let written = written.map(str::trim).filter(|day| !day.is_empty());
    Ok(written.map(str::parse).transpose()?)
}

impl Call<'_> {
    /// The body as what it should be. Only JSON: a page from elsewhere cannot send that unasked.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if media_type(&self.asked.headers) != "application/json" {
            return Err(Problem::bad(
                "the body must be application/json",
                "请求体须为 application/json",
            ));
        }
        serde_json::from_slice(&self.asked.body).map_err(|error| {
            Problem::bad(
                format!("the body cannot be read: {error}"),
                format!("请求体无法读取：{error}"),
            )
        })
    }

    /// Carries a plan out.
    pub(super) fn commit<T>(
        &self,
        plan: impl FnMut(&dyn View, Instant) -> Result<(Change, T), Error>,
    ) -> Result<T, Problem> {
        Ok(facts::commit(&self.bureau.store, now(), plan)?)
    }

    /// Carries a plan of the collecting room out, which has errors of its own.
    pub(super) fn commit_of<T>(
        &self,
        plan: impl FnMut(&dyn View, Instant) -> Result<(Change, T), collect::Error>,
    ) -> Result<T, Problem> {
        Ok(facts::commit_of(&self.bureau.store, now(), plan)?)
    }

    /// For which body somebody speaks: that of the token, or the one that is named.
    pub(super) fn sender(&self, named: Option<String>) -> Result<String, Problem> {
        let named = named.map(|name| name.trim().to_owned());
        let named = named.filter(|name| !name.is_empty());
        match (&self.who.body, named) {
            (Some(own), None) => Ok(own.clone()),
            (Some(own), Some(named)) if *own == named => Ok(named),
            (Some(own), Some(_)) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                [
                    &format!("your token speaks for {own} alone"),
                    &format!("当前令牌只能代表{own}"),
                ],
            )),
            (None, Some(named)) => Ok(named),
            (None, None) => Err(Problem::bad("say who does it: by", "请填写办理单位")),
        }
    }
}
