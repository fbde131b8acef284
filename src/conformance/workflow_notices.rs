//! In the OpenAPI description: how those who sign in are told, and which families are to be called.

use serde_json::{Value, json};

use crate::attachment::{ContactChannel, NoticeKind};

use super::shapes::{all_of, instant, list_of, number, object, or_null, phn, text, uuid, words};
use super::workflow_operations::{Operation, get, send};

pub(super) const NOTICES: &[Operation] = &[
    get("/api/me/contact", "contact", "How somebody is told that there is something to do", "Told"),
    Operation {
        others: &[422],
        ..send(
            ["/api/me/contact", "put"],
            "setContact",
            "Say how to be told from now on, or not at all",
            "Contact",
            (200, "Told"),
        )
    },
    get("/api/networks/{network}/calls", "calls", "Families to call, and about what", "Calls"),
    send(
        ["/api/networks/{network}/calls", "post"],
        "called",
        "Tick off what families were called about",
        "Called",
        (200, "Calls"),
    ),
];

pub(super) fn notices() -> Vec<(&'static str, Value)> {
    let channel = || words(ContactChannel::ALL, ContactChannel::word);
    let reach = json!({"email": or_null("string"), "phone": or_null("string")});
    let told = json!({
        "channel": channel(), "email": or_null("string"), "phone": or_null("string"),
        "since": {"type": ["string", "null"], "format": "date-time"},
    });
    let kinds = [
        NoticeKind::Asked,
        NoticeKind::NotReconfirmed,
        NoticeKind::PutBack,
        NoticeKind::AttachmentEnded,
        NoticeKind::ProviderLeft,
    ];
    let about =
        json!({"notice": number(), "kind": words(&kinds, NoticeKind::word), "since": instant()});
    let call = json!({
        "family": uuid(), "phone": text(), "community": text(), "language": text(), "interpreter": or_null("string"),
        "people": list_of(all_of(json!({"name": text(), "phn": phn()}))), "about": list_of(all_of(about)),
    });
    let called =
        json!({"notices": {"type": "array", "minItems": 1, "maxItems": 1000, "items": number()}});
    vec![
        ("Contact", object(json!({"channel": channel()}), reach)),
        ("Told", all_of(told)),
        ("Calls", all_of(json!({"calls": list_of(all_of(call))}))),
        ("Called", all_of(called)),
    ]
}
