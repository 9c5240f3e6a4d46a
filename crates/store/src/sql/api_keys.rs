//! Scoped keys and their secrets.

use super::statements;

/// Everything read of a key.
macro_rules! api_key {
    () => {
        "SELECT id, organization_id, user_id, name, scopes, elements, tags, expires, created FROM api_keys \
         WHERE organization_id = $1 "
    };
}

statements! {
    /// A secret that lives, its key, and the user as whom it acts; `$2` now.
    API_KEY_BY_DIGEST = "SELECT k.id, k.scopes, k.elements, k.tags, k.expires, s.expires, \
        u.organization_id, u.account_id, u.id, u.email, u.first_name, u.last_name, \
        u.organization_admin, u.roles, u.active, a.active \
        FROM api_key_secrets s \
        JOIN api_keys k ON k.organization_id = s.organization_id AND k.id = s.api_key_id \
        JOIN users u ON u.organization_id = k.organization_id AND u.id = k.user_id \
        JOIN accounts a ON a.organization_id = u.organization_id AND a.id = u.account_id \
        JOIN organizations o ON o.id = k.organization_id \
        WHERE s.digest = $1 AND (s.expires IS NULL OR s.expires > $2) \
        AND (k.expires IS NULL OR k.expires > $2) AND o.active = 1";

    API_KEYS = concat!(api_key!(), "ORDER BY id");

    API_KEY = concat!(api_key!(), "AND id = $2");

    COUNT_API_KEYS = "SELECT COUNT(*) FROM api_keys WHERE organization_id = $1";

    INSERT_API_KEY = "INSERT INTO api_keys (id, organization_id, user_id, name, scopes, elements, \
        tags, expires, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    UPDATE_API_KEY = "UPDATE api_keys SET name = $3, scopes = $4, elements = $5, tags = $6, \
        expires = $7 WHERE organization_id = $1 AND id = $2";

    DELETE_API_KEY = "DELETE FROM api_keys WHERE organization_id = $1 AND id = $2";

    INSERT_API_KEY_SECRET = "INSERT INTO api_key_secrets (digest, organization_id, api_key_id, \
        hint, created, expires, last_used) VALUES ($1, $2, $3, $4, $5, NULL, NULL)";

    /// The secrets of every key of an organization that live at `$2`, newest first.
    API_KEY_SECRETS = "SELECT api_key_id, hint, created, expires, last_used FROM api_key_secrets \
        WHERE organization_id = $1 AND (expires IS NULL OR expires > $2) \
        ORDER BY created DESC, expires IS NULL DESC";

    /// A rotation: predecessors are over at once, the present secret at `$4`.
    DELETE_FORMER_SECRETS = "DELETE FROM api_key_secrets \
        WHERE organization_id = $1 AND api_key_id = $2 AND expires IS NOT NULL";

    END_API_KEY_SECRET = "UPDATE api_key_secrets SET expires = $3 \
        WHERE organization_id = $1 AND api_key_id = $2 AND expires IS NULL";

    USED_API_KEY_SECRET = "UPDATE api_key_secrets SET last_used = $3 \
        WHERE organization_id = $1 AND digest = $2 AND (last_used IS NULL OR last_used < $3)";
}
