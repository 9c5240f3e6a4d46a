//! The assertion of a JWT bearer grant (RFC 7523), signed with RS256.

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
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if let (Some(id), Some(members)) = (value("jwt.key.id"), header.as_object_mut()) {
        members.insert("kid".to_owned(), Value::String(id));
    }
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
    let encode = |value: String| URL_SAFE_NO_PAD.encode(value);
    let message = format!(
        "{}.{}",
        encode(header.to_string()),
        encode(Value::Object(claims).to_string())
    );
    let signature = sign(&pem, message.as_bytes())?;
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
