-- What the province knows: three registries, mirrored here by `pas import`.
--
-- PLR and PAS each hold practitioners, organizations and the roles that join them; the
-- Client Registry holds people. A record is kept in the narrow form that the rules read,
-- whole, one row a record: names, identifiers, licences and addresses are arrays of
-- small JSON objects, each with its `period` ({"start": date, "end": date}, both optional,
-- both inclusive). Nothing here is edited by a message; an import replaces a record whole.

CREATE SCHEMA plr;
COMMENT ON SCHEMA plr IS 'Provider and Location Registry: the province''s providers and clinics.';
CREATE SCHEMA pas;
COMMENT ON SCHEMA pas IS 'The Provincial Attachment System''s own providers, clinics and the roles that join them.';
CREATE SCHEMA client_registry;
COMMENT ON SCHEMA client_registry IS 'The province''s people, by personal health number.';

CREATE TABLE plr.practitioner (
    key         text    CONSTRAINT practitioner_key PRIMARY KEY,
    active      boolean NOT NULL,
    tokens      text[]  NOT NULL CONSTRAINT practitioner_has_an_identifier CHECK (cardinality(tokens) > 0),
    identifiers jsonb   NOT NULL,
    names       jsonb   NOT NULL,
    licences    jsonb   NOT NULL
);
COMMENT ON TABLE  plr.practitioner IS 'A provider as PLR describes them (FHIR Practitioner).';
COMMENT ON COLUMN plr.practitioner.key IS 'Practitioner.id; without one, an identifier that has not ended, as system|value, MSP before licence.';
COMMENT ON COLUMN plr.practitioner.active IS 'Practitioner.active; true when absent.';
COMMENT ON COLUMN plr.practitioner.tokens IS 'Every identifier as system|value, to be found by.';
COMMENT ON COLUMN plr.practitioner.identifiers IS '[{system, value, period}]: which of the tokens are current.';
COMMENT ON COLUMN plr.practitioner.names IS '[{family, given: [..], period}].';
COMMENT ON COLUMN plr.practitioner.licences IS '[{active, period}] from licence identifiers and licence status; empty when PLR states none.';
CREATE INDEX practitioner_by_identifier ON plr.practitioner USING gin (tokens) WITH (fastupdate = off);

CREATE TABLE plr.organization (
    key         text    CONSTRAINT organization_key PRIMARY KEY,
    active      boolean NOT NULL,
    tokens      text[]  NOT NULL CONSTRAINT organization_has_an_identifier CHECK (cardinality(tokens) > 0),
    identifiers jsonb   NOT NULL,
    names       jsonb   NOT NULL,
    addresses   jsonb   NOT NULL
);
COMMENT ON TABLE  plr.organization IS 'A clinic as PLR describes it (FHIR Organization).';
COMMENT ON COLUMN plr.organization.key IS 'Organization.id; without one, an identifier that has not ended, as system|value, facility number first.';
COMMENT ON COLUMN plr.organization.active IS 'Organization.active; true when absent.';
COMMENT ON COLUMN plr.organization.tokens IS 'Every identifier as system|value, to be found by.';
COMMENT ON COLUMN plr.organization.identifiers IS '[{system, value, period}]: which of the tokens are current.';
COMMENT ON COLUMN plr.organization.names IS '[{text, kind: name|alias|legal, period}].';
COMMENT ON COLUMN plr.organization.addresses IS '[{postal_code, period}], business addresses included.';
CREATE INDEX organization_by_identifier ON plr.organization USING gin (tokens) WITH (fastupdate = off);

CREATE TABLE plr.practitioner_role (
    key              text    CONSTRAINT practitioner_role_key PRIMARY KEY,
    practitioner_key text    NOT NULL CONSTRAINT role_has_its_practitioner REFERENCES plr.practitioner,
    organization_key text    NOT NULL CONSTRAINT role_has_its_organization REFERENCES plr.organization,
    active           boolean NOT NULL,
    period           jsonb   NOT NULL
);
COMMENT ON TABLE  plr.practitioner_role IS 'PLR''s own word on who works where. Kept, read by no rule: the guide asks PAS for the role.';
COMMENT ON COLUMN plr.practitioner_role.key IS 'PractitionerRole.id; without one, practitioner and organization tokens joined.';
COMMENT ON COLUMN plr.practitioner_role.practitioner_key IS 'The provider, found by PractitionerRole.practitioner.identifier.';
COMMENT ON COLUMN plr.practitioner_role.organization_key IS 'The clinic, found by PractitionerRole.organization.identifier.';
COMMENT ON COLUMN plr.practitioner_role.active IS 'PractitionerRole.active; true when absent.';
COMMENT ON COLUMN plr.practitioner_role.period IS 'When the role holds: {start, end}.';

-- PAS mirrors the same three resources in the same form; the column comments above hold here too.
CREATE TABLE pas.practitioner      (LIKE plr.practitioner      INCLUDING ALL);
CREATE TABLE pas.organization      (LIKE plr.organization      INCLUDING ALL);
CREATE TABLE pas.practitioner_role (LIKE plr.practitioner_role INCLUDING ALL);
COMMENT ON TABLE pas.practitioner IS 'A provider who has an account in PAS (FHIR Practitioner).';
COMMENT ON TABLE pas.organization IS 'A clinic that is set up in PAS (FHIR Organization).';
COMMENT ON TABLE pas.practitioner_role IS 'A provider at a clinic, as PAS holds it (FHIR PractitionerRole): what a panel hangs on.';
ALTER TABLE pas.practitioner_role
    ADD CONSTRAINT role_has_its_practitioner FOREIGN KEY (practitioner_key) REFERENCES pas.practitioner,
    ADD CONSTRAINT role_has_its_organization FOREIGN KEY (organization_key) REFERENCES pas.organization;
CREATE INDEX role_by_provider_and_clinic ON pas.practitioner_role (practitioner_key, organization_key);

CREATE TABLE client_registry.patient (
    phn         text    CONSTRAINT patient_phn PRIMARY KEY
                        CONSTRAINT phn_is_ten_digits CHECK (phn ~ '^[0-9]{10}$'),
    active      boolean NOT NULL,
    names       jsonb   NOT NULL,
    birth_date  date,
    deceased    boolean NOT NULL,
    deceased_on date    CONSTRAINT only_the_deceased_have_a_date CHECK (deceased OR deceased_on IS NULL),
    replaced_by text,
    masked      boolean NOT NULL
);
COMMENT ON TABLE  client_registry.patient IS 'A person as the Client Registry describes them (FHIR Patient), one row a personal health number.';
COMMENT ON COLUMN client_registry.patient.phn IS 'Personal health number, ten digits.';
COMMENT ON COLUMN client_registry.patient.active IS 'Patient.active; true when absent. An inactive record that is not merged counts as unknown.';
COMMENT ON COLUMN client_registry.patient.names IS '[{family, given: [..], period}]: documented and declared names alike.';
COMMENT ON COLUMN client_registry.patient.birth_date IS 'Patient.birthDate; absent when masked or not known.';
COMMENT ON COLUMN client_registry.patient.deceased IS 'deceasedBoolean, or true when there is a deceasedDateTime.';
COMMENT ON COLUMN client_registry.patient.deceased_on IS 'The day of deceasedDateTime, when it is known.';
COMMENT ON COLUMN client_registry.patient.replaced_by IS 'link.type replaced-by: the surviving number or reference. Never told to a sender.';
COMMENT ON COLUMN client_registry.patient.masked IS 'The registry withholds this person''s demographics (data-absent-reason masked).';
