//! How a document says that its API is authenticated, in the words of an element.

use serde_json::{Map, Value, json};

/// The kind of authentication; what it needs is added to configuration and parameters.
pub(super) fn read(
    document: &Value,
    old: bool,
    configuration: &mut Vec<Value>,
    parameters: &mut Vec<Value>,
) -> &'static str {
    let none = Map::new();
    let place = if old {
        "/securityDefinitions"
    } else {
        "/components/securitySchemes"
    };
    let schemes = document
        .pointer(place)
        .and_then(Value::as_object)
        .unwrap_or(&none);
    // The best that the platform does by itself first.
    let rank = |scheme: &&Value| {
        let kind = text(scheme, "type");
        match kind {
            "oauth2" => 0,
            "basic" => 1,
            "http" if text(scheme, "scheme").eq_ignore_ascii_case("basic") => 1,
            "apiKey" => 2,
            _ => 3,
        }
    };
    let Some(scheme) = schemes.values().min_by_key(rank) else {
        return "none";
    };
    match text(scheme, "type") {
        "oauth2" => oauth2(scheme, configuration),
        "basic" => "basic",
        "http" if text(scheme, "scheme").eq_ignore_ascii_case("basic") => "basic",
        "http" if text(scheme, "scheme").eq_ignore_ascii_case("bearer") => {
            configuration.push(secret("bearer.token", "Bearer token"));
            parameters.push(parameter(
                "Bearer ${configuration.bearer.token}",
                "Authorization",
                "header",
            ));
            "custom"
        }
        "apiKey" => {
            let place = match text(scheme, "in") {
                "query" => "query",
                _ => "header",
            };
            configuration.push(secret("api.key", "API key"));
            parameters.push(parameter(
                "${configuration.api.key}",
                text(scheme, "name"),
                place,
            ));
            "custom"
        }
        _ => "custom",
    }
}

fn oauth2(scheme: &Value, configuration: &mut Vec<Value>) -> &'static str {
    let flows = scheme.get("flows");
    let flow = |names: [&str; 2]| -> Option<&Value> {
        if let Some(flows) = flows {
            return names.iter().find_map(|name| flows.get(name));
        }
        names.contains(&text(scheme, "flow")).then_some(scheme)
    };
    let code = flow(["authorizationCode", "accessCode"]).or_else(|| flow(["implicit", "implicit"]));
    let password = flow(["password", "password"]);
    let (found, kind) = match (code, password) {
        (Some(code), _) => (code, "oauth2"),
        (None, Some(password)) => (password, "oauth2Password"),
        (None, None) => (
            flow(["clientCredentials", "application"]).unwrap_or(scheme),
            "oauth2",
        ),
    };
    let scopes = found.get("scopes").and_then(Value::as_object);
    let scopes: Vec<&str> = scopes
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect();
    let entries = [
        (
            "oauth.authorization.url",
            "OAuth authorization URL",
            text(found, "authorizationUrl").to_owned(),
        ),
        (
            "oauth.token.url",
            "OAuth token URL",
            text(found, "tokenUrl").to_owned(),
        ),
        (
            "oauth.token.refresh_url",
            "OAuth refresh URL",
            text(found, "refreshUrl").to_owned(),
        ),
        ("oauth.scope", "OAuth scope", scopes.join(" ")),
    ];
    for (key, name, default) in entries
        .into_iter()
        .filter(|(_, _, default)| !default.is_empty())
    {
        configuration.push(json!({
            "key": key, "name": name, "description": name, "type": "TEXTFIELD_1000",
            "defaultValue": default, "required": false,
        }));
    }
    kind
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn secret(key: &str, name: &str) -> Value {
    json!({"key": key, "name": name, "description": name, "type": "PASSWORD", "required": true})
}

fn parameter(value: &str, name: &str, place: &str) -> Value {
    json!({"name": value, "type": "value", "vendorName": name, "vendorType": place, "source": "request", "required": false})
}
