-- Connect: the sessions in which an application's customers connect their accounts, and what they see of the organization.

-- How the organization shows itself: a colour as #rrggbb and a small picture as a data: URL; empty for none.
ALTER TABLE organizations ADD COLUMN accent TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN logo TEXT NOT NULL DEFAULT '';

INSERT INTO sequences (name, value) VALUES ('connect_session', 0);

CREATE TABLE connect_sessions (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    -- Names the page before anybody has shown the token; no secret.
    handle TEXT NOT NULL UNIQUE,
    token_digest BLOB NOT NULL UNIQUE,
    -- Of the key that the first browser got; null until one came.
    browser_digest BLOB UNIQUE,
    -- Origins that may show the page in a frame, one a line.
    origins TEXT NOT NULL,
    -- Sealed: what was asked for, and the consent under way.
    payload BLOB NOT NULL,
    -- open, denied or connected.
    status TEXT NOT NULL,
    instance_id INTEGER,
    -- Somebody is making the instance until then.
    busy_until INTEGER NOT NULL,
    -- When the application's server is to be told; null when there is nothing to tell.
    callback_due INTEGER,
    callback_attempts INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
);

CREATE INDEX connect_sessions_by_expiry ON connect_sessions (expires);
CREATE INDEX connect_sessions_by_callback ON connect_sessions (callback_due);
CREATE INDEX connect_sessions_of_organization ON connect_sessions (organization_id, id);
