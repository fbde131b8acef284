//! What is sent and answered under `/api`, as schemas. Words are those of the code.

use serde_json::{Value, json};

use crate::attachment::{
    Answer, Bound, Complexity, DeclineReason, Field, Gender, Ground, LeaveOutReason, ListState,
    PartName, ProposalState, RegistrationState, Standing,
};
use crate::panel::Status;

use super::shapes::{
    all_of, day, flag, instant, list_of, nullable, number, object, of, of_many, or_null, phn, text,
    uuid, words, words_or_null,
};
use super::workflow_clinics::clinics;
use super::workflow_notices::notices;
use super::workflow_papers::cleaning;

/// Every schema, by name.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let known = [panels(), overview(), lists(), families(), registering(), papers()];
    let others = [clinics(), cleaning(), notices()];
    known.into_iter().chain(others).flatten().collect()
}

fn panels() -> Vec<(&'static str, Value)> {
    let named = || all_of(json!({"key": text(), "name": text()}));
    let role = json!({"role": {"type": "string", "enum": ["provider", "delegate", "director", "coordinator", "agent"]}});
    let about = json!({"practitioner": text(), "organization": text(), "network": text()});
    let mix = all_of(json!({"low": number(), "medium": number(), "high": number()}));
    let known = json!({
        "id": number(), "practitioner": named(), "organization": named(), "community": or_null("string"),
        "network": or_null("string"), "size": number(), "capacity": {"oneOf": [of("Capacity"), {"type": "null"}]},
        "statedAt": {"type": ["string", "null"], "format": "date-time"}, "statedBy": or_null("string"), "open": number(),
        "bound": words_or_null(Bound::ALL, Bound::word),
    });
    let wished = json!({
        "monthly": or_null("integer"), "desiredSize": or_null("integer"), "mix": {"oneOf": [mix, {"type": "null"}]},
        "gender": words_or_null(Gender::ALL, Gender::word), "languages": list_of(text()),
    });
    let delegate = json!({"subject": text(), "practitioner": text(), "since": instant()});
    let target = || object(json!({"dueOn": day()}), json!({"size": or_null("integer")}));
    let problem = json!({"status": number(), "title": text(), "code": words(Ground::ALL, Ground::word), "detail": text()});
    vec![
        ("Problem", all_of(problem)),
        ("Me", all_of(json!({"subject": text(), "roles": list_of(object(role, about))}))),
        ("Panels", all_of(json!({"panels": of_many("Panel")}))),
        ("Panel", all_of(known)),
        ("Capacity", object(json!({"accepting": flag(), "anticipated": number()}), wished)),
        ("Target", target()),
        ("Targets", all_of(json!({"targets": of_many("Target")}))),
        ("Delegates", all_of(json!({"delegates": list_of(all_of(delegate))}))),
    ]
}

fn overview() -> Vec<(&'static str, Value)> {
    let named = || all_of(json!({"code": text(), "name": text()}));
    let community = json!({
        "code": text(), "name": text(), "people": number(), "families": number(), "medianDays": or_null("number"),
    });
    let network = json!({
        "network": named(), "communities": list_of(all_of(community)), "panels": of_many("Panel"),
    });
    let member = json!({
        "phn": phn(), "name": or_null("string"), "birthDate": {"type": ["string", "null"], "format": "date"},
        "status": one_of(&["pending", "confirmed", "not-mrp", "removed"]), "deceased": flag(), "since": instant(),
        "reason": text(), "author": text(),
    });
    let members = json!({"members": list_of(all_of(member)), "more": flag()});
    vec![
        ("Networks", all_of(json!({"networks": list_of(named())}))),
        ("Network", all_of(network)),
        (
            "MemberSearch",
            object(
                json!({}),
                json!({"words": text(), "left": flag(), "skip": {"type": "integer", "minimum": 0, "maximum": 65_535}}),
            ),
        ),
        ("Members", all_of(members)),
        ("Communities", all_of(json!({"communities": list_of(named())}))),
        ("Conditions", all_of(json!({"conditions": list_of(named())}))),
    ]
}

fn lists() -> Vec<(&'static str, Value)> {
    let part = all_of(json!({"for": words(PartName::ALL, PartName::word), "points": number()}));
    let parts = || list_of(part.clone());
    let complexity = || words(Complexity::ALL, Complexity::word);
    let candidate = json!({
        "family": uuid(), "members": number(), "points": number(), "parts": parts(), "registeredAt": instant(),
        "complexity": complexity(), "km": {"type": "number"}, "language": text(), "interpreter": or_null("string"),
        "providerGender": words_or_null(Gender::ALL, Gender::word),
    });
    let list = json!({
        "id": uuid(), "panel": number(), "state": words(ListState::ALL, ListState::word), "sentBy": text(),
        "sentAt": instant(), "dueAt": instant(), "open": flag(), "proposals": of_many("Proposal"),
    });
    let proposal = json!({
        "id": number(), "family": nullable(uuid()), "state": words(ProposalState::ALL, ProposalState::word),
        "reason": or_null("string"), "phn": nullable(phn()), "name": or_null("string"), "birthDate": nullable(day()),
        "registeredAt": nullable(instant()), "complexity": words_or_null(Complexity::ALL, Complexity::word),
        "conditions": nullable(list_of(text())), "healthChanged": or_null("boolean"), "community": or_null("string"), "communityName": or_null("string"),
        "language": or_null("string"), "interpreter": or_null("string"), "reach": or_null("string"),
        "parts": nullable(parts()),
    });
    let reason = words(LeaveOutReason::ALL, LeaveOutReason::word);
    let left_out = all_of(json!({"family": uuid(), "reason": reason}));
    let answer = json!({"proposal": number(), "answer": words(Answer::ALL, Answer::word)});
    let why = json!({"reason": words_or_null(DeclineReason::ALL, DeclineReason::word)});
    let sending = json!({"families": {"type": "array", "minItems": 1, "items": uuid()}});
    vec![
        (
            "Candidates",
            all_of(json!({"candidates": of_many("Candidate"), "next": of_many("Candidate")})),
        ),
        ("Candidate", all_of(candidate)),
        ("Lists", all_of(json!({"lists": of_many("List")}))),
        ("List", all_of(list)),
        ("Proposal", all_of(proposal)),
        ("Sending", object(sending, json!({"leftOut": list_of(left_out)}))),
        ("Answers", all_of(json!({"answers": list_of(object(answer, why))}))),
        ("Confirmations", all_of(json!({"proposals": list_of(number())}))),
    ]
}

fn families() -> Vec<(&'static str, Value)> {
    let member = json!({
        "registration": uuid(), "phn": phn(), "name": or_null("string"), "preferredName": or_null("string"),
        "state": words(RegistrationState::ALL, RegistrationState::word), "registeredAt": instant(), "reconfirmedAt": instant(),
        "healthChanged": flag(), "conditions": list_of(text()),
    });
    let mut standing = words_or_null(Standing::ALL, Standing::word);
    standing["description"] =
        "How far along they are in their community; null where nobody of them waits".into();
    let family = json!({
        "family": uuid(), "community": text(), "communityName": text(), "standing": standing, "members": list_of(all_of(member)),
        "email": or_null("string"), "phone": or_null("string"), "channel": channel(), "language": text(),
        "postalCode": or_null("string"), "distance": {"enum": [5, 20, 50, null]},
        "providerGender": words_or_null(Gender::ALL, Gender::word), "interpreter": or_null("string"),
    });
    vec![
        ("Family", all_of(family)),
        ("Families", all_of(json!({"families": of_many("Family")}))),
        ("Finding", all_of(json!({"phn": text(), "family": text(), "birthDate": day()}))),
        ("Leaving", all_of(json!({"registrations": list_of(uuid())}))),
        ("Nothing", all_of(json!({}))),
    ]
}

fn one_of(words: &[&str]) -> Value {
    json!({"type": "string", "enum": words})
}

fn channel() -> Value {
    one_of(&["email", "phone", "text"])
}

/// What a family may tell of how to reach it and what it would like.
fn wishes() -> Value {
    json!({
        "email": or_null("string"), "phone": or_null("string"), "postalCode": or_null("string"),
        "community": or_null("string"), "distance": {"enum": [5, 20, 50, null]},
        "providerGender": words_or_null(Gender::ALL, Gender::word), "interpreter": or_null("string"),
    })
}

/// The same, changed later, with the health of its members.
fn updating() -> Value {
    let health = object(
        json!({"registration": uuid()}),
        json!({"healthChanged": flag(), "conditions": list_of(text()), "preferredName": or_null("string")}),
    );
    let mut wishes = wishes();
    wishes["members"] = list_of(health);
    object(json!({"channel": channel(), "language": text()}), wishes)
}

fn registering() -> Vec<(&'static str, Value)> {
    let looking = one_of(&[
        "provider-retiring",
        "provider-moving",
        "not-taking-family",
        "moved-here",
        "never-had-one",
        "other",
    ]);
    let member = object(
        json!({"phn": text(), "given": text(), "family": text(), "birthDate": day(), "looking": looking}),
        json!({
            "preferredName": or_null("string"), "attachedNow": flag(), "healthChanged": flag(),
            "conditions": list_of(text()),
        }),
    );
    let family = object(
        json!({
            "registeredBy": one_of(&["self", "family", "agent"]), "consent": {"const": true},
            "channel": channel(), "language": text(),
            "members": {"type": "array", "minItems": 1, "maxItems": 20, "items": member},
        }),
        wishes(),
    );
    vec![("Registering", family), ("Updating", updating())]
}

fn papers() -> Vec<(&'static str, Value)> {
    let record = json!({
        "code": {"type": "string", "enum": ["98890", "98990"]}, "phn": phn(), "facility": text(), "provider": text(), "date": day(),
    });
    let records = json!({"from": day(), "to": day(), "records": list_of(all_of(record))});
    let status = json!({"type": "string", "enum": Status::ALL.map(Status::code)});
    let unlisted =
        || list_of(object(json!({"phn": phn(), "status": status}), json!({"line": number()})));
    let fields = list_of(words(Field::ALL, Field::word));
    let fault = json!({"type": "string", "enum": ["form", "check-digit"]});
    let clean_up = json!({
        "numbering": {"type": "string", "enum": ["lines", "entries"], "description": "What `line` counts, from 1"},
        "inEmr": number(), "inPas": number(), "agreed": number(),
        "onlyInEmr": list_of(all_of(json!({"line": number(), "phn": phn()}))),
        "onlyInPas": unlisted(), "notConfirmed": unlisted(),
        "invalid": list_of(all_of(json!({"line": number(), "fault": fault}))),
        "repeated": list_of(all_of(json!({"phn": phn(), "lines": list_of(number())}))),
        "mismatches": list_of(all_of(json!({"line": number(), "phn": phn(), "fields": fields}))),
        "unreadable": list_of(all_of(json!({"line": number(), "why": text()}))),
    });
    let bundle = json!({
        "type": "object", "required": ["resourceType", "type"],
        "properties": {
            "resourceType": {"const": "Bundle"}, "type": {"enum": ["collection", "searchset"]},
            "entry": list_of(json!({"type": "object"})),
        },
    });
    vec![("Records", all_of(records)), ("CleanUp", all_of(clean_up)), ("EmrBundle", bundle)]
}
