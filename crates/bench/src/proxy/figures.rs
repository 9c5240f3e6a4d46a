//! Medians, spreads and ratios of interleaved rounds.

/// The middle value; the lower of two.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get(sorted.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(f64::NAN)
}

/// Smallest and largest.
pub fn spread(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high)
}

/// Ratios of pairs that ran in the same round.
pub fn ratios(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    ours.iter()
        .zip(theirs)
        .map(|(ours, theirs)| ours / theirs)
        .collect()
}

/// `median [min–max]` with so many decimals.
pub fn shown(values: &[f64], decimals: usize) -> String {
    let (low, high) = spread(values);
    format!(
        "{} [{}–{}]",
        number(median(values), decimals),
        number(low, decimals),
        number(high, decimals)
    )
}

/// A number with thin thousands.
pub fn number(value: f64, decimals: usize) -> String {
    let plain = format!("{value:.decimals$}");
    let (whole, fraction) = plain
        .split_once('.')
        .map_or((plain.as_str(), ""), |(whole, rest)| (whole, rest));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position) % 3 == 0 && digit.is_ascii_digit() {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if fraction.is_empty() {
        grouped
    } else {
        format!("{grouped}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_a_measured_value() {
        assert_eq!(median(&[3.0, 1.0, 2.0]).to_string(), "2");
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]).to_string(), "2");
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(12736.4, 0), "12,736");
        assert_eq!(number(0.456, 2), "0.46");
        assert_eq!(number(999.0, 1), "999.0");
        assert_eq!(shown(&[1.0, 2.0, 4.0], 1), "2.0 [1.0–4.0]");
    }
}
