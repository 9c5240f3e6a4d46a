//! What can go wrong with any vendor, tried with one element of each family: tokens and limits in mid-list, writes whose
//! outcome is not known, batches that fail in part.

use serde_json::{Value, json};

use crate::support::{Reply, TestApp};

struct Family {
    element: &'static str,
    vendor: &'static str,
    hub: &'static str,
    /// A list of several pages of two.
    list: &'static str,
    /// A new record.
    create: (&'static str, Value),
    /// The vendor's call that makes it.
    made_at: &'static str,
    /// Whether a revoked grant is asked for anew with the application's own credentials.
    own_credentials: bool,
}

fn families() -> Vec<Family> {
    let one = |element, vendor, hub, list, create, made_at, own_credentials| Family {
        element,
        vendor,
        hub,
        list,
        create,
        made_at,
        own_credentials,
    };
    let account = ("/accounts", json!({"Name": "Once"}));
    let contact = ("/contacts", json!({"emailAddress": "once@example.com"}));
    let person = (
        "/contacts",
        json!({"person": {"email": "once@example.com"}}),
    );
    let record = ("/contacts", json!({"email": "once@example.com"}));
    let campaign = ("/campaigns", json!({"name": "Once"}));
    vec![
        one(
            "sfdc",
            "salesforce",
            "crm",
            "/accounts",
            account,
            "/sobjects/Account",
            false,
        ),
        one(
            "eloqua",
            "eloqua",
            "marketing",
            "/contacts",
            contact,
            "/data/contact",
            false,
        ),
        one(
            "marketo",
            "marketo",
            "marketing",
            "/lists",
            person,
            "/v1/leads.json",
            true,
        ),
        one(
            "acton",
            "acton",
            "marketing",
            "/lists",
            record,
            "/record",
            false,
        ),
        one(
            "salesforcemarketingcloud",
            "marketingcloud",
            "marketing",
            "/lists",
            campaign,
            "/campaigns",
            true,
        ),
    ]
}

/// An account at a vendor.
struct Account {
    app: TestApp,
    token: String,
    family: Family,
}

impl Account {
    async fn at(family: Family) -> Self {
        let app = TestApp::start().await;
        let (_, token) = app.instance(family.element).await;
        Self { app, token, family }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        let path = format!("/hubs/{}{path}", self.family.hub);
        self.app.resource(method, &path, &self.token, body).await
    }

    async fn order(&self, path: &str, mut body: Value) {
        body["vendor"] = self.family.vendor.into();
        self.app.control(path, body).await;
    }

    /// Calls of this verb that the vendor saw at a path.
    async fn seen(&self, method: &str, path: &str) -> usize {
        let control = self.app.vendor("control");
        let url = format!("{control}/requests?vendor={}", self.family.vendor);
        let log = self.app.send("GET", &url, &[], "").await.expect(200).json();
        let log = log["requests"].as_array().unwrap();
        let met = |request: &&Value| {
            let at = request["path"].as_str().unwrap_or_default();
            request["method"] == method && at.to_lowercase().contains(&path.to_lowercase())
        };
        log.iter().filter(met).count()
    }
}

/// The first page of two, and the path of the second.
async fn in_mid_list(account: &Account) -> (Value, String) {
    let list = account.family.list;
    let first = format!("{list}?pageSize=2");
    let first = account.send("GET", &first, Value::Null).await.expect(200);
    let next = first.header("elements-next-page-token");
    (first.json(), format!("{list}?pageSize=2&nextPage={next}"))
}

#[tokio::test]
async fn a_token_that_expires_in_mid_list_is_renewed_and_a_limit_that_is_met_is_told() {
    for family in families() {
        let element = family.element;
        let account = Account::at(family).await;
        let (first, next) = in_mid_list(&account).await;
        account.order("/tokens/expire", json!({})).await;
        let second = account.send("GET", &next, Value::Null).await;
        let second = second.expect(200).json();
        assert_eq!(second.as_array().unwrap().len(), 2, "{element}");
        assert_ne!(second, first, "{element}");
        account.order("/rate-limit", json!({"limit": 0})).await;
        let limited = account.send("GET", &next, Value::Null).await;
        assert!(limited.json()["providerMessage"].is_string(), "{element}");
        limited.error(429);
    }
}

#[tokio::test]
async fn a_grant_that_is_revoked_in_mid_list_is_a_401_unless_the_application_needs_no_customer() {
    for family in families() {
        let (element, own) = (family.element, family.own_credentials);
        let account = Account::at(family).await;
        let (first, next) = in_mid_list(&account).await;
        account.order("/tokens/revoke", json!({})).await;
        let revoked = account.send("GET", &next, Value::Null).await;
        if own {
            assert_ne!(revoked.expect(200).json(), first, "{element}");
        } else {
            let message = revoked.error(401);
            assert!(!message.is_empty(), "{element}");
        }
    }
}

#[tokio::test]
async fn a_write_whose_outcome_is_not_known_is_not_made_again() {
    for family in families() {
        let account = Account::at(family).await;
        let Family {
            element,
            create: (path, body),
            made_at,
            ..
        } = &account.family;
        let before = account.seen("POST", made_at).await;
        let broken = json!({"status": 500, "path": made_at, "times": 1});
        account.order("/fail", broken).await;
        let refused = account.send("POST", path, body.clone()).await;
        let message = refused.error(502);
        assert!(!message.is_empty(), "{element}");
        assert_eq!(account.seen("POST", made_at).await - before, 1, "{element}");
    }
}

#[tokio::test]
async fn of_a_batch_that_fails_in_part_each_record_has_its_own_outcome() {
    for (element, path, body, good, bad) in [
        (
            "marketo",
            "/lists/3/contacts",
            json!([{"person": {"id": 2}}, {"person": {"id": 99_999}}]),
            "added",
            "skipped",
        ),
        (
            "acton",
            "/lists/l-0001/contacts",
            json!([{"email": "a@example.com"}, {"NoSuchColumn": "x"}]),
            "1 of 2 were done before it",
            "NoSuchColumn",
        ),
    ] {
        let mut all = families().into_iter();
        let account = Account::at(all.find(|family| family.element == element).unwrap()).await;
        let reply = account.send("POST", path, body).await;
        let text = reply.text();
        assert!(
            text.contains(good) && text.contains(bad),
            "{element}: {text}"
        );
    }
}

#[tokio::test]
async fn the_sandbox_takes_more_calls_than_the_vendor_would() {
    let mut all = families().into_iter();
    let acton = all.find(|family| family.element == "acton").unwrap();
    let account = Account::at(acton).await;
    for _ in 0..12 {
        let reply = account.send("GET", "/lists?pageSize=1", Value::Null).await;
        let reply = reply.expect(200);
        assert_eq!(reply.header("elements-vendor-wait-ms"), "0");
    }
}
