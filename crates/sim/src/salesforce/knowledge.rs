//! Knowledge articles: versions, their numbers, and the way from draft to online to archive.

use serde_json::{Value, json};

use super::describe::{Object, object, objects};
use super::error::{Answer, ApiError};
use super::id;
use super::org::{Actor, Org};
use super::rules::text;
use super::value::print_datetime;
use crate::record_store::Record;

/// Checks a version before it is stored.
pub fn check(org: &Org, record: &Record, before: Option<&Record>) -> Answer<()> {
    if before.is_some_and(|before| text(before, "PublishStatus") != Some("Draft")) {
        let message = "You can only update draft articles; create a draft of the article first.";
        return Err(ApiError::new(400, "INVALID_ARTICLE_STATE", message));
    }
    let name = text(record, "UrlName").unwrap_or_default();
    if !name.chars().all(|c| c.is_alphanumeric() || c == '-') {
        let message = "URL Name: The URL Name can only contain alphanumeric characters or hyphens.";
        return Err(ApiError::field(
            "FIELD_INTEGRITY_EXCEPTION",
            "UrlName",
            message,
        ));
    }
    let article = text(record, "KnowledgeArticleId");
    let taken = versions(org).find(|(_, other)| {
        text(other, "UrlName").is_some_and(|other| other.eq_ignore_ascii_case(name))
            && (article.is_none() || text(other, "KnowledgeArticleId") != article)
    });
    match taken {
        Some((id, _)) => {
            let message =
                format!("duplicate value found: UrlName duplicates value on record with id: {id}");
            Err(ApiError {
                fields: Some(Vec::new()),
                ..ApiError::new(400, "DUPLICATE_VALUE", message)
            })
        }
        None => Ok(()),
    }
}

/// Gives a new version its article, which is made.
pub fn admit(org: &mut Org, actor: Actor<'_>, object: &Object, record: &mut Record) -> Answer<()> {
    let articles = known_articles()?;
    let number = org.records.collection_mut("KnowledgeArticle").next_number();
    let article = id::make(&articles.key_prefix, 2_500_000_000 + number * 61);
    let printed = format!("{:09}", 999 + number);
    let body = Record::from_iter([("ArticleNumber".to_owned(), json!(printed))]);
    // The number is the platform's: it is put in after the checks on callers' bodies.
    org.create_as(actor, articles, &Record::new(), Some(&article))?;
    if let Some(head) = org
        .records
        .collection_mut("KnowledgeArticle")
        .get_mut(&article)
    {
        head.extend(body);
    }
    record.insert("KnowledgeArticleId".to_owned(), json!(article));
    record.insert("ArticleNumber".to_owned(), json!(printed));
    record.insert("ArticleType".to_owned(), json!(object.name));
    Ok(())
}

/// Every version goes when its article goes.
pub fn bury(org: &mut Org, article: &str) {
    let ids: Vec<String> = versions(org)
        .filter(|(_, record)| text(record, "KnowledgeArticleId") == Some(article))
        .map(|(id, _)| id.to_owned())
        .collect();
    for id in ids {
        if let Some(record) = stored(org, &id) {
            record.insert("IsDeleted".to_owned(), json!(true));
        }
    }
}

/// Sets the publication status of a master version.
pub fn publish(org: &mut Org, actor: Actor<'_>, id: &str, body: &Record) -> Answer<()> {
    let id = id::normalize(id).ok_or_else(ApiError::not_found)?;
    let object = super::describe::object_of_id(&id)
        .filter(|object| object.is_article())
        .ok_or_else(ApiError::not_found)?;
    let version = org.live(object, &id)?.clone();
    let now = print_datetime(actor.now);
    let state = text(&version, "PublishStatus")
        .unwrap_or_default()
        .to_owned();
    let wanted = body.get("publishStatus").and_then(Value::as_str);
    match (state.as_str(), wanted.unwrap_or_default()) {
        ("Draft", "Draft") => {}
        ("Draft", "Online") => {
            let article = text(&version, "KnowledgeArticleId").map(str::to_owned);
            let former: Vec<String> = versions(org)
                .filter(|(_, other)| {
                    text(other, "KnowledgeArticleId").map(str::to_owned) == article
                        && text(other, "PublishStatus") == Some("Online")
                })
                .map(|(id, _)| id.to_owned())
                .collect();
            for other in former {
                if let Some(record) = stored(org, &other) {
                    record.insert("PublishStatus".to_owned(), json!("Archived"));
                    record.insert("IsLatestVersion".to_owned(), json!(false));
                }
            }
            if let Some(record) = stored(org, &id) {
                record.insert("PublishStatus".to_owned(), json!("Online"));
                record.insert("LastPublishedDate".to_owned(), json!(now));
                record
                    .entry("FirstPublishedDate".to_owned())
                    .or_insert(json!(now));
            }
        }
        ("Online", "Archived") => {
            if let Some(record) = stored(org, &id) {
                record.insert("PublishStatus".to_owned(), json!("Archived"));
                record.insert("ArchivedDate".to_owned(), json!(now));
            }
        }
        ("Online" | "Archived", "Draft") => {
            if let Some(record) = stored(org, &id) {
                let number = record.get("VersionNumber").and_then(Value::as_i64);
                record.insert("PublishStatus".to_owned(), json!("Draft"));
                record.insert("VersionNumber".to_owned(), json!(number.unwrap_or(0) + 1));
            }
        }
        (_, "Draft" | "Online" | "Archived") => {
            let message = format!(
                "The article cannot go from {state} to {}",
                wanted.unwrap_or_default()
            );
            return Err(ApiError::new(400, "INVALID_OPERATION", message));
        }
        _ => {
            let message = "publishStatus must be Draft, Online or Archived";
            return Err(ApiError::new(400, "INVALID_INPUT", message));
        }
    }
    Ok(())
}

fn known_articles() -> Answer<&'static Object> {
    object("KnowledgeArticle").ok_or_else(ApiError::not_found)
}

fn versions(org: &Org) -> impl Iterator<Item = (&str, &Record)> {
    objects()
        .iter()
        .filter(|object| object.is_article())
        .flat_map(|object| org.live_records(object))
}

fn stored<'a>(org: &'a mut Org, id: &str) -> Option<&'a mut Record> {
    let object = super::describe::object_of_id(id)?;
    org.records.collection_mut(&object.name).get_mut(id)
}
