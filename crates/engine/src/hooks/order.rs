//! A hook's own HTTP call: from the script's queue to a request, and the answer back.

use bytes::Bytes;
use rquickjs::{Ctx, Function, Object, TypedArray, Undefined};

use super::encoding;
use crate::step::{VendorReply, VendorRequest};

/// A request that the script wants sent.
pub(super) struct Order<'js> {
    pub(super) request: VendorRequest,
    /// Takes the answer.
    pub(super) settle: Function<'js>,
    /// Called when nothing is left to run but the answer.
    pub(super) conclude: Function<'js>,
}

/// A request that cannot be made: whom to tell, and what.
type Refused<'js> = (Function<'js>, String);

impl<'js> Order<'js> {
    /// Reads what the transport module queued.
    pub(super) fn read(
        wanted: &Object<'js>,
        conclude: &Function<'js>,
    ) -> rquickjs::Result<Result<Self, Refused<'js>>> {
        let settle: Function<'js> = wanted.get("settle")?;
        let method: String = wanted.get("method")?;
        let url: String = wanted.get("url")?;
        let flat: Vec<String> = wanted.get("headers")?;
        let body: String = wanted.get("body")?;
        if let Some(why) = unfit(&method, &url) {
            return Ok(Err((settle, why)));
        }
        let mut flat = flat.into_iter();
        let mut headers = Vec::new();
        while let (Some(name), Some(value)) = (flat.next(), flat.next()) {
            headers.push((name, value));
        }
        let request = VendorRequest {
            method,
            url,
            headers,
            body: Bytes::from(encoding::decode64(&body)),
            after_upload: None,
            stream: false,
            carries_application_secret: false,
        };
        Ok(Ok(Self {
            request,
            settle,
            conclude: conclude.clone(),
        }))
    }
}

/// Why a request cannot be made. The URL may hold secrets, so nothing is quoted.
fn unfit(method: &str, url: &str) -> Option<String> {
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some("Method must be a valid HTTP token".to_owned());
    }
    match url::Url::parse(url) {
        Ok(parsed) if !matches!(parsed.scheme(), "http" | "https") => Some(format!(
            "Protocol \"{}:\" not supported. Expected \"https:\"",
            parsed.scheme()
        )),
        Ok(_) => None,
        Err(_) => Some("Invalid URL".to_owned()),
    }
}

/// Hands the answer, or why there is none, to the script.
pub(super) fn settle<'js>(
    ctx: &Ctx<'js>,
    settle: &Function<'js>,
    answer: Result<VendorReply, String>,
) -> rquickjs::Result<()> {
    match answer {
        Err(why) => settle.call((why,)),
        Ok(reply) => {
            let headers: Vec<String> = reply
                .headers
                .into_iter()
                .flat_map(|(name, value)| [name, value])
                .collect();
            let body = TypedArray::<u8>::new(ctx.clone(), reply.body.as_ref())?;
            settle.call((Undefined, reply.status, headers, body))
        }
    }
}
