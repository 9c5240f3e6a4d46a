//! Lists, their pages, single records, and a vendor that has had enough.

use std::sync::Arc;

use ligand_model::element::Resource;
use serde_json::{Value, json};

use super::telling::{expect, rows, told};
use super::{Calls, Collection};
use crate::cli::Failed;
use crate::trial::asking::{Given, id_of};
use crate::trial::describe::below_hub;

/// A page small enough that every simulator has several.
const SMALL: usize = 3;
/// Pages that are followed.
const MOST_PAGES: usize = 5;

impl Collection<'_> {
    pub(super) async fn lists(&mut self, list: &Resource) -> Result<Option<Value>, Failed> {
        let reply = match self.ask(list, self.asking()).await? {
            Ok(reply) => reply,
            Err(unknown) => {
                self.say("list", list, Err(unknown));
                return Ok(None);
            }
        };
        let rows = rows(&reply);
        let held = match &rows {
            Some(_) => Ok(()),
            None if reply.status == 200 => Err("the answer is no list".to_owned()),
            None => Err(told(&reply)),
        };
        self.say("list", list, held);
        let Some(rows) = rows else { return Ok(None) };
        let takes = |wanted: fn(&str) -> bool| {
            let mut queries = list.parameters.iter().filter(|p| p.kind == "query");
            queries.any(|p| wanted(&p.name))
        };
        if takes(|name| matches!(name, "page" | "nextPage")) && takes(|name| name == "pageSize") {
            let law = self.pages(list, &rows).await?;
            self.say("page", list, law);
        } else {
            self.skip("page", "no size of a page is declared");
        }
        Ok(rows.into_iter().next())
    }

    /// Small pages, one after the other, are the beginning of the whole list.
    async fn pages(&self, list: &Resource, whole: &[Value]) -> Result<Result<(), String>, Failed> {
        let mut together: Vec<Value> = Vec::new();
        let mut next = String::new();
        for _ in 0..MOST_PAGES {
            let more = if next.is_empty() {
                String::new()
            } else {
                format!("&nextPage={next}")
            };
            let mut given = self.asking();
            given.pairs = format!("pageSize={SMALL}{more}");
            let reply = match self.ask(list, given).await? {
                Ok(reply) => reply,
                Err(unknown) => return Ok(Err(unknown)),
            };
            let Some(rows) = rows(&reply) else {
                return Ok(Err(told(&reply)));
            };
            if rows.len() > SMALL {
                return Ok(Err(format!("a page of {SMALL} has {} records", rows.len())));
            }
            together.extend(rows);
            match reply.header("elements-next-page-token") {
                Some(token) if !token.is_empty() => token.clone_into(&mut next),
                _ => {
                    next.clear();
                    break;
                }
            }
        }
        let ids = |rows: &[Value]| rows.iter().map(id_of).collect::<Vec<_>>();
        let (together, whole) = (ids(&together), ids(whole));
        Ok(
            if !whole.starts_with(&together) && !together.starts_with(&whole) {
                Err("small pages and the whole list hold other records".to_owned())
            } else if next.is_empty() && together.len() < whole.len() {
                Err(format!(
                    "the pages end after {} of {} records",
                    together.len(),
                    whole.len()
                ))
            } else {
                Ok(())
            },
        )
    }

    pub(super) async fn reads(
        &mut self,
        read: &Resource,
        record: Option<&Value>,
    ) -> Result<(), Failed> {
        let nobody = json!({"id": unknown(record.and_then(id_of).as_deref())});
        let nothing = Value::Null;
        let named = self.trial.samples.names.contains_key(below_hub(&read.path));
        if let Some(record) = record.or_else(|| named.then_some(&nothing)) {
            let reply = self.ask(read, self.of(record)).await?;
            self.say("read", read, reply.and_then(|reply| expect(&reply, 200)));
        } else {
            self.skip("read", "there is no record whose id is known");
        }
        let mut given = self.of(&nobody);
        given.nobody = true;
        if let Ok(reply) = self.ask(read, given).await? {
            let refused = matches!(reply.status, 400 | 404);
            let told = if refused { Ok(()) } else { Err(told(&reply)) };
            self.say("error", read, told);
        }
        Ok(())
    }

    /// A simulator made from the declaration that has had enough.
    pub(super) async fn limits(&mut self, calls: &Calls<'_>) -> Result<(), Failed> {
        let (Some(generic), Some(call)) = (&self.trial.generic, calls.list.or(calls.single)) else {
            return Ok(());
        };
        let generic = Arc::clone(generic);
        generic.limit(true);
        let reply = self.ask(call, Given::default()).await;
        generic.limit(false);
        self.say("limit", call, reply?.and_then(|reply| expect(&reply, 429)));
        Ok(())
    }
}

/// An id of the same form that nobody has.
fn unknown(known: Option<&str>) -> String {
    match known {
        Some(id) if !id.bytes().all(|byte| byte.is_ascii_digit()) => {
            let digit = |c: char| if c.is_ascii_digit() { '9' } else { c };
            id.chars().map(digit).collect()
        }
        _ => "987654321".to_owned(),
    }
}
