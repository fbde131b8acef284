//! What a reader accepts where the guide leaves it open; each with its default.

/// The naming systems that are accepted, and the one that is emitted: the first of each list.
#[derive(Debug, Clone)]
pub struct Naming {
    /// Personal health numbers.
    pub phn: Vec<String>,
    /// Practitioner numbers: MSP first, then licences.
    pub practitioner: Vec<String>,
    /// Those of `practitioner` that are licence numbers.
    pub licence: Vec<String>,
    /// Facility numbers.
    pub facility: Vec<String>,
    /// Code systems of `MessageHeader.eventCoding`.
    pub event: Vec<String>,
}

impl Default for Naming {
    fn default() -> Self {
        let owned = |systems: &[&str]| systems.iter().map(|s| (*s).to_owned()).collect();
        const PHYSICIAN: &str =
            "https://fhir.infoway-inforoute.ca/NamingSystem/ca-bc-license-physician";
        const NURSE: &str = "https://fhir.infoway-inforoute.ca/NamingSystem/ca-bc-license-nurse";
        Naming {
            phn: owned(&[
                "https://fhir.infoway-inforoute.ca/NamingSystem/ca-bc-patient-healthcare-id",
                "http://hlth.gov.bc.ca/fhir/client/id-issuer/BC",
            ]),
            practitioner: owned(&[
                "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-ministry-practitioner-id",
                PHYSICIAN,
                NURSE,
            ]),
            licence: owned(&[PHYSICIAN, NURSE]),
            facility: owned(&["https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-msp-facility-id"]),
            event: owned(&["https://api.healthcarebc.ca/fhir/CodeSystem/message-event-code"]),
        }
    }
}

impl Naming {
    /// The system of `list` that `system` is, where it is one.
    pub fn accepted<'l>(list: &'l [String], system: &str) -> Option<&'l str> {
        list.iter().map(String::as_str).find(|accepted| *accepted == system.trim())
    }

    /// Whether `list` accepts `system`.
    pub fn accepts(list: &[String], system: &str) -> bool {
        Naming::accepted(list, system).is_some()
    }

    /// Whether `system` is a code system of our events. The guide prints it in literal brackets; they are taken off.
    pub fn accepts_event(&self, system: &str) -> bool {
        let system = system.trim();
        let bare =
            system.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(system);
        Naming::accepts(&self.event, bare)
    }

    /// Every `system|value` that a number may be on record under.
    pub fn tokens(list: &[String], value: &str) -> Vec<String> {
        list.iter().map(|system| format!("{system}|{value}")).collect()
    }

    /// The first of a list, the one that is emitted.
    pub fn emitted(list: &[String]) -> &str {
        list.first().map_or("", String::as_str)
    }
}

/// Whether the check digit of a PHN is judged. The ministry's own samples contain numbers that fail it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhnCheck {
    /// A wrong check digit is a fault.
    Digit,
    /// Ten digits starting with 9 are enough.
    Form,
}

/// Bounds on one message.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `Group.member` at most this many times.
    pub members: usize,
}

/// All that reading a message depends on.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Accepted systems.
    pub naming: Naming,
    /// How strictly PHNs are read.
    pub phn: PhnCheck,
    /// Bounds.
    pub limits: Limits,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            naming: Naming::default(),
            phn: PhnCheck::Digit,
            limits: Limits { members: 5_000 },
        }
    }
}
