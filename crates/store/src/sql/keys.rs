//! Rotation and destruction of keys: every sealed column, and how its values are met and replaced.

use super::statements;

/// Values of a column that another key than `$2` sealed, with what tells their rows apart; `$3` that many are left out.
macro_rules! sealed_elsewhere {
    ($table:literal, $column:literal, $organization:literal, $keys:literal) => {
        concat!(
            "SELECT ",
            $keys,
            ", ",
            $column,
            " FROM ",
            $table,
            " WHERE ",
            $organization,
            " = $1 AND substr(",
            $column,
            ", 2, 8) <> $2 ORDER BY 1, 2, 3 LIMIT 200 OFFSET $3"
        )
    };
}

/// Puts `$6` in the place of `$5`, when that is still there.
macro_rules! reseal {
    ($table:literal, $column:literal, $organization:literal, $row:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET ",
            $column,
            " = $6 WHERE ",
            $organization,
            " = $1 AND ",
            $row,
            " AND ",
            $column,
            " = $5"
        )
    };
}

statements! {
    SEALED_ORGANIZATIONS = sealed_elsewhere!("organizations", "secret_sealed", "id", "id, 0, 0");
    RESEAL_ORGANIZATION = reseal!("organizations", "secret_sealed", "id",
        "id = $2 AND CAST($3 AS BIGINT) = 0 AND CAST($4 AS BIGINT) = 0");

    SEALED_USERS = sealed_elsewhere!("users", "secret_sealed", "organization_id", "id, 0, 0");
    RESEAL_USER = reseal!("users", "secret_sealed", "organization_id",
        "id = $2 AND CAST($3 AS BIGINT) = 0 AND CAST($4 AS BIGINT) = 0");

    SEALED_TOKENS = sealed_elsewhere!("instances", "token_sealed", "organization_id", "id, 0, 0");
    RESEAL_TOKEN = reseal!("instances", "token_sealed", "organization_id",
        "id = $2 AND CAST($3 AS BIGINT) = 0 AND CAST($4 AS BIGINT) = 0");

    SEALED_DOCUMENTS = sealed_elsewhere!("instances", "document", "organization_id",
        "id, document_version, 0");
    RESEAL_DOCUMENT = reseal!("instances", "document", "organization_id",
        "id = $2 AND document_version = $3 AND CAST($4 AS BIGINT) = 0");

    SEALED_APPLICATIONS = sealed_elsewhere!("applications", "api_secret_sealed", "organization_id",
        "element_id, 0, 0");
    RESEAL_APPLICATION = reseal!("applications", "api_secret_sealed", "organization_id",
        "element_id = $2 AND CAST($3 AS BIGINT) = 0 AND CAST($4 AS BIGINT) = 0");

    SEALED_DEFINITIONS = sealed_elsewhere!("elements", "definition", "organization_id",
        "id, version, 0");
    RESEAL_DEFINITION = reseal!("elements", "definition", "organization_id",
        "id = $2 AND version = $3 AND CAST($4 AS BIGINT) = 0");

    SEALED_FORMER_DEFINITIONS = sealed_elsewhere!("element_versions", "definition",
        "organization_id", "element_id, version, 0");
    RESEAL_FORMER_DEFINITION = reseal!("element_versions", "definition", "organization_id",
        "element_id = $2 AND version = $3 AND CAST($4 AS BIGINT) = 0");

    SEALED_EXTENSIONS = sealed_elsewhere!("element_extensions", "resources", "organization_id",
        "account_id, element_id, version");
    RESEAL_EXTENSION = reseal!("element_extensions", "resources", "organization_id",
        "account_id = $2 AND element_id = $3 AND version = $4");

    SEALED_TRANSFORMATIONS = sealed_elsewhere!("transformations", "body", "organization_id",
        "id, 0, 0");
    RESEAL_TRANSFORMATION = reseal!("transformations", "body", "organization_id",
        "id = $2 AND CAST($3 AS BIGINT) = 0 AND CAST($4 AS BIGINT) = 0");

    SEALED_SNIPPETS = sealed_elsewhere!("vdr_snippets", "body", "organization_id", "id, 0, 0");
    RESEAL_SNIPPET = reseal!("vdr_snippets", "body", "organization_id",
        "id = $2 AND CAST($3 AS BIGINT) = 0 AND CAST($4 AS BIGINT) = 0");

    SEALED_FAREWELLS = sealed_elsewhere!("farewells", "document", "organization_id", "id, 0, 0");
    RESEAL_FAREWELL = reseal!("farewells", "document", "organization_id",
        "id = $2 AND CAST($3 AS BIGINT) = 0 AND CAST($4 AS BIGINT) = 0");

    DATA_KEYS = "SELECT id, key_sealed, created FROM data_keys WHERE organization_id = $1 \
        ORDER BY id DESC";

    REWRAP_DATA_KEY = "UPDATE data_keys SET key_sealed = $4 \
        WHERE organization_id = $1 AND id = $2 AND key_sealed = $3";

    /// Which root keys sealed data keys.
    ROOTS_IN_USE = "SELECT substr(key_sealed, 2, 8), COUNT(*) FROM data_keys \
        GROUP BY substr(key_sealed, 2, 8)";

    OLDEST_DATA_KEY = "SELECT key_sealed FROM data_keys ORDER BY id LIMIT 1";

    ORGANIZATIONS_AFTER = "SELECT id FROM organizations WHERE id > $1 ORDER BY id LIMIT 500";

    LAST_ROTATION = "SELECT id, started, finished, position, organizations, resealed, refused \
        FROM key_rotations ORDER BY id DESC LIMIT 1";

    INSERT_ROTATION = "INSERT INTO key_rotations (id, started, finished, position, organizations, \
        resealed, refused) VALUES ($1, $2, NULL, 0, 0, 0, 0)";

    UPDATE_ROTATION = "UPDATE key_rotations SET position = $2, organizations = $3, resealed = $4, \
        refused = $5, finished = $6 WHERE id = $1";

    DELETE_DATA_KEYS = "DELETE FROM data_keys WHERE organization_id = $1";

    CLOSE_ORGANIZATION = "UPDATE organizations SET active = 0, secret_digest = NULL, \
        secret_sealed = NULL WHERE id = $1";

    CLOSE_USERS = "UPDATE users SET active = 0, password_hash = '', secret_digest = NULL, \
        secret_sealed = NULL WHERE organization_id = $1";

    CLOSE_INSTANCES = "UPDATE instances SET disabled = 1, valid = 0, version = version + 1 \
        WHERE organization_id = $1";

    /// After a restore: grants that were renewed since are found out, every other one is renewed a little early.
    MARK_RESTORED = "UPDATE instances SET refresh_due = $1, leased_until = 0 \
        WHERE refresh_due IS NOT NULL RETURNING organization_id, id, name";

    CLOSE_SESSIONS = "DELETE FROM sessions WHERE organization_id = $1";

    /// Their callbacks could be made no more, and their links lead nowhere.
    CLOSE_CONNECT_SESSIONS = "DELETE FROM connect_sessions WHERE organization_id = $1";

    /// Nothing of them opens any more.
    CLOSE_FAREWELLS = "DELETE FROM farewells WHERE organization_id = $1";

    CLOSE_API_KEYS = "DELETE FROM api_keys WHERE organization_id = $1";
}
