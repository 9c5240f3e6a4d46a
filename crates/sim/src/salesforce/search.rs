//! `/search` (SOSL) and `/parameterizedSearch`.

use serde_json::{Map, Value, json};

use super::describe::{Field, Object};
use super::error::{Answer, ApiError};
use super::org::{Org, attributes, known};
use super::rest::Request;
use super::soql::{self, Query};
use crate::call::Reply;
use crate::record_store::Record;

/// Records in one answer.
const MOST: usize = 2000;
/// Objects that are looked through when none is named.
pub const USUAL: [&str; 6] = [
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "Case",
    "Campaign",
];

/// What is looked for and where.
struct Search {
    words: Vec<Word>,
    any: bool,
    group: String,
    wanted: Vec<Query>,
    limit: usize,
}

/// A word with what may stand around it.
struct Word {
    text: String,
    open_start: bool,
    open_end: bool,
}

/// Answers `/search?q=FIND {…} …`.
pub fn sosl(org: &Org, request: &Request<'_>) -> Answer<Reply> {
    let text = request.call.query("q").unwrap_or_default();
    let search = parse(text, request)?;
    Ok(search.reply(org, request))
}

/// Answers `/parameterizedSearch`, by query or by body.
pub fn parameterized(org: &Org, request: &Request<'_>) -> Answer<Reply> {
    let call = request.call;
    let body = if call.method == http::Method::POST {
        call.json().unwrap_or_default()
    } else {
        let objects = call.query.iter().filter(|(name, _)| name == "sobject");
        let of = |object: &str, what: &str| call.query(&format!("{object}.{what}"));
        let objects: Vec<Value> = objects
            .map(|(_, name)| {
                let fields: Vec<&str> = of(name, "fields")
                    .or_else(|| call.query("fields"))
                    .map(|fields| fields.split(',').map(str::trim).collect())
                    .unwrap_or_default();
                let limit = of(name, "limit").and_then(|text| text.parse::<usize>().ok());
                json!({ "name": name, "fields": fields, "where": of(name, "where"), "limit": limit })
            })
            .collect();
        let limit = call
            .query("overallLimit")
            .and_then(|text| text.parse::<usize>().ok());
        json!({ "q": call.query("q"), "in": call.query("in"), "sobjects": objects, "overallLimit": limit })
    };
    let names = |value: &Value| -> String {
        let names = value.get("fields").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        names.collect::<Vec<_>>().join(",")
    };
    let mut wanted = Vec::new();
    for object in body
        .get("sobjects")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let name = object
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let own = names(object);
        let fields = if own.is_empty() { names(&body) } else { own };
        let mut rest = String::new();
        if let Some(condition) = object.get("where").and_then(Value::as_str) {
            rest = format!("WHERE {condition}");
        }
        if let Some(limit) = object.get("limit").and_then(Value::as_u64) {
            rest = format!("{rest} LIMIT {limit}");
        }
        wanted.push(query(name, &fields, &rest, request)?);
    }
    let given = body.get("q").and_then(Value::as_str).unwrap_or_default();
    let group = body.get("in").and_then(Value::as_str).unwrap_or("ALL");
    let limit = body.get("overallLimit").and_then(Value::as_u64);
    let search = Search {
        limit: limit
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(MOST)
            .min(MOST),
        ..Search::of(given, group, usual(wanted, request)?)?
    };
    Ok(search.reply(org, request))
}

/// Answers what follows `/search`: the order of objects, the columns of results, suggestions while somebody types.
pub fn aids(org: &Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let call = request.call;
    let body = match path {
        ["scopeOrder"] => USUAL
            .iter()
            .map(|name| json!({ "type": name, "url": format!("{}/sobjects/{name}/describe", request.base) }))
            .collect(),
        ["layout"] => {
            let names = call.query("q").unwrap_or_default().split(',').map(str::trim);
            let layouts = names.map(|name| {
                let object = known(name)?;
                let shown = object.fields.iter().filter(|field| field.is_name());
                let columns: Vec<Value> = shown
                    .map(|field| json!({ "field": format!("{}.{}", object.name, field.name), "format": null, "label": field.label(), "name": field.name }))
                    .collect();
                Ok(json!({
                    "errorMsg": null, "label": "Search Results", "limitRows": 25, "objectType": object.name, "searchColumns": columns,
                }))
            });
            Value::Array(layouts.collect::<Answer<_>>()?)
        }
        ["suggestions"] => suggestions(org, request)?,
        _ => return Err(ApiError::not_found()),
    };
    Ok(Reply::json(200, &body))
}

/// `?q=&sobject=&limit=`: records whose name has a word that begins so.
fn suggestions(org: &Org, request: &Request<'_>) -> Answer<Value> {
    let call = request.call;
    let word = call.query("q").unwrap_or_default();
    let name = call.query("sobject").ok_or_else(|| {
        ApiError::new(
            400,
            "MISSING_ARGUMENT",
            "sobject must name the objects to look through",
        )
    })?;
    let limit: usize = call
        .query("limit")
        .and_then(|text| text.parse().ok())
        .unwrap_or(5);
    let search = Search::of(&format!("{word}*"), "NAME", Vec::new())?;
    let mut found = Vec::new();
    for name in name.split(',').map(str::trim) {
        let object = known(name)?;
        found.extend(org.live_records(object).filter(|(_, record)| search.finds(object, record)).map(
            |(id, record)| json!({ "attributes": attributes(request.base, object, id), "Id": id, "Name": record.get("Name") }),
        ));
    }
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(json!({ "autoSuggestResults": found, "hasMoreResults": more }))
}

fn usual(wanted: Vec<Query>, request: &Request<'_>) -> Answer<Vec<Query>> {
    if wanted.is_empty() {
        return USUAL
            .iter()
            .map(|name| query(name, "", "", request))
            .collect();
    }
    Ok(wanted)
}

fn query(object: &str, fields: &str, rest: &str, request: &Request<'_>) -> Answer<Query> {
    known(object).map_err(|_| {
        let message = format!("sObject type '{object}' is not supported.");
        ApiError::new(400, "INVALID_TYPE", message)
    })?;
    let fields = if fields.trim().is_empty() {
        "Id"
    } else {
        fields
    };
    soql::parse(
        &format!("SELECT {fields} FROM {object} {rest}"),
        request.actor.now,
    )
}

fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "MALFORMED_SEARCH", message)
}

/// `FIND {words} [IN … FIELDS] [RETURNING Object(fields WHERE …), …] [LIMIT n]`
fn parse(text: &str, request: &Request<'_>) -> Answer<Search> {
    let text = text.trim();
    let after_find = text
        .get(..4)
        .filter(|word| word.eq_ignore_ascii_case("find"))
        .and_then(|_| text.get(4..))
        .ok_or_else(|| malformed("The search must begin with FIND"))?;
    let (given, rest) = after_find
        .trim_start()
        .strip_prefix('{')
        .and_then(|rest| rest.split_once('}'))
        .ok_or_else(|| malformed("The words to find must stand in braces: FIND {acme}"))?;
    let mut rest = rest.trim_start();
    let mut group = "ALL".to_owned();
    if let Some(after) = keyword(rest, "IN") {
        let (name, after) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
        group = name.to_ascii_uppercase();
        rest = keyword(after.trim_start(), "FIELDS")
            .ok_or_else(|| malformed("FIELDS is missing after IN"))?;
    }
    let mut wanted = Vec::new();
    if let Some(after) = keyword(rest, "RETURNING") {
        rest = after;
        loop {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            let (object, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let after = after.trim_start();
            let (inside, after) = match after.strip_prefix('(') {
                Some(inner) => parenthesis(inner)?,
                None => ("", after),
            };
            let cut = clause(inside);
            let (fields, clauses) = inside.split_at_checked(cut).unwrap_or((inside, ""));
            wanted.push(query(object, fields, clauses, request)?);
            rest = after.trim_start();
            match rest.strip_prefix(',') {
                Some(more) => rest = more.trim_start(),
                None => break,
            }
        }
    }
    let mut limit = MOST;
    if let Some(after) = keyword(rest, "LIMIT") {
        let number = after.split_whitespace().next().unwrap_or_default();
        limit = number
            .parse()
            .map_err(|_| malformed(format!("unexpected token: '{number}'")))?;
        rest = "";
    }
    if !rest.trim().is_empty() && keyword(rest, "WITH").is_none() {
        let word = rest.split_whitespace().next().unwrap_or_default();
        return Err(malformed(format!("unexpected token: '{word}'")));
    }
    Ok(Search {
        limit: limit.min(MOST),
        ..Search::of(given, &group, usual(wanted, request)?)?
    })
}

/// What follows a word, when it stands here.
fn keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (first, rest) = text.split_at_checked(word.len())?;
    let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
    (first.eq_ignore_ascii_case(word) && ends).then(|| rest.trim_start())
}

/// What is inside a parenthesis that was opened, and what follows it.
fn parenthesis(text: &str) -> Answer<(&str, &str)> {
    let mut open = 1;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => quoted = !quoted,
            '(' if !quoted => open += 1,
            ')' if !quoted => open -= 1,
            _ => {}
        }
        if open == 0 {
            let (inside, rest) = text.split_at_checked(at).unwrap_or((text, ""));
            return Ok((inside, rest.strip_prefix(')').unwrap_or(rest)));
        }
    }
    Err(malformed("unexpected token: '<EOF>'"))
}

/// Where the clauses after the fields begin.
fn clause(inside: &str) -> usize {
    let upper = inside.to_ascii_uppercase();
    let words = [" WHERE ", " ORDER ", " LIMIT ", " OFFSET ", " USING "];
    let found = words.iter().filter_map(|word| upper.find(word)).min();
    let bare = ["WHERE ", "ORDER ", "LIMIT "]
        .iter()
        .any(|word| upper.starts_with(word));
    if bare {
        0
    } else {
        found.unwrap_or(inside.len())
    }
}

impl Search {
    fn of(given: &str, group: &str, wanted: Vec<Query>) -> Answer<Self> {
        let given = given.trim();
        if given.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
            return Err(malformed("search term must be longer than one character"));
        }
        if !["ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"].contains(&group) {
            return Err(malformed(format!("unexpected token: '{group}'")));
        }
        let mut words = Vec::new();
        let mut any = false;
        let mut quoted = false;
        for (at, part) in given.split('"').enumerate() {
            quoted = at % 2 == 1;
            let parts: Vec<&str> = if quoted {
                vec![part]
            } else {
                part.split_whitespace().collect()
            };
            for part in parts.into_iter().filter(|part| !part.is_empty()) {
                match part {
                    "OR" if !quoted => any = true,
                    "AND" if !quoted => {}
                    _ => words.push(Word {
                        text: part
                            .replace('\\', "")
                            .trim_matches(['*', '?'])
                            .to_lowercase(),
                        open_start: part.starts_with(['*', '?']),
                        open_end: part.ends_with(['*', '?']),
                    }),
                }
            }
        }
        if quoted {
            return Err(malformed("a quote is not closed"));
        }
        Ok(Self {
            words,
            any,
            group: group.to_owned(),
            wanted,
            limit: MOST,
        })
    }

    fn reply(&self, org: &Org, request: &Request<'_>) -> Reply {
        let mut found: Vec<Value> = Vec::new();
        for query in &self.wanted {
            let limit = query.limit.unwrap_or(MOST);
            let unlimited = query.matches_in_order(org);
            let records = unlimited
                .into_iter()
                .filter(|(_, record)| self.finds(query.object, record))
                .skip(query.offset)
                .take(limit);
            for (id, record) in records {
                let mut shown = query.render(org, request.base, record);
                if let Some(shown) = shown.as_object_mut() {
                    let own = attributes(request.base, query.object, id);
                    shown.insert("attributes".to_owned(), own);
                }
                found.push(shown);
            }
        }
        found.truncate(self.limit);
        let found = Value::Array(found);
        if request.version < 37 {
            return Reply::json(200, &found);
        }
        let body = Map::from_iter([("searchRecords".to_owned(), found)]);
        Reply::json(200, &Value::Object(body))
    }

    fn finds(&self, object: &Object, record: &Record) -> bool {
        let texts: Vec<String> = object
            .fields
            .iter()
            .filter(|field| self.looks_at(field))
            .filter_map(|field| record.get(&field.name)?.as_str())
            .map(str::to_lowercase)
            .collect();
        let holds = |word: &Word| texts.iter().any(|text| word.stands_in(text));
        if self.any {
            self.words.iter().any(holds)
        } else {
            self.words.iter().all(holds)
        }
    }

    fn looks_at(&self, field: &Field) -> bool {
        match self.group.as_str() {
            "NAME" => field.is_name() || field.name.ends_with("Name"),
            "EMAIL" => field.kind == "email",
            "PHONE" => field.kind == "phone",
            _ => field.is_text(),
        }
    }
}

impl Word {
    /// Whether the word stands in a text as a word, or as its part where it says so.
    fn stands_in(&self, text: &str) -> bool {
        text.match_indices(&self.text).any(|(at, found)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text
                .get(at + found.len()..)
                .and_then(|after| after.chars().next());
            let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            (self.open_start || edge(before)) && (self.open_end || edge(after))
        })
    }
}
