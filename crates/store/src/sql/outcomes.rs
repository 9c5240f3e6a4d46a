//! Outcomes of writes that are done once, and notices to applications.

use super::{claim, settle, statements};

statements! {
    OUTCOME = "SELECT request_digest, request_id, process, outcome, created FROM outcomes \
        WHERE organization_id = $1 AND key_digest = $2 AND expires > $3";

    COUNT_OUTCOMES = "SELECT COUNT(*) FROM (SELECT 1 FROM outcomes \
        WHERE organization_id = $1 LIMIT $2) AS kept";

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

    CLAIM_NOTICES = claim!("notices", "due", "attempts",
        "id, organization_id, instance_id, reason, attempts, created");

    SET_NOTICE = settle!("notices", "due");

    DELETE_OLD_NOTICES = "DELETE FROM notices WHERE due IS NULL AND created <= $1";
}
