//! `pas audit`: verify, export, seal.

use std::io::Write as _;
use std::process::ExitCode;

use chrono::{DateTime, FixedOffset, Utc};

use crate::audit::{Finding, Verified, audit_event};
use crate::cli::{
    AuditArgs, AuditCommand, AuditExportArgs, AuditSealArgs, AuditVerifyArgs, Moment, SharedArgs,
};
use crate::clock::Clock;
use crate::config;
use crate::message::Naming;
use crate::store::{Sealed, Store, TrailQuestion};

use super::database::Database;
use super::{CommandError, runtime, sealing, store};

pub(super) fn shared(args: &AuditArgs) -> &SharedArgs {
    match &args.command {
        AuditCommand::Verify(args) => &args.shared,
        AuditCommand::Export(args) => &args.shared,
        AuditCommand::Seal(args) => &args.shared,
    }
}

pub(super) fn run(args: &AuditArgs) -> Result<ExitCode, CommandError> {
    let database = Database::open(shared(args))?;
    let done = runtime()?.block_on(async {
        let store = store(&database).await?;
        let done = match &args.command {
            AuditCommand::Verify(args) => verify(&store, args).await,
            AuditCommand::Export(args) => export(&store, args).await,
            AuditCommand::Seal(args) => seal(&store, args).await,
        };
        store.close().await;
        done
    });
    database.close()?;
    done
}

fn say(text: &str) -> Result<(), CommandError> {
    std::io::stdout().write_all(text.as_bytes()).map_err(CommandError::io("standard output"))
}

async fn verify(store: &Store, args: &AuditVerifyArgs) -> Result<ExitCode, CommandError> {
    let mut said = Ok(());
    let mut tell = |finding: Finding| {
        let next = say(&format!("{finding}\n"));
        said = std::mem::replace(&mut said, Ok(())).and(next);
    };
    let verified = store.verify(Clock::System.now(), &args.expect, &mut tell).await?;
    said?;
    say(&summary(&verified))?;
    Ok(if verified.findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary(verified: &Verified) -> String {
    let Verified { seals, events, unsealed, head, findings } = verified;
    let word = if *findings == 0 { "sound" } else { "NOT SOUND" };
    let head = head.map(|hash| format!("; the last seal is {hash}")).unwrap_or_default();
    format!("{word}: {seals} seals over {events} events, {unsealed} not sealed yet{head}\n")
}

async fn export(store: &Store, args: &AuditExportArgs) -> Result<ExitCode, CommandError> {
    let offset = config::offset(args.utc_offset);
    let question = TrailQuestion {
        since: args.since.and_then(|moment| instant(moment, offset)),
        until: args.until.and_then(|moment| instant(moment, offset)),
        patient: args.patient.clone(),
        client: args.client.clone(),
    };
    let naming = Naming::default();
    let mut trail = store.trail(&question).await?;
    loop {
        let events = trail.page().await?;
        if events.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        let lines: String = events.iter().map(|event| audit_event(event, &naming) + "\n").collect();
        say(&lines)?;
    }
}

/// A day begins in the province, not at Greenwich.
fn instant(moment: Moment, offset: FixedOffset) -> Option<DateTime<Utc>> {
    match moment {
        Moment::Day(day) => Clock::start_of(day, offset),
        Moment::Instant(at) => Some(at),
    }
}

async fn seal(store: &Store, _args: &AuditSealArgs) -> Result<ExitCode, CommandError> {
    let mut sealed = 0;
    loop {
        match store.seal(Clock::System.now()).await? {
            Sealed::Yes { seal, more } => {
                sealing::tell(&seal);
                say(&format!("seal {} {}\n", seal.number, seal.hash))?;
                sealed += seal.count;
                if more {
                    continue;
                }
            }
            Sealed::Nothing => {}
            Sealed::Elsewhere => eprintln!("A server is sealing at this moment."),
        }
        eprintln!("{sealed} events sealed.");
        return Ok(ExitCode::SUCCESS);
    }
}
