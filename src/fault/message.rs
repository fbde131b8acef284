//! Faults of a message's shape, as issues.

use crate::message::{Event, MessageFault, PhnFault, What};

use super::{Code, Issue};

impl From<&MessageFault> for Issue {
    fn from(fault: &MessageFault) -> Self {
        issue(&fault.what).at(fault.at)
    }
}

fn issue(what: &What) -> Issue {
    match what {
        What::NotABundle(kind) => not_a_bundle(kind.as_deref()),
        What::NotAMessage => Issue::plain(Code::NotAMessage),
        What::NoHeader => Issue::plain(Code::HeaderMissing),
        What::HeaderNotFirst => Issue::plain(Code::HeaderNotFirst),
        What::Repeated(what) => Issue::with(
            Code::ElementRepeated,
            format!("There must be exactly one {what}; this is one more."),
        ),
        What::ResponseAsRequest => Issue::plain(Code::ResponseAsRequest),
        What::EventUnknown => {
            let codes = Event::ALL.map(Event::code).join(", ");
            let text = format!(
                "The event must be an eventCoding of the guide's code system with one of the codes {codes}."
            );
            Issue::with(Code::EventUnknown, text)
        }
        What::Missing(what) => Issue::with(Code::ElementMissing, format!("Missing: {what}.")),
        What::Invalid(wanted) => {
            Issue::with(Code::ElementInvalid, format!("This must be {wanted}."))
        }
        What::ReferenceUnresolved => Issue::plain(Code::ReferenceUnresolved),
        What::ReferenceAmbiguous => Issue::plain(Code::ReferenceAmbiguous),
        What::ReferenceContained => Issue::plain(Code::ReferenceContained),
        What::ReferenceWrongType(wanted) => Issue::with(
            Code::ReferenceWrongType,
            format!("The reference must lead to a {wanted}; it leads to something else."),
        ),
        What::FullUrlRepeated => Issue::plain(Code::FullUrlRepeated),
        What::ModifierExtension => Issue::plain(Code::ModifierExtension),
        What::ImplicitRules => Issue::plain(Code::ImplicitRules),
        What::IdentifierNotAccepted(what, systems) => not_accepted(what, systems),
        What::IdentifierAmbiguous(kind) => Issue::with(
            Code::IdentifierAmbiguous,
            format!("There are two different {kind}; which one is meant?"),
        ),
        What::PhnInvalid(PhnFault::Form) => Issue::with(
            Code::PhnInvalid,
            "A personal health number has ten digits, of which the first is 9.",
        ),
        What::PhnInvalid(PhnFault::CheckDigit) => Issue::with(
            Code::PhnInvalid,
            "The check digit of this personal health number is wrong: a digit was mistyped.",
        ),
        What::BirthDateInvalid => Issue::plain(Code::BirthDateInvalid),
        What::PatientNotMember => Issue::plain(Code::PatientNotMember),
        What::PatientRepeated => Issue::plain(Code::PatientRepeated),
        What::TooManyMembers(limit) => Issue::with(
            Code::TooManyMembers,
            format!("The Group has more than {limit} members; no patient was read."),
        ),
        What::TooMany(limit) => Issue::with(
            Code::TooManyElements,
            format!("There are more than {limit} of these; none was read."),
        ),
        What::MoreFaults(listed) => Issue::with(
            Code::TooManyFaults,
            format!("There are more faults than the {listed} listed here."),
        ),
        What::RoleMismatch(who) => Issue::with(
            Code::RoleMismatch,
            format!("This speaks of another {who} than the rest of the message."),
        ),
        What::ResourceIgnored(kind) => resource_ignored(kind.as_deref()),
        What::Unprotected => Issue::plain(Code::UnprotectedMessage),
    }
}

fn not_accepted(what: &str, systems: &[String]) -> Issue {
    let systems = systems.join(", ");
    let text =
        format!("There must be {what}, not marked old, from one of these systems: {systems}.");
    Issue::with(Code::IdentifierNotAccepted, text)
}

fn not_a_bundle(kind: Option<&str>) -> Issue {
    match kind {
        Some("Parameters") => {
            let text =
                "The body must be the message Bundle itself, not a Parameters resource around it.";
            Issue::with(Code::NotABundle, text)
        }
        Some(kind) => {
            Issue::with(Code::NotABundle, format!("The body must be a Bundle, not a {kind}."))
        }
        None => Issue::with(
            Code::NotABundle,
            "The body must be a Bundle: a JSON object with resourceType 'Bundle'.",
        ),
    }
}

fn resource_ignored(kind: Option<&str>) -> Issue {
    let kind = kind.unwrap_or("resource of this type");
    Issue::with(
        Code::ResourceIgnored,
        format!("This {kind} plays no part in the message and was not read."),
    )
}
