//! The OpenAPI document of the platform, made from the table of routes.

use serde_json::{Map, Value, json};

use super::routes::{Access, Endpoint, ROUTES};

/// Verbs of a route that takes any.
const ANY: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The document. It depends on nothing but the table, so that it can be kept beside the source and compared.
pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let path = route.path.replace("{*path}", "{path}");
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            for method in methods(route) {
                item.insert(method.to_owned(), operation(route, method));
            }
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ligand",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "One API to your customers' accounts, whatever the vendor. Resource calls of an instance \
                (`/hubs/{hub}/…`, or without the prefix) are described by its element.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {"url": "/elements/api-v2"},
            {"url": "/{noun}s/api-v2", "variables": {"noun": {"default": "your_mom"}}},
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "secrets": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "`User <secret>, Organization <secret>`, in any order; or `Bearer <token>` after \
                        signing in; or `Bearer <key>` with a scoped key of `/api-keys`.",
                },
                "token": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "`User <secret>, Organization <secret>, Element <token>`; the organization's secret \
                        may be left out. Or `Bearer <key>, Element <token>`.",
                },
            },
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["requestId", "message"],
                    "properties": {
                        "requestId": {"type": "string", "pattern": "^[0-9a-f]{24}$"},
                        "message": {"type": "string"},
                        "providerMessage": {"type": "string", "description": "The vendor's own words."},
                    },
                },
            },
            "responses": {
                "Error": {
                    "description": "What went wrong; the status says whose turn it is.",
                    "headers": {"Elements-Request-Id": {"schema": {"type": "string"}}},
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                },
            },
        },
    })
}

fn methods(route: &Endpoint) -> Vec<&'static str> {
    match route.method {
        "*" => ANY.to_vec(),
        "GET" => vec!["get"],
        "POST" => vec!["post"],
        "PUT" => vec!["put"],
        "PATCH" => vec!["patch"],
        _ => vec!["delete"],
    }
}

fn operation(route: &Endpoint, method: &str) -> Value {
    let tag = route.path.split('/').nth(1).unwrap_or_default();
    let mut operation = json!({
        "operationId": operation_id(route, method),
        "summary": route.summary,
        "tags": [tag],
        "parameters": parameters(route.path),
        "security": match route.access {
            Access::Public => json!([]),
            Access::Organization => json!([{"secrets": []}]),
            Access::Instance => json!([{"token": []}]),
        },
        "responses": {
            "200": if route.json {
                json!({"description": "Done.", "content": {"application/json": {"schema": {}}}})
            } else {
                json!({"description": "Done."})
            },
            "default": {"$ref": "#/components/responses/Error"},
        },
    });
    if let Value::Object(members) = &mut operation
        && route.body
    {
        members.insert(
            "requestBody".to_owned(),
            json!({"content": {"application/json": {"schema": {"type": "object"}}}}),
        );
    }
    operation
}

fn parameters(path: &str) -> Value {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({
                "name": name.trim_start_matches('*'), "in": "path", "required": true,
                "schema": {"type": "string"},
            })
        })
        .collect()
}

/// `getElementsByKeyOrIdOauthUrl`: unique because verb and path are.
fn operation_id(route: &Endpoint, method: &str) -> String {
    let mut id = method.to_owned();
    for segment in route.path.split('/').filter(|segment| !segment.is_empty()) {
        let name = segment.trim_matches(['{', '}', '*']);
        if segment.starts_with('{') {
            id.push_str("By");
        }
        // A name in any language: `api-keys` is `ApiKeys`.
        for word in name.split('-') {
            let mut letters = word.chars();
            id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            id.extend(letters);
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operation_ids_are_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for route in ROUTES {
            for method in methods(route) {
                let id = operation_id(route, method);
                assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
                assert!(seen.insert(id.clone()), "{id}");
            }
        }
    }

    /// `LIGAND_UPDATE=1 cargo test -p ligand-server the_document_beside_the_source` writes it anew.
    #[test]
    fn the_document_beside_the_source_is_the_one_of_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/platform.json");
        let mut made = serde_json::to_string_pretty(&document()).unwrap();
        made.push('\n');
        if std::env::var_os("LIGAND_UPDATE").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == made,
            "openapi/platform.json is not that of the routes; set LIGAND_UPDATE=1"
        );
    }
}
