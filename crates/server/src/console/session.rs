//! The console's session: a cookie that scripts cannot read, and a token beside it that other sites cannot know.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{COOKIE, HOST, HeaderMap, HeaderValue, ORIGIN};
use ligand_model::error::{Classify as _, ErrorKind};
use ligand_model::secret::TokenDigest;
use ligand_store::identity::{Caller, UserRecord};
use std::sync::Arc;
use zeroize::Zeroizing;

use crate::api::error::ApiError;
use crate::app::App;
use crate::service::{authentication, callers};

/// The session's cookie.
pub const COOKIE_NAME: &str = "ligand_console";
/// What a browser shows at our OAuth callback, so that it finishes only what it began itself.
pub const CONSENT: &str = "ligand_consent";
/// The header that carries the token against forged requests.
pub const TOKEN_HEADER: &str = "x-csrf-token";

/// Somebody who is signed in.
pub struct Session {
    token: Zeroizing<String>,
    /// Who it is, for the services.
    pub caller: Arc<Caller>,
    /// Who it is, for display.
    pub user: UserRecord,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.caller.user)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// The session of a request's cookie.
    ///
    /// # Errors
    /// 401 when there is none or it has ended.
    pub async fn of(app: &App, headers: &HeaderMap) -> Result<Self, ApiError> {
        let token = cookie(headers, COOKIE_NAME).ok_or_else(over)?;
        let held = callers::by_session(app, TokenDigest::of(token))
            .await
            .map_err(|error| match error.kind() {
                ErrorKind::Unauthenticated => over(),
                _ => error.into(),
            })?;
        let caller = Arc::new(held.caller);
        let user = app.store.user_by_email(&caller.email).await?;
        let user = user
            .filter(|user| user.caller.user == caller.user)
            .ok_or_else(over)?;
        Ok(Self {
            token: Zeroizing::new(token.to_owned()),
            caller,
            user,
        })
    }

    /// What the store knows the session by.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.token)
    }

    /// The token that requests of our page carry. It follows from the cookie, which no other site can read.
    pub fn token(&self) -> String {
        derived("token", &self.token)
    }

    /// What this browser shows at our OAuth callback.
    pub fn consent(&self) -> String {
        derived("consent", &self.token)
    }

    /// `Authorization` for the API.
    pub fn authorization(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("Bearer {}", *self.token))
    }

    /// Refuses a request without the token.
    ///
    /// # Errors
    /// 403.
    pub fn check_token(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let shown = headers
            .get(TOKEN_HEADER)
            .and_then(|value| value.to_str().ok());
        // Digests are compared, so the time it takes tells nothing about the token.
        if shown.is_some_and(|shown| TokenDigest::of(shown) == TokenDigest::of(&self.token())) {
            Ok(())
        } else {
            Err(forged())
        }
    }
}

/// Refuses what comes from a page of somebody else's, as far as the browser says so.
///
/// # Errors
/// 403.
pub fn own_page(headers: &HeaderMap, console: &str) -> Result<(), ApiError> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(forged());
    }
    let Some(origin) = text(ORIGIN.as_str()) else {
        return Ok(());
    };
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let ours = console
        .strip_prefix(origin)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if ours || text(HOST.as_str()).is_some_and(|own| own.eq_ignore_ascii_case(host)) {
        Ok(())
    } else {
        Err(forged())
    }
}

/// Refuses a request without our header, which other sites' forms cannot send.
///
/// # Errors
/// 403.
pub fn marked(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.contains_key(TOKEN_HEADER) {
        Ok(())
    } else {
        Err(forged())
    }
}

/// A cookie's value.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, value)| *known == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// The `Set-Cookie` that begins a session.
pub fn begin(app: &App, token: &str) -> Option<HeaderValue> {
    let seconds = authentication::SESSION_MS / 1000;
    set(app, COOKIE_NAME, token, "/console", "Strict", seconds)
}

/// The `Set-Cookie` that ends one.
pub fn end(app: &App) -> Option<HeaderValue> {
    set(app, COOKIE_NAME, "", "/console", "Strict", 0)
}

/// The `Set-Cookie` for our OAuth callback; vendors send browsers there, so it must come along from another site.
pub fn consent_cookie(app: &App, value: &str) -> Option<HeaderValue> {
    let path = crate::service::oauth::CALLBACK_PATH;
    set(app, CONSENT, value, path, "Lax", 600)
}

/// A `Set-Cookie` of ours: never for scripts, and for `https` alone where the console is.
pub fn set(
    app: &App,
    name: &str,
    value: &str,
    path: &str,
    same_site: &str,
    seconds: i64,
) -> Option<HeaderValue> {
    let secure = if app.urls.console.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    let text = format!(
        "{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"
    );
    HeaderValue::from_str(&text).ok()
}

/// 401: the page asks to sign in again, and keeps what was typed.
pub fn over() -> ApiError {
    ApiError::new(
        ErrorKind::Unauthenticated,
        "Your session has ended. Sign in again.",
    )
}

/// 403 until the first password was changed.
pub fn password_first() -> ApiError {
    ApiError::new(ErrorKind::Forbidden, "Choose a password of your own first.")
}

fn forged() -> ApiError {
    ApiError::new(
        ErrorKind::Forbidden,
        "This request did not come from the console. Reload the page.",
    )
}

fn derived(purpose: &str, token: &str) -> String {
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    for part in ["ligand console ", purpose, " ", token] {
        digest.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(digest.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_page_of_somebody_elses_is_refused() {
        let console = "https://api.example.com";
        for good in [
            vec![],
            vec![
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://api.example.com"),
            ],
            vec![
                ("origin", "http://127.0.0.1:7080"),
                ("host", "127.0.0.1:7080"),
            ],
        ] {
            assert!(own_page(&headers(&good), console).is_ok(), "{good:?}");
        }
        for bad in [
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![
                ("origin", "https://api.example.com.evil.test"),
                ("host", "api.example.com"),
            ],
            vec![
                ("origin", "https://api.example.co"),
                ("host", "api.example.com"),
            ],
            vec![("origin", "null"), ("host", "api.example.com")],
        ] {
            assert!(own_page(&headers(&bad), console).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = headers(&[("cookie", "a=b; ligand_console=x+y/z=; ligand_consent=")]);
        assert_eq!(cookie(&headers, COOKIE_NAME), Some("x+y/z="));
        assert_eq!(cookie(&headers, CONSENT), None);
        assert_eq!(cookie(&headers, "console"), None);
    }

    #[test]
    fn what_is_derived_for_one_purpose_is_not_the_other() {
        assert_ne!(derived("token", "t"), derived("consent", "t"));
    }
}
