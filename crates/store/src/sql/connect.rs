//! Connect sessions, and how an organization shows itself in them.

use super::{claim, settle, statements};

macro_rules! session {
    () => {
        "SELECT id, organization_id, user_id, browser_digest, origins, payload, status, \
         instance_id, callback_attempts, created, expires FROM connect_sessions "
    };
}

statements! {
    INSERT_CONNECT_SESSION = "INSERT INTO connect_sessions (id, organization_id, user_id, handle, \
        token_digest, origins, payload, status, busy_until, callback_attempts, created, expires) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', 0, 0, $8, $9)";

    COUNT_CONNECT_SESSIONS = "SELECT COUNT(*) FROM (SELECT 1 FROM connect_sessions \
        WHERE organization_id = $1 AND expires > $2 LIMIT $3) AS kept";

    CONNECT_ORIGINS = "SELECT origins FROM connect_sessions WHERE handle = $1";

    CONNECT_SESSION = concat!(session!(), "WHERE organization_id = $1 AND id = $2");

    CONNECT_BY_TOKEN = concat!(session!(), "WHERE token_digest = $1");

    CONNECT_BY_BROWSER = concat!(session!(), "WHERE browser_digest = $1");

    BIND_CONNECT_SESSION = "UPDATE connect_sessions SET browser_digest = $3 \
        WHERE organization_id = $1 AND id = $2 AND browser_digest IS NULL";

    KEEP_CONNECT_PAYLOAD = "UPDATE connect_sessions SET payload = $3 \
        WHERE organization_id = $1 AND id = $2 AND status <> 'connected'";

    DENY_CONNECT_SESSION = "UPDATE connect_sessions SET status = 'denied' \
        WHERE organization_id = $1 AND id = $2 AND status = 'open'";

    /// `$3` now, `$4` until when the claim holds.
    CLAIM_CONNECT_SESSION = "UPDATE connect_sessions SET busy_until = $4 \
        WHERE organization_id = $1 AND id = $2 AND status <> 'connected' \
        AND busy_until <= $3 AND expires > $3";

    RELEASE_CONNECT_SESSION = "UPDATE connect_sessions SET busy_until = 0 \
        WHERE organization_id = $1 AND id = $2 AND status <> 'connected'";

    /// `$4` when its application is told, or null.
    FINISH_CONNECT_SESSION = "UPDATE connect_sessions SET status = 'connected', instance_id = $3, \
        callback_due = $4 WHERE organization_id = $1 AND id = $2 AND status <> 'connected'";

    CLAIM_CONNECT_CALLBACKS = claim!("connect_sessions", "callback_due", "callback_attempts",
        "id, organization_id, user_id, browser_digest, origins, payload, status, instance_id, \
         callback_attempts, created, expires");

    SET_CONNECT_CALLBACK = settle!("connect_sessions", "callback_due");

    DELETE_OLD_CONNECT_SESSIONS =
        "DELETE FROM connect_sessions WHERE expires <= $1 AND callback_due IS NULL";

    BRAND = "SELECT accent, logo FROM organizations WHERE id = $1";

    SET_BRAND = "UPDATE organizations SET name = COALESCE($2, name), \
        accent = COALESCE($3, accent), logo = COALESCE($4, logo) WHERE id = $1";
}
