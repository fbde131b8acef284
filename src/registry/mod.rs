//! What the province knows, and the guide's rules about it: records are gathered first, then judged by pure
//! functions, one a rule, all of them in one pass.

pub mod describe;
mod found;
mod judge;
mod names;
mod record;
mod rules;
#[cfg(test)]
mod tests;

pub use found::Judgement;
pub use judge::{Confirmed, differences, is_known_as, judge, matches};
pub use names::{NamePolicy, postal_code, same_given, same_text};
pub use record::{
    Address, Identifier, Licence, NameKind, OrganizationName, OrganizationRecord, PatientRecord,
    PatientRecords, PersonName, PractitionerRecord, Records, RoleRecord,
};

use crate::fhir::Path;

/// The guide's validation rules (PAS overview, "Validation Rules") and ours that complete them. The id of a rule is the
/// same in code, tests, documents and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The practitioner exists in PLR with a valid MSP id.
    ProviderInPlr,
    /// … and in PAS.
    ProviderInPas,
    /// The given name is equal in PLR, PAS and the message.
    ProviderGiven,
    /// The family name is equal in PLR, PAS and the message.
    ProviderFamily,
    /// The clinic exists in PLR with a valid facility id.
    ClinicInPlr,
    /// … and in PAS.
    ClinicInPas,
    /// The clinic's name is equal in PLR, PAS and the message.
    ClinicName,
    /// A postal code given is one on record, in PLR and in PAS.
    ClinicPostalCode,
    /// The provider has a current role at the clinic in PAS.
    ProviderAtClinic,
    /// The Client Registry knows the PHN.
    PatientInClientRegistry,
    /// `name.given[0]` equals the registry's given names.
    PatientGiven,
    /// The family name is equal.
    PatientFamily,
    /// The birth date is equal.
    PatientBirthDate,
    /// Nobody deceased is added.
    PatientNotDeceased,
    /// No number that was merged into another is added.
    PatientPhnCurrent,
    /// A masked record cannot be matched.
    PatientNotMasked,
}

impl Rule {
    /// Every rule, in the order in which answers name them.
    pub const ALL: [Rule; 16] = [
        Rule::ProviderInPlr,
        Rule::ProviderInPas,
        Rule::ProviderGiven,
        Rule::ProviderFamily,
        Rule::ClinicInPlr,
        Rule::ClinicInPas,
        Rule::ClinicName,
        Rule::ClinicPostalCode,
        Rule::ProviderAtClinic,
        Rule::PatientInClientRegistry,
        Rule::PatientGiven,
        Rule::PatientFamily,
        Rule::PatientBirthDate,
        Rule::PatientNotDeceased,
        Rule::PatientPhnCurrent,
        Rule::PatientNotMasked,
    ];
}

/// One rule that a message fails, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub rule: Rule,
    /// The element of the message that it is about.
    pub at: Path,
    /// What exactly.
    pub how: How,
}

/// How a rule fails. Says which side differs, never the registry's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Nothing on record under this identifier.
    Unknown,
    /// On record, but ended, inactive or without a current licence.
    NotCurrent,
    /// The identifiers given belong to several records.
    Several,
    /// Differs from what these registries hold.
    Differs(Holders),
    /// Differs, but all given names joined by spaces would have matched (the mistake the guide warns of).
    GivenNotJoined,
    /// The rule says all there is to say.
    Fails,
}

/// Which registries a difference is with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holders {
    /// PLR only.
    Plr,
    /// PAS only.
    Pas,
    /// PLR and PAS.
    PlrAndPas,
    /// The Client Registry.
    ClientRegistry,
}

/// What judging depends on where the guide leaves it open.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy {
    /// How names are compared.
    pub names: NamePolicy,
}
