//! What was asked, by whom, and how it is answered or refused. Not here: who may come in
//! (`access`).

use super::access::{Rights, Who};
use super::bureau::Bureau;
use crate::reply::{JSON, Reply};
use crate::request::Asked;
use facts::{Error, Object};
use hyper::StatusCode;
use hyper::header::{ALLOW, CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use monitor::collect;
use serde_json::{Value as Json, json};
use tracing::error;

/// A question of somebody, on its way to an answer.
pub(super) struct Call<'c> {
    pub(super) bureau: &'c Bureau,
    pub(super) asked: &'c Asked,
    pub(super) who: Who,
}

/// What comes of a call.
pub(super) type Answer = Result<Reply, Problem>;

/// Why something is not answered: for programs by a word, for people in English and in Chinese.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    said: [String; 2],
    /// Which methods there are, if that is what is wrong.
    allowed: Option<&'static str>,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        [english, chinese]: [&str; 2],
    ) -> Self {
        Self {
            status,
            code,
            said: [english.to_owned(), chinese.to_owned()],
            allowed: None,
        }
    }

    /// A question that cannot be understood.
    pub(super) fn bad(english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "bad-request",
            said: [english.into(), chinese.into()],
            allowed: None,
        }
    }

    pub(super) fn not_found() -> Self {
        let said = ["there is nothing here", "没有这一内容"];
        Self::new(StatusCode::NOT_FOUND, "not-found", said)
    }

    pub(super) fn method(allowed: &'static str) -> Self {
        let said = ["not with this method", "不支持此方法"];
        let mut problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", said);
        problem.allowed = Some(allowed);
        problem
    }

    pub(super) fn unknown_asker() -> Self {
        let said = [
            "show who you are: Authorization: Bearer TOKEN",
            "请出示访问令牌（Authorization: Bearer …）",
        ];
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", said)
    }

    fn forbidden(rights: Rights) -> Self {
        let said = match rights {
            Rights::Act => ["your token may not do this", "当前令牌无权办理"],
            _ => [
                "this tells of single enterprises, which your token may not see",
                "此内容涉及单个企业，当前令牌无权查看",
            ],
        };
        Self::new(StatusCode::FORBIDDEN, "forbidden", said)
    }

    pub(super) fn reply(self) -> Reply {
        let [english, chinese] = &self.said;
        let body = json!({"error": {"code": self.code, "english": english, "chinese": chinese}});
        let mut reply = json_reply(self.status, &body);
        if let Some(allowed) = self.allowed {
            reply = reply.with(ALLOW, HeaderValue::from_static(allowed));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            reply = reply.with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        reply
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        collect::Error::Facts(error).into()
    }
}

impl From<codes::Error> for Problem {
    fn from(error: codes::Error) -> Self {
        Error::Code(error).into()
    }
}

impl From<collect::Error> for Problem {
    fn from(error: collect::Error) -> Self {
        let said = [error.to_string(), chinese(&error)];
        let (status, code) = match &error {
            collect::Error::Facts(facts) => of_facts(facts),
            collect::Error::Again { .. } => (StatusCode::CONFLICT, "again"),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, "unsound"),
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            error!(%error, "the console could not read or write its folder");
            let said = [
                "the monitor folder cannot be read or written; its operator must look at the log",
                "监测目录无法读写，请运维人员查看日志",
            ];
            return Self::new(status, code, said);
        }
        Self {
            status,
            code,
            said,
            allowed: None,
        }
    }
}

/// What it says in Chinese: of what is done here, not of figures that come in.
fn chinese(error: &collect::Error) -> String {
    match error {
        collect::Error::Facts(Error::Message {
            message, expected, ..
        }) => format!("当前状态不能办理“{message}”：{expected}"),
        collect::Error::Facts(Error::Missing { name, .. }) => format!("没有“{name}”"),
        collect::Error::Facts(Error::There { name, .. }) => {
            format!("“{name}”已经存在，且内容不同")
        }
        collect::Error::Facts(Error::Busy { .. }) => "系统繁忙，请稍后重试".to_owned(),
        _ => error.chinese(),
    }
}

fn of_facts(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Store(_) | Error::Stored { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
        Error::Busy { .. } => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        Error::Missing { .. } => (StatusCode::NOT_FOUND, "missing"),
        Error::There { .. } => (StatusCode::CONFLICT, "there"),
        Error::Message { .. } => (StatusCode::CONFLICT, "message"),
        Error::Frozen { .. } => (StatusCode::CONFLICT, "frozen"),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "unsound"),
    }
}

impl Call<'_> {
    pub(super) fn may(&self, rights: Rights) -> bool {
        self.who.rights >= rights
    }

    pub(super) fn must(&self, rights: Rights) -> Result<(), Problem> {
        if self.may(rights) {
            Ok(())
        } else {
            Err(Problem::forbidden(rights))
        }
    }

    /// A parameter of the query; an empty one is none.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let value = self.asked.query.first(name).map(str::trim);
        value.filter(|value| !value.is_empty())
    }

    /// Answers with JSON that is marked as its figures are.
    pub(super) fn tell(&self, mut said: Json) -> Reply {
        if let Json::Object(members) = &mut said {
            members.insert("mark".to_owned(), json!(self.bureau.mark));
        }
        json_reply(StatusCode::OK, &said)
    }

    /// An object with what it is called.
    pub(super) fn object(&self, object: &Object) -> Json {
        json!({
            "role": object.role().names().map_or("other", |[english, _]| english),
            "code": object.id(),
            "name": self.bureau.name(object),
        })
    }
}

fn json_reply(status: StatusCode, said: &Json) -> Reply {
    let no_store = HeaderValue::from_static("no-store");
    Reply::new(status, JSON, said.to_string()).with(CACHE_CONTROL, no_store)
}
