//! Who somebody is: passwords, challenges, sessions, certificates.

use crate::administrator::{
    self, Administrator, BY_KEY, CLIENT_NONCE, basic, header, proof_by_secret,
};
use crate::running::{Answer, Running, agent, start_founded};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto::VerifyingKey;
use engine::{SignatureDigest, Verifies};
use model::PublicKey;
use node::config::HttpConfig;
use serde_json::{Value as Json, json};

const URL: &str = r#"[{"index":1,"type":"URL","data":"https://example.org/"}]"#;

/// The value of a member of a header such as `Handle nonce="…"`.
fn member(header: &str, name: &str) -> String {
    let (_, rest) = header.split_once(&format!("{name}=\"")).unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

fn put(running: &Running, name: &str, authorization: &str) -> Answer {
    let headers = [("authorization", authorization)];
    let path = format!("/api/handles/20.500.99999/{name}");
    running.ask("PUT", "https", &path, &headers, URL)
}

fn session(running: &Running, body: &str) -> Json {
    let answer = running.ask("POST", "https", "/api/sessions", &[], body);
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

fn prove(running: &Running, session: &Json, mut proof: Json) -> Answer {
    proof["sessionId"] = session["sessionId"].clone();
    running.ask(
        "PUT",
        "https",
        "/api/sessions/this",
        &[],
        &proof.to_string(),
    )
}

fn text<'a>(session: &'a Json, member: &str) -> &'a str {
    session[member].as_str().unwrap()
}

#[test]
fn a_challenge_is_answered_in_the_header_of_the_request() {
    let (running, administrator) = administrator::start();
    let challenged = put(&running, "h", "");
    assert_eq!(challenged.status, 401);
    let challenge = challenged.header("www-authenticate").to_owned();
    assert!(challenge.starts_with("Basic realm=\"handle\", Handle sessionId="));
    let (id, nonce) = (member(&challenge, "sessionId"), member(&challenge, "nonce"));
    let answered = header(&id, &administrator.proof_by_key(&nonce));
    assert_eq!(put(&running, "h", &answered).status, 201);
    // A client that repeats its header is in its session.
    assert_eq!(put(&running, "h", &answered).status, 200);
    // Nobody else can use the nonce again.
    let again = put(&running, "h", &header(&id, &proof_by_secret(&nonce)));
    assert_eq!((again.status, again.body.as_str()), (401, ""));
    let error = member(again.header("www-authenticate"), "error");
    assert_eq!(error, "Identity not verified");
}

#[test]
fn scripts_are_not_asked_for_a_password() {
    let (running, _) = administrator::start();
    let headers = [("x-requested-with", "XMLHttpRequest")];
    let path = "/api/handles/20.500.99999/h";
    let answer = running.ask("DELETE", "https", path, &headers, "");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Handle sessionId="), "{challenge}");
}

#[test]
fn a_session_is_somebodys_until_it_ends() {
    let (running, administrator) = administrator::start();
    let session = session(&running, "");
    let proven = prove(
        &running,
        &session,
        administrator.proof_by_key(text(&session, "nonce")),
    );
    let said = proven.json();
    assert_eq!(
        (said["authenticated"].clone(), text(&said, "id")),
        (json!(true), BY_KEY)
    );
    assert_ne!(said["nonce"], session["nonce"], "a nonce counts once");
    let used = prove(&running, &session, proof_by_secret(text(&session, "nonce")));
    assert_eq!(
        (used.status, used.json()["authenticated"].clone()),
        (401, json!(false))
    );
    let named = format!("Handle sessionId=\"{}\"", text(&session, "sessionId"));
    let this = |method: &str| {
        let headers = [("authorization", named.as_str())];
        running.ask(method, "https", "/api/sessions/this", &headers, "")
    };
    assert_eq!(this("GET").json()["id"], BY_KEY);
    assert_eq!(put(&running, "s", &named).status, 201);
    assert_eq!(this("DELETE").status, 204);
    assert_eq!(this("DELETE").status, 403);
    assert_eq!(put(&running, "s", &named).status, 401);
    assert_eq!(
        running
            .ask("PUT", "https", "/api/sessions/this", &[], "{}")
            .status,
        403
    );
}

#[test]
fn a_session_ends_when_the_record_of_its_identity_changes() {
    let (running, administrator) = administrator::start();
    let session = session(&running, "");
    let proof = administrator.proof_by_key(text(&session, "nonce"));
    assert_eq!(prove(&running, &session, proof).status, 200);
    let named = format!("Handle sessionId=\"{}\"", text(&session, "sessionId"));
    assert_eq!(put(&running, "s", &named).status, 201);
    let other = running.administer("PUT", "/api/handles/20.500.99999/t", URL);
    assert_eq!(other.status, 201, "another record");
    assert_eq!(put(&running, "s", &named).status, 200, "it goes on");
    let path = format!("/api/handles/{}?index=1", administrator::PREFIX);
    let changed = running.administer("PUT", &path, URL);
    assert_eq!(changed.json()["responseCode"], 1, "{}", changed.body);
    assert_eq!(put(&running, "s", &named).status, 401);
}

#[test]
fn what_is_no_session_is_refused() {
    let (running, administrator) = administrator::start();
    for body in [
        "[",
        "{\"iterations\":-1}",
        "{\"sessionId\":7}",
        "{\"cnonce\":\"&\"}",
    ] {
        let answer = running.ask("POST", "https", "/api/sessions", &[], body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
    }
    let session = session(&running, "{}");
    let right = administrator.proof_by_key(text(&session, "nonce"));
    for (name, wrong) in [
        ("id", "300"),
        ("id", "300:0.NA/other"),
        ("id", "301:0.NA/20.500.99999"),
        ("type", "HS_OTHER"),
        ("type", "HS_SECKEY"),
        ("alg", "MD5"),
        ("alg", "SHA1"),
        ("signature", "AAAA"),
        ("signature", "&"),
        ("cnonce", "AAAA"),
    ] {
        let mut proof = right.clone();
        proof[name] = wrong.into();
        let refused = prove(&running, &session, proof);
        assert_eq!(refused.status, 401, "{name}={wrong}: {}", refused.body);
        assert!(refused.json()["error"].is_string());
    }
    assert_eq!(
        prove(&running, &session, right).status,
        200,
        "the nonce is still good"
    );
}

/// Guessing is bounded by source and identity.
#[test]
fn secrets_are_not_guessed() {
    let (running, _) = administrator::start();
    let guess = |secret: &str| put(&running, "g", &basic("301:0.NA/20.500.99999", secret));
    for at in 0..10 {
        assert_eq!(guess(&at.to_string()).status, 401);
    }
    let right = guess(administrator::SECRET);
    assert_eq!(right.status, 503, "not listened to for a while");
    let message = right.json()["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("too many wrong proofs"), "{message}");
    assert_eq!(
        right.header("www-authenticate"),
        "",
        "no other password is of use"
    );
}

#[test]
fn strangers_cannot_fill_the_node_with_sessions() {
    let (running, _) = administrator::start_with(HttpConfig {
        sessions_per_source_max: 3,
        ..HttpConfig::default()
    });
    let first = session(&running, "");
    for _ in 0..3 {
        session(&running, "");
    }
    let named = format!("Handle sessionId=\"{}\"", text(&first, "sessionId"));
    let headers = [("authorization", named.as_str())];
    let gone = running.ask("GET", "https", "/api/sessions/this", &headers, "");
    assert_eq!(gone.status, 403);
}

fn with_certificate(running: &Running, administrator: &Administrator, subject: &str) -> Answer {
    let agent = agent(Some(administrator.certificate(subject)));
    let headers = [("authorization", "Handle clientCert=\"true\"")];
    let path = "/api/handles/20.500.99999/c";
    running.ask_as(&agent, "PUT", "https", path, (&headers, URL))
}

#[test]
fn a_certificate_with_the_key_of_the_record_proves_who_somebody_is() {
    let (running, administrator) = administrator::start();
    assert_eq!(
        with_certificate(&running, &administrator, BY_KEY).status,
        201
    );
    for other in ["300:0.NA/other", "200:0.NA/20.500.99999", "nobody"] {
        assert_eq!(
            with_certificate(&running, &administrator, other).status,
            401,
            "{other}"
        );
    }
    let (_, other) = administrator::start();
    assert_eq!(
        with_certificate(&running, &other, BY_KEY).status,
        401,
        "another key"
    );
    let without = put(&running, "c", "Handle clientCert=\"true\"");
    assert_eq!(without.status, 401, "no certificate");
}

/// A certificate alone says nothing: a browser shows it to whoever asks.
#[test]
fn a_certificate_counts_only_where_the_header_says_so() {
    let (running, administrator) = administrator::start();
    let agent = agent(Some(administrator.certificate(BY_KEY)));
    let path = "/api/handles/20.500.99999/c";
    let answer = running.ask_as(&agent, "PUT", "https", path, (&[], URL));
    assert_eq!(answer.status, 401);
}

#[test]
fn who_has_no_site_key_signs_nothing() {
    let (running, _) = administrator::start();
    let body = json!({"cnonce": BASE64.encode(CLIENT_NONCE)}).to_string();
    assert_eq!(session(&running, &body).get("serverSignature"), None);
}

/// A node with a key shows that it is the site's: it signs its nonce and then the client's,
/// wherever a nonce is told.
#[test]
fn a_node_of_a_site_shows_who_it_is() {
    let (running, key) = start_founded();
    let key = VerifyingKey::new(&PublicKey::decode(key).unwrap()).unwrap();
    let is_signed = |nonce: &str, client_nonce: &[u8], signature: &str| {
        let covered = [&BASE64.decode(nonce).unwrap()[..], client_nonce].concat();
        let signature = BASE64.decode(signature).unwrap();
        key.verify(SignatureDigest::Sha256, &covered, &signature)
    };
    let body = json!({"cnonce": BASE64.encode(CLIENT_NONCE)}).to_string();
    let begun = session(&running, &body);
    assert_eq!(text(&begun, "serverAlg"), "SHA-256");
    let (nonce, signature) = (text(&begun, "nonce"), text(&begun, "serverSignature"));
    assert!(is_signed(nonce, CLIENT_NONCE, signature));
    assert!(!is_signed(nonce, b"another's nonce ", signature));
    assert!(!is_signed("", CLIENT_NONCE, signature), "both are covered");
    // In the challenge of a request that names a nonce of the client's.
    let asked = format!("Handle cnonce=\"{}\"", BASE64.encode(CLIENT_NONCE));
    let headers = [("authorization", asked.as_str())];
    // The node is home to its own root.
    let challenge = running.ask("PUT", "https", "/api/handles/0.NA/88.9", &headers, URL);
    assert_eq!(challenge.status, 401);
    let header = challenge.header("www-authenticate");
    assert_eq!(member(header, "serverAlg"), "SHA-256");
    let signature = member(header, "serverSignature");
    assert!(is_signed(
        &member(header, "nonce"),
        CLIENT_NONCE,
        &signature
    ));
    // Who sends no nonce gets no signature.
    assert_eq!(session(&running, "").get("serverSignature"), None);
}

/// Asking whether proofs are right is guessing, too.
#[test]
fn verifications_are_bounded_like_proofs() {
    let (running, _) = administrator::start();
    let path = "/api/verifications/301:0.NA/20.500.99999?alg=SHA256&signature=AAAA";
    for _ in 0..10 {
        assert_eq!(running.get(path).json()["isValid"], false);
    }
    let refused = running.get(path);
    assert_eq!(
        (refused.status, refused.json()["responseCode"].clone()),
        (503, json!(3))
    );
}

/// A password is only compared: who has the right one may ask as often as anybody.
#[test]
fn a_right_password_is_taken_hundreds_of_times() {
    let (running, _) = administrator::start();
    for _ in 0..150 {
        let answer = running.administer("GET", "/api/handles/20.500.99999/admin", "");
        assert_eq!(answer.status, 200);
    }
}
