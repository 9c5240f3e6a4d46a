//! Between texts and bytes, by Node's names of encodings.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{
    GeneralPurpose, GeneralPurposeConfig, STANDARD, URL_SAFE_NO_PAD,
};

use super::digest;

/// The bytes of a text, or none for an encoding that is not known; `encoding` in lower case.
pub(super) fn bytes(text: String, encoding: &str) -> Option<Vec<u8>> {
    match encoding {
        "utf8" | "utf-8" => Some(text.into_bytes()),
        // One byte a character, the lowest eight bits of it.
        "latin1" | "binary" | "ascii" => Some(
            text.chars()
                .map(|c| u32::from(c).to_le_bytes()[0])
                .collect(),
        ),
        "base64" | "base64url" => Some(decode64(&text)),
        "hex" => Some(from_hex(&text)),
        _ => None,
    }
}

/// The text of bytes, or none for an encoding that is not known; `encoding` in lower case.
pub(super) fn text(bytes: &[u8], encoding: &str) -> Option<String> {
    match encoding {
        "utf8" | "utf-8" => Some(String::from_utf8_lossy(bytes).into_owned()),
        "latin1" | "binary" => Some(bytes.iter().copied().map(char::from).collect()),
        "ascii" => Some(bytes.iter().map(|byte| char::from(byte & 0x7f)).collect()),
        "base64" => Some(STANDARD.encode(bytes)),
        "base64url" => Some(URL_SAFE_NO_PAD.encode(bytes)),
        "hex" => Some(digest::hex(bytes)),
        _ => None,
    }
}

/// Whole pairs of digits up to the first that is none.
fn from_hex(text: &str) -> Vec<u8> {
    let mut digits = text.chars().map(|c| c.to_digit(16));
    let mut bytes = Vec::with_capacity(text.len() / 2);
    while let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) {
        bytes.extend(u8::try_from(high * 16 + low));
    }
    bytes
}

/// Base64 of either alphabet, with or without padding and blanks; what is no Base64 is empty.
pub(super) fn decode64(text: &str) -> Vec<u8> {
    const TOLERANT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    TOLERANT.decode(plain).unwrap_or_default()
}
