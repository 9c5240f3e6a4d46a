//! Pieces of script that people keep for their transformations.

use ligand_model::id::OrganizationId;
use serde_json::Value as Json;

use crate::Store;
use crate::error::Error;
use crate::sql::transformations as sql;
use crate::vault::Context;

/// A kept piece of script.
#[derive(Debug, Clone, PartialEq)]
pub struct Snippet {
    /// Its id.
    pub id: i64,
    /// What it says: `name`, `body`, `description`, `snippetType`.
    pub body: Json,
}

impl Store {
    /// The snippets of an organization, or the one with this id.
    pub async fn snippets(
        &self,
        organization: OrganizationId,
        id: Option<i64>,
    ) -> Result<Vec<Snippet>, Error> {
        let values = [organization.0.into(), id.unwrap_or(0).into()];
        let rows = self
            .read(move |tx| tx.query(&sql::SNIPPETS, &values))
            .await?;
        let mut found = Vec::with_capacity(rows.len());
        for mut row in rows {
            let id = row.integer()?;
            let sealed = row.blob()?;
            let place = place(organization, id);
            let key = self.data_key_of(&place, &sealed).await?;
            let body = serde_json::from_slice(&key.open(&place, &sealed)?)
                .map_err(|_| Error::Shape { what: "snippet" })?;
            found.push(Snippet { id, body });
        }
        Ok(found)
    }

    /// Keeps a new snippet, or puts another in the place of the one with this id; false when there is none.
    pub async fn put_snippet(
        &self,
        organization: OrganizationId,
        id: Option<i64>,
        body: &Json,
    ) -> Result<Option<i64>, Error> {
        let key = self.data_key(organization).await?;
        let known = id.is_some();
        let id = match id {
            Some(id) => id,
            None => {
                self.write(|tx| crate::next_id(tx, "vdr_snippet", 1))
                    .await?
            }
        };
        let sealed = key.seal(&place(organization, id), body.to_string().as_bytes())?;
        self.write(move |tx| {
            let written = if known {
                tx.execute(
                    &sql::UPDATE_SNIPPET,
                    &[organization.0.into(), id.into(), sealed.into()],
                )?
            } else {
                tx.execute(
                    &sql::INSERT_SNIPPET,
                    &[id.into(), organization.0.into(), sealed.into()],
                )?
            };
            Ok((written > 0).then_some(id))
        })
        .await
    }

    /// Deletes a snippet; false when there is none.
    pub async fn delete_snippet(
        &self,
        organization: OrganizationId,
        id: i64,
    ) -> Result<bool, Error> {
        let values = [organization.0.into(), id.into()];
        self.write(move |tx| Ok(tx.execute(&sql::DELETE_SNIPPET, &values)? > 0))
            .await
    }
}

fn place(organization: OrganizationId, id: i64) -> Context {
    Context::new(organization, "vdr_snippets", "body", id)
}
