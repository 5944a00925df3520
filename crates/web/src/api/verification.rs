//! GET `/api/verifications/INDEX:HANDLE`: whether a proof was made with a secret of this node
//! (operation 201), for those who must not know the secret.
//!
//! Not here: whether it was (room `engine`).

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
    if !super::is_question(call.asked) {
        return super::unknown(call.asked);
    }
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
    let text = |name: &str| {
        let text = call.asked.query.first(name);
        text.map(|text| text.replace(' ', "+"))
    };
    let number = |name: &str| match call.asked.query.first(name).map(str::parse) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(format!("{name} is no number")),
    };
    let fields = Fields {
        algorithm: text("alg"),
        signature: text("signature"),
        salt: text("salt"),
        iterations: number("iterations")?,
        length: number("length")?,
        ..Fields::default()
    };
    let octets = |name: &str| {
        let decoded = BASE64.decode(text(name).unwrap_or_default());
        decoded.map_err(|_| format!("{name} is not base64"))
    };
    let path: Bytes = spelling::decode(encoded).map_err(|error| error.to_string())?;
    let path = str::from_utf8(&path).map_err(|error| error.to_string())?;
    let identity = read_identity(path).ok_or("the path must end in INDEX:HANDLE")?;
    let (proof, _) = fields.proof().map_err(|why| why.why)?;
    Ok(VerificationRequest {
        identity,
        nonce: octets("nonce")?.into(),
        digest: ChallengedDigest::Bare(octets("cnonce")?.into()),
        proof: proof.encode(),
        rest: Bytes::new(),
    })
}
