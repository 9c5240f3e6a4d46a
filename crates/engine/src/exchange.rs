//! One resource call as a state machine that asks for I/O.
//!
//! The order follows the format: parameters → element hook → resource hook → vendor → element hook → root key →
//! resource hook → response parameters → next resource of the chain → nulls, fields, page headers.

mod answer;
mod call;
mod draft;
mod hooking;
mod paging;
mod plan;
mod reply;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use ligand_model::configuration::Grant;
use ligand_model::element::{AuthenticationKind, Resource};
use ligand_model::error::{Classify, ErrorKind};
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

pub use call::{Part, ResourceCall};
use draft::Draft;
use paging::Paging;
use plan::Sources;
use reply::Content;

use crate::catalog::Compiled;
use crate::error::Error;
use crate::json_path;
use crate::redact;
use crate::scan;
use crate::step::{Body, Failure, Input, Outcome, Reply, Step, VendorReply};
use crate::template;

/// Most resources in a chain.
const MOST_LINKS: u8 = 5;

/// What a call needs to know of its surroundings.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// Now.
    pub now: Timestamp,
    /// Where the vendor's webhooks of this instance arrive; fills `{webhookCallbackUrl}`.
    pub webhook_callback_url: String,
}

/// The answer of the link before this one in a chain.
#[derive(Debug, Clone)]
struct Previous {
    body: Value,
    headers: Vec<(String, String)>,
}

/// Which hook of the current link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct HookRef {
    of_element: bool,
    index: usize,
}

/// Where the call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    Refreshing,
    BeforeVendor,
    AtVendor,
    AfterVendor,
}

/// The vendor's answer while it is being worked on.
#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    content: Content,
    /// The body before its root was taken.
    raw: Option<Value>,
    rooted: bool,
    failure: Option<Failure>,
}

/// One resource call.
#[derive(Debug)]
pub struct Exchange {
    compiled: Arc<Compiled>,
    resource: usize,
    variables: BTreeMap<String, String>,
    call: ResourceCall,
    values: BTreeMap<String, String>,
    setting: Setting,
    writes: BTreeMap<String, Option<String>>,
    state: State,
    links: u8,
    previous: Option<Previous>,
    refreshed: bool,
    vendor_status: Option<u16>,
    paging: Option<Paging>,
    draft: Draft,
    hooks: VecDeque<HookRef>,
    current_hook: Option<HookRef>,
    answer: Option<Answer>,
}

impl Exchange {
    /// A call of one resource with an instance's values.
    pub fn new(
        compiled: Arc<Compiled>,
        resource: usize,
        variables: BTreeMap<String, String>,
        call: ResourceCall,
        values: BTreeMap<String, String>,
        setting: Setting,
    ) -> Self {
        Self {
            compiled,
            resource,
            variables,
            call,
            values,
            setting,
            writes: BTreeMap::new(),
            state: State::Begin,
            links: 0,
            previous: None,
            refreshed: false,
            vendor_status: None,
            paging: None,
            draft: Draft::default(),
            hooks: VecDeque::new(),
            current_hook: None,
            answer: None,
        }
    }

    /// For lifecycle calls and passthrough, whose grant is not to be refreshed on the way.
    #[must_use]
    pub fn without_refresh(mut self) -> Self {
        self.refreshed = true;
        self
    }

    /// Takes what happened and says what happens next.
    pub fn next(&mut self, input: Input) -> Step {
        match self.advance(input) {
            Ok(step) => step,
            Err(failure) => self.done(Err(failure)),
        }
    }

    fn advance(&mut self, input: Input) -> Result<Step, Failure> {
        match (self.state, input) {
            (State::Begin, Input::Start) => {
                if !self.refreshed && self.session_expired() {
                    self.state = State::Refreshing;
                    return Ok(Step::Refresh);
                }
                self.begin_link()
            }
            (State::Refreshing, Input::Refreshed(values)) => {
                self.values = values;
                self.refreshed = true;
                self.begin_link()
            }
            (State::Refreshing, Input::RefreshFailed(message, provider_message)) => Err(Failure {
                kind: ErrorKind::Unauthenticated,
                status: None,
                message,
                provider_message,
            }),
            (State::BeforeVendor | State::AfterVendor, Input::Hook(result)) => self.hooked(result),
            (State::AtVendor, Input::Reply(reply)) => self.replied(reply),
            (_, Input::Unreachable(kind, message)) => Err(Failure {
                kind,
                status: None,
                message,
                provider_message: None,
            }),
            (state, _) => Err(Failure {
                kind: ErrorKind::Internal,
                status: None,
                message: format!("The call was driven out of order ({state:?})."),
                provider_message: None,
            }),
        }
    }

    fn resource(&self) -> Result<&Resource, Failure> {
        self.compiled
            .resource(self.resource)
            .ok_or_else(|| Failure {
                kind: ErrorKind::NotFound,
                status: None,
                message: "The element no longer has this resource.".to_owned(),
                provider_message: None,
            })
    }

    /// Whether the grant or session has passed by its own clock and something can renew it.
    fn session_expired(&self) -> bool {
        let element = &self.compiled.element;
        if self.renews_grant() {
            return Grant::of(&self.values).expired(self.setting.now, 0);
        }
        let number = |key: &str| {
            template::resolve(element, &self.values, key).and_then(|text| text.parse::<i64>().ok())
        };
        match (number("authentication.time"), number("expires_in")) {
            (Some(time), Some(seconds)) if self.renews_session() => {
                self.setting.now.0 >= time.saturating_add(seconds.saturating_mul(1000))
            }
            _ => false,
        }
    }

    fn renews_grant(&self) -> bool {
        let element = &self.compiled.element;
        let oauth = matches!(
            element.authentication.kind,
            AuthenticationKind::Oauth2 | AuthenticationKind::Oauth2Password
        );
        oauth
            && (self
                .values
                .get("oauth.user.refresh_token")
                .is_some_and(|token| !token.is_empty())
                || element.lifecycle("oauthOnTokenRefresh").next().is_some())
    }

    fn renews_session(&self) -> bool {
        let element = &self.compiled.element;
        ["onRefresh", "provisionAuthValidation"]
            .iter()
            .any(|kind| element.lifecycle(kind).next().is_some())
    }

    /// Plans the current resource and starts its hooks.
    fn begin_link(&mut self) -> Result<Step, Failure> {
        let compiled = Arc::clone(&self.compiled);
        let element = &compiled.element;
        let resource = self.resource()?;
        if resource.kind.as_deref() == Some("java") || is_stub(resource) {
            return Err(Failure {
                kind: ErrorKind::Invalid,
                status: None,
                message: "This API is not currently supported for this element".to_owned(),
                provider_message: None,
            });
        }
        self.call.check_json().map_err(invalid)?;
        let mut query = self.call.query.clone();
        let paging = Paging::read(element, resource, &self.values, &mut query).map_err(invalid)?;
        self.call.query = query;
        let sources = Sources {
            element,
            resource: self.resource()?,
            variables: &self.variables,
            call: &self.call,
            values: &self.values,
            setting: &self.setting,
            paging: &paging,
            previous: self.previous.as_ref(),
        };
        self.draft = sources.draft().map_err(invalid)?;
        self.paging = Some(paging);
        self.answer = None;
        self.state = State::BeforeVendor;
        self.hooks = self.hooks_of("preRequest");
        self.next_hook_or(Self::send)
    }

    fn hooks_of(&self, kind: &str) -> VecDeque<HookRef> {
        let of = |hooks: &[ligand_model::element::Hook], of_element| {
            hooks
                .iter()
                .enumerate()
                .filter(|(_, hook)| hook.kind == kind && hook.body.is_some())
                .map(|(index, _)| HookRef { of_element, index })
                .collect::<Vec<_>>()
        };
        let mut all = of(&self.compiled.element.hooks, true);
        if let Some(resource) = self.compiled.resource(self.resource) {
            all.extend(of(&resource.hooks, false));
        }
        all.into()
    }

    /// Runs the next waiting hook, or goes on.
    fn next_hook_or(
        &mut self,
        then: impl FnOnce(&mut Self) -> Result<Step, Failure>,
    ) -> Result<Step, Failure> {
        match self.hooks.pop_front() {
            Some(hook) => {
                if self.state == State::AfterVendor && !hook.of_element {
                    self.take_root();
                }
                self.current_hook = Some(hook);
                Ok(Step::RunHook(Box::new(self.hook_call(hook)?)))
            }
            None => then(self),
        }
    }

    fn hooked(
        &mut self,
        result: Result<crate::step::HookResult, crate::step::HookError>,
    ) -> Result<Step, Failure> {
        let result = match result {
            Ok(result) => result,
            // A hook that stumbles over an error body must not hide the vendor's error.
            Err(_)
                if self
                    .answer
                    .as_ref()
                    .is_some_and(|answer| answer.failure.is_some()) =>
            {
                crate::step::HookResult {
                    proceed: true,
                    ..Default::default()
                }
            }
            Err(error) => {
                return Err(Failure {
                    kind: ErrorKind::Invalid,
                    status: None,
                    message: format!("A hook of the element failed: {error}"),
                    provider_message: None,
                });
            }
        };
        if self.state == State::BeforeVendor {
            self.merge_before(&result)?;
            if !result.proceed {
                return self.skip_vendor(&result);
            }
            return self.next_hook_or(Self::send);
        }
        self.merge_after(&result);
        self.next_hook_or(Self::finish_link)
    }

    /// `continue: false`: no vendor call, the hook's own answer goes through the hooks after it.
    fn skip_vendor(&mut self, result: &crate::step::HookResult) -> Result<Step, Failure> {
        self.answer = Some(Answer {
            status: 200,
            headers: Vec::new(),
            content: Content::made(json!({})),
            raw: None,
            rooted: false,
            failure: None,
        });
        self.merge_after(result);
        self.state = State::AfterVendor;
        self.hooks = self.hooks_of("postRequest");
        self.next_hook_or(Self::finish_link)
    }

    fn send(&mut self) -> Result<Step, Failure> {
        let draft = std::mem::take(&mut self.draft);
        let url = self.vendor_url(&draft.path)?;
        let stream = self.resource()?.answer.as_deref() == Some("stream")
            || draft
                .header("elements-stream")
                .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        self.state = State::AtVendor;
        let mut request = draft.into_request(url, stream);
        request.carries_application_secret = obtains_grant(self.resource()?);
        Ok(Step::Send(Box::new(request)))
    }

    /// Base and path put together; a token still open cannot be sent.
    fn vendor_url(&self, path: &str) -> Result<String, Failure> {
        let element = &self.compiled.element;
        let absolute = path.starts_with("http://") || path.starts_with("https://");
        let url = if absolute {
            path.to_owned()
        } else {
            let base = template::resolve(element, &self.values, "base.url").unwrap_or_default();
            let base = template::fill_url(&base, |name| {
                let key = element
                    .parameters
                    .iter()
                    .find(|p| {
                        p.vendor_type == "path"
                            && p.vendor_name == name
                            && p.kind == "configuration"
                    })
                    .map_or(name, |parameter| parameter.name.as_str());
                template::resolve(element, &self.values, key)
                    .filter(|value| !value.is_empty())
                    .or_else(|| self.variables.get(name).cloned())
            })
            .map_err(invalid)?;
            join(&base, path)
        };
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(invalid(Error::Invalid(
                "The instance has no `base.url`; set it in its configuration.".to_owned(),
            )));
        }
        let (address, query) = url
            .split_once('?')
            .map_or((url.as_str(), None), |(a, q)| (a, Some(q)));
        if let Some(open) = address.find('{') {
            let token = address.get(open..).unwrap_or_default();
            let token = token.split_inclusive('}').next().unwrap_or(token);
            return Err(invalid(Error::Invalid(format!(
                "The path value {token} is missing."
            ))));
        }
        let query = query
            .map(|query| format!("?{}", template::encode_rest(query)))
            .unwrap_or_default();
        Ok(format!("{}{query}", template::encode_rest(address)))
    }

    fn replied(&mut self, reply: VendorReply) -> Result<Step, Failure> {
        self.vendor_status = Some(reply.status);
        let compiled = Arc::clone(&self.compiled);
        let streams = self.resource()?.answer.as_deref() == Some("stream");
        if streams && (200..300).contains(&reply.status) {
            return Ok(self.done(Ok(stream_reply(&reply))));
        }
        let mut content = Content::of(&reply);
        let verdict = reply::judge(&compiled.element, reply.status, &mut content);
        if let Some(verdict) = &verdict
            && verdict.status == 401
            && !self.refreshed
            && (self.renews_grant() || self.renews_session())
        {
            self.state = State::Refreshing;
            return Ok(Step::Refresh);
        }
        let failure = verdict.map(|verdict| {
            let said = redact::provider_message(&content.text(), &self.values);
            let mut failure = reply::failure(&verdict, said);
            failure.message = redact::line(&failure.message, &self.values);
            failure
        });
        self.answer = Some(Answer {
            status: reply.status,
            headers: reply.headers,
            content,
            raw: None,
            rooted: false,
            failure,
        });
        self.state = State::AfterVendor;
        self.hooks = self.hooks_of("postRequest");
        self.next_hook_or(Self::finish_link)
    }

    /// Replaces the body by its root, once, when the root is there; error bodies have none.
    fn take_root(&mut self) {
        let root = self
            .compiled
            .resource(self.resource)
            .and_then(|resource| reply::response_root(resource.root_key.as_deref()))
            .map(str::to_owned);
        let Some(answer) = &mut self.answer else {
            return;
        };
        let Some(root) = root.filter(|_| !answer.rooted && answer.failure.is_none()) else {
            return;
        };
        let needs_raw = answer.raw.is_none();
        let value = answer.content.value();
        if json_path::get(value, &root).is_none() {
            return;
        }
        let raw = needs_raw.then(|| value.clone());
        if let Some(rooted) = json_path::take(value, &root) {
            *value = rooted;
            answer.rooted = true;
        }
        if raw.is_some() {
            answer.raw = raw;
        }
    }

    /// After all hooks of a link: what must be there, what is kept, what comes next.
    fn finish_link(&mut self) -> Result<Step, Failure> {
        self.take_root();
        let Some(mut answer) = self.answer.take() else {
            return self.begin_link();
        };
        if let Some(failure) = answer.failure {
            return Err(failure);
        }
        let resource = self.resource()?.clone();
        if answer.content.is_unintelligible() && resource.answer.is_none() {
            return Err(Failure {
                kind: ErrorKind::VendorUnavailable,
                status: None,
                message: "The vendor's answer is not the JSON it should be.".to_owned(),
                provider_message: Some(redact::provider_message(
                    &answer.content.text().chars().take(500).collect::<String>(),
                    &self.values,
                )),
            });
        }
        if let Some(path) = &resource.not_found {
            let raw = match &answer.raw {
                Some(raw) => raw,
                None => answer.content.value(),
            };
            if json_path::get(raw, path).is_none_or(Value::is_null) {
                return Err(Failure {
                    kind: ErrorKind::NotFound,
                    status: None,
                    message: "The vendor has no such record.".to_owned(),
                    provider_message: None,
                });
            }
        }
        self.keep_response_parameters(&resource, &mut answer);
        if let Some(next) = resource
            .next_resource
            .as_deref()
            .filter(|next| !next.is_empty())
        {
            return self.next_link(next, answer);
        }
        Ok(self.finish(&resource, answer))
    }

    fn next_link(&mut self, next: &str, mut answer: Answer) -> Result<Step, Failure> {
        self.links += 1;
        if self.links >= MOST_LINKS {
            return Err(invalid(Error::Invalid(format!(
                "A chain of resources may have {MOST_LINKS} links; `{next}` would be one more."
            ))));
        }
        let index = self.compiled.chained(next).ok_or_else(|| {
            invalid(Error::Invalid(format!(
                "The next resource `{next}` is not declared."
            )))
        })?;
        self.previous = Some(Previous {
            body: std::mem::take(answer.content.value()),
            headers: std::mem::take(&mut answer.headers),
        });
        self.resource = index;
        self.begin_link()
    }

    /// `source: response` parameters: configuration taken from the answer.
    fn keep_response_parameters(&mut self, resource: &Resource, answer: &mut Answer) {
        let parameters = self
            .compiled
            .element
            .parameters
            .iter()
            .chain(&resource.parameters);
        let mut kept = Vec::new();
        for parameter in parameters {
            if parameter.source != "response" || parameter.kind != "configuration" {
                continue;
            }
            let found = if parameter.vendor_type == "header" {
                answer
                    .headers
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(&parameter.vendor_name))
                    .map(|(_, value)| value.clone())
            } else {
                let raw = match &answer.raw {
                    Some(raw) => raw,
                    None => answer.content.value(),
                };
                json_path::get(raw, &parameter.vendor_name).and_then(json_path::text)
            };
            if let Some(found) = found {
                kept.push((parameter.name.clone(), found));
            }
        }
        let granted = kept.iter().any(|(key, _)| key == "oauth.user.token");
        if granted && obtains_grant(resource) {
            kept.push((
                "oauth.user.refresh_time".to_owned(),
                self.setting.now.0.to_string(),
            ));
        }
        for (key, value) in kept {
            self.values.insert(key.clone(), value.clone());
            self.writes.insert(key, Some(value));
        }
    }

    /// The end of a successful call.
    fn finish(&mut self, resource: &Resource, mut answer: Answer) -> Step {
        let compiled = Arc::clone(&self.compiled);
        let element = &compiled.element;
        if resource.answer.as_deref() == Some("ping") {
            let body = json!({
                "dateTime": self.setting.now.to_iso_millis(),
                "endpoint": element.key,
                "valid": true,
            });
            let reply = Reply {
                status: 200,
                headers: Vec::new(),
                body: Body::Json(Bytes::from(body.to_string())),
            };
            return self.done(Ok(reply));
        }
        let mut headers = hooking::shown_headers(&answer.headers);
        if let Some(notice) = self
            .paging
            .as_ref()
            .and_then(|paging| paging.notice.clone())
        {
            headers.push(("elements-error".to_owned(), notice));
        }
        let filter = template::resolve(element, &self.values, "filter.response.nulls");
        let filter = filter.is_none_or(|value| value != "false");
        let fields = self
            .call
            .query("fields")
            .filter(|fields| !fields.trim().is_empty());
        let fields = fields.map(str::to_owned).filter(|_| {
            !resource
                .parameters
                .iter()
                .any(|p| p.name == "fields" && p.kind == "query")
        });
        // A large body that needs no change is passed on as it came.
        let untouched = answer.content.unread().filter(|bytes| {
            resource.aliases.is_empty()
                && fields.is_none()
                && !(filter && scan::may_hold_null(bytes))
        });
        if let Some(bytes) = untouched.cloned() {
            let items = scan::scan(&bytes).and_then(|scan| scan.items);
            if items.is_none_or(|items| !self.must_slice(resource, items)) {
                self.page_headers(resource, &mut answer, items, false, &mut headers);
                let reply = Reply {
                    status: 200,
                    headers,
                    body: Body::Json(bytes),
                };
                return self.done(Ok(reply));
            }
        }
        let mut more = false;
        let items = answer.content.value().as_array().map(Vec::len);
        if let (Some(items), Some(paging)) = (items, self.paging.clone())
            && self.must_slice(resource, items)
        {
            let from = usize::try_from((paging.page - 1).saturating_mul(paging.size))
                .unwrap_or(usize::MAX);
            let size = usize::try_from(paging.size).unwrap_or(usize::MAX);
            if let Some(rows) = answer.content.value().as_array_mut() {
                let rest = rows.split_off(from.min(items));
                more = rest.len() > size;
                *rows = rest.into_iter().take(size).collect();
            }
        }
        let value = answer.content.value();
        answer::add_aliases(value, &resource.aliases);
        if let Some(fields) = fields {
            answer::project(value, &fields);
        }
        if filter {
            answer::remove_nulls(value);
        }
        let items = value.as_array().map(Vec::len);
        let body = match &*value {
            Value::Null => Bytes::new(),
            value => Bytes::from(value.to_string()),
        };
        self.page_headers(resource, &mut answer, items, more, &mut headers);
        let status = if (200..300).contains(&answer.status) {
            200
        } else {
            answer.status
        };
        self.done(Ok(Reply {
            status,
            headers,
            body: Body::Json(body),
        }))
    }

    /// Whether we page because the vendor does not.
    fn must_slice(&self, resource: &Resource, items: usize) -> bool {
        let Some(paging) = &self.paging else {
            return false;
        };
        if !resource.method.eq_ignore_ascii_case("GET") {
            return false;
        }
        match resource.pagination_type.as_deref() {
            Some("VENDOR_NOT_SUPPORTED") => true,
            Some("NO_PAGINATION") => false,
            _ => {
                paging.asked
                    && !paging::declares_paging(resource)
                    && resource.next_page_key.as_deref().is_none_or(str::is_empty)
                    && items > 0
            }
        }
    }

    /// `Elements-Returned-Count` and the token of the next page.
    fn page_headers(
        &self,
        resource: &Resource,
        answer: &mut Answer,
        items: Option<usize>,
        more: bool,
        headers: &mut Vec<(String, String)>,
    ) {
        let Some(items) = items else { return };
        headers.push(("elements-returned-count".to_owned(), items.to_string()));
        let Some(paging) = &self.paging else { return };
        if !resource.method.eq_ignore_ascii_case("GET") {
            return;
        }
        let by_hook = headers
            .iter()
            .position(|(name, _)| name == "elements-next-page-token");
        let by_hook = by_hook
            .map(|at| headers.remove(at).1)
            .filter(|token| !token.is_empty());
        let cursor = by_hook.or_else(|| next_cursor(resource, answer));
        let size = usize::try_from(paging.size).unwrap_or(usize::MAX);
        let token = match cursor {
            Some(cursor) => Some(Paging::next_cursor(&cursor, &self.call.query)),
            None if more => Some(paging.next_number(&self.call.query)),
            None if self.must_slice(resource, items)
                || resource.pagination_type.as_deref() == Some("NO_PAGINATION")
                || resource
                    .next_page_key
                    .as_deref()
                    .is_some_and(|key| !key.is_empty())
                || paging.by_cursor()
                || !paging::declares_paging(resource) =>
            {
                None
            }
            None => (items >= size).then(|| paging.next_number(&self.call.query)),
        };
        if let Some(token) = token {
            headers.push(("elements-next-page-token".to_owned(), token));
        }
    }

    fn done(&mut self, result: Result<Reply, Failure>) -> Step {
        Step::Done(Box::new(Outcome {
            result,
            configuration: std::mem::take(&mut self.writes),
            vendor_status: self.vendor_status,
        }))
    }
}

fn invalid(error: Error) -> Failure {
    Failure {
        kind: error.kind(),
        status: None,
        message: error.public().into_owned(),
        provider_message: None,
    }
}

/// Whether a resource replaces a token call: it carries the application's secret and no grant.
fn obtains_grant(resource: &Resource) -> bool {
    resource.kind_of_call.starts_with("oauth")
}

/// Some exports declare generic resources that were never implemented: no vendor path, uploads into nowhere.
fn is_stub(resource: &Resource) -> bool {
    resource.vendor_path.is_none()
        && resource.path.contains("{objectName}")
        && resource.hooks.is_empty()
        && resource
            .parameters
            .iter()
            .any(|p| p.kind == "multipart" && p.vendor_type == "form")
}

/// Base URL and vendor path with exactly one slash between them, none before `?` or `&`.
fn join(base: &str, path: &str) -> String {
    if path.is_empty() || path.starts_with(['?', '&']) {
        return format!("{base}{path}");
    }
    format!(
        "{}/{}",
        base.trim_end_matches('/'),
        path.trim_start_matches('/')
    )
}

/// A file: the vendor's bytes with what describes them.
fn stream_reply(reply: &VendorReply) -> Reply {
    const DESCRIBING: [&str; 5] = [
        "content-type",
        "content-length",
        "content-disposition",
        "etag",
        "last-modified",
    ];
    let headers = reply
        .headers
        .iter()
        .filter(|(name, _)| DESCRIBING.contains(&name.as_str()))
        .cloned()
        .collect();
    Reply {
        status: 200,
        headers,
        body: Body::Stream,
    }
}

/// The vendor's next cursor, where the resource says it is.
fn next_cursor(resource: &Resource, answer: &mut Answer) -> Option<String> {
    let key = resource
        .next_page_key
        .as_deref()
        .filter(|key| !key.is_empty())?;
    let (place, parameter) = key
        .split_once('?')
        .map_or((key, None), |(p, q)| (p, Some(q)));
    let header = |name: &str| {
        answer
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.clone())
    };
    let found = if let Some(name) = place.strip_prefix("header.") {
        header(name)
    } else if let Some(value) = header(place) {
        Some(value)
    } else {
        let path = place.strip_prefix("body.").unwrap_or(place);
        let body = match &answer.raw {
            Some(raw) => raw,
            None => answer.content.value(),
        };
        json_path::get(body, path)
            .or_else(|| json_path::get(body, path.split_once('.')?.1))
            .and_then(json_path::text)
    };
    let found = found.filter(|text| !text.is_empty() && text != "false")?;
    match parameter {
        None => Some(found),
        Some(parameter) => {
            let url = url::Url::parse(&found)
                .or_else(|_| url::Url::parse("https://h")?.join(&found))
                .ok()?;
            url.query_pairs()
                .find(|(name, _)| name == parameter)
                .map(|(_, v)| v.into_owned())
        }
    }
}

#[cfg(test)]
mod tests;
