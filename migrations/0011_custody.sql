-- Custody: per instance, what happened to its credential and at whose call. Rows are added, never changed; they
-- outlive the instance. Each holds the digest of the one before and its own, so that none is changed unseen.

CREATE TABLE custody (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    instance_id INTEGER NOT NULL,
    -- From 1, without gaps.
    number INTEGER NOT NULL,
    time INTEGER NOT NULL,
    event TEXT NOT NULL,
    -- A host, or which entries changed; never a value.
    detail TEXT NOT NULL,
    -- Null when the platform acted by itself.
    user_id INTEGER,
    api_key_id INTEGER,
    request_id TEXT NOT NULL,
    former_digest BLOB NOT NULL,
    record_digest BLOB NOT NULL,
    PRIMARY KEY (organization_id, instance_id, number)
);

CREATE INDEX custody_by_event ON custody (organization_id, instance_id, event, detail);
