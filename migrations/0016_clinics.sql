-- Clinics as their directors keep them: how families reach and find them, and who works there. Beside what the registries hold, and
-- never in its place.
CREATE SCHEMA clinic;
COMMENT ON SCHEMA clinic IS 'What directors keep about their clinics.';

CREATE TABLE clinic.details (
    id               bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT clinic_details_id PRIMARY KEY,
    organization_key text        NOT NULL CONSTRAINT details_have_their_clinic REFERENCES pas.organization,
    phone            text,
    email            text,
    lines            text[]      NOT NULL CONSTRAINT clinic_address_is_short CHECK (cardinality(lines) <= 4),
    postal_code      text        CONSTRAINT clinic_postal_code_has_its_form CHECK (postal_code ~ '^[A-Z][0-9][A-Z][0-9][A-Z][0-9]$'),
    for_families     text        CONSTRAINT text_for_families_is_short CHECK (length(for_families) <= 500),
    kept_at          timestamptz NOT NULL,
    author           text        NOT NULL CONSTRAINT clinic_details_have_their_author CHECK (author <> ''),
    act_id           uuid        NOT NULL
);
COMMENT ON TABLE  clinic.details IS 'How a clinic is reached and found. Only ever added to: the last one counts.';
COMMENT ON COLUMN clinic.details.organization_key IS 'Of which clinic, by key in PAS.';
COMMENT ON COLUMN clinic.details.phone IS 'Telephone number, as it is dialled.';
COMMENT ON COLUMN clinic.details.email IS 'E-mail address, for those who work with the clinic.';
COMMENT ON COLUMN clinic.details.lines IS 'The address where families come, four lines at most.';
COMMENT ON COLUMN clinic.details.postal_code IS 'Of that address, without the space.';
COMMENT ON COLUMN clinic.details.for_families IS 'How it is found and entered, in the clinic''s own words; holds no web address.';
COMMENT ON COLUMN clinic.details.kept_at IS 'When.';
COMMENT ON COLUMN clinic.details.author IS 'Who kept it so.';
COMMENT ON COLUMN clinic.details.act_id IS 'The act that did it.';
CREATE INDEX clinic_details_by_clinic ON clinic.details (organization_key, id);

CREATE TABLE clinic.staff (
    id               bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT clinic_staff_id PRIMARY KEY,
    organization_key text        NOT NULL CONSTRAINT staff_have_their_clinic REFERENCES pas.organization,
    subject          text        NOT NULL CONSTRAINT staff_subject_is_a_word CHECK (subject ~ '^[!-~]{1,200}$'),
    name             text        NOT NULL CONSTRAINT staff_have_a_name CHECK (name <> ''),
    job              text        CONSTRAINT staff_job_is_known CHECK (job IN ('medical-office-assistant', 'clinic-manager', 'nurse', 'other')),
    kept_at          timestamptz NOT NULL,
    author           text        NOT NULL CONSTRAINT clinic_staff_has_its_author CHECK (author <> ''),
    act_id           uuid        NOT NULL
);
COMMENT ON TABLE  clinic.staff IS 'Who works at a clinic. Only ever added to: the last row of a subject at a clinic counts; without a job they have left.';
COMMENT ON COLUMN clinic.staff.organization_key IS 'At which clinic, by key in PAS.';
COMMENT ON COLUMN clinic.staff.subject IS 'Who, in the words of the issuer.';
COMMENT ON COLUMN clinic.staff.name IS 'As they are shown to providers.';
COMMENT ON COLUMN clinic.staff.job IS 'What they do there; null: they left.';
COMMENT ON COLUMN clinic.staff.kept_at IS 'When.';
COMMENT ON COLUMN clinic.staff.author IS 'Who kept it so.';
COMMENT ON COLUMN clinic.staff.act_id IS 'The act that did it; of a leaving, delegations that ended with it have the same in the audit trail.';
CREATE INDEX clinic_staff_by_clinic ON clinic.staff (organization_key, subject, id);
CREATE INDEX clinic_staff_by_subject ON clinic.staff (subject, organization_key, id);

GRANT USAGE ON SCHEMA clinic TO pas_server;
GRANT SELECT, INSERT ON clinic.details, clinic.staff TO pas_server;
