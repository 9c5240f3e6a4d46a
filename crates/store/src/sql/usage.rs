//! Usage rows.

use super::statements;

macro_rules! usage {
    () => {
        "SELECT id, organization_id, account_id, user_id, instance_id, element_key, request_id, \
         path_template, method, status, vendor_status, attempts, waits_ms, duration_ms, time, ip \
         FROM usage WHERE organization_id = $1 "
    };
}

/// The columns of a row, in the order in which it is inserted.
pub(crate) const USAGE_COLUMNS: [&str; 17] = [
    "id",
    "organization_id",
    "account_id",
    "user_id",
    "instance_id",
    "element_key",
    "request_id",
    "path_template",
    "method",
    "status",
    "vendor_status",
    "attempts",
    "waits_ms",
    "duration_ms",
    "time",
    "ip",
    "why",
];

statements! {
    /// A row of [`USAGE_COLUMNS`].
    INSERT_USAGE = "INSERT INTO usage (id, organization_id, account_id, user_id, instance_id, \
        element_key, request_id, path_template, method, status, vendor_status, attempts, \
        waits_ms, duration_ms, time, ip, why) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

    /// `$2` before this id; `$3` from, `$4` to; `$5` list of element keys, `$6` list of accounts, either null;
    /// `$7` lowest, `$8` highest status; `$9` pattern or null; `$10` what stands around items of a list;
    /// `$11` most rows; `$12` instance or null.
    USAGE = concat!(usage!(),
        "AND id < $2 AND time >= $3 AND time < $4 \
         AND (CAST($5 AS TEXT) IS NULL OR replace($5, $10 || element_key || $10, '') <> $5) \
         AND (CAST($6 AS TEXT) IS NULL OR replace($6, $10 || CAST(account_id AS TEXT) || $10, '') <> $6) \
         AND status >= $7 AND status <= $8 \
         AND (CAST($9 AS TEXT) IS NULL OR lower(path_template) LIKE $9 ESCAPE '\\' \
            OR lower(element_key) LIKE $9 ESCAPE '\\' OR lower(request_id) LIKE $9 ESCAPE '\\') \
         AND (CAST($12 AS BIGINT) IS NULL OR instance_id = $12) \
         ORDER BY id DESC LIMIT $11");

    USAGE_BY_REQUEST = concat!(usage!(), "AND request_id = $2 ORDER BY id DESC LIMIT 1");

    USAGE_BY_ID = concat!(usage!(), "AND id = $2");

    USAGE_WHY = "SELECT why FROM usage WHERE organization_id = $1 AND id = $2";

    /// Calls from `$2`, before `$3`, by how many spans of `$4` ms lie between `$2` and them; `$5` account or null.
    USAGE_COUNTED = "SELECT (time - $2) / $4, COUNT(*), \
        SUM(CASE WHEN status < 400 THEN 0 ELSE 1 END), \
        MIN(duration_ms), MAX(duration_ms), CAST(AVG(duration_ms) AS BIGINT) \
        FROM usage WHERE organization_id = $1 AND time >= $2 AND time < $3 \
        AND (CAST($5 AS BIGINT) IS NULL OR account_id = $5) GROUP BY 1 ORDER BY 1";

    DELETE_USAGE_BEFORE = "DELETE FROM usage WHERE id IN \
        (SELECT id FROM usage WHERE time < $1 ORDER BY time LIMIT $2)";
}
