//! Imported elements, their versions, and what accounts add to elements of the catalog.

use super::statements;

macro_rules! element {
    () => {
        "SELECT id, organization_id, account_id, element_key, version, definition, active, created, \
         changed, changed_by FROM elements WHERE organization_id = $1 "
    };
}

macro_rules! head {
    () => {
        "SELECT id, account_id, element_key, version, active, created \
         FROM elements WHERE organization_id = $1 "
    };
}

statements! {
    INSERT_ELEMENT = "INSERT INTO elements (id, organization_id, account_id, element_key, \
        definition, active, created, version) VALUES ($1, $2, $3, $4, $5, 1, $6, 1)";

    COUNT_ELEMENTS = "SELECT COUNT(*) FROM (SELECT 1 FROM elements \
        WHERE organization_id = $1 LIMIT $2) AS kept";

    ELEMENT = concat!(element!(), "AND id = $2");

    ELEMENT_BY_KEY = concat!(element!(), "AND element_key = $2");

    ELEMENTS = concat!(element!(), "ORDER BY id");

    ELEMENT_HEAD = concat!(head!(), "AND id = $2");

    ELEMENT_HEAD_BY_KEY = concat!(head!(), "AND element_key = $2");

    ELEMENT_HEADS = concat!(head!(), "ORDER BY id");

    SET_ELEMENT_ACTIVE = "UPDATE elements SET active = $3 WHERE organization_id = $1 AND id = $2";

    UPDATE_ELEMENT = "UPDATE elements SET definition = $4, version = version + 1, changed = $5, \
        changed_by = $6 WHERE organization_id = $1 AND id = $2 AND version = $3";

    DELETE_UNUSED_ELEMENT = "DELETE FROM elements WHERE organization_id = $1 AND id = $2 \
        AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.organization_id = $1 \
        AND i.element_id = $2)";

    INSERT_ELEMENT_VERSION = "INSERT INTO element_versions (organization_id, element_id, version, \
        definition, created, created_by) VALUES ($1, $2, $3, $4, $5, $6)";

    ELEMENT_VERSION = "SELECT definition FROM element_versions \
        WHERE organization_id = $1 AND element_id = $2 AND version = $3";

    ELEMENT_VERSIONS = "SELECT v.version, v.created, v.created_by, \
        (SELECT COUNT(*) FROM instances i WHERE i.organization_id = $1 AND i.element_id = $2 \
         AND i.element_version = v.version) \
        FROM element_versions v WHERE v.organization_id = $1 AND v.element_id = $2 ORDER BY v.version";

    COUNT_INSTANCES_OF_VERSION = "SELECT COUNT(*) FROM instances \
        WHERE organization_id = $1 AND element_id = $2 AND element_version = $3";

    /// Old versions that no instance runs.
    DELETE_OLD_ELEMENT_VERSIONS = "DELETE FROM element_versions WHERE organization_id = $1 \
        AND element_id = $2 AND version <= $3 \
        AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.organization_id = $1 \
        AND i.element_id = $2 AND i.element_version = element_versions.version)";

    EXTENSION = "SELECT version, resources FROM element_extensions \
        WHERE organization_id = $1 AND account_id = $2 AND element_id = $3";

    INSERT_EXTENSION = "INSERT INTO element_extensions (organization_id, account_id, element_id, \
        version, resources, updated) VALUES ($1, $2, $3, 1, $4, $5) \
        ON CONFLICT (organization_id, account_id, element_id) DO NOTHING";

    UPDATE_EXTENSION = "UPDATE element_extensions SET resources = $5, version = version + 1, \
        updated = $6 WHERE organization_id = $1 AND account_id = $2 AND element_id = $3 \
        AND version = $4";
}
