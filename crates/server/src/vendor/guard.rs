//! The guard against calls into our own network: on the URL's host and on every address it resolves to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use http::Uri;
use url::{Host, Url};

use super::connect::{ConnectMap, Target};
use crate::config::units::Network;

/// Decides which addresses may be called.
#[derive(Debug, Clone)]
pub struct Guard(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    connect: ConnectMap,
    allowed: Vec<Network>,
}

/// A URL that may be called.
#[derive(Debug)]
pub struct Admitted {
    /// The URL, normalised.
    pub uri: Uri,
    /// Whether its connection goes elsewhere.
    pub mapped: bool,
}

/// Why a URL may not be called. The text is safe for the caller: it never holds a path or query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a URL.
    #[error("The vendor's URL cannot be read")]
    Malformed,
    /// Neither http nor https, or http where it is not allowed.
    #[error("{0} may only be called by https")]
    NotHttps(String),
    /// A user name or password stands in it.
    #[error("The URL of {0} holds a user name or password")]
    Credentials(String),
    /// The address is ours.
    #[error("{0} lies in a private or reserved network, which is not called")]
    Private(String),
}

impl Guard {
    /// Makes the guard; mapped hosts are exempt, `allowed` networks may be called.
    pub fn new(connect: ConnectMap, allowed: Vec<Network>) -> Self {
        Self(Arc::new(Rules { connect, allowed }))
    }

    /// Where connections to `host` go instead, if they do.
    pub fn target(&self, host: &str) -> Option<&Target> {
        self.0.connect.find(host)
    }

    /// Checks a URL before a call and makes it fit for sending.
    ///
    /// # Errors
    /// [`Refusal`], safe for the caller.
    pub fn admit(&self, url: String) -> Result<Admitted, Refusal> {
        if let Some(host) = plain_host(&url) {
            let mapped = self.target(host).is_some();
            if let Ok(uri) = Uri::try_from(url.as_str()) {
                if !mapped {
                    self.local_name(host)?;
                }
                return Ok(Admitted { uri, mapped });
            }
        }
        self.admit_slowly(&url)
    }

    fn admit_slowly(&self, url: &str) -> Result<Admitted, Refusal> {
        let mut url = Url::parse(url).map_err(|_| Refusal::Malformed)?;
        url.set_fragment(None);
        let host = url
            .host_str()
            .ok_or(Refusal::Malformed)?
            .to_ascii_lowercase();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials(host));
        }
        let mapped = self.target(host.trim_matches(['[', ']'])).is_some();
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if !mapped {
            match literal {
                Some(address) if !self.may_call(address) => return Err(Refusal::Private(host)),
                Some(_) => {}
                None => self.local_name(&host)?,
            }
        }
        match url.scheme() {
            "https" => {}
            // A name may resolve to an allowed network: the connector then looks at each address.
            "http" if mapped || !self.0.allowed.is_empty() => {}
            _ => return Err(Refusal::NotHttps(host)),
        }
        let uri = Uri::try_from(url.as_str()).map_err(|_| Refusal::Malformed)?;
        Ok(Admitted { uri, mapped })
    }

    /// `localhost` and names below it are refused before anyone resolves them, unless loopback is allowed.
    fn local_name(&self, host: &str) -> Result<(), Refusal> {
        let name = host.trim_end_matches('.');
        if name != "localhost" && !name.ends_with(".localhost") {
            return Ok(());
        }
        if self.may_call(IpAddr::V4(Ipv4Addr::LOCALHOST)) {
            return Ok(());
        }
        Err(Refusal::Private(host.to_owned()))
    }

    /// Whether an address may be called: it is public, or the operator allows it.
    pub fn may_call(&self, address: IpAddr) -> bool {
        is_public(address) || self.is_allowed(address)
    }

    /// Whether the operator allows this address although it is private.
    pub fn is_allowed(&self, address: IpAddr) -> bool {
        self.0
            .allowed
            .iter()
            .any(|network| network.contains(address))
    }
}

/// The host of a URL so plain that every URL parser reads it alike: `https://`, lower-case name, no credentials,
/// no port. This spares the full parser on the hot path; everything else goes through it.
fn plain_host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    let end = rest
        .bytes()
        .position(|byte| matches!(byte, b'/' | b'?'))
        .unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(end)?;
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    let last = host.rsplit('.').next()?;
    // A last label that begins with a letter cannot be part of an address in any spelling (`0x7f.1` ends in a digit).
    let named = last
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase());
    let tidy = !path
        .bytes()
        .any(|byte| byte <= b' ' || byte >= 0x7f || matches!(byte, b'\\' | b'#'))
        && !path.contains("/.")
        && !path.contains("%2e")
        && !path.contains("%2E");
    (named && tidy && path.starts_with('/') && host.contains('.') && host.bytes().all(plain))
        .then_some(host)
}

/// Whether an address is out on the public internet.
///
/// # Source
/// IANA's special-purpose address registries, RFC 6890; metadata services live in link-local and in `fd00:ec2::/32`.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Forms that carry an IPv4 address are judged by it: mapped, NAT64, 6to4.
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            is_public_v4(low_v4(address))
        }
        [0x2002, high, low, ..] => is_public_v4(Ipv4Addr::from_bits(
            (u32::from(high) << 16) | u32::from(low),
        )),
        // Documentation, Teredo and the other protocol assignments.
        [0x2001, 0xdb8 | 0..0x200, ..] | [0x3fff, 0..0x1000, ..] => false,
        // Only global unicast is public.
        [first, ..] => (first & 0xe000) == 0x2000,
    }
}

fn low_v4(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let connect = ConnectMap::new([
            ("mapped.example.com", "http://127.0.0.1:9"),
            ("*.wild.example.com", "http://127.0.0.1:9"),
        ]);
        Guard::new(connect, Vec::new())
    }

    #[test]
    fn every_spelling_of_a_private_address_is_refused() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "127.0.0.1.",
            "%31%32%37.0.0.1",
            "１２７.0.0.1",
            "[::1]",
            "[::]",
            "[::127.0.0.1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a00:1]",
            "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "[2001::1]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "0.0.0.0",
            "0",
            "10.1.2.3",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
        ] {
            let refused = guard()
                .admit(format!("https://{host}/x?secret=1"))
                .unwrap_err();
            assert!(matches!(refused, Refusal::Private(_)), "{host}: {refused}");
            assert!(!refused.to_string().contains("secret"), "{refused}");
        }
    }

    #[test]
    fn public_hosts_are_called_by_https_only() {
        for url in [
            "https://login.salesforce.com/services",
            "https://login.salesforce.com?q=1",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "https://API.Example.com:8443/a b",
            "https://api.example.com/a/../b",
        ] {
            assert!(!guard().admit(url.to_owned()).unwrap().mapped, "{url}");
        }
        for url in [
            "http://login.salesforce.com/",
            "ftp://a.example.com/",
            "https://u:p@a.example.com/",
        ] {
            assert!(guard().admit(url.to_owned()).is_err(), "{url}");
        }
        for url in ["", "login.salesforce.com", "https://", "https://?x", "//x"] {
            assert!(guard().admit(url.to_owned()).is_err(), "{url}");
        }
    }

    #[test]
    fn a_mapped_host_is_exempt_whatever_the_scheme() {
        for url in [
            "https://mapped.example.com/a",
            "http://mapped.example.com/a",
            "https://MAPPED.example.com/a",
            "https://x.wild.example.com/",
        ] {
            assert!(guard().admit(url.to_owned()).unwrap().mapped, "{url}");
        }
    }

    #[test]
    fn an_allowed_network_opens_itself_and_nothing_else() {
        let guard = Guard::new(
            ConnectMap::default(),
            vec![Network::parse("127.0.0.0/8").unwrap()],
        );
        assert!(guard.admit("http://127.0.0.1:9/".to_owned()).is_ok());
        assert!(guard.admit("https://localhost/".to_owned()).is_ok());
        assert!(guard.admit("http://[::ffff:127.0.0.1]/".to_owned()).is_ok());
        assert!(guard.admit("https://10.0.0.1/".to_owned()).is_err());
    }

    #[test]
    fn the_short_cut_reads_a_host_as_the_full_parser_does() {
        for url in [
            "https://a.example.com/x",
            "https://a.example.com/",
            "https://123-abc.mktorest.com/rest/v1/leads.json?a=b",
        ] {
            let parsed = Url::parse(url).unwrap();
            assert_eq!(plain_host(url), parsed.host_str(), "{url}");
            assert_eq!(parsed.as_str(), url);
        }
        for url in [
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://a@b.example.com/",
            "https://a.example.com\\@b/",
            "https://a.example.com/../b",
            "https://a.example.com:8/",
            "https://A.example.com/",
            "https://a.example.com",
            "https://a.example.com/#x",
        ] {
            assert_eq!(plain_host(url), None, "{url}");
        }
    }
}
