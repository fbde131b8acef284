//! What is posted elsewhere: as it was meant, and never for longer or more than it should.

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::post;
use pas::outgoing::{Address, LONGEST, OutgoingFault, Proof, post_form, post_json};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody who tells what they were sent, and others who misbehave.
async fn somebody() -> impl Fn(&str) -> Address {
    let told = |headers: HeaderMap, body: String| async move {
        let header =
            |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let told = json!({ "kind": header("content-type"), "proof": header("authorization"), "body": body });
        (StatusCode::CREATED, told.to_string()).into_response()
    };
    let routes = Router::new()
        .route("/told", post(told))
        .route("/moved", post(|| async { Redirect::temporary("/told") }))
        .route("/long", post(|| async { "x".repeat(LONGEST + 1) }))
        .route("/silent", post(std::future::pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let place = listener.local_addr().expect("has an address");
    tokio::spawn(async move { axum::serve(listener, routes).await.expect("serves") });
    move |path| Address::parse(&format!("http://{place}{path}")).expect("an address")
}

#[tokio::test]
async fn json_is_posted_with_a_proof_and_whatever_2xx_says_is_taken() {
    let at = somebody().await;
    let proof = Proof::bearer("a-token");
    let content = json!({ "to": "+1 555 0100" });
    let answer = post_json(&at("/told"), proof.as_ref(), &content, PATIENCE).await;
    let told: Value = serde_json::from_slice(&answer.expect("an answer")).expect("JSON");
    assert_eq!(told["kind"], "application/json");
    assert_eq!(told["proof"], "Bearer a-token");
    assert_eq!(told["body"], content.to_string());
}

#[tokio::test]
async fn a_form_is_posted_with_a_name_and_a_password() {
    let at = somebody().await;
    let proof = Proof::basic("me", "a:b");
    let answer =
        post_form(&at("/told"), proof.as_ref(), &[("a", "1 &"), ("b", "")], PATIENCE).await;
    let told: Value = serde_json::from_slice(&answer.expect("an answer")).expect("JSON");
    assert_eq!(told["kind"], "application/x-www-form-urlencoded");
    assert_eq!(told["proof"], "Basic bWU6YTpi");
    assert_eq!(told["body"], "a=1+%26&b=");
}

#[tokio::test]
async fn what_is_moved_too_long_or_silent_is_no_answer() {
    let at = somebody().await;
    for (path, fault) in [
        ("/moved", OutgoingFault::Status(307)),
        ("/nowhere", OutgoingFault::Status(404)),
        ("/long", OutgoingFault::TooLong),
        ("/silent", OutgoingFault::Silent),
    ] {
        let patience = if path == "/silent" { Duration::from_millis(100) } else { PATIENCE };
        let answer = post_json(&at(path), None, &json!({}), patience).await;
        assert_eq!(answer, Err(fault), "{path}");
    }
}

#[test]
fn a_proof_never_shows_itself() {
    let proof = Proof::basic("me", "very-secret").expect("a proof");
    assert_eq!(format!("{proof:?}"), "Proof(…)");
    assert!(Proof::bearer("two\nlines").is_none());
}
