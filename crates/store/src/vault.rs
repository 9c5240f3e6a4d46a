//! Sealing: root key → data key an organization → value bound to organization, table, column and row.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ligand_model::id::OrganizationId;
use ligand_model::time::Entropy;
use zeroize::Zeroizing;

use crate::error::Error;

pub mod envelope;
pub(crate) mod keyring;
pub mod rotate;
pub(crate) mod sealed;

use envelope::Cipher;

/// The key that seals every organization's data key: 32 random bytes that live outside the database.
#[derive(Clone)]
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// Takes the bytes as they are.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Makes a new one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(&mut *bytes);
        Self(bytes)
    }

    /// Reads the base64 form, as in `LIGAND__VAULT__KEY`; white space around it is ignored.
    ///
    /// # Errors
    /// [`Error::MalformedRootKey`] (`Invalid`).
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let bytes = Zeroizing::new(
            STANDARD
                .decode(text.trim())
                .map_err(|_| Error::MalformedRootKey)?,
        );
        let bytes: [u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| Error::MalformedRootKey)?;
        Ok(Self::new(bytes))
    }

    /// Reads several, separated by white space or commas; the first is the one that seals.
    ///
    /// # Errors
    /// [`Error::MalformedRootKey`] when one is malformed or there is none.
    pub fn several(text: &str) -> Result<Vec<Self>, Error> {
        let words = text.split([' ', '\t', '\r', '\n', ',']);
        let keys = words
            .filter(|word| !word.is_empty())
            .map(Self::from_base64)
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(Error::MalformedRootKey);
        }
        Ok(keys)
    }

    /// The base64 form, for the key file.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_slice()))
    }

    pub(crate) fn cipher(&self) -> Cipher {
        Cipher::new(envelope::fingerprint(&self.0), &self.0)
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey(…)")
    }
}

/// Where root keys are kept: a file, the environment, the output of a command, a key management service.
///
/// Implement it for a service that hands out a wrapped key: `keys` unwraps it and answers the 32 bytes. It may block;
/// it is called on a thread of its own, when a store is opened, when a data key is met that no known root key sealed,
/// and when another process has rotated keys.
pub trait RootKeys: Send + Sync {
    /// The keys. The first seals; the others only open, while a rotation is under way.
    ///
    /// # Errors
    /// [`Error::RootKeyUnavailable`] with a sentence that holds nothing of a key.
    fn keys(&self) -> Result<Vec<RootKey>, Error>;
}

impl RootKeys for RootKey {
    fn keys(&self) -> Result<Vec<RootKey>, Error> {
        Ok(vec![self.clone()])
    }
}

/// Where a sealed value belongs; it opens nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The tenant.
    pub organization: OrganizationId,
    /// The table, or the name of what carries the value outside (`page_token`).
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// What tells rows apart, usually the id.
    pub row: String,
}

impl Context {
    /// The value of one column of one row.
    pub fn new(
        organization: OrganizationId,
        table: &'static str,
        column: &'static str,
        row: impl fmt::Display,
    ) -> Self {
        Self {
            organization,
            table,
            column,
            row: row.to_string(),
        }
    }
}

/// An organization's opened data key.
pub struct DataKey {
    organization: OrganizationId,
    cipher: Cipher,
    entropy: Arc<dyn Entropy>,
}

impl DataKey {
    pub(crate) fn new(
        organization: OrganizationId,
        cipher: Cipher,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            organization,
            cipher,
            entropy,
        }
    }

    /// The id in the header of what it sealed.
    pub fn id(&self) -> u64 {
        self.cipher.id()
    }

    /// Seals a value for one place; the layout is in [`envelope`].
    ///
    /// # Errors
    /// [`Error::Sealed`] when the place is another organization's.
    pub fn seal(&self, context: &Context, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        self.owns(context)?;
        self.cipher.seal(context, plaintext, &*self.entropy)
    }

    /// Opens a value that was sealed for this place by this key.
    ///
    /// # Errors
    /// [`Error::Sealed`] for anything else, without a hint of the content.
    pub fn open(&self, context: &Context, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.owns(context)?;
        self.cipher.open(context, sealed)
    }

    fn owns(&self, context: &Context) -> Result<(), Error> {
        if context.organization == self.organization {
            return Ok(());
        }
        Err(envelope::refused(
            context,
            "it belongs to another organization",
        ))
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey")
            .field("organization", &self.organization)
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_key_survives_its_base64_form() {
        let key = RootKey::new([9; 32]);
        let read = RootKey::from_base64(&format!(" {}\n", *key.to_base64())).unwrap();
        assert_eq!(*read.0, [9; 32]);
    }

    #[test]
    fn a_root_key_of_another_length_is_refused() {
        for text in ["", "AAAA", "not base64", &STANDARD.encode([0; 33])] {
            assert!(
                matches!(RootKey::from_base64(text), Err(Error::MalformedRootKey)),
                "{text}"
            );
        }
    }

    #[test]
    fn keys_are_never_printed() {
        assert_eq!(format!("{:?}", RootKey::new([9; 32])), "RootKey(…)");
    }
}
