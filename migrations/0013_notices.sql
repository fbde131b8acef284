-- What families are told: written in the transaction of what happened, sent afterwards, tried again until it is or is given up.
CREATE TABLE attachment.notice (
    id          bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT attachment_notice_id PRIMARY KEY,
    family_id   uuid        NOT NULL CONSTRAINT notice_has_its_family REFERENCES attachment.family,
    kind        text        NOT NULL CONSTRAINT attachment_notice_kind_is_known CHECK (kind IN
                            ('registered', 'asked', 'not-reconfirmed', 'put-back', 'attached')),
    act_id      uuid        NOT NULL,
    made_at     timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    attempts    integer     NOT NULL DEFAULT 0 CONSTRAINT attempts_are_counted CHECK (attempts >= 0),
    sent_at     timestamptz,
    given_up_at timestamptz,
    CONSTRAINT a_family_is_told_once UNIQUE (family_id, kind, act_id),
    CONSTRAINT sent_or_given_up CHECK (sent_at IS NULL OR given_up_at IS NULL)
);
COMMENT ON TABLE  attachment.notice IS 'Something that a family is told. Whom it goes to is looked up when it is sent: an address may have changed.';
COMMENT ON COLUMN attachment.notice.kind   IS 'What happened, in the words of registration_change.reason.';
COMMENT ON COLUMN attachment.notice.act_id IS 'The act or message that it is about.';
COMMENT ON COLUMN attachment.notice.due_at IS 'When it is tried next.';
CREATE INDEX notice_by_turn ON attachment.notice (due_at) WHERE sent_at IS NULL AND given_up_at IS NULL;

GRANT SELECT, INSERT ON attachment.notice TO pas_server;
GRANT UPDATE (due_at, attempts, sent_at, given_up_at) ON attachment.notice TO pas_server;
COMMENT ON COLUMN attachment.notice.family_id IS 'Whom it is for.';
COMMENT ON COLUMN attachment.notice.made_at IS 'When it happened.';
COMMENT ON COLUMN attachment.notice.attempts IS 'How often it was tried.';
COMMENT ON COLUMN attachment.notice.sent_at IS 'When a mail server took it.';
COMMENT ON COLUMN attachment.notice.given_up_at IS 'When it was given up: it will never be taken, or was tried too often.';
