-- Messages that were answered, with the very bytes of the answer. A message, its effect and
-- its answer commit together or not at all, so that a resent message can be answered again
-- byte for byte and nothing is ever done twice.

CREATE SCHEMA inbox;
COMMENT ON SCHEMA inbox IS 'Messages received and the answers they were given.';

CREATE TABLE inbox.message (
    id          uuid        CONSTRAINT message_id PRIMARY KEY,
    sender      text        NOT NULL CONSTRAINT message_has_a_sender CHECK (sender <> ''),
    bundle_key  text,
    header_key  text,
    digest      bytea       NOT NULL CONSTRAINT digest_is_sha256 CHECK (octet_length(digest) = 32),
    event       text        NOT NULL CONSTRAINT event_is_known CHECK (event IN
                            ('add-patient-to-panel', 'remove-patient-from-panel', 'get-patient-mrp-status')),
    received_at timestamptz NOT NULL,
    outcome     text        NOT NULL CONSTRAINT outcome_is_a_response_code CHECK (outcome IN ('ok', 'fatal-error')),
    answer      bytea       NOT NULL,
    CONSTRAINT a_bundle_is_answered_once UNIQUE (sender, bundle_key),
    CONSTRAINT protected_by_both_ids_or_neither CHECK ((bundle_key IS NULL) = (header_key IS NULL))
);
COMMENT ON TABLE  inbox.message IS 'One row a message that was read and answered, refused ones included. Its body is not kept: digest and effect are.';
COMMENT ON COLUMN inbox.message.id IS 'Our own number for the message, in order of arrival (UUID version 7).';
COMMENT ON COLUMN inbox.message.sender IS 'Who sent it: MessageHeader.source.endpoint.';
COMMENT ON COLUMN inbox.message.bundle_key IS 'What makes the Bundle recognisable: Bundle.id, else Bundle.identifier, else its digest; null when the message names nothing to know it by.';
COMMENT ON COLUMN inbox.message.header_key IS 'What makes the message recognisable: MessageHeader.id, else the uuid of its fullUrl, else Bundle.identifier.';
COMMENT ON COLUMN inbox.message.digest IS 'SHA-256 of the message in canonical form (keys sorted, no white space): tells a resent message from an altered one.';
COMMENT ON COLUMN inbox.message.event IS 'MessageHeader.eventCoding.code.';
COMMENT ON COLUMN inbox.message.received_at IS 'When it was processed, by the server''s clock.';
COMMENT ON COLUMN inbox.message.outcome IS 'MessageHeader.response.code of the answer. A transient error is never recorded.';
COMMENT ON COLUMN inbox.message.answer IS 'The response message as it was sent, byte for byte.';

-- The answer that was given to this Bundle before, if it was. With `locked`, messages with these
-- keys first take turns until the end of the transaction, so that the answer is certain: either the
-- other delivery has committed and is seen here, or there is none. (Why a function: see panel.entries.)
CREATE FUNCTION inbox.seen(from_sender text, key text, locked boolean)
RETURNS TABLE (header_key text, digest bytea, answer bytea)
LANGUAGE plpgsql VOLATILE ROWS 1 AS $$
BEGIN
    IF key IS NULL THEN
        RETURN;
    END IF;
    IF locked THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(from_sender || E'\n' || key, 0));
    END IF;
    RETURN QUERY
        SELECT m.header_key, m.digest, m.answer
          FROM inbox.message m
         WHERE m.sender = from_sender AND m.bundle_key = key;
END $$;
COMMENT ON FUNCTION inbox.seen IS 'The answer given before to the Bundle with this key from this sender, or nothing.';
