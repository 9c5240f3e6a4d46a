//! Accounts and their users.

use super::statements;

macro_rules! account {
    () => {
        "SELECT id, name, description, external_id, default_account, active, deleted, created, updated \
         FROM accounts WHERE organization_id = $1 "
    };
}

macro_rules! user {
    () => {
        "SELECT id, account_id, email, first_name, last_name, external_id, organization_admin, roles, active, \
         created, last_login FROM users WHERE organization_id = $1 AND deleted = 0 "
    };
}

statements! {
    ACCOUNT = concat!(account!(), "AND id = $2");

    ACCOUNTS = concat!(account!(), "ORDER BY id");

    /// Whether anybody has an account of this id.
    ANY_ACCOUNT = "SELECT 1 FROM accounts WHERE id = $1";

    ANY_OTHERS_USER = "SELECT 1 FROM users WHERE id = $1 AND organization_id <> $2 AND deleted = 0";

    NEW_ACCOUNT = "INSERT INTO accounts (id, organization_id, name, description, external_id, \
        default_account, active, created, updated, deleted) VALUES ($1, $2, $3, $4, $5, 0, 1, $6, $6, 0)";

    UPDATE_ACCOUNT = "UPDATE accounts SET name = $3, description = $4, external_id = $5, active = $6, \
        deleted = $7, updated = $8 WHERE organization_id = $1 AND id = $2";

    USERS_OF_ACCOUNT = concat!(user!(), "AND account_id = $2 ORDER BY id");

    USER_OF_ORGANIZATION = concat!(user!(), "AND (id = $2 OR email = $3)");

    NEW_USER = "INSERT INTO users (id, organization_id, account_id, email, first_name, \
        last_name, external_id, password_hash, must_change_password, organization_admin, roles, active, deleted, \
        secret_digest, secret_sealed, created) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, 1, 0, $11, $12, $13)";

    UPDATE_USER = "UPDATE users SET first_name = $3, last_name = $4, external_id = $5, active = $6, \
        roles = $7, organization_admin = $8 WHERE organization_id = $1 AND id = $2 AND deleted = 0";

    /// The row stays for what refers to it; its address is free again and nothing signs in with it.
    DELETE_USER = "UPDATE users SET deleted = 1, active = 0, email = $3, secret_digest = NULL, \
        secret_sealed = NULL, password_hash = '' WHERE organization_id = $1 AND id = $2 AND deleted = 0";

    DELETE_SESSIONS_OF_USER = "DELETE FROM sessions WHERE organization_id = $1 AND user_id = $2";

    INSTANCES_OF_ACCOUNT = "SELECT id FROM instances WHERE organization_id = $1 AND account_id = $2 ORDER BY id";

    INSTANCES_OF_USER = "SELECT id FROM instances WHERE organization_id = $1 AND user_id = $2 ORDER BY id";
}
