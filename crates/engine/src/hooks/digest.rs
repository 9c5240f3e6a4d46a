//! Digests that scripts sign with; MD5 because vendors still ask for it, never for anything of ours.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// The keyed digest, or none for an algorithm or encoding that is not known.
pub(super) fn keyed(algorithm: &str, encoding: &str, secret: &str, text: &str) -> Option<String> {
    let code = code(
        &algorithm.to_ascii_lowercase(),
        secret.as_bytes(),
        text.as_bytes(),
    )?;
    match encoding.to_ascii_lowercase().as_str() {
        "hex" => Some(hex(&code)),
        "base64" => Some(STANDARD.encode(code)),
        _ => None,
    }
}

/// The keyed digest in bytes, or none for an algorithm that is not known; `algorithm` in lower case.
pub(super) fn code(algorithm: &str, secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let algorithm = match algorithm {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        "md5" => return Some(keyed_md5(secret, message).to_vec()),
        _ => return None,
    };
    let key = hmac::Key::new(algorithm, secret);
    Some(hmac::sign(&key, message).as_ref().to_vec())
}

/// The digest in bytes, or none for an algorithm that is not known; `algorithm` in lower case.
pub(super) fn plain(algorithm: &str, message: &[u8]) -> Option<Vec<u8>> {
    let algorithm = match algorithm {
        "sha1" => &ring::digest::SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => &ring::digest::SHA256,
        "sha384" => &ring::digest::SHA384,
        "sha512" => &ring::digest::SHA512,
        "md5" => return Some(md5(message).to_vec()),
        _ => return None,
    };
    Some(ring::digest::digest(algorithm, message).as_ref().to_vec())
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// HMAC with MD5 (RFC 2104).
fn keyed_md5(secret: &[u8], text: &[u8]) -> [u8; 16] {
    let mut key = [0_u8; 64];
    let hashed = md5(secret);
    let used: &[u8] = if secret.len() > 64 { &hashed } else { secret };
    for (slot, byte) in key.iter_mut().zip(used) {
        *slot = *byte;
    }
    let padded = |pad: u8, rest: &[u8]| {
        let mut message: Vec<u8> = key.iter().map(|byte| byte ^ pad).collect();
        message.extend_from_slice(rest);
        md5(&message)
    };
    padded(0x5c, &padded(0x36, text))
}

/// Left rotations, four a round.
const SHIFTS: [[u32; 4]; 4] = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
];

/// The fractions of sines that each step adds (RFC 1321).
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// MD5 (RFC 1321).
pub(super) fn md5(text: &[u8]) -> [u8; 16] {
    let mut message = text.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    let bits = u64::try_from(text.len())
        .unwrap_or(u64::MAX)
        .wrapping_mul(8);
    message.extend_from_slice(&bits.to_le_bytes());

    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in message.as_chunks::<64>().0 {
        let words: Vec<u32> = block
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| u32::from_le_bytes(*bytes))
            .collect();
        let [mut a, mut b, mut c, mut d] = state;
        let steps = SHIFTS.iter().enumerate().flat_map(|(round, shifts)| {
            shifts
                .iter()
                .cycle()
                .take(16)
                .map(move |shift| (round, *shift))
        });
        for (step, ((round, shift), sine)) in steps.zip(SINES).enumerate() {
            let (mix, word) = match round {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), 5 * step + 1),
                2 => (b ^ c ^ d, 3 * step + 5),
                _ => (c ^ (b | !d), 7 * step),
            };
            let word = words.get(word % 16).copied().unwrap_or_default();
            let sum = a.wrapping_add(mix).wrapping_add(sine).wrapping_add(word);
            (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(shift)));
        }
        for (slot, value) in state.iter_mut().zip([a, b, c, d]) {
            *slot = slot.wrapping_add(value);
        }
    }
    let mut digest = [0_u8; 16];
    for (slot, byte) in digest
        .iter_mut()
        .zip(state.iter().flat_map(|word| word.to_le_bytes()))
    {
        *slot = byte;
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn md5_matches_the_published_vectors() {
        for (text, digest) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            (
                "abcdefghijklmnopqrstuvwxyz",
                "c3fcd3d76192e4007dfb496cca67e13b",
            ),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ] {
            assert_eq!(hex(&md5(text.as_bytes())), digest, "{text}");
        }
    }

    #[test]
    fn keyed_digests_match_the_published_vectors() {
        let (secret, text) = ("Jefe", "what do ya want for nothing?");
        for (algorithm, digest) in [
            ("md5", "750c783e6ab0b503eaa86e310a5db738"),
            ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (
                "sha256",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ] {
            assert_eq!(
                keyed(algorithm, "hex", secret, text).as_deref(),
                Some(digest)
            );
        }
        let long = "k".repeat(80);
        assert_eq!(
            keyed("MD5", "base64", &long, "x").as_deref(),
            Some(
                STANDARD
                    .encode(keyed_md5(&md5(long.as_bytes()), b"x"))
                    .as_str()
            )
        );
        assert_eq!(keyed("crc32", "hex", secret, text), None);
        assert_eq!(keyed("sha1", "ascii", secret, text), None);
    }
}
