//! THE table: one row a way to fail (or a remark), with everything that the wire and the documents say of it.

use super::codes::{IssueType, Severity};

/// How a failure is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alone {
    /// By an OperationOutcome alone, with this HTTP status: no response message can be formed.
    Status(u16),
    /// By a response message with HTTP status 200; alone with 400 where the message names no event to answer to.
    InMessage,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Our code, in `details.coding` of the issue.
    pub code: &'static str,
    /// How it is answered.
    pub alone: Alone,
    /// `issue.severity`
    pub severity: Severity,
    /// `issue.code`
    pub issue: IssueType,
    /// The text for the sender, where an instance has none of its own.
    pub text: &'static str,
    /// What the sender does about it.
    pub sender: &'static str,
    /// What the operator does about it.
    pub operator: &'static str,
}

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident, $code:literal: $alone:expr, $severity:ident, $issue:ident,
       $text:literal, sender: $sender:literal, operator: $operator:literal;)+) => {
        /// The code of a row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $text] $name,)+
        }

        impl Code {
            /// Every row, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// What the wire and the documents say of it.
            pub const fn row(self) -> Row {
                match self {
                    $(Code::$name => Row {
                        code: $code,
                        alone: $alone,
                        severity: Severity::$severity,
                        issue: IssueType::$issue,
                        text: $text,
                        sender: $sender,
                        operator: $operator,
                    },)+
                }
            }
        }
    };
}

const fn status(status: u16) -> Alone {
    Alone::Status(status)
}
use Alone::InMessage;

table! {
    // Before there is a body.
    NotFound, "not-found": status(404), Error, NotFound, "There is nothing at this address.",
        sender: "Post to [base]/$process-message.", operator: "Nothing; many of them: a client with a wrong base URL.";
    MethodNotAllowed, "method-not-allowed": status(405), Error, NotSupported, "This method is not served at this address; the header Allow names those that are.",
        sender: "Use POST for $process-message, GET for everything else.", operator: "Nothing.";
    UnsupportedMediaType, "unsupported-media-type": status(415), Error, NotSupported,
        "The body must be JSON: Content-Type application/fhir+json or application/json, in UTF-8, FHIR version 4.0.",
        sender: "Send application/fhir+json. XML is not supported.", operator: "Nothing.";
    UnsupportedEncoding, "unsupported-encoding": status(415), Error, NotSupported,
        "The body may be sent as it is or with Content-Encoding gzip.",
        sender: "Send the body plain or with gzip.", operator: "Nothing.";
    NotAcceptable, "not-acceptable": status(406), Error, NotSupported,
        "The answer can only be JSON: application/fhir+json or application/json, FHIR version 4.0.",
        sender: "Accept application/fhir+json, or leave Accept and _format out.", operator: "Nothing.";
    AsyncNotSupported, "async-not-supported": status(400), Error, NotSupported,
        "Messages are answered in the response to the request: 'async' and 'response-url' are not supported.",
        sender: "Leave out async and response-url.", operator: "Nothing: a server that posts to an address named by a caller is a hole.";

    // Who calls.
    TokenMissing, "token-missing": status(401), Error, Login,
        "This operation asks for an access token: Authorization: Bearer, with a token of the issuer that .well-known/smart-configuration names.",
        sender: "Get a token and send it with every message.", operator: "Nothing.";
    TokenInvalid, "token-invalid": status(401), Error, Login, "The access token is not accepted.",
        sender: "Get a new token from the issuer, for this audience.", operator: "Many of them: do --issuer and --audience agree with the issuer, and do the clocks?";
    ScopeMissing, "scope-missing": status(403), Error, Forbidden,
        "The access token does not allow this event: get-patient-mrp-status asks for the scope Group.read, the others for Group.write.",
        sender: "Ask the issuer for the scope; the client may have to be registered for it.", operator: "Nothing.";
    Forbidden, "forbidden": status(403), Error, Forbidden, "The caller is not registered to speak for this clinic or provider.",
        sender: "Speak only for clinics and providers that the client, and the person signed in, are registered for.",
        operator: "Is the registration complete? See `pas grants`. Many of one client: ask its vendor.";
    TooManyRequests, "too-many-requests": status(429), Error, Throttled, "This client sends more requests than one client may.",
        sender: "Send the same message again after Retry-After, with the same ids.", operator: "Raise --requests-per-minute if real clients need it.";
    TooManyFailedMatches, "too-many-failed-matches": status(429), Error, Throttled,
        "Too many of this client's patients did not match the Client Registry; it has to wait.",
        sender: "Check patients' details before they are sent; go on after Retry-After.",
        operator: "Somebody may be guessing: see the audit trail. Raise --failed-matches-per-hour if real clients need it.";

    // The body.
    BodyTooLarge, "body-too-large": status(413), Error, TooLong, "The body is larger than this server takes.",
        sender: "Split the message: fewer patients in each.", operator: "Raise --max-body-bytes if real messages need it.";
    RequestTimeout, "request-timeout": status(408), Error, Timeout, "The body did not arrive in time.",
        sender: "Send it again over a better line.", operator: "Many of them: look at the network, or for somebody holding connections open.";
    EncodingInvalid, "encoding-invalid": status(400), Error, Structure, "The body cannot be unpacked: it is no sound gzip.",
        sender: "Compress the body anew, or send it plain.", operator: "Nothing.";
    Utf8Invalid, "utf8-invalid": status(400), Error, Structure, "The body is not UTF-8.",
        sender: "Encode the body as UTF-8.", operator: "Nothing.";
    JsonInvalid, "json-invalid": status(400), Error, Structure, "The body is not JSON.",
        sender: "Mend the JSON at the place named.", operator: "Nothing.";
    JsonTooDeep, "json-too-deep": status(400), Error, TooCostly, "The JSON is nested too deep.",
        sender: "Send the message without needless nesting.", operator: "Nothing.";
    JsonTooManyValues, "json-too-many-values": status(400), Error, TooCostly, "The JSON holds too many values.",
        sender: "Split the message, and leave out what it does not need.", operator: "Nothing; many of them: somebody is trying what the server bears.";
    DuplicateKey, "duplicate-key": status(400), Error, Structure, "A key stands twice in one JSON object.",
        sender: "Send each key once: readers disagree on which one counts.", operator: "Nothing.";
    NulCharacter, "nul-character": status(400), Error, Value, "A string holds the character U+0000.",
        sender: "Remove the character.", operator: "Nothing.";

    // No message to answer.
    NotABundle, "not-a-bundle": status(400), Error, Structure, "The body must be a Bundle.",
        sender: "Post the message Bundle itself as the body.", operator: "Nothing.";
    NotAMessage, "not-a-message": status(400), Error, Value, "Bundle.type must be 'message'.",
        sender: "Set Bundle.type to message.", operator: "Nothing.";
    HeaderMissing, "header-missing": status(400), Error, Required, "The Bundle has no MessageHeader.",
        sender: "Make a MessageHeader the first entry.", operator: "Nothing.";

    // The shape of the message.
    HeaderNotFirst, "header-not-first": InMessage, Error, Invariant, "The MessageHeader must be the first entry (bdl-12).",
        sender: "Move the MessageHeader to the front.", operator: "Nothing.";
    ElementMissing, "element-missing": InMessage, Error, Required, "A required element is missing.",
        sender: "Give the element named.", operator: "Nothing.";
    ElementInvalid, "element-invalid": InMessage, Error, Value, "An element has the wrong type or value.",
        sender: "Correct the element named.", operator: "Nothing.";
    ElementRepeated, "element-repeated": InMessage, Error, Structure, "There must be exactly one of these.",
        sender: "Leave one.", operator: "Nothing.";
    ResponseAsRequest, "response-as-request": InMessage, Error, Invalid,
        "MessageHeader.response belongs into responses; this is a request.",
        sender: "Leave out MessageHeader.response.", operator: "Nothing; in loops: two servers answer each other.";
    EventUnknown, "event-unknown": InMessage, Error, NotSupported, "The event is none that this server processes.",
        sender: "Use one of the codes named, in the code system of the guide.", operator: "Nothing.";
    ReferenceUnresolved, "reference-unresolved": InMessage, Error, NotFound, "The reference leads to no entry of the Bundle.",
        sender: "Refer to the fullUrl of an entry.", operator: "Nothing.";
    ReferenceAmbiguous, "reference-ambiguous": InMessage, Error, MultipleMatches, "The reference fits several entries of the Bundle.",
        sender: "Give each entry a fullUrl of its own and refer to that.", operator: "Nothing.";
    ReferenceContained, "reference-contained": InMessage, Error, NotSupported,
        "The reference is to a contained resource; each resource of the message must be an entry of its own.",
        sender: "Make the resource an entry and refer to its fullUrl.", operator: "Nothing.";
    ReferenceWrongType, "reference-wrong-type": InMessage, Error, Value, "The reference leads to a resource of another type.",
        sender: "Refer to a resource of the type named.", operator: "Nothing.";
    FullUrlRepeated, "full-url-repeated": InMessage, Error, Invariant, "Another entry has the same fullUrl (bdl-7).",
        sender: "Give each entry a fullUrl of its own.", operator: "Nothing.";
    ModifierExtension, "modifier-extension": InMessage, Error, Extension,
        "A modifier extension may turn the meaning of what stands beside it; this server knows none.",
        sender: "Leave the modifier extension out.", operator: "Nothing.";
    ImplicitRules, "implicit-rules": InMessage, Error, NotSupported,
        "Implicit rules may turn the meaning of the resource; this server knows none.",
        sender: "Leave implicitRules out.", operator: "Nothing.";
    IdentifierNotAccepted, "identifier-not-accepted": InMessage, Error, CodeInvalid,
        "No identifier is from a system that is accepted here.",
        sender: "Identify by one of the systems named.", operator: "If real senders use another system for the same numbers, add it to the accept-list.";
    IdentifierAmbiguous, "identifier-ambiguous": InMessage, Error, MultipleMatches, "Two different identifiers stand where one is meant.",
        sender: "Give the one that is current.", operator: "Nothing.";
    PhnInvalid, "phn-invalid": InMessage, Error, Value, "This is no personal health number.",
        sender: "Check the number against the patient's card.", operator: "Test data of the ministry with wrong check digits: see --phn-check.";
    BirthDateInvalid, "birth-date-invalid": InMessage, Error, Value, "The birth date must be a full date, YYYY-MM-DD.",
        sender: "Give year, month and day.", operator: "Nothing.";
    PatientNotMember, "patient-not-member": InMessage, Error, Invalid, "This Patient is no member of the Group.",
        sender: "Refer to the Patient from Group.member, or leave it out.", operator: "Nothing.";
    PatientRepeated, "patient-repeated": InMessage, Error, Duplicate, "The same patient stands in the message twice.",
        sender: "Name each patient once.", operator: "Nothing.";
    TooManyMembers, "too-many-members": InMessage, Error, TooCostly, "The Group has more members than one message may have.",
        sender: "Split the message.", operator: "Raise --max-members if real messages need it.";
    TooManyElements, "too-many-elements": InMessage, Error, TooCostly, "There are more of these than this server reads.",
        sender: "Send what the message needs, and nothing else.", operator: "Nothing; many of them: somebody is trying what the server bears.";
    TooManyFaults, "too-many-faults": InMessage, Error, Incomplete, "There are more faults than are listed.",
        sender: "Mend these; the next answer lists the rest.", operator: "Nothing.";
    RoleMismatch, "role-mismatch": InMessage, Error, Conflict,
        "This speaks of another provider or clinic than the rest of the message.",
        sender: "Make it agree, or leave it out.", operator: "Nothing.";
    ResourceIgnored, "resource-ignored": InMessage, Information, Informational, "This entry plays no part in the message and was not read.",
        sender: "Nothing; leave it out to save bytes.", operator: "Nothing.";
    UnprotectedMessage, "unprotected-message": InMessage, Warning, Required,
        "Without MessageHeader.id, a urn:uuid fullUrl or Bundle.identifier this message cannot be protected against being processed twice.",
        sender: "Give every message a MessageHeader.id of its own.", operator: "Tell the vendor.";

    // The same message twice.
    DuplicateMessage, "duplicate-message": InMessage, Error, Duplicate,
        "A Bundle with this id was received before, with another MessageHeader in it.",
        sender: "Give every new Bundle a new id.", operator: "Nothing.";
    MessageAltered, "message-altered": InMessage, Error, Conflict,
        "A message with these ids was received before, with other content.",
        sender: "Resend a message unaltered; give an altered one new ids.", operator: "Many of one sender: its ids are not unique.";

    // The guide's rules.
    ProviderInPlr, "provider-in-plr": InMessage, Error, NotFound, "The provider is not in PLR with a valid identifier.",
        sender: "Check the practitioner identifier.", operator: "If PLR has the provider, import its newest extract.";
    ProviderInPas, "provider-in-pas": InMessage, Error, NotFound, "The provider is not in PAS with a valid identifier.",
        sender: "The provider enrols in PAS first.", operator: "If the provider is enrolled, import PAS's newest extract.";
    ProviderGiven, "provider-given": InMessage, Error, BusinessRule, "The provider's first name does not match.",
        sender: "Send the name as registered.", operator: "Where PLR and PAS differ, have PAS corrected.";
    ProviderFamily, "provider-family": InMessage, Error, BusinessRule, "The provider's last name does not match.",
        sender: "Send the name as registered.", operator: "Where PLR and PAS differ, have PAS corrected.";
    ClinicInPlr, "clinic-in-plr": InMessage, Error, NotFound, "The clinic is not in PLR with a valid facility identifier.",
        sender: "Check the facility identifier.", operator: "If PLR has the clinic, import its newest extract.";
    ClinicInPas, "clinic-in-pas": InMessage, Error, NotFound, "The clinic is not in PAS with a valid facility identifier.",
        sender: "The clinic is set up in PAS first.", operator: "If the clinic is set up, import PAS's newest extract.";
    ClinicName, "clinic-name": InMessage, Error, BusinessRule, "The clinic's name does not match.",
        sender: "Send the name as registered.", operator: "Where PLR and PAS differ, have PAS corrected.";
    ClinicPostalCode, "clinic-postal-code": InMessage, Error, BusinessRule, "None of the clinic's postal codes matches.",
        sender: "Send a current address of the clinic.", operator: "Where PLR and PAS differ, have PAS corrected.";
    ProviderAtClinic, "provider-at-clinic": InMessage, Error, BusinessRule, "PAS holds no current role of the provider at the clinic.",
        sender: "The clinic adds the provider to its staff in PAS first.", operator: "If the role is there, import PAS's newest extract.";
    PatientInClientRegistry, "patient-in-client-registry": InMessage, Error, NotFound, "The Client Registry does not know this PHN.",
        sender: "Check the PHN against the patient's card.", operator: "Many of them: the Client Registry extract is old.";
    PatientGiven, "patient-given": InMessage, Error, BusinessRule, "The patient's first name does not match the Client Registry.",
        sender: "Send all given names as registered, in the first entry of given, separated by spaces.", operator: "Nothing.";
    PatientFamily, "patient-family": InMessage, Error, BusinessRule, "The patient's last name does not match the Client Registry.",
        sender: "Send the name as registered.", operator: "Nothing.";
    PatientBirthDate, "patient-birth-date": InMessage, Error, BusinessRule, "The patient's birth date does not match the Client Registry.",
        sender: "Check the birth date with the patient.", operator: "Nothing.";
    PatientNotDeceased, "patient-not-deceased": InMessage, Error, BusinessRule, "According to the Client Registry the patient has died.",
        sender: "Close the chart, or have the registry corrected.", operator: "Nothing.";
    PatientPhnCurrent, "patient-phn-current": InMessage, Error, BusinessRule,
        "This PHN was merged into another one and is no longer used.",
        sender: "Ask the patient, or the Client Registry, for the current PHN.", operator: "Nothing.";
    PatientNotMasked, "patient-not-masked": InMessage, Error, Suppressed,
        "The Client Registry withholds this patient's details, so the patient cannot be matched.",
        sender: "Attach the patient by the procedure for masked records, outside this interface.", operator: "Nothing.";

    // Decisions.
    MrpElsewhere, "mrp-elsewhere": InMessage, Error, Conflict, "Another provider is the patient's most responsible provider.",
        sender: "Have the other provider remove the patient first.", operator: "This server refuses transfers: see --mrp-elsewhere.";
    MrpMoved, "mrp-moved": InMessage, Information, Informational,
        "Another provider was the patient's most responsible provider; this provider is now, and the other will be told.",
        sender: "Nothing; make sure that the patient knows.", operator: "Nothing.";
    ClinicMoved, "clinic-moved": InMessage, Information, Informational,
        "The patient was on this provider's panel at another clinic, and is on this one now.",
        sender: "Nothing.", operator: "Nothing.";
    AlreadyOnPanel, "already-on-panel": InMessage, Information, Informational,
        "The patient was on this panel already; nothing changed.",
        sender: "Nothing.", operator: "Nothing.";
    NotOnPanel, "not-on-panel": InMessage, Warning, NotFound, "The patient was not on this panel; nothing changed.",
        sender: "Check that provider, clinic and patient are the ones meant.", operator: "Nothing.";
    NothingToRemove, "nothing-to-remove": InMessage, Error, NotFound, "The patient is not on this panel.",
        sender: "Check that provider, clinic and patient are the ones meant.", operator: "This server refuses such removals: see --not-on-panel.";
    Processed, "processed": InMessage, Information, Informational, "The message was processed.",
        sender: "Nothing.", operator: "Nothing.";

    // Our own failures: constant texts, nothing of the message, nothing recorded.
    DatabaseUnavailable, "database-unavailable": status(503), Error, Transient, "The database is unavailable. Send the same message again later, with the same ids: it will be processed once.",
        sender: "Send the same message again, with the same ids, after Retry-After.", operator: "See /readyz and the log: is Postgres up, reachable, at the right schema version, its disk not full?";
    DatabaseBusy, "database-busy": status(503), Error, Transient, "The server is too busy. Send the same message again later, with the same ids: it will be processed once.",
        sender: "Send the same message again, with the same ids, after Retry-After.", operator: "More connections (--connections), a faster database, more memory for bodies (--max-bodies-bytes), or find what holds locks: the log says which.";
    IssuerUnavailable, "issuer-unavailable": status(503), Error, Transient, "Tokens cannot be checked at the moment. Send the same message again later, with the same ids.",
        sender: "Send the same message again, with the same ids, after Retry-After.", operator: "The issuer's keys were never fetched since the start: is --jwks, or the issuer, reachable from here? See the log.";
    InternalError, "internal-error": status(500), Error, Exception, "The server failed. Send the same message again, with the same ids: it will be processed once.",
        sender: "Send the same message again, with the same ids; if it stays so, report the X-Request-Id.", operator: "A defect: the log line with this request id says where.";
}
