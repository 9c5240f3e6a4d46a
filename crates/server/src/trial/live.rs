//! The same checks through an instance of a running server: by reading alone, since the account is somebody's.

use std::sync::Arc;

use ligand_engine::catalog;
use ligand_model::id::ElementId;
use serde_json::Value;

use super::checks::{self, Trial};
use super::{Line, Verdict};
use crate::cli::Failed;
use crate::cli::element::remote::Remote;

/// Tries an element through the instance of this id.
///
/// # Errors
/// Whatever keeps the trial from beginning: no such instance, one of another element, a server that does not answer.
pub(crate) async fn run(remote: Remote, element: &str, instance: i64) -> Result<Vec<Line>, Failed> {
    let path = format!("/instances/{instance}");
    let shown = remote.send("GET", &path, Vec::new()).await?;
    let text = |at: &str| {
        shown
            .pointer(at)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let key = text("/element/key").to_owned();
    let id = shown.pointer("/element/id").and_then(Value::as_i64);
    if key != element && id.map(|id| id.to_string()).as_deref() != Some(element) {
        return Err(format!("instance {instance} is one of {key}, not of {element}").into());
    }
    let token = text("/token");
    if token.is_empty() {
        return Err(format!("instance {instance} shows no token").into());
    }
    let authorization = remote.with_token(token);
    // The definition as the server has it, which the instance runs on.
    let exported = remote
        .send("GET", &format!("/elements/{key}/export"), Vec::new())
        .await?;
    let (element, _) = catalog::import(&serde_json::to_vec(&exported)?, ElementId(1))?;
    let mut lines = vec![Line {
        resource: "*".to_owned(),
        check: "auth",
        call: None,
        verdict: Verdict::Pass,
        note: String::new(),
    }];
    let trial = Trial {
        remote,
        authorization,
        element: Arc::new(element),
        samples: ligand_sim::samples::of(&key),
        generic: None,
        control: None,
        live: true,
    };
    lines.extend(checks::all(&trial).await?);
    Ok(lines)
}
