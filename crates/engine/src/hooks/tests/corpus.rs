//! Every hook of the reference collection compiles.

use std::path::{Path, PathBuf};

use super::*;

fn collect(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            if let (Some(Value::String(body)), true) =
                (object.get("body"), object.contains_key("mimeType"))
            {
                found.push((place.to_owned(), body.clone()));
            }
            for (key, value) in object {
                collect(value, &format!("{place}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, &format!("{place}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn corpus() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    std::env::var_os("LIGAND_CORPUS").map_or(beside, PathBuf::from)
}

#[test]
fn every_hook_of_the_corpus_compiles() {
    let Ok(folders) = std::fs::read_dir(corpus().join("elements")) else {
        println!(
            "SKIPPED: no corpus at {}; set LIGAND_CORPUS to its folder",
            corpus().display()
        );
        return;
    };
    let mut hooks = Vec::new();
    for folder in folders {
        let folder = folder.unwrap().path();
        let Ok(text) = std::fs::read_to_string(folder.join("element.json")) else {
            continue;
        };
        let element: Value = serde_json::from_str(&text).unwrap();
        collect(
            &element,
            &folder.file_name().unwrap().to_string_lossy(),
            &mut hooks,
        );
    }
    assert!(hooks.len() > 100, "{} hooks", hooks.len());
    let faults: Vec<String> = hooks
        .iter()
        .filter_map(|(place, body)| check(place, body).err().map(|error| error.to_string()))
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

/// The hook of a resource in the collection; none when the collection is not here.
fn hook_of(element: &str, resource: usize, hook: usize) -> Option<String> {
    let path = corpus().join("elements").join(element).join("element.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("SKIPPED: no corpus; set LIGAND_CORPUS to its folder");
        return None;
    };
    let element: Value = serde_json::from_str(&text).unwrap();
    let body = &element["resources"][resource]["hooks"][hook]["body"];
    Some(body.as_str().unwrap().to_owned())
}

#[test]
fn cambridge_fx_signs_its_assertion() {
    let Some(source) = hook_of("democambridgefx", 1, 0) else {
        return;
    };
    let configuration = json!({"partner.id": "me", "client.id": "key", "accessCode": "code"});
    let given = json!({"configuration": configuration});
    let result = members(&source, given);
    assert_eq!(
        result["request_vendor_headers"]["CMG-AccessToken"],
        json!("code")
    );
    let body: Value =
        serde_json::from_str(result["request_vendor_body"].as_str().unwrap()).unwrap();
    let assertion = body["assertion"].as_str().unwrap();
    let parts: Vec<&str> = assertion.split('.').collect();
    let claims = encoding::decode64(parts[1]);
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(
        claims["exp"].as_i64(),
        claims["iat"].as_i64().map(|iat| iat + 1200)
    );
    let signed = format!("{}.{}", parts[0], parts[1]);
    let code = digest::code("sha256", b"key", signed.as_bytes()).unwrap();
    assert_eq!(encoding::decode64(parts[2]), code);
}

#[test]
fn hybris_calls_its_vendor_itself() {
    let Some(source) = hook_of("hybris3", 11, 0) else {
        return;
    };
    let given = json!({
        "request_body": r#"{"TwitterId":"7","Name":"x"}"#,
        "request_vendor_url": "https://hybris.example/sap/x",
        "configuration": {"username": "u", "password": "p", "saps4.csrf.token": "t", "saps4.cookie": "c=1"},
    });
    let mut asked = Vec::new();
    let result = runtime().run_with(&call_of(&source, given), &mut |request| {
        asked.push(request);
        Ok(VendorReply {
            status: 202,
            headers: Vec::new(),
            body: "--batch\n\n{\"id\":5}\n--batch--".into(),
        })
    });
    let result = result.unwrap();
    assert!(!result.proceed);
    assert_eq!(all_members(result)["response_body"], json!({"id": 5}));
    assert_eq!(asked.len(), 1);
    let request = &asked[0];
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        (
            "POST",
            "https://hybris.example/sap/opu/odata/sap/API_MKT_CONTACT_SRV/$batch"
        )
    );
    let header = |name: &str| {
        let found = request.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("authorization"), Some("Basic dTpw"));
    assert_eq!(header("cookie"), Some("c=1"));
    let body = String::from_utf8_lossy(&request.body);
    assert!(
        body.starts_with("--batch\nContent-Type: multipart/mixed") && body.contains("user_id%3D7"),
        "{body}"
    );
}

#[test]
fn acquia_brings_its_own_crypto_and_signs() {
    let path = corpus().join("elements/demoacquia/element.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("SKIPPED: no corpus; set LIGAND_CORPUS to its folder");
        return;
    };
    let element: Value = serde_json::from_str(&text).unwrap();
    let source = element["hooks"][0]["body"].as_str().unwrap();
    let given = json!({
        "configuration": {"public.key": "public", "secret.key": "c2VjcmV0"},
        "request_vendor_method": "GET",
        "request_vendor_url": "https://acquia.example/api/x?b=2&a=1",
    });
    let headers = members(source, given)["request_vendor_headers"].clone();
    let given = headers["Authorization"].as_str().unwrap_or_default();
    let field = |name: &str| -> String {
        let rest = given.split_once(&format!("{name}=\"")).unwrap().1;
        rest.split_once('"').unwrap().0.to_owned()
    };
    assert!(given.starts_with("acquia-http-hmac "), "{headers}");
    let signed = format!(
        "GET\nacquia.example\n/api/x\nb=2&a=1\nid=public&nonce={}&realm=Acquia&version=2.0\n{}",
        field("nonce"),
        headers["X-Authorization-Timestamp"]
            .as_i64()
            .map(|n| n.to_string())
            .or(headers["X-Authorization-Timestamp"]
                .as_str()
                .map(str::to_owned))
            .unwrap_or_default()
    );
    assert_eq!(
        Some(
            percent_encoding::percent_decode_str(&field("signature"))
                .decode_utf8_lossy()
                .into_owned()
        ),
        digest::keyed("sha256", "base64", "secret", &signed),
        "{headers}"
    );
}
