//! `/composite/tree/{object}`: records with their children, all or nothing.

use serde_json::{Value, json};

use super::{MOST_RECORDS, list, object_body, text, too_many};
use crate::call::Reply;
use crate::record_store::Record;
use crate::salesforce::describe::{Child, Object};
use crate::salesforce::error::{Answer, ApiError};
use crate::salesforce::org::{Actor, Org, known};
use crate::salesforce::rest::Request;

/// Deeper trees are refused, as at the vendor.
const MOST_DEPTH: usize = 5;

/// What became of the records so far.
#[derive(Default)]
struct Planted {
    results: Vec<Value>,
    faults: Vec<Value>,
}

/// Creates every record of the trees in the body.
pub fn plant(org: &mut Org, request: &Request<'_>, object: &'static Object) -> Answer<Reply> {
    let body = object_body(request.call)?;
    let before = org.snapshot();
    let mut planted = Planted::default();
    let trees = list(&body, "records")?;
    if let Err(error) = planted.plant_all(org, request.actor, object, trees, None, 1) {
        org.restore(before);
        return Err(error);
    }
    if planted.faults.is_empty() {
        let body = json!({ "hasErrors": false, "results": planted.results });
        return Ok(Reply::json(201, &body));
    }
    org.restore(before);
    let body = json!({ "hasErrors": true, "results": planted.faults });
    Ok(Reply::json(400, &body))
}

impl Planted {
    fn plant_all(
        &mut self,
        org: &mut Org,
        actor: Actor<'_>,
        object: &'static Object,
        trees: &[Value],
        parent: Option<(&str, &str)>,
        depth: usize,
    ) -> Answer<()> {
        if depth > MOST_DEPTH {
            return Err(too_many("Depth of the tree", MOST_DEPTH));
        }
        for tree in trees {
            if self.results.len() + self.faults.len() >= MOST_RECORDS {
                return Err(too_many("Number of records", MOST_RECORDS));
            }
            let reference = tree
                .get("attributes")
                .map(|attributes| text(attributes, "referenceId"))
                .unwrap_or_default();
            if reference.is_empty() {
                let message = "Include a reference ID in each record.";
                return Err(ApiError::new(400, "INVALID_INPUT", message));
            }
            let mut record = Record::new();
            let mut below: Vec<(&Child, &[Value])> = Vec::new();
            for (name, value) in tree.as_object().into_iter().flatten() {
                let children = value.get("records").and_then(Value::as_array);
                let relation = object
                    .children
                    .iter()
                    .find(|child| child.2.eq_ignore_ascii_case(name));
                match (children, relation) {
                    (Some(children), Some(relation)) => below.push((relation, children)),
                    _ => {
                        record.insert(name.clone(), value.clone());
                    }
                }
            }
            if let Some((field, id)) = parent {
                record.insert(field.to_owned(), json!(id));
            }
            match org.create(actor, object, &record) {
                Ok(id) => {
                    self.results
                        .push(json!({ "referenceId": reference, "id": id }));
                    for (Child(child, field, _, _), trees) in below {
                        let parent = Some((field.as_str(), id.as_str()));
                        self.plant_all(org, actor, known(child)?, trees, parent, depth + 1)?;
                    }
                }
                Err(error) => self
                    .faults
                    .push(json!({ "referenceId": reference, "errors": [error.of_record()] })),
            }
        }
        Ok(())
    }
}
