-- Puts the attachment workflow into a prepared province: people of bench.person from `listed` on wait for a provider, in families of 1 to 5,
-- registered over five years. Run once, by psql, after seed.sql, with :listed (on panels) and :registered. Foreign keys hold by construction.
SET session_replication_role = replica;
SET synchronous_commit = off;

-- 40 networks of 240 communities. The first has 12 of them, and 15 of 100 families.
INSERT INTO area.network SELECT format('network-%s', n), format('Network %s', n) FROM generate_series(1, 40) n;
INSERT INTO area.community
    SELECT format('community-%s', c), format('Community %s', c), format('network-%s', n), (n % 8) * 60 + (c * 7) % 41, (n / 8) * 60 + (c * 11) % 37
      FROM generate_series(1, 240) c, LATERAL (SELECT CASE WHEN c <= 12 THEN 1 ELSE 2 + c % 39 END AS n) x;
CREATE FUNCTION bench.community(place bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'community-' || CASE WHEN place % 100 < 15 THEN 1 + place / 100 % 12 ELSE 13 + (place / 100 * 85 + place % 100) % 228 END
$$;
-- Clinics lie where their postal codes do.
INSERT INTO area.postal
    SELECT DISTINCT ON (code) code, bench.community(row_number() OVER (ORDER BY key) * 37)
      FROM (SELECT o.key, upper(replace(a ->> 'postal_code', ' ', '')) AS code FROM pas.organization o, jsonb_array_elements(o.addresses) a) o
     ORDER BY code;
INSERT INTO attachment.condition
    SELECT format('condition-%s', n), format('Condition %s', n), 1 + n % 5 FROM generate_series(1, 20) n;

-- One panel is large: 2,000 people of panels near it.
UPDATE panel.entry e SET panel_id = l.panel_id
  FROM (SELECT panel_id FROM bench.person WHERE n = 0) l
 WHERE e.id <= 2000 AND e.panel_id <> l.panel_id;
DELETE FROM panel.change c USING panel.entry e, bench.person l
 WHERE l.n = 0 AND e.panel_id = l.panel_id AND e.id > 2000 AND c.entry_id = e.id;
DELETE FROM panel.entry e USING bench.person l WHERE l.n = 0 AND e.panel_id = l.panel_id AND e.id > 2000;

-- Every panel has room, most for a few; some languages, some with a mix.
INSERT INTO attachment.capacity (panel_id, accepting, anticipated, low, medium, high, gender, languages, stated_at, author, on_behalf_of, act_id)
    SELECT l.id, l.id % 5 <> 0, 10 + l.id % 41, CASE WHEN mixed THEN 40 END, CASE WHEN mixed THEN 35 END, CASE WHEN mixed THEN 25 END,
           CASE l.id % 3 WHEN 0 THEN 'female' WHEN 1 THEN 'male' END, CASE l.id % 4 WHEN 0 THEN '{en,pa}' WHEN 1 THEN '{en,fr}' ELSE '{en}' END::text[],
           now() - interval '30 days', 'bench', l.practitioner_key, gen_random_uuid()
      FROM panel.panel l, LATERAL (SELECT l.id % 2 = 0 AS mixed) x;

-- Who waits: 15 people are seven families. Numbers of families rise with the date on which they registered.
CREATE TABLE bench.registrant AS
    SELECT b.n, b.phn, family, at, hashint8extended(family, 1) & 1048575 AS chance, hashint8extended(b.n, 2) & 1048575 AS own,
           CASE WHEN state < 72 THEN 'active' WHEN state < 76 THEN 'reconfirm-due' WHEN state < 80 THEN 'suspended'
                WHEN state < 94 THEN 'attached' WHEN state < 99 THEN 'withdrawn' ELSE 'deceased' END AS state
      FROM bench.person b,
           LATERAL (SELECT (b.n - :listed) / 15 * 7 + ('{0,1,2,2,3,4,4,4,5,5,6,6,6,6,6}'::int[])[1 + (b.n - :listed) % 15] AS family) f,
           LATERAL (SELECT now() - interval '1826 days' * (1 - family::float8 / (:registered / 15 * 7 + 7)) AS at,
                           (hashint8extended(family, 3) & 1048575) % 100 AS state) s
     WHERE b.n >= :listed AND b.n < :listed + :registered;
CREATE FUNCTION bench.family(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('019b0000-0000-7000-a000-' || lpad(to_hex(number), 12, '0'))::uuid
$$;
CREATE FUNCTION bench.registration(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('019b0000-0000-7000-b000-' || lpad(to_hex(number), 12, '0'))::uuid
$$;

INSERT INTO panel.patient (phn, registered)
    SELECT phn, state NOT IN ('withdrawn', 'deceased') FROM bench.registrant ORDER BY n;
INSERT INTO attachment.family (id, subject, registered_by, consented_at, email, channel, language, community, distance, gender, interpreter)
    SELECT bench.family(family), format('patient-%s', family), 'self', min(at), format('family-%s@mail.example', family), 'email',
           CASE min(chance) / 7 % 20 WHEN 0 THEN 'pa' WHEN 1 THEN 'zh-Hant' WHEN 2 THEN 'fr' WHEN 3 THEN 'pa' ELSE 'en' END,
           bench.community(min(chance)),
           CASE min(chance) / 11 % 20 WHEN 0 THEN 5 WHEN 1 THEN 5 WHEN 2 THEN 5 WHEN 3 THEN 50 WHEN 4 THEN 50 WHEN 5 THEN 50 WHEN 6 THEN 50
                WHEN 7 THEN 20 WHEN 8 THEN 20 WHEN 9 THEN 20 WHEN 10 THEN 20 WHEN 11 THEN 20 END,
           CASE min(chance) / 13 % 10 WHEN 0 THEN 'female' WHEN 1 THEN 'female' WHEN 2 THEN 'male' END,
           CASE min(chance) / 17 % 16 WHEN 0 THEN 'pa' END
      FROM bench.registrant GROUP BY family ORDER BY family;
-- Whoever waits last said so within sixty days; nothing is due for another thirty.
INSERT INTO attachment.registration (id, family_id, phn, state, registered_at, state_at, reconfirmed_at, attached_now, looking, changed,
                                     conditions, complexity, panel_id)
    SELECT bench.registration(n), bench.family(family), phn, state, at,
           CASE state WHEN 'reconfirm-due' THEN now() - least(interval '1 day', now() - at) ELSE at + (now() - at) / 2 END,
           CASE state WHEN 'active' THEN greatest(at, now() - interval '60 days' * (chance % 1000) / 1000) ELSE at END,
           own % 8 = 0, 'provider-retiring', own % 30 = 0,
           CASE WHEN own % 5 < 2 THEN '{}' ELSE ARRAY[format('condition-%s', 1 + own % 20), format('condition-%s', 1 + own / 20 % 20)] END,
           CASE WHEN own % 5 < 3 THEN 'low' WHEN own % 10 < 9 THEN 'medium' ELSE 'high' END,
           CASE state WHEN 'attached' THEN (SELECT panel_id FROM bench.person p WHERE p.n = chance % :listed) END
      FROM bench.registrant ORDER BY n;
INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
    SELECT panel_id, phn, 'confirmed', state_at, state_at, 'bench', id FROM attachment.registration WHERE state = 'attached' ORDER BY state_at;
INSERT INTO panel.change (entry_id, was, became, at, author, on_behalf_of, message_id, reason)
    SELECT e.id, NULL, 'confirmed', e.started_at, e.author, l.practitioner_key, e.message_id, 'added'
      FROM panel.entry e JOIN panel.panel l ON l.id = e.panel_id WHERE e.author = 'bench' ORDER BY e.id;

-- Histories, in the order of time: registered; asked and reconfirmed every ninety days; how it ended, or where it is now.
INSERT INTO attachment.registration_change (registration_id, was, became, reason, at, author, act_id)
    SELECT id, was, became, reason, at, CASE WHEN reason IN ('registered', 'reconfirmed') THEN 'patient' ELSE 'pas' END,
           ('019b0000-0000-7000-8000-' || lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0'))::uuid
      FROM (SELECT id, NULL AS was, 'active' AS became, 'registered' AS reason, registered_at AS at FROM attachment.registration
            UNION ALL
            SELECT r.id, s.*, r.registered_at + interval '90 days' * n + interval '1 day' * (s.reason = 'reconfirmed')::int
              FROM attachment.registration r
             CROSS JOIN LATERAL generate_series(1, 20) n
             CROSS JOIN (VALUES ('active', 'reconfirm-due', 'asked'), ('reconfirm-due', 'active', 'reconfirmed')) s (was, became, reason)
             WHERE r.registered_at + interval '90 days' * n + interval '1 day'
                   < CASE WHEN r.state IN ('active', 'reconfirm-due') THEN now() - interval '2 days' ELSE r.state_at END
            UNION ALL
            SELECT id, 'active', state,
                   CASE state WHEN 'reconfirm-due' THEN 'asked' WHEN 'suspended' THEN 'not-reconfirmed' WHEN 'deceased' THEN 'died' ELSE state END, state_at
              FROM attachment.registration WHERE state <> 'active') h
     ORDER BY at;

-- Where panels lie. An open list for every twentieth panel but the large one, of five families of its network who wait longest there and are on no other.
CREATE TABLE bench.side AS
    SELECT l.id AS panel_id, c.code AS community, c.network, l.id % 20 = 7 AND l.id <> p.panel_id AS listed, l.id % 5 <> 0 AS accepting
      FROM bench.person p, panel.panel l JOIN area.community c ON c.code = area.community_of_clinic(l.organization_key) WHERE p.n = 0;
CREATE TABLE bench.listed AS
    SELECT panel_id, ('019b0000-0000-7000-c000-' || lpad(to_hex(panel_id), 12, '0'))::uuid AS list_id, community,
           row_number() OVER (PARTITION BY community ORDER BY panel_id) AS turn
      FROM bench.side WHERE listed;
INSERT INTO attachment.list (id, panel_id, state, made_by, sent_at, due_at, reminded_at)
    SELECT list_id, panel_id, 'sent', 'coordinator', now() - interval '2 days', now() + interval '1 year', now() FROM bench.listed;
CREATE TEMPORARY TABLE chosen AS
    SELECT l.list_id, r.id, r.family_id, f.place
      FROM (SELECT id, community, row_number() OVER (PARTITION BY community ORDER BY id) AS place FROM attachment.family) f
      JOIN bench.listed l ON l.community = f.community AND (f.place - 1) / 5 + 1 = l.turn
      JOIN attachment.registration r ON r.family_id = f.id
     WHERE r.state = 'active';
INSERT INTO attachment.proposal (list_id, registration_id, state, state_at, score, place)
    SELECT list_id, id, 'proposed', now() - interval '2 days', '[{"name": "waiting", "points": 60}]', (place - 1) % 5 + 1 FROM chosen ORDER BY list_id, place;
INSERT INTO attachment.proposal_change (proposal_id, became, at, author, act_id)
    SELECT id, state, state_at, 'coordinator', list_id FROM attachment.proposal;
UPDATE attachment.registration r SET state = 'proposed', state_at = greatest(now() - interval '2 days', registered_at) FROM chosen c WHERE c.id = r.id;
INSERT INTO attachment.registration_change (registration_id, was, became, reason, at, author, act_id)
    SELECT id, 'active', 'proposed', 'proposed', now() - interval '2 days', 'coordinator', list_id FROM chosen;

-- Whoever signs in: everybody may coordinate their network, and every provider has a word of their own. Pages know them by a session.
INSERT INTO access.role (subject, role, network, granted_by, granted_at)
    SELECT 'coordinator', 'coordinator', code, 'bench', now() FROM area.network;
INSERT INTO access.role (subject, role, practitioner_key, granted_by, granted_at)
    SELECT format('provider-%s', l.id), 'provider', l.practitioner_key, 'bench', now() FROM panel.panel l;

UPDATE bench.seeded SET entry = (SELECT max(id) FROM panel.entry), change = (SELECT max(id) FROM panel.change), listed = :listed + :registered;
CREATE TABLE bench.waiting AS SELECT now() AS prepared_at, :listed::bigint AS first, :registered::bigint AS people;
