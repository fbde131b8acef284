//! The attachment workflow through its API: from waiting for a provider to being on a panel.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::access::{Guarded, USER};
use crate::answer::Answer;
use crate::message::{ADD, PANELS, PATIENTS, Patient, QUERY, REMOVE, message};
use crate::server::Setup;

mod agents;
mod calls;
mod chance;
mod ends;
mod gateway;
mod grounds;
mod letters;
mod lists;
mod merged;
mod notices;
mod registry;
mod rights;
mod seen;
mod story;
mod time;

/// People of the cast: a provider, the one at her desk, a coordinator, patients.
pub const JUNIPER: &str = "juniper.testwell";
pub const DAHLIA: &str = "dahlia.deskworth";
pub const COSMO: &str = "cosmo.matchwright";
pub const MARIGOLD: &str = "marigold.exampleton";
pub const BASIL: &str = "basil.fixturing";

/// A server whose people sign in.
pub struct Province {
    pub guarded: Guarded,
}

impl Province {
    pub async fn start(name: &str) -> Province {
        Province { guarded: Guarded::start(&format!("attachment-{name}"), "").await }
    }

    /// One whose clock a test moves.
    pub async fn with_clock(name: &str, clock: &Arc<Mutex<DateTime<Utc>>>) -> Province {
        let setup = Setup { clock: Some(clock.clone()), ..Setup::default() };
        Province { guarded: Guarded::with(&format!("attachment-{name}"), "", setup).await }
    }

    pub async fn get(&self, who: &str, path: &str) -> Answer {
        self.ask(who, "GET", path, &Value::Null).await
    }

    pub async fn post(&self, who: &str, path: &str, body: Value) -> Answer {
        self.ask(who, "POST", path, &body).await
    }

    pub async fn put(&self, who: &str, path: &str, body: Value) -> Answer {
        self.ask(who, "PUT", path, &body).await
    }

    async fn ask(&self, who: &str, method: &str, path: &str, body: &Value) -> Answer {
        let server = &self.guarded.server;
        let token = self.guarded.token("emr-lantern", who, USER);
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let ask = server.request(path).method(method).body(body);
        let ask = ask.header("content-type", "application/json");
        server.send(ask.header("authorization", &format!("Bearer {token}"))).await
    }

    /// A message of the EMR of clinic 1, about Juniper's panel.
    pub async fn emr(&self, event: &str, patients: &[Patient]) -> Answer {
        self.emr_of(event, 0, patients).await
    }

    /// A message about one of the cast's panels.
    pub async fn emr_of(&self, event: &str, panel: usize, patients: &[Patient]) -> Answer {
        let client = if PANELS[panel].facility == "F0102" { "emr-otter" } else { "emr-lantern" };
        let token = self.guarded.token(client, client, "system/Group.read system/Group.write");
        let body = message(event, PANELS[panel], patients).to_string().into_bytes();
        let ask = self.guarded.server.request("/$process-message").body(body);
        let answer =
            self.guarded.server.send(ask.header("authorization", &format!("Bearer {token}"))).await;
        assert_eq!(answer.response(), "ok", "{:?}", answer.codes());
        answer
    }

    /// Where patients stand on Juniper's panel.
    pub async fn statuses(&self, patients: &[Patient]) -> Vec<String> {
        self.emr(QUERY, patients).await.statuses().into_iter().map(str::to_owned).collect()
    }

    /// The number of somebody's first panel.
    pub async fn panel_of(&self, who: &str) -> i64 {
        let panels = self.get(who, "/api/panels").await;
        panels.json["panels"][0]["id"].as_i64().unwrap_or_else(|| panic!("{:?}", panels.json))
    }

    /// Juniper has room for so many; gives her panel's number.
    pub async fn room_for(&self, people: u32) -> i64 {
        let panel = self.panel_of(JUNIPER).await;
        let body = json!({"accepting": true, "anticipated": people, "languages": ["en"]});
        let stated = self.put(JUNIPER, &format!("/api/panels/{panel}/capacity"), body).await;
        assert_eq!(stated.status, 200, "{:?}", stated.json);
        panel
    }

    /// Somebody registers themselves and others as a family; gives its number and the members' registrations.
    pub async fn register(&self, who: &str, people: &[Patient]) -> (String, Vec<String>) {
        let answer = self.post(who, "/api/registrations", family(people)).await;
        assert_eq!(answer.status, 201, "{:?}", answer.json);
        let families = answer.json["families"].as_array().expect("families");
        let family = families.last().expect("a family");
        let members = family["members"].as_array().expect("members").iter();
        let members = members.map(|member| text(&member["registration"])).collect();
        (text(&family["family"]), members)
    }

    /// The coordinator sends these families to a panel.
    pub async fn send(&self, panel: i64, families: &[&str]) -> Answer {
        let path = format!("/api/panels/{panel}/lists");
        self.post(COSMO, &path, json!({"families": families})).await
    }

    /// The states of somebody's registrations.
    pub async fn states(&self, who: &str) -> Vec<String> {
        let mine = self.get(who, "/api/registrations").await;
        let families = mine.json["families"].as_array().expect("families").iter();
        families
            .flat_map(|family| family["members"].as_array().expect("members"))
            .map(|member| text(&member["state"]))
            .collect()
    }
}

/// A sound registration.
pub fn family(people: &[Patient]) -> Value {
    let member = |patient: &Patient| {
        json!({
            "phn": patient.phn, "given": patient.given, "family": patient.family,
            "birthDate": patient.birth, "looking": "provider-retiring", "conditions": ["diabetes"],
        })
    };
    json!({
        "registeredBy": "self", "consent": true, "channel": "email", "email": "somebody@mail.example",
        "language": "en", "postalCode": "V0X 9Z1",
        "members": people.iter().map(member).collect::<Vec<_>>(),
    })
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The proposals of a list, in its order.
pub fn proposals(list: &Value) -> Vec<i64> {
    let all = list["proposals"].as_array().expect("proposals").iter();
    all.map(|proposal| proposal["id"].as_i64().expect("a number")).collect()
}
