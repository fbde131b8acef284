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
        let text = |element: Element<'_>, fits: fn(&str) -> bool| {
            let text = element.text().ok().flatten().map(str::trim);
            text.filter(|text| fits(text)).map(str::to_owned)
        };
        let coding = header.resource.field("eventCoding");
        let event = match text(coding.field("code"), is_code) {
            Some(code) => {
                let system = text(coding.field("system"), is_uri).map(|system| {
                    if naming.accepts_event(&system) {
                        Naming::emitted(&naming.event).to_owned()
                    } else {
                        system
                    }
                });
                EventEcho::Coding { system, code }
            }
            None => EventEcho::Uri(text(header.resource.field("eventUri"), is_uri)?),
        };
        Some(Envelope {
            header_id: header_key(header, bundle).filter(|id| is_id(id)),
            event,
            endpoint: text(header.resource.field("source").field("endpoint"), is_uri),
        })
    }
}

/// `MessageHeader.id`, else the uuid of its fullUrl, else `Bundle.identifier`.
pub(super) fn header_key(header: &Entry<'_>, bundle: &Element<'_>) -> Option<String> {
    let own = header.resource.field("id").text().ok().flatten().map(str::to_owned);
    let url = header
        .full_url
        .as_deref()
        .and_then(|url| url.strip_prefix("urn:uuid:"))
        .filter(|uuid| is_id(uuid));
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

/// Whether a text is a FHIR `uri` that we repeat: no white space, not too long to be one.
pub(super) fn is_uri(text: &str) -> bool {
    (1..=1_000).contains(&text.len()) && !text.contains(char::is_whitespace)
}

/// Whether a text is a FHIR `code` that we repeat: no white space but single spaces inside.
fn is_code(text: &str) -> bool {
    let single =
        text.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
    (1..=250).contains(&text.len()) && single
}
