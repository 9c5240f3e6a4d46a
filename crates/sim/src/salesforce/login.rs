//! OAuth: authorize, login and consent pages, token, revocation, introspection.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Value, json};

use super::{CODE_LIFE_MS, ORGANIZATION, SESSION_LIFE_MS, Salesforce};
use crate::call::{Call, Reply, encode, first};
use crate::oauth::{self, Claims, Decision, INVALID_CLIENT, Kind, Rejected, Token};
use crate::page;

const AUTHORIZE: &str = "/services/oauth2/authorize";

/// The grant of RFC 7523: a signed statement instead of a code.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What an assertion says.
struct Assertion {
    /// The application's client id.
    issuer: String,
    /// The user name.
    subject: String,
}

impl Salesforce {
    /// `/services/oauth2/authorize`: `GET` asks, `POST` takes what the pages send.
    pub(super) fn authorize(&self, call: &Call) -> Reply {
        let value = |name: &str| call.query(name).unwrap_or_default();
        let client = value("client_id");
        if client.is_empty() || client == INVALID_CLIENT {
            return refused("invalid_client_id", "client identifier invalid");
        }
        let redirect = value("redirect_uri");
        if redirect.is_empty() {
            return refused("invalid_request", "missing redirect_uri");
        }
        if value("response_type") != "code" {
            return back(
                call,
                &[
                    ("error", "unsupported_response_type"),
                    ("error_description", "response type not supported"),
                ],
            );
        }
        let form = if call.method == http::Method::POST {
            call.form()
        } else {
            Vec::new()
        };
        let field = |name: &str| first(&form, name).unwrap_or_default();
        match (oauth::decide(call, &self.setting), field("sandbox_step")) {
            (Decision::Approve, _) => self.grant(call, field("username")),
            (Decision::Ask, "login") if !field("username").trim().is_empty() => {
                consent_page(call, field("username"))
            }
            (Decision::Ask, "login") => login_page(call, "Enter a user name."),
            (Decision::Ask, "consent") if field("decision") == "approve" => {
                self.grant(call, field("username"))
            }
            (Decision::Deny, _) | (Decision::Ask, "consent") => deny(call),
            (Decision::Ask, _) => login_page(call, ""),
        }
    }

    fn grant(&self, call: &Call, username: &str) -> Reply {
        let claims = Claims {
            client: call.query("client_id").unwrap_or_default().to_owned(),
            user: self.user_named(username),
            redirect: call.query("redirect_uri").unwrap_or_default().to_owned(),
            scope: call.query("scope").unwrap_or_default().to_owned(),
            challenge: oauth::challenge_of(call),
            grant: String::new(),
        };
        let code = format!(
            "aPrx{}==",
            self.setting
                .tokens
                .issue(Kind::Code, claims, Some(CODE_LIFE_MS))
        );
        back(call, &[("code", &code)])
    }

    /// `/services/oauth2/token`
    pub(super) fn token(&self, call: &Call) -> Reply {
        if call.method != http::Method::POST {
            return oauth_error(400, "invalid_request", "must use HTTP POST");
        }
        let grant = call.parameter("grant_type").unwrap_or_default();
        let assertion = (grant == JWT_BEARER).then(|| self.assertion(call));
        let known = match &assertion {
            Some(Ok(assertion)) => known(assertion.issuer.clone(), String::new()),
            Some(Err(text)) => return oauth_error(400, "invalid_grant", text),
            None => client(call),
        };
        let client = match known {
            Ok(client) => client,
            Err(reply) => return reply,
        };
        if self.setting.faults.refuses_grant() {
            let text = match grant.as_str() {
                "refresh_token" => "expired access/refresh token",
                "password" => "authentication failure",
                _ => "expired authorization code",
            };
            return oauth_error(400, "invalid_grant", text);
        }
        if let Some(Ok(assertion)) = assertion {
            let claims = Claims {
                client: client.id.clone(),
                user: self.user_named(&assertion.subject),
                ..Claims::default()
            };
            return self.tokens(call, &client, claims, None);
        }
        match grant.as_str() {
            "authorization_code" => self.exchange(call, &client),
            "refresh_token" => self.refresh(call, &client),
            "password" => {
                let name = call.parameter("username").unwrap_or_default();
                if name.is_empty() || call.parameter("password").unwrap_or_default().is_empty() {
                    return oauth_error(400, "invalid_grant", "authentication failure");
                }
                let claims = Claims {
                    client: client.id.clone(),
                    user: self.user_named(&name),
                    ..Claims::default()
                };
                self.tokens(call, &client, claims, None)
            }
            // The application acts as the user that it is set up for.
            "client_credentials" => {
                let claims = Claims {
                    client: client.id.clone(),
                    user: self.user_named(""),
                    ..Claims::default()
                };
                self.tokens(call, &client, claims, None)
            }
            _ => oauth_error(400, "unsupported_grant_type", "grant type not supported"),
        }
    }

    /// What an assertion says of application and user, else the vendor's complaint. Its signature is not looked at: any
    /// application is registered here, with any certificate.
    fn assertion(&self, call: &Call) -> Result<Assertion, &'static str> {
        let given = call.parameter("assertion").unwrap_or_default();
        let claims: Value = given
            .split('.')
            .nth(1)
            .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
            .and_then(|part| serde_json::from_slice(&part).ok())
            .ok_or("invalid assertion")?;
        let member = |name: &str| claims.get(name);
        let text = |name: &str| {
            let value = member(name).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        if text("aud").is_empty() {
            return Err("audience is invalid");
        }
        // Some clients write the time as text.
        let expires = member("exp")
            .and_then(|time| time.as_f64().or_else(|| time.as_str()?.parse().ok()))
            .ok_or("invalid assertion")?;
        if std::time::Duration::try_from_secs_f64(expires).map_or(0, |expires| expires.as_millis())
            <= u128::try_from(self.setting.now().0).unwrap_or_default()
        {
            return Err("expired authorization code");
        }
        Ok(Assertion {
            issuer: text("iss"),
            subject: text("sub"),
        })
    }

    fn exchange(&self, call: &Call, client: &Client) -> Reply {
        let given = call.parameter("code").unwrap_or_default();
        let code = match self.read(Kind::Code, &given) {
            Ok(code) => code,
            Err(Rejected::Unknown) => {
                return oauth_error(400, "invalid_grant", "invalid authorization code");
            }
            Err(_) => return oauth_error(400, "invalid_grant", "expired authorization code"),
        };
        // Guides show one client id in the authorize URL and another later, and any is accepted; the address must be the same.
        if call
            .parameter("redirect_uri")
            .is_some_and(|redirect| redirect != code.claims.redirect)
        {
            return oauth_error(
                400,
                "redirect_uri_mismatch",
                "redirect_uri must match configuration",
            );
        }
        if !oauth::verifier_fits(
            &code.claims.challenge,
            call.parameter("code_verifier").as_deref(),
        ) {
            return oauth_error(400, "invalid_grant", "invalid code verifier");
        }
        if self.setting.tokens.spend(&code).is_err() {
            return oauth_error(400, "invalid_grant", "expired authorization code");
        }
        let mut claims = Claims {
            client: client.id.clone(),
            ..code.claims
        };
        claims.redirect.clear();
        claims.challenge.clear();
        let offline = claims.scope.is_empty()
            || claims
                .scope
                .split_whitespace()
                .any(|scope| matches!(scope, "refresh_token" | "offline_access"));
        let refresh = offline.then(|| {
            format!(
                "5Aep861{}",
                self.setting
                    .tokens
                    .issue(Kind::Refresh, claims.clone(), None)
            )
        });
        self.tokens(call, client, claims, refresh.as_deref())
    }

    fn refresh(&self, call: &Call, client: &Client) -> Reply {
        let given = call.parameter("refresh_token").unwrap_or_default();
        match self.read(Kind::Refresh, &given) {
            Ok(refresh) => self.tokens(call, client, refresh.claims, None),
            Err(_) => oauth_error(400, "invalid_grant", "expired access/refresh token"),
        }
    }

    fn tokens(&self, call: &Call, client: &Client, claims: Claims, refresh: Option<&str>) -> Reply {
        let origin = call.origin();
        let issued = self.setting.now().0.to_string();
        let id = format!("{origin}/id/{ORGANIZATION}/{}", claims.user);
        let key = hmac::Key::new(hmac::HMAC_SHA256, client.secret.as_bytes());
        let signature = STANDARD.encode(hmac::sign(&key, format!("{id}{issued}").as_bytes()));
        let scope = if claims.scope.is_empty() {
            "refresh_token full".to_owned()
        } else {
            claims.scope.clone()
        };
        let mut body = json!({ "access_token": self.new_session(claims) });
        if let (Some(map), Some(refresh)) = (body.as_object_mut(), refresh) {
            map.insert("refresh_token".to_owned(), json!(refresh));
        }
        let rest = json!({
            "signature": signature, "scope": scope, "instance_url": origin, "id": id, "token_type": "Bearer",
            "issued_at": issued,
        });
        if let (Some(map), Value::Object(rest)) = (body.as_object_mut(), rest) {
            map.extend(rest);
        }
        Reply::json(200, &body).header("cache-control", "no-store")
    }

    /// `/services/oauth2/revoke`
    pub(super) fn revoke(&self, call: &Call) -> Reply {
        let given = call.parameter("token").unwrap_or_default();
        if let Ok(refresh) = self.read(Kind::Refresh, &given) {
            self.setting.tokens.revoke_grant(&refresh.claims.grant);
            return Reply::empty(200);
        }
        match self.read(Kind::Access, &given) {
            Ok(access) => {
                self.setting.tokens.revoke(&access);
                Reply::empty(200)
            }
            Err(_) => oauth_error(400, "invalid_token", &format!("invalid token: {given}")),
        }
    }

    /// `/services/oauth2/introspect`
    pub(super) fn introspect(&self, call: &Call) -> Reply {
        if call.method != http::Method::POST {
            return oauth_error(400, "invalid_request", "must use HTTP POST");
        }
        let given = call.parameter("token").unwrap_or_default();
        let found = self
            .read(Kind::Access, &given)
            .or_else(|_| self.read(Kind::Refresh, &given));
        let Ok(token) = found else {
            return Reply::json(200, &json!({ "active": false }));
        };
        let kind = if token.kind == Kind::Refresh {
            "refresh_token"
        } else {
            "access_token"
        };
        let mut body = json!({
            "active": true, "scope": token.claims.scope, "client_id": token.claims.client, "token_type": kind,
            "username": self.username(&token.claims.user), "iat": token.issued().seconds(), "nbf": token.issued().seconds(),
            "sub": format!("{}/id/{ORGANIZATION}/{}", call.origin(), token.claims.user),
        });
        if let (Some(map), Some(expires)) = (body.as_object_mut(), token.expires) {
            map.insert("exp".to_owned(), json!(expires / 1000));
        }
        Reply::json(200, &body)
    }

    /// A session for these claims: the text of its access token, which begins with the organization as the vendor's do.
    pub(super) fn new_session(&self, claims: Claims) -> String {
        let short = ORGANIZATION.get(..15).unwrap_or_default();
        format!(
            "{short}!AQ{}",
            self.setting
                .tokens
                .issue(Kind::Access, claims, Some(SESSION_LIFE_MS))
        )
    }

    /// Reads a code or token in the vendor's dress.
    pub(super) fn read(&self, kind: Kind, text: &str) -> Result<Token, Rejected> {
        let bare = match kind {
            Kind::Code => text
                .strip_prefix("aPrx")
                .map(|rest| rest.trim_end_matches('=')),
            Kind::Access => text.split_once("!AQ").map(|(_, rest)| rest),
            Kind::Refresh => text.strip_prefix("5Aep861"),
        };
        self.setting
            .tokens
            .read(kind, bare.ok_or(Rejected::Unknown)?)
    }
}

struct Client {
    id: String,
    secret: String,
}

fn deny(call: &Call) -> Reply {
    let description = "end-user denied authorization";
    back(
        call,
        &[
            ("error", "access_denied"),
            ("error_description", description),
        ],
    )
}

/// Back to the application, with its `state`. The out-of-band address shows the answer instead.
fn back(call: &Call, parameters: &[(&str, &str)]) -> Reply {
    let redirect = call.query("redirect_uri").unwrap_or_default();
    if redirect.starts_with("urn:") {
        let mut lines = String::new();
        for (name, value) in parameters {
            let (name, value) = (page::escape(name), page::escape(value));
            let _ = writeln!(lines, "<p>{name}: <code id=\"{name}\">{value}</code></p>");
        }
        return Reply::html(200, page::page("Salesforce", "Authorization", &lines));
    }
    let mut parameters = parameters.to_vec();
    if let Some(state) = call.query("state") {
        parameters.push(("state", state));
    }
    oauth::redirect(redirect, &parameters)
}

/// The client of a token call, from the form or from HTTP Basic.
fn client(call: &Call) -> Result<Client, Reply> {
    let (id, secret) = call.basic().unwrap_or_else(|| {
        (
            call.parameter("client_id").unwrap_or_default(),
            call.parameter("client_secret").unwrap_or_default(),
        )
    });
    known(id, secret)
}

/// The application, unless the sandbox is to know nothing of it.
fn known(id: String, secret: String) -> Result<Client, Reply> {
    if id.is_empty() || id == INVALID_CLIENT {
        return Err(oauth_error(
            400,
            "invalid_client_id",
            "client identifier invalid",
        ));
    }
    if secret == INVALID_CLIENT {
        return Err(oauth_error(
            400,
            "invalid_client",
            "invalid client credentials",
        ));
    }
    Ok(Client { id, secret })
}

/// The pages send their forms to the URL they came from, but for what the sandbox reads from it.
fn action(call: &Call) -> String {
    let query: Vec<String> = call
        .query
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    format!("{AUTHORIZE}?{}", query.join("&"))
}

fn login_page(call: &Call, complaint: &str) -> Reply {
    let mut body = String::new();
    if !complaint.is_empty() {
        body.push_str("<p id=\"error\" role=\"alert\">");
        body.push_str(&page::escape(complaint));
        body.push_str("</p>\n");
    }
    body.push_str(&page::input(
        "username",
        "username",
        "text",
        "User name",
        call.query("login_hint").unwrap_or_default(),
    ));
    body.push_str(&page::input("password", "pw", "password", "Password", ""));
    body.push_str(&page::button("Login", "Login", "Log In", "Log In", false));
    let form = page::form(&action(call), &[("sandbox_step", "login")], &body);
    Reply::html(200, page::page("Salesforce", "Log in to Salesforce", &form))
}

fn consent_page(call: &Call, username: &str) -> Reply {
    let scope = call
        .query("scope")
        .filter(|scope| !scope.is_empty())
        .unwrap_or("full refresh_token");
    let mut scopes = String::new();
    for scope in scope.split_whitespace() {
        let _ = write!(scopes, "<li>{}</li>", page::escape(scope));
    }
    let text = format!(
        "<p>The application <strong>{}</strong> asks to act for <strong>{}</strong> with:</p>\n<ul>{scopes}</ul>\n",
        page::escape(call.query("client_id").unwrap_or_default()),
        page::escape(username)
    );
    let buttons = page::button("oaapprove", "decision", "approve", "Allow", false)
        + &page::button("oadeny", "decision", "deny", "Deny", true);
    let form = page::form(
        &action(call),
        &[("sandbox_step", "consent"), ("username", username)],
        &(text + &buttons),
    );
    Reply::html(200, page::page("Salesforce", "Allow access?", &form))
}

/// A refusal before it is known whom to send it to.
fn refused(error: &str, description: &str) -> Reply {
    let body = format!(
        "<p id=\"error\">error=<code>{}</code></p>\n<p id=\"error_description\">{}</p>",
        page::escape(error),
        page::escape(description)
    );
    Reply::html(400, page::page("Salesforce", "OAuth error", &body))
}

fn oauth_error(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "error": error, "error_description": description }),
    )
    .header("cache-control", "no-store")
}
