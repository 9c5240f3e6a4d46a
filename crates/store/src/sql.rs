//! Every statement, by area. A test prepares each of them on both engines.
//!
//! One text for both: `$1` parameters, `BIGINT` numbers, `TEXT`, bytes; no arrays, JSON operators, triggers.
//! A list travels as one text in which every item stands between separators, and
//! `replace(list, item, '') <> list` asks whether an item is in it, which both engines answer alike.

use std::sync::OnceLock;

pub(crate) mod accounts;
pub(crate) mod api_keys;
pub(crate) mod condition;
pub(crate) mod connect;
pub(crate) mod custody;
pub(crate) mod elements;
pub(crate) mod farewells;
pub(crate) mod grants;
pub(crate) mod identity;
pub(crate) mod instances;
pub(crate) mod keys;
pub(crate) mod others;
pub(crate) mod outcomes;
pub(crate) mod rates;
pub(crate) mod transformations;
pub(crate) mod usage;

/// One SQL text and its name, which is what logs and errors show.
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    text: &'static str,
    sqlite: OnceLock<String>,
}

impl Statement {
    pub(crate) const fn new(name: &'static str, text: &'static str) -> Self {
        Self {
            name,
            text,
            sqlite: OnceLock::new(),
        }
    }

    /// As PostgreSQL takes it.
    pub(crate) const fn postgres(&self) -> &'static str {
        self.text
    }

    /// As SQLite takes it: there `$1` is a name, `?1` is a number, and who writes is alone and locks no row.
    pub(crate) fn sqlite(&self) -> &str {
        let translate = || {
            self.text
                .replace('$', "?")
                .replace(" FOR NO KEY UPDATE", "")
        };
        self.sqlite.get_or_init(translate)
    }
}

/// What stands between items of a list: a character that no stored text has.
pub(crate) const BETWEEN: &str = "\u{1f}";

/// A list as one text, every item between separators of its own.
pub(crate) fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for item in items {
        text.push_str(BETWEEN);
        text.push_str(item.as_ref());
        text.push_str(BETWEEN);
    }
    text
}

/// The `LIKE` pattern of texts that contain `part`, whose own wildcards mean themselves.
pub(crate) fn contains(part: &str) -> String {
    let escaped = part
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

/// Declares statements and lists them as `ALL`.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$doc])* pub(crate) static $name: $crate::sql::Statement =
            $crate::sql::Statement::new(stringify!($name), $text);)+
        #[cfg(test)]
        pub(crate) static ALL: &[&$crate::sql::Statement] = &[$(&$name),+];
    };
}
pub(crate) use statements;

/// Takes the rows of a table that are due, `$1` now: a claim is a later due time, `$2`, so that a worker that died leaves
/// its work to the next.
macro_rules! claim {
    ($table:literal, $due:literal, $attempts:literal, $columns:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET ",
            $due,
            " = $2, ",
            $attempts,
            " = ",
            $attempts,
            " + 1 WHERE ",
            $due,
            " <= $1 AND id IN (SELECT id FROM ",
            $table,
            " WHERE ",
            $due,
            " <= $1 ORDER BY ",
            $due,
            " LIMIT 20) RETURNING ",
            $columns
        )
    };
}
pub(crate) use claim;

/// Says when what was taken is due again, `$3`, or never.
macro_rules! settle {
    ($table:literal, $due:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET ",
            $due,
            " = $3 WHERE organization_id = $1 AND id = $2"
        )
    };
}
pub(crate) use settle;

/// The statements that may touch tenant data without naming the organization, each with the reason.
#[cfg(test)]
pub(crate) const WITHOUT_ORGANIZATION: &[(&str, &str)] = &[
    (
        "CALLER",
        "the digests of two secrets yield the organization and must agree on it",
    ),
    (
        "CALLER_OF_USER",
        "the digest of a user's secret yields the organization",
    ),
    (
        "USER_BY_EMAIL",
        "signing in: the address yields the organization",
    ),
    (
        "API_KEY_BY_DIGEST",
        "the digest of a key's secret yields the organization",
    ),
    (
        "ANY_ACCOUNT",
        "answers whether an id is somebody's, and nothing else",
    ),
    (
        "ANY_OTHERS_USER",
        "answers whether an id is another organization's user, and nothing else",
    ),
    ("SESSION", "the digest of a session yields the organization"),
    (
        "INSTANCE_BY_TOKEN",
        "the digest of an instance's token yields the organization",
    ),
    (
        "OAUTH_STATE_BY_DIGEST",
        "the vendor's callback brings the state alone",
    ),
    (
        "CONNECT_ORIGINS",
        "the page's address brings the handle alone; answers who may frame it",
    ),
    (
        "CONNECT_BY_TOKEN",
        "the digest of a session's token yields the organization",
    ),
    (
        "CONNECT_BY_BROWSER",
        "the digest of the browser's key yields the organization",
    ),
    (
        "CLAIM_CONNECT_CALLBACKS",
        "the worker of every organization; each row says whose it is",
    ),
    (
        "DELETE_OLD_CONNECT_SESSIONS",
        "housekeeping of every organization; answers a count",
    ),
    (
        "MARK_RESTORED",
        "after a restore, by the operator: every organization's grants may be stale",
    ),
    (
        "COUNT_INSTANCES_BY_CONDITION",
        "how every organization's accounts are, for the operator; answers counts",
    ),
    (
        "FIRST_INVALID_INSTANCES",
        "which accounts must be reconnected, for the operator; answers ids and dates",
    ),
    (
        "COUNT_NOTICES_BY_CONDITION",
        "how every organization's notices are, for the operator; answers counts",
    ),
    (
        "OLDEST_DATA_KEY",
        "checks the root key at the start; opens nothing else",
    ),
    (
        "ROOTS_IN_USE",
        "which root keys sealed how many data keys, for the operator",
    ),
    (
        "ANY_DATA_KEY",
        "checks the root key at the start; opens nothing else",
    ),
    (
        "DELETE_EXPIRED_SESSIONS",
        "housekeeping of every organization; answers a count",
    ),
    (
        "DELETE_EXPIRED_OAUTH_STATES",
        "housekeeping of every organization; answers a count",
    ),
    (
        "DELETE_EXPIRED_OUTCOMES",
        "housekeeping of every organization; answers a count",
    ),
    (
        "CLAIM_NOTICES",
        "finds the work of every organization; each notice is told to its own alone",
    ),
    (
        "CLAIM_FAREWELLS",
        "finds the work of every organization; each is told with its own organization's keys alone",
    ),
    (
        "DELETE_OLD_SLICES",
        "housekeeping of every organization; answers a count",
    ),
    (
        "DELETE_OLD_NOTICES",
        "housekeeping of every organization; answers a count",
    ),
    (
        "DUE_GRANTS",
        "finds the work of every organization; answers ids, which are worked on one organization at a time",
    ),
    (
        "FORGET_LEASES",
        "a process that owns the database alone starts: no lease of its former life is held by anyone",
    ),
    (
        "DELETE_USAGE_BEFORE",
        "housekeeping of every organization; answers a count",
    ),
];

#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = &'static &'static Statement> {
    [
        crate::migrate::ALL,
        accounts::ALL,
        api_keys::ALL,
        condition::ALL,
        connect::ALL,
        custody::ALL,
        elements::ALL,
        farewells::ALL,
        grants::ALL,
        identity::ALL,
        instances::ALL,
        keys::ALL,
        others::ALL,
        outcomes::ALL,
        rates::ALL,
        transformations::ALL,
        usage::ALL,
    ]
    .into_iter()
    .flatten()
}
