//! Salesforce ids: 15 case-sensitive characters and three that carry their case.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The 18-character id of a record: the object's prefix, the sandbox's instance, and a number.
pub fn make(prefix: &str, number: u64) -> String {
    let mut tail = [b'0'; 9];
    let mut rest = number;
    for slot in tail.iter_mut().rev() {
        let digit = usize::try_from(rest % 62).unwrap_or(0);
        *slot = DIGITS.get(digit).copied().unwrap_or(b'0');
        rest /= 62;
    }
    long(&format!("{prefix}5i0{}", String::from_utf8_lossy(&tail)))
}

/// Adds the checksum to 15 characters.
pub fn long(short: &str) -> String {
    let mut id = short.to_owned();
    for block in short.as_bytes().chunks(5) {
        let bits = block.iter().enumerate().fold(0_usize, |bits, (at, byte)| {
            if byte.is_ascii_uppercase() {
                bits | (1 << at)
            } else {
                bits
            }
        });
        id.push(ALPHABET.get(bits).copied().map_or('A', char::from));
    }
    id
}

/// The 18-character form of an id of 15 or 18; of 18, the checksum repairs the case. `None` when it cannot be an id.
pub fn normalize(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    match text.len() {
        15 => Some(long(text)),
        18 => {
            let (short, sum) = text.split_at_checked(15)?;
            let mut repaired = String::with_capacity(18);
            for (block, check) in short.as_bytes().chunks(5).zip(sum.bytes()) {
                let check = check.to_ascii_uppercase();
                let bits = ALPHABET.iter().position(|byte| *byte == check)?;
                for (at, byte) in block.iter().enumerate() {
                    let upper = bits & (1 << at) != 0;
                    let byte = if upper {
                        byte.to_ascii_uppercase()
                    } else {
                        byte.to_ascii_lowercase()
                    };
                    repaired.push(char::from(byte));
                }
            }
            Some(long(&repaired))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_known_ids() {
        assert_eq!(long("00D50000000IZ3Z"), "00D50000000IZ3ZEAW");
        assert_eq!(long("005i0000001VNde"), "005i0000001VNdeAAG");
        assert_eq!(
            normalize("005i0000001VNde").as_deref(),
            Some("005i0000001VNdeAAG")
        );
        assert_eq!(
            normalize("005I0000001vndeAAG").as_deref(),
            Some("005i0000001VNdeAAG")
        );
        assert_eq!(normalize("0"), None);
        assert_eq!(normalize("005i0000001VN'e"), None);
    }

    #[test]
    fn numbers_make_ids_that_survive_normalizing() {
        for number in [0, 1, 61, 62, 12_345_678] {
            let id = make("001", number);
            assert_eq!(id.len(), 18);
            assert_eq!(normalize(&id), Some(id));
        }
    }
}
