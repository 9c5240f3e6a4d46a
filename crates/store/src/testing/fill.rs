//! Many instances at once, for whoever wants to see how the product does with them.

use std::collections::BTreeMap;

use ligand_model::configuration::InstanceDocument;
use ligand_model::id::{ElementId, InstanceId};
use ligand_model::instance::Instance;
use ligand_model::secret::ElementToken;

use crate::identity::Identity;
use crate::instances::{InstanceChange, row};
use crate::{Error, Store};

/// How many are written in one transaction.
const AT_ONCE: usize = 5_000;

impl Store {
    /// Makes instances named `Customer 000001`, `Customer 000002`, … in turn of `elements`, tagged `region-0` to
    /// `region-9`; every thousandth is switched off. Their grants are made up; the token
    /// of number 7 is `token-of-7`.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn fill(
        &self,
        owner: Identity,
        elements: &[ElementId],
        count: usize,
    ) -> Result<(), Error> {
        let key = self.data_key(owner.organization).await?;
        let now = self.now();
        let numbers: Vec<usize> = (1..=count).collect();
        for chunk in numbers.chunks(AT_ONCE) {
            let (chunk, key, elements) = (chunk.to_vec(), key.clone(), elements.to_vec());
            let last = self.write(move |tx| {
                let mut last = Vec::new();
                for number in chunk {
                    let Some(element) = elements.get(number % elements.len().max(1)) else {
                        continue;
                    };
                    let name = format!("Customer {number:06}");
                    let instance = Instance {
                        id: InstanceId(0),
                        organization: owner.organization,
                        account: owner.account,
                        user: owner.user,
                        element: *element,
                        element_version: 1,
                        tags: vec![name.clone(), format!("region-{}", number % 10)],
                        name,
                        valid: true,
                        invalid_reason: None,
                        invalid_since: None,
                        disabled: false,
                        external_authentication: "none".to_owned(),
                        caching_enabled: false,
                        cache_time_to_live: 0,
                        max_cache_size: 0,
                        created: now,
                        updated: now,
                        version: 1,
                    };
                    let token = ElementToken::new(format!("token-of-{number}"));
                    let document = row::document_text(&document(number))?;
                    let made = row::insert(tx, &key, instance, &token, &document, None)?;
                    if number % 1000 == 0 {
                        last.push(made.id);
                    }
                }
                Ok(last)
            });
            for id in last.await? {
                let off = InstanceChange {
                    disabled: Some(true),
                    ..InstanceChange::default()
                };
                self.update_instance(owner.organization, id, 1, off).await?;
            }
        }
        Ok(())
    }
}

/// As large as a real one.
fn document(number: usize) -> InstanceDocument {
    InstanceDocument {
        values: BTreeMap::from([
            ("oauth.user.token".to_owned(), format!("{number:0>120}")),
            (
                "oauth.user.refresh_token".to_owned(),
                format!("{number:0>80}"),
            ),
        ]),
        hosts: vec!["api.example.com".to_owned()],
    }
}
