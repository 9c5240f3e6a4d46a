//! Pages: what the caller asked for, what the vendor is asked for, and the token of the next page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ligand_model::element::{Element, Resource};
use serde_json::{Value, json};

use super::fields;
use crate::error::Error;
use crate::json_path;
use crate::template;

/// Page size when neither the caller nor the element says one.
const DEFAULT_SIZE: u64 = 200;
/// Largest page, whatever the element says.
const LARGEST: u64 = 5_000;

/// How a vendor counts pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Page numbers; the first has this index.
    Page(u64),
    /// Rows to skip; the first row has this index.
    Offset(u64),
    /// An opaque cursor.
    Cursor,
    /// An opaque cursor, taken where others take a page number.
    CursorAsPage,
}

/// The page of one call.
#[derive(Debug, Clone)]
pub(super) struct Paging {
    /// 1-based.
    pub(super) page: u64,
    /// Rows a page.
    pub(super) size: u64,
    /// The vendor's cursor.
    pub(super) cursor: Option<String>,
    /// The key of the last record before this page, where pages go on by key.
    pub(super) after: Option<String>,
    /// Whether the caller named a page or a size.
    pub(super) asked: bool,
    /// Whether the caller named the page by its number.
    numbered: bool,
    /// Whether a token said which page.
    resumed: bool,
    /// What was changed about the request: `Elements-Error`.
    pub(super) notice: Option<String>,
    style: Style,
}

/// The parameters that page, and so are no part of the query a token belongs to.
const PAGING: [&str; 5] = [
    "page",
    "pageSize",
    "nextPage",
    "returnCount",
    "returnTotalCount",
];

impl Paging {
    /// Reads the page asked for, and puts back the query that a token carries.
    ///
    /// # Errors
    /// Numbers that are none, or a token that belongs to another query.
    pub(super) fn read(
        element: &Element,
        resource: &Resource,
        values: &std::collections::BTreeMap<String, String>,
        query: &mut Vec<(String, String)>,
    ) -> Result<Self, Error> {
        let setting =
            |key: &str| template::resolve(element, values, key).filter(|value| !value.is_empty());
        let start = setting("pagination.page.startindex").and_then(|text| text.parse::<u64>().ok());
        let kind = setting("pagination.type").and_then(|text| of_object(&text, resource));
        let style = match kind.as_deref() {
            Some("offset") => Style::Offset(start.unwrap_or(0)),
            Some("cursor") => Style::Cursor,
            Some("page 0") => Style::Page(start.unwrap_or(0)),
            _ => Style::Page(start.unwrap_or(1)),
        };
        let bounds = setting("pagination").and_then(|text| serde_json::from_str(&text).ok());
        let bounds = Bounds::of(&bounds.unwrap_or_default());
        let most = bounds
            .most
            .or_else(|| setting("pagination.max").and_then(|text| most_rows(&text, resource)))
            .filter(|most| *most > 0)
            .unwrap_or(DEFAULT_SIZE)
            .min(LARGEST);
        let mut paging = Self {
            page: 1,
            size: bounds.usual.unwrap_or(most).clamp(1, most),
            cursor: None,
            after: None,
            asked: false,
            numbered: false,
            resumed: false,
            notice: None,
            style,
        };
        let token = given(query, "nextPage")
            .filter(|token| !token.is_empty())
            .map(str::to_owned);
        if let Some(size) = number(query, "pageSize")? {
            paging.asked = true;
            paging.size = size.max(1);
            if paging.size > most {
                paging.notice = Some(format!(
                    "pageSize {size} is over the limit; limited to {most}"
                ));
                paging.size = most;
            } else if let Some(least) = bounds.least.filter(|least| size < *least) {
                paging.notice = Some(format!(
                    "pageSize {size} is under the limit; raised to {least}"
                ));
                paging.size = least.min(most);
            }
        }
        if let Some(page) = number(query, "page")? {
            paging.asked = true;
            paging.numbered = true;
            paging.page = page.max(1);
        }
        if let Some(token) = token {
            paging.asked = true;
            paging.resume(&token, query)?;
        }
        let nowhere = !takes_cursor(resource) && paging.undeclared_cursor(resource).is_none();
        if paging.by_cursor() && paging.cursor.is_some() && nowhere {
            paging.style = Style::CursorAsPage;
        }
        Ok(paging)
    }

    /// The cursor and the vendor's own parameter for it, where the resource declares none: `nextPageKey` names the
    /// parameter of the vendor's next URL (`body.next?cursor`).
    pub(super) fn undeclared_cursor<'a>(
        &'a self,
        resource: &'a Resource,
    ) -> Option<(&'a str, &'a str)> {
        if takes_cursor(resource) {
            return None;
        }
        let (_, name) = resource.next_page_key.as_deref()?.split_once('?')?;
        (!name.is_empty()).then_some((name, self.cursor.as_deref()?))
    }

    /// Takes up where a token left off.
    fn resume(&mut self, token: &str, query: &mut Vec<(String, String)>) -> Result<(), Error> {
        let foreign = || {
            Error::Invalid(
                "The `nextPage` token is not one of ours; pass on `Elements-Next-Page-Token` unchanged."
                    .to_owned(),
            )
        };
        let token: Value = serde_json::from_str(token).map_err(|_| foreign())?;
        if let Some(carried) = token.get("q").and_then(Value::as_object) {
            for (name, value) in carried {
                let value = value.as_str().unwrap_or_default();
                match given(query, name) {
                    Some(now) if now != value => {
                        return Err(Error::Invalid(format!(
                            "The `nextPage` token belongs to a query with another `{name}`; start again \
                             without the token."
                        )));
                    }
                    Some(_) => {}
                    None => query.push((name.clone(), value.to_owned())),
                }
            }
        }
        if let Some(after) = token.get("after").and_then(Value::as_str) {
            self.after = Some(after.to_owned());
            self.page = 1;
            if let Some(size) = token.get("pageSize").and_then(Value::as_u64) {
                self.size = size.clamp(1, LARGEST);
            }
            return Ok(());
        }
        match (
            token.get("page").and_then(Value::as_u64),
            token.get("cursor"),
        ) {
            (Some(page), _) => {
                self.resumed = true;
                self.page = page.max(1);
                if let Some(size) = token.get("pageSize").and_then(Value::as_u64) {
                    self.size = size.clamp(1, LARGEST);
                }
            }
            (None, Some(Value::String(cursor))) => {
                // A hook may hand out the token of a page by number itself.
                if let Some((page, size)) = numbered(cursor).filter(|_| !self.by_cursor()) {
                    self.page = page.max(1);
                    self.size = size.clamp(1, LARGEST);
                }
                self.cursor = Some(cursor.clone());
            }
            _ => return Err(foreign()),
        }
        Ok(())
    }

    /// The value of a `page`, `pageSize` or `nextPage` parameter for the vendor.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let before = self.page.saturating_sub(1);
        match name {
            "pageSize" => Some(self.size.to_string()),
            "page" => match self.style {
                Style::Page(start) => Some(before.saturating_add(start).to_string()),
                Style::Offset(start) => Some(
                    before
                        .saturating_mul(self.size)
                        .saturating_add(start)
                        .to_string(),
                ),
                // Where no parameter takes the cursor by name, the page is the cursor; the first page has none.
                Style::CursorAsPage => self.cursor.clone(),
                Style::Cursor if self.numbered => Some(self.page.to_string()),
                Style::Cursor => None,
            },
            _ => self.cursor.clone(),
        }
    }

    /// What hooks see as `request_parameters.nextPage`: the vendor's cursor, or the page by number as the format
    /// writes it, base64url of `{"pageSize":2,"page":2}`.
    pub(super) fn shown_to_hooks(&self) -> Option<String> {
        if self.resumed && self.cursor.is_none() {
            let text = format!("{{\"pageSize\":{},\"page\":{}}}", self.size, self.page);
            return Some(URL_SAFE_NO_PAD.encode(text));
        }
        self.cursor.clone()
    }

    /// The token of the page after this one, by number.
    pub(super) fn next_number(&self, query: &[(String, String)]) -> String {
        json!({"page": self.page.saturating_add(1), "pageSize": self.size, "q": carried(query)})
            .to_string()
    }

    /// The token of the page that begins after the record of this key.
    pub(super) fn next_after(&self, key: &str, query: &[(String, String)]) -> String {
        json!({"after": key, "pageSize": self.size, "q": carried(query)}).to_string()
    }

    /// The token of the page after this one, by the vendor's cursor.
    pub(super) fn next_cursor(cursor: &str, query: &[(String, String)]) -> String {
        json!({"cursor": cursor, "q": carried(query)}).to_string()
    }

    /// Whether pages are asked for by cursor alone.
    pub(super) const fn by_cursor(&self) -> bool {
        matches!(self.style, Style::Cursor | Style::CursorAsPage)
    }
}

/// Whether a resource has a parameter for the cursor.
fn takes_cursor(resource: &Resource) -> bool {
    resource
        .parameters
        .iter()
        .any(|p| p.kind == "query" && p.name == "nextPage")
}

/// Whether a resource takes the page of a call to the vendor.
pub(super) fn declares_paging(resource: &Resource) -> bool {
    declares(resource, "page") || declares(resource, "nextPage")
}

/// Whether a resource declares this query parameter.
pub(super) fn declares(resource: &Resource, name: &str) -> bool {
    resource
        .parameters
        .iter()
        .any(|p| p.kind == "query" && p.name == name)
}

fn carried(query: &[(String, String)]) -> Value {
    query
        .iter()
        .filter(|(name, _)| !PAGING.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), Value::String(value.clone())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn given<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query
        .iter()
        .find(|(given, _)| given == name)
        .map(|(_, value)| value.as_str())
}

fn number(query: &[(String, String)], name: &str) -> Result<Option<u64>, Error> {
    match given(query, name).filter(|text| !text.is_empty() && *text != "null") {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            Error::Invalid(format!(
                "`{name}` must be a whole number, but it is `{text}`."
            ))
        }),
    }
}

/// The bounds that elements of the third paginator declare under `pagination`; each a number or its text.
#[derive(Debug, Default)]
struct Bounds {
    least: Option<u64>,
    most: Option<u64>,
    usual: Option<u64>,
}

impl Bounds {
    fn of(declared: &Value) -> Self {
        let number = |key: &str| {
            let value = declared.get(key)?;
            let number = value
                .as_u64()
                .or_else(|| value.as_str()?.trim().parse().ok())?;
            (number > 0).then_some(number)
        };
        Self {
            least: number("minPageSize"),
            most: number("maxPageSize"),
            usual: number("defaultPageSize"),
        }
    }
}

/// Page and size of a token by number.
fn numbered(token: &str) -> Option<(u64, u64)> {
    let text = URL_SAFE_NO_PAD.decode(token.trim_end_matches('=')).ok()?;
    let token: Value = serde_json::from_slice(&text).ok()?;
    Some((
        token.get("page")?.as_u64()?,
        token.get("pageSize")?.as_u64()?,
    ))
}

/// Most rows of a page: of all resources, or of this one.
fn most_rows(text: &str, resource: &Resource) -> Option<u64> {
    of_object(text, resource)?.trim().parse().ok()
}

/// A setting that is one for all, or JSON by the first segment of a resource with a `default`.
fn of_object(text: &str, resource: &Resource) -> Option<String> {
    if !text.trim_start().starts_with('{') {
        return Some(text.to_owned());
    }
    let by_object: Value = serde_json::from_str(text).ok()?;
    let object = fields::object_of(&resource.path).unwrap_or_default();
    let child = child_of(&resource.path);
    let found = child
        .and_then(|child| by_object.get(child))
        .or_else(|| by_object.get(object))
        .or_else(|| by_object.get("default"))?;
    json_path::text(found)
}

/// The name of what lies below records: `contactsNotes` for `/hubs/crm/contacts/{id}/notes`.
fn child_of(path: &str) -> Option<String> {
    let mut names = path
        .trim_start_matches("/hubs/")
        .split('/')
        .skip(1)
        .filter(|part| !part.is_empty() && !part.starts_with('{'));
    let mut joined = names.next()?.to_owned();
    for name in names {
        let mut letters = name.chars();
        joined.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        joined.push_str(letters.as_str());
    }
    Some(joined)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(kind: &str, query: &[(&str, &str)]) -> Result<(Paging, Vec<(String, String)>), Error> {
        let element: Element = serde_json::from_value(json!({"name": "x", "configuration": [
            {"key": "pagination.type", "defaultValue": kind},
            {"key": "pagination.max", "defaultValue": "100"}]}))
        .unwrap();
        let resource: Resource =
            serde_json::from_value(json!({"method": "GET", "path": "/hubs/crm/a"})).unwrap();
        let mut query: Vec<(String, String)> = query
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        let paging = Paging::read(&element, &resource, &BTreeMap::new(), &mut query)?;
        Ok((paging, query))
    }

    #[test]
    fn every_style_counts_its_own_way() {
        for (kind, expected) in [
            ("page", "3"),
            ("page starts with 1", "3"),
            ("page 0", "2"),
            ("offset", "20"),
            ("", "3"),
        ] {
            let (paging, _) = read(kind, &[("page", "3"), ("pageSize", "10")]).unwrap();
            assert_eq!(paging.value("page").as_deref(), Some(expected), "{kind}");
        }
        let (paging, _) = read("cursor", &[]).unwrap();
        assert_eq!(paging.value("nextPage"), None);
    }

    #[test]
    fn a_token_brings_its_query_and_refuses_another() {
        let query = [
            ("where".to_owned(), "a='1'".to_owned()),
            ("page".to_owned(), "1".to_owned()),
        ];
        let (paging, _) = read("offset", &[("pageSize", "10")]).unwrap();
        let token = paging.next_number(&query);
        let (next, restored) = read("offset", &[("nextPage", &token)]).unwrap();
        assert_eq!((next.page, next.size), (2, 10));
        assert!(restored.contains(&("where".to_owned(), "a='1'".to_owned())));
        let error = read("offset", &[("nextPage", &token), ("where", "b=2")]).unwrap_err();
        assert!(error.to_string().contains("another `where`"), "{error}");
    }

    #[test]
    fn limits_and_nonsense() {
        let (paging, _) = read("page", &[("pageSize", "1000"), ("page", "0")]).unwrap();
        assert_eq!((paging.page, paging.size), (1, 100));
        assert!(paging.notice.unwrap().contains("limited to 100"));
        let far = u64::MAX.to_string();
        for kind in ["page", "page 0", "offset"] {
            let (paging, _) = read(kind, &[("page", &far)]).unwrap();
            assert!(
                paging
                    .value("page")
                    .is_some_and(|page| page.parse::<u64>().is_ok())
            );
            assert!(paging.next_number(&[]).contains(&far));
        }
        assert!(read("page", &[("page", "two")]).is_err());
        assert!(read("page", &[("nextPage", "forged")]).is_err());
        assert_eq!(read("page", &[("nextPage", "")]).unwrap().0.page, 1);
    }
}
