-- Families are told that they wait again, too.
ALTER TABLE attachment.notice DROP CONSTRAINT attachment_notice_kind_is_known;
ALTER TABLE attachment.notice ADD CONSTRAINT attachment_notice_kind_is_known CHECK (
    family_id IS NOT NULL AND kind IN ('registered', 'asked', 'not-reconfirmed', 'put-back', 'attached', 'attachment-ended', 'provider-left')
    OR subject IS NOT NULL AND kind IN ('list-sent', 'list-due', 'list-expired', 'to-confirm', 'list-closed'));

-- What is told by a call is due to nobody who sends: whoever looks for what is to be sent passes it by, however many calls wait.
UPDATE attachment.notice n SET due_at = 'infinity' FROM attachment.family f
 WHERE f.id = n.family_id AND f.channel = 'phone' AND n.sent_at IS NULL AND n.given_up_at IS NULL;
COMMENT ON COLUMN attachment.notice.due_at IS 'When it is tried next; infinity: it is told by a call.';
