//! A coordinator's choice for a panel, and what becomes of the lists that were sent.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use uuid::Uuid;

use crate::attachment::{FamilyId, Ground, LeaveOutReason};
use crate::panel::PanelId;
use crate::store::PanelSide;
use crate::workflow::{Candidate, LeftOut, Refusal, Sending};

use super::super::App;
use super::super::api::problem::Problem;
use super::asked::{Done, Fields, panel_id};
use super::capacity::Choosable;
use super::clinic_card::ClinicCard;
use super::layout::Page;
use super::refused::{mendable, shown};
use super::review::ListShown;
use super::visitor::{Form, Visitor};
use super::words::{self, Today};

#[derive(Template)]
#[template(path = "web/candidates.html")]
struct CandidatesPage<'p> {
    form_key: &'p str,
    side: &'p PanelSide,
    network: &'p str,
    done: Option<&'static str>,
    fault: Option<&'p str>,
    fitting: Vec<CandidateShown>,
    next: Vec<CandidateShown>,
    lists: Vec<ListShown>,
    waits_for_answers: bool,
    clinic: Option<ClinicCard>,
}

struct CandidateShown {
    family: Uuid,
    who: String,
    points: u32,
    why: Vec<String>,
    complexity: &'static str,
    km: String,
    waited: String,
    language: String,
    interpreter: Option<String>,
    /// They are among those whom there is room for.
    fits: bool,
    chosen: bool,
    /// Where on the list the coordinator wants them, as it was typed.
    place: String,
    reasons: Vec<Choosable<'static>>,
}

impl CandidateShown {
    /// A candidate, chosen if `fits`, or as it was chosen in a form that was not taken.
    fn of(candidate: &Candidate, fits: bool, again: Option<&NotTaken>, today: Today) -> Self {
        let (ranked, seeker) = (&candidate.ranked, &candidate.seeker);
        let family = ranked.family;
        let sent = again.map(|again| &again.sending);
        let out = |sending: &Sending| {
            let out = sending.left_out.iter().find(|out| out.family == family);
            out.map(|out| out.reason)
        };
        let left_out = sent.and_then(out);
        let reason = |reason: &LeaveOutReason| Choosable {
            value: reason.word(),
            text: words::leave_out_reason(*reason),
            chosen: left_out == Some(*reason),
        };
        CandidateShown {
            family: family.0,
            who: match ranked.members {
                1 => "One person".to_owned(),
                members => format!("A family of {members}"),
            },
            points: ranked.total(),
            why: ranked.parts.iter().map(words::part).collect(),
            complexity: words::complexity(seeker.complexity),
            km: format!("{:.0} km", seeker.km),
            waited: today.waited(seeker.registered_at),
            language: words::language(&seeker.language).to_owned(),
            interpreter: seeker.interpreter.as_deref().map(|tag| words::language(tag).to_owned()),
            fits,
            chosen: sent.map_or(fits, |sending| sending.families.contains(&family)),
            place: again.map(|again| again.places.of(family).to_owned()).unwrap_or_default(),
            reasons: LeaveOutReason::ALL.iter().map(reason).collect(),
        }
    }
}

/// The places on the list that were typed.
#[derive(Default)]
struct Places(Vec<(FamilyId, String)>);

impl Places {
    fn typed(fields: &Fields) -> Self {
        let place = |(name, value): &(String, String)| {
            let family = Uuid::try_parse(name.strip_prefix("place-")?).ok()?;
            Some((FamilyId(family), value.trim().to_owned()))
        };
        Places(fields.iter().filter_map(place).collect())
    }

    fn of(&self, family: FamilyId) -> &str {
        let found = self.0.iter().find(|(known, _)| *known == family);
        found.map_or("", |(_, typed)| typed)
    }

    /// Whoever has a place comes there; all others stay in the order of the page.
    fn order(&self, families: &mut Vec<FamilyId>) -> Result<(), Refusal> {
        let (mut placed, mut ordered) = (Vec::new(), Vec::new());
        for family in families.iter().copied() {
            match (self.of(family), self.of(family).parse::<usize>()) {
                ("", _) => ordered.push(family),
                (_, Ok(place)) if place > 0 => placed.push((place, family)),
                _ => {
                    let text = "A place on the list is a number, such as 1.";
                    return Err(Refusal::Invalid(Ground::Number, text.to_owned()));
                }
            }
        }
        placed.sort_by_key(|(place, _)| *place);
        for (place, family) in placed {
            ordered.insert(ordered.len().min(place - 1), family);
        }
        *families = ordered;
        Ok(())
    }
}

/// The list of a form: `take` for whoever is on it, in the order of the page, and `why-N` for those who are left out.
fn sending(fields: &Fields) -> Result<Sending, Refusal> {
    let invalid =
        || Refusal::Invalid(Ground::Shape, "That is no list that can be sent.".to_owned());
    let number = |text: &str| Uuid::try_parse(text).map(FamilyId).map_err(|_| invalid());
    let mut sending = Sending { families: Vec::new(), left_out: Vec::new() };
    for (_, value) in fields.iter().filter(|(name, _)| name == "take") {
        sending.families.push(number(value)?);
    }
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let Some(family) = name.strip_prefix("why-") else { continue };
        let (family, reason) = (number(family)?, LeaveOutReason::of(value).ok_or_else(invalid)?);
        // Whoever is ticked is on the list, whatever stands beside them.
        if !sending.families.contains(&family) {
            sending.left_out.push(LeftOut { family, reason });
        }
    }
    Ok(sending)
}

/// Those who fit and are neither on the list nor left out for a reason: the form names everybody who fits.
fn unexplained(fields: &Fields, sending: &Sending) -> Option<Refusal> {
    let fits = fields.iter().filter(|(name, _)| name == "fits");
    let told = |id: &str| {
        let out = sending.left_out.iter().map(|out| &out.family);
        sending.families.iter().chain(out).any(|family| family.0.to_string() == id)
    };
    let missing = fits.filter(|(_, id)| !told(id)).count();
    let missing = i64::try_from(missing).ok().filter(|missing| *missing > 0)?;
    let who = words::count(missing, "candidate who fits is", "candidates who fit are");
    Some(Refusal::Invalid(
        Ground::Answer,
        format!("{who} left out without a reason. Choose why, or tick them again."),
    ))
}

/// A list that was not taken, and why.
struct NotTaken {
    sending: Sending,
    places: Places,
    problem: Problem,
}

async fn page_of(
    app: &App,
    visitor: &Visitor,
    panel: PanelId,
    done: Option<&'static str>,
    again: Option<NotTaken>,
) -> Result<Response, Refusal> {
    let desk = visitor.desk(app);
    let choice = desk.choice(panel).await?;
    let lists = desk.lists(panel).await?;
    let clinic = desk.clinic_of(panel).await?;
    let today = Today::of(app);
    let all = |candidates: &[Candidate], fits| -> Vec<CandidateShown> {
        candidates.iter().map(|one| CandidateShown::of(one, fits, again.as_ref(), today)).collect()
    };
    let lists: Vec<ListShown> = lists.iter().map(|list| ListShown::all_told(list, today)).collect();
    let status = again.as_ref().map_or(StatusCode::OK, |again| again.problem.status);
    let content = CandidatesPage {
        form_key: &visitor.form_key,
        side: &choice.side,
        network: choice.side.community.as_ref().map_or("", |(_, network)| network),
        done,
        fault: again.as_ref().map(|again| again.problem.detail.as_str()),
        fitting: all(&choice.fitting, true),
        next: all(&choice.next, false),
        waits_for_answers: lists.iter().any(|list| list.waits),
        lists,
        clinic: clinic
            .map(|kept| ClinicCard::for_coordinators(&choice.side.organization, kept.details)),
    };
    let title = format!("Candidates for {}", choice.side.practitioner);
    Ok(Page::of(visitor, &title).status(status).show(&content))
}

/// `GET /my/panels/{panel}/candidates`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(panel): Path<String>,
    Query(told): Query<Done>,
) -> Response {
    let done = words::done(told.done.as_deref());
    let page = async { page_of(&app, &visitor, panel_id(&panel)?, done, None).await };
    shown(&visitor, page.await)
}

/// `POST /my/panels/{panel}/lists`
pub(super) async fn send(
    State(app): State<Arc<App>>,
    Path(panel): Path<String>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let (panel, mut sending) = (panel_id(&panel)?, sending(&fields)?);
        let places = Places::typed(&fields);
        let ordered = places.order(&mut sending.families);
        let sent = match ordered.err().or_else(|| unexplained(&fields, &sending)) {
            Some(refusal) => Err(refusal),
            None => visitor.desk(&app).send_list(panel, &sending).await,
        };
        match sent {
            Ok(_) => {
                let to = format!("/my/panels/{}/candidates?done=list", panel.0);
                Ok(Redirect::to(&to).into_response())
            }
            Err(refusal) => {
                let again = Some(NotTaken { sending, places, problem: mendable(refusal)? });
                page_of(&app, &visitor, panel, None, again).await
            }
        }
    };
    shown(&visitor, page.await)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "00000000-0000-0000-0000-000000000001";
    const TWO: &str = "00000000-0000-0000-0000-000000000002";

    #[test]
    fn whoever_is_ticked_is_sent_and_whoever_is_not_has_the_reason_beside_them() {
        let form = format!("take={TWO}&why-{TWO}=other&why-{ONE}=balance&form_key=x");
        let sending = sending(&serde_urlencoded::from_str(&form).unwrap()).unwrap();
        assert_eq!(sending.families, [FamilyId(Uuid::from_u128(2))]);
        let out: Vec<_> = sending.left_out.iter().map(|out| (out.family, out.reason)).collect();
        assert_eq!(out, [(FamilyId(Uuid::from_u128(1)), LeaveOutReason::Balance)]);
    }

    #[test]
    fn whoever_is_not_ticked_and_has_no_reason_is_not_on_the_list_at_all() {
        let form = format!("take={TWO}&why-{ONE}=&why-{TWO}=");
        let sending = sending(&serde_urlencoded::from_str(&form).unwrap()).unwrap();
        assert_eq!((sending.families.len(), sending.left_out.len()), (1, 0));
    }
}
