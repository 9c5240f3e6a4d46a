//! `ANY /passthrough/{vendor path}`

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::resources::{self, Head};
use super::upload::Taker;
use crate::service::hubs::Target;
use crate::service::{elements, passthrough as service};

/// Calls the vendor's own API with the instance's credential.
pub async fn call(mut call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let instance = call.instance()?;
    let element = elements::of_instance(&call.app, &instance.instance).await?;
    let explain = resources::explain(&call.headers)?;
    let body = call.take_body();
    let path = call
        .path
        .trim_start_matches('/')
        .strip_prefix("passthrough")
        .unwrap_or_default();
    let path = match call.raw_query.as_str() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    };
    let head = Head {
        method: call.method.as_str().to_owned(),
        path: call.path.clone(),
        raw_query: String::new(),
        headers: std::mem::take(&mut call.headers),
    };
    let target = service::target(&call.app, instance, &element, &head.method, &path)?;
    let taker = Taker {
        element: &target.element,
        resource: target.resource,
        verbatim: true,
    };
    let (request, upload) = resources::take(&call.app, head, body, taker).await?;
    let target = Target { upload, ..target };
    let called = service::call(&call.app, target, request, explain).await;
    resources::answer(called, &call.vendor)
}
