-- The role that servers work as. A server needs no more of the database than what is granted here and in
-- later files: it reads the registries, adds messages and answers, changes panels. It owns nothing, so it
-- can neither alter a table nor take away what it was never granted.
--
-- Roles belong to the cluster, not to the database: it is made once, by whoever migrates first. Where the
-- migrating role may not make roles, make it beforehand:
--     CREATE ROLE pas_server NOLOGIN; GRANT pas_server TO <the role that pas connects as>;
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pas_server') THEN
        BEGIN
            CREATE ROLE pas_server NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of the cluster was migrated at the same moment
        END;
    END IF;
    BEGIN
        SET LOCAL ROLE pas_server;
        SET LOCAL ROLE NONE;
    EXCEPTION WHEN insufficient_privilege THEN
        EXECUTE format('GRANT pas_server TO %I', current_user);
    END;
END $$;

GRANT USAGE ON SCHEMA plr, pas, client_registry, inbox, panel TO pas_server;
GRANT SELECT ON ALL TABLES IN SCHEMA plr, pas, client_registry, panel TO pas_server;
GRANT SELECT ON public._sqlx_migrations TO pas_server;
-- A row lock needs the right to update, of one column at least.
GRANT INSERT, UPDATE ON panel.patient TO pas_server;
GRANT INSERT, UPDATE ON panel.entry TO pas_server;
GRANT INSERT ON panel.change, panel.notice TO pas_server;
GRANT SELECT, INSERT, UPDATE ON inbox.message TO pas_server;
