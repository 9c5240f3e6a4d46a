//! Organizations, accounts, users, sessions, data keys, sequences.

use super::statements;

/// The columns of a caller, in the order in which `identity` reads them.
macro_rules! caller_columns {
    () => {
        "u.organization_id, u.account_id, u.id, u.email, u.first_name, u.last_name, \
         u.organization_admin, u.roles, u.active, a.active"
    };
}

/// The columns of a user record and where they come from.
macro_rules! user_record {
    () => {
        concat!(
            "SELECT ",
            caller_columns!(),
            ", u.password_hash, u.must_change_password, o.name, a.name, u.created, u.last_login \
             FROM users u \
             JOIN accounts a ON a.organization_id = u.organization_id AND a.id = u.account_id \
             JOIN organizations o ON o.id = u.organization_id "
        )
    };
}

statements! {
    /// The next `$2` ids of the kind `$1`; answers the last of them.
    NEXT_ID = "UPDATE sequences SET value = value + $2 WHERE name = $1 RETURNING value";

    PING = "SELECT 1 FROM sequences WHERE name = 'organization'";

    ANY_ORGANIZATION = "SELECT id FROM organizations LIMIT 1";

    INSERT_ORGANIZATION = "INSERT INTO organizations \
        (id, name, external_id, active, secret_digest, created) \
        VALUES ($1, $2, '', 1, $3, $4)";

    SET_ORGANIZATION_SECRET = "UPDATE organizations SET secret_sealed = $2 WHERE id = $1";

    INSERT_ACCOUNT = "INSERT INTO accounts (id, organization_id, name, description, external_id, \
        default_account, active, created) VALUES ($1, $2, $3, $3, '', 1, 1, $4)";

    INSERT_USER = "INSERT INTO users (id, organization_id, account_id, email, first_name, \
        last_name, password_hash, must_change_password, organization_admin, active, \
        secret_digest, secret_sealed, created) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $12)";

    INSERT_DATA_KEY = "INSERT INTO data_keys (id, organization_id, key_sealed, created) \
        VALUES ($1, $2, $3, $4)";

    PRESENT_DATA_KEY = "SELECT id, key_sealed FROM data_keys WHERE organization_id = $1 \
        ORDER BY id DESC LIMIT 1";

    DATA_KEY = "SELECT id, key_sealed FROM data_keys WHERE organization_id = $1 AND id = $2";

    ANY_DATA_KEY = "SELECT key_sealed FROM data_keys ORDER BY id DESC LIMIT 1";

    /// Both digests must meet in one organization that is switched on.
    CALLER = concat!(
        "SELECT ", caller_columns!(), " FROM users u \
         JOIN accounts a ON a.organization_id = u.organization_id AND a.id = u.account_id \
         JOIN organizations o ON o.id = u.organization_id \
         WHERE u.secret_digest = $1 AND o.secret_digest = $2 AND o.active = 1");

    CALLER_OF_USER = concat!(
        "SELECT ", caller_columns!(), " FROM users u \
         JOIN accounts a ON a.organization_id = u.organization_id AND a.id = u.account_id \
         JOIN organizations o ON o.id = u.organization_id \
         WHERE u.secret_digest = $1 AND o.active = 1");

    SESSION = concat!(
        "SELECT ", caller_columns!(), ", s.created, u.must_change_password FROM sessions s \
         JOIN users u ON u.organization_id = s.organization_id AND u.id = s.user_id \
         JOIN accounts a ON a.organization_id = u.organization_id AND a.id = u.account_id \
         JOIN organizations o ON o.id = u.organization_id \
         WHERE s.digest = $1 AND s.expires > $2 AND o.active = 1");

    USER_BY_EMAIL = concat!(user_record!(), "WHERE u.email = $1 AND o.active = 1");

    USER = concat!(user_record!(), "WHERE u.organization_id = $1 AND u.id = $2");

    ORGANIZATION = "SELECT id, name, external_id, active, created FROM organizations WHERE id = $1";

    RECORD_LOGIN = "UPDATE users SET last_login = $3 WHERE organization_id = $1 AND id = $2";

    SET_PASSWORD = "UPDATE users SET password_hash = $3, must_change_password = 0 \
        WHERE organization_id = $1 AND id = $2";

    SEALED_SECRETS = "SELECT u.secret_sealed, o.secret_sealed FROM users u \
        JOIN organizations o ON o.id = u.organization_id \
        WHERE u.organization_id = $1 AND u.id = $2";

    INSERT_SESSION = "INSERT INTO sessions (digest, organization_id, user_id, created, expires) \
        VALUES ($1, $2, $3, $4, $5)";

    DELETE_SESSIONS = "DELETE FROM sessions WHERE organization_id = $1 AND user_id = $2";

    DELETE_SESSION = "DELETE FROM sessions WHERE organization_id = $1 AND digest = $2";

    DELETE_EXPIRED_SESSIONS = "DELETE FROM sessions WHERE expires <= $1";
}
