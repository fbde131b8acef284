//! Pages as people use them: signed in by the form, clicked by the forms that the pages hold.

use pas::access::Claims;
use pas::clock::Clock;
use pas::http::token::Desk;
use serde_json::Value;

use crate::access::USER;
use crate::answer::Answer;
use crate::attachment::family;
use crate::message::Patient;
use crate::server::{Server, Setup};

mod families;
mod form;
mod members;
mod networks;
mod notices;
mod refusals;
mod rights;
mod sound;
mod story;

use form::Filled;

/// A sandbox whose cast signs in.
pub struct Town {
    pub server: Server,
}

impl Town {
    pub async fn start() -> Town {
        let flags = "--insecure-sandbox-tokens".to_owned();
        Town { server: Server::with(Setup { flags, ..Setup::default() }).await }
    }

    /// Somebody signs in through the page.
    pub async fn sign_in(&self, who: &str) -> Browser<'_> {
        let mut browser = Browser { town: self, cookie: String::new() };
        let page = browser.get("/sign-in").await;
        let form = page.form("/sign-in").with("subject", who);
        let signed_in = browser.send(&form).await;
        assert_eq!((signed_in.status, signed_in.location.as_str()), (303, "/my"), "{who}");
        browser
    }

    /// Somebody registers themselves and others, as a program of theirs does it.
    pub async fn register(&self, who: &str, people: &[Patient]) {
        self.registers(who, family(people)).await;
    }

    pub async fn registers(&self, who: &str, body: Value) {
        let Some(Desk::Sandbox(sandbox)) = self.server.app.desk.as_deref() else {
            panic!("a sandbox has a desk")
        };
        let id = Clock::System.id();
        let claims = Claims { client: "emr-lantern", subject: who, scope: USER, id };
        let token = sandbox.mint.mint(&claims, Clock::System.now()).expect("a token");
        let ask = self.server.request("/api/registrations").body(body.to_string().into_bytes());
        let ask = ask.header("content-type", "application/json");
        let answer =
            self.server.send(ask.header("authorization", &format!("Bearer {token}"))).await;
        assert_eq!(answer.status, 201, "{:?}", answer.json);
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        self.server.database.count(sql).await
    }
}

/// A browser that keeps the one cookie there is.
pub struct Browser<'t> {
    town: &'t Town,
    pub cookie: String,
}

/// What a browser shows.
#[derive(Debug)]
pub struct Shown {
    pub status: u16,
    pub location: String,
    pub policy: String,
    pub text: String,
}

impl Browser<'_> {
    pub async fn get(&mut self, path: &str) -> Shown {
        let ask = self.town.server.request(path).method("GET");
        let answer = self.town.server.send(ask.header("cookie", &self.cookie)).await;
        self.show(&answer)
    }

    /// Sends a form; a redirect is not followed.
    pub async fn send(&mut self, form: &Filled) -> Shown {
        let ask = self.town.server.request(&form.action).body(form.encoded().into_bytes());
        let ask = ask.header("content-type", "application/x-www-form-urlencoded");
        let answer = self.town.server.send(ask.header("cookie", &self.cookie)).await;
        self.show(&answer)
    }

    /// Sends a form that is taken, and shows the page that follows.
    pub async fn click(&mut self, form: &Filled) -> Shown {
        let sent = self.send(form).await;
        assert_eq!(sent.status, 303, "{}: {}", form.action, sent.text);
        self.get(&sent.location).await
    }

    fn show(&mut self, answer: &Answer) -> Shown {
        if let Some((cookie, _)) = answer.header("set-cookie").split_once(';') {
            self.cookie = cookie.to_owned();
        }
        Shown {
            status: answer.status,
            location: answer.header("location").to_owned(),
            policy: answer.header("content-security-policy").to_owned(),
            text: String::from_utf8_lossy(&answer.bytes).into_owned(),
        }
    }

    /// The address of the link with this text on it.
    pub async fn follow(&mut self, page: &Shown, text: &str) -> Shown {
        let link = page.link(text);
        let shown = self.get(&link).await;
        assert_eq!(shown.status, 200, "{link}: {}", shown.text);
        shown
    }
}

impl Shown {
    /// The form that goes there, filled in as it is shown.
    pub fn form(&self, action: &str) -> Filled {
        Filled::of(&self.text, action)
            .unwrap_or_else(|| panic!("no form {action} in {}", self.text))
    }

    /// The first form whose address ends so.
    pub fn form_to(&self, end: &str) -> Filled {
        let actions =
            self.text.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let action = actions.into_iter().find(|action| action.ends_with(end));
        self.form(action.unwrap_or_else(|| panic!("no form to …{end} in {}", self.text)))
    }

    pub fn link(&self, text: &str) -> String {
        let links = self.text.split("<a ").skip(1);
        let link = links
            .into_iter()
            .find(|link| link.split("</a>").next().is_some_and(|link| link.contains(text)));
        let link = link.unwrap_or_else(|| panic!("no link {text} in {}", self.text));
        let (_, rest) = link.split_once("href=\"").expect("an address");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn says(&self, text: &str) {
        assert!(self.text.contains(text), "{text:?} is not in\n{}", self.text);
    }

    #[track_caller]
    pub fn is_silent_on(&self, text: &str) {
        assert!(!self.text.contains(text), "{text:?} is in\n{}", self.text);
    }
}
