//! What addresses and forms say, before anybody judges it.

use serde::Deserialize;
use uuid::Uuid;

use crate::attachment::{FamilyId, ListId};
use crate::panel::PanelId;
use crate::workflow::Refusal;

/// Names and values that a form sent, in its order.
pub(super) type Fields = Vec<(String, String)>;

/// What an address says was just done.
#[derive(Debug, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    pub(super) done: Option<String>,
}

/// A panel's number as it stands in an address. What is none is not there.
pub(super) fn panel_id(text: &str) -> Result<PanelId, Refusal> {
    text.parse().map(PanelId).map_err(|_| Refusal::NotFound)
}

/// A list's number, likewise.
pub(super) fn list_id(text: &str) -> Result<ListId, Refusal> {
    Uuid::try_parse(text).map(ListId).map_err(|_| Refusal::NotFound)
}

/// A family's number, likewise.
pub(super) fn family_id(text: &str) -> Result<FamilyId, Refusal> {
    Uuid::try_parse(text).map(FamilyId).map_err(|_| Refusal::NotFound)
}
