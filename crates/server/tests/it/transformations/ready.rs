//! The common resources that we ship, against the simulated vendors.

use serde_json::Value;

use crate::support::TestApp;

#[tokio::test]
async fn a_contact_has_one_shape_whatever_the_vendor() {
    let app = TestApp::start().await;
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../common-resources/contact.json"
    );
    let export: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    app.ok("PUT", "/vdrs/import", export).await;
    for element in [
        "sfdc",
        "sfdcservicecloud",
        "sfdcmarketingcloud",
        "eloqua",
        "acton",
    ] {
        let (_, token) = app.instance(element).await;
        let query = "/contact?pageSize=2";
        let found = app
            .resource("GET", query, &token, Value::Null)
            .await
            .expect(200)
            .json();
        let first = &found[0];
        for member in ["id", "firstName", "lastName", "email"] {
            assert!(
                first[member].as_str().is_some_and(|text| !text.is_empty()),
                "{element} {member}: {first}"
            );
        }
        let known = [
            "id",
            "firstName",
            "lastName",
            "email",
            "title",
            "phone",
            "company",
            "city",
            "country",
        ];
        let odd: Vec<_> = first
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
            .collect();
        assert!(odd.is_empty(), "{element}: {odd:?}");
    }
}
