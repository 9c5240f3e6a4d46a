-- Organizations, users, instances, usage.
--
-- One text for SQLite and PostgreSQL: migrate.rs writes the words INTEGER and BLOB as BIGINT and BYTEA for the latter.
-- Times are milliseconds since 1970, flags are 0 and 1. Columns named *_digest hold SHA-256, *_sealed and those said to be
-- sealed hold envelopes of the vault. Every table of tenant data carries organization_id.

-- The next id of each kind comes out of this table in the transaction that uses it, so that a failure burns none.
CREATE TABLE sequences (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
);

INSERT INTO sequences (name, value) VALUES
    ('organization', 0),
    ('account', 0),
    ('user', 0),
    ('instance', 0),
    ('element', 9999),
    ('data_key', 0),
    ('oauth_state', 0),
    ('usage', 0);

CREATE TABLE organizations (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    external_id TEXT NOT NULL,
    active INTEGER NOT NULL,
    secret_digest BLOB UNIQUE,
    secret_sealed BLOB,
    created INTEGER NOT NULL
);

-- An organization's data keys, sealed under the root key; the newest seals, all open.
CREATE TABLE data_keys (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    key_sealed BLOB NOT NULL,
    created INTEGER NOT NULL
);

CREATE INDEX data_keys_of_organization ON data_keys (organization_id, id);

CREATE TABLE accounts (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    external_id TEXT NOT NULL,
    default_account INTEGER NOT NULL,
    active INTEGER NOT NULL,
    created INTEGER NOT NULL
);

CREATE INDEX accounts_of_organization ON accounts (organization_id, id);

CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- In lower case.
    email TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    -- Empty when the user cannot sign in.
    password_hash TEXT NOT NULL,
    must_change_password INTEGER NOT NULL,
    organization_admin INTEGER NOT NULL,
    active INTEGER NOT NULL,
    secret_digest BLOB UNIQUE,
    secret_sealed BLOB,
    created INTEGER NOT NULL,
    last_login INTEGER
);

CREATE INDEX users_of_organization ON users (organization_id, id);

CREATE TABLE sessions (
    digest BLOB NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
);

CREATE INDEX sessions_of_user ON sessions (organization_id, user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires);

CREATE TABLE instances (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    -- Of the catalog, or of the table elements.
    element_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    -- The name in lower case by Unicode, which the two engines would do differently.
    name_folded TEXT NOT NULL,
    valid INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    external_authentication TEXT NOT NULL,
    caching_enabled INTEGER NOT NULL,
    cache_time_to_live INTEGER NOT NULL,
    max_cache_size INTEGER NOT NULL,
    token_digest BLOB NOT NULL UNIQUE,
    token_sealed BLOB NOT NULL,
    -- Sealed: the JSON of values and hosts, bound to id and document_version.
    document BLOB NOT NULL,
    document_version INTEGER NOT NULL,
    -- Raised by every write; writers compare and swap on it.
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
);

CREATE INDEX instances_of_organization ON instances (organization_id, id);
CREATE INDEX instances_of_element ON instances (organization_id, element_id, id);

CREATE TABLE instance_tags (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    instance_id INTEGER NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (organization_id, instance_id, position)
);

CREATE INDEX instance_tags_by_tag ON instance_tags (organization_id, tag, instance_id);
-- PostgreSQL looks for the tags of an instance that is deleted by this column alone.
CREATE INDEX instance_tags_of_instance ON instance_tags (instance_id);

-- An organization's own client at a vendor, once an element.
CREATE TABLE applications (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    element_id INTEGER NOT NULL,
    api_key TEXT NOT NULL,
    api_secret_sealed BLOB NOT NULL,
    callback_url TEXT NOT NULL,
    scope TEXT NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (organization_id, element_id)
);

-- Elements that an organization imported; their ids start at 10,000.
CREATE TABLE elements (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    element_key TEXT NOT NULL,
    -- Sealed: a definition may carry secrets as default values.
    definition BLOB NOT NULL,
    active INTEGER NOT NULL,
    created INTEGER NOT NULL,
    UNIQUE (organization_id, element_key)
);

-- Hosted OAuth: a state waits for the vendor's answer, then the answer waits to be redeemed; each once.
CREATE TABLE oauth_states (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    element_id INTEGER NOT NULL,
    state_digest BLOB NOT NULL UNIQUE,
    secret_digest BLOB NOT NULL UNIQUE,
    -- Sealed.
    payload BLOB NOT NULL,
    -- Sealed; null until the vendor has answered.
    outcome BLOB,
    redeemed INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
);

CREATE INDEX oauth_states_by_expiry ON oauth_states (expires);

-- One row a call, without foreign keys: telemetry outlives what it speaks of.
CREATE TABLE usage (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    instance_id INTEGER,
    element_key TEXT NOT NULL,
    request_id TEXT NOT NULL,
    path_template TEXT NOT NULL,
    method TEXT NOT NULL,
    status INTEGER NOT NULL,
    vendor_status INTEGER,
    attempts INTEGER NOT NULL,
    waits_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    time INTEGER NOT NULL,
    ip TEXT NOT NULL
);

CREATE INDEX usage_of_organization ON usage (organization_id, id);
CREATE INDEX usage_by_request ON usage (organization_id, request_id);
CREATE INDEX usage_by_time ON usage (time);
