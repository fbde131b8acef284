-- An event's patients are entered into their index in bulk and not one by one: sorted, an entry costs about a tenth.
-- Until then they stand in the index's list of pending ones, which every search reads as well.
ALTER INDEX audit.event_by_patient SET (fastupdate = on);

-- With the rights of the owner, whom Postgres asks for. Called by whoever seals, every few seconds: so that the list stays short, and no
-- message is the one that finds it full.
CREATE FUNCTION audit.enter_pending() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT gin_clean_pending_list('audit.event_by_patient')
$$;
COMMENT ON FUNCTION audit.enter_pending IS 'Enters the patients of recent events into their index; gives how many pages of the pending list it emptied.';

REVOKE EXECUTE ON FUNCTION audit.enter_pending FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.enter_pending TO pas_server;
