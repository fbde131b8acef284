//! Answers of an issuer, or of somebody who pretends to be one, that sign nobody in.

use super::*;

/// What became of it: a page that says so, and nobody is signed in.
async fn nobody(town: &Town, answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", text(answer));
    says(answer, words);
    says(answer, "href=\"/sign-in\"");
    let session = answer.headers.get_all("set-cookie").iter();
    let session =
        session.filter(|cookie| cookie.to_str().is_ok_and(|cookie| cookie.contains("session")));
    assert_eq!(session.count(), 0, "{:?}", answer.headers);
    assert_eq!(town.sessions().await, 0);
}

const ANOTHER: &str = "This is no answer to a sign-in that was begun in this browser";
const FAILED: &str = "Sign-in did not work. Try again.";
const AWAY: &str = "You cannot sign in now. Try again in a moment.";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_another_state_signs_nobody_in() {
    let town = Town::start().await;
    let mut cosmo = town.browser();
    let back = cosmo.there().await;
    let (rest, state) = back.rsplit_once("state=").expect("a state");
    for other in ["", "x", &state[1..], &format!("{state}x")] {
        let answer = cosmo.get(&format!("{rest}state={other}")).await;
        nobody(&town, &answer, 400, ANOTHER).await;
    }
    let without = cosmo.get(rest.trim_end_matches('&')).await;
    nobody(&town, &without, 400, ANOTHER).await;
    let twice = cosmo.get(&format!("{back}&state={state}")).await;
    nobody(&town, &twice, 400, ANOTHER).await;
    assert_eq!(cosmo.get(&back).await.status, 303, "the attempt itself goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_a_browser_that_did_not_ask_signs_nobody_in() {
    let town = Town::start().await;
    let back = town.browser().there().await;
    let answer = town.browser().get(&back).await;
    nobody(&town, &answer, 400, ANOTHER).await;
    let mut other = town.browser();
    other.there().await;
    let answer = other.get(&back).await;
    nobody(&town, &answer, 400, ANOTHER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_serves_once() {
    let town = Town::start().await;
    let mut cosmo = town.browser();
    let back = cosmo.there().await;
    let cookies = cosmo.cookies.clone();
    assert_eq!(cosmo.get(&back).await.status, 303);
    assert_eq!(cosmo.get(&back).await.status, 400, "its cookie is gone");
    let mut thief = Browser { town: &town, cookies };
    let answer = thief.get(&back).await;
    assert_eq!(answer.status, 400, "and the issuer redeems it once");
    says(&answer, FAILED);
    assert_eq!(town.sessions().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_that_is_not_as_it_was_asked_for_signs_nobody_in() {
    let town = Town::start().await;
    let now = pas::clock::Clock::System.now().timestamp();
    for changes in [
        json!({ "nonce": "of-another-attempt" }),
        json!({ "nonce": null }),
        json!({ "aud": "another-client" }),
        json!({ "aud": ["another-client", CLIENT] }),
        json!({ "azp": "another-client" }),
        json!({ "iss": "https://another.test" }),
        json!({ "exp": now - 60, "iat": now - 120 }),
        json!({ "iat": now + 300, "exp": now + 600 }),
        json!({ "sub": null }),
    ] {
        town.issuer.claims(changes.clone());
        let answer = town.browser().sign_in().await;
        nobody(&town, &answer, 400, FAILED).await;
    }
    let trail = async |sql| town.server.database.count(sql).await;
    let all = "SELECT count(*) FROM audit.event";
    assert_eq!(trail(all).await, 0, "a token that proves nothing names nobody");
    town.issuer.claims(Value::Null);
    assert_eq!(town.browser().sign_in().await.status, 303, "it was that, and nothing else");
    let came = "SELECT count(*) FROM audit.event WHERE event = 'signed-in' AND subject = 'cosmo.matchwright'";
    assert_eq!((trail(came).await, trail(all).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_of_an_unknown_key_signs_nobody_in() {
    let town = Town::start().await;
    town.issuer.signs_strangely();
    let answer = town.browser().sign_in().await;
    nobody(&town, &answer, 400, FAILED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_token_endpoint_answers_instead_is_told_plainly() {
    let town = Town::start().await;
    for (manner, status, words) in [
        (Manner::Status(400), 400, FAILED),
        (Manner::Status(401), 400, FAILED),
        (Manner::Status(500), 503, AWAY),
        (Manner::Status(302), 503, AWAY),
        (Manner::Says("<html>"), 400, FAILED),
        (Manner::Says("{\"access_token\":\"a\"}"), 400, FAILED),
        (Manner::Says("{\"id_token\":\"rubbish\"}"), 400, FAILED),
        (Manner::Silent, 503, AWAY),
    ] {
        town.issuer.behaves(manner);
        let answer = town.browser().sign_in().await;
        nobody(&town, &answer, status, words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_issuer_turns_away_is_told_plainly_and_never_in_its_words() {
    let town = Town::start().await;
    let mut cosmo = town.browser();
    for (error, status, words) in [
        ("error=access_denied&error_description=You+won", 403, "You did not sign in, or may not."),
        ("error=server_error&error_description=You+won", 400, FAILED),
        ("error=access_denied&code=anything", 403, "You did not sign in, or may not."),
        ("nothing=at-all", 400, FAILED),
    ] {
        let back = cosmo.there().await;
        let (_, state) = back.rsplit_once("state=").expect("a state");
        let answer = cosmo.get(&format!("/sign-in/back?{error}&state={state}")).await;
        nobody(&town, &answer, status, words).await;
        assert!(!text(&answer).contains("You won"), "{}", text(&answer));
        assert!(cosmo.cookies.is_empty(), "the attempt is over");
        let unasked = town.browser().get(&format!("/sign-in/back?{error}&state={state}")).await;
        nobody(&town, &unasked, 400, ANOTHER).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_issuer_is_away_nobody_is_sent_to_it() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let place = gone.local_addr().expect("has an address");
    drop(gone);
    let issuer = Issuer::start(None).await;
    let flags = format!("--issuer http://{place} --sign-in-client {CLIENT}");
    let server = Server::with(Setup { flags, ..Setup::default() }).await;
    let town = Town { issuer, server };
    let answer = town.browser().post("/sign-in").await;
    nobody(&town, &answer, 503, AWAY).await;
}
