//! What a literal looks like.

use ligand_model::time::Timestamp;

/// Whether the text is a number literal: sign, digits, fraction, exponent.
pub(super) fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let mantissa_fits = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(mantissa),
    };
    mantissa_fits && exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e)))
}

/// Whether the text is exactly an RFC 3339 date (`2017-01-01`).
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.is_ascii() && Timestamp::parse(text).is_some()
}

/// Whether the text is exactly an RFC 3339 date and time with `T` and an offset.
pub(super) fn is_datetime(text: &str) -> bool {
    text.len() > 19
        && text.as_bytes().get(10) == Some(&b'T')
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"-:.TZ+".contains(&b))
        && Timestamp::parse(text).is_some()
}

/// The text as a literal of the language.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    let mut backslashes = 0;
    for c in text.chars() {
        match c {
            '\\' => backslashes += 1,
            '\'' => {
                out.extend(std::iter::repeat_n('\\', backslashes));
                backslashes = 0;
                out.push('\'');
            }
            _ => backslashes = 0,
        }
        out.push(c);
    }
    out.extend(std::iter::repeat_n('\\', backslashes));
    out.push('\'');
    out
}

/// Whether the text is a date or a time with an offset.
pub(super) fn is_moment(text: &str) -> bool {
    Timestamp::parse(text).is_some()
}

/// `2016-11-30T10:28:11`, a time without an offset: some vendors keep local times.
pub(super) fn is_local_datetime(text: &str) -> bool {
    !text.ends_with(['Z', 'z']) && Timestamp::parse(&format!("{text}Z")).is_some()
}
