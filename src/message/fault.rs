//! What can be wrong with the shape of a message.

use crate::fhir::Path;

/// One fault, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFault {
    /// The element that is wrong, missing or too many.
    pub at: Path,
    /// What is wrong with it.
    pub what: What,
}

/// What is wrong. One variant a row of the fault table; the data is what the sender's text needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The body is a FHIR resource, but no Bundle. Holds its `resourceType`, when it is a plain word.
    NotABundle(Option<String>),
    /// `Bundle.type` is not `message`.
    NotAMessage,
    /// No entry is a MessageHeader.
    NoHeader,
    /// The MessageHeader is not the first entry (bdl-12).
    HeaderNotFirst,
    /// More than one of what there must be one of.
    Repeated(&'static str),
    /// `MessageHeader.response` in a request.
    ResponseAsRequest,
    /// No event that we know; holds the codes that we do.
    EventUnknown,
    /// A required element is absent; holds what it is, for people.
    Missing(&'static str),
    /// The value has the wrong type or form; holds what it must be.
    Invalid(&'static str),
    /// The reference leads to no entry.
    ReferenceUnresolved,
    /// The reference fits several entries.
    ReferenceAmbiguous,
    /// The reference is to a contained resource.
    ReferenceContained,
    /// The reference leads to a resource of another type; holds the type wanted.
    ReferenceWrongType(&'static str),
    /// Two entries have the same fullUrl (bdl-7).
    FullUrlRepeated,
    /// A modifier extension, whose meaning we do not know.
    ModifierExtension,
    /// Implicit rules, which we do not know.
    ImplicitRules,
    /// No identifier from an accepted system; holds what is wanted and the accepted systems.
    IdentifierNotAccepted(&'static str, Vec<String>),
    /// Two different identifiers of one kind where one is meant; holds the kind.
    IdentifierAmbiguous(&'static str),
    /// The personal health number has the wrong form or check digit.
    PhnInvalid(super::PhnFault),
    /// The birth date is no full date.
    BirthDateInvalid,
    /// A Patient entry that no member refers to.
    PatientNotMember,
    /// The same patient twice.
    PatientRepeated,
    /// More repetitions of an element than are read; holds how many are.
    TooMany(usize),
    /// More faults than are listed; holds how many are.
    MoreFaults(usize),
    /// More members than the limit; holds the limit.
    TooManyMembers(usize),
    /// A PractitionerRole or Group.characteristic speaks of another provider or clinic.
    RoleMismatch(&'static str),
    /// A remark: an entry of a type that plays no part. Holds the type, when it is a plain word.
    ResourceIgnored(Option<String>),
    /// A remark: nothing tells this message from its own copies.
    Unprotected,
}
