//! Chatter posts and their comments.

use serde_json::{Value, json};

use super::describe::Object;
use super::error::{Answer, ApiError};
use super::id;
use super::org::{Org, known};
use super::rest::Request;
use super::rules::text;
use crate::call::Reply;
use crate::record_store::Record;

/// Comments a page unless the caller asks for another number.
const USUAL_PAGE: usize = 3;
const MOST_PAGE: usize = 100;

/// Answers what follows `/chatter` (or `/connect`) where posts are concerned; `None` for everything else.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Option<Answer<Reply>> {
    let method = request.call.method.as_str();
    Some(match (method, path) {
        ("POST", ["feed-elements"]) => post(org, request),
        (_, ["feed-elements"]) => Err(ApiError::method(method, "POST")),
        ("GET" | "HEAD", ["feed-elements", id]) => {
            feed_element(org, id).map(|post| Reply::json(200, &print_post(org, request, &post)))
        }
        ("DELETE", ["feed-elements", id]) => feed_element(org, id).and_then(|post| {
            org.delete(request.actor, known("FeedItem")?, &id_of(&post))?;
            Ok(Reply::empty(204))
        }),
        ("POST", ["feed-elements", id, "capabilities", "comments", "items"]) => {
            comment(org, request, id)
        }
        ("GET" | "HEAD", ["feed-elements", id, "capabilities", "comments", "items"]) => {
            comments(org, request, id)
        }
        (_, ["comments", id]) => one(org, request, id),
        ("GET" | "HEAD", ["feeds", "record", id, "feed-elements"]) => feed(org, request, Some(id)),
        (
            "GET" | "HEAD",
            ["feeds", "news" | "user-profile", "me", "feed-elements"]
            | ["feeds", "company", "feed-elements"],
        ) => feed(org, request, None),
        ("GET" | "HEAD", ["users"]) => users(org, request, None),
        ("GET" | "HEAD", ["users", id]) => users(org, request, Some(id)),
        ("GET" | "HEAD", ["groups"]) => Ok(Reply::json(
            200,
            &json!({
                "groups": [], "currentPageUrl": format!("{}/chatter/groups", request.base), "nextPageUrl": null,
                "previousPageUrl": null, "total": 0,
            }),
        )),
        _ => return None,
    })
}

fn id_of(record: &Record) -> String {
    text(record, "Id").unwrap_or_default().to_owned()
}

fn live(org: &Org, object: &Object, given: &str) -> Answer<Record> {
    let id = id::normalize(given).ok_or_else(|| {
        let message = format!("Invalid identifier: {given}");
        ApiError::new(400, "INVALID_ID_FIELD", message)
    })?;
    org.live(object, &id).cloned()
}

fn feed_element(org: &Org, given: &str) -> Answer<Record> {
    live(org, known("FeedItem")?, given)
}

/// The words of `body.messageSegments`.
fn words(body: &Record) -> String {
    let segments = body
        .get("body")
        .and_then(|body| body.get("messageSegments"))
        .and_then(Value::as_array);
    let texts = segments.into_iter().flatten().filter_map(|segment| {
        let text = segment.get("text").or_else(|| segment.get("url"));
        text.and_then(Value::as_str)
    });
    texts.collect()
}

fn body(request: &Request<'_>) -> Answer<Record> {
    let fault = |_| {
        let message = "The HTTP entity body must be a JSON object";
        ApiError::new(400, "JSON_PARSER_ERROR", message)
    };
    serde_json::from_slice(&request.call.body).map_err(fault)
}

fn post(org: &mut Org, request: &Request<'_>) -> Answer<Reply> {
    let given = body(request)?;
    let subject = match given.get("subjectId").and_then(Value::as_str) {
        None | Some("me") => request.actor.user.to_owned(),
        Some(subject) => subject.to_owned(),
    };
    let mut record = Record::from_iter([("ParentId".to_owned(), json!(subject))]);
    let said = words(&given);
    if !said.is_empty() {
        record.insert("Body".to_owned(), json!(said));
    }
    let file = given
        .get("capabilities")
        .and_then(|all| all.get("files").or_else(|| all.get("content")))
        .and_then(|files| files.get("items"))
        .and_then(|items| items.get(0))
        .and_then(|item| item.get("id"))
        .and_then(Value::as_str);
    if let Some(file) = file {
        let document = live(org, known("ContentDocument")?, file)?;
        let version = document.get("LatestPublishedVersionId").cloned();
        record.insert("Type".to_owned(), json!("ContentPost"));
        record.insert("RelatedRecordId".to_owned(), version.unwrap_or(Value::Null));
        record.insert(
            "Title".to_owned(),
            document.get("Title").cloned().unwrap_or(Value::Null),
        );
    } else if said.is_empty() {
        let message = "The post has neither text nor a file";
        return Err(ApiError::new(400, "MISSING_ARGUMENT", message));
    }
    let id = org.create(request.actor, known("FeedItem")?, &record)?;
    let post = feed_element(org, &id)?;
    Ok(Reply::json(201, &print_post(org, request, &post)))
}

fn comment(org: &mut Org, request: &Request<'_>, post: &str) -> Answer<Reply> {
    let post = feed_element(org, post)?;
    let said = words(&body(request)?);
    if said.is_empty() {
        let message = "The comment has no text";
        return Err(ApiError::new(400, "MISSING_ARGUMENT", message));
    }
    let record = Record::from_iter([
        ("FeedItemId".to_owned(), json!(id_of(&post))),
        ("CommentBody".to_owned(), json!(said)),
    ]);
    let comments = known("FeedComment")?;
    let id = org.create(request.actor, comments, &record)?;
    let comment = org.live(comments, &id)?;
    Ok(Reply::json(201, &print_comment(org, request, comment)))
}

fn one(org: &mut Org, request: &Request<'_>, given: &str) -> Answer<Reply> {
    let comments = known("FeedComment")?;
    let id = id_of(&live(org, comments, given)?);
    match request.call.method.as_str() {
        "GET" | "HEAD" => {}
        "PATCH" => {
            let said = words(&body(request)?);
            let change = Record::from_iter([("CommentBody".to_owned(), json!(said))]);
            org.update(request.actor, comments, &id, &change)?;
        }
        "DELETE" => {
            org.delete(request.actor, comments, &id)?;
            return Ok(Reply::empty(204));
        }
        other => return Err(ApiError::method(other, "DELETE,GET,HEAD,PATCH")),
    }
    let comment = org.live(comments, &id)?;
    Ok(Reply::json(200, &print_comment(org, request, comment)))
}

/// A page holds the newest comments that no earlier page had, the oldest of them first.
fn comments(org: &Org, request: &Request<'_>, post: &str) -> Answer<Reply> {
    let post = id_of(&feed_element(org, post)?);
    let all: Vec<&Record> = org
        .live_records(known("FeedComment")?)
        .map(|(_, record)| record)
        .filter(|record| text(record, "FeedItemId") == Some(&post))
        .collect();
    let (from, size) = page(request, USUAL_PAGE)?;
    let end = all.len().saturating_sub(from);
    let start = end.saturating_sub(size);
    let items: Vec<Value> = all
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .map(|record| print_comment(org, request, record))
        .collect();
    let own = format!(
        "{}/chatter/feed-elements/{post}/capabilities/comments/items",
        request.base
    );
    Ok(Reply::json(
        200,
        &paged(&own, items, all.len(), (from, size), start > 0),
    ))
}

/// The posts below one record, or all that there are, newest first.
fn feed(org: &Org, request: &Request<'_>, given: Option<&str>) -> Answer<Reply> {
    let parent = match given {
        Some(given) => Some(id::normalize(given).ok_or_else(ApiError::not_found)?),
        None => None,
    };
    let posts: Vec<&Record> = org
        .live_records(known("FeedItem")?)
        .map(|(_, record)| record)
        .filter(|record| parent.is_none() || text(record, "ParentId") == parent.as_deref())
        .collect();
    let (from, size) = page(request, 25)?;
    let more = posts.len() > from.saturating_add(size);
    let items: Vec<Value> = posts
        .iter()
        .rev()
        .skip(from)
        .take(size)
        .map(|post| print_post(org, request, post))
        .collect();
    let own = match &parent {
        Some(parent) => format!(
            "{}/chatter/feeds/record/{parent}/feed-elements",
            request.base
        ),
        None => format!("{}/chatter/feeds/company/feed-elements", request.base),
    };
    let mut body = paged(&own, items, posts.len(), (from, size), more);
    if let Some(items) = body.as_object_mut().and_then(|body| body.remove("items")) {
        crate::record_store::put(&mut body, "elements", items);
    }
    Ok(Reply::json(200, &body))
}

/// `/chatter/users?q=` and `/chatter/users/{id|me}`.
fn users(org: &Org, request: &Request<'_>, given: Option<&str>) -> Answer<Reply> {
    let people = known("User")?;
    let shown = |record: &Record| {
        let id = text(record, "Id").unwrap_or_default();
        json!({
            "id": id, "name": record.get("Name"), "displayName": record.get("Name"), "firstName": record.get("FirstName"),
            "lastName": record.get("LastName"), "email": record.get("Email"), "username": record.get("Username"),
            "title": record.get("Title"), "isActive": record.get("IsActive"), "type": "User", "userType": "Internal",
            "url": format!("{}/chatter/users/{id}", request.base),
        })
    };
    if let Some(given) = given {
        let id = match given {
            "me" => request.actor.user.to_owned(),
            given => id::normalize(given).ok_or_else(ApiError::not_found)?,
        };
        return Ok(Reply::json(200, &shown(org.live(people, &id)?)));
    }
    let wanted = request.call.query("q").unwrap_or_default().to_lowercase();
    let named = |record: &&Record| {
        let name = text(record, "Name").unwrap_or_default().to_lowercase();
        name.split(' ').any(|word| word.starts_with(&wanted))
    };
    let found: Vec<Value> = org
        .live_records(people)
        .map(|(_, record)| record)
        .filter(named)
        .map(shown)
        .collect();
    let own = format!("{}/chatter/users", request.base);
    Ok(Reply::json(
        200,
        &json!({ "currentPageUrl": own, "nextPageUrl": null, "previousPageUrl": null, "total": found.len(), "users": found }),
    ))
}

/// How many are left out, and how many are wanted. The token of the next page is the number left out.
fn page(request: &Request<'_>, usual: usize) -> Answer<(usize, usize)> {
    let number = |name: &str, usual: usize| match request.call.query(name) {
        None | Some("") => Ok(usual),
        Some(text) => text.parse::<usize>().map_err(|_| {
            let message = format!("Illegal value for query parameter {name}: {text}");
            ApiError::new(400, "ILLEGAL_QUERY_PARAMETER_VALUE", message)
        }),
    };
    let size = number("pageSize", usual)?;
    if !(1..=MOST_PAGE).contains(&size) {
        let message = format!("Illegal value for query parameter pageSize: {size}");
        return Err(ApiError::new(400, "ILLEGAL_QUERY_PARAMETER_VALUE", message));
    }
    Ok((number("page", 0)?, size))
}

fn paged(own: &str, items: Vec<Value>, total: usize, at: (usize, usize), more: bool) -> Value {
    let (from, size) = at;
    let next = from.saturating_add(size).to_string();
    let token = if more { json!(next) } else { Value::Null };
    let url = if more {
        json!(format!("{own}?page={next}&pageSize={size}"))
    } else {
        Value::Null
    };
    json!({
        "currentPageToken": from.to_string(), "currentPageUrl": format!("{own}?page={from}&pageSize={size}"),
        "items": items, "nextPageToken": token, "nextPageUrl": url, "total": total,
    })
}

/// `2016-11-30T10:28:11.000Z`, as Chatter prints times.
fn time(record: &Record, name: &str) -> Value {
    text(record, name).map_or(Value::Null, |time| json!(time.replace("+0000", "Z")))
}

fn said(text: &str) -> Value {
    let segments = if text.is_empty() {
        json!([])
    } else {
        json!([{ "text": text, "type": "Text" }])
    };
    json!({ "isRichText": false, "messageSegments": segments, "text": text })
}

fn person(org: &Org, request: &Request<'_>, record: &Record) -> Value {
    let id = text(record, "CreatedById").unwrap_or_default();
    let name = org
        .records
        .get("User", id)
        .and_then(|user| text(user, "Name"));
    json!({
        "id": id, "name": name, "displayName": name, "type": "User", "url": format!("{}/chatter/users/{id}", request.base),
    })
}

fn print_comment(org: &Org, request: &Request<'_>, comment: &Record) -> Value {
    let id = id_of(comment);
    let post = text(comment, "FeedItemId").unwrap_or_default();
    json!({
        "id": id, "body": said(text(comment, "CommentBody").unwrap_or_default()), "createdDate": time(comment, "CreatedDate"),
        "feedElement": { "id": post, "url": format!("{}/chatter/feed-elements/{post}", request.base) },
        "user": person(org, request, comment), "isDeleteRestricted": false, "likes": { "total": 0, "items": [] },
        "relativeCreatedDate": "Just now", "type": "TextComment", "url": format!("{}/chatter/comments/{id}", request.base),
    })
}

fn print_post(org: &Org, request: &Request<'_>, post: &Record) -> Value {
    let id = id_of(post);
    let version = text(post, "RelatedRecordId")
        .and_then(|version| org.records.get("ContentVersion", version));
    let files: Vec<Value> = version
        .into_iter()
        .map(|version| {
            json!({
                "id": version.get("ContentDocumentId"), "versionId": version.get("Id"), "title": version.get("Title"),
                "fileExtension": version.get("FileExtension"), "fileSize": version.get("ContentSize").map(Value::to_string),
            })
        })
        .collect();
    let own = format!("{}/chatter/feed-elements/{id}", request.base);
    json!({
        "id": id, "feedElementType": "FeedItem", "type": post.get("Type"), "body": said(text(post, "Body").unwrap_or_default()),
        "createdDate": time(post, "CreatedDate"), "modifiedDate": time(post, "LastModifiedDate"),
        "actor": person(org, request, post), "parent": { "id": post.get("ParentId") }, "url": own,
        "capabilities": {
            "files": { "items": files },
            "comments": { "page": { "total": post.get("CommentCount"), "currentPageUrl": format!("{own}/capabilities/comments/items") } },
        },
    })
}
