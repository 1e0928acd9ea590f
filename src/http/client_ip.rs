//! Where a request comes from: its connection, or what a trusted proxy says of it.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use super::Network;

/// The address of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    /// Follows `X-Forwarded-For` back from its end for as long as it was a trusted proxy that added to
    /// it. What comes before was written by the client itself and is worth nothing.
    pub fn find(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let is_trusted = |ip| trusted.iter().any(|network| network.contains(ip));
        let mut client = peer.to_canonical();
        let lines = headers.get_all("x-forwarded-for").into_iter().rev();
        let mut hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        while is_trusted(client) {
            match hops.next().and_then(parse) {
                Some(hop) => client = hop,
                None => break,
            }
        }
        Self(client)
    }
}

/// An address, of some proxies with a port.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop.parse().ok();
    let address = address.or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()));
    address.as_ref().map(IpAddr::to_canonical)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        }
        ClientIp::find(peer.parse().unwrap(), &headers, &trusted)
            .0
            .to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("192.0.2.1", &["203.0.113.5"]), "192.0.2.1");
    }

    #[test]
    fn the_last_address_that_no_proxy_of_ours_has_is_the_client() {
        assert_eq!(client("10.0.0.1", &["203.0.113.5"]), "203.0.113.5");
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1, 203.0.113.5, 10.0.0.2"]),
            "203.0.113.5"
        );
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1", "203.0.113.5", "10.0.0.2"]),
            "203.0.113.5"
        );
        assert_eq!(client("::ffff:10.0.0.1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(client("fd00::1", &["203.0.113.5:4711"]), "203.0.113.5");
        assert_eq!(client("fd00::1", &["[2001:db8::7]:4711"]), "2001:db8::7");
    }

    #[test]
    fn what_cannot_be_read_ends_the_way_back() {
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1, unknown, 10.0.0.2"]),
            "10.0.0.2"
        );
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }
}
