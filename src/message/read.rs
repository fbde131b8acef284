//! From a decoded Bundle to a [`Message`], or every fault in it (protocol of the guide's request profile, R4 §2.37).

use crate::fhir::{Element, Entries, Entry, Json};

use super::envelope::{Envelope, bundle_identifier, header_key, is_id, is_uri};
use super::fault::{MessageFault, What};
use super::ids::{BundleKey, HeaderKey, Sender};
use super::parts::read_parts;
use super::policy::{Naming, Policy};
use super::reader::{Reader, plain_word};
use super::{Digest, Event, Keys, Message};

/// How many entries a message may have besides its patients.
const OTHER_ENTRIES: usize = 64;

/// A body that is no sound message.
#[derive(Debug)]
pub struct Unread {
    /// Enough to answer with a response message, where that much could be read.
    pub envelope: Option<Envelope>,
    /// Everything that is wrong, at least one.
    pub faults: Vec<MessageFault>,
}

/// Reads a decoded body.
///
/// # Errors
/// Every fault in the shape of the message.
pub fn read(json: &Json<'_>, policy: &Policy) -> Result<Message, Unread> {
    let bundle = Element::root(json, "Bundle");
    let mut reader = Reader::default();
    let entries = read_bundle(&mut reader, bundle, policy);
    let Some(entries) = entries else {
        return Err(Unread { envelope: None, faults: reader.faults });
    };
    let headers: Vec<_> = entries.of_type("MessageHeader").collect();
    let Some((place, header)) = headers.first().copied() else {
        reader.fault(bundle.field("entry").path(), What::NoHeader);
        read_parts(&mut reader, &entries, None, policy);
        return Err(Unread { envelope: None, faults: reader.faults });
    };
    let envelope = Envelope::read(header, &bundle, &policy.naming);
    if bundle.field("entry").count() > entries.all().len() {
        return Err(Unread { envelope, faults: reader.faults });
    }
    if place != 0 {
        reader.fault(header.element.path(), What::HeaderNotFirst);
    }
    for (_, extra) in headers.iter().skip(1) {
        reader.fault(extra.resource.path(), What::Repeated("MessageHeader"));
    }
    let event = read_header(&mut reader, header, &policy.naming);
    let endpoint = envelope.as_ref().and_then(|envelope| envelope.endpoint.as_deref());
    let sender = endpoint.and_then(Sender::parse);
    let parts = read_parts(&mut reader, &entries, Some(header), policy);
    match (envelope, event, sender, parts) {
        (Some(envelope), Some(event), Some(sender), Some(parts)) if reader.faults.is_empty() => {
            let (keys, digest) = recognise(json, bundle, header);
            Ok(parts.into_message(envelope, sender, event, keys, digest, header))
        }
        (envelope, ..) => Err(Unread { envelope, faults: reader.faults }),
    }
}

/// The Bundle itself; `None` when it is nothing that could be a message.
fn read_bundle<'a>(
    reader: &mut Reader,
    bundle: Element<'a>,
    policy: &Policy,
) -> Option<Entries<'a>> {
    match bundle.resource_type() {
        Some("Bundle") => {}
        other => {
            reader.fault(bundle.path(), What::NotABundle(other.and_then(plain_word)));
            return None;
        }
    }
    if bundle.field("type").text().ok().flatten() != Some("message") {
        reader.fault(bundle.field("type").path(), What::NotAMessage);
        return None;
    }
    reader.refuse_modifiers(bundle);
    let identifier = bundle.field("identifier");
    for part in ["system", "value"] {
        reader.optional_text(identifier.field(part));
    }
    read_id(reader, bundle.field("id"));
    let entry = bundle.field("entry");
    let limit = policy.limits.members + OTHER_ENTRIES;
    if entry.count() > limit {
        reader.fault(entry.path(), What::TooMany(limit));
        return Some(Entries::new(&entry.first(OTHER_ENTRIES)));
    }
    let items = reader.items_up_to(entry, limit);
    let entries = Entries::new(&items);
    for entry in entries.repeated_urls() {
        reader.fault(entry.element.field("fullUrl").path(), What::FullUrlRepeated);
    }
    for entry in entries.all() {
        reader.refuse_modifiers(entry.element);
        reader.optional_text(entry.element.field("fullUrl"));
        if entry.resource_type.is_empty() {
            reader.fault(entry.resource.path(), What::Missing("a resource with its resourceType"));
        }
    }
    Some(entries)
}

/// An `id`, where it is given, must be one.
fn read_id(reader: &mut Reader, element: Element<'_>) {
    if reader.optional_text(element).is_some_and(|id| !is_id(id)) {
        let wanted = "a FHIR id: 1 to 64 letters, digits, '-' and '.'";
        reader.fault(element.path(), What::Invalid(wanted));
    }
}

fn read_header(reader: &mut Reader, header: &Entry<'_>, naming: &Naming) -> Option<Event> {
    let resource = header.resource;
    reader.refuse_modifiers(resource);
    read_id(reader, resource.field("id"));
    let source = resource.field("source");
    reader.refuse_modifiers(source);
    if let Some(endpoint) =
        reader.text(source.field("endpoint"), "the address of the sending system")
        && !is_uri(endpoint.trim())
    {
        reader.fault(source.field("endpoint").path(), What::Invalid("a URL"));
    }
    if resource.field("response").exists() {
        reader.fault(resource.field("response").path(), What::ResponseAsRequest);
    }
    let coding = resource.choice("eventCoding", "event");
    if coding.exists() && resource.field("eventUri").exists() {
        reader.fault(coding.path(), What::Invalid("eventCoding or eventUri, not both"));
    }
    if !coding.exists() {
        if resource.field("eventUri").exists() {
            reader.fault(coding.path(), What::EventUnknown);
        } else {
            reader.fault(coding.path(), What::Missing("the event"));
        }
        return None;
    }
    let system = reader.text(coding.field("system"), "the code system of the event");
    let code = reader.text(coding.field("code"), "the code of the event");
    let (system, code) = (system?, code?);
    let event = naming.accepts_event(system).then(|| Event::of(code)).flatten();
    if event.is_none() {
        reader.fault(coding.path(), What::EventUnknown);
    }
    event
}

/// What makes a message recognisable when it comes again, and what tells it from an altered one.
fn recognise(json: &Json<'_>, bundle: Element<'_>, header: &Entry<'_>) -> (Option<Keys>, Digest) {
    let digest = Digest::of(json);
    let id = bundle.field("id").text().ok().flatten().map(str::to_owned);
    let bundle_key =
        id.or_else(|| bundle_identifier(&bundle)).map_or_else(|| digest.to_text(), short);
    let header_key = header_key(header, &bundle).and_then(|key| HeaderKey::parse(&key));
    let keys = header_key.zip(BundleKey::parse(&bundle_key));
    (keys.map(|(header, bundle)| Keys { bundle, header }), digest)
}

/// A key as it can be kept and indexed: a longer one by its digest.
fn short(key: String) -> String {
    if key.len() <= 255 { key } else { Digest::of_text(&key).to_text() }
}
