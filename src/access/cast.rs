//! The invented programs and people of the sandbox: who they are, their secrets, and what they are registered for.

use ring::hmac;
use ring::rand::SystemRandom;
use serde::Deserialize;

use crate::attachment::Role;

use super::scope::{Level, Scopes};

const FILE: &str = include_str!("../../fixtures/cast/access.json");

/// Everybody in `fixtures/cast/access.json`.
#[derive(Debug, Deserialize)]
pub struct Cast {
    /// Programs.
    pub clients: Vec<CastClient>,
    /// People who may be signed in through any of them.
    pub users: Vec<CastUser>,
}

/// An invented program.
#[derive(Deserialize)]
pub struct CastClient {
    /// Its `client_id`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its secret, which is no secret.
    pub secret: String,
    /// The scopes that it has in its own name.
    pub scopes: Vec<String>,
    /// Clinics that it is registered for: facility numbers as `system|value`.
    pub facilities: Vec<String>,
}

/// An invented person: a provider, somebody at the desk who acts for providers, a coordinator, a patient.
#[derive(Debug, Deserialize)]
pub struct CastUser {
    /// Their `sub`.
    pub subject: String,
    /// Their name.
    pub name: String,
    /// Providers whom they are registered for: practitioner numbers as `system|value`.
    #[serde(default)]
    pub practitioners: Vec<String>,
    /// What they may do in the attachment workflow.
    #[serde(default)]
    pub roles: Vec<Role>,
}

/// Without the secret: habits should be the same everywhere.
impl std::fmt::Debug for CastClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CastClient").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Cast {
    /// The cast of this build. Nobody, should its file be broken, which a test excludes.
    pub fn load() -> Self {
        serde_json::from_str(FILE).unwrap_or(Cast { clients: Vec::new(), users: Vec::new() })
    }

    /// The program of this id, when that is its secret. Takes as long for a wrong secret as for a nearly right one, and for
    /// a program that there is not.
    pub fn client(&self, id: &str, secret: &str) -> Option<&CastClient> {
        let client = self.clients.iter().find(|client| client.id == id);
        let right = same(client.map_or("", |client| &client.secret), secret);
        client.filter(|_| right)
    }

    /// The person of this id.
    pub fn user(&self, subject: &str) -> Option<&CastUser> {
        self.users.iter().find(|user| user.subject == subject)
    }
}

impl CastClient {
    /// Of the scopes asked for, those that it has: in its own name, or with `person` in the name of somebody signed in, who
    /// may do what the program may. Asked for nothing in particular: all. `None` when nothing is left.
    pub fn granted(&self, asked: Option<&str>, person: bool) -> Option<String> {
        let own = Scopes::of(self.scopes.iter().map(String::as_str), Level::System);
        let level = if person { Level::User } else { Level::System };
        let all: Vec<String> = self
            .scopes
            .iter()
            .filter_map(|scope| scope.strip_prefix(Level::System.prefix()))
            .map(|rest| format!("{}{rest}", level.prefix()))
            .collect();
        let Some(asked) = asked else { return Some(all.join(" ")) };
        let has = |word: &&str| {
            let scopes = Scopes::of_word(word, level);
            scopes != Scopes::NONE && scopes.within(own)
        };
        let left: Vec<&str> = asked.split_ascii_whitespace().filter(has).collect();
        (!left.is_empty()).then(|| left.join(" "))
    }
}

/// Compares by a keyed digest of each, under a key of this moment: no time taken tells how much of a guess is right.
fn same(secret: &str, guess: &str) -> bool {
    let Ok(key) = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()) else {
        return false;
    };
    let wanted = hmac::sign(&key, secret.as_bytes());
    hmac::verify(&key, guess.as_bytes(), wanted.as_ref()).is_ok() && !secret.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::caller::{ClientId, Subject};
    use super::*;

    #[test]
    fn the_file_is_read_and_every_id_in_it_is_one() {
        let cast = Cast::load();
        assert!(cast.clients.len() >= 2 && cast.users.len() >= 2);
        for client in &cast.clients {
            assert!(ClientId::parse(&client.id).is_some(), "{}", client.id);
            assert!(client.secret.len() > 8 && !client.facilities.is_empty());
            let scopes = Scopes::of(client.scopes.iter().map(String::as_str), Level::System);
            assert!(scopes.allows_reading());
        }
        for user in &cast.users {
            assert!(Subject::parse(&user.subject).is_some(), "{}", user.subject);
        }
    }

    #[test]
    fn every_number_in_it_is_one_of_the_registries() {
        let registries = include_str!("../../fixtures/cast/pas.ndjson").to_owned()
            + include_str!("../../fixtures/cast/plr.ndjson");
        let cast = Cast::load();
        let facilities = cast.clients.iter().flat_map(|client| &client.facilities);
        let practitioners = cast.users.iter().flat_map(|user| &user.practitioners);
        for token in facilities.chain(practitioners) {
            let (system, value) = token.split_once('|').unwrap();
            let known = format!("\"system\":\"{system}\",\"value\":\"{value}\"");
            assert!(registries.contains(&known), "{token}");
        }
    }

    #[test]
    fn a_program_is_known_by_its_own_secret_only() {
        let cast = Cast::load();
        let client = cast.client("emr-lantern", "lantern-sandbox-secret").unwrap();
        assert_eq!(client.id, "emr-lantern");
        for (id, secret) in [
            ("emr-lantern", "otter-sandbox-secret"),
            ("emr-lantern", "lantern-sandbox-secre"),
            ("emr-lantern", ""),
            ("emr-nobody", "lantern-sandbox-secret"),
            ("emr-nobody", ""),
            ("", ""),
        ] {
            assert!(cast.client(id, secret).is_none(), "{id} {secret}");
        }
        assert!(!format!("{client:?}").contains("secret"));
    }

    #[test]
    fn scopes_are_granted_within_what_the_program_has() {
        let cast = Cast::load();
        let lantern = cast.client("emr-lantern", "lantern-sandbox-secret").unwrap();
        let board = cast.client("board-fernhollow", "fernhollow-sandbox-secret").unwrap();
        let granted = |client: &CastClient, asked, person| client.granted(asked, person);
        let all = Some("system/Group.read system/Group.write".to_owned());
        assert_eq!(granted(lantern, None, false), all);
        let all = Some("user/Group.read user/Group.write".to_owned());
        assert_eq!(granted(lantern, None, true), all);
        assert_eq!(granted(lantern, Some("system/*.rs"), false).as_deref(), Some("system/*.rs"));
        assert_eq!(granted(lantern, Some("user/Group.read"), false), None);
        assert_eq!(granted(lantern, Some("system/Group.read"), true), None);
        assert_eq!(granted(board, Some("system/Group.write"), false), None);
        assert_eq!(granted(board, Some("system/*.cruds"), false), None);
        let some = granted(board, Some("openid system/Group.read system/Group.write"), false);
        assert_eq!(some.as_deref(), Some("system/Group.read"));
        assert_eq!(granted(lantern, Some("  "), false), None);
    }
}
