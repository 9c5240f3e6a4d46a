//! The element: the exported `element.json` format is the model, members we do not know survive.
//!
//! Members marked *added* are ours; the format's own exports never have them.
//!
//! # Source
//! The format of Cloud Elements / Open Connectors exports, as observed in public MIT-licensed exports.

mod describe;
mod records;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

pub use self::describe::{Choices, Describe, Test};
pub use self::records::{
    Keep, Members, NumberSource, PathSource, Shape, Source, Table, TextSource, TextsKept, Variant,
    Xml,
};
use crate::id::ElementId;
use crate::text::{Extra, Text};

/// One connector, whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Element {
    /// Numeric id; absent in older exports and then given at import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ElementId>,
    /// The API identifier (`/elements/{key}`); made from the name when absent.
    #[serde(default)]
    pub key: String,
    /// What people call it.
    pub name: String,
    /// One or two sentences for the catalog.
    #[serde(default)]
    pub description: String,
    /// The hub, lower case; second segment of resource paths.
    #[serde(default = "general")]
    pub hub: String,
    /// How the vendor authenticates us.
    #[serde(default)]
    pub authentication: Authentication,
    /// Whether new instances may be made.
    #[serde(default = "yes")]
    pub active: bool,
    /// The configuration entries, in display order.
    #[serde(default)]
    pub configuration: Vec<ConfigurationEntry>,
    /// Parameters of every vendor call.
    #[serde(default)]
    pub parameters: Vec<Arc<Parameter>>,
    /// Hooks of every vendor call.
    #[serde(default)]
    pub hooks: Vec<Hook>,
    /// What can be called.
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// *Added.* Host patterns (`*.salesforce.com`) that values returned by the vendor, and host-bearing
    /// configuration that carries an application secret, must match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// *Added.* How this vendor says what went wrong; first rule that applies wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorRule>,
    /// *Added.* How many calls the vendor takes, and which headers tell how many are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limits: Option<RateLimits>,
    /// *Added, on disk in `proven.json`.* Calls (`GET /contacts/{id}`) that have been seen to work.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proven: BTreeMap<String, Proof>,
    /// Everything else, kept for the catalog and for export.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How and when a call was last seen to work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Against what.
    pub how: Proven,
    /// The day, `2026-11-28`.
    pub date: String,
}

/// What a call was proven against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proven {
    /// A simulator that others' clients of the vendor take for the vendor, or one made from the declaration.
    Simulated,
    /// The vendor itself, with somebody's account.
    LiveVerified,
}

impl Proven {
    /// The word as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::LiveVerified => "live-verified",
        }
    }
}

fn general() -> String {
    "general".to_owned()
}

const fn yes() -> bool {
    true
}

impl Element {
    /// The configuration entry with this key.
    pub fn entry(&self, key: &str) -> Option<&ConfigurationEntry> {
        self.configuration.iter().find(|entry| entry.key == key)
    }

    /// The default of a configuration entry; empty text counts as none.
    pub fn default_of(&self, key: &str) -> Option<&str> {
        self.entry(key)?
            .default_value
            .as_deref()
            .filter(|value| !value.is_empty())
    }

    /// Resources of one lifecycle type, in declared order.
    pub fn lifecycle<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (usize, &'a Resource)> {
        self.resources
            .iter()
            .enumerate()
            .filter(move |(_, resource)| resource.kind_of_call == kind)
    }
}

/// How the vendor authenticates us.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authentication {
    /// `basic`, `oauth1`, `oauth2`, `oauth2Password`, `apiKey`, `custom`, `none`; anything else is treated as `custom`.
    #[serde(rename = "type", default)]
    pub kind: AuthenticationKind,
    /// *Added.* Template of the URL that `oauth/url` answers. Tokens: `{client_id}`, `{redirect_uri}`, `{scope}`,
    /// `{state}`, `{random}`, and any configuration key. A `name={token}` pair whose value is empty is left out.
    /// Default: `{oauth.authorization.url}?response_type=code&client_id={client_id}&redirect_uri={redirect_uri}&scope={scope}&state={state}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize_url: Option<String>,
    /// *Added.* `state` given to the vendor when the caller gives none: `key` (default) or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_state: Option<String>,
    /// *Added.* Configuration keys filled from the token reply: key → dotted path in the reply.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub token_response: BTreeMap<String, String>,
    /// *Added.* Seconds a grant is taken to live when the vendor states no expiry; none = until the vendor's 401.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_lifetime: Option<u64>,
    /// *Added.* Seconds after which the vendor forgets a grant that is not used: it is renewed at half of that, though
    /// nobody calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_lifetime: Option<u64>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The kinds of authentication.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum AuthenticationKind {
    /// User name and password in `Authorization: Basic`.
    Basic,
    /// OAuth 1.0a, HMAC-SHA1.
    Oauth1,
    /// OAuth 2, authorization code.
    Oauth2,
    /// OAuth 2, resource owner password.
    Oauth2Password,
    /// A static key, placed by parameters.
    ApiKey,
    /// Nothing automatic: parameters and hooks do it.
    #[default]
    Custom,
    /// None at all.
    None,
    /// A kind we do not know: treated as custom, kept for export.
    Other(String),
}

impl From<String> for AuthenticationKind {
    fn from(text: String) -> Self {
        match text.as_str() {
            "basic" => Self::Basic,
            "oauth1" => Self::Oauth1,
            "oauth2" => Self::Oauth2,
            "oauth2Password" => Self::Oauth2Password,
            "apiKey" | "customApiKey" => Self::ApiKey,
            "custom" => Self::Custom,
            "none" => Self::None,
            _ => Self::Other(text),
        }
    }
}

impl From<AuthenticationKind> for String {
    fn from(kind: AuthenticationKind) -> Self {
        match kind {
            AuthenticationKind::Basic => "basic".into(),
            AuthenticationKind::Oauth1 => "oauth1".into(),
            AuthenticationKind::Oauth2 => "oauth2".into(),
            AuthenticationKind::Oauth2Password => "oauth2Password".into(),
            AuthenticationKind::ApiKey => "apiKey".into(),
            AuthenticationKind::Custom => "custom".into(),
            AuthenticationKind::None => "none".into(),
            AuthenticationKind::Other(text) => text,
        }
    }
}

/// One configuration entry: what the caller must or may give, and its default.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationEntry {
    /// The dotted key; matched exactly, never split.
    pub key: String,
    /// Label.
    #[serde(default)]
    pub name: String,
    /// Help text.
    #[serde(default)]
    pub description: String,
    /// Value when the instance gives none; always text, also for booleans and numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// `TEXTFIELD_32…1000`, `TEXTAREA`, `PASSWORD`, `BOOLEAN`, `BOOLEAN_YESNO`, `COMBO`, `CODE_EDITOR`.
    #[serde(rename = "type", default = "textfield")]
    pub kind: String,
    /// Whether an instance cannot exist without it.
    #[serde(default)]
    pub required: bool,
    /// Set by the platform, not by the caller.
    #[serde(default)]
    pub internal: bool,
    /// Hidden in user interfaces.
    #[serde(default)]
    pub hide_from_console: bool,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

fn textfield() -> String {
    "TEXTFIELD_128".to_owned()
}

impl ConfigurationEntry {
    /// Whether answers show [`crate::secret::MASK`] in place of its value.
    pub fn is_secret(&self) -> bool {
        self.kind == "PASSWORD" || crate::secret::is_secret_key(&self.key)
    }
}

/// Where a value comes from and where it goes. Resources of an element have many in common and share them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// The platform side: name of the value, or the literal itself for `value`.
    #[serde(default)]
    pub name: Text,
    /// `query`, `path`, `header`, `body`, `bodyField`, `form`, `multipart`, `configuration`, `value`, `prevBody`, `prevBodyField`.
    #[serde(rename = "type", default)]
    pub kind: Text,
    /// The vendor side: name of the destination.
    #[serde(default)]
    pub vendor_name: Text,
    /// `query`, `path`, `header`, `body`, `bodyField`, `bodyToken`, `form`, `multipart`, `configuration`, `no-op`.
    #[serde(default)]
    pub vendor_type: Text,
    /// `request`, or `response` for values taken from the vendor's answer.
    #[serde(default = "request")]
    pub source: Text,
    /// A missing required value is a 400 before the vendor is called.
    #[serde(default)]
    pub required: bool,
    /// Named conversion of the value (`toQueryParameters`, `toSOQL`, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converter: Option<Text>,
    /// The vendor's type; `integer`, `number` and `boolean` are coerced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_data_type: Option<Text>,
    /// *Added.* Value when the caller gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<Text>,
    /// *Added.* Members of a body, by comma, that are not passed on: a record comes back with what the vendor gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omit: Option<Text>,
    /// *Added.* A regular expression that the value must match, as JSON Schema has it: found anywhere in it unless `^` and
    /// `$` say otherwise. A value of the path that does not is the id of no record. A named group fills the token of its
    /// name in the vendor's path. A value of more than 4,096 bytes matches nothing; a pattern has up to ten groups, and an
    /// element up to 200 patterns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Text>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

fn request() -> Text {
    "request".into()
}

/// A script around a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// `preRequest`, `postRequest`, `event`.
    #[serde(rename = "type")]
    pub kind: Text,
    /// The source; missing in some exports and then a no-op.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Text>,
    /// *Added, on disk only.* File of the source, relative to the element's folder; the loader turns it into `body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Text>,
    /// *Added.* What must hold for it to run, of places outside of any record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Box<Test>>,
    /// Whether it was read from a file of the catalog: the operator's text, not a tenant's.
    #[serde(skip)]
    pub of_catalog: bool,
    /// Legacy hooks return their result instead of calling `done`.
    #[serde(default)]
    pub is_legacy: bool,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One callable path and the vendor call behind it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Numeric id; given at load when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The platform's verb.
    pub method: Text,
    /// The platform's path, `/hubs/{hub}/…`; the prefix is added at load when absent.
    pub path: Text,
    /// The vendor's verb; the platform's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_method: Option<Text>,
    /// Relative to `base.url`, or absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_path: Option<Text>,
    /// `api`, `apiNoDocumentation`, a lifecycle type (`onProvision`, `provisionAuthValidation`, `oauthOnTokenExchange`, …),
    /// or, *added*, `describeObjects` and `describeFields`: what the vendor itself tells of its objects.
    #[serde(rename = "type", default = "api")]
    pub kind_of_call: Text,
    /// `eb`; `java` resources are not in the export and cannot run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text>,
    /// Its parameters.
    #[serde(default)]
    pub parameters: Vec<Arc<Parameter>>,
    /// Its hooks.
    #[serde(default)]
    pub hooks: Vec<Hook>,
    /// Whether an account put it beside those of a catalog element: its hooks do not see the application's secret, which
    /// is the organization's.
    #[serde(skip)]
    pub of_account: bool,
    /// `response`, `request|response`, `|response`, `request|`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_key: Option<Text>,
    /// *Added.* What stands for the root where a success has none: `[]` for a vendor that leaves an empty list out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_default: Option<Box<Value>>,
    /// *Added.* How an answer in XML is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xml: Option<Box<Xml>>,
    /// *Added.* Where the answer is a table; its records are taken with the root, before the resource's hooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Box<Table>>,
    /// *Added.* What becomes of each record of the answer, after all hooks; an answer without a body is an empty record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Box<Shape>>,
    /// *Added.* What becomes of the caller's body, which is the record of this shape, on its way to the vendor; fields are
    /// added to it, and it is what hooks before the call see. What it keeps of the body must be an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_shape: Option<Box<Shape>>,
    /// *Added.* The answer of this link where it is known beforehand: that of the first variant whose `when` holds, taken as
    /// it stands. Neither hooks nor the vendor are asked then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Box<Shape>>,
    /// *Added.* Each record of the answer becomes the member of this name of an object of its own: `person` answers
    /// `{"person": {…}}`. After all hooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap: Option<Text>,
    /// `VENDOR_SUPPORTED` (default), `VENDOR_NOT_SUPPORTED`, `NO_PAGINATION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pagination_type: Option<Text>,
    /// *Added.* A member by which records follow one another when the caller orders by nothing: later pages ask for what
    /// comes after the last one's, instead of skipping rows. The resource's own default order must be the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyset: Option<Text>,
    /// Where the vendor's next cursor is: `body.<path>[?param]`, `header.<name>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_key: Option<Text>,
    /// *Added.* What must hold of the answer for its cursor to count: vendors name one on the last page, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_when: Option<Box<Test>>,
    /// `METHOD:/path` of the resource that runs after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_resource: Option<Text>,
    /// *Added.* `ping`: a successful call answers `{dateTime, endpoint, valid}`; `stream`: the vendor's bytes pass through;
    /// `none`: a success answers nothing; `verbatim`: the bytes pass even when an error rule knows an error in them, unless it says that the grant has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Text>,
    /// *Added.* Path that must resolve in a success body; 404 when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_found: Option<Text>,
    /// *Added.* Where the vendor says how many records there are in all; a caller that asks (`returnCount=true`) is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_count: Option<Text>,
    /// *Added.* What the `value` parameters of these names send instead when only that number is asked for, for vendors
    /// that do not tell it with a page: vendor's parameter → template. The answer has it at `totalCount`; hooks do not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_with: Option<Arc<BTreeMap<String, String>>>,
    /// *Added.* Members copied within each record: new name → existing name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aliases: Option<Arc<BTreeMap<String, String>>>,
    /// *Added.* How the list that a `describeObjects` or `describeFields` resource answers is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub describe: Option<Box<Describe>>,
    /// Documentation, large and rarely read: kept unparsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Box<RawValue>>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

fn api() -> Text {
    "api".into()
}

/// *Added.* How many calls a vendor takes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimits {
    /// All of them hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<RateLimit>,
    /// The answer header that says how many calls are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<String>,
    /// The answer header that says when there are more: seconds from then, or since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<String>,
}

/// *Added.* One limit: so many requests in any span of so many seconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimit {
    /// Requests.
    pub requests: u32,
    /// Seconds.
    pub seconds: u64,
    /// Whose calls count together.
    #[serde(default)]
    pub scope: RateScope,
    /// Where the vendor says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Whose calls count together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RateScope {
    /// Those of one connected account.
    #[default]
    Instance,
    /// Those of all accounts that an organization connected.
    Organization,
}

/// *Added.* One way a vendor says what went wrong.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorRule {
    /// Vendor statuses it applies to; empty = every error status (≥ 400).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<u16>,
    /// A condition on the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ErrorCondition>,
    /// Path of the vendor's error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Path of the vendor's sentence; several with ` + ` between are told one after the other: `[0].property + [0].type`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Our status by vendor code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, u16>,
    /// Our status for any other code; default: the vendor's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<u16>,
    /// Where the vendor says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A condition on an error body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorCondition {
    /// Dotted path, `[0]` for items.
    pub path: String,
    /// The value it must have; absent = it must exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
    /// The text it must begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_with: Option<String>,
    /// Words that its text must have in it, whatever their case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_we_do_not_know_survive() {
        let text = r#"{"name":"X","key":"x","hub":"crm","authentication":{"type":"weird","z":1},"typeOauth":false,
            "resources":[{"method":"GET","path":"/hubs/crm/a","rare":[1,null],"model":{"name":"m","swagger":{"b":2}}}]}"#;
        let element: Element = serde_json::from_str(text).unwrap();
        let back = serde_json::to_value(&element).unwrap();
        assert_eq!(back["typeOauth"], false);
        assert_eq!(
            back["authentication"],
            serde_json::json!({"type": "weird", "z": 1})
        );
        assert_eq!(back["resources"][0]["rare"], serde_json::json!([1, null]));
        assert_eq!(back["resources"][0]["model"]["swagger"]["b"], 2);
    }
}
