//! Clinics in the OpenAPI description: what directors see and keep.

use serde_json::{Value, json};

use crate::attachment::{Job, TEXT_FOR_FAMILIES};

use super::shapes::{all_of, instant, list_of, number, object, of, of_many, or_null, text, words};
use super::workflow_operations::{Operation, get, send};

pub(super) const CLINICS: &[Operation] = &[
    get("/api/clinics/{clinic}", "clinic", "A clinic that somebody directs", "Clinic"),
    Operation {
        others: &[422],
        ..send(
            ["/api/clinics/{clinic}", "put"],
            "keepClinic",
            "Keep how a clinic is reached and found; what is left out is kept no longer",
            "ClinicDetails",
            (200, "Clinic"),
        )
    },
    Operation {
        others: &[422],
        ..send(
            ["/api/clinics/{clinic}/staff/{subject}", "put"],
            "keepStaff",
            "Keep somebody on the staff of a clinic",
            "Post",
            (200, "Clinic"),
        )
    },
    Operation {
        others: &[],
        ..send(
            ["/api/clinics/{clinic}/staff/{subject}", "delete"],
            "staffLeaves",
            "Somebody works there no longer, and acts for its providers no longer unless they work for them elsewhere",
            "Nothing",
            (200, "Clinic"),
        )
    },
];

pub(super) fn clinics() -> Vec<(&'static str, Value)> {
    let mut for_families = or_null("string");
    for_families["maxLength"] = json!(TEXT_FOR_FAMILIES);
    let details = json!({
        "phone": or_null("string"), "email": or_null("string"),
        "lines": {"type": "array", "maxItems": 4, "items": {"type": "string", "maxLength": 100}},
        "postalCode": or_null("string"), "forFamilies": for_families,
    });
    let entry = json!({
        "registry": {"type": "string", "enum": ["PAS", "PLR"]}, "name": text(),
        "numbers": {"type": "array", "items": {"type": "string", "description": "system|value"}},
        "postalCodes": list_of(text()),
    });
    let job = || words(Job::ALL, Job::word);
    let member = json!({"subject": text(), "name": text(), "job": job(), "keptAt": instant(), "keptBy": text()});
    let delegate = json!({"subject": text(), "practitioner": text(), "since": instant()});
    let provider = json!({
        "panel": number(), "practitioner": all_of(json!({"key": text(), "name": text()})), "size": number(),
        "accepting": or_null("boolean"), "open": number(), "delegates": list_of(all_of(delegate)),
    });
    let clinic = json!({
        "key": text(), "name": text(), "registries": list_of(all_of(entry)),
        "details": {"oneOf": [of("ClinicDetails"), {"type": "null"}]},
        "keptAt": {"type": ["string", "null"], "format": "date-time"}, "keptBy": or_null("string"),
        "staff": of_many("StaffMember"), "providers": list_of(all_of(provider)),
    });
    let name = json!({"type": "string", "minLength": 1, "maxLength": 100});
    vec![
        ("Clinic", all_of(clinic)),
        ("ClinicDetails", object(json!({}), details)),
        ("StaffMember", all_of(member)),
        ("Post", all_of(json!({"name": name, "job": job()}))),
    ]
}
