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

/// Whether the text is a date word such as `TODAY` or `LAST_N_DAYS:30`, in capitals.
///
/// # Source
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm>
pub(super) fn is_date_word(text: &str) -> bool {
    const PERIODS: [&str; 6] = [
        "WEEK",
        "MONTH",
        "QUARTER",
        "YEAR",
        "FISCAL_QUARTER",
        "FISCAL_YEAR",
    ];
    let unit = |name: &str| name == "DAY" || PERIODS.contains(&name);
    match text.split_once(':') {
        None => {
            matches!(
                text,
                "TODAY" | "YESTERDAY" | "TOMORROW" | "LAST_90_DAYS" | "NEXT_90_DAYS"
            ) || ["LAST_", "THIS_", "NEXT_"].iter().any(|which| {
                text.strip_prefix(which)
                    .is_some_and(|period| PERIODS.contains(&period))
            })
        }
        Some((name, count)) => {
            let counted =
                !count.is_empty() && count.len() <= 5 && count.bytes().all(|b| b.is_ascii_digit());
            let plural = name
                .strip_prefix("LAST_N_")
                .or_else(|| name.strip_prefix("NEXT_N_"))
                .and_then(|name| name.strip_suffix('S'));
            let past = name
                .strip_prefix("N_")
                .and_then(|name| name.strip_suffix("S_AGO"));
            counted && plural.or(past).is_some_and(unit)
        }
    }
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
