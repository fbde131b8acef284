-- The limit of an add: one prepared statement writes the rows that an add of one patient writes, and commits durably. Constraints,
-- foreign keys and indexes are the schema's own. Nothing is judged, looked up (but for the next person of the list) or locked.
\set turn :turn + 1
\set n :first + :turn * :clients + :client_id
WITH who AS MATERIALIZED (
    SELECT phn, panel_id, practitioner_key, now() AS at,
           ('019b0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS message_id,
           ('019b0000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid AS event_id,
           md5('request' || n)::uuid AS request_id, md5('bundle' || n)::uuid::text AS bundle_key,
           md5('header' || n)::uuid::text AS header_key
      FROM bench.person WHERE n = :n
), message AS (
    INSERT INTO inbox.message (id, client, sender, bundle_key, header_key, digest, event, received_at, outcome, answer)
    SELECT message_id, :client, :sender, bundle_key, header_key, sha256(convert_to(bundle_key, 'UTF8')),
           'add-patient-to-panel', at, 'ok', convert_to(:answer, 'UTF8') FROM who
), patient AS (
    INSERT INTO panel.patient (phn) SELECT phn FROM who
), entry AS (
    INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
    SELECT panel_id, phn, 'confirmed', at, at, :client, message_id FROM who
    RETURNING id
), change AS (
    INSERT INTO panel.change (entry_id, was, became, at, author, on_behalf_of, message_id, reason)
    SELECT entry.id, NULL, 'confirmed', at, :client, practitioner_key, message_id, 'added' FROM who, entry
)
INSERT INTO audit.event (id, at, request_id, client, subject, address, source, event, message_id, bundle_key, header_key,
                         on_behalf_of, facility, patients, status, outcome, codes, times)
SELECT event_id, at, request_id, :client, nullif(:subject, '-'), :address, :sender, 'add-patient-to-panel', message_id, bundle_key, header_key,
       ARRAY[:behalf], ARRAY[:facility], ARRAY[phn], 200, 'ok', ARRAY['processed'], 1
  FROM who;
