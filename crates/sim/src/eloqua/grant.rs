//! Login, two consent pages, and the token endpoint.

use std::borrow::Cow;

use http::Method;
use serde_json::{Value, json};

use crate::call::{Call, Reply};
use crate::oauth::{self, Claims, Decision, INVALID_CLIENT, Kind};
use crate::page;
use crate::vendor::Setting;

const VENDOR: &str = "Eloqua";
const PATH: &str = "/auth/oauth2/authorize";
/// Access tokens live eight hours.
const ACCESS_LIFE: i64 = 28_800_000;
/// Refresh tokens live a year, or until they are used.
const REFRESH_LIFE: i64 = 365 * 24 * 60 * 60 * 1000;
/// The vendor's codes die after about a minute; people who copy one by hand get ten here.
const CODE_LIFE: i64 = 600_000;

/// `GET` and `POST /auth/oauth2/authorize`. Its pages post back to the same address with `sandbox_step`.
pub fn authorize(setting: &Setting, call: &Call) -> Reply {
    // With no client or no place to go the vendor says so on a page and redirects nowhere.
    let sentence = |text: &str| Reply::html(200, page::escape(text));
    for name in ["client_id", "redirect_uri", "response_type"] {
        if call.query(name).unwrap_or_default().is_empty() {
            return sentence(&format!("The \"{name}\" parameter is required."));
        }
    }
    let client = call.query("client_id").unwrap_or_default();
    if client == INVALID_CLIENT {
        return sentence("The \"client_id\" value is not a valid client identifier.");
    }
    if call.query("response_type") != Some("code") {
        return sentence("The \"response_type\" value must be \"code\".");
    }
    let form = if call.method == Method::POST {
        call.form()
    } else {
        Vec::new()
    };
    let field = |name: &str| crate::call::first(&form, name);
    let step = field("sandbox_step").or_else(|| call.query("sandbox_step"));
    match oauth::decide(call, setting) {
        Decision::Approve => return approve(setting, call, "Sandbox\\Sandbox.User"),
        Decision::Deny => return deny(call),
        Decision::Ask => {}
    }
    let action = format!("{PATH}?{}", call.raw_query);
    let user = field("user").unwrap_or("Sandbox\\Sandbox.User");
    match step {
        Some("login") => login(&action, None),
        Some("consent") => {
            let given = |name: &str| field(name).unwrap_or_default().trim().to_owned();
            let (site, name, password) = (given("sitename"), given("username"), given("password"));
            if [&site, &name, &password].iter().any(|text| text.is_empty()) {
                return login(
                    &action,
                    Some("Company, user name and password are all required."),
                );
            }
            if [&site, &name, &password]
                .iter()
                .any(|text| *text == INVALID_CLIENT)
            {
                return login(
                    &action,
                    Some("Your company, user name or password is incorrect."),
                );
            }
            consent(&action, &format!("{site}\\{name}"), client, "confirm")
        }
        Some("confirm") => consent(&action, user, client, "grant"),
        Some("grant") => approve(setting, call, user),
        Some("deny") => deny(call),
        _ => welcome(call),
    }
}

fn welcome(call: &Call) -> Reply {
    let body = format!(
        "<p>An application asks to use your Eloqua account.</p>\n\
         <a class=\"button\" id=\"login-button\" href=\"{}\">Sign in</a>",
        page::escape(&format!("{PATH}?{}&sandbox_step=login", call.raw_query))
    );
    Reply::html(200, page::page(VENDOR, "Sign in to continue", &body))
}

fn login(action: &str, fault: Option<&str>) -> Reply {
    let mut body = fault.map_or_else(String::new, |fault| {
        format!("<p role=\"alert\">{}</p>\n", page::escape(fault))
    });
    body += &page::input("sitename", "sitename", "text", "Company", "");
    body += &page::input("username", "username", "text", "User name", "");
    body += &page::input("password", "password", "password", "Password", "");
    body += &page::button("submitButton", "sandbox_step", "consent", "Sign in", false);
    body += &page::button("deny", "sandbox_step", "deny", "Cancel", true);
    Reply::html(
        200,
        page::page(VENDOR, "Sign in", &page::form(action, &[], &body)),
    )
}

fn consent(action: &str, user: &str, client: &str, next: &str) -> Reply {
    let (title, text) = if next == "confirm" {
        ("Allow access?", "would like to use your account as")
    } else {
        (
            "Confirm access",
            "will be able to read and change contacts, accounts and assets as",
        )
    };
    let mut body = format!(
        "<p>The application <code>{}</code> {text} <strong>{}</strong>.</p>\n",
        page::escape(client),
        page::escape(user)
    );
    body += &page::button("accept", "sandbox_step", next, "Accept", false);
    body += &page::button("deny", "sandbox_step", "deny", "Deny", true);
    let form = page::form(action, &[("user", user)], &body);
    Reply::html(200, page::page(VENDOR, title, &form))
}

fn approve(setting: &Setting, call: &Call, user: &str) -> Reply {
    let uri = call.query("redirect_uri").unwrap_or_default();
    let claims = Claims {
        client: call.query("client_id").unwrap_or_default().to_owned(),
        user: user.to_owned(),
        redirect: uri.to_owned(),
        scope: "full".to_owned(),
        ..Claims::default()
    };
    let code = setting.tokens.issue(Kind::Code, claims, Some(CODE_LIFE));
    redirect(call, uri, ("code", &code))
}

fn deny(call: &Call) -> Reply {
    redirect(
        call,
        call.query("redirect_uri").unwrap_or_default(),
        ("error", "access_denied"),
    )
}

fn redirect(call: &Call, uri: &str, outcome: (&str, &str)) -> Reply {
    let mut parameters = vec![outcome];
    parameters.extend(call.query("state").map(|state| ("state", state)));
    oauth::redirect(uri, &parameters)
}

/// `POST /auth/oauth2/token`: HTTP Basic, and a JSON or a form body.
pub fn token(setting: &Setting, call: &Call) -> Reply {
    let refuse = |status: u16, error: &str, text: &str| {
        Reply::json(status, &json!({"error": error, "error_description": text}))
            .header("cache-control", "no-store")
    };
    let Some((client, secret)) = call.basic().filter(|(client, _)| !client.is_empty()) else {
        return refuse(401, "invalid_client", "Client authentication is required.")
            .header("www-authenticate", "Basic realm=\"Eloqua\"");
    };
    if client == INVALID_CLIENT || secret == INVALID_CLIENT || secret.is_empty() {
        return refuse(401, "invalid_client", "The client credentials are invalid.");
    }
    let form = call.form();
    let json = match call.content_type().as_str() {
        "application/json" => match call.json() {
            Ok(json) => json,
            Err(_) => return refuse(400, "invalid_request", "The body is not valid JSON."),
        },
        _ => Value::Null,
    };
    let field = |name: &str| -> Option<Cow<'_, str>> {
        json.get(name)
            .and_then(Value::as_str)
            .or_else(|| crate::call::first(&form, name))
            .filter(|text| !text.is_empty())
            .map(Cow::Borrowed)
    };
    let missing = |name: &str| {
        refuse(
            400,
            "invalid_request",
            &format!("The \"{name}\" parameter is required."),
        )
    };
    let Some(kind) = field("grant_type") else {
        return missing("grant_type");
    };
    let refused = setting.faults.refuses_grant();
    let claims = match kind.as_ref() {
        "authorization_code" => {
            let Some(code) = field("code") else {
                return missing("code");
            };
            let read = setting.tokens.read(Kind::Code, &code).ok().filter(|token| {
                let uri = field("redirect_uri").unwrap_or_default();
                token.claims.client == client && token.claims.redirect == uri
            });
            let spent = read.filter(|token| !refused && setting.tokens.spend(token).is_ok());
            let Some(token) = spent else {
                let text = "The authorization code is invalid, expired or was issued for another \
                            client or redirect_uri.";
                return refuse(400, "invalid_grant", text);
            };
            token.claims
        }
        "refresh_token" => {
            let Some(text) = field("refresh_token") else {
                return missing("refresh_token");
            };
            let read = setting.tokens.read(Kind::Refresh, &text).ok();
            let read = read.filter(|token| token.claims.client == client && !refused);
            // Each refresh token works once; the answer carries its successor.
            let Some(token) = read.filter(|token| setting.tokens.spend(token).is_ok()) else {
                let text = "The refresh token is invalid, expired or has been used.";
                return refuse(401, "invalid_grant", text);
            };
            token.claims
        }
        "password" => {
            let user = field("username").unwrap_or_default();
            let password = field("password").unwrap_or_default();
            let fine = user.contains('\\') && !password.is_empty() && password != INVALID_CLIENT;
            if !fine || refused {
                return refuse(
                    400,
                    "invalid_grant",
                    "The user name or password is incorrect.",
                );
            }
            Claims {
                client: client.clone(),
                user: user.into_owned(),
                scope: "full".to_owned(),
                ..Claims::default()
            }
        }
        other => {
            let text = format!("The grant type \"{other}\" is not supported.");
            return refuse(400, "unsupported_grant_type", &text);
        }
    };
    let (access, text) = setting.tokens.make(Kind::Access, claims, Some(ACCESS_LIFE));
    let refresh = setting
        .tokens
        .issue(Kind::Refresh, access.claims, Some(REFRESH_LIFE));
    Reply::json(
        200,
        &json!({
            "access_token": text, "token_type": "bearer", "expires_in": ACCESS_LIFE / 1000,
            "refresh_token": refresh,
        }),
    )
    .header("cache-control", "no-store")
}
