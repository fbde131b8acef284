//! `pas grant`, `pas revoke`, `pas grants`: who may speak for whom.

use std::io::Write as _;
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::access::{ClientId, Subject};
use crate::cli::{GrantArgs, GrantParty, GrantsArgs, RevokeArgs, RevokeParty, SharedArgs};
use crate::clock::Clock;
use crate::config;
use crate::message::Naming;
use crate::store::{Party, Registration, Store};

use super::database::Database;
use super::{CommandError, runtime, store};

pub(super) fn grant(args: &GrantArgs) -> Result<ExitCode, CommandError> {
    let (shared, party, name, tokens) = match &args.party {
        GrantParty::Client(client) => {
            let naming = config::naming(&client.naming);
            let tokens = tokens(&naming.facility, &client.facilities);
            (&client.shared, self::client(&client.id)?, client.name.as_str(), tokens)
        }
        GrantParty::Person(person) => {
            let naming = config::naming(&person.naming);
            let tokens = tokens(&naming.practitioner, &person.practitioners);
            (&person.shared, self::person(&person.subject)?, "", tokens)
        }
    };
    let unknown = with_store(shared, async |store| {
        let unknown = store.unknown(&party, &tokens).await?;
        if unknown.is_empty() {
            store.grant(&party, name, &tokens, Clock::System.now()).await?;
        }
        Ok(unknown)
    })?;
    if !unknown.is_empty() {
        let text = format!("PAS knows nothing of {}; nothing was granted", unknown.join(", "));
        return Err(CommandError::Told(text));
    }
    eprintln!("The {} {} may speak for {}.", party.kind(), party.id(), tokens.join(", "));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn revoke(args: &RevokeArgs) -> Result<ExitCode, CommandError> {
    let (shared, party) = match &args.party {
        RevokeParty::Client(revoked) => (&revoked.shared, client(&revoked.id)?),
        RevokeParty::Person(revoked) => (&revoked.shared, person(&revoked.id)?),
    };
    let done = with_store(shared, async |store| store.revoke(&party, Clock::System.now()).await)?;
    if !done {
        let text = format!("no {} {} is registered", party.kind(), party.id());
        return Err(CommandError::Told(text));
    }
    eprintln!("The {} {} may speak for nobody any more.", party.kind(), party.id());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn list(args: &GrantsArgs) -> Result<ExitCode, CommandError> {
    let registrations = with_store(&args.shared, async |store| store.grants().await)?;
    let text: String = registrations.iter().map(line).collect();
    std::io::stdout().write_all(text.as_bytes()).map_err(CommandError::io("standard output"))?;
    Ok(ExitCode::SUCCESS)
}

/// One registration, its parts between tabs.
fn line(registration: &Registration) -> String {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let Registration { party, name, tokens, granted_at, revoked_at } = registration;
    let state = match revoked_at {
        Some(at) => format!("revoked {}", time(*at)),
        None => format!("granted {}", time(*granted_at)),
    };
    let parts = [party.kind(), party.id(), name, &state, &tokens.join(" ")];
    parts.join("\t") + "\n"
}

/// Bare numbers are of the first system: a grant says what it means.
fn tokens(systems: &[String], ids: &[String]) -> Vec<String> {
    let token = |id: &String| match id.split_once('|') {
        Some(_) => id.clone(),
        None => format!("{}|{id}", Naming::emitted(systems)),
    };
    ids.iter().map(token).collect()
}

fn client(id: &str) -> Result<Party, CommandError> {
    ClientId::parse(id).map(Party::Client).ok_or_else(not_an_id)
}

fn person(subject: &str) -> Result<Party, CommandError> {
    Subject::parse(subject).map(Party::Person).ok_or_else(not_an_id)
}

pub(super) fn not_an_id() -> CommandError {
    CommandError::Told("an id has 1 to 200 printable ASCII characters and no space".into())
}

pub(super) fn with_store<T>(
    shared: &SharedArgs,
    work: impl AsyncFnOnce(&Store) -> Result<T, crate::store::StoreError>,
) -> Result<T, CommandError> {
    let database = Database::open(shared)?;
    let done = runtime()?.block_on(async {
        let store = store(&database).await?;
        let done = work(&store).await?;
        store.close().await;
        Ok::<_, CommandError>(done)
    });
    database.close()?;
    done
}
