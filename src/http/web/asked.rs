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

/// A key as a part of an address: whatever it holds, it stays one part.
pub(super) fn part(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    key.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_one_part_of_an_address() {
        assert_eq!(part("clinic-1"), "clinic-1");
        assert_eq!(part("https://x.example/a|F01?é"), "https%3A%2F%2Fx.example%2Fa%7CF01%3F%C3%A9");
    }
}
