-- Scoped keys of an organization, beside the two classic secrets.
--
-- A key has at most two secrets that live: the newest, and its predecessor while a rotation is under way.

CREATE TABLE api_keys (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    -- As whom it acts: with that user switched off, it stops.
    user_id INTEGER NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    -- Words, separated by blanks.
    scopes TEXT NOT NULL,
    -- Ids of elements, separated by blanks; empty: every element.
    elements TEXT NOT NULL,
    -- Tags, each between separators; empty: every instance.
    tags TEXT NOT NULL,
    expires INTEGER,
    created INTEGER NOT NULL
);

CREATE INDEX api_keys_of_organization ON api_keys (organization_id, id);

CREATE TABLE api_key_secrets (
    digest BLOB NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    api_key_id INTEGER NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    -- Its last four characters, to tell it by.
    hint TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    last_used INTEGER
);

-- PostgreSQL looks for the secrets of a key that is deleted by this column alone.
CREATE INDEX api_key_secrets_of_key ON api_key_secrets (api_key_id, created);

INSERT INTO sequences (name, value) VALUES ('api_key', 0);
