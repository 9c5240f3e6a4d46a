//! The authorize page, the login form, and the token endpoint.

use http::Method;
use serde_json::json;

use crate::call::{Call, Reply, first};
use crate::oauth::{self, Claims, Decision, INVALID_CLIENT, Kind};
use crate::page;
use crate::vendor::Setting;

const VENDOR: &str = "Act-On";
/// Access tokens live an hour.
const ACCESS_LIFE: i64 = 3_600_000;
/// Refresh tokens live 30 days, or until they are used.
const REFRESH_LIFE: i64 = 30 * 24 * 60 * 60 * 1000;
/// Codes live ten minutes; the vendor publishes no lifetime.
const CODE_LIFE: i64 = 600_000;

/// `GET` and `POST /authorize`. The target is `redirect_uri`, or `callbackUrl` as it was called once.
pub fn authorize(setting: &Setting, call: &Call) -> Reply {
    let client = call.query("client_id").unwrap_or_default();
    let target = target(call);
    let refuse = |text: &str| {
        let text = format!("<p role=\"alert\">{}</p>", page::escape(text));
        Reply::html(
            400,
            page::page(VENDOR, "This request cannot be answered", &text),
        )
    };
    if client.is_empty() || client == INVALID_CLIENT {
        return refuse("The client_id is missing or unknown.");
    }
    if target.is_empty() {
        return refuse("The redirect_uri is missing.");
    }
    if call
        .query("response_type")
        .is_some_and(|kind| kind != "code")
    {
        return refuse("The response_type must be code.");
    }
    match oauth::decide(call, setting) {
        Decision::Approve => return approve(setting, call, "sandbox.user@example.com"),
        Decision::Deny => return deny(call),
        Decision::Ask => {}
    }
    let form = if call.method == Method::POST {
        call.form()
    } else {
        Vec::new()
    };
    let step = first(&form, "sandbox_step").or_else(|| call.query("sandbox_step"));
    match step {
        Some("login") => login(call, None),
        Some("grant") => {
            let user = first(&form, "oauth_user_name").unwrap_or_default().trim();
            let password = first(&form, "oauth_user_password").unwrap_or_default();
            if user.is_empty() || password.is_empty() {
                return login(call, Some("Email and password are both required."));
            }
            if user == INVALID_CLIENT || password == INVALID_CLIENT {
                return login(call, Some("Wrong email or password."));
            }
            approve(setting, call, user)
        }
        Some("deny") => deny(call),
        _ => {
            let link = format!("/authorize?{}&sandbox_step=login", call.raw_query);
            let body = format!(
                "<p>The application <code>{}</code> would like to read and change the lists of your \
                 Act-On account.</p>\n\
                 <a class=\"button\" id=\"authorizeLink\" href=\"{}\">Authorize App</a>\n",
                page::escape(client),
                page::escape(&link)
            );
            let button = page::button("denyBtn", "sandbox_step", "deny", "Deny", true);
            let form = page::form(&format!("/authorize?{}", call.raw_query), &[], &button);
            Reply::html(
                200,
                page::page(VENDOR, "Authorize an application", &(body + &form)),
            )
        }
    }
}

fn login(call: &Call, fault: Option<&str>) -> Reply {
    let mut body = fault.map_or_else(String::new, |fault| {
        format!("<p role=\"alert\">{}</p>\n", page::escape(fault))
    });
    body += &page::input("oauth_user_name", "oauth_user_name", "text", "Email", "");
    body += &page::input(
        "oauth_user_password",
        "oauth_user_password",
        "password",
        "Password",
        "",
    );
    body += &page::button(
        "loginBtn",
        "sandbox_step",
        "grant",
        "Log in and authorize",
        false,
    );
    body += &page::button("denyBtn", "sandbox_step", "deny", "Deny", true);
    let form = page::form(&format!("/authorize?{}", call.raw_query), &[], &body);
    Reply::html(200, page::page(VENDOR, "Log in", &form))
}

fn target(call: &Call) -> &str {
    let given = |name: &str| call.query(name).filter(|text| !text.is_empty());
    given("redirect_uri")
        .or_else(|| given("callbackUrl"))
        .unwrap_or_default()
}

fn approve(setting: &Setting, call: &Call, user: &str) -> Reply {
    let claims = Claims {
        client: call.query("client_id").unwrap_or_default().to_owned(),
        user: user.to_owned(),
        redirect: target(call).to_owned(),
        scope: "offline-access".to_owned(),
        ..Claims::default()
    };
    let code = setting.tokens.issue(Kind::Code, claims, Some(CODE_LIFE));
    redirect(call, ("code", &code))
}

fn deny(call: &Call) -> Reply {
    redirect(call, ("error", "access_denied"))
}

fn redirect(call: &Call, outcome: (&str, &str)) -> Reply {
    // The guides promise a `state` of this name although their URL carries none.
    let state = call
        .query("state")
        .filter(|state| !state.is_empty())
        .unwrap_or("acton");
    oauth::redirect(target(call), &[outcome, ("state", state)])
}

/// `POST /token`: a form with the client's credentials in it.
pub fn token(setting: &Setting, call: &Call) -> Reply {
    let refuse = |status: u16, error: &str, text: &str| {
        Reply::json(status, &json!({"error": error, "error_description": text}))
            .header("cache-control", "no-store")
    };
    let form = call.form();
    let field = |name: &str| first(&form, name).filter(|text| !text.is_empty());
    let basic = call.basic();
    let (basic_client, basic_secret) = basic.unwrap_or_default();
    let client = field("client_id").unwrap_or(&basic_client);
    let secret = field("client_secret").unwrap_or(&basic_secret);
    if [client, secret]
        .iter()
        .any(|text| text.is_empty() || *text == INVALID_CLIENT)
    {
        return refuse(401, "access_denied", "Unauthorized");
    }
    let refused = setting.faults.refuses_grant();
    let spend = |kind: Kind, text: Option<&str>, redirect: Option<&str>| {
        let token = setting.tokens.read(kind, text?).ok()?;
        let fits = redirect.is_none_or(|uri| same_target(uri, &token.claims.redirect));
        let fits = fits && token.claims.client == client && !refused;
        (fits && setting.tokens.spend(&token).is_ok()).then_some(token.claims)
    };
    let claims = match field("grant_type") {
        Some("authorization_code") => {
            let uri = field("redirect_uri")
                .or_else(|| field("callbackUrl"))
                .unwrap_or_default();
            match spend(Kind::Code, field("code"), Some(uri)) {
                Some(claims) => claims,
                None => {
                    return refuse(
                        403,
                        "invalid_grant",
                        "Unknown or invalid authorization code.",
                    );
                }
            }
        }
        Some("refresh_token") => match spend(Kind::Refresh, field("refresh_token"), None) {
            Some(claims) => claims,
            None => return refuse(403, "invalid_grant", "Unknown or invalid refresh token."),
        },
        Some("password") => {
            let user = field("username").unwrap_or_default();
            let password = field("password").unwrap_or_default();
            if refused
                || [user, password]
                    .iter()
                    .any(|t| t.is_empty() || *t == INVALID_CLIENT)
            {
                return refuse(403, "invalid_grant", "Wrong email or password.");
            }
            Claims {
                client: client.to_owned(),
                user: user.to_owned(),
                scope: "default".to_owned(),
                ..Claims::default()
            }
        }
        Some(other) => {
            let text = format!("Unsupported grant type: {other}");
            return refuse(400, "unsupported_grant_type", &text);
        }
        None => return refuse(400, "invalid_request", "Missing grant type"),
    };
    let scope = claims.scope.clone();
    let (access, text) = setting.tokens.make(Kind::Access, claims, Some(ACCESS_LIFE));
    let refresh = setting
        .tokens
        .issue(Kind::Refresh, access.claims, Some(REFRESH_LIFE));
    Reply::json(
        200,
        &json!({
            "access_token": text, "refresh_token": refresh, "scope": scope, "token_type": "Bearer",
            "expires_in": ACCESS_LIFE / 1000,
        }),
    )
    .header("cache-control", "no-store")
}

/// Whether two redirect addresses are the same one; a guide writes one without its scheme.
fn same_target(left: &str, right: &str) -> bool {
    let bare = |uri: &str| {
        let uri = uri.trim();
        let uri = uri.split_once("://").map_or(uri, |(_, rest)| rest);
        uri.trim_end_matches('/').to_owned()
    };
    bare(left) == bare(right)
}
