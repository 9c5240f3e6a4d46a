//! What vendors must still be told.

use super::statements;

statements! {
    INSERT_FAREWELL = "INSERT INTO farewells (id, organization_id, account_id, element_id, \
        element_version, document, due, attempts, created) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)";

    /// A claim is a later due time, so that a worker that died leaves its work to the next.
    CLAIM_FAREWELLS = "UPDATE farewells SET due = $2, attempts = attempts + 1 WHERE due <= $1 AND \
        id IN (SELECT id FROM farewells WHERE due <= $1 ORDER BY due LIMIT 20) \
        RETURNING id, organization_id, account_id, element_id, element_version, document, attempts";

    DELETE_FAREWELL = "DELETE FROM farewells WHERE organization_id = $1 AND id = $2";

    /// Its instance is there; none when somebody tells the vendor already.
    REDEEM_FAREWELL = "DELETE FROM farewells WHERE organization_id = $1 AND id = $2 AND attempts = 0";

    POSTPONE_FAREWELL = "UPDATE farewells SET due = $3 WHERE organization_id = $1 AND id = $2";
}
