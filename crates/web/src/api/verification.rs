//! GET `/api/verifications/INDEX:HANDLE`: whether a proof was made with a secret of this node
//! (operation 201), for those who must not know the secret.
//!
//! Not here: whether it was (room `engine`).

use super::endpoints::{
    ALGORITHM, CLIENT_NONCE, ITERATIONS, LENGTH, NONCE, Parameter, SALT, SIGNATURE,
};
use super::outcome::{self, failure};
use super::reading::refusal;
use super::{Call, reply};
use crate::identity::{Fields, read_identity};
use crate::question::{REQUEST_ID, now};
use crate::reply::Reply;
use crate::spelling;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use engine::question::verification;
use hyper::StatusCode;
use serde_json::json;
use wire::ResponseCode;
use wire::response::Answer;
use wire::verification::{ChallengedDigest, VerificationRequest};

pub(super) fn answer(call: &Call<'_>, encoded: &str) -> Reply {
    let request = match request(call, encoded) {
        Ok(request) => request,
        Err(said) => return failure(call, ResponseCode::PROTOCOL_ERROR, &said, None),
    };
    let identifier = String::from_utf8_lossy(&request.identity.identifier).into_owned();
    let said = call.ask(&verification(&request, REQUEST_ID, now()));
    match said.answer {
        Answer::Verification(verdict) => {
            let body = json!({
                "responseCode": said.code.0,
                "isValid": verdict.is_right(),
                "handle": identifier,
            });
            reply(call.asked, StatusCode::OK, &body)
        }
        _ => failure(
            call,
            refusal(&said),
            &outcome::text(&said),
            Some(&identifier),
        ),
    }
}

fn request(call: &Call<'_>, encoded: &str) -> Result<VerificationRequest, String> {
    // A plus that nobody has encoded has become a space.
    let text = |parameter: &Parameter| {
        let text = call.asked.query.first(parameter.name);
        text.map(|text| text.replace(' ', "+"))
    };
    let number =
        |parameter: &Parameter| match call.asked.query.first(parameter.name).map(str::parse) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(format!("{} is no number", parameter.name)),
        };
    let fields = Fields {
        algorithm: text(&ALGORITHM),
        signature: text(&SIGNATURE),
        salt: text(&SALT),
        iterations: number(&ITERATIONS)?,
        length: number(&LENGTH)?,
        ..Fields::default()
    };
    let octets = |parameter: &Parameter| {
        let decoded = BASE64.decode(text(parameter).unwrap_or_default());
        decoded.map_err(|_| format!("{} is not base64", parameter.name))
    };
    let path: Bytes = spelling::decode(encoded).map_err(|error| error.to_string())?;
    let path = str::from_utf8(&path).map_err(|error| error.to_string())?;
    let identity = read_identity(path).ok_or("the path must end in INDEX:HANDLE")?;
    let (proof, _) = fields.proof().map_err(|why| why.why)?;
    Ok(VerificationRequest {
        identity,
        nonce: octets(&NONCE)?.into(),
        digest: ChallengedDigest::Bare(octets(&CLIENT_NONCE)?.into()),
        proof: proof.encode(),
        rest: Bytes::new(),
    })
}
