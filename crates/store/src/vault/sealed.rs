//! Every column that holds sealed values, and what a rotation does with it.

use ligand_model::id::OrganizationId;

use super::Context;
use crate::sql::{Statement, keys as sql};

/// A column of sealed values.
pub(crate) struct Sealed {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "compared with the migrations by a test")
    )]
    pub(crate) table: &'static str,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "compared with the migrations by a test")
    )]
    pub(crate) column: &'static str,
    pub(crate) turn: Turn,
}

/// What a rotation does with a column's values.
pub(crate) enum Turn {
    /// Seals them anew.
    Reseal(Resealing),
    /// Leaves them: they are over soon, or are keys themselves. The reason stands beside.
    Leave(
        #[cfg_attr(not(test), expect(dead_code, reason = "for the reader and a test"))]
        &'static str,
    ),
}

/// How values are met and replaced.
#[derive(Clone, Copy)]
pub(crate) struct Resealing {
    pub(crate) met: &'static Statement,
    pub(crate) replaced: &'static Statement,
    /// Where a value belongs, by the three numbers that tell its row.
    pub(crate) place: fn(OrganizationId, [i64; 3]) -> Context,
}

macro_rules! column {
    ($table:literal, $column:literal, $met:ident, $replaced:ident, $place:expr) => {
        Sealed {
            table: $table,
            column: $column,
            turn: Turn::Reseal(Resealing {
                met: &sql::$met,
                replaced: &sql::$replaced,
                place: $place,
            }),
        }
    };
    ($table:literal, $column:literal, $why:literal) => {
        Sealed {
            table: $table,
            column: $column,
            turn: Turn::Leave($why),
        }
    };
}

/// Every one of them. A test compares the list with the migrations.
pub(crate) static COLUMNS: &[Sealed] = &[
    column!(
        "data_keys",
        "key_sealed",
        "sealed by the root key; rewrapped on their own"
    ),
    column!(
        "organizations",
        "secret_sealed",
        SEALED_ORGANIZATIONS,
        RESEAL_ORGANIZATION,
        |of, [id, ..]| { Context::new(of, "organizations", "secret_sealed", id) }
    ),
    column!("users", "secret_sealed", SEALED_USERS, RESEAL_USER, |of,
                                                                  [
        id,
        ..,
    ]| {
        Context::new(of, "users", "secret_sealed", id)
    }),
    column!(
        "instances",
        "token_sealed",
        SEALED_TOKENS,
        RESEAL_TOKEN,
        |of, [id, ..]| { Context::new(of, "instances", "token_sealed", id) }
    ),
    column!(
        "instances",
        "document",
        SEALED_DOCUMENTS,
        RESEAL_DOCUMENT,
        |of, [id, version, _]| {
            Context::new(of, "instances", "document", format_args!("{id}:{version}"))
        }
    ),
    column!(
        "applications",
        "api_secret_sealed",
        SEALED_APPLICATIONS,
        RESEAL_APPLICATION,
        |of, [id, ..]| { Context::new(of, "applications", "api_secret_sealed", id) }
    ),
    column!(
        "elements",
        "definition",
        SEALED_DEFINITIONS,
        RESEAL_DEFINITION,
        definition
    ),
    column!(
        "element_versions",
        "definition",
        SEALED_FORMER_DEFINITIONS,
        RESEAL_FORMER_DEFINITION,
        definition
    ),
    column!(
        "element_extensions",
        "resources",
        SEALED_EXTENSIONS,
        RESEAL_EXTENSION,
        |of, [account, element, version]| {
            Context::new(
                of,
                "element_extensions",
                "resources",
                format_args!("{account}:{element}:{version}"),
            )
        }
    ),
    column!(
        "transformations",
        "body",
        SEALED_TRANSFORMATIONS,
        RESEAL_TRANSFORMATION,
        |of, [id, ..]| { Context::new(of, "transformations", "body", id) }
    ),
    column!(
        "vdr_snippets",
        "body",
        SEALED_SNIPPETS,
        RESEAL_SNIPPET,
        |of, [id, ..]| { Context::new(of, "vdr_snippets", "body", id) }
    ),
    column!(
        "farewells",
        "document",
        SEALED_FAREWELLS,
        RESEAL_FAREWELL,
        |of, [id, ..]| { Context::new(of, "farewells", "document", id) }
    ),
    column!("outcomes", "outcome", "forgotten after a day"),
    column!("oauth_states", "payload", "over within minutes"),
    column!("oauth_states", "outcome", "over within minutes"),
    column!("connect_sessions", "payload", "over within a day"),
    column!("usage", "why", "forgotten with its row, after thirty days"),
];

fn definition(of: OrganizationId, [id, version, _]: [i64; 3]) -> Context {
    crate::elements::definition_place(of, ligand_model::id::ElementId(id), version)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::migrate::MIGRATIONS;

    /// Every column of bytes that is no digest holds sealed values.
    #[test]
    fn every_sealed_column_of_the_migrations_is_listed() {
        let mut found = BTreeSet::new();
        for migration in MIGRATIONS {
            let mut table = String::new();
            for line in migration.text.lines() {
                if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                    rest.split(' ').next().unwrap().clone_into(&mut table);
                }
                let words: Vec<&str> = line.split_whitespace().collect();
                let column = match words[..] {
                    [
                        "ALTER",
                        "TABLE",
                        name,
                        "ADD",
                        "COLUMN",
                        column,
                        "BLOB" | "BLOB;",
                        ..,
                    ] => {
                        name.clone_into(&mut table);
                        column
                    }
                    [column, "BLOB" | "BLOB,", ..] if line.starts_with("    ") => column,
                    _ => continue,
                };
                if !column.ends_with("digest") && !column.ends_with("checksum") {
                    found.insert((table.clone(), column.to_owned()));
                }
            }
        }
        let listed: BTreeSet<(String, String)> = COLUMNS
            .iter()
            .map(|sealed| (sealed.table.to_owned(), sealed.column.to_owned()))
            .collect();
        assert_eq!(found, listed, "a rotation would leave values behind");
        for sealed in COLUMNS {
            if let Turn::Leave(reason) = sealed.turn {
                assert!(reason.len() > 15, "{}.{}", sealed.table, sealed.column);
            }
        }
    }
}
