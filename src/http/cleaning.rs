//! A clean-up batch by batch, for programs and on pages alike.

use std::time::Instant;

use axum::response::{IntoResponse, Response};

use crate::access::ClientId;
use crate::attachment::Became;
use crate::fault::Code;
use crate::store::PanelSide;
use crate::workflow::{Desk, Picked, Refusal};

use super::App;
use super::api::problem::Problem;

/// Why a batch was not done.
#[derive(Debug)]
pub(super) enum NotDone {
    /// Too many people did not match: somebody may be guessing.
    TooMany,
    /// The database.
    Refused(Refusal),
}

/// Carries out one batch. People who do not match are counted as a message's are.
pub(super) async fn batch(
    app: &App,
    desk: &Desk<'_>,
    client: Option<&ClientId>,
    (side, people): (&PanelSide, &[Picked]),
) -> Result<Vec<Became>, NotDone> {
    let counted = app.door.limiter().zip(client);
    if let Some((limiter, client)) = counted {
        limiter.may_match(client, Instant::now()).map_err(|_| NotDone::TooMany)?;
    }
    let became = desk.clean(side, people).await.map_err(NotDone::Refused)?;
    if let Some((limiter, client)) = counted {
        let unmatched = became.iter().filter(|one| **one == Became::NoMatch).count();
        limiter.charge_failed_matches(client, unmatched, Instant::now());
    }
    Ok(became)
}

impl NotDone {
    /// As the answer to a request of which nothing was done.
    pub(super) fn answer(self, app: &App) -> Response {
        match self {
            NotDone::TooMany => app.alone(Code::TooManyFailedMatches).into_response(),
            NotDone::Refused(refusal) => Problem::from(refusal).into_response(),
        }
    }

    /// As what became of everybody in the batch. The log is told why.
    pub(super) fn of_all(self, people: &[Picked]) -> Vec<Became> {
        if let NotDone::Refused(refusal) = self {
            // It is told to the log as it is made.
            let _ = Problem::from(refusal);
        }
        vec![Became::NotDone; people.len()]
    }
}
