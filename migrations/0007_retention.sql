-- Answers belong to the client that was given them, and are kept for a stated time: a partition a
-- month, made ahead and dropped as a whole. History and audit trail outlive them, so they name a
-- message by its number and no longer refer to its row.

ALTER TABLE panel.entry  DROP CONSTRAINT entry_has_its_message;
ALTER TABLE panel.change DROP CONSTRAINT change_has_its_message;
ALTER TABLE panel.notice DROP CONSTRAINT notice_has_its_message;

ALTER TABLE inbox.message RENAME TO message_until_now;
ALTER TABLE inbox.message_until_now RENAME CONSTRAINT message_id TO message_until_now_id;
ALTER TABLE inbox.message_until_now RENAME CONSTRAINT a_bundle_is_answered_once TO message_until_now_is_answered_once;

CREATE TABLE inbox.message (
    id          uuid        NOT NULL,
    client      text        NOT NULL,
    sender      text        NOT NULL CONSTRAINT message_has_a_sender CHECK (sender <> ''),
    bundle_key  text,
    header_key  text,
    digest      bytea       NOT NULL CONSTRAINT digest_is_sha256 CHECK (octet_length(digest) = 32),
    event       text        NOT NULL CONSTRAINT event_is_known CHECK (event IN
                            ('add-patient-to-panel', 'remove-patient-from-panel', 'get-patient-mrp-status')),
    received_at timestamptz NOT NULL,
    outcome     text        NOT NULL CONSTRAINT outcome_is_a_response_code CHECK (outcome IN ('ok', 'fatal-error')),
    answer      bytea       NOT NULL,
    CONSTRAINT message_id PRIMARY KEY (id, received_at),
    CONSTRAINT protected_by_both_ids_or_neither CHECK ((bundle_key IS NULL) = (header_key IS NULL))
) PARTITION BY RANGE (received_at);
COMMENT ON TABLE  inbox.message IS 'One row a message that was read and answered, refused ones included. Its body is not kept: digest and effect are. A partition a month.';
COMMENT ON COLUMN inbox.message.id IS 'Our own number for the message, in order of arrival (UUID version 7).';
COMMENT ON COLUMN inbox.message.client IS 'The client whose token came with it; empty when no token was asked for.';
COMMENT ON COLUMN inbox.message.sender IS 'The sender as it names itself: MessageHeader.source.endpoint.';
COMMENT ON COLUMN inbox.message.bundle_key IS 'What makes the Bundle recognisable: Bundle.id, else Bundle.identifier, else its digest; null when the message names nothing to know it by.';
COMMENT ON COLUMN inbox.message.header_key IS 'What makes the message recognisable: MessageHeader.id, else the uuid of its fullUrl, else Bundle.identifier.';
COMMENT ON COLUMN inbox.message.digest IS 'SHA-256 of the message in canonical form (keys sorted, no white space): tells a resent message from an altered one.';
COMMENT ON COLUMN inbox.message.event IS 'MessageHeader.eventCoding.code.';
COMMENT ON COLUMN inbox.message.received_at IS 'When it was processed, by the server''s clock; decides on the partition.';
COMMENT ON COLUMN inbox.message.outcome IS 'MessageHeader.response.code of the answer. A transient error is never recorded.';
COMMENT ON COLUMN inbox.message.answer IS 'The response message as it was sent, byte for byte.';

-- Whatever no month was opened for: a clock that went astray must not refuse messages.
CREATE TABLE inbox.message_other PARTITION OF inbox.message
    (CONSTRAINT a_bundle_is_answered_once UNIQUE (client, sender, bundle_key)) DEFAULT;
COMMENT ON TABLE inbox.message_other IS 'Messages of months that were not opened: the clock was astray, or nobody opened months in time.';

-- Opens the months from one day to another. Each partition by itself allows a Bundle one answer; that
-- holds across them because whoever adds a row holds the Bundle's lock and has looked (inbox.seen).
CREATE FUNCTION inbox.open_months(since timestamptz, until timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    month  timestamptz := date_trunc('month', since);
    name   text;
    opened integer := 0;
BEGIN
    IF until > since + interval '10 years' THEN
        RAISE EXCEPTION 'that is too many months';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('inbox.months', 0));
    WHILE month <= until LOOP
        name := to_char(month, '"message_"YYYY_MM');
        IF to_regclass('inbox.' || name) IS NULL THEN
            -- Attached rather than made in place: that leaves the others readable and writable.
            EXECUTE format('CREATE TABLE inbox.%I (LIKE inbox.message INCLUDING ALL)', name);
            EXECUTE format('ALTER TABLE inbox.%I ADD CONSTRAINT %I UNIQUE (client, sender, bundle_key)', name, name || '_answers_a_bundle_once');
            EXECUTE format('WITH astray AS (DELETE FROM inbox.message_other WHERE received_at >= %1$L AND received_at < %2$L RETURNING *)
                            INSERT INTO inbox.%3$I SELECT * FROM astray', month, month + interval '1 month', name);
            EXECUTE format('ALTER TABLE inbox.message ATTACH PARTITION inbox.%I FOR VALUES FROM (%L) TO (%L)',
                           name, month, month + interval '1 month');
            opened := opened + 1;
        END IF;
        month := month + interval '1 month';
    END LOOP;
    RETURN opened;
END $$;
COMMENT ON FUNCTION inbox.open_months IS 'Makes the partitions of these months where they are missing; gives their number.';

-- Drops the months that ended before a moment. It runs with its owner's rights, so it guards itself:
-- the last day is never dropped, whoever asks.
CREATE FUNCTION inbox.drop_months(before timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    name    text;
    dropped integer := 0;
BEGIN
    IF before > now() - interval '1 day' THEN
        RAISE EXCEPTION 'answers of the last day are kept';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('inbox.months', 0));
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'inbox.message'::regclass AND c.relname ~ '^message_\d{4}_\d{2}$'
         ORDER BY c.relname
    LOOP
        IF to_timestamp(name, '"message_"YYYY_MM') + interval '1 month' <= before THEN
            EXECUTE format('DROP TABLE inbox.%I', name);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    DELETE FROM inbox.message_other WHERE received_at < before;
    RETURN dropped;
END $$;
COMMENT ON FUNCTION inbox.drop_months IS 'Drops the partitions of months that ended before this moment; gives their number.';

SELECT inbox.open_months(coalesce(min(received_at), now()), now() + interval '2 months') FROM inbox.message_until_now;
INSERT INTO inbox.message (id, client, sender, bundle_key, header_key, digest, event, received_at, outcome, answer)
    SELECT id, '', sender, bundle_key, header_key, digest, event, received_at, outcome, answer FROM inbox.message_until_now;
DROP TABLE inbox.message_until_now;

-- The answer that was given to this Bundle before, if it was. With `locked`, messages with these
-- keys first take turns until the end of the transaction, so that the answer is certain: either the
-- other delivery has committed and is seen here, or there is none. (Why a function: see panel.entries.)
DROP FUNCTION inbox.seen;
CREATE FUNCTION inbox.seen(from_client text, from_sender text, key text, locked boolean)
RETURNS TABLE (header_key text, digest bytea, answer bytea)
LANGUAGE plpgsql VOLATILE ROWS 1 AS $$
BEGIN
    IF key IS NULL THEN
        RETURN;
    END IF;
    IF locked THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(E'\n', from_client, from_sender, key), 0));
    END IF;
    RETURN QUERY
        SELECT m.header_key, m.digest, m.answer
          FROM inbox.message m
         WHERE m.client = from_client AND m.sender = from_sender AND m.bundle_key = key
         ORDER BY m.received_at LIMIT 1;
END $$;
COMMENT ON FUNCTION inbox.seen IS 'The answer given before to the Bundle with this key from this sender of this client, or nothing.';

-- Keeps the answer to a message that changed nothing, unless another delivery was quicker: then gives
-- the answer which that one was given.
CREATE FUNCTION inbox.keep(message inbox.message)
RETURNS TABLE (header_key text, digest bytea, answer bytea)
LANGUAGE plpgsql VOLATILE ROWS 1 AS $$
BEGIN
    RETURN QUERY SELECT * FROM inbox.seen(message.client, message.sender, message.bundle_key, true);
    IF NOT FOUND THEN
        INSERT INTO inbox.message SELECT message.*;
    END IF;
END $$;
COMMENT ON FUNCTION inbox.keep IS 'Adds this message, or gives the answer that was given to the same Bundle before.';

GRANT SELECT, INSERT ON inbox.message TO pas_server;
REVOKE EXECUTE ON FUNCTION inbox.open_months, inbox.drop_months FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inbox.open_months, inbox.drop_months TO pas_server;
