-- Writes that are done once, and word to applications that an account must be reconnected.

-- What writes with an Idempotency-Key came to, kept for a day.
CREATE TABLE outcomes (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    -- Of the caller and the key.
    key_digest BLOB NOT NULL,
    -- Of method, path, query and body.
    request_digest BLOB NOT NULL,
    request_id TEXT NOT NULL,
    -- The process that works on it: no other knows how far it came.
    process TEXT NOT NULL,
    -- Sealed; null until it is known.
    outcome BLOB,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (organization_id, key_digest)
);

CREATE INDEX outcomes_by_expiry ON outcomes (expires);

-- Where an organization wants to hear of its accounts.
CREATE TABLE notice_targets (
    organization_id INTEGER NOT NULL PRIMARY KEY REFERENCES organizations (id),
    url TEXT NOT NULL,
    updated INTEGER NOT NULL
);

INSERT INTO sequences (name, value) VALUES ('notice', 0);

-- Written with what it tells of; without foreign keys, since an instance may be deleted before it is told.
CREATE TABLE notices (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    instance_id INTEGER NOT NULL,
    reason TEXT NOT NULL,
    -- When it is told (again); null when that is over.
    due INTEGER,
    attempts INTEGER NOT NULL,
    created INTEGER NOT NULL
);

CREATE INDEX notices_by_due ON notices (due);
