//! Records that the simulated vendors take, and what an instance needs to reach them: for whoever tries an element.
//!
//! `samples.json` has them by element key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

/// What is known of one element.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Samples {
    /// What an instance must be given beside its application.
    pub configuration: BTreeMap<String, String>,
    /// Path variables that no list tells, by the path up to them: `/custom-objects/{name}`. `{/path}` is the id of the
    /// record that is known of a collection, `{/path#member}` another member of it.
    pub names: BTreeMap<String, String>,
    records: BTreeMap<String, Sample>,
    /// Calls that are no reads or writes of a collection, in their order.
    pub calls: Vec<SampleCall>,
}

/// What a collection takes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sample {
    /// Query of a list.
    pub ask: BTreeMap<String, String>,
    /// Query of every call.
    pub query: BTreeMap<String, String>,
    /// A new record. A text `{/path}` in it is the id of the record that is known of a collection.
    pub create: Option<Value>,
    /// A change of it.
    pub change: Option<Value>,
    /// The parts of an upload in place of a new record; `file` is the file.
    pub parts: BTreeMap<String, Value>,
    /// What lies below is tried at a new record, not at the first of the list.
    pub fresh: bool,
    /// What is deleted can still be read: the vendor keeps it, deactivated.
    pub stays: bool,
}

/// One call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SampleCall {
    /// `PATCH /campaigns/{id}/activate`
    pub call: String,
    /// Its path variables, before [`Samples::names`].
    pub names: BTreeMap<String, String>,
    /// Its query.
    pub query: BTreeMap<String, String>,
    /// Its body.
    pub body: Option<Value>,
    /// Its parts, as of [`Sample::parts`].
    pub parts: BTreeMap<String, Value>,
}

static ALL: LazyLock<BTreeMap<String, Samples>> =
    LazyLock::new(|| serde_json::from_str(include_str!("samples.json")).unwrap_or_default());

/// What is known of an element; nothing for one that no simulator stands for.
pub fn of(element: &str) -> Samples {
    ALL.get(element).cloned().unwrap_or_default()
}

impl Samples {
    /// The sample of a collection: `/accounts/{id}/tasks`, or `*/tasks` of all of them.
    pub fn record(&self, collection: &str) -> Option<&Sample> {
        let last = collection.rsplit('/').next().unwrap_or_default();
        let own = self.records.get(collection);
        own.or_else(|| self.records.get(&format!("*/{last}")))
    }

    /// Whether a call is only made by itself: `GET /attachments/{id}`. One that makes a record of its collection is tried
    /// there, too.
    pub fn calls(&self, call: &str) -> bool {
        let makes = |path| self.records.get(path).is_some_and(|it| it.create.is_some());
        let creation = call.strip_prefix("POST ").is_some_and(makes);
        !creation && self.calls.iter().any(|known| known.call == call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_can_be_read() {
        let all: BTreeMap<String, Samples> =
            serde_json::from_str(include_str!("samples.json")).unwrap();
        assert_eq!(all.len(), 8);
        let crm = of("sfdc");
        let task = crm.record("/leads/{id}/tasks").unwrap();
        assert!(task.create.is_some() && crm.record("/nothing").is_none());
        assert!(crm.calls("GET /attachments/{id}") && !crm.calls("GET /accounts"));
        let called = |call: &SampleCall| call.call == "POST /forms/{id}/fields";
        let assets = of("marketo");
        assert!(assets.calls.iter().any(called) && !assets.calls("POST /forms/{id}/fields"));
    }
}
