//! Records as the registries hold them, in the narrow form that rules read and the store keeps.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::fhir::Period;

/// An identifier of a practitioner or organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// Naming system.
    pub system: String,
    /// Number.
    pub value: String,
    /// When it holds.
    #[serde(default)]
    pub period: Period,
}

impl Identifier {
    /// `system|value`, as the store finds records by.
    pub fn token(&self) -> String {
        format!("{}|{}", self.system, self.value)
    }
}

/// A person's name on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// Family name.
    pub family: String,
    /// Given names, in order; may be none.
    #[serde(default)]
    pub given: Vec<String>,
    /// When it holds.
    #[serde(default)]
    pub period: Period,
}

/// A licence to practise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Whether its status is active.
    pub active: bool,
    /// When that holds.
    #[serde(default)]
    pub period: Period,
}

/// A provider in PLR or PAS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PractitionerRecord {
    /// The record's key in its registry.
    pub key: String,
    /// Whether the record is in use.
    pub active: bool,
    /// Numbers it is known by.
    pub identifiers: Vec<Identifier>,
    /// Names, ended ones included.
    pub names: Vec<PersonName>,
    /// Licences that the registry states; none: it states nothing about licences.
    pub licences: Vec<Licence>,
}

/// What kind of name an organization is on record with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameKind {
    /// `Organization.name`
    Name,
    /// `Organization.alias`
    Alias,
    /// The clinic's legal name (a PLR extension).
    Legal,
}

/// A name of an organization on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationName {
    /// The name.
    pub text: String,
    /// Which kind.
    pub kind: NameKind,
    /// When it holds.
    #[serde(default)]
    pub period: Period,
}

/// An address on record, as far as rules read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Postal code as written.
    pub postal_code: String,
    /// When it holds.
    #[serde(default)]
    pub period: Period,
}

/// A clinic in PLR or PAS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationRecord {
    /// The record's key in its registry.
    pub key: String,
    /// Whether the record is in use.
    pub active: bool,
    /// Numbers it is known by.
    pub identifiers: Vec<Identifier>,
    /// Names, aliases and legal names, ended ones included.
    pub names: Vec<OrganizationName>,
    /// Addresses, ended ones included.
    pub addresses: Vec<Address>,
}

/// A provider's role at a clinic, in PAS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleRecord {
    /// The practitioner's key in PAS.
    pub practitioner_key: String,
    /// The organization's key in PAS.
    pub organization_key: String,
    /// Whether the role is in use.
    pub active: bool,
    /// When it holds.
    #[serde(default)]
    pub period: Period,
}

/// A person in the Client Registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientRecord {
    /// Personal health number.
    pub phn: String,
    /// Whether the record is in use.
    pub active: bool,
    /// Documented and declared names, ended ones included.
    pub names: Vec<PersonName>,
    /// Birth date, where it is known and not masked.
    pub birth_date: Option<NaiveDate>,
    /// Whether the person has died.
    pub deceased: bool,
    /// The day of death, where it is known.
    pub deceased_on: Option<NaiveDate>,
    /// The surviving record, when this number was merged into another.
    pub replaced_by: Option<String>,
    /// Whether demographics are withheld.
    pub masked: bool,
}

impl PatientRecord {
    /// Whether somebody could come onto a panel under this number.
    pub fn is_attachable(&self) -> bool {
        self.active && !self.deceased && self.replaced_by.is_none()
    }
}

/// What the registries hold about the provider and the clinic of a message.
#[derive(Debug, Default)]
pub struct Records {
    /// PLR's records under the provider's identifiers.
    pub plr_practitioners: Vec<PractitionerRecord>,
    /// PAS's records under the provider's identifiers.
    pub pas_practitioners: Vec<PractitionerRecord>,
    /// PLR's records under the facility id.
    pub plr_organizations: Vec<OrganizationRecord>,
    /// PAS's records under the facility id.
    pub pas_organizations: Vec<OrganizationRecord>,
    /// Roles in PAS that join them.
    pub roles: Vec<RoleRecord>,
}

/// What the Client Registry holds about the patients of a message, by PHN.
pub type PatientRecords = HashMap<String, PatientRecord>;
