//! Papers about panels in the OpenAPI description: attachment records, and the clean-up with its schemas.

use serde_json::{Value, json};

use crate::attachment::{Became, Chore};

use super::shapes::{all_of, day, list_of, object, phn, text, words};
use super::workflow_operations::{Operation, get, send};

const RECORDS: Operation = Operation {
    others: &[422],
    ..get(
        "/api/panels/{panel}/records",
        "records",
        "The attachment records of a panel, to bill by",
        "Records",
    )
};

/// What is served.
pub(super) const PAPERS: &[Operation] = &[
    RECORDS,
    Operation {
        path: "/api/panels/{panel}/records.csv",
        id: "recordsTable",
        summary: "The same as a table (RFC 4180)",
        ..RECORDS
    },
    Operation {
        others: &[422],
        ..send(
            ["/api/panels/{panel}/clean-up", "post"],
            "cleanUp",
            "Compare an EMR's list with a panel; changes nothing",
            "EmrList",
            (200, "CleanUp"),
        )
    },
    Operation {
        others: &[422],
        ..send(
            ["/api/panels/{panel}/clean-up/changes", "post"],
            "cleanUpForGood",
            "Add, confirm and take off people of a panel",
            "CleanUpChoice",
            (200, "CleanedUp"),
        )
    },
];

/// What is chosen in a clean-up, and what becomes of it.
pub(super) fn cleaning() -> Vec<(&'static str, Value)> {
    let new = json!({"phn": text(), "given": text(), "family": text(), "birthDate": day()});
    let choice = json!({
        "add": list_of(all_of(new)), "confirm": list_of(text()), "remove": list_of(text()),
    });
    let one = json!({
        "phn": phn(), "asked": words(Chore::ALL, Chore::word), "became": words(Became::ALL, Became::word),
    });
    vec![
        ("CleanUpChoice", object(json!({}), choice)),
        ("CleanedUp", all_of(json!({"people": list_of(all_of(one))}))),
    ]
}
