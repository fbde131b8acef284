//! People sign in with the issuer (OpenID Connect): the whole way, and every way in which it ends at a closed door.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::cluster;
use crate::privacy;
use crate::server::{Ask, Server, Setup};

mod issuer;
mod refused;
mod often;

use issuer::{CLIENT, Issuer, Manner, SECRET};

/// A server whose people sign in with an issuer.
struct Town {
    issuer: Issuer,
    server: Server,
}

impl Town {
    async fn start() -> Town {
        Town::with("").await
    }

    async fn with(flags: &str) -> Town {
        let issuer = Issuer::start(None).await;
        let flags = format!("--issuer {} --sign-in-client {CLIENT} {flags}", issuer.url());
        let server = Server::with(Setup { flags, ..Setup::default() }).await;
        Town { issuer, server }
    }

    fn browser(&self) -> Browser<'_> {
        Browser { town: self, cookies: BTreeMap::new() }
    }

    async fn sessions(&self) -> i64 {
        self.server.database.count("SELECT count(*) FROM web.session").await
    }
}

/// A browser, with its cookies.
struct Browser<'t> {
    town: &'t Town,
    cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    async fn get(&mut self, path: &str) -> Answer {
        let ask = self.town.server.request(path).method("GET");
        self.ask(ask).await
    }

    async fn post(&mut self, path: &str) -> Answer {
        let ask = self.town.server.request(path);
        self.ask(ask.header("content-type", "application/x-www-form-urlencoded")).await
    }

    async fn ask(&mut self, ask: Ask) -> Answer {
        let pairs: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = self.town.server.send(ask.header("cookie", &pairs.join("; "))).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("a cookie").split(';').next().unwrap_or_default();
            let (name, value) = cookie.split_once('=').expect("a cookie");
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    /// Presses the button, says at the issuer who they are, and is about to come back: with this path.
    async fn there(&mut self) -> String {
        let gone = self.post("/sign-in").await;
        assert_eq!(gone.status, 303, "{}", text(&gone));
        let way = gone.header("location");
        let path = way.strip_prefix(&self.town.issuer.url()).expect("to the issuer").to_owned();
        let ask = Ask { method: "GET".into(), path, headers: vec![], body: vec![] };
        let said = ask.send(self.town.issuer.address).await;
        assert_eq!(said.status, 303, "{}", text(&said));
        let back = said.header("location").strip_prefix("https://pas.example");
        back.expect("back to us").to_owned()
    }

    async fn sign_in(&mut self) -> Answer {
        let back = self.there().await;
        self.get(&back).await
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.bytes).into_owned()
}

#[track_caller]
fn says(answer: &Answer, words: &str) {
    assert!(text(answer).contains(words), "{words:?} is not in\n{}", text(answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_with_the_issuer_and_does_what_their_role_allows() {
    let town = Town::start().await;
    let mut cosmo = town.browser();
    let page = cosmo.get("/sign-in").await;
    says(&page, "<form method=\"post\" action=\"/sign-in\"><button>Sign in</button></form>");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https: http:;"), "{policy}");
    let back = cosmo.sign_in().await;
    assert_eq!((back.status, back.header("location")), (303, "/my"), "{}", text(&back));
    assert_eq!(cosmo.cookies.keys().collect::<Vec<_>>(), ["__Host-pas_session"]);
    let home = cosmo.get("/my").await;
    says(&home, "Cosmo Matchwright");
    assert_eq!(cosmo.get("/my/networks/lantern-coast").await.status, 200);
    town.issuer.claims(json!({ "sub": "somebody.new", "name": "Sage <b>Newly</b>" }));
    let mut sage = town.browser();
    assert_eq!(sage.sign_in().await.status, 303);
    let home = text(&sage.get("/my").await);
    assert!(home.contains("Newly") && !home.contains("<b>Newly"), "{home}");
    assert_eq!(sage.get("/my/networks/lantern-coast").await.status, 404, "without a role");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_secret_proves_itself_with_it() {
    let secret = cluster::folder("sign-in-secret").join("secret");
    std::fs::write(&secret, format!("{SECRET}\n")).expect("writes the secret");
    let issuer = Issuer::start(Some(SECRET)).await;
    let flags = format!(
        "--issuer {} --sign-in-client {CLIENT} --sign-in-secret-file {}",
        issuer.url(),
        secret.display()
    );
    let server = Server::with(Setup { flags, ..Setup::default() }).await;
    let town = Town { issuer, server };
    let back = town.browser().sign_in().await;
    assert_eq!((back.status, back.header("location")), (303, "/my"), "{}", text(&back));
    assert_eq!(town.sessions().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_keys_come_from_elsewhere_the_issuer_still_says_where_people_sign_in() {
    let issuer = Issuer::start(None).await;
    let url = issuer.url();
    let flags = format!("--issuer {url} --jwks {url}/jwks --sign-in-client {CLIENT}");
    let server = Server::with(Setup { flags, ..Setup::default() }).await;
    let town = Town { issuer, server };
    assert_eq!(town.browser().sign_in().await.status, 303);
    assert_eq!(town.sessions().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_somebody_else_planted_is_not_gone_on_in() {
    let town = Town::start().await;
    let (mut mallory, mut cosmo) = (town.browser(), town.browser());
    town.issuer.claims(json!({ "sub": "mallory" }));
    assert_eq!(mallory.sign_in().await.status, 303);
    town.issuer.claims(Value::Null);
    cosmo.cookies = mallory.cookies.clone();
    assert_eq!(cosmo.sign_in().await.status, 303);
    assert_ne!(cosmo.cookies, mallory.cookies);
    assert_eq!(mallory.get("/my").await.header("location"), "/sign-in", "and the old one is over");
    assert_eq!(cosmo.get("/my").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_is_told_that_the_issuer_may_know_them_still() {
    let town = Town::start().await;
    let mut cosmo = town.browser();
    cosmo.sign_in().await;
    let out = cosmo.post("/sign-out").await;
    assert_eq!((out.status, out.header("location")), (303, "/sign-in?done=signed-out"));
    assert!(cosmo.cookies.is_empty());
    let place = town.issuer.address.to_string();
    let page = cosmo.get("/sign-in?done=signed-out").await;
    says(&page, &format!("You may still be signed in at {place}"));
    assert!(!text(&cosmo.get("/sign-in").await).contains("still be signed in"));
    assert!(!text(&cosmo.get("/sign-in?done=you+won").await).contains("you won"));
    assert_eq!(cosmo.get("/my").await.header("location"), "/sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_client_nobody_signs_in_and_the_page_says_so() {
    let issuer = Issuer::start(None).await;
    let flags = format!("--issuer {}", issuer.url());
    let server = Server::with(Setup { flags, ..Setup::default() }).await;
    let town = Town { issuer, server };
    let mut browser = town.browser();
    says(&browser.get("/sign-in").await, "Signing in with a browser is not set up");
    assert_eq!(browser.post("/sign-in").await.status, 404);
    assert_eq!(browser.get("/sign-in/back?code=a&state=b").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_go_over_https_alone_where_our_own_address_is_https() {
    let town = Town::start().await;
    let gone = town.browser().post("/sign-in").await;
    let attempt = gone.header("set-cookie");
    assert!(attempt.starts_with("__Secure-pas_sign_in="), "{attempt}");
    assert!(
        attempt.ends_with("; Path=/sign-in; HttpOnly; SameSite=Lax; Secure; Max-Age=600"),
        "{attempt}"
    );
    let back = town.browser().sign_in().await;
    let session = back.header("set-cookie");
    assert!(session.starts_with("__Host-pas_session="), "{session}");
    assert!(session.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{session}");

    let plain = Town::with("--endpoint http://pas.example/$process-message").await;
    let gone = plain.browser().post("/sign-in").await;
    assert!(
        gone.header("location").contains("redirect_uri=http%3A%2F%2Fpas.example%2Fsign-in%2Fback&")
    );
    let attempt = gone.header("set-cookie");
    assert!(attempt.starts_with("pas_sign_in="), "{attempt}");
    assert!(attempt.ends_with("; Path=/sign-in; HttpOnly; SameSite=Lax; Max-Age=600"), "{attempt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_holds_a_code_a_token_or_a_secret_of_those_who_sign_in() {
    let town = Town::start().await;
    let mut cosmo = town.browser();
    let back = cosmo.there().await;
    let mut secrets: Vec<String> = cosmo.cookies.values().cloned().collect();
    assert_eq!(cosmo.get(&back).await.status, 303);
    secrets.extend(cosmo.cookies.values().cloned());
    town.issuer.claims(json!({ "aud": "another" }));
    let mut refused = town.browser();
    let back = refused.there().await;
    secrets.extend(refused.cookies.values().cloned());
    assert_eq!(refused.get(&back).await.status, 400);
    secrets.extend(town.issuer.given());
    secrets.push("opaque-access".into());
    assert!(secrets.len() > 6, "{secrets:?}");
    let log = privacy::log();
    for line in log.lines() {
        let held = secrets.iter().find(|secret| line.contains(*secret));
        assert_eq!(held, None, "{line}");
    }
    let place = town.issuer.address.to_string();
    let own: Vec<_> =
        log.lines().filter(|line| line.contains(&place) || line.contains("/sign-in")).collect();
    assert!(own.iter().any(|line| line.contains("somebody could not sign in")), "{own:?}");
    assert!(own.iter().all(|line| !line.to_lowercase().contains("cosmo")), "{own:?}");
}
