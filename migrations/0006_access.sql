-- Who may speak for whom. Whoever calls proves itself by a token of the issuer; what it may then
-- speak about is written here, by an operator (`pas grant`), never by a server.

CREATE SCHEMA access;
COMMENT ON SCHEMA access IS 'Registered clients and persons, and whom they may speak for.';

CREATE TABLE access.client (
    id         text        CONSTRAINT client_id PRIMARY KEY CONSTRAINT client_id_is_a_word CHECK (id ~ '^[!-~]{1,200}$'),
    name       text        NOT NULL CONSTRAINT client_has_a_name CHECK (name <> ''),
    facilities text[]      NOT NULL CONSTRAINT client_speaks_for_a_clinic CHECK (cardinality(facilities) > 0),
    granted_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT client_is_revoked_after_it_was_granted CHECK (revoked_at >= granted_at)
);
COMMENT ON TABLE  access.client IS 'A program, usually an EMR installation, and the clinics it may speak for. Revoked rather than deleted.';
COMMENT ON COLUMN access.client.id IS 'The claim client_id (or azp) of its tokens.';
COMMENT ON COLUMN access.client.name IS 'For people: vendor, product, installation.';
COMMENT ON COLUMN access.client.facilities IS 'Facility identifiers as system|value.';
COMMENT ON COLUMN access.client.granted_at IS 'Since when this grant stands.';
COMMENT ON COLUMN access.client.revoked_at IS 'When it was taken back; null while it stands.';

CREATE TABLE access.person (
    subject       text        CONSTRAINT person_subject PRIMARY KEY CONSTRAINT subject_is_a_word CHECK (subject ~ '^[!-~]{1,200}$'),
    practitioners text[]      NOT NULL CONSTRAINT person_speaks_for_a_provider CHECK (cardinality(practitioners) > 0),
    granted_at    timestamptz NOT NULL,
    revoked_at    timestamptz,
    CONSTRAINT person_is_revoked_after_being_granted CHECK (revoked_at >= granted_at)
);
COMMENT ON TABLE  access.person IS 'A provider, or a delegate of one, who signs in through a client, and the providers they may speak for.';
COMMENT ON COLUMN access.person.subject IS 'The claim sub of their tokens.';
COMMENT ON COLUMN access.person.practitioners IS 'Practitioner identifiers as system|value.';
COMMENT ON COLUMN access.person.granted_at IS 'Since when this grant stands.';
COMMENT ON COLUMN access.person.revoked_at IS 'When it was taken back; null while it stands.';

GRANT USAGE ON SCHEMA access TO pas_server;
GRANT SELECT ON access.client, access.person TO pas_server;

-- Who changed something: the client that proved itself, and the person who was signed in through it.
ALTER TABLE panel.change ADD COLUMN person text CONSTRAINT change_person_is_a_word CHECK (person ~ '^[!-~]{1,200}$');
COMMENT ON COLUMN panel.change.person IS 'The person signed in through the client (claim sub); null when a program acted in its own name.';
COMMENT ON COLUMN panel.change.author IS 'The client whose token came with the message; without one, the sender as it names itself.';
COMMENT ON COLUMN panel.entry.author IS 'Who brought it to its present status: the client whose token came with the message; without one, the sender as it names itself.';
