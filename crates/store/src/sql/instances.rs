//! Instances and their tags.

use super::statements;

/// Everything read of an instance; `$1` is what stands between tags.
macro_rules! instance {
    () => {
        "SELECT i.id, i.organization_id, i.account_id, i.user_id, i.element_id, i.element_version, i.name, \
         CASE WHEN i.tags_version = i.version THEN i.tags ELSE \
         (SELECT string_agg(t.tag, $1 ORDER BY t.position) FROM instance_tags t \
          WHERE t.organization_id = i.organization_id AND t.instance_id = i.id) END, \
         i.valid, i.disabled, i.external_authentication, i.caching_enabled, \
         i.cache_time_to_live, i.max_cache_size, i.created, i.updated, i.invalid_reason, i.invalid_since, \
         i.version, \
         i.document_version, i.document, \
         u.email, u.first_name, u.last_name, u.organization_admin, u.active, a.active, o.active \
         FROM instances i \
         JOIN users u ON u.organization_id = i.organization_id AND u.id = i.user_id \
         JOIN accounts a ON a.organization_id = i.organization_id AND a.id = i.account_id \
         JOIN organizations o ON o.id = i.organization_id "
    };
}

/// Raises the version of an instance whose tags stay.
macro_rules! next_version {
    () => {
        "version = version + 1, \
         tags_version = CASE WHEN tags_version = version THEN version + 1 ELSE tags_version END"
    };
}
pub(crate) use next_version;

statements! {
    INSTANCE_BY_TOKEN = concat!(instance!(), "WHERE i.token_digest = $2");

    INSTANCE = concat!(instance!(), "WHERE i.organization_id = $2 AND i.id = $3");

    /// `$4` element or null; `$5` how many tags, `$6` the list of them; `$7` pattern of the folded name or null,
    /// `$8` list of elements that match as well; `$11` list of elements, `$12` list of tags
    /// of which one must be there, both empty for any; `$13` one of the tags of `$6`; `$14` valid, `$15` disabled, `$16`
    /// account, or null. Inside, everything is read from one index; only the rows of the page are read whole.
    INSTANCES = concat!(instance!(),
        "WHERE i.organization_id = $2 AND i.id IN (SELECT c.id FROM instances c \
         WHERE c.organization_id = $2 AND c.id > $3 \
         AND (c.element_id = $4 OR $4 IS NULL) \
         AND (CAST($5 AS BIGINT) = 0 OR c.id IN (SELECT t.instance_id FROM instance_tags t \
            WHERE t.organization_id = $2 AND t.tag = $13)) \
         AND ($5 <= 1 OR $5 = (SELECT COUNT(DISTINCT t.tag) FROM instance_tags t \
            WHERE t.organization_id = c.organization_id AND t.instance_id = c.id \
            AND replace($6, $1 || t.tag || $1, '') <> $6)) \
         AND (CAST($7 AS TEXT) IS NULL OR c.name_folded LIKE $7 ESCAPE '\\' \
            OR replace($8, $1 || CAST(c.element_id AS TEXT) || $1, '') <> $8) \
         AND ($11 = '' OR replace($11, $1 || CAST(c.element_id AS TEXT) || $1, '') <> $11) \
         AND ($12 = '' OR EXISTS (SELECT 1 FROM instance_tags t \
            WHERE t.organization_id = c.organization_id AND t.instance_id = c.id \
            AND replace($12, $1 || t.tag || $1, '') <> $12)) \
         AND (c.valid = $14 OR $14 IS NULL) AND (c.disabled = $15 OR $15 IS NULL) \
         AND (c.account_id = $16 OR $16 IS NULL) \
         ORDER BY c.id LIMIT $9 OFFSET $10) ORDER BY i.id");

    COUNT_INSTANCES = "SELECT i.element_id, COUNT(*) FROM instances i WHERE i.organization_id = $1 \
        GROUP BY i.element_id ORDER BY i.element_id";

    /// Those with any tag of the list `$2`, empty for any; `$3` is what stands around its items; `$4` account or null.
    COUNT_SOME_INSTANCES = "SELECT i.element_id, COUNT(*) FROM instances i \
        WHERE i.organization_id = $1 AND (i.account_id = $4 OR $4 IS NULL) \
        AND ($2 = '' OR EXISTS (SELECT 1 FROM instance_tags t \
        WHERE t.organization_id = i.organization_id AND t.instance_id = i.id \
        AND replace($2, $3 || t.tag || $3, '') <> $2)) \
        GROUP BY i.element_id ORDER BY i.element_id";

    INSERT_INSTANCE = "INSERT INTO instances (id, organization_id, account_id, user_id, \
        element_id, name, name_folded, valid, disabled, external_authentication, \
        caching_enabled, cache_time_to_live, max_cache_size, token_digest, token_sealed, \
        document, document_version, version, created, updated, element_version, refresh_due, \
        tags, tags_version) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 0, $8, 0, 0, 0, $9, $10, $11, 1, 1, $12, $12, $13, $14, $15, 1)";

    UPDATE_INSTANCE = "UPDATE instances SET \
        name = COALESCE($4, name), name_folded = COALESCE($5, name_folded), \
        valid = COALESCE($6, valid), disabled = COALESCE($7, disabled), \
        caching_enabled = COALESCE($8, caching_enabled), \
        cache_time_to_live = COALESCE($9, cache_time_to_live), \
        max_cache_size = COALESCE($10, max_cache_size), \
        element_id = COALESCE($11, element_id), \
        element_version = COALESCE($15, element_version), \
        external_authentication = COALESCE($12, external_authentication), \
        document = COALESCE($13, document), \
        document_version = CASE WHEN $13 IS NULL THEN document_version ELSE version + 1 END, \
        invalid_reason = CASE WHEN COALESCE($6, valid) = 1 THEN NULL ELSE invalid_reason END, \
        invalid_since = CASE WHEN COALESCE($6, valid) = 1 THEN NULL ELSE invalid_since END, \
        refresh_fence = refresh_fence + $16, \
        grant_fence = CASE WHEN CAST($16 AS BIGINT) = 1 THEN refresh_fence + 1 ELSE grant_fence END, \
        leased_until = CASE WHEN CAST($16 AS BIGINT) = 1 THEN 0 ELSE leased_until END, \
        exchange_open = CASE WHEN CAST($16 AS BIGINT) = 1 THEN 0 ELSE exchange_open END, \
        refresh_due = CASE WHEN CAST($16 AS BIGINT) = 1 THEN $17 ELSE refresh_due END, \
        tags = COALESCE($18, tags), \
        tags_version = CASE WHEN CAST($18 AS TEXT) IS NOT NULL OR tags_version = version \
        THEN version + 1 ELSE tags_version END, \
        version = version + 1, updated = $14 \
        WHERE organization_id = $1 AND id = $2 AND version = $3";

    DELETE_INSTANCE = "DELETE FROM instances WHERE organization_id = $1 AND id = $2";

    INSERT_TAG = "INSERT INTO instance_tags (organization_id, instance_id, position, tag) \
        VALUES ($1, $2, $3, $4)";

    DELETE_TAGS = "DELETE FROM instance_tags WHERE organization_id = $1 AND instance_id = $2";

    SEALED_TOKEN = "SELECT token_sealed FROM instances WHERE organization_id = $1 AND id = $2";
}
