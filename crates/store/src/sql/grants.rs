//! Leases on grants, and when grants are to be looked at.

use super::{instances::next_version, statements};

statements! {
    GRANT = "SELECT leased_until, exchange_open, grant_fence FROM instances \
        WHERE organization_id = $1 AND id = $2";

    /// `$6` is later than any lease ends: what is beyond was taken before the clock was set back.
    LEASE_GRANT = "UPDATE instances SET refresh_fence = refresh_fence + 1, leased_until = $5, \
        exchange_open = 1 \
        WHERE organization_id = $1 AND id = $2 AND document_version = $3 \
        AND (leased_until <= $4 OR leased_until > $6) AND valid = 1 RETURNING refresh_fence";

    /// A lease that somebody else took meanwhile goes on.
    KEEP_GRANT = concat!("UPDATE instances SET document = $4, document_version = version + 1, ",
        next_version!(), ", updated = $5, valid = 1, invalid_reason = NULL, \
        invalid_since = NULL, grant_fence = $6, refresh_due = $7, \
        leased_until = CASE WHEN refresh_fence = $6 THEN 0 ELSE leased_until END, \
        exchange_open = CASE WHEN refresh_fence = $6 THEN 0 ELSE exchange_open END \
        WHERE organization_id = $1 AND id = $2 AND version = $3 AND grant_fence < $6");

    RELEASE_GRANT = "UPDATE instances SET leased_until = 0, exchange_open = $4, refresh_due = $5 \
        WHERE organization_id = $1 AND id = $2 AND refresh_fence = $3";

    CONDEMN_GRANT = concat!("UPDATE instances SET valid = 0, invalid_reason = $5, invalid_since = $6, ",
        next_version!(), ", updated = $6, leased_until = 0, refresh_due = NULL \
        WHERE organization_id = $1 AND id = $2 AND document_version = $3 AND grant_fence < $4 \
        AND valid = 1");

    /// Earliest first; `$3` is a list of elements that have had their share.
    DUE_GRANTS = "SELECT organization_id, id, element_id, used FROM instances \
        WHERE refresh_due <= $1 AND leased_until <= $1 AND valid = 1 AND disabled = 0 \
        AND replace($3, $2 || CAST(element_id AS TEXT) || $2, '') = $3 \
        ORDER BY refresh_due LIMIT $4";

    POSTPONE_GRANT = "UPDATE instances SET refresh_due = $3 WHERE organization_id = $1 AND id = $2";

    NOTE_USE = "UPDATE instances SET used = $3 \
        WHERE organization_id = $1 AND id = $2 AND used < $3";

    FORGET_LEASES = "UPDATE instances SET leased_until = 0 WHERE leased_until > 0";
}
