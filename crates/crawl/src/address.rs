//! Which addresses may be dialled.
//!
//! A crawled page decides which address is asked for next, so every address is looked at before it is dialled: names after they
//! were resolved (the very address that is dialled, see `resolver`), literals before the request, on every redirect.

use crate::UrlProblem;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Ports that are dialled without being listed by a source.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Why a request is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The address itself is unfit.
    #[error(transparent)]
    Url(#[from] UrlProblem),
    /// The port is not one of the web's and not listed by the source.
    #[error("port {0} is not allowed")]
    Port(u16),
    /// The name or literal leads into a private, local or reserved network.
    #[error("{host} leads to {address}, which is not a public address")]
    Address {
        /// Host as asked for.
        host: String,
        /// Address that is refused.
        address: IpAddr,
    },
}

impl Refusal {
    /// One Chinese line that says what to do.
    pub fn zh(&self) -> String {
        match self {
            Refusal::Url(problem) => problem.zh(),
            Refusal::Port(port) => format!("端口 {port} 不在允许之列：确需采集时请在来源的 ports 中写明"),
            Refusal::Address { host, address } => format!(
                "{host} 指向内网或保留地址 {address}，未访问：确为本单位内网网站时，请在 config/guanlan.toml 的 allow_private 中写明网段"
            ),
        }
    }
}

/// The guard. Cheap to clone when the list of exceptions is short, which it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct AddressGuard {
    allow_private: Vec<IpNet>,
}

impl AddressGuard {
    /// A guard with exceptions. They come from the configuration file only, never from a page or the web interface.
    pub fn new(allow_private: Vec<IpNet>) -> AddressGuard {
        AddressGuard { allow_private }
    }

    /// True for public unicast addresses and for the exceptions. An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) is
    /// judged as the IPv4 address.
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let public = match address {
            IpAddr::V4(v4) => is_public_v4(v4),
            IpAddr::V6(v6) => is_public_v6(v6),
        };
        public || self.allow_private.iter().any(|net| net.contains(&address))
    }

    /// Looks at everything that can be judged before a name is resolved: scheme, user information, port, literal addresses.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn vet(&self, url: &Url, ports: &[u16]) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlProblem::Scheme(url.scheme().to_owned()).into());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlProblem::UserInfo.into());
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if !PORTS.contains(&port) && !ports.contains(&port) {
            return Err(Refusal::Port(port));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(UrlProblem::Malformed("no host".to_owned()).into()),
        };
        if self.allows(literal) {
            Ok(())
        } else {
            Err(Refusal::Address { host: url.host_str().unwrap_or_default().to_owned(), address: literal })
        }
    }
}

/// IANA IPv4 Special-Purpose Address Registry, everything that is not globally reachable, and multicast.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)              // this network, private, loopback
            | (100, 64..=127, _)          // carrier-grade NAT
            | (169, 254, _)               // link-local, cloud metadata
            | (172, 16..=31, _)           // private
            | (192, 0, 0 | 2)             // protocol assignments, documentation
            | (192, 88, 99)               // 6to4 relays
            | (192, 168, _)               // private
            | (198, 18..=19, _)           // benchmarking
            | (198, 51, 100)              // documentation
            | (203, 0, 113)               // documentation
            | (224.., _, _) // multicast, reserved, broadcast
    )
}

/// Global unicast is `2000::/3`; inside it the ranges that tunnel into other networks or are set aside are left out.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global = a & 0xe000 == 0x2000;
    let set_aside = matches!((a, b), (0x2001, 0..=0x01ff | 0x0db8))   // Teredo, ORCHID and others; documentation
        || a == 0x2002                                               // 6to4
        || (a == 0x3fff && b < 0x1000); // documentation
    global && !set_aside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;

    fn vet(text: &str) -> Result<(), Refusal> {
        AddressGuard::default().vet(&parse_url(text, None)?, &[])
    }

    #[test]
    fn s7_the_address_table() {
        let guard = AddressGuard::default();
        for refused in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
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
            "::ffff:100.64.0.1",
            "64:ff9b::a00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3fff::1",
            "4000::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!guard.allows(refused.parse().unwrap()), "{refused}");
        }
        for allowed in [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "240e::1",
            "2408:8000::1",
            "2001:200::1",
            "2a00::1",
        ] {
            assert!(guard.allows(allowed.parse().unwrap()), "{allowed}");
        }
    }

    #[test]
    fn s10_exceptions_hold_for_their_network_only() {
        let guard = AddressGuard::new(vec!["10.20.0.0/16".parse().unwrap(), "fd00:1::/32".parse().unwrap()]);
        for (address, allowed) in [
            ("10.20.3.4", true),
            ("::ffff:10.20.3.4", true),
            ("10.21.0.1", false),
            ("fd00:1::5", true),
            ("fd00:2::5", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(guard.allows(address.parse().unwrap()), allowed, "{address}");
        }
    }

    #[test]
    fn s2_every_spelling_of_loopback_is_refused() {
        for host in [
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "①②⑦.⓪.⓪.①",
            "127.0.0.1。",
            "127.0.0.1.",
            "0",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[64:ff9b::127.0.0.1]",
        ] {
            let refused = vet(&format!("http://{host}/"));
            assert!(matches!(refused, Err(Refusal::Address { .. })), "{host}: {refused:?}");
        }
    }

    #[test]
    fn s1_s3_s8_schemes_users_and_ports() {
        for (url, expected) in [
            ("http://news.example/", true),
            ("https://news.example/", true),
            ("http://news.example:8080/", true),
            ("https://news.example:8443/", true),
            ("http://news.example:22/", false),
            ("http://news.example:25/", false),
            ("http://news.example:6379/", false),
            ("http://1.1.1.1/", true),
            ("gopher://news.example/", false),
            ("http://a@news.example/", false),
        ] {
            assert_eq!(vet(url).is_ok(), expected, "{url}");
        }
        let url = parse_url("http://news.example:81/", None).unwrap();
        assert_eq!(AddressGuard::default().vet(&url, &[]), Err(Refusal::Port(81)));
        assert_eq!(AddressGuard::default().vet(&url, &[81]), Ok(()));
    }
}
