-- Who did what: one row a request that asked something of the server, and seals that show whether a row was
-- altered, taken away or slipped in since. Both tables are only ever added to, whoever asks.

CREATE SCHEMA audit;
COMMENT ON SCHEMA audit IS 'The audit trail: what was asked, by whom, about whom, with what outcome; and its seals.';

CREATE TABLE audit.event (
    number       bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT event_number PRIMARY KEY
                             CONSTRAINT event_number_is_positive CHECK (number > 0),
    id           uuid        NOT NULL CONSTRAINT event_id UNIQUE,
    at           timestamptz NOT NULL,
    request_id   uuid,
    client       text,
    subject      text,
    address      text,
    source       text,
    event        text,
    message_id   uuid,
    bundle_key   text,
    header_key   text,
    on_behalf_of text[]      NOT NULL,
    facility     text[]      NOT NULL,
    patients     text[]      NOT NULL,
    status       integer     NOT NULL CONSTRAINT event_status_is_of_http CHECK (status BETWEEN 100 AND 599),
    outcome      text        NOT NULL CONSTRAINT event_outcome_is_known CHECK (outcome IN
                             ('ok', 'fatal-error', 'replayed', 'refused', 'failed', 'overflow')),
    codes        text[]      NOT NULL,
    times        bigint      NOT NULL CONSTRAINT event_happened CHECK (times > 0),
    CONSTRAINT a_kept_message_is_named CHECK (message_id IS NOT NULL OR outcome NOT IN ('ok', 'fatal-error')),
    CONSTRAINT only_overflow_is_counted CHECK (times = 1 OR outcome = 'overflow')
);
COMMENT ON TABLE  audit.event IS 'One row a request: reads, changes, repetitions, refusals and failures alike.';
COMMENT ON COLUMN audit.event.number IS 'Order of recording. Gaps are transactions that were rolled back; a seal names them.';
COMMENT ON COLUMN audit.event.id IS 'Its id, made by the server (UUID version 7); AuditEvent.id in an export. Recording it again adds nothing.';
COMMENT ON COLUMN audit.event.at IS 'When it was processed, by the server''s clock.';
COMMENT ON COLUMN audit.event.request_id IS 'X-Request-Id: leads to the line in the log. Null in an overflow row.';
COMMENT ON COLUMN audit.event.client IS 'The program that proved itself (OAuth client_id); null when none did.';
COMMENT ON COLUMN audit.event.subject IS 'The person signed in through it (OAuth sub); null for a program in its own name.';
COMMENT ON COLUMN audit.event.address IS 'The address that the request came from, as the connection shows it.';
COMMENT ON COLUMN audit.event.source IS 'MessageHeader.source.endpoint: who the message says it is from. Claimed, not proved.';
COMMENT ON COLUMN audit.event.event IS 'MessageHeader.eventCoding.code, when it was one of ours; else null.';
COMMENT ON COLUMN audit.event.message_id IS 'inbox.message.id of the message that was kept. No foreign key: messages may be kept for less long.';
COMMENT ON COLUMN audit.event.bundle_key IS 'What the Bundle is recognised by, as in inbox.message.';
COMMENT ON COLUMN audit.event.header_key IS 'What the message is recognised by, as in inbox.message.';
COMMENT ON COLUMN audit.event.on_behalf_of IS 'The provider whose panel it was about, as system|value; all numbers that the message gave.';
COMMENT ON COLUMN audit.event.facility IS 'The clinic, as system|value.';
COMMENT ON COLUMN audit.event.patients IS 'The patients it was about: their personal health numbers, in the order of the message.';
COMMENT ON COLUMN audit.event.status IS 'HTTP status of the answer.';
COMMENT ON COLUMN audit.event.outcome IS 'ok, fatal-error: a message that was read, judged, kept and answered so. replayed: an earlier answer given again. refused: turned away before that. failed: a 5xx. overflow: requests that could not be recorded singly.';
COMMENT ON COLUMN audit.event.codes IS 'Codes of the answer''s issues (docs/ERRORS.md), each once.';
COMMENT ON COLUMN audit.event.times IS 'How many requests the row stands for: 1, and more in an overflow row alone.';
-- "Who saw this patient's record?" is the first thing that is asked of the trail.
CREATE INDEX event_by_patient ON audit.event USING gin (patients) WITH (fastupdate = off);
-- Rows come in order of time but for moments: ranges of pages are enough, and cost a writer nothing.
CREATE INDEX event_by_time ON audit.event USING brin (at);

CREATE TABLE audit.seal (
    number   bigint      CONSTRAINT seal_number PRIMARY KEY CONSTRAINT seal_number_is_positive CHECK (number > 0),
    form     smallint    NOT NULL CONSTRAINT seal_form_is_positive CHECK (form > 0),
    at       timestamptz NOT NULL,
    first    bigint      NOT NULL CONSTRAINT seal_starts_at_a_number CHECK (first > 0),
    last     bigint      NOT NULL CONSTRAINT seal_ends_after_its_start CHECK (last >= first - 1),
    missing  int8range[] NOT NULL,
    late     bigint[]    NOT NULL,
    count    bigint      NOT NULL CONSTRAINT seal_seals_something CHECK (count > 0),
    digest   bytea       NOT NULL CONSTRAINT seal_digest_is_sha256 CHECK (octet_length(digest) = 32),
    previous bytea       NOT NULL CONSTRAINT seal_previous_is_sha256 CHECK (octet_length(previous) = 32),
    hash     bytea       NOT NULL CONSTRAINT seal_hash_is_sha256 CHECK (octet_length(hash) = 32)
);
COMMENT ON TABLE  audit.seal IS 'A batch of events under one hash, which covers the hash before it: a chain.';
COMMENT ON COLUMN audit.seal.number IS 'Place in the chain: 1, 2, 3, without gaps.';
COMMENT ON COLUMN audit.seal.form IS 'In which form rows and seal were hashed; a later build may have another.';
COMMENT ON COLUMN audit.seal.at IS 'When it was made, by the server''s clock.';
COMMENT ON COLUMN audit.seal.first IS 'The number after the last one of the seal before; 1 for the first.';
COMMENT ON COLUMN audit.seal.last IS 'The last number that it covers; below `first` when it holds late ones only.';
COMMENT ON COLUMN audit.seal.missing IS 'Numbers from first to last under which there was no event: rolled back, or not committed yet.';
COMMENT ON COLUMN audit.seal.late IS 'Numbers that were missing from an earlier seal, have turned up since, and are covered by this one.';
COMMENT ON COLUMN audit.seal.count IS 'How many events it covers, late ones included.';
COMMENT ON COLUMN audit.seal.digest IS 'SHA-256 of the events that it covers, in order of their numbers.';
COMMENT ON COLUMN audit.seal.previous IS 'Hash of the seal before; zeros for the first.';
COMMENT ON COLUMN audit.seal.hash IS 'SHA-256 of every other column of this row: what the log shows and a verification may expect.';

-- Not a matter of rights: the owner and a superuser are refused as well, until they take the trigger away.
CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only ever added to'
        USING ERRCODE = 'restrict_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT= TG_NAME;
END $$;
COMMENT ON FUNCTION audit.refuse IS 'Refuses UPDATE, DELETE and TRUNCATE.';
CREATE TRIGGER event_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.event
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER seal_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
-- In sessions that apply replicated changes too.
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_only_added_to;
ALTER TABLE audit.seal ENABLE ALWAYS TRIGGER seal_is_only_added_to;

GRANT USAGE ON SCHEMA audit TO pas_server;
GRANT SELECT ON audit.event, audit.seal TO pas_server;
-- Every column but the number, which Postgres alone gives: nothing can be slipped into a gap.
GRANT INSERT (id, at, request_id, client, subject, address, source, event, message_id, bundle_key, header_key,
              on_behalf_of, facility, patients, status, outcome, codes, times) ON audit.event TO pas_server;
GRANT INSERT ON audit.seal TO pas_server;
