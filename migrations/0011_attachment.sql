-- The attachment workflow: who waits for a provider, what providers have room for, the lists that are proposed to them, and what
-- came of each. Every change is kept with its author and reason; the current row says where things stand.

-- ---------------------------------------------------------------- where people live
CREATE SCHEMA area;
COMMENT ON SCHEMA area IS 'Communities, the networks that they belong to, and which postal codes lie in them. Loaded from a file.';

CREATE TABLE area.network (
    code text CONSTRAINT network_code PRIMARY KEY CONSTRAINT network_code_is_a_word CHECK (code ~ '^[!-~]{1,40}$'),
    name text NOT NULL CONSTRAINT network_has_a_name CHECK (name <> '')
);
COMMENT ON TABLE  area.network IS 'Primary care networks: what an attachment coordinator looks after.';

CREATE TABLE area.community (
    code    text             CONSTRAINT community_code PRIMARY KEY CONSTRAINT community_code_is_a_word CHECK (code ~ '^[!-~]{1,40}$'),
    name    text             NOT NULL CONSTRAINT community_has_a_name CHECK (name <> ''),
    network text             NOT NULL CONSTRAINT community_has_its_network REFERENCES area.network,
    x_km    double precision NOT NULL,
    y_km    double precision NOT NULL
);
COMMENT ON TABLE  area.community IS 'Communities (community health service areas).';
COMMENT ON COLUMN area.community.x_km IS 'Where its middle lies, kilometres to the east of a point that all share; y_km: to the north. Near enough to tell 5 km from 20 and 50.';
CREATE INDEX community_by_network ON area.community (network);

CREATE TABLE area.postal (
    prefix    text CONSTRAINT postal_prefix PRIMARY KEY CONSTRAINT postal_prefix_is_one CHECK (prefix ~ '^[A-Z][0-9][A-Z]([0-9]([A-Z][0-9]?)?)?$'),
    community text NOT NULL CONSTRAINT postal_has_its_community REFERENCES area.community
);
COMMENT ON TABLE  area.postal IS 'Postal codes by their beginnings, at least three characters, without the space; the longest that fits counts.';

CREATE FUNCTION area.community_of(postal_code text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT p.community
      FROM (SELECT upper(replace(postal_code, ' ', '')) AS code) c
      JOIN area.postal p ON p.prefix IN (left(c.code, 3), left(c.code, 4), left(c.code, 5), left(c.code, 6))
     ORDER BY length(p.prefix) DESC LIMIT 1
$$;
COMMENT ON FUNCTION area.community_of IS 'The community of a postal code, by the longest beginning on file.';

CREATE FUNCTION area.community_of_clinic(organization text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT area.community_of(a.address ->> 'postal_code')
      FROM pas.organization o, jsonb_array_elements(o.addresses) WITH ORDINALITY AS a (address, place)
     WHERE o.key = organization
       AND coalesce((a.address -> 'period' ->> 'end')::date >= current_date, true)
       AND area.community_of(a.address ->> 'postal_code') IS NOT NULL
     ORDER BY a.place LIMIT 1
$$;
COMMENT ON FUNCTION area.community_of_clinic IS 'The community of the first of a clinic''s current addresses that is in one.';

-- ---------------------------------------------------------------- who may do what
CREATE TABLE access.role (
    id               bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT role_id PRIMARY KEY,
    subject          text        NOT NULL CONSTRAINT role_subject_is_a_word CHECK (subject ~ '^[!-~]{1,200}$'),
    role             text        NOT NULL CONSTRAINT role_is_known CHECK (role IN ('provider', 'delegate', 'director', 'coordinator')),
    practitioner_key text        CONSTRAINT role_has_its_provider REFERENCES pas.practitioner,
    organization_key text        CONSTRAINT role_has_its_clinic REFERENCES pas.organization,
    network          text        CONSTRAINT role_has_its_network REFERENCES area.network,
    granted_by       text        NOT NULL CONSTRAINT role_was_granted_by_somebody CHECK (granted_by <> ''),
    granted_at       timestamptz NOT NULL,
    revoked_at       timestamptz CONSTRAINT role_is_revoked_after_it_was_granted CHECK (revoked_at >= granted_at),
    CONSTRAINT role_is_about_what_it_is_for CHECK (
        (practitioner_key IS NOT NULL) = (role IN ('provider', 'delegate'))
        AND (organization_key IS NOT NULL) = (role = 'director')
        AND (network IS NOT NULL) = (role = 'coordinator'))
);
COMMENT ON TABLE access.role IS 'What a person who signs in may do, and about what. Patients need no row: they may see the families that they registered.';
CREATE UNIQUE INDEX role_is_held_once ON access.role (subject, role, coalesce(practitioner_key, organization_key, network)) WHERE revoked_at IS NULL;

-- ---------------------------------------------------------------- room on panels
CREATE SCHEMA attachment;
COMMENT ON SCHEMA attachment IS 'The Health Connect Registry, the capacity of panels, and the lists in between.';

CREATE TABLE attachment.capacity (
    id           bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT capacity_id PRIMARY KEY,
    panel_id     bigint      NOT NULL CONSTRAINT capacity_has_its_panel REFERENCES panel.panel,
    accepting    boolean     NOT NULL,
    anticipated  integer     NOT NULL CONSTRAINT anticipated_is_a_number_of_people CHECK (anticipated BETWEEN 0 AND 10000),
    monthly      integer     CONSTRAINT monthly_is_a_number_of_people CHECK (monthly BETWEEN 1 AND 10000),
    desired_size integer     CONSTRAINT desired_size_is_a_number_of_people CHECK (desired_size BETWEEN 1 AND 100000),
    low          integer,
    medium       integer,
    high         integer,
    gender       text        CONSTRAINT capacity_gender_is_known CHECK (gender IN ('female', 'male', 'another')),
    languages    text[]      NOT NULL,
    stated_at    timestamptz NOT NULL,
    author       text        NOT NULL CONSTRAINT capacity_has_its_author CHECK (author <> ''),
    on_behalf_of text        NOT NULL,
    act_id       uuid        NOT NULL,
    CONSTRAINT mix_is_whole_or_absent CHECK (
        (low IS NULL AND medium IS NULL AND high IS NULL)
        OR (low >= 0 AND medium >= 0 AND high >= 0 AND low + medium + high = 100))
);
COMMENT ON TABLE  attachment.capacity IS 'What a provider states for a panel. Only ever added to: the last one counts.';
COMMENT ON COLUMN attachment.capacity.anticipated IS 'How many new patients are still welcome from the moment of stating it.';
COMMENT ON COLUMN attachment.capacity.low IS 'Requested complexity, per cent, with medium and high; all three or none.';
COMMENT ON COLUMN attachment.capacity.gender IS 'The provider''s own, if they want it to be considered for patients who have a preference.';
COMMENT ON COLUMN attachment.capacity.languages IS 'In which patients can be seen, BCP 47.';
CREATE INDEX capacity_by_panel ON attachment.capacity (panel_id, id);

CREATE TABLE attachment.target (
    id       bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT target_id PRIMARY KEY,
    panel_id bigint      NOT NULL CONSTRAINT target_has_its_panel REFERENCES panel.panel,
    due_on   date        NOT NULL,
    size     integer     CONSTRAINT target_is_a_number_of_people CHECK (size BETWEEN 0 AND 100000),
    set_at   timestamptz NOT NULL,
    author   text        NOT NULL CONSTRAINT target_has_its_author CHECK (author <> ''),
    act_id   uuid        NOT NULL
);
COMMENT ON TABLE  attachment.target IS 'How large a panel is to be by when, agreed with a new provider. Only ever added to: the last one of a day counts; without a size it is given up.';
CREATE INDEX target_by_panel ON attachment.target (panel_id, due_on, id);

-- ---------------------------------------------------------------- who waits
CREATE TABLE attachment.condition (
    code   text    CONSTRAINT condition_code PRIMARY KEY CONSTRAINT condition_code_is_a_word CHECK (code ~ '^[!-~]{1,40}$'),
    name   text    NOT NULL CONSTRAINT condition_has_a_name CHECK (name <> ''),
    weight integer NOT NULL CONSTRAINT condition_weight_is_small CHECK (weight BETWEEN 0 AND 100)
);
COMMENT ON TABLE attachment.condition IS 'Diagnoses that can be told when registering, each with what it adds to complexity. Loaded from a file.';

CREATE TABLE attachment.family (
    id            uuid        CONSTRAINT family_id PRIMARY KEY,
    subject       text        CONSTRAINT family_subject_is_a_word CHECK (subject ~ '^[!-~]{1,200}$'),
    registered_by text        NOT NULL CONSTRAINT registered_by_is_known CHECK (registered_by IN ('self', 'family', 'agent')),
    consented_at  timestamptz NOT NULL,
    email         text,
    phone         text,
    channel       text        NOT NULL CONSTRAINT channel_is_known CHECK (channel IN ('email', 'phone', 'text')),
    language      text        NOT NULL CONSTRAINT language_is_a_tag CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    postal_code   text        CONSTRAINT postal_code_has_its_form CHECK (postal_code ~ '^[A-Z][0-9][A-Z]([0-9][A-Z][0-9])?$'),
    community     text        NOT NULL CONSTRAINT family_has_its_community REFERENCES area.community,
    distance      integer     CONSTRAINT distance_is_offered CHECK (distance IN (5, 20, 50)),
    gender        text        CONSTRAINT family_gender_is_known CHECK (gender IN ('female', 'male', 'another')),
    interpreter   text        CONSTRAINT interpreter_is_a_tag CHECK (interpreter ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    CONSTRAINT there_is_a_way_to_reach_them CHECK ((channel = 'email' AND email IS NOT NULL) OR (channel <> 'email' AND phone IS NOT NULL))
);
COMMENT ON TABLE  attachment.family IS 'People who are placed together: how to reach them, where they live, what they would like.';
COMMENT ON COLUMN attachment.family.subject IS 'Who signed in to register them, and may see and change it. Null: a phone agent did, for somebody who does not sign in.';
COMMENT ON COLUMN attachment.family.postal_code IS 'Without the space, three characters or six; null: no fixed address, and they named a community.';
COMMENT ON COLUMN attachment.family.distance IS 'How far they would go, kilometres at most; null: any distance.';
COMMENT ON COLUMN attachment.family.gender IS 'Of the provider, if they have a preference.';
CREATE INDEX family_by_subject ON attachment.family (subject);
CREATE INDEX family_by_community ON attachment.family (community);

CREATE TABLE attachment.registration (
    id             uuid        CONSTRAINT registration_id PRIMARY KEY,
    family_id      uuid        NOT NULL CONSTRAINT registration_has_its_family REFERENCES attachment.family,
    phn            text        NOT NULL CONSTRAINT registration_has_its_patient REFERENCES panel.patient,
    state          text        NOT NULL CONSTRAINT registration_state_is_known CHECK (state IN
                               ('active', 'reconfirm-due', 'suspended', 'proposed', 'attached', 'withdrawn', 'deceased')),
    registered_at  timestamptz NOT NULL,
    state_at       timestamptz NOT NULL,
    reconfirmed_at timestamptz NOT NULL,
    preferred_name text,
    attached_now   boolean     NOT NULL,
    looking        text        NOT NULL CONSTRAINT looking_is_known CHECK (looking IN
                               ('provider-retiring', 'provider-moving', 'not-taking-family', 'moved-here', 'never-had-one', 'other')),
    changed        boolean     NOT NULL,
    conditions     text[]      NOT NULL,
    complexity     text        NOT NULL CONSTRAINT complexity_is_a_band CHECK (complexity IN ('low', 'medium', 'high')),
    panel_id       bigint      CONSTRAINT registration_has_its_panel REFERENCES panel.panel,
    CONSTRAINT attached_means_to_a_panel CHECK ((state = 'attached') = (panel_id IS NOT NULL)),
    CONSTRAINT a_state_comes_after_the_beginning CHECK (state_at >= registered_at AND reconfirmed_at >= registered_at)
);
COMMENT ON TABLE  attachment.registration IS 'One person on the Health Connect Registry.';
COMMENT ON COLUMN attachment.registration.registered_at IS 'The beginning of the wait; stays when they are put back or come back.';
COMMENT ON COLUMN attachment.registration.reconfirmed_at IS 'When they last said that they are still looking.';
COMMENT ON COLUMN attachment.registration.attached_now IS 'They have a provider, and look for another one.';
COMMENT ON COLUMN attachment.registration.looking IS 'Why they look for a provider.';
COMMENT ON COLUMN attachment.registration.changed IS 'Their health changed in the last three months.';
COMMENT ON COLUMN attachment.registration.complexity IS 'What their conditions come to, by the weights of the day they told them.';
COMMENT ON COLUMN attachment.registration.panel_id IS 'The panel that they were attached to.';
CREATE UNIQUE INDEX a_person_waits_once ON attachment.registration (phn) WHERE state IN ('active', 'reconfirm-due', 'suspended', 'proposed');
CREATE INDEX registration_by_patient ON attachment.registration (phn);
CREATE INDEX registration_by_family ON attachment.registration (family_id);
CREATE INDEX registration_by_turn ON attachment.registration (reconfirmed_at) WHERE state IN ('active', 'reconfirm-due');

CREATE TABLE attachment.registration_change (
    id              bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT registration_change_id PRIMARY KEY,
    registration_id uuid        NOT NULL CONSTRAINT change_has_its_registration REFERENCES attachment.registration,
    was             text,
    became          text        NOT NULL,
    reason          text        NOT NULL CONSTRAINT registration_reason_is_known CHECK (reason IN
                                ('registered', 'updated', 'asked', 'reconfirmed', 'not-reconfirmed', 'proposed', 'put-back', 'attached', 'attachment-ended',
                                 'provider-left', 'withdrawn', 'died')),
    at              timestamptz NOT NULL,
    author          text        NOT NULL CONSTRAINT registration_change_has_its_author CHECK (author <> ''),
    on_behalf_of    text,
    act_id          uuid        NOT NULL
);
COMMENT ON TABLE attachment.registration_change IS 'Every step of every registration. Only ever added to.';
CREATE INDEX registration_change_by_registration ON attachment.registration_change (registration_id);

-- ---------------------------------------------------------------- what is proposed
CREATE TABLE attachment.list (
    id          uuid        CONSTRAINT list_id PRIMARY KEY,
    panel_id    bigint      NOT NULL CONSTRAINT list_has_its_panel REFERENCES panel.panel,
    state       text        NOT NULL CONSTRAINT list_state_is_known CHECK (state IN ('sent', 'closed')),
    made_by     text        NOT NULL CONSTRAINT list_has_its_coordinator CHECK (made_by <> ''),
    sent_at     timestamptz NOT NULL,
    due_at      timestamptz NOT NULL CONSTRAINT list_is_due_after_it_was_sent CHECK (due_at > sent_at),
    reminded_at timestamptz,
    closed_at   timestamptz,
    CONSTRAINT closed_means_ended CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
COMMENT ON TABLE attachment.list IS 'People proposed to one panel by a coordinator.';
CREATE UNIQUE INDEX one_open_list_per_panel ON attachment.list (panel_id) WHERE state <> 'closed';
CREATE INDEX list_by_panel ON attachment.list (panel_id);
CREATE INDEX list_by_due ON attachment.list (due_at) WHERE state = 'sent';

CREATE TABLE attachment.proposal (
    id              bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT proposal_id PRIMARY KEY,
    list_id         uuid        NOT NULL CONSTRAINT proposal_has_its_list REFERENCES attachment.list,
    registration_id uuid        NOT NULL CONSTRAINT proposal_has_its_registration REFERENCES attachment.registration,
    state           text        NOT NULL CONSTRAINT proposal_state_is_known CHECK (state IN
                                ('left-out', 'proposed', 'in-intake', 'accepted', 'declined', 'patient-declined', 'unreachable', 'expired', 'confirmed', 'lost')),
    state_at        timestamptz NOT NULL,
    reason          text,
    score           jsonb       NOT NULL,
    place           integer     NOT NULL CONSTRAINT proposal_has_a_place CHECK (place > 0),
    entry_id        bigint      CONSTRAINT proposal_has_its_entry REFERENCES panel.entry,
    CONSTRAINT accepted_means_an_entry CHECK (state <> 'accepted' OR entry_id IS NOT NULL),
    CONSTRAINT no_reason_no_refusal CHECK (state NOT IN ('left-out', 'declined') OR reason IS NOT NULL)
);
COMMENT ON TABLE  attachment.proposal IS 'One person on one list.';
COMMENT ON COLUMN attachment.proposal.reason IS 'Why left out or declined, a code; never shown to the patient.';
COMMENT ON COLUMN attachment.proposal.score IS 'The parts of the score by which their family was chosen, as they were then.';
COMMENT ON COLUMN attachment.proposal.entry_id IS 'The entry of the panel that accepting made.';
CREATE UNIQUE INDEX one_open_proposal_per_registration ON attachment.proposal (registration_id) WHERE state IN ('proposed', 'in-intake', 'accepted');
CREATE INDEX proposal_by_list ON attachment.proposal (list_id);
CREATE INDEX proposal_by_registration ON attachment.proposal (registration_id);

CREATE TABLE attachment.proposal_change (
    id           bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT proposal_change_id PRIMARY KEY,
    proposal_id  bigint      NOT NULL CONSTRAINT change_has_its_proposal REFERENCES attachment.proposal,
    was          text,
    became       text        NOT NULL,
    reason       text,
    at           timestamptz NOT NULL,
    author       text        NOT NULL CONSTRAINT proposal_change_has_its_author CHECK (author <> ''),
    on_behalf_of text,
    act_id       uuid        NOT NULL
);
COMMENT ON TABLE attachment.proposal_change IS 'Every step of every proposal. Only ever added to.';
CREATE INDEX proposal_change_by_proposal ON attachment.proposal_change (proposal_id);

CREATE TABLE attachment.record (
    id               bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT record_id PRIMARY KEY,
    panel_id         bigint      NOT NULL CONSTRAINT record_has_its_panel REFERENCES panel.panel,
    proposal_id      bigint      NOT NULL CONSTRAINT a_proposal_is_recorded_once UNIQUE CONSTRAINT record_has_its_proposal REFERENCES attachment.proposal,
    phn              text        NOT NULL CONSTRAINT record_has_its_patient REFERENCES panel.patient,
    practitioner_key text        NOT NULL,
    organization_key text        NOT NULL,
    code             text        NOT NULL CONSTRAINT code_is_of_attachment CHECK (code IN ('98890', '98990')),
    attached_on      date        NOT NULL,
    at               timestamptz NOT NULL,
    author           text        NOT NULL CONSTRAINT record_has_its_author CHECK (author <> ''),
    on_behalf_of     text        NOT NULL,
    act_id           uuid        NOT NULL
);
COMMENT ON TABLE attachment.record IS 'The $0 attachment code for everybody who was accepted: what a provider bills. Only ever added to.';
CREATE INDEX record_by_panel ON attachment.record (panel_id, attached_on);

-- ---------------------------------------------------------------- panels
ALTER TABLE panel.patient ADD COLUMN registered boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN panel.patient.registered IS 'A message about the patient may change a registration: it takes its turn.';
ALTER TABLE panel.change DROP CONSTRAINT reason_is_known;
ALTER TABLE panel.change ADD CONSTRAINT reason_is_known CHECK (reason IN
    ('added', 'confirmed-again', 'removed', 'mrp-moved', 'clinic-moved', 'accepted', 'confirmed', 'attached-elsewhere'));
COMMENT ON COLUMN panel.entry.message_id  IS 'The message, or the act of the attachment workflow, that made the entry what it is.';
COMMENT ON COLUMN panel.change.message_id IS 'The message, or the act of the attachment workflow, that did it.';

-- ---------------------------------------------------------------- every column, in words
COMMENT ON COLUMN area.network.code IS 'Its code.';
COMMENT ON COLUMN area.network.name IS 'What it is called.';
COMMENT ON COLUMN area.community.code IS 'Its code.';
COMMENT ON COLUMN area.community.name IS 'What it is called.';
COMMENT ON COLUMN area.community.network IS 'The network that it belongs to.';
COMMENT ON COLUMN area.community.y_km IS 'Kilometres to the north; see x_km.';
COMMENT ON COLUMN area.postal.prefix IS 'The beginning of postal codes, in capitals.';
COMMENT ON COLUMN area.postal.community IS 'Where they lie.';
COMMENT ON COLUMN access.role.subject IS 'Who, in the words of the issuer.';
COMMENT ON COLUMN access.role.role IS 'What they are: provider, delegate (acts for one), director (of a clinic), coordinator (of a network).';
COMMENT ON COLUMN access.role.practitioner_key IS 'The provider that they are, or act for.';
COMMENT ON COLUMN access.role.organization_key IS 'The clinic that they direct.';
COMMENT ON COLUMN access.role.network IS 'The network that they attach people in.';
COMMENT ON COLUMN access.role.granted_by IS 'Who gave it: a subject, or a command.';
COMMENT ON COLUMN access.role.granted_at IS 'Since when.';
COMMENT ON COLUMN access.role.revoked_at IS 'Until when; null: it holds.';
COMMENT ON COLUMN attachment.capacity.panel_id IS 'For which panel.';
COMMENT ON COLUMN attachment.capacity.accepting IS 'Whether new patients are welcome at all.';
COMMENT ON COLUMN attachment.capacity.monthly IS 'How many a month at most; null: no matter.';
COMMENT ON COLUMN attachment.capacity.desired_size IS 'How large the panel is to be; null: not stated.';
COMMENT ON COLUMN attachment.capacity.medium IS 'Per cent; see low.';
COMMENT ON COLUMN attachment.capacity.high IS 'Per cent; see low.';
COMMENT ON COLUMN attachment.capacity.stated_at IS 'When.';
COMMENT ON COLUMN attachment.capacity.author IS 'Who stated it.';
COMMENT ON COLUMN attachment.capacity.on_behalf_of IS 'The provider, by key in PAS.';
COMMENT ON COLUMN attachment.capacity.act_id IS 'The act that did it.';
COMMENT ON COLUMN attachment.target.panel_id IS 'Of which panel.';
COMMENT ON COLUMN attachment.target.due_on IS 'By which day.';
COMMENT ON COLUMN attachment.target.size IS 'How large, in people; null: given up.';
COMMENT ON COLUMN attachment.target.set_at IS 'When.';
COMMENT ON COLUMN attachment.target.author IS 'The coordinator.';
COMMENT ON COLUMN attachment.target.act_id IS 'The act that did it.';
COMMENT ON COLUMN attachment.condition.code IS 'Its code.';
COMMENT ON COLUMN attachment.condition.name IS 'What it is called.';
COMMENT ON COLUMN attachment.condition.weight IS 'What it adds to complexity.';
COMMENT ON COLUMN attachment.family.registered_by IS 'Themselves, somebody in whose care they are, or a phone agent.';
COMMENT ON COLUMN attachment.family.consented_at IS 'When they agreed that this is kept and shown to providers who may take them.';
COMMENT ON COLUMN attachment.family.email IS 'How to reach them.';
COMMENT ON COLUMN attachment.family.phone IS 'How to reach them.';
COMMENT ON COLUMN attachment.family.channel IS 'By which of the two, and how.';
COMMENT ON COLUMN attachment.family.language IS 'The language they speak, BCP 47.';
COMMENT ON COLUMN attachment.family.community IS 'Where they live.';
COMMENT ON COLUMN attachment.family.interpreter IS 'The language they need an interpreter for; null: none.';
COMMENT ON COLUMN attachment.registration.family_id IS 'With whom they are placed.';
COMMENT ON COLUMN attachment.registration.phn IS 'Personal health number.';
COMMENT ON COLUMN attachment.registration.state IS 'Where it stands.';
COMMENT ON COLUMN attachment.registration.state_at IS 'Since when.';
COMMENT ON COLUMN attachment.registration.preferred_name IS 'How they want to be called.';
COMMENT ON COLUMN attachment.registration.conditions IS 'Codes of what they have.';
COMMENT ON COLUMN attachment.registration_change.registration_id IS 'Of which registration.';
COMMENT ON COLUMN attachment.registration_change.was IS 'What it was; null: it began.';
COMMENT ON COLUMN attachment.registration_change.became IS 'What it became.';
COMMENT ON COLUMN attachment.registration_change.at IS 'When.';
COMMENT ON COLUMN attachment.registration_change.author IS 'Who did it: whoever signed in, the client of a message, or pas where time did.';
COMMENT ON COLUMN attachment.registration_change.on_behalf_of IS 'The provider in whose name, by key in PAS.';
COMMENT ON COLUMN attachment.registration_change.act_id IS 'The act or message that did it: the same in every table.';
COMMENT ON COLUMN attachment.registration_change.reason IS 'Why.';
COMMENT ON COLUMN attachment.list.panel_id IS 'For which panel.';
COMMENT ON COLUMN attachment.list.state IS 'Before the provider, or closed.';
COMMENT ON COLUMN attachment.list.made_by IS 'The coordinator.';
COMMENT ON COLUMN attachment.list.sent_at IS 'When it was sent.';
COMMENT ON COLUMN attachment.list.due_at IS 'Until when it is to be answered.';
COMMENT ON COLUMN attachment.list.reminded_at IS 'When its provider was reminded.';
COMMENT ON COLUMN attachment.list.closed_at IS 'When everybody was answered, or time was up.';
COMMENT ON COLUMN attachment.proposal.list_id IS 'On which list.';
COMMENT ON COLUMN attachment.proposal.registration_id IS 'Whose registration.';
COMMENT ON COLUMN attachment.proposal.state IS 'Where it stands.';
COMMENT ON COLUMN attachment.proposal.state_at IS 'Since when.';
COMMENT ON COLUMN attachment.proposal.place IS 'The place of their family on the list, from 1.';
COMMENT ON COLUMN attachment.proposal_change.proposal_id IS 'Of which proposal.';
COMMENT ON COLUMN attachment.proposal_change.was IS 'What it was; null: it began.';
COMMENT ON COLUMN attachment.proposal_change.became IS 'What it became.';
COMMENT ON COLUMN attachment.proposal_change.at IS 'When.';
COMMENT ON COLUMN attachment.proposal_change.author IS 'Who did it: whoever signed in, the client of a message, or pas where time did.';
COMMENT ON COLUMN attachment.proposal_change.on_behalf_of IS 'The provider in whose name, by key in PAS.';
COMMENT ON COLUMN attachment.proposal_change.act_id IS 'The act or message that did it: the same in every table.';
COMMENT ON COLUMN attachment.proposal_change.reason IS 'Why, a code; never shown to the patient.';
COMMENT ON COLUMN attachment.record.panel_id IS 'On which panel.';
COMMENT ON COLUMN attachment.record.proposal_id IS 'For which proposal.';
COMMENT ON COLUMN attachment.record.phn IS 'Personal health number.';
COMMENT ON COLUMN attachment.record.practitioner_key IS 'The provider who bills it, by key in PAS.';
COMMENT ON COLUMN attachment.record.organization_key IS 'The clinic, by key in PAS.';
COMMENT ON COLUMN attachment.record.code IS 'The code: 98890, or its alias 98990.';
COMMENT ON COLUMN attachment.record.attached_on IS 'The day in the province.';
COMMENT ON COLUMN attachment.record.at IS 'When it was written.';
COMMENT ON COLUMN attachment.record.author IS 'Who accepted them.';
COMMENT ON COLUMN attachment.record.on_behalf_of IS 'The provider, by key in PAS.';
COMMENT ON COLUMN attachment.record.act_id IS 'The act or message that did it.';

GRANT USAGE ON SCHEMA area, attachment TO pas_server;
GRANT SELECT ON ALL TABLES IN SCHEMA area, attachment TO pas_server;
GRANT SELECT, INSERT ON access.role TO pas_server;
GRANT UPDATE (revoked_at) ON access.role TO pas_server;
GRANT INSERT ON attachment.capacity, attachment.target, attachment.registration_change, attachment.proposal_change, attachment.record TO pas_server;
GRANT INSERT, UPDATE ON attachment.family, attachment.registration, attachment.list, attachment.proposal TO pas_server;
