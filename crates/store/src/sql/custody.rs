//! Custody records.

use super::statements;

macro_rules! custody {
    () => {
        "SELECT instance_id, number, time, event, detail, user_id, api_key_id, request_id, \
         former_digest, record_digest FROM custody WHERE organization_id = $1 "
    };
}

statements! {
    LAST_CUSTODY = "SELECT number, record_digest FROM custody \
        WHERE organization_id = $1 AND instance_id = $2 ORDER BY number DESC LIMIT 1";

    INSERT_CUSTODY = "INSERT INTO custody (organization_id, instance_id, number, time, event, \
        detail, user_id, api_key_id, request_id, former_digest, record_digest) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    /// `$5` an event or null.
    CUSTODY = concat!(custody!(), "AND instance_id = $2 AND number > $3 \
        AND (CAST($5 AS TEXT) IS NULL OR event = $5) ORDER BY number LIMIT $4");

    CUSTODY_NEWEST = concat!(custody!(), "AND instance_id = $2 AND number < $3 \
        AND (CAST($5 AS TEXT) IS NULL OR event = $5) ORDER BY number DESC LIMIT $4");

    CUSTODY_OF_HOST = "SELECT number FROM custody \
        WHERE organization_id = $1 AND instance_id = $2 AND event = 'host' AND detail = $3";

    /// The chains of an organization, one after the other.
    CUSTODY_CHAINS = concat!(custody!(),
        "AND (instance_id > $2 OR (instance_id = $2 AND number > $3)) \
         ORDER BY instance_id, number LIMIT 2000");

    /// Changes nothing: whoever adds a record by itself waits here for those who write the instance.
    HOLD_INSTANCE = "SELECT id FROM instances WHERE organization_id = $1 AND id = $2 FOR NO KEY UPDATE";
}
