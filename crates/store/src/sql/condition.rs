//! How the stored accounts are, for the operator.

use super::statements;

statements! {
    /// An instance that is switched off waits for nobody.
    COUNT_INSTANCES_BY_CONDITION = "SELECT count(*), \
        count(CASE WHEN valid = 0 AND disabled = 0 THEN 1 END), max(updated) FROM instances";

    FIRST_INVALID_INSTANCES = "SELECT organization_id, id, invalid_since FROM instances \
        WHERE valid = 0 AND disabled = 0 ORDER BY organization_id, id LIMIT 5";

    COUNT_NOTICES_BY_CONDITION = "SELECT count(CASE WHEN due IS NOT NULL AND attempts > 1 THEN 1 END), \
        min(CASE WHEN due IS NOT NULL AND attempts > 1 THEN created END), \
        count(CASE WHEN due IS NULL AND attempts >= $1 THEN 1 END) FROM notices";
}
