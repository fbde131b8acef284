-- Panels: which patients a provider cares for at a clinic, and how it came to be so.
-- Entries are periods and are never deleted; every step of every entry stays in panel.change.

CREATE SCHEMA panel;
COMMENT ON SCHEMA panel IS 'Provider panels and their history.';

-- `deceased` is not here: it is the Client Registry's word, joined when a panel is shown.
-- `not-on-panel` is not here: it is the absence of an entry.
CREATE TYPE panel.status AS ENUM (
    'pending',    -- accepted through the attachment workflow, not yet confirmed by the provider
    'confirmed',  -- attached: this panel's provider is the patient's most responsible provider (MRP)
    'not-mrp',    -- still listed on this panel, but attached to another one since
    'removed'     -- taken off this panel; the entry has ended
);

CREATE TABLE panel.panel (
    id               bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT panel_id PRIMARY KEY,
    practitioner_key text   NOT NULL CONSTRAINT panel_has_its_provider REFERENCES pas.practitioner,
    organization_key text   NOT NULL CONSTRAINT panel_has_its_clinic REFERENCES pas.organization,
    CONSTRAINT one_panel_per_provider_and_clinic UNIQUE (practitioner_key, organization_key)
);
COMMENT ON TABLE  panel.panel IS 'One provider at one clinic. Comes to be with the first PAS role that joins the two, and stays.';
COMMENT ON COLUMN panel.panel.practitioner_key IS 'The provider, in PAS.';
COMMENT ON COLUMN panel.panel.organization_key IS 'The clinic, in PAS.';

CREATE TABLE panel.patient (
    phn text CONSTRAINT panel_patient_phn PRIMARY KEY
             CONSTRAINT patient_is_in_the_client_registry REFERENCES client_registry.patient
);
COMMENT ON TABLE  panel.patient IS 'Every patient for whom a change was ever asked, granted or not. Writers lock this row, so changes to one patient follow one another.';
COMMENT ON COLUMN panel.patient.phn IS 'Personal health number.';

CREATE TABLE panel.entry (
    id         bigint       GENERATED ALWAYS AS IDENTITY CONSTRAINT entry_id PRIMARY KEY,
    panel_id   bigint       NOT NULL CONSTRAINT entry_has_its_panel REFERENCES panel.panel,
    phn        text         NOT NULL CONSTRAINT entry_has_its_patient REFERENCES panel.patient,
    status     panel.status NOT NULL,
    started_at timestamptz  NOT NULL,
    status_at  timestamptz  NOT NULL,
    ended_at   timestamptz,
    author     text         NOT NULL CONSTRAINT entry_has_its_author CHECK (author <> ''),
    message_id uuid         NOT NULL CONSTRAINT entry_has_its_message REFERENCES inbox.message,
    CONSTRAINT removed_means_ended CHECK ((status = 'removed') = (ended_at IS NOT NULL)),
    CONSTRAINT entry_ends_after_its_start CHECK (ended_at >= started_at)
);
COMMENT ON TABLE  panel.entry IS 'A patient on a panel, from being put there until being removed.';
COMMENT ON COLUMN panel.entry.panel_id IS 'Whose panel, at which clinic.';
COMMENT ON COLUMN panel.entry.phn IS 'The patient.';
COMMENT ON COLUMN panel.entry.status IS 'Where the patient stands on this panel now.';
COMMENT ON COLUMN panel.entry.started_at IS 'Since when the present or last attachment of this entry runs.';
COMMENT ON COLUMN panel.entry.status_at IS 'Since when the status is what it is.';
COMMENT ON COLUMN panel.entry.ended_at IS 'When the patient was removed; null while listed.';
COMMENT ON COLUMN panel.entry.author IS 'Who brought it to its present status: the sender of the message.';
COMMENT ON COLUMN panel.entry.message_id IS 'The message that brought it to its present status.';
-- The two promises of the whole system, kept by Postgres itself.
CREATE UNIQUE INDEX one_mrp_per_patient ON panel.entry (phn) WHERE status = 'confirmed';
CREATE UNIQUE INDEX one_open_entry_per_patient_and_panel ON panel.entry (panel_id, phn) WHERE status <> 'removed';
CREATE INDEX entry_by_patient ON panel.entry (phn);
CREATE INDEX entry_by_panel ON panel.entry (panel_id);

CREATE TABLE panel.change (
    id           bigint       GENERATED ALWAYS AS IDENTITY CONSTRAINT change_id PRIMARY KEY,
    entry_id     bigint       NOT NULL CONSTRAINT change_has_its_entry REFERENCES panel.entry,
    was          panel.status,
    became       panel.status NOT NULL,
    at           timestamptz  NOT NULL,
    author       text         NOT NULL CONSTRAINT change_has_its_author CHECK (author <> ''),
    on_behalf_of text         NOT NULL,
    message_id   uuid         NOT NULL CONSTRAINT change_has_its_message REFERENCES inbox.message,
    reason       text         NOT NULL CONSTRAINT reason_is_known CHECK (reason IN
                              ('added', 'confirmed-again', 'removed', 'mrp-moved', 'clinic-moved')),
    CONSTRAINT a_change_changes CHECK (was IS DISTINCT FROM became)
);
COMMENT ON TABLE  panel.change IS 'Every step of every entry, in order; only ever added to.';
COMMENT ON COLUMN panel.change.entry_id IS 'The entry that changed.';
COMMENT ON COLUMN panel.change.was IS 'Status before; null for a new entry.';
COMMENT ON COLUMN panel.change.became IS 'Status after.';
COMMENT ON COLUMN panel.change.at IS 'When, by the server''s clock.';
COMMENT ON COLUMN panel.change.author IS 'The sender of the message.';
COMMENT ON COLUMN panel.change.on_behalf_of IS 'The provider for whom it was sent (key in PAS).';
COMMENT ON COLUMN panel.change.message_id IS 'The message that asked for it.';
COMMENT ON COLUMN panel.change.reason IS 'added: put on the panel; confirmed-again: was not-mrp or pending here; removed: taken off; mrp-moved: another provider became MRP; clinic-moved: the same provider attached the patient at another clinic.';
CREATE INDEX change_by_entry ON panel.change (entry_id);

CREATE TABLE panel.notice (
    id         bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT notice_id PRIMARY KEY,
    panel_id   bigint      NOT NULL CONSTRAINT notice_has_its_panel REFERENCES panel.panel,
    entry_id   bigint      NOT NULL CONSTRAINT notice_has_its_entry REFERENCES panel.entry,
    kind       text        NOT NULL CONSTRAINT notice_kind_is_known CHECK (kind IN ('mrp-moved')),
    at         timestamptz NOT NULL,
    message_id uuid        NOT NULL CONSTRAINT notice_has_its_message REFERENCES inbox.message
);
COMMENT ON TABLE  panel.notice IS 'What a panel''s provider should be told, though they did not ask.';
COMMENT ON COLUMN panel.notice.panel_id IS 'Whom to tell.';
COMMENT ON COLUMN panel.notice.entry_id IS 'About which entry.';
COMMENT ON COLUMN panel.notice.kind IS 'mrp-moved: another provider has become MRP of this patient.';
COMMENT ON COLUMN panel.notice.at IS 'When it happened.';
COMMENT ON COLUMN panel.notice.message_id IS 'The message that caused it.';
CREATE INDEX notice_by_panel ON panel.notice (panel_id);

-- The entries that a message about these patients has to know: their entry on this panel
-- (the open one, else the last one removed) and the entry elsewhere that makes another provider
-- their MRP. With `locked`, the patients are first locked in the order of their numbers.
--
-- It is a function because of the lock: at READ COMMITTED one statement sees one snapshot, taken
-- before it waits, while a volatile PL/pgSQL function takes a new snapshot for each statement
-- inside. So what is read here was committed by whoever held the lock before.
CREATE FUNCTION panel.entries(phns text[], here bigint[], locked boolean)
RETURNS TABLE (phn text, entry_id bigint, panel_id bigint, practitioner_key text, status panel.status,
               started_at timestamptz, status_at timestamptz)
LANGUAGE plpgsql VOLATILE ROWS 10 AS $$
#variable_conflict use_column
BEGIN
    IF locked THEN
        INSERT INTO panel.patient AS p (phn)
            SELECT k.phn FROM client_registry.patient k WHERE k.phn = ANY (phns) ORDER BY k.phn
            ON CONFLICT DO NOTHING;
        PERFORM 1 FROM panel.patient p WHERE p.phn = ANY (phns) ORDER BY p.phn FOR UPDATE;
    END IF;
    RETURN QUERY
        SELECT e.phn, e.id, e.panel_id, n.practitioner_key, e.status, e.started_at, e.status_at
          FROM panel.entry e JOIN panel.panel n ON n.id = e.panel_id
         WHERE e.phn = ANY (phns)
           AND (e.status = 'confirmed'
                OR e.panel_id = ANY (here) AND e.status <> 'removed'
                OR e.panel_id = ANY (here)
                   AND e.id = (SELECT max(l.id) FROM panel.entry l WHERE l.phn = e.phn AND l.panel_id = e.panel_id));
END $$;
COMMENT ON FUNCTION panel.entries IS 'Entries of these patients that matter to these panels, read under the patients'' locks when asked.';
