//! Secrets are types: they cannot be printed, serialised or compared by accident.
//!
//! Every opening is a call of [`secrecy::ExposeSecret::expose_secret`], so that it can be found.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::time::Entropy;

/// SHA-256 of a token: what is stored and looked up instead of the token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenDigest(pub [u8; 32]);

impl TokenDigest {
    /// The digest of a token's text.
    pub fn of(token: &str) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

impl std::fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenDigest(…)")
    }
}

macro_rules! token {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Takes a token as it arrived.
            pub fn new(text: impl Into<String>) -> Self {
                Self(SecretString::from(text.into()))
            }

            /// Makes a new token: 256 random bits in base64.
            pub fn generate(entropy: &dyn Entropy) -> Self {
                Self::new(random_token(entropy))
            }

            /// What it is looked up by.
            pub fn digest(&self) -> TokenDigest {
                TokenDigest::of(self.0.expose_secret())
            }

            /// The text itself. Every use is a place to review.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

token! {
    /// The token of one instance: `Authorization: … Element <token>`.
    ElementToken,
    /// The secret of one user: `Authorization: User <secret>`.
    UserSecret,
    /// The secret of one organization: `Authorization: … Organization <secret>`.
    OrganizationSecret,
    /// A session from `POST /authentication`: `Authorization: Bearer <token>`.
    SessionToken,
    /// A secret of a scoped key: `Authorization: Bearer lgk_…`.
    ApiKeySecret,
}

/// What a scoped key's secret begins with, so that it is told from a session, and found by who scans for leaks.
pub const API_KEY_PREFIX: &str = "lgk_";

/// A new secret of a scoped key: the prefix and 256 random bits, in characters that need no quoting anywhere.
pub fn new_api_key(entropy: &dyn Entropy) -> ApiKeySecret {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    ApiKeySecret::new(format!("{API_KEY_PREFIX}{text}"))
}

/// 256 random bits in base64 (44 characters), the alphabet of the field's tokens.
pub fn random_token(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    STANDARD.encode(bytes)
}

/// What an answer shows instead of a secret; sent back, it means "unchanged".
pub const MASK: &str = "********";

/// Whether a configuration key holds a secret whatever its declared type.
pub fn is_secret_key(key: &str) -> bool {
    const EXACT: [&str; 10] = [
        "password",
        "oauth.api.key",
        "oauth.api.secret",
        "oauth.user.token",
        "oauth.user.token.secret",
        "oauth.user.refresh_token",
        "event.notification.signature.key",
        "event.notification.basic.password",
        "jks.password",
        "base64.encoded.jks",
    ];
    let lower = key.to_ascii_lowercase();
    EXACT.contains(&lower.as_str())
        || [
            "secret",
            "password",
            "token",
            "apikey",
            "api.key",
            "api_key",
            "private.key",
        ]
        .iter()
        .any(|word| lower.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FixedEntropy;

    #[test]
    fn a_token_is_never_printed() {
        let token = ElementToken::new("abc+/=");
        assert_eq!(format!("{token:?}"), "ElementToken(…)");
        assert_eq!(format!("{:?}", token.digest()), "TokenDigest(…)");
    }

    #[test]
    fn a_generated_token_has_256_bits() {
        let token = ElementToken::generate(&FixedEntropy::new(1));
        assert_eq!(STANDARD.decode(token.expose()).unwrap().len(), 32);
        assert_ne!(
            token.digest(),
            ElementToken::generate(&FixedEntropy::new(2)).digest()
        );
    }

    #[test]
    fn secret_keys_are_known_by_name() {
        for key in [
            "oauth.api.key",
            "password",
            "bot.token",
            "marketo.client.secret",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
        for key in [
            "base.url",
            "username",
            "oauth.callback.url",
            "pagination.max",
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
    }
}
