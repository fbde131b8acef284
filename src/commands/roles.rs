//! `pas areas`, `pas role`: what the attachment workflow needs before anybody can use it.

use std::process::ExitCode;

use crate::access::Subject;
use crate::attachment::Role;
use crate::cli::{AreasArgs, RoleAct, RoleArg, RoleArgs, RoleOfArgs};
use crate::clock::Clock;

use super::CommandError;
use super::grants::{not_an_id, with_store};

pub(super) fn areas(args: &AreasArgs) -> Result<ExitCode, CommandError> {
    let name = args.file.display().to_string();
    let text = std::fs::read(&args.file).map_err(CommandError::io(name.clone()))?;
    let file = serde_json::from_slice(&text)
        .map_err(|error| CommandError::Told(format!("{name}: {error}")))?;
    with_store(&args.shared, async |store| store.load_areas(&file).await)?;
    eprintln!("Loaded {name}.");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn role(args: &RoleArgs) -> Result<ExitCode, CommandError> {
    let (RoleAct::Give(of) | RoleAct::Take(of)) = &args.act;
    let subject = Subject::parse(&of.subject).ok_or_else(not_an_id)?;
    let (role, now) = (read(of)?, Clock::System.now());
    let done = with_store(&of.shared, async |store| match &args.act {
        RoleAct::Give(_) => {
            store.give_role(subject.as_str(), &role, "pas role", now).await.map(|()| true)
        }
        RoleAct::Take(_) => store.take_role(subject.as_str(), &role, now).await,
    })?;
    if !done {
        return Err(CommandError::Told("nobody of that name has this role".into()));
    }
    Ok(ExitCode::SUCCESS)
}

fn read(of: &RoleOfArgs) -> Result<Role, CommandError> {
    // What the others are about is there: the command line asks for it.
    let about = of.about.clone().unwrap_or_default();
    Ok(match of.role {
        RoleArg::Provider => Role::Provider { practitioner_key: about },
        RoleArg::Delegate => Role::Delegate { practitioner_key: about },
        RoleArg::Director => Role::Director { organization_key: about },
        RoleArg::Coordinator => Role::Coordinator { network: about },
        RoleArg::Agent if of.about.is_some() => {
            return Err(CommandError::Told("an agent is about nobody in particular".into()));
        }
        RoleArg::Agent => Role::Agent,
    })
}
