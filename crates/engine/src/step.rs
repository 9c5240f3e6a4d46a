//! What the engine asks for and what it is given: the whole contract between deciding and acting.
//!
//! The engine never does I/O. A driver calls [`crate::exchange::Exchange::next`], performs the [`Step`] it gets,
//! and feeds the result back until [`Step::Done`].

use std::collections::BTreeMap;

use bytes::Bytes;
use ligand_model::error::ErrorKind;
use serde_json::{Map, Value};

/// What happens next.
#[derive(Debug)]
pub enum Step {
    /// Run this hook and feed [`Input::Hook`].
    RunHook(Box<HookCall>),
    /// Send this to the vendor and feed [`Input::Reply`] or [`Input::Unreachable`].
    Send(Box<VendorRequest>),
    /// Refresh the instance's grant once, and feed [`Input::Refreshed`].
    Refresh,
    /// The call has ended.
    Done(Box<Outcome>),
}

/// What the driver feeds back.
#[derive(Debug)]
pub enum Input {
    /// Begin.
    Start,
    /// The vendor answered, whatever the status.
    Reply(VendorReply),
    /// The vendor could not be asked or did not answer: the kind and a sentence that is safe for the caller.
    Unreachable(ErrorKind, String),
    /// The hook ended.
    Hook(Result<HookResult, HookError>),
    /// The grant was refreshed; these are the instance's values now.
    Refreshed(BTreeMap<String, String>),
    /// The grant could not be refreshed: the sentence for the caller, and the vendor's own words.
    RefreshFailed(String, Option<String>),
}

/// One call to a vendor, complete.
#[derive(Clone)]
pub struct VendorRequest {
    /// Upper-case verb.
    pub method: String,
    /// Absolute URL with query; may carry a declared query credential, so it is never logged.
    pub url: String,
    /// Header names and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body; empty means none.
    pub body: Bytes,
    /// What follows the body and, after it, what the caller uploads, which is sent once; none when nothing is uploaded.
    pub after_upload: Option<Bytes>,
    /// Whether the answer may be passed through without being read.
    pub stream: bool,
    /// Whether the request carries the vendor application's secret, which only goes to constant or declared hosts.
    pub carries_application_secret: bool,
}

impl std::fmt::Debug for VendorRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("VendorRequest")
            .field("method", &self.method)
            .field("url", &url)
            .field(
                "headers",
                &self
                    .headers
                    .iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>(),
            )
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A vendor's answer, read whole and within the size limit.
#[derive(Debug, Clone)]
pub struct VendorReply {
    /// Status code.
    pub status: u16,
    /// Header names (lower case) and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body; when the answer is being streamed only a short one of JSON is here, too: it may be an error.
    pub body: Bytes,
}

impl VendorReply {
    /// The first value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The context of one hook: every variable the format promises, null when it does not apply.
#[derive(Debug, Clone, Default)]
pub struct HookCall {
    /// Where the hook stands, for errors: `GET /hubs/crm/contacts preRequest`.
    pub name: String,
    /// Source text.
    pub source: String,
    /// Legacy hooks return their result.
    pub legacy: bool,
    /// The text is the operator's catalog's, not a tenant's: what it compiles to may be kept.
    pub of_catalog: bool,
    /// The variables by name (`request_vendor_body`, `configuration`, `response_body`, …), each an assignable local of the hook.
    pub variables: Map<String, Value>,
    /// Variables that are at hand as JSON text, known to be whole: only the script parses it.
    pub texts: Vec<(&'static str, Bytes)>,
    /// The records of a transformation's script, which is no hook.
    pub batch: Option<Batch>,
}

/// What a transformation's script runs over, once a record, all in one context.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The records before their fields were mapped: a JSON array.
    pub originals: Bytes,
    /// The same after: a JSON array of the same length.
    pub mapped: Bytes,
    /// Whether they come from the vendor.
    pub from_vendor: bool,
    /// Whether they are the conditions of a `where`.
    pub is_where: bool,
}

/// What a hook handed to `done`: only the keys it named.
///
/// Maps among `request_vendor_headers`, `request_vendor_parameters`, `configuration` and `response_headers` hold what is to be merged;
/// `null` removes an entry. For these four the host also reports entries that the script deleted from the object it was given, as nulls.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HookResult {
    /// `continue`; false skips the vendor call.
    pub proceed: bool,
    /// The named members.
    pub members: Map<String, Value>,
    /// Bodies that it named, where they are objects or lists: the JSON that the script printed, which nobody has parsed.
    pub texts: Vec<(&'static str, Bytes)>,
    /// What `console.log` and `print` said, capped; never shown to other tenants.
    pub log: Vec<String>,
    /// The records of a batch as the script left them: a JSON array.
    pub batch: Option<String>,
}

impl HookResult {
    /// The body of this name, where it is JSON that nobody has parsed.
    pub fn text(&self, name: &str) -> Option<&Bytes> {
        let mut named = self.texts.iter().filter(|(text, _)| *text == name);
        named.next().map(|(_, text)| text)
    }
}

/// Why a hook failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({name}:{line}:{column})")]
pub struct HookError {
    /// Which hook.
    pub name: String,
    /// The exception's text, or which limit was passed.
    pub message: String,
    /// Line in the hook's own source, from 1; 0 when unknown.
    pub line: u32,
    /// Column, from 1; 0 when unknown.
    pub column: u32,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The answer, or what went wrong.
    pub result: Result<Reply, Failure>,
    /// Values the call wants written to the instance: `None` removes one.
    pub configuration: BTreeMap<String, Option<String>>,
    /// The vendor's status of the last call, if there was one.
    pub vendor_status: Option<u16>,
}

/// A successful answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// 200, or the vendor's own 2xx where a hook set it.
    pub status: u16,
    /// `Elements-Returned-Count`, `Elements-Next-Page-Token`, content headers of streams, and what hooks set.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub enum Body {
    /// JSON, as bytes.
    Json(Bytes),
    /// Bytes of the given content type: files.
    Raw(Bytes),
    /// The vendor's bytes, passed through by the driver, who still holds them.
    Stream,
}

/// An unsuccessful answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Decides the status, unless `status` is given.
    pub kind: ErrorKind,
    /// A status that a hook or an error rule asked for.
    pub status: Option<u16>,
    /// A sentence for the caller.
    pub message: String,
    /// The vendor's own words.
    pub provider_message: Option<String>,
}
