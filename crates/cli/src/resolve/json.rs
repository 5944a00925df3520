//! Answers as JSON, in the shape of the Handle System's HTTP API.
//!
//! ```json
//! {"responseCode":1,"handle":"88.156.1/pump","values":[{"index":1,"type":"NAME",
//!  "data":{"format":"string","value":"pump"},"ttl":86400,"timestamp":"2026-11-22T08:00:00Z"}]}
//! ```
//!
//! Not here: the values, which `model` prints.

use engine::exchange::Answered;
use model::{Identifier, Value};
use serde::Serialize;
use wire::ResponseCode;
use wire::response::Answer;

/// The members of an answer, in their order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerForm<'a> {
    response_code: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    handle: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Value>>,
}

/// One answer as one line of JSON.
pub(super) fn answer(identifier: &Identifier, answered: &Answered) -> String {
    let (message, values) = match &answered.response.answer {
        Answer::Failure(failure) if !failure.text().is_empty() => {
            let text = String::from_utf8_lossy(failure.text()).into_owned();
            (Some(text), None)
        }
        Answer::Resolution(answer) => {
            let values = answer.values.iter().map(model::EncodedValue::value);
            (None, Some(values.collect()))
        }
        _ => (None, None),
    };
    print(&AnswerForm {
        response_code: answered.message.header.response_code.0,
        message,
        handle: identifier.as_str(),
        values,
    })
}

/// That an identifier cannot be there, as one line of JSON.
pub(super) fn not_found(identifier: &Identifier, why: &str) -> String {
    print(&AnswerForm {
        response_code: ResponseCode::HANDLE_NOT_FOUND.0,
        message: Some(why.to_owned()),
        handle: identifier.as_str(),
        values: None,
    })
}

fn print(form: &AnswerForm<'_>) -> String {
    serde_json::to_string(form).expect("strings, numbers and values can be printed")
}
