//! What user interfaces ask of an object: page layouts, compact layouts, quick actions, tabs.
//!
//! # Source
//! <https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_layouts.htm> (2026-11)

use serde_json::{Value, json};

use super::describe::{Field, Object, object, objects};
use super::error::{Answer, ApiError};
use super::id;
use super::org::{Org, known};
use super::rest::Request;
use crate::call::Reply;

/// The record type that every object has.
pub const MASTER: &str = "012000000000000AAA";
/// Objects with a tab.
const TABS: [&str; 7] = [
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "Case",
    "Campaign",
    "Project__c",
];
/// The global actions: name, label, the object that each creates.
const ACTIONS: [(&str, &str, &str); 7] = [
    ("NewAccount", "New Account", "Account"),
    ("NewContact", "New Contact", "Contact"),
    ("NewLead", "New Lead", "Lead"),
    ("NewCase", "New Case", "Case"),
    ("NewTask", "New Task", "Task"),
    ("NewEvent", "New Event", "Event"),
    ("LogACall", "Log a Call", "Task"),
];

/// Answers what follows `/sobjects/{object}` where layouts and actions are asked for; `None` for everything else.
pub fn of_object(
    org: &mut Org,
    request: &Request<'_>,
    object: &'static Object,
    rest: &[&str],
) -> Option<Answer<Reply>> {
    if let ["quickActions", path @ ..] = rest {
        return Some(actions(org, request, Some(object), path));
    }
    let body = match rest {
        ["describe", "layouts"] => Ok(layouts(object, request.base)),
        ["describe", "layouts", given] => master(given).map(|()| layout(object)),
        ["describe", "compactLayouts"] => Ok(compact_layouts(object, request.base)),
        ["describe", "compactLayouts", "primary"] => Ok(compact_layout(object)),
        ["describe", "compactLayouts", given] => master(given).map(|()| compact_layout(object)),
        ["describe", "approvalLayouts"] => Ok(json!({ "approvalLayouts": [] })),
        ["describe", "approvalLayouts" | "namedLayouts", _] => Err(ApiError::not_found()),
        _ => return None,
    };
    Some(read(request, body))
}

/// Answers `/quickActions`, `/tabs`, `/theme`, `/compactLayouts?q=`, `/appMenu/{type}`; `None` for everything else.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Option<Answer<Reply>> {
    let body = match path {
        ["quickActions", rest @ ..] => return Some(actions(org, request, None, rest)),
        ["tabs"] => Ok(TABS
            .iter()
            .filter_map(|name| Some(tab(object(name)?)))
            .collect()),
        ["theme"] => Ok(json!({ "themeItems": TABS.iter().map(|name| json!({
            "name": name, "colors": [{ "color": "236FBD", "context": "primary", "theme": "theme4" }], "icons": [],
        })).collect::<Vec<_>>() })),
        ["appMenu", "AppSwitcher" | "Salesforce1"] => Ok(json!({ "appMenuItems": [{
            "type": "Tabset", "content": null, "icons": null, "colors": null, "label": "Sales", "url": "/one/one.app",
        }] })),
        ["compactLayouts"] => many_compact_layouts(request),
        _ => return None,
    };
    Some(read(request, body))
}

fn read(request: &Request<'_>, body: Answer<Value>) -> Answer<Reply> {
    let method = request.call.method.as_str();
    if !matches!(method, "GET" | "HEAD") {
        return Err(ApiError::method(method, "GET,HEAD"));
    }
    body.map(|body| Reply::json(200, &body))
}

/// Only the master record type is there.
fn master(given: &str) -> Answer<()> {
    let known = id::normalize(given).is_some_and(|given| given == MASTER);
    known.then_some(()).ok_or_else(ApiError::not_found)
}

/// An id of the platform's own that follows from the object.
pub fn derived(prefix: &str, object: &Object, more: u64) -> String {
    let place = objects().iter().position(|one| one.name == object.name);
    let place = u64::try_from(place.unwrap_or(0)).unwrap_or(0);
    id::make(prefix, 2_400_000_000 + place * 100 + more)
}

fn layouts(object: &Object, base: &str) -> Value {
    let own = layout(object);
    json!({
        "recordTypeMappings": [{
            "active": true, "available": true, "defaultRecordTypeMapping": true, "developerName": "Master",
            "layoutId": own.get("id"), "master": true, "name": "Master", "recordTypeId": MASTER,
            "picklistsForRecordType": picklists(object),
            "urls": { "layout": format!("{base}/sobjects/{}/describe/layouts/{MASTER}", object.name) },
        }],
        "layouts": [own], "recordTypeSelectorRequired": [false],
    })
}

fn picklists(object: &Object) -> Vec<Value> {
    let with_values = object
        .fields
        .iter()
        .filter(|field| !field.values.is_empty());
    with_values
        .map(|field| json!({ "picklistName": field.name, "picklistValues": field.picklist() }))
        .collect()
}

fn layout(object: &Object) -> Value {
    let shown: Vec<&Field> = object
        .fields
        .iter()
        .filter(|field| field.kind != "id" && field.name != "IsDeleted")
        .collect();
    let mut tab = 0;
    let rows: Vec<Value> = shown
        .chunks(2)
        .map(|pair| {
            let items: Vec<Value> = pair
                .iter()
                .map(|field| {
                    tab += 1;
                    item(object, field, tab)
                })
                .collect();
            json!({ "layoutItems": items, "numItems": items.len() })
        })
        .collect();
    let section = json!([{
        "collapsed": false, "columns": 2, "heading": format!("{} Information", object.label()), "layoutRows": rows,
        "layoutSectionId": derived("01B", object, 0), "parentLayoutId": derived("00h", object, 0), "rows": rows.len(),
        "tabOrder": "TopToBottom", "useCollapsibleSection": false, "useHeading": true,
    }]);
    let lists: Vec<Value> = object
        .children
        .iter()
        .map(|child| {
            json!({
                "accessLevelRequiredForCreate": null, "buttons": [], "columns": [], "custom": false, "field": child.1,
                "label": child.2, "limitRows": 5, "name": child.2, "sobject": child.0, "sort": [],
            })
        })
        .collect();
    json!({
        "id": derived("00h", object, 0), "buttonLayoutSection": { "detailButtons": [] }, "detailLayoutSections": section,
        "editLayoutSections": section, "feedView": null, "highlightsPanelLayoutSection": null,
        "multirowEditLayoutSections": [], "offlineLinks": [], "quickActionList": { "quickActionListItems": [] },
        "relatedContent": null, "relatedLists": lists, "saveOptions": [],
    })
}

fn item(object: &Object, field: &Field, tab: u64) -> Value {
    json!({
        "editableForNew": !field.read_only, "editableForUpdate": !field.read_only && !field.create_only,
        "label": field.label(), "placeholder": false, "required": field.must_be_given(),
        "layoutComponents": [{
            "type": "Field", "value": field.name, "details": field.describe(object), "displayLines": 1, "tabOrder": tab,
        }],
    })
}

fn compact_layout(object: &Object) -> Value {
    let shown = object.fields.iter().filter(|field| field.is_name());
    let items: Vec<Value> = shown
        .map(|field| {
            json!({
                "editableForNew": false, "editableForUpdate": false, "label": field.label(), "placeholder": false,
                "required": false, "layoutComponents": [{
                    "type": "Field", "value": field.name, "details": field.describe(object), "displayLines": 1, "tabOrder": 1,
                }],
            })
        })
        .collect();
    json!({
        "actions": [], "fieldItems": items, "id": null, "imageItems": [], "label": "System Default", "name": "SYSTEM",
        "objectType": object.name,
    })
}

fn compact_layouts(object: &Object, base: &str) -> Value {
    let own = format!("{base}/sobjects/{}/describe/compactLayouts", object.name);
    json!({
        "compactLayouts": [compact_layout(object)], "defaultCompactLayoutId": null,
        "recordTypeCompactLayoutMappings": [{
            "available": true, "compactLayoutId": null, "compactLayoutName": "SYSTEM", "recordTypeId": MASTER,
            "recordTypeName": "Master", "urls": { "compactLayout": format!("{own}/{MASTER}") },
        }],
        "urls": { "primary": format!("{own}/primary") },
    })
}

/// `/compactLayouts?q=Account,Contact`
fn many_compact_layouts(request: &Request<'_>) -> Answer<Value> {
    let names = request.call.query("q").unwrap_or_default();
    let each = names.split(',').map(str::trim).map(|name| {
        let object = known(name)?;
        Ok((object.name.clone(), compact_layout(object)))
    });
    Ok(Value::Object(each.collect::<Answer<_>>()?))
}

fn tab(object: &Object) -> Value {
    json!({
        "colors": [], "custom": object.is_custom(), "iconUrl": null, "icons": [], "label": object.label_plural(),
        "miniIconUrl": null, "name": format!("standard-{}", object.name), "sobjectName": object.name,
        "url": format!("/{}/o", object.key_prefix),
    })
}

/// What follows `quickActions`, of an object or of all.
fn actions(
    org: &mut Org,
    request: &Request<'_>,
    object: Option<&'static Object>,
    path: &[&str],
) -> Answer<Reply> {
    let base = object.map_or_else(
        || format!("{}/quickActions", request.base),
        |object| format!("{}/sobjects/{}/quickActions", request.base, object.name),
    );
    let [name, rest @ ..] = path else {
        let list = ACTIONS.iter().map(|(name, label, _)| {
            json!({
                "label": label, "name": name, "type": if *name == "LogACall" { "LogACall" } else { "Create" },
                "urls": {
                    "quickAction": format!("{base}/{name}"), "describe": format!("{base}/{name}/describe"),
                    "defaultValues": format!("{base}/{name}/defaultValues"),
                },
            })
        });
        return read(request, Ok(list.collect()));
    };
    let found = ACTIONS.iter().find(|(known, _, _)| known == name);
    let (name, label, target) = found.ok_or_else(ApiError::not_found)?;
    let target = known(target)?;
    match (request.call.method.as_str(), rest) {
        ("POST", []) => act(org, request, target),
        ("GET" | "HEAD", [] | ["describe"]) => {
            let shown = target.fields.iter().filter(|field| field.must_be_given());
            let items: Vec<Value> = shown.map(|field| item(target, field, 1)).collect();
            let body = json!({
                "accessLevelRequired": null, "contextSobjectType": object.map(|object| &object.name), "defaultValues": [],
                "label": label, "name": name, "targetSobjectType": target.name, "targetParentField": null,
                "type": if *name == "LogACall" { "LogACall" } else { "Create" }, "visualforcePageName": null,
                "layout": { "layoutRows": [{ "layoutItems": items, "numItems": items.len() }] },
            });
            Ok(Reply::json(200, &body))
        }
        ("GET" | "HEAD", ["defaultValues"] | ["defaultValues", _]) => Ok(Reply::json(
            200,
            &json!({ "attributes": { "type": target.name } }),
        )),
        (method, [] | ["describe"] | ["defaultValues", ..]) => {
            Err(ApiError::method(method, "GET,HEAD,POST"))
        }
        _ => Err(ApiError::not_found()),
    }
}

/// Creates the record of an action below the one that it was called on.
fn act(org: &mut Org, request: &Request<'_>, target: &'static Object) -> Answer<Reply> {
    let body = super::rest::record_body(request.call)?;
    let context = body.get("contextId").and_then(Value::as_str);
    let given = body.get("record").and_then(Value::as_object);
    let mut record = given.cloned().unwrap_or_default();
    if let Some(parent) = context.and_then(|context| org.any(context).map(|(one, _)| one)) {
        let link = target
            .fields
            .iter()
            .find(|field| field.reference_to.contains(&parent.name));
        if let (Some(link), Some(context)) = (link, context) {
            record.entry(link.name.clone()).or_insert(json!(context));
        }
    }
    let made = org.create(request.actor, target, &record)?;
    Ok(Reply::json(
        201,
        &json!({
            "contextId": context, "errors": [], "feedItemIds": null, "id": made, "ids": [made], "success": true,
            "successMessage": null,
        }),
    ))
}
