-- Numbers that the Client Registry merged are followed: the registration of the old one goes on under the new one, or ends where both had one.
ALTER TABLE attachment.registration_change DROP CONSTRAINT registration_reason_is_known;
ALTER TABLE attachment.registration_change ADD CONSTRAINT registration_reason_is_known CHECK (reason IN
    ('registered', 'updated', 'asked', 'reconfirmed', 'not-reconfirmed', 'proposed', 'put-back', 'attached', 'attachment-ended',
     'provider-left', 'withdrawn', 'died', 'registered-anew', 'number-merged'));
COMMENT ON COLUMN attachment.registration.phn IS 'Personal health number. Becomes another one when the Client Registry puts that in its place.';

CREATE INDEX replaced_patient ON client_registry.patient (phn) WHERE replaced_by IS NOT NULL;
