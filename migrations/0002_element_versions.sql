-- Versions of imported elements, and what accounts add to elements of the catalog.
--
-- The table elements holds the newest version of each; what it replaced moves to element_versions as it was sealed.

ALTER TABLE elements ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- When the newest version was made, and by whom; null for a first version.
ALTER TABLE elements ADD COLUMN changed INTEGER;
ALTER TABLE elements ADD COLUMN changed_by INTEGER;

-- The version of its element that an instance runs; 1 for elements of the catalog, which have no versions.
ALTER TABLE instances ADD COLUMN element_version INTEGER NOT NULL DEFAULT 1;

CREATE TABLE element_versions (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    element_id INTEGER NOT NULL REFERENCES elements (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    -- Sealed for the table elements, at the version's own place.
    definition BLOB NOT NULL,
    created INTEGER NOT NULL,
    created_by INTEGER,
    PRIMARY KEY (organization_id, element_id, version)
);

-- PostgreSQL looks for the versions of an element that is deleted by this column alone.
CREATE INDEX element_versions_of_element ON element_versions (element_id);

-- Resources that an account adds to an element of the catalog, or puts in the place of the element's own.
CREATE TABLE element_extensions (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    element_id INTEGER NOT NULL,
    -- Raised by every write; writers compare and swap on it.
    version INTEGER NOT NULL,
    -- Sealed: a JSON array of resources.
    resources BLOB NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (organization_id, account_id, element_id)
);
