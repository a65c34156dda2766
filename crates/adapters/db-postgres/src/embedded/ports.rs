//! The TCP port of a cluster: a free one, chosen once and kept.

use std::net::{Ipv4Addr, TcpListener};

use aws_lc_rs::rand;

use super::error::EmbeddedError;

/// The first port that is chosen from. The range lies below the ports that operating systems hand to outgoing
/// connections (32768 and above on Linux), which would otherwise take a remembered port away now and then.
const FIRST: u16 = 20_000;
/// How many ports are chosen from.
const COUNT: u16 = 12_000;
/// How many ports are tried before giving up on the range.
const ATTEMPTS: usize = 64;

/// Whether nobody listens on this port of the loopback address at the moment.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A free port of the loopback address.
pub(super) fn pick() -> Result<u16, EmbeddedError> {
    for _ in 0..ATTEMPTS {
        let mut random = [0; 2];
        rand::fill(&mut random).map_err(|_| EmbeddedError::NoRandomness)?;
        let port = FIRST + u16::from_ne_bytes(random) % COUNT;
        if is_free(port) {
            return Ok(port);
        }
    }
    let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    any.map(|address| address.port())
        .map_err(|source| EmbeddedError::Io { doing: "find a free port on 127.0.0.1".to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_not_free() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_free(taken.local_addr().unwrap().port()));
    }

    #[test]
    fn a_picked_port_lies_in_the_range() {
        let port = pick().unwrap();
        assert!((FIRST..FIRST + COUNT).contains(&port), "{port}");
    }
}
