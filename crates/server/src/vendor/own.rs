//! Our own API, called by scripts of transformations: answered in this process, not over the network.

use std::sync::OnceLock;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use ligand_engine::step::{VendorReply, VendorRequest};

use super::hook_threads::Fetched;

type Answering = std::pin::Pin<Box<dyn Future<Output = Response> + Send>>;
type Serve = Box<dyn Fn(Request) -> Answering + Send + Sync>;

/// Largest answer that a script is given, bytes.
const LARGEST: usize = 32 * 1024 * 1024;

/// The API, once it is there.
#[derive(Default)]
pub struct OwnApi(OnceLock<Serve>);

impl std::fmt::Debug for OwnApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnApi").finish_non_exhaustive()
    }
}

impl OwnApi {
    /// Says what answers; the first word counts.
    pub fn serve(&self, answer: Serve) {
        let _ = self.0.set(answer);
    }

    /// Answers a script's request for a path of ours.
    pub(super) async fn call(&self, path: &str, request: &VendorRequest) -> Fetched {
        let answer = self.0.get().ok_or("there is no API to call")?;
        let mut wanted = Request::builder().method(request.method.as_str()).uri(path);
        for (name, value) in &request.headers {
            wanted = wanted.header(name.as_str(), value.as_str());
        }
        let wanted = wanted
            .body(Body::from(request.body.clone()))
            .map_err(|_| "the request is malformed")?;
        // A task of its own: a script that calls a script must not pile up on one stack. It ends with its caller.
        let mut task = tokio::task::JoinSet::new();
        task.spawn(answer(wanted));
        let answered = task.join_next().await.and_then(Result::ok);
        let (parts, body) = answered.ok_or("the call was given up")?.into_parts();
        let limited = http_body_util::Limited::new(body, LARGEST);
        let body: Bytes = limited
            .collect()
            .await
            .map_err(|_| "the answer is too large for a script")?
            .to_bytes();
        let headers = parts.headers.iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        Ok(VendorReply {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            body,
        })
    }
}
