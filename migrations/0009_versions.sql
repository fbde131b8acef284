-- A message looks first and writes afterwards, without a lock between: what it saw of a patient must still be so
-- when it writes. So each patient has a version, which every change raises, and a message writes only where the version
-- is the one that it saw. And what changes rarely is kept by servers under an edition: as long as the edition is the same, so
-- is all of it.

ALTER TABLE panel.patient ADD COLUMN version bigint NOT NULL DEFAULT 1 CONSTRAINT version_is_positive CHECK (version > 0);
COMMENT ON COLUMN panel.patient.version IS 'Raised by one with every message that changes where the patient stands.';
-- A new version finds room beside the old one, and no index has to be told.
ALTER TABLE panel.patient SET (fillfactor = 85);

-- The entries of a patient are what every message asks for first: the open ones in one step, the last removed one in another.
DROP INDEX panel.one_open_entry_per_patient_and_panel;
CREATE UNIQUE INDEX one_open_entry_per_patient_and_panel ON panel.entry (phn, panel_id) WHERE status <> 'removed';
CREATE INDEX removed_entry_by_patient ON panel.entry (phn, panel_id, id) WHERE status = 'removed';
DROP INDEX panel.entry_by_patient;

CREATE SCHEMA directory;
COMMENT ON SCHEMA directory IS 'Which edition there is of everything that says who may speak for whom: the registries of providers and clinics, panels, grants.';

CREATE TABLE directory.edition (
    number bigint NOT NULL CONSTRAINT edition_is_positive CHECK (number > 0)
);
COMMENT ON TABLE  directory.edition IS 'One row. Whoever changes a provider, a clinic, a role, a panel or a grant raises it in the same transaction.';
COMMENT ON COLUMN directory.edition.number IS 'The same number in two snapshots: nothing of it differs between them.';
INSERT INTO directory.edition (number) VALUES (1);

-- With the rights of its owner: a server may not write here, and neither may whoever imports.
CREATE FUNCTION directory.raise_edition() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE directory.edition SET number = number + 1;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION directory.raise_edition IS 'Raises the edition; one who does so at the same time waits for the other''s commit.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['plr.practitioner', 'plr.organization', 'pas.practitioner', 'pas.organization',
                                'pas.practitioner_role', 'panel.panel', 'access.client', 'access.person'] LOOP
        EXECUTE format('CREATE TRIGGER raises_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
                            FOR EACH STATEMENT EXECUTE FUNCTION directory.raise_edition()', name);
        -- In sessions that apply replicated changes too.
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER raises_edition', name);
    END LOOP;
END $$;

-- Stops a statement that could not do all that was decided: then nothing of it is done.
CREATE FUNCTION panel.all_taken(asked bigint, taken bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF asked <> taken THEN
        RAISE EXCEPTION '% of % steps could be taken', taken, asked;
    END IF;
    RETURN taken;
END $$;
COMMENT ON FUNCTION panel.all_taken IS 'Gives the number of steps taken, if it is the number asked for.';

-- Takes a message's turn: its key, then its patients in the order of their numbers. What is read by the next statement was
-- committed by whoever had the turn before. For messages that found that something had changed since they looked.
CREATE FUNCTION panel.take_turn(from_client text, from_sender text, key text, phns text[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF key IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(E'\n', from_client, from_sender, key), 0));
    END IF;
    INSERT INTO panel.patient AS p (phn)
        SELECT k.phn FROM client_registry.patient k WHERE k.phn = ANY (phns) ORDER BY k.phn
        ON CONFLICT DO NOTHING;
    PERFORM 1 FROM panel.patient p WHERE p.phn = ANY (phns) ORDER BY p.phn FOR NO KEY UPDATE;
END $$;
COMMENT ON FUNCTION panel.take_turn IS 'Locks the key of a message, then its patients in order, until the end of the transaction.';

GRANT USAGE ON SCHEMA directory TO pas_server;
GRANT SELECT ON directory.edition TO pas_server;
