//! Assertions that we sign with RS256 (RFC 7523): of a JWT bearer grant, and of the application itself.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ligand_model::element::Element;
use ligand_model::time::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Map, Value, json};

use super::declared_url;
use crate::error::Error;
use crate::step::VendorRequest;
use crate::template;

/// Seconds an assertion is good for unless `jwt.lifetime` says otherwise; vendors refuse long ones.
const LIFETIME: i64 = 300;

/// Seconds until a token passes, when it is a JWT that says so; its signature is the vendor's affair.
pub(super) fn lifetime(token: &str, now: Timestamp) -> Option<i64> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || claims.len() > 16_384 {
        return None;
    }
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let expires = claims.get("exp")?.as_f64()?;
    let expires: i64 = format!("{expires:.0}").parse().ok()?;
    let left = expires.saturating_sub(now.seconds());
    (left > 0).then_some(left)
}

/// The signed assertion of an instance.
///
/// Configuration: `jwt.private.key` (PEM, PKCS#8 or PKCS#1), `jwt.issuer` (else `oauth.api.key`), `jwt.subject` (else
/// `username`, else the issuer), `jwt.audience` (else `oauth.token.url`), `jwt.key.id`, `jwt.lifetime` in seconds,
/// `oauth.scope`.
///
/// # Errors
/// A key that is missing or no RSA key; a missing issuer or audience.
///
/// # Source
/// <https://www.rfc-editor.org/rfc/rfc7523#section-3>
pub fn assertion(
    element: &Element,
    values: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<String, Error> {
    let value = |key: &str| template::resolve(element, values, key).filter(|v| !v.is_empty());
    let mut missing = Vec::new();
    let pem = value("jwt.private.key");
    let issuer = value("jwt.issuer").or_else(|| value("oauth.api.key"));
    let audience = match value("jwt.audience") {
        Some(audience) => Some(audience),
        None => declared_url(element, values, "oauth.token.url")?,
    };
    for (key, found) in [
        ("jwt.private.key", pem.is_some()),
        ("jwt.issuer", issuer.is_some()),
        ("jwt.audience", audience.is_some()),
    ] {
        if !found {
            missing.push(key.to_owned());
        }
    }
    let (Some(pem), Some(issuer), Some(audience)) = (pem, issuer, audience) else {
        return Err(Error::MissingConfiguration(missing));
    };
    let lifetime = value("jwt.lifetime").and_then(|text| text.parse().ok());
    let lifetime: i64 = lifetime.unwrap_or(LIFETIME).clamp(1, 86_400);
    let header = header(value("jwt.key.id"));
    let subject = value("jwt.subject").or_else(|| value("username"));
    let mut claims = Map::from_iter([
        ("sub".to_owned(), json!(subject.as_ref().unwrap_or(&issuer))),
        ("iss".to_owned(), json!(issuer)),
        ("aud".to_owned(), json!(audience)),
        ("iat".to_owned(), json!(now.seconds())),
        (
            "exp".to_owned(),
            json!(now.seconds().saturating_add(lifetime)),
        ),
    ]);
    if let Some(scope) = value("oauth.scope") {
        claims.insert("scope".to_owned(), Value::String(scope));
    }
    signed(&pem, &header, claims)
}

/// `oauth.client.authentication`: how the application shows the token endpoint who it is. `client_secret_basic`,
/// `client_secret_post` or `private_key_jwt`; without it `oauth.basic.header` decides between the first two.
pub(super) const CLIENT_AUTHENTICATION: &str = "oauth.client.authentication";
/// The application signs instead of showing a secret.
pub(super) const PRIVATE_KEY_JWT: &str = "private_key_jwt";

/// Signs a token call where the application shows who it is by a key of its own (`private_key_jwt`); any other call is
/// left alone. `nonce` is a text never used before, since such an assertion is good once.
///
/// Configuration: `jwt.private.key` (PEM), `jwt.key.id`, `jwt.audience` (else the address of the call), `jwt.lifetime`.
///
/// # Errors
/// A key that is missing or no RSA key.
///
/// # Source
/// <https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication>
pub fn sign_client(
    element: &Element,
    values: &BTreeMap<String, String>,
    request: &mut VendorRequest,
    nonce: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let value = |key: &str| template::resolve(element, values, key).filter(|v| !v.is_empty());
    if value(CLIENT_AUTHENTICATION).as_deref() != Some(PRIVATE_KEY_JWT) {
        return Ok(());
    }
    let missing = |key: &str| Error::MissingConfiguration(vec![key.to_owned()]);
    let pem = value("jwt.private.key").ok_or_else(|| missing("jwt.private.key"))?;
    let client = value("oauth.api.key").ok_or_else(|| missing("oauth.api.key"))?;
    let lifetime = value("jwt.lifetime").and_then(|text| text.parse().ok());
    let lifetime: i64 = lifetime.unwrap_or(LIFETIME).clamp(1, 86_400);
    let header = header(value("jwt.key.id"));
    let claims = Map::from_iter([
        ("iss".to_owned(), json!(client)),
        ("sub".to_owned(), json!(client)),
        (
            "aud".to_owned(),
            json!(value("jwt.audience").unwrap_or_else(|| request.url.clone())),
        ),
        ("jti".to_owned(), json!(nonce)),
        ("iat".to_owned(), json!(now.seconds())),
        (
            "exp".to_owned(),
            json!(now.seconds().saturating_add(lifetime)),
        ),
    ]);
    let assertion = signed(&pem, &header, claims)?;
    let mut body = request.body.to_vec();
    body.extend_from_slice(
        b"&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=",
    );
    body.extend_from_slice(assertion.as_bytes());
    request.body = body.into();
    Ok(())
}

fn header(key_id: Option<String>) -> Value {
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if let (Some(id), Some(members)) = (key_id, header.as_object_mut()) {
        members.insert("kid".to_owned(), Value::String(id));
    }
    header
}

fn signed(pem: &str, header: &Value, claims: Map<String, Value>) -> Result<String, Error> {
    let encode = |value: String| URL_SAFE_NO_PAD.encode(value);
    let message = format!(
        "{}.{}",
        encode(header.to_string()),
        encode(Value::Object(claims).to_string())
    );
    let signature = sign(pem, message.as_bytes())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn sign(pem: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
    let refused = || {
        Error::Invalid(
            "The value of `jwt.private.key` is not an RSA private key of 2048 to 4096 bits in PEM."
                .to_owned(),
        )
    };
    // A key pasted into one line often carries its line breaks as two characters.
    let pem = pem.replace("\\n", "\n");
    let (_, rest) = pem.split_once("-----BEGIN ").ok_or_else(refused)?;
    let (label, rest) = rest.split_once("-----").ok_or_else(refused)?;
    let (body, _) = rest.split_once("-----END ").ok_or_else(refused)?;
    let body: String = body.split_whitespace().collect();
    let der = STANDARD.decode(body).map_err(|_| refused())?;
    let key = match label {
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der),
        _ => RsaKeyPair::from_pkcs8(&der),
    };
    let key = key.map_err(|_| refused())?;
    let mut signature = vec![0; key.public().modulus_len()];
    // Randomness only blinds the computation; the signature is the same every time.
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message,
        &mut signature,
    )
    .map_err(|_| refused())?;
    Ok(signature)
}
