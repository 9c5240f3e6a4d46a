//! From an element's declaration to the description of its vendor.

use std::collections::{BTreeMap, BTreeSet};

use ligand_engine::catalog::Compiled;
use ligand_engine::catalog::configuration::effective;
use ligand_model::element::{AuthenticationKind, ConfigurationEntry, Resource};
use ligand_model::secret::is_secret_key;
use ligand_sim::generic::{Credential, Description, IdPlace, Operation, Paging, Role};
use serde_json::{Value, json};
use url::Url;

/// The name in place of whatever host a customer would give.
const HOST: &str = "vendor.generic.example";

/// The collection of a path on the platform: no hub, no variables.
pub(super) fn collection(path: &str) -> String {
    let below = below_hub(path);
    let literal: Vec<&str> = below
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.contains('{'))
        .collect();
    literal.join("/")
}

/// A path without `/hubs/{hub}`.
pub(super) fn below_hub(path: &str) -> &str {
    let below = path
        .strip_prefix("/hubs/")
        .and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)));
    below.unwrap_or(path)
}

/// Whether a path ends with its record's variable.
pub(super) fn names_record(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_some_and(|last| last.contains('{'))
}

/// Whether a resource answers the records of a collection.
pub(super) fn is_list(element: &Compiled, resource: &Resource) -> bool {
    // `/{objectName}` names an object, not a record.
    let record = names_record(&resource.path) && below_hub(&resource.path).matches('/').count() > 1;
    if !resource.method.eq_ignore_ascii_case("GET") || record {
        return false;
    }
    let pages = |name: &str| matches!(name, "page" | "pageSize" | "nextPage");
    resource
        .next_page_key
        .as_deref()
        .is_some_and(|key| !key.is_empty())
        || resource
            .parameters
            .iter()
            .any(|p| p.kind == "query" && pages(&p.name))
        || element.element.resources.iter().any(|other| {
            let item = other
                .path
                .strip_prefix(resource.path.as_str())
                .is_some_and(|rest| rest.starts_with("/{") && rest.matches('/').count() == 1);
            item || (other.path == resource.path && other.method.eq_ignore_ascii_case("POST"))
        })
}

/// Values for what an instance must be given.
pub(super) fn values(element: &Compiled) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for entry in &element.element.configuration {
        let given = entry
            .default_value
            .as_deref()
            .is_some_and(|text| !text.is_empty());
        let application = matches!(entry.key.as_str(), "oauth.api.key" | "oauth.api.secret");
        if entry.internal || (given && !application) || !(entry.required || application) {
            continue;
        }
        values.insert(entry.key.clone(), invented(entry));
    }
    let based = effective(&element.element, &values, "base.url");
    if based.is_none_or(|url| url.is_empty()) {
        values.insert("base.url".to_owned(), format!("https://{HOST}"));
    }
    values
}

fn invented(entry: &ConfigurationEntry) -> String {
    let key = entry.key.to_ascii_lowercase();
    if entry.kind.starts_with("BOOLEAN") {
        return "true".to_owned();
    }
    for words in [["url", "uri"], ["endpoint", "site.address"]] {
        if words.iter().any(|word| key.ends_with(word)) {
            return format!("https://{HOST}");
        }
    }
    match key.as_str() {
        key if key.ends_with("host")
            || key.ends_with("hostname")
            || key.ends_with("domain.name") =>
        {
            HOST.to_owned()
        }
        key if key.ends_with("email") => "someone@generic.example".to_owned(),
        key if key.ends_with("port") => "443".to_owned(),
        _ => "generic".to_owned(),
    }
}

/// The vendor of an element whose instance has these values.
pub(super) fn describe(element: &Compiled, values: &BTreeMap<String, String>) -> Description {
    let declared = &element.element;
    let rule = declared.errors.first();
    let mut description = Description {
        error_message: rule.and_then(|rule| rule.message.clone()),
        error_code: rule.and_then(|rule| rule.code.clone()),
        credentials: credentials(element),
        ..Description::default()
    };
    for key in ["oauth.token.url", "oauth.token.refresh_url"] {
        let url = effective(declared, values, key).and_then(|url| Url::parse(&url).ok());
        description
            .token_paths
            .extend(url.map(|url| url.path().to_owned()));
    }
    let (api, lifecycle): (Vec<_>, Vec<_>) = declared
        .resources
        .iter()
        .partition(|resource| resource.kind_of_call.starts_with("api"));
    for resource in api.into_iter().chain(lifecycle) {
        description
            .operations
            .extend(operation(element, values, resource));
    }
    description
}

/// The hosts that the element calls.
pub(super) fn hosts(element: &Compiled, values: &BTreeMap<String, String>) -> BTreeSet<String> {
    let declared = &element.element;
    let mut hosts: BTreeSet<String> = declared.hosts.iter().cloned().collect();
    let keys = declared.configuration.iter().map(|entry| &entry.key);
    let urls = keys.filter_map(|key| effective(declared, values, key));
    let absolute = declared
        .resources
        .iter()
        .filter_map(|resource| resource.vendor_path.as_deref().map(str::to_owned));
    for url in urls.chain(absolute) {
        let host = Url::parse(&url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        hosts.extend(host);
    }
    hosts.insert(HOST.to_owned());
    hosts
}

fn credentials(element: &Compiled) -> Vec<Credential> {
    let declared = &element.element;
    let mut expected = BTreeSet::new();
    if matches!(
        declared.authentication.kind,
        AuthenticationKind::Basic | AuthenticationKind::Oauth1 | AuthenticationKind::Oauth2
    ) {
        expected.insert(("header", "authorization".to_owned()));
    }
    for parameter in &declared.parameters {
        let secret = parameter.kind == "configuration"
            && parameter.source == "request"
            && declared.entry(&parameter.name).map_or_else(
                || is_secret_key(&parameter.name),
                ConfigurationEntry::is_secret,
            );
        if secret && parameter.vendor_type == "header" {
            expected.insert(("header", parameter.vendor_name.trim().to_ascii_lowercase()));
        } else if secret && parameter.vendor_type == "query" {
            expected.insert(("query", parameter.vendor_name.to_string()));
        }
    }
    expected
        .into_iter()
        .map(|(kind, name)| match kind {
            "header" => Credential::Header(name),
            _ => Credential::Query(name),
        })
        .collect()
}

fn operation(
    element: &Compiled,
    values: &BTreeMap<String, String>,
    resource: &Resource,
) -> Option<Operation> {
    let declared = &element.element;
    let fill = |text: &str| {
        filled(text, |key| {
            declared
                .entry(key)
                .and_then(|_| effective(declared, values, key))
        })
    };
    let path = fill(resource.vendor_path.as_deref().unwrap_or_default());
    let base = fill(&effective(declared, values, "base.url").unwrap_or_default());
    let whole = if path.starts_with("http") {
        path
    } else {
        format!(
            "{}/{}",
            base.trim_end_matches('/'),
            path.trim_start_matches('/')
        )
    };
    let (_, rest) = whole.split_once("://")?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path
        .find('/')
        .and_then(|at| path.get(at..))
        .unwrap_or("/")
        .to_owned();
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    pairs.retain(|(_, value)| !value.contains('{'));
    let method = resource
        .vendor_method
        .as_deref()
        .filter(|method| !method.is_empty());
    let role = role(element, resource);
    let root = resource.root_key.as_deref().unwrap_or_default();
    let (request_root, response_root) = root.split_once('|').unwrap_or(("", root));
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(Operation {
        method: method.unwrap_or(&resource.method).to_ascii_uppercase(),
        path,
        query: pairs,
        role,
        collection: collection(&resource.path),
        id: matches!(role, Role::Read | Role::Update | Role::Delete).then(|| id_place(resource)),
        request_root: some(request_root),
        response_root: some(response_root),
        paging: paging(element, values, resource),
        grants: grants(resource),
    })
}

fn role(element: &Compiled, resource: &Resource) -> Role {
    let record = names_record(&resource.path);
    match (resource.method.to_ascii_uppercase().as_str(), record) {
        _ if !resource.kind_of_call.starts_with("api") => Role::Single,
        ("GET", true) => Role::Read,
        ("GET", false) if is_list(element, resource) => Role::List,
        ("POST", false) => Role::Create,
        ("PUT" | "PATCH" | "POST", true) => Role::Update,
        ("DELETE", true) => Role::Delete,
        _ => Role::Single,
    }
}

/// Where the vendor's call has what the platform's path names last.
fn id_place(resource: &Resource) -> IdPlace {
    let last = resource.path.rsplit('/').next().unwrap_or_default();
    let name = last
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map_or("id", |(name, _)| name);
    let parameter = resource
        .parameters
        .iter()
        .find(|p| p.kind == "path" && p.name == name);
    let vendor = parameter.map_or(name, |p| {
        p.vendor_name.trim_start_matches('{').trim_end_matches('}')
    });
    match parameter.map(|p| p.vendor_type.as_str()) {
        Some("query") => IdPlace::Query(vendor.to_owned()),
        Some("bodyField" | "form") => IdPlace::Body(vendor.to_owned()),
        _ => IdPlace::Path(vendor.to_owned()),
    }
}

fn paging(element: &Compiled, values: &BTreeMap<String, String>, resource: &Resource) -> Paging {
    let declared = &element.element;
    let vendor = |name: &str| {
        let found = resource
            .parameters
            .iter()
            .find(|p| p.kind == "query" && p.name == name && p.vendor_type == "query");
        found.map(|p| p.vendor_name.to_string())
    };
    let style = effective(declared, values, "pagination.type").unwrap_or_default();
    let by_offset = style == "offset";
    let first = effective(declared, values, "pagination.page.startindex")
        .and_then(|text| text.parse().ok());
    let page = vendor("page");
    // A cursor that stands where others take a page number.
    let (page, cursor) = match (style.as_str(), vendor("nextPage")) {
        ("cursor", None) => (None, page),
        (_, cursor) => (page, cursor),
    };
    Paging {
        size: vendor("pageSize"),
        page,
        cursor,
        by_offset,
        first: first.unwrap_or(u64::from(!by_offset && style != "page 0")),
        next: resource
            .next_page_key
            .as_deref()
            .filter(|key| !key.is_empty())
            .map(str::to_owned),
    }
}

/// What a call that logs in answers: whatever the element takes from it.
fn grants(resource: &Resource) -> Vec<(String, Value)> {
    if resource.kind_of_call.starts_with("api") {
        return Vec::new();
    }
    let taken = resource
        .parameters
        .iter()
        .filter(|p| p.source == "response" && p.vendor_type != "header");
    let mut grants: Vec<(String, Value)> = taken
        .map(|p| {
            let seconds = p.name.contains("expires") || p.name.contains("interval");
            let value = if seconds {
                json!(3600)
            } else {
                json!(format!("generic-{}", p.name))
            };
            (p.vendor_name.to_string(), value)
        })
        .collect();
    if grants.is_empty() && resource.kind_of_call.starts_with("oauth") {
        grants = ["access_token", "refresh_token"]
            .map(|name| (name.to_owned(), json!("generic")))
            .into();
    }
    grants
}

fn filled(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            rest = after;
            break;
        };
        if let Some(value) = value(name) {
            out.push_str(&value);
        } else {
            out.push('{');
            out.push_str(name);
            out.push('}');
        }
        rest = tail;
    }
    out + rest
}
