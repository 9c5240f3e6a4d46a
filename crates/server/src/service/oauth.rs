//! Sending a customer to the vendor: the guides' stateless flow, and the hosted one with our own callback.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ligand_engine::catalog::Compiled;
use ligand_engine::oauth::{AuthorizeRequest, GrantKind, authorize_url, grant_kind};
use ligand_model::error::ErrorKind;
use ligand_model::secret::{TokenDigest, random_token};
use ligand_model::time::Entropy;
use ligand_store::identity::Caller;
use ligand_store::oauth_states::{OauthOutcome, OauthProgress, OauthRedemption, OauthState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::input::InstanceInput;
use super::{Error, applications, elements};
use crate::app::App;

/// How long a customer may take at the vendor, milliseconds.
const CONSENT_WITHIN_MS: i64 = 10 * 60 * 1000;

/// Where vendors send the browser in the hosted flow, below `http.events_url`.
pub const CALLBACK_PATH: &str = "/elements/api-v2/oauth/callback";

/// What `oauth/url` was asked with. The secret is not among it: nothing needs it here, so it is dropped on arrival.
#[derive(Debug, Default)]
pub struct Asked {
    /// `apiKey`.
    pub api_key: String,
    /// `callbackUrl`.
    pub callback_url: String,
    /// `state`.
    pub state: Option<String>,
    /// `scope`.
    pub scope: Option<String>,
    /// `siteAddress`.
    pub site_address: Option<String>,
    /// `subdomain`.
    pub subdomain: Option<String>,
    /// Everything else.
    pub extra: BTreeMap<String, String>,
}

impl Asked {
    /// Sorts named values into their places.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut asked = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "apiKey" => asked.api_key = value,
                "callbackUrl" => asked.callback_url = value,
                "state" => asked.state = Some(value),
                "scope" => asked.scope = Some(value),
                "siteAddress" => asked.site_address = Some(value),
                "subdomain" => asked.subdomain = Some(value),
                "apiSecret" => {}
                _ => {
                    asked.extra.insert(name, value);
                }
            }
        }
        asked
    }

    /// The same from configuration, whose names differ from those that `oauth/url` takes.
    pub fn from_configuration(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self::from_pairs(values.into_iter().map(|(key, value)| match key.as_str() {
            "site.address" => ("siteAddress".to_owned(), value),
            "oauth.scope" => ("scope".to_owned(), value),
            _ => (key, value),
        }))
    }

    fn url(
        &self,
        app: &App,
        element: &Compiled,
        state: Option<&str>,
        code_challenge: Option<&str>,
    ) -> Result<String, Error> {
        let random = unguessable(&*app.entropy);
        let url = authorize_url(
            &element.element,
            &AuthorizeRequest {
                api_key: &self.api_key,
                callback_url: &self.callback_url,
                state: state.or(self.state.as_deref()),
                scope: self.scope.as_deref().filter(|scope| !scope.is_empty()),
                site_address: self.site_address.as_deref(),
                subdomain: self.subdomain.as_deref(),
                random: &random,
                code_challenge,
                extra: &self.extra,
            },
        )?;
        Ok(app.browser.rewrite(&url))
    }
}

/// The guides' `oauth/url`: nothing is kept.
///
/// # Errors
/// 400 for a missing parameter or an element without OAuth, 404 for an unknown element.
pub async fn url(
    app: &App,
    caller: Option<&Caller>,
    key_or_id: &str,
    asked: &Asked,
) -> Result<(Arc<Compiled>, String), Error> {
    let organization = caller.map(|caller| caller.organization);
    let element = elements::find(app, organization, key_or_id).await?;
    let url = asked.url(app, &element, None, None)?;
    Ok((element, url))
}

/// A hosted consent that was begun.
#[derive(Debug)]
pub struct Begun {
    /// The element.
    pub element: Arc<Compiled>,
    /// Where to send the browser.
    pub url: String,
    /// What redeems the vendor's answer: `providerData.secret`.
    pub secret: String,
}

/// What the state remembers until it is redeemed; sealed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    callback_url: String,
    code_verifier: Option<String>,
    configuration: BTreeMap<String, String>,
    /// What the browser must show at the callback, when the consent was begun in a browser.
    #[serde(default)]
    browser: Option<String>,
}

/// The hosted `oauth/url/default`: the registered application, our callback, a single-use state, PKCE where the
/// vendor takes it. With `browser` the vendor's answer counts only from the browser that shows it again.
///
/// # Errors
/// 404 without a registered application.
pub async fn begin(
    app: &App,
    caller: &Caller,
    key_or_id: &str,
    mut asked: Asked,
    browser: Option<String>,
) -> Result<Begun, Error> {
    let (element, application) = applications::get(app, caller, key_or_id).await?;
    asked.api_key = application.api_key;
    asked.callback_url = format!("{}{CALLBACK_PATH}", app.urls.events);
    if asked.scope.is_none() && !application.scope.is_empty() {
        asked.scope = Some(application.scope);
    }
    let state = unguessable(&*app.entropy);
    let secret = random_token(&*app.entropy);
    let code_verifier = takes_pkce(&element).then(|| unguessable(&*app.entropy));
    let challenge = code_verifier.as_deref().map(challenge);
    let url = asked.url(app, &element, Some(&state), challenge.as_deref())?;
    let mut configuration: BTreeMap<String, String> = asked
        .extra
        .into_iter()
        .filter(|(key, _)| {
            element
                .element
                .entry(key)
                .is_some_and(|entry| !entry.is_secret())
        })
        .collect();
    for (key, value) in [
        ("site.address", asked.site_address),
        ("subdomain", asked.subdomain),
        ("oauth.scope", asked.scope),
    ] {
        if let Some(value) = value.filter(|_| element.element.entry(key).is_some()) {
            configuration.insert(key.to_owned(), value);
        }
    }
    let payload = Payload {
        callback_url: asked.callback_url,
        code_verifier,
        configuration,
        browser,
    };
    let payload = serde_json::to_vec(&payload)
        .map_err(|error| Error::internal(format!("a consent could not be written: {error}")))?;
    app.store
        .insert_oauth_state(OauthState {
            digest: TokenDigest::of(&state),
            secret_digest: TokenDigest::of(&secret),
            organization: caller.organization,
            user: caller.user,
            element: element.id,
            payload: Zeroizing::new(payload),
            expires: app.now().plus_millis(CONSENT_WITHIN_MS),
        })
        .await?;
    Ok(Begun {
        element,
        url,
        secret,
    })
}

/// What our callback tells the person in front of the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landed {
    /// The vendor said yes; the application can go on.
    Connected(String),
    /// The vendor or the customer said no, in the vendor's words.
    Refused(String, String),
    /// The state is unknown, too old, or was used before.
    Unknown,
}

/// Takes the vendor's answer at our callback: a state works once.
///
/// # Errors
/// Those of the store.
pub async fn land(
    app: &App,
    state: &str,
    code: Option<String>,
    error: Option<String>,
    browser: Option<&str>,
) -> Result<Landed, Error> {
    let waiting = app
        .store
        .oauth_state(TokenDigest::of(state), app.now())
        .await?;
    let Some(waiting) = waiting else {
        return Ok(Landed::Unknown);
    };
    let payload: Payload = serde_json::from_slice(&waiting.payload)
        .map_err(|_| Error::internal("a consent could not be read"))?;
    // A consent that somebody else began, and sent here by a link, is not theirs to finish.
    if payload.browser.is_some_and(|wanted| {
        browser.is_none_or(|shown| TokenDigest::of(shown) != TokenDigest::of(&wanted))
    }) {
        return Ok(Landed::Unknown);
    }
    let outcome = match (code.filter(|code| !code.is_empty()), error) {
        (Some(code), None) => OauthOutcome::Code(code),
        (_, Some(error)) => OauthOutcome::Refused(error.chars().take(500).collect()),
        (None, None) => OauthOutcome::Refused("the vendor sent no code".to_owned()),
    };
    let kept = app
        .store
        .complete_oauth_state(TokenDigest::of(state), outcome.clone(), app.now())
        .await?;
    let Some(pending) = kept else {
        return Ok(Landed::Unknown);
    };
    let element = elements::by_id(app, Some(pending.organization), pending.element).await?;
    let name = element
        .map(|element| element.element.name.clone())
        .unwrap_or_default();
    Ok(match outcome {
        OauthOutcome::Code(_) => Landed::Connected(name),
        OauthOutcome::Refused(why) => Landed::Refused(name, why),
    })
}

/// How the consent of a secret stands; nothing is used up. `None` when it is unknown, too old or was redeemed.
///
/// # Errors
/// Those of the store.
pub async fn progress(
    app: &App,
    caller: &Caller,
    secret: &str,
) -> Result<Option<OauthProgress>, Error> {
    let digest = TokenDigest::of(secret);
    Ok(app
        .store
        .oauth_progress(caller.organization, digest, app.now())
        .await?)
}

/// The customer's consent as provisioning needs it.
#[derive(Default)]
pub struct Consent {
    /// The code, if there is one.
    pub code: Option<String>,
    /// PKCE verifier of a hosted flow.
    pub code_verifier: Option<String>,
}

/// Reads the consent out of `providerData`: a code, or the secret of a hosted flow, whose configuration then applies.
///
/// # Errors
/// 400 for a secret that is unknown, too old or used, that waits for the vendor, or whose consent was refused.
pub async fn consent(
    app: &App,
    caller: &Caller,
    element: &Compiled,
    input: &InstanceInput,
    values: &mut BTreeMap<String, String>,
) -> Result<Consent, Error> {
    if grant_kind(&element.element, values) == GrantKind::Oauth1 {
        return Ok(authorized(input, values));
    }
    if let Some(code) = input.provider_text("code") {
        return Ok(Consent {
            code: Some(code),
            code_verifier: None,
        });
    }
    let Some(secret) = input.provider_text("secret") else {
        return Ok(Consent::default());
    };
    let digest = TokenDigest::of(&secret);
    let unknown =
        || Error::invalid("`providerData.secret` is unknown, expired or was used before.");
    let found = app
        .store
        .redeem_oauth_state(caller.organization, digest, app.now())
        .await?
        .ok_or_else(unknown)?;
    let OauthRedemption::Redeemed { state, outcome } = found else {
        return Err(Error::invalid(
            "The vendor has not answered yet; finish its consent page first.",
        ));
    };
    if state.element != element.id {
        return Err(unknown());
    }
    let code = match outcome {
        OauthOutcome::Code(code) => code,
        OauthOutcome::Refused(why) => {
            return Err(ligand_engine::step::Failure {
                kind: ErrorKind::Invalid,
                status: None,
                message: "The vendor or the customer refused the consent.".to_owned(),
                provider_message: Some(why),
            }
            .into());
        }
    };
    let payload: Payload = serde_json::from_slice(&state.payload)
        .map_err(|_| Error::internal("a consent could not be read"))?;
    // What the vendor was shown is what it compares: nothing in the body replaces it.
    values.insert("oauth.callback.url".to_owned(), payload.callback_url);
    values.extend(payload.configuration);
    Ok(Consent {
        code: Some(code),
        code_verifier: payload.code_verifier,
    })
}

/// What `providerData` brings for OAuth 1: the token and its secret become the credential of the next call.
fn authorized(input: &InstanceInput, values: &mut BTreeMap<String, String>) -> Consent {
    for (given, key) in [
        ("oauth_token", "oauth.user.token"),
        ("secret", "oauth.user.token.secret"),
    ] {
        if let Some(given) = input.provider_text(given) {
            values.insert(key.to_owned(), given);
        }
    }
    Consent {
        code: input.provider_text("oauth_verifier"),
        code_verifier: None,
    }
}

/// 256 random bits in the alphabet of URLs.
fn unguessable(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// S256: what the vendor sees of a verifier.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(
        &ring::digest::SHA256,
        verifier.as_bytes(),
    ))
}

/// Whether the element says that its vendor takes PKCE: `authentication.pkce`, `"S256"` or `true`.
fn takes_pkce(element: &Compiled) -> bool {
    match element.element.authentication.extra.get("pkce") {
        Some(Value::Bool(takes)) => takes,
        Some(Value::String(method)) => method == "S256",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn the_client_secret_is_dropped_on_arrival() {
        let asked = Asked::from_pairs(
            [
                ("apiKey", "k"),
                ("apiSecret", "s3cret"),
                ("callbackUrl", "cb"),
                ("x", "y"),
            ]
            .map(|(k, v)| (k.to_owned(), v.to_owned())),
        );
        assert_eq!(
            asked.extra,
            BTreeMap::from([("x".to_owned(), "y".to_owned())])
        );
        assert!(!format!("{asked:?}").contains("s3cret"));
    }
}
