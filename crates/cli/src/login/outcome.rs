//! What is told of an answer: what the node said, what to do about it, and the exit code.

use crate::process::with_causes;
use client::Error;
use engine::administrator::Fault;
use engine::exchange::Answered;
use std::process::ExitCode;
use wire::ResponseCode;
use wire::response::Answer;

const NOT_THERE: u8 = 1;
const WRONG_USAGE: u8 = 2;
const NO_ANSWER: u8 = 3;
const OTHER_ANSWER: u8 = 4;

/// What came of a command that was answered, and told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything is done.
    Done,
    /// The node answered something else, which was told as JSON.
    Told(ResponseCode),
}

/// Why a command is not carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Flags or files are wrong.
    Usage(String),
    /// Nobody answers, or nobody who is to be believed.
    NoAnswer(String),
    /// The node refuses.
    Answer {
        code: ResponseCode,
        /// About what, and what the node said.
        text: String,
        /// What to do.
        advice: &'static str,
    },
}

impl Failure {
    /// What is told when a node could not be asked.
    pub(crate) fn of(server: &str, error: &Error) -> Self {
        if let Error::Administration(Fault::Refused { code, text }) = error {
            return Self::Answer {
                code: *code,
                text: format!("{server}: {code}: {text}"),
                advice: advice(*code),
            };
        }
        Self::NoAnswer(format!("{server}: {}", with_causes(error)))
    }
}

/// Says what went wrong, and gives the exit code.
pub(crate) fn conclude(outcome: Result<Outcome, Failure>) -> ExitCode {
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Told(code)) => ExitCode::from(exit_code(code)),
        Err(Failure::Usage(text)) => {
            eprintln!("nameplate: {text}");
            ExitCode::from(WRONG_USAGE)
        }
        Err(Failure::NoAnswer(text)) => {
            eprintln!("nameplate: {text}");
            ExitCode::from(NO_ANSWER)
        }
        Err(Failure::Answer { code, text, advice }) => {
            eprintln!("nameplate: {text}");
            if !advice.is_empty() {
                eprintln!("  {advice}");
            }
            ExitCode::from(exit_code(code))
        }
    }
}

fn exit_code(code: ResponseCode) -> u8 {
    match code {
        ResponseCode::SUCCESS => 0,
        ResponseCode::HANDLE_NOT_FOUND
        | ResponseCode::VALUES_NOT_FOUND
        | ResponseCode::HANDLE_ALREADY_EXISTS
        | ResponseCode::VALUE_ALREADY_EXISTS => NOT_THERE,
        _ => OTHER_ANSWER,
    }
}

/// What a node said with a failure: the code, and its words if it has any.
pub(crate) fn failure_text(answered: &Answered) -> String {
    let code = answered.message.header.response_code;
    match &answered.response.answer {
        Answer::Failure(failure) if !failure.text().is_empty() => {
            format!("{code}: {}", name_text(failure.text()))
        }
        Answer::Referral(referral) => {
            format!(
                "{code}: ask those that {} names",
                name_text(&referral.identifier)
            )
        }
        _ => code.to_string(),
    }
}

/// Text as it is; anything else in hexadecimal. Control characters never reach the terminal.
pub(crate) fn name_text(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => format!("0x{}", hex::encode(octets)),
    }
}

/// What to do about a refusal.
pub(crate) fn advice(code: ResponseCode) -> &'static str {
    match code {
        ResponseCode::HANDLE_NOT_FOUND => {
            "is it spelled so? `nameplate list PREFIX` shows what is there"
        }
        ResponseCode::HANDLE_ALREADY_EXISTS => {
            "--overwrite replaces it; `nameplate add` and `modify` change single values"
        }
        ResponseCode::VALUE_ALREADY_EXISTS => "choose another index, or replace it with `modify`",
        ResponseCode::VALUES_NOT_FOUND => "`nameplate add` adds values that are not there yet",
        ResponseCode::AUTHENTICATION_FAILED => {
            "is it the key, or the secret, of the value that --as names?"
        }
        ResponseCode::UNABLE_TO_AUTHENTICATE => {
            "the node cannot look up the identity that --as names: is it registered and spelled so?"
        }
        ResponseCode::INVALID_ADMIN | ResponseCode::INSUFFICIENT_PERMISSIONS => {
            "ask an administrator of the record, or of its prefix, for the permission; `nameplate \
             keys explain` on the node's own folder says who has it"
        }
        ResponseCode::SERVER_NOT_RESPONSIBLE => {
            "the node is not home to the prefix: ask the one that is, or `nameplate home PREFIX`"
        }
        ResponseCode::SERVICE_REFERRAL | ResponseCode::PREFIX_REFERRAL => {
            "another node answers for it: give its address as --server"
        }
        ResponseCode::SERVER_BUSY => "nothing was done; wait and try again",
        ResponseCode::SERVER_READ_ONLY => "the node takes no changes; its operator must look",
        ResponseCode::SESSION_TIMEOUT => "the node dropped the session; try again",
        _ => "",
    }
}
