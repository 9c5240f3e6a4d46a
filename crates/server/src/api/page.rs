//! Pages of platform lists: `pageSize`, `page` and `nextPage`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::answer::Answer;
use super::call::Call;
use super::error::ApiError;
use crate::service;

/// Default and largest page of platform lists.
const MOST: usize = 200;

/// The page asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Rows a page.
    pub size: usize,
    /// 1-based; given or 1.
    pub number: usize,
    /// The token of the next page, as it came.
    pub next: Option<String>,
    /// What was changed about the request: `Elements-Error`.
    pub notice: Option<String>,
}

impl Page {
    /// Reads the page parameters of a call.
    ///
    /// # Errors
    /// 400 for numbers that are none.
    pub fn of(call: &Call) -> Result<Self, ApiError> {
        Self::within(call, MOST)
    }

    /// The same with another default and largest size.
    ///
    /// # Errors
    /// 400 for numbers that are none.
    pub fn within(call: &Call, most: usize) -> Result<Self, ApiError> {
        let size = number(call, "pageSize")?.unwrap_or(most).max(1);
        let notice =
            (size > most).then(|| format!("pageSize {size} is over the limit; limited to {most}"));
        Ok(Self {
            size: size.min(most),
            number: number(call, "page")?.unwrap_or(1).max(1),
            next: service::pages::asked(&call.query).map(str::to_owned),
            notice,
        })
    }

    /// Cuts a list that is held whole, and says what comes next.
    ///
    /// # Errors
    /// 400 for a token that is not of such a list.
    pub fn cut<T>(&self, rows: Vec<T>) -> Result<(Vec<T>, Option<String>), ApiError> {
        let start = match &self.next {
            Some(token) => offset_of(token)
                .ok_or_else(|| ApiError::invalid("`nextPage` is not a page token of this list."))?,
            None => (self.number - 1).saturating_mul(self.size),
        };
        let end = start.saturating_add(self.size);
        let next = (end < rows.len()).then(|| URL_SAFE_NO_PAD.encode(format!("offset:{end}")));
        Ok((rows.into_iter().skip(start).take(self.size).collect(), next))
    }

    /// Puts the page headers on an answer of `count` rows.
    pub fn headers(&self, mut answer: Answer, count: usize, next: Option<&str>) -> Answer {
        answer = answer.header("elements-returned-count", &count.to_string());
        if let Some(next) = next {
            answer = answer.header("elements-next-page-token", next);
        }
        match &self.notice {
            Some(notice) => answer.header("elements-error", notice),
            None => answer,
        }
    }
}

fn offset_of(token: &str) -> Option<usize> {
    let inner = URL_SAFE_NO_PAD.decode(token.trim_end_matches('=')).ok()?;
    std::str::from_utf8(&inner)
        .ok()?
        .strip_prefix("offset:")?
        .parse()
        .ok()
}

fn number(call: &Call, name: &str) -> Result<Option<usize>, ApiError> {
    call.parameter(name)
        .map(|text| {
            text.trim()
                .parse()
                .map_err(|_| ApiError::invalid(format!("`{name}` must be a whole number.")))
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(size: usize, number: usize, next: Option<&str>) -> Page {
        Page {
            size,
            number,
            next: next.map(str::to_owned),
            notice: None,
        }
    }

    #[test]
    fn pages_follow_one_another_to_the_last() {
        let rows: Vec<u8> = (0..5).collect();
        let (first, next) = page(2, 1, None).cut(rows.clone()).unwrap();
        let (second, next) = page(2, 1, next.as_deref()).cut(rows.clone()).unwrap();
        let (third, end) = page(2, 1, next.as_deref()).cut(rows.clone()).unwrap();
        assert_eq!([first, second, third], [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(end, None);
        assert_eq!(page(2, 2, None).cut(rows.clone()).unwrap().0, [2, 3]);
        assert!(page(2, 1, Some("nonsense")).cut(rows.clone()).is_err());
        assert!(page(2, usize::MAX, None).cut(rows).unwrap().0.is_empty());
    }
}
