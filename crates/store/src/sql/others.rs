//! Registered applications, hosted OAuth.

use super::statements;

macro_rules! application {
    () => {
        "SELECT element_id, api_key, api_secret_sealed, callback_url, scope FROM applications \
         WHERE organization_id = $1 "
    };
}

macro_rules! oauth_state {
    () => {
        "SELECT id, organization_id, user_id, element_id, payload, outcome, expires \
         FROM oauth_states "
    };
}

statements! {
    PUT_APPLICATION = "INSERT INTO applications (organization_id, element_id, api_key, \
        api_secret_sealed, callback_url, scope, updated) VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (organization_id, element_id) DO UPDATE SET api_key = excluded.api_key, \
        api_secret_sealed = excluded.api_secret_sealed, callback_url = excluded.callback_url, \
        scope = excluded.scope, updated = excluded.updated";

    APPLICATION = concat!(application!(), "AND element_id = $2");

    APPLICATIONS = concat!(application!(), "ORDER BY element_id");

    DELETE_APPLICATION = "DELETE FROM applications WHERE organization_id = $1 AND element_id = $2";

    INSERT_OAUTH_STATE = "INSERT INTO oauth_states (id, organization_id, user_id, element_id, \
        state_digest, secret_digest, payload, redeemed, created, expires) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)";

    COUNT_OAUTH_STATES = "SELECT COUNT(*) FROM (SELECT 1 FROM oauth_states \
        WHERE organization_id = $1 AND expires > $2 LIMIT $3) AS kept";

    OAUTH_STATE_BY_DIGEST = concat!(oauth_state!(),
        "WHERE state_digest = $1 AND expires > $2 AND outcome IS NULL");

    OAUTH_STATE_BY_SECRET = concat!(oauth_state!(),
        "WHERE organization_id = $1 AND secret_digest = $2 AND expires > $3 AND redeemed = 0");

    COMPLETE_OAUTH_STATE = "UPDATE oauth_states SET outcome = $3, expires = $4 \
        WHERE organization_id = $1 AND id = $2 AND outcome IS NULL";

    REDEEM_OAUTH_STATE = "UPDATE oauth_states SET redeemed = 1 \
        WHERE organization_id = $1 AND id = $2 AND outcome IS NOT NULL AND redeemed = 0";

    DELETE_EXPIRED_OAUTH_STATES = "DELETE FROM oauth_states WHERE expires <= $1";
}
