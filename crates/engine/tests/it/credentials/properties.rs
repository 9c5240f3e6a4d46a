//! Whatever text stands in an instance's configuration, its credentials reach the hosts of the definition, or the
//! instance is refused.
//!
//! What a definition declares is read here from its text, without the engine: a host with each `{token}` in it standing
//! for one label. Only where it leaves a whole URL or host to the instance does the instance's own value name a host.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::hosts;
use ligand_engine::oauth::{self, TokenCall};
use ligand_model::time::Timestamp;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use url::Url;

use super::{authority, every_element, permitted, values};

/// What ends a host, begins another, or is read as something else by another parser.
const PIECES: [&str; 48] = [
    "evil.example",
    "evil.example",
    "https://",
    "https://evil.example",
    "http://",
    "HTTPS:",
    "//",
    "@",
    "a:b@",
    ":443",
    ":",
    "\\",
    "\\\\",
    "/",
    "/x",
    "#",
    "?",
    "&",
    ";",
    "=",
    "%2f",
    "%40",
    "%23",
    "%5c",
    "%00",
    "。",
    "．",
    "｡",
    "\u{2044}",
    "\u{ff0f}",
    "\u{ff20}",
    "\r\nHost: evil.example",
    "\r\n",
    "\n",
    "\t",
    "\0",
    " ",
    "..",
    ".",
    "[::1]",
    "[::ffff:7f00:1]",
    "2130706433",
    "0x7f.1",
    "{base.url}",
    "${configuration.base.url}",
    "honest",
    "xn--",
    "-",
];

/// What may stand in no host.
const DELIMITERS: [char; 8] = ['@', '/', '\\', '?', '#', '%', ' ', '\0'];

/// Texts that lead elsewhere where they are spliced into a URL instead of being looked at.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 1..5);
    prop_oneof![
        12 => pieces.prop_map(|pieces| pieces.concat()),
        1 => Just(String::new()),
        1 => "\\PC{1,12}",
        1 => (60_usize..70, 1_usize..400).prop_map(|(label, times)| {
            format!("{}.", "a".repeat(label)).repeat(times)
        }),
    ]
}

/// The hosts that a definition's text declares, `*` for a token.
fn declared(text: &str) -> BTreeSet<String> {
    let mut hosts = BTreeSet::from(["api.honest.example".to_owned()]);
    for (at, _) in text.match_indices("://") {
        let mut host = String::new();
        let mut depth = 0;
        for c in text.get(at + 3..).unwrap().chars() {
            match c {
                '{' => {
                    depth += 1;
                    host.push('*');
                }
                '}' => depth -= 1,
                c if depth > 0 && c != '"' => {}
                c if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':') => {
                    host.push(c.to_ascii_lowercase());
                }
                _ => break,
            }
        }
        if host.chars().any(|c| c.is_ascii_alphanumeric()) {
            hosts.insert(host);
        }
    }
    hosts
}

/// The keys whose value a definition puts behind one of these texts, by their own names or by those of path parameters.
fn placed(compiled: &Compiled, text: &str, behind: &[&str]) -> BTreeSet<String> {
    let element = &compiled.element;
    let stands = |token: &str| {
        behind
            .iter()
            .any(|before| text.contains(&format!("{before}{{{token}}}")))
    };
    let keys = element.configuration.iter().map(|entry| &entry.key);
    let keys = keys.filter(|key| {
        let mapped = element
            .parameters
            .iter()
            .any(|p| p.kind == "configuration" && *p.name == **key && stands(&p.vendor_name));
        *key == "base.url" || key.to_lowercase().ends_with("url") || stands(key) || mapped
    });
    keys.cloned().collect()
}

/// Whether a host is this one, each `*` being one label or a part of it.
fn fits(pattern: &[u8], host: &[u8]) -> bool {
    let in_label = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
    match pattern.split_first() {
        None => host.is_empty(),
        Some((b'*', rest)) => {
            let most = host.iter().take(63).take_while(|c| in_label(c)).count();
            (1..=most).any(|n| fits(rest, &host[n..]))
        }
        Some((first, rest)) => host.first() == Some(first) && fits(rest, &host[1..]),
    }
}

/// The host that a value names, where it is a URL or a host.
fn named(value: &str) -> Option<String> {
    let value = value.trim();
    let url = Url::parse(value).ok().filter(Url::has_host);
    let url = url.or_else(|| Url::parse(&format!("https://{value}")).ok())?;
    let host = url.host_str()?.to_ascii_lowercase();
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

/// The URLs of the calls that no resource declares: for a grant, for the next one, and for its end.
fn grants(compiled: &Compiled, values: &BTreeMap<String, String>) -> Vec<String> {
    let element = &compiled.element;
    let (code, code_verifier) = ("c0de", None);
    let calls = [
        TokenCall::Exchange {
            code,
            code_verifier,
        },
        TokenCall::Refresh,
        TokenCall::Password,
        TokenCall::ClientCredentials,
    ];
    calls
        .iter()
        .filter_map(|call| oauth::token_request(element, values, call).ok())
        .chain(oauth::revoke_request(element, values))
        .chain(oauth::request_token_request(element, values, "n0nce", Timestamp(0)).ok())
        .map(|request| request.url)
        .collect()
}

struct Subject {
    name: String,
    compiled: Arc<Compiled>,
    hosts: BTreeSet<String>,
    /// Keys to which the definition leaves a whole URL or host.
    open: BTreeSet<String>,
    /// Keys to attack: those that stand in a URL about twice as often as others.
    keys: Vec<String>,
}

impl Subject {
    fn new(name: String, compiled: Arc<Compiled>) -> Self {
        let text = compiled.to_json().to_string();
        let all = compiled
            .element
            .configuration
            .iter()
            .map(|entry| entry.key.clone());
        let in_urls: Vec<_> = placed(&compiled, &text, &[""]).into_iter().collect();
        let times = 1 + 2 * compiled.element.configuration.len() / in_urls.len().max(1);
        Self {
            hosts: declared(&text),
            open: placed(&compiled, &text, &["\"", "://"]),
            keys: all.chain(vec![in_urls; times].concat()).collect(),
            name,
            compiled,
        }
    }

    /// How many requests got through, `None` where the instance was refused.
    fn attacked(&self, given: &[(Index, String)], resources: &[Index]) -> Option<usize> {
        let element = &self.compiled.element;
        let mut values = values(&self.compiled);
        for key in ["oauth.user.token", "oauth.user.refresh_token"] {
            values.insert(key.to_owned(), "c0ffee".to_owned());
        }
        for (at, text) in given {
            if !self.keys.is_empty() {
                values.insert(at.get(&self.keys).clone(), text.clone());
            }
        }
        let frozen = hosts::freeze(element, &values).ok()?;
        let own: BTreeSet<String> = values
            .iter()
            .filter(|(key, _)| self.open.contains(*key))
            .flat_map(|(_, value)| {
                // Where a host is wanted, some paste a whole address.
                let bare = value.trim().trim_start_matches("https://");
                let bare = bare.trim_start_matches("http://").trim_matches('/');
                [named(value), named(&format!("https://{bare}"))]
            })
            .flatten()
            .collect();
        let mut urls = grants(&self.compiled, &values);
        urls.retain(|url| hosts::permits(&frozen, url));
        for at in resources {
            if !element.resources.is_empty() {
                let index = at.index(element.resources.len());
                urls.extend(permitted(&self.compiled, index, "1", &values, &frozen));
            }
        }
        for url in &urls {
            let text = format!("{} {given:?}: {url}", self.name);
            // What is sent goes where WHATWG's reading says; RFC 3986's may differ in how foreign letters are written.
            let host = named(url).unwrap();
            let authority = authority(url.trim());
            let letters =
                percent_decode_str(authority.trim_end_matches(":443").trim_end_matches(':'));
            let letters = letters.decode_utf8().unwrap();
            // How an address is spelled is the guard's to judge, which refuses those of ours.
            let address = host.parse::<std::net::Ipv4Addr>().is_ok();
            let foreign = !letters.is_ascii() && !letters.contains(DELIMITERS);
            assert!(
                letters == host.trim_end_matches(":443") || foreign || address,
                "two parsers read two hosts: {text}"
            );
            let declared = self
                .hosts
                .iter()
                .any(|pattern| fits(pattern.as_bytes(), host.as_bytes()));
            assert!(declared || own.contains(&host), "{text}");
        }
        Some(urls.len())
    }
}

#[test]
fn no_text_in_a_configuration_leads_credentials_to_another_host() {
    let elements = every_element();
    let asked = std::env::var("PROPTEST_CASES").ok();
    let cases = asked.map_or(16, |cases| {
        cases.parse::<u32>().unwrap() / u32::try_from(elements.len()).unwrap() + 16
    });
    let (reached, refused) = (Cell::new(0), Cell::new(0));
    for (name, compiled) in elements {
        let subject = Subject::new(name, compiled);
        let config = ProptestConfig {
            cases,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let strategy = (
            proptest::collection::vec((any::<Index>(), hostile()), 1..4),
            proptest::collection::vec(any::<Index>(), 1..4),
        );
        let run = TestRunner::new(config).run(&strategy, |(given, resources)| {
            match subject.attacked(&given, &resources) {
                Some(urls) => reached.set(reached.get() + urls),
                None => refused.set(refused.get() + 1),
            }
            Ok(())
        });
        run.unwrap();
    }
    let (reached, refused) = (reached.get(), refused.get());
    eprintln!("{reached} permitted requests were looked at, {refused} instances were refused");
    assert!(
        reached > 500 && refused > 5,
        "{reached} requests, {refused} refusals: the texts do not reach what they attack"
    );
}
