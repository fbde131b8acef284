-- Numbers that the Client Registry merged are followed: the registration of the old one goes on under the new one, or ends where both had one.
ALTER TABLE attachment.registration_change DROP CONSTRAINT registration_reason_is_known;
ALTER TABLE attachment.registration_change ADD CONSTRAINT registration_reason_is_known CHECK (reason IN
    ('registered', 'updated', 'asked', 'reconfirmed', 'not-reconfirmed', 'proposed', 'put-back', 'attached', 'attachment-ended',
     'provider-left', 'withdrawn', 'died', 'registered-anew', 'number-merged'));
COMMENT ON COLUMN attachment.registration.phn IS 'Personal health number. Becomes another one when the Client Registry puts that in its place.';

-- Whoever was accepted is pending under the new number, and no longer under the old one.
ALTER TABLE panel.change DROP CONSTRAINT reason_is_known;
ALTER TABLE panel.change ADD CONSTRAINT reason_is_known CHECK (reason IN
    ('added', 'confirmed-again', 'removed', 'mrp-moved', 'clinic-moved', 'accepted', 'confirmed', 'attached-elsewhere', 'not-confirmed',
     'no-longer-looking', 'died', 'provider-left', 'number-merged', 'clean-up-added', 'clean-up-confirmed', 'clean-up-removed'));

DROP INDEX attachment.registration_change_of_waiting;
CREATE INDEX registration_change_of_waiting ON attachment.registration_change (registration_id, id) INCLUDE (at, was, became, reason)
    WHERE reason IN ('registered', 'attached', 'attachment-ended', 'provider-left', 'withdrawn', 'died', 'number-merged');

-- Where a clinic lies is judged by the day of British Columbia, and by addresses that are in force on it.
CREATE OR REPLACE VIEW area.clinic AS
SELECT DISTINCT ON (o.key) o.key, c.code AS community, c.network
  FROM pas.organization o
 CROSS JOIN (SELECT (now() AT TIME ZONE INTERVAL '-08:00')::date AS today) d
 CROSS JOIN LATERAL jsonb_array_elements(o.addresses) WITH ORDINALITY AS a (address, place)
 CROSS JOIN LATERAL (SELECT upper(replace(a.address ->> 'postal_code', ' ', '')) AS code) z
  JOIN area.postal p ON p.prefix IN (left(z.code, 3), left(z.code, 4), left(z.code, 5), left(z.code, 6))
  JOIN area.community c ON c.code = p.community
 WHERE coalesce((a.address -> 'period' ->> 'end')::date >= d.today, true) AND coalesce((a.address -> 'period' ->> 'start')::date <= d.today, true)
 ORDER BY o.key, a.place, length(p.prefix) DESC;

CREATE INDEX replaced_patient ON client_registry.patient (phn) WHERE replaced_by IS NOT NULL;
