//! What is shown, as JSON. A patient is never shown a reason, a score or a place in a line.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::attachment::{ListState, Part, Person, Role, Standing};
use crate::store::{Delegate, FamilyView, ListView, PanelSide, ProposalView};
use crate::workflow::Candidate;

/// A body; kept by nobody on the way, since it is about somebody.
pub(super) struct Json(pub(super) Value);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static("application/json");
        let headers = [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (headers, self.0.to_string()).into_response()
    }
}

pub(super) fn person(person: &Person) -> Value {
    let roles = person.roles.iter().map(|role| match role {
        Role::Provider { practitioner_key } => {
            json!({ "role": "provider", "practitioner": practitioner_key })
        }
        Role::Delegate { practitioner_key } => {
            json!({ "role": "delegate", "practitioner": practitioner_key })
        }
        Role::Director { organization_key } => {
            json!({ "role": "director", "organization": organization_key })
        }
        Role::Coordinator { network } => json!({ "role": "coordinator", "network": network }),
        Role::Agent => json!({ "role": "agent" }),
    });
    json!({ "subject": person.subject, "roles": roles.collect::<Vec<_>>() })
}

pub(super) fn panel(side: &PanelSide) -> Value {
    let stated = side.stated.as_ref();
    json!({
        "id": side.id.0,
        "practitioner": { "key": side.practitioner_key, "name": side.practitioner },
        "organization": { "key": side.organization_key, "name": side.organization },
        "community": side.community.as_ref().map(|(community, _)| community),
        "network": side.community.as_ref().map(|(_, network)| network),
        "size": side.size,
        "capacity": stated.map(|stated| &stated.capacity),
        "statedAt": stated.map(|stated| stated.at),
        "statedBy": stated.map(|stated| &stated.author),
        "open": side.open(),
        "bound": side.room().map(|room| room.bound),
    })
}

pub(super) fn delegates(delegates: &[Delegate]) -> Value {
    json!({ "delegates": delegates.iter().map(delegate).collect::<Vec<_>>() })
}

pub(super) fn delegate(one: &Delegate) -> Value {
    json!({ "subject": one.subject, "practitioner": one.practitioner_key, "since": one.since })
}

fn parts(parts: &[Part]) -> Value {
    parts.iter().map(|part| json!({ "for": part.name, "points": part.points })).collect()
}

pub(super) fn candidate(candidate: &Candidate) -> Value {
    let (ranked, seeker) = (&candidate.ranked, &candidate.seeker);
    json!({
        "family": ranked.family,
        "members": ranked.members,
        "points": ranked.total(),
        "parts": parts(&ranked.parts),
        "registeredAt": seeker.registered_at,
        "complexity": seeker.complexity,
        "km": (seeker.km * 10.0).round() / 10.0,
        "language": seeker.language,
        "interpreter": seeker.interpreter,
        "providerGender": seeker.gender,
    })
}

pub(super) fn list(list: &ListView) -> Value {
    json!({
        "id": list.id,
        "panel": list.panel.0,
        "state": list.state,
        "sentBy": list.made_by,
        "sentAt": list.sent_at,
        "dueAt": list.due_at,
        "open": list.state == ListState::Sent,
        "proposals": list.proposals.iter().map(proposal).collect::<Vec<_>>(),
    })
}

fn proposal(proposal: &ProposalView) -> Value {
    let of = proposal.profile.as_ref();
    json!({
        "id": proposal.id,
        "family": proposal.family,
        "state": proposal.state,
        "reason": proposal.reason,
        "phn": of.map(|_| &proposal.phn),
        "name": of.and_then(|of| of.name.as_ref()),
        "birthDate": of.and_then(|of| of.birth_date),
        "registeredAt": of.map(|of| of.registered_at),
        "complexity": of.map(|of| of.complexity),
        "conditions": of.map(|of| &of.conditions),
        "healthChanged": of.map(|of| of.changed),
        "community": of.map(|of| &of.community_code),
        "communityName": of.map(|of| &of.community),
        "language": of.map(|of| &of.language),
        "interpreter": of.and_then(|of| of.interpreter.as_ref()),
        "reach": of.and_then(|of| of.reach.as_ref()),
        "parts": of.map(|of| parts(&of.parts)),
    })
}

pub(super) fn families(families: &[FamilyView]) -> Value {
    json!({ "families": families.iter().map(family).collect::<Vec<_>>() })
}

pub(super) fn family(family: &FamilyView) -> Value {
    let wishes = &family.wishes;
    let members = family.members.iter().map(|member| {
        json!({
            "registration": member.id,
            "phn": member.phn,
            "name": member.name,
            "preferredName": member.preferred_name,
            "state": member.state,
            "registeredAt": member.registered_at,
            "reconfirmedAt": member.reconfirmed_at,
            "healthChanged": member.changed,
            "conditions": member.conditions,
        })
    });
    // Whoever does not wait stands nowhere.
    let waits = family.members.iter().any(|member| member.state.is_waiting());
    json!({
        "family": family.id,
        "community": wishes.community,
        "communityName": family.community,
        "email": wishes.email,
        "phone": wishes.phone,
        "channel": wishes.channel,
        "language": wishes.language,
        "postalCode": wishes.postal_code,
        "distance": wishes.distance,
        "providerGender": wishes.gender,
        "interpreter": wishes.interpreter,
        "standing": waits.then(|| Standing::after(family.before)),
        "members": members.collect::<Vec<_>>(),
    })
}
