//! The pen that walks through a message and writes down every fault it meets.

use crate::fhir::{Element, Json, Misshapen, Path};

use super::fault::{MessageFault, What};

/// How many faults one answer lists: enough for anybody to mend, too few to fill the server's memory.
const LISTED: usize = 1_000;
/// How often an element may repeat, where the message itself sets no other limit.
const REPEATED: usize = 100;
/// How many characters a string that is read may have; the longest name on record has far fewer.
const CHARACTERS: usize = 1_000;

/// Collects faults while elements are read; a reading method returns what it could take.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) faults: Vec<MessageFault>,
}

impl Reader {
    pub(super) fn fault(&mut self, at: Path, what: What) {
        match self.faults.len() {
            listed if listed < LISTED => self.faults.push(MessageFault { at, what }),
            LISTED => self.faults.push(MessageFault { at, what: What::MoreFaults(LISTED) }),
            _ => {}
        }
    }

    fn take<T>(&mut self, read: Result<T, Misshapen>) -> Option<T> {
        read.map_err(|wrong| self.fault(wrong.at, What::Invalid(wrong.wanted))).ok()
    }

    /// A string that must be there; `what` it is, for people.
    pub(super) fn text<'a>(&mut self, element: Element<'a>, what: &'static str) -> Option<&'a str> {
        let text = self.take(element.text())?;
        if text.is_none() {
            self.fault(element.path(), What::Missing(what));
        }
        self.bounded(element, text)
    }

    /// A string that may be absent.
    pub(super) fn optional_text<'a>(&mut self, element: Element<'a>) -> Option<&'a str> {
        let text = self.take(element.text())?;
        self.bounded(element, text)
    }

    fn bounded<'a>(&mut self, element: Element<'_>, text: Option<&'a str>) -> Option<&'a str> {
        let text = text?;
        if text.len() > CHARACTERS && text.chars().nth(CHARACTERS).is_some() {
            self.fault(element.path(), What::Invalid("at most 1,000 characters long"));
            return None;
        }
        Some(text)
    }

    /// A boolean that may be absent.
    pub(super) fn optional_boolean(&mut self, element: Element<'_>) -> Option<bool> {
        self.take(element.boolean()).flatten()
    }

    /// The repetitions of an element; none when it is absent, no array, or repeats too often.
    pub(super) fn items<'a>(&mut self, element: Element<'a>) -> Vec<Element<'a>> {
        self.items_up_to(element, REPEATED)
    }

    /// The repetitions of an element with a limit of its own.
    pub(super) fn items_up_to<'a>(
        &mut self,
        element: Element<'a>,
        limit: usize,
    ) -> Vec<Element<'a>> {
        if element.count() > limit {
            self.fault(element.path(), What::TooMany(limit));
            return Vec::new();
        }
        self.take(element.items()).unwrap_or_default()
    }

    /// The repetitions of an element that must be there at least once.
    pub(super) fn some_items<'a>(
        &mut self,
        element: Element<'a>,
        what: &'static str,
    ) -> Vec<Element<'a>> {
        let before = self.faults.len();
        let items = self.items(element);
        if items.is_empty() && self.faults.len() == before {
            self.fault(element.path(), What::Missing(what));
        }
        items
    }

    /// Refuses what would change the meaning of `element` in a way that we do not know
    /// (R4 §2.20.0.1 modifier extensions, §2.14.0.4 implicit rules).
    pub(super) fn refuse_modifiers(&mut self, element: Element<'_>) {
        let extension = element.field("modifierExtension");
        let empty = matches!(extension.json(), Some(Json::Array(items)) if items.is_empty());
        if extension.exists() && !empty {
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
