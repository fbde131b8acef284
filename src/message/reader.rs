//! The pen that walks through a message and writes down every fault it meets.

use crate::fhir::{Element, Json, Misshapen, Path};

use super::fault::{MessageFault, What};

/// Collects faults while elements are read; a reading method returns what it could take.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) faults: Vec<MessageFault>,
}

impl Reader {
    pub(super) fn fault(&mut self, at: Path, what: What) {
        self.faults.push(MessageFault { at, what });
    }

    fn take<T>(&mut self, read: Result<T, Misshapen>) -> Option<T> {
        read.map_err(|wrong| self.fault(wrong.at, What::Invalid(wrong.wanted))).ok()
    }

    /// A string that must be there; `what` it is, for people.
    pub(super) fn text<'a>(&mut self, element: Element<'a>, what: &'static str) -> Option<&'a str> {
        match self.take(element.text())? {
            Some(text) => Some(text),
            None => {
                self.fault(element.path(), What::Missing(what));
                None
            }
        }
    }

    /// A string that may be absent.
    pub(super) fn optional_text<'a>(&mut self, element: Element<'a>) -> Option<&'a str> {
        self.take(element.text()).flatten()
    }

    /// A boolean that may be absent.
    pub(super) fn optional_boolean(&mut self, element: Element<'_>) -> Option<bool> {
        self.take(element.boolean()).flatten()
    }

    /// The repetitions of an element; none when it is absent or no array.
    pub(super) fn items<'a>(&mut self, element: Element<'a>) -> Vec<Element<'a>> {
        self.take(element.items()).unwrap_or_default()
    }

    /// The repetitions of an element that must be there at least once.
    pub(super) fn some_items<'a>(
        &mut self,
        element: Element<'a>,
        what: &'static str,
    ) -> Vec<Element<'a>> {
        let Some(items) = self.take(element.items()) else { return Vec::new() };
        if items.is_empty() {
            self.fault(element.path(), What::Missing(what));
        }
        items
    }

    /// Refuses what would change the meaning of `element` in a way that we do not know
    /// (R4 §2.20.0.1 modifier extensions, §2.14.0.4 implicit rules).
    pub(super) fn refuse_modifiers(&mut self, element: Element<'_>) {
        let extension = element.field("modifierExtension");
        let empty = matches!(extension.json(), None | Some(Json::Array(_)))
            && extension.items().is_ok_and(|items| items.is_empty());
        if !empty {
            self.fault(extension.path(), What::ModifierExtension);
        }
        let rules = element.field("implicitRules");
        if rules.exists() {
            self.fault(rules.path(), What::ImplicitRules);
        }
    }
}

/// A `resourceType` that can be repeated to the sender: a plain word. Anything else might be anything.
pub(super) fn plain_word(text: &str) -> Option<String> {
    let plain = (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    plain.then(|| text.to_owned())
}

/// Whether a value, at any depth, carries the data-absent-reason `masked`.
pub(crate) fn mentions_mask(json: &Json<'_>) -> bool {
    match json {
        Json::Array(items) => items.iter().any(mentions_mask),
        Json::Object(members) => {
            let text = |key: &str| json.get(key).and_then(Json::as_str);
            text("url") == Some("http://hl7.org/fhir/StructureDefinition/data-absent-reason")
                && text("valueCode") == Some("masked")
                || members.iter().any(|(_, value)| mentions_mask(value))
        }
        _ => false,
    }
}
