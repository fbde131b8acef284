//! Profiles of a request: what `message::read` demands, as the guide's request profiles have it. A test takes away each element
//! that is demanded here and posts the rest.

use super::Claims;
use super::profile::{Profile, Rule, at};

/// The profiles of a request, the Bundle first.
pub(super) fn profiles(claims: &Claims) -> Vec<Profile> {
    vec![
        bundle(claims),
        header(claims),
        group(claims),
        patient(claims),
        practitioner(claims),
        role(claims),
        organization(claims),
    ]
}

/// The modifiers that nobody may send, since we know none (R4 §2.20.0.1, §2.14.0.4).
fn unmodified() -> [Rule; 2] {
    [at("implicitRules").never(), at("modifierExtension").never()]
}

fn profile(
    id: &'static str,
    of: &'static str,
    title: &'static str,
    description: &'static str,
    rules: impl IntoIterator<Item = Rule>,
) -> Profile {
    Profile { id, of, title, description, rules: rules.into_iter().collect(), context: Vec::new() }
}

/// A slice of `Bundle.entry`: how often at most, and of which profile. How often at least, [`count`] says: validators that
/// cannot tell slices by the type of a resource would find none of them.
pub(super) fn entry(
    slice: [&'static str; 2],
    max: &str,
    (kind, profile): (&str, &str),
    told: &str,
) -> [Rule; 2] {
    [at(slice[0]).max(max).must().told(told), at(slice[1]).once().must().of(kind, Some(profile))]
}

/// A condition on a Bundle: how many entries of a type there are.
pub(super) fn count(rule: Rule, key: &str, human: &str, kind: &str, count: &str) -> Rule {
    rule.holds(key, human, format!("entry.resource.ofType({kind}).count() {count}"))
}

fn bundle(claims: &Claims) -> Profile {
    let counted = [
        ("pas-one-header", "One MessageHeader", "MessageHeader", "= 1"),
        ("pas-one-group", "One Group", "Group", "= 1"),
        ("pas-provider", "A Practitioner: the provider", "Practitioner", ">= 1"),
        ("pas-one-clinic", "One Organization: the clinic", "Organization", "= 1"),
        ("pas-patients", "A Patient at least", "Patient", ">= 1"),
    ];
    let root = counted
        .into_iter()
        .fold(at(""), |rule, (key, human, kind, times)| count(rule, key, human, kind, times));
    let is = |id| claims.profile(id);
    let slices = [
        entry(
            ["entry:messageHeader", "entry:messageHeader.resource"],
            "1",
            ("MessageHeader", &is("pas-request-message-header")),
            "What is asked, and by whom; the first entry",
        ),
        entry(
            ["entry:group", "entry:group.resource"],
            "1",
            ("Group", &is("pas-request-group")),
            "Provider and patients",
        ),
        entry(
            ["entry:practitioner", "entry:practitioner.resource"],
            "*",
            ("Practitioner", &is("pas-practitioner")),
            "The provider; a Practitioner to whom the Group does not refer is not read",
        ),
        entry(
            ["entry:organization", "entry:organization.resource"],
            "1",
            ("Organization", &is("pas-organization")),
            "The clinic",
        ),
        entry(
            ["entry:patient", "entry:patient.resource"],
            &claims.limits.members.to_string(),
            ("Patient", &is("pas-patient")),
            "A patient: a member of the Group",
        ),
        entry(
            ["entry:practitionerRole", "entry:practitionerRole.resource"],
            "*",
            ("PractitionerRole", &is("pas-practitioner-role")),
            "Optional; must agree with provider and clinic",
        ),
    ];
    let rules = [
        root,
        at("implicitRules").never(),
        at("type").once().must().value("fixedCode", "message"),
        at("entry")
            .min(5)
            .must()
            .sliced("type", "resource", "open")
            .told("The parts of the message"),
        at("entry.modifierExtension").never(),
        at("entry.resource").once(),
    ];
    profile(
        "pas-request-bundle",
        "Bundle",
        "PAS Request Bundle",
        "A message that adds patients to a provider's panel, removes them from it, or asks who their most responsible provider is.",
        rules.into_iter().chain(slices.into_iter().flatten()),
    )
}

fn header(claims: &Claims) -> Profile {
    let rules = [
        at("event[x]")
            .must()
            .of("Coding", None)
            .bound(&claims.own("ValueSet", "message-event-code"))
            .told("What is asked")
            .holds(
                "pas-event",
                "An event has a code system and a code",
                "system.exists() and code.exists()",
            ),
        at("source.modifierExtension").never(),
        at("source.endpoint")
            .must()
            .told("The address of the sending system: the sender's name for itself"),
        at("response").never().told("Only answers have one"),
        at("focus").once().must().to(&[claims.profile("pas-request-group")]).told("The Group"),
        at("focus.reference").once().must(),
    ];
    profile(
        "pas-request-message-header",
        "MessageHeader",
        "PAS Request MessageHeader",
        "Says which of the three events a message is, and refers to the Group that it is about.",
        unmodified().into_iter().chain(rules),
    )
}

fn group(claims: &Claims) -> Profile {
    let rules = [
        at("type").must().value("patternCode", "person"),
        at("actual").value("patternBoolean", true),
        at("managingEntity")
            .once()
            .must()
            .to(&[claims.profile("pas-practitioner")])
            .told("Whose panel"),
        at("managingEntity.reference").once().must(),
        at("characteristic.modifierExtension").never(),
        at("characteristic.exclude").value("patternBoolean", false),
        at("member").min(1).max(claims.limits.members.to_string()).must().told("Whom it is about"),
        at("member.modifierExtension").never(),
        at("member.entity").must().to(&[claims.profile("pas-patient")]),
        at("member.entity.reference").once().must(),
    ];
    profile(
        "pas-request-group",
        "Group",
        "PAS Request Group",
        "The patients to be added, removed or asked about, and the provider on whose panel they are or are to be.",
        unmodified().into_iter().chain(rules),
    )
}

/// A condition: one identifier is of a system that is accepted.
fn accepted(systems: &[String]) -> String {
    let any: Vec<String> = systems
        .iter()
        .map(|system| format!("system = '{}'", system.replace('\'', "\\'")))
        .collect();
    format!("identifier.where({}).exists()", any.join(" or "))
}

/// `active` is a modifier. (A pattern would say the same, but some validators ask it of an element that is not there.)
fn active(rule: Rule) -> Rule {
    rule.holds(
        "pas-active",
        "A record that is not to be used is not sent",
        "active.empty() or active",
    )
}

fn people() -> [Rule; 6] {
    [
        at("identifier").min(1).must(),
        at("identifier.system").once().must(),
        at("identifier.value").once().must(),
        at("name").min(1).must(),
        at("name.family").once().must(),
        at("name.given").min(1).must(),
    ]
}

fn patient(claims: &Claims) -> Profile {
    let [id, system, value, name, family, given] = people();
    let root = at("").holds(
        "pas-phn",
        "One identifier is a personal health number",
        accepted(&claims.naming.phn),
    );
    let rules = [
        id,
        system,
        value,
        name,
        family,
        given.told("All given names as registered, in the first entry, separated by spaces"),
        at("birthDate").once().must().told("Year, month and day").holds(
            "pas-full-date",
            "A full date, YYYY-MM-DD",
            "toString().length() = 10",
        ),
    ];
    profile(
        "pas-patient",
        "Patient",
        "PAS Patient",
        "Somebody to be added, removed or asked about, as the Client Registry knows them.",
        [active(root)].into_iter().chain(unmodified()).chain(rules),
    )
}

fn practitioner(claims: &Claims) -> Profile {
    let rules = [at("").holds(
        "pas-practitioner-id",
        "One identifier is a practitioner number",
        accepted(&claims.naming.practitioner),
    )];
    profile(
        "pas-practitioner",
        "Practitioner",
        "PAS Practitioner",
        "The provider, as PLR and PAS know them.",
        rules.into_iter().chain(unmodified()).chain(people()),
    )
}

fn role(claims: &Claims) -> Profile {
    let rules = [
        at("practitioner")
            .must()
            .to(&[claims.profile("pas-practitioner")])
            .told("The provider: the entry referred to, else by number"),
        at("practitioner.identifier").must(),
        at("practitioner.identifier.system").must(),
        at("practitioner.identifier.value").must(),
        at("organization")
            .must()
            .to(&[claims.profile("pas-organization")])
            .told("The clinic: the entry referred to, else by number"),
        at("organization.identifier").must(),
        at("organization.identifier.system").must(),
        at("organization.identifier.value").must(),
    ];
    profile(
        "pas-practitioner-role",
        "PractitionerRole",
        "PAS PractitionerRole",
        "The provider at the clinic. A message needs none; one that is there must agree with the rest.",
        unmodified().into_iter().chain(rules),
    )
}

fn organization(claims: &Claims) -> Profile {
    let root = at("")
        .holds(
            "pas-facility-id",
            "One identifier is a facility number",
            accepted(&claims.naming.facility),
        )
        .holds("pas-postal-code", "One address has a postal code", "address.postalCode.exists()");
    let rules = [
        at("identifier").min(1).must(),
        at("identifier.system").once().must(),
        at("identifier.value").once().must(),
        at("name").once().must(),
        at("address").min(1).must(),
        at("address.postalCode").must(),
    ];
    profile(
        "pas-organization",
        "Organization",
        "PAS Organization",
        "The clinic, as PLR and PAS know it.",
        [active(root)].into_iter().chain(unmodified()).chain(rules),
    )
}
