//! Whether a change comes from a page of this platform: where it says it comes from, and a token that only such a page can read.

use aws_lc_rs::hmac;
use axum::http::{HeaderMap, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// Header that carries the token.
pub(crate) const HEADER: &str = "x-csrf-token";

/// The token of a session. It stays while the session's id changes, so that no page under way loses it.
pub(crate) fn token(csrf_key: &[u8], session: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, csrf_key), session.as_bytes()))
}

/// Whether this is the token of the session; compared in constant time.
pub(crate) fn is_token(csrf_key: &[u8], session: Uuid, sent: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, csrf_key);
    URL_SAFE_NO_PAD.decode(sent).is_ok_and(|tag| hmac::verify(&key, session.as_bytes(), &tag).is_ok())
}

/// Whether a method may change something (RFC 9110, section 9.2.1).
pub(crate) fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// What the browser says of the page that sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A page of this platform.
    Ours,
    /// A page of somebody else.
    Foreign,
    /// It says nothing.
    Untold,
}

/// Who sends the request, by `Origin` (RFC 6454, section 7) and `Sec-Fetch-Site`. Each that is there must be ours.
pub(crate) fn sender(headers: &HeaderMap, own_origin: &str) -> Sender {
    let mut told = Sender::Untold;
    let origins =
        headers.get_all(header::ORIGIN).into_iter().map(|value| value.as_bytes() == own_origin.as_bytes());
    let sites = headers
        .get_all("sec-fetch-site")
        .into_iter()
        .map(|value| matches!(value.as_bytes(), b"same-origin" | b"none"));
    for is_ours in origins.chain(sites) {
        if !is_ours {
            return Sender::Foreign;
        }
        told = Sender::Ours;
    }
    told
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_is_of_one_session() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let token = token(b"key", a);
        assert!(is_token(b"key", a, &token));
        for (key, session, sent) in [
            (&b"key"[..], b, token.as_str()),
            (b"yek", a, &token),
            (b"key", a, ""),
            (b"key", a, &token[1..]),
            (b"key", a, "ä"),
        ] {
            assert!(!is_token(key, session, sent));
        }
    }

    #[test]
    fn a_sender_is_ours_when_everything_that_is_said_is() {
        let own = "https://a.example";
        let told = |sent: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.append(*name, HeaderValue::from_static(value));
            }
            sender(&headers, own)
        };
        assert_eq!(told(&[]), Sender::Untold);
        assert_eq!(told(&[("origin", own)]), Sender::Ours);
        assert_eq!(told(&[("sec-fetch-site", "same-origin")]), Sender::Ours);
        for foreign in [
            &[("origin", "null")][..],
            &[("origin", "https://a.example.evil")],
            &[("origin", "http://a.example")],
            &[("origin", "https://a.example:444")],
            &[("origin", "https://b.a.example")],
            &[("origin", own), ("sec-fetch-site", "cross-site")],
            &[("origin", own), ("sec-fetch-site", "same-site")],
            &[("origin", own), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "")],
        ] {
            assert_eq!(told(foreign), Sender::Foreign, "{foreign:?}");
        }
    }

    #[test]
    fn whatever_is_not_known_to_be_safe_is_unsafe() {
        for method in ["POST", "PUT", "PATCH", "DELETE", "CONNECT", "PURGE", "get"] {
            assert!(is_unsafe(&method.parse().unwrap()), "{method}");
        }
        assert!(!is_unsafe(&Method::GET) && !is_unsafe(&Method::HEAD));
    }
}
