//! `Idempotency-Key`: a write is done once. What it came to is kept, sealed, for a day, and answered again to whoever
//! repeats it.
//!
//! The key is noted before anything is done and the outcome after. A process that ends in between leaves a key whose
//! outcome nobody knows, and that is what a repetition is told: it is never sent again in silence.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use ligand_model::error::ErrorKind;
use ligand_model::id::{ApiKeyId, InstanceId, OrganizationId};
use ligand_model::secret::TokenDigest;
use ligand_store::identity::Caller;
use ligand_store::outcomes::{Begun, Known, Once};
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Content};
use super::body;
use super::call::VendorNote;
use super::dispatch::Arrived;
use super::error::ApiError;
use crate::app::App;

/// How long an outcome is kept, milliseconds.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// Longest key, bytes.
const LONGEST: usize = 255;
/// The largest answer that is kept.
const LARGEST: usize = 1024 * 1024;
/// Another process is given so long beyond the longest call, before its outcome is unknown; milliseconds.
const GRACE_MS: i64 = 30_000;

const KEY: &str = "idempotency-key";
const EXPLAIN: &str = "elements-explain";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const ORIGINAL: HeaderName = HeaderName::from_static("elements-original-request-id");

/// What a key leads to.
pub enum Claimed {
    /// There is none, or the request changes nothing.
    No,
    /// The request was made before: this is the answer.
    Before(Box<Result<Answer, ApiError>>),
    /// The request is to be done now.
    Now(Held),
}

/// A key that is being worked on here.
pub struct Held {
    app: App,
    organization: OrganizationId,
    key: TokenDigest,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut keys = self.app.memory.once.keys();
        keys.remove(&(self.organization, self.key));
    }
}

/// Whether a request asks to be done once: then it goes on when its caller goes away.
pub fn is_asked(method: &Method, headers: &HeaderMap) -> bool {
    let writes = matches!(
        *method,
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE
    );
    writes && headers.contains_key(KEY)
}

/// Notes that a request begins, or finds what it came to before. `key` is the scoped key that was shown: what one key
/// did is no other's to see.
///
/// # Errors
/// 400 for a key that is none, 422 for another request under the same key, 409 while it is worked on or when its outcome
/// is unknown; those of reading the body.
pub async fn claim(
    app: &App,
    caller: &Caller,
    key: Option<ApiKeyId>,
    instance: Option<InstanceId>,
    arrived: &mut Arrived,
) -> Result<Claimed, ApiError> {
    if !is_asked(&arrived.method, &arrived.headers) {
        return Ok(Claimed::No);
    }
    let given = arrived.headers.get(KEY).and_then(|key| key.to_str().ok());
    let given = given.map(str::trim).unwrap_or_default();
    if given.is_empty() || given.len() > LONGEST {
        return Err(ApiError::invalid(format!(
            "`Idempotency-Key` is a text of 1 to {LONGEST} visible characters."
        )));
    }
    let taken = std::mem::take(&mut arrived.body);
    let bytes = body::read(&arrived.headers, taken, app.config.http.max_body.0).await?;
    arrived.body = Body::from(bytes.clone());
    let instance = instance.map_or(0, |id| id.0);
    let scoped = key.map_or(0, |id| id.0);
    let key = digest([
        caller.user.0.to_string().as_bytes(),
        scoped.to_string().as_bytes(),
        instance.to_string().as_bytes(),
        given.as_bytes(),
    ]);
    let request = digest([
        arrived.method.as_str().as_bytes(),
        arrived.path.as_bytes(),
        arrived.raw_query.as_bytes(),
        // What was only explained was not done.
        arrived
            .headers
            .get(EXPLAIN)
            .map(HeaderValue::as_bytes)
            .unwrap_or_default(),
        &bytes,
    ]);
    let organization = caller.organization;
    if !app.memory.once.keys().insert((organization, key)) {
        return Err(busy());
    }
    let held = Held {
        app: app.clone(),
        organization,
        key,
    };
    let process = app.memory.once.process(app);
    let room = app.memory.once.room(app, organization).await?;
    let once = Once {
        organization,
        key,
        request,
        request_id: arrived.id.to_string(),
        process: process.clone(),
        expires: app.now().plus_millis(KEPT_MS),
        room,
    };
    match app.store.begin_once(once).await {
        Ok(Begun::New) => Ok(Claimed::Now(held)),
        Ok(Begun::Known(known)) => before(app, known, request, &process),
        // Another node began it in the same moment.
        Err(ligand_store::Error::Conflict { .. }) => Err(busy()),
        Err(error) => Err(error.into()),
    }
}

/// What is said of a request that was made before.
fn before(
    app: &App,
    known: Known,
    request: TokenDigest,
    process: &str,
) -> Result<Claimed, ApiError> {
    if known.request != request.0 {
        return Err(ApiError::new(
            ErrorKind::Unprocessable,
            "This `Idempotency-Key` was used with another request; a new request takes a new key.",
        ));
    }
    if let Some(outcome) = known.outcome {
        let outcome: Outcome = serde_json::from_slice(&outcome)
            .map_err(|_| ApiError::new(ErrorKind::Internal, "Internal error"))?;
        return Ok(Claimed::Before(Box::new(outcome.replay(&known.request_id))));
    }
    let longest = i64::try_from(app.config.vendor.total_timeout.0.as_millis()).unwrap_or(i64::MAX);
    let over = known.created.plus_millis(longest).plus_millis(GRACE_MS);
    if known.process != process && app.store.is_shared() && app.now() < over {
        return Err(busy());
    }
    Err(ApiError::new(
        ErrorKind::Conflict,
        format!(
            "The outcome of this request is unknown: it began at {} as request {}, and the server ended before it was \
             kept. The vendor may have carried it out: look there before you send it again with a new `Idempotency-Key`.",
            known.created.to_iso(),
            known.request_id
        ),
    ))
}

fn busy() -> ApiError {
    let mut error = ApiError::new(
        ErrorKind::Conflict,
        "A request with this `Idempotency-Key` is being worked on; ask again in a moment.",
    );
    let second = HeaderValue::from_static("1");
    error.headers.push((http::header::RETRY_AFTER, second));
    error
}

impl Held {
    /// Keeps what the request came to, or forgets the key when nothing was done.
    pub async fn settle(
        self,
        result: Result<Answer, ApiError>,
        vendor: Option<&VendorNote>,
    ) -> Result<Answer, ApiError> {
        let asked = vendor.is_some_and(|note| note.attempts > 0);
        let (outcome, result) = match result {
            Ok(answer) => {
                let (outcome, answer) = Outcome::of(answer).await;
                (Some(outcome), Ok(answer))
            }
            Err(error) => (Outcome::of_error(&error, asked), Err(error)),
        };
        let store = &self.app.store;
        let kept = match outcome {
            Some(outcome) => {
                let text = serde_json::to_vec(&outcome).unwrap_or_default();
                store.keep_outcome(self.organization, self.key, &text).await
            }
            None => store.forget_outcome(self.organization, self.key).await,
        };
        if let Err(error) = kept {
            tracing::error!(error = %error, "what a request came to could not be kept; repeating it will say so");
        }
        result
    }
}

/// What a request came to.
#[derive(Serialize, Deserialize)]
struct Outcome {
    status: u16,
    headers: Vec<(String, String)>,
    what: What,
}

#[derive(Serialize, Deserialize)]
enum What {
    Empty,
    Platform(serde_json::Value),
    Json(String),
    File(String),
    Page(String),
    /// Larger than is kept.
    Large,
    Error {
        message: String,
        provider_message: Option<String>,
    },
}

impl Outcome {
    async fn of(mut answer: Answer) -> (Self, Answer) {
        let text = |bytes: &[u8]| STANDARD.encode(bytes);
        let what = match &answer.content {
            Content::Empty => What::Empty,
            Content::Platform(value) if value.to_string().len() <= LARGEST => {
                What::Platform(value.clone())
            }
            Content::Json(bytes) if bytes.len() <= LARGEST => What::Json(text(bytes)),
            Content::Page(page) if page.len() <= LARGEST => What::Page(page.clone()),
            _ => What::Large,
        };
        let mut outcome = Self {
            status: answer.status,
            headers: Vec::new(),
            what,
        };
        if let Content::File(stream) = answer.content {
            let (begun, whole) = begin(stream).await;
            if let Some(whole) = whole {
                outcome.what = What::File(text(&whole));
            }
            answer.content = Content::File(begun);
        }
        outcome.headers = answer
            .headers
            .iter()
            .filter_map(|(name, value)| {
                Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
            })
            .collect();
        (outcome, answer)
    }

    /// None when nothing was done: the key may then be used again.
    fn of_error(error: &ApiError, asked: bool) -> Option<Self> {
        let passing = matches!(error.kind, ErrorKind::RateLimited | ErrorKind::Unavailable);
        (asked && !passing).then(|| Self {
            status: error.status().as_u16(),
            headers: Vec::new(),
            what: What::Error {
                message: error.message.clone(),
                provider_message: error.provider_message.clone(),
            },
        })
    }

    fn replay(self, request_id: &str) -> Result<Answer, ApiError> {
        let mut headers = vec![(REPLAYED, HeaderValue::from_static("true"))];
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.push((ORIGINAL, id));
        }
        let bytes = |text: String| Bytes::from(STANDARD.decode(text).unwrap_or_default());
        let content = match self.what {
            What::Error {
                message,
                provider_message,
            } => {
                let kind = ErrorKind::from_vendor_status(self.status);
                return Err(ApiError {
                    status: Some(self.status),
                    provider_message,
                    headers,
                    ..ApiError::new(kind, message)
                });
            }
            What::Large => {
                return Err(ApiError {
                    headers,
                    ..ApiError::new(
                        ErrorKind::Conflict,
                        format!(
                            "This request was done as request {request_id} and answered {}; its answer was too large to be kept.",
                            self.status
                        ),
                    )
                });
            }
            What::Empty => Content::Empty,
            What::Platform(value) => Content::Platform(value),
            What::Json(text) => Content::Json(bytes(text)),
            What::File(text) => Content::File(Body::from(bytes(text))),
            What::Page(page) => Content::Page(page),
        };
        let mut answer = Answer::new(content);
        answer.status = self.status;
        for (name, value) in &self.headers {
            answer = answer.header(name, value);
        }
        answer.headers.extend(headers);
        Ok(answer)
    }
}

/// Reads the beginning of a stream: what the caller gets, and the whole when it is small enough to be kept.
async fn begin(mut stream: Body) -> (Body, Option<Bytes>) {
    let mut read = BytesMut::new();
    loop {
        match stream.frame().await {
            None => {
                let whole = read.freeze();
                return (Body::from(whole.clone()), Some(whole));
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    read.extend_from_slice(&data);
                }
            }
            // The caller sees the same break.
            Some(Err(error)) => {
                let broken = joined(read.freeze(), Some(Err(error)), None);
                return (broken, None);
            }
        }
        if read.len() > LARGEST {
            return (joined(read.freeze(), None, Some(stream)), None);
        }
    }
}

/// A body that begins with bytes at hand.
fn joined(first: Bytes, then: Option<Result<Bytes, axum::Error>>, rest: Option<Body>) -> Body {
    Body::new(Joined {
        first: Some(first),
        then,
        rest,
    })
}

struct Joined {
    first: Option<Bytes>,
    then: Option<Result<Bytes, axum::Error>>,
    rest: Option<Body>,
}

impl hyper::body::Body for Joined {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        use std::task::Poll;
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(hyper::body::Frame::data(first))));
        }
        if let Some(then) = self.then.take() {
            return Poll::Ready(Some(then.map(hyper::body::Frame::data)));
        }
        match &mut self.rest {
            Some(rest) => std::pin::Pin::new(rest).poll_frame(context),
            None => Poll::Ready(None),
        }
    }
}

/// One digest of several texts, none of which can pass for another's part.
fn digest<const N: usize>(parts: [&[u8]; N]) -> TokenDigest {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    TokenDigest(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_digest_do_not_run_together() {
        assert_ne!(digest([b"ab", b"c"]), digest([b"a", b"bc"]));
        assert_eq!(digest([b"ab", b"c"]), digest([b"ab", b"c"]));
    }

    #[tokio::test]
    async fn a_large_stream_reaches_its_caller_whole_and_is_not_kept() {
        let large = vec![7_u8; LARGEST + 10];
        let (body, kept) = begin(Body::from(large.clone())).await;
        assert!(kept.is_none());
        assert_eq!(body.collect().await.unwrap().to_bytes(), large);
        let (body, kept) = begin(Body::from("small")).await;
        assert_eq!(kept.unwrap(), "small");
        assert_eq!(body.collect().await.unwrap().to_bytes(), "small");
    }
}
