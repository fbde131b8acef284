//! The invented people of the sandbox who wait for a provider: registered by the same desk as everybody, some time ago.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use serde::Deserialize;

use crate::access::{Caller, ClientId, Subject};
use crate::attachment::Person;
use crate::audit::Origin;
use crate::clock::Clock;
use crate::message::Naming;
use crate::process::Service;
use crate::store::Registry;
use crate::workflow::{Desk, Refusal, Registering};

use super::CommandError;
use super::import::{Source, load};

/// Who they are, as the Client Registry has them.
const PEOPLE: &str = include_str!("../../fixtures/cast/waiting.ndjson");
/// How they registered, and how long ago.
const FAMILIES: &str = include_str!("../../fixtures/cast/waiting.json");
/// In whose name they are on file: nobody signs in by it.
const SUBJECT: &str = "invented.people.who.wait";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Waiting {
    days_ago: i64,
    registering: Registering,
}

/// Registers them, where nobody is registered.
///
/// # Errors
/// When the database does not answer, or one of them does not match, which a test excludes.
pub(super) async fn register(mut service: Service) -> Result<(), CommandError> {
    if !service.store.has_no_registrations().await? {
        return Ok(());
    }
    let source =
        Source { name: "waiting.ndjson".into(), lines: Box::new(PEOPLE.as_bytes()), bytes: None };
    load(&service.store, Registry::ClientRegistry, source, &Naming::default(), false).await?;
    let families: Vec<Waiting> = serde_json::from_str(FAMILIES)
        .map_err(|error| CommandError::Told(format!("waiting.json: {error}")))?;
    let now = Clock::System.now();
    let clock = Arc::new(Mutex::new(now));
    service.clock = Clock::Moved(clock.clone());
    let person = Person { subject: SUBJECT.into(), roles: Vec::new() };
    let caller = match (ClientId::parse("pas"), Subject::parse(SUBJECT)) {
        (Some(client), Some(subject)) => Caller::User { client, subject },
        _ => Caller::Unchecked,
    };
    let origin = Origin { request_id: Clock::System.id(), caller: &caller, address: None };
    let desk = Desk { service: &service, person: &person, origin };
    let told = |refusal: Refusal| CommandError::Told(format!("waiting.json: {refusal}"));
    for Waiting { days_ago, registering } in families {
        *clock.lock().unwrap_or_else(PoisonError::into_inner) = now - TimeDelta::days(days_ago);
        desk.register(&registering).await.map_err(told)?;
    }
    // They said since that they are still looking.
    *clock.lock().unwrap_or_else(PoisonError::into_inner) = now;
    let families = desk.families().await.map_err(told)?;
    for member in families.iter().flat_map(|family| &family.members) {
        desk.reconfirm(member.id).await.map_err(told)?;
    }
    Ok(())
}
