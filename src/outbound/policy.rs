//! Where this server may send to: public addresses by HTTPS, and what the operator allows besides.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::value::Issuer;
use serde::Deserialize;
use url::{Host, Url};

use super::endpoint::Endpoint;
use super::failure::Blocked;
use crate::config;
use crate::http::Network;

/// What an operator allows: addresses, or a host whatever its addresses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Allowed {
    /// `10.0.0.0/8`.
    Network(Network),
    /// `receiver.internal`.
    Host(String),
}

/// Neither a network nor the name of a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a network, as \"10.0.0.0/8\", nor a host, as \"receiver.internal\"")]
pub struct InvalidAllowed(String);

impl TryFrom<String> for Allowed {
    type Error = InvalidAllowed;

    fn try_from(text: String) -> Result<Self, InvalidAllowed> {
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        match Host::parse(&text) {
            Ok(Host::Domain(name)) if !text.contains(['/', '*']) => {
                Ok(Self::Host(bare(&name).to_owned()))
            }
            _ => Err(InvalidAllowed(text)),
        }
    }
}

/// The decision where to send to.
#[derive(Debug)]
pub struct Policy {
    allowed: Vec<Allowed>,
    allows_http: bool,
    /// The issuer itself is plain HTTP on the loopback: a trial, on one machine.
    is_trial: bool,
}

impl Policy {
    /// The policy of these settings, for a server at this issuer.
    pub fn new(settings: &config::Outbound, issuer: &Issuer) -> Self {
        Self {
            allowed: settings.allow.clone(),
            allows_http: settings.allow_http,
            is_trial: Url::parse(issuer.as_str()).is_ok_and(|url| {
                url.scheme() == "http" && url.host().is_some_and(|host| is_loopback(&host))
            }),
        }
    }

    /// Whether an endpoint may be sent to, as far as its URL tells.
    pub fn check(&self, endpoint: &Endpoint) -> Result<(), Blocked> {
        let host = endpoint.host().ok_or(Blocked::Address)?;
        let is_local_trial = self.is_trial && is_loopback(&host);
        if !(endpoint.is_https() || self.allows_http || is_local_trial) {
            return Err(Blocked::Http);
        }
        let may = match host {
            Host::Domain(_) => true,
            Host::Ipv4(address) => self.admits(address.into()),
            Host::Ipv6(address) => self.admits(address.into()),
        };
        if may { Ok(()) } else { Err(Blocked::Address) }
    }

    /// Whether an address may be dialled.
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let is_allowed = |allowed: &Allowed| matches!(allowed, Allowed::Network(network) if network.contains(address));
        is_public(address)
            || (self.is_trial && address.is_loopback())
            || self.allowed.iter().any(is_allowed)
    }

    /// Whether a name may be dialled at whatever addresses it has.
    pub fn admits_host(&self, name: &str) -> bool {
        let name = bare(name);
        let is_allowed = |allowed: &Allowed| matches!(allowed, Allowed::Host(host) if host.eq_ignore_ascii_case(name));
        self.allowed.iter().any(is_allowed)
    }
}

/// A name without the dot of the root.
fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether a host is of this machine, by its address or its name (RFC 6761 §6.3).
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => bare(name) == "localhost" || bare(name).ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => IpAddr::from(*address).to_canonical().is_loopback(),
    }
}

/// Whether an address is one of the public network (IANA's special-purpose registries, RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation();
    let is_reserved = matches!(
        address.octets(),
        // This network; reserved and broadcast.
        [0 | 240..=255, ..]
            // Behind a carrier's NAT (RFC 6598).
            | [100, 64..=127, ..]
            // Protocol assignments (RFC 6890), relays of 6to4 (RFC 7526).
            | [192, 0, 0, _]
            | [192, 88, 99, _]
            // Benchmarks (RFC 2544).
            | [198, 18 | 19, ..]
    );
    !is_special && !is_reserved
}

/// Only 2000::/3 is given out for the public network, so that loopback, link-local, unique local, multicast,
/// discard, NAT64 and SRv6 addresses are none.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let is_reserved = matches!(
        segments,
        // Protocol assignments with Teredo, which carries IPv4 (RFC 2928, RFC 4380), and documentation
        // (RFC 3849, RFC 9637).
        [0x2001, 0..=0x1ff | 0xdb8, ..]
            | [0x3fff, 0..=0xfff, ..]
            // 6to4, which carries IPv4 (RFC 3056).
            | [0x2002, ..]
    );
    segments[0] & 0xe000 == 0x2000 && !is_reserved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allow: &[&str], allow_http: bool, issuer: &str) -> Policy {
        let allow = allow.iter().map(|text| (*text).to_owned());
        let settings = config::Outbound {
            allow: allow.map(|text| text.try_into().unwrap()).collect(),
            allow_http,
            ..config::Config::load(None, []).unwrap().outbound
        };
        Policy::new(&settings, &Issuer::parse(issuer).unwrap())
    }

    #[test]
    fn addresses_that_are_not_public_are_refused() {
        let policy = policy(&[], false, "https://id.example");
        for blocked in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!policy.admits(blocked.parse().unwrap()), "{blocked}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450::1",
            "3ffe::1",
        ] {
            assert!(policy.admits(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn what_is_allowed_is_allowed_and_nothing_beside() {
        let policy = policy(
            &["10.1.0.0/16", "fd00::/8", "Receiver.Internal."],
            false,
            "https://id.example",
        );
        for (address, may) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("fd00::1", true),
            ("fc00::1", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(policy.admits(address.parse().unwrap()), may, "{address}");
        }
        for (name, may) in [
            ("receiver.internal", true),
            ("RECEIVER.internal.", true),
            ("other.internal", false),
            ("a.receiver.internal", false),
        ] {
            assert_eq!(policy.admits_host(name), may, "{name}");
        }
    }

    #[test]
    fn urls_are_judged_by_scheme_and_host() {
        let (public, trial) = ("https://id.example", "http://127.0.0.1:8600");
        for (issuer, allow_http, url, expected) in [
            (public, false, "https://receiver.example/", Ok(())),
            (
                public,
                false,
                "http://receiver.example/",
                Err(Blocked::Http),
            ),
            (public, true, "http://receiver.example/", Ok(())),
            (public, true, "http://127.0.0.1/", Err(Blocked::Address)),
            (public, false, "https://0x7f.1/", Err(Blocked::Address)),
            (public, false, "https://2130706433/", Err(Blocked::Address)),
            (
                public,
                false,
                "https://[::ffff:10.0.0.1]/",
                Err(Blocked::Address),
            ),
            (public, false, "https://[2606:4700::1111]/", Ok(())),
            (public, false, "http://localhost/", Err(Blocked::Http)),
            (trial, false, "http://127.0.0.1:9000/", Ok(())),
            (trial, false, "http://[::1]:9000/", Ok(())),
            (trial, false, "http://localhost:9000/", Ok(())),
            (trial, false, "https://127.0.0.1:9000/", Ok(())),
            (trial, false, "http://10.0.0.1/", Err(Blocked::Http)),
            (trial, false, "https://10.0.0.1/", Err(Blocked::Address)),
            (trial, false, "http://receiver.example/", Err(Blocked::Http)),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert_eq!(
                policy(&[], allow_http, issuer).check(&endpoint),
                expected,
                "{issuer} {url}"
            );
        }
    }

    #[test]
    fn only_plain_http_on_the_loopback_is_a_trial() {
        for (issuer, is) in [
            ("http://127.0.0.1:8600", true),
            ("http://[::1]:8600", true),
            ("http://localhost:8600", true),
            ("https://localhost:8600", false),
            ("https://id.example", false),
        ] {
            assert_eq!(policy(&[], false, issuer).is_trial, is, "{issuer}");
        }
    }

    #[test]
    fn what_is_neither_network_nor_host_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "*.internal",
            "a b",
            "https://receiver.internal",
        ] {
            assert!(Allowed::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
