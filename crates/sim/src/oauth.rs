//! Authorization codes and tokens that describe themselves, and the common steps of an authorize URL.
//!
//! A token is signed JSON, so every sandbox process honours it, before and after a restart. What cannot be read off a token
//! (a code was used, a token was revoked) is remembered while the process lives.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ligand_model::time::{Clock, Timestamp};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::Consent;
use crate::call::{Call, Reply, encode};
use crate::clock::SandboxClock;
use crate::vendor::{Setting, lock};

/// The key that signs. It is public on purpose: what it signs opens nothing but simulators.
const SANDBOX_KEY: &[u8] = b"ligand sandbox signing key - public and worthless";

/// The client id that every simulated vendor refuses.
pub const INVALID_CLIENT: &str = "sandbox-invalid";

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// An authorization code.
    #[serde(rename = "c")]
    Code,
    /// An access token.
    #[serde(rename = "a")]
    Access,
    /// A refresh token.
    #[serde(rename = "r")]
    Refresh,
}

/// Whom and what a token stands for. Short member names keep tokens short.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The client id.
    #[serde(rename = "c", default, skip_serializing_if = "String::is_empty")]
    pub client: String,
    /// The vendor's user.
    #[serde(rename = "u", default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The redirect URI that a code was issued for.
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    pub redirect: String,
    /// The granted scope.
    #[serde(rename = "s", default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// The PKCE challenge of a code, as `S256:…` or `plain:…`.
    #[serde(rename = "p", default, skip_serializing_if = "String::is_empty")]
    pub challenge: String,
    /// The grant that this token descends from: a code and every token got through it share it. Empty begins a new one.
    #[serde(rename = "g", default, skip_serializing_if = "String::is_empty")]
    pub grant: String,
}

/// A token that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// What it is for.
    #[serde(rename = "k")]
    pub kind: Kind,
    #[serde(rename = "v")]
    vendor: String,
    /// Its own name, unique among all tokens.
    #[serde(rename = "n")]
    pub name: String,
    /// Microseconds of the sandbox's clock, made unique and rising within a process.
    #[serde(rename = "o")]
    order: i64,
    /// Milliseconds since the epoch; `None` never expires.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
    /// Whom and what it stands for.
    #[serde(rename = "w")]
    pub claims: Claims,
}

impl Token {
    /// When it was issued.
    pub fn issued(&self) -> Timestamp {
        Timestamp(self.order.div_euclid(1000))
    }
}

/// Why a token is not honoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Not issued by any sandbox for this vendor and purpose.
    #[error("unknown token")]
    Unknown,
    /// Its time is over.
    #[error("expired token")]
    Expired,
    /// It was single use and has been used.
    #[error("used token")]
    Used,
    /// It was revoked.
    #[error("revoked token")]
    Revoked,
}

/// Codes and tokens of one vendor.
pub struct Tokens {
    vendor: &'static str,
    clock: Arc<SandboxClock>,
    key: hmac::Key,
    random: SystemRandom,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last_order: i64,
    used: HashSet<String>,
    revoked: HashSet<String>,
    revoked_grants: HashSet<String>,
    /// Expiry moved by use (sliding sessions).
    prolonged: HashMap<String, i64>,
    /// Access tokens up to this order count as expired.
    expired_to: i64,
    /// Everything up to this order counts as revoked.
    revoked_to: i64,
}

impl Tokens {
    /// The tokens of a vendor.
    pub fn new(vendor: &'static str, clock: Arc<SandboxClock>) -> Self {
        Self {
            vendor,
            clock,
            key: hmac::Key::new(hmac::HMAC_SHA256, SANDBOX_KEY),
            random: SystemRandom::new(),
            state: Mutex::default(),
        }
    }

    /// Makes a token; `lifetime_ms` of `None` never expires. The text has only base64url characters.
    pub fn issue(&self, kind: Kind, claims: Claims, lifetime_ms: Option<i64>) -> String {
        self.make(kind, claims, lifetime_ms).1
    }

    /// Makes a token and returns it with its text.
    pub fn make(
        &self,
        kind: Kind,
        mut claims: Claims,
        lifetime_ms: Option<i64>,
    ) -> (Token, String) {
        let now = self.clock.now().0;
        let mut bytes = [0_u8; 9];
        // A failing generator still leaves the order, which is unique in this process.
        let _ = self.random.fill(&mut bytes);
        let order = self.next_order(now);
        let name = format!("{}{}", URL_SAFE_NO_PAD.encode(bytes), order % 1000);
        if claims.grant.is_empty() {
            claims.grant.clone_from(&name);
        }
        let token = Token {
            kind,
            vendor: self.vendor.to_owned(),
            name,
            order,
            expires: lifetime_ms.map(|ms| now.saturating_add(ms)),
            claims,
        };
        let mut text = serde_json::to_vec(&token).unwrap_or_default();
        let tag = hmac::sign(&self.key, &text);
        text.extend(tag.as_ref().iter().take(16));
        (token, URL_SAFE_NO_PAD.encode(text))
    }

    /// Reads a token of this kind and checks that it is still good.
    ///
    /// # Errors
    /// Why it is not honoured.
    pub fn read(&self, kind: Kind, text: &str) -> Result<Token, Rejected> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| Rejected::Unknown)?;
        let split = bytes.len().checked_sub(16).ok_or(Rejected::Unknown)?;
        let (payload, tag) = bytes.split_at_checked(split).ok_or(Rejected::Unknown)?;
        let right = hmac::sign(&self.key, payload);
        // A worthless key needs no constant-time comparison.
        if !right.as_ref().starts_with(tag) {
            return Err(Rejected::Unknown);
        }
        let token: Token = serde_json::from_slice(payload).map_err(|_| Rejected::Unknown)?;
        if token.kind != kind || token.vendor != self.vendor {
            return Err(Rejected::Unknown);
        }
        self.check(&token)?;
        Ok(token)
    }

    fn check(&self, token: &Token) -> Result<(), Rejected> {
        let state = lock(&self.state);
        if state.used.contains(&token.name) {
            return Err(Rejected::Used);
        }
        if token.order <= state.revoked_to
            || state.revoked.contains(&token.name)
            || state.revoked_grants.contains(&token.claims.grant)
        {
            return Err(Rejected::Revoked);
        }
        let expires = state.prolonged.get(&token.name).copied().or(token.expires);
        let over = expires.is_some_and(|at| self.clock.now().0 >= at);
        if over || (token.kind == Kind::Access && token.order <= state.expired_to) {
            return Err(Rejected::Expired);
        }
        Ok(())
    }

    /// Uses up a single-use token: a code, or a refresh token where the vendor rotates them.
    ///
    /// # Errors
    /// [`Rejected::Used`] when somebody was faster.
    pub fn spend(&self, token: &Token) -> Result<(), Rejected> {
        if lock(&self.state).used.insert(token.name.clone()) {
            Ok(())
        } else {
            Err(Rejected::Used)
        }
    }

    /// Moves the expiry to `lifetime_ms` from now: sessions that last while they are used.
    pub fn prolong(&self, token: &Token, lifetime_ms: i64) {
        let until = self.clock.now().0.saturating_add(lifetime_ms);
        lock(&self.state)
            .prolonged
            .insert(token.name.clone(), until);
    }

    /// Revokes a token alone.
    pub fn revoke(&self, token: &Token) {
        lock(&self.state).revoked.insert(token.name.clone());
    }

    /// Revokes every token of a grant.
    pub fn revoke_grant(&self, grant: &str) {
        lock(&self.state).revoked_grants.insert(grant.to_owned());
    }

    /// Every access token issued so far counts as expired.
    pub fn expire_all(&self) {
        let order = self.next_order(self.clock.now().0);
        lock(&self.state).expired_to = order;
    }

    /// Every code and token issued so far counts as revoked.
    pub fn revoke_all(&self) {
        let order = self.next_order(self.clock.now().0);
        lock(&self.state).revoked_to = order;
    }

    /// Forgets uses, revocations and expiries.
    pub fn reset(&self) {
        let mut state = lock(&self.state);
        *state = State {
            last_order: state.last_order,
            ..State::default()
        };
    }

    fn next_order(&self, now_ms: i64) -> i64 {
        let mut state = lock(&self.state);
        let order = now_ms
            .saturating_mul(1000)
            .max(state.last_order.saturating_add(1));
        state.last_order = order;
        order
    }
}

/// What an authorize URL shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Show the login page.
    Ask,
    /// Redirect with a code at once.
    Approve,
    /// Redirect with the vendor's refusal at once.
    Deny,
}

/// `sandbox_decision=approve|deny` of the URL, else what the sandbox was started with.
pub fn decide(call: &Call, setting: &Setting) -> Decision {
    match call.query("sandbox_decision") {
        Some("approve") => Decision::Approve,
        Some("deny") => Decision::Deny,
        _ if setting.consent == Consent::Auto => Decision::Approve,
        _ => Decision::Ask,
    }
}

/// A redirect to `uri` with `parameters` appended in order. A URI without scheme is taken as `http://`, as browsers do with
/// what is typed; addresses that would run as script or as a document of their own are not redirected to.
pub fn redirect(uri: &str, parameters: &[(&str, &str)]) -> Reply {
    let Some(mut location) = absolute(uri) else {
        return Reply::text(400, "The sandbox does not redirect to this address.");
    };
    let fragment = location
        .find('#')
        .map(|at| location.split_off(at))
        .unwrap_or_default();
    for (name, value) in parameters {
        let separator = match location.find('?') {
            None => "?",
            Some(_) if location.ends_with(['?', '&']) => "",
            Some(_) => "&",
        };
        location.push_str(separator);
        location.push_str(name);
        location.push('=');
        location.push_str(&encode(value));
    }
    location.push_str(&fragment);
    Reply::redirect(&location)
}

/// The redirect URI with a scheme.
fn absolute(uri: &str) -> Option<String> {
    let uri = uri.trim();
    if uri.is_empty() {
        return None;
    }
    if uri.contains("://") {
        return Some(uri.to_owned());
    }
    if let Some(rest) = uri.strip_prefix("//") {
        return Some(format!("http://{rest}"));
    }
    match uri.split_once(':') {
        // `localhost:3000/cb` is host and port; `javascript:…` and `data:…` are not taken.
        Some((_, rest)) if !rest.starts_with(|c: char| c.is_ascii_digit()) => None,
        _ => Some(format!("http://{uri}")),
    }
}

/// Whether the verifier answers the challenge of a code; a code without challenge needs none.
pub fn verifier_fits(challenge: &str, verifier: Option<&str>) -> bool {
    let Some((method, expected)) = challenge.split_once(':') else {
        return challenge.is_empty();
    };
    let Some(verifier) = verifier else {
        return false;
    };
    if method == "S256" {
        let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
        URL_SAFE_NO_PAD.encode(digest.as_ref()) == expected
    } else {
        verifier == expected
    }
}

/// The PKCE challenge of an authorize URL in the form of [`Claims::challenge`].
pub fn challenge_of(call: &Call) -> String {
    match call.query("code_challenge") {
        Some(challenge) if !challenge.is_empty() => {
            let method = call.query("code_challenge_method").unwrap_or("plain");
            let method = if method == "S256" { "S256" } else { "plain" };
            format!("{method}:{challenge}")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ligand_model::time::FixedClock;

    fn tokens() -> (Tokens, Arc<SandboxClock>) {
        let fixed = Arc::new(FixedClock::new(Timestamp(1_700_000_000_000)));
        let clock = Arc::new(SandboxClock::new(fixed));
        (Tokens::new("salesforce", Arc::clone(&clock)), clock)
    }

    fn claims() -> Claims {
        Claims {
            client: "id".to_owned(),
            user: "u".to_owned(),
            ..Claims::default()
        }
    }

    #[test]
    fn another_process_honours_a_token_and_another_vendor_does_not() {
        let (first, clock) = tokens();
        let text = first.issue(Kind::Code, claims(), Some(1000));
        let (second, _) = tokens();
        assert_eq!(second.read(Kind::Code, &text).unwrap().claims.client, "id");
        assert_eq!(second.read(Kind::Access, &text), Err(Rejected::Unknown));
        let other = Tokens::new("eloqua", clock);
        assert_eq!(other.read(Kind::Code, &text), Err(Rejected::Unknown));
        assert_eq!(
            second.read(Kind::Code, &text.replace(['a', 'b'], "c")),
            Err(Rejected::Unknown)
        );
    }

    #[test]
    fn a_spent_code_is_used_and_an_old_one_expired() {
        let (tokens, clock) = tokens();
        let text = tokens.issue(Kind::Code, claims(), Some(900_000));
        let code = tokens.read(Kind::Code, &text).unwrap();
        assert_eq!(tokens.spend(&code), Ok(()));
        assert_eq!(tokens.spend(&code), Err(Rejected::Used));
        assert_eq!(tokens.read(Kind::Code, &text), Err(Rejected::Used));
        let late = tokens.issue(Kind::Code, claims(), Some(900_000));
        clock.advance(900);
        assert_eq!(tokens.read(Kind::Code, &late), Err(Rejected::Expired));
    }

    #[test]
    fn expiring_all_spares_refresh_tokens_and_what_comes_after() {
        let (tokens, _) = tokens();
        let access = tokens.issue(Kind::Access, claims(), None);
        let refresh = tokens.issue(Kind::Refresh, claims(), None);
        tokens.expire_all();
        let later = tokens.issue(Kind::Access, claims(), None);
        assert_eq!(tokens.read(Kind::Access, &access), Err(Rejected::Expired));
        assert!(tokens.read(Kind::Refresh, &refresh).is_ok());
        assert!(tokens.read(Kind::Access, &later).is_ok());
        tokens.revoke_all();
        assert_eq!(tokens.read(Kind::Refresh, &refresh), Err(Rejected::Revoked));
    }

    #[test]
    fn revoking_a_grant_ends_its_tokens_and_use_prolongs_a_session() {
        let (tokens, clock) = tokens();
        let (access, text) = tokens.make(Kind::Access, claims(), Some(10_000));
        clock.advance(9);
        tokens.prolong(&access, 10_000);
        clock.advance(9);
        assert!(tokens.read(Kind::Access, &text).is_ok());
        tokens.revoke_grant(&access.claims.grant);
        assert_eq!(tokens.read(Kind::Access, &text), Err(Rejected::Revoked));
    }

    #[test]
    fn redirects_append_to_what_is_there_and_refuse_script() {
        let location = |uri: &str| {
            let reply = redirect(uri, &[("code", "a=="), ("state", "x y")]);
            reply
                .headers
                .get("location")
                .map(|v| v.to_str().unwrap().to_owned())
        };
        let tail = "code=a%3D%3D&state=x%20y";
        assert_eq!(
            location("https://a.example/cb"),
            Some(format!("https://a.example/cb?{tail}"))
        );
        assert_eq!(
            location("https://a.example/?k=1#f"),
            Some(format!("https://a.example/?k=1&{tail}#f"))
        );
        assert_eq!(
            location("www.a.example"),
            Some(format!("http://www.a.example?{tail}"))
        );
        assert_eq!(
            location("localhost:3000/cb"),
            Some(format!("http://localhost:3000/cb?{tail}"))
        );
        assert_eq!(location("javascript:alert(1)"), None);
        assert_eq!(location("https://a.example/\r\nX: y"), None);
    }

    #[test]
    fn a_challenged_code_needs_its_verifier() {
        let challenge = "S256:E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(verifier_fits(
            challenge,
            Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        ));
        assert!(!verifier_fits(challenge, Some("another")));
        assert!(!verifier_fits(challenge, None));
        assert!(verifier_fits("", None));
    }
}
