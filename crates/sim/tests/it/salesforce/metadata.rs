//! Definitions and packages, by SOAP and by REST.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{BASE, Salesforce};

/// A package whose files are empty and stored.
fn package(names: &[&str]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let begins = u32::try_from(out.len()).unwrap();
        let mut about = vec![10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        about.extend([0; 12]);
        about.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        about.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&about);
        out.extend(name.as_bytes());
        directory.extend(b"PK\x01\x02\x0a\0");
        directory.extend(about);
        directory.extend([0; 10]);
        directory.extend(begins.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (begins, size) = (
        u32::try_from(out.len()).unwrap(),
        u32::try_from(directory.len()).unwrap(),
    );
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend(size.to_le_bytes());
    out.extend(begins.to_le_bytes());
    out.extend([0, 0]);
    out
}

impl Salesforce {
    /// Calls the Metadata API.
    async fn metadata(&self, operation: &str, inner: &str) -> String {
        let session = self.token("access_token");
        let body = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><SessionHeader><sessionId>{session}</sessionId>\
             </SessionHeader></s:Header><s:Body><{operation}>{inner}</{operation}></s:Body></s:Envelope>"
        );
        let kind = ("content-type", "text/xml");
        self.world
            .send("POST", "/services/Soap/m/59.0", &[kind], body)
            .await
            .text
    }
}

fn inside<'a>(text: &'a str, tag: &str) -> &'a str {
    let (_, rest) = text
        .split_once(&format!("<{tag}>"))
        .unwrap_or_else(|| panic!("no {tag}: {text}"));
    rest.split_once('<').unwrap().0
}

#[tokio::test]
async fn definitions_of_every_type_are_made_changed_renamed_read_and_deleted() {
    let client = Salesforce::start().await;
    let object = "<metadata xsi:type=\"CustomObject\"><fullName>Walk__c</fullName><label>Walk</label><pluralLabel>Walks</pluralLabel></metadata>";
    let field = "<metadata xsi:type=\"CustomField\"><fullName>Walk__c.Length__c</fullName><label>Length</label><type>Number</type></metadata>";
    let site = "<metadata xsi:type=\"RemoteSiteSetting\"><fullName>Ligand</fullName><url>https://ligand.example</url></metadata>";
    // Two of one type in one call, and a field of an object that there is not.
    let lost = field.replace("Walk__c.", "Nobody__c.");
    let made = client
        .metadata("createMetadata", &format!("{object}{field}{site}{lost}"))
        .await;
    assert_eq!(made.matches("<success>true").count(), 3, "{made}");
    assert!(
        made.contains("no CustomField named Nobody__c.Length__c found"),
        "{made}"
    );
    let twice = client.metadata("createMetadata", site).await;
    assert!(twice.contains("DUPLICATE_DEVELOPER_NAME"), "{twice}");
    let changed = site.replace("</metadata>", "<isActive>true</isActive></metadata>");
    assert!(
        client
            .metadata("updateMetadata", &changed)
            .await
            .contains("<success>true")
    );
    let read = client
        .metadata(
            "readMetadata",
            "<type>RemoteSiteSetting</type><fullNames>Ligand</fullNames><fullNames>No</fullNames>",
        )
        .await;
    assert!(
        read.contains("<records xsi:type=\"RemoteSiteSetting\">")
            && read.contains("<isActive>true"),
        "{read}"
    );
    assert!(
        read.contains("<url>https://ligand.example</url>")
            && read.contains("<records xsi:nil=\"true\"/>"),
        "{read}"
    );
    let upserted = client
        .metadata(
            "upsertMetadata",
            &format!("{site}{}", site.replace("Ligand<", "Other<")),
        )
        .await;
    assert!(
        upserted.contains("<created>false") && upserted.contains("<created>true"),
        "{upserted}"
    );
    let rename = "<type>CustomObject</type><oldFullName>Walk__c</oldFullName><newFullName>Walker__c</newFullName>";
    assert!(
        client
            .metadata("renameMetadata", rename)
            .await
            .contains("<success>true")
    );
    assert!(
        client
            .metadata("renameMetadata", rename)
            .await
            .contains("DUPLICATE_DEVELOPER_NAME")
    );
    let listed = client.metadata("listMetadata", "<queries><type>CustomObject</type></queries><queries><type>CustomField</type></queries>").await;
    assert!(
        listed.contains("<fullName>Walker__c<") && !listed.contains("<fullName>Walk__c<"),
        "{listed}"
    );
    assert!(listed.contains("<fullName>Contact.Level__c<"), "{listed}");
    let gone = client.metadata("deleteMetadata", "<type>RemoteSiteSetting</type><fullNames>Ligand</fullNames><fullNames>Ligand</fullNames>").await;
    assert!(
        gone.contains("<success>true") && gone.contains("no RemoteSiteSetting named Ligand found"),
        "{gone}"
    );
    let unknown = client
        .metadata("listMetadata", "<queries><type>Nothing</type></queries>")
        .await;
    assert!(unknown.contains("INVALID_TYPE"), "{unknown}");
    // Not every call that holds the word ends the session.
    client
        .metadata(
            "readMetadata",
            "<type>CustomObject</type><fullNames>logout</fullNames>",
        )
        .await;
    assert_eq!(client.get("/limits").await.status, 200);
}

#[tokio::test]
async fn a_package_is_deployed_in_the_background_and_what_it_defines_is_retrieved() {
    let client = Salesforce::start().await;
    let zip = STANDARD.encode(package(&[
        "pkg/",
        "pkg/package.xml",
        "pkg/classes/Hello.cls",
        "pkg/classes/Hello.cls-meta.xml",
        "pkg/objects/Own__c.object",
    ]));
    let deploy = format!(
        "<ZipFile>{zip}</ZipFile><DeployOptions><rollbackOnError>true</rollbackOnError></DeployOptions>"
    );
    let begun = client.metadata("deploy", &deploy).await;
    let id = inside(&begun, "id").to_owned();
    assert!(id.starts_with("0Af"), "{begun}");
    // Clients look for the API's own namespace.
    let own = "<deployResponse xmlns=\"http://soap.sforce.com/2006/04/metadata\">";
    assert!(begun.contains(own), "{begun}");
    let ask = format!("<asyncProcessId>{id}</asyncProcessId><includeDetails>true</includeDetails>");
    let mut states = Vec::new();
    let mut last = String::new();
    for _ in 0..3 {
        last = client.metadata("checkDeployStatus", &ask).await;
        states.push(inside(&last, "status").to_owned());
    }
    assert_eq!(states, ["Pending", "InProgress", "Succeeded"]);
    assert_eq!(inside(&last, "numberComponentsDeployed"), "2", "{last}");
    assert!(
        last.contains("<fullName>Hello</fullName>") && inside(&last, "success") == "true",
        "{last}"
    );
    let wanted = "<retrieveRequest><unpackaged><types><members>*</members><name>ApexClass</name></types>\
                  <types><members>Nobody__c</members><name>CustomObject</name></types></unpackaged></retrieveRequest>";
    let id = inside(&client.metadata("retrieve", wanted).await, "id").to_owned();
    let ask = format!("<asyncProcessId>{id}</asyncProcessId>");
    client.metadata("checkRetrieveStatus", &ask).await;
    assert!(
        !client
            .metadata("checkRetrieveStatus", &ask)
            .await
            .contains("<zipFile>")
    );
    let done = client.metadata("checkRetrieveStatus", &ask).await;
    let zip = STANDARD.decode(inside(&done, "zipFile")).unwrap();
    let text = String::from_utf8_lossy(&zip).into_owned();
    assert!(
        text.contains("unpackaged/classes/Hello.cls") && text.contains("<Package xmlns="),
        "{text}"
    );
    assert!(
        done.contains("named &#39;Nobody__c&#39; cannot be found"),
        "{done}"
    );
}

#[tokio::test]
async fn a_package_that_fails_says_which_file_and_leaves_nothing() {
    let client = Salesforce::start().await;
    let bearer = format!("Bearer {}", client.token("access_token"));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    let deploy = async |names: &[&str], options: serde_json::Value| {
        let mut body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n{}\r\n\
             --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"d.zip\"\r\nContent-Type: application/zip\r\n\r\n",
            json!({ "deployOptions": options })
        )
        .into_bytes();
        body.extend(package(names));
        body.extend(b"\r\n--b--\r\n");
        let made = client
            .world
            .send(
                "POST",
                &format!("{BASE}/metadata/deployRequest"),
                &headers,
                body,
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.text);
        format!(
            "/metadata/deployRequest/{}",
            made.json()["id"].as_str().unwrap()
        )
    };
    let faulty = ["package.xml", "classes/Left.cls", "nowhere/x.y"];
    let own = deploy(&faulty, json!({ "rollbackOnError": true })).await;
    client.get(&own).await;
    client.get(&own).await;
    let done = client
        .get(&format!("{own}?includeDetails=true"))
        .await
        .json()["deployResult"]
        .clone();
    assert_eq!(
        (&done["status"], &done["success"]),
        (&json!("Failed"), &json!(false))
    );
    assert_eq!(
        done["details"]["componentFailures"][0]["fileName"],
        "nowhere/x.y"
    );
    let listed = client
        .metadata("listMetadata", "<queries><type>ApexClass</type></queries>")
        .await;
    assert!(!listed.contains("<fullName>Left<"), "{listed}");
    let own = deploy(&["classes/Left.cls"], json!({})).await;
    let cancelled = client
        .call(
            "PATCH",
            &own,
            json!({ "deployResult": { "status": "Canceling" } }),
        )
        .await;
    assert_eq!(cancelled.json()["deployResult"]["status"], "Canceled");
    let unknown = client
        .refused(
            "GET",
            "/metadata/deployRequest/0Af5i000000AAAA",
            json!(null),
        )
        .await;
    assert_eq!(
        (unknown.0, unknown.1.as_str()),
        (404, "INVALID_CROSS_REFERENCE_KEY")
    );
}
