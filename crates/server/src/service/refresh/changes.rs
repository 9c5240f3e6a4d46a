//! What a use case changed in a document, and how it gets there when others write, too.

use std::collections::BTreeMap;

use ligand_engine::catalog::Compiled;
use ligand_model::configuration::InstanceDocument;
use ligand_model::error::ErrorKind;
use ligand_model::id::{InstanceId, OrganizationId};
use ligand_store::instances::{InstanceChange, SealedInstance};

use super::super::Error;
use super::due::due;
use crate::app::App;

/// How often a write that met another is tried again.
const ATTEMPTS: usize = 8;

async fn read(
    app: &App,
    organization: OrganizationId,
    id: InstanceId,
) -> Result<SealedInstance, Error> {
    app.store.instance(organization, id).await?.ok_or_else(|| {
        Error::new(
            ErrorKind::Unauthenticated,
            super::super::callers::BAD_CREDENTIALS,
        )
    })
}

/// What a use case changed in a document, to be laid over whatever the document has become meanwhile.
#[derive(Debug, Default)]
pub struct Changes {
    values: BTreeMap<String, Option<String>>,
    hosts: Option<Vec<String>>,
}

impl Changes {
    /// What makes `after` out of `before`.
    pub fn between(before: &InstanceDocument, after: &InstanceDocument) -> Self {
        let mut values: BTreeMap<String, Option<String>> = before
            .values
            .keys()
            .filter(|key| !after.values.contains_key(*key))
            .map(|key| (key.clone(), None))
            .collect();
        values.extend(
            after
                .values
                .iter()
                .filter(|(key, value)| before.values.get(*key) != Some(value))
                .map(|(key, value)| (key.clone(), Some(value.clone()))),
        );
        let hosts = (before.hosts != after.hosts).then(|| after.hosts.clone());
        Self { values, hosts }
    }

    /// The changes that a call's own writes make.
    pub fn of_values(values: BTreeMap<String, Option<String>>, hosts: Option<Vec<String>>) -> Self {
        Self { values, hosts }
    }

    /// Whether a grant is among them.
    pub fn regrant(&self) -> bool {
        self.values.keys().any(|key| key.starts_with("oauth.user."))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.hosts.is_none()
    }

    /// Lays them over a document.
    pub fn apply(&self, document: &mut InstanceDocument) {
        for (key, value) in &self.values {
            match value {
                Some(value) => document.values.insert(key.clone(), value.clone()),
                None => document.values.remove(key),
            };
        }
        if let Some(hosts) = &self.hosts {
            document.hosts.clone_from(hosts);
        }
    }
}

/// Writes changes by compare-and-swap, again over the newer document when another writer was first.
///
/// # Errors
/// 401 when the instance has been deleted meanwhile, 409 when others write without pause.
pub async fn write(
    app: &App,
    element: &Compiled,
    mut sealed: SealedInstance,
    changes: Changes,
) -> Result<InstanceDocument, Error> {
    let (organization, id) = (sealed.instance.organization, sealed.instance.id);
    for _ in 0..ATTEMPTS {
        let mut document = sealed.open()?;
        changes.apply(&mut document);
        let change = InstanceChange {
            document: Some(document.clone()),
            regrant: changes
                .regrant()
                .then(|| due(app, element, &document.values)),
            ..InstanceChange::default()
        };
        let version = sealed.instance.version;
        match app
            .store
            .update_instance(organization, id, version, change)
            .await?
        {
            Some(written) => {
                app.memory.instances.publish(written);
                return Ok(document);
            }
            None => sealed = read(app, organization, id).await?,
        }
    }
    Err(Error::conflict(
        "The instance is being changed by others; try again.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(pairs: &[(&str, &str)], hosts: &[&str]) -> InstanceDocument {
        InstanceDocument {
            values: pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        }
    }

    #[test]
    fn changes_laid_over_a_newer_document_keep_what_others_wrote() {
        let before = document(&[("a", "1"), ("b", "1"), ("c", "1")], &["x"]);
        let after = document(&[("a", "2"), ("c", "1"), ("d", "1")], &["x"]);
        let changes = Changes::between(&before, &after);
        let mut newer = document(&[("a", "1"), ("b", "1"), ("c", "9")], &["x", "y"]);
        changes.apply(&mut newer);
        assert_eq!(
            newer,
            document(&[("a", "2"), ("c", "9"), ("d", "1")], &["x", "y"])
        );
        assert!(Changes::between(&before, &before).is_empty());
    }
}
