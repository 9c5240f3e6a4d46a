//! The bytes of a sealed value.
//!
//! # Shape
//! `format version (1 byte) | key id (8 bytes, big endian) | nonce (12 bytes) | AES-256-GCM ciphertext and tag`
//!
//! The associated data binds it to its place: the format version, then organization (8 bytes, big endian), table,
//! column and row, each after its length in 8 bytes, so that no two places share one text.

use ligand_model::time::Entropy;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use zeroize::Zeroizing;

use super::Context;
use crate::error::Error;

/// The only format so far.
const VERSION: u8 = 1;

/// A key and its id.
pub(crate) struct Cipher {
    id: u64,
    key: Option<LessSafeKey>,
}

impl Cipher {
    /// Expands a key once; sealing and opening then do no set-up.
    pub(crate) fn new(id: u64, bytes: &[u8; 32]) -> Self {
        // The length is right by type, so this is always some; without a key everything is refused.
        Self {
            id,
            key: UnboundKey::new(&AES_256_GCM, bytes)
                .ok()
                .map(LessSafeKey::new),
        }
    }

    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn seal(
        &self,
        context: &Context,
        plaintext: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, Error> {
        let key = self
            .key
            .as_ref()
            .ok_or_else(|| refused(context, "there is no key"))?;
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut text = Vec::with_capacity(plaintext.len() + AES_256_GCM.tag_len());
        text.extend_from_slice(plaintext);
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(associated(context)),
            &mut text,
        )
        .map_err(|_| refused(context, "it is too long to seal"))?;
        let mut sealed = Vec::with_capacity(1 + 8 + NONCE_LEN + text.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.id.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut text);
        Ok(sealed)
    }

    pub(crate) fn open(
        &self,
        context: &Context,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let key = self
            .key
            .as_ref()
            .ok_or_else(|| refused(context, "there is no key"))?;
        let (id, rest) = header(sealed).ok_or_else(|| refused(context, "its header is unknown"))?;
        if id != self.id {
            return Err(refused(context, "it was sealed under another key"));
        }
        let (nonce, text) = rest
            .split_first_chunk::<NONCE_LEN>()
            .ok_or_else(|| refused(context, "it is truncated"))?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(associated(context)),
                &mut text,
            )
            .map_err(|_| refused(context, "it was altered or moved"))?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

/// The id of the key a value was sealed under, to choose the key by.
pub fn key_id(sealed: &[u8]) -> Option<u64> {
    header(sealed).map(|(id, _)| id)
}

/// The id of a root key: enough to tell two apart, useless to find either.
pub(crate) fn fingerprint(root: &[u8; 32]) -> u64 {
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, root),
        b"ligand root key id",
    );
    tag.as_ref()
        .first_chunk::<8>()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

pub(crate) fn refused(context: &Context, reason: &'static str) -> Error {
    Error::Sealed {
        table: context.table,
        column: context.column,
        reason,
    }
}

fn header(sealed: &[u8]) -> Option<(u64, &[u8])> {
    let (version, rest) = sealed.split_first()?;
    if *version != VERSION {
        return None;
    }
    let (id, rest) = rest.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*id), rest))
}

fn associated(context: &Context) -> Vec<u8> {
    let parts = [context.table, context.column, context.row.as_str()];
    let mut data = Vec::with_capacity(64);
    data.push(VERSION);
    data.extend_from_slice(&context.organization.0.to_be_bytes());
    for part in parts {
        data.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data
}
