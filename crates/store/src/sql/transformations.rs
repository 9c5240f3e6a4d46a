//! Object definitions, transformations, snippets.

use super::statements;

/// What an account sees: its organization's, its own, and its instances'. `$1` organization, `$2` account.
macro_rules! seen {
    ($row:literal) => {
        concat!(
            "(",
            $row,
            ".level = 1 OR (",
            $row,
            ".level = 2 AND ",
            $row,
            ".owner_id = $2) OR (",
            $row,
            ".level = 3 AND EXISTS (SELECT 1 FROM instances i WHERE i.organization_id = $1 AND i.id = ",
            $row,
            ".owner_id AND i.account_id = $2)))"
        )
    };
}

macro_rules! transformation {
    () => {
        "SELECT t.id, t.vdr_id, v.name, t.element_id, t.level, t.owner_id, t.body FROM transformations t \
         JOIN vdrs v ON v.organization_id = t.organization_id AND v.id = t.vdr_id "
    };
}

macro_rules! head {
    () => {
        "SELECT id, name, description, version, created, updated FROM vdrs WHERE organization_id = $1 "
    };
}

statements! {
    VDRS = concat!(head!(), "ORDER BY id");

    VDR = concat!(head!(), "AND id = $2");

    VDR_BY_NAME = concat!(head!(), "AND name = $2");

    INSERT_VDR = "INSERT INTO vdrs (id, organization_id, name, description, version, created, updated) \
        VALUES ($1, $2, $3, $4, 1, $5, $5)";

    UPDATE_VDR = "UPDATE vdrs SET name = $4, description = $5, version = version + 1, updated = $6 \
        WHERE organization_id = $1 AND id = $2 AND version = $3";

    /// A name that nothing stands behind is gone.
    DELETE_EMPTY_VDR = "DELETE FROM vdrs WHERE organization_id = $1 AND id = $2 \
        AND NOT EXISTS (SELECT 1 FROM vdr_parts p WHERE p.organization_id = $1 AND p.vdr_id = $2) \
        AND NOT EXISTS (SELECT 1 FROM transformations t WHERE t.organization_id = $1 AND t.vdr_id = $2)";

    VDR_PARTS_SEEN = concat!("SELECT p.vdr_id, p.level, p.owner_id, p.fields FROM vdr_parts p \
        WHERE p.organization_id = $1 AND (p.vdr_id = $3 OR $3 = 0) AND ", seen!("p"),
        " ORDER BY p.vdr_id, p.level, p.owner_id");

    VDR_PARTS_OF_OWNER = "SELECT p.vdr_id, p.level, p.owner_id, p.fields FROM vdr_parts p \
        WHERE p.organization_id = $1 AND p.level = $2 AND p.owner_id = $3 ORDER BY p.vdr_id";

    /// Whose fields or transformations stand behind a name, whoever sees them.
    VDR_OWNERS = "SELECT p.level, p.owner_id FROM vdr_parts p WHERE p.organization_id = $1 AND p.vdr_id = $2 \
        UNION SELECT t.level, t.owner_id FROM transformations t \
        WHERE t.organization_id = $1 AND t.vdr_id = $2";

    VDR_NAMES = "SELECT DISTINCT v.name FROM vdrs v \
        JOIN vdr_parts p ON p.organization_id = v.organization_id AND p.vdr_id = v.id \
        WHERE v.organization_id = $1 AND (p.level = 1 OR (p.level = 2 AND p.owner_id = $2)) ORDER BY v.name";

    PUT_VDR_PART = "INSERT INTO vdr_parts (organization_id, vdr_id, level, owner_id, fields) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization_id, vdr_id, level, owner_id) \
        DO UPDATE SET fields = excluded.fields";

    DELETE_VDR_PART = "DELETE FROM vdr_parts \
        WHERE organization_id = $1 AND vdr_id = $2 AND level = $3 AND owner_id = $4";

    TRANSFORMATIONS_SEEN = concat!(transformation!(),
        "WHERE t.organization_id = $1 AND (t.vdr_id = $3 OR $3 = 0) AND ", seen!("t"),
        " ORDER BY t.vdr_id, t.id");

    TRANSFORMATIONS_OF_OWNER = concat!(transformation!(),
        "WHERE t.organization_id = $1 AND t.level = $2 AND t.owner_id = $3 ORDER BY t.id");

    /// What an account's calls to an element go through, but for single instances.
    TRANSFORMATIONS_SHARED = concat!(transformation!(),
        "WHERE t.organization_id = $1 AND t.element_id = $3 \
         AND (t.level = 1 OR (t.level = 2 AND t.owner_id = $2)) ORDER BY t.id");

    INSERT_TRANSFORMATION = "INSERT INTO transformations \
        (id, organization_id, vdr_id, element_id, level, owner_id, body, updated) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

    UPDATE_TRANSFORMATION = "UPDATE transformations SET vdr_id = $3, body = $4, updated = $5 \
        WHERE organization_id = $1 AND id = $2";

    DELETE_TRANSFORMATION = "DELETE FROM transformations WHERE organization_id = $1 AND id = $2";

    /// The names that an owner has something of; as every write of them it locks them first.
    TOUCH_VDRS_OF_OWNER = "UPDATE vdrs SET version = version + 1, updated = $4 \
        WHERE organization_id = $1 AND id IN ( \
            SELECT p.vdr_id FROM vdr_parts p WHERE p.organization_id = $1 AND p.level = $2 AND p.owner_id = $3 \
            UNION SELECT t.vdr_id FROM transformations t \
                WHERE t.organization_id = $1 AND t.level = $2 AND t.owner_id = $3) \
        RETURNING id";

    DELETE_TRANSFORMATIONS_OF_OWNER = "DELETE FROM transformations \
        WHERE organization_id = $1 AND level = $2 AND owner_id = $3";

    DELETE_VDR_PARTS_OF_OWNER = "DELETE FROM vdr_parts \
        WHERE organization_id = $1 AND level = $2 AND owner_id = $3";

    VDR_VERSION = "SELECT vdr_version FROM organizations WHERE id = $1";

    SET_VDR_VERSION = "UPDATE organizations SET vdr_version = $2 WHERE id = $1";

    SNIPPETS = "SELECT id, body FROM vdr_snippets WHERE organization_id = $1 AND (id = $2 OR $2 = 0) ORDER BY id";

    INSERT_SNIPPET = "INSERT INTO vdr_snippets (id, organization_id, body) VALUES ($1, $2, $3)";

    UPDATE_SNIPPET = "UPDATE vdr_snippets SET body = $3 WHERE organization_id = $1 AND id = $2";

    DELETE_SNIPPET = "DELETE FROM vdr_snippets WHERE organization_id = $1 AND id = $2";
}
