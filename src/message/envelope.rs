//! What a response needs of its request, read even from a message that is otherwise broken.

use crate::fhir::{Element, Entry};

use super::policy::Naming;

/// The event as it is echoed in the response's MessageHeader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventEcho {
    /// `eventCoding`.
    Coding {
        /// The code system; the guide's brackets are taken off.
        system: Option<String>,
        /// The code.
        code: String,
    },
    /// `eventUri`, which base R4 allows.
    Uri(String),
}

/// Enough of a request to answer it with a response message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The request's `MessageHeader.id` or what stands in for it; `None`: our own number of the message is used.
    pub header_id: Option<String>,
    /// The event, as given.
    pub event: EventEcho,
    /// `MessageHeader.source.endpoint`: where the response is destined to.
    pub endpoint: Option<String>,
}

impl Envelope {
    /// Reads what is there. `None` when not even an event can be echoed: then no response message can be formed.
    pub fn read(header: &Entry<'_>, bundle: &Element<'_>, naming: &Naming) -> Option<Self> {
        let text = |element: Element<'_>| element.text().ok().flatten().map(str::to_owned);
        let coding = header.resource.field("eventCoding");
        let event = match text(coding.field("code")) {
            Some(code) => {
                let system = text(coding.field("system")).map(|system| {
                    if Naming::accepts(&naming.event, &system) {
                        Naming::emitted(&naming.event).to_owned()
                    } else {
                        system
                    }
                });
                EventEcho::Coding { system, code }
            }
            None => EventEcho::Uri(text(header.resource.field("eventUri"))?),
        };
        Some(Envelope {
            header_id: header_key(header, bundle).filter(|id| is_id(id)),
            event,
            endpoint: text(header.resource.field("source").field("endpoint")),
        })
    }
}

/// `MessageHeader.id`, else the uuid of its fullUrl, else `Bundle.identifier`.
pub(super) fn header_key(header: &Entry<'_>, bundle: &Element<'_>) -> Option<String> {
    let own = header.resource.field("id").text().ok().flatten().map(str::to_owned);
    let url = header.full_url.as_deref().and_then(|url| url.strip_prefix("urn:uuid:"));
    own.or_else(|| url.map(str::to_owned)).or_else(|| bundle_identifier(bundle))
}

/// `Bundle.identifier` as its bare value, or with its system before it.
pub(super) fn bundle_identifier(bundle: &Element<'_>) -> Option<String> {
    let identifier = bundle.field("identifier");
    let value = identifier.field("value").text().ok().flatten()?;
    match identifier.field("system").text().ok().flatten() {
        Some(system) => Some(format!("{system}|{value}")),
        None => Some(value.to_owned()),
    }
}

/// Whether a text is a FHIR `id`: letters, digits, `-` and `.`, at most 64.
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}
