//! Large bodies that nothing of a resource looks into: they are passed on while they come in.
//!
//! A body is read into memory as far as `LARGE`. One that ends there is an ordinary body, which can be sent again
//! when the vendor wants a fresh grant; the rest of a longer one is read by a task that hands it to the vendor client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody as _};
use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use ligand_engine::catalog::Compiled;
use ligand_engine::exchange::{Part, passes_on};
use ligand_model::error::ErrorKind;
use tokio::sync::oneshot;

use super::body::{LINGER, drain};
use super::error::ApiError;
use crate::app::App;
use crate::vendor::upload::{Broken, Source, Upload};

/// Bodies up to this many bytes are held.
const LARGE: usize = 4 * 1024 * 1024;

/// Most parts of a multipart body.
pub const MOST_PARTS: usize = 100;

/// A body, begun.
pub enum Begun {
    /// It is not long, or has to be held: the rest is still to be read.
    Small(Body),
    /// The whole of it is passed on.
    Raw(Arc<Upload>),
    /// A form with no part that is passed on.
    Held(Vec<Part>),
    /// These parts, the last of which is passed on.
    Form(Vec<Part>, Arc<Upload>),
}

/// Whose body it is.
#[derive(Debug, Clone, Copy)]
pub struct Taker<'a> {
    /// The element.
    pub element: &'a Compiled,
    /// The resource's index.
    pub resource: usize,
    /// Whether even JSON is passed on unread, and a form whole.
    pub verbatim: bool,
}

/// Begins to read the body of a resource call.
///
/// # Errors
/// 413 and 400 for parts before a large file that are too large or malformed.
pub async fn begin(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    taker: Taker<'_>,
) -> Result<Begun, ApiError> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default()
        .trim_start()
        .to_ascii_lowercase();
    let form = kind.starts_with("multipart/form-data") && !taker.verbatim;
    let raw = passes_on(taker.element, taker.resource, None);
    let read = kind.is_empty() || kind.contains("json") || kind.contains("urlencoded");
    if body.is_end_stream() || (!form && (!raw || (read && !taker.verbatim))) {
        return Ok(Begun::Small(body));
    }
    let announced: Option<u64> = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let body = match announced {
        Some(length) if length <= LARGE as u64 => return Ok(Begun::Small(body)),
        Some(_) => Body::new(Rest::new(None, body)),
        None => match begin_unannounced(body).await? {
            (begun, None) => return Ok(Begun::Small(Body::from(begun))),
            (begun, Some(body)) => Body::new(Rest::new(Some(begun), body)),
        },
    };
    if form {
        return begin_form(app, headers, body, taker).await;
    }
    let (upload, source) = Upload::new(announced, app.config.vendor.max_stream.0);
    within(app, pass_on(body, source));
    Ok(Begun::Raw(Arc::new(upload)))
}

/// Reads a body that does not say how long it is as far as [`LARGE`]; the rest, when there may be one.
async fn begin_unannounced(mut body: Body) -> Result<(Bytes, Option<Body>), ApiError> {
    let mut begun = BytesMut::new();
    while begun.len() <= LARGE {
        match body.frame().await {
            Some(Ok(frame)) => {
                begun.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
            }
            Some(Err(_)) => return Err(ApiError::invalid("The body broke off before its end.")),
            None => return Ok((begun.freeze(), None)),
        }
    }
    Ok((begun.freeze(), Some(body)))
}

/// A task that reads a body, for as long as a stream may take.
fn within(app: &App, reading: impl Future<Output = ()> + Send + 'static) {
    let patience = app.config.vendor.stream_timeout.0;
    tokio::spawn(async move {
        let _ = tokio::time::timeout(patience, reading).await;
    });
}

/// Hands a body on as it comes in.
async fn pass_on(mut body: Body, mut source: Source) {
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return source.fail(Broken::Cut).await;
        };
        if let Ok(data) = frame.into_data()
            && !source.give(data).await
        {
            let _ = tokio::time::timeout(LINGER, drain(body)).await;
            return;
        }
    }
}

/// Reads the parts of a form up to the first file that is passed on. Without one they are all held.
async fn begin_form(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    taker: Taker<'_>,
) -> Result<Begun, ApiError> {
    let (upload, source) = Upload::new(None, app.config.vendor.max_stream.0);
    let mut request = http::Request::new(body);
    if let Some(kind) = headers.get(CONTENT_TYPE) {
        request.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    // What is held is counted here, what is passed on by the upload.
    DefaultBodyLimit::disable().apply(&mut request);
    let multipart = Multipart::from_request(request, &())
        .await
        .map_err(|_| malformed())?;
    let passed: Vec<String> = taker
        .element
        .element
        .parameters
        .iter()
        .chain(
            taker
                .element
                .resource(taker.resource)
                .map_or(&[][..], |resource| &resource.parameters),
        )
        .map(|parameter| parameter.name.to_string())
        .filter(|name| passes_on(taker.element, taker.resource, Some(name)))
        .collect();
    let mut seed = [0; 16];
    app.entropy.fill(&mut seed);
    let (tell, told) = oneshot::channel();
    let reader = Form {
        multipart,
        passed,
        seed: Bytes::copy_from_slice(&seed),
        left: usize::try_from(app.config.http.max_body.0).unwrap_or(usize::MAX),
    };
    within(app, reader.read(tell, source));
    let parts = told.await.map_err(|_| malformed())??;
    let uploads = parts.iter().any(|part| part.uploaded);
    Ok(if uploads {
        Begun::Form(parts, Arc::new(upload))
    } else {
        Begun::Held(parts)
    })
}

/// A form while it is read.
struct Form {
    multipart: Multipart,
    /// Names of the parts that may be passed on.
    passed: Vec<String>,
    seed: Bytes,
    /// How many bytes may still be held.
    left: usize,
}

impl Form {
    async fn read(
        mut self,
        tell: oneshot::Sender<Result<Vec<Part>, ApiError>>,
        mut source: Source,
    ) {
        let mut parts = Vec::new();
        let end = loop {
            let mut field = match self.multipart.next_field().await {
                Ok(Some(field)) if parts.len() < MOST_PARTS => field,
                Ok(Some(_)) => break Err(too_many()),
                Ok(None) => break Ok(()),
                Err(_) => break Err(malformed()),
            };
            let mut part = Part {
                name: field.name().unwrap_or_default().to_owned(),
                file_name: field.file_name().map(str::to_owned),
                content_type: field.content_type().map(str::to_owned),
                ..Part::default()
            };
            part.uploaded = part.file_name.is_some() && self.passed.contains(&part.name);
            if part.uploaded {
                part.data = self.seed.clone();
                parts.push(part);
                // Who gave up in the meantime takes nothing from the source either.
                let _ = tell.send(Ok(parts));
                if pass_on_file(&mut field, &mut source).await {
                    drop(field);
                    expect_end(&mut self.multipart, &source).await;
                }
                return;
            }
            match hold(&mut field, &mut self.left).await {
                Ok(data) => part.data = data,
                Err(why) => break Err(why),
            }
            parts.push(part);
        };
        let refused = end.is_err();
        let _ = tell.send(end.map(|()| parts));
        if refused {
            let rest = async { while let Ok(Some(_)) = self.multipart.next_field().await {} };
            let _ = tokio::time::timeout(LINGER, rest).await;
        }
    }
}

/// Hands a file on; whether it came to its end.
async fn pass_on_file(field: &mut Field<'_>, source: &mut Source) -> bool {
    loop {
        let data = match field.chunk().await {
            Ok(Some(data)) => data,
            Ok(None) => return true,
            Err(_) => {
                source.fail(Broken::Cut).await;
                return false;
            }
        };
        if !source.give(data).await {
            // Nobody wants the rest; reading on lets the caller see the answer.
            let rest = async { while let Ok(Some(_)) = field.chunk().await {} };
            let _ = tokio::time::timeout(LINGER, rest).await;
            return false;
        }
    }
}

/// Behind a file that was handed on the form must end.
async fn expect_end(multipart: &mut Multipart, source: &Source) {
    match multipart.next_field().await {
        Ok(None) => {}
        Ok(Some(late)) => {
            let name = late.name().unwrap_or_default().to_owned();
            source.fail(Broken::Late(name)).await;
        }
        Err(_) => source.fail(Broken::Cut).await,
    }
}

fn malformed() -> ApiError {
    ApiError::invalid("The multipart body is malformed.")
}

fn too_many() -> ApiError {
    let why = format!("The multipart body has more than {MOST_PARTS} parts.");
    ApiError::new(ErrorKind::TooLarge, why)
}

async fn hold(field: &mut Field<'_>, left: &mut usize) -> Result<Bytes, ApiError> {
    let mut data = BytesMut::new();
    loop {
        match field.chunk().await {
            Ok(None) => return Ok(data.freeze()),
            Ok(Some(piece)) => {
                *left = left.checked_sub(piece.len()).ok_or_else(|| {
                    let why = "The parts of the form that have to be held are too large.";
                    ApiError::new(ErrorKind::TooLarge, why)
                })?;
                data.extend_from_slice(&piece);
            }
            Err(_) => return Err(malformed()),
        }
    }
}

/// A body whose beginning may have been read. It gives one piece at a time: the parser of forms takes whatever it gets
/// at once, and would hold what the vendor is not yet ready for.
struct Rest {
    begun: Option<Bytes>,
    body: Body,
    given: bool,
}

impl Rest {
    const fn new(begun: Option<Bytes>, body: Body) -> Self {
        Self {
            begun,
            body,
            given: false,
        }
    }
}

impl hyper::body::Body for Rest {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if std::mem::take(&mut self.given) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = match self.begun.take() {
            Some(begun) => Poll::Ready(Some(Ok(Frame::data(begun)))),
            None => Pin::new(&mut self.body).poll_frame(context),
        };
        self.given = polled.is_ready();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.begun.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
