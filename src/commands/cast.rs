//! The invented cast of `fixtures/cast/`, part of the binary so that the sandbox needs no checkout.

use crate::message::Naming;
use crate::store::{Registry, Store};

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

/// Loads the cast into registries that hold nothing yet; others are left as they are.
///
/// # Errors
/// When the database does not answer.
pub async fn load(store: &Store) -> Result<(), CommandError> {
    for (registry, name, text) in CAST {
        if !store.is_empty(registry).await? {
            continue;
        }
        let source =
            Source { name: name.to_owned(), lines: Box::new(text.as_bytes()), bytes: None };
        let (_, lines) = load_file(store, registry, source, &Naming::default(), false).await?;
        if let Some(line) = lines.first() {
            return Err(CommandError::Told(format!("{name}:{}: {}", line.number, line.reason)));
        }
    }
    Ok(())
}
