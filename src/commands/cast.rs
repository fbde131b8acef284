//! The invented cast of `fixtures/cast/`, part of the binary so that the sandbox needs no checkout.

use crate::access::{Cast, CastUser, ClientId, Subject};
use crate::clock::Clock;
use crate::message::Naming;
use crate::store::{Party, Registry, Store};

use super::CommandError;
use super::import::{Source, load as load_file};

const CAST: [(Registry, &str, &str); 3] = [
    (Registry::Plr, "plr.ndjson", include_str!("../../fixtures/cast/plr.ndjson")),
    (Registry::Pas, "pas.ndjson", include_str!("../../fixtures/cast/pas.ndjson")),
    (
        Registry::ClientRegistry,
        "client-registry.ndjson",
        include_str!("../../fixtures/cast/client-registry.ndjson"),
    ),
];

/// Loads the cast into registries that hold nothing yet, and registers its programs where nobody is registered; others are
/// left as they are. Whether all of it was loaded.
///
/// # Errors
/// When the database does not answer.
pub async fn load(store: &Store) -> Result<bool, CommandError> {
    let mut whole = true;
    for (registry, name, text) in CAST {
        if !store.is_empty(registry).await? {
            whole = false;
            continue;
        }
        let source =
            Source { name: name.to_owned(), lines: Box::new(text.as_bytes()), bytes: None };
        let (_, lines) = load_file(store, registry, source, &Naming::default(), false).await?;
        if let Some(line) = lines.first() {
            return Err(CommandError::Told(format!("{name}:{}: {}", line.number, line.reason)));
        }
    }
    if store.has_no_areas().await? {
        let areas = serde_json::from_str(include_str!("../../fixtures/cast/areas.json"));
        let areas = areas.map_err(|error| CommandError::Told(format!("areas.json: {error}")))?;
        store.load_areas(&areas).await?;
    }
    if store.grants().await?.is_empty() {
        register(store).await?;
    }
    Ok(whole)
}

/// Registers the cast's programs and persons for their clinics and providers; some of these are in the cast for not being
/// in PAS.
async fn register(store: &Store) -> Result<(), CommandError> {
    let (cast, now) = (Cast::load(), Clock::System.now());
    let clients = cast.clients.iter().filter_map(|client| {
        let party = Party::Client(ClientId::parse(&client.id)?);
        Some((party, client.name.as_str(), client.facilities.as_slice()))
    });
    let speaks = |user: &&CastUser| !user.practitioners.is_empty();
    let persons = cast.users.iter().filter(speaks).filter_map(|user| {
        let party = Party::Person(Subject::parse(&user.subject)?);
        Some((party, "", user.practitioners.as_slice()))
    });
    for (party, name, tokens) in clients.chain(persons) {
        store.grant(&party, name, tokens, now).await?;
    }
    for user in &cast.users {
        for role in &user.roles {
            store.give_role(&user.subject, role, "the sandbox", now).await?;
        }
    }
    Ok(())
}
