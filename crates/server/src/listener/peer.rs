//! Who is at the other end, seen through the proxies that are trusted.

use std::net::IpAddr;

use http::HeaderMap;

use crate::config::units::Network;

/// The other end of a request, put into its extensions by the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The client's address: of the connection, or as trusted proxies report it.
    pub address: IpAddr,
}

impl Peer {
    /// Looks through `X-Forwarded-For`, from the right, as long as a trusted proxy reports.
    pub fn of(connection: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(ip));
        let mut address = connection;
        if trusted.is_empty() || !is_trusted(address) {
            return Self { address };
        }
        let reported = headers.get_all("x-forwarded-for").iter().rev();
        for hop in reported
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.rsplit(','))
        {
            let Ok(ip) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            address = ip;
            if !is_trusted(ip) {
                break;
            }
        }
        Self { address }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(connection: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted = [Network::parse("10.0.0.0/8").unwrap()];
        Peer::of(connection.parse().unwrap(), &headers, &trusted)
            .address
            .to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_their_own_word() {
        assert_eq!(seen("203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.2"]), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "1.2.3.4"]), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }
}
