-- Phone agents of the registry, and when people were attached.

-- An agent's role is about nobody: they are there for whoever calls.
ALTER TABLE access.role DROP CONSTRAINT role_is_known;
ALTER TABLE access.role ADD CONSTRAINT role_is_known CHECK (role IN ('provider', 'delegate', 'director', 'coordinator', 'agent'));
COMMENT ON COLUMN access.role.role IS 'What they are: provider, delegate (acts for one), director (of a clinic), coordinator (of a network), agent (of the registry, about nothing).';

-- With it, who holds a role about nothing holds it once as well.
DROP INDEX access.role_is_held_once;
CREATE UNIQUE INDEX role_is_held_once ON access.role (subject, role, coalesce(practitioner_key, organization_key, network)) NULLS NOT DISTINCT
    WHERE revoked_at IS NULL;
COMMENT ON COLUMN attachment.family.subject IS 'Who signed in to register them, and may see and change it. Null: a phone agent did; agents see and change it, until one of them registers the same people.';

-- How many were attached in a month: by time, and not by going through the history of everybody.
CREATE INDEX registration_change_attached ON attachment.registration_change (at) INCLUDE (registration_id, was) WHERE reason = 'attached';
