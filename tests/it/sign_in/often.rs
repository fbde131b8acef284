//! How often people may sign in and look at pages.

use super::*;

#[track_caller]
fn too_often(answer: &Answer) {
    assert_eq!(answer.status, 429, "{}", text(answer));
    let seconds: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    says(answer, "too often");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_tries_to_sign_in_so_often_a_minute() {
    let town = Town::with("--behind-gateway").await;
    let (mut browser, mut refused) = (town.browser(), None);
    for tried in 0..100 {
        let answer = browser.post("/sign-in").await;
        if answer.status != 303 {
            refused = Some((tried, answer));
            break;
        }
    }
    let (tried, answer) = refused.expect("somewhere there is an end");
    assert!((60..70).contains(&tried), "{tried}");
    too_often(&answer);
    let answer = browser.get("/sign-in/back?code=a&state=b").await;
    assert!([400, 429].contains(&answer.status), "one may have come back meanwhile");
    assert_eq!(browser.get("/sign-in").await.status, 200, "to look at the page is no attempt");
    let ask = town.server.request("/sign-in").header("x-forwarded-for", "198.51.100.7");
    let elsewhere = ask.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(town.server.send(elsewhere).await.status, 303, "from another address");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_looks_at_so_many_pages_a_minute_and_others_go_on() {
    let town = Town::with("--pages-per-minute 3").await;
    let (mut cosmo, mut other) = (town.browser(), town.browser());
    cosmo.sign_in().await;
    other.sign_in().await;
    for _ in 0..3 {
        assert_eq!(cosmo.get("/my").await.status, 200);
    }
    too_often(&cosmo.get("/my").await);
    too_often(&cosmo.post("/my/registrations/new").await);
    assert_eq!(other.get("/my").await.status, 200);
    let mut nobody = town.browser();
    assert_eq!(nobody.get("/my").await.header("location"), "/sign-in");
}
