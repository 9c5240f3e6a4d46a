//! The User Interface API: records with display values, what is known of objects, picklists.
//!
//! # Source
//! <https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources.htm> (2026-11)

use serde_json::{Map, Value, json};

use super::describe::{Field, Object, object, objects};
use super::error::{Answer, ApiError};
use super::id;
use super::layouts::MASTER;
use super::org::{Org, known};
use super::rest::{Request, record_body};
use super::rules::text;
use crate::call::Reply;
use crate::record_store::Record;

/// Records in one batch, as at the vendor.
const MOST: usize = 200;

/// Answers what follows `/ui-api`.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let method = request.call.method.as_str();
    match (method, path) {
        ("POST", ["records"]) => create(org, request),
        ("GET", ["records", "batch", ids]) => batch(org, request, ids),
        ("GET", ["records", id]) => record(org, request, id).map(|body| Reply::json(200, &body)),
        ("PATCH", ["records", id]) => {
            let (object, id) = found(org, id)?;
            let body = record_body(request.call)?;
            org.update(request.actor, object, &id, &fields_of(&body))?;
            let shown = print(org, object, &id, None)?;
            Ok(Reply::json(200, &shown))
        }
        ("DELETE", ["records", id]) => {
            let (object, id) = found(org, id)?;
            org.delete(request.actor, object, &id)?;
            Ok(Reply::empty(204))
        }
        ("GET", ["object-info"]) => {
            let all = objects().iter().filter(|object| !object.tooling);
            let told = all.map(|object| {
                let url = format!("{}/ui-api/object-info/{}", request.base, object.name);
                let told = json!({
                    "apiName": object.name, "keyPrefix": object.key_prefix, "label": object.label(),
                    "labelPlural": object.label_plural(), "nameFields": name_fields(object), "objectInfoUrl": url,
                });
                (object.name.clone(), told)
            });
            let told: Map<String, Value> = told.collect();
            Ok(Reply::json(200, &json!({ "objects": told, "eTag": "0" })))
        }
        ("GET", ["object-info", name]) => Ok(Reply::json(200, &info(known(name)?))),
        ("GET", ["object-info", name, "picklist-values", MASTER]) => {
            let object = known(name)?;
            let lists = object
                .fields
                .iter()
                .filter(|field| !field.values.is_empty());
            let lists = lists.map(|field| (field.name.clone(), picklist(request, object, field)));
            let lists: Map<String, Value> = lists.collect();
            Ok(Reply::json(
                200,
                &json!({ "eTag": "0", "picklistFieldValues": lists }),
            ))
        }
        ("GET", ["object-info", name, "picklist-values", MASTER, field]) => {
            let object = known(name)?;
            let field = object.field(field).filter(|field| !field.values.is_empty());
            let field = field.ok_or_else(ApiError::not_found)?;
            Ok(Reply::json(200, &picklist(request, object, field)))
        }
        (_, ["records"]) => Err(ApiError::method(method, "POST")),
        (_, ["records", _]) => Err(ApiError::method(method, "DELETE,GET,PATCH")),
        (_, ["records" | "object-info", ..]) => Err(ApiError::method(method, "GET")),
        _ => Err(ApiError::not_found()),
    }
}

fn fields_of(body: &Record) -> Record {
    let fields = body.get("fields").and_then(Value::as_object);
    fields.cloned().unwrap_or_default()
}

fn create(org: &mut Org, request: &Request<'_>) -> Answer<Reply> {
    let body = record_body(request.call)?;
    let object = text(&body, "apiName")
        .and_then(object)
        .ok_or_else(|| ApiError::new(400, "INVALID_TYPE", "apiName must name an object"))?;
    let id = org.create(request.actor, object, &fields_of(&body))?;
    Ok(Reply::json(201, &print(org, object, &id, None)?))
}

fn found(org: &Org, given: &str) -> Answer<(&'static Object, String)> {
    let id = id::normalize(given).ok_or_else(|| {
        ApiError::new(
            400,
            "ILLEGAL_QUERY_PARAMETER_VALUE",
            format!("Value for parameter {given} is no record id"),
        )
    })?;
    let (object, _) = org.any(&id).ok_or_else(ApiError::not_found)?;
    org.live(object, &id)?;
    Ok((object, id))
}

/// `?fields=Account.Name,…` must be there; `optionalFields` may not. One of them, or a layout, must be asked for.
fn record(org: &Org, request: &Request<'_>, given: &str) -> Answer<Value> {
    let (object, id) = found(org, given)?;
    let call = request.call;
    let mut wanted: Vec<&Field> = Vec::new();
    let listed = |name: &str| -> Vec<String> {
        let text = call.query(name).unwrap_or_default();
        let names = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    };
    let (needed, optional) = (listed("fields"), listed("optionalFields"));
    let plain = |path: &str| -> Option<&Field> {
        let (owner, name) = path.split_once('.')?;
        owner.eq_ignore_ascii_case(&object.name).then_some(())?;
        object.field(name)
    };
    for path in &needed {
        let field = plain(path).ok_or_else(|| {
            let message = format!("No such column '{path}' on entity '{}'", object.name);
            ApiError::new(400, "INVALID_FIELD", message)
        })?;
        wanted.push(field);
    }
    wanted.extend(optional.iter().filter_map(|path| plain(path)));
    let whole = call.query("layoutTypes").is_some() || call.query("modes").is_some();
    if needed.is_empty() && optional.is_empty() && !whole {
        let message = "Specify either layoutTypes or fields";
        return Err(ApiError::new(400, "ILLEGAL_QUERY_PARAMETER_VALUE", message));
    }
    print(org, object, &id, (!whole).then_some(wanted.as_slice()))
}

fn print(org: &Org, object: &Object, id: &str, only: Option<&[&Field]>) -> Answer<Value> {
    let record = org.live(object, id)?;
    let mut fields = Map::new();
    for field in &object.fields {
        if field.kind == "id"
            || only.is_some_and(|only| !only.iter().any(|one| one.name == field.name))
        {
            continue;
        }
        let value = record.get(&field.name).cloned().unwrap_or_default();
        let display = match (field.kind.as_str(), &value) {
            ("picklist" | "date" | "datetime" | "currency", Value::String(text)) => json!(text),
            ("currency", Value::Number(number)) => json!(format!("${number}")),
            _ => Value::Null,
        };
        fields.insert(
            field.name.clone(),
            json!({ "displayValue": display, "value": value }),
        );
    }
    Ok(json!({
        "apiName": object.name, "childRelationships": {}, "eTag": "0", "fields": fields, "id": id,
        "lastModifiedById": record.get("LastModifiedById"), "lastModifiedDate": record.get("LastModifiedDate"),
        "recordTypeId": MASTER, "recordTypeInfo": null, "systemModstamp": record.get("SystemModstamp"), "weakEtag": 0,
    }))
}

fn batch(org: &Org, request: &Request<'_>, ids: &str) -> Answer<Reply> {
    let ids: Vec<&str> = ids.split(',').collect();
    if ids.len() > MOST {
        let message = format!("The number of records exceeds the limit of {MOST}");
        return Err(ApiError::new(400, "LIMIT_EXCEEDED", message));
    }
    let mut failed = false;
    let results: Vec<Value> = ids
        .iter()
        .map(|id| match record(org, request, id) {
            Ok(body) => json!({ "statusCode": 200, "result": body }),
            Err(error) => {
                failed = true;
                let result = json!([{ "errorCode": error.code, "message": error.message }]);
                json!({ "statusCode": error.status, "result": result })
            }
        })
        .collect();
    Ok(Reply::json(
        200,
        &json!({ "hasErrors": failed, "results": results }),
    ))
}

fn name_fields(object: &Object) -> Vec<&str> {
    let names = object.fields.iter().filter(|field| field.is_name());
    names.map(|field| field.name.as_str()).collect()
}

/// What the interface API calls the types of describe.
fn data_type(kind: &str) -> String {
    match kind {
        "id" | "reference" => "Reference".to_owned(),
        "datetime" => "DateTime".to_owned(),
        "textarea" => "TextArea".to_owned(),
        "multipicklist" => "MultiPicklist".to_owned(),
        "combobox" => "ComboBox".to_owned(),
        other => {
            let (first, rest) = other.split_at_checked(1).unwrap_or((other, ""));
            first.to_uppercase() + rest
        }
    }
}

fn info(object: &Object) -> Value {
    let fields = object.fields.iter().map(|field| {
        let told = json!({
            "apiName": field.name, "calculated": false, "compound": field.is_compound(), "compoundFieldName": null,
            "createable": !field.read_only, "custom": field.name.ends_with("__c"), "dataType": data_type(&field.kind),
            "externalId": field.external_id, "filterable": !field.unfilterable, "label": field.label(),
            "length": field.length.unwrap_or(0), "nameField": field.is_name(),
            "reference": field.kind == "reference", "relationshipName": Some(&field.relationship_name).filter(|name| !name.is_empty()),
            "referenceToInfos": field.reference_to.iter().map(|name| json!({ "apiName": name })).collect::<Vec<_>>(),
            "required": field.must_be_given(), "sortable": !field.unfilterable, "unique": field.unique,
            "updateable": !field.read_only && !field.create_only,
        });
        (field.name.clone(), told)
    });
    let fields: Map<String, Value> = fields.collect();
    let children: Vec<Value> = object
        .children
        .iter()
        .map(|child| json!({ "childObjectApiName": child.0, "fieldName": child.1, "relationshipName": child.2 }))
        .collect();
    json!({
        "apiName": object.name, "associateEntityType": null, "childRelationships": children,
        "createable": object.createable, "custom": object.is_custom(), "defaultRecordTypeId": MASTER,
        "deletable": object.deletable, "dependentFields": {}, "eTag": "0", "feedEnabled": false, "fields": fields,
        "keyPrefix": object.key_prefix, "label": object.label(), "labelPlural": object.label_plural(), "layoutable": true,
        "mruEnabled": true, "nameFields": name_fields(object), "queryable": true, "searchable": true,
        "recordTypeInfos": { MASTER: {
            "available": true, "defaultRecordTypeMapping": true, "master": true, "name": "Master", "recordTypeId": MASTER,
        } },
        "themeInfo": null, "updateable": object.updateable,
    })
}

fn picklist(request: &Request<'_>, object: &Object, field: &Field) -> Value {
    let values: Vec<Value> = field
        .values
        .iter()
        .map(|value| json!({ "attributes": null, "label": value, "validFor": [], "value": value }))
        .collect();
    let url = format!(
        "{}/ui-api/object-info/{}/picklist-values/{MASTER}/{}",
        request.base, object.name, field.name
    );
    json!({ "controllerValues": {}, "defaultValue": field.default, "eTag": "0", "url": url, "values": values })
}
