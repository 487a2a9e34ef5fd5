-- The sum of all migrations, for reading. Written by `python -m lrs.storage.schema`; a test compares the two.

CREATE SCHEMA access;

CREATE SCHEMA activities;

CREATE SCHEMA analytics;

CREATE SCHEMA auth;

CREATE SCHEMA changes;

CREATE SCHEMA documents;

CREATE SCHEMA hooks;

CREATE SCHEMA log;

CREATE SCHEMA people;

CREATE SCHEMA relay;

CREATE SCHEMA statements;

CREATE SCHEMA statistics;

CREATE SCHEMA storage;

CREATE FUNCTION log.advance(store_ integer, after_ bigint, first_ timestamp with time zone, position_ bigint, floor_ timestamp with time zone, keeps_times_ boolean) RETURNS integer
    LANGUAGE plpgsql
    AS $$
begin
    update log.heads
       set position = position_, floor = floor_, held = held and keeps_times_
     where store = store_ and position = after_ and floor < first_;
    if not found then
        raise exception 'the head of store % is not at %', store_, after_ using errcode = 'LRS01';
    end if;
    return store_;
end
$$;

CREATE FUNCTION log.insist(is_so boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    if not is_so then
        raise exception 'the log is not as it was thought to be' using errcode = 'LRS01';
    end if;
end
$$;

CREATE FUNCTION log.position_at(store_ integer, time_ timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql STABLE
    AS $$
declare
    low bigint := 0;
    high bigint := (select position from log.heads where store = store_);
    middle bigint;
begin
    while low < high loop
        middle := (low + high + 1) / 2;
        if (select stored from log.events where store = store_ and position = middle) <= time_ then
            low := middle;
        else
            high := middle - 1;
        end if;
    end loop;
    return low;
end
$$;

CREATE FUNCTION log.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'the log only grows: % of %.% is refused', tg_op, tg_table_schema, tg_table_name
        using errcode = '42501';
end
$$;

CREATE TABLE access.looks (
    store integer NOT NULL,
    person text NOT NULL,
    "position" bigint NOT NULL
);

CREATE TABLE activities.definitions (
    store integer NOT NULL,
    activity bigint NOT NULL,
    "position" bigint NOT NULL,
    digest bigint NOT NULL,
    definition bytea NOT NULL
);

CREATE TABLE analytics.analysts (
    role text NOT NULL,
    store integer NOT NULL
);

CREATE TABLE auth.credentials (
    key text NOT NULL,
    "position" bigint NOT NULL,
    store integer NOT NULL,
    state bytea NOT NULL
);

CREATE TABLE auth.users (
    name text NOT NULL,
    "position" bigint NOT NULL,
    state bytea NOT NULL
);

CREATE TABLE changes.heads (
    store integer NOT NULL,
    projection text NOT NULL,
    number bigint DEFAULT 0 NOT NULL,
    since bigint NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE changes.rows (
    store integer NOT NULL,
    projection text NOT NULL,
    number bigint NOT NULL,
    "position" bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    "table" text NOT NULL,
    owner text NOT NULL,
    key jsonb NOT NULL,
    what text NOT NULL,
    before jsonb,
    "row" jsonb
);

CREATE TABLE documents.contexts (
    store integer NOT NULL,
    context uuid NOT NULL,
    subject uuid NOT NULL
);

CREATE TABLE documents.versions (
    store integer NOT NULL,
    subject uuid NOT NULL,
    "position" bigint NOT NULL,
    contexts uuid[] NOT NULL,
    id bytea NOT NULL,
    deleted boolean NOT NULL,
    content_type text NOT NULL,
    etag text NOT NULL,
    stored timestamp with time zone NOT NULL
);

CREATE TABLE hooks.cursors (
    store integer NOT NULL,
    hook uuid NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE hooks.deliveries (
    store integer NOT NULL,
    hook uuid NOT NULL,
    number bigint NOT NULL,
    message text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    attempt integer NOT NULL,
    at timestamp with time zone NOT NULL,
    milliseconds integer NOT NULL,
    status integer,
    error text,
    response bytea
);

ALTER TABLE hooks.deliveries ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hooks.deliveries_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE hooks.failing (
    store integer NOT NULL,
    hook uuid NOT NULL,
    since timestamp with time zone NOT NULL,
    error text NOT NULL
);

CREATE TABLE hooks.hooks (
    store integer NOT NULL,
    id uuid NOT NULL,
    "position" bigint NOT NULL,
    name text NOT NULL,
    state bytea NOT NULL
);

CREATE TABLE hooks.outbox (
    store integer NOT NULL,
    hook uuid NOT NULL,
    number bigint NOT NULL,
    message text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    body bytea NOT NULL
);

CREATE TABLE hooks.pending (
    store integer NOT NULL,
    hook uuid NOT NULL,
    message text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    begun timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    due timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    held boolean DEFAULT false NOT NULL
);

CREATE TABLE hooks.runs (
    store integer NOT NULL,
    hook uuid NOT NULL,
    day date NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    "position" bigint NOT NULL,
    rows integer NOT NULL,
    known uuid[] NOT NULL
);

CREATE TABLE hooks.secrets (
    store integer NOT NULL,
    hook uuid NOT NULL,
    name text NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone,
    sealed bytea NOT NULL
);

CREATE TABLE log.blobs (
    store integer NOT NULL,
    sha2 bytea NOT NULL,
    content bytea NOT NULL
);
ALTER TABLE ONLY log.blobs ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE log.events (
    store integer NOT NULL,
    "position" bigint NOT NULL,
    kind smallint NOT NULL,
    stored timestamp with time zone NOT NULL,
    credential text,
    subject uuid NOT NULL,
    commitment bytea NOT NULL,
    leaf bytea NOT NULL,
    CONSTRAINT positions_begin_at_one CHECK (("position" >= 1))
)
WITH (autovacuum_vacuum_insert_scale_factor='0', autovacuum_vacuum_insert_threshold='20000', autovacuum_freeze_min_age='0');
ALTER TABLE ONLY log.events ALTER COLUMN store SET STATISTICS 10;
ALTER TABLE ONLY log.events ALTER COLUMN "position" SET STATISTICS 10;
ALTER TABLE ONLY log.events ALTER COLUMN kind SET STATISTICS 10;
ALTER TABLE ONLY log.events ALTER COLUMN stored SET STATISTICS 10;
ALTER TABLE ONLY log.events ALTER COLUMN credential SET STATISTICS 10;
ALTER TABLE ONLY log.events ALTER COLUMN subject SET STATISTICS 10;
ALTER TABLE ONLY log.events ALTER COLUMN commitment SET STATISTICS 10;
ALTER TABLE ONLY log.events ALTER COLUMN leaf SET STATISTICS 10;

CREATE TABLE log.heads (
    store integer NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    floor timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    held boolean DEFAULT false NOT NULL
)
WITH (fillfactor='10', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');

CREATE TABLE log.loads (
    id bigint NOT NULL,
    store integer NOT NULL,
    digest bytea NOT NULL,
    credential text,
    version text NOT NULL,
    begun timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished timestamp with time zone,
    previous text NOT NULL,
    mark text NOT NULL,
    loaded bigint DEFAULT 0 NOT NULL,
    known bigint DEFAULT 0 NOT NULL,
    refused bigint DEFAULT 0 NOT NULL,
    without_data bigint DEFAULT 0 NOT NULL
);

ALTER TABLE log.loads ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME log.loads_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE log.payloads (
    store integer NOT NULL,
    "position" bigint NOT NULL,
    payload bytea NOT NULL,
    filled bytea NOT NULL,
    salt bytea NOT NULL
)
WITH (autovacuum_vacuum_insert_scale_factor='0', autovacuum_vacuum_insert_threshold='20000', autovacuum_freeze_min_age='0');
ALTER TABLE ONLY log.payloads ALTER COLUMN store SET STATISTICS 10;
ALTER TABLE ONLY log.payloads ALTER COLUMN "position" SET STATISTICS 10;
ALTER TABLE ONLY log.payloads ALTER COLUMN payload SET STATISTICS 10;
ALTER TABLE ONLY log.payloads ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE ONLY log.payloads ALTER COLUMN filled SET STATISTICS 10;
ALTER TABLE ONLY log.payloads ALTER COLUMN salt SET STATISTICS 10;

CREATE TABLE log.refusals (
    id bigint NOT NULL,
    store integer NOT NULL,
    credential text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    version text NOT NULL,
    content_type text NOT NULL,
    body bytea NOT NULL,
    reason text NOT NULL,
    pointer text,
    rule text
);

ALTER TABLE log.refusals ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME log.refusals_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE log.stores (
    id integer NOT NULL,
    name text NOT NULL,
    uuid uuid NOT NULL,
    epoch integer DEFAULT 1 NOT NULL,
    secret bytea NOT NULL,
    created timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT a_store_name_is_short CHECK ((name ~ '^[a-z][a-z0-9_-]{0,62}$'::text))
);

CREATE TABLE people.names (
    store integer NOT NULL,
    agent bigint NOT NULL,
    digest bigint NOT NULL,
    "position" bigint NOT NULL,
    name bytea NOT NULL
);

CREATE TABLE relay.checkpoints (
    store integer NOT NULL,
    follower text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    lease bigint DEFAULT 0 NOT NULL,
    holder text,
    expires timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');

CREATE TABLE relay.parked (
    store integer NOT NULL,
    follower text NOT NULL,
    "position" bigint NOT NULL,
    key text DEFAULT ''::text NOT NULL,
    error text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE relay.partitions (
    store integer NOT NULL,
    follower text NOT NULL,
    partition integer NOT NULL,
    epoch bigint NOT NULL,
    "position" bigint NOT NULL,
    next_offset bigint,
    lease bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');

CREATE TABLE statements.also (
    store integer NOT NULL,
    "position" bigint NOT NULL,
    source bigint NOT NULL,
    shape bigint NOT NULL,
    lead boolean NOT NULL,
    agent bigint,
    verb bigint NOT NULL,
    activity bigint,
    registration bigint,
    authority bigint NOT NULL
);

CREATE TABLE statements.related (
    store integer NOT NULL,
    key bigint NOT NULL,
    "position" bigint NOT NULL,
    source bigint NOT NULL
)
WITH (autovacuum_vacuum_insert_scale_factor='0', autovacuum_vacuum_insert_threshold='20000', autovacuum_freeze_min_age='0');

CREATE TABLE statements.statements (
    store integer NOT NULL,
    "position" bigint NOT NULL,
    agent bigint,
    verb bigint NOT NULL,
    activity bigint,
    registration bigint,
    authority bigint NOT NULL,
    voiding boolean NOT NULL,
    target uuid
)
WITH (autovacuum_vacuum_insert_scale_factor='0', autovacuum_vacuum_insert_threshold='20000', autovacuum_freeze_min_age='0');

CREATE TABLE statements.voided (
    store integer NOT NULL,
    "position" bigint NOT NULL
);

CREATE TABLE statistics.counts (
    store integer NOT NULL,
    dimension text NOT NULL,
    day date NOT NULL,
    key text NOT NULL,
    statements bigint DEFAULT 0 NOT NULL,
    voided bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='70', autovacuum_analyze_scale_factor='1');
ALTER TABLE ONLY statistics.counts ALTER COLUMN store SET STATISTICS 10;
ALTER TABLE ONLY statistics.counts ALTER COLUMN dimension SET STATISTICS 10;
ALTER TABLE ONLY statistics.counts ALTER COLUMN day SET STATISTICS 10;
ALTER TABLE ONLY statistics.counts ALTER COLUMN key SET STATISTICS 10;
ALTER TABLE ONLY statistics.counts ALTER COLUMN statements SET STATISTICS 10;
ALTER TABLE ONLY statistics.counts ALTER COLUMN voided SET STATISTICS 10;

CREATE TABLE statistics.statements (
    store integer NOT NULL,
    "position" bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    agent bigint,
    terms bigint[] NOT NULL,
    voided boolean DEFAULT false NOT NULL
);

CREATE TABLE statistics.terms (
    store integer NOT NULL,
    term bigint NOT NULL,
    path text NOT NULL,
    value text NOT NULL
)
WITH (autovacuum_analyze_scale_factor='1');
ALTER TABLE ONLY statistics.terms ALTER COLUMN store SET STATISTICS 10;
ALTER TABLE ONLY statistics.terms ALTER COLUMN term SET STATISTICS 10;
ALTER TABLE ONLY statistics.terms ALTER COLUMN path SET STATISTICS 10;
ALTER TABLE ONLY statistics.terms ALTER COLUMN value SET STATISTICS 10;

CREATE TABLE statistics.totals (
    store integer NOT NULL,
    dimension text NOT NULL,
    key text NOT NULL,
    first_day date NOT NULL,
    statements bigint DEFAULT 0 NOT NULL,
    voided bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='70', autovacuum_analyze_scale_factor='1');
ALTER TABLE ONLY statistics.totals ALTER COLUMN store SET STATISTICS 10;
ALTER TABLE ONLY statistics.totals ALTER COLUMN dimension SET STATISTICS 10;
ALTER TABLE ONLY statistics.totals ALTER COLUMN key SET STATISTICS 10;
ALTER TABLE ONLY statistics.totals ALTER COLUMN first_day SET STATISTICS 10;
ALTER TABLE ONLY statistics.totals ALTER COLUMN statements SET STATISTICS 10;
ALTER TABLE ONLY statistics.totals ALTER COLUMN voided SET STATISTICS 10;

CREATE TABLE storage.migrations (
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY access.looks
    ADD CONSTRAINT a_look_is_kept_once_a_person PRIMARY KEY (store, person, "position");

ALTER TABLE ONLY activities.definitions
    ADD CONSTRAINT a_definition_is_kept_where_it_changed PRIMARY KEY (store, activity, "position");

ALTER TABLE ONLY analytics.analysts
    ADD CONSTRAINT a_role_reads_one_store PRIMARY KEY (role);

ALTER TABLE ONLY auth.credentials
    ADD CONSTRAINT a_credential_changes_once_at_a_position PRIMARY KEY (key, "position");

ALTER TABLE ONLY auth.users
    ADD CONSTRAINT a_user_changes_once_at_a_position PRIMARY KEY (name, "position");

ALTER TABLE ONLY changes.rows
    ADD CONSTRAINT a_change_has_one_number PRIMARY KEY (store, projection, number);

ALTER TABLE ONLY changes.heads
    ADD CONSTRAINT a_projection_has_one_head PRIMARY KEY (store, projection);

ALTER TABLE ONLY documents.contexts
    ADD CONSTRAINT a_context_names_a_document_once PRIMARY KEY (store, context, subject);

ALTER TABLE ONLY documents.versions
    ADD CONSTRAINT a_version_has_one_position PRIMARY KEY (store, subject, "position");

ALTER TABLE ONLY hooks.cursors
    ADD CONSTRAINT a_cursor_has_one_value PRIMARY KEY (store, hook, name);

ALTER TABLE ONLY hooks.deliveries
    ADD CONSTRAINT a_delivery_has_one_number PRIMARY KEY (store, hook, number);

ALTER TABLE ONLY hooks.hooks
    ADD CONSTRAINT a_hook_changes_once_at_a_position PRIMARY KEY (store, id, "position");

ALTER TABLE ONLY hooks.failing
    ADD CONSTRAINT a_hook_fails_since_one_time PRIMARY KEY (store, hook);

ALTER TABLE ONLY hooks.outbox
    ADD CONSTRAINT a_message_has_one_place PRIMARY KEY (store, hook, number);

ALTER TABLE ONLY hooks.outbox
    ADD CONSTRAINT a_message_is_decided_once UNIQUE (store, hook, message);

ALTER TABLE ONLY hooks.pending
    ADD CONSTRAINT a_message_is_pending_once PRIMARY KEY (store, hook, message);

ALTER TABLE ONLY hooks.runs
    ADD CONSTRAINT a_question_is_asked_once_a_day PRIMARY KEY (store, hook, day);

ALTER TABLE ONLY hooks.secrets
    ADD CONSTRAINT a_secret_begins_once PRIMARY KEY (store, hook, name, since);

ALTER TABLE ONLY log.blobs
    ADD CONSTRAINT a_blob_is_stored_once PRIMARY KEY (store, sha2);

ALTER TABLE ONLY log.loads
    ADD CONSTRAINT a_load_has_one_id PRIMARY KEY (id);

ALTER TABLE ONLY log.events
    ADD CONSTRAINT a_position_is_given_once PRIMARY KEY (store, "position");

ALTER TABLE ONLY log.refusals
    ADD CONSTRAINT a_refusal_has_one_id PRIMARY KEY (id);

ALTER TABLE ONLY log.heads
    ADD CONSTRAINT a_store_has_one_head PRIMARY KEY (store);

ALTER TABLE ONLY log.stores
    ADD CONSTRAINT a_store_has_one_id PRIMARY KEY (id);

ALTER TABLE ONLY log.stores
    ADD CONSTRAINT a_store_has_one_name UNIQUE (name);

ALTER TABLE ONLY log.stores
    ADD CONSTRAINT a_store_has_one_uuid UNIQUE (uuid);

ALTER TABLE ONLY log.payloads
    ADD CONSTRAINT an_event_has_one_payload PRIMARY KEY (store, "position");

ALTER TABLE ONLY people.names
    ADD CONSTRAINT a_name_is_kept_once PRIMARY KEY (store, agent, digest);

ALTER TABLE ONLY relay.checkpoints
    ADD CONSTRAINT a_follower_has_one_checkpoint PRIMARY KEY (store, follower);

ALTER TABLE ONLY relay.partitions
    ADD CONSTRAINT a_partition_has_one_checkpoint PRIMARY KEY (store, follower, partition);

ALTER TABLE ONLY relay.parked
    ADD CONSTRAINT an_event_is_parked_once PRIMARY KEY (store, follower, "position", key);

ALTER TABLE ONLY statements.also
    ADD CONSTRAINT a_source_counts_once UNIQUE NULLS NOT DISTINCT (store, "position", shape, agent);

ALTER TABLE ONLY statements.statements
    ADD CONSTRAINT a_statement_is_indexed_once PRIMARY KEY (store, "position");

ALTER TABLE ONLY statements.voided
    ADD CONSTRAINT a_statement_is_voided_once PRIMARY KEY (store, "position");

ALTER TABLE ONLY statistics.totals
    ADD CONSTRAINT a_key_has_one_total PRIMARY KEY (store, dimension, key);

ALTER TABLE ONLY statistics.counts
    ADD CONSTRAINT a_key_is_counted_once_a_day PRIMARY KEY (store, dimension, day, key);

ALTER TABLE ONLY statistics.statements
    ADD CONSTRAINT a_statement_is_searched_once PRIMARY KEY (store, "position");

ALTER TABLE ONLY statistics.terms
    ADD CONSTRAINT a_term_is_named_once PRIMARY KEY (store, term);

ALTER TABLE ONLY storage.migrations
    ADD CONSTRAINT a_migration_is_applied_once PRIMARY KEY (number);

CREATE INDEX credentials_by_store ON auth.credentials USING btree (store, key, "position");

CREATE INDEX deliveries_by_message ON hooks.deliveries USING btree (store, hook, message, number);

CREATE INDEX pending_when_due ON hooks.pending USING btree (store, hook, due);

CREATE UNIQUE INDEX a_file_is_loaded_once_at_a_time ON log.loads USING btree (store, digest, COALESCE(credential, ''::text), version) WHERE (finished IS NULL);

CREATE UNIQUE INDEX a_statement_id_is_taken_once ON log.events USING btree (store, subject) WHERE (kind = 1);

CREATE INDEX references_by_position ON log.events USING btree (store, "position") WHERE (kind = 4);

CREATE INDEX refusals_by_credential ON log.refusals USING btree (store, credential, id);

CREATE INDEX also_by_activity ON statements.also USING btree (store, activity, "position") WHERE lead;

CREATE INDEX also_by_agent ON statements.also USING btree (store, agent, "position") WHERE (agent IS NOT NULL);

CREATE INDEX also_by_authority ON statements.also USING btree (store, authority, "position") WHERE lead;

CREATE INDEX also_by_registration ON statements.also USING btree (store, registration, "position") WHERE lead;

CREATE INDEX also_by_verb ON statements.also USING btree (store, verb, "position") WHERE lead;

CREATE INDEX related_by_key ON statements.related USING btree (store, key, "position", source);

CREATE INDEX statements_by_activity ON statements.statements USING btree (store, activity, "position", verb) WHERE (activity IS NOT NULL);

CREATE INDEX statements_by_agent ON statements.statements USING btree (store, agent, "position", verb) WHERE (agent IS NOT NULL);

CREATE INDEX statements_by_authority ON statements.statements USING btree (store, authority, "position");

CREATE INDEX statements_by_registration ON statements.statements USING btree (store, registration, "position") WHERE (registration IS NOT NULL);

CREATE INDEX statements_by_target ON statements.statements USING btree (store, target) WHERE (target IS NOT NULL);

CREATE INDEX statements_by_verb ON statements.statements USING btree (store, verb, "position");

CREATE INDEX statements_by_term ON statistics.statements USING gin (terms);

CREATE INDEX statements_by_time ON statistics.statements USING btree (store, at);

CREATE TRIGGER blobs_only_grow BEFORE DELETE OR UPDATE OR TRUNCATE ON log.blobs FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

CREATE TRIGGER events_only_grow BEFORE DELETE OR UPDATE OR TRUNCATE ON log.events FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

CREATE TRIGGER payloads_only_grow BEFORE DELETE OR UPDATE OR TRUNCATE ON log.payloads FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

ALTER TABLE ONLY access.looks
    ADD CONSTRAINT looks_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY analytics.analysts
    ADD CONSTRAINT analysts_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY auth.credentials
    ADD CONSTRAINT credentials_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY changes.heads
    ADD CONSTRAINT heads_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY hooks.cursors
    ADD CONSTRAINT cursors_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY hooks.deliveries
    ADD CONSTRAINT deliveries_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY hooks.failing
    ADD CONSTRAINT failing_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY hooks.hooks
    ADD CONSTRAINT hooks_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY hooks.outbox
    ADD CONSTRAINT outbox_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY hooks.pending
    ADD CONSTRAINT pending_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY hooks.runs
    ADD CONSTRAINT runs_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY hooks.secrets
    ADD CONSTRAINT secrets_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY log.heads
    ADD CONSTRAINT heads_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY log.loads
    ADD CONSTRAINT loads_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY relay.checkpoints
    ADD CONSTRAINT checkpoints_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY relay.parked
    ADD CONSTRAINT parked_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

ALTER TABLE ONLY relay.partitions
    ADD CONSTRAINT partitions_store_fkey FOREIGN KEY (store) REFERENCES log.stores(id);

GRANT USAGE ON SCHEMA access TO lrs_app;

GRANT USAGE ON SCHEMA activities TO lrs_app;

GRANT USAGE ON SCHEMA analytics TO lrs_analyst;
GRANT USAGE ON SCHEMA analytics TO lrs_app;

GRANT USAGE ON SCHEMA auth TO lrs_app;

GRANT USAGE ON SCHEMA changes TO lrs_app;

GRANT USAGE ON SCHEMA documents TO lrs_app;

GRANT USAGE ON SCHEMA hooks TO lrs_app;

GRANT USAGE ON SCHEMA log TO lrs_app;

GRANT USAGE ON SCHEMA people TO lrs_app;

GRANT USAGE ON SCHEMA relay TO lrs_app;

GRANT USAGE ON SCHEMA statements TO lrs_app;

GRANT USAGE ON SCHEMA statistics TO lrs_app;

GRANT USAGE ON SCHEMA storage TO lrs_app;

GRANT SELECT,INSERT ON TABLE access.looks TO lrs_app;

GRANT SELECT,INSERT ON TABLE activities.definitions TO lrs_app;

GRANT SELECT,INSERT ON TABLE auth.credentials TO lrs_app;

GRANT SELECT,INSERT ON TABLE auth.users TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE changes.heads TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE changes.rows TO lrs_app;

GRANT SELECT,INSERT ON TABLE documents.contexts TO lrs_app;

GRANT SELECT,INSERT ON TABLE documents.versions TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hooks.cursors TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hooks.deliveries TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hooks.failing TO lrs_app;

GRANT SELECT,INSERT ON TABLE hooks.hooks TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hooks.outbox TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hooks.pending TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hooks.runs TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hooks.secrets TO lrs_app;

GRANT SELECT,INSERT ON TABLE log.blobs TO lrs_app;

GRANT SELECT,INSERT ON TABLE log.events TO lrs_app;

GRANT SELECT,INSERT ON TABLE log.heads TO lrs_app;

GRANT UPDATE("position") ON TABLE log.heads TO lrs_app;

GRANT UPDATE(floor) ON TABLE log.heads TO lrs_app;

GRANT UPDATE(held) ON TABLE log.heads TO lrs_app;

GRANT SELECT,INSERT ON TABLE log.loads TO lrs_app;

GRANT UPDATE(finished) ON TABLE log.loads TO lrs_app;

GRANT UPDATE(previous) ON TABLE log.loads TO lrs_app;

GRANT UPDATE(mark) ON TABLE log.loads TO lrs_app;

GRANT UPDATE(loaded) ON TABLE log.loads TO lrs_app;

GRANT UPDATE(known) ON TABLE log.loads TO lrs_app;

GRANT UPDATE(refused) ON TABLE log.loads TO lrs_app;

GRANT UPDATE(without_data) ON TABLE log.loads TO lrs_app;

GRANT SELECT,INSERT ON TABLE log.payloads TO lrs_app;

GRANT SELECT,INSERT,DELETE ON TABLE log.refusals TO lrs_app;

GRANT SELECT,INSERT ON TABLE log.stores TO lrs_app;

GRANT SELECT,INSERT ON TABLE people.names TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE relay.checkpoints TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE relay.parked TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE relay.partitions TO lrs_app;

GRANT SELECT,INSERT ON TABLE statements.also TO lrs_app;

GRANT SELECT,INSERT ON TABLE statements.related TO lrs_app;

GRANT SELECT,INSERT ON TABLE statements.statements TO lrs_app;

GRANT SELECT,INSERT ON TABLE statements.voided TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE statistics.counts TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE statistics.statements TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE statistics.terms TO lrs_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE statistics.totals TO lrs_app;

GRANT SELECT ON TABLE storage.migrations TO lrs_app;
