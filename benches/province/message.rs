//! Messages of invented EMRs: a template with ids, numbers, names and dates spliced in. Every one is new.

use std::fmt::Write as _;

use pas::clock::Clock;
use pas::province::Province;
use uuid::Uuid;

/// How many programs post; clinics are spread over them.
pub(crate) const CLIENTS: u32 = 64;

/// The system of personal health numbers.
pub(crate) const PHN: &str =
    "https://fhir.infoway-inforoute.ca/NamingSystem/ca-bc-patient-healthcare-id";
/// The system of practitioner numbers.
pub(crate) const PRACTITIONER: &str =
    "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-ministry-practitioner-id";
/// The system of facility numbers.
pub(crate) const FACILITY: &str =
    "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-msp-facility-id";

/// What a message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The patients come onto the panel.
    Add,
    /// Where do they stand?
    Query,
}

impl Event {
    /// What it is called in the report.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Event::Add => "add",
            Event::Query => "query",
        }
    }

    fn code(self) -> &'static str {
        match self {
            Event::Add => "add-patient-to-panel",
            Event::Query => "get-patient-mrp-status",
        }
    }
}

/// Which provider a person is, or is to be, attached to.
pub(crate) fn provider_of(i: u64, providers: u32) -> u32 {
    (i % u64::from(providers.max(1))) as u32
}

/// The program that speaks for a clinic.
pub(crate) fn client_of(clinic: u32) -> u32 {
    clinic % CLIENTS
}

/// Its id.
pub(crate) fn client_id(client: u32) -> String {
    format!("emr-{client:02}")
}

/// Writes messages.
pub(crate) struct Writer {
    province: Province,
    /// For each provider the two entries that tell of them and of the clinic, and the client that speaks for them.
    sides: Vec<Sides>,
    at: String,
    /// Makes the ids of this run other than those of any other.
    salt: u64,
    count: u64,
}

struct Sides {
    reference: String,
    entries: String,
    client: u32,
}

impl Writer {
    /// A writer for this province.
    pub(crate) fn new(province: Province) -> Self {
        let (high, low) = Clock::System.id().as_u64_pair();
        let mut writer = Writer {
            province,
            sides: Vec::new(),
            at: Clock::System.now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            salt: high ^ low.rotate_left(29),
            count: 0,
        };
        writer.sides = (0..province.plan().providers).map(|j| writer.sides_of(j)).collect();
        writer
    }

    fn sides_of(&mut self, j: u32) -> Sides {
        let provider = self.province.provider(j);
        let clinic = self.province.clinic(provider.clinic);
        let (one, two) = (self.id(), self.id());
        let entries = format!(
            "{{\"fullUrl\":\"urn:uuid:{one}\",\"resource\":{{\"resourceType\":\"Practitioner\",\"id\":\"{one}\",\
             \"identifier\":[{{\"system\":\"{PRACTITIONER}\",\"value\":\"{}\"}}],\"name\":[{{\"family\":\"{}\",\
             \"given\":[\"{}\"]}}]}}}},\
             {{\"fullUrl\":\"urn:uuid:{two}\",\"resource\":{{\"resourceType\":\"Organization\",\"id\":\"{two}\",\
             \"identifier\":[{{\"system\":\"{FACILITY}\",\"value\":\"{}\"}}],\"name\":\"{}\",\
             \"address\":[{{\"postalCode\":\"{}\"}}]}}}}",
            provider.number,
            provider.family,
            provider.given.join(" "),
            clinic.facility,
            clinic.name,
            clinic.postal_code,
        );
        Sides { reference: format!("urn:uuid:{one}"), entries, client: client_of(provider.clinic) }
    }

    /// The client that speaks for a person's provider.
    pub(crate) fn client(&self, i: u64) -> u32 {
        self.sides[provider_of(i, self.province.plan().providers) as usize].client
    }

    /// Writes the body of a new message about these people, for the provider of the first.
    pub(crate) fn write(&mut self, event: Event, people: &[u64], body: &mut String) {
        let providers = self.province.plan().providers;
        let provider = people.first().map_or(0, |i| provider_of(*i, providers));
        let (bundle, header, group) = (self.id(), self.id(), self.id());
        let ids: Vec<Uuid> = people.iter().map(|_| self.id()).collect();
        let sides = &self.sides[provider as usize];
        let (code, at, reference) = (event.code(), &self.at, &sides.reference);
        // Writing into a String cannot fail.
        let _ = write!(
            body,
            "{{\"resourceType\":\"Bundle\",\"id\":\"{bundle}\",\"type\":\"message\",\"timestamp\":\"{at}\",\"entry\":[\
             {{\"fullUrl\":\"urn:uuid:{header}\",\"resource\":{{\"resourceType\":\"MessageHeader\",\"id\":\"{header}\",\
             \"eventCoding\":{{\"system\":\"https://api.healthcarebc.ca/fhir/CodeSystem/message-event-code\",\
             \"code\":\"{code}\"}},\"source\":{{\"name\":\"Lantern EMR\",\"software\":\"Lantern\",\"version\":\"4.2\",\
             \"endpoint\":\"https://emr.example/lantern\"}},\"focus\":[{{\"reference\":\"urn:uuid:{group}\"}}]}}}},\
             {{\"fullUrl\":\"urn:uuid:{group}\",\"resource\":{{\"resourceType\":\"Group\",\"id\":\"{group}\",\
             \"type\":\"person\",\"actual\":true,\"managingEntity\":{{\"reference\":\"{reference}\"}},\"member\":["
        );
        for (at, id) in ids.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let _ = write!(body, "{comma}{{\"entity\":{{\"reference\":\"urn:uuid:{id}\"}}}}");
        }
        body.push_str("]}},");
        body.push_str(&sides.entries);
        for (i, id) in people.iter().zip(&ids) {
            let person = self.province.person(*i);
            let (phn, family, born) = (&person.phn, &person.family, person.birth_date);
            let given = person.given.join(" ");
            let _ = write!(
                body,
                ",{{\"fullUrl\":\"urn:uuid:{id}\",\"resource\":{{\"resourceType\":\"Patient\",\"id\":\"{id}\",\
                 \"identifier\":[{{\"system\":\"{PHN}\",\"value\":\"{phn}\"}}],\
                 \"name\":[{{\"family\":\"{family}\",\"given\":[\"{given}\"]}}],\"birthDate\":\"{born}\"}}}}"
            );
        }
        body.push_str("]}");
    }

    /// An id that no other message has.
    fn id(&mut self) -> Uuid {
        self.count += 1;
        let mix = |n: u64| {
            let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            n ^ (n >> 31)
        };
        let high = mix(self.salt.wrapping_add(self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        Uuid::from_u64_pair(high & !0xf000 | 0x4000, mix(high ^ self.salt) >> 2 | 1 << 63)
    }
}
