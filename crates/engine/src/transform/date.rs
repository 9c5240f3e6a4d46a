//! Dates by Java's `SimpleDateFormat` patterns, as far as users of the field write them.
//!
//! Letters: `y M d H h m s S a E z Z X`, text in single quotes. `milliseconds`, `epoch` (milliseconds) and `seconds`
//! are patterns of their own; no pattern is ISO 8601. Times without a zone are UTC, and so is what is written.

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];
/// Zones by name, minutes east.
const ZONES: [(&str, i64); 11] = [
    ("GMT", 0),
    ("UTC", 0),
    ("Z", 0),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
];
const ISO: &str = "yyyy-MM-dd'T'HH:mm:ss.SSSX";
/// What is tried when there is no pattern.
const GUESSES: [&str; 7] = [
    "yyyy-MM-dd'T'HH:mm:ss.SX",
    "yyyy-MM-dd'T'HH:mm:ssX",
    "yyyy-MM-dd'T'HH:mm:ss.S",
    "yyyy-MM-dd'T'HH:mm:ss",
    "yyyy-MM-dd HH:mm:ssX",
    "yyyy-MM-dd HH:mm:ss",
    "yyyy-MM-dd",
];

/// A run of one letter, or text that stands for itself.
enum Piece<'a> {
    Letters(char, usize),
    Text(&'a str),
}

fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let length = if first == '\'' {
            let inner = rest.get(1..).unwrap_or_default();
            let end = inner.find('\'').unwrap_or(inner.len());
            // Two quotes are one.
            let text = if end == 0 {
                rest.get(..1)
            } else {
                inner.get(..end)
            };
            pieces.push(Piece::Text(text.unwrap_or_default()));
            (end + 2).min(rest.len())
        } else if first.is_ascii_alphabetic() {
            let count = rest.chars().take_while(|c| *c == first).count();
            pieces.push(Piece::Letters(first, count));
            count
        } else {
            let end = rest
                .find(|c: char| c.is_ascii_alphabetic() || c == '\'')
                .unwrap_or(rest.len());
            pieces.push(Piece::Text(rest.get(..end).unwrap_or_default()));
            end
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    pieces
}

/// Milliseconds since 1970, or none for what does not fit the pattern.
pub(super) fn parse(text: &str, pattern: &str) -> Option<i64> {
    let text = text.trim();
    match pattern {
        "milliseconds" | "epoch" => text.parse().ok(),
        "seconds" => text.parse::<i64>().ok()?.checked_mul(1000),
        "" => GUESSES.iter().find_map(|guess| by_pattern(text, guess)),
        pattern => by_pattern(text, pattern),
    }
}

fn by_pattern(text: &str, pattern: &str) -> Option<i64> {
    let (mut year, mut month, mut day) = (1970, 1, 1);
    let (mut hour, mut minute, mut second, mut milli) = (0, 0, 0, 0);
    let (mut afternoon, mut offset) = (None, 0);
    let mut rest = text;
    let pieces = pieces(pattern);
    for (index, piece) in pieces.iter().enumerate() {
        let (letter, count) = match piece {
            Piece::Text(text) => {
                rest = rest.strip_prefix(text)?;
                continue;
            }
            Piece::Letters(letter, count) => (*letter, *count),
        };
        // Numbers that touch the next are as wide as the pattern says.
        let touches = matches!(pieces.get(index + 1), Some(Piece::Letters(..)));
        let most = if touches { count } else { 9 };
        match letter {
            'M' if count >= 3 => month = name(&mut rest, &MONTHS)? + 1,
            'E' => {
                name(&mut rest, &DAYS)?;
            }
            'a' => afternoon = Some(name(&mut rest, &["AM", "PM"])? == 1),
            'z' | 'Z' | 'X' => offset = zone(&mut rest)?,
            'S' => {
                let before = rest.len();
                let number = digits(&mut rest, 9)?;
                let width = u32::try_from(before - rest.len()).ok()?;
                milli = number * 1000 / 10_i64.checked_pow(width)?;
            }
            'y' => {
                year = digits(&mut rest, most)?;
                year += if count == 2 && year < 100 { 2000 } else { 0 };
            }
            'M' => month = digits(&mut rest, most)?,
            'd' => day = digits(&mut rest, most)?,
            'H' | 'h' => hour = digits(&mut rest, most)?,
            'm' => minute = digits(&mut rest, most)?,
            's' => second = digits(&mut rest, most)?,
            _ => return None,
        }
    }
    if !rest.is_empty() || !(1..=12).contains(&month) || !(1..=31).contains(&day) || year > 9999 {
        return None;
    }
    match afternoon {
        Some(true) if hour < 12 => hour += 12,
        Some(false) if hour == 12 => hour = 0,
        _ => {}
    }
    if hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let minutes = days(year, month, day) * 1440 + hour * 60 + minute - offset;
    Some((minutes * 60 + second) * 1000 + milli)
}

fn digits(rest: &mut &str, most: usize) -> Option<i64> {
    let count = rest
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    let (number, after) = rest.split_at_checked(count)?;
    *rest = after;
    number.parse().ok()
}

/// The position of a name, whole or by its first three letters.
fn name(rest: &mut &str, names: &[&str]) -> Option<i64> {
    let starts = |name: &str| {
        rest.get(..name.len())
            .is_some_and(|text| text.eq_ignore_ascii_case(name))
    };
    let (at, length) = names.iter().enumerate().find_map(|(at, name)| {
        let short = name.get(..3.min(name.len()))?;
        let length = if starts(name) {
            name.len()
        } else {
            short.len()
        };
        starts(short).then_some((at, length))
    })?;
    *rest = rest.get(length..)?;
    i64::try_from(at).ok()
}

fn zone(rest: &mut &str) -> Option<i64> {
    let sign = match rest.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => {
            let (name, minutes) = ZONES.iter().find(|(name, _)| rest.starts_with(name))?;
            *rest = rest.get(name.len()..)?;
            return Some(*minutes);
        }
    };
    *rest = rest.get(1..)?;
    let hours = digits(rest, 2)?;
    *rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = if rest.starts_with(|c: char| c.is_ascii_digit()) {
        digits(rest, 2)?
    } else {
        0
    };
    Some(sign * (hours * 60 + minutes))
}

/// The moment as JSON: a number for the patterns that are one, else text.
pub(super) fn format(moment: i64, pattern: &str) -> String {
    match pattern {
        "milliseconds" | "epoch" => return moment.to_string(),
        "seconds" => return moment.div_euclid(1000).to_string(),
        _ => {}
    }
    let (seconds, milli) = (moment.div_euclid(1000), moment.rem_euclid(1000));
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, date) = civil(day);
    let hour = second / 3600;
    let mut out = String::new();
    for piece in pieces(if pattern.is_empty() { ISO } else { pattern }) {
        let (letter, count) = match piece {
            Piece::Text(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Letters(letter, count) => (letter, count),
        };
        let named = |names: &[&str], at: i64, whole: bool| {
            let name = usize::try_from(at)
                .ok()
                .and_then(|at| names.get(at))
                .copied()
                .unwrap_or_default();
            if whole {
                name.to_owned()
            } else {
                name.chars().take(3).collect()
            }
        };
        let text = match letter {
            'y' if count == 2 => format!("{:02}", year.rem_euclid(100)),
            'y' => format!("{year:0count$}"),
            'M' if count >= 3 => named(&MONTHS, month - 1, count > 3),
            'M' => format!("{month:0count$}"),
            'd' => format!("{date:0count$}"),
            'H' => format!("{hour:0count$}"),
            'h' => format!("{:0count$}", (hour + 11) % 12 + 1),
            'm' => format!("{:0count$}", second / 60 % 60),
            's' => format!("{:0count$}", second % 60),
            'S' => format!("{milli:0count$}"),
            'a' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            'E' => named(&DAYS, day.rem_euclid(7), count > 3),
            'X' => "Z".to_owned(),
            'Z' => "+0000".to_owned(),
            'z' => "UTC".to_owned(),
            other => other.to_string().repeat(count),
        };
        out.push_str(&text);
    }
    serde_json::Value::from(out).to_string()
}

/// Days since 1970 of a date, after Howard Hinnant's `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day since 1970, after his `civil_from_days`.
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let index = (5 * of_year + 2) / 153;
    let month = if index < 10 { index + 3 } else { index - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * index + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_of_the_field() {
        let moment = 1_582_986_615_123; // 2020-02-29T14:30:15.123Z
        for (pattern, text) in [
            ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2020-02-29T14:30:15.123Z"),
            ("MM/dd/yyyy hh:mm:ss.SSS a", "02/29/2020 02:30:15.123 PM"),
            (
                "EEE, d MMM yyyy HH:mm:ss.SSS Z",
                "Sat, 29 Feb 2020 14:30:15.123 +0000",
            ),
            (
                "EEEE d MMMM yy H:m:s.SSS",
                "Saturday 29 February 20 14:30:15.123",
            ),
            ("yyyyMMddHHmmssSSS", "20200229143015123"),
            ("", "2020-02-29T14:30:15.123Z"),
        ] {
            assert_eq!(format(moment, pattern), format!("{text:?}"), "{pattern}");
            assert_eq!(parse(text, pattern), Some(moment), "{pattern}");
        }
        assert_eq!(format(moment, "epoch"), "1582986615123");
        assert_eq!(parse("1582986615", "seconds"), Some(1_582_986_615_000));
        assert_eq!(parse("2020-02-29T06:30:15.123-08:00", ""), Some(moment));
        assert_eq!(
            parse("2020-02-29 06:30:15 PST", "yyyy-MM-dd HH:mm:ss z"),
            Some(1_582_986_615_000)
        );
        assert_eq!(parse("2020-13-01", ""), None);
        assert_eq!(parse("tomorrow", "yyyy"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(moment in -60_000_000_000_000_i64..250_000_000_000_000) {
            let text = format(moment, "");
            prop_assert_eq!(parse(text.trim_matches('"'), ""), Some(moment));
        }

        #[test]
        fn no_text_and_no_pattern_panics(text in ".{0,30}", pattern in "[yMdHhmsSaEzZX' :/-]{0,12}|.{0,12}", moment: i32) {
            let _ = parse(&text, &pattern);
            let _ = format(i64::from(moment) * 1_000_000, &pattern);
        }
    }
}
