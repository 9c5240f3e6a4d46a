//! Salesforce as its clients and their browsers see it.

mod bulk;
mod composite;
mod files;
mod interface;
mod login;
mod metadata;
mod records;
mod streaming;

use ligand_sim::Consent;
use serde_json::Value;

use crate::world::{Answer, FORM, JSON, World};

const CALLBACK: &str = "https://app.example/cb";
const BASE: &str = "/services/data/v59.0";

/// The path of an authorize URL in the form of the guides, and `more`.
fn authorize(more: &str) -> String {
    format!(
        "/services/oauth2/authorize?response_type=code&client_id=app&client_secret=xyz789\
         &scope=full%20refresh_token&redirect_uri={CALLBACK}&state=sfdc{more}"
    )
}

/// A client that is signed in.
struct Salesforce {
    world: World,
    tokens: Value,
}

impl Salesforce {
    async fn start() -> Self {
        let world = World::with("salesforce", Consent::Auto).await;
        let code = code(&world).await;
        let answer = exchange(&world, &code).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        Self {
            tokens: answer.json(),
            world,
        }
    }

    fn token(&self, name: &str) -> String {
        self.tokens[name].as_str().unwrap().to_owned()
    }

    /// Calls the data API; `path` follows the version.
    async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let bearer = format!("Bearer {}", self.token("access_token"));
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = [("authorization", bearer.as_str()), JSON];
        self.world
            .send(method, &format!("{BASE}{path}"), &headers, body)
            .await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    async fn query(&self, soql: &str) -> Answer {
        let encoded = soql
            .replace('%', "%25")
            .replace(' ', "+")
            .replace('\n', "%0A");
        self.get(&format!("/query?q={encoded}")).await
    }

    async fn ids(&self, soql: &str) -> Vec<String> {
        let answer = self.query(soql).await;
        assert_eq!(answer.status, 200, "{soql}: {}", answer.text);
        let records = answer.json()["records"].as_array().unwrap().clone();
        records
            .iter()
            .map(|record| record["Id"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn create(&self, object: &str, body: Value) -> String {
        let answer = self
            .call("POST", &format!("/sobjects/{object}"), body)
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Status, code and fields of the first error.
    async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let answer = self.call(method, path, body).await;
        let error = answer.json()[0].clone();
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (answer.status, text("errorCode"), text("message"))
    }
}

async fn code(world: &World) -> String {
    world
        .send("GET", &authorize("&sandbox_decision=approve"), &[], "")
        .await
        .redirected("code")
        .unwrap()
}

async fn exchange(world: &World, code: &str) -> Answer {
    let form = format!(
        "grant_type=authorization_code&code={code}&client_id=app&client_secret=s&redirect_uri={CALLBACK}"
    );
    world
        .send("POST", "/services/oauth2/token", &[FORM], form)
        .await
}

async fn refresh(world: &World, token: &str) -> Answer {
    let form =
        format!("grant_type=refresh_token&refresh_token={token}&client_id=app&client_secret=s");
    world
        .send("POST", "/services/oauth2/token", &[FORM], form)
        .await
}
