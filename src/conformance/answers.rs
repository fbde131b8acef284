//! Profiles of an answer: what `reply` writes, and our one extension.

use super::Claims;
use super::profile::{Profile, Rule, at};
use super::requests::{count, entry};

/// The profiles of an answer, the Bundle first, and the extension.
pub(super) fn profiles(claims: &Claims) -> Vec<Profile> {
    vec![
        bundle(claims),
        header(claims),
        outcome(claims),
        group(claims),
        numbered(
            "pas-response-practitioner",
            "Practitioner",
            ["PAS Response Practitioner", "The provider of the request, by identifier only."],
        ),
        numbered(
            "pas-response-organization",
            "Organization",
            ["PAS Response Organization", "The clinic of the request, by identifier only."],
        ),
        patient(claims),
        role(),
        status(claims),
    ]
}

fn profile(
    id: &'static str,
    of: &'static str,
    told: [&'static str; 2],
    rules: Vec<Rule>,
) -> Profile {
    Profile { id, of, title: told[0], description: told[1], rules, context: Vec::new() }
}

/// The entries of an answer.
fn parts(claims: &Claims) -> [[Rule; 2]; 7] {
    let is = |id| claims.profile(id);
    [
        entry(
            ["entry:messageHeader", "entry:messageHeader.resource"],
            "1",
            ("MessageHeader", &is("pas-response-message-header")),
            "Which request is answered, and how it went; the first entry",
        ),
        entry(
            ["entry:outcome", "entry:outcome.resource"],
            "1",
            ("OperationOutcome", &is("pas-response-outcome")),
            "Everything that there is to say about the request",
        ),
        entry(
            ["entry:group", "entry:group.resource"],
            "1",
            ("Group", &is("pas-response-group")),
            "Where the patients stand; not there when the request was refused",
        ),
        entry(
            ["entry:practitioner", "entry:practitioner.resource"],
            "1",
            ("Practitioner", &is("pas-response-practitioner")),
            "The provider",
        ),
        entry(
            ["entry:organization", "entry:organization.resource"],
            "1",
            ("Organization", &is("pas-response-organization")),
            "The clinic",
        ),
        entry(
            ["entry:patient", "entry:patient.resource"],
            &claims.limits.members.to_string(),
            ("Patient", &is("pas-response-patient")),
            "A patient",
        ),
        entry(
            ["entry:practitionerRole", "entry:practitionerRole.resource"],
            "*",
            ("PractitionerRole", &is("pas-response-practitioner-role")),
            "Who is most responsible provider, in the answer to a query",
        ),
    ]
}

fn bundle(claims: &Claims) -> Profile {
    let slices = parts(claims);
    let root = count(at(""), "pas-answered", "One MessageHeader", "MessageHeader", "= 1");
    let root = count(root, "pas-outcome", "One OperationOutcome", "OperationOutcome", "= 1");
    let kinds = slices
        .iter()
        .filter_map(|[_, resource]| resource.said.get("type")?.get(0)?.get("code")?.as_str());
    let counts: Vec<String> =
        kinds.map(|kind| format!("entry.resource.ofType({kind}).count()")).collect();
    let root = root.holds(
        "pas-nothing-else",
        "No resources of other types",
        format!("entry.count() = {}", counts.join(" + ")),
    );
    let mut rules = vec![
        root,
        at("id").once().must(),
        at("type").once().must().value("fixedCode", "message"),
        at("timestamp").once().must(),
        at("entry")
            .min(2)
            .must()
            .sliced("type", "resource", "open")
            .told("The parts of the answer"),
        at("entry.fullUrl").once().must(),
        at("entry.resource").once(),
    ];
    rules.extend(slices.into_iter().flatten());
    profile(
        "pas-response-bundle",
        "Bundle",
        [
            "PAS Response Bundle",
            "The answer to a message: how it went and, when it was processed, where each patient stands.",
        ],
        rules,
    )
}

fn header(claims: &Claims) -> Profile {
    let rules = vec![
        at("id").once().must(),
        at("event[x]").must().told("As in the request"),
        at("destination").max("1").told("Who asked, by the endpoint of the request"),
        at("source.endpoint").must().told("This server"),
        at("response").once().must(),
        at("response.identifier")
            .must()
            .told("MessageHeader.id of the request, or what stands in for it"),
        at("response.code")
            .must()
            .told("ok, or fatal-error: the same message would be refused again"),
        at("response.details").once().must().to(&[claims.profile("pas-response-outcome")]),
        at("response.details.reference").once().must(),
        at("focus").max("1").must().to(&[claims.profile("pas-response-group")]),
    ];
    profile(
        "pas-response-message-header",
        "MessageHeader",
        [
            "PAS Response MessageHeader",
            "Which message is answered, and whether it was done as asked.",
        ],
        rules,
    )
}

fn outcome(claims: &Claims) -> Profile {
    let rules = vec![
        at("issue.details").once().must().bound(&claims.own("ValueSet", "pas-fault")),
        at("issue.details.coding")
            .once()
            .must()
            .told("Our code; what to do about it is in the CodeSystem"),
        at("issue.details.coding.system").once().must(),
        at("issue.details.coding.code").once().must(),
        at("issue.details.text").once().must().told("What is wrong and what to change"),
        at("issue.expression").must().told("The element of the request, as FHIRPath"),
    ];
    profile(
        "pas-response-outcome",
        "OperationOutcome",
        [
            "PAS OperationOutcome",
            "Every fault of a message at once, and remarks; also alone, where no answer Bundle can be formed.",
        ],
        rules,
    )
}

fn group(claims: &Claims) -> Profile {
    let status = claims.profile("pas-mrp-status");
    let rules = vec![
        at("id").once().must(),
        at("type").must().value("patternCode", "person"),
        at("actual").value("patternBoolean", true),
        at("managingEntity").once().must().to(&[claims.profile("pas-response-practitioner")]),
        at("managingEntity.reference").once().must(),
        at("member").min(1).max(claims.limits.members.to_string()).must(),
        at("member.extension").min(1).sliced("value", "url", "open"),
        at("member.extension:mrpStatus")
            .once()
            .must()
            .of("Extension", Some(&status))
            .told("Where the patient stands in relation to this panel"),
        at("member.extension:mrpStatus.url").value("fixedUri", status.clone()),
        at("member.entity").must().to(&[claims.profile("pas-response-patient")]),
        at("member.entity.reference").once().must(),
        at("member.period")
            .must()
            .told("Of the attachment; ends with the date of the status that ended it"),
        at("member.inactive").once().must().told("False when confirmed or pending"),
    ];
    profile(
        "pas-response-group",
        "Group",
        [
            "PAS Response Group",
            "The patients of the request, each with their status on the provider's panel.",
        ],
        rules,
    )
}

fn identifier() -> [Rule; 3] {
    [
        at("identifier").min(1).must(),
        at("identifier.system").once().must(),
        at("identifier.value").once().must(),
    ]
}

fn numbered(id: &'static str, of: &'static str, told: [&'static str; 2]) -> Profile {
    let rules = [at("id").once().must()].into_iter().chain(identifier());
    profile(id, of, told, rules.collect())
}

fn patient(claims: &Claims) -> Profile {
    let role = claims.profile("pas-response-practitioner-role");
    let mut rules = vec![at("id").once().must()];
    rules.extend(identifier());
    rules.push(
        at("generalPractitioner")
            .max("1")
            .must()
            .to(&[role])
            .told("In the answer to a query: the most responsible provider. Not there: nobody is"),
    );
    profile(
        "pas-response-patient",
        "Patient",
        ["PAS Response Patient", "A patient of the request, by identifier only."],
        rules,
    )
}

fn role() -> Profile {
    let rules = vec![
        at("id").once().must(),
        at("practitioner").once().must().told("The provider, by identifier"),
        at("practitioner.type").once().must().value("fixedUri", "Practitioner"),
        at("practitioner.identifier").once().must(),
        at("practitioner.identifier.system").once().must(),
        at("practitioner.identifier.value").once().must(),
        at("organization").once().must().told("The clinic, by identifier"),
        at("organization.type").once().must().value("fixedUri", "Organization"),
        at("organization.identifier").once().must(),
        at("organization.identifier.system").once().must(),
        at("organization.identifier.value").once().must(),
    ];
    profile(
        "pas-response-practitioner-role",
        "PractitionerRole",
        [
            "PAS Response PractitionerRole",
            "A most responsible provider, and at which clinic, by identifiers.",
        ],
        rules,
    )
}

fn status(claims: &Claims) -> Profile {
    let rules = vec![
        at("").max("1").told("Where a patient stands in relation to a panel"),
        at("extension").never(),
        at("url").value("fixedUri", claims.profile("pas-mrp-status")),
        at("value[x]").once().of("Coding", None).bound(&claims.own("ValueSet", "pas-mrp-status")),
    ];
    let told = [
        "PAS MRP status",
        "Where a patient stands in relation to a panel, in the words that PAS itself shows.",
    ];
    let context = vec!["Group.member"];
    Profile { context, ..profile("pas-mrp-status", "Extension", told, rules) }
}
