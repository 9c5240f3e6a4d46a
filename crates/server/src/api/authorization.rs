//! The `Authorization` header: `User <secret>, Organization <secret>[, Element <token>]`, or
//! `Bearer <key>[, Element <token>]`, in any order and vocabulary.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use ligand_model::secret::{API_KEY_PREFIX, TokenDigest};

use super::edge::nouns::Vocabulary;

/// What the caller presented, as digests: the secrets themselves go no further.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// `User`.
    pub user: Option<TokenDigest>,
    /// `Organization`.
    pub organization: Option<TokenDigest>,
    /// `Element`, or any other noun.
    pub element: Option<TokenDigest>,
    /// `Bearer`, for a session.
    pub session: Option<TokenDigest>,
    /// `Bearer lgk_…`: a scoped key.
    pub key: Option<TokenDigest>,
}

impl Credentials {
    /// Whether nothing was presented.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The header could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garbled;

/// Most characters of one secret; ours have 44.
const LONGEST: usize = 512;

/// Reads all `Authorization` headers of a request.
///
/// # Errors
/// [`Garbled`] for an unknown scheme, an empty or repeated part, or characters that no token has.
pub fn read(headers: &HeaderMap, vocabulary: &Vocabulary) -> Result<Credentials, Garbled> {
    let mut credentials = Credentials::default();
    for header in headers.get_all(AUTHORIZATION) {
        let text = header.to_str().map_err(|_| Garbled)?;
        for part in text.split(',') {
            let part = part.trim();
            let (scheme, secret) = part.split_once([' ', '\t']).ok_or(Garbled)?;
            let scheme = scheme.strip_suffix(':').unwrap_or(scheme);
            let secret = secret.trim();
            if secret.is_empty() || secret.len() > LONGEST || !secret.bytes().all(of_a_token) {
                return Err(Garbled);
            }
            let slot = slot(&mut credentials, scheme, secret, vocabulary).ok_or(Garbled)?;
            if slot.replace(TokenDigest::of(secret)).is_some() {
                return Err(Garbled);
            }
        }
    }
    Ok(credentials)
}

fn slot<'a>(
    credentials: &'a mut Credentials,
    scheme: &str,
    secret: &str,
    vocabulary: &Vocabulary,
) -> Option<&'a mut Option<TokenDigest>> {
    if scheme.eq_ignore_ascii_case("User") {
        Some(&mut credentials.user)
    } else if scheme.eq_ignore_ascii_case("Organization") {
        Some(&mut credentials.organization)
    } else if scheme.eq_ignore_ascii_case("Bearer") {
        Some(if secret.starts_with(API_KEY_PREFIX) {
            &mut credentials.key
        } else {
            &mut credentials.session
        })
    } else if scheme.eq_ignore_ascii_case("Element")
        || vocabulary
            .iter()
            .any(|noun| scheme.eq_ignore_ascii_case(&noun.singular))
    {
        Some(&mut credentials.element)
    } else {
        None
    }
}

const fn of_a_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Credentials, Garbled> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, text.parse().unwrap());
        read(
            &headers,
            &Vocabulary::new(&["element".to_owned(), "your_mom".to_owned()]),
        )
    }

    #[test]
    fn parts_come_in_any_order_spacing_case_and_vocabulary() {
        let expected = Credentials {
            user: Some(TokenDigest::of("u+/=")),
            organization: Some(TokenDigest::of("o")),
            element: Some(TokenDigest::of("e")),
            session: None,
            key: None,
        };
        for text in [
            "User u+/=, Organization o, Element e",
            "Organization o,User u+/=,Your_mom e",
            "  element: e ,  organization   o , USER u+/=  ",
            "your_mom e, User u+/=, Organization o",
        ] {
            assert_eq!(parse(text), Ok(expected.clone()), "{text}");
        }
    }

    #[test]
    fn a_scoped_key_is_told_from_a_session() {
        let key = parse("Bearer lgk_a-b_c, Element e").unwrap();
        assert_eq!(key.key, Some(TokenDigest::of("lgk_a-b_c")));
        assert_eq!(
            (key.session, key.element),
            (None, Some(TokenDigest::of("e")))
        );
        let session = parse("Bearer abc+/=").unwrap();
        assert_eq!(
            (session.session, session.key),
            (Some(TokenDigest::of("abc+/=")), None)
        );
    }

    #[test]
    fn a_garbled_header_is_refused_whole() {
        for text in [
            "",
            "User",
            "User ",
            "User a b",
            "User a, User b",
            "Basic dXNlcjpwYXNz",
            "User a,, Organization b",
            "User a;Organization b",
            "User <INSERT_USER_SECRET>",
        ] {
            assert_eq!(parse(text), Err(Garbled), "{text}");
        }
    }

    #[test]
    fn no_header_is_no_credentials() {
        let vocabulary = Vocabulary::new(&[]);
        assert!(read(&HeaderMap::new(), &vocabulary).unwrap().is_empty());
    }
}
