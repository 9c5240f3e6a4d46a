//! Samples of everything that is neither people nor files: attachments, documents, projects, articles, reports, posts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{ADMINISTRATOR, START, Seeding, date, of};
use crate::salesforce::describe::tooling_object;
use crate::salesforce::org::Actor;

/// The document that has this id everywhere.
const DOCUMENT: &str = "0150H00000FRylLQAT";

impl Seeding {
    pub(super) fn rest(&mut self, accounts: &[String], contacts: &[String], cases: &[String]) {
        for at in 0..8 {
            let status = ["Planned", "Running", "Done"].get(at % 3);
            let parent = if at % 2 == 0 {
                of(accounts, at)
            } else {
                of(contacts, at)
            };
            self.add("Attachment", json!({
                "ParentId": parent, "Name": format!("offer-{}.txt", at + 1), "ContentType": "text/plain",
                "Body": STANDARD.encode(format!("Offer {}\n", at + 1)), "Description": "Came with the sandbox",
            }));
            self.add("CaseComment", json!({ "ParentId": of(cases, at / 2), "CommentBody": format!("Called back, attempt {}.", at + 1) }));
            self.add("Project__c", json!({
                "Name": format!("Rollout {}", at + 1), "Account__c": of(accounts, at), "Budget__c": 10_000 + 2_500 * at,
                "Status__c": status, "Due__c": date(START + i64::try_from(at).unwrap_or(0) * 30 * 86_400_000),
                "External_Id__c": format!("pro-{:04}", at + 1),
            }));
        }
        self.products(accounts);
        let folder = self.add(
            "Folder",
            json!({ "Name": "Shared Documents", "DeveloperName": "Shared_Documents" }),
        );
        self.add_as("Document", json!({
            "FolderId": folder, "Name": "House style", "DeveloperName": "House_style", "Type": "txt", "ContentType": "text/plain",
            "Body": STANDARD.encode("Write so that it is read.\n"),
        }), Some(DOCUMENT));
        for (name, developer) in [
            ("Open Opportunities", "Open_Opportunities"),
            ("Contacts by City", "Contacts_by_City"),
            ("Escalated Cases", "Escalated_Cases"),
        ] {
            let id = crate::salesforce::id::make(
                "00O",
                2_500_000_000 + u64::try_from(self.made).unwrap_or(0),
            );
            self.add_as("Report", json!({ "Name": name }), Some(&id));
            self.set("Report", &id, "DeveloperName", &json!(developer));
            self.set("Report", &id, "FolderName", &json!("Public Reports"));
        }
        for at in 0..10 {
            let object = if at % 3 == 0 {
                "FAQ__kav"
            } else {
                "Sailthru__Discussion__kav"
            };
            let id = self.add(object, json!({
                "Title": format!("How to repair part {}", at + 1), "UrlName": format!("repair-part-{}", at + 1),
                "Summary": "Turn it off, wait, turn it on.", "Answer__c": "If that does not help, open a case.",
            }));
            if at % 4 == 3 {
                self.set(object, &id, "PublishStatus", &json!("Online"));
            }
        }
        let document = self
            .org
            .records
            .collection("ContentDocument")
            .and_then(|all| all.iter().next())
            .map(|(_, record)| record.clone());
        let version =
            document.and_then(|document| document.get("LatestPublishedVersionId").cloned());
        let post = self.add("FeedItem", json!({
            "ParentId": ADMINISTRATOR, "Type": "ContentPost", "Title": "Meeting notes", "RelatedRecordId": version,
        }));
        for words in ["Please read by Friday.", "Done.", "Thank you."] {
            self.add(
                "FeedComment",
                json!({ "FeedItemId": post, "CommentBody": words }),
            );
        }
        self.definitions();
    }

    /// The organization's own objects, as the Tooling API lists them.
    fn definitions(&mut self) {
        let Some(object) = tooling_object("EntityDefinition") else {
            return;
        };
        for (name, label, suffix) in [
            ("Project", "Project", "c"),
            ("FAQ", "FAQ", "kav"),
            ("Sailthru__Discussion", "Discussion", "kav"),
        ] {
            let actor = Actor {
                user: ADMINISTRATOR,
                now: self.now(),
            };
            self.made += 1;
            let Value::Object(body) = json!({ "DeveloperName": name, "Label": label, "PluralLabel": format!("{label}s") })
            else {
                continue;
            };
            let id = self.org.create(actor, object, &body).unwrap_or_default();
            let full = format!("{name}__{suffix}");
            crate::salesforce::metadata::named(&mut self.org, &id, &full);
        }
    }

    /// What only the platform sets.
    fn set(&mut self, object: &str, id: &str, name: &str, value: &Value) {
        if let Some(record) = self.org.records.collection_mut(object).get_mut(id) {
            record.insert(name.to_owned(), value.clone());
        }
    }

    /// A price book of four products, what one account owns of them, a contract, and a class of Apex.
    fn products(&mut self, accounts: &[String]) {
        let book = self.add(
            "Pricebook2",
            json!({ "Name": "Standard Price Book", "IsActive": true }),
        );
        self.set("Pricebook2", &book, "IsStandard", &json!(true));
        for (at, (name, family)) in [
            ("Generator 500", "Hardware"),
            ("Generator 900", "Hardware"),
            ("Support Plan", "Services"),
            ("Fleet Monitor", "Software"),
        ]
        .into_iter()
        .enumerate()
        {
            let code = format!("P-{:03}", at + 1);
            let product = self.add(
                "Product2",
                json!({
                    "Name": name, "ProductCode": code, "Family": family, "IsActive": true,
                }),
            );
            let entry = self.add("PricebookEntry", json!({
                "Pricebook2Id": book, "Product2Id": product, "UnitPrice": 500 + 250 * at, "IsActive": true,
            }));
            self.set("PricebookEntry", &entry, "Name", &json!(name));
            self.set("PricebookEntry", &entry, "ProductCode", &json!(code));
            self.add("Asset", json!({
                "Name": format!("{name} #{}", at + 1), "AccountId": of(accounts, at), "Product2Id": product, "Status": "Installed",
            }));
        }
        self.add(
            "Contract",
            json!({ "AccountId": of(accounts, 0), "StartDate": date(START), "ContractTerm": 12 }),
        );
        self.add(
            "ApexClass",
            json!({ "Name": "SandboxGreeting", "Body": "public class SandboxGreeting {}" }),
        );
    }
}
