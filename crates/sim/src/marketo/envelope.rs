//! What every Marketo answer is wrapped in, and the opaque paging tokens inside it.

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::multipart::Part;

/// A fault of the whole call: Marketo answers HTTP 200, `success:false` and one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Vendor code, a string of digits.
    pub code: &'static str,
    /// Vendor wording.
    pub message: String,
}

impl Fault {
    /// A fault of that code and wording.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// 1002: a required parameter is not there.
    pub fn missing(parameter: &str) -> Self {
        Self::new(
            "1002",
            format!("Missing value for the required parameter '{parameter}'"),
        )
    }

    /// 1001: a value does not read as its type.
    pub fn type_of(value: &str, kind: &str) -> Self {
        Self::new(
            "1001",
            format!("Invalid value '{value}'. Required of type '{kind}'"),
        )
    }

    /// 1006: no such field.
    pub fn unknown_field(name: &str) -> Self {
        Self::new("1006", format!("Field '{name}' not found"))
    }

    /// 1013: no such list, campaign, company…
    pub fn no_object() -> Self {
        Self::new("1013", "Object not found")
    }

    /// 610: no such resource.
    pub fn no_resource() -> Self {
        Self::new("610", "Requested resource not found")
    }

    /// 605: the path is known, the method is not.
    pub fn method(method: &str) -> Self {
        Self::new("605", format!("Request method '{method}' not supported"))
    }

    /// The reason of a skipped record.
    pub fn reason(&self) -> Value {
        json!({"code": self.code, "message": self.message})
    }
}

/// A successful result: rows and, where there are more, the token of the next page.
#[derive(Debug, Default)]
pub struct Page {
    /// The rows; `None` leaves `result` out.
    pub result: Option<Vec<Value>>,
    /// Present when there is, or may be, a next page.
    pub next: Option<String>,
    /// Printed by the activity calls alone.
    pub more: Option<bool>,
    /// Asset calls warn where others answer an empty result.
    pub warnings: Option<Vec<String>>,
}

impl Page {
    /// Rows without a next page.
    pub fn of(result: Vec<Value>) -> Self {
        Self {
            result: Some(result),
            ..Self::default()
        }
    }
}

/// The envelope of a success.
pub fn success(request_id: &str, page: Page) -> Value {
    let mut body = Map::new();
    body.insert("requestId".into(), request_id.into());
    if let Some(result) = page.result {
        body.insert("result".into(), result.into());
    }
    body.insert("success".into(), true.into());
    if let Some(warnings) = page.warnings {
        body.insert("errors".into(), json!([]));
        body.insert("warnings".into(), warnings.into());
    }
    if let Some(next) = page.next {
        body.insert("nextPageToken".into(), next.into());
    }
    if let Some(more) = page.more {
        body.insert("moreResult".into(), more.into());
    }
    Value::Object(body)
}

/// The envelope of a failure.
pub fn failure(request_id: &str, fault: &Fault) -> Value {
    json!({"requestId": request_id, "success": false, "errors": [fault.reason()]})
}

/// `e42b#14272d07d78`: a counter and the time, both hexadecimal.
pub fn request_id(count: u64, now: Timestamp) -> String {
    format!("{:x}#{:x}", 0xe42b + count, now.0)
}

/// Where a reading continues: the kind of reading, a row position and, for activities, a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// `lead`, `list`, `activity`…: a token of one kind is refused by another.
    pub kind: String,
    /// Id of the last row read (0: none yet).
    pub after: i64,
    /// Only rows at or after this time.
    pub since: Timestamp,
    /// When it was handed out.
    pub issued: Timestamp,
}

/// Paging tokens are good for a day.
const TOKEN_LIFE: i64 = 24 * 60 * 60 * 1000;

impl Cursor {
    /// A cursor handed out now.
    pub fn new(kind: &str, after: i64, since: Timestamp, now: Timestamp) -> Self {
        Self {
            kind: kind.into(),
            after,
            since,
            issued: now,
        }
    }

    /// The opaque text, as the vendor prints it: base32 with padding.
    pub fn seal(&self) -> String {
        base32(
            format!(
                "{}|{}|{}|{}",
                self.kind, self.after, self.since.0, self.issued.0
            )
            .as_bytes(),
        )
    }

    /// Reads a token of that kind back.
    ///
    /// # Errors
    /// 1003 for anything else, foreign or older than a day.
    pub fn open(token: &str, kind: &str, now: Timestamp) -> Result<Self, Fault> {
        let invalid = || Fault::new("1003", format!("Invalid nextPageToken '{token}'"));
        let bytes = unbase32(token).ok_or_else(invalid)?;
        let text = String::from_utf8(bytes).map_err(|_| invalid())?;
        let mut parts = text.split('|');
        let found = parts.next().ok_or_else(invalid)?.to_owned();
        let mut number = || {
            parts
                .next()
                .and_then(|part| part.parse::<i64>().ok())
                .ok_or_else(invalid)
        };
        let cursor = Self {
            kind: found,
            after: number()?,
            since: Timestamp(number()?),
            issued: Timestamp(number()?),
        };
        if cursor.kind != kind || now.0.saturating_sub(cursor.issued.0) > TOKEN_LIFE {
            return Err(invalid());
        }
        Ok(cursor)
    }
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut word = 0u64;
        for index in 0..5 {
            word = (word << 8) | u64::from(chunk.get(index).copied().unwrap_or(0));
        }
        let letters = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let value = usize::try_from((word >> (35 - 5 * index)) & 31).unwrap_or(0);
            text.push(if index < letters {
                ALPHABET.get(value).copied().unwrap_or(b'A').into()
            } else {
                '='
            });
        }
    }
    text
}

fn unbase32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0u32, 0u32);
    for letter in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        word = (word << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((word >> bits) & 0xff).ok()?);
            word &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

/// The parts of a form; 613 for a body that is none.
pub fn parts(call: &Call) -> Result<Vec<Part>, Fault> {
    call.parts()
        .ok_or_else(|| Fault::new("613", "Invalid Multipart Request"))
}

/// The part `file` of a form; 1002 when it is not there.
pub fn uploaded(call: &Call) -> Result<Part, Fault> {
    let mut parts = parts(call)?.into_iter();
    parts
        .find(|part| part.name == "file")
        .ok_or_else(|| Fault::missing("file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paging_token_reads_back_only_as_its_kind_and_for_a_day() {
        let now = Timestamp(1_700_000_000_000);
        let cursor = Cursor::new("lead", 300, Timestamp(5), now);
        let token = cursor.seal();
        assert!(
            token
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'=')
        );
        assert_eq!(Cursor::open(&token, "lead", now), Ok(cursor));
        assert_eq!(
            Cursor::open(&token, "activity", now).unwrap_err().code,
            "1003"
        );
        let later = now.plus_millis(TOKEN_LIFE + 1);
        assert_eq!(
            Cursor::open(&token, "lead", later).unwrap_err().code,
            "1003"
        );
        assert_eq!(
            Cursor::open("nonsense!", "lead", now).unwrap_err().code,
            "1003"
        );
    }

    #[test]
    fn a_forged_token_with_extreme_numbers_is_refused() {
        let forged = base32(format!("lead|{0}|{0}|{0}", i64::MIN).as_bytes());
        assert_eq!(
            Cursor::open(&forged, "lead", Timestamp(1))
                .unwrap_err()
                .code,
            "1003"
        );
    }

    #[test]
    fn base32_round_trips_every_length() {
        for length in 0..12u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(37)).collect();
            assert_eq!(unbase32(&base32(&bytes)), Some(bytes));
        }
    }
}
