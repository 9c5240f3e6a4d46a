//! Sample files and folders.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Seeding, of};
use crate::record_store::put;

impl Seeding {
    /// Four folders, two inside others, and 42 files, some of them in folders, on accounts, or with a second version.
    pub(super) fn files(&mut self, accounts: &[String]) {
        let reports = self.add("ContentFolder", json!({ "Name": "Reports" }));
        let years = self.add(
            "ContentFolder",
            json!({ "Name": "2025", "ParentContentFolderId": reports }),
        );
        let contracts = self.add("ContentFolder", json!({ "Name": "Contracts" }));
        let signed = self.add(
            "ContentFolder",
            json!({ "Name": "Signed", "ParentContentFolderId": contracts }),
        );
        let places = [
            None,
            None,
            None,
            Some(&reports),
            Some(&years),
            Some(&contracts),
            Some(&signed),
        ];
        let kinds = [
            ("txt", "Meeting notes"),
            ("csv", "Price list"),
            ("md", "Release notes"),
            ("png", "Site photo"),
            ("json", "Settings"),
        ];
        for at in 0..42 {
            let (extension, stem) = kinds
                .get(at % kinds.len())
                .copied()
                .unwrap_or(("txt", "File"));
            let title = format!("{stem} {:02}", at + 1);
            let mut version = json!({
                "Title": title, "PathOnClient": format!("{title}.{extension}"), "VersionData": STANDARD.encode(file(extension, &title)),
                "Description": format!("Sample file number {}", at + 1), "Origin": "H",
            });
            if let Some(folder) = places.get(at % places.len()).copied().flatten() {
                put(&mut version, "FirstPublishLocationId", json!(folder));
            } else if at % 3 == 0 {
                put(
                    &mut version,
                    "FirstPublishLocationId",
                    json!(of(accounts, at)),
                );
            }
            let id = self.add("ContentVersion", version);
            if at % 6 == 0 {
                let document = self
                    .org
                    .records
                    .get("ContentVersion", &id)
                    .and_then(|v| v.get("ContentDocumentId"))
                    .cloned();
                let second = json!({
                    "ContentDocumentId": document, "PathOnClient": format!("{title}.{extension}"), "ReasonForChange": "Corrected",
                    "VersionData": STANDARD.encode(file(extension, &format!("{title}, second version"))),
                });
                self.add("ContentVersion", second);
            }
        }
    }
}

/// The bytes of a sample file.
fn file(extension: &str, title: &str) -> Vec<u8> {
    // The smallest PNG: one transparent dot.
    const DOT: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    match extension {
        "png" => STANDARD.decode(DOT).unwrap_or_default(),
        "csv" => format!("item,price\n{title},10.50\nDelivery,4.00\n").into_bytes(),
        "json" => json!({ "title": title, "sample": true })
            .to_string()
            .into_bytes(),
        _ => format!("{title}\n\nThis file came with the sandbox.\n").into_bytes(),
    }
}
