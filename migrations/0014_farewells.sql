-- What a vendor must still be told: that a grant is not needed any more. Written with its cause, gone once it is told, so
-- that a process that ends in between leaves no grant behind that nobody holds.

INSERT INTO sequences (name, value) VALUES ('farewell', 0);

CREATE TABLE farewells (
    id INTEGER NOT NULL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    account_id INTEGER NOT NULL,
    element_id INTEGER NOT NULL,
    element_version INTEGER NOT NULL,
    -- Sealed: the instance's document.
    document BLOB NOT NULL,
    -- When it is told (again).
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    created INTEGER NOT NULL
);

CREATE INDEX farewells_by_due ON farewells (due);
