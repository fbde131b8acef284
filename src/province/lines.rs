//! A province as the files that its registries would send: FHIR resources, one a line, as `pas import` takes them.
//!
//! Written as text, since a tree for each of millions of lines would take most of the time. Nothing here needs escaping:
//! every text is of our own words.

use std::fmt::Write as _;

use crate::message::Naming;

use super::{Person, Province, Standing};

const LICENCE_STATUS: &str =
    "http://hlth.gov.bc.ca/fhir/provider/StructureDefinition/bc-license-status-extension";
const MASKED: &str = r#"{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}"#;

/// A registry's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Book {
    /// Provider and Location Registry: Practitioner, Organization.
    Plr,
    /// The Provincial Attachment System's own: the same, and PractitionerRole.
    Pas,
    /// People: Patient.
    ClientRegistry,
}

impl Book {
    /// All three.
    pub const ALL: [Book; 3] = [Book::Plr, Book::Pas, Book::ClientRegistry];

    /// What its file is called.
    pub const fn file(self) -> &'static str {
        match self {
            Book::Plr => "plr.ndjson",
            Book::Pas => "pas.ndjson",
            Book::ClientRegistry => "client-registry.ndjson",
        }
    }
}

/// Writes a province's lines, its numbers in the naming systems that are built in.
#[derive(Debug)]
pub struct Writer {
    province: Province,
    phn: String,
    practitioner: String,
    licence: String,
    facility: String,
}

impl Writer {
    /// A writer of this province.
    pub fn new(province: Province) -> Self {
        let naming = Naming::default();
        let first = |systems: Vec<String>| systems.into_iter().next().unwrap_or_default();
        Writer {
            province,
            phn: first(naming.phn),
            practitioner: first(naming.practitioner),
            licence: first(naming.licence),
            facility: first(naming.facility),
        }
    }

    /// How many lines a book has.
    pub const fn lines(&self, book: Book) -> u64 {
        let plan = self.province.plan;
        let (providers, clinics) = (plan.providers as u64, plan.clinics as u64);
        match book {
            Book::Plr => providers + clinics,
            Book::Pas => 2 * providers + clinics,
            Book::ClientRegistry => plan.people,
        }
    }

    /// Writes line `n` of a book, from 0, with its line feed; past the end, nothing.
    pub fn write(&self, out: &mut String, book: Book, n: u64) {
        let plan = self.province.plan;
        let (providers, clinics) = (u64::from(plan.providers), u64::from(plan.clinics));
        if n >= self.lines(book) {
            return;
        }
        // Below the count of providers and clinics, which are of 32 bits.
        let place = |start: u64| u32::try_from(n - start).unwrap_or_default();
        if book == Book::ClientRegistry {
            self.patient(out, &self.province.person(n));
        } else if n < providers {
            self.practitioner(out, book, place(0));
        } else if n < providers + clinics {
            self.organization(out, place(providers));
        } else {
            self.role(out, place(providers + clinics));
        }
        out.push('\n');
    }

    fn practitioner(&self, out: &mut String, book: Book, j: u32) {
        let provider = self.province.provider(j);
        let (system, licence, since) = (&self.practitioner, &self.licence, provider.since);
        let _ = write!(out, r#"{{"resourceType":"Practitioner","id":"{}""#, provider.key);
        if book == Book::Plr {
            let _ = write!(
                out,
                r#","extension":[{{"url":"{LICENCE_STATUS}","extension":[{{"url":"statusCode","valueCodeableConcept":{{"coding":[{{"code":"ACTIVE"}}]}}}},{{"url":"period","valuePeriod":{{"start":"{since}"}}}}]}}]"#
            );
        }
        let _ = write!(
            out,
            r#","active":true,"identifier":[{{"system":"{system}","value":"{}"}},{{"system":"{licence}","value":"{}"}}],"name":["#,
            provider.number, provider.licence
        );
        name(out, "official", &provider.family, &provider.given);
        out.push_str("}]}");
    }

    fn organization(&self, out: &mut String, k: u32) {
        let clinic = self.province.clinic(k);
        let _ = write!(
            out,
            r#"{{"resourceType":"Organization","id":"{}","active":true,"identifier":[{{"system":"{}","value":"{}"}}],"name":"{}","address":[{{"use":"work","type":"physical","line":["{} Imaginary Way"],"city":"{}","state":"BC","postalCode":"{}","country":"CA"}}]}}"#,
            clinic.key,
            self.facility,
            clinic.facility,
            clinic.name,
            1 + k % 99,
            clinic.town,
            clinic.postal_code
        );
    }

    fn role(&self, out: &mut String, j: u32) {
        let provider = self.province.provider(j);
        let clinic = self.province.clinic(provider.clinic);
        let _ = write!(
            out,
            r#"{{"resourceType":"PractitionerRole","id":"invented-role-{j}","active":true,"period":{{"start":"{}"}},"practitioner":{{"type":"Practitioner","identifier":{{"system":"{}","value":"{}"}}}},"organization":{{"type":"Organization","identifier":{{"system":"{}","value":"{}"}}}}}}"#,
            provider.since, self.practitioner, provider.number, self.facility, clinic.facility
        );
    }

    fn patient(&self, out: &mut String, person: &Person) {
        let merged = matches!(person.standing, Standing::Replaced { .. });
        let _ = write!(
            out,
            r#"{{"resourceType":"Patient","active":{},"identifier":[{{"system":"{}","value":"{}"}}],"name":["#,
            !merged, self.phn, person.phn
        );
        if person.standing == Standing::Masked {
            let _ = write!(out, r#"{MASKED}],"_birthDate":{MASKED}}}"#);
            return;
        }
        if let Some(former) = &person.former {
            name(out, "maiden", &former.family, &person.given);
            let _ = write!(out, r#","period":{{"end":"{}"}}}},"#, former.until);
        }
        name(out, "official", &person.family, &person.given);
        if let Some(since) = person.former.as_ref().and_then(|former| former.until.succ_opt()) {
            let _ = write!(out, r#","period":{{"start":"{since}"}}"#);
        }
        let _ =
            write!(out, r#"}}],"gender":"{}","birthDate":"{}""#, person.gender, person.birth_date);
        match &person.standing {
            Standing::Deceased(Some(day)) => {
                let _ = write!(out, r#","deceasedDateTime":"{day}""#);
            }
            Standing::Deceased(None) => out.push_str(r#","deceasedBoolean":true"#),
            Standing::Replaced { by } => {
                let _ = write!(
                    out,
                    r#","link":[{{"other":{{"type":"Patient","identifier":{{"system":"{}","value":"{by}"}}}},"type":"replaced-by"}}]"#,
                    self.phn
                );
            }
            Standing::Fit | Standing::Masked => {}
        }
        out.push('}');
    }
}

/// A HumanName, left open for a period.
fn name(out: &mut String, usage: &str, family: &str, given: &[String]) {
    let _ = write!(out, r#"{{"use":"{usage}","family":"{family}","given":["#);
    for (i, given) in given.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(out, r#"{comma}"{given}""#);
    }
    out.push(']');
}
