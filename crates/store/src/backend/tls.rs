//! TLS to PostgreSQL, as `sslmode` and `sslrootcert` of its URL ask for it.
//!
//! `disable`: none. `prefer` (the default): where the server offers it, whoever it is; that keeps listeners out, not
//! impostors. `require`, `verify-ca`, `verify-full`: always, and the server's certificate must be of a known authority
//! and bear the host's name; stricter than libpq in the first two, never looser.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Cause, Error};

/// What makes a TLS connection.
pub(crate) type MakeConnect = MakeRustlsConnect;

/// What a URL says of TLS.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// `sslmode`.
    pub(crate) mode: Option<String>,
    /// `sslrootcert`: a PEM file of further authorities.
    pub(crate) authorities: Option<String>,
}

/// Takes what libpq knows and the driver does not out of a URL.
pub(crate) fn split(url: &str) -> (String, Wish) {
    let mut wish = Wish::default();
    let Some((head, query)) = url.split_once('?') else {
        return (url.to_owned(), wish);
    };
    let decode = |text: &str| {
        // File names hardly ever need it, but `%2F` is what careful builders of URLs write.
        text.replace("%2F", "/")
            .replace("%2f", "/")
            .replace("%20", " ")
    };
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", mode)) => wish.mode = Some(mode.to_owned()),
            Some(("sslrootcert", file)) => wish.authorities = Some(decode(file)),
            _ => rest.push(pair.to_owned()),
        }
    }
    let spoken = match wish.mode.as_deref() {
        Some("verify-ca" | "verify-full") => Some("require"),
        other => other,
    };
    rest.extend(spoken.map(|mode| format!("sslmode={mode}")));
    let query = rest.join("&");
    let url = if query.is_empty() {
        head.to_owned()
    } else {
        format!("{head}?{query}")
    };
    (url, wish)
}

/// What connects as the URL wishes.
pub(crate) fn connector(wish: &Wish) -> Result<MakeRustlsConnect, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(error.to_string()))?;
    let strict = matches!(
        wish.mode.as_deref(),
        Some("require" | "verify-ca" | "verify-full")
    );
    let config = if strict || wish.authorities.is_some() {
        let roots = roots(wish.authorities.as_deref())?;
        builder.with_root_certificates(roots).with_no_client_auth()
    } else {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
            .with_no_client_auth()
    };
    Ok(MakeRustlsConnect::new(config))
}

fn roots(file: Option<&str>) -> Result<RootCertStore, Error> {
    let Some(file) = file else {
        return Ok(RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        });
    };
    let mut roots = RootCertStore::empty();
    let unusable = |why: String| refused(format!("sslrootcert {file}: {why}"));
    let read = CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))?;
    for certificate in read {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("there is no certificate in it".to_owned()));
    }
    Ok(roots)
}

fn refused(message: String) -> Error {
    Error::Unavailable(Cause {
        engine: "postgres",
        code: "tls".to_owned(),
        message,
    })
}

/// Believes every certificate, but not every signature: the connection is private, the other end is whoever answered.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_libpq_are_taken_out_of_the_url() {
        let (url, wish) = split(
            "postgres://u:p@h/d?application_name=x&sslmode=verify-full&sslrootcert=%2Fetc/ca.pem",
        );
        assert_eq!(url, "postgres://u:p@h/d?application_name=x&sslmode=require");
        assert_eq!(wish.mode.as_deref(), Some("verify-full"));
        assert_eq!(wish.authorities.as_deref(), Some("/etc/ca.pem"));
        assert_eq!(split("postgres://h/d").0, "postgres://h/d");
        assert_eq!(
            split("postgres://h/d?sslmode=disable").0,
            "postgres://h/d?sslmode=disable"
        );
        assert_eq!(split("postgres://h/d?sslrootcert=a").0, "postgres://h/d");
    }

    #[test]
    fn a_file_without_certificates_is_refused_by_name() {
        for file in [
            "/nonexistent/ca.pem",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ] {
            let wish = Wish {
                mode: None,
                authorities: Some(file.to_owned()),
            };
            let error = connector(&wish).err().unwrap();
            let Error::Unavailable(cause) = error else {
                panic!("{error}")
            };
            assert!(cause.message.contains(file), "{cause}");
        }
    }
}
