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

#[cfg(test)]
mod tests {
    use ligand_model::id::OrganizationId;
    use ligand_model::time::FixedEntropy;
    use proptest::prelude::*;

    use super::*;

    fn cipher(id: u64) -> Cipher {
        Cipher::new(id, &[3; 32])
    }

    fn context() -> impl Strategy<Value = Context> {
        let tables = prop::sample::select(vec!["", "a", "ab", "instances"]);
        let columns = prop::sample::select(vec!["", "b", "bc", "document"]);
        (1..4_i64, tables, columns, "[0-9:]{0,4}").prop_map(|(organization, table, column, row)| {
            Context::new(OrganizationId(organization), table, column, row)
        })
    }

    fn seal(context: &Context, text: &[u8], seed: u64) -> Vec<u8> {
        cipher(1)
            .seal(context, text, &FixedEntropy::new(seed))
            .unwrap()
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_only(
            here in context(), there in context(), text: Vec<u8>, seed: u64,
        ) {
            let sealed = seal(&here, &text, seed);
            let opened = cipher(1).open(&here, &sealed).unwrap().to_vec();
            prop_assert_eq!(opened, text);
            prop_assert_eq!(cipher(1).open(&there, &sealed).is_ok(), here == there);
        }

        #[test]
        fn a_flipped_bit_is_refused(
            here in context(), text: Vec<u8>, seed: u64, at: prop::sample::Index, bit in 0..8_u8,
        ) {
            let mut sealed = seal(&here, &text, seed);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(cipher(1).open(&here, &sealed).is_err());
        }

        #[test]
        fn a_truncated_or_longer_value_is_refused(
            here in context(), text: Vec<u8>, seed: u64, at: prop::sample::Index, more in 1..40_usize,
        ) {
            let sealed = seal(&here, &text, seed);
            prop_assert!(cipher(1).open(&here, &sealed[..at.index(sealed.len())]).is_err());
            let longer = [sealed, vec![0; more]].concat();
            prop_assert!(cipher(1).open(&here, &longer).is_err());
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(here in context(), bytes: Vec<u8>) {
            prop_assert!(cipher(1).open(&here, &bytes).is_err());
        }
    }

    #[test]
    fn the_layout_is_version_key_nonce_text() {
        let place = Context::new(OrganizationId(2), "t", "c", "r");
        let sealed = cipher(0x0102)
            .seal(&place, b"text", &FixedEntropy::new(1))
            .unwrap();
        assert_eq!(sealed[..9], [1, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(sealed.len(), 1 + 8 + 12 + 4 + 16);
        assert_eq!(key_id(&sealed), Some(0x0102));
    }

    #[test]
    fn parts_of_a_place_do_not_run_into_each_other() {
        let of = |table, column, row: &str| {
            associated(&Context::new(OrganizationId(1), table, column, row))
        };
        assert_ne!(of("ab", "c", "d"), of("a", "bc", "d"));
        assert_ne!(of("a", "b", "cd"), of("a", "bc", "d"));
    }

    #[test]
    fn another_key_or_id_is_refused() {
        let place = Context::new(OrganizationId(2), "t", "c", "r");
        let sealed = seal(&place, b"text", 1);
        assert!(cipher(2).open(&place, &sealed).is_err());
        assert!(Cipher::new(1, &[4; 32]).open(&place, &sealed).is_err());
    }

    #[test]
    fn two_seals_of_one_text_differ() {
        let place = Context::new(OrganizationId(2), "t", "c", "r");
        let entropy = FixedEntropy::new(1);
        let sealed = [0, 1].map(|_| cipher(1).seal(&place, b"text", &entropy).unwrap());
        assert_ne!(sealed[0], sealed[1]);
    }

    #[test]
    fn root_keys_are_told_apart() {
        assert_ne!(fingerprint(&[1; 32]), fingerprint(&[2; 32]));
    }
}
