-- People who signed in with a browser. The cookie holds a secret, and here is only its digest: whoever reads this table can be nobody.
CREATE SCHEMA web;
COMMENT ON SCHEMA web IS 'Sessions of people who signed in with a browser.';

CREATE TABLE web.session (
    digest     bytea       CONSTRAINT session_digest PRIMARY KEY CONSTRAINT session_digest_is_sha256 CHECK (octet_length(digest) = 32),
    subject    text        NOT NULL CONSTRAINT session_subject_is_a_word CHECK (subject ~ '^[!-~]{1,200}$'),
    name       text        NOT NULL,
    form_key   text        NOT NULL CONSTRAINT session_has_a_key_for_forms CHECK (form_key ~ '^[0-9a-f]{64}$'),
    opened_at  timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CONSTRAINT session_expires_after_it_was_opened CHECK (expires_at > opened_at)
);
COMMENT ON TABLE  web.session IS 'One browser in which somebody is signed in.';
COMMENT ON COLUMN web.session.digest   IS 'SHA-256 of the secret in the cookie.';
COMMENT ON COLUMN web.session.subject  IS 'Who, in the words of the issuer.';
COMMENT ON COLUMN web.session.name     IS 'As they are greeted.';
COMMENT ON COLUMN web.session.form_key IS 'In every form of ours, so that no other site can send one in their name.';
COMMENT ON COLUMN web.session.seen_at  IS 'When they last did something, to the minute; after half an hour of nothing it ends.';
CREATE INDEX session_by_end ON web.session (expires_at);

GRANT USAGE ON SCHEMA web TO pas_server;
GRANT SELECT, INSERT, DELETE ON web.session TO pas_server;
GRANT UPDATE (seen_at) ON web.session TO pas_server;
COMMENT ON COLUMN web.session.opened_at IS 'When they signed in.';
COMMENT ON COLUMN web.session.expires_at IS 'When it ends whatever they do.';
