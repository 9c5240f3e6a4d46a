//! Calls in common names: the query and the body go to the vendor in its words, the answer comes back in ours.

use bytes::Bytes;
use ligand_engine::exchange::ResourceCall;
use ligand_engine::step::{Body, Reply};
use ligand_engine::transform::Direction;
use ligand_model::error::ErrorKind;

use super::super::Error;
use super::super::hubs::{self, Called, Target};
use super::mapped::Entry;
use crate::app::App;
use crate::vendor::drive::Explain;

/// Larger bodies are mapped on a thread that answers nobody, bytes.
const LARGE: usize = 256 * 1024;

/// Calls a resource through a transformation.
pub async fn call(
    app: &App,
    target: Target,
    entry: &std::sync::Arc<Entry>,
    mut call: ResourceCall,
    explain: Explain,
) -> Called {
    entry.mapping().query(&mut call.query);
    if !call.body.is_empty() && is_json(call.content_type.as_deref()) {
        call.body = match map(entry, Direction::ToVendor, call.body).await {
            Ok(body) => body,
            Err(error) => return error.into(),
        };
    }
    let mut called = hubs::call(app, target, call, explain).await;
    if called.explanation.is_some() {
        return called;
    }
    if let Ok(reply) = called.result {
        called.result = answer(entry, reply).await;
    }
    called
}

async fn answer(entry: &std::sync::Arc<Entry>, mut reply: Reply) -> Result<Reply, Error> {
    if let Body::Json(bytes) = &reply.body
        && !bytes.is_empty()
    {
        let mapped = map(entry, Direction::FromVendor, bytes.clone()).await?;
        reply.body = Body::Json(mapped);
    }
    Ok(reply)
}

/// Maps a body by fields.
///
/// # Errors
/// 400 for a caller's body that is no JSON, 502 for a vendor's.
pub async fn map(
    entry: &std::sync::Arc<Entry>,
    direction: Direction,
    bytes: Bytes,
) -> Result<Bytes, Error> {
    let mapped = if bytes.len() < LARGE {
        entry.mapping().map(direction, &bytes)
    } else {
        let entry = std::sync::Arc::clone(entry);
        let work = move || entry.mapping().map(direction, &bytes);
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| Error::internal(error.to_string()))?
    };
    mapped.map(Bytes::from).map_err(|_| match direction {
        Direction::FromVendor => Error::new(
            ErrorKind::VendorUnavailable,
            "The vendor's answer is not valid JSON.",
        ),
        Direction::ToVendor => Error::invalid("The body is not valid JSON."),
    })
}

fn is_json(content_type: Option<&str>) -> bool {
    content_type.is_none_or(|kind| kind.to_ascii_lowercase().contains("json"))
}
