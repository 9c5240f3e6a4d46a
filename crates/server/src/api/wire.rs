//! What platform objects look like in answers. Absent members are left out, never null.

use std::collections::BTreeSet;

use ligand_engine::catalog::{Compiled, Diagnostic, Severity};
use ligand_model::configuration::lookup;
use ligand_model::element::ConfigurationEntry;
use ligand_model::secret::MASK;
use ligand_store::applications::Application;
use ligand_store::identity::UserRecord;
use ligand_store::usage::UsageRow;
use serde_json::{Map, Value, json};

use crate::service::builder::ids;
use crate::service::elements::{FIRST_IMPORTED, is_oauth};
use crate::service::instances::{Entry, Shown, entries};

/// The members of an element that the catalog's short form and instances show.
const ABRIDGED: [&str; 13] = [
    "image",
    "logo",
    "deleted",
    "trialAccount",
    "trialAccountDescription",
    "existingAccountDescription",
    "configDescription",
    "signupURL",
    "transformationsEnabled",
    "elementProvisionType",
    "cloneable",
    "beta",
    "typeOauth",
];

/// The short form of an element.
pub fn element_abridged(compiled: &Compiled) -> Value {
    let element = &compiled.element;
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    put("id", json!(compiled.id));
    put("name", json!(element.name));
    put("key", json!(element.key));
    put("description", json!(element.description));
    put("hub", json!(element.hub));
    put("active", json!(element.active));
    put("typeOauth", json!(is_oauth(compiled)));
    put("deleted", json!(false));
    put("trialAccount", json!(false));
    put("transformationsEnabled", json!(true));
    let mut extra = element.extra.pick(&ABRIDGED);
    for name in ABRIDGED {
        // `typeOauth` of an export is its author's word for it.
        let fits = |value: &Value| value.is_boolean() || (name != "typeOauth" && !value.is_null());
        if let Some(value) = extra.remove(name).filter(fits) {
            put(name, value);
        }
    }
    Value::Object(members)
}

/// What an element can be searched by: its plain members, and whose it is.
pub fn element_plainly(compiled: &Compiled, extended: bool) -> Value {
    let mut shown = element_abridged(compiled);
    if let Value::Object(members) = &mut shown {
        for (name, value) in compiled.element.extra.members() {
            if !(value.is_object() || value.is_array()) {
                members.entry(name).or_insert(value);
            }
        }
        let own = compiled.id.0 >= FIRST_IMPORTED;
        members.insert("private".to_owned(), json!(own));
        members.insert("extended".to_owned(), json!(extended));
    }
    shown
}

/// The whole element.
pub fn element(compiled: &Compiled) -> Value {
    let mut whole = compiled.to_json();
    if let (Value::Object(members), Value::Object(short)) = (&mut whole, element_abridged(compiled))
    {
        for (name, value) in short {
            members.entry(name).or_insert(value);
        }
        members.insert("id".to_owned(), json!(compiled.id));
        ids::complete(members, &BTreeSet::new());
    }
    without_nulls(&mut whole);
    whole
}

/// Masks the secrets among the default values of an element's entries.
pub fn mask_defaults(entries: &mut Value, element: &Compiled) {
    for entry in entries.as_array_mut().into_iter().flatten() {
        let secret = entry
            .get("key")
            .and_then(Value::as_str)
            .and_then(|key| element.element.entry(key))
            .is_some_and(ConfigurationEntry::is_secret);
        if let Some(Value::String(value)) = entry.get_mut("defaultValue").filter(|_| secret)
            && !value.is_empty()
        {
            MASK.clone_into(value);
        }
    }
}

/// What was found odd in an import.
pub fn diagnostic(found: &Diagnostic) -> Value {
    let severity = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({"path": found.path, "severity": severity, "message": found.message})
}

/// An instance. Not hydrated, it comes without its configuration.
pub fn instance(shown: &Shown, hydrate: bool) -> Value {
    let instance = &shown.instance;
    let events = lookup(
        &shown.document.values,
        &shown.element.element,
        "event.notification.enabled",
    );
    let mut value = json!({
        "id": instance.id,
        "name": instance.name,
        "createdDate": instance.created.to_iso(),
        "updatedDate": instance.updated.to_iso(),
        "token": shown.token.expose(),
        "element": element_abridged(&shown.element),
        "elementId": instance.element,
        "tags": instance.tags,
        "provisionInteractions": [],
        "valid": instance.valid,
        "disabled": instance.disabled,
        "maxCacheSize": instance.max_cache_size,
        "cacheTimeToLive": instance.cache_time_to_live,
        "eventsEnabled": events.is_some_and(|value| value.eq_ignore_ascii_case("true")),
        "cachingEnabled": instance.caching_enabled,
        "traceLoggingEnabled": false,
        "defaultTransformation": false,
        "externalAuthentication": instance.external_authentication,
        "user": {
            "id": shown.owner.user,
            "emailAddress": shown.owner.email,
            "firstName": shown.owner.first_name,
            "lastName": shown.owner.last_name,
            "accountId": instance.account,
        },
    });
    if let (Value::Object(members), Some(reason), Some(since)) =
        (&mut value, &instance.invalid_reason, instance.invalid_since)
    {
        members.insert("invalidReason".to_owned(), json!(reason));
        members.insert("invalidSince".to_owned(), json!(since.to_iso()));
    }
    if let Value::Object(members) = &mut value
        && instance.element.0 >= FIRST_IMPORTED
    {
        members.insert("elementVersion".to_owned(), json!(instance.element_version));
    }
    if let Value::Object(members) = &mut value
        && hydrate
    {
        let configuration: Map<String, Value> = entries(&shown.element, &shown.document)
            .into_iter()
            .filter_map(|entry| Some((entry.key, Value::String(entry.value?))))
            .collect();
        members.insert("configuration".to_owned(), Value::Object(configuration));
    }
    value
}

/// An entry of an instance's configuration.
pub fn entry(entry: &Entry) -> Value {
    let mut value = json!({
        "id": entry.id,
        "key": entry.key,
        "name": entry.name,
        "description": entry.description,
        "type": entry.kind,
        "required": entry.required,
        "active": true,
        "hideFromConsole": entry.hide_from_console,
    });
    if let (Value::Object(members), Some(text)) = (&mut value, &entry.value) {
        members.insert("propertyValue".to_owned(), json!(text));
    }
    value
}

/// A registered application; its secret is never shown.
pub fn application(compiled: &Compiled, application: &Application) -> Value {
    let mut value = json!({
        "element": {"id": compiled.id, "key": compiled.element.key, "name": compiled.element.name},
        "apiKey": application.api_key,
        "apiSecret": MASK,
        "callbackUrl": application.callback_url,
        "scope": application.scope,
    });
    without_empty(&mut value, &["callbackUrl", "scope"]);
    value
}

/// A user.
pub fn user(user: &UserRecord) -> Value {
    let caller = &user.caller;
    let last_login = user.last_login.map_or_else(
        || "1970-01-01".to_owned(),
        ligand_model::time::Timestamp::to_date,
    );
    json!({
        "id": caller.user,
        "username": caller.email,
        "email": caller.email,
        "firstName": caller.first_name,
        "lastName": caller.last_name,
        "fullName": format!("{} {}", caller.first_name, caller.last_name).trim(),
        "organizationId": caller.organization,
        "organizationName": user.organization_name,
        "accountId": caller.account,
        "accountName": user.account_name,
        "roles": if caller.organization_admin {
            json!([{"key": "org-admin", "name": "Organization administrator"}])
        } else {
            json!([])
        },
        "createdDate": user.created.to_iso(),
        "lastLoginDate": last_login,
        "active": caller.user_active,
        "organizationAdmin": caller.organization_admin,
        "accountAdmin": caller.organization_admin || caller.account_admin,
        "sysAdmin": false,
        "twoFactor": false,
        "registeredForTwoFactor": false,
        "inIntelligenceRole": false,
        "credentialsExpired": user.must_change_password,
    })
}

/// One call, in the field's snake case.
pub fn usage(row: &UsageRow) -> Value {
    let mut value = json!({
        "user_id": row.user,
        "company_id": row.organization,
        "account_id": row.account,
        "process_time": row.duration_ms,
        "traffic_id": row.id.to_string(),
        "request_id": row.request_id,
        "request_status": if row.status < 400 { "SUCCESS" } else { "FAILED" },
        "request_ip": row.ip,
        "request_method": row.method,
        "request_uri": row.path_template,
        "element_api": format!("{} {}", row.method, row.path_template),
        "element_key": row.element_key,
        "traffic_date": row.time.to_iso_millis(),
        "company_external_id": "",
        "company_external_name": "",
        "status": row.status,
        "attempts": row.attempts,
        "waits": row.waits_ms,
    });
    without_empty(&mut value, &["element_key"]);
    if let Value::Object(members) = &mut value {
        if let Some(instance) = row.instance {
            members.insert("element_instance_id".to_owned(), json!(instance));
        }
        if let Some(status) = row.vendor_status {
            members.insert("vendor_status".to_owned(), json!(status));
        }
        if let Some(why) = &row.why {
            members.insert("message".to_owned(), json!(why.message));
            if let Some(said) = &why.provider_message {
                members.insert("provider_message".to_owned(), json!(said));
            }
            let attempts = why.attempts.iter().map(|attempt| {
                let mut shown = json!({
                    "status": attempt.status,
                    "took": attempt.took_ms,
                    "waited": attempt.waited_ms,
                });
                without_nulls(&mut shown);
                shown
            });
            members.insert("failed_attempts".to_owned(), attempts.collect());
        }
    }
    value
}

fn without_empty(value: &mut Value, names: &[&str]) {
    if let Value::Object(members) = value {
        members.retain(|name, member| {
            !(names.contains(&name.as_str()) && member.as_str() == Some(""))
        });
    }
}

/// Leaves out the members that are null.
pub fn without_nulls(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, member| !member.is_null());
    }
}
