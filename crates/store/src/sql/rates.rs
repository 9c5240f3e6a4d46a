//! Vendors' limits that nodes keep together.

use super::statements;

statements! {
    /// Makes the row or takes it, so that no other node does meanwhile.
    HOLD_SLICES = "INSERT INTO rate_slices (organization_id, element_id, instance_id, limit_number, \
        slices, updated) VALUES ($1, $2, $3, $4, '', $5) \
        ON CONFLICT (organization_id, element_id, instance_id, limit_number) \
        DO UPDATE SET updated = excluded.updated RETURNING slices";

    SET_SLICES = "UPDATE rate_slices SET slices = $5 WHERE organization_id = $1 AND element_id = $2 \
        AND instance_id = $3 AND limit_number = $4";

    DELETE_OLD_SLICES = "DELETE FROM rate_slices WHERE updated <= $1";
}
