//! Tokens: v2 for servers and web applications, v1 as it was.

use http::Method;
use serde_json::{Value, json};

use super::MarketingCloud;
use crate::call::{Call, Reply, encode, first};
use crate::oauth::{self, Claims, Decision, INVALID_CLIENT, Kind, Token};
use crate::page;

/// A v2 token lives 20 minutes; the vendor states 1079 seconds.
const LIFE: i64 = 1_200_000;
const STATED: i64 = 1079;
/// A v1 token lives an hour.
const LEGACY_LIFE: i64 = 3_600_000;
const LEGACY_STATED: i64 = 3479;
const CODE_LIFE: i64 = 600_000;
/// Refresh tokens die after 14 days.
const REFRESH_LIFE: i64 = 14 * 24 * 60 * 60 * 1000;
/// Where the browser is asked.
const PATH: &str = "/v2/authorize";
const SCOPE: &str = "email_read email_write email_send audiences_read audiences_write list_and_subscribers_read \
    list_and_subscribers_write data_extensions_read data_extensions_write journeys_read journeys_write \
    campaign_read campaign_write tracking_events_read documents_and_images_read saved_content_read saved_content_write offline";

fn refused(status: u16, error: &str, text: &str) -> Reply {
    let body = json!({"error": error, "error_description": text, "error_uri": "https://developer.salesforce.com/docs"});
    Reply::json(status, &body)
}

fn bad_client() -> Reply {
    refused(
        401,
        "invalid_client",
        "Client authentication failed. Make sure that the client ID and client secret are valid and that the package is installed and enabled.",
    )
}

/// Parameters of a token call: JSON, or a form.
fn parameters(call: &Call) -> Value {
    call.json()
        .ok()
        .filter(Value::is_object)
        .unwrap_or_else(|| {
            let pairs = call
                .form()
                .into_iter()
                .map(|(name, value)| (name, Value::String(value)));
            Value::Object(pairs.collect())
        })
}

impl MarketingCloud {
    /// `POST …/v2/token`
    pub(super) fn token(&self, call: &Call) -> Reply {
        if call.method != Method::POST {
            return refused(405, "invalid_request", "The request must use POST.");
        }
        let body = parameters(call);
        let text = |name: &str| {
            body.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (client, secret) = (text("client_id"), text("client_secret"));
        let public = !text("code_verifier").is_empty() || text("grant_type") == "refresh_token";
        if client.is_empty()
            || client == INVALID_CLIENT
            || (secret.is_empty() && !public)
            || secret == INVALID_CLIENT
        {
            return bad_client();
        }
        let bad_grant = |why: &str| refused(400, "invalid_grant", why);
        if self.setting.faults.refuses_grant() {
            return match text("grant_type").as_str() {
                "client_credentials" => bad_client(),
                _ => bad_grant("The grant is invalid, expired, or revoked."),
            };
        }
        let account = body
            .get("account_id")
            .map(|value| super::state::plain(Some(value)));
        if account
            .as_deref()
            .is_some_and(|id| !id.is_empty() && id.parse::<u64>().is_err())
        {
            return refused(
                400,
                "invalid_request",
                "The account_id must be the MID of a business unit.",
            );
        }
        let asked = text("scope");
        match text("grant_type").as_str() {
            "client_credentials" => {
                let scope = if asked.is_empty() {
                    SCOPE.replace(" offline", "")
                } else {
                    asked
                };
                let claims = Claims {
                    client,
                    user: account.unwrap_or_default(),
                    scope,
                    ..Claims::default()
                };
                self.issue(call, claims, false)
            }
            "authorization_code" => {
                let Ok(code) = self.setting.tokens.read(Kind::Code, &text("code")) else {
                    return bad_grant("The authorization code is invalid, expired, or used.");
                };
                if text("redirect_uri") != code.claims.redirect {
                    return bad_grant(
                        "The redirect_uri differs from that of the authorization request.",
                    );
                }
                let verifier = text("code_verifier");
                if !oauth::verifier_fits(
                    &code.claims.challenge,
                    Some(&verifier)
                        .filter(|v| !v.is_empty())
                        .map(String::as_str),
                ) {
                    return bad_grant("The code_verifier does not match.");
                }
                if self.setting.tokens.spend(&code).is_err() {
                    return bad_grant("The authorization code is invalid, expired, or used.");
                }
                self.renewed(call, &code, client)
            }
            "refresh_token" => {
                let token = self
                    .setting
                    .tokens
                    .read(Kind::Refresh, &text("refresh_token"));
                let Some(token) = token
                    .ok()
                    .filter(|token| self.setting.tokens.spend(token).is_ok())
                else {
                    return bad_grant("The refresh token is invalid, expired, or used.");
                };
                self.renewed(call, &token, client)
            }
            other => refused(
                400,
                "unsupported_grant_type",
                &format!("The grant_type '{other}' is not supported."),
            ),
        }
    }

    fn renewed(&self, call: &Call, from: &Token, client: String) -> Reply {
        let mut claims = from.claims.clone();
        claims.client = client;
        claims.redirect.clear();
        claims.challenge.clear();
        let offline =
            claims.scope.is_empty() || claims.scope.split(' ').any(|scope| scope == "offline");
        self.issue(call, claims, offline)
    }

    fn issue(&self, call: &Call, claims: Claims, offline: bool) -> Reply {
        let tokens = &self.setting.tokens;
        let scope = if claims.scope.is_empty() {
            SCOPE.to_owned()
        } else {
            claims.scope.clone()
        };
        let host = call.host();
        // On its own host the tenant has three names; elsewhere the three are below one.
        let place = |name: &str| match host.split_once(".auth.marketingcloudapis.com") {
            Some((tenant, "")) => format!("https://{tenant}.{name}.marketingcloudapis.com/"),
            _ => format!("{}/{name}/", call.origin()),
        };
        let mut body = json!({
            "access_token": tokens.issue(Kind::Access, claims.clone(), Some(LIFE)), "token_type": "Bearer", "expires_in": STATED,
            "scope": scope, "soap_instance_url": place("soap"), "rest_instance_url": place("rest"),
        });
        if offline {
            let refresh = tokens.issue(Kind::Refresh, claims, Some(REFRESH_LIFE));
            crate::record_store::put(&mut body, "refresh_token", refresh.into());
        }
        Reply::json(200, &body).header("cache-control", "no-store")
    }

    /// `POST /v1/requestToken`, as legacy packages had it.
    pub(super) fn legacy_token(&self, call: &Call) -> Reply {
        let body = parameters(call);
        let text = |name: &str| {
            body.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (client, secret) = (text("clientId"), text("clientSecret"));
        let refuse = client == INVALID_CLIENT
            || client.is_empty()
            || secret.is_empty()
            || secret == INVALID_CLIENT;
        if refuse || self.setting.faults.refuses_grant() {
            return super::problem(401, 1, "Unauthorized");
        }
        let claims = Claims {
            client,
            ..Claims::default()
        };
        let tokens = &self.setting.tokens;
        let access = tokens.issue(Kind::Access, claims.clone(), Some(LEGACY_LIFE));
        let mut answer = json!({"accessToken": access, "expiresIn": LEGACY_STATED});
        if call.query("legacy").is_some() {
            crate::record_store::put(&mut answer, "legacyToken", access.into());
        }
        if text("accessType") == "offline" || !text("refreshToken").is_empty() {
            let refresh = tokens.issue(Kind::Refresh, claims, Some(REFRESH_LIFE));
            crate::record_store::put(&mut answer, "refreshToken", refresh.into());
        }
        Reply::json(200, &answer)
    }

    /// `GET /v2/userinfo`
    pub(super) fn user(&self, call: &Call) -> Reply {
        let Ok(token) = self.read(call.bearer().unwrap_or_default()) else {
            return super::problem(401, 0, "Not Authorized");
        };
        Reply::json(
            200,
            &json!({
                "exp": token.expires.unwrap_or_default() / 1000, "iss": call.origin(), "scope": token.claims.scope,
                "user": {"sub": "717000001", "name": "Sandbox User", "preferred_username": "sandbox.user@example.com",
                    "email": "sandbox.user@example.com", "locale": "en-US", "zoneinfo": "US/Central"},
                "organization": {"member_id": 510_000_001, "enterprise_id": 510_000_001, "enterprise_name": "Ligand Sandbox",
                    "account_type": "enterprise", "stack_key": "S10", "region": "NA1"},
                "application": {"id": token.claims.client, "name": "Sandbox"},
            }),
        )
    }

    /// `/v2/authorize`: `GET` asks, `POST` takes what the page sends.
    pub(super) fn authorize(&self, call: &Call) -> Reply {
        let value = |name: &str| call.query(name).unwrap_or_default();
        let client = value("client_id");
        if client.is_empty() || client == INVALID_CLIENT {
            return refused(
                400,
                "invalid_request",
                "The client_id is missing or unknown.",
            );
        }
        if value("redirect_uri").is_empty() {
            return refused(400, "invalid_request", "The redirect_uri is missing.");
        }
        let back = |pairs: &[(&str, &str)]| {
            let state = Some(("state", value("state"))).filter(|(_, state)| !state.is_empty());
            let pairs: Vec<(&str, &str)> = pairs.iter().copied().chain(state).collect();
            oauth::redirect(value("redirect_uri"), &pairs)
        };
        if value("response_type") != "code" {
            return back(&[
                ("error", "unsupported_response_type"),
                ("error_description", "response_type must be code"),
            ]);
        }
        let form = if call.method == Method::POST {
            call.form()
        } else {
            Vec::new()
        };
        let field = |name: &str| first(&form, name).unwrap_or_default();
        let decided = match oauth::decide(call, &self.setting) {
            Decision::Ask if field("decision") == "approve" => Decision::Approve,
            Decision::Ask if field("decision") == "deny" => Decision::Deny,
            decided => decided,
        };
        match decided {
            Decision::Approve => {
                let claims = Claims {
                    client: client.to_owned(),
                    user: field("username").to_owned(),
                    redirect: value("redirect_uri").to_owned(),
                    scope: value("scope").to_owned(),
                    challenge: oauth::challenge_of(call),
                    grant: String::new(),
                };
                let code = self
                    .setting
                    .tokens
                    .issue(Kind::Code, claims, Some(CODE_LIFE));
                let tenant = encode(&call.host());
                back(&[("code", &code), ("tssd", &tenant)])
            }
            Decision::Deny => back(&[
                ("error", "access_denied"),
                ("error_description", "The user denied the request."),
            ]),
            Decision::Ask => {
                let body = page::input("username", "username", "text", "User name", "")
                    + &page::input("password", "password", "password", "Password", "")
                    + &page::button("allow", "decision", "approve", "Log in and allow", false)
                    + &page::button("deny", "decision", "deny", "Deny", true);
                let action = format!("{PATH}?{}", call.raw_query);
                Reply::html(
                    200,
                    page::page(
                        "Marketing Cloud",
                        "Log in",
                        &page::form(&action, &[], &body),
                    ),
                )
            }
        }
    }
}
