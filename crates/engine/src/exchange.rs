//! One resource call as a state machine that asks for I/O.
//!
//! The order follows the format: parameters → element hook → resource hook → vendor → element hook → root key →
//! resource hook → response parameters → next resource of the chain → nulls, fields, page headers.

mod answer;
mod call;
mod chain;
mod content;
mod count;
mod draft;
mod explain;
mod fields;
mod finish;
mod hooking;
mod local;
mod paging;
mod plan;
mod records;
mod repeat;
mod reply;
mod session;
mod upload;
mod vendor;
mod walk;
mod xml;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use ligand_model::element::{Hook, Resource};
use ligand_model::error::{Classify, ErrorKind};
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

pub use call::{Part, ResourceCall};
use content::Content;
use draft::Draft;
pub use explain::{Level, Origin};
pub use hooking::written;
use local::Local;
use paging::Paging;
use plan::Sources;
use repeat::Repeat;
pub use upload::passes_on;

use crate::catalog::Compiled;
use crate::error::Error;
use crate::step::{Failure, Input, Outcome, Reply, Step};

/// Most resources in a chain.
const MOST_LINKS: u8 = 5;

/// What a call needs to know of its surroundings.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// Now.
    pub now: Timestamp,
    /// Where the vendor's webhooks of this instance arrive; fills `{webhookCallbackUrl}`.
    pub webhook_callback_url: String,
    /// A text never used before: OAuth 1 signs with it. Only needed for elements of that kind.
    pub nonce: String,
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
    Counting,
}

/// Whether the vendor's bytes reach the caller as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Streaming {
    /// The answer is read and worked on.
    No,
    /// The driver passes the bytes through; nobody here sees them.
    Passed,
    /// Hooks look at the answer as text before its bytes are passed on.
    Watched,
}

/// The vendor's answer while it is being worked on.
#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    content: Content,
    /// The body before its root was taken.
    raw: Option<Box<Content>>,
    rooted: bool,
    failure: Option<Failure>,
}

impl Answer {
    /// The body as it was before its root was taken.
    fn whole(&self) -> &Content {
        self.raw.as_deref().unwrap_or(&self.content)
    }

    /// The same, to be looked into.
    fn surrounding(&mut self) -> &mut Content {
        self.raw.as_deref_mut().unwrap_or(&mut self.content)
    }

    /// An answer that no vendor gave.
    fn made(body: Value) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            content: Content::made(body),
            raw: None,
            rooted: false,
            failure: None,
        }
    }
}

/// One resource call.
#[derive(Debug)]
pub struct Exchange {
    compiled: Arc<Compiled>,
    /// The resource that was called.
    first: usize,
    /// The one at hand, in a chain.
    resource: usize,
    variables: BTreeMap<String, String>,
    call: ResourceCall,
    values: BTreeMap<String, String>,
    setting: Setting,
    /// Requests to the vendor so far; no two are signed with the same nonce.
    sent: u32,
    writes: BTreeMap<String, Option<String>>,
    state: State,
    links: u8,
    previous: Option<Previous>,
    refreshed: bool,
    vendor_status: Option<u16>,
    /// The vendor's status for the last write of this call that it has carried out.
    written: Option<u16>,
    streaming: Streaming,
    repeat: Option<Repeat>,
    paging: Option<Paging>,
    /// How many records the vendor has in all, when the caller asks.
    total: Option<u64>,
    /// The page, while the vendor is asked for that number.
    counting: Option<Box<Answer>>,
    /// What is filtered and ordered here.
    local: Option<Local>,
    /// Pages still to be passed on the way to one asked for by number.
    pages_left: Option<u64>,
    draft: Draft,
    hooks: VecDeque<HookRef>,
    current_hook: Option<HookRef>,
    answer: Option<Answer>,
    /// Whether the origins of each request are kept.
    explain: bool,
    origins: Vec<Origin>,
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
            first: resource,
            resource,
            variables,
            call,
            values,
            setting,
            sent: 0,
            writes: BTreeMap::new(),
            state: State::Begin,
            links: 0,
            previous: None,
            refreshed: false,
            vendor_status: None,
            written: None,
            streaming: Streaming::No,
            repeat: None,
            paging: None,
            total: None,
            counting: None,
            local: None,
            pages_left: None,
            draft: Draft::default(),
            hooks: VecDeque::new(),
            current_hook: None,
            answer: None,
            explain: false,
            origins: Vec::new(),
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
            Err(mut failure) => {
                self.name_record(&mut failure);
                self.done(Err(failure))
            }
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
            (State::Counting, Input::Reply(reply)) => self.counted(Some(&reply)),
            (State::Counting, Input::Unreachable(..)) => self.counted(None),
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
        resource_of(&self.compiled, self.resource)
    }

    /// Plans the current resource and starts its hooks.
    fn begin_link(&mut self) -> Result<Step, Failure> {
        let compiled = Arc::clone(&self.compiled);
        let element = &compiled.element;
        let resource = resource_of(&compiled, self.resource)?;
        if resource.kind.as_deref() == Some("java") || is_stub(resource) {
            return Err(Failure {
                kind: ErrorKind::Invalid,
                status: None,
                message: "This API is not currently supported for this element".to_owned(),
                provider_message: None,
            });
        }
        self.call.check_json().map_err(invalid)?;
        if let Some(answer) = self.begin_repeat()? {
            return Ok(self.finish(resource, answer));
        }
        let paging =
            Paging::read(element, resource, &self.values, &mut self.call.query).map_err(invalid)?;
        self.begin_local()?;
        let sources = Sources {
            element,
            resource,
            variables: &self.variables,
            call: &self.call,
            values: &self.values,
            setting: &self.setting,
            paging: &paging,
            previous: self.previous.as_ref(),
            patterns: &self.compiled.patterns,
            explain: self.explain,
        };
        self.draft = sources.draft().map_err(invalid)?;
        self.paging = Some(paging);
        self.answer = None;
        if let Some(answer) = self.known_beforehand(resource) {
            return match resource.next_resource.as_deref() {
                Some(next) if !next.is_empty() => self.next_link(next, answer),
                _ => Ok(self.finish(resource, answer)),
            };
        }
        self.state = State::BeforeVendor;
        self.hooks = self.hooks_of("preRequest");
        self.next_hook_or(Self::send)
    }

    fn hooks_of(&self, kind: &str) -> VecDeque<HookRef> {
        let outside = self.outside();
        let runs = |hook: &Hook| {
            let when = hook.when.as_deref();
            hook.kind == kind && hook.body.is_some() && when.is_none_or(|when| outside.holds(when))
        };
        let of = |hooks: &[Hook], of_element| {
            hooks
                .iter()
                .enumerate()
                .filter(|(_, hook)| runs(hook))
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
                return Err(self.hook_failure(&error));
            }
        };
        if self.state == State::BeforeVendor {
            self.merge_before(&result)?;
            if !result.proceed {
                return self.skip_vendor(result);
            }
            return self.next_hook_or(Self::send);
        }
        self.merge_after(result);
        self.next_hook_or(Self::finish_link)
    }

    /// `continue: false`: no vendor call, the hook's own answer goes through the hooks after it.
    fn skip_vendor(&mut self, result: crate::step::HookResult) -> Result<Step, Failure> {
        self.answer = Some(Answer::made(json!({})));
        self.merge_after(result);
        self.state = State::AfterVendor;
        self.hooks = self.hooks_of("postRequest");
        self.next_hook_or(Self::finish_link)
    }

    fn done(&mut self, result: Result<Reply, Failure>) -> Step {
        Step::Done(Box::new(Outcome {
            result,
            configuration: std::mem::take(&mut self.writes),
            vendor_status: self.vendor_status,
        }))
    }
}

/// A resource of an element, by index.
fn resource_of(compiled: &Compiled, index: usize) -> Result<&Resource, Failure> {
    compiled.resource(index).ok_or_else(|| Failure {
        kind: ErrorKind::NotFound,
        status: None,
        message: "The element no longer has this resource.".to_owned(),
        provider_message: None,
    })
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

#[cfg(test)]
mod tests;
