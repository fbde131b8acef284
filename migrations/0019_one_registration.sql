-- Of every person one registration goes on at most: whoever registers anew while they are attached ends the earlier one, and takes its date along
-- where the attachment was short. Two of them would both come back when the attachment ends.
ALTER TABLE attachment.registration_change DROP CONSTRAINT registration_reason_is_known;
ALTER TABLE attachment.registration_change ADD CONSTRAINT registration_reason_is_known CHECK (reason IN
    ('registered', 'updated', 'asked', 'reconfirmed', 'not-reconfirmed', 'proposed', 'put-back', 'attached', 'attachment-ended',
     'provider-left', 'withdrawn', 'died', 'registered-anew'));

WITH living AS (
    SELECT id, state, row_number() OVER (PARTITION BY phn ORDER BY (state = 'attached'), registered_at DESC, id DESC) AS place
      FROM attachment.registration WHERE state NOT IN ('withdrawn', 'deceased')
), ended AS (
    UPDATE attachment.registration r SET state = 'withdrawn', panel_id = NULL, state_at = greatest(now(), r.registered_at)
      FROM living l WHERE l.id = r.id AND l.place > 1
    RETURNING r.id, l.state AS was, r.state_at
)
INSERT INTO attachment.registration_change (registration_id, was, became, reason, at, author, act_id)
SELECT id, was, 'withdrawn', 'registered-anew', state_at, 'pas', gen_random_uuid() FROM ended;

DROP INDEX attachment.a_person_waits_once;
CREATE UNIQUE INDEX a_person_is_registered_once ON attachment.registration (phn) WHERE state NOT IN ('withdrawn', 'deceased');

-- Pending entries that come to nothing say why.
ALTER TABLE panel.change DROP CONSTRAINT reason_is_known;
ALTER TABLE panel.change ADD CONSTRAINT reason_is_known CHECK (reason IN
    ('added', 'confirmed-again', 'removed', 'mrp-moved', 'clinic-moved', 'accepted', 'confirmed', 'attached-elsewhere', 'not-confirmed',
     'no-longer-looking', 'died', 'provider-left', 'clean-up-added', 'clean-up-confirmed', 'clean-up-removed'));

-- Who was accepted, and is to be confirmed.
CREATE INDEX proposal_to_be_confirmed ON attachment.proposal (state_at) WHERE state = 'accepted';
