//! Where to connect to instead of the host that a URL names: `[vendor.connect]`, much as curl's `--connect-to`.

use std::collections::{BTreeMap, HashMap};

use url::{Host, Url};

/// The other end of a mapped connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether TLS is spoken to it.
    pub tls: bool,
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it is the sandbox, and no vendor is there.
    pub simulated: bool,
}

impl Target {
    /// Reads an origin such as `http://127.0.0.1:7091`.
    pub fn parse(origin: &str) -> Option<Self> {
        let url = Url::parse(origin).ok()?;
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = match url.host()? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        Some(Self {
            tls,
            host,
            port: url.port_or_known_default()?,
            simulated: false,
        })
    }
}

/// Host patterns and where they lead.
#[derive(Debug, Clone, Default)]
pub struct ConnectMap {
    exact: HashMap<String, Target>,
    // Longest first, so that the closest pattern wins.
    suffixes: Vec<(String, Target)>,
}

impl ConnectMap {
    /// Takes pattern → origin pairs; the first of equal patterns wins, origins that are none are left out.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut map = Self::default();
        map.take(pairs, false);
        map
    }

    /// The configured map, then the sandbox's: configured entries win, also when they are wildcards.
    pub fn layered(configured: &BTreeMap<String, String>, sandbox: &[(String, String)]) -> Self {
        let mut map = Self::default();
        let pairs = configured.iter();
        map.take(
            pairs.map(|(pattern, origin)| (pattern.as_str(), origin.as_str())),
            false,
        );
        let pairs = unclaimed(configured, sandbox);
        map.take(
            pairs.map(|(pattern, origin)| (pattern.as_str(), origin.as_str())),
            true,
        );
        map
    }

    fn take<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>, simulated: bool) {
        for (pattern, origin) in pairs {
            let Some(target) = Target::parse(origin) else {
                continue;
            };
            let target = Target {
                simulated,
                ..target
            };
            let pattern = pattern.to_ascii_lowercase();
            match pattern.strip_prefix('*') {
                Some(suffix) => {
                    if !self.suffixes.iter().any(|(known, _)| known == suffix) {
                        self.suffixes.push((suffix.to_owned(), target));
                    }
                }
                None => {
                    self.exact.entry(pattern).or_insert(target);
                }
            }
        }
        self.suffixes
            .sort_by_key(|(suffix, _)| std::cmp::Reverse(suffix.len()));
    }

    /// Where connections to `host` (lower case) go instead; none: to the host itself.
    pub fn find(&self, host: &str) -> Option<&Target> {
        if let Some(target) = self.exact.get(host) {
            return Some(target);
        }
        self.suffixes
            .iter()
            .find(|(suffix, _)| under(suffix, host))
            .map(|(_, target)| target)
    }
}

/// The sandbox's entries that the configuration does not decide otherwise.
pub fn unclaimed<'a>(
    configured: &'a BTreeMap<String, String>,
    sandbox: &'a [(String, String)],
) -> impl Iterator<Item = &'a (String, String)> {
    sandbox.iter().filter(|(host, _)| {
        !configured.keys().any(|pattern| {
            let pattern = pattern.to_ascii_lowercase();
            pattern == *host || (!host.starts_with('*') && matches(&pattern, host))
        })
    })
}

/// Whether a pattern (`login.example.com`, `*.example.com`) covers a host in lower case.
pub fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(suffix) => under(suffix, host),
        None => pattern == host,
    }
}

/// `.example.com` covers every name below it, not the name itself.
fn under(suffix: &str, host: &str) -> bool {
    suffix.starts_with('.') && host.len() > suffix.len() && host.ends_with(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_names_win_over_wildcards_and_longer_wildcards_over_shorter() {
        let map = ConnectMap::new([
            ("*.salesforce.com", "http://127.0.0.1:1"),
            ("*.my.salesforce.com", "http://127.0.0.1:2"),
            ("login.salesforce.com", "https://[::1]:3"),
        ]);
        let port = |host: &str| map.find(host).map(|target| target.port);
        assert_eq!(port("na1.salesforce.com"), Some(1));
        assert_eq!(port("acme.my.salesforce.com"), Some(2));
        assert_eq!(port("login.salesforce.com"), Some(3));
        assert_eq!(map.find("login.salesforce.com").unwrap().host, "::1");
        assert!(map.find("login.salesforce.com").unwrap().tls);
        for other in [
            "salesforce.com",
            "evilsalesforce.com",
            "salesforce.com.evil.com",
            "",
        ] {
            assert_eq!(port(other), None, "{other}");
        }
    }

    #[test]
    fn configured_entries_win_over_the_sandbox() {
        let configured = BTreeMap::from([
            (
                "login.salesforce.com".to_owned(),
                "https://proxy.example".to_owned(),
            ),
            ("*.eloqua.com".to_owned(), "http://10.0.0.1:8".to_owned()),
        ]);
        let sandbox = [
            (
                "login.salesforce.com".to_owned(),
                "http://127.0.0.1:1".to_owned(),
            ),
            (
                "login.eloqua.com".to_owned(),
                "http://127.0.0.1:2".to_owned(),
            ),
            ("*.mktorest.com".to_owned(), "http://127.0.0.1:3".to_owned()),
        ];
        let map = ConnectMap::layered(&configured, &sandbox);
        assert_eq!(
            map.find("login.salesforce.com").unwrap().host,
            "proxy.example"
        );
        assert_eq!(map.find("login.salesforce.com").unwrap().port, 443);
        assert_eq!(map.find("login.eloqua.com").unwrap().port, 8);
        assert_eq!(map.find("123-abc-456.mktorest.com").unwrap().port, 3);
        let simulated = |host: &str| map.find(host).unwrap().simulated;
        assert!(simulated("123-abc-456.mktorest.com"));
        assert!(!simulated("login.salesforce.com") && !simulated("login.eloqua.com"));
    }
}
