-- Prepares a province for measuring: everybody in bench.staged is fit to be added; the first `listed` of them are on
-- their provider's panel already. Run once, by psql, with :listed. Foreign keys hold by construction and are not asked.
SET session_replication_role = replica;
SET synchronous_commit = off;

CREATE TABLE bench.person AS
    SELECT s.n, s.i, s.phn, s.j, l.id AS panel_id, p.key AS practitioner_key
      FROM bench.staged s
      JOIN bench.provider p ON p.j = s.j
      JOIN panel.panel l ON l.practitioner_key = p.key
     ORDER BY s.n;
ALTER TABLE bench.person ADD PRIMARY KEY (n);
DROP TABLE bench.staged;

INSERT INTO access.client (id, name, facilities, granted_at)
    SELECT client, client, array_agg(DISTINCT facility), now() FROM bench.provider GROUP BY client;

INSERT INTO panel.patient (phn)
    SELECT phn FROM bench.person WHERE n < :listed ORDER BY n;
INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
    SELECT b.panel_id, b.phn, 'confirmed', t.at, t.at, p.client, lpad(to_hex(b.n), 32, '0')::uuid
      FROM bench.person b JOIN bench.provider p ON p.j = b.j,
           LATERAL (SELECT timestamptz '2026-01-01 00:00Z' + b.n * interval '1 second' AS at) t
     WHERE b.n < :listed ORDER BY b.n;
INSERT INTO panel.change (entry_id, was, became, at, author, on_behalf_of, message_id, reason)
    SELECT e.id, NULL, 'confirmed', e.started_at, e.author, l.practitioner_key, e.message_id, 'added'
      FROM panel.entry e JOIN panel.panel l ON l.id = e.panel_id ORDER BY e.id;

CREATE TABLE bench.seeded AS
    SELECT (SELECT max(id) FROM panel.entry) AS entry, (SELECT max(id) FROM panel.change) AS change,
           :listed::bigint AS listed, (SELECT count(*) FROM bench.person) AS fit;
