//! Pages as people use them: signed in by the form, clicked by the forms that the pages hold.

use pas::access::Claims;
use pas::clock::Clock;
use pas::http::token::Desk;
use serde_json::Value;

use crate::access::USER;
use crate::answer::Answer;
use crate::attachment::family;
use crate::browser::{Browser, Form, Shown, sandbox};
use crate::message::Patient;
use crate::server::{Server, Setup};

mod agents;
mod clinic;
mod comings;
mod delegates;
mod families;
mod members;
mod networks;
mod notices;
mod papers;
mod refusals;
mod rights;
mod sound;
mod story;
mod targets;
mod withheld;

/// A sandbox whose cast signs in.
pub struct Town {
    pub server: Server,
}

impl Town {
    pub async fn start() -> Town {
        Town { server: sandbox(Setup::default()).await }
    }

    /// Somebody signs in through the page.
    pub async fn sign_in(&self, who: &str) -> Browser<'_> {
        Browser::of(&self.server, who).await
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
