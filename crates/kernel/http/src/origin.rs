//! Where a request comes from: the caller's address, and the scheme and host that the caller used. What a header says of
//! it counts only when a proxy that the operator trusts has sent it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_config::{ForwardedHeader, Network};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use uuid::Uuid;

/// Most hops that are looked at; a longer chain is somebody's game.
const MOST_HOPS: usize = 32;

/// Whose word on a request's origin is taken.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    networks: Arc<[Network]>,
    header: ForwardedHeader,
}

/// Where a request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Address of the client: the nearest hop that is no trusted proxy. None where no socket is known.
    pub client: Option<IpAddr>,
    /// Whether the client spoke TLS, as far as a trusted proxy says so.
    pub is_https: bool,
    /// Host that the client asked for.
    pub host: Option<String>,
}

impl TrustedProxies {
    /// Proxies in these networks, which tell the origin in this header.
    pub fn new(networks: &[Network], header: ForwardedHeader) -> Self {
        Self { networks: networks.into(), header }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// The origin of a request that arrived from `peer` with these headers.
    pub fn origin(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Origin {
        let peer = peer.map(|peer| peer.ip().to_canonical());
        let host = |text: &str| text.parse::<Authority>().ok().map(|host| host.to_string());
        let sent = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let direct = Origin { client: peer, is_https: false, host: sent.and_then(host) };
        let Some(peer) = peer.filter(|peer| self.trusts(*peer)) else { return direct };
        let told = match self.header {
            ForwardedHeader::XForwarded => x_forwarded(headers),
            ForwardedHeader::Forwarded => forwarded(headers),
        };
        // The chain is read from our end: each trusted hop vouches for the one before it, and nobody for the rest.
        let mut client = peer;
        for hop in told.hops.iter().rev().take(MOST_HOPS) {
            let Some(address) = node_address(hop) else { break };
            client = address;
            if !self.trusts(address) {
                break;
            }
        }
        Origin {
            client: Some(client),
            is_https: told.scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
            host: told.host.as_deref().and_then(host).or(direct.host),
        }
    }
}

/// What the proxies say: the hops, farthest first, and scheme and host as the nearest proxy saw them.
#[derive(Debug, Default)]
struct Told {
    hops: Vec<String>,
    scheme: Option<String>,
    host: Option<String>,
}

/// The elements of all header lines of that name, in order.
fn elements<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|element| !element.is_empty())
}

fn x_forwarded(headers: &HeaderMap) -> Told {
    let last = |name: &str| elements(headers, name).last().map(str::to_owned);
    Told {
        hops: elements(headers, "x-forwarded-for").map(str::to_owned).collect(),
        scheme: last("x-forwarded-proto"),
        host: last("x-forwarded-host"),
    }
}

/// `for=192.0.2.60;proto=https;host=a.example, for="[2001:db8::17]:4711"` (RFC 7239, section 4). A quoted comma or
/// semicolon is nothing that an address, a scheme or a host has, so it may break its element.
fn forwarded(headers: &HeaderMap) -> Told {
    let mut told = Told::default();
    for element in elements(headers, "forwarded") {
        for pair in element.split(';') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = value.trim().trim_matches('"').to_owned();
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => told.hops.push(value),
                "proto" => told.scheme = Some(value),
                "host" => told.host = Some(value),
                _ => {}
            }
        }
    }
    told
}

/// The address of a node: with or without a port, IPv6 with or without brackets. A hidden node (`unknown`, `_secret`)
/// has none.
fn node_address(node: &str) -> Option<IpAddr> {
    let bare = node.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(node);
    let address = bare.parse().ok().or_else(|| node.parse().ok().map(|socket: SocketAddr| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// Adds to an event the browser session that it happened in, if it did.
pub(crate) fn within(event: AuditEvent, session: Option<Uuid>) -> AuditEvent {
    match session {
        Some(id) => event.in_session(id.to_string()),
        None => event,
    }
}

/// Adds to an event where its request came from.
pub(crate) fn from_address(event: AuditEvent, address: Option<IpAddr>) -> AuditEvent {
    match address {
        Some(address) => event.from_address(address),
        None => event,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const PROXY: [u8; 4] = [10, 0, 0, 1];

    fn origin(header: ForwardedHeader, peer: [u8; 4], headers: &[(&str, &str)]) -> Origin {
        let proxies = TrustedProxies::new(&["10.0.0.0/8".parse().unwrap()], header);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        proxies.origin(Some(SocketAddr::from((peer, 4711))), &map)
    }

    fn client(header: ForwardedHeader, peer: [u8; 4], headers: &[(&str, &str)]) -> String {
        origin(header, peer, headers).client.unwrap().to_string()
    }

    #[test]
    fn a_stranger_is_whoever_connects() {
        use ForwardedHeader::{Forwarded, XForwarded};
        for header in [XForwarded, Forwarded] {
            let sent = [
                ("x-forwarded-for", "1.1.1.1"),
                ("forwarded", "for=1.1.1.1"),
                ("x-forwarded-proto", "https"),
            ];
            let found = origin(header, [203, 0, 113, 9], &sent);
            assert_eq!(found.client, Some([203, 0, 113, 9].into()));
            assert!(!found.is_https);
        }
    }

    #[test]
    fn behind_proxies_it_is_the_nearest_hop_that_is_none_of_them() {
        for (sent, expected) in [
            ("203.0.113.9", "203.0.113.9"),
            // What the caller wrote in front of the truth changes nothing.
            ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9, 10.2.2.2", "203.0.113.9"),
            ("10.9.9.9, 10.2.2.2", "10.9.9.9"),
            ("[2001:db8::17]:4711", "2001:db8::17"),
            ("2001:db8::17", "2001:db8::17"),
            ("203.0.113.9:5000", "203.0.113.9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            // Past a hop that has no address nobody is vouched for.
            ("203.0.113.9, unknown, 10.2.2.2", "10.2.2.2"),
            ("garbage", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            let found = client(ForwardedHeader::XForwarded, PROXY, &[("x-forwarded-for", sent)]);
            assert_eq!(found, expected, "{sent}");
        }
        // Several lines are one list.
        let lines = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(ForwardedHeader::XForwarded, PROXY, &lines), "203.0.113.9");
    }

    #[test]
    fn only_the_configured_header_is_read() {
        let both = [("forwarded", "for=198.51.100.2"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(ForwardedHeader::XForwarded, PROXY, &both), "203.0.113.9");
        assert_eq!(client(ForwardedHeader::Forwarded, PROXY, &both), "198.51.100.2");
    }

    #[test]
    fn the_standard_header_tells_scheme_and_host_as_well() {
        let sent = "for=1.1.1.1, For=\"[2001:db8::17]:4711\";proto=https;host=api.example.com";
        let found = origin(ForwardedHeader::Forwarded, PROXY, &[("forwarded", sent)]);
        assert_eq!(found.client, Some("2001:db8::17".parse().unwrap()));
        assert_eq!((found.is_https, found.host.as_deref()), (true, Some("api.example.com")));
        let sent = [("x-forwarded-proto", "https"), ("x-forwarded-host", "a b"), ("host", "inner")];
        let found = origin(ForwardedHeader::XForwarded, PROXY, &sent);
        assert_eq!((found.is_https, found.host.as_deref()), (true, Some("inner")));
    }

    #[test]
    fn a_chain_of_trusted_hops_has_an_end() {
        let long = vec!["10.1.1.1"; 1_000].join(",");
        assert_eq!(client(ForwardedHeader::XForwarded, PROXY, &[("x-forwarded-for", &long)]), "10.1.1.1");
    }
}
