//! Outcomes of writes that are done once, and notices to applications.

use super::statements;

statements! {
    OUTCOME = "SELECT request_digest, request_id, process, outcome, created FROM outcomes \
        WHERE organization_id = $1 AND key_digest = $2 AND expires > $3";

    FORGET_OUTCOME = "DELETE FROM outcomes WHERE organization_id = $1 AND key_digest = $2";

    BEGIN_OUTCOME = "INSERT INTO outcomes (organization_id, key_digest, request_digest, request_id, \
        process, created, expires) VALUES ($1, $2, $3, $4, $5, $6, $7)";

    KEEP_OUTCOME = "UPDATE outcomes SET outcome = $3 WHERE organization_id = $1 AND key_digest = $2";

    DELETE_EXPIRED_OUTCOMES = "DELETE FROM outcomes WHERE expires <= $1";

    NOTICE_TARGET = "SELECT url FROM notice_targets WHERE organization_id = $1";

    PUT_NOTICE_TARGET = "INSERT INTO notice_targets (organization_id, url, updated) \
        VALUES ($1, $2, $3) ON CONFLICT (organization_id) DO UPDATE SET url = excluded.url, \
        updated = excluded.updated";

    DELETE_NOTICE_TARGET = "DELETE FROM notice_targets WHERE organization_id = $1";

    INSERT_NOTICE = "INSERT INTO notices (id, organization_id, instance_id, reason, due, attempts, \
        created) VALUES ($1, $2, $3, $4, $5, 0, $5)";

    /// A claim is a later due time, so that a worker that died leaves its work to the next.
    CLAIM_NOTICES = "UPDATE notices SET due = $2, attempts = attempts + 1 WHERE due <= $1 AND id IN \
        (SELECT id FROM notices WHERE due <= $1 ORDER BY due LIMIT 20) \
        RETURNING id, organization_id, instance_id, reason, attempts, created";

    SET_NOTICE = "UPDATE notices SET due = $3 WHERE organization_id = $1 AND id = $2";

    DELETE_OLD_NOTICES = "DELETE FROM notices WHERE due IS NULL AND created <= $1";
}
