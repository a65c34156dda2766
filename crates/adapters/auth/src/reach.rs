//! Which machines an address may lead to: an address that a tenant has named must not make the platform speak to what is inside.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use athyper_kernel_config::Environment;
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::{Host, Url};

use crate::discovery::{FetchError, read, send};

/// Longest time of one request for a text, connecting included.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Which machines an address may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Any, also by http: on a developer's machine.
    Anywhere,
    /// Any, by https: whoever runs the platform has named it.
    Named,
    /// Those on the internet, by https: a tenant has named it. Names are looked up here, and no proxy is asked, which would look them up anew.
    Public,
}

impl Reach {
    /// For addresses that whoever runs the platform has named.
    pub fn of_operators(environment: Environment) -> Self {
        if environment == Environment::Local { Self::Anywhere } else { Self::Named }
    }

    /// For addresses that tenants have named.
    pub fn of_tenants(environment: Environment) -> Self {
        if environment == Environment::Local { Self::Anywhere } else { Self::Public }
    }

    /// An address, if it may be spoken to. What its name leads to is seen when it is looked up.
    pub(crate) fn address(self, text: &str) -> Result<Url, FetchError> {
        let wrong = || FetchError::Address(text.to_owned());
        let url = Url::parse(text).map_err(|_| wrong())?;
        let is_scheme = url.scheme() == "https" || (self == Self::Anywhere && url.scheme() == "http");
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        if !is_scheme || (self == Self::Public && has_credentials) {
            return Err(wrong());
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(wrong()),
        };
        match literal {
            Some(address) if self == Self::Public && !is_public(address) => {
                Err(FetchError::Inside(address.to_string()))
            }
            _ => Ok(url),
        }
    }

    /// A client for addresses like this one. It follows no redirect, which could lead anywhere.
    pub(crate) fn client(self, url: &Url, timeout: Duration) -> Result<Client, FetchError> {
        let mut client = Client::builder()
            .redirect(Policy::none())
            .https_only(self != Self::Anywhere)
            .connect_timeout(timeout)
            .timeout(timeout);
        if self == Self::Public {
            client = client.no_proxy().dns_resolver(Arc::new(PublicNames));
        } else if is_on_this_machine(url) {
            // No proxy reaches this machine's own loopback address.
            client = client.no_proxy();
        }
        Ok(client.build()?)
    }
}

/// The text at an address that a tenant has named, if it is answered with 200 and less than half a megabyte.
///
/// # Errors
/// Why it cannot be had, for people.
pub async fn fetch_text(reach: Reach, url: &Url) -> Result<String, String> {
    let fetch = async {
        let url = reach.address(url.as_str())?;
        let response = send(reach.client(&url, TIMEOUT)?.get(url.clone())).await?;
        let status = response.status();
        if status.as_u16() != 200 {
            return Err(FetchError::Status { url, status });
        }
        read(response, url).await
    };
    let body = fetch.await.map_err(|error| error.told())?;
    String::from_utf8(body).map_err(|_| "the answer is no text".to_owned())
}

/// Looks names up, and knows none that leads inside. What it gives is what is connected to: nothing is looked up a second time.
#[derive(Debug)]
struct PublicNames;

/// A name that leads inside.
#[derive(Debug)]
struct LeadsInside(String);

impl fmt::Display for LeadsInside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} leads to no address on the internet", self.0)
    }
}

impl std::error::Error for LeadsInside {}

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(public(name.as_str(), found)?)
        })
    }
}

/// The addresses of a name, if all of them are on the internet: one that is not says that somebody is trying.
fn public(name: &str, found: Vec<SocketAddr>) -> Result<Addrs, LeadsInside> {
    if found.is_empty() || !found.iter().all(|address| is_public(address.ip())) {
        return Err(LeadsInside(name.to_owned()));
    }
    Ok(Box::new(found.into_iter()))
}

/// Whether an address is one of the internet, by the registries of special-purpose addresses (RFC 6890). An IPv6 address that wraps one of IPv4
/// is none.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let inside = |network: [u8; 4], bits: u32| {
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        address.to_bits() & mask == Ipv4Addr::from(network).to_bits() & mask
    };
    let special: [([u8; 4], u32); 16] = [
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        // Carriers, and the metadata of some clouds.
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        // Link-local, with the metadata of most clouds.
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        // The host of virtual machines on Azure, which looks public.
        ([168, 63, 129, 16], 32),
        // Multicast.
        ([224, 0, 0, 0], 4),
        ([240, 0, 0, 0], 4),
    ];
    !special.into_iter().any(|(network, bits)| inside(network, bits))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let inside = |network: u128, bits: u32| address.to_bits() >> (128 - bits) == network >> (128 - bits);
    // Of what is given out (RFC 4291, section 2.4), without protocols, documentation and what wraps IPv4.
    let network = |text: [u16; 2]| (u128::from(text[0]) << 112) | (u128::from(text[1]) << 96);
    let special = [
        (network([0x2001, 0]), 23),
        (network([0x2001, 0xdb8]), 32),
        (network([0x2002, 0]), 16),
        (network([0x3fff, 0]), 20),
    ];
    inside(network([0x2000, 0]), 3) && !special.into_iter().any(|(network, bits)| inside(network, bits))
}

fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spellings of addresses inside, also those that a parser of URLs brings to the usual form.
    const INSIDE: [&str; 26] = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "10.0.0.5",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a00:1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[2002:a00:1::]",
        "[2001:0:a00::1]",
        "[ff02::1]",
    ];

    #[test]
    fn what_a_tenant_names_leads_nowhere_inside() {
        for host in INSIDE {
            let address = format!("https://{host}/.well-known/openid-configuration");
            assert!(matches!(Reach::Public.address(&address), Err(FetchError::Inside(_))), "{host}");
            assert!(Reach::Anywhere.address(&address).is_ok(), "{host}");
        }
        for host in ["93.184.215.14", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", "id.example.com"] {
            assert!(Reach::Public.address(&format!("https://{host}/")).is_ok(), "{host}");
        }
    }

    #[test]
    fn what_a_tenant_names_is_https_without_credentials() {
        for bad in [
            "http://id.example.com",
            "https://user:secret@id.example.com",
            "file:///etc/passwd",
            "gopher://a",
            "https://",
        ] {
            assert!(matches!(Reach::Public.address(bad), Err(FetchError::Address(_))), "{bad}");
        }
    }

    #[test]
    fn a_name_with_one_address_inside_is_not_known() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(public("a", vec![at("93.184.215.14:0")]).is_ok());
        assert!(public("a", vec![at("93.184.215.14:0"), at("10.0.0.1:0")]).is_err());
        assert!(public("a", vec![at("[::1]:0")]).is_err());
        assert!(public("a", Vec::new()).is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_never_connected_to() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url: Url =
            format!("https://localhost:{}/", listener.local_addr().unwrap().port()).parse().unwrap();
        let refused = fetch_text(Reach::Public, &url).await.unwrap_err();
        assert!(refused.contains("leads to no address on the internet"), "{refused}");
        assert!(listener.accept().is_err(), "somebody has connected");
    }

    #[test]
    fn the_guard_goes_by_the_environment() {
        for environment in [Environment::Staging, Environment::Production] {
            assert_eq!(Reach::of_tenants(environment), Reach::Public);
            assert_eq!(Reach::of_operators(environment), Reach::Named);
        }
        assert_eq!(Reach::of_tenants(Environment::Local), Reach::Anywhere);
    }
}
