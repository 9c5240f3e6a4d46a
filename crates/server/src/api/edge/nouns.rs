//! The two vocabularies: the whole API exists once for each noun, and the path decides the noun of the answer.
//!
//! Behind the edge there are only elements.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// One noun in its spellings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noun {
    /// `element`.
    pub singular: String,
    /// `elements`.
    pub plural: String,
    /// `Element`.
    pub title: String,
}

impl Noun {
    /// The spellings of a noun given in the singular.
    pub fn new(singular: &str) -> Self {
        let mut letters = singular.chars();
        let title = letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default();
        Self {
            singular: singular.to_owned(),
            plural: format!("{singular}s"),
            title,
        }
    }
}

/// All configured nouns; the first is what answers outside any base path use.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    nouns: Vec<Noun>,
}

/// Where a request's path points, inside the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<'a> {
    /// Index of the noun that decides the answer's words.
    pub noun: usize,
    /// The path inside the base, in the one inner spelling, with a leading slash.
    pub path: Cow<'a, str>,
}

const API: &str = "api-v2";

impl Vocabulary {
    /// The vocabulary of these nouns, given in the singular.
    pub fn new(nouns: &[String]) -> Self {
        let mut nouns: Vec<Noun> = nouns.iter().map(|noun| Noun::new(noun)).collect();
        if nouns.is_empty() {
            nouns.push(Noun::new("element"));
        }
        Self { nouns }
    }

    /// The noun at an index; the first when there is none.
    pub fn noun(&self, index: usize) -> Option<&Noun> {
        self.nouns.get(index).or_else(|| self.nouns.first())
    }

    /// All nouns, in configured order.
    pub fn iter(&self) -> impl Iterator<Item = &Noun> {
        self.nouns.iter()
    }

    fn by_plural(&self, segment: &str) -> Option<usize> {
        self.nouns.iter().position(|noun| noun.plural == segment)
    }

    /// Finds the API behind a path; `None` when the path is not the API's at all.
    pub fn locate<'a>(&self, path: &'a str) -> Option<Located<'a>> {
        let trimmed = path.strip_prefix('/')?;
        let (first, rest) = split(trimmed);
        if let Some(noun) = self.by_plural(first) {
            let (second, inner) = split(rest);
            if second == API {
                return Some(Located {
                    noun,
                    path: self.inner(inner),
                });
            }
            // A guide without a usable base: `/{nouns}/{key}/oauth/url`.
            let key = is_oauth_url(rest)?;
            return Some(Located {
                noun,
                path: oauth_url(key),
            });
        }
        if first == API {
            // The same guide, read the other way: `/api-v2/{nouns}/{key}/oauth/url`.
            let (second, inner) = split(rest);
            let noun = self.by_plural(second)?;
            let key = is_oauth_url(inner)?;
            return Some(Located {
                noun,
                path: oauth_url(key),
            });
        }
        None
    }

    /// The one inner spelling of a path below the base.
    fn inner<'a>(&self, path: &'a str) -> Cow<'a, str> {
        let (first, rest) = split(path);
        if first != "elements" && self.by_plural(first).is_some() {
            return Cow::Owned(join("/elements", rest));
        }
        if self.nouns.iter().any(|noun| noun.singular == first)
            && let Some(key) = is_oauth_url(rest)
        {
            return oauth_url(key);
        }
        if let Some(key) = is_oauth_url(path)
            && first != "elements"
        {
            return oauth_url(key);
        }
        Cow::Owned(join("", path))
    }

    /// Spells a header name the inner way: `Your_moms-Async` is `Elements-Async`.
    pub fn inner_header(&self, name: &str) -> Option<String> {
        let lower = name.to_ascii_lowercase();
        self.nouns
            .iter()
            .filter(|noun| noun.plural != "elements")
            .find_map(|noun| {
                let rest = lower.strip_prefix(&noun.plural.to_ascii_lowercase())?;
                rest.starts_with('-').then(|| format!("elements{rest}"))
            })
    }

    /// Spells the members of a body the inner way: `your_mom` is `element`.
    pub fn inner_body(&self, body: &mut Value) {
        if let Value::Object(members) = body {
            for noun in self.nouns.iter().filter(|noun| noun.singular != "element") {
                rename(members, &noun.singular, "element");
            }
        }
    }

    /// Spells a platform answer in a noun: member names, and the words of catalog texts.
    pub fn outer_answer(&self, noun: usize, answer: &mut Value) {
        if let Some(noun) = self.noun(noun) {
            outer(noun, answer);
        }
    }
}

/// The members whose text may hold `{noun}`, `{Noun}` or `{nouns}`.
const TEXTS: [&str; 10] = [
    "basePath",
    "name",
    "description",
    "image",
    "logo",
    "existingAccountDescription",
    "trialAccountDescription",
    "configDescription",
    "signupURL",
    "message",
];

fn outer(noun: &Noun, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| outer(noun, item)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(text) if TEXTS.contains(&name.as_str()) => fill(noun, text),
                    // Only what is the platform's own is descended into; the rest is a vendor's or a customer's.
                    Value::Object(_) | Value::Array(_)
                        if matches!(name.as_str(), "element" | "elements") =>
                    {
                        outer(noun, member);
                    }
                    Value::Array(_) if name == "configuration" => outer(noun, member),
                    _ => {}
                }
            }
            if noun.singular != "element" {
                rename(members, "element", &noun.singular);
            }
        }
        _ => {}
    }
}

fn fill(noun: &Noun, text: &mut String) {
    if text.contains('{') {
        *text = text
            .replace("{nouns}", &noun.plural)
            .replace("{noun}", &noun.singular)
            .replace("{Noun}", &noun.title);
    }
}

/// Renames every member whose name is `from` or begins with it as a word, keeping the order.
fn rename(members: &mut Map<String, Value>, from: &str, to: &str) {
    if !members.keys().any(|name| tail(name, from).is_some()) {
        return;
    }
    let old = std::mem::take(members);
    for (name, value) in old {
        match tail(&name, from) {
            Some(tail) => {
                let name = format!("{to}{tail}");
                members.entry(name).or_insert(value);
            }
            None => {
                members.insert(name, value);
            }
        }
    }
}

/// What follows a word at the start of a member name: nothing, `s`, or the next word.
fn tail<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    let tail = name.strip_prefix(word)?;
    let next_word = |text: &str| {
        text.chars()
            .next()
            .is_none_or(|next| next.is_ascii_uppercase() || next == '_')
    };
    (next_word(tail) || tail.strip_prefix('s').is_some_and(next_word)).then_some(tail)
}

fn split(path: &str) -> (&str, &str) {
    path.split_once('/').unwrap_or((path, ""))
}

fn join(prefix: &str, rest: &str) -> String {
    if rest.is_empty() && !prefix.is_empty() {
        prefix.to_owned()
    } else {
        format!("{prefix}/{rest}")
    }
}

/// The key in `{key}/oauth/url`, with or without a trailing slash.
fn is_oauth_url(path: &str) -> Option<&str> {
    let (key, rest) = split(path);
    (!key.is_empty() && rest.trim_end_matches('/') == "oauth/url").then_some(key)
}

fn oauth_url<'a>(key: &str) -> Cow<'a, str> {
    Cow::Owned(format!("/elements/{key}/oauth/url"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vocabulary() -> Vocabulary {
        Vocabulary::new(&["element".to_owned(), "your_mom".to_owned()])
    }

    #[test]
    fn every_path_of_the_guides_is_found() {
        let vocabulary = vocabulary();
        for (path, noun, inner) in [
            (
                "/elements/api-v2/elements/marketo/oauth/url",
                0,
                "/elements/marketo/oauth/url",
            ),
            (
                "/elements/api-v2/element/eloqua/oauth/url",
                0,
                "/elements/eloqua/oauth/url",
            ),
            (
                "/your_moms/api-v2/eloqua/oauth/url",
                1,
                "/elements/eloqua/oauth/url",
            ),
            (
                "/your_moms/api-v2/your_moms/sfdc/oauth/url",
                1,
                "/elements/sfdc/oauth/url",
            ),
            (
                "/your_moms/api-v2/your_mom/sfdc/oauth/url/",
                1,
                "/elements/sfdc/oauth/url",
            ),
            (
                "/your_moms/api-v2/elements/sfdc/oauth/url",
                1,
                "/elements/sfdc/oauth/url",
            ),
            (
                "/elements/api-v2/your_moms/sfdc/oauth/url",
                0,
                "/elements/sfdc/oauth/url",
            ),
            ("/elements/api-v2/your_moms/23", 0, "/elements/23"),
            ("/your_moms/acton/oauth/url", 1, "/elements/acton/oauth/url"),
            ("/elements/45/oauth/url", 0, "/elements/45/oauth/url"),
            (
                "/api-v2/your_moms/acton/oauth/url",
                1,
                "/elements/acton/oauth/url",
            ),
            ("/your_moms/api-v2/instances", 1, "/instances"),
            ("/elements/api-v2/instances/", 0, "/instances/"),
            ("/your_moms/api-v2/your_moms", 1, "/elements"),
            (
                "/elements/api-v2/hubs/crm/elements/1",
                0,
                "/hubs/crm/elements/1",
            ),
        ] {
            let found = vocabulary.locate(path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!((found.noun, found.path.as_ref()), (noun, inner), "{path}");
        }
        for path in [
            "/",
            "/health/live",
            "/elements",
            "/api-v2/instances",
            "/elements/x/y",
            "x",
        ] {
            assert_eq!(vocabulary.locate(path), None, "{path}");
        }
    }

    #[test]
    fn an_answer_is_spelt_in_the_noun_of_its_path() {
        let mut answer = json!({
            "id": 1, "elementId": 27, "traceLoggingEnabled": false,
            "element": {"key": "eloqua", "image": "{nouns}/provider_eloqua.png",
                "description": "The {Noun} is a {noun}.", "elementProvisionType": "X"},
            "configuration": {"element": "mine", "name": "{noun}"},
            "elementary": 1
        });
        vocabulary().outer_answer(1, &mut answer);
        assert_eq!(
            answer,
            json!({
                "id": 1, "your_momId": 27, "traceLoggingEnabled": false,
                "your_mom": {"key": "eloqua", "image": "your_moms/provider_eloqua.png",
                    "description": "The Your_mom is a your_mom.", "your_momProvisionType": "X"},
                "configuration": {"element": "mine", "name": "{noun}"},
                "elementary": 1
            })
        );
    }

    #[test]
    fn a_body_is_taken_in_every_noun() {
        let mut body = json!({"your_mom": {"key": "x"}, "name": "n", "your_momId": 3});
        vocabulary().inner_body(&mut body);
        assert_eq!(
            body,
            json!({"element": {"key": "x"}, "name": "n", "elementId": 3})
        );
    }

    #[test]
    fn request_headers_are_taken_in_every_noun() {
        let vocabulary = vocabulary();
        assert_eq!(
            vocabulary
                .inner_header("Your_moms-Async-Request")
                .as_deref(),
            Some("elements-async-request")
        );
        assert_eq!(vocabulary.inner_header("Elements-Version"), None);
        assert_eq!(vocabulary.inner_header("Your_momsX"), None);
    }
}
