-- Object definitions (VDRs, common resources) and transformations, at the levels of organization, account and instance.

INSERT INTO sequences (name, value) VALUES
    ('vdr', 0),
    ('vdr_field', 0),
    ('transformation', 0),
    ('vdr_snippet', 0);

-- A name of an organization; what it means is in the parts.
CREATE TABLE vdrs (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    -- Raised by every write of it, its parts and its transformations; writers compare and swap on it.
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    UNIQUE (organization_id, name)
);

-- The fields of a level: 1 organization, 2 account, 3 instance; owner_id is the id of that one.
CREATE TABLE vdr_parts (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    vdr_id INTEGER NOT NULL REFERENCES vdrs (id) ON DELETE CASCADE,
    level INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    -- A JSON array.
    fields TEXT NOT NULL,
    PRIMARY KEY (organization_id, vdr_id, level, owner_id)
);

CREATE INDEX vdr_parts_of_owner ON vdr_parts (organization_id, level, owner_id);
-- PostgreSQL looks for the parts of a definition that is deleted by this column alone.
CREATE INDEX vdr_parts_of_vdr ON vdr_parts (vdr_id);

CREATE TABLE transformations (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    vdr_id INTEGER NOT NULL REFERENCES vdrs (id) ON DELETE CASCADE,
    element_id INTEGER NOT NULL,
    level INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    -- Sealed: scripts may carry secrets.
    body BLOB NOT NULL,
    updated INTEGER NOT NULL,
    UNIQUE (organization_id, vdr_id, element_id, level, owner_id)
);

CREATE INDEX transformations_of_element ON transformations (organization_id, element_id, level, owner_id);
CREATE INDEX transformations_of_owner ON transformations (organization_id, level, owner_id);
CREATE INDEX transformations_of_vdr ON transformations (vdr_id);

CREATE TABLE vdr_snippets (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    -- Sealed: JSON.
    body BLOB NOT NULL
);

CREATE INDEX vdr_snippets_of_organization ON vdr_snippets (organization_id, id);

-- 1 or 2; what callers see of it is one number.
ALTER TABLE organizations ADD COLUMN vdr_version INTEGER NOT NULL DEFAULT 2;
