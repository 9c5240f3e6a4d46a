//! The built-in elements load strictly and say what the guides promise.

use std::collections::BTreeMap;
use std::path::Path;

use ligand_engine::catalog::{Catalog, configuration::validate_configuration};
use ligand_engine::oauth::{AuthorizeRequest, authorize_url};

fn files(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, found);
        } else {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            found.push((name, std::fs::read(&path).unwrap()));
        }
    }
}

pub fn catalog() -> Catalog {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../elements");
    let mut found = Vec::new();
    files(&root, &root, &mut found);
    let (catalog, diagnostics) = Catalog::load(&found);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    catalog
}

pub const KEYS: [(&str, i64); 8] = [
    ("sfdc", 23),
    ("eloqua", 27),
    ("sfdcservicecloud", 29),
    ("sfdcmarketingcloud", 30),
    ("acton", 45),
    ("marketo", 85),
    ("sfdcdocuments", 177),
    ("salesforcemarketingcloud", 1357),
];

#[test]
fn every_element_loads_without_a_finding_and_all_have_their_ids() {
    let catalog = catalog();
    for (key, id) in KEYS {
        assert_eq!(
            catalog.by_key(key).map(|compiled| compiled.id.0),
            Some(id),
            "{key}"
        );
    }
}

#[test]
fn every_hook_is_the_catalogs_and_strict_so_that_it_is_compiled_once() {
    for element in catalog().iter() {
        let element = &element.element;
        let of_resources = element
            .resources
            .iter()
            .flat_map(|resource| &resource.hooks);
        for hook in element.hooks.iter().chain(of_resources) {
            assert!(hook.of_catalog, "{}: a hook without a file", element.key);
            let text = hook.body.as_deref().unwrap_or_default();
            let first = text.lines().find(|line| !line.starts_with("//"));
            assert_eq!(first, Some("'use strict';"), "{}: {text}", element.key);
        }
    }
}

#[test]
fn authorization_urls_are_those_of_the_guides_without_the_secret() {
    let catalog = catalog();
    let extra = BTreeMap::new();
    let salesforce = "https://login.salesforce.com/services/oauth2/authorize?response_type=code&client_id=fake_salesforce_api_key&scope=full%20refresh_token&redirect_uri=";
    for (key, api_key, callback, state, expected) in [
        (
            "eloqua",
            "fake_client_id",
            "https://www.demonstrab.ly",
            None,
            "https://login.eloqua.com/auth/oauth2/authorize?response_type=code&client_id=fake_client_id&redirect_uri=https://www.demonstrab.ly&state=eloqua".to_owned(),
        ),
        (
            "sfdcservicecloud",
            "fake_salesforce_api_key",
            "https://www.mycoolapp.com/auth",
            None,
            format!("{salesforce}https://www.mycoolapp.com/auth&state=sfdcservicecloud"),
        ),
        (
            "sfdc",
            "fake_salesforce_api_key",
            "https://www.demonstrab.ly/home",
            None,
            format!("{salesforce}https://www.demonstrab.ly/home&state=sfdc"),
        ),
        (
            "sfdcmarketingcloud",
            "fake_salesforce_api_key",
            "https://www.demonstrab.ly/home",
            Some("sfdc"),
            format!("{salesforce}https://www.demonstrab.ly/home&state=sfdc"),
        ),
        (
            "sfdcdocuments",
            "fake_salesforce_api_key",
            "https://www.demonstrab.ly/home",
            None,
            format!("{salesforce}https://www.demonstrab.ly/home&state=sfdcdocuments"),
        ),
        (
            "acton",
            "sample_client_id",
            "www.samplecallbackurl.com",
            None,
            "https://restapi.actonsoftware.com/authorize?scope=PRODUCTION&response_type=code&callbackUrl=www.samplecallbackurl.com&client_id=sample_client_id".to_owned(),
        ),
        (
            "acton",
            "sample_client_id",
            "www.samplecallbackurl.com",
            Some("s1"),
            "https://restapi.actonsoftware.com/authorize?scope=PRODUCTION&response_type=code&callbackUrl=www.samplecallbackurl.com&client_id=sample_client_id&state=s1".to_owned(),
        ),
        (
            "marketo",
            "insert_client_id",
            "https://www.mycoolapp.com/auth",
            None,
            "https://www.mycoolapp.com/auth?state=marketo&code=7AB987CDDNC".to_owned(),
        ),
    ] {
        let request = AuthorizeRequest {
            api_key,
            callback_url: callback,
            state,
            scope: None,
            site_address: None,
            subdomain: None,
            random: "7AB987CDDNC",
            code_challenge: None,
            extra: &extra,
        };
        let element = &catalog.by_key(key).unwrap().element;
        assert_eq!(authorize_url(element, &request).unwrap(), expected);
    }
}

#[test]
fn every_missing_key_is_named_at_once() {
    let catalog = catalog();
    for (key, _) in KEYS {
        let element = &catalog.by_key(key).unwrap().element;
        let error = validate_configuration(element, &BTreeMap::new())
            .unwrap_err()
            .to_string();
        let expected = match key {
            "marketo" => {
                "oauth.callback.url, oauth.api.key, oauth.api.secret, marketo.identity.url, marketo.rest.url"
            }
            "salesforcemarketingcloud" => "clientId, clientSecret",
            _ => "oauth.callback.url, oauth.api.key, oauth.api.secret",
        };
        assert_eq!(
            error,
            format!("Missing required configuration: {expected}"),
            "{key}"
        );
    }
}

#[test]
fn every_resource_of_a_chain_exists_and_every_vendor_fact_has_a_source() {
    let catalog = catalog();
    for compiled in catalog.iter() {
        let element = &compiled.element;
        for resource in &element.resources {
            let place = format!("{} {} {}", element.key, resource.method, resource.path);
            if let Some(next) = &resource.next_resource {
                assert!(compiled.chained(next).is_some(), "{place} → {next}");
            }
            assert!(
                resource.extra.get("source").is_some(),
                "{place} has no source"
            );
        }
        for rule in &element.errors {
            assert!(
                rule.source.is_some(),
                "{} has an error rule without a source",
                element.key
            );
        }
        let ping = element
            .resources
            .iter()
            .find(|resource| resource.path.ends_with("/ping"));
        assert_eq!(
            ping.and_then(|ping| ping.answer.as_deref()),
            Some("ping"),
            "{}",
            element.key
        );
    }
}

#[test]
fn the_members_common_to_the_guides_answers_are_there() {
    let catalog = catalog();
    for (key, _) in KEYS {
        let compiled = catalog.by_key(key).unwrap();
        let json = compiled.to_json();
        for member in [
            "id",
            "name",
            "key",
            "description",
            "image",
            "active",
            "deleted",
            "typeOauth",
            "trialAccount",
            "existingAccountDescription",
            "configDescription",
            "transformationsEnabled",
            "hub",
        ] {
            assert!(
                !json[member].is_null(),
                "{} has no {member}",
                compiled.element.key
            );
        }
        assert_eq!(json["typeOauth"], key != "salesforcemarketingcloud");
        assert_eq!(json["deleted"], false);
        assert_eq!(json["trialAccount"], false);
    }
}

#[test]
fn the_example_of_the_guide_loads() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/elements.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let block = |after: &str| {
        let (_, section) = guide.split_once(after).unwrap();
        let (_, code) = section.split_once("```json\n").unwrap();
        code.split_once("```").unwrap().0.as_bytes().to_vec()
    };
    let (catalog, diagnostics) = Catalog::load(&[
        ("acme/element.json".to_owned(), block("## 1.")),
        ("acme/resources/contacts.json".to_owned(), block("## 2.")),
    ]);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    let acme = catalog.by_key("acme").unwrap();
    assert!(acme.chained("GET:/hubs/crm/contacts/{id}").is_some());
}
