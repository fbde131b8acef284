-- Among 400,000 who wait, every statement of the workflow finds its rows by an index that holds no others.

-- Candidates and the page of a network read these and neither families nor registrations.
DROP INDEX attachment.family_by_community;
CREATE INDEX family_by_community ON attachment.family (community) INCLUDE (id, distance, gender, language, interpreter);
CREATE INDEX registration_waiting_by_family ON attachment.registration (family_id) INCLUDE (state, registered_at, complexity)
    WHERE state IN ('active', 'reconfirm-due', 'suspended', 'proposed');

-- Who is due: each kind by its own date. In one index those who are not due stood before those who are.
DROP INDEX attachment.registration_by_turn;
CREATE INDEX registration_to_be_asked ON attachment.registration (reconfirmed_at) WHERE state = 'active';
CREATE INDEX registration_to_be_suspended ON attachment.registration (state_at) WHERE state = 'reconfirm-due';
CREATE INDEX registration_attached_by_panel ON attachment.registration (panel_id) WHERE state = 'attached';
CREATE INDEX deceased_patient ON client_registry.patient (phn) WHERE deceased;

-- Steps by which somebody begins to wait or ceases to. The others, that they are asked and that they answer, are ten times as many.
CREATE INDEX registration_change_of_waiting ON attachment.registration_change (registration_id, id) INCLUDE (at, was, became, reason)
    WHERE reason IN ('registered', 'attached', 'attachment-ended', 'provider-left', 'withdrawn', 'died');

CREATE INDEX panel_by_clinic ON panel.panel (organization_key);

-- Where all clinics lie, at once: a function asked for every panel of the province took seconds.
CREATE VIEW area.clinic AS
SELECT DISTINCT ON (o.key) o.key, c.code AS community, c.network
  FROM pas.organization o
 CROSS JOIN LATERAL jsonb_array_elements(o.addresses) WITH ORDINALITY AS a (address, place)
 CROSS JOIN LATERAL (SELECT upper(replace(a.address ->> 'postal_code', ' ', '')) AS code) z
  JOIN area.postal p ON p.prefix IN (left(z.code, 3), left(z.code, 4), left(z.code, 5), left(z.code, 6))
  JOIN area.community c ON c.code = p.community
 WHERE coalesce((a.address -> 'period' ->> 'end')::date >= current_date, true)
 ORDER BY o.key, a.place, length(p.prefix) DESC;
COMMENT ON VIEW area.clinic IS 'The community of every clinic that lies in one: of the first of its current addresses that does, by the longest beginning on file.';
COMMENT ON COLUMN area.clinic.key IS 'The clinic, by key in PAS.';
COMMENT ON COLUMN area.clinic.community IS 'Where it lies.';
COMMENT ON COLUMN area.clinic.network IS 'The network of that community.';

CREATE OR REPLACE FUNCTION area.community_of_clinic(organization text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT k.community FROM area.clinic k WHERE k.key = organization
$$;

GRANT SELECT ON area.clinic TO pas_server;
