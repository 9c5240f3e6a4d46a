-- Limits that vendors set and all nodes keep together: each takes a slice of the calls that are left.

CREATE TABLE rate_slices (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    element_id INTEGER NOT NULL,
    -- 0 for a limit of the application, which its instances share.
    instance_id INTEGER NOT NULL,
    -- Which of the element's limits.
    limit_number INTEGER NOT NULL,
    -- What nodes took, oldest first, each as end:calls between blanks; by its end a slice is used up or lapses.
    slices TEXT NOT NULL,
    -- When the last was taken.
    updated INTEGER NOT NULL,
    PRIMARY KEY (organization_id, element_id, instance_id, limit_number)
);

CREATE INDEX rate_slices_by_age ON rate_slices (updated);
