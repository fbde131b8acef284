-- Whoever acts for a panel, and whoever coordinates a network, is told as well, the way they want to be; families who are called, are called by people.
CREATE TABLE access.contact (
    subject text        CONSTRAINT contact_subject PRIMARY KEY CONSTRAINT contact_subject_is_a_word CHECK (subject ~ '^[!-~]{1,200}$'),
    channel text        NOT NULL CONSTRAINT contact_channel_is_known CHECK (channel IN ('email', 'text', 'none')),
    email   text,
    phone   text,
    told_at timestamptz NOT NULL,
    CONSTRAINT a_contact_can_be_reached CHECK ((channel <> 'email' OR email IS NOT NULL) AND (channel <> 'text' OR phone IS NOT NULL))
);
COMMENT ON TABLE  access.contact IS 'How somebody who signs in wants to be told that there is something to do.';
COMMENT ON COLUMN access.contact.subject IS 'Who, in the words of the issuer.';
COMMENT ON COLUMN access.contact.channel IS 'By which of the two, or not at all.';
COMMENT ON COLUMN access.contact.email IS 'How to reach them.';
COMMENT ON COLUMN access.contact.phone IS 'How to reach them.';
COMMENT ON COLUMN access.contact.told_at IS 'When they said so.';

ALTER TABLE attachment.notice DROP CONSTRAINT attachment_notice_kind_is_known;
ALTER TABLE attachment.notice
    ALTER COLUMN family_id DROP NOT NULL,
    ADD COLUMN subject      text,
    ADD COLUMN list_id      uuid    CONSTRAINT notice_has_its_list REFERENCES attachment.list,
    ADD COLUMN refused_with integer CONSTRAINT a_refusal_is_a_status CHECK (refused_with BETWEEN 100 AND 999),
    ADD CONSTRAINT attachment_notice_kind_is_known CHECK (
        family_id IS NOT NULL AND kind IN ('registered', 'asked', 'not-reconfirmed', 'put-back', 'attached')
        OR subject IS NOT NULL AND kind IN ('list-sent', 'list-due', 'list-expired', 'to-confirm', 'list-closed')),
    ADD CONSTRAINT a_notice_is_for_one CHECK ((family_id IS NULL) <> (subject IS NULL) AND (subject IS NULL) = (list_id IS NULL)),
    ADD CONSTRAINT a_person_is_told_once UNIQUE (subject, kind, list_id),
    ADD CONSTRAINT refused_is_given_up CHECK (refused_with IS NULL OR given_up_at IS NOT NULL);
COMMENT ON TABLE  attachment.notice IS 'Something that a family, or somebody who signs in, is told. Where it goes is looked up when it is sent: an address may have changed.';
COMMENT ON COLUMN attachment.notice.family_id IS 'The family whom it is for; null: somebody who signs in.';
COMMENT ON COLUMN attachment.notice.subject IS 'Whom it is for, in the words of the issuer; null: a family.';
COMMENT ON COLUMN attachment.notice.list_id IS 'The list that somebody who signs in is told about.';
COMMENT ON COLUMN attachment.notice.kind IS 'What happened; to a family, in the words of registration_change.reason.';
COMMENT ON COLUMN attachment.notice.sent_at IS 'When a mail server or a gateway took it, or they were called.';
COMMENT ON COLUMN attachment.notice.refused_with IS 'The status with which it was refused for good: SMTP of a letter, HTTP of a text message.';
CREATE INDEX notice_by_family ON attachment.notice (family_id) WHERE sent_at IS NULL AND given_up_at IS NULL;

CREATE TABLE attachment.call (
    id        bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT call_id PRIMARY KEY,
    notice_id bigint      NOT NULL CONSTRAINT a_notice_is_called_once UNIQUE CONSTRAINT call_has_its_notice REFERENCES attachment.notice,
    called_at timestamptz NOT NULL,
    author    text        NOT NULL CONSTRAINT call_has_its_author CHECK (author <> ''),
    act_id    uuid        NOT NULL
);
COMMENT ON TABLE  attachment.call IS 'That a family was called about a notice. Only ever added to.';
COMMENT ON COLUMN attachment.call.notice_id IS 'About which notice.';
COMMENT ON COLUMN attachment.call.called_at IS 'When it was ticked off.';
COMMENT ON COLUMN attachment.call.author IS 'The coordinator.';
COMMENT ON COLUMN attachment.call.act_id IS 'The act that did it.';

GRANT SELECT, INSERT, UPDATE ON access.contact TO pas_server;
GRANT SELECT, INSERT ON attachment.call TO pas_server;
GRANT UPDATE (refused_with) ON attachment.notice TO pas_server;
