//! A renewal whose answer is lost is asked for again where that can use nothing up, and nowhere else.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::faults;
use crate::support::TestApp;
use crate::support::recorder::{Recorder, json as answer};

/// What the vendor answers to the next token calls; then, and to a code, a grant.
type Script = Arc<Mutex<Vec<u16>>>;

struct World {
    app: TestApp,
    vendor: Recorder,
    script: Script,
    token: String,
}

/// What comes with an access token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refresh {
    Stays,
    Rotates,
    None,
}

async fn world(kind: &str, refresh: Refresh) -> World {
    let script = Script::default();
    let told = Arc::clone(&script);
    let count = Mutex::new(0);
    let vendor = Recorder::start(move |asked| {
        if asked.path != "/token" {
            return answer(200, "[]");
        }
        if let Some(status) = told.lock().unwrap().pop() {
            return answer(status, "cut sho");
        }
        let mut count = count.lock().unwrap();
        *count += 1;
        let mut grant = json!({"access_token": format!("a{count}"), "expires_in": 3600});
        match refresh {
            Refresh::Stays => grant["refresh_token"] = json!("r"),
            Refresh::Rotates => grant["refresh_token"] = json!(format!("r{count}")),
            Refresh::None => {}
        }
        answer(200, &grant.to_string())
    })
    .await;
    let origin = vendor.origin.clone();
    let app = TestApp::with(|config| {
        let connect = &mut config.vendor.connect;
        connect.insert("api.example.com".to_owned(), origin.clone());
        connect.insert("auth.example.com".to_owned(), origin);
        config.grants.renew_ahead = false;
    })
    .await;
    let mut element = faults::element();
    element["authentication"]["type"] = json!(kind);
    app.ok("POST", "/elements", element).await;
    let mut account = faults::account("a");
    for key in ["username", "password"] {
        account["configuration"][key] = json!("x");
    }
    let made = app.ok("POST", "/instances", account).await;
    let token = made["token"].as_str().unwrap().to_owned();
    World {
        app,
        vendor,
        script,
        token,
    }
}

impl World {
    /// Two hours later the vendor answers the first renewals so; the call's status, and how often a grant was asked for.
    async fn renewed(&self, answers: &[u16]) -> (u16, usize) {
        self.app.clock.advance(2 * 3_600_000);
        *self.script.lock().unwrap() = answers.to_vec();
        self.vendor.take();
        let call = self
            .app
            .resource("GET", "/hubs/crm/things", &self.token, Value::Null);
        let status = call.await.status;
        self.script.lock().unwrap().clear();
        let asked = self.vendor.take();
        let tokens = asked.iter().filter(|asked| asked.path == "/token");
        (status, tokens.count())
    }
}

#[tokio::test]
async fn a_refresh_token_that_was_used_and_stayed_is_sent_again_when_an_answer_is_lost() {
    let world = world("oauth2", Refresh::Stays).await;
    assert_eq!(
        world.renewed(&[500]).await,
        (502, 1),
        "nobody knows yet whether it is good twice"
    );
    assert_eq!(world.renewed(&[]).await, (200, 1));
    assert_eq!(world.renewed(&[500]).await, (200, 2));
    let most = world.app.app.config.vendor.retries as usize + 1;
    assert_eq!(world.renewed(&[503; 20]).await, (502, most), "not for ever");
    assert_eq!(world.renewed(&[]).await, (200, 1));
}

#[tokio::test]
async fn a_refresh_token_that_rotates_is_never_sent_twice_in_one_renewal() {
    let world = world("oauth2", Refresh::Rotates).await;
    for _ in 0..3 {
        assert_eq!(world.renewed(&[]).await, (200, 1));
    }
    assert_eq!(world.renewed(&[500]).await, (502, 1));
}

#[tokio::test]
async fn credentials_that_nothing_uses_up_are_shown_again() {
    for kind in ["oauth2ClientCredentials", "oauth2Password"] {
        let world = world(kind, Refresh::None).await;
        assert_eq!(world.renewed(&[500]).await, (200, 2), "{kind}");
    }
}
