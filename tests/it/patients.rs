//! The pages of patients, through a browser that keeps its cookie and sends the forms that it was given; and the numbers for everybody.

use sqlx::AssertSqlSafe;

use crate::answer::Answer;
use crate::attachment::{BASIL, MARIGOLD};
use crate::cluster;
use crate::message::{PATIENTS, Patient};
use crate::server::{NOW, Server, Setup};

mod form;
mod numbers;
mod registering;
mod theirs;

use form::Form;

/// A server at which the cast signs in with one click.
pub async fn sandbox(setup: Setup) -> Server {
    Server::with(Setup { flags: "--insecure-sandbox-tokens".into(), ..setup }).await
}

pub async fn run(server: &Server, sql: &str) {
    let mut connection = cluster::connect(&server.database.url).await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("runs");
}

/// Somebody at their browser.
pub struct Browser<'s> {
    server: &'s Server,
    cookie: String,
}

impl Browser<'_> {
    pub async fn of<'s>(server: &'s Server, who: &str) -> Browser<'s> {
        let mut browser = Browser { server, cookie: String::new() };
        let signed = browser.post("/sign-in", &[("subject".into(), who.into())]).await;
        let cookie = signed.header("set-cookie").split(';').next().unwrap_or_default();
        assert!(signed.status == 303 && cookie.starts_with("__Host-pas_session="), "{signed:?}");
        browser.cookie = cookie.to_owned();
        browser
    }

    pub async fn get(&self, path: &str) -> Page {
        let ask = self.server.request(path).method("GET").header("cookie", &self.cookie);
        Page::of(path, self.server.send(ask).await)
    }

    async fn post(&self, path: &str, pairs: &[(String, String)]) -> Answer {
        let body = serde_urlencoded::to_string(pairs).expect("pairs").into_bytes();
        let ask = self.server.request(path).body(body).header("cookie", &self.cookie);
        self.server.send(ask.header("content-type", "application/x-www-form-urlencoded")).await
    }

    /// Sends a form by one of its buttons (`""`: the one without a name), and follows where it leads.
    pub async fn send(&self, form: &Form, button: (&str, &str)) -> Page {
        let mut pairs = form.pairs.clone();
        if !button.0.is_empty() {
            pairs.push((button.0.into(), button.1.into()));
        }
        let answer = self.post(&form.action, &pairs).await;
        match answer.status {
            303 => self.get(answer.header("location")).await,
            _ => Page::of(&form.action, answer),
        }
    }

    /// Registers a family as somebody would who types.
    pub async fn register(&self, people: &[Patient]) -> Page {
        let mut form = self.get("/my/registrations/new").await.form();
        for _ in 1..people.len() {
            form = self.send(&form, ("add", "yes")).await.form();
        }
        fill(&mut form, people);
        self.send(&form, ("", "")).await
    }
}

/// Fills in what a sound registration needs.
pub fn fill(form: &mut Form, people: &[Patient]) {
    form.set("email", "somebody@mail.example");
    form.set("postal-code", "v0x 9z1");
    form.check("consent", "yes");
    for (at, patient) in people.iter().enumerate() {
        form.set(&format!("member-{at}-phn"), patient.phn);
        form.set(&format!("member-{at}-given"), patient.given);
        form.set(&format!("member-{at}-family"), patient.family);
        form.set(&format!("member-{at}-birth-date"), patient.birth);
        form.set(&format!("member-{at}-looking"), "moved-here");
    }
}

/// A page as it was shown.
pub struct Page {
    pub path: String,
    pub status: u16,
    pub text: String,
}

impl Page {
    fn of(path: &str, answer: Answer) -> Page {
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        Page { path: path.to_owned(), status: answer.status, text }
    }

    /// The form in the content.
    pub fn form(&self) -> Form {
        Form::read(self)
    }

    /// Where the first link or form leads whose address ends so.
    pub fn address(&self, end: &str) -> String {
        let mut parts = self.text.split('"');
        let found = parts.find(|part| part.starts_with('/') && part.ends_with(end));
        found.unwrap_or_else(|| panic!("no {end} in {}", self.text)).to_owned()
    }

    #[track_caller]
    pub fn has(&self, text: &str) {
        assert!(self.text.contains(text), "{text:?} is not in {}", self.text);
    }
}
