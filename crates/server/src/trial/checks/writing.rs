//! Records made, changed, deleted, and kept for what lies below them.

use ligand_model::element::Resource;
use serde_json::{Value, json};

use super::telling::expect;
use super::{Calls, Collection};
use crate::cli::Failed;
use crate::trial::asking::{Given, id_of};

/// Why nothing is written.
const READ_ONLY: &str = "only reads are tried on an account that exists";

impl<'a> Collection<'a> {
    pub(super) async fn creates(&mut self, create: &Resource) -> Result<Option<Value>, Failed> {
        if self.trial.live {
            self.skip("create", READ_ONLY);
            return Ok(None);
        }
        let Some(given) = self.creation(create) else {
            self.skip("create", "no sample of a record is known");
            return Ok(None);
        };
        let reply = self.ask(create, given).await?;
        let made = reply.as_ref().ok().filter(|reply| reply.status == 200);
        let made = made.and_then(|reply| serde_json::from_slice(&reply.body).ok());
        self.say(
            "create",
            create,
            reply.and_then(|reply| expect(&reply, 200)),
        );
        Ok(made)
    }

    /// A new record: the sample, or for a simulator made from the declaration what it requires.
    fn creation(&self, create: &Resource) -> Option<Given<'a>> {
        if self.trial.generic.is_none() {
            let sample = self.sample?;
            let any = sample.create.is_some() || !sample.parts.is_empty();
            return any.then(|| Given::creation(sample));
        }
        let mut body = serde_json::Map::new();
        body.insert("name".to_owned(), json!("made by a trial"));
        for parameter in &create.parameters {
            if parameter.kind == "bodyField" && parameter.required {
                body.insert(parameter.name.to_string(), json!("generic"));
            }
        }
        Some(Given {
            body: Some(Value::Object(body)),
            ..Given::default()
        })
    }

    pub(super) async fn writes(
        &mut self,
        calls: &Calls<'_>,
        made: Option<&Value>,
    ) -> Result<(), Failed> {
        for (check, call) in [("update", calls.update), ("delete", calls.delete)] {
            let Some(call) = call else {
                self.absent(check);
                continue;
            };
            if self.trial.live {
                self.skip(check, READ_ONLY);
                continue;
            }
            let Some(made) = made else {
                self.skip(check, "no record was made that could be changed");
                continue;
            };
            let mut given = self.of(made);
            if check == "update" {
                given.body = match (&self.trial.generic, self.sample) {
                    (Some(_), _) => Some(json!({"name": "changed by a trial"})),
                    (None, sample) => sample.and_then(|sample| sample.change.clone()),
                };
            }
            let reply = self.ask(call, given).await?;
            let mut held = reply.and_then(|reply| expect(&reply, 200));
            let goes = check == "delete" && !self.sample.is_some_and(|sample| sample.stays);
            if let (Some(read), true) = (calls.read, held.is_ok() && goes) {
                let gone = self.ask(read, self.of(made)).await?;
                if gone.is_ok_and(|gone| gone.status == 200) {
                    held = Err("the record can still be read".to_owned());
                }
            }
            self.say(check, call, held);
        }
        Ok(())
    }

    /// Keeps a record that is there for what lies below: one that was found, or one that is made for that.
    pub(super) async fn keeps(
        &mut self,
        calls: &Calls<'_>,
        listed: Option<Value>,
        made: Option<Value>,
    ) -> Result<(), Failed> {
        let fresh = self.sample.is_some_and(|sample| sample.fresh) && !self.trial.live;
        let listed = listed.filter(|_| !fresh);
        let again = listed.is_none() && calls.delete.is_some() && !self.trial.live;
        let kept = match (listed, calls.create) {
            (Some(listed), _) => Some(listed),
            (None, Some(create)) if again && made.is_some() => match self.creation(create) {
                Some(given) => {
                    let reply = self.ask(create, given).await?.ok();
                    reply.and_then(|reply| serde_json::from_slice(&reply.body).ok())
                }
                None => None,
            },
            (None, _) => made,
        };
        if let Some(kept) = kept.filter(|kept| id_of(kept).is_some()) {
            self.known.remember(self.path, kept);
        }
        Ok(())
    }
}
