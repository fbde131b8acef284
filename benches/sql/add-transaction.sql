-- The same rows as add.sql, one statement a table in a transaction: what a plain program would do. For information.
\set turn :turn + 1
\set n :first + :turn * :clients + :client_id
BEGIN;
INSERT INTO inbox.message (id, client, sender, bundle_key, header_key, digest, event, received_at, outcome, answer)
VALUES (('019b0000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, :client, :sender, md5('bundle' || :n::bigint)::uuid::text,
        md5('header' || :n::bigint)::uuid::text, sha256(convert_to(md5('bundle' || :n::bigint), 'UTF8')), 'add-patient-to-panel', now(),
        'ok', convert_to(:answer, 'UTF8'));
INSERT INTO panel.patient (phn) SELECT phn FROM bench.person WHERE n = :n;
INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
SELECT panel_id, phn, 'confirmed', now(), now(), :client, ('019b0000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid
  FROM bench.person WHERE n = :n
RETURNING id AS entry \gset
INSERT INTO panel.change (entry_id, was, became, at, author, on_behalf_of, message_id, reason)
SELECT :entry, NULL, 'confirmed', now(), :client, practitioner_key, ('019b0000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, 'added'
  FROM bench.person WHERE n = :n;
INSERT INTO audit.event (id, at, request_id, client, subject, address, source, event, message_id, bundle_key, header_key,
                         on_behalf_of, facility, patients, status, outcome, codes, times)
SELECT ('019b0000-0000-7000-9000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, now(), md5('request' || :n::bigint)::uuid, :client, nullif(:subject, '-'),
       :address, :sender, 'add-patient-to-panel', ('019b0000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid,
       md5('bundle' || :n::bigint)::uuid::text, md5('header' || :n::bigint)::uuid::text, ARRAY[:behalf], ARRAY[:facility], ARRAY[phn], 200, 'ok',
       ARRAY['processed'], 1
  FROM bench.person WHERE n = :n;
COMMIT;
