//! The pages of patients, through a browser that keeps its cookie and sends the forms that it was given; and the numbers for everybody.

use sqlx::AssertSqlSafe;

use crate::answer::Answer;
use crate::attachment::{BASIL, MARIGOLD};
use crate::browser::{Browser, Form, Shown, sandbox};
use crate::cluster;
use crate::message::{PATIENTS, Patient};
use crate::server::{NOW, Server, Setup};

mod numbers;
mod registering;
mod theirs;

pub async fn run(server: &Server, sql: &str) {
    let mut connection = cluster::connect(&server.database.url).await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("runs");
}

impl Browser<'_> {
    /// Registers a family as somebody would who types.
    pub async fn register(&mut self, people: &[Patient]) -> Shown {
        let mut form = self.get("/my/registrations/new").await.first_form();
        for _ in 1..people.len() {
            form = self.press(&form, ("add", "yes")).await.first_form();
        }
        fill(&mut form, people);
        self.press(&form, ("", "")).await
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
