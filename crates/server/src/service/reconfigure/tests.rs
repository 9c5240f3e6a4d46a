use serde_json::json;

use super::*;

fn element() -> Compiled {
    let json = br#"{"name":"X","authentication":{"type":"oauth2","tokenResponse":{"base.url":"u"}},
        "configuration":[{"key":"base.url"},{"key":"site","defaultValue":""},
        {"key":"oauth.token.url","defaultValue":"{site}/token"},{"key":"oauth.api.secret"},{"key":"label"}]}"#;
    ligand_engine::catalog::import(json, ElementId(1))
        .unwrap()
        .0
}

fn document(pairs: &[(&str, &str)]) -> InstanceDocument {
    InstanceDocument {
        values: pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        hosts: vec!["a.example".to_owned()],
    }
}

fn stored() -> InstanceDocument {
    document(&[
        ("site", "https://a.example"),
        ("oauth.api.secret", "s"),
        ("oauth.user.token", "t"),
        ("base.url", "https://na1.a.example"),
        ("label", "l"),
    ])
}

fn check(configuration: serde_json::Value, reconnects: bool) -> Result<(), String> {
    let input = InstanceInput::read(&json!({"configuration": configuration})).unwrap();
    let mut after = stored();
    merge(&element(), &input, &mut after);
    let moved = moved_keys(&element(), &stored(), &after, false);
    if moved.is_empty() {
        return Ok(());
    }
    demand_fresh_secrets(&element(), &stored(), &input, &moved, reconnects)
        .map_err(|error| error.to_string())
}

#[test]
fn a_new_host_demands_every_secret_again() {
    let error = check(json!({"site": "https://evil.example"}), false).unwrap_err();
    assert!(
        error.contains("oauth.api.secret, providerData.code"),
        "{error}"
    );
    let masked = json!({"site": "https://evil.example", "oauth.api.secret": "********"});
    assert!(check(masked, true).is_err());
    let fresh = json!({"site": "https://b.example", "oauth.api.secret": "new"});
    assert!(check(fresh.clone(), false).is_err());
    assert_eq!(check(fresh, true), Ok(()));
}

#[test]
fn what_names_no_host_may_change_alone_and_the_same_host_is_no_change() {
    assert_eq!(check(json!({"label": "other"}), false), Ok(()));
    assert_eq!(check(json!({"site": "https://a.example"}), false), Ok(()));
}

#[test]
fn removing_a_host_is_a_change_of_host() {
    assert!(check(json!({"site": null}), false).is_err());
}

#[test]
fn the_grant_of_the_old_host_is_forgotten() {
    let input =
        InstanceInput::read(&json!({"configuration": {"site": "https://b.example"}})).unwrap();
    let mut after = stored();
    forget_grant(&element(), &input, &mut after);
    let keys: Vec<_> = after.values.keys().map(String::as_str).collect();
    assert_eq!(keys, ["label", "oauth.api.secret", "site"]);
}
